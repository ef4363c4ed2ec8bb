"""The contract of a query strategy: one verb, ``query``."""

from abc import abstractmethod
from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, is_classifier
from sklearn.utils import check_array, check_random_state

from sklearn_synda._compatibility import check_part
from sklearn_synda._rows import is_classification
from sklearn_synda.exceptions import NotOffered

__all__ = ["BaseQueryStrategy", "BaseUtilityQuery"]


class BaseQueryStrategy(BaseEstimator):
    """Base class: a subclass writes ``_choose(pool, batch_size, rng) -> query_indices``."""

    _parameter_constraints: dict = {}

    def query(self, pool, batch_size=1, *, random_state=None):
        """Name the rows most worth asking about.

        Parameters
        ----------
        pool : Pool
            Candidate rows under a fitted model. Only what the strategy needs is computed.
        batch_size : int, default=1
            Number of rows, at most those of the pool.
        random_state : int, RandomState instance or None, default=None
            Seed of all draws, that of ties included.

        Returns
        -------
        query_indices : int ndarray of shape (batch_size,)
            Distinct positions in the pool, most useful first.
        """
        self._validate_params()
        self._check_batch_size(batch_size, len(pool))
        rng = check_random_state(random_state)
        return np.asarray(self._choose(pool, int(batch_size), rng), dtype=np.intp)

    @abstractmethod
    def _choose(self, pool, batch_size, rng):
        """Positions of ``batch_size`` distinct rows of the pool, most useful first."""

    def _top(self, utilities, batch_size, rng):
        """Positions of the largest utilities, largest first, ties in random order: O(n)."""
        utilities = self._check_numbers(utilities, "utilities")
        least = np.partition(utilities, -batch_size)[-batch_size]
        above, tied = np.flatnonzero(utilities > least), np.flatnonzero(utilities == least)
        top = np.concatenate([rng.permutation(above), rng.permutation(tied)])[:batch_size]
        return top[np.argsort(-utilities[top], kind="stable")]

    def _check_numbers(self, values, name):
        """An array of the pool as float64, without NaN."""
        values = np.asarray(values, dtype=np.float64)
        n_unknown = np.count_nonzero(np.isnan(values))
        if n_unknown:
            raise ValueError(
                f"The {name} of the pool of {type(self).__name__} must be numbers."
                f" Got {n_unknown} NaN instead."
            )
        return values

    def _check_batch_size(self, batch_size, n_rows):
        caller = f"{type(self).__name__}.query"
        if n_rows == 0:
            raise ValueError(
                f"The 'pool' parameter of {caller} must be a pool of at least 1 row."
                " Got a pool of 0 rows instead."
            )
        is_int = isinstance(batch_size, Integral) and not isinstance(batch_size, bool)
        if not is_int or not 1 <= batch_size <= n_rows:
            raise ValueError(
                f"The 'batch_size' parameter of {caller} must be an int in the range"
                f" [1, {n_rows}], the number of rows of the pool. Got {batch_size!r} instead."
            )

    def _read(self, pool, name, what, instead, axis=0):
        """An array of the pool, one entry a row along ``axis``; a sentence where it has none."""
        try:
            values = getattr(pool, name)
        except NotOffered as error:
            raise TypeError(
                f"{type(self).__name__} is not compatible with this pool: it needs {what}."
                f" Use {instead} instead."
            ) from error
        n_rows = np.shape(values)[axis]
        if n_rows != len(pool):
            raise ValueError(
                f"The {name!r} of the pool of {type(self).__name__} must be an array of"
                f" {len(pool)} rows. Got {n_rows} rows instead."
            )
        return values

    def _read_proba(self, pool):
        return self._read(pool, "proba", "class probabilities", "TopKQuery")

    def _read_utilities(self, pool):
        return self._read(pool, "utilities", "utilities", "RandomQuery")

    def _read_members(self, pool):
        """Class probabilities of each member of a committee."""
        what = "the class probabilities of a committee"
        instead = "MarginQuery, or a model whose uncertainty is CommitteeUncertainty(),"
        members = np.asarray(self._read(pool, "members", what, instead, axis=1))
        if members.ndim != 3:
            raise TypeError(
                f"{type(self).__name__} is not compatible with this pool: it needs {what}; its"
                " members predict values. Use VarianceQuery instead."
            )
        return members

    def _read_points(self, pool):
        points = self._read(pool, "embedding", "an embedding", "TopKQuery")
        return check_array(points, dtype=[np.float64, np.float32], input_name="embedding")

    def _read_labeled_points(self, pool, points):
        """The labelled rows in the embedding; none where the pool offers none."""
        labeled = getattr(pool, "embedding_labeled", None)
        if labeled is None or len(labeled) == 0:
            return points[:0]
        return check_array(labeled, dtype=points.dtype, input_name="embedding_labeled")

    def _read_targets(self, pool):
        """Targets of the labelled rows: values, or at least two classes."""
        y = np.asarray([] if pool.y_labeled is None else pool.y_labeled)
        if len(y) == 0:
            raise TypeError(
                f"{type(self).__name__} is not compatible with this pool: it needs labelled rows."
                " Use KCenterQuery instead."
            )
        if self._has_classes(pool) and len(np.unique(y)) < 2:
            raise ValueError(
                f"The 'y_labeled' of the pool of {type(self).__name__} must hold at least two"
                f" classes. Got {len(y)} labels of one class instead."
            )
        return y

    def _check_known(self, points, y):
        """Raise unless there is a point for each target."""
        if len(points) != len(y):
            raise TypeError(
                f"{type(self).__name__} is not compatible with this pool: it needs the labelled"
                " rows in the embedding. Use KCenterQuery instead."
            )

    def _has_classes(self, pool):
        """Whether targets are classes: the model says so, else the dtype of the targets."""
        if pool.estimator is not None:
            return is_classifier(pool.estimator)
        return is_classification(pool.y_labeled)

    def _utilities_of(self, strategy, pool):
        """Utilities by a strategy that ranks rows; those of the pool where it is None."""
        if strategy is None:
            return self._read_utilities(pool)
        check_part(self, "strategy", strategy, "utilities")
        self._refuse_budget(strategy)
        return strategy.utilities(pool)

    def _refuse_budget(self, strategy):
        """Raise for a strategy with money for a batch: not all of the batch is its own here."""
        if getattr(strategy, "budget", None) is not None:
            raise ValueError(
                f"The 'strategy' parameter of {type(self).__name__} must be a strategy without a"
                f" budget. Got {strategy!r} instead: put it outside,"
                f" {type(strategy).__name__}({type(self).__name__}(...)), or set budget=None."
            )

    def _read_weights(self, pool):
        return self._as_weights(self._read_utilities(pool))

    def _as_weights(self, utilities):
        """Utilities in [0, 1] in their own proportions; shifted only if some are negative."""
        utilities = np.asarray(utilities, dtype=np.float64)
        n_bad = np.count_nonzero(~np.isfinite(utilities))
        if n_bad:
            raise ValueError(
                f"The utilities of the pool of {type(self).__name__} must be finite numbers."
                f" Got {n_bad} NaN or infinite instead."
            )
        weights = utilities - min(utilities.min(), 0.0)
        largest = weights.max()
        return weights / largest if largest > 0 else np.ones_like(weights)


class BaseUtilityQuery(BaseQueryStrategy):
    """Base class of strategies that rank rows one by one: a subclass writes ``utilities``.

    ``row_by_row`` is false where the utility of a row hangs on the other rows of the pool; a
    pool in blocks is then not ranked as the whole would be.
    """

    row_by_row = True

    @abstractmethod
    def utilities(self, pool):
        """How worth asking each row is, by itself.

        Parameters
        ----------
        pool : Pool
            Candidate rows under a fitted model.

        Returns
        -------
        utilities : ndarray of shape (n_samples,)
            Larger = more worth asking.
        """

    def _choose(self, pool, batch_size, rng):
        return self._top(self.utilities(pool), batch_size, rng)
