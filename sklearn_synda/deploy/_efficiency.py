"""What models cost: bytes, memory, seconds; beside what they are worth."""

import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
from sklearn.base import is_classifier
from sklearn.metrics import get_scorer

from sklearn_synda._compatibility import check_count
from sklearn_synda._rows import row_subset
from sklearn_synda.deploy._load import load

__all__ = ["efficiency_report"]

_MEASURED = """
import pickle, sys
import numpy, sklearn_synda.deploy
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1])
with open(sys.argv[1], "rb") as file:
    rows = pickle.load(file)
    before = resident()
    model = pickle.load(file)
model.predict(rows)
print(resident() - before)
"""


def efficiency_report(models, X, y, *, scoring=None, n_repeats=20, memory=True):
    """Size, memory, latency and score of models, side by side.

    Parameters
    ----------
    models : dict of str to estimator object, path or str
        Fitted estimators, loaded models, or paths of files that :func:`export` wrote.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Real rows no model was fitted on.
    y : array-like of shape (n_samples,)
        Their targets.
    scoring : str or callable, default=None
        As in scikit-learn. None is "roc_auc_ovr" where every model has ``predict_proba``,
        "accuracy" for other classifiers, "r2" for regressors.
    n_repeats : int, default=20
        Calls that are timed, after one that is not; the median counts.
    memory : bool, default=True
        Whether to measure memory, which starts a process for each model (Linux only; NaN
        elsewhere). Classes defined in a script cannot be found there: put them in a module.

    Returns
    -------
    report : dict of ndarrays of shape (n_models,)
        ``model``: names. ``n_bytes``: of the pickle, or of the file. ``memory``: bytes by which
        a process grows that loads the model, with the packages it needs beyond scikit-learn,
        and predicts one row. ``seconds_1`` and ``seconds_1000``: of ``predict_proba`` (or
        ``predict``) for 1 and 1,000 rows. ``score``.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_synda import deploy
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> models = {"forest": RandomForestClassifier(random_state=0),
    ...           "tree": DecisionTreeClassifier(max_depth=3)}
    >>> models = {name: model.fit(X[:300], y[:300]) for name, model in models.items()}
    >>> report = deploy.efficiency_report(models, X[300:], y[300:], memory=False, n_repeats=3)
    >>> bool(report["n_bytes"][1] < report["n_bytes"][0] / 20)
    True
    >>> report["score"].shape
    (2,)
    """
    if not models:
        raise ValueError(
            "The 'models' parameter of deploy.efficiency_report must name at least one model."
            " Got an empty dict instead."
        )
    check_count("n_repeats", n_repeats, "deploy.efficiency_report")
    opened = {
        name: load(model) if isinstance(model, (str, Path)) else model
        for name, model in models.items()
    }
    scorer = get_scorer(_default_scoring(opened.values()) if scoring is None else scoring)
    many = row_subset(X, np.resize(np.arange(X.shape[0]), 1000))
    one = row_subset(X, np.arange(1))
    report = {name: [] for name in ("model", "n_bytes", "memory", "seconds_1", "seconds_1000",
                                    "score")}  # fmt: skip
    for name, model in opened.items():
        report["model"].append(name)
        report["n_bytes"].append(_n_bytes(model))
        report["memory"].append(_memory(model, one) if memory else np.nan)
        report["seconds_1"].append(_seconds(model, one, n_repeats))
        report["seconds_1000"].append(_seconds(model, many, n_repeats))
        report["score"].append(scorer(model, X, y))
    return {name: np.asarray(column) for name, column in report.items()}


def _default_scoring(models):
    if not all(map(is_classifier, models)):
        return "r2"
    return "roc_auc_ovr" if all(hasattr(m, "predict_proba") for m in models) else "accuracy"


def _n_bytes(model):
    content = getattr(model, "content", None)
    return len(content) if isinstance(content, bytes) else len(pickle.dumps(model))


def _seconds(model, rows, n_repeats):
    ask = getattr(model, "predict_proba", model.predict)
    ask(rows)
    taken = []
    for _ in range(n_repeats):
        start = perf_counter()
        ask(rows)
        taken.append(perf_counter() - start)
    return float(np.median(taken))


def _memory(model, rows):
    if not Path("/proc/self/statm").exists():
        return np.nan
    handle, path = tempfile.mkstemp()
    try:
        with os.fdopen(handle, "wb") as file:
            pickle.dump(rows, file)
            pickle.dump(model, file)
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        done = subprocess.run(
            [sys.executable, "-c", _MEASURED, path], env=env, text=True, check=True,
            stdout=subprocess.PIPE,
        )  # fmt: skip
    finally:
        os.unlink(path)
    return int(done.stdout) * os.sysconf("SC_PAGE_SIZE")
