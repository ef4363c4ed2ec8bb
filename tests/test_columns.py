"""What kind each column is, and the way from a table to numbers and back."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from made_tables import (
    N_ROWS,
    TABLES,
    column_values,
    kind_of,
    legal_column,
    missing,
    object_table,
    pandas_table,
    polars_table,
)
from scipy import sparse
from sklearn import config_context

from sklearn_synda._columns import Columns, encode_table
from sklearn_synda._rows import concatenate_rows, row_subset
from sklearn_synda.synthesis import MixingSynthesizer, SMOTESynthesizer

cells = arrays(
    np.float64,
    st.tuples(st.integers(2, 12), st.integers(1, 4)),
    elements=st.one_of(st.floats(-1e6, 1e6, width=32), st.integers(-5, 5), st.just(np.nan)),
)
each_table = pytest.mark.parametrize("name", TABLES)


def test_columns_of_every_kind_survive_the_way_there_and_back():
    for make in (pandas_table, polars_table, object_table):
        X = make()
        columns = Columns(X)
        back = columns.to_table(columns.legal(columns.to_cells(X)))
        assert kind_of(back) == kind_of(X)
        for j in range(X.shape[1]):
            made, real = column_values(back, j), column_values(X, j)
            gaps = missing(real)
            assert (missing(made) == gaps).all()
            assert all(a == b for a, b, gap in zip(made, real, gaps, strict=True) if not gap)


def test_unseen_categories_count_as_missing():
    columns = Columns(np.array([["a"], ["b"]], dtype=object))
    assert np.isnan(columns.to_cells(np.array([["z"]], dtype=object))).all()


def object_array(X):
    return X.astype(object)


def test_large_integers_are_names():
    X = pd.DataFrame({"id": np.array([2**60, 2**60 + 1, 2**60 + 2])})
    columns = Columns(X)
    assert columns.is_categorical.tolist() == [True]
    pd.testing.assert_frame_equal(columns.to_table(columns.to_cells(X)), X)


@pytest.mark.parametrize("big", [2**60, -(2**60), np.iinfo(np.int64).max - 2])
@pytest.mark.parametrize("kind", [np.int64, object])
def test_large_integers_are_names_in_arrays_too(big, kind):
    X = np.array([[big, 1], [big + 1, 2], [big + 2, 3]], dtype=kind)
    columns = Columns(X)
    assert columns.is_categorical.tolist() == [True, False]
    found = columns.to_table(columns.to_cells(X))
    assert found.dtype == X.dtype
    assert found.tolist() == X.tolist()


@pytest.mark.parametrize("container", [np.array, pd.DataFrame, pl.DataFrame, object_array])
def test_large_floats_are_numbers(container):
    values = np.array([[1e17, np.inf], [1.5e17, 1.0], [-2e17, 2.0]])
    assert not Columns(container(values)).is_categorical.any()


def test_infinite_cells_stay_legal():
    X = np.array([[np.inf, 1.0], [np.inf, np.inf], [np.inf, -1.0]])
    columns = Columns(X)
    assert (columns.legal(columns.to_cells(X))[:, 0] == np.inf).all()
    made = MixingSynthesizer().fit(X, np.zeros(3, int)).sample(np.arange(3), random_state=0)
    assert (made.X[:, 0] == np.inf).all()
    blended = SMOTESynthesizer().fit(X, np.zeros(3, int)).sample(np.arange(3), random_state=0)
    assert not np.isnan(blended.X).any()


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_wide_sparse_tables_with_gaps(odd):
    X = sparse.random(30, 1200, density=0.05, format="csr", random_state=0)
    X.data[:5] = odd
    assert np.isfinite(encode_table(X)).all()
    assert not np.isfinite(X.data).all()


def test_embedding_is_finite_and_standardised():
    points = encode_table(pandas_table())
    assert np.isfinite(points).all()
    np.testing.assert_allclose(points[:, 0].mean(), 0, atol=1e-12)
    np.testing.assert_allclose(points[:, 0].std(), 1)


@given(cells)
@settings(max_examples=60)
def test_round_trip_of_any_numbers(X):
    columns = Columns(X)
    np.testing.assert_array_equal(columns.to_table(columns.legal(columns.to_cells(X))), X)
    frame = pd.DataFrame(X)
    columns = Columns(frame)
    pd.testing.assert_frame_equal(columns.to_table(columns.legal(columns.to_cells(frame))), frame)


@given(cells, st.integers(0, 100))
@settings(max_examples=60)
def test_whatever_is_asked_becomes_legal(X, seed):
    columns = Columns(X)
    asked = np.random.RandomState(seed).normal(scale=1e7, size=(5, X.shape[1]))
    asked[0] = np.nan
    made = columns.legal(asked)
    for j in range(X.shape[1]):
        if not np.isnan(X[:, j]).all():
            legal_column(made[:, j].tolist(), X[:, j].tolist())


@given(st.lists(st.sampled_from(["a", "b", None, 3, True]), min_size=2, max_size=12))
@settings(max_examples=60)
def test_round_trip_of_any_names(values):
    X = np.empty((len(values), 1), dtype=object)
    X[:, 0] = values
    columns = Columns(X)
    assert columns.to_table(columns.legal(columns.to_cells(X)))[:, 0].tolist() == values


@each_table
def test_rows_of_tables_join(name):
    X = TABLES[name]()
    both = concatenate_rows([row_subset(X, np.arange(5)), row_subset(X, np.arange(5, N_ROWS))])
    assert kind_of(both) == kind_of(X)
    assert both.shape == X.shape
    mask = np.arange(N_ROWS) < 5
    assert row_subset(X, mask).shape[0] == 5


def test_wide_sparse_tables_where_transformers_give_frames():
    X = sparse.random(30, 1200, density=0.05, format="csr", random_state=0)
    plain = encode_table(X)
    with config_context(transform_output="pandas"):
        np.testing.assert_array_equal(encode_table(X), plain)


@pytest.mark.parametrize("kind", ["date", "zone", "duration", "polars", "array"])
def test_dates_and_durations_are_numbers(kind):
    days = pd.date_range("2026-01-01", periods=200)
    if kind == "array":
        X = days.to_numpy()[:, None]
    elif kind == "polars":
        X = pl.DataFrame({"a": days.to_numpy(), "b": (days - days[0]).to_numpy()}).with_columns(
            pl.col("a").cast(pl.Date)
        )
    else:
        column = {
            "date": days,
            "zone": days.tz_localize("Europe/Berlin"),
            "duration": days - days[3],
        }
        X = pd.DataFrame({"a": column[kind]})
        X.loc[7, "a"] = pd.NaT
    columns = Columns(X)
    assert not columns.is_categorical.any()
    points = columns.to_embedding(columns.to_cells(X))
    assert len(np.unique(points[:, 0])) >= 199
    cells = columns.to_cells(X)
    assert np.nanmin(cells) == 0
    assert np.nanmax(cells) <= (24 if kind == "zone" else 1) * 199
    back = columns.to_table(columns.legal(cells))
    if kind == "array":
        np.testing.assert_array_equal(back, X)
    elif kind == "polars":
        assert back.equals(X)
        assert back.schema == X.schema
    else:
        pd.testing.assert_frame_equal(back, X)


def test_a_long_sparse_table_stays_sparse(monkeypatch):
    X = sparse.random(50, 100, density=0.1, format="csr", random_state=0)
    assert not Columns(X).is_wide
    monkeypatch.setattr("sklearn_synda._columns.N_DENSE", 4000)
    columns = Columns(X)
    assert columns.is_wide
    assert sparse.issparse(columns.to_cells(X))
    assert columns.to_embedding(columns.to_cells(X)).shape == (50, 50)


def test_numbers_that_numpy_has_no_type_for_are_categories():
    big = pl.Series("id", [10**25 + k % 3 for k in range(9)] + [None], dtype=pl.Int128)
    X = pl.DataFrame({"a": np.arange(10.0)}).with_columns(big)
    columns = Columns(X)
    assert columns.is_categorical.tolist() == [False, True]
    assert columns.to_table(columns.to_cells(X)).equals(X)
