"""What a pool is known by: its shape, its columns, a hash of its content."""

import hashlib
import json

import numpy as np
from scipy import sparse

from sklearn_synda._columns import is_dataframe
from sklearn_synda._labels import is_missing

__all__ = ["check_same_pool", "fingerprint"]

_EXACT = 2**53  # float64 holds every integer below


def fingerprint(X):
    """Shape, column names and hash of a pool, as a dict of plain values.

    The hash is of values, not of containers: a DataFrame of numbers, the ndarray of its values
    and the same table read again with other integer or float dtypes have one hash. A frame of
    mixed columns and the object array of its values may have two.
    """
    names = [str(name) for name in X.columns] if is_dataframe(X) else None
    digest = hashlib.sha256(str(X.shape).encode())
    for part in _parts(X):
        digest.update(part)
    return {
        "n_rows": int(X.shape[0]),
        "n_columns": int(X.shape[1]),
        "columns": names,
        "content": digest.hexdigest(),
    }


def _parts(X):
    """Bytes of a table, column by column."""
    if sparse.issparse(X):
        X = X.tocsc(copy=True)
        X.sum_duplicates()
        X.eliminate_zeros()
        for values in (X.indptr, X.indices, X.data):
            yield _column_bytes(values)
        return
    for j in range(X.shape[1]):
        if hasattr(X, "iloc"):
            yield _column_bytes(X.iloc[:, j].to_numpy())
        elif is_dataframe(X):
            yield _column_bytes(X.to_series(j).to_numpy())
        else:
            yield _column_bytes(X[:, j])


def _column_bytes(column):
    kind = column.dtype.kind
    if kind in "iu" and np.abs(column.astype(np.float64)).max(initial=0) >= _EXACT:
        return column.tobytes()
    if kind in "iufb":
        values = column.astype(np.float64) + 0.0  # one zero, not two
        values[np.isnan(values)] = np.nan
        return values.tobytes()
    if kind in "mM":  # in one unit, whichever the container likes
        column = column.astype(f"{kind}8[us]")
    return json.dumps([_plain(v) for v in column.tolist()]).encode()


def _plain(value):
    """A cell as JSON can hold it; all missing values are one."""
    if is_missing(value):
        return None
    if isinstance(value, (bool, int, float)):
        return float(value) if abs(value) < _EXACT else str(value)
    return str(value)


def check_same_pool(known, X, path):
    """Raise unless the pool is the one that a file was made for."""
    for what, text in (("n_columns", "columns"), ("n_rows", "rows")):
        n = X.shape[1 if what == "n_columns" else 0]
        if n != known[what]:
            raise ValueError(
                f"The 'X' parameter of LabelingSession must have the {known[what]} {text} of the"
                f" pool of {path!r}. Got {n} {text} instead."
            )
    given = fingerprint(X)
    if given["columns"] != known["columns"] and None not in (given["columns"], known["columns"]):
        raise ValueError(
            f"The 'X' parameter of LabelingSession must have the columns of the pool of {path!r},"
            f" {', '.join(known['columns'])}. Got {', '.join(given['columns'])} instead."
        )
    if given["content"] != known["content"]:
        raise ValueError(
            f"The 'X' parameter of LabelingSession must hold the values of the pool of {path!r}."
            " Got other values instead: ids are positions, and a label would go to another row."
        )
