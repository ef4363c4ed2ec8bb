"""The loss of a fitted estimator on held-out real rows."""

import numpy as np

from sklearn_synda._labels import class_probabilities, of_known_classes
from sklearn_synda._rows import own_copy

__all__ = [
    "class_shares",
    "held_out_loss",
    "least_loss",
    "mean_by_row",
    "said_of",
    "share_by_group",
    "shrunken_losses",
]

_FLOOR = 1e-3  # probability below which a wrong class costs no more
_SHRINKAGE = np.linspace(0.0, 1.0, 11)[:, None]


def held_out_loss(estimator, X, y, quantile=None):
    """Loss of each row: larger = worse.

    Log-loss in nats where the estimator has ``predict_proba`` (capped at ``-ln 0.001``, so that
    one row cannot decide), the error 0 or 1 where it has not, the squared error for values, the
    pinball loss for a quantile of them.

    Parameters
    ----------
    estimator : fitted estimator
        A classifier or a regressor.
    X : table of shape (n_samples, n_features)
        Held-out rows.
    y : ndarray of shape (n_samples,)
        Their classes or, as floats under a regressor, values.
    quantile : float in (0, 1), default=None
        At which a regressor aims; None is the mean.

    Returns
    -------
    loss : ndarray of shape (n_samples,)

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn_synda.validation import held_out_loss
    >>> X, y = np.zeros((4, 1)), np.array([0, 0, 0, 1])
    >>> held_out_loss(DummyClassifier().fit(X, y), X, y).round(2)
    array([0.29, 0.29, 0.29, 1.39])
    """
    if not hasattr(estimator, "classes_"):
        said = np.asarray(estimator.predict(X), dtype=np.float64).ravel()
        return _value_loss(said, y, quantile)
    if not hasattr(estimator, "predict_proba"):
        return (np.asarray(estimator.predict(X)) != y).astype(np.float64)
    proba = np.asarray(estimator.predict_proba(X), dtype=np.float64)
    proba = of_known_classes(proba, estimator.classes_)
    is_own = np.asarray(y)[:, None] == estimator.classes_
    return _log_loss(np.where(is_own, proba, 0.0).sum(axis=1))


def said_of(estimator, X, classes):
    """What an estimator says of rows: class probabilities by code, or values.

    Parameters
    ----------
    estimator : fitted estimator
        A classifier, certain of what it predicts where it has no ``predict_proba``, or a
        regressor.
    X : table of shape (n_samples, n_features)
        Rows.
    classes : ndarray of shape (n_classes,) or None
        Classes by code, as the estimator knows them; None for values.

    Returns
    -------
    said : ndarray of shape (n_samples, n_classes) or (n_samples,)
    """
    if classes is None:
        return np.asarray(estimator.predict(own_copy(X)), dtype=np.float64).ravel()
    return class_probabilities(estimator, X, classes)


def shrunken_losses(said, told, shares, quantile=None):
    """Losses of rows whose labels are as told, under ever more shrinkage to the class shares.

    Parameters
    ----------
    said : ndarray of shape (n_samples, n_classes) or (n_samples,)
        What is judged, from :func:`said_of`.
    told : ndarray of the same shape
        The loss of a row is its mean over these probabilities, or that against this value.
    shares : ndarray of shape (n_classes,) or None
        Of the classes, from :func:`class_shares`; None where there are no probabilities to
        shrink: the loss is the share of errors, or that of values.
    quantile : float in (0, 1), default=None
        The loss of values is the pinball loss at it; None: the squared error.

    Returns
    -------
    losses : ndarray of shape (11, n_samples)
        The first is without shrinkage.
    """
    if shares is not None:
        steps = _SHRINKAGE[:, :, None]
        return (told * _log_loss((1 - steps) * said + steps * shares)).sum(axis=2)
    if said.ndim == 1:
        losses = _value_loss(said, told, quantile)
    else:
        losses = 1 - (told * said).sum(axis=1)
    return np.tile(losses, (len(_SHRINKAGE), 1))


def class_shares(y, sample_weight, n_classes):
    """The share of each class among training rows.

    Parameters
    ----------
    y : ndarray of shape (n_train,)
        Class codes.
    sample_weight : ndarray of shape (n_train,)
        Weights of the rows.
    n_classes : int
        Classes there are.

    Returns
    -------
    shares : ndarray of shape (n_classes,)
    """
    total = np.bincount(y, weights=sample_weight, minlength=n_classes)
    return total / total.sum()


def least_loss(losses):
    """The losses under the shrinkage that suits the rows best.

    Parameters
    ----------
    losses : ndarray of shape (11, n_samples)
        Of all held-out rows.

    Returns
    -------
    loss : ndarray of shape (n_samples,)
    """
    return losses[losses.mean(axis=1).argmin()]


def mean_by_row(losses, rows):
    """One column a row: the mean over the times it was held out, which is no new evidence.

    Parameters
    ----------
    losses : ndarray of shape (n, n_held_out)
        Of held-out rows, some of them more than once.
    rows : int ndarray of shape (n_held_out,)
        Which row each column is of.

    Returns
    -------
    losses : ndarray of shape (n, n_rows)
        In ascending order of the rows.
    """
    _, position, count = np.unique(rows, return_inverse=True, return_counts=True)
    total = np.zeros((len(losses), len(count)))
    np.add.at(total, (slice(None), position), losses)
    return total / count


def share_by_group(losses, groups):
    """One column a group: what its rows add to the mean, so that the mean stays what it is.

    Rows of one group are no evidence apart: an error of the mean is to be read off the groups.

    Parameters
    ----------
    losses : ndarray of shape (n, n_rows)
        One column a row.
    groups : int ndarray of shape (n_rows,)
        The group of each row.

    Returns
    -------
    losses : ndarray of shape (n, n_groups)
    """
    names, group = np.unique(groups, return_inverse=True)
    total = np.zeros((len(losses), len(names)))
    np.add.at(total, (slice(None), group), losses)
    return total * len(names) / len(groups)


def _value_loss(said, told, quantile):
    error = told - said
    if quantile is None:
        return error**2
    return np.maximum(quantile * error, (quantile - 1) * error)


def _log_loss(likelihood):
    return -np.log(np.maximum(likelihood, _FLOOR))
