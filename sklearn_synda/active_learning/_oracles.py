"""Oracles: ``oracle(X) -> y``, true labels at a cost. Any callable is one."""

from numbers import Real

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state, column_or_1d

from sklearn_synda._columns import is_dataframe
from sklearn_synda._labels import is_missing
from sklearn_synda._sklearn_compat import Interval
from sklearn_synda.exceptions import BudgetSpent
from sklearn_synda.query._cost import ROUNDING

__all__ = ["CostlyOracle", "NoisyOracle", "SimulatedOracle"]


class SimulatedOracle:
    """An oracle that knows the answers: it finds rows in a labelled table by their content.

    For simulations and tests. Not for a table in which equal rows have different labels: which
    of them was asked about cannot be told from the row; index ``y`` by position instead.

    Parameters
    ----------
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        All rows that will be asked about.
    y : array-like of shape (n_samples,)
        Their labels.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The distinct labels, sorted.

    Raises
    ------
    ValueError
        Equal rows have different labels, or a row asked about is not in the table.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_synda.active_learning import SimulatedOracle
    >>> X, y = load_iris(return_X_y=True)
    >>> SimulatedOracle(X, y)(X[[0, 70, 120]])
    array([0, 1, 2])
    """

    def __init__(self, X, y):
        self._y = column_or_1d(y)
        keys = _row_keys(X)
        if len(keys) != len(self._y):
            raise ValueError(
                "The 'y' parameter of SimulatedOracle must have an entry for each of the"
                f" {len(keys)} rows. Got {len(self._y)} instead."
            )
        self.classes_ = np.unique(self._y)
        self._position = {}
        for i, key in enumerate(keys):
            j = self._position.setdefault(key, i)
            if self._y[i] != self._y[j]:
                raise ValueError(
                    "The 'y' parameter of SimulatedOracle must give equal rows equal labels. Got"
                    f" {self._y[j]!r} and {self._y[i]!r} for the equal rows {j} and {i} instead."
                )

    def __call__(self, X):
        """The labels of rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_asked, n_features)
            Rows of the table given on construction, in its container.

        Returns
        -------
        y : ndarray of shape (n_asked,)
            Their labels.
        """
        keys = _row_keys(X)
        unknown = [i for i, key in enumerate(keys) if key not in self._position]
        if unknown:
            raise ValueError(
                "The 'X' parameter of SimulatedOracle must hold rows of its own table. Got"
                f" {len(unknown)} others instead, the first at position {unknown[0]}."
            )
        return self._y[[self._position[key] for key in keys]]


def _row_keys(X):
    """A hashable key for each row of a table; missing values are all one."""
    if sparse.issparse(X):
        X = X.tocsr(copy=True)
        X.sum_duplicates()
        X.eliminate_zeros()
        ends = zip(X.indptr[:-1], X.indptr[1:], strict=True)
        return [(X.indices[a:b].tobytes(), X.data[a:b].tobytes()) for a, b in ends]
    if hasattr(X, "itertuples"):
        rows = X.itertuples(index=False, name=None)
    elif is_dataframe(X):
        rows = X.iter_rows()
    else:
        rows = np.asarray(X).tolist()
    return [tuple(None if is_missing(cell) else cell for cell in row) for row in rows]


