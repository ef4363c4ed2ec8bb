"""The rows whose likeliest class is least likely."""

from sklearn_synda.acquisition import least_confident_score
from sklearn_synda.query._base import BaseUtilityQuery

__all__ = ["LeastConfidentQuery"]


class LeastConfidentQuery(BaseUtilityQuery):
    """The rows whose likeliest class is least likely.

    Larger :func:`~sklearn_synda.acquisition.least_confident_score` = less certain; only
    ``pool.proba`` is read. With two classes it names the same rows as :class:`MarginQuery`. Not
    for rows torn between two of many classes: it looks at one class and ignores how the rest is
    spread.

    References
    ----------
    Lewis & Gale (1994), :doi:`10.1007/978-1-4471-2099-5_1`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.utils import Pool
    >>> from sklearn_synda.query import LeastConfidentQuery
    >>> proba = np.array([[0.9, 0.1, 0.0], [0.6, 0.4, 0.0], [0.5, 0.3, 0.2]])
    >>> LeastConfidentQuery().query(Pool(np.zeros((3, 1)), proba=lambda: proba), batch_size=2)
    array([2, 1])
    """

    def utilities(self, pool):
        return least_confident_score(self._read_proba(pool))
