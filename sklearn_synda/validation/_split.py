"""Which real rows are held out, and which round they speak for."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit, StratifiedShuffleSplit
from sklearn.utils import check_random_state

from sklearn_synda._folds import n_units, pairs_of, shuffled_folds
from sklearn_synda._rows import is_classification
from sklearn_synda._sklearn_compat import Interval

__all__ = ["CrossValidation", "HoldoutValidation", "NoValidation"]


_WORSE = 2.0  # standard errors


class _Gate(BaseEstimator):
    """The round that held-out rows prefer; round 0, the user's own model, is always in it."""

    def best_round(self, losses, shrunken, distances):
        """The round to keep.

        Parameters
        ----------
        losses : ndarray of shape (n_rounds, n_held_out)
            Loss of every held-out row, or group of rows, in every round, round 0 first; the mean
            of its losses where it was held out more than once.
        shrunken : ndarray of shape (n_rounds, n_held_out)
            The same after the shrinkage to the class shares that suits the round best; equal
            to ``losses`` where there are no class probabilities.
        distances : ndarray of shape (n_rounds, n_held_out)
            How far each round is from what the labeler says of the row: the loss that the row
            would have on the mean if its label were drawn as the labeler says, after shrinkage;
            for values the squared difference.
            Where the labeler says nothing of rows it did not get to label, its own label is
            what is said.

        Returns
        -------
        best : int
            The last round that is not worse than the one of least mean loss by more than two
            standard errors of the paired difference: the least of a few noisy means is often
            luck, and a later round has more rows. Before or after shrinkage its loss must be
            smaller than that of round 0, by ``min_gain`` standard errors, and it must be nearer
            to the labeler: a model that learns the labels it is given comes nearer to who gives
            them, one that they merely disturb and so make less sure does not. Else 0. A round
            with a loss that is no finite number is worse than any other.
        """
        losses, shrunken = np.asarray(losses), np.asarray(shrunken)
        is_number = np.isfinite(losses).all(axis=1)
        if not is_number.any():
            return 0
        best = _last_good(losses, is_number)
        if best == 0 or not is_number[0]:
            return best
        gain = max(_errors_above(found[0], found[best]) for found in (losses, shrunken))
        is_nearer = np.mean(distances[best]) < np.mean(distances[0])
        return best if gain > self.min_gain and is_nearer else 0


def _last_good(losses, is_number):
    """The last round that is as good as the one of least mean loss."""
    least = losses[np.where(is_number, losses.mean(axis=1), np.inf).argmin()]
    return int(
        max(k for k in np.flatnonzero(is_number) if _errors_above(losses[k], least) <= _WORSE)
    )


def _errors_above(loss, other):
    """How far the mean of ``loss`` is above that of ``other``, in standard errors."""
    gap = loss - other
    mean, error = gap.mean(), gap.std() / np.sqrt(len(gap))
    return mean / error if error > 0 else np.sign(mean) * np.inf if mean else 0.0


