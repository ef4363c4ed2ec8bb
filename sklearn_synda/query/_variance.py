"""The rows on which the predictions of a committee vary most."""

from sklearn_synda.acquisition import variance_score
from sklearn_synda.query._base import BaseUtilityQuery

__all__ = ["VarianceQuery"]


class VarianceQuery(BaseUtilityQuery):
    """The rows on which the predictions of a committee vary most.

    Larger :func:`~sklearn_synda.acquisition.variance_score` (squared target units) = less
    certain; only ``pool.members`` is read, values or class probabilities. The committee strategy
    for regression. Not for targets whose spread grows with their size, where large values come
    first whatever the model knows.

    References
    ----------
    Burbidge, Rowland & King (2007), :doi:`10.1007/978-3-540-77226-2_22`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.utils import Pool
    >>> from sklearn_synda.query import VarianceQuery
    >>> members = np.array([[1.0, 2.0, 5.0], [1.0, 4.0, 6.0]])
    >>> VarianceQuery().query(Pool(np.zeros((3, 1)), members=lambda: members), batch_size=2)
    array([1, 2])
    """

    def utilities(self, pool):
        what = "the predictions of a committee"
        return variance_score(self._read(pool, "members", what, "TopKQuery", axis=1))
