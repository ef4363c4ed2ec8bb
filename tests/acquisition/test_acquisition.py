"""Acquisition scores: ranges, extremes and what must not matter."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import entropy

from sklearn_synda.acquisition import (
    combined_score,
    conditional_information_score,
    consensus_entropy_score,
    divergence_score,
    entropy_score,
    expected_error_score,
    expected_gradient_length_score,
    expected_model_change_score,
    gradient_distance,
    gradient_norm_score,
    least_confident_score,
    margin_score,
    mutual_information_score,
    nearest_distance_score,
    ranked_batch_score,
    stochastic_score,
    typicality_score,
    variance_score,
    vote_entropy_score,
)

PROBA_SCORES = [entropy_score, least_confident_score, margin_score]
MEMBER_SCORES = [
    divergence_score,
    partial(divergence_score, statistic="max"),
    mutual_information_score,
    variance_score,
    vote_entropy_score,
]
shapes = st.tuples(st.integers(1, 5), st.integers(1, 6), st.integers(2, 5))
seeds = st.integers(0, 10_000)


def members_of(shape, seed):
    """Class probabilities of (n_members, n_samples, n_classes), some of them sure."""
    rng = np.random.default_rng(seed)
    members = rng.dirichlet(np.full(shape[2], 0.5), size=shape[:2])
    sure = rng.random(shape[:2]) < 0.2
    members[sure] = np.eye(shape[2])[rng.integers(shape[2], size=sure.sum())]
    return members


@pytest.mark.parametrize("score", PROBA_SCORES)
@given(shapes, seeds)
@settings(max_examples=40)
def test_scores_of_probabilities(score, shape, seed):
    proba = members_of(shape, seed)[0]
    scores = score(proba)
    uniform = score(np.full((1, shape[2]), 1 / shape[2]))[0]
    assert scores.shape == (len(proba),)
    assert (scores >= -1e-12).all()
    assert (scores <= uniform + 1e-12).all()
    np.testing.assert_allclose(score(np.eye(shape[2])), 0, atol=1e-12)
    order = np.random.default_rng(seed).permutation(shape[2])
    np.testing.assert_allclose(score(proba[:, order]), scores)


@pytest.mark.parametrize("score", MEMBER_SCORES)
@given(shapes, seeds)
@settings(max_examples=40)
def test_scores_of_members(score, shape, seed):
    members = members_of(shape, seed)
    scores = score(members)
    assert scores.shape == (shape[1],)
    assert (scores >= 0).all()
    rng = np.random.default_rng(seed)
    classes, order = rng.permutation(shape[2]), rng.permutation(shape[0])
    np.testing.assert_allclose(score(members[order]), scores, atol=1e-9)
    if score is not vote_entropy_score:  # a tie of a member goes to the first class
        np.testing.assert_allclose(score(members[:, :, classes]), scores, atol=1e-9)
    agree = np.repeat(members[:1], 3, axis=0)
    np.testing.assert_allclose(score(agree), 0, atol=1e-9)


@given(shapes, seeds)
@settings(max_examples=40)
def test_mutual_information_is_below_the_entropy_of_the_mean(shape, seed):
    members = members_of(shape, seed)
    assert (mutual_information_score(members) <= entropy_score(members.mean(axis=0)) + 1e-9).all()


@given(shapes, seeds)
@settings(max_examples=40)
def test_scores_of_a_committee_agree(shape, seed):
    """The mean divergence is the mutual information; the largest is not below it."""
    members = members_of(shape, seed)
    information = mutual_information_score(members)
    np.testing.assert_allclose(divergence_score(members), information, atol=1e-9)
    assert (divergence_score(members, "max") >= information - 1e-9).all()
    expected = entropy_score(members.mean(axis=0))
    np.testing.assert_allclose(consensus_entropy_score(members), expected)
    belief = np.full((1, shape[0]), 1 / shape[0])
    same = conditional_information_score(members, belief, np.ones(1))
    np.testing.assert_allclose(same, information, atol=1e-9)


@given(shapes, seeds, st.integers(1, 6))
@settings(max_examples=40)
def test_what_is_known_leaves_less_to_disagree_on(shape, seed, n_configurations):
    members = members_of(shape, seed)
    rng = np.random.default_rng(seed)
    belief = rng.dirichlet(np.ones(shape[0]), size=n_configurations)
    chance = rng.dirichlet(np.ones(n_configurations))
    scores = conditional_information_score(members, belief, chance)
    before = conditional_information_score(members, chance[None] @ belief, np.ones(1))
    assert scores.shape == (shape[1],)
    assert (scores >= 0).all()
    assert (scores <= before + 1e-9).all()
    certain = conditional_information_score(
        members, np.eye(shape[0]), np.full(shape[0], 1 / shape[0])
    )
    np.testing.assert_allclose(certain, 0, atol=1e-9)


@given(shapes, seeds)
@settings(max_examples=40)
def test_distances_of_gradients_are_those_of_outer_products(shape, seed):
    proba = members_of(shape, seed)[0]
    points = np.random.default_rng(seed).normal(size=(shape[1], shape[0]))
    residual = proba - np.eye(shape[2])[proba.argmax(axis=1)]
    gradients = np.einsum("ic,id->icd", residual, points).reshape(shape[1], -1)
    norms = gradient_norm_score(proba, points)
    np.testing.assert_allclose(norms, np.linalg.norm(gradients, axis=1), atol=1e-9)
    for row in range(shape[1]):
        distance = gradient_distance(proba, points, row)
        assert distance[row] == 0
        expected = ((gradients - gradients[row]) ** 2).sum(axis=1)
        np.testing.assert_allclose(distance, expected, atol=1e-9)


@given(st.integers(2, 30), st.integers(1, 40), seeds)
@settings(max_examples=40)
def test_typicality_is_the_mean_distance_to_neighbors(n_rows, n_neighbors, seed):
    points = np.random.default_rng(seed).normal(size=(n_rows, 3))
    distances = np.sort(np.linalg.norm(points[:, None] - points[None], axis=2), axis=1)[:, 1:]
    expected = 1 / distances[:, :n_neighbors].mean(axis=1)
    np.testing.assert_allclose(typicality_score(points, n_neighbors), expected)
    half = typicality_score(2 * points + 1, n_neighbors)
    np.testing.assert_allclose(half, expected / 2)


def test_typicality_of_copies_and_of_one_row():
    np.testing.assert_array_equal(typicality_score(np.ones((3, 2)), 2), np.full(3, np.inf))
    np.testing.assert_array_equal(typicality_score(np.ones((1, 2))), [0.0])


positive = st.lists(st.floats(0.01, 1), min_size=1, max_size=20).map(np.array)


@pytest.mark.parametrize("kind", ["power", "softmax", "softrank"])
@given(utilities=positive, coldness=st.floats(0.1, 10))
@settings(max_examples=40)
def test_stochastic_scores_keep_the_order(kind, utilities, coldness):
    scores = stochastic_score(utilities, kind, coldness)
    order = np.argsort(utilities, kind="stable")
    assert (np.diff(scores[order]) >= 0).all()
    assert len(np.unique(scores)) <= len(np.unique(utilities))
    np.testing.assert_allclose(scores, coldness * stochastic_score(utilities, kind))


@given(utilities=positive, distance_weight=st.floats(0, 1), seed=seeds)
@settings(max_examples=40)
def test_ranked_batch_score_is_a_mixture(utilities, distance_weight, seed):
    distance = np.random.default_rng(seed).exponential(size=len(utilities))
    scores = ranked_batch_score(utilities, distance, distance_weight)
    far = distance / (1 + distance)
    assert (scores >= np.minimum(utilities, far) - 1e-12).all()
    assert (scores <= np.maximum(utilities, far) + 1e-12).all()
    farther = ranked_batch_score(utilities, distance + 1, distance_weight)
    assert (farther >= scores - 1e-12).all()
    never = ranked_batch_score(utilities, np.full(len(utilities), np.inf), 1.0)
    np.testing.assert_array_equal(never, 1.0)


@given(st.integers(1, 12), st.integers(1, 6), seeds)
@settings(max_examples=40)
def test_nearest_distance_over_spaces(n_rows, n_known, seed):
    rng = np.random.default_rng(seed)
    spaces = [rng.normal(size=(n_rows, 3)), rng.normal(size=(n_rows, 1))]
    known = [rng.normal(size=(n_known, 3)), rng.normal(size=(n_known, 1))]
    pairs = [np.linalg.norm(a[:, None] - b, axis=2) for a, b in zip(spaces, known, strict=True)]
    both = nearest_distance_score(spaces, known)
    np.testing.assert_allclose(both, (pairs[0] * pairs[1]).min(axis=1))
    for rows, others, distance in zip(spaces, known, pairs, strict=True):
        alone = nearest_distance_score([rows], [others])
        np.testing.assert_allclose(alone, distance.min(axis=1))
    product = np.prod([distance.min(axis=1) for distance in pairs], axis=0)
    assert (both >= product - 1e-12).all()


def test_nearest_distance_in_blocks(monkeypatch):
    rng = np.random.default_rng(0)
    rows, others = rng.normal(size=(50, 2)), rng.normal(size=(7, 2))
    whole = nearest_distance_score([rows], [others])
    monkeypatch.setattr("sklearn_synda.acquisition._regression._CELLS", 20)
    np.testing.assert_array_equal(nearest_distance_score([rows], [others]), whole)


@pytest.mark.parametrize("kind", ["rank", "product"])
@given(shape=st.tuples(st.integers(1, 4), st.integers(1, 12)), seed=seeds)
@settings(max_examples=40)
def test_combined_scores(kind, shape, seed):
    rng = np.random.default_rng(seed)
    utilities = rng.integers(0, 5, size=shape).astype(float)
    weights = rng.random(shape[0]) + 0.1
    scores = combined_score(utilities, weights, kind)
    assert scores.shape == (shape[1],)
    assert ((scores >= 0) & (scores <= 1 + 1e-12)).all()
    scaled = 3 * utilities + rng.normal(size=(shape[0], 1))
    np.testing.assert_allclose(combined_score(scaled, 2 * weights, kind), scores, atol=1e-6)
    order = rng.permutation(shape[0])
    np.testing.assert_allclose(combined_score(utilities[order], weights[order], kind), scores)
    better = (utilities[:, :, None] >= utilities[:, None, :]).all(axis=0)
    assert (scores[:, None] - scores[None] >= -1e-12)[better].all()


def test_combined_scores_by_hand():
    utilities = np.array([[0.0, 1.0, 4.0], [5.0, 5.0, 1.0]])
    np.testing.assert_allclose(combined_score(utilities, [3, 1]), [0.1875, 0.5625, 0.75])
    product = combined_score(utilities, [1, 1], "product")
    np.testing.assert_allclose(product, [0, 0.5, 0])
    np.testing.assert_allclose(combined_score(utilities, [1, 0], "product"), [0, 0.25, 1])


def test_formulas():
    proba = np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]])
    np.testing.assert_allclose(entropy_score(proba), entropy(proba.T))
    np.testing.assert_allclose(least_confident_score(proba), [0.5, 0.2])
    np.testing.assert_allclose(margin_score(proba), [0.8, 0.3])
    members = np.array([[[0.9, 0.1]], [[0.2, 0.8]], [[0.6, 0.4]]])
    np.testing.assert_allclose(vote_entropy_score(members), entropy([2 / 3, 1 / 3]))
    expected = entropy(members.mean(axis=0)[0]) - np.mean([entropy(m[0]) for m in members])
    np.testing.assert_allclose(mutual_information_score(members), [expected])
    np.testing.assert_allclose(variance_score(members), 2 * np.var([0.9, 0.2, 0.6]))
    np.testing.assert_allclose(variance_score(np.array([[1.0], [3.0]])), [1.0])


def test_one_class_is_certain():
    for score in PROBA_SCORES:
        assert score(np.ones((3, 1))).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("loss", "error"), [("log", entropy_score), ("zero_one", least_confident_score)]
)
@given(shapes, seeds)
@settings(max_examples=30)
def test_expected_error_is_the_sum_written_out(loss, error, shape, seed):
    n_evaluation, n_rows, n_classes = shape
    proba = members_of((1, n_rows, n_classes), seed)[0]
    outcomes = members_of((n_rows * n_classes, n_evaluation, n_classes), seed)
    outcomes = outcomes.reshape(n_rows, n_classes, n_evaluation, n_classes)
    scores = expected_error_score(proba, outcomes, loss)
    for i in range(n_rows):
        left = sum(proba[i, c] * error(outcomes[i, c]).mean() for c in range(n_classes))
        assert scores[i] == pytest.approx(-left)
    assert (scores <= 0).all()


@given(shapes, seeds)
@settings(max_examples=30)
def test_expected_gradient_length_is_that_of_the_gradients(shape, seed):
    _, n_rows, n_classes = shape
    proba = members_of((1, n_rows, n_classes), seed)[0]
    points = np.random.default_rng(seed).normal(size=(n_rows, 3))
    scores = expected_gradient_length_score(proba, points)
    for p, x, score in zip(proba, points, scores, strict=True):
        gradients = [np.outer(p - np.eye(n_classes)[c], x) for c in range(n_classes)]
        assert score == pytest.approx(p @ [np.linalg.norm(g) for g in gradients])


@given(shapes, seeds)
@settings(max_examples=30)
def test_expected_model_change_is_that_of_the_gradients(shape, seed):
    n_members, n_rows, n_dimensions = shape
    rng = np.random.default_rng(seed)
    members, points = rng.normal(size=(n_members, n_rows)), rng.normal(size=(n_rows, n_dimensions))
    prediction = rng.normal(size=n_rows)
    scores = expected_model_change_score(prediction, members, points)
    for i in range(n_rows):
        lengths = [np.linalg.norm((prediction[i] - value) * points[i]) for value in members[:, i]]
        assert scores[i] == pytest.approx(np.mean(lengths))
