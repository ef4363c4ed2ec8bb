"""A federation of five sites: what averaging is worth, and whether made rows add to it.

    python benchmarks/federated.py --out OUT.csv [--seeds 5] [--data FOLDER] [--development]
    python benchmarks/federated.py --report RAW.csv.gz     # the table of the user guide

60 % of the rows (at most 400) are dealt to five sites, each class by shares from a Dirichlet
distribution with parameter 0.5; the rest (at most 2,000) are the test rows of all. Columns are
prepared once, on all training rows, for every method alike. ``alone`` is the mean over the sites,
each trained on its own rows only; ``pooled`` is one site that has them all. ``duplicates`` learns
from copies of real rows in the place of made rows, in the same number and by the same weight;
``made`` are made rows behind the gate of each client, ``ungated`` the same without a gate. All
methods have the same rounds. SETS are named before any result.
"""

import argparse
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from configuration import DEVELOPMENT
from growing_csv import GrowingCSV
from models import preparation
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from splits import random_seed
from tables import folder_of, load

from sklearn_synda.federated import (
    FederatedClient,
    FederatedSynthesisClassifier,
    set_parameters,
)
from sklearn_synda.labeling import InheritLabeler
from sklearn_synda.synthesis._base import BaseSynthesizer
from sklearn_synda.validation import NoValidation

SETS = [
    *["banknote", "blood_transfusion", "car", "cmc", "credit_g", "diabetes_pima"],
    *["ilpd", "phoneme", "vehicle", "wdbc"],
]
N_SITES, MAX_TRAIN, MAX_TEST, ROUNDS, RATE = 5, 400, 2000, 20, 2.0
METHODS = ("alone", "fedavg", "duplicates", "made", "ungated", "pooled")
KEY = ["set", "seed", "model"]
COLUMNS = [*KEY, "method", "auc", "log_loss", "made_rounds"]


class CopySynthesizer(BaseSynthesizer):
    """The anchor once more."""

    def _make(self, anchors, rng):
        return self.cells_[anchors], np.full(len(anchors), -1), np.ones(len(anchors))


class CopyingFederation(FederatedSynthesisClassifier):
    """Real rows once more; no monitor, which would refuse them for being copies."""

    def _make_client(self, *rows):
        client = super()._make_client(*rows)
        client._training.recipe = replace(client._training.recipe, monitor=None)
        return client


def model_of(name, seed):
    """An untrained common model."""
    if name == "logistic":
        return SGDClassifier(loss="log_loss", learning_rate="constant", eta0=0.02, alpha=1e-3,
                             random_state=seed)  # fmt: skip
    return MLPClassifier((32,), learning_rate_init=0.005, alpha=1e-3, random_state=seed)


def deal(y, rng):
    """The site of each row; every site has eight rows at least."""
    while True:
        site = np.empty(len(y), dtype=int)
        for name in np.unique(y):
            rows = rng.permutation(np.flatnonzero(y == name))
            cuts = np.cumsum(rng.dirichlet(np.full(N_SITES, 0.5)))[:-1] * len(rows)
            for k, part in enumerate(np.split(rows, cuts.round().astype(int))):
                site[part] = k
        if np.bincount(site, minlength=N_SITES).min() >= 8:
            return site


def draw(name, folder, seed):
    """Rows and classes to train on, the site of each, and test rows with their classes."""
    table = load(name, folder)
    y = np.unique(table.y, return_inverse=True)[1]
    number = random_seed(name, seed)
    train, test = train_test_split(
        np.arange(len(y)), test_size=0.4, stratify=y, random_state=number
    )
    if len(train) > MAX_TRAIN:
        train = train_test_split(
            train, train_size=MAX_TRAIN, stratify=y[train], random_state=number
        )[0]
    if len(test) > MAX_TEST:
        test = train_test_split(test, train_size=MAX_TEST, stratify=y[test], random_state=number)[0]
    site = deal(y[train], np.random.default_rng(number))
    return (table.X.iloc[train], y[train], site), (table.X.iloc[test], y[test])


