"""What models cost once they are deployed: full, as a file, with int8 weights, and as a student.

    python benchmarks/deployment.py --data FOLDER

For each set and seed a model is fitted on half of the rows (1,000 at most), written by
``deploy.export`` in float32 and int8, and distilled; size, memory, latency and AUC of all forms
are measured on the other half (2,000 at most). Seconds of a clock hang on what else the machine
does; ``cpu_1`` and ``cpu_1000``, of the processor, hardly do. One raw row a form; goes on where
it was when it was stopped.
"""

import argparse
import csv
import tempfile
import time
import warnings
from pathlib import Path

import models
import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from tables import folder_of, load

from sklearn_synda import deploy

SETS = [
    *["spambase", "credit_g", "vehicle", "phoneme", "wdbc", "satimage", "ionosphere", "adult"],
]
FORMS = ["full", "file", "int8", "int8_dynamic", "proxy", "proxy_file"]
COLUMNS = ["set", "seed", "model", "form", "n_bytes", "memory", "seconds_1", "seconds_1000",
           "auc", "cpu_1", "cpu_1000", "alone", "max_difference", "agreement", "done"]  # fmt: skip
N_ROWS = 1000
MEASURED = {"spambase"}  # sets on which memory is measured: a process for each form


def wide_mlp(task, seed):
    """Two layers of 256: a net large enough to be worth shrinking."""
    return models.prepared(MLPClassifier((256, 256), max_iter=40, random_state=seed), scale=True)


def lightgbm(task, seed):
    return LGBMClassifier(n_estimators=300, n_jobs=1, verbose=-1, random_state=seed)


MODELS = {
    "logistic": models.logistic,
    "mlp": models.mlp,
    "wide_mlp": wide_mlp,
    "net": models.net,
    "lightgbm": lightgbm,
}


def forms_of(model, X, seed, folder):
    """The forms of a fitted model, and what is known of each."""
    forms, notes = {"full": model}, {"full": {}}
    for form, quantization in (("file", "none"), ("int8", "int8"),
                               ("int8_dynamic", "int8_dynamic")):  # fmt: skip
        path = Path(folder, f"{form}.onnx")
        report = deploy.export(model, path, X, quantization=quantization, allowed_share=1.0)
        if form == "file" or report.quantization.startswith("int8"):
            forms[form] = path
        notes[form] = {"max_difference": report.max_difference, "done": report.quantization}
    found = deploy.distill(model, X, random_state=seed)
    forms["proxy"] = found.estimator
    notes["proxy"] = {"agreement": found.agreement}
    report = deploy.export(found.estimator, Path(folder, "proxy.onnx"), X, allowed_share=1.0)
    forms["proxy_file"] = Path(folder, "proxy.onnx")
    notes["proxy_file"] = {"max_difference": report.max_difference}
    return forms, notes


def processor_seconds(forms, X):
    """Median time of the processor for 1 and for 1,000 rows, form by form."""
    taken = []
    for form in forms.values():
        model = deploy.load(form) if isinstance(form, Path) else form
        for rows in (X.iloc[:1], X.iloc[np.resize(np.arange(len(X)), 1000)]):
            model.predict_proba(rows)
            seconds = []
            for _ in range(9):
                start = time.process_time()
                model.predict_proba(rows)
                seconds.append(time.process_time() - start)
            taken.append(np.median(seconds))
    return np.reshape(taken, (-1, 2)).T


def differences_alone(forms, X):
    """Largest difference between the probabilities of a row alone and among 1,000."""
    for form in forms.values():
        model = deploy.load(form) if isinstance(form, Path) else form
        together = model.predict_proba(X.iloc[:1000])
        alone = [model.predict_proba(X.iloc[[i]]) for i in range(100)]
        yield np.abs(np.vstack(alone) - together[:100]).max()


def rows_of(name, seed, model_name, folder):
    """One raw row for each form."""
    table = load(name, folder)
    y = table.y.to_numpy()
    size = len(y) // 2
    fitted, judged = train_test_split(
        np.arange(len(y)),
        train_size=min(size, N_ROWS),
        test_size=min(size, 2 * N_ROWS),
        stratify=y,
        random_state=seed,
    )
    X, X_test = table.X.iloc[fitted], table.X.iloc[judged]
    model = MODELS[model_name]("classification", seed).fit(X, y[fitted])
    with tempfile.TemporaryDirectory() as temporary:
        forms, notes = forms_of(model, X, seed, temporary)
        found = deploy.efficiency_report(
            forms, X_test, y[judged], n_repeats=5, memory=name in MEASURED and seed == 0
        )
        found["alone"] = list(differences_alone(forms, X_test))
        found["cpu_1"], found["cpu_1000"] = processor_seconds(forms, X_test)
    measured = {form: k for k, form in enumerate(found["model"])}
    for form in FORMS:
        numbers = [""] * 8
        if form in measured:
            names = COLUMNS[4:8] + ["score"] + COLUMNS[9:12]
            numbers = [f"{found[column][measured[form]]:.8g}" for column in names]
        note = notes[form]
        yield [name, seed, model_name, form, *numbers, note.get("max_difference", ""),
               note.get("agreement", ""), note.get("done", "")]  # fmt: skip


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--data")
    asked.add_argument("--seeds", type=int, default=3)
    results = Path(__file__).parent / "results" / "deployment" / "raw_rows.csv"
    asked.add_argument("--out", default=results)
    asked = asked.parse_args()
    warnings.simplefilter("ignore")
    path, folder = Path(asked.out), folder_of(asked.data)
    path.parent.mkdir(parents=True, exist_ok=True)
    done = set()
    if path.exists():
        found = pd.read_csv(path)
        done = set(zip(found["set"], found["seed"], found["model"], strict=True))
    else:
        path.write_text(",".join(COLUMNS) + "\n")
    for seed in range(asked.seeds):
        for name in SETS:
            for model in MODELS:
                if (name, seed, model) not in done:
                    rows = list(rows_of(name, seed, model, folder))
                    with open(path, "a", newline="") as file:
                        csv.writer(file, lineterminator="\n").writerows(rows)
    report(pd.read_csv(path))


def report(found):
    """Medians over sets and seeds; sizes as shares of the float32 file, AUC lost in points."""
    key = ["set", "seed", "model"]
    file = found[found["form"] == "file"].set_index(key)
    full = found[found["form"] == "full"].set_index(key)
    at = pd.MultiIndex.from_frame(found[key])
    found["of_file"] = found["n_bytes"].to_numpy() / file["n_bytes"].reindex(at).to_numpy()
    found["of_full"] = found["n_bytes"].to_numpy() / full["n_bytes"].reindex(at).to_numpy()
    found["auc_lost"] = 100 * (full["auc"].reindex(at).to_numpy() - found["auc"].to_numpy())
    found["megabytes"] = found["memory"] / 1e6
    columns = ["n_bytes", "of_full", "of_file", "megabytes", "cpu_1", "cpu_1000", "auc",
               "auc_lost", "alone", "max_difference", "agreement"]  # fmt: skip
    groups = found.groupby(["model", "form"], sort=False)
    table = groups[columns].median()
    table["auc_lost_most"] = groups["auc_lost"].max()
    table["n"] = groups["auc"].count()
    print(table.to_string(float_format=lambda v: f"{v:.4g}"))


if __name__ == "__main__":
    main()
