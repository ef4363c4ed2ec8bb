"""The most useful rows of each predicted class in turn."""

import numpy as np

from sklearn_synda._sklearn_compat import HasMethods
from sklearn_synda.query._base import BaseQueryStrategy
from sklearn_synda.query._cluster import turns

__all__ = ["BalancedQuery"]


class BalancedQuery(BaseQueryStrategy):
    """The most useful rows of each predicted class in turn.

    Larger utility = more worth asking; the most useful row of every predicted class comes
    first, then the second of every class, and so on, until a class runs out of rows. For rare
    classes, which the most useful rows of a whole pool may miss. ``pool.proba`` is read, and what
    the strategy reads. Not while the model hardly knows the rare classes: what it takes for them
    is then something else.

    Parameters
    ----------
    strategy : query strategy with ``utilities``, default=None
        Whose utilities; None for those of the pool.

    References
    ----------
    Ertekin et al. (2007), *Learning on the border: active learning in imbalanced data
    classification*, :doi:`10.1145/1321440.1321461`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.utils import Pool
    >>> from sklearn_synda.query import BalancedQuery, MarginQuery
    >>> proba = np.array([[0.5, 0.5], [0.6, 0.4], [0.7, 0.3], [0.1, 0.9]])
    >>> pool = Pool(np.zeros((4, 1)), proba=lambda: proba)
    >>> BalancedQuery(MarginQuery()).query(pool, batch_size=2)
    array([0, 3])
    """

    _parameter_constraints: dict = {"strategy": [HasMethods(["utilities"]), None]}

    def __init__(self, strategy=None):
        self.strategy = strategy

    def _choose(self, pool, batch_size, rng):
        order = self._top(self._utilities_of(self.strategy, pool), len(pool), rng)
        predicted = np.argmax(self._read_proba(pool), axis=1)[order]
        return order[np.argsort(turns(predicted), kind="stable")[:batch_size]]
