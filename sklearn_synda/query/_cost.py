"""The rows of largest utility for their price."""

from numbers import Real

import numpy as np

from sklearn_synda._sklearn_compat import HasMethods, Interval
from sklearn_synda.query._base import BaseUtilityQuery
from sklearn_synda.query._row_values import ANCHORS, prices

__all__ = ["CostQuery"]

ROUNDING = 1e-9  # sums of money may be off by such a share


class CostQuery(BaseUtilityQuery):
    r"""The rows of largest utility for their price, within a budget.

    Larger :math:`u_i / c_i` = more worth asking, with :math:`u_i` the utility (shifted to start
    at zero if some are negative) and :math:`c_i` the cost of a label. With a ``budget`` the rows
    are bought in this order, passing over those that the money left does not buy, so that a
    batch may have fewer rows than asked for, or none. Not for costs that are known only once the
    label is there.

    Parameters
    ----------
    strategy : query strategy with ``utilities``, default=None
        Whose utilities; None for those of the pool.
    costs : array-like of shape (n_samples,) or callable, default=None
        Cost of the label of each row of the pool, above zero; or a function that takes the rows
        and gives it. None for equal ones. A meta-estimator that makes rows needs a function: its
        strategy chooses anchors among other rows, too.
    budget : float, default=None
        Money for one batch, in the unit of the costs; None for any sum. Strategies that ask
        another one for utilities, or several times, refuse one with a budget: it comes last.

    References
    ----------
    Settles, Craven & Friedland (2008), *Active Learning with Real Annotation Costs*, NIPS
    Workshop on Cost-Sensitive Learning.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.utils import Pool
    >>> from sklearn_synda.query import CostQuery
    >>> pool = Pool(np.zeros((4, 1)), utilities=lambda: np.array([0.9, 0.8, 0.6, 0.1]))
    >>> CostQuery(costs=[9.0, 2.0, 1.0, 1.0]).query(pool, batch_size=2)
    array([2, 1])
    >>> CostQuery(costs=[9.0, 2.0, 1.0, 1.0], budget=2.0).query(pool, batch_size=3)
    array([2, 3])
    """

    row_by_row = False  # costs may be given for the whole pool, and utilities are scaled by it

    _parameter_constraints: dict = {
        "strategy": [HasMethods(["utilities"]), None],
        "costs": ["array-like", callable, None],
        "budget": [Interval(Real, 0, None, closed="left"), None],
    }

    def __init__(self, strategy=None, costs=None, budget=None):
        self.strategy = strategy
        self.costs = costs
        self.budget = budget

    def utilities(self, pool):
        return self._as_weights(self._utilities_of(self.strategy, pool)) / self._costs_of(pool)

    def _choose(self, pool, batch_size, rng):
        if self.budget is None:
            return super()._choose(pool, batch_size, rng)
        left, chosen, costs = self.budget * (1 + ROUNDING), [], self._costs_of(pool)
        for row in self._top(self.utilities(pool), len(pool), rng):
            if costs[row] <= left and len(chosen) < batch_size:
                left -= costs[row]
                chosen.append(row)
        return chosen

    def _costs_of(self, pool):
        if self.costs is None:
            return np.ones(len(pool))
        if callable(self.costs):
            return prices(self.costs(pool.X), len(pool), type(self).__name__)
        return prices(self.costs, len(pool), type(self).__name__, remedy=ANCHORS)
