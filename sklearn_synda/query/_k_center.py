"""The rows farthest from all that is known."""

import numpy as np
from sklearn.metrics import pairwise_distances_argmin_min
from sklearn.utils import gen_batches

from sklearn_synda.query._base import BaseQueryStrategy

__all__ = ["KCenterQuery"]

_BLOCK = 4096  # rows whose distance is taken at a time


def squared_distances(points, center):
    """Squared Euclidean distance of each row to one point."""
    squared = np.empty(len(points))
    for block in gen_batches(len(points), _BLOCK):
        difference = points[block] - center
        squared[block] = np.einsum("ij,ij->i", difference, difference)
    return squared


def nearest_squared(points, labeled):
    """Squared distance of each row to the nearest labelled one; infinite where there is none."""
    if len(labeled) == 0:
        return np.full(len(points), np.inf)
    return pairwise_distances_argmin_min(points, labeled)[1].astype(np.float64) ** 2


def random_argmax(values, rng):
    """Position of the largest value, ties broken at random."""
    return rng.choice(np.flatnonzero(values == values.max()))


class KCenterQuery(BaseQueryStrategy):
    """The rows that cover the pool: each the farthest from all known and chosen ("core-set").

    Larger distance to the nearest labelled or chosen row = more worth asking. Starts from
    ``pool.embedding_labeled``; where there is none, from the row closest to the mean. Only the
    embedding is read, no utility: the choice for a first batch, before any model is of use.
    Not for a pool with outliers, which are far from everything and come first.

    Notes
    -----
    Greedy, at most twice the radius of the best cover. Time is
    O(n_samples x (n_labeled + batch_size)); memory a few arrays of pool length.

    References
    ----------
    Sener & Savarese (2018), :arxiv:`1708.00489`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.utils import Pool
    >>> from sklearn_synda.query import KCenterQuery
    >>> X = np.array([[0.0], [0.1], [5.0], [9.0]])
    >>> pool = Pool(X, embedding=lambda: X, embedding_labeled=lambda: np.array([[0.2]]))
    >>> KCenterQuery().query(pool, batch_size=2)
    array([3, 2])
    """

    def _choose(self, pool, batch_size, rng):
        points = self._read_points(pool)
        labeled = self._read_labeled_points(pool, points)
        nearest = nearest_squared(points, labeled)
        if len(labeled):
            row = random_argmax(nearest, rng)
        else:
            row = random_argmax(-squared_distances(points, points.mean(axis=0)), rng)
        chosen = [row]
        while len(chosen) < batch_size:
            np.minimum(nearest, squared_distances(points, points[row]), out=nearest)
            nearest[row] = -1.0  # below every distance: never chosen twice
            row = random_argmax(nearest, rng)
            chosen.append(row)
        return chosen
