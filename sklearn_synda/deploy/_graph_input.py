"""How a table enters an ONNX graph: as one matrix, or column by column."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from sklearn_synda._columns import Columns, _column, _missing_mask, _to_float, is_dataframe

__all__ = ["GraphInput"]

_NO_INTEGER = np.iinfo(np.int64).min  # a missing integer category: no category is called so


@dataclass(frozen=True)
class GraphInput:
    """What a graph is fed with.

    Attributes
    ----------
    kinds : list of str
        One for each column: "float", "int" (whole numbers as names), "string".
    names : list of str or None
        Names of the columns, None where the table had none.
    as_matrix : bool
        One float matrix rather than one input a column.
    """

    kinds: list
    names: list | None
    as_matrix: bool

    @classmethod
    def of(cls, X, *, by_column):
        """Learn it from a table; ``by_column``: the estimator treats columns apart."""
        names = [str(name) for name in X.columns] if is_dataframe(X) else None
        columns = Columns(X)
        kinds = [
            _kind_of_names(_column(X, j)) if is_name else "float"
            for j, is_name in enumerate(columns.is_categorical)
        ]
        numbers = set(kinds) == {"float"}
        as_matrix = numbers and not (by_column and names is not None)
        return cls(kinds, names, as_matrix)

    @classmethod
    def matrix(cls, n_features):
        """One matrix of so many columns."""
        return cls(["float"] * n_features, None, True)

    @property
    def n_features(self):
        """Number of columns."""
        return len(self.kinds)

    def column_names(self):
        """A name for each column."""
        return self.names or [f"x{j}" for j in range(self.n_features)]

    def initial_types(self):
        """Names and types of the inputs, for skl2onnx."""
        from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType

        if self.as_matrix:
            return [("X", FloatTensorType([None, self.n_features]))]
        types = {"float": FloatTensorType, "int": Int64TensorType, "string": StringTensorType}
        return [
            (name, types[kind]([None, 1]))
            for name, kind in zip(self.column_names(), self.kinds, strict=True)
        ]

    def feed(self, X, input_names):
        """Rows as the graph takes them: a dict from its input names to arrays."""
        if self.as_matrix:
            return {input_names[0]: _float_matrix(X)}
        arrays = [_as_kind(_column(X, j), kind) for j, kind in enumerate(self.kinds)]
        return {name: a[:, None] for name, a in zip(input_names, arrays, strict=True)}


def _kind_of_names(column):
    values = np.asarray(column, dtype=object)[~_missing_mask(column)]
    if all(isinstance(v, (bool, np.bool_)) for v in values):
        return "float"
    return "int" if all(isinstance(v, (int, np.integer)) for v in values) else "string"


def _as_kind(column, kind):
    if kind == "float":
        if isinstance(column, np.ndarray) and column.dtype == object:
            column = np.where(_missing_mask(column), np.nan, column)
        return _to_float(column).astype(np.float32)
    missing = _missing_mask(column)
    values = np.asarray(column, dtype=object)
    if kind == "int":
        return np.where(missing, _NO_INTEGER, values).astype(np.int64)
    return np.where(missing, "nan", values).astype(str).astype(object)


def _float_matrix(X):
    if sparse.issparse(X):
        return X.toarray().astype(np.float32)
    if is_dataframe(X):
        columns = [_to_float(_column(X, j)) for j in range(X.shape[1])]
        return np.column_stack(columns).astype(np.float32)
    return np.asarray(X).astype(np.float32)
