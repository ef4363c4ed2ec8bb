"""Cells as points a generator can learn, and points as legal cells again.

A point has the numbers first, near-normal, then blocks of one-hot levels. Everything a generator
needs to know of it is ``n_numbers`` and ``blocks``.
"""

import numpy as np
from scipy.special import ndtr, ndtri

from sklearn_synda._rows import is_classification

__all__ = ["CellEncoder", "Condition"]

_N_LEVELS = 32  # one-hot columns for so many of a column's most frequent levels; one for the rest
_N_FEW = 10  # a column of numbers with at most so many values is one of levels
_ROWS_PER_LEVEL = 4  # ... if each has so many rows on average


class _Ranks:
    """Numbers to standard normal by rank; ties are spread over the ranks they share."""

    def __init__(self, values):
        self.values, counts = np.unique(values, return_counts=True)
        last = np.cumsum(counts)
        self.low = (last - counts + 0.5) / last[-1]
        self.high = (last - 0.5) / last[-1]

    def interval(self, x):
        """The ranks a number shares, in (0, 1); between two known numbers they coincide."""
        knots = np.clip(np.searchsorted(self.values, x), 0, len(self.values) - 1)
        is_known = self.values[knots] == x
        between = np.interp(x, self.values, (self.low + self.high) / 2)
        low = np.where(is_known, self.low[knots], between)
        return low, np.where(is_known, self.high[knots], between)

    def encode(self, x, share):
        low, high = self.interval(x)
        return ndtri(low + share * (high - low))

    def decode(self, z):
        knots = np.column_stack([self.low, self.high]).ravel()
        return np.interp(ndtr(z), knots, np.repeat(self.values, 2))


class _Levels:
    """The values of one column as one-hot; rare ones share the last place."""

    def __init__(self, values):
        known, counts = np.unique(values[~np.isnan(values)], return_counts=True)
        frequent = np.argsort(-counts, kind="stable")[:_N_LEVELS]
        is_rare = np.ones(len(known), dtype=bool)
        is_rare[frequent] = False
        self.values = known[~is_rare]
        if np.isnan(values).any():
            self.values = np.append(self.values, np.nan)
        self.rare, self.rare_counts = known[is_rare], counts[is_rare]
        self.size = len(self.values) + bool(len(self.rare))

    def encode(self, x):
        known = self.values[~np.isnan(self.values)]
        place = np.clip(np.searchsorted(known, x), 0, max(len(known) - 1, 0))
        place[np.isnan(x)] = len(known)
        is_known = np.isnan(x)
        if len(known):
            is_known |= known[np.minimum(place, len(known) - 1)] == x
        place[~is_known] = self.size - 1
        return np.eye(self.size)[place]

    def decode(self, scores, rng):
        place = scores.argmax(axis=1)
        cells = np.append(self.values, np.nan)[np.minimum(place, len(self.values))]
        if len(self.rare):
            is_rare = place == self.size - 1
            share = self.rare_counts / self.rare_counts.sum()
            cells[is_rare] = rng.choice(self.rare, size=is_rare.sum(), p=share)
        return cells


