"""The most typical row of each part of the table that has no label yet."""

from numbers import Integral

import numpy as np

from sklearn_synda._sklearn_compat import Interval
from sklearn_synda.acquisition import typicality_score
from sklearn_synda.query._base import BaseQueryStrategy
from sklearn_synda.query._cluster import find_clusters, turns

__all__ = ["TypiClustQuery"]

_MOST = 2000  # rows of a cluster that are compared with one another


class TypiClustQuery(BaseQueryStrategy):
    """The most typical row of each part of the table that has no label yet.

    All rows, labelled ones among them, are put into as many clusters as there will be labels;
    those with the fewest labels come first, the larger before the smaller, and each names its
    row of largest :func:`~sklearn_synda.acquisition.typicality_score`. Only the embedding is
    read, no utility: the choice for the first batches, when a model knows too little to ask. Not
    for later ones, when the rows it needs are the untypical ones near the border.

    Parameters
    ----------
    n_neighbors : int, default=20
        Neighbours that say how typical a row is.
    max_clusters : int, default=500
        Largest number of clusters.

    Notes
    -----
    Clusters are found by k-means, in mini-batches where there are many rows; neighbours are
    looked for within a cluster, and in a cluster of more than 2,000 rows among 2,000 of them
    drawn at random. Time is O(n_samples x n_clusters).

    References
    ----------
    Hacohen, Dekel & Weinshall (2022), :arxiv:`2202.02794`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.utils import Pool
    >>> from sklearn_synda.query import TypiClustQuery
    >>> X = np.array([[0.0], [0.1], [0.3], [9.0], [9.1], [9.4], [9.05]])
    >>> TypiClustQuery().query(Pool(X, embedding=lambda: X), batch_size=2, random_state=0)
    array([4, 1])
    """

    _parameter_constraints: dict = {
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "max_clusters": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, n_neighbors=20, max_clusters=500):
        self.n_neighbors = n_neighbors
        self.max_clusters = max_clusters

    def _choose(self, pool, batch_size, rng):
        points = self._read_points(pool)
        labeled = self._read_labeled_points(pool, points)
        n_clusters = min(len(labeled) + batch_size, self.max_clusters)
        found = find_clusters(np.vstack([points, labeled]), n_clusters, rng)
        own, known = found[: len(points)], np.bincount(found[len(points) :], minlength=n_clusters)
        size = np.bincount(own, minlength=n_clusters)
        cluster = np.repeat(np.arange(n_clusters), np.minimum(size, batch_size))
        turn = turns(cluster)
        first = np.lexsort((turn - size[cluster], known[cluster] + turn))[:batch_size]
        asked, chosen = cluster[first], np.empty(batch_size, dtype=np.intp)
        for c in np.unique(asked):
            rows = np.flatnonzero(own == c)
            chosen[asked == c] = self._most_typical(points, rows, np.sum(asked == c), rng)
        return chosen

    def _most_typical(self, points, rows, n_rows, rng):
        """The most typical rows first, then those that were not looked at."""
        rows = rng.permutation(rows)
        seen, rest = rows[:_MOST], rows[_MOST:]
        typicality = typicality_score(points[seen], self.n_neighbors)
        best = self._top(typicality, min(n_rows, len(seen)), rng)
        return np.concatenate([seen[best], rest[: n_rows - len(best)]])