def federations(estimator, seed):
    """Each federated method as an unfitted estimator."""
    common = {"max_iter": ROUNDS, "random_state": seed}
    made = {**common, "rate": RATE}
    yield "fedavg", FederatedSynthesisClassifier(estimator, **common)
    yield "duplicates", CopyingFederation(
        estimator, synthesizer=CopySynthesizer(), labeler=InheritLabeler(),
        validation=NoValidation(), **made,
    )  # fmt: skip
    yield "made", FederatedSynthesisClassifier(estimator, **made)
    yield "ungated", FederatedSynthesisClassifier(estimator, validation=NoValidation(), **made)


def measure(name, folder, seed, model):
    """Raw rows of one table, seed and model."""
    (X, y, site), (X_test, y_test) = draw(name, folder, seed)
    prepared = FrozenEstimator(preparation(scale=True).fit(X))
    estimator = make_pipeline(prepared, model_of(model, seed))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for method, federation in federations(estimator, seed):
            fitted = federation.fit(X, y, groups=site)
            share = float(np.mean(fitted.history_["n_made"] > 0))
            yield [name, seed, model, method, *scores(fitted, X_test, y_test), f"{share:.3g}"]
            if method == "fedavg":
                plain = fitted
        alone = []
        for k in range(N_SITES):
            own = site == k
            client = FederatedClient(
                estimator, X[own], y[own], classes=plain.classes_, random_state=seed
            )
            parameters = client.get_parameters()
            for _ in range(ROUNDS):
                parameters = client.update(parameters).parameters
            set_parameters(plain.estimator_[-1], parameters)
            alone.append([float(value) for value in scores(plain, X_test, y_test)])
        mean = [f"{value:.5g}" for value in np.mean(alone, axis=0)]
        yield [name, seed, model, "alone", *mean, 0]
        pooled = FederatedSynthesisClassifier(estimator, max_iter=ROUNDS, random_state=seed)
        yield [name, seed, model, "pooled", *scores(pooled.fit(X, y), X_test, y_test), 0]


def scores(fitted, X, y):
    """AUC (one against the rest, mean over the classes) and log-loss."""
    proba = fitted.predict_proba(X)
    auc = roc_auc_score(y, proba[:, 1] if proba.shape[1] == 2 else proba, multi_class="ovr")
    return f"{auc:.5g}", f"{log_loss(y, proba):.5g}"


def markdown_of(raw):
    """One line a model and method: means, and tables better and worse than plain averaging."""
    lines = [
        "| model | method | AUC | log-loss | AUC better, worse | log-loss better, worse |",
        "|---|---|---|---|---|---|",
    ]
    by_set = raw.groupby(["model", "method", "set"])[["auc", "log_loss"]].mean()
    for model in raw["model"].unique():
        plain = by_set.loc[model, "fedavg"]
        for method in METHODS:
            own = by_set.loc[model, method]
            gain = own["auc"] - plain["auc"]
            ratio = own["log_loss"] / plain["log_loss"]
            lines.append(
                f"| {model} | {method} | {own['auc'].mean():.3f} | {own['log_loss'].mean():.3f}"
                f" | {(gain > 0.005).sum()}, {(gain < -0.005).sum()}"
                f" | {(ratio < 0.99).sum()}, {(ratio > 1.01).sum()} |"
            )
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sets", help="names, comma-separated")
    parser.add_argument("--development", action="store_true")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--report", type=Path)
    options = parser.parse_args()
    if options.report:
        print(markdown_of(pd.read_csv(options.report)))
        return
    folder = folder_of(options.data)
    names = DEVELOPMENT["classification"] if options.development else SETS
    names = options.sets.split(",") if options.sets else names
    raw = GrowingCSV(options.out, COLUMNS, len(KEY))
    for seed in range(options.seeds):
        for name in names:
            for model in ("logistic", "mlp"):
                if (name, str(seed), model) not in raw.done:
                    raw.append(list(measure(name, folder, seed, model)))
    print(markdown_of(raw.frame()))


if __name__ == "__main__":
    main()
