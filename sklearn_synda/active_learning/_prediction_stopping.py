"""Stopping rules that watch the predictions for a fixed set of rows from round to round."""

from numbers import Integral, Real

import numpy as np

from sklearn_synda._rows import is_classification
from sklearn_synda._sklearn_compat import Interval
from sklearn_synda.active_learning._stopping import BaseStopping, rounds

__all__ = ["ErrorStabilityStopping", "ForecastStopping", "KappaStopping"]


class _PredictionStopping(BaseStopping):
    """Base class of rules that compare the predictions of successive rounds."""

    def _read_pairs(self, history, n_pairs, name="predictions"):
        """The last pairs of successive predictions; none where there are not so many yet."""
        last = self._read(history, name)[-n_pairs - 1 :]
        if len({np.shape(p) for p in last}) > 1:
            raise ValueError(
                f"The {name!r} of the history of {type(self).__name__} must be of the same rows,"
                f" and classes, in every round. Got {[np.shape(p) for p in last]} instead."
            )
        if any(np.size(p) == 0 for p in last):
            raise ValueError(
                f"The {name!r} of the history of {type(self).__name__} must be of at least one row."
                " Got none instead."
            )
        if len(last) <= n_pairs:
            return []
        return list(zip(last[:-1], last[1:], strict=True))


class KappaStopping(_PredictionStopping):
    """Stop when the model has ceased to change its mind on a fixed set of rows.

    Successive predictions are compared by Cohen's kappa, the agreement beyond chance. The rows
    need no labels: a part of the pool, drawn at random and always the same. Not
    for values, and not with batches so small that no model would change its mind.

    Parameters
    ----------
    threshold : float, default=0.99
        Mean kappa that is high enough.
    n_rounds : int, default=3
        Successive pairs over which the mean is taken; ``history["predictions"]`` is read.

    Notes
    -----
    With ``a`` the share of rows that two models agree on, and ``e`` the share they would agree on
    by chance, ``kappa = (a - e) / (1 - e)``; 1 if both give one class to all rows.

    References
    ----------
    Bloodgood & Vijay-Shanker (2009), :arxiv:`1409.5165`.

    Examples
    --------
    >>> from sklearn_synda.active_learning import KappaStopping
    >>> predictions = [[0, 0, 1, 1], [0, 1, 1, 1], [0, 1, 1, 1], [0, 1, 1, 1]]
    >>> KappaStopping(n_rounds=2).should_stop({"predictions": predictions})
    'The predictions are stable: mean kappa 1 over 2 rounds, at least 0.99.'
    """

    _parameter_constraints: dict = {
        "threshold": [Interval(Real, -1, 1, closed="both")],
        "n_rounds": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, threshold=0.99, *, n_rounds=3):
        self.threshold = threshold
        self.n_rounds = n_rounds

    def _reason(self, history):
        pairs = self._read_pairs(history, self.n_rounds)
        if not pairs:
            return ""
        kappa = np.mean([_kappa(a, b) for a, b in pairs])
        if not kappa >= self.threshold:
            return ""
        return (
            f"The predictions are stable: mean kappa {kappa:.4g} over {rounds(self.n_rounds)}, at"
            f" least {self.threshold:g}."
        )


