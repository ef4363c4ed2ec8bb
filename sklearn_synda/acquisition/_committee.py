"""Scores of what the members of a committee predict."""

import numpy as np
from scipy.special import entr, rel_entr

from sklearn_synda.acquisition._classification import entropy_score

__all__ = [
    "conditional_information_score",
    "consensus_entropy_score",
    "divergence_score",
    "mutual_information_score",
    "variance_score",
    "vote_entropy_score",
]

_TINY = np.finfo(np.float64).tiny  # its product with its logarithm is zero


def consensus_entropy_score(members):
    r"""Entropy of the members' mean, :math:`H(\bar p)`, in nats.

    :math:`\bar p` is the mean of the members' class probabilities and :math:`H` the Shannon
    entropy. Larger = less certain. Not for telling doubt that a label would cure from noise that
    it would not: :func:`mutual_information_score`.

    Parameters
    ----------
    members : ndarray of shape (n_members, n_samples, n_classes)
        Class probabilities of each member.

    Returns
    -------
    scores : ndarray of shape (n_samples,)

    References
    ----------
    Lakshminarayanan, Pritzel & Blundell (2017), :arxiv:`1612.01474`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.acquisition import consensus_entropy_score
    >>> agree, differ = [[0.5, 0.5], [1.0, 0.0]], [[0.5, 0.5], [0.0, 1.0]]
    >>> consensus_entropy_score(np.array([agree, differ])).round(3)
    array([0.693, 0.693])
    """
    return entropy_score(np.mean(members, axis=0))


def divergence_score(members, statistic="mean"):
    r"""How far the members are from their mean (Kullback-Leibler), in nats.

    The mean, or the largest, over members :math:`m` of
    :math:`\sum_c p_{mc} \ln (p_{mc} / \bar p_c)` with :math:`p_{mc}` the probability of class
    :math:`c` and :math:`\bar p` the mean of the members. Larger = less certain. The mean equals
    :func:`mutual_information_score`. Of no use with one member.

    Parameters
    ----------
    members : ndarray of shape (n_members, n_samples, n_classes)
        Class probabilities of each member.
    statistic : {"mean", "max"}, default="mean"
        What is taken of the members' divergences.

    Returns
    -------
    scores : ndarray of shape (n_samples,)

    References
    ----------
    McCallum & Nigam (1998), *Employing EM and Pool-Based Active Learning for Text
    Classification*, International Conference on Machine Learning, 350-358.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.acquisition import divergence_score
    >>> agree, differ = [[0.5, 0.5], [1.0, 0.0]], [[0.5, 0.5], [0.0, 1.0]]
    >>> divergence_score(np.array([agree, differ])).round(3)
    array([0.   , 0.693])
    """
    members = np.asarray(members, dtype=np.float64)
    mean = members.mean(axis=0)
    divergence = np.stack([rel_entr(proba, mean).sum(axis=1) for proba in members])
    divergence = divergence.max(axis=0) if statistic == "max" else divergence.mean(axis=0)
    return np.maximum(divergence, 0.0)


def conditional_information_score(members, belief, chance):
    r"""What the members would still disagree on, were the labels of other rows known, in nats.

    :math:`\sum_k q_k H\left(\sum_m b_{km} p_m\right) - \sum_k q_k \sum_m b_{km} H(p_m)` with
    :math:`q_k` the chance of the :math:`k`-th configuration of those labels, :math:`b_{km}` the
    belief in member :math:`m` once they are known, :math:`p_m` its class probabilities and
    :math:`H` the Shannon entropy. Larger = more worth asking. It is what a row adds to the joint
    mutual information of a batch. Not for a batch of one row: with one configuration and equal
    belief it is :func:`mutual_information_score`.

    Parameters
    ----------
    members : ndarray of shape (n_members, n_samples, n_classes)
        Class probabilities of each member.
    belief : ndarray of shape (n_configurations, n_members)
        Belief in each member under each configuration; rows sum to one.
    chance : ndarray of shape (n_configurations,)
        Chances of the configurations; they sum to one.

    Returns
    -------
    scores : ndarray of shape (n_samples,)

    References
    ----------
    Kirsch, van Amersfoort & Gal (2019), :arxiv:`1906.08158`.

    Examples
    --------
    A known label rules out the second member, which alone said otherwise:

    >>> import numpy as np
    >>> from sklearn_synda.acquisition import conditional_information_score
    >>> members = np.array([[[1.0, 0.0]], [[0.0, 1.0]]])
    >>> conditional_information_score(members, np.array([[0.5, 0.5]]), np.ones(1)).round(3)
    array([0.693])
    >>> conditional_information_score(members, np.array([[1.0, 0.0]]), np.ones(1))
    array([0.])
    """
    members = np.asarray(members, dtype=np.float64)
    n_members, n_rows, n_classes = members.shape
    mixed = belief @ members.reshape(n_members, -1)
    mixed *= -np.log(np.maximum(mixed, _TINY))
    outer = (chance @ mixed).reshape(n_rows, n_classes).sum(axis=1)
    inner = (chance @ belief) @ entr(members).sum(axis=2)
    return np.maximum(outer - inner, 0.0)


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
