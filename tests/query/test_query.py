"""Query strategies: pool in, positions out."""

import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.base import clone
from sklearn.naive_bayes import GaussianNB

from sklearn_synda import query as query_package
from sklearn_synda._rows import Pool
from sklearn_synda.query import (
    BADGEQuery,
    BalancedQuery,
    BALDQuery,
    BanditQuery,
    BatchBALDQuery,
    ClusterMarginQuery,
    ClusterQuery,
    CombinedQuery,
    ConsensusEntropyQuery,
    CostQuery,
    DensityQuery,
    DivergenceQuery,
    EntropyQuery,
    EpsilonQuery,
    ExpectedErrorReductionQuery,
    ExpectedModelChangeQuery,
    GreedyQuery,
    KCenterQuery,
    LCMDQuery,
    LeastConfidentQuery,
    MarginQuery,
    ProportionalQuery,
    ProxyQuery,
    RandomQuery,
    RankedBatchQuery,
    StochasticQuery,
    TopKQuery,
    TypiClustQuery,
    VarianceQuery,
    VoteEntropyQuery,
)

STRATEGIES = [
    BADGEQuery(),
    BALDQuery(),
    BalancedQuery(),
    BanditQuery(),
    BatchBALDQuery(),
    ClusterMarginQuery(),
    ClusterQuery(),
    CombinedQuery(),
    ConsensusEntropyQuery(),
    CostQuery(),
    DensityQuery(),
    DivergenceQuery(),
    EntropyQuery(),
    EpsilonQuery(),
    ExpectedErrorReductionQuery(),
    ExpectedModelChangeQuery(),
    GreedyQuery(),
    KCenterQuery(),
    LCMDQuery(),
    LeastConfidentQuery(),
    MarginQuery(),
    ProportionalQuery(),
    ProxyQuery(n_candidates=20),
    RandomQuery(),
    RankedBatchQuery(),
    StochasticQuery(),
    TopKQuery(),
    TypiClustQuery(),
    VarianceQuery(),
    VoteEntropyQuery(),
]
each_strategy = pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda s: type(s).__name__)


def never():
    raise AssertionError("read, though not needed")


def make_pool(n_rows=60, seed=0, n_features=3):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, n_features))
    proba = rng.dirichlet(np.ones(3), size=n_rows)
    members = rng.dirichlet(np.ones(3), size=(5, n_rows))
    return Pool(
        X, proba=lambda: proba, utilities=lambda: 1 - proba.max(axis=1), embedding=lambda: X,
        members=lambda: members, prediction=lambda: X.sum(axis=1), **labeled_part(n_features),
    )  # fmt: skip


def labeled_part(n_features):
    """Six labelled rows and the model they were learnt by."""
    X, y = np.random.default_rng(1).normal(size=(6, n_features)), np.resize([0, 1], 6)
    return {
        "X_labeled": X, "y_labeled": y, "embedding_labeled": lambda: X,
        "estimator": GaussianNB().fit(X, y),
    }  # fmt: skip


def constant_pool(n_rows):
    """A pool in which no row differs from another."""
    X = np.ones((n_rows, 2))
    return Pool(
        X,
        proba=lambda: np.full((n_rows, 2), 0.5),
        utilities=lambda: np.zeros(n_rows),
        embedding=lambda: X,
        members=lambda: np.tile([[[0.7, 0.3]], [[0.2, 0.8]]], (1, n_rows, 1)),
        prediction=lambda: np.zeros(n_rows),
        **labeled_part(2),
    )


def embedded(X, utilities):
    X, utilities = np.asarray(X, dtype=float), np.asarray(utilities, dtype=float)
    return Pool(X, utilities=lambda: utilities, embedding=lambda: X)


def test_all_strategies_are_tested():
    named = {type(strategy).__name__ for strategy in STRATEGIES}
    elsewhere = {"BaseQueryStrategy", "BaseUtilityQuery", "cold_start"}
    elsewhere |= {"GroupQuotaQuery", "ShortlistQuery", "parquet_blocks", "query_blocks"}
    elsewhere |= {"ModALQuery", "ScikitActiveMLQuery"}  # of other packages: files of their own
    assert named | elsewhere == set(query_package.__all__)
    assert list(query_package.__all__) == sorted(query_package.__all__)


