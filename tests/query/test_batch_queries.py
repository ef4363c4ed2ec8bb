"""Strategies that spread a batch: each step against brute force."""

import numpy as np
import pytest

from sklearn_synda._rows import Pool
from sklearn_synda.acquisition import margin_score
from sklearn_synda.query import (
    BADGEQuery,
    ClusterMarginQuery,
    LeastConfidentQuery,
    MarginQuery,
    ProportionalQuery,
    RankedBatchQuery,
    StochasticQuery,
    TopKQuery,
    TypiClustQuery,
)
from sklearn_synda.query._cluster import turns


def blobs(sizes=(60, 40, 20, 10), seed=0):
    rng = np.random.default_rng(seed)
    blob = np.repeat(np.arange(4), sizes)
    centers = np.array([[0, 0], [10, 0], [0, 10], [10, 10]])
    return centers[blob] + rng.normal(scale=0.3, size=(len(blob), 2)), blob


def test_turns():
    np.testing.assert_array_equal(turns(np.array([3, 1, 3, 3, 1, 0])), [0, 0, 1, 2, 1, 0])


def test_badge_draws_by_squared_distance_of_gradients():
    rng = np.random.default_rng(0)
    proba, points = rng.dirichlet(np.ones(3), size=5), rng.normal(size=(5, 2))
    residual = proba - np.eye(3)[proba.argmax(axis=1)]
    gradients = np.einsum("ic,id->icd", residual, points).reshape(5, -1)
    first = np.linalg.norm(gradients, axis=1).argmax()
    squared = ((gradients - gradients[first]) ** 2).sum(axis=1)
    pool = Pool(points, proba=lambda: proba, embedding=lambda: points)
    draws = np.array([BADGEQuery().query(pool, 2, random_state=s) for s in range(2000)])
    assert (draws[:, 0] == first).all()
    share = np.bincount(draws[:, 1], minlength=5) / 2000
    np.testing.assert_allclose(share, squared / squared.sum(), atol=0.04)


def test_badge_refuses_probabilities_that_are_no_numbers():
    proba = np.full((4, 2), 0.5)
    proba[1] = np.nan
    pool = Pool(np.eye(4), proba=lambda: proba, embedding=lambda: np.eye(4))
    with pytest.raises(ValueError, match="The proba of the pool of BADGEQuery must be numbers"):
        BADGEQuery().query(pool, 2)


def test_badge_passes_over_copies_while_others_are_left():
    rng = np.random.default_rng(0)
    proba, points = rng.dirichlet(np.ones(3), size=6), rng.normal(size=(6, 2))
    pool = Pool(
        np.zeros((60, 1)), proba=lambda: np.tile(proba, (10, 1)),
        embedding=lambda: np.tile(points, (10, 1)),
    )  # fmt: skip
    for seed in range(20):
        assert set(BADGEQuery().query(pool, 6, random_state=seed) % 6) == set(range(6))
    assert len(set(BADGEQuery().query(pool, 20, random_state=0))) == 20


@pytest.mark.parametrize("seed", range(5))
def test_typi_clust_names_the_most_typical_row_of_each_blob(seed):
    X, blob = blobs()
    chosen = TypiClustQuery(n_neighbors=5).query(Pool(X, embedding=lambda: X), 4, random_state=seed)
    np.testing.assert_array_equal(blob[chosen], [0, 1, 2, 3])  # the largest first
    for b, row in enumerate(chosen):
        own = X[blob == b]
        distances = np.sort(np.linalg.norm(own[:, None] - own[None], axis=2), axis=1)[:, 1:6]
        assert row == np.flatnonzero(blob == b)[distances.mean(axis=1).argmin()]


def test_typi_clust_avoids_what_is_labelled():
    X, blob = blobs()
    known = X[np.isin(blob, [0, 2])][[0, -1]]
    pool = Pool(X, embedding=lambda: X, embedding_labeled=lambda: known)
    found = [set(blob[TypiClustQuery().query(pool, 2, random_state=s)]) for s in range(20)]
    assert found.count({1, 3}) >= 15  # the rest: k-means split a blob


def test_typi_clust_looks_at_part_of_a_large_cluster(monkeypatch):
    monkeypatch.setattr("sklearn_synda.query._typi_clust._MOST", 10)
    X, _ = blobs()
    strategy = TypiClustQuery(max_clusters=2)
    indices = strategy.query(Pool(X, embedding=lambda: X), len(X), random_state=0)
    assert len(set(indices)) == len(X)


