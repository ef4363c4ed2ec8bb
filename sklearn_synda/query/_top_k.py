"""The rows of largest utility."""

from sklearn_synda.query._base import BaseUtilityQuery

__all__ = ["TopKQuery"]


class TopKQuery(BaseUtilityQuery):
    """The rows of largest utility.

    Larger utility = more worth asking; only ``pool.utilities`` is read, so it serves
    classifiers and regressors alike. Not for large batches from a pool with many near-copies:
    the top rows then tell the model the same thing; :class:`ClusterQuery` spreads them and
    :class:`ProportionalQuery` mixes them.

    References
    ----------
    Lewis & Gale (1994), :doi:`10.1007/978-1-4471-2099-5_1`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.utils import Pool
    >>> from sklearn_synda.query import TopKQuery
    >>> pool = Pool(np.zeros((4, 1)), utilities=lambda: np.array([0.1, 0.9, 0.3, 0.7]))
    >>> TopKQuery().query(pool, batch_size=2)
    array([1, 3])
    """

    def utilities(self, pool):
        return self._read_utilities(pool)
