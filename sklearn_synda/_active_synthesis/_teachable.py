"""Models that made rows cannot teach: frozen ones, and those of a quantile or a median."""

import re
import warnings

from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import RANSACRegressor

from sklearn_synda._compatibility import deciding_models, pipeline_steps, searched_estimator
from sklearn_synda.exceptions import SynthesisWarning

__all__ = ["is_teachable"]

# Not Huber's loss, nor a tube of some width: they aim between median and mean.
_BESIDE_THE_MEAN = re.compile(
    r"quantile|pinball|expectile|absolute_?(error|deviation|loss|percentage)"
    r"|(?<![a-z])(?<!smooth[_ -])([ws]?mape|mae|l1)(_?loss)?(?=$|:)",
    re.IGNORECASE,
)
_WORDS = ("loss", "objective", "criterion", "loss_function")


def is_teachable(estimator, is_regression):
    """Whether made rows can teach a fitted model anything; a warning says why not.

    Labels of made rows are means, and held-out rows judge by the squared error: what is to predict
    a quantile or a median is drawn to the mean by the one, and the other calls it a gain.
    """
    if isinstance(_last_step(estimator), FrozenEstimator):
        reason = (
            "FrozenEstimator learns from no row. It is asked as it is; give the model that is in"
            " it if it is to learn, or set max_iter=0 if it is not."
        )
    elif is_regression and (what := _beside_the_mean(estimator)):
        reason = (
            f"{what} does not aim at the mean, which the labels of made rows are. The plain model"
            " is kept; give a model of the mean, or set max_iter=0."
        )
    else:
        return True
    warnings.warn(f"Nothing was made: {reason}", SynthesisWarning, stacklevel=2)
    return False


def _last_step(estimator):
    steps = pipeline_steps(estimator)
    return _last_step(steps[-1][1]) if steps else estimator


def _beside_the_mean(estimator):
    """What in an estimator aims beside the mean, in words; None where nothing does."""
    if steps := pipeline_steps(estimator):
        return _beside_the_mean(steps[-1][1])
    if searched_estimator(estimator) is not None:  # its loss may be what was searched for
        return _beside_the_mean(getattr(estimator, "best_estimator_", estimator.estimator))
    name = type(estimator).__name__
    if "quantile" in name.lower():
        return name
    if inner := deciding_models(estimator):
        said = [_beside_the_mean(model) for model in inner]
        return said[0] if all(said) else None  # a vote aims at the mean if one member does
    if not hasattr(estimator, "get_params") or isinstance(estimator, (type, RANSACRegressor)):
        return None  # the loss of RANSAC tells rows that fit from rows that do not
    params = estimator.get_params(deep=False)
    for parameter, word in ((p, _word(params.get(p))) for p in _WORDS):
        if _BESIDE_THE_MEAN.search(word):
            return f"{name}({parameter}={word!r})"
    if params.get("loss") == "epsilon_insensitive" and params.get("epsilon") == 0:
        return f"{name}(epsilon=0)"
    return None


def _word(value):
    """A word, or the name of a function or class, or that of the class of an object."""
    value = getattr(value, "func", value)  # of a partial
    return value if isinstance(value, str) else getattr(value, "__name__", type(value).__name__)
