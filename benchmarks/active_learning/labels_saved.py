"""Labels saved against random rows, strategy by strategy, with what the area gains.

A walk: 20 rows at random, then batches (10 rows up to 100 labels, 12 % of the labels from there)
until 600 labels, or until the pool (at most 2,000 rows) is exhausted. 40 % of a table, at most
2,000 rows, are held out for accuracy. All strategies start from the same rows.

Labels needed are read off the isotonic mean curve over the seeds (``model_selection``), the gap
being that from 20 labels to the whole pool. A set without a gap, or on which neither random rows
nor the strategy get there within the walk, gives no answer, and is counted apart; where random rows
alone do not, their labels count as the whole walk. Medians are over the sets that answer. Wins and
losses are by one standard error over the seeds; with one seed every difference counts.

    python benchmarks/active_learning/labels_saved.py [--data FOLDER] [--seeds 20] [--models svm]

Raw rows are kept as they are made, one piece a set, model, seed and strategy; seeds are outermost.
"""

import argparse
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import softmax
from scipy.stats import wilcoxon
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.svm import SVC

sys.path.insert(0, str(Path(__file__).parents[1]))
import models  # noqa: E402
import splits  # noqa: E402
import tables  # noqa: E402
from configuration import CLASSIFICATION, DEVELOPMENT  # noqa: E402
from errors import CannotSplit  # noqa: E402
from growing_csv import GrowingCSV  # noqa: E402

from sklearn_synda._columns import encode_table  # noqa: E402
from sklearn_synda._labels import class_probabilities  # noqa: E402
from sklearn_synda.model_selection import BudgetComparison, BudgetCurve  # noqa: E402
from sklearn_synda.query import (  # noqa: E402
    ClusterMarginQuery,
    ConsensusEntropyQuery,
    MarginQuery,
    RandomQuery,
)
from sklearn_synda.utils import Pool  # noqa: E402

START, STEP, GROWTH, MOST, MAX_POOL = 20, 10, 0.12, 600, 2000
COLUMNS = ["set", "model", "seed", "strategy", "n_labeled", "accuracy"]
RANDOM, ALL = "random", "all"
STRATEGIES = {
    RANDOM: RandomQuery(),
    "margin": MarginQuery(),
    "cluster_margin": ClusterMarginQuery(),
    "consensus": ConsensusEntropyQuery(),
}
LOW_ERROR = 0.15  # of the model with the whole pool labelled


def build(kind, seed):
    """A model of the study, or a support vector machine."""
    if kind == "svm":
        return models.prepared(SVC(), scale=True)
    return models.build(kind, "classification", seed)


def proba_of(model, X, classes):
    """Class probabilities; of a support vector machine the softmax of its decision values."""
    if hasattr(model, "predict_proba"):
        return class_probabilities(model, X, classes)
    values = model.decision_function(X)
    if values.ndim == 1:
        values = np.column_stack([-values, values])
    proba = np.zeros((len(values), len(classes)))
    proba[:, np.searchsorted(classes, model.classes_)] = softmax(values, axis=1)
    return proba


def budgets_of(n_pool):
    """Labelled rows at which the model is fitted."""
    budgets = [START]
    while budgets[-1] < min(MOST, n_pool):
        budgets.append(min(budgets[-1] + max(STEP, round(GROWTH * budgets[-1])), MOST, n_pool))
    return budgets


def parts_of(table, seed):
    """Class codes; positions of the test rows and of the pool, the first rows in front."""
    y = pd.factorize(table.y, sort=True)[0]
    train, test = splits._train_and_test(table.name, y, len(y), seed)
    pool = np.random.RandomState(seed).permutation(train)[:MAX_POOL]
    return y, test, splits.two_classes_first(pool, y, START)


def members_of(model, X, y, rows, classes, seed):
    """The model, extra trees and a logistic regression: what each says of rows."""
    others = [
        models.prepared(ExtraTreesClassifier(50, random_state=seed)),
        models.logistic("classification", seed),
    ]
    fitted = [model, *(other.fit(X, y) for other in others)]
    return np.stack([proba_of(one, rows, classes) for one in fitted])


def walk(table, kind, seed, strategy):
    """Raw rows of one walk."""
    y, test, pool = parts_of(table, seed)
    classes, X = np.unique(y), table.X.iloc[pool]
    X_test, y_test = table.X.iloc[test], y[test]
    key = [table.name, kind, seed, strategy]
    if strategy == ALL:
        model = build(kind, seed).fit(X, y[pool])
        yield [*key, len(pool), np.mean(model.predict(X_test) == y_test)]
        return
    rng, labeled = np.random.RandomState(seed), np.arange(START)
    points = encode_table(X) if strategy == "cluster_margin" else None
    for budget in budgets_of(len(pool)):
        if budget > len(labeled):
            free = np.setdiff1d(np.arange(len(pool)), labeled)
            rows, known, told = X.iloc[free], X.iloc[labeled], y[pool[labeled]]
            candidates = Pool(
                rows,
                proba=lambda model=model, rows=rows: proba_of(model, rows, classes),
                members=lambda model=model, rows=rows, known=known, told=told: members_of(
                    model, known, told, rows, classes, seed
                ),
                embedding=lambda free=free: points[free],
            )
            chosen = STRATEGIES[strategy].query(candidates, budget - len(labeled), random_state=rng)
            labeled = np.concatenate([labeled, free[chosen]])
        model = build(kind, seed).fit(X.iloc[labeled], y[pool[labeled]])
        yield [*key, budget, np.mean(model.predict(X_test) == y_test)]


