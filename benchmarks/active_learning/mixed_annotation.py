"""What mixed annotation costs, at the F1 of a model whose every label is a person's.

People: a label costs 1 and is right. Mixed: a cheap annotator is asked about every row at 0.1 and
leaves one row in ten open, whatever its label, which a person then labels for 1; of the others,
4 or 10 % are wrong. So the cheap annotator is simulated, and no better at knowing what it does not
know than chance. Rows are drawn at random, the test labels are right.

The saving of a set is ``1 - cost / 100``, where ``cost`` is what mixed annotation costs when its
macro F1, averaged over seeds, has reached that of 100 labels of people and stays there with more
rows (sizes in between are interpolated). Negative: it costs more. "never": 800 rows do not reach
it. Where 50 rows are as good as 100, the saving says little of labels.

A raw row for each model x set x seed x share of wrong labels x number of rows is appended to
``--out`` as it is measured; one that is there is not measured again.

    python benchmarks/active_learning/mixed_annotation.py [--data FOLDER] [--models logistic,forest]
"""

import argparse
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split

sys.path.insert(0, str(Path(__file__).parents[1]))
import models  # noqa: E402
import tables  # noqa: E402
from configuration import CLASSIFICATION  # noqa: E402
from growing_csv import GrowingCSV  # noqa: E402

from sklearn_synda.active_learning import NoisyOracle  # noqa: E402

TARGET, PRICE, OPEN = 100, 0.1, 0.1
SIZES = [50, 100, 150, 200, 300, 400, 600, 800]
NOISE = [0.04, 0.1]
KINDS = {"logistic": models.logistic, "forest": models.forest}


def mixed_labels(y, noise, seed):
    """Cheap labels, the open ones right; the same rows are wrong or open at every size."""
    rng = np.random.RandomState(seed)
    cheap = NoisyOracle(lambda rows: y, noise, classes=np.unique(y), random_state=rng)(y)
    return np.where(rng.random_sample(len(y)) < OPEN, y, cheap)


def scores_of(table, kind, seed):
    """Noise, rows and macro F1; noise 0 is people. Nothing for a table of too few rows."""
    y = pd.factorize(table.y)[0]
    train, test = train_test_split(np.arange(len(y)), test_size=0.4, stratify=y, random_state=seed)
    train, test = train[: max(SIZES)], test[:2000]
    if len(train) < max(SIZES):
        return
    runs = [(0.0, TARGET, y[train])]
    runs += [(r, n, mixed_labels(y[train], r, seed)) for r in NOISE for n in SIZES]
    for noise, n, labels in runs:
        model = KINDS[kind]("classification", seed).fit(table.X.iloc[train[:n]], labels[:n])
        predicted = model.predict(table.X.iloc[test])
        yield noise, n, f1_score(y[test], predicted, average="macro", zero_division=0)


def saving(goal, f1):
    """Share of the cost saved where the curve is at the goal for good; NaN where it never is."""
    cost = np.array(SIZES) * (PRICE + OPEN)
    k = max(np.flatnonzero(f1 < goal), default=-1) + 1
    if k == len(SIZES):
        return np.nan
    if k == 0:
        return 1 - cost[0] / TARGET  # or more: no smaller size was tried
    share = (goal - f1[k - 1]) / (f1[k] - f1[k - 1])
    return 1 - (cost[k - 1] + share * (cost[k] - cost[k - 1])) / TARGET


def measured(raw, folder, args):
    """The raw rows of all sets, those that are missing measured now."""
    for kind in args.models.split(","):
        for name in CLASSIFICATION:
            table = tables.load(name, folder)
            for seed in range(args.seeds):
                if (kind, name, str(seed)) in raw.done:
                    continue
                found = scores_of(table, kind, seed)
                raw.append([[kind, name, seed, *row] for row in found])
    frame = raw.frame()
    return frame[frame.model.isin(args.models.split(",")) & (frame.seed < args.seeds)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data")
    parser.add_argument("--models", default="logistic,forest")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", default="results/mixed_annotation.csv")
    args = parser.parse_args()
    warnings.simplefilter("ignore")  # models of 50 rows that do not converge
    columns = ["model", "set", "seed", "noise", "n", "f1"]
    raw = GrowingCSV(Path(args.out), columns, n_key=3)
    rows = []
    for (kind, name), found in measured(raw, tables.folder_of(args.data), args).groupby(
        ["model", "set"], sort=False
    ):
        f1 = found.groupby(["noise", "n"]).f1.mean()
        goal = f1[0.0, TARGET]
        saved = [saving(goal, f1[r].to_numpy()) for r in NOISE]
        rows.append((kind, name, goal, *saved))
        shown = ["never" if np.isnan(s) else f"{s:.0%}" for s in saved]
        print(f"{kind:10}{name:22}F1 {goal:.3f}   saved {shown[0]:>6} {shown[1]:>6}")
    for kind, part in pd.DataFrame(rows, columns=["model", "set", "f1", *NOISE]).groupby("model"):
        for noise in NOISE:
            saved = part[noise].fillna(-np.inf)
            print(
                f"{kind}, {noise:.0%} wrong: median saving {saved.median():.0%} over {len(part)}"
                f" sets; {(saved >= 0.7).sum()} saved 70 % or more, {np.isinf(saved).sum()} never"
            )


if __name__ == "__main__":
    main()
