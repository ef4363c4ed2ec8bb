"""Some rows by a strategy, some at random."""

from numbers import Real

import numpy as np

from sklearn_synda._compatibility import check_part
from sklearn_synda._sklearn_compat import HasMethods, Interval
from sklearn_synda.query._base import BaseQueryStrategy
from sklearn_synda.query._top_k import TopKQuery

__all__ = ["EpsilonQuery"]


class EpsilonQuery(BaseQueryStrategy):
    r"""The rows of another strategy, each replaced by a random one with chance ``epsilon``.

    The number of random rows in a batch of :math:`b` is a binomial draw of :math:`b` trials of
    chance :math:`\epsilon`. Those of the strategy come first, in its order; the random ones are
    drawn from all others. A remedy for a strategy that keeps to one corner of the table. Not
    for a fair sample to evaluate on, which needs random rows only: :class:`RandomQuery`.

    Parameters
    ----------
    strategy : query strategy, default=None
        Where the other rows come from; None for :class:`TopKQuery`.
    epsilon : float, default=0.1
        Chance of a random row, in [0, 1].

    References
    ----------
    Sutton & Barto (2018), *Reinforcement Learning*, MIT Press, section 2.2.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.utils import Pool
    >>> from sklearn_synda.query import EpsilonQuery
    >>> pool = Pool(np.zeros((5, 1)), utilities=lambda: np.array([0.1, 0.9, 0.3, 0.7, 0.0]))
    >>> EpsilonQuery(epsilon=0.5).query(pool, batch_size=3, random_state=0)
    array([1, 3, 4])
    """

    _parameter_constraints: dict = {
        "strategy": [HasMethods(["query"]), None],
        "epsilon": [Interval(Real, 0, 1, closed="both")],
    }

    def __init__(self, strategy=None, epsilon=0.1):
        self.strategy = strategy
        self.epsilon = epsilon

    def _choose(self, pool, batch_size, rng):
        strategy = TopKQuery() if self.strategy is None else self.strategy
        check_part(self, "strategy", strategy, "query")
        self._refuse_budget(strategy)
        kept = batch_size - rng.binomial(batch_size, self.epsilon)
        chosen = strategy.query(pool, kept, random_state=rng) if kept else np.empty(0, np.intp)
        rest = np.setdiff1d(np.arange(len(pool)), chosen)
        return np.concatenate([chosen, rng.permutation(rest)[: batch_size - kept]])
