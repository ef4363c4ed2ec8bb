"""Does it pay to move the features that drive the uncertainty? Raw rows, set by set.

For each set and seed a model is fitted on 150 rows; rows are made around them by moving features
chosen at random or by their saliency, the same number of features with the same noise. An
ensemble of other models, fitted on other rows, says how uncertain the made rows are, and whether
their class is another than that of their anchors.

    python benchmarks/saliency.py --data FOLDER

Goes on where it was when it was stopped.
"""

import argparse
import csv
import warnings
from functools import partial
from pathlib import Path

import models
import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from tables import folder_of, load

from sklearn_synda.acquisition import margin_score
from sklearn_synda.synthesis import PerturbationSynthesizer, SaliencyPerturbationSynthesizer
from sklearn_synda.uncertainty import PredictiveUncertainty

SETS = [
    *["banknote", "diabetes_pima", "dry_bean", "ionosphere", "magic04", "phoneme", "sonar"],
    *["spambase", "vehicle", "wdbc", "wilt", "credit_g", "abalone_3class"],
]
MODELS = ["logistic", "forest", "net"]


class RandomPerturbation(PerturbationSynthesizer):
    """Features at random, and the most uncertain of the candidates."""

    def _find_hints(self, anchors, guide, rng):
        return {}


class Undirected(SaliencyPerturbationSynthesizer):
    """The features of a step, moved either way."""

    def _attribute(self, guide, cells, rng):
        return super()._attribute(guide, cells, rng)[0], None


class RandomDirected(SaliencyPerturbationSynthesizer):
    """Features at random, moved the way that raises the uncertainty."""

    def _attribute(self, guide, cells, rng):
        return np.ones(cells.shape), super()._attribute(guide, cells, rng)[1]


ARMS = {
    "random": RandomPerturbation,
    "random_best_of_5": partial(RandomPerturbation, n_candidates=5),
    "random_directed": RandomDirected,
    "occlusion": PerturbationSynthesizer,
    "signed_occlusion": partial(SaliencyPerturbationSynthesizer, saliency="occlusion"),
    "shapley": partial(SaliencyPerturbationSynthesizer, saliency="shapley"),
    "step_undirected": Undirected,
    "step": SaliencyPerturbationSynthesizer,
    "step_best_of_5": partial(SaliencyPerturbationSynthesizer, n_candidates=5),
}
NET_ARMS = {
    "gradient": partial(SaliencyPerturbationSynthesizer, saliency="gradient"),
    "gradient_best_of_5": partial(
        SaliencyPerturbationSynthesizer, saliency="gradient", n_candidates=5
    ),
}
SCALES = [0.3, 1.0]
COLUMNS = ["set", "seed", "model", "scale", "arm", "uncertainty", "uncertainty_guide",
           "uncertainty_anchor", "flipped", "distance"]  # fmt: skip
N_FITTED, N_JUDGES = 150, 2000


def rows_of(name, seed, model_name, folder):
    """One raw row for each scale and arm."""
    table = load(name, folder)
    y = table.y.to_numpy()
    n_rows = min(len(y), N_FITTED + N_JUDGES)
    few = len(y) < 2 * N_FITTED
    fitted, others = train_test_split(
        np.arange(len(y)), train_size=0.5 if few else N_FITTED,
        test_size=None if few else n_rows - N_FITTED, stratify=y, random_state=seed,
    )  # fmt: skip
    X, codes = table.X.iloc[fitted], np.unique(y, return_inverse=True)[1][fitted]
    model = models.build(model_name, "classification", seed).fit(X, y[fitted])
    guide = PredictiveUncertainty(model).fit(X, y[fitted])
    judges = [
        models.prepared(member, scale=True).fit(table.X.iloc[others], y[others])
        for member in (ExtraTreesClassifier(100, min_samples_leaf=2, random_state=seed),
                       LogisticRegression(max_iter=1000))
    ]  # fmt: skip

    def judge(rows):
        return np.mean([j.predict_proba(rows) for j in judges], axis=0)

    anchors = np.arange(len(X))
    before = judge(X)
    for scale in SCALES:
        for arm, make in (ARMS | NET_ARMS if model_name == "net" else ARMS).items():
            part = make(scale=scale).fit(X, codes)
            batch = part.sample(
                anchors, random_state=seed,
                guide=guide.predict_uncertainty,
            )  # fmt: skip
            after = judge(batch.X)
            place = part.columns_.to_embedding(part.cells_)
            moved = part.columns_.to_embedding(part.columns_.to_cells(batch.X))
            yield [
                name, seed, model_name, scale, arm, margin_score(after).mean(),
                guide.predict_uncertainty(batch.X).mean(), margin_score(before).mean(),
                (after.argmax(axis=1) != before.argmax(axis=1)).mean(),
                np.linalg.norm(place - moved, axis=1).mean(),
            ]  # fmt: skip


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--data")
    asked.add_argument("--seeds", type=int, default=5)
    asked.add_argument("--out", default=Path(__file__).parent / "results" / "saliency.csv")
    asked = asked.parse_args()
    warnings.simplefilter("ignore")
    path, folder = Path(asked.out), folder_of(asked.data)
    done = set()
    if path.exists():
        found = pd.read_csv(path)
        done = set(zip(found["set"], found["seed"], found["model"], strict=True))
    else:
        path.write_text(",".join(COLUMNS) + "\n")
    for seed in range(asked.seeds):
        for name in SETS:
            for model in MODELS:
                if (name, seed, model) in done:
                    continue
                rows = list(rows_of(name, seed, model, folder))
                with open(path, "a", newline="") as file:
                    csv.writer(file, lineterminator="\n").writerows(
                        [[f"{v:.6g}" if isinstance(v, float) else v for v in row] for row in rows]
                    )
    report(pd.read_csv(path))


def report(found):
    """Means over sets, and in how many sets an arm is above random."""
    mean = found.groupby(["scale", "model", "arm", "set"]).mean(numeric_only=True).reset_index()
    random = mean[mean["arm"] == "random"].set_index(["scale", "model", "set"])["uncertainty"]
    mean["above"] = [
        row.uncertainty > random[row.scale, row.model, row.set] for row in mean.itertuples()
    ]
    columns = ["uncertainty_anchor", "uncertainty", "uncertainty_guide", "flipped", "distance"]
    table = mean.groupby(["scale", "model", "arm"])[[*columns, "above"]].agg("mean")
    print(table.round(3).to_string())


if __name__ == "__main__":
    main()
