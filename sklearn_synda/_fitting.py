"""Fitting a user's estimator on weighted rows, whatever it accepts."""

import threading
import warnings
from contextlib import contextmanager
from inspect import signature

import numpy as np
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone, is_classifier
from sklearn.frozen import FrozenEstimator
from sklearn.utils.metadata_routing import get_routing_for_object, process_routing

from sklearn_synda._columns import is_dataframe
from sklearn_synda._compatibility import pipeline_steps, searched_estimator, takes_sample_weight
from sklearn_synda._rows import own_copy, row_subset
from sklearn_synda._sklearn_compat import _routing_enabled
from sklearn_synda.exceptions import SampleWeightWarning

__all__ = [
    "fit_estimator",
    "in_random_order",
    "of_one_worker",
    "repeat_by_weight",
    "seed_estimator",
    "take_metadata",
    "thawed",
    "warned_once",
]


def seed_estimator(estimator, rng):
    """A clone (a copy of what has no parameters), every ``random_state`` left at None set."""
    estimator = clone(estimator, safe=False)
    if not hasattr(estimator, "get_params"):
        return estimator
    unset = {
        name: int(rng.randint(np.iinfo(np.int32).max))
        for name, value in sorted(estimator.get_params(deep=True).items())
        if value is None and (name == "random_state" or name.endswith("__random_state"))
    }
    return estimator.set_params(**unset) if unset else estimator


def of_one_worker(estimator):
    """A clone in which every ``n_jobs`` left at None is 1, as it is in scikit-learn's classes.

    In LightGBM and XGBoost it means all cores, and where dozens of small fits share them with other
    programs their threads wait for one another.
    """
    if not hasattr(estimator, "get_params"):
        return estimator
    params = estimator.get_params(deep=True)
    unset = {}
    for name, value in params.items():
        *owner, last = name.rsplit("__", 1)
        owner = params.get(owner[0]) if owner else estimator
        is_unset = last == "n_jobs" and value is None and hasattr(owner, "get_params")
        if is_unset and not any(map(_is_of_sklearn_with_n_jobs, type(owner).__mro__)):
            unset[name] = 1
    return clone(estimator, safe=False).set_params(**unset) if unset else estimator


def _is_of_sklearn_with_n_jobs(kind):
    is_of_sklearn = kind.__module__.startswith("sklearn.")
    return is_of_sklearn and "n_jobs" in signature(kind.__init__).parameters