class CellEncoder:
    """The way from cells to points and back.

    Numbers become standard normal by their rank, so that scale, skew and outliers do not matter
    and nothing leaves the range seen; equal numbers share an interval of ranks and are spread
    over it, which makes integers and spikes continuous and is undone exactly. Categories, and
    numbers with few values, become one-hot levels; the rarest levels of a column share one
    place and are drawn by frequency when decoded. A number that may be missing has a block
    "there, missing" beside it. A constant column has no place and comes back as it was.

    Parameters
    ----------
    cells : ndarray of shape (n_rows, n_features)
        Cells of the rows to learn from.
    is_categorical : bool ndarray of shape (n_features,)
        Columns whose cells are codes.

    Attributes
    ----------
    n_numbers : int
        Numbers of a point; they come first.
    blocks : list of int
        Sizes of the one-hot blocks that follow.
    size : int
        Length of a point.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.synthesis._encoding import CellEncoder
    >>> cells = np.column_stack([np.arange(8.0), np.resize([0.0, 1.0], 8), np.full(8, 3.0)])
    >>> encoder = CellEncoder(cells, np.array([False, True, False]))
    >>> encoder.n_numbers, encoder.blocks
    (1, [2])
    >>> rng = np.random.RandomState(0)
    >>> points = encoder.encode(cells, rng)
    >>> bool(np.allclose(encoder.decode(points, rng), cells))
    True
    """

    def __init__(self, cells, is_categorical):
        self.numbers, self.levels, self.flags = {}, {}, []
        self.constant = np.full(cells.shape[1], np.nan)
        self.is_categorical = is_categorical
        for j in range(cells.shape[1]):
            self._learn(j, cells[:, j])
        self.n_numbers = len(self.numbers)
        self.blocks = [2] * len(self.flags) + [levels.size for levels in self.levels.values()]
        self.size = self.n_numbers + sum(self.blocks)

    def _learn(self, j, column):
        known = column[np.isfinite(column)]
        if len(known) == 0:
            return
        n_values = len(np.unique(known))
        has_gaps = bool(np.isnan(column).any())
        is_few = n_values <= _N_FEW and n_values * _ROWS_PER_LEVEL <= len(known)
        if n_values == 1 and not has_gaps:
            self.constant[j] = known[0]
        elif self.is_categorical[j] or is_few or n_values == 1:
            self.levels[j] = _Levels(column)
        else:
            self.numbers[j] = _Ranks(known)
            self.flags += [j] if has_gaps else []

    def encode(self, cells, rng):
        """Points of cells; what is drawn is where in the ranks of its equals a number stands."""
        points = np.empty((len(cells), self.size))
        for place, (j, ranks) in enumerate(self.numbers.items()):
            column, is_gap = cells[:, j], np.isnan(cells[:, j])
            points[:, place] = ranks.encode(
                np.clip(column, ranks.values[0], ranks.values[-1]), rng.uniform(size=len(cells))
            )
            points[is_gap, place] = rng.normal(size=is_gap.sum())
        last = self.n_numbers
        for j in self.flags:
            points[:, last + 1] = np.isnan(cells[:, j])
            points[:, last] = 1 - points[:, last + 1]
            last += 2
        for j, levels in self.levels.items():
            points[:, last : last + levels.size] = levels.encode(cells[:, j])
            last += levels.size
        return points

    def decode(self, points, rng):
        """Cells of points; the largest score of a block wins."""
        cells = np.tile(self.constant, (len(points), 1))
        for place, (j, ranks) in enumerate(self.numbers.items()):
            cells[:, j] = ranks.decode(points[:, place])
        last = self.n_numbers
        for j in self.flags:
            cells[points[:, last + 1] > points[:, last], j] = np.nan
            last += 2
        for j, levels in self.levels.items():
            cells[:, j] = levels.decode(points[:, last : last + levels.size], rng)
            last += levels.size
        return cells

    def closeness(self, cells, others):
        """How alike rows are, in [0, 1]: the mean over the columns that vary.

        A level is the same (1) or not (0); two numbers are one minus the difference of their
        ranks; a missing value is like another missing one and unlike any number.
        """
        total = np.zeros(len(cells))
        for j, ranks in self.numbers.items():
            one, other = (np.mean(ranks.interval(c[:, j]), axis=0) for c in (cells, others))
            gaps = np.isnan(cells[:, j]).astype(int) + np.isnan(others[:, j])
            total += np.where(gaps == 0, 1 - np.abs(one - other), gaps == 2)
        for j in self.levels:
            one, other = cells[:, j], others[:, j]
            total += (one == other) | (np.isnan(one) & np.isnan(other))
        return np.clip(total / max(len(self.numbers) + len(self.levels), 1), 0.0, 1.0)


class Condition:
    """Targets as the vectors a generator is conditioned on.

    Classes become one-hot, values standard normal by rank. Unlabelled rows, where there are any,
    have a place of their own.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        Class codes (-1: unlabelled) or float values (NaN: unlabelled).

    Attributes
    ----------
    points : ndarray of shape (n_rows, size)
        The vectors of the rows.
    groups : int ndarray of shape (n_rows,)
        Position of the class of each row, the unlabelled ones last; zeros for values.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.synthesis._encoding import Condition
    >>> Condition(np.array([4, 7, -1])).points
    array([[1., 0., 0.],
           [0., 1., 0.],
           [0., 0., 1.]])
    """

    def __init__(self, y):
        if is_classification(y):
            y = np.where(y < 0, np.iinfo(np.intp).max, y)  # unlabelled ones last
            known, self.groups = np.unique(y, return_inverse=True)
            self.points = np.eye(len(known))[self.groups]
            return
        is_gap = np.isnan(y)
        self.groups = is_gap.astype(np.intp)
        self.points = np.zeros((len(y), 1 + is_gap.any()))
        if not is_gap.all():
            ranks = _Ranks(y[~is_gap])
            self.points[~is_gap, 0] = ranks.encode(y[~is_gap], 0.5)
        self.points[is_gap, 1:] = 1.0
