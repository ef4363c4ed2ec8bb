"""The rows whose class probabilities have the largest entropy."""

from sklearn_synda.acquisition import entropy_score
from sklearn_synda.query._base import BaseUtilityQuery

__all__ = ["EntropyQuery"]


class EntropyQuery(BaseUtilityQuery):
    """The rows whose class probabilities have the largest entropy.

    Larger :func:`~sklearn_synda.acquisition.entropy_score` (nats) = less certain; only
    ``pool.proba`` is read. With two classes it names the same rows as :class:`MarginQuery`;
    with many it is not the choice, because a long tail of small probabilities counts for much.

    References
    ----------
    Shannon (1948), :doi:`10.1002/j.1538-7305.1948.tb01338.x`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.utils import Pool
    >>> from sklearn_synda.query import EntropyQuery
    >>> proba = np.array([[0.9, 0.1, 0.0], [0.5, 0.5, 0.0], [0.5, 0.3, 0.2]])
    >>> EntropyQuery().query(Pool(np.zeros((3, 1)), proba=lambda: proba), batch_size=2)
    array([2, 1])
    """

    def utilities(self, pool):
        return entropy_score(self._read_proba(pool))