@each_strategy
@pytest.mark.parametrize("batch_size", [1, 7, np.int64(59), 60])
def test_contract(strategy, batch_size):
    indices = strategy.query(make_pool(), batch_size, random_state=0)
    assert indices.shape == (batch_size,)
    assert indices.dtype == np.intp
    assert len(set(indices)) == batch_size
    assert indices.min() >= 0
    assert indices.max() < 60


@each_strategy
def test_reproducible(strategy):
    for pool in (make_pool(), constant_pool(40)):
        first = strategy.query(pool, 10, random_state=3)
        np.testing.assert_array_equal(first, clone(strategy).query(pool, 10, random_state=3))
        again = strategy.query(pool, 10, random_state=np.random.RandomState(3))
        np.testing.assert_array_equal(first, again)


@each_strategy
def test_ties_are_broken_at_random(strategy):
    pool = constant_pool(6)
    firsts = [strategy.query(pool, 2, random_state=seed)[0] for seed in range(240)]
    counts = np.bincount(firsts, minlength=6)
    assert counts.min() >= 15  # 40 expected
    assert set(strategy.query(pool, 6, random_state=0)) == set(range(6))


@each_strategy
@pytest.mark.parametrize("batch_size", [7, 0, -1, 1.0, True, None])
def test_batch_size_out_of_range(strategy, batch_size):
    sentence = (
        rf"The 'batch_size' parameter of {type(strategy).__name__}\.query must be an int in the"
        rf" range \[1, 5\], the number of rows of the pool\. Got {batch_size} instead\."
    )
    with pytest.raises(ValueError, match=sentence):
        strategy.query(make_pool(5), batch_size)


@each_strategy
def test_empty_pool(strategy):
    with pytest.raises(ValueError, match=r"must be a pool of at least 1 row\. Got a pool of 0"):
        strategy.query(Pool(np.empty((0, 2))))


@each_strategy
def test_one_row(strategy):
    assert strategy.query(make_pool(1)) == [0]


@pytest.mark.parametrize(
    ("strategy", "what"),
    [
        (MarginQuery(), "class probabilities. Use TopKQuery"),
        (EntropyQuery(), "class probabilities. Use TopKQuery"),
        (TopKQuery(), "utilities. Use RandomQuery"),
        (ProportionalQuery(), "utilities. Use RandomQuery"),
        (KCenterQuery(), "an embedding. Use TopKQuery"),
        (LeastConfidentQuery(), "class probabilities. Use TopKQuery"),
        (BALDQuery(), "the class probabilities of a committee. Use MarginQuery"),
        (BatchBALDQuery(), "the class probabilities of a committee. Use MarginQuery"),
        (ConsensusEntropyQuery(), "the class probabilities of a committee. Use MarginQuery"),
        (DivergenceQuery(), "the class probabilities of a committee. Use MarginQuery"),
        (VoteEntropyQuery(), "the class probabilities of a committee. Use MarginQuery"),
        (VarianceQuery(), "the predictions of a committee. Use TopKQuery"),
        (BalancedQuery(), "utilities. Use RandomQuery"),
        (CostQuery(), "utilities. Use RandomQuery"),
        (GreedyQuery("features"), "an embedding. Use TopKQuery"),
        (GreedyQuery("target"), "predicted values. Use KCenterQuery"),
        (BADGEQuery(), "class probabilities. Use TopKQuery"),
        (ClusterMarginQuery(), "class probabilities. Use TopKQuery"),
        (RankedBatchQuery(), "utilities. Use RandomQuery"),
        (StochasticQuery(), "utilities. Use RandomQuery"),
        (TypiClustQuery(), "an embedding. Use TopKQuery"),
        (ProxyQuery(n_candidates=2), "an embedding. Use TopKQuery"),
        (ExpectedModelChangeQuery(), "an embedding. Use TopKQuery"),
        (LCMDQuery(), "an embedding. Use TopKQuery"),
    ],
)
def test_pool_without_what_is_needed(strategy, what):
    sentence = f"{type(strategy).__name__} is not compatible with this pool: it needs {what}"
    with pytest.raises(TypeError, match=sentence) as caught:
        strategy.query(Pool(np.zeros((3, 1))))
    assert isinstance(caught.value.__cause__, AttributeError)


