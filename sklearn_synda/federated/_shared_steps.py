"""The steps before the model: the same at every client, and fitted at none."""

import warnings

import numpy as np
from scipy.sparse import issparse
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_array, get_tags

from sklearn_synda._compatibility import check_response, pipeline_steps
from sklearn_synda.dynamic._learner import without_held_out_rows
from sklearn_synda.exceptions import SynthesisWarning

__all__ = ["SharedSteps", "split_steps"]


class SharedSteps:
    """From a table to the numbers the model sees, by steps that are frozen."""

    def __init__(self, steps):
        self.steps = steps

    def __call__(self, X):
        for _, step in self.steps:
            X = X if _is_empty(step) else step.transform(X)
        return check_array(X.toarray() if issparse(X) else X, dtype=np.float64)


def split_steps(estimator, caller):
    """The model of an estimator, and the steps before it as a function of tables.

    A step that would be fitted at a client is refused: clients would no longer speak of the
    same columns, or the statistics of their rows would have to leave.
    """
    steps = pipeline_steps(estimator)
    model = steps[-1][1] if steps else estimator
    check_response(caller, model, "partial_fit", "SGDClassifier, MLPClassifier or a skorch net")
    if getattr(model, "average", False):
        raise TypeError(
            f"{type(model).__name__} is not compatible with {caller}: it needs 'average=False';"
            f" this {type(model).__name__} keeps a mean of its own beside what is averaged. Use"
            " set_params(average=False) instead."
        )
    for _, step in steps[:-1]:
        if not (_is_empty(step) or isinstance(step, FrozenEstimator) or not _is_fitted_to(step)):
            name = type(step).__name__
            raise TypeError(
                f"{name} is not compatible with {caller}: it needs steps before the model that"
                f" are the same at all clients; this {name} would be fitted at each. Use"
                f" FrozenEstimator({name}().fit(rows_that_may_be_shared)) instead."
            )
    model, names = without_held_out_rows(model)
    if names:
        warnings.warn(
            f"{caller} trains {type(model).__name__} without its callbacks {', '.join(names)}: they"
            " follow scores of rows that a net holds out, and a step holds out none.",
            SynthesisWarning,
            stacklevel=3,
        )
    return model, SharedSteps(steps[:-1])


def _is_empty(step):
    return step is None or isinstance(step, str)


def _is_fitted_to(step):
    """Whether a step learns anything from rows."""
    return get_tags(step).requires_fit
