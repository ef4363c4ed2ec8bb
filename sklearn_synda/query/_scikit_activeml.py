"""Query strategies of scikit-activeml, as strategies."""

import numpy as np
from sklearn.base import clone

from sklearn_synda._sklearn_compat import HasMethods
from sklearn_synda.query._base import BaseQueryStrategy

__all__ = ["ScikitActiveMLQuery"]


class ScikitActiveMLQuery(BaseQueryStrategy):
    """The rows a pool strategy of scikit-activeml names.

    ``query_strategy.query(X, y, candidates=..., batch_size=...)`` is called with the labelled rows
    and those of the pool in the embedding, because scikit-activeml takes no categories, sparse
    rows or missing values; ``y`` are class codes from 0, or values, and NaN for the pool. A model
    that the strategy asks for (``clf``, ``reg``, ``ensemble``) is given in ``query_kwargs`` and
    fitted by scikit-activeml in the embedding: it is not the model of the pool. Not for the
    strategies that are here already: they read the user's model and keep the user's table.

    Parameters
    ----------
    query_strategy : object, default=None
        Such as ``skactiveml.pool.CoreSet()``, with NaN for missing labels. None names rows at
        random.
    query_kwargs : dict, default=None
        Further arguments of its ``query``, such as
        ``{"clf": SklearnClassifier(LogisticRegression())}``.

    Notes
    -----
    The strategy is cloned, and seeded where its ``random_state`` is None.

    References
    ----------
    Kottke et al. (2021), *scikit-activeml: A Library and Toolbox for Active Learning Algorithms*.

    Examples
    --------
    Any object of that form will do:

    >>> import numpy as np
    >>> from sklearn.base import BaseEstimator
    >>> from sklearn_synda.query import ScikitActiveMLQuery
    >>> from sklearn_synda.utils import Pool
    >>> class Last(BaseEstimator):
    ...     def query(self, X, y, candidates=None, batch_size=1):
    ...         return candidates[-batch_size:]
    >>> X = np.arange(4.0)[:, None]
    >>> ScikitActiveMLQuery(Last()).query(Pool(X, embedding=lambda: X), batch_size=2)
    array([2, 3])
    """

    _parameter_constraints: dict = {
        "query_strategy": [HasMethods(["query", "get_params"]), None],
        "query_kwargs": [dict, None],
    }

    def __init__(self, query_strategy=None, query_kwargs=None):
        self.query_strategy = query_strategy
        self.query_kwargs = query_kwargs

    def _choose(self, pool, batch_size, rng):
        if self.query_strategy is None:
            return rng.permutation(len(pool))[:batch_size]
        strategy = clone(self.query_strategy)
        if strategy.get_params(deep=False).get("random_state", 0) is None:
            strategy.set_params(random_state=rng.randint(2**31 - 1))
        points = self._read_points(pool)
        known = self._read_labeled_points(pool, points)
        y = np.concatenate([self._targets(pool, known), np.full(len(points), np.nan)])
        found = strategy.query(
            X=np.vstack([known, points]), y=y, candidates=np.arange(len(known), len(y)),
            batch_size=batch_size, **(self.query_kwargs or {}),
        )  # fmt: skip
        indices = np.ravel(found) - len(known)
        distinct = len(np.unique(indices)) == len(indices) == batch_size
        if not distinct or indices.min() < 0 or indices.max() >= len(points):
            raise ValueError(
                f"The 'query_strategy' parameter of {type(self).__name__} must give {batch_size}"
                f" distinct positions among the candidates. Got {np.ravel(found).tolist()} instead."
            )
        return indices

    def _targets(self, pool, known):
        """Class codes, or values, of the labelled rows."""
        if len(known) == 0:
            return np.empty(0)
        y = np.asarray([] if pool.y_labeled is None else pool.y_labeled)
        self._check_known(known, y)
        if self._has_classes(pool):
            y = np.unique(y, return_inverse=True)[1]
        return y.astype(np.float64)
