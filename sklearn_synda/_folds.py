"""Rows cut into folds, few rows and rare classes too."""

import warnings

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold

__all__ = ["folds"]


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
