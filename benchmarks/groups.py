"""What `groups` are worth where rows of one person are alike: two tables of people's voices.

    python benchmarks/groups.py --out OUT.csv [--seeds 10] [--data FOLDER]
    python benchmarks/groups.py --report RAW.csv     # the table of the user guide

Half of the speakers are trained on, the others are new. A fit is told who is who, or is not; the
loss it promised, that of its held-out rows, stands beside that of the new speakers.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from growing_csv import GrowingCSV
from models import build, suits
from splits import random_seed
from tables import folder_of, load

from sklearn_synda import ActiveSynthesisClassifier, ActiveSynthesisRegressor
from sklearn_synda.validation import held_out_loss

SPEAKERS = {  # the columns that say who speaks, and those of them that the model is not given
    "parkinsons_telemonitoring": (["age", "sex"], []),
    "vowel": (["Speaker_Number"], ["Speaker_Number"]),
}
ROWS = 8  # of each speaker
MODELS = ["lightgbm_safe", "logistic", "ridge", "tree"]
COLUMNS = ["set", "seed", "model", "fit", "loss", "promised", "best_iteration"]


def draw(name, folder, seed):
    """Training rows, their targets and speakers, rows and targets of new speakers."""
    table = load(name, folder)
    says_who, hidden = SPEAKERS[name]
    who = table.X[says_who].astype(str).agg(" ".join, axis=1).to_numpy()
    y = table.y.to_numpy()
    if table.task == "classification":
        y = np.unique(y, return_inverse=True)[1]
    rng = np.random.default_rng(random_seed(name, seed))
    names = rng.permutation(np.unique(who))
    known = [np.flatnonzero(who == n) for n in names[: len(names) // 2]]
    rows = np.concatenate([rng.choice(own, ROWS, replace=False) for own in known])
    new = ~np.isin(who, who[rows])
    X = table.X.drop(columns=hidden)
    return table.task, (X.iloc[rows], y[rows], who[rows]), (X[new], y[new])


def measure(name, folder, seed):
    """Raw rows of one table and seed."""
    task, (X, y, who), (X_new, y_new) = draw(name, folder, seed)
    kind = ActiveSynthesisRegressor if task == "regression" else ActiveSynthesisClassifier
    if task == "classification":  # a class that nobody said in training is no speaker's fault
        met = np.isin(y_new, y)
        X_new, y_new = X_new[met], y_new[met]
    for model in [m for m in MODELS if suits(m, task)]:
        for fit, own, params in (
            ("alone", {"max_iter": 0}, {}),
            ("row by row", {}, {}),
            ("by groups", {}, {"groups": who}),
        ):
            fitted = kind(build(model, task, seed), random_state=seed, **own)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                fitted.fit(X, y, **params)
            loss = held_out_loss(fitted.estimator_, X_new, y_new).mean()
            promised = fitted.history_["loss"][fitted.best_iteration_]
            if task == "regression":
                loss, promised = np.sqrt(loss), np.sqrt(promised)
            yield [name, seed, model, fit, f"{loss:.5g}", f"{promised:.5g}", fitted.best_iteration_]


def markdown_of(raw):
    """One line a table and model: new speakers' loss, and what the held-out rows had promised."""
    lines = [
        "| table | model | seeds | alone | row by row | promised | by groups | promised |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for (name, model), group in raw.groupby(["set", "model"]):
        mean = group.groupby("fit")[["loss", "promised"]].mean()
        lines.append(
            f"| {name} | {model} | {group['seed'].nunique()} | {mean.loss['alone']:.2f}"
            f" | {mean.loss['row by row']:.2f} | {mean.promised['row by row']:.2f}"
            f" | {mean.loss['by groups']:.2f} | {mean.promised['by groups']:.2f} |"
        )
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--report", type=Path)
    options = parser.parse_args()
    if options.report:
        print(markdown_of(pd.read_csv(options.report)))
        return
    folder = folder_of(options.data)
    raw = GrowingCSV(options.out, COLUMNS, 2)
    for seed in range(options.seeds):
        for name in SPEAKERS:
            if (name, str(seed)) not in raw.done:
                raw.append(list(measure(name, folder, seed)))
    print(markdown_of(raw.frame()))


if __name__ == "__main__":
    main()
