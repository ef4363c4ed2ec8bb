"""Which of several labelled rows would teach a model most: those it disagrees with."""

import numpy as np

from sklearn_synda._labels import class_probabilities
from sklearn_synda.acquisition import mutual_information_score

__all__ = ["most_disputed"]


def most_disputed(batch, estimator, classes, n_candidates):
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

    Returns
    -------
    batch : SyntheticBatch
        One row a run.
    """
    if classes is None:
        dispute = (np.asarray(estimator.predict(batch.X), dtype=np.float64).ravel() - batch.y) ** 2
    else:
        known = np.union1d(classes, estimator.classes_)  # one that learns by batches met more
        said = class_probabilities(estimator, batch.X, known)
        told = _told(batch, np.searchsorted(known, classes), len(known))
        dispute = mutual_information_score(np.stack([told, said]))
    best = dispute.reshape(-1, n_candidates).argmax(axis=1)
    return batch.take(np.arange(len(best)) * n_candidates + best)


def _told(batch, columns, n_columns):
    """Class probabilities of the labels; ``columns`` by class code."""
    told = np.zeros((len(batch), n_columns))
    if batch.proba is None:
        told[np.arange(len(batch)), columns[batch.y]] = 1.0
    else:
        told[:, columns[batch.classes]] = batch.proba
    return told
