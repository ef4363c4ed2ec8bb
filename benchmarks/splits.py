"""Who trains, who tests, who stays unlabelled: fixed by the names of set and size and the seed."""

import zlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scenarios
from errors import CannotSplit
from sklearn.model_selection import train_test_split

TEST_SHARE, MAX_TEST, MAX_TRAIN = 0.4, 2000, 5000


@dataclass(frozen=True)
class Split:
    """Labelled rows, rows whose labels are hidden, and rows to test on."""

    X: pd.DataFrame
    y: np.ndarray
    X_unlabeled: pd.DataFrame
    X_test: pd.DataFrame
    y_test: np.ndarray


def random_seed(*names):
    """The same number for the same names, on every machine."""
    return zlib.crc32("|".join(map(str, names)).encode())


def split(table, y, size, seed):
    """Split a table; ``y`` are class codes or values; ``size`` a count, a fraction or "all".

    The test rows depend on set and seed only, so that all sizes are judged on the same rows; a
    scenario (``scenarios.py``) may change them.
    """
    count, scenario = scenarios.parse_size(size)
    classes = y if table.task == "classification" else None
    rng = np.random.default_rng(random_seed(table.name, size, seed))
    train, test = _train_and_test(table.name, classes, len(y), seed)
    train, test = scenarios.restrict(scenario, table.X, train, test, rng)
    n = _labeled_count(count, len(train))
    if n == len(train):
        chosen = np.arange(n)
    elif classes is None:
        if scenario.startswith("imbalance"):
            raise CannotSplit("values have no classes")
        chosen = rng.choice(len(train), size=n, replace=False)
    else:
        chosen = _stratified_draw(y[train], n, rng, scenario)
    rest = np.setdiff1d(np.arange(len(train)), chosen)
    labeled, unlabeled = train[chosen], train[rest]
    n_classes = None if classes is None else int(y.max()) + 1
    X, X_unlabeled, X_test = (table.X.iloc[rows] for rows in (labeled, unlabeled, test))
    return Split(
        scenarios.disturb_rows(scenario, X, rng),
        scenarios.disturb_labels(scenario, y[labeled], n_classes, rng),
        scenarios.disturb_rows(scenario, X_unlabeled, rng),
        scenarios.disturb_test_rows(scenario, X_test, y[test], classes is not None, rng),
        y[test],
    )


def _train_and_test(name, classes, n_rows, seed):
    if classes is not None and np.bincount(classes).min() < 4:
        raise CannotSplit(f"its rarest class has {np.bincount(classes).min()} rows")
    train, test = train_test_split(
        np.arange(n_rows),
        test_size=TEST_SHARE,
        stratify=classes,
        random_state=random_seed(name, seed),
    )
    return _thinned(train, MAX_TRAIN, classes, seed), _thinned(test, MAX_TEST, classes, seed)


def two_classes_first(rows, y, n_first):
    """Positions of which the first ones are of two classes at least: at most two change places."""
    if len(np.unique(y[rows[:n_first]])) == 1:
        other = np.flatnonzero(y[rows] != y[rows[0]])[0]
        rows[[n_first - 1, other]] = rows[[other, n_first - 1]]
    return rows


def _thinned(rows, at_most, classes, seed):
    if len(rows) <= at_most:
        return rows
    stratify = None if classes is None else classes[rows]
    if stratify is not None and np.unique(stratify, return_counts=True)[1].min() < 2:
        stratify = None
    return train_test_split(rows, train_size=at_most, stratify=stratify, random_state=seed)[0]


def _labeled_count(count, n_train):
    if count == "all":
        return n_train
    n = round(float(count) * n_train) if "." in count else int(count)
    if not 4 <= n < n_train:
        raise CannotSplit(f"{n} labelled rows asked for, {n_train} training rows there")
    return n


def _stratified_draw(y, n, rng, scenario):
    """``n`` positions in which each class has its share, and two rows at least."""
    there = np.bincount(y)
    if there.min() < 2:
        raise CannotSplit(f"its rarest class has {there.min()} training rows; two are needed")
    if n < 2 * len(there):
        raise CannotSplit(f"{n} rows cannot hold two of each of its {len(there)} classes")
    shares = scenarios.class_shares(scenario, there)
    if str(scenario).startswith("imbalance") and n * shares.min() < 2:
        raise CannotSplit(f"{n} rows hold fewer than two of the rarer class at these shares")
    if (np.floor(n * shares) > there).any():
        raise CannotSplit("too few rows of a class for these shares")
    quota = np.maximum(2, np.floor(n * shares).astype(int))
    while quota.sum() != n:  # rounding: correct where a class is farthest from its share
        step = 1 if quota.sum() < n else -1
        excess = quota - n * shares
        blocked = quota >= there if step == 1 else quota <= 2
        k = np.argmin(np.where(blocked, np.inf, excess * step))
        quota[k] += step
    parts = [rng.choice(np.flatnonzero(y == k), size=m, replace=False) for k, m in enumerate(quota)]
    return rng.permutation(np.concatenate(parts))