@contextmanager
def warned_once():
    """Many fits of one model, and each of their warnings once, when all is done.

    Those of this thread: warnings are caught for the whole process, and in another thread than
    the main one all are shown as they come. So are those of worker processes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    caught = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            yield
    finally:
        for each in {(each.category, str(each.message)): each for each in caught}.values():
            warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)


def thawed(estimator):
    """What is inside a :class:`~sklearn.frozen.FrozenEstimator`; any other as it is."""
    while isinstance(estimator, FrozenEstimator):  # one of the user's own, in one of ours
        estimator = estimator.estimator
    return estimator


def repeat_by_weight(sample_weight, rng, unit=1.0, y=None):
    """Positions of rows, each as often as its weight says on average.

    None of the classes in ``y`` is lost: where no row of one was drawn, its heaviest is.

    Parameters
    ----------
    sample_weight : ndarray of shape (n_rows,)
        Weights.
    rng : RandomState
        Decides on the fractions.
    unit : float, default=1.0
        The weight of a row that appears once.
    y : ndarray of shape (n_rows,), default=None
        Classes.

    Returns
    -------
    positions : intp ndarray
    """
    times = np.asarray(sample_weight, dtype=np.float64) / unit
    whole = np.floor(times + 1e-9)
    extra = rng.uniform(size=len(times)) < times - whole
    n_times = (whole + extra).astype(np.intp)
    for label in [] if y is None else np.unique(y):
        rows = np.flatnonzero(y == label)
        heaviest = rows[times[rows].argmax()]
        if times[heaviest] > 0 and not n_times[rows].any():
            n_times[heaviest] = 1
    return np.repeat(np.arange(len(times)), n_times)


def in_random_order(rows, n_rows, rng):
    """Repeated positions mixed, the copies of a row side by side.

    Real rows stand first, and a net that holds out some of its rows for itself takes them there.
    """
    return rows[np.argsort(rng.permutation(n_rows)[rows], kind="stable")]


def fit_estimator(estimator, X, y, sample_weight=None, rng=None, *, metadata=None, unit=None,
                  caller="it"):  # fmt: skip
    """Fit a clone of an estimator on weighted rows; a frozen one stays as it is.

    Weights reach the last step of a Pipeline, however deep it lies. An estimator that takes none
    is fitted on rows repeated by weight, in which no class is lost, and a warning says so.

    Parameters
    ----------
    estimator : estimator object
        Not changed.
    X, y : table of shape (n_rows, n_features), ndarray of shape (n_rows,)
        Rows and targets.
    sample_weight : ndarray of shape (n_rows,) or None, default=None
        None: the estimator is fitted as by the user, without weights.
    rng : RandomState, default=None
        For rows repeated by weight; None is always the same draw.
    metadata : dict, default=None
        Further arguments of the estimator's ``fit``.
    unit : float, default=None
        Weight of a row that appears once where rows are repeated; None is the mean weight.
    caller : str or None, default="it"
        Name in the warning where rows are repeated; None: no warning.

    Returns
    -------
    estimator : fitted clone
    """
    estimator = clone(estimator)
    metadata = metadata or {}
    if isinstance(estimator, FrozenEstimator):
        return estimator.fit(X, y, **metadata)
    X, y = own_copy(X), own_copy(y)
    if sample_weight is None:
        return estimator.fit(X, y, **metadata)
    if takes_sample_weight(estimator):
        params = _fit_params(estimator, own_copy(sample_weight), metadata)
        with config_context(enable_metadata_routing=False):
            return estimator.fit(X, y, **params)
    weight = np.asarray(sample_weight, dtype=np.float64)
    if unit is None and np.ptp(weight) == 0:  # every row once
        return estimator.fit(X, y, **metadata)
    if caller is not None:
        warnings.warn(
            f"{type(estimator).__name__} takes no sample_weight: {caller} repeats rows by"
            " weight instead.",
            SampleWeightWarning,
            stacklevel=3,
        )
    rng = np.random.RandomState(0) if rng is None else rng
    groups = y if is_classifier(estimator) else np.zeros(len(weight))
    rows = repeat_by_weight(weight, rng, weight.mean() if unit is None else unit, groups)
    rows = in_random_order(rows, len(weight), rng)
    return estimator.fit(row_subset(X, rows), y[rows], **take_metadata(metadata, rows, len(y)))


def _fit_params(estimator, sample_weight, metadata):
    """Arguments of ``fit`` as they are without metadata routing: by the path of their step.

    Weights are not routed: the last step learns from them whatever it requests. What the user
    has routed elsewhere still goes there.
    """
    if (searched := searched_estimator(estimator)) is not None:
        return _fit_params(searched, sample_weight, metadata)
    steps = pipeline_steps(estimator)
    if pipeline_steps(getattr(estimator, "regressor", None)):
        return _fit_params(estimator.regressor, sample_weight, metadata)
    if not steps:
        return {**metadata, "sample_weight": sample_weight}
    if not _routing_enabled():
        params, (name, last) = dict(metadata), steps[-1]
        own = {
            key.removeprefix(f"{name}__"): params.pop(key)
            for key in metadata if key.startswith(f"{name}__")
        }  # fmt: skip
        own = _fit_params(last, sample_weight, own)
        return params | {f"{name}__{key}": value for key, value in own.items()}
    routed, params = process_routing(estimator, "fit", **metadata), {}
    for name, step in steps:
        if step is steps[-1][1]:
            own = _fit_params(step, sample_weight, dict(routed[name]["fit"]))
        elif step is None or isinstance(step, str):
            continue
        else:
            methods = routed[name]
            own = dict(methods.get("fit_transform") or methods.get("fit") or {})
            request = getattr(get_routing_for_object(step), "fit", None)
            if request is not None and request.requests.get("sample_weight") is True:
                own["sample_weight"] = sample_weight
        params |= {f"{name}__{key}": value for key, value in own.items()}
    return params


def take_metadata(metadata, rows, n_rows):
    """Arguments with one entry a row, for the rows at some positions.

    Rows to validate on, and their targets, are no such arguments, however many they are.
    """
    return {
        name: _entries(value, rows) if _is_by_row(name, value, n_rows) else value
        for name, value in metadata.items()
    }


def _entries(value, rows):
    is_table = is_dataframe(value) or sparse.issparse(value)
    return row_subset(value if is_table else np.asarray(value), rows)


def _is_by_row(name, value, n_rows):
    words = name.rpartition("__")[2].lower().split("_")
    if not {"eval", "val", "validation"}.isdisjoint(words):
        return False
    try:
        return np.shape(value)[:1] == (n_rows,)
    except ValueError:  # no array: pairs of tables and targets, say
        return False
