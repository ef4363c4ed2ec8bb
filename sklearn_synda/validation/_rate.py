"""How many rows to make in the next round."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator

from sklearn_synda._sklearn_compat import Interval

__all__ = ["AdaptiveRate", "FixedRate"]


class FixedRate(BaseEstimator):
    """The same number of made rows per real row in every round.

    Parameters
    ----------
    rate : float, default=5.0
        Made rows per labelled real row; 0 makes none.
    min_rows : int, default=0
        Rows made in a round at least, unless ``rate`` is 0: with few real rows more are needed
        for each.
    max_rows : int, default=5000
        Rows made in a round at most: with many real rows fewer are needed for each.
    patience : int, default=1
        Rounds in a row without a smaller held-out loss after which no further one is run.

    Examples
    --------
    >>> from sklearn_synda.validation import FixedRate
    >>> FixedRate(2.0).next_rate({"loss": [0.5], "rate": [0.0], "n_labeled": [100]})
    2.0
    >>> FixedRate(2.0).next_rate({"loss": [0.5], "rate": [0.0], "n_labeled": [10_000]})
    0.5
    """

    _parameter_constraints: dict = {
        "rate": [Interval(Real, 0, None, closed="left")],
        "min_rows": [Interval(Integral, 0, None, closed="left")],
        "max_rows": [Interval(Integral, 1, None, closed="left")],
        "patience": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, rate=5.0, *, min_rows=0, max_rows=5000, patience=1):
        self.rate = rate
        self.min_rows = min_rows
        self.max_rows = max_rows
        self.patience = patience

    def next_rate(self, history):
        """The rate of the next round.

        Parameters
        ----------
        history : dict
            What the rounds so far gave, lists by name; ``n_labeled`` is used.

        Returns
        -------
        rate : float
        """
        self._validate_params()
        if self.rate == 0:
            return 0.0
        n_labeled = history["n_labeled"][-1]
        rate = max(float(self.rate), self.min_rows / n_labeled)
        return min(rate, self.max_rows / n_labeled)


class AdaptiveRate(BaseEstimator):
    """More rows when the held-out loss stands still, fewer when it falls by itself.

    Parameters
    ----------
    initial_rate : float, default=1.0
        Made rows per labelled real row in the first round.
    growth : float, default=2.0
        Factor when the loss fell by less than ``tol`` of itself.
    shrinkage : float, default=0.7
        Factor when it fell by more.
    tol : float, default=0.01
        Relative fall of the loss that counts.
    minimum, maximum : float, default=0.0, 20.0
        Limits of the rate.
    patience : int, default=3
        Rounds in a row without a smaller held-out loss after which no further one is run.

    Examples
    --------
    >>> from sklearn_synda.validation import AdaptiveRate
    >>> rate = AdaptiveRate()
    >>> rate.next_rate({"loss": [0.50], "rate": [0.0]})
    1.0
    >>> rate.next_rate({"loss": [0.50, 0.50], "rate": [0.0, 1.0]})
    2.0
    >>> rate.next_rate({"loss": [0.50, 0.40], "rate": [0.0, 1.0]})
    0.7
    """

    _parameter_constraints: dict = {
        "initial_rate": [Interval(Real, 0, None, closed="left")],
        "growth": [Interval(Real, 1, None, closed="left")],
        "shrinkage": [Interval(Real, 0, 1, closed="both")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "minimum": [Interval(Real, 0, None, closed="left")],
        "maximum": [Interval(Real, 0, None, closed="left")],
        "patience": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, *, initial_rate=1.0, growth=2.0, shrinkage=0.7, tol=0.01, minimum=0.0,
                 maximum=20.0, patience=3):  # fmt: skip
        self.initial_rate = initial_rate
        self.growth = growth
        self.shrinkage = shrinkage
        self.tol = tol
        self.minimum = minimum
        self.maximum = maximum
        self.patience = patience

    def next_rate(self, history):
        """The rate of the next round.

        Parameters
        ----------
        history : dict
            ``loss`` and ``rate`` of the rounds so far, round 0 first.

        Returns
        -------
        rate : float
        """
        self._validate_params()
        loss, rate = history["loss"], history["rate"]
        if len(loss) < 2:
            return float(np.clip(self.initial_rate, self.minimum, self.maximum))
        fell = loss[-1] < loss[-2] * (1 - self.tol)
        factor = self.shrinkage if fell else self.growth
        return float(np.clip(rate[-1] * factor, self.minimum, self.maximum))