@pytest.mark.parametrize(
    "strategy",
    [
        TopKQuery(),
        DensityQuery(),
        ClusterQuery(),
        ProportionalQuery(),
        RankedBatchQuery(),
        StochasticQuery(),
    ],
)
def test_nan_utilities(strategy):
    pool = embedded(np.zeros((3, 1)), [0.0, np.nan, 1.0])
    with pytest.raises(ValueError, match=r"must be .*numbers\. Got 1 NaN"):
        strategy.query(pool)


def test_nan_proba():
    pool = Pool(np.zeros((2, 1)), proba=lambda: np.full((2, 2), np.nan))
    with pytest.raises(ValueError, match=r"Got 2 NaN instead"):
        MarginQuery().query(pool)


def test_wrong_length():
    pool = Pool(np.zeros((3, 1)), utilities=lambda: np.zeros(4))
    with pytest.raises(ValueError, match=r"must be an array of 3 rows\. Got 4 rows instead"):
        TopKQuery().query(pool)


def test_lazy():
    X = np.zeros((4, 2))
    utilities = Pool(X, proba=never, members=never, utilities=lambda: np.arange(4.0),
                     embedding=never, embedding_labeled=never)  # fmt: skip
    for strategy in (
        TopKQuery(), ProportionalQuery(), RandomQuery(), StochasticQuery(), CostQuery(),
        EpsilonQuery(),
    ):  # fmt: skip
        strategy.query(utilities, 2)
    nothing = Pool(X, proba=never, members=never, utilities=never, embedding=never)
    RandomQuery().query(nothing, 2)
    proba = Pool(X, proba=lambda: np.full((4, 2), 0.5), utilities=never, embedding=never)
    for strategy in (
        MarginQuery(), EntropyQuery(), LeastConfidentQuery(), BalancedQuery(MarginQuery()),
        CombinedQuery([MarginQuery()]), CostQuery(MarginQuery()),
    ):  # fmt: skip
        strategy.query(proba, 2)
    embedding = Pool(X, proba=never, utilities=never, embedding=lambda: X)
    for strategy in (KCenterQuery(), LCMDQuery(), TypiClustQuery()):
        strategy.query(embedding, 2)
    members = Pool(X, proba=never, members=lambda: np.full((3, 4, 2), 0.5), utilities=never,
                   embedding=never)  # fmt: skip
    for strategy in (
        BALDQuery(), BatchBALDQuery(), ConsensusEntropyQuery(), DivergenceQuery(), VarianceQuery(),
        VoteEntropyQuery(),
    ):  # fmt: skip
        strategy.query(members, 2)


@given(
    utilities=arrays(
        np.float64, st.integers(1, 40),
        elements=st.one_of(st.integers(-2, 2).map(float), st.floats(allow_nan=False)),
    ),
    data=st.data(),
)  # fmt: skip
def test_top_is_the_top(utilities, data):
    batch_size = data.draw(st.integers(1, len(utilities)))
    rng = np.random.RandomState(data.draw(st.integers(0, 9)))
    indices = TopKQuery()._top(utilities, batch_size, rng)
    assert len(set(indices)) == batch_size
    np.testing.assert_array_equal(utilities[indices], np.sort(utilities)[::-1][:batch_size])


def test_top_of_many_is_sorted():
    utilities = np.random.default_rng(0).normal(size=5000)
    indices = TopKQuery()._top(utilities, 500, np.random.RandomState(0))
    np.testing.assert_array_equal(indices, np.argsort(-utilities)[:500])


def test_top_k_takes_infinities():
    pool = Pool(np.zeros((3, 1)), utilities=lambda: np.array([-np.inf, 1.0, np.inf]))
    np.testing.assert_array_equal(TopKQuery().query(pool, 3), [2, 1, 0])


