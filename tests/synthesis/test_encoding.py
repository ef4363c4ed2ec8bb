"""Cells as points, and back."""

import numpy as np
import pytest
from made_tables import TABLES
from scipy.stats import kstest

from sklearn_synda._columns import Columns
from sklearn_synda.synthesis._encoding import CellEncoder, Condition

NAMES = [name for name in TABLES if name != "wide csr"]


def encoder_of(cells, categorical=False):
    return CellEncoder(cells, np.full(cells.shape[1], categorical))


@pytest.mark.parametrize("name", NAMES)
def test_there_and_back(name):
    columns = Columns(TABLES[name]())
    cells = columns.to_cells(TABLES[name]())
    encoder = CellEncoder(cells, columns.is_categorical)
    rng = np.random.RandomState(0)
    points = encoder.encode(cells, rng)
    assert points.shape == (len(cells), encoder.size)
    assert np.isfinite(points).all()
    back = encoder.decode(points, rng)
    np.testing.assert_array_equal(np.isnan(back), np.isnan(cells))
    has_rare = [j for j, levels in encoder.levels.items() if len(levels.rare)]
    kept = np.setdiff1d(np.arange(cells.shape[1]), has_rare)
    np.testing.assert_allclose(back[:, kept], cells[:, kept], atol=1e-9)
    assert np.isin(back[:, has_rare], cells[:, has_rare]).all()


@pytest.mark.parametrize("make", [
    lambda rng: rng.lognormal(sigma=4, size=(400, 1)),
    lambda rng: np.where(rng.uniform(size=(400, 1)) < 0.6, 0.0, rng.normal(size=(400, 1))),
    lambda rng: rng.poisson(20, size=(400, 1)).astype(float),
], ids=["skewed", "a spike", "integers"])  # fmt: skip
def test_numbers_become_normal_whatever_they_are(make):
    rng = np.random.RandomState(0)
    cells = make(rng)
    points = encoder_of(cells).encode(cells, rng)
    assert kstest(points[:, 0], "norm").pvalue > 0.2


def test_few_rows_and_few_values():
    rng = np.random.RandomState(0)
    cells = np.column_stack([rng.normal(size=20), np.resize([1.0, 2.0], 20), np.full(20, 7.0)])
    encoder = encoder_of(cells)
    assert (encoder.n_numbers, encoder.blocks) == (1, [2])
    made = encoder.decode(rng.normal(size=(50, 3)), rng)
    assert (made[:, 2] == 7).all()
    assert set(made[:, 1]) == {1.0, 2.0}
    assert len(np.unique(made[:, 0])) > 40
    assert made[:, 0].min() >= cells[:, 0].min()


def test_many_levels_are_bounded_and_rare_ones_still_made():
    rng = np.random.RandomState(0)
    cells = np.r_[np.repeat(np.arange(40.0), 5), np.arange(40.0, 80.0)][:, None]
    encoder = encoder_of(cells, categorical=True)
    assert encoder.size == 33
    made = encoder.decode(encoder.encode(np.resize(cells, (4000, 1)), rng), rng)
    assert set(made[:, 0]) == set(range(80))


def test_missing_values_only_where_flagged():
    rng = np.random.RandomState(0)
    cells = rng.normal(size=(60, 2))
    cells[::3, 0] = np.nan
    encoder = encoder_of(cells)
    assert encoder.blocks == [2]
    points = encoder.encode(cells, rng)
    points[:, 2:] = [1.0, 0.0]
    assert np.isfinite(encoder.decode(points, rng)).all()
    points[:, 2:] = [0.0, 1.0]
    assert np.isnan(encoder.decode(points, rng)[:, 0]).all()


@pytest.mark.parametrize("column", [np.full(9, np.nan), np.r_[np.nan, np.ones(8)], np.ones(9)])
@pytest.mark.parametrize("categorical", [False, True])
def test_columns_with_next_to_nothing_in_them(column, categorical):
    cells, rng = column[:, None], np.random.RandomState(0)
    encoder = encoder_of(cells, categorical)
    back = encoder.decode(encoder.encode(cells, rng), rng)
    np.testing.assert_array_equal(back, cells)


def test_infinite_numbers_are_the_ends_of_the_range():
    cells = np.r_[np.arange(20.0), np.inf, -np.inf][:, None]
    rng = np.random.RandomState(0)
    back = encoder_of(cells).decode(encoder_of(cells).encode(cells, rng), rng)
    assert back[-2:, 0].tolist() == [19.0, 0.0]


def test_closeness():
    rng = np.random.RandomState(0)
    cells = np.column_stack([rng.normal(size=100), np.resize(np.arange(4.0), 100)])
    cells[0, 0] = np.nan
    encoder = encoder_of(cells)
    assert (encoder.closeness(cells, cells) == 1).all()
    order = np.argsort(np.nan_to_num(cells[:, 0], nan=-9))
    far = encoder.closeness(cells[order[1:2]], cells[order[-1:]])
    assert far < 0.52
    other = cells.copy()
    other[:, 1] = (other[:, 1] + 1) % 4
    np.testing.assert_allclose(encoder.closeness(cells, other), 0.5)
    assert encoder.closeness(cells[:1], cells[1:2]) <= 0.5  # missing is unlike any number


def test_conditions():
    np.testing.assert_array_equal(Condition(np.array([3, 3, 9])).points, [[1, 0], [1, 0], [0, 1]])
    unlabelled = Condition(np.array([3, -1, 9]))
    np.testing.assert_array_equal(unlabelled.groups, [0, 2, 1])
    values = Condition(np.array([1.0, np.nan, 3.0, 2.0]))
    np.testing.assert_array_equal(values.points[1], [0, 1])
    assert values.points[0, 0] < values.points[3, 0] == 0 < values.points[2, 0]
    assert Condition(np.arange(5.0)).points.shape == (5, 1)
    assert np.isfinite(Condition(np.full(4, np.nan)).points).all()


def test_a_thousand_columns():
    cells = np.random.RandomState(0).normal(size=(30, 1000))
    assert encoder_of(cells).encode(cells, np.random.RandomState(0)).shape == (30, 1000)
