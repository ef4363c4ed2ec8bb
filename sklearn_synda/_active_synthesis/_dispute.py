"""Which of several labelled rows would teach a model most: those it disagrees with."""

import numpy as np

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
        dispute = mutual_information_score(np.stack(_both_say(batch, estimator, classes)))
    best = dispute.reshape(-1, n_candidates).argmax(axis=1)
    return batch.take(np.arange(len(best)) * n_candidates + best)


def _both_say(batch, estimator, classes):
    """Class probabilities of the labeler and of the estimator; certain where there are none."""
    told = np.zeros((len(batch), len(classes)))
    if batch.proba is None:
        told[np.arange(len(batch)), batch.y] = 1.0
    else:
        told[:, batch.classes] = batch.proba
    said = np.zeros_like(told)
    own = estimator.classes_
    columns = np.searchsorted(classes, own)
    if hasattr(estimator, "predict_proba") and len(own) > 1:
        said[:, columns] = estimator.predict_proba(batch.X)
    else:  # of one class some models give one column, some two
        said[:, columns] = np.asarray(estimator.predict(batch.X))[:, None] == own
    return told, said
