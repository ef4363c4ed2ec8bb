"""The rows on which the mean of a committee has the largest entropy."""

from sklearn_synda.acquisition import consensus_entropy_score
from sklearn_synda.query._base import BaseUtilityQuery

__all__ = ["ConsensusEntropyQuery"]


class ConsensusEntropyQuery(BaseUtilityQuery):
    """The rows on which the mean of a committee has the largest entropy.

    Larger :func:`~sklearn_synda.acquisition.consensus_entropy_score` (nats) = less certain; only
    ``pool.members`` is read. A mean over members is often calibrated better than one model. Not
    for noisy rows, on which all members agree to be unsure: :class:`BALDQuery` passes them over.

    References
    ----------
    Lakshminarayanan, Pritzel & Blundell (2017), :arxiv:`1612.01474`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.utils import Pool
    >>> from sklearn_synda.query import ConsensusEntropyQuery
    >>> members = np.array([[[0.9, 0.1], [0.6, 0.4]], [[0.8, 0.2], [0.3, 0.7]]])
    >>> ConsensusEntropyQuery().query(Pool(np.zeros((2, 1)), members=lambda: members))
    array([1])
    """

    def utilities(self, pool):
        return consensus_entropy_score(self._read_members(pool))
