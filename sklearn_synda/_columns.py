"""What kind each column is, and the way from a table to numbers and back.

A table (ndarray, sparse matrix, pandas or polars DataFrame) is looked at in three forms:

``X``
    the container of the user, as it came;
``cells``
    one float64 per cell: numbers as they are, categories as codes, missing values as NaN.
    The cells of a wide or very long sparse ``X`` stay sparse;
``embedding``
    standardised numbers and one-hot categories without missing values, in which Euclidean
    distance means something.

:class:`Columns` learns the kinds from one table and walks between the three. What it makes is
legal by construction: only categories that were seen, integers stay integers, ranges are kept,
and a column without missing values gets none.
"""

import numpy as np
from scipy import sparse
from sklearn.utils import check_array

from sklearn_synda._tables import are_whole, as_objects

N_DISCRETE = 10  # an integer column with at most so many values only ever takes these
N_LEVELS = 20  # one-hot columns for so many of a column's most frequent categories
N_COMPONENTS = 64  # dimensions of the embedding of a wide sparse table
WIDE = 1000  # a sparse table wider than this is never made dense,
N_DENSE = 20_000_000  # nor is one of more cells: 160 MB
_BIG_INTEGER = 2**53  # beyond it float64 cannot hold every integer


def is_dataframe(X):
    """Whether ``X`` is a pandas or polars DataFrame."""
    return hasattr(X, "columns") and hasattr(X, "__getitem__") and not sparse.issparse(X)


def as_table(X, min_samples=1):
    """A frame as it is, anything else as an array or a CSR matrix."""
    if is_dataframe(X):
        return X
    return check_array(
        X, dtype=None, accept_sparse="csr", ensure_all_finite=False, input_name="X",
        ensure_min_samples=min_samples,
    )  # fmt: skip


def container_name(X):
    """What a table is, in words."""
    if is_dataframe(X):
        return f"{type(X).__module__.partition('.')[0]} DataFrame"
    return "sparse matrix" if sparse.issparse(X) else "numpy array"


def _column(X, j):
    """Column ``j`` of a table: a Series of a DataFrame, a vector of an ndarray."""
    if hasattr(X, "iloc"):
        return X.iloc[:, j]
    if is_dataframe(X):
        return X.to_series(j)
    return X[:, j]


def _is_numeric(column):
    """Whether the values of a column are numbers (booleans and categories are not)."""
    dtype = column.dtype
    if isinstance(dtype, np.dtype):
        return dtype.kind in "iuf"
    if hasattr(dtype, "is_numeric"):  # polars
        return dtype.is_numeric()
    return getattr(dtype, "kind", "O") in "iuf" and not hasattr(dtype, "categories")


def _to_float(column):
    """A numeric column as float64, missing values as NaN."""
    if isinstance(column, np.ndarray):
        return column.astype(np.float64)
    if hasattr(column, "iloc"):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    return column.cast(float).fill_null(float("nan")).to_numpy()


def _missing_mask(column):
    if isinstance(column, np.ndarray):
        if column.dtype.kind == "f":
            return np.isnan(column)
        return np.array([v is None or (isinstance(v, float) and v != v) for v in column])
    if hasattr(column, "isna"):
        return column.isna().to_numpy()
    return column.is_null().to_numpy()


def _take(column, positions):
    """Rows of one column, with its dtype and categories."""
    return column.iloc[positions] if hasattr(column, "iloc") else column[positions]


class _Codes:
    """A column of categories: every cell is the code of a value that was seen.

    Decoding takes values out of the column itself, so that dtype, category set, order and
    time zone are those that came in, whatever the container is.
    """

    def __init__(self, column):
        missing = _missing_mask(column)
        values = as_objects(column)
        present = np.flatnonzero(~missing)
        self.codes_ = {}
        positions = []
        for i in present:
            if values[i].__hash__ is None:
                raise TypeError(
                    f"The column {getattr(column, 'name', None)!r} of X must hold one value a cell."
                    f" Got a {type(values[i]).__name__} instead: give its entries as columns."
                )
            if values[i] not in self.codes_:
                self.codes_[values[i]] = len(positions)
                positions.append(i)
        self.n_values = len(positions)
        if missing.any():
            positions.append(int(np.flatnonzero(missing)[0]))
        self.values = _take(column, positions)
        self.has_missing = bool(missing.any())

    def encode(self, column):
        missing = _missing_mask(column)
        values = as_objects(column)
        cells = np.array([self.codes_.get(v, np.nan) for v in values], dtype=np.float64)
        cells[missing] = np.nan
        return cells

    def decode(self, cells):
        codes = np.where(np.isnan(cells), self.n_values, cells).astype(np.intp)
        return _take(self.values, codes)


