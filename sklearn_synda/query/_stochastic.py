"""Rows drawn with a chance that grows with their utility or its rank."""

from numbers import Real

from sklearn_synda._sklearn_compat import HasMethods, Interval, StrOptions
from sklearn_synda.acquisition import stochastic_score
from sklearn_synda.query._base import BaseQueryStrategy

__all__ = ["StochasticQuery"]


class StochasticQuery(BaseQueryStrategy):
    r"""Rows drawn without replacement, with a chance that grows with their utility or its rank.

    Larger utility = drawn more often. The batch are the largest :math:`s_i + g_i` with
    :math:`s_i` the :func:`~sklearn_synda.acquisition.stochastic_score` of a row and :math:`g_i`
    of the standard Gumbel distribution, which is drawing one by one without replacement, in the
    order of the draws. Cheap diversity for large batches from any strategy that ranks rows. Not
    for a batch of one row: :class:`TopKQuery` wastes nothing on rows of small utility.

    Parameters
    ----------
    strategy : query strategy with ``utilities``, default=None
        Whose utilities; None for those of the pool.
    kind : {"power", "softmax", "softrank"}, default="power"
        How chance grows: with a power of the utility, its exponential, or a power of its rank.
        For a power, if some utilities are negative, the least of them is subtracted from all.
    coldness : float, default=1.0
        How fast it grows: near 0 for uniform draws, large for the top rows.

    References
    ----------
    Kirsch et al. (2021), :arxiv:`2106.12059`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.utils import Pool
    >>> from sklearn_synda.query import StochasticQuery
    >>> pool = Pool(np.zeros((4, 1)), utilities=lambda: np.array([0.0, 1.0, 0.0, 1.0]))
    >>> indices = StochasticQuery().query(pool, batch_size=2, random_state=0)
    >>> sorted(indices.tolist())
    [1, 3]
    """

    _parameter_constraints: dict = {
        "strategy": [HasMethods(["utilities"]), None],
        "kind": [StrOptions({"power", "softmax", "softrank"})],
        "coldness": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(self, strategy=None, kind="power", coldness=1.0):
        self.strategy = strategy
        self.kind = kind
        self.coldness = coldness

    def _choose(self, pool, batch_size, rng):
        utilities = self._utilities_of(self.strategy, pool)
        weights = self._as_weights(utilities)  # a power does not mind the scale, ranks neither
        scores = stochastic_score(
            utilities if self.kind == "softmax" else weights, self.kind, self.coldness
        )
        return self._top(scores + rng.gumbel(size=len(scores)), batch_size, rng)
