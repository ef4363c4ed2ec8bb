"""Nets that know what they do not know: calibration, far rows, and the UCI regression tables.

    python benchmarks/deep_uncertainty.py --data FOLDER             (grows the raw rows)
    python benchmarks/deep_uncertainty.py --report                  (writes the table from them)

One net is fitted, and then asked in five ways on the same rows: ``plain`` (its own
probabilities), ``mc_dropout`` and ``laplace`` (that very net), ``ensemble`` (it and four more
that differ by the seed alone), and ``variational``, a net of the same width with Gaussian
weights. Numbers, categories and holes reach all of them as the embedding of the training rows.

Classes: 500 training rows, at most 1,000 test rows. Two hidden layers of 64 units, dropout 0.2,
60 epochs of Adam. ECE has 15 bins of equal width. Two kinds of strange rows, as many as test
rows: ``shuffled`` (each column of the test rows permuted alone: usual values, unusual company)
and ``far`` (test rows at three times their distance from the mean of the training rows). The
AUROC is that of the entropy of the mean prediction (``total``) and of the members' disagreement
(``epistemic``; the plain net has none).

Values: the protocol of arXiv 1506.02142 (random 90/10 splits, one hidden layer of 50 units, 100
for protein, 40 epochs; dropout 0.05), 20 splits (5 for protein) where time allows; the splits
are our own. The noise of plain, MC dropout and Laplace is the error of a net fitted on 80 % of
the training rows on the other 20 %; MC dropout's dropout rate is not tuned. The ensemble adds
the same noise to the variance of its members, which are trained on the squared error, not on
the likelihood as in arXiv 1612.01474. NLL is that of a Gaussian with the predicted mean and
variance, in target units.
"""

import argparse
import csv
import time
from pathlib import Path

import nets
import numpy as np
import pandas as pd
import tables
import torch
from scores import classification_scores
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import roc_auc_score, root_mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn

from sklearn_synda._columns import Columns, encode_table
from sklearn_synda.acquisition import entropy_score, mutual_information_score
from sklearn_synda.metrics import interval_coverage, negative_log_likelihood
from sklearn_synda.uncertainty import (
    BayesianUncertainty,
    CommitteeUncertainty,
    MCDropoutUncertainty,
)

RESULTS = Path(__file__).parent / "results" / "deep_uncertainty"
COLUMNS = ["set", "task", "seed", "method", "metric", "value"]
SETS = {
    "classification": ["credit_g", "phoneme", "satimage", "spambase", "vehicle", "wdbc"],
    "regression": [
        *["yacht", "boston_housing", "energy_heating", "concrete", "wine_quality_red"],
        *["kin8nm", "power_plant", "naval", "protein"],
    ],
}
SEEDS = {"classification": 5, "regression": 20}
PROTEIN_SPLITS = 5
N_TRAIN, N_TEST, N_MEMBERS, N_SAMPLES = 500, 1000, 5, 50
# RMSE and NLL, mean and the spread after the sign as printed, of two sources: Table 1 of arXiv
# 1612.01474, which repeats those of arXiv 1506.02142 for MC dropout
PUBLISHED = {
    "boston_housing": ("2.97 ± 0.85", "3.28 ± 1.00", "2.46 ± 0.25", "2.41 ± 0.25"),
    "concrete": ("5.23 ± 0.53", "6.03 ± 0.58", "3.04 ± 0.09", "3.06 ± 0.18"),
    "energy_heating": ("1.66 ± 0.19", "2.09 ± 0.29", "1.99 ± 0.09", "1.38 ± 0.22"),
    "kin8nm": ("0.10 ± 0.00", "0.09 ± 0.00", "-0.95 ± 0.03", "-1.20 ± 0.02"),
    "naval": ("0.01 ± 0.00", "0.00 ± 0.00", "-3.80 ± 0.05", "-5.63 ± 0.05"),
    "power_plant": ("4.02 ± 0.18", "4.11 ± 0.17", "2.80 ± 0.05", "2.79 ± 0.04"),
    "protein": ("4.36 ± 0.04", "4.71 ± 0.06", "2.89 ± 0.01", "2.83 ± 0.02"),
    "wine_quality_red": ("0.62 ± 0.04", "0.64 ± 0.04", "0.93 ± 0.06", "0.94 ± 0.12"),
    "yacht": ("1.11 ± 0.38", "1.58 ± 0.48", "1.55 ± 0.12", "1.18 ± 0.21"),
}


