"""Dynamic training against the plain training of the same learner.

    python benchmarks/dynamic_training.py [--development] [--seeds 3] [--sizes 100,300]
        [--learners net,sgd,mlp] [--out FILE]
    python benchmarks/dynamic_training.py --table [--out FILE]

Methods: ``fit`` is the learner's own ``fit``; ``plain`` trains batch by batch
as the dynamic estimator does, with the epoch chosen by the same held-out rows; ``weights`` makes
no rows and lets real ones count in proportion to 0.5 + 0.5 / (1 + U); ``dynamic`` is the default,
``ungated`` the same without the gate. Tables are split as in ``uci.py``. They enter as their
embedding, and values of regression are standardised, for all methods alike. One raw line a table,
size, seed, learner, method and measure; a run goes on where it was stopped; seeds are the outermost
loop. SETS are named before any result; ``--development`` takes those that defaults are tuned on.
"""

import argparse
import csv
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from configuration import DEVELOPMENT
from errors import CannotSplit
from scores import class_probabilities, classification_scores, regression_scores
from sklearn.linear_model import SGDClassifier, SGDRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from skorch import NeuralNetClassifier, NeuralNetRegressor
from splits import random_seed, split
from tables import folder_of, load
from torch import nn

from sklearn_synda._columns import Columns
from sklearn_synda.dynamic import DynamicSynthesisClassifier, DynamicSynthesisRegressor
from sklearn_synda.validation import CrossValidation, FixedRate

OUT = Path("benchmarks/results/dynamic/dynamic_training.csv")
SETS = [
    *["adult", "car", "credit_g", "diabetes_pima", "heart_statlog", "ionosphere", "magic04"],
    *["phoneme", "spambase", "steel_plates_fault", "vehicle"],
    *["airfoil", "california_housing", "concrete", "kin8nm"],
]
METHODS = ("fit", "plain", "weights", "ungated", "dynamic")
KEY = ["set", "task", "size", "seed", "learner", "method"]
COLUMNS = [*KEY, "metric", "value"]
REPORTED = {"classification": ["log_loss", "auc"], "regression": ["rmse"]}


class Layers(nn.Module):
    """One hidden layer that finds its width in the first batch."""

    def __init__(self, n_outputs=1, n_hidden=64):
        super().__init__()
        self.layers = nn.Sequential(
            nn.LazyLinear(n_hidden), nn.ReLU(), nn.Dropout(0.1), nn.Linear(n_hidden, n_outputs)
        )

    def forward(self, X):
        return self.layers(X)


def learner(name, n_classes, seed):
    """An untrained learner; ``n_classes`` None for values."""
    if name == "net":
        kind = NeuralNetRegressor if n_classes is None else NeuralNetClassifier
        criterion = nn.MSELoss if n_classes is None else nn.CrossEntropyLoss
        return kind(
            Layers, module__n_outputs=n_classes or 1, criterion=criterion,
            optimizer=torch.optim.Adam, optimizer__weight_decay=1e-4, lr=0.01, max_epochs=50,
            batch_size=32, iterator_train__shuffle=True, train_split=None, verbose=0,
        )  # fmt: skip
    if name == "sgd":
        if n_classes is None:
            return SGDRegressor(alpha=1e-3, random_state=seed)
        return SGDClassifier(loss="log_loss", alpha=1e-3, random_state=seed)
    kind = MLPRegressor if n_classes is None else MLPClassifier
    return kind((64,), learning_rate_init=0.01, max_iter=50, random_state=seed)


def fits(part, X, y, name, n_classes, seed):
    """Pairs of method and fitted estimator, with its seconds of CPU.

    Plain and dynamic training meet in one contest, so that both are trained from one run of the
    folds: the last steps of ``fit`` are taken for each, then the gate says which is ``dynamic``.
    """
    yield "fit", *timed(lambda: learner(name, n_classes, seed).fit(X, as_net_wants(y, name)))
    kind = DynamicSynthesisRegressor if n_classes is None else DynamicSynthesisClassifier
    weights = kind(learner(name, n_classes, seed), random_state=seed, rate=FixedRate(0.0),
                   alpha=0.5, beta=0.5, validation=_Open(n_splits=3))  # fmt: skip
    yield "weights", *timed(lambda: weights.fit(X, y))
    gate = _Open(n_splits=3)
    dynamic = kind(learner(name, n_classes, seed), random_state=seed, validation=gate)
    _, seconds = timed(lambda: dynamic.fit(X, y))
    yield "ungated", dynamic, seconds
    shut = kind(learner(name, n_classes, seed), random_state=seed, rate=FixedRate(0.0),
                validation=_Shut(n_splits=3))  # fmt: skip
    _, plain_seconds = timed(lambda: shut.fit(X, y))
    yield "plain", shut, plain_seconds
    yield "dynamic", dynamic if gate.preferred else shut, seconds


def timed(call):
    """What a call returns, and its seconds of CPU."""
    start = time.process_time()
    result = call()
    return result, time.process_time() - start


