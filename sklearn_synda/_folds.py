"""Rows cut into folds: few rows, rare classes and whole groups too."""

import warnings

import numpy as np
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

__all__ = ["folds", "n_units", "pairs_of", "shuffled_folds"]

_MANY_GROUPS = 500  # StratifiedGroupKFold tries each group in each fold


def folds(y, n_splits, *, stratify, random_state, groups=None):
    """At most ``n_splits`` pairs of train and test positions; none for fewer than two rows.

    Rows of one group stay together. Where all are of one group they are cut one by one.
    """
    if groups is not None and len(np.unique(groups)) < 2:
        groups = None
    n_splits = min(n_splits, n_units(y, groups))
    if n_splits < 2:
        return []
    if stratify:
        largest = int(np.unique(y, return_counts=True)[1].max())
        stratify = largest >= 2
        n_splits = min(n_splits, largest) if stratify else n_splits
    return shuffled_folds(y, n_splits, stratify=stratify, random_state=random_state, groups=groups)


def n_units(y, groups):
    """What can be held out by itself: rows, or groups."""
    return len(y if groups is None else np.unique(groups))


def shuffled_folds(y, n_splits, *, stratify, random_state, groups=None):
    """``n_splits`` pairs of train and test positions, rows of one group in one fold.

    Many groups are dealt at random, whatever their classes.
    """
    if groups is not None and n_units(y, groups) > _MANY_GROUPS:
        stratify = False
    if groups is None:
        kind = StratifiedKFold if stratify else KFold
    else:
        kind = StratifiedGroupKFold if stratify else GroupKFold
    return pairs_of(kind(n_splits, shuffle=True, random_state=random_state), y, groups)


def pairs_of(splitter, y, groups=None):
    """Train and test positions of a splitter; a class may have fewer rows than folds.

    Stratified groups may leave a fold without rows: it is none.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The least populated class")
        pairs = splitter.split(np.zeros(len(y)), y.ravel(), groups)
        return [(train, test) for train, test in pairs if len(test)]
