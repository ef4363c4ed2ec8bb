"""The rows on which the members of a committee are farthest from their mean."""

from sklearn_synda._sklearn_compat import StrOptions
from sklearn_synda.acquisition import divergence_score
from sklearn_synda.query._base import BaseUtilityQuery

__all__ = ["DivergenceQuery"]


class DivergenceQuery(BaseUtilityQuery):
    """The rows on which the members of a committee are farthest from their mean.

    Larger :func:`~sklearn_synda.acquisition.divergence_score` (nats) = less certain; only
    ``pool.members`` is read. The mean over members is the score of :class:`BALDQuery` under its
    other name; the largest lets one dissenter speak. Not the largest for a committee with a poor
    member, which then names the rows alone.

    Parameters
    ----------
    statistic : {"mean", "max"}, default="mean"
        What is taken of the members' divergences.

    References
    ----------
    McCallum & Nigam (1998), *Employing EM and Pool-Based Active Learning for Text
    Classification*, International Conference on Machine Learning, 350-358.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.utils import Pool
    >>> from sklearn_synda.query import DivergenceQuery
    >>> members = np.array([[[0.9, 0.1], [0.6, 0.4]], [[0.8, 0.2], [0.3, 0.7]]])
    >>> DivergenceQuery().query(Pool(np.zeros((2, 1)), members=lambda: members))
    array([1])
    """

    _parameter_constraints: dict = {"statistic": [StrOptions({"mean", "max"})]}

    def __init__(self, statistic="mean"):
        self.statistic = statistic

    def utilities(self, pool):
        return divergence_score(self._read_members(pool), self.statistic)
