"""The rows that several strategies find useful."""

import numpy as np

from sklearn_synda._sklearn_compat import StrOptions
from sklearn_synda.acquisition import combined_score
from sklearn_synda.query._base import BaseUtilityQuery
from sklearn_synda.query._margin import MarginQuery
from sklearn_synda.query._top_k import TopKQuery

__all__ = ["CombinedQuery"]


class CombinedQuery(BaseUtilityQuery):
    """The rows that several strategies find useful.

    Larger :func:`~sklearn_synda.acquisition.combined_score` of their utilities = more worth
    asking. Ranks do not mind the scales of the strategies; a product asks that all of them agree.
    Not for strategies that say the same, such as :class:`MarginQuery` and :class:`EntropyQuery`
    with two classes: one is enough.

    Parameters
    ----------
    strategies : list of query strategies with ``utilities``, default=None
        None for :class:`TopKQuery` and :class:`MarginQuery`.
    weights : array-like of shape (n_strategies,), default=None
        Say of each, not negative; None for equal ones.
    kind : {"rank", "product"}, default="rank"
        Weighted mean of ranks, or product of scaled utilities to the power of the weights.

    References
    ----------
    Settles & Craven (2008), :doi:`10.3115/1613715.1613855`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.utils import Pool
    >>> from sklearn_synda.query import CombinedQuery
    >>> proba = np.array([[0.5, 0.5], [0.6, 0.4], [0.9, 0.1]])
    >>> pool = Pool(
    ...     np.zeros((3, 1)), proba=lambda: proba, utilities=lambda: np.array([0.0, 8.0, 9.0])
    ... )
    >>> CombinedQuery(kind="product").query(pool)
    array([1])
    """

    row_by_row = False  # ranks and scales are those of the pool

    _parameter_constraints: dict = {
        "strategies": [list, tuple, None],
        "weights": ["array-like", None],
        "kind": [StrOptions({"rank", "product"})],
    }

    def __init__(self, strategies=None, weights=None, kind="rank"):
        self.strategies = strategies
        self.weights = weights
        self.kind = kind

    def utilities(self, pool):
        strategies = self.strategies
        if strategies is None:
            strategies = [TopKQuery(), MarginQuery()]
        weights = self._check_weights(len(strategies))
        utilities = [self._utilities_of(strategy, pool) for strategy in strategies]
        return combined_score(np.array(utilities, dtype=np.float64), weights, self.kind)

    def _check_weights(self, n_strategies):
        weights = np.ones(n_strategies) if self.weights is None else np.asarray(self.weights)
        legal = weights.shape == (n_strategies,) and np.all(weights >= 0) and weights.sum() > 0
        if not legal:
            raise ValueError(
                f"The 'weights' parameter of {type(self).__name__} must be {n_strategies} numbers,"
                f" one a strategy, none negative and not all zero. Got {self.weights!r} instead."
            )
        return weights
