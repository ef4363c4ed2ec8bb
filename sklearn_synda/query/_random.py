"""Rows drawn at random."""

from sklearn_synda.query._base import BaseQueryStrategy

__all__ = ["RandomQuery"]


class RandomQuery(BaseQueryStrategy):
    """Rows drawn uniformly, without replacement.

    No row is more useful than another and nothing of the pool is computed: the baseline every
    strategy has to beat, and the one whose rows are a fair sample to evaluate on. Not the
    choice when labels are dear and the model is already of some use.

    References
    ----------
    Settles (2009), *Active Learning Literature Survey*, University of Wisconsin-Madison,
    Computer Sciences Technical Report 1648.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.utils import Pool
    >>> from sklearn_synda.query import RandomQuery
    >>> RandomQuery().query(Pool(np.zeros((5, 1))), batch_size=2, random_state=0)
    array([2, 0])
    """

    def _choose(self, pool, batch_size, rng):
        return rng.permutation(len(pool))[:batch_size]
