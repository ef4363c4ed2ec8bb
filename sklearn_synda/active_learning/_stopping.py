"""Stopping rules: has enough been labelled? ``should_stop(history) -> reason``, "" to go on.

``history`` holds lists by name, one entry a round, such as

``n_labeled``
    labels so far;
``cost``
    what they cost so far;
``score``
    of the model on held-out rows, larger = better;
``uncertainty``
    of the model on the pool: one number a round, or an array with one a row;
``predictions``
    of the model on one fixed set of rows, which need no labels: classes or values;
``proba``
    its class probabilities for those rows, always with the same classes.

A rule reads what it needs and leaves the rest.
"""

from abc import abstractmethod
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator

from sklearn_synda._compatibility import check_part
from sklearn_synda._sklearn_compat import Interval
from sklearn_synda.query._cost import ROUNDING

__all__ = [
    "AllStopping",
    "AnyStopping",
    "BaseStopping",
    "BudgetStopping",
    "CostStopping",
    "PlateauStopping",
    "UncertaintyStopping",
]


class BaseStopping(BaseEstimator):
    """Base class: a subclass writes ``_reason(history) -> str``, "" to go on."""

    _parameter_constraints: dict = {}

    def should_stop(self, history):
        """Why to stop labelling, in a sentence; "" to go on.

        Parameters
        ----------
        history : dict
            Lists by name, one entry a round.

        Returns
        -------
        reason : str
        """
        self._validate_params()
        return self._reason(history)

    @abstractmethod
    def _reason(self, history):
        """Why to stop, "" to go on."""

    def _read(self, history, name):
        """One list of the history; a sentence where it has none."""
        if name not in history:
            raise ValueError(
                f"The 'history' parameter of {type(self).__name__}.should_stop must hold {name!r}."
                f" Got {', '.join(map(repr, history)) or 'nothing'} instead."
            )
        return history[name]


def rounds(n):
    """A number of rounds in words."""
    return f"{n} round" if n == 1 else f"{n} rounds"


class BudgetStopping(BaseStopping):
    """Stop when so many labels are there.

    The only rule that always ends. Not a sign that the model is good.

    Parameters
    ----------
    max_labels : int, default=100
        Labels that are enough; ``history["n_labeled"]`` is read.

    Examples
    --------
    >>> from sklearn_synda.active_learning import BudgetStopping
    >>> BudgetStopping(20).should_stop({"n_labeled": [10, 20]})
    'The budget is spent: 20 labels of 20.'
    """

    _parameter_constraints: dict = {"max_labels": [Interval(Integral, 0, None, closed="left")]}

    def __init__(self, max_labels=100):
        self.max_labels = max_labels

    def _reason(self, history):
        n = self._read(history, "n_labeled")
        if len(n) and n[-1] >= self.max_labels:
            return f"The budget is spent: {n[-1]} labels of {self.max_labels}."
        return ""


class CostStopping(BaseStopping):
    """Stop when the next round would cost more than is left.

    The next round is taken to cost what the last one did. Not for costs that jump: give
    :class:`CostlyOracle` the budget too.

    Parameters
    ----------
    max_cost : float, default=100.0
        What may be spent in all, in the unit of ``history["cost"]``, which is read.

    Examples
    --------
    >>> from sklearn_synda.active_learning import CostStopping
    >>> CostStopping(10.0).should_stop({"cost": [3.0, 7.5]})
    'The budget is spent: 7.5 of 10, and a round costs 4.5.'
    """

    _parameter_constraints: dict = {"max_cost": [Interval(Real, 0, None, closed="left")]}

    def __init__(self, max_cost=100.0):
        self.max_cost = max_cost

    def _reason(self, history):
        cost = self._read(history, "cost")
        if not len(cost):
            return ""
        step = cost[-1] - (cost[-2] if len(cost) > 1 else 0.0)
        slack = self.max_cost * ROUNDING
        if cost[-1] >= self.max_cost - slack or cost[-1] + step > self.max_cost + slack:
            return (
                f"The budget is spent: {cost[-1]:g} of {self.max_cost:g}, and a round costs"
                f" {step:g}."
            )
        return ""


