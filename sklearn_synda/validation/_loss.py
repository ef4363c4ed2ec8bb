"""The loss of a fitted estimator on held-out real rows."""

import numpy as np

__all__ = ["class_shares", "held_out_loss", "least_loss", "mean_by_row", "shrunken_losses"]

_FLOOR = 1e-3  # probability below which a wrong class costs no more
_SHRINKAGE = np.linspace(0.0, 1.0, 11)[:, None]


def held_out_loss(estimator, X, y):
    """Loss of each row: larger = worse.

    Log-loss in nats where the estimator has ``predict_proba`` (capped at ``-ln 0.001``, so that
    one row cannot decide), the error 0 or 1 where it has not, the squared error for values.

    Parameters
    ----------
    estimator : fitted estimator
        A classifier or a regressor.
    X : table of shape (n_samples, n_features)
        Held-out rows.
    y : ndarray of shape (n_samples,)
        Their classes or, as floats under a regressor, values.

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
        return (np.asarray(estimator.predict(X), dtype=np.float64).ravel() - y) ** 2
    if not hasattr(estimator, "predict_proba"):
        return (np.asarray(estimator.predict(X)) != y).astype(np.float64)
    return _log_loss(_likelihood(estimator, X, y))


def shrunken_losses(estimator, X, y, shares):
    """Losses of each row, its probabilities mixed more and more with the class shares.

    Parameters
    ----------
    estimator : fitted estimator
        A classifier or a regressor.
    X : table of shape (n_samples, n_features)
        Held-out rows.
    y : ndarray of shape (n_samples,)
        Their classes or values.
    shares : ndarray of shape (n_samples,)
        Of the class of each row, from :func:`class_shares`.

    Returns
    -------
    losses : ndarray of shape (11, n_samples)
        The first row is :func:`held_out_loss`, and so are all where there are no probabilities.
    """
    if not (hasattr(estimator, "classes_") and hasattr(estimator, "predict_proba")):
        return np.tile(held_out_loss(estimator, X, y), (len(_SHRINKAGE), 1))
    likelihood = _likelihood(estimator, X, y)
    return _log_loss((1 - _SHRINKAGE) * likelihood + _SHRINKAGE * shares)


def class_shares(y_train, y, sample_weight):
    """The share that the class of each row has among the training rows.

    Parameters
    ----------
    y_train : ndarray of shape (n_train,)
        Class codes; values have no shares.
    y : ndarray of shape (n_samples,)
        Those of the held-out rows.
    sample_weight : ndarray of shape (n_train,)
        Weights of the training rows.

    Returns
    -------
    shares : ndarray of shape (n_samples,) or None
    """
    if y.dtype.kind == "f":
        return None
    total = np.bincount(y_train, weights=sample_weight, minlength=y.max() + 1)
    return total[y] / total.sum()


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


def _likelihood(estimator, X, y):
    """The probability of each row's own class."""
    proba = np.asarray(estimator.predict_proba(X), dtype=np.float64)
    is_own = np.asarray(y)[:, None] == estimator.classes_
    return np.where(is_own, proba, 0.0).sum(axis=1)


def _log_loss(likelihood):
    return -np.log(np.maximum(likelihood, _FLOOR))
