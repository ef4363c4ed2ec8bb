"""The rows whose label would tell most about which member is right."""

from sklearn_synda.acquisition import mutual_information_score
from sklearn_synda.query._base import BaseUtilityQuery

__all__ = ["BALDQuery"]


class BALDQuery(BaseUtilityQuery):
    """The rows whose label would tell most about which member is right.

    Larger :func:`~sklearn_synda.acquisition.mutual_information_score` (nats) = more worth asking;
    only ``pool.members`` is read. Rows on which all members are equally unsure score zero. Not
    for large batches, whose rows may all tell the same: :class:`BatchBALDQuery`.

    References
    ----------
    Houlsby et al. (2011), :arxiv:`1112.5745`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.utils import Pool
    >>> from sklearn_synda.query import BALDQuery
    >>> members = np.array([[[0.9, 0.1], [0.6, 0.4]], [[0.8, 0.2], [0.3, 0.7]]])
    >>> BALDQuery().query(Pool(np.zeros((2, 1)), members=lambda: members))
    array([1])
    """

    def utilities(self, pool):
        return mutual_information_score(self._read_members(pool))
