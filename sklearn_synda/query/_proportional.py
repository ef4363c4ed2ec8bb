"""Rows drawn with a chance that grows with their utility."""

from numbers import Real

import numpy as np

from sklearn_synda._sklearn_compat import Interval
from sklearn_synda.query._base import BaseQueryStrategy

__all__ = ["ProportionalQuery"]


class ProportionalQuery(BaseQueryStrategy):
    r"""Rows drawn without replacement, with a chance proportional to their utility.

    Larger utility = drawn more often. A row of utility :math:`u_i \ge 0` among :math:`n` has
    the chance :math:`p_i = (1 - s)\, u_i / \sum_j u_j + s / n`, with :math:`s` the
    ``smoothing``; if some utilities are negative, the least of them is subtracted from all.
    The batch are the largest :math:`\ln p_i + g_i`, :math:`g_i` of the standard Gumbel
    distribution, which is drawing one by one without replacement, in the order of the draws.
    Cheap diversity for large batches. Not for a batch of one row: :class:`TopKQuery` wastes
    nothing on rows of small utility.

    Parameters
    ----------
    smoothing : float, default=0.1
        Share of uniform drawing, in [0, 1]: 0 for utilities alone, 1 for none of them.

    References
    ----------
    Kirsch et al. (2021), :arxiv:`2106.12059`; Kool, van Hoof & Welling (2019),
    :arxiv:`1903.06059`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.utils import Pool
    >>> from sklearn_synda.query import ProportionalQuery
    >>> pool = Pool(np.zeros((4, 1)), utilities=lambda: np.array([0.0, 1.0, 0.0, 1.0]))
    >>> indices = ProportionalQuery(smoothing=0.0).query(pool, batch_size=2, random_state=0)
    >>> np.sort(indices)
    array([1, 3])
    """

    _parameter_constraints: dict = {"smoothing": [Interval(Real, 0, 1, closed="both")]}

    def __init__(self, smoothing=0.1):
        self.smoothing = smoothing

    def _choose(self, pool, batch_size, rng):
        weights = self._read_weights(pool)
        chance = (1 - self.smoothing) * weights / weights.sum() + self.smoothing / len(weights)
        with np.errstate(divide="ignore"):  # ln 0 = -inf: drawn after all others
            keys = np.log(chance) + rng.gumbel(size=len(chance))
        return self._top(keys, batch_size, rng)
