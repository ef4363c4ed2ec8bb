"""A model, its proxy, and the proxy in 8 bits: size, speed, and what is lost.

    python benchmarks/speed/proxy.py [--data FOLDER]

500 training rows, the margin of at most 5,000 others. Seconds are the least of five (CPU time of
one thread) for the answers to all these rows; size is that of the pickled model. ``rank`` is
Spearman's correlation with what the model says; AUC (macro, one against the rest) is that of the
class probabilities.
"""

import argparse
import pickle
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import softmax
from scipy.stats import spearmanr
from sklearn.ensemble import RandomForestClassifier
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

sys.path.insert(0, str(Path(__file__).parents[1]))
import tables  # noqa: E402

from sklearn_synda._columns import Columns, encode_table  # noqa: E402
from sklearn_synda.uncertainty import PredictiveUncertainty, ProxyUncertainty  # noqa: E402

SETS = ["phoneme", "satimage", "spambase", "waveform"]
MODELS = {
    "forest of 300": lambda: RandomForestClassifier(300, min_samples_leaf=2, random_state=0),
    "Gaussian process": lambda: make_pipeline(GaussianProcessClassifier(optimizer=None)),
}


def least_seconds(part, rows):
    seconds = []
    for _ in range(5):
        began = time.process_time()
        part.predict_uncertainty(rows)
        seconds.append(time.process_time() - began)
    return min(seconds)


def auc(y, proba):
    if proba.shape[1] == 2:
        return roc_auc_score(y, proba[:, 1])
    return roc_auc_score(y, proba / proba.sum(axis=1, keepdims=True), multi_class="ovr")


def proba_of(part, rows):
    if not hasattr(part, "proxy_"):
        return part.estimator_.predict_proba(rows)
    points = encode_table(rows, part.columns_)
    return softmax(part.proxy_.predict(points) * part._scale + part._center, axis=1)


def rows_of(name, folder):
    """One row of the table for each model and form."""
    table = tables.load(name, folder)
    y = pd.factorize(table.y, sort=True)[0]
    train, test = train_test_split(np.arange(len(y)), train_size=500, stratify=y, random_state=0)
    columns = Columns(table.X.iloc[train])
    X, X_test = (encode_table(table.X.iloc[rows], columns) for rows in (train, test[:5000]))
    y_test = y[test[:5000]]
    for model, build in MODELS.items():
        forms = {
            "full": PredictiveUncertainty(build()),
            "proxy": ProxyUncertainty(build(), random_state=0),
            "int8": ProxyUncertainty(build(), quantize=True, random_state=0),
        }
        for form, part in forms.items():
            part.fit(X, y[train])
            said = part.predict_uncertainty(X_test)
            if form == "full":
                truth, full_seconds = said, least_seconds(part, X_test)
            seconds = least_seconds(part, X_test)
            size = len(pickle.dumps(part.estimator_ if form == "full" else part.proxy_))
            yield [name, model, form, f"{size / 1024:.0f}", f"{1000 * seconds:.1f}",
                   f"{full_seconds / seconds:.0f}", f"{spearmanr(said, truth)[0]:.3f}",
                   f"{auc(y_test, proba_of(part, X_test)):.4f}"]  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", help="folder of tables (else SYNDA_DATA)")
    folder = tables.folder_of(parser.parse_args().data)
    head = ["set", "model", "form", "KiB", "ms", "times faster", "rank", "AUC"]
    for line in (head, ["---"] * len(head)):
        print("| " + " | ".join(line) + " |")
    for name in SETS:
        for row in rows_of(name, folder):
            print("| " + " | ".join(row) + " |", flush=True)