class CrossValidation(_Gate):
    """Real rows are held out fold by fold; the whole loop runs in every fold.

    With few rows each is held out once or more. With many, folds are run until
    ``max_held_out`` rows have been held out. Rows of one group (``groups`` of ``fit``: a patient,
    a site, a batch) are held out together.

    Parameters
    ----------
    n_splits : int, default=5
        Folds; fewer where there are fewer rows, or groups.
    n_repeats : int, default=1
        Times the rows are dealt into folds.
    min_held_out : int, default=60
        Rows are dealt once more where fewer would be held out, and a row's losses averaged.
    max_held_out : int, default=500
        No further fold is run once so many rows have been held out. At least one fold is run;
        the last one may pass the number.
    min_gain : float, default=0.5
        Standard errors by which a round must beat the plain model; see :meth:`best_round`.
    random_state : int, RandomState instance or None, default=None
        Seed of the folds.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.validation import CrossValidation
    >>> splits = CrossValidation(n_splits=3).split(np.repeat([0, 1], 30), random_state=0)
    >>> [len(test) for _, test in splits]
    [20, 20, 20]
    """

    _parameter_constraints: dict = {
        "n_splits": [Interval(Integral, 2, None, closed="left")],
        "n_repeats": [Interval(Integral, 1, None, closed="left")],
        "min_held_out": [Interval(Integral, 0, None, closed="left")],
        "max_held_out": [Interval(Integral, 1, None, closed="left")],
        "min_gain": [Interval(Real, 0, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(self, *, n_splits=5, n_repeats=1, min_held_out=60, max_held_out=500,
                 min_gain=0.5, random_state=None):  # fmt: skip
        self.n_splits = n_splits
        self.n_repeats = n_repeats
        self.min_held_out = min_held_out
        self.max_held_out = max_held_out
        self.min_gain = min_gain
        self.random_state = random_state

    def split(self, y, *, groups=None, random_state=None):
        """Pairs of train and held-out positions; none where two folds cannot be made.

        Parameters
        ----------
        y : ndarray of shape (n_samples,)
            Class codes, or float values.
        groups : array-like of shape (n_samples,), default=None
            The group of each row; rows of one group are held out together.
        random_state : int, RandomState instance or None, default=None
            Used where the parameter of that name is None.

        Returns
        -------
        splits : list of (train, test)
        """
        self._validate_params()
        rng = check_random_state(random_state if self.random_state is None else self.random_state)
        classes = is_classification(y)
        n_splits = min(self.n_splits, n_units(y, groups))
        if classes:
            n_splits = min(n_splits, int(np.unique(y, return_counts=True)[1].max()))
        if n_splits < 2 or not _can_hold_out(y):
            return []
        splits, n_held_out = [], 0
        once_more = self.n_repeats * len(y) < self.min_held_out
        for _ in range(self.n_repeats + once_more):
            for train, test in shuffled_folds(
                y, n_splits, stratify=classes, random_state=rng, groups=groups
            ):
                if n_held_out < self.max_held_out:
                    splits.append((train, test))
                    n_held_out += len(test)
        return splits


class HoldoutValidation(_Gate):
    """A fraction of the real rows is held out once.

    Cheaper than :class:`CrossValidation` and noisier; for tables of a thousand labels or more.

    Parameters
    ----------
    test_size : float, default=0.25
        Share of the rows held out, with groups of the groups; classes keep their shares where no
        group must be kept whole.
    min_gain : float, default=0.5
        Standard errors by which a round must beat the plain model; see :meth:`best_round`.
    random_state : int, RandomState instance or None, default=None
        Seed of the split.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.validation import HoldoutValidation
    >>> [(train, test)] = HoldoutValidation().split(np.repeat([0, 1], 6), random_state=0)
    >>> len(train), len(test)
    (9, 3)
    """

    _parameter_constraints: dict = {
        "test_size": [Interval(Real, 0, 1, closed="neither")],
        "min_gain": [Interval(Real, 0, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(self, *, test_size=0.25, min_gain=0.5, random_state=None):
        self.test_size = test_size
        self.min_gain = min_gain
        self.random_state = random_state

    def split(self, y, *, groups=None, random_state=None):
        """One pair of train and held-out positions; none where it cannot be made.

        Parameters
        ----------
        y : ndarray of shape (n_samples,)
            Class codes, or float values.
        groups : array-like of shape (n_samples,), default=None
            The group of each row; rows of one group are held out together.
        random_state : int, RandomState instance or None, default=None
            Used where the parameter of that name is None.

        Returns
        -------
        splits : list of (train, test)
        """
        self._validate_params()
        seed = random_state if self.random_state is None else self.random_state
        n = n_units(y, groups)
        n_test = int(np.ceil(self.test_size * n))
        if not _can_hold_out(y) or round(self.test_size * n) < 1 or n_test >= n:
            return []
        kind = ShuffleSplit if groups is None else GroupShuffleSplit
        if groups is None and is_classification(y):
            counts = np.unique(y, return_counts=True)[1]
            if counts.min() >= 2 and min(n_test, len(y) - n_test) >= len(counts):
                kind = StratifiedShuffleSplit
        return pairs_of(kind(1, test_size=self.test_size, random_state=seed), y, groups)


class NoValidation(BaseEstimator):
    """No row is held out: the last round is kept, whatever it is worth.

    The only choice that can harm. For batches in which another check follows.

    Examples
    --------
    >>> from sklearn_synda.validation import NoValidation
    >>> NoValidation().split([0, 1])
    []
    """

    keeps_last = True

    def split(self, y, *, groups=None, random_state=None):
        """No split at all.

        Parameters
        ----------
        y : ndarray of shape (n_samples,)
            Not used.
        groups : array-like of shape (n_samples,), default=None
            Not used.
        random_state : int, RandomState instance or None, default=None
            Not used.

        Returns
        -------
        splits : list
            Empty.
        """
        return []


def _can_hold_out(y):
    """Whether training rows are left that a model can be fitted on."""
    if not is_classification(y):
        return len(y) >= 4
    counts = np.unique(y, return_counts=True)[1]
    return len(y) >= 4 and (counts >= 2).sum() >= 2
