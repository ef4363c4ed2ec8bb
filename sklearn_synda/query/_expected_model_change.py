"""The rows whose labels would change the model most."""

from sklearn_synda.acquisition import (
    expected_gradient_length_score,
    expected_model_change_score,
)
from sklearn_synda.exceptions import NotOffered
from sklearn_synda.query._base import BaseUtilityQuery

__all__ = ["ExpectedModelChangeQuery"]


class ExpectedModelChangeQuery(BaseUtilityQuery):
    """The rows whose labels would change a linear model on the embedding most.

    For classes, larger :func:`~sklearn_synda.acquisition.expected_gradient_length_score` = more
    worth asking; ``pool.proba`` is read, or the members' mean where the model has no
    probabilities. For values, larger
    :func:`~sklearn_synda.acquisition.expected_model_change_score`: how far the members of a
    committee are from the model's prediction. Whatever the model is, its change is that of a
    linear one in the embedding. Not for a table with outliers: rows far from the mean come first,
    because they would pull a linear model most.

    References
    ----------
    Settles, Craven & Ray (2008), *Multiple-Instance Active Learning*, NIPS; Cai, Zhang & Zhou
    (2013), :doi:`10.1109/ICDM.2013.104`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.query import ExpectedModelChangeQuery
    >>> from sklearn_synda.utils import Pool
    >>> X, proba = np.array([[1.0], [2.0], [9.0]]), np.array([[0.5, 0.5], [0.5, 0.5], [1.0, 0.0]])
    >>> pool = Pool(X, proba=lambda: proba, embedding=lambda: X)
    >>> ExpectedModelChangeQuery().query(pool, batch_size=2)
    array([1, 0])
    """

    row_by_row = False  # the embedding is learnt from the pool

    def utilities(self, pool):
        points = self._read_points(pool)
        try:
            return expected_gradient_length_score(pool.proba, points)
        except NotOffered:
            what = "class probabilities, or what a committee predicts"
            members = self._read(pool, "members", what, "KCenterQuery", axis=1)
        if members.ndim == 3:
            return expected_gradient_length_score(members.mean(axis=0), points)
        prediction = self._read(pool, "prediction", "predicted values", "VarianceQuery")
        return expected_model_change_score(prediction, members, points)