def test_cluster_margin_takes_turns_the_smallest_cluster_first():
    X, blob = blobs()
    doubt = np.random.default_rng(0).uniform(0.1, 0.5, len(X))
    proba = np.column_stack([doubt, 1 - doubt])
    pool = Pool(X, proba=lambda: proba, embedding=lambda: X)
    strategy = ClusterMarginQuery(n_clusters=4, n_candidates_per_row=6)
    shortlist = np.argsort(-margin_score(proba))[:60]
    by_size = np.argsort(np.bincount(blob[shortlist], minlength=4), kind="stable")
    n_right = 0
    for seed in range(10):
        chosen = strategy.query(pool, 10, random_state=seed)
        assert set(chosen) <= set(shortlist)
        n_right += np.array_equal(blob[chosen[:8]], np.tile(by_size, 2))
    assert n_right >= 5  # the rest: k-means split a blob


@pytest.mark.parametrize(
    ("kind", "weights"),
    [
        ("power", np.array([1.0, 2.0, 4.0]) ** 2),
        ("softmax", np.exp(2 * np.array([1.0, 2.0, 4.0]))),
        ("softrank", np.array([3.0, 2.0, 1.0]) ** -2),
    ],
)
def test_stochastic_draws_by_the_formula(kind, weights):
    pool = Pool(np.zeros((3, 1)), utilities=lambda: np.array([1.0, 2.0, 4.0]))
    strategy, rng = StochasticQuery(kind=kind, coldness=2.0), np.random.RandomState(0)
    draws = [strategy.query(pool, random_state=rng)[0] for _ in range(3000)]
    share = np.bincount(draws, minlength=3) / 3000
    np.testing.assert_allclose(share, weights / weights.sum(), atol=0.035)


def test_stochastic_and_cold_is_its_strategy():
    proba = np.random.default_rng(0).dirichlet(np.ones(3), size=50)
    pool = Pool(np.zeros((50, 1)), proba=lambda: proba)
    expected = LeastConfidentQuery().query(pool, 10)
    for kind in ("power", "softmax", "softrank"):
        strategy = StochasticQuery(LeastConfidentQuery(), kind=kind, coldness=1e9)
        np.testing.assert_array_equal(strategy.query(pool, 10, random_state=0), expected)


def test_stochastic_power_is_proportional():
    pool = Pool(np.zeros((50, 1)), utilities=lambda: np.random.default_rng(0).random(50))
    expected = ProportionalQuery(smoothing=0).query(pool, 20, random_state=0)
    np.testing.assert_array_equal(StochasticQuery().query(pool, 20, random_state=0), expected)


def test_strategy_without_utilities_of_its_own():
    with pytest.raises(TypeError, match=r"Got the class MarginQuery instead: write MarginQuery"):
        StochasticQuery(MarginQuery).query(Pool(np.zeros((2, 1))))


@pytest.mark.parametrize("distance_weight", [None, 0.3])
@pytest.mark.parametrize("n_labeled", [0, 5])
def test_ranked_batch_by_brute_force(distance_weight, n_labeled):
    rng = np.random.default_rng(0)
    X, labeled, utilities = (
        rng.normal(size=(30, 2)),
        rng.normal(size=(n_labeled, 2)),
        rng.random(30),
    )
    pool = Pool(
        X, utilities=lambda: utilities, embedding=lambda: X, embedding_labeled=lambda: labeled
    )
    scaled, expected = utilities / utilities.max(), []
    for _ in range(8):
        known = np.vstack([labeled, X[expected]])
        weight = (30 - len(expected)) / (30 + n_labeled)
        weight = weight if distance_weight is None else distance_weight
        if len(known):
            nearest = np.linalg.norm(X[:, None] - known[None], axis=2).min(axis=1)
            scores = weight * (1 - 1 / (1 + nearest)) + (1 - weight) * scaled
        else:
            scores = scaled.copy()
        scores[expected] = -np.inf
        expected.append(int(scores.argmax()))
    strategy = RankedBatchQuery(distance_weight=distance_weight)
    np.testing.assert_array_equal(strategy.query(pool, 8), expected)


def test_ranked_batch_of_utility_alone_is_the_top():
    X, _ = blobs()
    proba = np.random.default_rng(0).dirichlet(np.ones(3), size=len(X))
    pool = Pool(X, proba=lambda: proba, utilities=lambda: margin_score(proba), embedding=lambda: X)
    strategy = RankedBatchQuery(MarginQuery(), distance_weight=0)
    np.testing.assert_array_equal(strategy.query(pool, 5), TopKQuery().query(pool, 5))
