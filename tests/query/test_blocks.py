"""Pools that come in blocks: the rows of a query of the whole, read once, in fixed memory."""

import tracemalloc

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.datasets import make_classification
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sklearn_synda import ActiveSynthesisClassifier, ActiveSynthesisRegressor, query
from sklearn_synda.query import (
    ClusterQuery,
    CombinedQuery,
    CostQuery,
    KCenterQuery,
    MarginQuery,
    ShortlistQuery,
    TopKQuery,
    parquet_blocks,
    query_blocks,
)
from sklearn_synda.utils import Pool

X, Y = make_classification(1000, 6, n_informative=4, random_state=0)
MODEL = LogisticRegression().fit(X[:60], Y[:60])
CUTS = [[], [1], [300, 300, 310], [0, 999], list(range(100, 1000, 100))]


def pool_of(rows):
    of_rows = {
        "proba": MODEL.predict_proba,
        "utilities": lambda r: -np.abs(MODEL.decision_function(r)),
        "members": lambda r: np.stack([MODEL.predict_proba(r), MODEL.predict_proba(r / 2)]),
    }
    return Pool(rows, embedding=lambda: np.asarray(rows), of_rows=of_rows)


def blocks_of(table, cuts):
    return iter(np.split(table, cuts))


def row_by_row():
    """But for one whose members predict values, and one whose utilities are nearly all tied."""
    for name in query.__all__:
        part = getattr(query, name)
        is_other = name.startswith("Base") or name in ("VarianceQuery", "VoteEntropyQuery")
        if getattr(part, "row_by_row", False) and not is_other:
            yield part()


@pytest.mark.parametrize("cuts", CUTS, ids=len)
@pytest.mark.parametrize("strategy", list(row_by_row()), ids=repr)
def test_the_rows_are_those_of_the_whole(strategy, cuts):
    expected = strategy.query(pool_of(X), 20, random_state=0)
    found = query_blocks(strategy, blocks_of(X, cuts), pool_of, 20, random_state=0)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == np.intp


@pytest.mark.parametrize("batch_size", [1, 7, 1000])
def test_any_batch_size(batch_size):
    found = query_blocks(TopKQuery(), blocks_of(X, [10, 20]), pool_of, batch_size)
    np.testing.assert_array_equal(found, TopKQuery().query(pool_of(X), batch_size))


def tied(rows):
    return Pool(rows, utilities=lambda: (np.asarray(rows)[:, 0] > 0).astype(float))


def test_ties_are_drawn_over_all_blocks_and_whatever_the_blocks():
    rows = np.r_[np.ones(50), np.zeros(100), np.ones(50)][:, None]
    drawn = [
        query_blocks(TopKQuery(), blocks_of(rows, [30, 120]), tied, 5, random_state=seed)
        for seed in range(60)
    ]
    counts = np.bincount(np.concatenate(drawn), minlength=200)
    assert counts[50:150].sum() == 0
    assert abs(counts[:50].sum() - 150) < 45
    assert (counts[rows[:, 0] > 0] > 0).mean() > 0.9
    other = query_blocks(TopKQuery(), blocks_of(rows, [7]), tied, 5, random_state=0)
    np.testing.assert_array_equal(other, drawn[0])


@pytest.mark.parametrize("decides", [KCenterQuery(), ClusterQuery()], ids=repr)
@pytest.mark.parametrize("n_candidates", [5, 40])
def test_a_shortlist_is_that_of_the_whole(decides, n_candidates):
    strategy = ShortlistQuery(decides, MarginQuery(), n_candidates=n_candidates)
    expected = strategy.query(pool_of(X), 5, random_state=0)
    for cuts in CUTS:
        found = query_blocks(strategy, blocks_of(X, cuts), pool_of, 5, random_state=0)
        assert set(found) <= set(MarginQuery().query(pool_of(X), max(n_candidates, 5)))
        if n_candidates == 5:
            assert set(found) == set(expected)
        again = query_blocks(strategy, blocks_of(X, [500]), pool_of, 5, random_state=0)
        np.testing.assert_array_equal(found, again)