class PlateauStopping(BaseStopping):
    """Stop when the score on held-out rows has stood still.

    Rounds without a score (NaN) do not count. Not for a handful of held-out rows: their score
    stands still, and jumps, by luck. The rows must be a fair sample, not ones that a query
    strategy chose.

    Parameters
    ----------
    n_rounds : int, default=5
        Rounds in a row without a better score.
    tol : float, default=0.001
        What a score must gain on the best before to count as better.

    Examples
    --------
    >>> from sklearn_synda.active_learning import PlateauStopping
    >>> PlateauStopping(2).should_stop({"score": [0.7, 0.8, 0.8, 0.79]})
    'The held-out score has not passed 0.8 in 2 rounds.'
    """

    _parameter_constraints: dict = {
        "n_rounds": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(self, n_rounds=5, *, tol=0.001):
        self.n_rounds = n_rounds
        self.tol = tol

    def _reason(self, history):
        score = np.asarray(self._read(history, "score"), dtype=np.float64)
        score = score[~np.isnan(score)]
        if len(score) <= self.n_rounds:
            return ""
        best = score[: -self.n_rounds].max()
        if (score[-self.n_rounds :] > best + self.tol).any():
            return ""
        return f"The held-out score has not passed {best:.4g} in {rounds(self.n_rounds)}."


class UncertaintyStopping(BaseStopping):
    """Stop when the model is sure of the pool on the whole.

    Not for rows whose classes overlap, where a good model stays unsure, and not for a model
    that is always sure, such as a deep tree.

    Parameters
    ----------
    threshold : float, default=0.05
        Mean uncertainty of the pool that is low enough, in the unit of
        ``history["uncertainty"]``, which is read (larger = less certain).
    n_rounds : int, default=1
        Rounds in a row it must be so low.

    References
    ----------
    Zhu, Wang, Hovy & Ma (2010), overall uncertainty, :doi:`10.1145/1753783.1753784`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.active_learning import UncertaintyStopping
    >>> history = {"uncertainty": [np.array([0.4, 0.2]), np.array([0.05, 0.01])]}
    >>> UncertaintyStopping().should_stop(history)
    'The model is sure of the pool: mean uncertainty 0.03, at most 0.05 for 1 round.'
    """

    _parameter_constraints: dict = {
        "threshold": [Interval(Real, 0, None, closed="left")],
        "n_rounds": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, threshold=0.05, *, n_rounds=1):
        self.threshold = threshold
        self.n_rounds = n_rounds

    def _reason(self, history):
        last = self._read(history, "uncertainty")[-self.n_rounds :]
        means = [float(np.mean(u)) if np.size(u) else np.nan for u in last]
        if len(means) == self.n_rounds and all(mean <= self.threshold for mean in means):
            return (
                f"The model is sure of the pool: mean uncertainty {means[-1]:.4g}, at most"
                f" {self.threshold:g} for {rounds(self.n_rounds)}."
            )
        return ""


class AnyStopping(BaseStopping):
    """Stop as soon as one of several rules says so.

    Not for rules that read what the history has not: each is asked in every round.

    Parameters
    ----------
    rules : list of objects with ``should_stop``
        The rules.

    Examples
    --------
    >>> from sklearn_synda.active_learning import AnyStopping, BudgetStopping, PlateauStopping
    >>> rule = AnyStopping([BudgetStopping(50), PlateauStopping(1)])
    >>> rule.should_stop({"n_labeled": [10, 20], "score": [0.9, 0.9]})
    'The held-out score has not passed 0.9 in 1 round.'
    """

    def __init__(self, rules):
        self.rules = rules

    def _reasons(self, history):
        for rule in self.rules:
            check_part(self, "rules", rule, "should_stop")
        return [rule.should_stop(history) for rule in self.rules]

    def _reason(self, history):
        return " ".join(filter(None, self._reasons(history)))


class AllStopping(AnyStopping):
    """Stop when all of several rules say so in the same round.

    Not without a budget beside it: rules that never agree never end.

    Parameters
    ----------
    rules : list of objects with ``should_stop``
        The rules; none never stop.

    Examples
    --------
    >>> from sklearn_synda.active_learning import AllStopping, BudgetStopping, PlateauStopping
    >>> rule = AllStopping([BudgetStopping(50), PlateauStopping(1)])
    >>> rule.should_stop({"n_labeled": [10, 20], "score": [0.9, 0.9]})
    ''
    """

    def _reason(self, history):
        reasons = self._reasons(history)
        return " ".join(reasons) if all(reasons) else ""
