"""The farthest row of the largest cluster, again and again."""

import numpy as np
from sklearn.metrics import pairwise_distances_argmin_min
from sklearn.utils import gen_batches

from sklearn_synda._sklearn_compat import StrOptions
from sklearn_synda.query._base import BaseQueryStrategy
from sklearn_synda.query._k_center import random_argmax, squared_distances

__all__ = ["LCMDQuery"]

_N_TREES = 32  # of the forest whose leaves are the space
_BLOCK = 4096  # rows whose leaves are found or compared at a time


class LCMDQuery(BaseQueryStrategy):
    r"""The farthest row of the largest cluster, again and again (largest cluster maximum distance).

    Every row belongs to the labelled or chosen row that is nearest. The size of a cluster is
    :math:`\sum_i d_i^2` over its rows, with :math:`d_i` the distance of a row to its centre. The
    largest cluster names the row of largest :math:`d_i`, which is the centre of a new one. Larger
    sum and distance = more worth asking. Like :class:`KCenterQuery`, but where the rows are: one
    outlier makes no large cluster. For batches, in regression above all. Not for a batch of one
    row from a model that knows its border.

    Parameters
    ----------
    space : {"features", "leaves"}, default="features"
        What distances are taken in: the embedding; or the leaves of a forest fitted on the
        labelled rows, where :math:`d^2` is the share of trees in which two rows fall into
        different leaves, so that only what matters for the target counts.

    Notes
    -----
    Where nothing is labelled it starts with the row closest to the mean. The forest has 32
    trees. Time is O(n_samples x (n_labeled + batch_size)); memory a few arrays of pool length,
    and 32 leaves a row.

    References
    ----------
    Holzmuller, Zaverkin, Kastner & Steinwart (2023), *A Framework and Benchmark for Deep Batch
    Active Learning for Regression*, :arxiv:`2203.09410`.

    Examples
    --------
    The farthest row is alone; the largest sum of squares is that of the rows around 6:

    >>> import numpy as np
    >>> from sklearn_synda.query import KCenterQuery, LCMDQuery
    >>> from sklearn_synda.utils import Pool
    >>> X = np.array([[-8.0], [5.6], [5.8], [6.0]])
    >>> known = np.array([[-1.0], [1.0]])
    >>> pool = Pool(X, embedding=lambda: X, embedding_labeled=lambda: known)
    >>> KCenterQuery().query(pool), LCMDQuery().query(pool)
    (array([0]), array([3]))
    """

    _parameter_constraints: dict = {"space": [StrOptions({"features", "leaves"})]}

    def __init__(self, space="features"):
        self.space = space

    def _choose(self, pool, batch_size, rng):
        points, known = self._read_places(pool, rng)
        nearest, owner = self._nearest(points, known)
        n_centers, free, chosen = len(known), np.ones(len(points), dtype=bool), []
        while len(chosen) < batch_size:
            if n_centers:
                row = _farthest_of_the_largest(nearest, owner, free, rng)
            else:
                row = random_argmax(-squared_distances(points, points.mean(axis=0)), rng)
            chosen.append(row)
            free[row] = False
            squared = self._squared(points, points[row])
            closer = squared < nearest
            nearest[closer], owner[closer] = squared[closer], n_centers
            n_centers += 1
        return chosen

    def _read_places(self, pool, rng):
        """The rows in the space, and the labelled ones."""
        points = self._read_points(pool)
        known = self._read_labeled_points(pool, points)
        if self.space == "features":
            return points, known
        y = self._read_targets(pool)
        self._check_known(known, y)
        forest = _forest(self._has_classes(pool), rng).fit(known, y)
        leaves = np.empty((len(points), _N_TREES), dtype=np.int32)
        for block in gen_batches(len(points), _BLOCK):
            leaves[block] = forest.apply(points[block])
        return leaves, forest.apply(known).astype(np.int32)

    def _nearest(self, points, known):
        """Squared distance to the nearest labelled row, and which one that is."""
        nearest, owner = np.full(len(points), np.inf), np.zeros(len(points), dtype=np.intp)
        if self.space == "features" and len(known):
            owner, distance = pairwise_distances_argmin_min(points, known)
            return distance.astype(np.float64) ** 2, owner
        for k in range(len(known)):
            squared = self._squared(points, known[k])
            closer = squared < nearest
            nearest[closer], owner[closer] = squared[closer], k
        return nearest, owner

    def _squared(self, points, center):
        if self.space == "features":
            return squared_distances(points, center)
        squared = np.empty(len(points))
        for block in gen_batches(len(points), _BLOCK):
            squared[block] = (points[block] != center).mean(axis=1)
        return squared


def _farthest_of_the_largest(nearest, owner, free, rng):
    """The farthest free row of the cluster of largest sum; any free row where all sums are 0."""
    size = np.bincount(owner, weights=nearest)
    largest = random_argmax(size, rng)
    if size[largest] == 0:
        return rng.choice(np.flatnonzero(free))
    return random_argmax(np.where(free & (owner == largest), nearest, -1.0), rng)


def _forest(has_classes, rng):
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    kind = RandomForestClassifier if has_classes else RandomForestRegressor
    return kind(_N_TREES, random_state=rng)