class ErrorStabilityStopping(_PredictionStopping):
    r"""Stop when the error of the model cannot have moved by much, whatever the true labels are.

    What the model says of a fixed set of rows from round to round bounds how far its error on
    those rows has moved; no labels and no distribution are assumed. The rows are a part of the
    pool, drawn at random and always the same. For classes and for values. Not for batches so small
    that no model would change its mind, and not a bound of the error itself: a model that stands
    still can be wrong.

    Parameters
    ----------
    tol : float, default=0.04
        Bound that is low enough: a share of the rows for classes, a share of the standard
        deviation of the last predictions for values.
    n_rounds : int, default=2
        Rounds the bound is over. ``history["proba"]``, class probabilities, is read where it is
        there, else ``history["predictions"]``, in which floats are values and all else classes.

    Notes
    -----
    The bound is :math:`b = \sum_t b_t` over the rounds. With :math:`x` one of the rows,
    :math:`y(x)` its unknown target, and :math:`\|\cdot\|` the root mean square over the rows:

    - probabilities :math:`p_t(c \mid x)`: :math:`b_t` is the mean of
      :math:`\max_c |p_t(c \mid x) - p_{t-1}(c \mid x)|`. The mean probability that the model
      leaves for other classes than the true one, which is the error of a classifier that draws
      its answers from them, moves by :math:`b_t` at most.
    - classes :math:`f_t(x)`: :math:`b_t` is the share of the rows with
      :math:`f_t \ne f_{t-1}`. A row on which the two agree is right or wrong in both, so that
      the error rate moves by :math:`b_t` at most, and by just as much if every change is for the
      better. It jumps where probabilities glide: a smaller ``tol`` is needed.
    - values: :math:`b_t = \|f_t - f_{t-1}\|`, since :math:`\|f_t - y\|`, the root mean squared
      error, obeys the triangle inequality.

    For other rows of the same population the bound of a round on :math:`n` watched rows of
    classes is to be widened by :math:`\sqrt{\ln(1 / \delta) / (2 n)}` with confidence
    :math:`1 - \delta` (Hoeffding), as long as the models did not learn from the watched rows.

    The bound of Ishibashi & Hino is on the expected error of a Bayesian model, by the
    Kullback-Leibler divergence of successive posteriors, which an estimator at large does not
    have. What is bounded here is the same difference, on rows, for any predictions.

    References
    ----------
    After Ishibashi & Hino (2021), :arxiv:`2104.01836`.

    Examples
    --------
    >>> from sklearn_synda.active_learning import ErrorStabilityStopping
    >>> predictions = [[0, 0, 1, 1], [0, 1, 1, 1], [0, 1, 1, 1], [0, 1, 1, 1]]
    >>> ErrorStabilityStopping().should_stop({"predictions": predictions})
    'The error has moved by 0 at most over 2 rounds, no more than 0.04.'
    >>> values = [[1.0, 2.0, 3.0], [1.1, 2.0, 3.1], [1.1, 2.0, 3.1]]
    >>> ErrorStabilityStopping(0.1).should_stop({"predictions": values})
    'The error has moved by 0.09983 at most over 2 rounds, no more than 0.1.'
    """

    _parameter_constraints: dict = {
        "tol": [Interval(Real, 0, None, closed="left")],
        "n_rounds": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, tol=0.04, *, n_rounds=2):
        self.tol = tol
        self.n_rounds = n_rounds

    def _reason(self, history):
        name = "proba" if "proba" in history else "predictions"
        pairs = self._read_pairs(history, self.n_rounds, name)
        if not pairs:
            return ""
        bound = sum(_error_change(a, b, pairs[-1][1]) for a, b in pairs)
        if not bound <= self.tol:
            return ""
        return (
            f"The error has moved by {bound:.4g} at most over {rounds(self.n_rounds)}, no more"
            f" than {self.tol:g}."
        )


def _error_change(first, second, last):
    """What the error can have moved by; of values, in standard deviations of the last ones."""
    first, second = np.asarray(first), np.asarray(second)
    if second.ndim == 2:
        return float(np.abs(first - second).max(axis=1).mean())
    if is_classification(second):
        return float(np.mean(first != second))
    change = np.sqrt(np.mean((first - second) ** 2))
    if change == 0:
        return 0.0
    return float(change / np.std(last)) if np.std(last) > 0 else np.inf


class ForecastStopping(_PredictionStopping):
    """Stop when the F-measure of the model is forecast to change no more.

    The predictions of one round are taken for the truth of the next: one minus the F-measure of
    the next against them is how far the F-measure on true labels is expected to move. Mean over
    the classes that either names. Unlike kappa it does not count what both leave out, so it
    watches rare classes. Not for values, and not with batches so small that no model would
    change its mind.

    Parameters
    ----------
    threshold : float, default=0.02
        Forecast change that is small enough.
    n_rounds : int, default=3
        Successive pairs whose mean is taken; ``history["predictions"]`` is read.

    References
    ----------
    Altschuler & Bloodgood (2019), :arxiv:`1901.09118`.

    Examples
    --------
    >>> from sklearn_synda.active_learning import ForecastStopping
    >>> predictions = [[0, 0, 1, 1], [0, 1, 1, 1], [0, 1, 1, 1], [0, 1, 1, 1]]
    >>> ForecastStopping(n_rounds=2).should_stop({"predictions": predictions})
    'The F-measure is forecast to stand still: change 0 over 2 rounds, at most 0.02.'
    """

    _parameter_constraints: dict = {
        "threshold": [Interval(Real, 0, 1, closed="both")],
        "n_rounds": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, threshold=0.02, *, n_rounds=3):
        self.threshold = threshold
        self.n_rounds = n_rounds

    def _reason(self, history):
        pairs = self._read_pairs(history, self.n_rounds)
        if not pairs:
            return ""
        change = np.mean([_f_change(a, b) for a, b in pairs])
        if not change <= self.threshold:
            return ""
        return (
            f"The F-measure is forecast to stand still: change {change:.4g} over"
            f" {rounds(self.n_rounds)}, at most {self.threshold:g}."
        )


def _f_change(first, second):
    """One minus the F-measure of one label vector against another, mean over the classes."""
    classes, codes = np.unique(np.stack([first, second]), return_inverse=True)
    first, second = codes.reshape(2, -1)
    counts = [np.bincount(c, minlength=len(classes)) for c in (first, second)]
    both = np.bincount(first[first == second], minlength=len(classes))
    return 1.0 - np.mean(2 * both / (counts[0] + counts[1]))


def _kappa(first, second):
    """Agreement of two label vectors beyond chance."""
    classes, codes = np.unique(np.stack([first, second]), return_inverse=True)
    first, second = codes.reshape(2, -1)
    shares = [np.bincount(c, minlength=len(classes)) / len(c) for c in (first, second)]
    by_chance = float(shares[0] @ shares[1])
    if by_chance == 1.0:
        return 1.0
    return (np.mean(first == second) - by_chance) / (1 - by_chance)
