"""Rows of a table, whatever its container: taken by position, joined below one another."""

from itertools import chain

import numpy as np
from scipy import sparse

__all__ = ["are_whole", "as_objects", "concatenate_rows", "own_copy", "row_subset"]


def row_subset(X, indices):
    """Rows of a table by position or mask, in its own container."""
    if hasattr(X, "iloc"):
        return X.iloc[indices]
    if hasattr(X, "columns") and not sparse.issparse(X):  # polars
        indices = np.asarray(indices)
        return X.filter(indices) if indices.dtype == bool else X[indices]
    return X[indices]


def are_whole(numbers):
    """Whether all numbers are whole."""
    return bool(np.all(numbers == np.round(numbers)))


def as_objects(column):
    """The values of a column; also of those that numpy has no type for (128 bits of polars)."""
    if hasattr(column, "to_list") and "Int128" in str(column.dtype):
        values = np.empty(len(column), dtype=object)
        values[:] = column.to_list()
        return values
    return np.asarray(column, dtype=object)


def own_copy(X):
    """The table once more, for a model: it may change what it is given (``copy=False``)."""
    if isinstance(X, np.ndarray):
        return X.copy(order="K")
    return X.copy() if hasattr(X, "copy") else X  # polars frames cannot be changed


def concatenate_rows(tables):
    """Tables below one another, in the container of the first.

    A column keeps the dtype it has in the first table where that holds all values; where it does
    not, it takes one that does.
    """
    first = tables[0]
    tables = [first] + [t for t in tables[1:] if t.shape[0]]
    if len(tables) == 1:
        return first
    if sparse.issparse(first):
        stacked = _narrowed(sparse.vstack(tables, format="csr"), first.dtype)
        return type(first)(stacked) if first.format == "csr" else stacked.asformat(first.format)
    if isinstance(first, np.ndarray):
        return _concatenate_arrays(tables)
    if hasattr(first, "iloc"):
        return _concatenate_pandas(tables)
    import polars as pl

    joined = pl.concat(tables, how="vertical_relaxed")
    return joined.cast({n: kind for n, kind in first.schema.items() if kind == pl.Categorical})


def _narrowed(table, dtype):
    """An array or sparse matrix in a dtype, if that holds its values."""
    if table.dtype == dtype:
        return table
    with np.errstate(invalid="ignore"):  # NaN as an integer
        narrow = table.astype(dtype)
    values, same = (t.data if sparse.issparse(t) else t for t in (table, narrow))
    return narrow if np.array_equal(same, values, equal_nan=values.dtype.kind == "f") else table


def _concatenate_arrays(arrays):
    dtype = arrays[0].dtype
    if all(a.dtype == dtype for a in arrays):
        return np.concatenate(arrays)
    if len({a.dtype.kind in "US" for a in arrays}) > 1:  # numpy would spell numbers as text
        arrays = [a.astype(object) for a in arrays]
    joined = np.concatenate(arrays)
    return joined if joined.dtype.kind in "OU" else _narrowed(joined, dtype)


def _concatenate_pandas(frames):
    """Column by column where dtypes differ; categories are joined."""
    import pandas as pd

    first = frames[0]
    changed = {}
    for j, name in enumerate(first.columns):
        columns = [frame[name] for frame in frames]
        if any(c.dtype != columns[0].dtype for c in columns):
            changed[j] = _concatenate_series(columns)
    if not changed:
        return pd.concat(frames, ignore_index=True)
    same = [name for j, name in enumerate(first.columns) if j not in changed]
    joined = pd.concat([frame[same] for frame in frames], ignore_index=True)
    for j, column in changed.items():
        joined.insert(j, first.columns[j], column)
    return joined


def _concatenate_series(columns):
    """Columns of different dtypes in that of the first, or in one that holds all values."""
    import pandas as pd

    dtype = columns[0].dtype
    if isinstance(dtype, pd.CategoricalDtype):
        dtype = _joined_categories(columns)
        return pd.concat([c.astype(dtype) for c in columns], ignore_index=True)
    columns = [
        c.astype(c.dtype.categories.dtype) if isinstance(c.dtype, pd.CategoricalDtype) else c
        for c in columns
    ]
    joined = pd.concat(columns, ignore_index=True)
    try:
        narrow = joined.astype(dtype)
    except (TypeError, ValueError, OverflowError):  # this dtype does not hold these values
        return joined
    known = joined.notna()
    as_they_were = known.equals(narrow.notna()) and narrow[known].tolist() == joined[known].tolist()
    return narrow if as_they_were else joined


def _joined_categories(columns):
    """The categories of all columns: those of the first, then new ones; one order for ordered."""
    import pandas as pd

    dtype = columns[0].dtype
    levels = [
        list(c.dtype.categories if hasattr(c.dtype, "categories") else c.dropna().unique())
        for c in columns
    ]
    new = [v for v in dict.fromkeys(chain(*levels[1:])) if v not in dtype.categories]
    if not new or not dtype.ordered:
        return pd.CategoricalDtype([*dtype.categories, *new], ordered=dtype.ordered)
    widest = max(
        (own for c, own in zip(columns, levels, strict=True) if getattr(c.dtype, "ordered", False)),
        key=len,
    )
    for own in levels:
        if [v for v in widest if v in set(own)] != own:
            raise ValueError(
                f"The categories of the ordered column {columns[0].name!r} must stand in one order"
                f" in all tables. Got {own} beside {widest} instead: give all tables the same"
                " categories."
            )
    return pd.CategoricalDtype(widest, ordered=True)