class _Numbers:
    """A column of numbers: its range, and whether it holds integers."""

    def __init__(self, column):
        self.empty = column[:0]

    def encode(self, column):
        return _to_float(column)

    def decode(self, cells):
        if isinstance(self.empty, np.ndarray):
            return cells
        if hasattr(self.empty, "iloc"):
            kind = type(self.empty)
            if isinstance(self.empty.dtype, np.dtype):
                return kind(cells.astype(self.empty.dtype))
            return kind(cells).astype(self.empty.dtype)
        return type(self.empty)("", cells).fill_nan(None).cast(self.empty.dtype)


def moments_of(column):
    """A column of dates, times of day in them, or durations as one of numpy; None of others."""
    dtype = column.dtype
    if isinstance(dtype, np.dtype):
        if dtype.kind not in "Mm":
            return None
        return column if isinstance(column, np.ndarray) else column.to_numpy()
    if hasattr(dtype, "is_temporal"):  # polars
        values = column.to_numpy() if dtype.is_temporal() else np.empty(0)
        return values if values.dtype.kind in "Mm" else None
    if hasattr(dtype, "tz") and hasattr(column, "dt"):  # pandas, with a time zone
        return column.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
    return None


class Moments(_Numbers):
    """A column of dates or durations: a cell counts the largest unit that all of them fill.

    Counted from the earliest one, so that a number stands for any date in days or microseconds.
    """

    def __init__(self, column):
        super().__init__(column)
        values = moments_of(column)
        self.dtype = values.dtype
        known = values[~np.isnat(values)].view(np.int64)
        self.start = int(known.min()) if len(known) else 0
        self.unit = int(np.gcd.reduce(known - self.start)) or 1 if len(known) else 1

    def encode(self, column):
        values = moments_of(column).astype(self.dtype)
        cells = (values.view(np.int64) - self.start) / self.unit
        return np.where(np.isnat(values), np.nan, cells)

    def decode(self, cells):
        values = moments_at(cells, self.dtype, self.start, self.unit)
        if isinstance(self.empty, np.ndarray):
            return values
        return in_zone(type(self.empty), values, self.empty.dtype)


def in_zone(kind, values, dtype):
    """Dates or durations of numpy as a Series of a kind and dtype; those of a zone are in UTC."""
    if hasattr(kind, "iloc"):
        column, zone = kind(values), getattr(dtype, "tz", None)
        return (column if zone is None else column.dt.tz_localize("UTC")).astype(dtype)
    column, zone = kind("", values), getattr(dtype, "time_zone", None)
    if zone is not None:
        column = column.dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    return column.cast(dtype)


def moments_at(cells, dtype, start, unit):
    """Cells as dates or durations of numpy."""
    missing = np.isnan(cells)
    counts = np.round(np.where(missing, 0, cells)).astype(np.int64) * unit + start
    values = counts.view(dtype)
    values[missing] = np.array("NaT", dtype=dtype)
    return values


class _ObjectNumbers(_Numbers):
    """A column of Python numbers: whole ones stay ``int``, missing ones what they were."""

    def __init__(self, column):
        super().__init__(column)
        missing = _missing_mask(column)
        self.missing_value = column[missing][0] if missing.any() else None
        present = column[~missing]
        self.kind = int if all(isinstance(v, (int, np.integer)) for v in present) else float

    def decode(self, cells):
        values = [self.missing_value if np.isnan(v) else self.kind(v) for v in cells]
        return np.array([*values, None], dtype=object)[:-1]


