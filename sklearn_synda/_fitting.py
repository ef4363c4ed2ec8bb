"""Fitting a user's estimator on weighted rows, whatever it accepts."""

import warnings

import numpy as np
from sklearn import config_context
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from sklearn_synda._compatibility import takes_sample_weight
from sklearn_synda._rows import row_subset
from sklearn_synda.exceptions import SampleWeightWarning

__all__ = ["fit_estimator", "repeat_by_weight", "seed_estimator", "take_metadata", "thawed"]


def seed_estimator(estimator, rng):
    """A clone in which every ``random_state`` left at None is set."""
    if not hasattr(estimator, "get_params"):
        return estimator
    estimator = clone(estimator)
    unset = {
        name: int(rng.randint(np.iinfo(np.int32).max))
        for name, value in sorted(estimator.get_params(deep=True).items())
        if value is None and (name == "random_state" or name.endswith("__random_state"))
    }
    return estimator.set_params(**unset) if unset else estimator


def thawed(estimator):
    """What is inside a :class:`~sklearn.frozen.FrozenEstimator`; any other as it is."""
    return estimator.estimator if isinstance(estimator, FrozenEstimator) else estimator


def repeat_by_weight(sample_weight, rng, unit=1.0):
    """Positions of rows, each as often as its weight says on average.

    Parameters
    ----------
    sample_weight : ndarray of shape (n_rows,)
        Weights.
    rng : RandomState
        Decides on the fractions.
    unit : float, default=1.0
        The weight of a row that appears once.

    Returns
    -------
    positions : intp ndarray
    """
    times = np.asarray(sample_weight, dtype=np.float64) / unit
    whole = np.floor(times + 1e-9)
    extra = rng.uniform(size=len(times)) < times - whole
    return np.repeat(np.arange(len(times)), (whole + extra).astype(np.intp))


def fit_estimator(estimator, X, y, sample_weight, rng, *, metadata=None, unit=1.0, caller=""):
    """Fit a clone of an estimator on weighted rows.

    Weights reach the last step of a Pipeline. An estimator that takes none is fitted on rows
    repeated by weight, and a warning says so.

    Parameters
    ----------
    estimator : estimator object
        Not changed.
    X, y : table of shape (n_rows, n_features), ndarray of shape (n_rows,)
        Rows and targets.
    sample_weight : ndarray of shape (n_rows,) or None
        None: the estimator is fitted as by the user, without weights.
    rng : RandomState
        For rows repeated by weight.
    metadata : dict, default=None
        Further arguments of the estimator's ``fit``.
    unit : float, default=1.0
        Weight of a row that appears once where rows are repeated.
    caller : str, default=""
        Name in the warning.

    Returns
    -------
    estimator : fitted clone
    """
    estimator = clone(estimator)
    metadata = metadata or {}
    if sample_weight is None:
        return estimator.fit(X, y, **metadata)
    if takes_sample_weight(estimator):
        name = "sample_weight"
        if hasattr(estimator, "steps"):
            name = f"{estimator.steps[-1][0]}__sample_weight"
        with config_context(enable_metadata_routing=False):
            return estimator.fit(X, y, **metadata, **{name: sample_weight})
    warnings.warn(
        f"{type(estimator).__name__} takes no sample_weight: {caller or 'it'} repeats rows by"
        " weight instead.",
        SampleWeightWarning,
        stacklevel=3,
    )
    rows = repeat_by_weight(sample_weight, rng, unit)
    return estimator.fit(row_subset(X, rows), y[rows], **take_metadata(metadata, rows, len(y)))


def take_metadata(metadata, rows, n_rows):
    """Arguments with one entry a row, for the rows at some positions."""
    return {
        name: row_subset(np.asarray(value), rows) if np.shape(value)[:1] == (n_rows,) else value
        for name, value in metadata.items()
    }
