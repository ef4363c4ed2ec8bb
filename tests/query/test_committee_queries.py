"""Strategies over the members of a committee: scores by the book, batches by brute force."""

import time
import tracemalloc
from itertools import product

import numpy as np
import pytest
from scipy.stats import entropy

from sklearn_synda._rows import Pool
from sklearn_synda.query import (
    BALDQuery,
    BatchBALDQuery,
    ConsensusEntropyQuery,
    DivergenceQuery,
    EpsilonQuery,
    RandomQuery,
    TopKQuery,
    VarianceQuery,
    VoteEntropyQuery,
)


def committee_pool(members):
    return Pool(np.zeros((members.shape[1], 1)), members=lambda: members)


def dirichlet_members(shape=(6, 12, 3), seed=0):
    return np.random.default_rng(seed).dirichlet(np.full(shape[2], 0.5), size=shape[:2])


def vote_entropy(answers):
    return entropy(np.bincount(answers.argmax(axis=1), minlength=answers.shape[1]))


def information(answers):
    return entropy(answers.mean(axis=0)) - np.mean([entropy(p) for p in answers])


def largest_divergence(answers):
    return max(entropy(p, answers.mean(axis=0)) for p in answers)


@pytest.mark.parametrize(
    ("strategy", "of_one_row"),
    [
        (VoteEntropyQuery(), vote_entropy),
        (ConsensusEntropyQuery(), lambda answers: entropy(answers.mean(axis=0))),
        (BALDQuery(), information),
        (DivergenceQuery(), information),
        (DivergenceQuery("max"), largest_divergence),
        (VarianceQuery(), lambda answers: answers.var(axis=0).sum()),
    ],
    ids=lambda value: repr(value) if hasattr(value, "query") else "by hand",
)
def test_utilities_by_the_book(strategy, of_one_row):
    members = dirichlet_members()
    pool = committee_pool(members)
    expected = [of_one_row(members[:, i]) for i in range(members.shape[1])]
    np.testing.assert_allclose(strategy.utilities(pool), expected, atol=1e-12)
    chosen = strategy.query(pool, 3, random_state=0)
    np.testing.assert_allclose(np.array(expected)[chosen], np.sort(expected)[::-1][:3])


@pytest.mark.parametrize("strategy", [VoteEntropyQuery(), BatchBALDQuery(), BALDQuery()])
def test_an_answer_that_is_no_number_is_refused(strategy):
    members = dirichlet_members()
    members[2, 5] = np.nan
    with pytest.raises(ValueError, match=rf"of {type(strategy).__name__} must be numbers. Got"):
        strategy.query(committee_pool(members), 3)


def test_variance_of_values():
    members = np.array([[1.0, 2.0, 5.0], [1.0, 4.0, 6.0]])
    np.testing.assert_array_equal(VarianceQuery().query(committee_pool(members), 3), [1, 2, 0])


@pytest.mark.parametrize(
    "strategy", [BALDQuery(), BatchBALDQuery(), ConsensusEntropyQuery(), VoteEntropyQuery()]
)
def test_members_of_a_regressor(strategy):
    with pytest.raises(TypeError, match=r"members predict values\. Use VarianceQuery instead"):
        strategy.query(committee_pool(np.zeros((2, 3))))


def joint_information(members, rows):
    """Mutual information of the labels of ``rows`` and the member, over every configuration."""
    n_members, _, n_classes = members.shape
    chance = np.array(
        [
            [np.prod([members[m, row, c] for row, c in zip(rows, labels, strict=True)])
             for labels in product(range(n_classes), repeat=len(rows))]
            for m in range(n_members)
        ]
    )  # fmt: skip
    return entropy(chance.mean(axis=0)) - np.mean([entropy(p) for p in chance])


@pytest.mark.parametrize("seed", range(5))
def test_batch_bald_is_greedy_on_the_joint_information(seed, monkeypatch):
    monkeypatch.setattr("sklearn_synda.query._batch_bald._BLOCK", 2)
    members = dirichlet_members(seed=seed)
    expected = []
    for _ in range(4):
        rest = [row for row in range(members.shape[1]) if row not in expected]
        gains = [joint_information(members, [*expected, row]) for row in rest]
        expected.append(rest[int(np.argmax(gains))])
    chosen = BatchBALDQuery().query(committee_pool(members), 4, random_state=seed)
    np.testing.assert_array_equal(chosen, expected)


@pytest.mark.parametrize("seed", range(3))
def test_batch_bald_by_draws_is_nearly_as_good(seed):
    members = dirichlet_members(seed=seed)
    pool = committee_pool(members)
    exact = BatchBALDQuery(max_configurations=3**5).query(pool, 5, random_state=0)
    drawn = BatchBALDQuery(max_configurations=32).query(pool, 5, random_state=0)
    best, found = joint_information(members, exact), joint_information(members, drawn)
    assert found > 0.97 * best


def test_batch_bald_draws_by_their_chance():
    """Draws and the whole sum agree: the mean of what is known is what was believed before."""
    members = dirichlet_members((4, 6, 3), seed=1)
    belief, chance = np.full((1, 4), 0.25), np.ones(1)
    for row in range(6):
        strategy = BatchBALDQuery(max_configurations=200)
        belief, chance = strategy._extend(belief, chance, members[:, row], np.random.RandomState(0))
        assert len(belief) == len(chance) <= 200
        np.testing.assert_allclose(belief.sum(axis=1), 1)
        np.testing.assert_allclose(chance.sum(), 1)
        np.testing.assert_allclose(chance @ belief, 0.25, atol=0.06)


def test_batch_bald_passes_over_copies():
    members = np.repeat(dirichlet_members((8, 5, 3)), 20, axis=1)
    chosen = BatchBALDQuery().query(committee_pool(members), 4, random_state=0)
    assert len(set(chosen // 20)) >= 3
    assert len(set(BALDQuery().query(committee_pool(members), 4, random_state=0) // 20)) == 1


def test_batch_bald_of_a_large_pool():
    members = dirichlet_members((20, 10_000, 4))
    tracemalloc.start()
    try:
        start = time.process_time()
        BatchBALDQuery().query(committee_pool(members), 10, random_state=0)
        seconds = time.process_time() - start
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert seconds < 10  # about a half on a laptop
    assert peak < 10 * members.nbytes


def test_batch_bald_takes_sure_members():
    members = np.eye(2)[np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1]])]
    chosen = BatchBALDQuery().query(committee_pool(members), 3, random_state=0)
    assert set(chosen[:2]) == {0, 1}


@pytest.mark.parametrize("epsilon", [0.0, 0.3, 1.0])
def test_epsilon_is_the_share_of_random_rows(epsilon):
    utilities = np.arange(200.0)
    pool = Pool(np.zeros((200, 1)), utilities=lambda: utilities)
    strategy, rng = EpsilonQuery(TopKQuery(), epsilon=epsilon), np.random.RandomState(0)
    batches = [strategy.query(pool, 10, random_state=rng) for _ in range(300)]
    kept = [np.argmin([*(batch == np.arange(199, 189, -1)), False]) for batch in batches]
    assert np.mean(kept) / 10 == pytest.approx(1 - epsilon, abs=0.03)


def test_epsilon_needs_an_instance():
    pool = Pool(np.zeros((2, 1)), utilities=lambda: np.zeros(2))
    with pytest.raises(TypeError, match=r"Got the class RandomQuery instead: write RandomQuery"):
        EpsilonQuery(RandomQuery).query(pool)