class Columns:
    """The columns of one table: their kinds, and the way to numbers and back.

    Parameters
    ----------
    X : {ndarray, sparse matrix, DataFrame} of shape (n_samples, n_features)
        The table to learn kinds, categories and ranges from.

    Attributes
    ----------
    is_categorical : bool ndarray of shape (n_features,)
        Columns whose values are names rather than numbers.
    is_integer : bool ndarray of shape (n_features,)
        Numeric columns in which every value seen is whole.
    minimum, maximum : ndarray of shape (n_features,)
        The range of the cells.
    discrete : dict of int to ndarray
        The values of integer columns with few of them.
    has_missing : bool ndarray of shape (n_features,)
        Columns in which a value was missing.
    moments : dict of int to Moments
        The columns of dates or durations.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda._columns import Columns
    >>> X = np.array([[1.5, "a"], [2.5, "b"]], dtype=object)
    >>> columns = Columns(X)
    >>> columns.is_categorical.tolist()
    [False, True]
    >>> columns.to_cells(X)
    array([[1.5, 0. ],
           [2.5, 1. ]])
    """

    def __init__(self, X):
        self.n_features = X.shape[1]
        self.is_sparse = sparse.issparse(X)
        is_large = self.n_features > WIDE or X.shape[0] * self.n_features > N_DENSE
        self.is_wide = self.is_sparse and is_large
        self._coders = None if self._is_plain(X) else self._make_coders(X)
        self.moments = {j: c for j, c in enumerate(self._coders or ()) if isinstance(c, Moments)}
        self._template = X[:0]
        self.is_categorical = np.zeros(self.n_features, dtype=bool)
        if self._coders is not None:
            self.is_categorical[:] = [isinstance(c, _Codes) for c in self._coders]
        self._learn_values(self.to_cells(X))
        self._embedder = None

    @staticmethod
    def _is_plain(X):
        if sparse.issparse(X):
            return True
        return isinstance(X, np.ndarray) and X.dtype.kind in "iufb" and not _is_too_big(X)

    def _make_coders(self, X):
        coders = []
        for j in range(self.n_features):
            column = _column(X, j)
            if isinstance(column, np.ndarray) and column.dtype == object:
                is_number = _numbers_if_possible(column) is not column
                kind = _ObjectNumbers if is_number and not _is_too_big(column) else _Codes
                coders.append(kind(column))
                continue
            if _is_numeric(column) and not _is_too_big(column):
                coders.append(_Numbers(column))
            elif moments_of(column) is not None:
                coders.append(Moments(column))
            else:
                coders.append(_Codes(column))
        return coders

    def _learn_values(self, cells):
        if self.is_wide:
            self.is_integer = np.full(self.n_features, are_whole(cells.data))
            self.has_missing = np.zeros(self.n_features, dtype=bool)
            self.discrete = {}
            self.minimum = cells.min(axis=0).toarray().ravel()
            self.maximum = cells.max(axis=0).toarray().ravel()
            return
        finite = np.isfinite(cells)
        self.has_missing = np.isnan(cells).any(axis=0)
        self.minimum = np.where(finite, cells, np.inf).min(axis=0, initial=np.inf)
        self.maximum = np.where(finite, cells, -np.inf).max(axis=0, initial=-np.inf)
        whole = np.all(~finite | (cells == np.round(cells)), axis=0)
        self.is_integer = whole & ~self.is_categorical
        self.discrete = {}
        for j in np.flatnonzero(self.is_integer):
            values = np.unique(cells[finite[:, j], j])
            if len(values) <= N_DISCRETE:
                self.discrete[int(j)] = values

    def to_cells(self, X):
        """Cells of a table: float64 of shape (n_samples, n_features), missing as NaN."""
        if self.is_wide:
            return X.tocsr().astype(np.float64)
        if self.is_sparse:
            return X.toarray().astype(np.float64)
        if self._coders is None:
            return np.asarray(X, dtype=np.float64)
        cells = np.empty((X.shape[0], self.n_features))
        for j, coder in enumerate(self._coders):
            cells[:, j] = coder.encode(_column(X, j))
        return cells

    def legal(self, cells):
        """Cells with every value one that the column may take.

        Categories and integers are rounded, few-valued integers go to the nearest value seen,
        numbers are kept in range, and a missing value where none occurs becomes the nearest
        legal one (the lower end of the range).
        """
        if self.is_wide:
            if self.is_integer.all():
                cells.data = np.round(cells.data)
            return cells
        bounded = self.minimum <= self.maximum  # not so where no finite value was seen
        cells = np.where(bounded, np.clip(cells, self.minimum, self.maximum), cells)
        whole = self.is_integer | self.is_categorical
        cells[:, whole] = np.round(cells[:, whole])
        for j, values in self.discrete.items():
            if len(values):
                middle = (values[1:] + values[:-1]) / 2
                known = ~np.isnan(cells[:, j])
                cells[known, j] = values[np.searchsorted(middle, cells[known, j])]
        unheard = np.isnan(cells) & ~self.has_missing
        if unheard.any():
            cells[unheard] = np.broadcast_to(self.minimum, cells.shape)[unheard]
        return cells

    def to_table(self, cells):
        """The table of (legal) cells: container, dtypes, names, categories as they came."""
        template = self._template
        if self.is_sparse:
            return type(template)(cells.astype(template.dtype))
        if self._coders is None:
            return cells.astype(template.dtype, copy=False)
        columns = [coder.decode(cells[:, j]) for j, coder in enumerate(self._coders)]
        if isinstance(template, np.ndarray):
            table = np.empty(cells.shape, dtype=template.dtype)
            for j, column in enumerate(columns):
                table[:, j] = column
            return table
        names = list(template.columns)
        if hasattr(template, "iloc"):
            parts = [c.reset_index(drop=True) for c in columns]
            table = type(template)(dict(enumerate(parts)))
            table.columns = template.columns
            return table
        return type(template)(dict(zip(names, columns, strict=True)))

    def to_embedding(self, cells):
        """Embedding of cells: float64 of shape (n_samples, n_dimensions), no missing values.

        The first call learns means, scales and frequent categories from its own cells.
        """
        if self._embedder is None:
            make = _SparseEmbedding if self.is_wide else _DenseEmbedding
            self._embedder = make(cells, self.is_categorical)
        return self._embedder(cells)


