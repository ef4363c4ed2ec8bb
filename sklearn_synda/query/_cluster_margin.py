"""Rows of small margin, taken in turn from the clusters of the table."""

from numbers import Integral

import numpy as np

from sklearn_synda._sklearn_compat import Interval
from sklearn_synda.acquisition import margin_score
from sklearn_synda.query._base import BaseQueryStrategy
from sklearn_synda.query._cluster import find_clusters, turns

__all__ = ["ClusterMarginQuery"]


class ClusterMarginQuery(BaseQueryStrategy):
    """Rows of small margin, taken in turn from the clusters of the table.

    The rows of largest :func:`~sklearn_synda.acquisition.margin_score` are shortlisted; the
    clusters of the pool then name one of them each, at random, those with the fewest on the list
    first, round after round. ``pool.proba`` and ``pool.embedding`` are read. The choice for very
    large batches. Not for a batch of a few rows, which the rarest clusters fill:
    :class:`MarginQuery`.

    Parameters
    ----------
    n_clusters : int, default=100
        Largest number of clusters of the pool.
    n_candidates_per_row : int, default=10
        Rows shortlisted for each row of the batch; 1 leaves no choice.

    Notes
    -----
    Clusters are found by k-means, in mini-batches where there are many rows, in the place of the
    average linkage of the source, whose time grows with the square of the pool.

    References
    ----------
    Citovsky et al. (2021), :arxiv:`2107.14263`.

    Examples
    --------
    Three unsure rows are close together; the fourth, a little less unsure, is elsewhere:

    >>> import numpy as np
    >>> from sklearn_synda.utils import Pool
    >>> from sklearn_synda.query import ClusterMarginQuery
    >>> X = np.array([[0.0], [0.1], [0.2], [9.0]])
    >>> proba = np.array([[0.5, 0.5], [0.5, 0.5], [0.5, 0.5], [0.6, 0.4]])
    >>> pool = Pool(X, proba=lambda: proba, embedding=lambda: X)
    >>> indices = ClusterMarginQuery(n_clusters=2).query(pool, batch_size=2, random_state=0)
    >>> 3 in indices
    True
    """

    _parameter_constraints: dict = {
        "n_clusters": [Interval(Integral, 1, None, closed="left")],
        "n_candidates_per_row": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, n_clusters=100, n_candidates_per_row=10):
        self.n_clusters = n_clusters
        self.n_candidates_per_row = n_candidates_per_row

    def _choose(self, pool, batch_size, rng):
        n_candidates = min(len(pool), batch_size * self.n_candidates_per_row)
        shortlist = self._top(margin_score(self._read_proba(pool)), n_candidates, rng)
        n_clusters = min(self.n_clusters, len(pool))
        shortlist = rng.permutation(shortlist)
        cluster = find_clusters(self._read_points(pool), n_clusters, rng)[shortlist]
        size = np.bincount(cluster)
        return shortlist[np.lexsort((size[cluster], turns(cluster)))[:batch_size]]
