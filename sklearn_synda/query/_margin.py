"""The rows whose two likeliest classes are closest."""

from sklearn_synda.acquisition import margin_score
from sklearn_synda.query._base import BaseUtilityQuery

__all__ = ["MarginQuery"]


class MarginQuery(BaseUtilityQuery):
    """The rows whose two likeliest classes are closest ("breaking ties").

    Larger :func:`~sklearn_synda.acquisition.margin_score` = less certain; only ``pool.proba``
    is read. Hard to beat on tables (:arxiv:`2210.03822`). Not for regression, where there are
    no class probabilities: :class:`TopKQuery` takes any utility.

    References
    ----------
    Scheffer, Decomain & Wrobel (2001), :doi:`10.1007/3-540-44816-0_31`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.utils import Pool
    >>> from sklearn_synda.query import MarginQuery
    >>> proba = np.array([[0.9, 0.1, 0.0], [0.5, 0.5, 0.0], [0.5, 0.3, 0.2]])
    >>> MarginQuery().query(Pool(np.zeros((3, 1)), proba=lambda: proba), batch_size=2)
    array([1, 2])
    """

    def utilities(self, pool):
        return margin_score(self._read_proba(pool))
