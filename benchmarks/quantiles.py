"""A model of a quantile, alone and with made rows: pinball loss and coverage on the test rows.

    python benchmarks/quantiles.py --out OUT.csv [--seeds 2] [--data FOLDER] [--development]
    python benchmarks/quantiles.py --report RAW.csv.gz     # the table of the user guide

Sets and splits are those of the study (`configuration.py`). ``mean_labels`` is the control whose
labels are the committee's means, behind the same gate; ``committee`` is the labeler itself.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from configuration import DEVELOPMENT, REGRESSION
from errors import CannotSplit
from growing_csv import GrowingCSV
from joblib import Parallel, delayed
from models import SAFE, lightgbm, prepared, scaled_target
from scipy.stats import wilcoxon
from sklearn.base import clone
from sklearn.linear_model import QuantileRegressor
from sklearn.metrics import mean_pinball_loss
from splits import random_seed, split
from tables import folder_of, load

from sklearn_synda import ActiveSynthesisRegressor
from sklearn_synda.labeling import CommitteeLabeler
from sklearn_synda.labeling._base import BaseLabeler

MODELS = ("lightgbm", "linear")
QUANTILES, SIZES = (0.1, 0.5, 0.9), ("50", "150")
METHODS = ("alone", "active_synthesis", "mean_labels", "committee")
KEY = ["set", "size", "seed", "model", "quantile"]
COLUMNS = [*KEY, "method", "pinball", "coverage", "best_iteration"]


class MeanLabeler(BaseLabeler):
    """The default labeler, which nobody can tell the quantile."""

    n_candidates = 3

    def __init__(self, random_state=None):
        self.random_state = random_state

    def fit(self, X, y, sample_weight=None):
        labeler = CommitteeLabeler(random_state=self.random_state)
        self.committee_ = labeler.fit(X, y, sample_weight)
        return self

    def label(self, batch):
        return self.committee_.label(batch)

    def predict(self, X):
        return self.committee_.predict(X)


def model_of(name, quantile, seed):
    if name == "lightgbm":
        return lightgbm("regression", seed, **SAFE, objective="quantile", alpha=quantile)
    linear = QuantileRegressor(quantile=quantile, alpha=0.01)
    return prepared(scaled_target(linear), scale=True)


def fitted_methods(model, quantile, X, y, seed):
    """Each method's name, fitted."""
    yield "alone", clone(model).fit(X, y)
    yield "active_synthesis", ActiveSynthesisRegressor(model, random_state=seed).fit(X, y)
    means = ActiveSynthesisRegressor(model, labeler=MeanLabeler(), random_state=seed)
    yield "mean_labels", means.fit(X, y)
    yield "committee", CommitteeLabeler(quantile=quantile, random_state=seed).fit(X, y)


def measure(name, folder, size, seed):
    """Raw rows of one table, size and seed; none where it has too few rows."""
    table = load(name, folder)
    try:
        part = split(table, table.y.to_numpy(), size, seed)
    except CannotSplit:
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(_rows_of(part, name, size, seed))


def _rows_of(part, name, size, seed):
    number = random_seed(name, size, seed) % 2**31
    for model in MODELS:
        for quantile in QUANTILES:
            own = model_of(model, quantile, number)
            for method, fitted in fitted_methods(own, quantile, part.X, part.y, number):
                said = fitted.predict(part.X_test)
                loss = mean_pinball_loss(part.y_test, said, alpha=quantile)
                covered = np.mean(part.y_test <= said)
                best = getattr(fitted, "best_iteration_", 0)
                yield [name, size, seed, model, quantile, method, f"{loss:.6g}",
                       f"{covered:.4g}", best]  # fmt: skip


def markdown_of(raw):
    """One line a model, size and quantile: changes of the loss, the set as the unit."""
    lines = [
        "| model | labels | quantile | sets x seeds | pinball loss | better / worse by 1% | p"
        " | mean labels | committee | covered alone | covered with |",
        "|---" * 11 + "|",
    ]
    for (model, size, quantile), group in raw.groupby(["model", "size", "quantile"]):
        wide = group.pivot_table(index="set", columns="method", values=["pinball", "coverage"])
        alone = wide["pinball"]["alone"]
        change = {m: wide["pinball"][m] / alone - 1 for m in METHODS[1:]}
        own = change["active_synthesis"]
        p = wilcoxon(own).pvalue if own.any() else 1.0
        covered = wide["coverage"].mean()
        lines.append(
            f"| {model} | {size} | {quantile} | {len(own)} x {group['seed'].nunique()}"
            f" | {own.mean():+.1%} | {(own < -0.01).sum()} / {(own > 0.01).sum()} | {p:.2g}"
            f" | {change['mean_labels'].mean():+.1%} | {change['committee'].mean():+.1%}"
            f" | {covered['alone']:.2f} | {covered['active_synthesis']:.2f} |"
        )
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--development", action="store_true")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--report", type=Path)
    options = parser.parse_args()
    if options.report:
        print(markdown_of(pd.read_csv(options.report)))
        return
    folder = folder_of(options.data)
    names = DEVELOPMENT["regression"] if options.development else REGRESSION
    raw = GrowingCSV(options.out, COLUMNS, 3)
    pieces = [(n, size, seed) for seed in range(options.seeds) for size in SIZES for n in names]
    todo = [piece for piece in pieces if tuple(map(str, piece)) not in raw.done]
    workers = Parallel(n_jobs=options.jobs, return_as="generator_unordered")
    for rows in workers(delayed(measure)(name, folder, size, seed) for name, size, seed in todo):
        raw.append(rows)
    print(markdown_of(raw.frame()))


if __name__ == "__main__":
    main()