def test_margin_and_entropy_order_known_rows():
    proba = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.5, 0.3, 0.2], [0.9, 0.1, 0.0]])
    pool = Pool(np.zeros((4, 1)), proba=lambda: proba)
    np.testing.assert_array_equal(MarginQuery().query(pool, 4), [1, 2, 3, 0])
    np.testing.assert_array_equal(EntropyQuery().query(pool, 4), [2, 1, 3, 0])


@pytest.mark.parametrize("n_landmarks", [20, 256])
def test_density_prefers_company(n_landmarks):
    rng = np.random.default_rng(0)
    X = np.vstack([[20.0, 20.0], rng.normal(size=(100, 2))])
    utilities = np.zeros(101)
    utilities[:2] = 1.0
    for seed in range(10):
        strategy = DensityQuery(n_landmarks=n_landmarks)
        assert strategy.query(embedded(X, utilities), random_state=seed) == [1]


def test_density_matches_the_formula():
    X = np.random.default_rng(0).normal(size=(30, 2))
    distances = np.linalg.norm(X[:, None] - X[None], axis=2)
    bandwidth = np.median(distances[np.triu_indices(30, 1)])
    similarity = np.exp(-(distances**2) / (2 * bandwidth**2))
    np.fill_diagonal(similarity, 0)
    density = DensityQuery()._density(X, np.random.RandomState(0))
    np.testing.assert_allclose(density, similarity.sum(axis=1) / 29)


def test_density_exponent_zero_is_top_k():
    pool = make_pool()
    expected = TopKQuery().query(pool, 10)
    np.testing.assert_array_equal(DensityQuery(density_exponent=0).query(pool, 10), expected)


def blobs(n_per_blob=30, seed=0):
    rng = np.random.default_rng(seed)
    blob = np.repeat(np.arange(4), n_per_blob)
    centers = np.array([[0, 0], [10, 0], [0, 10], [10, 10]])
    return centers[blob] + rng.normal(scale=0.3, size=(len(blob), 2)), blob


@pytest.mark.parametrize("seed", range(5))
def test_k_center_covers(seed):
    X, blob = blobs()
    indices = KCenterQuery().query(Pool(X, embedding=lambda: X), 4, random_state=seed)
    assert set(blob[indices]) == {0, 1, 2, 3}


def test_k_center_avoids_what_is_labelled():
    X, blob = blobs()
    known = X[blob == 0][:5]
    pool = Pool(X, embedding=lambda: X, embedding_labeled=lambda: known)
    assert set(blob[KCenterQuery().query(pool, 3, random_state=0)]) == {1, 2, 3}


@pytest.mark.parametrize("labeled", [lambda: None, lambda: np.empty((0, 1)), None])
def test_k_center_starts_at_the_mean(labeled):
    X = np.array([[0.0], [4.0], [10.0]])
    pool = Pool(X, embedding=lambda: X, embedding_labeled=labeled)
    np.testing.assert_array_equal(KCenterQuery().query(pool, 3), [1, 2, 0])


@pytest.mark.parametrize("seed", range(5))
def test_cluster_names_the_best_of_each_blob(seed):
    X, blob = blobs()
    utilities = np.random.default_rng(seed).uniform(0.5, 1.0, len(X)) + 0.6 * (blob == 0)
    strategy = ClusterQuery(n_candidates_per_row=30)
    indices = strategy.query(embedded(X, utilities), 4, random_state=seed)
    best = [np.flatnonzero(blob == b)[utilities[blob == b].argmax()] for b in range(4)]
    assert set(indices) == set(best)
    assert np.all(np.diff(utilities[indices]) <= 0)


def test_cluster_takes_only_the_shortlist():
    X, blob = blobs()
    utilities = np.where(blob == 0, 1.0, 0.1)
    strategy = ClusterQuery(n_candidates_per_row=7)
    assert set(blob[strategy.query(embedded(X, utilities), 4, random_state=0)]) == {0}