def test_a_shortlist_decides_among_the_best():
    strategy = ShortlistQuery(KCenterQuery(), MarginQuery(), n_candidates=30)
    shortlist = np.sort(MarginQuery().query(pool_of(X), 30))
    chosen = strategy.query(pool_of(X), 4, random_state=0)
    alone = KCenterQuery().query(pool_of(X[shortlist]), 4, random_state=0)
    assert set(chosen) <= set(shortlist)
    assert len(set(chosen)) == len(alone)
    whole = ShortlistQuery(KCenterQuery(), n_candidates=2000).query(pool_of(X), 4, random_state=0)
    np.testing.assert_array_equal(whole, KCenterQuery().query(pool_of(X), 4, random_state=0))


FRAME = pd.DataFrame(X, columns=list("abcdef"))
FRAME["g"] = pd.Categorical(np.where(X[:, 0] > 0, "u", "v"))
CODED = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression())
CONTAINERS = {
    "ndarray": (X, make_pipeline(StandardScaler(), LogisticRegression())),
    "csr": (sparse.csr_array(X), LogisticRegression()),
    "pandas": (FRAME.round(0), CODED),
    "polars": (pl.from_pandas(FRAME.round(0)), CODED),
}


def rows(table, start, stop):
    return table.iloc[start:stop] if hasattr(table, "iloc") else table[start:stop]


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_meta_estimator_takes_an_iterator(name):
    table, model = CONTAINERS[name]
    for strategy in (None, ShortlistQuery(KCenterQuery(), n_candidates=30)):
        fitted = ActiveSynthesisClassifier(
            model, max_iter=0, random_state=0, query_strategy=strategy
        ).fit(rows(table, 0, 60), Y[:60])
        blocks = [rows(table, k, k + 150) for k in range(60, 1000, 150)]
        found = fitted.query(iter(blocks), 8)
        doubt = fitted.predict_uncertainty(rows(table, 60, 1000))
        assert len(set(found)) == 8
        least = np.sort(doubt)[-8 if strategy is None else -30]
        assert (doubt[found] >= least - 1e-12).all()


def test_a_regressor_takes_an_iterator():
    y = X[:, 0] ** 2
    model = ActiveSynthesisRegressor(LinearRegression(), max_iter=0, random_state=0)
    model.fit(X[:60], y[:60])
    np.testing.assert_array_equal(
        model.query(blocks_of(X[60:], [100, 500]), 5), model.query(X[60:], 5)
    )


@pytest.fixture
def fitted():
    return ActiveSynthesisClassifier(
        LogisticRegression(), max_iter=0, random_state=0
    ).fit(X[:60], Y[:60])  # fmt: skip


def test_a_generator_is_read_once(fitted):
    asked = []

    def blocks():
        for k in range(10):
            asked.append(k)
            yield X[100 * k : 100 * k + 100]

    generator = blocks()
    fitted.query(generator, 3)
    assert asked == list(range(10))
    assert next(generator, None) is None


def test_empty_blocks_count_for_nothing(fitted):
    blocks = [X[:0], X[:400], X[:0], pd.DataFrame(), X[400:], X[:0]]
    np.testing.assert_array_equal(fitted.query(iter(blocks), 9), fitted.query(X, 9))