def as_net_wants(y, name):
    """Values as the column of float32 that a net is given by its user."""
    return y.astype(np.float32)[:, None] if name == "net" and y.dtype.kind == "f" else y


class _Open(CrossValidation):
    """The dynamic way is kept, whatever it is worth; what the gate says is noted."""

    def best_round(self, losses, shrunken, distances):
        self.preferred = super().best_round(losses, shrunken, distances)
        return 1


class _Shut(CrossValidation):
    """The plain way is kept."""

    def best_round(self, losses, shrunken, distances):
        return 0


def measure(part, task, name, seed):
    """Scores on the test rows by method."""
    columns = Columns(part.X)
    X, X_test = (columns.to_embedding(columns.to_cells(t)) for t in (part.X, part.X_test))
    n_classes = None if task == "regression" else int(part.y.max()) + 1
    if name == "net":
        X, X_test = X.astype(np.float32), X_test.astype(np.float32)
    mean, std = (part.y.mean(), part.y.std() or 1.0) if n_classes is None else (0, 1)
    y = (part.y - mean) / std if n_classes is None else part.y
    torch.manual_seed(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for method, fitted, seconds in fits(part, X, y, name, n_classes, seed):
            if n_classes is None:
                said = np.nan_to_num(np.asarray(fitted.predict(X_test)).ravel() * std + mean)
                scores = regression_scores(part.y_test, said)
            else:
                proba = class_probabilities(fitted, X_test, max(n_classes, part.y_test.max() + 1))
                scores = classification_scores(part.y_test, proba)
            kept = {"is_dynamic": float(getattr(fitted, "is_dynamic_", False)),
                    "epochs": float(getattr(fitted, "n_iter_", None) or 50)}  # fmt: skip
            yield method, {**scores, **kept, "cpu": seconds}


def cells(names, options):
    """Keys of what is to be measured, seeds outermost."""
    for seed in range(options.seeds):
        for size in options.sizes.split(","):
            for kind in options.learners.split(","):
                for name in names:
                    yield name, size, seed, kind


def run(options):
    """Measure what is not measured yet."""
    folder = folder_of(options.data)
    names = SETS
    if options.development:
        names = [*DEVELOPMENT["classification"], *DEVELOPMENT["regression"]]
    if options.sets:
        names = options.sets.split(",")
    text = {"set": str, "size": str, "seed": str}
    done = set()
    if options.out.exists():
        raw = pd.read_csv(options.out, dtype=text)
        raw = raw[raw["method"] == METHODS[-1]]
        done = set(map(tuple, raw[["set", "size", "seed", "learner"]].to_numpy()))
    else:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(",".join(COLUMNS) + "\n")
    for name, size, seed, kind in cells(names, options):
        if (name, size, str(seed), kind) in done:
            continue
        table = load(name, folder)
        y = table.y.to_numpy()
        if table.task == "classification":
            y = np.unique(y, return_inverse=True)[1]
        try:
            part = split(table, y, size, seed)
        except CannotSplit:
            continue
        number = random_seed(name, size, seed, kind) % 2**31
        lines = [
            [name, table.task, size, seed, kind, method, metric, f"{value:.6g}"]
            for method, scores in measure(part, table.task, kind, number)
            for metric, value in scores.items()
        ]
        with open(options.out, "a", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(lines)


def table(raw):
    """Markdown: means over tables, and how each method compares with ``plain`` by table."""
    wide = raw.pivot_table(index=KEY, columns="metric", values="value").reset_index()
    lines = ["| learner | labels | measure | tables | method | mean | better | worse | CPU s |",
             "|---|---|---|---|---|---|---|---|---|"]  # fmt: skip
    for (task, kind, size), group in wide.groupby(["task", "learner", "size"]):
        for metric in REPORTED[task]:
            value = group.pivot_table(index=["set", "seed"], columns="method", values=metric)
            seconds = group.groupby("method")["cpu"].mean()
            if metric == "rmse":  # in the unit of the target: shares of the plain learner's own
                value = value.div(value["plain"], axis=0)
            by_set = value.dropna().groupby("set").mean()
            for method in METHODS:
                gain = by_set[method] / by_set["plain"] - 1
                gain = gain if metric == "auc" else -gain
                lines.append(
                    f"| {kind} | {size} | {metric} | {len(by_set)} | {method} |"
                    f" {by_set[method].mean():.4f} | {(gain > 0.01).mean():.0%} |"
                    f" {(gain < -0.01).mean():.0%} | {seconds[method]:.1f} |"
                )
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data")
    parser.add_argument("--development", action="store_true")
    parser.add_argument("--sets", help="names, by comma")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sizes", default="100,300")
    parser.add_argument("--learners", default="net,sgd,mlp")
    parser.add_argument("--table", action="store_true", help="print the table, measure nothing")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    if not options.table:
        run(options)
    print(table(pd.read_csv(options.out, dtype={"size": str})))


if __name__ == "__main__":
    main()
