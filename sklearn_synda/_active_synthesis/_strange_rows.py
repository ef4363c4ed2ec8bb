"""Unlabelled rows that the plain model cannot be asked about: found with few questions."""

import warnings

import numpy as np

from sklearn_synda._columns import Columns
from sklearn_synda._rows import own_copy, row_subset
from sklearn_synda.exceptions import SynthesisWarning

__all__ = ["without_strange_rows"]

_MOST_ASKED = 200  # questions; what still fails then is left out as a whole


def without_strange_rows(table, estimator):
    """The table without the unlabelled rows that the plain model cannot be asked about.

    Rows that lack the same values, or hold ones no labelled row has, are asked about together: if
    the model fails on all and on some of them alone, it fails on each. Else halves are asked about.
    """
    questions = _Questions(table.X_unlabeled, estimator)
    rows = np.arange(len(table.unlabeled_row))
    if questions.answered(rows):
        return table
    strange = np.concatenate([_strange(alike, questions) for alike in _alike(table)])
    warnings.warn(
        f"{len(strange)} of {len(rows)} unlabelled rows are left out: {type(estimator).__name__}"
        f" cannot be asked about them ({questions.failure}).",
        SynthesisWarning,
        stacklevel=5,
    )
    return table.take_unlabeled(np.setdiff1d(rows, strange))


class _Questions:
    """The plain model, asked about some of the rows; how often, and what it said last."""

    def __init__(self, X, estimator):
        self.X, self.estimator = X, estimator
        self.n_asked, self.failure = 0, None

    def answered(self, rows):
        self.n_asked += 1
        try:
            self.estimator.predict(own_copy(row_subset(self.X, rows)))
        except Exception as error:  # noqa: BLE001 - the model fitted the labelled rows
            self.failure = error
            return False
        return True


def _alike(table):
    """Unlabelled rows in groups of the same gaps and strange categories, those without first."""
    cells = Columns(table.X).to_cells(table.X_unlabeled)
    if not isinstance(cells, np.ndarray):  # a wide sparse table
        return [np.arange(len(table.unlabeled_row))]
    _, group = np.unique(np.isnan(cells), axis=0, return_inverse=True)
    return [np.flatnonzero(group.ravel() == k) for k in range(group.max() + 1)]


def _strange(rows, questions):
    """Those of some rows that are not answered."""
    if questions.n_asked < _MOST_ASKED and questions.answered(rows):
        return rows[:0]
    if len(rows) == 1 or questions.n_asked >= _MOST_ASKED:
        return rows
    if not any(questions.answered(rows[[k]]) for k in (0, len(rows) // 2, -1)):
        return rows
    return np.concatenate([_strange(half, questions) for half in np.array_split(rows, 2)])
