"""Rows as a user gives them: names and numbers of columns checked, values left alone."""

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from sklearn_synda._columns import is_dataframe

__all__ = ["check_container", "check_table"]


def check_table(estimator, X, *, reset, accept_sparse="csr", ensure_all_finite=False):
    """A table with row access, in its own container.

    Parameters
    ----------
    estimator : estimator object
        Learns ``n_features_in_`` and ``feature_names_in_``, or is asked for them.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Rows.
    reset : bool
        Whether names and number of the columns are learnt, or compared with those learnt.
    accept_sparse, ensure_all_finite : as in :func:`sklearn.utils.check_array`
        Of arrays and sparse matrices.

    Returns
    -------
    X : {ndarray, sparse matrix, DataFrame} of shape (n_samples, n_features)
    """
    check_container(X, type(estimator).__name__)
    if is_dataframe(X):
        validate_data(estimator, X, skip_check_array=True, reset=reset)
        if X.shape[0] == 0 or X.shape[1] == 0:
            check_array(np.empty(X.shape))
        return X
    return validate_data(
        estimator, X, dtype=None, accept_sparse=accept_sparse, reset=reset,
        ensure_all_finite=ensure_all_finite,
    )  # fmt: skip


def check_container(X, caller):
    """Raise for a table without row access, and for two columns of one name."""
    kind = type(X)
    if hasattr(kind, "columns") and not (hasattr(X, "iloc") or hasattr(X, "to_series")):
        raise TypeError(  # Arrow, lazy frames
            f"The 'X' parameter of {caller} must be an array, a sparse matrix, a"
            " pandas or a polars DataFrame. Got a"
            f" {kind.__module__.partition('.')[0]} {kind.__name__} instead: convert it."
        )
    names = list(X.columns) if is_dataframe(X) else []
    if len(set(names)) < len(names):
        twice = sorted({str(name) for name in names if names.count(name) > 1})
        raise ValueError(
            f"The columns of X must have distinct names. Got {', '.join(twice)} more"
            " than once instead: rename them."
        )
