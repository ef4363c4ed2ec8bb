"""Query functions of modAL, as strategies."""

import numpy as np

from sklearn_synda._sklearn_compat import HasMethods
from sklearn_synda.query._base import BaseQueryStrategy

__all__ = ["ModALQuery"]


class ModALQuery(BaseQueryStrategy):
    """The rows a query function of modAL names.

    ``query_function(learner, X, n_instances)`` is called with the rows of the pool and a
    stand-in for the learner, which answers ``predict_proba``, ``vote_proba``, ``vote`` and
    ``classes_`` from the pool: classifier uncertainty and committee disagreement work, what
    reads its rows, fits or clones it does not. To functions of ``modAL.disagreement``
    ``predict_proba`` is what a committee of modAL answers, the members' mean. Ties that modAL
    breaks at random are not under ``random_state``. For code that is moving from modAL; new code
    finds the same strategies here.

    Parameters
    ----------
    query_function : callable, default=None
        Such as ``modAL.uncertainty.margin_sampling``. None is least confidence.
    query_kwargs : dict, default=None
        Further arguments of the function.

    References
    ----------
    Danka & Horvath (2018), :arxiv:`1805.00979`.

    Examples
    --------
    Any function of that form will do:

    >>> import numpy as np
    >>> from sklearn_synda.query import ModALQuery
    >>> from sklearn_synda.utils import Pool
    >>> def least_confident(learner, X, n_instances=1):
    ...     return np.argsort(learner.predict_proba(X).max(axis=1))[:n_instances]
    >>> proba = np.array([[0.9, 0.1], [0.5, 0.5], [0.7, 0.3]])
    >>> pool = Pool(np.zeros((3, 1)), proba=lambda: proba)
    >>> ModALQuery(least_confident).query(pool, batch_size=2)
    array([1, 2])
    """

    _parameter_constraints: dict = {
        "query_function": [HasMethods(["__call__"]), None],
        "query_kwargs": [dict, None],
    }

    def __init__(self, query_function=None, query_kwargs=None):
        self.query_function = query_function
        self.query_kwargs = query_kwargs

    def _choose(self, pool, batch_size, rng):
        query_function = self.query_function or _least_confident
        function = getattr(query_function, "func", query_function)  # that of a partial
        is_committee = getattr(function, "__module__", None) == "modAL.disagreement"
        learner = (_Committee if is_committee else _Learner)(pool, self)
        try:
            found = query_function(
                learner, pool.X, n_instances=batch_size, **(self.query_kwargs or {})
            )
        except AttributeError as error:
            if error.obj is not learner:
                raise
            name = getattr(function, "__name__", repr(function))
            raise TypeError(
                f"ModALQuery is not compatible with {name}: it needs {error.name!r} of a learner;"
                " a pool has none. Use RankedBatchQuery, for uncertainty_batch_sampling, or"
                " another strategy of sklearn_synda.query instead."
            ) from error
        indices = np.asarray(found[0] if isinstance(found, tuple) else found)
        if indices.shape != (batch_size,) or len(np.unique(indices)) < batch_size:
            raise ValueError(
                "The 'query_function' parameter of ModALQuery must give"
                f" {batch_size} distinct positions. Got {indices.tolist()} instead."
            )
        return indices


def _least_confident(learner, X, n_instances=1):
    return np.argsort(learner.predict_proba(X).max(axis=1), kind="stable")[:n_instances]


class _Learner:
    """What modAL's functions ask of a learner or committee, answered from a pool."""

    def __init__(self, pool, strategy):
        self.pool = pool
        self.strategy = strategy

    def predict_proba(self, X):
        return self.strategy._read_proba(self.pool)

    def vote_proba(self, X):
        """Rows first, then members, then classes."""
        return np.moveaxis(self.strategy._read_members(self.pool), 0, 1)

    def vote(self, X):
        return self.classes_[self.vote_proba(X).argmax(axis=2)]

    @property
    def classes_(self):
        return np.unique(self.pool.y_labeled)

    def __len__(self):
        return len(self.strategy._read_members(self.pool))

    def __iter__(self):
        return iter(range(len(self)))


class _Committee(_Learner):
    def predict_proba(self, X):
        return self.vote_proba(X).mean(axis=1)