class Hidden(nn.Module):
    """Layers of equal width with dropout."""

    def __init__(self, n_inputs=1, n_outputs=1, width=64, depth=2, p=0.2):
        super().__init__()
        sizes = [n_inputs, *[width] * depth]
        layers = []
        for pair in zip(sizes, sizes[1:], strict=False):
            layers += [nn.Linear(*pair), nn.ReLU(), nn.Dropout(p)]
        self.layers = nn.Sequential(*layers, nn.Linear(width, n_outputs))

    def forward(self, X):
        return self.layers(X.float())


def classifier():
    return nets.net("classification").set_params(
        module=Hidden, max_epochs=60, iterator_valid__batch_size=5000
    )


def regressor(n_rows, width):
    net = nets.net("regression").set_params(
        module=Hidden, module__width=width, module__depth=1, module__p=0.05, max_epochs=40,
        batch_size=32 if n_rows < 5000 else 128, iterator_valid__batch_size=5000,
    )  # fmt: skip
    return TransformedTargetRegressor(net, transformer=StandardScaler())


def classification_rows(table, seed):
    """Pairs of (method, scores) of one split."""
    y = pd.factorize(table.y, sort=True)[0]
    train, test = train_test_split(
        np.arange(len(y)), train_size=min(N_TRAIN, len(y) // 2), stratify=y, random_state=seed
    )
    columns = Columns(table.X.iloc[train])
    X, X_test = (encode_table(table.X.iloc[rows], columns) for rows in (train, test[:N_TEST]))
    strange = _strange(X, X_test, np.random.default_rng(seed))
    for name, ask in _members(classifier(), X, y[train], seed, variational_epochs=100):
        members = ask(X_test)
        proba = members.mean(axis=0)
        proba = np.clip(proba, 1e-6, 1.0)
        scores = classification_scores(y[test[:N_TEST]], proba / proba.sum(axis=1, keepdims=True))
        found = {m: scores[m] for m in ("accuracy", "log_loss", "ece")}
        for kind, rows in strange.items():
            answers = ask(rows)
            is_strange = np.r_[np.zeros(len(X_test)), np.ones(len(rows))]
            for score, of in (("total", _total), ("epistemic", mutual_information_score)):
                if score == "total" or len(members) > 1:
                    doubt = np.r_[of(members), of(answers)]
                    found[f"auroc_{kind}_{score}"] = roc_auc_score(is_strange, doubt)
        yield name, found


def _total(members):
    return entropy_score(members.mean(axis=0))


def _strange(X, X_test, rng):
    shuffled = np.column_stack([rng.permutation(column) for column in X_test.T])
    center = X.mean(axis=0)
    return {"shuffled": shuffled, "far": center + 3 * (X_test - center)}


def _members(model, X, y, seed, variational_epochs, **params):
    """Each method with a function from rows to members."""
    ensemble = CommitteeUncertainty(
        model, n_estimators=N_MEMBERS, bootstrap=False, random_state=seed
    ).fit(X, y)
    one = FrozenEstimator(ensemble.members_[0])
    kwargs = {"n_samples": N_SAMPLES, "random_state": seed}
    width = params.pop("width", (64, 64))
    parts = {
        "mc_dropout": MCDropoutUncertainty(one, **kwargs),
        "laplace": BayesianUncertainty(one, **kwargs, **params),
        "variational": BayesianUncertainty(
            model, method="variational", hidden_layer_sizes=width,
            max_epochs=variational_epochs, **kwargs,
        ),
    }  # fmt: skip
    yield "plain", lambda rows: ensemble.predict_members(rows)[:1]
    yield "ensemble", ensemble.predict_members
    for name, part in parts.items():
        yield name, part.fit(X, y).predict_members


def regression_rows(table, seed):
    """Pairs of (method, scores) of one split."""
    y = table.y.to_numpy(dtype=float)
    train, test = train_test_split(np.arange(len(y)), test_size=0.1, random_state=seed)
    columns = Columns(table.X.iloc[train])
    X, X_test = (encode_table(table.X.iloc[rows], columns) for rows in (train, test))
    width = 100 if table.name == "protein" else 50
    model = regressor(len(train), width)
    fit, held_out = train_test_split(np.arange(len(train)), test_size=0.2, random_state=seed)
    torch.manual_seed(seed)
    error = clone(model).fit(X[fit], y[train][fit]).predict(X[held_out]) - y[train][held_out]
    noise = float(np.sqrt(np.mean(error**2)))
    epochs = 100 if len(train) < 5000 else 40
    asked = _members(
        model, X, y[train], seed, variational_epochs=epochs, noise=noise, width=(width,)
    )
    for name, ask in asked:
        members, variance = ask(X_test), noise**2
        if name == "variational":
            variance = ask.__self__.predict_components(X_test)["aleatoric"]
        if name == "laplace":
            variance = noise**2 + ask.__self__.predict_components(X_test)["epistemic"]
        elif len(members) > 1:
            variance = variance + members.var(axis=0)
        yield name, gaussian_scores(y[test], members.mean(axis=0), variance)


def gaussian_scores(y, mean, variance):
    """Error, negative log-likelihood, and the share within 90 % of the Gaussian."""
    spread = np.broadcast_to(np.sqrt(variance), mean.shape)
    reach = 1.6449 * spread
    return {
        "rmse": root_mean_squared_error(y, mean),
        "nll": negative_log_likelihood(y, mean, spread),
        "covered_90": interval_coverage(y, mean - reach, mean + reach),
    }


ROWS_OF = {"classification": classification_rows, "regression": regression_rows}


def measure(path, folder, tasks, seeds, names):
    """Append what is missing, seed by seed: cut short there are fewer seeds, not fewer sets."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _append(path, [COLUMNS])
    done = set(map(tuple, pd.read_csv(path)[["set", "seed"]].drop_duplicates().to_numpy()))
    for seed in range(max(SEEDS.values())):
        for task in tasks:
            for name in [n for n in SETS[task] if names is None or n in names]:
                last = min(SEEDS[task], seeds or 99, PROTEIN_SPLITS if name == "protein" else 99)
                if (name, seed) in done or seed >= last:
                    continue
                began = time.perf_counter()
                found = list(ROWS_OF[task](tables.load(name, folder), seed))
                _append(path, [
                    [name, task, seed, method, metric, f"{value:.6g}"]
                    for method, scores in found for metric, value in scores.items()
                ])  # fmt: skip
                print(f"{name} seed {seed}: {time.perf_counter() - began:.0f} s", flush=True)


def _append(path, rows):
    with open(path, "a", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def report(raw):
    """The tables, as Markdown."""
    lines = ["# Nets that know what they do not know", "", *__doc__.split("\n\n", 2)[2].split("\n")]
    classes = raw[raw["task"] == "classification"]
    metrics = classes["metric"].unique()
    if len(classes):
        lines += ["## Classes", "", "Means over sets and seeds, then set by set.", ""]
        lines += _table(classes.groupby(["method", "metric"])["value"].mean(), metrics)
        for metric in metrics:
            lines += ["", f"### {metric}", ""]
            of = classes[classes["metric"] == metric]
            lines += _table(_mean_and_spread(of, ["set", "method"]), METHODS)
    values = raw[raw["task"] == "regression"]
    for metric, first in (("rmse", 0), ("nll", 2), ("covered_90", None)):
        of = values[values["metric"] == metric]
        if not len(of):
            continue
        lines += ["", f"## Values: {metric}, mean ± spread over splits", ""]
        table = _mean_and_spread(of, ["set", "method"]).unstack()
        table.insert(0, "splits", of.groupby("set")["seed"].nunique())
        if first is not None:
            table["MC dropout, published"] = [PUBLISHED[n][first] for n in table.index]
            table["ensemble, published"] = [PUBLISHED[n][first + 1] for n in table.index]
        order = [c for c in ["splits", *METHODS] if c in table] + [
            c for c in table if c not in ("splits", *METHODS)
        ]
        lines += _table(table[order].stack(), order)
    return "\n".join(lines) + "\n"


METHODS = ["plain", "mc_dropout", "laplace", "variational", "ensemble"]


def _mean_and_spread(raw, by):
    groups = raw.groupby(by)["value"]
    return groups.agg(lambda v: f"{v.mean():.3f} ± {v.std(ddof=0):.3f}")


def _table(series, columns):
    frame = series.unstack()
    columns = [c for c in columns if c in frame]
    text = frame[columns].map(lambda v: v if isinstance(v, str) else f"{v:.4g}")
    head = [frame.index.name or "", *columns]
    rows = [[str(name), *row] for name, row in zip(text.index, text.to_numpy(), strict=True)]
    return [_line(head), _line(["---"] * len(head)), *map(_line, rows)]


def _line(cells):
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", help="folder of tables (else SYNDA_DATA)")
    parser.add_argument("--out", type=Path, default=RESULTS / "raw_rows.csv")
    parser.add_argument("--tasks", default="classification,regression")
    parser.add_argument("--sets", help="names, separated by commas (default: all)")
    parser.add_argument("--seeds", type=int, help="at most so many")
    parser.add_argument("--report", action="store_true", help="only write the table")
    given = parser.parse_args()
    if not given.report:
        names = given.sets.split(",") if given.sets else None
        measure(given.out, tables.folder_of(given.data), given.tasks.split(","), given.seeds, names)
    (given.out.parent / "table.md").write_text(report(pd.read_csv(given.out)))
