"""What can be wrong with a table: ``100+label_noise_20`` is 100 labelled rows under a scenario.

The ceiling (size "all") is always the table as it is.
"""

import numpy as np
from errors import CannotSplit
from sklearn.neighbors import NearestNeighbors

DESCRIPTION = {
    "imbalance_10": "labelled rows hold the rarer of two classes as 1 to 10 of the other",
    "imbalance_30": "the same, 1 to 30",
    "label_noise_10": "a tenth of the given labels is another class",
    "label_noise_20": "a fifth",
    "missing_10": "a tenth of all cells is missing, in training and test rows",
    "missing_30": "three tenths",
    "shift": "training rows below the median of one column, test rows above it",
    "adversarial": "test rows moved a third of the way to the nearest one of another class",
    "test_noise": "half a standard deviation of noise on the numbers of the test rows",
}
_STEP = 1 / 3  # of the way to the nearest row of another class
_FEW_VALUES = 10  # of a column that rows can be parted by


def parse_size(size):
    """The count or share, and the name of the scenario ("" for none)."""
    count, _, scenario = size.partition("+")
    if scenario and scenario not in DESCRIPTION:
        raise ValueError(f"unknown scenario {scenario!r}; known: {', '.join(DESCRIPTION)}")
    return count, scenario


def restrict(scenario, X, train, test, rng):
    """The training and the test rows that a scenario allows."""
    if scenario != "shift":
        return train, test
    numbers = [c for c in X.select_dtypes("number") if X[c].nunique() >= _FEW_VALUES]
    if not numbers:
        raise CannotSplit("no column to part the rows by")
    column = X[numbers[rng.integers(len(numbers))]].to_numpy(dtype=float)
    middle = np.nanmedian(column[train])
    train, test = train[column[train] <= middle], test[column[test] > middle]
    if len(test) < 20:
        raise CannotSplit(f"{len(test)} test rows on the far side of the median")
    return train, test


def class_shares(scenario, counts):
    """Shares of the classes among the labelled rows."""
    if not scenario.startswith("imbalance"):
        return counts / counts.sum()
    if len(counts) != 2:
        raise CannotSplit("more than two classes")
    ratio = int(scenario.rpartition("_")[2])
    shares = np.full(2, ratio / (ratio + 1))
    shares[counts.argmin()] = 1 / (ratio + 1)
    return shares


def disturb_labels(scenario, y, n_classes, rng):
    """Labels as an annotator in a hurry would give them."""
    if not scenario.startswith("label_noise"):
        return y
    if n_classes is None:
        raise CannotSplit("a value is no label that could be another class")
    n_wrong = round(int(scenario.rpartition("_")[2]) / 100 * len(y))
    wrong = rng.choice(len(y), size=n_wrong, replace=False)
    y = y.copy()
    y[wrong] = (y[wrong] + rng.integers(1, n_classes, size=n_wrong)) % n_classes
    return y


def disturb_rows(scenario, X, rng):
    """Rows with holes."""
    if not scenario.startswith("missing"):
        return X
    share = int(scenario.rpartition("_")[2]) / 100
    whole = X.select_dtypes("integer").columns  # integers cannot be missing
    X = X.astype(dict.fromkeys(whole, "float64"))
    return X.mask(rng.random(X.shape) < share)


def disturb_test_rows(scenario, X, y, classify, rng):
    """Rows with holes, with noise, or moved towards another class; numbers only."""
    if scenario not in ("test_noise", "adversarial"):
        return disturb_rows(scenario, X, rng)
    numbers = X.select_dtypes("number")
    if numbers.empty:
        raise CannotSplit("no number to disturb")
    values = numbers.to_numpy(dtype=float)
    spread = np.nan_to_num(np.nanstd(values, axis=0, ddof=1))
    if scenario == "test_noise":
        moved = values + rng.normal(size=values.shape) * 0.5 * spread
    elif classify:
        moved = values + _STEP * (_nearest_of_another_class(values, spread, y) - values)
    else:
        raise CannotSplit("a value has no other class")
    return X.assign(**dict(zip(numbers, moved.T, strict=True)))


def _nearest_of_another_class(values, spread, y):
    """For each row the nearest one, by standardised numbers, that has another class."""
    points = np.nan_to_num(values / np.where(spread > 0, spread, 1.0))
    found = np.empty_like(values)
    for k in np.unique(y):
        others = np.flatnonzero(y != k)
        near = NearestNeighbors(n_neighbors=1).fit(points[others])
        found[y == k] = values[others[near.kneighbors(points[y == k], return_distance=False)[:, 0]]]
    return found
