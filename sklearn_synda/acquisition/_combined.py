"""Several scores made one."""

import numpy as np
from scipy.stats import rankdata

__all__ = ["combined_score"]


def combined_score(utilities, weights=None, kind="rank"):
    r"""Utilities by several strategies made one, in [0, 1].

    :math:`\sum_s w_s r_{si} / \sum_s w_s` ("rank") or
    :math:`\prod_s v_{si}^{w_s / \sum_t w_t}` ("product") with :math:`r_{si}` the rank of row
    :math:`i` by strategy :math:`s` (0 for the least useful, 1 for the most; equal ones share the
    mean), :math:`v_{si}` its utility scaled to [0, 1] and :math:`w_s` the weights. Larger = more
    worth asking. Not the product for a strategy that gives most rows its least utility: a zero
    makes the product zero.

    Parameters
    ----------
    utilities : ndarray of shape (n_strategies, n_samples)
        Larger = more worth asking.
    weights : array-like of shape (n_strategies,), default=None
        Say of each strategy, not negative; None for equal ones.
    kind : {"rank", "product"}, default="rank"
        How they are made one.

    Returns
    -------
    scores : ndarray of shape (n_samples,)

    References
    ----------
    Borda (1781), *Memoire sur les elections au scrutin*; Settles & Craven (2008),
    :doi:`10.3115/1613715.1613855`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.acquisition import combined_score
    >>> utilities = np.array([[0.0, 1.0, 2.0], [9.0, 8.0, 0.0]])
    >>> combined_score(utilities)
    array([0.5, 0.5, 0.5])
    >>> combined_score(utilities, kind="product").round(3)
    array([0.   , 0.667, 0.   ])
    """
    utilities = np.asarray(utilities, dtype=np.float64)
    weights = np.ones(len(utilities)) if weights is None else np.asarray(weights, np.float64)
    weights = weights / weights.sum()
    if kind == "rank":
        ranks = rankdata(utilities, axis=1) - 1.0
        return weights @ ranks / max(utilities.shape[1] - 1, 1)
    low, high = utilities.min(axis=1, keepdims=True), utilities.max(axis=1, keepdims=True)
    scaled = np.where(high > low, (utilities - low) / np.where(high > low, high - low, 1.0), 1.0)
    return np.prod(scaled ** weights[:, None], axis=0)
