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
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import get_scorer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_synda._columns import Columns
from sklearn_synda._compatibility import check_count
from sklearn_synda._rows import is_classification, row_subset
from sklearn_synda.deploy._kind import check_kind
from sklearn_synda.deploy._load import load
from sklearn_synda.synthesis._base import BaseSynthesizer

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
model.predict(rows) if hasattr(model, "predict") else model.sample([0])
print(resident() - before)
"""


def efficiency_report(models, X, y, *, scoring=None, n_repeats=20, memory=True):
    """Size, memory, latency and score of models, or of synthesizers, side by side.

    Of a synthesizer, such as a generator beside its ``quantize()``, the latency is that of
    making rows, and the score that of boosted trees trained on 1,000 made rows alone.

    Parameters
    ----------
    models : dict of str to estimator object, path or str
        Fitted estimators, loaded models, paths of files that :func:`export` wrote, or fitted
        synthesizers.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Real rows no model was fitted on.
    y : array-like of shape (n_samples,)
        Their targets; for synthesizers class codes or values, as these were fitted on.
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
        and predicts (or makes) one row. ``seconds_1`` and ``seconds_1000``: of
        ``predict_proba`` (``predict``, ``sample``) for 1 and 1,000 rows. ``score``.

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
    for model in opened.values():
        if not isinstance(model, BaseSynthesizer):
            check_kind(model, "deploy.efficiency_report")
    judged = {name: _judged(model) for name, model in opened.items()}
    scorer = get_scorer(_default_scoring(judged.values()) if scoring is None else scoring)
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
        report["score"].append(scorer(judged[name], X, y))
    return {name: np.asarray(column) for name, column in report.items()}


def _default_scoring(models):
    if not all(map(is_classifier, models)):
        return "r2"
    return "roc_auc_ovr" if all(hasattr(m, "predict_proba") for m in models) else "accuracy"


def _judged(model):
    """What is scored: the model, or trees trained on what a synthesizer makes."""
    if not isinstance(model, BaseSynthesizer):
        return model
    is_class = is_classification(model.y_)
    labeled = np.flatnonzero(model.y_ >= 0 if is_class else np.isfinite(model.y_))
    anchors = np.resize(labeled, 1000)
    kind = HistGradientBoostingClassifier if is_class else HistGradientBoostingRegressor
    columns = Columns(model.columns_.to_table(model.cells_))
    columns.to_embedding(model.cells_)  # learnt from real rows
    encode = FunctionTransformer(lambda X: columns.to_embedding(columns.to_cells(X)))
    judge = make_pipeline(encode, kind(random_state=0))
    return judge.fit(model.sample(anchors, random_state=0).X, model.y_[anchors])


def _n_bytes(model):
    content = getattr(model, "content", None)
    return len(content) if isinstance(content, bytes) else len(pickle.dumps(model))


def _seconds(model, rows, n_repeats):
    if isinstance(model, BaseSynthesizer):
        anchors = np.resize(np.arange(len(model.y_)), rows.shape[0])

        def ask(_):
            return model.sample(anchors, random_state=0)

    else:
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
