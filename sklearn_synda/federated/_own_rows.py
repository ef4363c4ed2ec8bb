"""What a client is given: rows, targets and weights, checked."""

from numbers import Real

import numpy as np
from sklearn.base import is_classifier, is_regressor
from sklearn.utils import check_array
from sklearn.utils.validation import check_consistent_length

from sklearn_synda._columns import is_dataframe
from sklearn_synda._input import check_container
from sklearn_synda._labels import as_values, split_labeled
from sklearn_synda._rows import row_subset
from sklearn_synda._sklearn_compat import _check_sample_weight

__all__ = ["check_rate", "check_rows", "encode_targets"]


def check_rate(rate):
    """Raise unless a reservoir has so many rows to draw from."""
    if not (isinstance(rate, Real) and 0 <= rate <= 5):
        raise ValueError(
            "The 'rate' parameter of FederatedClient must be a number from 0 to 5. Got"
            f" {rate!r} instead."
        )


def check_rows(X, y, sample_weight):
    """Rows, targets and weights; a row of weight 0 is none."""
    check_container(X, "FederatedClient")
    if not is_dataframe(X):
        X = check_array(X, dtype=None, ensure_all_finite="allow-nan")
    y, labeled = split_labeled(y, np.nan)
    check_consistent_length(X, y)
    weight = np.ones(len(y))
    if sample_weight is not None:
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    if not labeled.all():
        raise ValueError(
            "The 'y' parameter of FederatedClient must hold labels only. Got"
            f" {(~labeled).sum()} missing ones instead: leave those rows out."
        )
    counts = np.flatnonzero(weight > 0)
    return row_subset(X, counts), y[counts], weight[counts]


def encode_targets(model, y, classes):
    """The classes, or None, and codes or values."""
    if is_regressor(model):
        return None, as_values(y)
    if not is_classifier(model):
        raise TypeError(
            f"{type(model).__name__} is not compatible with FederatedClient: it needs a classifier"
            " or a regressor. Use SGDClassifier or SGDRegressor instead."
        )
    if classes is None:
        raise ValueError(
            "The 'classes' parameter of FederatedClient must hold all classes of all clients. Got"
            " None instead."
        )
    code = {name: k for k, name in enumerate(np.unique(classes).tolist())}
    if unknown := set(y.tolist()) - set(code):
        raise ValueError(
            "The 'y' parameter of FederatedClient must hold classes that are among 'classes'. Got"
            f" {sorted(unknown, key=str)} instead."
        )
    return tuple(code), np.array([code[name] for name in y.tolist()], dtype=np.intp)
