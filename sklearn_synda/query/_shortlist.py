"""A ranking makes a shortlist, the strategy decides on it."""

from numbers import Integral

import numpy as np

from sklearn_synda._compatibility import check_part
from sklearn_synda._sklearn_compat import HasMethods, Interval
from sklearn_synda.query._base import BaseQueryStrategy
from sklearn_synda.query._cluster import ClusterQuery
from sklearn_synda.query._top_k import TopKQuery

__all__ = ["ShortlistQuery"]


class ShortlistQuery(BaseQueryStrategy):
    """The rows of another strategy, among the most useful ones by a ranking.

    A ranking goes over the whole pool, the strategy sees a pool of the ``n_candidates`` rows of
    largest utility. For strategies that are dear in a large pool, and for those that look at rows
    together in a pool that comes in blocks (:func:`query_blocks`). Not where what the ranking
    puts last is what the strategy would find: :class:`KCenterQuery` on the rows of smallest
    margin covers the border of the model, not the table.

    Parameters
    ----------
    strategy : query strategy, default=None
        Decides on the shortlist; None for :class:`ClusterQuery`.
    ranking : query strategy with ``utilities``, default=None
        Makes the shortlist; None for :class:`TopKQuery`, the utilities of the pool.
    n_candidates : int, default=1000
        Rows of the shortlist; the batch, where that is larger.

    Notes
    -----
    Rows of equal utility at the end of the shortlist are drawn. A pool of no more rows than the
    shortlist goes to the strategy as it is.

    References
    ----------
    The first step of Citovsky et al. (2021), :arxiv:`2107.14263`, with any ranking.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.utils import Pool
    >>> from sklearn_synda.query import KCenterQuery, ShortlistQuery
    >>> X = np.array([[0.0], [0.1], [5.0], [99.0]])
    >>> pool = Pool(X, embedding=lambda: X, utilities=lambda: np.array([0.8, 0.9, 0.7, 0.1]))
    >>> ShortlistQuery(KCenterQuery(), n_candidates=3).query(pool, 2, random_state=0)
    array([1, 2])
    """

    _parameter_constraints: dict = {
        "strategy": [HasMethods(["query"]), None],
        "ranking": [HasMethods(["utilities"]), None],
        "n_candidates": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, strategy=None, ranking=None, n_candidates=1000):
        self.strategy = strategy
        self.ranking = ranking
        self.n_candidates = n_candidates

    def parts(self):
        """The strategy and the ranking, defaults in the place of None.

        Returns
        -------
        strategy, ranking : query strategies
        """
        strategy = ClusterQuery() if self.strategy is None else self.strategy
        ranking = TopKQuery() if self.ranking is None else self.ranking
        check_part(self, "strategy", strategy, "query")
        check_part(self, "ranking", ranking, "utilities")
        return strategy, ranking

    def _choose(self, pool, batch_size, rng):
        strategy, ranking = self.parts()
        n_candidates = max(self.n_candidates, batch_size)
        if n_candidates >= len(pool):
            return strategy.query(pool, batch_size, random_state=rng)
        shortlist = np.sort(self._top(ranking.utilities(pool), n_candidates, rng))
        return shortlist[strategy.query(pool.take(shortlist), batch_size, random_state=rng)]
