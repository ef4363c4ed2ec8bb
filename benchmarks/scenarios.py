"""What can be wrong with a table: ``100+label_noise_20`` is 100 labelled rows under a scenario.

The ceiling (size "all") is always the table as it is.
"""

import numpy as np
from errors import CannotSplit

DESCRIPTION = {
    "imbalance_10": "labelled rows hold the rarer of two classes as 1 to 10 of the other",
    "imbalance_30": "the same, 1 to 30",
    "label_noise_10": "a tenth of the given labels is another class",
    "label_noise_20": "a fifth",
    "missing_10": "a tenth of all cells is missing, in training and test rows",
    "missing_30": "three tenths",
    "shift": "training rows below the median of one column, test rows above it",
    "test_noise": "half a standard deviation of noise on the numbers of the test rows",
}
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


def disturb_rows(scenario, X, rng, *, of_test):
    """Rows with holes or, for the test, with noise."""
    if scenario.startswith("missing"):
        share = int(scenario.rpartition("_")[2]) / 100
        whole = X.select_dtypes("integer").columns  # integers cannot be missing
        X = X.astype(dict.fromkeys(whole, "float64"))
        return X.mask(rng.random(X.shape) < share)
    if scenario == "test_noise" and of_test:
        X = X.copy()
        numbers = X.select_dtypes("number")
        if numbers.empty:
            raise CannotSplit("no number to disturb")
        for name in numbers:
            spread = 0.5 * X[name].std()
            X[name] = X[name] + rng.normal(size=len(X)) * (0.0 if np.isnan(spread) else spread)
    return X
