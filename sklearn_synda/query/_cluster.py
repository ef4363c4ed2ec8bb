"""Useful rows of different kinds."""

import warnings
from numbers import Integral

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sklearn_synda._sklearn_compat import Interval
from sklearn_synda.query._base import BaseQueryStrategy

__all__ = ["ClusterQuery"]

_LEAST_WEIGHT = 1e-3  # a row of no utility still counts a little, so that no cluster is void
_MANY = 10_000  # a longer list is clustered in mini-batches


def find_clusters(points, n_clusters, rng, weights=None):
    """Cluster of each point, by k-means."""
    from sklearn.cluster import KMeans, MiniBatchKMeans  # heavy: imported when used

    kind = KMeans if len(points) <= _MANY else MiniBatchKMeans
    clusterer = kind(n_clusters, n_init=1, random_state=rng)
    with warnings.catch_warnings():  # fewer distinct points than clusters: some stay empty
        warnings.simplefilter("ignore", ConvergenceWarning)
        return clusterer.fit(points, sample_weight=weights).labels_


def turns(groups):
    """How many entries before each one are of the same group."""
    order = np.argsort(groups, kind="stable")
    turn = np.empty(len(groups), dtype=np.intp)
    turn[order] = np.arange(len(groups)) - np.searchsorted(groups[order], groups[order])
    return turn


class ClusterQuery(BaseQueryStrategy):
    """The most useful row of each of ``batch_size`` clusters of useful rows.

    The rows of largest utility are shortlisted and clustered in the embedding by k-means
    weighted by utility; each cluster names its most useful row, and the most useful of the rest
    stand in for clusters that came out empty. Larger utility = more worth asking. The choice
    for large batches. Not for a batch of one row, where it is :class:`TopKQuery` at a higher
    price.

    Parameters
    ----------
    n_candidates_per_row : int, default=10
        Rows shortlisted for each row of the batch; 1 leaves no choice and gives the top rows.

    Notes
    -----
    Time is O(n_samples) for the shortlist and that of k-means on it, whatever the pool.

    References
    ----------
    Zhdanov (2019), :arxiv:`1901.05954`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.utils import Pool
    >>> from sklearn_synda.query import ClusterQuery
    >>> X = np.array([[0.0], [0.1], [5.0], [5.1]])
    >>> utilities = np.array([0.9, 1.0, 0.8, 0.7])
    >>> pool = Pool(X, utilities=lambda: utilities, embedding=lambda: X)
    >>> ClusterQuery().query(pool, batch_size=2, random_state=0)
    array([1, 2])
    """

    _parameter_constraints: dict = {
        "n_candidates_per_row": [Interval(Integral, 1, None, closed="left")]
    }

    def __init__(self, n_candidates_per_row=10):
        self.n_candidates_per_row = n_candidates_per_row

    def _choose(self, pool, batch_size, rng):
        weights = self._read_weights(pool)
        n_candidates = min(len(weights), batch_size * self.n_candidates_per_row)
        shortlist = self._top(weights, n_candidates, rng)
        if n_candidates == batch_size:
            return shortlist
        points = self._read_points(pool)[shortlist]
        weights = np.maximum(weights[shortlist], _LEAST_WEIGHT)
        labels = find_clusters(points, batch_size, rng, weights)
        _, first = np.unique(labels, return_index=True)  # the shortlist is most useful first
        rest = np.setdiff1d(np.arange(n_candidates), first)[: batch_size - len(first)]
        return shortlist[np.sort(np.concatenate([first, rest]))]
