"""Labels that made rows save: margin queries with the model alone, and with it wrapped.

From 20 random rows to 200, batch by batch, all walks from the same first rows; 40 % of a table, at
most 2,000 rows, are held out, the pool has 2,000 rows at most. "random" and "margin" fit the model
alone; "synthesis" is the public defaults around it, whose margin names the rows, too; "committee"
is the committee of the defaults in the place of the model: what wrapping it can hope for.

    python benchmarks/active_learning/synthesis_in_the_loop.py [--data FOLDER] [--seeds 5]

Labels saved: of the best rising curves through the means over the seeds, the share of the labels by
which a walk is earlier where "margin" is at 70, 100 and 140 labels, on the mean.
Raw rows are kept as they are made, one piece a set, model, seed and walk; seeds are outermost.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from labels_saved import models, parts_of, tables
from scipy.integrate import trapezoid
from scipy.stats import wilcoxon
from sklearn.isotonic import IsotonicRegression

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda.labeling import CommitteeLabeler
from sklearn_synda.query import MarginQuery, RandomQuery
from sklearn_synda.utils import Pool

# isort: split
import scores
from configuration import CLASSIFICATION, DEVELOPMENT
from errors import CannotSplit
from growing_csv import GrowingCSV
from inference import MUCH

BUDGETS = (20, 30, 45, 70, 100, 140, 200)
WALKS = {
    "random": {"query_strategy": RandomQuery(), "max_iter": 0},
    "margin": {"max_iter": 0},
    "synthesis": {},
    "committee": None,
}
COUNTED = (70, 100, 140)
METRICS = ["accuracy", "auc", "log_loss"]
COLUMNS = ["set", "model", "seed", "walk", "n_labeled", *METRICS]


class Committee(CommitteeLabeler):
    """The committee, asking where its own margin is small."""

    def query(self, X, batch_size):
        pool = Pool(X, proba=lambda: self.predict_proba(X))
        return MarginQuery().query(pool, batch_size, random_state=self.random_state)


def walk(name, kind, seed, way, folder):
    """Raw rows of one walk; none where the table has no room for it."""
    warnings.simplefilter("ignore")  # models of 20 rows that do not converge
    table = tables.load(name, folder)
    try:
        y, test, pool = parts_of(table, seed)
    except CannotSplit:
        return []
    X, X_test, y_pool = table.X.iloc[pool], table.X.iloc[test], y[pool]
    labeled, rows = np.arange(BUDGETS[0]), []
    learner = Committee(random_state=seed)
    if way != "committee":
        model = models.build(kind, "classification", seed)
        learner = ActiveSynthesisClassifier(model, random_state=seed, **WALKS[way])
    for budget in [b for b in BUDGETS if b <= len(pool)]:
        if budget > len(labeled):
            free = np.setdiff1d(np.arange(len(pool)), labeled)
            chosen = learner.query(X.iloc[free], batch_size=budget - len(labeled))
            labeled = np.concatenate([labeled, free[chosen]])
        learner.fit(X.iloc[labeled], y_pool[labeled])
        proba = scores.class_probabilities(learner, X_test, y.max() + 1)
        found = scores.classification_scores(y[test], proba)
        values = [f"{found[metric]:.6g}" for metric in METRICS]
        rows.append([name, kind, seed, way, budget, *values])
    return rows


def smooth(curve):
    """The best rising curve through the means."""
    return IsotonicRegression().fit(curve.index, curve).predict(curve.index)


def labels_needed(budgets, curve, level):
    """Labels at which a rising curve reaches a level; the first or last budget if beyond.

    Of another curve's level: ``BudgetCurve.labels_needed`` is of a share of a curve's own gap.
    """
    if curve[-1] < level:
        return float(budgets[-1])
    after = max(int(np.argmax(curve >= level)), 1)
    return float(np.interp(level, curve[after - 1 : after + 1], budgets[after - 1 : after + 1]))


def effects_of(raw, metric):
    """One row a model, set and walk: labels saved for what plain margin has, and areas.

    A seed counts once all of its walks are there.
    """
    walks = raw.groupby(["set", "model", "seed"])["walk"].transform("nunique")
    raw = raw[walks == len(WALKS)]
    for (kind, name), part in raw.groupby(["model", "set"]):
        mean = part.pivot_table(index="n_labeled", columns="walk", values=metric)
        budgets = mean.index.to_numpy()
        plain = smooth(mean["margin"])
        for way in ("synthesis", "committee", "random"):
            curve = smooth(mean[way])
            saved = [
                1 - labels_needed(budgets, curve, level) / labels_needed(budgets, plain, level)
                for budget, level in zip(budgets, plain, strict=True)
                if budget in COUNTED
            ]
            area = trapezoid(mean[way] - mean["margin"], budgets) / np.ptp(budgets)
            yield {"model": kind, "walk": way, "set": name, "seeds": part["seed"].nunique(),
                   "saved": np.mean(saved), "area": area}  # fmt: skip


def markdown_of(raw):
    """The table of the user guide."""
    yield (
        "| model | walk | measure | sets x seeds | labels saved, median (quartiles)"
        " | a fifth or more | area over margin | better / worse | p |"
    )
    yield "|" + "---|" * 9
    for metric in ("accuracy", "auc"):
        effects = pd.DataFrame(effects_of(raw, metric))
        for (kind, way), part in effects.groupby(["model", "walk"], sort=False):
            low, middle, high = part["saved"].quantile([0.25, 0.5, 0.75])
            area = part["area"]
            p = wilcoxon(area).pvalue if len(area) > 5 else np.nan
            cells = [
                kind, way, scores.LABELS[metric], f"{len(part)} x {part['seeds'].min()}",
                f"{middle:.0%} ({low:.0%}, {high:.0%})", f"{(part['saved'] >= 0.2).mean():.0%}",
                f"{area.mean():+.4f}", f"{(area > MUCH).sum()} / {(area < -MUCH).sum()}",
                f"{p:.2g}",
            ]  # fmt: skip
            yield "| " + " | ".join(cells) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data")
    parser.add_argument("--models", default="lightgbm_safe")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--development", action="store_true", help="the sets for tuning instead")
    parser.add_argument("--out", default="results/synthesis_in_the_loop.csv")
    parser.add_argument("--report", action="store_true", help="no walks; the table as Markdown")
    args = parser.parse_args()
    names = DEVELOPMENT["classification"] if args.development else CLASSIFICATION
    if args.report:
        print("\n".join(markdown_of(pd.read_csv(args.out))))
        return
    folder = tables.folder_of(args.data)
    raw = GrowingCSV(Path(args.out), COLUMNS, n_key=4)
    pieces = [
        (name, kind, seed, way)
        for seed in range(args.seeds)
        for kind in args.models.split(",")
        for name in names
        for way in WALKS
        if (name, kind, str(seed), way) not in raw.done
    ]
    walks = Parallel(n_jobs=args.jobs, return_as="generator")(
        delayed(walk)(*piece, folder) for piece in pieces
    )
    for rows in walks:
        raw.append(rows)
    print("\n".join(markdown_of(raw.frame())))


if __name__ == "__main__":
    main()
