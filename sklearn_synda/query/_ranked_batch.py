"""Useful rows far from all that is known and from one another."""

from numbers import Real

import numpy as np

from sklearn_synda._sklearn_compat import HasMethods, Interval
from sklearn_synda.acquisition import ranked_batch_score
from sklearn_synda.query._base import BaseQueryStrategy
from sklearn_synda.query._k_center import nearest_squared, random_argmax, squared_distances

__all__ = ["RankedBatchQuery"]


class RankedBatchQuery(BaseQueryStrategy):
    """Useful rows far from all that is known and from one another.

    Larger :func:`~sklearn_synda.acquisition.ranked_batch_score` = more worth asking: a mixture of
    utility, scaled to at most 1, and distance to the nearest labelled or chosen row; the batch
    grows row by row. The distance weighs as much as the share of rows without a label: early on
    the table is explored, later the model is asked. While
    nothing is known the most useful row comes first. Not for a pool that stays far larger than
    what will be labelled, where the utility hardly counts: set ``distance_weight``.

    Parameters
    ----------
    strategy : query strategy with ``utilities``, default=None
        Whose utilities; None for those of the pool.
    distance_weight : float, default=None
        Say of the distance, in [0, 1]; None for the share of rows without a label.

    Notes
    -----
    Time is O(n_samples x (n_labeled + batch_size)); memory a few arrays of pool length.

    References
    ----------
    Cardoso et al. (2017), :doi:`10.1016/j.ins.2016.10.037`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.utils import Pool
    >>> from sklearn_synda.query import RankedBatchQuery
    >>> X = np.array([[0.0], [0.1], [5.0], [5.1]])
    >>> utilities = np.array([0.9, 1.0, 0.8, 0.7])
    >>> pool = Pool(X, utilities=lambda: utilities, embedding=lambda: X)
    >>> RankedBatchQuery().query(pool, batch_size=2)
    array([1, 2])
    """

    _parameter_constraints: dict = {
        "strategy": [HasMethods(["utilities"]), None],
        "distance_weight": [Interval(Real, 0, 1, closed="both"), None],
    }

    def __init__(self, strategy=None, distance_weight=None):
        self.strategy = strategy
        self.distance_weight = distance_weight

    def _choose(self, pool, batch_size, rng):
        weights = self._as_weights(self._utilities_of(self.strategy, pool))
        points = self._read_points(pool)
        labeled = self._read_labeled_points(pool, points)
        nearest = nearest_squared(points, labeled)
        n_all = len(points) + len(labeled)
        chosen = []
        while len(chosen) < batch_size:
            scores = ranked_batch_score(
                weights, np.sqrt(nearest), self._distance_weight(n_all, len(points) - len(chosen))
            )
            scores[chosen] = -np.inf
            row = random_argmax(scores, rng)
            np.minimum(nearest, squared_distances(points, points[row]), out=nearest)
            chosen.append(row)
        return chosen

    def _distance_weight(self, n_all, n_unlabeled):
        if n_unlabeled == n_all:  # nothing is known, hence no distance
            return 0.0
        return n_unlabeled / n_all if self.distance_weight is None else self.distance_weight
