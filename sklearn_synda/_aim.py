"""What a regressor aims at: the mean, a quantile, or something no made row can teach."""

import re
import warnings
from numbers import Real
from typing import NamedTuple

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import RANSACRegressor

from sklearn_synda._compatibility import deciding_models, pipeline_steps, searched_estimator
from sklearn_synda.exceptions import SynthesisWarning

__all__ = ["Aim", "find_aim", "warn_untaught", "with_quantile"]

_WORDS = ("loss", "objective", "criterion", "loss_function", "strategy",
          "objective_type", "application", "app")  # fmt: skip
_NUMBERS = ("quantile", "quantile_alpha", "tau", "q", "alpha")  # alpha of a penalty comes last
_QUANTILE = re.compile(r"quantile|pinball", re.IGNORECASE)
_MEDIAN = re.compile(
    r"absolute[_ ]?(error|deviation|loss)|(?<![a-z])(median|lad|mae|l1)(_?loss)?(?=$|:)",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"huber|smooth|mse|squared", re.IGNORECASE)  # the median and the mean
_OTHER = re.compile(
    r"expectile|multi_?quantile|absolute[_ ]?percentage|(?<![a-z])[ws]?mape(_?loss)?(?=$|:)",
    re.IGNORECASE,
)


class Aim(NamedTuple):
    """Where a model aims: at the mean, or a class, unless there is a quantile or a refusal.

    ``refusal`` says why made rows can teach it nothing.
    """

    quantile: float | None = None
    refusal: str = ""


def find_aim(estimator, is_regression):
    """What made rows are to teach an estimator, fitted if it is a search or turns targets round.

    Labels of made rows are means or, for a model of a quantile, quantiles, and held-out rows judge
    by the loss of either: a model of anything else would be drawn to it.
    """
    if isinstance(_last_step(estimator), FrozenEstimator):
        return Aim(
            refusal="FrozenEstimator learns from no row. It is asked as it is; give the model that"
            " is in it if it is to learn, or set max_iter=0 if it is not."
        )
    beside = _beside_the_mean(estimator) if is_regression else None
    if beside is None or beside.quantile is not None:
        return Aim(beside and beside.quantile)
    return Aim(
        refusal=f"{beside.what} aims neither at the mean nor at a quantile that it names by a"
        " number between 0 and 1, which the labels of made rows could be. The plain model is kept;"
        " give such a model, or set max_iter=0."
    )


def warn_untaught(aim):
    """Say why nothing was made."""
    warnings.warn(f"Nothing was made: {aim.refusal}", SynthesisWarning, stacklevel=2)


def with_quantile(labeler, quantile):
    """The labeler, told which quantile is wanted if it can be and was not by the user."""
    if quantile is None or not hasattr(labeler, "get_params"):
        return labeler
    if labeler.get_params(deep=False).get("quantile", quantile) is None:
        labeler.set_params(quantile=quantile)
    return labeler


class _Beside(NamedTuple):
    """How an estimator says that it aims beside the mean, and its quantile if it names one."""

    what: str
    quantile: float | None


def _last_step(estimator):
    steps = pipeline_steps(estimator)
    return _last_step(steps[-1][1]) if steps else estimator


def _beside_the_mean(estimator):
    """None for a model of the mean, or near it: Huber's loss, a tube of some width."""
    if steps := pipeline_steps(estimator):
        return _beside_the_mean(steps[-1][1])
    if (template := searched_estimator(estimator)) is not None:  # the loss may be what was found
        return _beside_the_mean(getattr(estimator, "best_estimator_", template))
    name = type(estimator).__name__
    if (own := getattr(estimator, "_aimed_quantile", None)) is not None:  # one of our own
        return _Beside(f"{name}(quantile={own})", own)
    if inner := _inner_models(estimator):
        return _turned(_common([_beside_the_mean(model) for model in inner]), estimator)
    is_model = hasattr(estimator, "get_params") and not isinstance(estimator, type)
    if not is_model or isinstance(estimator, RANSACRegressor):
        return None  # the loss of RANSAC tells rows that fit from rows that do not
    params = estimator.get_params(deep=False)
    if "quantile" in name.lower():
        return _Beside(name, _number(params.get("quantile")))
    return _said_by_loss(name, params)


def _inner_models(estimator):
    """The models in a wrapper that decide what it aims at, fitted ones if there are any."""
    unfitted = deciding_models(estimator)
    if not unfitted:  # a forest or boosted trees: their trees decide nothing
        return []
    for name in ("final_estimator_", "regressor_", "estimators_", "estimator_"):
        fitted = getattr(estimator, name, None)
        if isinstance(fitted, dict):
            fitted = list(fitted.values())
        fitted = list(fitted) if isinstance(fitted, (list, tuple, np.ndarray)) else [fitted]
        fitted = [each[-1] if isinstance(each, tuple) else each for each in fitted]
        if fitted and all(hasattr(each, "get_params") for each in fitted):
            return fitted
    return unfitted


def _common(besides):
    """Of a vote: the mean if one member aims there, a quantile if all name the same."""
    if not all(besides):
        return None
    if len({beside.quantile for beside in besides}) == 1:
        return besides[0]
    return besides[0]._replace(quantile=None)


def _turned(beside, estimator):
    """Of a model whose targets are transformed: large values may be small ones to it."""
    if beside is None or beside.quantile is None or not hasattr(estimator, "regressor"):
        return beside
    if not hasattr(estimator, "transformer_"):
        can_turn = estimator.func is not None or estimator.transformer is not None
        is_same = beside.quantile == 0.5 or not can_turn
        return beside if is_same else beside._replace(quantile=None)
    with np.errstate(all="ignore"):
        try:
            back = estimator.transformer_.inverse_transform(np.array([[0.5], [1.0]]))
            step = np.diff(np.ravel(back))[0]
        except ValueError:
            step = np.nan
    if step > 0:
        return beside
    return beside._replace(quantile=1 - beside.quantile if step < 0 else None)


def _said_by_loss(name, params):
    for parameter, value in ((p, params.get(p)) for p in _WORDS):
        word = _word(value)
        what = f"{name}({parameter}={word!r})"
        if _OTHER.search(word):
            return _Beside(what, None)
        if _QUANTILE.search(word):
            return _Beside(what, _number_beside(word, value, parameter, params))
        if _MEDIAN.search(word) and not _BETWEEN.search(word):
            return _Beside(what, 0.5)
    has_tube = params.get("loss") == "epsilon_insensitive" or name == "SVR"
    if has_tube and params.get("epsilon") == 0:
        return _Beside(f"{name}(epsilon=0)", 0.5)
    return None


def _word(value):
    """A word, or the name of a function or class, or that of the class of an object."""
    value = getattr(value, "func", value)  # of a partial
    return value if isinstance(value, str) else getattr(value, "__name__", type(value).__name__)


def _number_beside(word, value, parameter, params):
    """The quantile of a loss: in the word itself, beside it, or in what is no word."""
    if isinstance(value, str):
        if found := re.search(r"[:;]alpha=([^;]+)", word):
            return _number(found[1])
        given = params
    else:
        of_class = {
            n: params[f"{parameter}__{n}"] for n in _NUMBERS if f"{parameter}__{n}" in params
        }
        given = {**getattr(value, "__dict__", {}), **of_class, **getattr(value, "keywords", {})}
    return _number(next((given[n] for n in _NUMBERS if given.get(n) is not None), None))


def _number(value):
    """A number between 0 and 1, or None."""
    try:
        value = float(value) if isinstance(value, (str, Real)) else np.nan
    except ValueError:
        return None
    return value if 0 < value < 1 else None
