"""Rows whose gradients are long and point in different directions."""

import numpy as np

from sklearn_synda.acquisition._diversity import distance_of_factors, gradient_factors
from sklearn_synda.query._base import BaseQueryStrategy
from sklearn_synda.query._k_center import random_argmax

__all__ = ["BADGEQuery"]


class BADGEQuery(BaseQueryStrategy):
    """Rows whose gradients are long and point in different directions.

    Each row stands for the gradient that its likeliest label would cause
    (:func:`~sklearn_synda.acquisition.gradient_norm_score`). The first is the longest; each
    further one is drawn with a chance proportional to the squared distance to the nearest
    gradient drawn so far, as k-means++ starts. Long gradients (doubt) and different ones
    (spread) come first. ``pool.proba`` and ``pool.embedding`` are read. Not for a batch of one
    row, where it looks at length alone: :class:`MarginQuery`.

    Notes
    -----
    The distance of two gradients is taken from the inner products of their factors
    (:func:`~sklearn_synda.acquisition.gradient_distance`). Time is
    O(n_samples x (n_classes + n_dimensions)) a row of the batch; memory a few arrays of pool
    length.

    References
    ----------
    Ash et al. (2020), :arxiv:`1906.03671`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.utils import Pool
    >>> from sklearn_synda.query import BADGEQuery
    >>> proba = np.array([[0.5, 0.5], [0.5, 0.5], [0.6, 0.4], [1.0, 0.0]])
    >>> X = np.array([[3.0, 0.0], [3.0, 0.0], [0.0, 1.0], [0.0, 9.0]])
    >>> pool = Pool(X, proba=lambda: proba, embedding=lambda: X)
    >>> indices = BADGEQuery().query(pool, batch_size=2, random_state=0)
    >>> 0 in indices, 1 in indices
    (True, False)
    """

    def _choose(self, pool, batch_size, rng):
        proba = self._check_numbers(self._read_proba(pool), "proba")
        factors = gradient_factors(proba, self._read_points(pool))
        row = random_argmax(factors[-1], rng)
        chosen, nearest = [row], np.full(len(pool), np.inf)
        while len(chosen) < batch_size:
            np.minimum(nearest, distance_of_factors(*factors, row), out=nearest)
            nearest[chosen] = 0.0
            row = self._draw(nearest, chosen, rng)
            chosen.append(row)
        return chosen

    def _draw(self, weights, chosen, rng):
        """A row by its weight; any that is left where no weight is."""
        total = weights.cumsum()
        if total[-1] > 0:
            return np.searchsorted(total, rng.uniform(high=total[-1]), side="right")
        return rng.choice(np.setdiff1d(np.arange(len(weights)), chosen))