class NoisyOracle(BaseEstimator):
    """An oracle that errs: each answer is, with some chance, another class.

    Larger ``noise_rate`` = more errors. A row asked twice is answered twice, each time anew. Not
    for values, and not for errors that depend on the row, as those of people do.

    Parameters
    ----------
    oracle : callable
        ``oracle(X) -> y``, whose answers are spoilt.
    noise_rate : float, default=0.1
        Chance of a wrong answer, in [0, 1]; which of the other classes is left to luck.
    classes : array-like of shape (n_classes,), default=None
        The classes to err among. None means the ``classes_`` of the oracle.
    random_state : int, RandomState instance or None, default=None
        Seed of the errors; one seed, one sequence of answers.

    Raises
    ------
    ValueError
        There are fewer than two classes, or the oracle answers none of them.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.active_learning import NoisyOracle
    >>> oracle = NoisyOracle(
    ...     lambda X: np.zeros(len(X), dtype=int), 0.2, classes=[0, 1, 2], random_state=0
    ... )
    >>> np.bincount(oracle(np.empty((1000, 1)))).tolist()
    [800, 93, 107]
    """

    _parameter_constraints: dict = {
        "oracle": [callable],
        "noise_rate": [Interval(Real, 0, 1, closed="both")],
        "classes": ["array-like", None],
        "random_state": ["random_state"],
    }

    def __init__(self, oracle, noise_rate=0.1, *, classes=None, random_state=None):
        self.oracle = oracle
        self.noise_rate = noise_rate
        self.classes = classes
        self.random_state = random_state

    def __call__(self, X):
        """Labels of rows, some of them wrong.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_asked, n_features)
            Rows the oracle knows.

        Returns
        -------
        y : ndarray of shape (n_asked,)
            Labels.
        """
        self._validate_params()
        y = np.asarray(self.oracle(X))
        classes = self.classes
        classes = getattr(self.oracle, "classes_", None) if classes is None else classes
        classes = np.unique([] if classes is None else classes)
        if len(classes) < 2 or not np.isin(y, classes).all():
            raise ValueError(
                "The 'classes' parameter of NoisyOracle must name two classes or more, all answers"
                f" of the oracle among them. Got {classes.tolist()} instead."
            )
        if not hasattr(self, "_rng"):
            self._rng = check_random_state(self.random_state)
        wrong = self._rng.random_sample(len(y)) < self.noise_rate
        shift = self._rng.randint(1, len(classes), size=len(y))
        code = (np.searchsorted(classes, y) + shift) % len(classes)
        return np.where(wrong, classes[code], y)  # of a dtype that holds the longest name


class CostlyOracle(BaseEstimator):
    """An oracle that counts what it costs, and answers no more when its budget is spent.

    Not a limit for people at work: a :class:`CostStopping` ends a loop, this ends in an error.

    Parameters
    ----------
    oracle : callable
        ``oracle(X) -> y``, which is paid for.
    cost : float or callable, default=1.0
        Cost of a row, or ``cost(X) -> (n_asked,)``, in the unit of the budget.
    budget : float, default=inf
        What may be spent in all.

    Attributes
    ----------
    spent : float
        What was spent so far.

    Raises
    ------
    BudgetSpent
        The rows asked about cost more than is left. None is asked about, nothing is spent.

    Examples
    --------
    >>> from sklearn_synda.active_learning import CostlyOracle
    >>> oracle = CostlyOracle(lambda X: [0] * len(X), cost=2.0, budget=5.0)
    >>> oracle([[1.0], [2.0]])
    [0, 0]
    >>> oracle.spent
    4.0
    >>> oracle([[3.0]])
    Traceback (most recent call last):
    ...
    sklearn_synda.exceptions.BudgetSpent: The budget of CostlyOracle must cover what is asked. ...
    """

    _parameter_constraints: dict = {
        "oracle": [callable],
        "cost": [Interval(Real, 0, None, closed="left"), callable],
        "budget": [Interval(Real, 0, None, closed="both")],
    }

    def __init__(self, oracle, cost=1.0, budget=np.inf):
        self.oracle = oracle
        self.cost = cost
        self.budget = budget
        self.spent = 0.0

    def __call__(self, X):
        """Labels of rows, all of them or none.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_asked, n_features)
            Rows the oracle knows.

        Returns
        -------
        y : array-like of shape (n_asked,)
            What the oracle answers.
        """
        self._validate_params()
        n = X.shape[0] if hasattr(X, "shape") else len(X)
        price = self._price(X) if callable(self.cost) else float(self.cost) * n
        if self.spent + price > self.budget * (1 + ROUNDING):
            raise BudgetSpent(
                f"The budget of CostlyOracle must cover what is asked. Got {n} rows at"
                f" {price:g} with {self.budget - self.spent:g} of {self.budget:g} left instead:"
                " nothing was asked."
            )
        y = self.oracle(X)
        self.spent += price
        return y

    def _price(self, X):
        """What a function says that the rows cost."""
        costs = np.asarray(self.cost(X), dtype=np.float64)
        if not np.all((costs >= 0) & np.isfinite(costs)):
            raise ValueError(
                "The 'cost' parameter of CostlyOracle must give finite numbers, none negative. Got"
                f" {costs!r} instead: nothing was asked."
            )
        return float(np.sum(costs))