def _is_too_big(numbers):
    """Whether integers are of a size at which float64 does not tell neighbours apart."""
    if numbers.dtype == object:
        numbers = [v for v in numbers if isinstance(v, (int, np.integer))]
        return any(abs(int(v)) >= _BIG_INTEGER for v in numbers)
    if not _is_integer(numbers.dtype):
        return False
    known = numbers.drop_nulls() if hasattr(numbers, "drop_nulls") else numbers
    known = known.dropna() if hasattr(known, "dropna") else known
    return len(known) > 0 and max(int(known.max()), -int(known.min())) >= _BIG_INTEGER


def _is_integer(dtype):
    if hasattr(dtype, "is_integer"):  # polars
        return dtype.is_integer()
    return getattr(dtype, "kind", "O") in "iu"


def _numbers_if_possible(column):
    """An object vector as float64 when every value is a number or missing."""
    missing = _missing_mask(column)
    numbers = all(
        isinstance(v, (int, float, np.integer, np.floating)) and not isinstance(v, bool)
        for v in column[~missing]
    )
    if not numbers or missing.all():
        return column
    return np.where(missing, np.nan, column).astype(np.float64)


class _DenseEmbedding:
    """Standardised numbers with a column for "was missing", and one-hot categories."""

    def __init__(self, cells, is_categorical):
        self.numbers = np.flatnonzero(~is_categorical)
        values = np.where(np.isfinite(cells), cells, np.nan)[:, self.numbers]
        known = ~np.isnan(values)
        n_known = np.maximum(known.sum(axis=0), 1)
        self.mean = np.where(known, values, 0).sum(axis=0) / n_known
        spread = np.where(known, values - self.mean, 0)
        self.scale = np.sqrt((spread**2).sum(axis=0) / n_known)
        self.scale[~(self.scale > 0)] = 1.0
        self.missing = np.flatnonzero(~known.all(axis=0))
        self.levels = {
            int(j): _frequent_values(cells[:, j]) for j in np.flatnonzero(is_categorical)
        }

    def __call__(self, cells):
        values = np.where(np.isfinite(cells), cells, np.nan)[:, self.numbers]
        unknown = np.isnan(values)
        numbers = np.where(unknown, 0.0, (values - self.mean) / self.scale)
        blocks = [numbers, unknown[:, self.missing].astype(np.float64)]
        for j, levels in self.levels.items():
            blocks.append((cells[:, [j]] == levels) * np.sqrt(0.5))
        return np.hstack(blocks)


def _frequent_values(codes):
    values, counts = np.unique(codes[~np.isnan(codes)], return_counts=True)
    return np.sort(values[np.argsort(-counts, kind="stable")[:N_LEVELS]])


class _SparseEmbedding:
    """A wide sparse table, scaled by column, in the dimensions of a truncated SVD."""

    def __init__(self, cells, is_categorical):
        from sklearn.decomposition import TruncatedSVD
        from sklearn.preprocessing import MaxAbsScaler

        cells = _known(cells)
        self.scaler = MaxAbsScaler().set_output(transform="default").fit(cells)
        scaled = self.scaler.transform(cells)
        self.svd = TruncatedSVD(min(N_COMPONENTS, cells.shape[0]), random_state=0)
        self.svd.set_output(transform="default").fit(scaled)

    def __call__(self, cells):
        return self.svd.transform(self.scaler.transform(_known(cells)))


def _known(cells):
    """Sparse cells, zero where there is no finite number."""
    if np.isfinite(cells.data).all():
        return cells
    cells = cells.copy()
    cells.data[~np.isfinite(cells.data)] = 0.0
    return cells


def encode_table(X, columns=None):
    """The embedding of a table in its own columns: float64 (n_samples, n_dimensions)."""
    columns = Columns(X) if columns is None else columns
    return columns.to_embedding(columns.to_cells(X))


__all__ = [
    "Columns",
    "Moments",
    "encode_table",
    "in_zone",
    "is_dataframe",
    "moments_at",
    "moments_of",
]
