"""What an estimator says of the rows it is trained on, without having seen them."""

import warnings

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold

from sklearn_synda._fitting import fit_estimator
from sklearn_synda._rows import row_subset
from sklearn_synda.exceptions import SynthesisWarning

__all__ = ["folds", "out_of_fold"]


def folds(y, n_splits, *, stratify, random_state):
    """At most ``n_splits`` pairs of train and test positions; none for fewer than two rows."""
    n_splits = min(n_splits, len(y))
    if n_splits < 2:
        return []
    if stratify:
        largest = np.unique(y, return_counts=True)[1].max()
        if largest >= 2:
            splitter = StratifiedKFold(
                min(n_splits, int(largest)), shuffle=True, random_state=random_state
            )
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="The least populated class")
                return list(splitter.split(np.zeros(len(y)), y.ravel()))
    return list(KFold(n_splits, shuffle=True, random_state=random_state).split(np.zeros(len(y))))


def out_of_fold(estimator, X, y, respond, *, n_splits, stratify, sample_weight=None,
                random_state=None):  # fmt: skip
    """Apply ``respond(fitted, X_test, test)`` fold by fold; yield ``(test, response)``."""
    rng = np.random.RandomState(random_state)
    for train, test in folds(y, n_splits, stratify=stratify, random_state=random_state):
        if stratify and len(np.unique(y[train])) < 2:
            continue
        weight = None if sample_weight is None else sample_weight[train]
        try:
            fitted = fit_estimator(estimator, row_subset(X, train), y[train], weight, rng)
        except ValueError as error:  # it fitted all rows, but not these fewer ones
            warnings.warn(
                f"{type(estimator).__name__} cannot be fitted on a part of the rows ({error});"
                " they count as the least certain.",
                SynthesisWarning,
                stacklevel=2,
            )
            continue
        yield test, respond(fitted, row_subset(X, test), test)