def comparison_of(part):
    """The curves of one set and model, over the seeds that every strategy has."""
    wide = part.pivot_table(index="seed", columns=["strategy", "n_labeled"], values="accuracy")
    wide = wide.dropna()
    full = wide[ALL].to_numpy().ravel()
    curves = {
        name: BudgetCurve(wide[name].columns.to_numpy(), wide[name].to_numpy(), full)
        for name in STRATEGIES
    }
    return BudgetComparison(curves)


def effects_of(frame):
    """One row a set, model and strategy."""
    for (kind, name), part in frame.groupby(["model", "set"], sort=False):
        found = comparison_of(part)
        random = found.curves[RANDOM]
        for strategy, curve in found.curves.items():
            gain = curve.scores.mean(axis=1) - random.scores.mean(axis=1)
            yield {
                "model": kind, "set": name, "strategy": strategy, "seeds": len(gain),
                "error": 1 - random.full_scores.mean(),
                "area_gain": curve.area() - random.area(),
                "standard_error": gain.std(ddof=1) / len(gain) ** 0.5 if len(gain) > 1 else 0.0,
                "saved_95": found.labels_saved(0.95)[strategy],
                "saved_99": found.labels_saved(0.99)[strategy],
            }  # fmt: skip


def summary_of(effects):
    """A line a model and strategy."""
    for (kind, strategy), part in effects.groupby(["model", "strategy"], sort=False):
        if strategy == RANDOM:
            continue
        low = part[part.error <= LOW_ERROR]
        gain, error = part.area_gain, part.standard_error
        line = {"model": kind, "strategy": strategy, "sets": len(part), "seeds": part.seeds.min()}
        for share in ("saved_95", "saved_99"):
            line[share] = part[share].median()
            line[f"{share}, low error"] = low[share].median()
            line[f"{share}, no answer"] = part[share].isna().sum()
        line["area"] = gain.mean()
        line["win/tie/loss"] = f"{(gain > error).sum()}/{(abs(gain) <= error).sum()}/" + str(
            (gain < -error).sum()
        )
        line["p"] = wilcoxon(gain).pvalue if len(gain) > 5 else np.nan
        yield line


def markdown_of(summary):
    """The table of the user guide, line by line."""
    head = ["model", "seeds", "strategy", "saved at 95 %", "low error", "saved at 99 %",
            "no answer (95, 99 %)", "area over random", "win/tie/loss", "p"]  # fmt: skip
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for line in summary:
        cells = [
            line["model"], line["seeds"], line["strategy"], f"{line['saved_95']:.0%}",
            f"{line['saved_95, low error']:.0%}", f"{line['saved_99']:.0%}",
            f"{line['saved_95, no answer']}, {line['saved_99, no answer']}",
            f"{line['area']:+.4f}", line["win/tie/loss"], f"{line['p']:.2g}",
        ]  # fmt: skip
        yield "| " + " | ".join(map(str, cells)) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data")
    parser.add_argument("--models", default="svm,lightgbm_safe,forest")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--sets", help="names; all sets of the study without")
    parser.add_argument("--development", action="store_true", help="the sets for tuning instead")
    parser.add_argument("--out", default="results/labels_saved.csv")
    parser.add_argument("--report", action="store_true", help="no walks; the table as Markdown")
    args = parser.parse_args()
    warnings.simplefilter("ignore")  # models of 20 rows that do not converge
    folder = tables.folder_of(args.data)
    names = args.sets.split(",") if args.sets else CLASSIFICATION
    names = DEVELOPMENT["classification"] if args.development else names
    if args.report:
        frame = pd.read_csv(args.out)
    else:
        raw = GrowingCSV(Path(args.out), COLUMNS, n_key=4)
        for seed in range(args.seeds):
            for kind in args.models.split(","):
                for name in names:
                    for strategy in (*STRATEGIES, ALL):
                        if (name, kind, str(seed), strategy) in raw.done:
                            continue
                        try:
                            raw.append(list(walk(tables.load(name, folder), kind, seed, strategy)))
                        except CannotSplit as refusal:
                            print(f"{name}: {refusal}")
                            break
        frame = raw.frame()
    effects = pd.DataFrame(effects_of(frame))
    print("\n".join(markdown_of(summary_of(effects))))


if __name__ == "__main__":
    main()