def test_categories_that_come_with_a_later_block_are_kept():
    """Each row group of a file may know the categories it has met."""
    first = pd.DataFrame({"c": pd.Categorical(["a", "b"])})
    later = pd.DataFrame({"c": pd.Categorical(["z", None])})
    seen = []

    def as_pool(table):
        seen.append(table)
        return Pool(
            table, utilities=lambda: np.ones(len(table)), embedding=lambda: np.eye(len(table))
        )

    strategy = ShortlistQuery(KCenterQuery(), n_candidates=4)
    query_blocks(strategy, iter([first, later]), as_pool, 2, random_state=0)
    assert seen[-1]["c"].fillna("z").tolist() == ["a", "b", "z", "z"]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda m: m.query(iter([X, X[:, :3]])), "has 3 features"),
        (lambda m: m.query(iter([X, X[0]])), "Expected 2D array"),
        (lambda m: m.query(iter([X[:4], X[:0], X[:3]]), 8), r"in the range \[1, 7\].*Got 8"),
        (lambda m: m.query(iter([])), r"in the range \[1, 0\]"),
        (lambda m: m.query(iter([X]), 0), "int of 1 or more. Got 0"),
        (lambda m: m.query(iter([X]), True), "int of 1 or more. Got True"),
        (
            lambda m: m.set_params(query_strategy=KCenterQuery()).query(iter([X])),
            r"KCenterQuery is not compatible with a pool in blocks.*ShortlistQuery\(KCenterQuery",
        ),
        (
            lambda m: m.set_params(query_strategy=CombinedQuery()).query(iter([X])),
            "CombinedQuery is not compatible",
        ),
        (
            lambda m: query_blocks(ShortlistQuery(ranking=CostQuery()), iter([X]), pool_of),
            "CostQuery is not compatible",
        ),
        (
            lambda m: query_blocks(TopKQuery(), [X[:3]], lambda r: Pool(
                r, utilities=lambda: np.array([0.0, np.nan, 1.0]))),
            "3 numbers, one a row of the block. Got 1 NaN",
        ),
    ],
)  # fmt: skip
def test_refused(fitted, call, sentence):
    with pytest.raises((ValueError, TypeError), match=sentence):
        call(fitted)


def test_the_block_that_is_wrong_is_named(fitted):
    with pytest.raises(ValueError, match="has 3 features") as caught:
        fitted.query(iter([X, X[:0], X[:, :3]]))
    assert caught.value.__notes__ == ["Block 2 of the pool, counted from 0."]


def test_other_columns_are_refused():
    model = ActiveSynthesisClassifier(LogisticRegression(), max_iter=0, random_state=0)
    model.fit(FRAME[["a", "b"]][:60], Y[:60])
    with pytest.raises(ValueError, match="feature names"):
        model.query(iter([FRAME[["a", "b"]], FRAME[["b", "a"]]]))


@pytest.mark.parametrize("block_size", [64, 5000])
def test_a_parquet_file(tmp_path, block_size):
    path = tmp_path / "pool.parquet"
    FRAME.assign(other=1.0)[60:].to_parquet(path, row_group_size=333)
    model = ActiveSynthesisClassifier(CODED, max_iter=0, random_state=0)
    model.fit(FRAME[:60].drop(columns="f"), Y[:60])
    blocks = parquet_blocks(path, columns=list("abcdeg"), block_size=block_size)
    whole = FRAME[60:].drop(columns="f")
    doubt = model.predict_uncertainty(whole)
    found = model.query(blocks, 12)
    assert sorted(doubt[found]) == pytest.approx(np.sort(doubt)[-12:])


def test_blocks_of_parquet_are_the_table(tmp_path):
    path = tmp_path / "pool.parquet"
    FRAME.to_parquet(path)
    back = pd.concat(parquet_blocks(path, block_size=300), ignore_index=True)
    pd.testing.assert_frame_equal(back, FRAME)


def test_a_block_is_of_one_row_group(tmp_path):
    """pyarrow reads ahead of its use whatever row groups it is asked for together."""
    path = tmp_path / "pool.parquet"
    FRAME.to_parquet(path, row_group_size=400)
    sizes = [len(block) for block in parquet_blocks(path, block_size=300)]
    assert sizes == [300, 100, 300, 100, 200]


def test_memory_is_that_of_a_block(fitted):
    def blocks(n):
        for _ in range(n):
            yield np.zeros((5000, 6)) + X[:1]

    def peak(n):
        tracemalloc.start()
        fitted.query(blocks(n), 10)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(1)
    assert peak(40) < 1.5 * peak(4)
