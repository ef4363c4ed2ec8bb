"""The rows on which the votes of a committee have the largest entropy."""

from sklearn_synda.acquisition import vote_entropy_score
from sklearn_synda.query._base import BaseUtilityQuery

__all__ = ["VoteEntropyQuery"]


class VoteEntropyQuery(BaseUtilityQuery):
    """The rows on which the votes of a committee have the largest entropy.

    Larger :func:`~sklearn_synda.acquisition.vote_entropy_score` (nats) = less certain; only
    ``pool.members`` is read. Fits members that state no probabilities. Not for a small
    committee: its votes take few different values, so that ties, drawn at random, decide.

    References
    ----------
    Dagan & Engelson (1995), :doi:`10.1016/B978-1-55860-377-6.50027-X`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.utils import Pool
    >>> from sklearn_synda.query import VoteEntropyQuery
    >>> members = np.array([[[0.9, 0.1], [0.6, 0.4]], [[0.8, 0.2], [0.3, 0.7]]])
    >>> VoteEntropyQuery().query(Pool(np.zeros((2, 1)), members=lambda: members))
    array([1])
    """

    def utilities(self, pool):
        return vote_entropy_score(self._check_numbers(self._read_members(pool), "members"))
