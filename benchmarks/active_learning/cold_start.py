"""Which rows to label first, when nothing is known but the table.

40 % of a table, at most 2,000 rows, are for testing; ``cold_start`` names the first rows in a pool
of at most 2,000 others. Two models learn from them: a forest and a logistic regression. Where all
rows named have one class, that class is what is said of all.

    python benchmarks/active_learning/cold_start.py [--data FOLDER] [--seeds 5] [--out OUT.csv]
"""

import argparse
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))
import models  # noqa: E402
import splits  # noqa: E402
import tables  # noqa: E402
from configuration import CLASSIFICATION  # noqa: E402
from growing_csv import GrowingCSV  # noqa: E402
from inference import wilcoxon_p  # noqa: E402

from sklearn_synda.query import (  # noqa: E402
    KCenterQuery,
    LCMDQuery,
    RandomQuery,
    TypiClustQuery,
    cold_start,
)

COLUMNS = ["set", "seed", "labels", "strategy", "model", "classes", "accuracy"]
STRATEGIES = {
    "random": RandomQuery(),
    "typiclust": TypiClustQuery(),
    "k-center": KCenterQuery(),
    "lcmd": LCMDQuery(),
}
LABELS, MODELS, MAX_POOL = (10, 20, 40), ("forest", "logistic"), 2000


def accuracy_of(kind, seed, X, y, X_test, y_test):
    if len(np.unique(y)) == 1:
        return np.mean(y_test == y[0])
    model = models.build(kind, "classification", seed).fit(X, y)
    return np.mean(model.predict(X_test) == y_test)


def measure(table, seed):
    """Raw rows of a set and seed: every strategy, number of labels and model."""
    y = pd.factorize(table.y, sort=True)[0]
    train, test = splits._train_and_test(table.name, y, len(y), seed)
    pool = np.random.RandomState(seed).permutation(train)[:MAX_POOL]
    X, y_pool = table.X.iloc[pool], y[pool]
    for n in LABELS:
        for name, strategy in STRATEGIES.items():
            rows = cold_start(X, n, strategy, random_state=seed)
            share = len(np.unique(y_pool[rows])) / (y.max() + 1)
            for kind in MODELS:
                score = accuracy_of(
                    kind, seed, X.iloc[rows], y_pool[rows], table.X.iloc[test], y[test]
                )
                yield [table.name, seed, n, name, kind, f"{share:.5g}", f"{score:.5g}"]


def markdown_of(raw):
    """The table of the guide: means over the sets, and sets better and worse than random rows."""
    yield "| labels | strategy | classes met | accuracy, forest | logistic | better / worse | p |"
    yield "|---|---|---|---|---|---|---|"
    keys = ["labels", "strategy", "set"]
    by_set = raw.groupby([*keys, "model"])["accuracy"].mean().unstack()
    classes = raw.groupby(keys)["classes"].mean()
    for n in sorted(raw["labels"].unique()):
        for name in STRATEGIES:
            mean, gain = by_set.loc[n, name], by_set.loc[n, name] - by_set.loc[n, "random"]
            gain = gain.mean(axis=1)
            versus = f"{(gain > 0.01).sum()} / {(gain < -0.01).sum()} | {wilcoxon_p(gain):.2g}"
            forest, logistic = mean["forest"].mean(), mean["logistic"].mean()
            yield (
                f"| {n} | {name} | {classes.loc[n, name].mean():.0%} | {forest:.3f} |"
                f" {logistic:.3f} | {'|' if name == 'random' else versus} |"
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("results/cold_start.csv"))
    args = parser.parse_args()
    warnings.simplefilter("ignore")  # models of ten rows that do not converge
    folder, raw = tables.folder_of(args.data), GrowingCSV(args.out, COLUMNS, n_key=2)
    for seed in range(args.seeds):
        for name in CLASSIFICATION:
            if (name, str(seed)) not in raw.done:
                raw.append(list(measure(tables.load(name, folder), seed)))
    print("\n".join(markdown_of(raw.frame())))


if __name__ == "__main__":
    main()
