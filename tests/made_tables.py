"""Tables of every kind for the tests, and what must stay of them."""

import numpy as np
import pandas as pd
import polars as pl
from scipy import sparse

N_ROWS = 60


def make_columns(seed=0):
    """Columns of every kind, as lists."""
    rng = np.random.RandomState(seed)
    real = rng.normal(10, 3, size=N_ROWS)
    gaps = rng.normal(size=N_ROWS)
    gaps[::7] = np.nan
    return {
        "real": real,
        "gaps": gaps,
        "count": rng.poisson(30, size=N_ROWS),
        "grade": rng.choice([1, 2, 5], size=N_ROWS),
        "flag": rng.rand(N_ROWS) > 0.5,
        "color": rng.choice(["red", "green", "blue"], size=N_ROWS),
    }


def pandas_table(seed=0):
    columns = make_columns(seed)
    frame = pd.DataFrame(columns, index=np.arange(N_ROWS) + 100)
    frame["color"] = pd.Categorical(
        columns["color"], categories=["red", "green", "blue", "never seen"], ordered=True
    )
    frame["maybe"] = pd.array([None if k % 9 == 0 else k % 4 for k in range(N_ROWS)], dtype="Int64")
    frame["yes_no"] = pd.array([[True, False, None][k % 3] for k in range(N_ROWS)], "boolean")
    frame["town"] = pd.Series(["Ulm", "Bonn", None] * 20, index=frame.index, dtype="string")
    frame["day"] = pd.date_range("2026-01-01", periods=N_ROWS, tz="Europe/Berlin")
    frame["small"] = frame["real"].astype("float32")
    return frame


def polars_table(seed=0):
    columns = make_columns(seed)
    return pl.DataFrame(columns).with_columns(
        pl.col("color").cast(pl.Categorical),
        pl.col("gaps").fill_nan(None),
        pl.col("grade").cast(pl.Int8),
        pl.Series("town", ["Ulm", "Bonn", None] * 20),
        pl.Series("kind", ["a", "b", "c"] * 20, dtype=pl.Enum(["a", "b", "c", "d"])),
        pl.date_range(pl.date(2026, 1, 1), pl.date(2026, 3, 1), eager=True).alias("day"),
    )


def object_table(seed=0):
    columns = make_columns(seed)
    table = np.empty((N_ROWS, len(columns)), dtype=object)
    for j, values in enumerate(columns.values()):
        table[:, j] = values
    table[::8, 5] = None
    return table


def sparse_table(n_features=12, seed=0, kind=sparse.csr_matrix):
    return kind(sparse.random(N_ROWS, n_features, density=0.2, random_state=seed))


TABLES = {
    "pandas": pandas_table,
    "polars": polars_table,
    "object": object_table,
    "float32": lambda: np.random.RandomState(0).normal(size=(N_ROWS, 4)).astype(np.float32),
    "int": lambda: np.random.RandomState(0).randint(50, size=(N_ROWS, 4)),
    "bool": lambda: np.random.RandomState(0).rand(N_ROWS, 4) > 0.5,
    "csr_matrix": sparse_table,
    "csr_array": lambda: sparse_table(kind=sparse.csr_array),
    "wide csr": lambda: sparse_table(1500),
}


def kind_of(X):
    """All that must stay: container, dtypes, names, category sets."""
    kind = [type(X), X.shape[1]]
    if isinstance(X, pd.DataFrame):
        kind += [list(X.columns), list(X.dtypes)]
    elif isinstance(X, pl.DataFrame):
        kind += [list(X.columns), list(X.schema.items())]
    else:
        kind += [X.dtype, getattr(X, "format", None)]
    return kind


def missing(values):
    return pd.isna(pd.Series(list(values), dtype=object)).to_numpy()


def legal_column(made, real):
    """Values seen, or numbers within the range seen; whole and missing as before."""
    gaps = missing(made)
    assert not gaps.any() or missing(real).any()
    made = [v for v, gap in zip(made, gaps, strict=True) if not gap]
    real = [v for v, gap in zip(real, missing(real), strict=True) if not gap]
    is_number = isinstance(real[0], (int, float, np.number)) and not isinstance(real[0], bool)
    if not is_number:
        assert set(made) <= set(real)
        return
    assert min(made) >= min(real)
    assert max(made) <= max(real)
    if all(float(v).is_integer() for v in real):
        assert all(float(v).is_integer() for v in made)
        if len(set(real)) <= 5:
            assert set(made) <= set(real)


def column_values(X, j):
    if isinstance(X, pd.DataFrame):
        return X.iloc[:, j].tolist()
    if isinstance(X, pl.DataFrame):
        return X.to_series(j).to_list()
    return (X.toarray() if sparse.issparse(X) else X)[:, j].tolist()
