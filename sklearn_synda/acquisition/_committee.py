"""Scores of what the members of a committee predict."""

import numpy as np

from sklearn_synda.acquisition._classification import entropy_score

__all__ = ["mutual_information_score", "variance_score", "vote_entropy_score"]


def mutual_information_score(members):
    r"""What the members disagree on (BALD), in nats.

    :math:`H(\bar p) - \frac1M \sum_m H(p_m)` with :math:`\bar p` the mean of the members'
    probabilities :math:`p_m` and :math:`H` the Shannon entropy. Larger = less certain; 0 when
    all members say the same, however unsure each is. Of no use with one member.

    Parameters
    ----------
    members : ndarray of shape (n_members, n_samples, n_classes)
        Class probabilities of each member.

    Returns
    -------
    scores : ndarray of shape (n_samples,)

    References
    ----------
    Houlsby et al. (2011), :arxiv:`1112.5745`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.acquisition import mutual_information_score
    >>> agree, differ = [[0.5, 0.5], [1.0, 0.0]], [[0.5, 0.5], [0.0, 1.0]]
    >>> mutual_information_score(np.array([agree, differ])).round(3)
    array([0.   , 0.693])
    """
    members = np.asarray(members, dtype=np.float64)
    within = np.mean([entropy_score(proba) for proba in members], axis=0)
    return np.maximum(entropy_score(members.mean(axis=0)) - within, 0.0)


def vote_entropy_score(members):
    r"""Entropy of the members' votes, in nats.

    Larger = less certain; with few members it takes few different values.

    Parameters
    ----------
    members : ndarray of shape (n_members, n_samples, n_classes)
        Class probabilities of each member; its vote is the likeliest class.

    Returns
    -------
    scores : ndarray of shape (n_samples,)

    References
    ----------
    Dagan & Engelson (1995), :doi:`10.1016/B978-1-55860-377-6.50027-X`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.acquisition import vote_entropy_score
    >>> members = np.array([[[0.9, 0.1], [0.6, 0.4]], [[0.8, 0.2], [0.3, 0.7]]])
    >>> vote_entropy_score(members).round(3)
    array([0.   , 0.693])
    """
    members = np.asarray(members)
    votes = members.argmax(axis=2)
    share = np.stack([(votes == c).mean(axis=0) for c in range(members.shape[2])], axis=1)
    return entropy_score(share)


def variance_score(members):
    r"""Variance of the members' predictions, in squared units of what they predict.

    Larger = less certain. For probabilities the variances of the classes are added up.

    Parameters
    ----------
    members : ndarray of shape (n_members, n_samples) or (n_members, n_samples, n_classes)
        Values or class probabilities of each member.

    Returns
    -------
    scores : ndarray of shape (n_samples,)

    References
    ----------
    Burbidge, Rowland & King (2007), :doi:`10.1007/978-3-540-77226-2_22`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.acquisition import variance_score
    >>> variance_score(np.array([[1.0, 2.0], [1.0, 4.0]]))
    array([0., 1.])
    """
    members = np.asarray(members, dtype=np.float64)
    variance = members.var(axis=0)
    return variance if variance.ndim == 1 else variance.sum(axis=1)
