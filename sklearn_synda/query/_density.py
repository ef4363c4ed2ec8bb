"""The rows that are useful and have many rows like them."""

from numbers import Integral, Real

import numpy as np
from scipy.spatial.distance import pdist
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.utils import gen_batches

from sklearn_synda._sklearn_compat import Interval
from sklearn_synda.query._base import BaseQueryStrategy

__all__ = ["DensityQuery"]

_BLOCK = 4096  # rows compared with the landmarks at a time


class DensityQuery(BaseQueryStrategy):
    r"""The rows of large utility in dense parts of the pool ("information density").

    Larger :math:`u_i\, d_i^\beta` = more worth asking, with :math:`u_i` the utility scaled to
    [0, 1], :math:`\beta` the ``density_exponent``, and the density :math:`d_i` the mean of
    :math:`\exp(-\|x_i - x_l\|^2 / 2h^2)` over landmarks :math:`x_l`, rows of the pool drawn at
    random (a row is no landmark of its own); the bandwidth :math:`h` is the median distance
    between landmarks. It passes over outliers. Not the choice when rare rows are what matters,
    such as a small class; and the rows of one batch may be near-copies (:class:`ClusterQuery`).

    Parameters
    ----------
    density_exponent : float, default=1.0
        Say of the density; 0 leaves the utility alone.
    n_landmarks : int, default=256
        Largest number of landmarks. Time and precision grow with it.

    Notes
    -----
    Time is O(n_samples x n_landmarks); memory a few arrays of pool length and one block.

    References
    ----------
    Settles & Craven (2008), :doi:`10.3115/1613715.1613855`.

    Examples
    --------
    Two rows are equally unsure; the second has company:

    >>> import numpy as np
    >>> from sklearn_synda.utils import Pool
    >>> from sklearn_synda.query import DensityQuery
    >>> X = np.array([[9.0], [0.0], [0.1], [0.2]])
    >>> pool = Pool(X, utilities=lambda: np.array([1.0, 1.0, 0.0, 0.0]), embedding=lambda: X)
    >>> DensityQuery().query(pool)
    array([1])
    """

    _parameter_constraints: dict = {
        "density_exponent": [Interval(Real, 0, None, closed="left")],
        "n_landmarks": [Interval(Integral, 2, None, closed="left")],
    }

    def __init__(self, density_exponent=1.0, n_landmarks=256):
        self.density_exponent = density_exponent
        self.n_landmarks = n_landmarks

    def _choose(self, pool, batch_size, rng):
        weights = self._read_weights(pool)
        low, high = weights.min(), weights.max()
        scaled = (weights - low) / (high - low) if high > low else np.ones_like(weights)
        density = self._density(self._read_points(pool), rng)
        return self._top(scaled * density**self.density_exponent, batch_size, rng)

    def _density(self, points, rng):
        """Mean similarity of each row to the landmarks other than itself."""
        n_rows = len(points)
        chosen = rng.permutation(n_rows)[: self.n_landmarks]
        landmarks = points[chosen]
        distances = pdist(landmarks)
        distances = distances[distances > 0]
        bandwidth = np.median(distances) if len(distances) else 1.0
        own = np.zeros(n_rows)
        own[chosen] = 1.0
        total = np.empty(n_rows)
        for block in gen_batches(n_rows, _BLOCK):
            total[block] = rbf_kernel(points[block], landmarks, gamma=0.5 / bandwidth**2).sum(1)
        return np.maximum(total - own, 0.0) / np.maximum(len(chosen) - own, 1.0)
