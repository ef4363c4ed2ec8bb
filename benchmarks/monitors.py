"""How often SyntheticRowsMonitor refuses good rows, and how often bad ones.

    python benchmarks/monitors.py [--development] [--seeds 3] [--out FILE]

Good rows come from the package's synthesizers (and from held-out real rows), bad ones are all
equal, five rows over and over, of one class, shifted by three standard deviations, or uniform
noise. Rows shifted by one standard deviation and rows whose columns were shuffled one by one are
in between, and reported as such. One raw line a table, size, seed, number of made rows and kind;
a run goes on where it was stopped. The
table of rates is printed at the end.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
import pandas as pd
from configuration import CLASSIFICATION, DEVELOPMENT, REGRESSION
from errors import CannotSplit
from splits import random_seed, split
from tables import folder_of, load

from sklearn_synda._rows import row_subset
from sklearn_synda.synthesis import (
    MixingSynthesizer,
    PerturbationSynthesizer,
    SMOTESynthesizer,
)
from sklearn_synda.validation import SyntheticRowsMonitor

SIZES, RATES = ("50", "100", "300"), (1, 3)
GOOD = {"mixing": MixingSynthesizer, "smote": SMOTESynthesizer,
        "perturbation": PerturbationSynthesizer}  # fmt: skip
BAD = ("equal", "five_rows", "one_class", "shift_3", "uniform")
BETWEEN = ("shift_1", "shuffled")
MEASURES = ("coverage", "mmd", "duplicates", "class_balance")
COLUMNS = ("set", "task", "size", "seed", "rate", "kind", *MEASURES, "alarms")


def moved(X, by):
    """Numeric columns moved by so many standard deviations; None without any."""
    X = X.copy()
    numeric = X.select_dtypes("number").columns
    if not len(numeric):
        return None
    X[numeric] = X[numeric].astype(float) + by * X[numeric].astype(float).std().fillna(0.0)
    return X


def uniform(X, n, rng):
    """Each column drawn by itself, numbers between their ends."""
    made = {}
    for name in X.columns:
        column = X[name].iloc[rng.integers(len(X), size=n)].reset_index(drop=True)
        if pd.api.types.is_numeric_dtype(X[name]):
            column = pd.Series(rng.uniform(X[name].min(), X[name].max(), size=n))
        made[name] = column
    return pd.DataFrame(made)


def rows_of(kind, part, n, seed):
    """Made rows and their targets; None where a table has none of this kind."""
    X, y = part.X.reset_index(drop=True), part.y
    rng = np.random.default_rng(seed)
    anchors = rng.integers(len(y), size=n)
    if kind == "real":
        chosen = rng.choice(len(part.y_test), size=min(n, len(part.y_test)), replace=False)
        return part.X_test.iloc[chosen], part.y_test[chosen]
    if kind in GOOD:
        return GOOD[kind]().fit(X, y).sample(anchors, random_state=seed).X, y[anchors]
    if kind == "equal":
        anchors = np.full(n, anchors[0])
    elif kind == "five_rows":
        anchors = rng.choice(anchors[:5], size=n)
    elif kind == "one_class":
        if y.dtype.kind == "f":
            return None
        anchors = rng.choice(np.flatnonzero(y == np.bincount(y).argmax()), size=n)
        return MixingSynthesizer(partner="same_class").fit(X, y).sample(
            anchors, random_state=seed
        ).X, y[anchors]  # fmt: skip
    elif kind.startswith("shift"):
        mixed = MixingSynthesizer().fit(X, y).sample(anchors, random_state=seed).X
        made = moved(mixed, float(kind[-1]))
        return None if made is None else (made, y[anchors])
    elif kind == "uniform":
        return uniform(X, n, rng), y[anchors]
    elif kind == "shuffled":
        drawn = {c: X[c].iloc[rng.permutation(anchors)].reset_index(drop=True) for c in X.columns}
        return pd.DataFrame(drawn), y[anchors]
    return row_subset(X, anchors), y[anchors]


def measure(name, folder, size, seed):
    """Raw lines of one table, size and seed."""
    table = load(name, folder)
    y = table.y.to_numpy()
    if table.task == "classification":
        y = np.unique(y, return_inverse=True)[1]
    try:
        part = split(table, y, size, seed)
    except CannotSplit:
        return
    monitor = SyntheticRowsMonitor(random_state=0).fit(part.X, part.y)
    for rate in RATES:
        for kind in ("real", *GOOD, *BAD, *BETWEEN):
            number = random_seed(name, size, seed, rate, kind) % 2**31
            made = rows_of(kind, part, rate * len(part.y), number)
            if made is None:
                continue
            monitor.check(*made, warn=False)
            report = monitor.report_
            values = [f"{report[m]:.4f}" for m in MEASURES]
            yield [name, table.task, size, seed, rate, kind, *values, " ".join(report["alarms"])]


def rates(raw):
    """Share of refused batches by kind, with the measures' middle and ends."""
    raw = raw.assign(refused=raw["alarms"].fillna("") != "")
    shown = raw.groupby("kind").agg(batches=("refused", "size"), refused=("refused", "mean"))
    for name in MEASURES:
        shown[name] = raw.groupby("kind")[name].median()
    return shown.loc[[k for k in ("real", *GOOD, *BAD, *BETWEEN) if k in shown.index]]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data")
    parser.add_argument("--development", action="store_true")
    parser.add_argument("--sets", help="names, by comma")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/monitors.csv"))
    options = parser.parse_args()
    folder = folder_of(options.data)
    names = [*CLASSIFICATION, *REGRESSION]
    if options.development:
        names = [*DEVELOPMENT["classification"], *DEVELOPMENT["regression"]]
    if options.sets:
        names = options.sets.split(",")
    text = {"set": str, "size": str, "seed": str}
    done = set()
    if options.out.exists():
        raw = pd.read_csv(options.out, dtype=text)
        done = set(zip(raw["set"], raw["size"], raw["seed"], strict=True))
    else:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(",".join(COLUMNS) + "\n")
    for seed in range(options.seeds):
        for name in names:
            for size in SIZES:
                if (name, size, str(seed)) in done:
                    continue
                lines = list(measure(name, folder, size, seed))
                with open(options.out, "a", newline="") as file:
                    csv.writer(file, lineterminator="\n").writerows(lines)
    print(rates(pd.read_csv(options.out, dtype=text)).round(3).to_string())


if __name__ == "__main__":
    main()
