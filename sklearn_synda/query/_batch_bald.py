"""The rows whose labels together would tell most about which member is right."""

from numbers import Integral

import numpy as np
from sklearn.utils import gen_batches

from sklearn_synda._sklearn_compat import Interval
from sklearn_synda.acquisition import conditional_information_score
from sklearn_synda.query._base import BaseQueryStrategy

__all__ = ["BatchBALDQuery"]

_BLOCK = 512  # rows scored at a time
_DIGITS = 12  # smaller differences are noise of rounding: a tie


class BatchBALDQuery(BaseQueryStrategy):
    r"""The rows whose labels together would tell most about which member is right.

    Larger :math:`I(y_1, \dots, y_b; m)`, the mutual information of the labels of a batch and
    the member :math:`m` of a committee, in nats = more worth asking. The batch grows by the row
    that adds most
    (:func:`~sklearn_synda.acquisition.conditional_information_score` given the labels that the
    rows before it may get), so that near-copies are passed over. Only ``pool.members`` is read.
    Not for a committee of a few members: :math:`M` of them are told apart by :math:`\ln M`
    nats, and once the batch has these, further rows are drawn at random.

    Parameters
    ----------
    max_configurations : int, default=512
        Configurations of labels of the rows chosen so far. While there are no more, the sums
        run over all of them; after that, over as many drawn by their probability.

    Notes
    -----
    A row adds no more to a larger batch than to a smaller one, so rows are scored anew in the
    order of what they added last, and only until no other can be the best. Draws keep this true
    on average only: what they give is an estimate. Time is at most
    O(n_samples x n_members x n_classes x max_configurations) a row of the batch; memory a block.

    References
    ----------
    Kirsch, van Amersfoort & Gal (2019), :arxiv:`1906.08158`.

    Examples
    --------
    The two rows most in dispute are copies of one another:

    >>> import numpy as np
    >>> from sklearn_synda.utils import Pool
    >>> from sklearn_synda.query import BatchBALDQuery
    >>> says_one = np.array([[0.9, 0.9, 0.2], [0.1, 0.1, 0.2], [0.1, 0.1, 0.8]])
    >>> members = np.stack([1 - says_one, says_one], axis=2)
    >>> pool = Pool(np.zeros((3, 1)), members=lambda: members)
    >>> indices = BatchBALDQuery().query(pool, batch_size=2, random_state=0)
    >>> 2 in indices
    True
    """

    _parameter_constraints: dict = {
        "max_configurations": [Interval(Integral, 1, None, closed="left")]
    }

    def __init__(self, max_configurations=512):
        self.max_configurations = max_configurations

    def _choose(self, pool, batch_size, rng):
        members = self._check_numbers(self._read_members(pool), "members")
        n_members, n_rows, _ = members.shape
        gain = np.full(n_rows, np.inf)
        belief, chance = np.full((1, n_members), 1 / n_members), np.ones(1)
        chosen = []
        for _ in range(batch_size):
            row = self._best(members, belief, chance, gain, rng)
            gain[row] = -np.inf
            chosen.append(row)
            belief, chance = self._extend(belief, chance, members[:, row], rng)
        return chosen

    def _best(self, members, belief, chance, gain, rng):
        """The row that adds most; what it adds is written into ``gain`` where it is asked."""
        order = rng.permutation(len(gain))
        order = order[np.argsort(-gain[order], kind="stable")]
        order = order[gain[order] > -np.inf]
        best = -np.inf
        for block in gen_batches(len(order), _BLOCK):
            rows = order[block]
            if gain[rows[0]] <= best:
                break
            added = conditional_information_score(members[:, rows], belief, chance)
            gain[rows] = np.round(added, _DIGITS)
            best = max(best, gain[rows].max())
        return order[np.argmax(gain[order])]

    def _extend(self, belief, chance, proba, rng):
        """Configurations with one label more: all of them, or as many drawn as are allowed."""
        joint = belief[:, None, :] * proba.T
        share = joint.sum(axis=2)
        chance = (chance[:, None] * share).ravel()
        kept = np.flatnonzero(chance)
        weight = chance[kept]
        if len(kept) > self.max_configurations:
            steps = (np.arange(self.max_configurations) + rng.uniform()) / self.max_configurations
            kept = kept[np.searchsorted(weight.cumsum()[:-1] / weight.sum(), steps, side="right")]
            weight = np.full(len(kept), 1 / len(kept))
        belief = joint.reshape(len(chance), -1)[kept] / share.ravel()[kept, None]
        return belief, weight
