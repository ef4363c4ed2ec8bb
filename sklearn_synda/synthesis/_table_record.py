"""A table as plain JSON and one array of cells, and back: nothing in it can run.

The array holds the cells; the record holds the container, the dtypes, the names, and what each
code of a column of categories stands for.
"""

import datetime as dt

import numpy as np
from scipy import sparse

from sklearn_synda._columns import Moments, in_zone, moments_at, moments_of

__all__ = ["NotRecordable", "NotRestorable", "record_table", "restore_table"]

_PLAIN = (str, bool, int, float, type(None))
_POLARS = (
    *("Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Float32"),
    *("Float64", "Boolean", "String", "Categorical", "Date", "Time"),
)  # fmt: skip


class NotRecordable(TypeError):
    """A column holds what cannot be written as JSON; the sentence names it."""


class NotRestorable(Exception):
    """A record, or what comes with it, says what no table of ours says."""


def record_table(X, cells, is_categorical):
    """The record of a table whose cells are given: a dict of JSON values."""
    if sparse.issparse(X):
        kind = "sparse array" if isinstance(X, sparse.sparray) else "sparse matrix"
        return {"container": kind, "dtype": X.dtype.str, "format": X.format}
    if isinstance(X, np.ndarray) and X.dtype.kind in "iufb":
        return {"container": "ndarray", "dtype": X.dtype.str}
    record = {"container": "ndarray", "dtype": X.dtype.str} if isinstance(X, np.ndarray) else {}
    if not record:
        record["container"] = "pandas" if hasattr(X, "iloc") else "polars"
        try:
            record["names"] = [_plain(name) for name in X.columns]
            record["names_name"] = _plain(getattr(X.columns, "name", None))
        except NotRecordable as error:
            raise NotRecordable(f"a name of its columns is {error}") from error
    record["columns"] = [
        _record_column(_column(X, j), cells[:, j], is_categorical[j], _name(X, j))
        for j in range(X.shape[1])
    ]
    return record


def _column(X, j):
    if isinstance(X, np.ndarray):
        return X[:, j]
    return X.iloc[:, j] if hasattr(X, "iloc") else X.to_series(j)


def _name(X, j):
    return j if isinstance(X, np.ndarray) else X.columns[j]


def _record_column(column, cells, is_categorical, name):
    record = {}
    values = column.to_list() if hasattr(column, "to_list") else column.tolist()
    try:
        if not isinstance(column, np.ndarray):
            record["dtype"] = _record_dtype(column)
        if is_categorical:
            first = np.unique(cells[~np.isnan(cells)], return_index=True)[1]
            rows = np.flatnonzero(~np.isnan(cells))[first]
            record["levels"] = [_plain(values[i]) for i in rows]
            if isinstance(column, np.ndarray):
                record["gap"] = _gap(values, cells)
        elif moments_of(column) is not None:
            moments = Moments(column)
            record["moments"] = [moments.dtype.str, moments.start, moments.unit]
        elif isinstance(column, np.ndarray):  # Python numbers
            record["gap"] = _gap(values, cells)
            present = [v for v in values if v is not None and v == v]
            record["whole"] = all(isinstance(v, int) for v in present)
    except NotRecordable as error:
        raise NotRecordable(f"column {name!r} holds {error}") from error
    return record


def _gap(values, cells):
    """What stands for a missing value: "nan", or None."""
    gaps = [v for v, cell in zip(values, cells, strict=True) if np.isnan(cell)]
    return None if not gaps or gaps[0] is None else "nan"


