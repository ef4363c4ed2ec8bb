"""Scores of class probabilities."""

from functools import reduce

import numpy as np
from scipy.special import entr

__all__ = ["entropy_score", "least_confident_score", "margin_score"]


def entropy_score(proba):
    r"""Shannon entropy of each row, :math:`-\sum_c p_c \ln p_c`, in nats.

    Larger = less certain; 0 for a sure row, ``ln(n_classes)`` for a uniform one. Not the score
    of choice with many classes, where a long tail of small probabilities counts for much.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Class probabilities; rows sum to one.

    Returns
    -------
    scores : ndarray of shape (n_samples,)

    References
    ----------
    Shannon (1948), :doi:`10.1002/j.1538-7305.1948.tb01338.x`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.acquisition import entropy_score
    >>> entropy_score(np.array([[1.0, 0.0], [0.5, 0.5]])).round(3)
    array([0.   , 0.693])
    """
    return _over_classes(np.add, entr(np.asarray(proba, dtype=np.float64)))


def least_confident_score(proba):
    r"""Doubt about the likeliest class, :math:`1 - \max_c p_c`.

    Larger = less certain; in [0, 1 - 1/n_classes]. It ignores how the rest is spread.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Class probabilities; rows sum to one.

    Returns
    -------
    scores : ndarray of shape (n_samples,)

    References
    ----------
    Lewis & Gale (1994), :doi:`10.1007/978-1-4471-2099-5_1`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.acquisition import least_confident_score
    >>> least_confident_score(np.array([[1.0, 0.0], [0.4, 0.6]]))
    array([0. , 0.4])
    """
    return 1.0 - _over_classes(np.maximum, np.asarray(proba, dtype=np.float64))


def margin_score(proba):
    r"""One minus the gap between the two likeliest classes, :math:`1 - (p_{(1)} - p_{(2)})`.

    Larger = less certain; 0 for a sure row, 1 for a tie ("breaking ties"). The default of this
    package: on tables nothing beats it reliably (:arxiv:`2210.03822`).

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Class probabilities; rows sum to one.

    Returns
    -------
    scores : ndarray of shape (n_samples,)
        Zeros when there is one class only.

    References
    ----------
    Scheffer, Decomain & Wrobel (2001), :doi:`10.1007/3-540-44816-0_31`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.acquisition import margin_score
    >>> margin_score(np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0]]))
    array([0., 1.])
    """
    proba = np.asarray(proba, dtype=np.float64)
    if proba.shape[1] < 2:
        return np.zeros(len(proba))
    first, second = proba[:, 0], np.full(len(proba), -np.inf)
    for column in proba.T[1:]:
        second = np.maximum(second, np.minimum(first, column))
        first = np.maximum(first, column)
    return 1.0 - (first - second)


def _over_classes(function, table):
    """``function.reduce(table, axis=1)``, column by column: faster where columns are few."""
    return reduce(function, table.T)
