"""What a display is given: a meta-estimator, not what it is wrapped in."""

from sklearn.pipeline import Pipeline

from sklearn_synda._sklearn_compat import BaseSearchCV

__all__ = ["check_meta_estimator"]


def check_meta_estimator(caller, estimator, *, with_rows=True):
    """Refuse what no synthesis was done by, and say what inside it to give instead."""
    path = _path_inside(estimator)
    if path == "":
        return
    if path is None:
        remedy = "one around it"
    else:
        remedy = ("search" if isinstance(estimator, BaseSearchCV) else "pipe") + path
        if with_rows and path.endswith("[-1]"):
            remedy += ", and rows as the steps before it give them,"
    raise TypeError(
        f"{caller} is not compatible with {type(estimator).__name__}: it needs an"
        f" ActiveSynthesisClassifier or ActiveSynthesisRegressor. Use {remedy} instead."
    )


def _path_inside(estimator):
    """From an estimator to the meta-estimator in it; "" for itself, None where there is none."""
    if hasattr(estimator, "explain_uncertainty"):
        return ""
    if isinstance(estimator, Pipeline):
        first, inner = "[-1]", estimator.steps[-1][1]
    elif isinstance(estimator, BaseSearchCV):
        first, inner = ".best_estimator_", estimator.estimator
    else:
        return None
    rest = _path_inside(inner)
    return None if rest is None else first + rest