def _plain(value):
    """A JSON value; dates and times as text with a mark."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (dt.date, dt.time)):
        return {"iso": value.isoformat()}
    if isinstance(value, _PLAIN):
        return value
    raise NotRecordable(type(value).__name__)


def _record_dtype(column):
    """A dtype as text, with its categories where it has them."""
    dtype = column.dtype
    if hasattr(column, "iloc"):
        if hasattr(dtype, "categories"):
            index = dtype.categories
            return {"categories": [_plain(v) for v in index.tolist()], "of": str(index.dtype),
                    "ordered": bool(dtype.ordered)}  # fmt: skip
        return str(dtype)
    name = type(dtype).__name__ if not isinstance(dtype, type) else dtype.__name__
    if name == "Enum":
        return {"categories": dtype.categories.to_list()}
    if name == "Datetime":
        return {"unit": dtype.time_unit, "zone": dtype.time_zone}
    if name in _POLARS:
        return name
    raise NotRecordable(name)


def restore_table(record, cells):
    """The table of a record and its cells."""
    container = record["container"]
    if container.startswith("sparse"):
        make = sparse.csr_array if container == "sparse array" else sparse.csr_matrix
        return make(cells.astype(np.dtype(record["dtype"]))).asformat(record["format"])
    if "columns" not in record:
        dtype = np.dtype(record["dtype"])
        if dtype.kind not in "iufb":
            raise NotRestorable(f"numbers of {dtype}")
        return cells.astype(dtype)
    restore = {"ndarray": _of_numpy, "pandas": _of_pandas, "polars": _of_polars}[container]
    return restore(record, [_values(c, cells[:, j]) for j, c in enumerate(record["columns"])])


def _values(column, cells):
    """What the cells of a column stand for: a list of values, or the cells themselves."""
    if "levels" in column:
        gap = None if column.get("gap") is None else float("nan")
        levels = [*map(_unplain, column["levels"]), gap]
        return [levels[-1 if np.isnan(c) else int(c)] for c in cells]
    if "moments" in column:
        dtype, start, unit = column["moments"]
        if np.dtype(dtype).kind not in "Mm":
            raise NotRestorable(f"dates of {dtype}")
        return moments_at(cells, np.dtype(dtype), int(start), int(unit))
    if "whole" in column:
        gap = None if column["gap"] is None else float("nan")
        kind = int if column["whole"] else float
        return [gap if np.isnan(c) else kind(c) for c in cells]
    return cells


def _unplain(value):
    if not isinstance(value, dict):
        return value
    for kind in (dt.date, dt.datetime, dt.time):
        try:
            return kind.fromisoformat(value["iso"])
        except ValueError:
            continue
    raise NotRestorable(value["iso"])


def _of_numpy(record, values):
    dtype = np.dtype(record["dtype"])
    if dtype.kind not in "OUSbMm":
        raise NotRestorable(f"an array of {dtype}")
    table = np.empty((len(values[0]), len(values)), dtype=dtype)
    for j, column in enumerate(values):
        table[:, j] = column
    return table


def _of_pandas(record, values):
    import pandas as pd

    table = {}
    for j, (column, data) in enumerate(zip(record["columns"], values, strict=True)):
        dtype = column["dtype"]
        if isinstance(dtype, dict):
            index = pd.Index([_unplain(v) for v in dtype["categories"]], dtype="object")
            dtype = pd.CategoricalDtype(index.astype(dtype["of"]), dtype["ordered"])
        if isinstance(data, list):
            table[j] = pd.Series(data, dtype="object").astype(dtype)
        elif "moments" in column:
            table[j] = in_zone(pd.Series, data, pd.api.types.pandas_dtype(dtype))
        else:
            table[j] = pd.Series(data).astype(dtype)
    frame = pd.DataFrame(table)
    frame.columns = [_unplain(name) for name in record["names"]]
    frame.columns.name = _unplain(record.get("names_name"))
    return frame


def _of_polars(record, values):
    import polars as pl

    table = []
    for name, column, data in zip(record["names"], record["columns"], values, strict=True):
        dtype = column["dtype"]
        if not isinstance(dtype, dict):
            if dtype not in _POLARS:
                raise NotRestorable(f"a column of {dtype}")
            kind = getattr(pl, dtype)
        elif "unit" in dtype:
            kind = pl.Datetime(dtype["unit"], dtype["zone"])
        else:
            kind = pl.Enum(dtype["categories"])
        if isinstance(data, list):
            table.append(pl.Series(name, data, dtype=kind, strict=False))
        elif "moments" in column:
            table.append(in_zone(pl.Series, data, kind).alias(name))
        else:
            table.append(pl.Series(name, data).fill_nan(None).cast(kind))
    return pl.DataFrame(table)