def test_cluster_fills_in_for_empty_clusters():
    X = np.repeat([[0.0], [1.0]], [5, 5], axis=0)
    utilities = np.arange(10.0)
    indices = ClusterQuery().query(embedded(X, utilities), 5, random_state=0)
    np.testing.assert_array_equal(indices, [9, 8, 7, 6, 4])


def test_proportional_draws_in_proportion():
    pool = Pool(np.zeros((3, 1)), utilities=lambda: np.array([1.0, 3.0, 0.0]))
    rng = np.random.RandomState(0)
    for smoothing, expected in [(0.0, [0.25, 0.75, 0]), (0.8, [0.3167, 0.4167, 0.2667])]:
        strategy = ProportionalQuery(smoothing=smoothing)
        draws = [strategy.query(pool, random_state=rng)[0] for _ in range(3000)]
        share = np.bincount(draws, minlength=3) / 3000
        np.testing.assert_allclose(share, expected, atol=0.035)


def test_proportional_shifts_negative_utilities():
    pool = Pool(np.zeros((3, 1)), utilities=lambda: np.array([-5.0, -4.0, -4.0]))
    strategy = ProportionalQuery(smoothing=0)
    for seed in range(20):
        assert strategy.query(pool, 3, random_state=seed)[2] == 0


@pytest.mark.parametrize(
    "strategy",
    [
        DensityQuery(density_exponent=-1),
        DensityQuery(n_landmarks=1),
        ClusterQuery(n_candidates_per_row=0),
        ProportionalQuery(smoothing=1.5),
        BatchBALDQuery(max_configurations=0),
        DivergenceQuery(statistic="median"),
        EpsilonQuery(epsilon=-0.1),
        EpsilonQuery(strategy=3),
        ClusterMarginQuery(n_clusters=0),
        BalancedQuery(strategy=RandomQuery()),
        CombinedQuery(kind="sum"),
        CombinedQuery(weights=[1.0]),
        CombinedQuery(weights=[0.0, 0.0]),
        CombinedQuery(weights=[2.0, -1.0]),
        CostQuery(budget=-1),
        CostQuery(costs=[1.0, 2.0]),
        CostQuery(costs=np.zeros(60)),
        GreedyQuery(space="sample"),
        RankedBatchQuery(distance_weight=2),
        StochasticQuery(kind="argmax"),
        StochasticQuery(coldness=0),
        StochasticQuery(strategy=RandomQuery()),
        TypiClustQuery(n_neighbors=0),
        ProxyQuery(n_candidates=0),
        BanditQuery(exploration=0),
        BanditQuery(random_state=None),
        BanditQuery(rewards=[1.5]),
        BanditQuery(rewards=[np.nan]),
        BanditQuery(rewards=[[0.5]]),
        BanditQuery(strategies=[]),
        LCMDQuery(space="target"),
        ExpectedErrorReductionQuery(strategy=3),
        ExpectedErrorReductionQuery(n_candidates=0),
        ExpectedErrorReductionQuery(n_evaluation=0),
        ExpectedErrorReductionQuery(loss="hinge"),
        ProxyQuery(strategy=3),
        ProxyQuery(estimator=3),
    ],
)
def test_parameters_are_checked(strategy):
    with pytest.raises(ValueError, match=f"parameter of {type(strategy).__name__} must be"):
        strategy.query(make_pool())


@pytest.mark.parametrize(
    "strategy",
    [
        DensityQuery(),
        KCenterQuery(),
        ClusterQuery(),
        BADGEQuery(),
        ClusterMarginQuery(),
        RankedBatchQuery(),
        StochasticQuery(),
        TypiClustQuery(),
        BalancedQuery(),
        CostQuery(budget=20.0),
        GreedyQuery(),
        ProxyQuery(),
        LCMDQuery(),
        LCMDQuery("leaves"),
    ],
)
def test_large_pool(strategy):
    pool = make_pool(100_000, n_features=20)
    tracemalloc.start()
    try:
        start = time.process_time()
        strategy.query(pool, 50, random_state=0)
        seconds = time.process_time() - start
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert seconds < 15  # about 1 on a laptop
    assert peak < 100_000 * 64 * 8
