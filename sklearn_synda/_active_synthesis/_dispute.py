"""Which of several labelled rows would teach a model most: those it disagrees with."""

import numpy as np

from sklearn_synda._class_balance import shift_classes
from sklearn_synda._labels import class_probabilities
from sklearn_synda._rows import own_copy
from sklearn_synda.acquisition import mutual_information_score

__all__ = ["most_disputed"]


def most_disputed(batch, estimator, classes, n_candidates, factors=None):
    """Of every ``n_candidates`` rows in a run, the one whose label the estimator disputes most.

    The dispute is the Jensen-Shannon divergence of the two class distributions, or the squared
    difference of the two values.

    Parameters
    ----------
    batch : SyntheticBatch
        Labelled rows.
    estimator : fitted estimator
        The model of the last round.
    classes : ndarray or None
        Classes of the user by code; None for values.
    n_candidates : int
        Rows of a run.
    factors : ndarray of shape (n_classes,), default=None
        How many times as frequent each class is to the estimator as it is to the labeler.

    Returns
    -------
    batch : SyntheticBatch
        One row a run.
    """
    if classes is None:
        said = np.asarray(estimator.predict(own_copy(batch.X)), dtype=np.float64).ravel()
        dispute = (said - batch.y) ** 2
    else:
        known = np.union1d(classes, estimator.classes_)  # one that learns by batches met more
        said = class_probabilities(estimator, batch.X, known)
        told = _told(batch, len(classes))
        columns = np.searchsorted(known, classes)
        told = _spread(shift_classes(told, factors), columns, len(known))
        dispute = mutual_information_score(np.stack([told, said]))
    best = dispute.reshape(-1, n_candidates).argmax(axis=1)
    return batch.take(np.arange(len(best)) * n_candidates + best)


def _told(batch, n_classes):
    """Class probabilities of the labels, by class code."""
    if batch.proba is None:
        return np.eye(n_classes)[batch.y]
    return _spread(batch.proba, batch.classes, n_classes)


def _spread(proba, columns, n_columns):
    spread = np.zeros((len(proba), n_columns))
    spread[:, columns] = proba
    return spread
