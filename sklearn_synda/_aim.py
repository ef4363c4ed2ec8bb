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

__all__ = ["is_teachable", "wanted_quantile", "with_quantile"]

# Not Huber's loss, nor a tube of some width: they aim between median and mean.
_MEDIAN = re.compile(
    r"absolute_?(error|deviation|loss)|(?<![a-z])(?<!smooth[_ -])(mae|l1)(_?loss)?(?=$|:)",
    re.IGNORECASE,
)
_QUANTILE = re.compile(r"quantile|pinball", re.IGNORECASE)
_OTHER = re.compile(
    r"expectile|absolute_?percentage|(?<![a-z])[ws]?mape(_?loss)?(?=$|:)", re.IGNORECASE
)
_WORDS = ("loss", "objective", "criterion", "loss_function")
_NUMBERS = ("quantile", "quantile_alpha", "alpha")  # the first that is there


class _Aim(NamedTuple):
    """Beside the mean: how the estimator says so, and the quantile, None where no number is."""

    what: str
    quantile: float | None


def is_teachable(estimator, is_regression):
    """Whether made rows can teach a fitted model anything; a warning says why not.

    Labels of made rows are means or, for a model of a quantile, quantiles, and held-out rows judge
    by the loss of either: a model of anything else would be drawn to it.
    """
    if isinstance(_last_step(estimator), FrozenEstimator):
        reason = (
            "FrozenEstimator learns from no row. It is asked as it is; give the model that is in"
            " it if it is to learn, or set max_iter=0 if it is not."
        )
    elif is_regression and (aim := _find_aim(estimator)) and aim.quantile is None:
        reason = (
            f"{aim.what} aims neither at the mean nor at a quantile that it names by a number"
            " between 0 and 1, which the labels of made rows could be. The plain model is kept;"
            " give such a model, or set max_iter=0."
        )
    else:
        return True
    warnings.warn(f"Nothing was made: {reason}", SynthesisWarning, stacklevel=2)
    return False


def wanted_quantile(estimator):
    """The quantile at which a regressor aims, in (0, 1); None for the mean, and for classes."""
    aim = _find_aim(estimator)
    return None if aim is None else aim.quantile


def with_quantile(labeler, quantile):
    """The labeler, told which quantile is wanted if it can be and was not by the user."""
    if quantile is None or not hasattr(labeler, "get_params"):
        return labeler
    if labeler.get_params(deep=False).get("quantile", quantile) is None:
        labeler.set_params(quantile=quantile)
    return labeler


def _last_step(estimator):
    steps = pipeline_steps(estimator)
    return _last_step(steps[-1][1]) if steps else estimator


def _find_aim(estimator):
    """Where an estimator aims, if not at the mean or near it."""
    if steps := pipeline_steps(estimator):
        return _find_aim(steps[-1][1])
    if searched_estimator(estimator) is not None:  # its loss may be what was searched for
        return _find_aim(getattr(estimator, "best_estimator_", estimator.estimator))
    if not hasattr(estimator, "get_params") or isinstance(estimator, (type, RANSACRegressor)):
        return None  # the loss of RANSAC tells rows that fit from rows that do not
    name, params = type(estimator).__name__, estimator.get_params(deep=False)
    has_loss = not params.keys().isdisjoint(_WORDS)
    if "quantile" in name.lower() or (params.get("quantile") is not None and not has_loss):
        return _Aim(name, _number(params, ("quantile",)))
    if inner := deciding_models(estimator):
        aim = _common_aim([_find_aim(model) for model in inner])
        return _turned_round(aim) if aim and _turns_values_round(estimator) else aim
    return _aim_of_loss(name, params)


def _aim_of_loss(name, params):
    for parameter, value in ((p, params.get(p)) for p in _WORDS):
        word = _word(value)
        what = f"{name}({parameter}={word!r})"
        if _OTHER.search(word):
            return _Aim(what, None)
        if _QUANTILE.search(word):
            return _Aim(what, _said_number(word, value, params))
        if _MEDIAN.search(word):
            return _Aim(what, 0.5)
    if params.get("loss") == "epsilon_insensitive" and params.get("epsilon") == 0:
        return _Aim(f"{name}(epsilon=0)", 0.5)
    return None


def _turns_values_round(estimator):
    """Whether a fitted transformer of targets makes small values of large ones."""
    transformer = getattr(estimator, "transformer_", None)
    if transformer is None:
        return False
    low, high = np.ravel(transformer.inverse_transform(np.array([[0.5], [1.0]])))
    return high < low


def _turned_round(aim):
    return aim if aim.quantile is None else aim._replace(quantile=1 - aim.quantile)


def _common_aim(aims):
    """That of a vote: the mean if one member aims there, a quantile if all name the same."""
    if not all(aims):
        return None
    return aims[0] if len({aim.quantile for aim in aims}) == 1 else aims[0]._replace(quantile=None)


def _word(value):
    """A word, or the name of a function or class, or that of the class of an object."""
    value = getattr(value, "func", value)  # of a partial
    return value if isinstance(value, str) else getattr(value, "__name__", type(value).__name__)


def _said_number(word, value, params):
    """The quantile beside a word ("Quantile:alpha=0.9"), in a partial, or of the estimator."""
    if found := re.search(r":alpha=([0-9.]+)", word):
        params = {"quantile": float(found[1])}
    elif keywords := getattr(value, "keywords", None):
        params = keywords
    return _number(params, _NUMBERS)


def _number(params, names):
    """The first of several parameters that is there, if it is a number between 0 and 1."""
    value = next((params[name] for name in names if name in params), None)
    is_number = isinstance(value, Real) and not isinstance(value, bool) and 0 < value < 1
    return float(value) if is_number else None
