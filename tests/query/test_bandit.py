"""The bandit: EXP3 written out, no state but its parameters, and what pays is drawn."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda._rows import Pool
from sklearn_synda.query import BanditQuery, KCenterQuery, MarginQuery, RandomQuery, TopKQuery

ARMS = [MarginQuery(), KCenterQuery(), RandomQuery()]


@pytest.mark.parametrize("exploration", [0.1, 0.7, 1.0])
def test_exp3_written_out(exploration):
    bandit = BanditQuery(ARMS, exploration=exploration, random_state=5)
    rng, weight = np.random.RandomState(5), np.ones(3)
    for t in range(40):
        chances = (1 - exploration) * weight / weight.sum() + exploration / 3
        np.testing.assert_allclose(bandit.chances, chances)
        arm = rng.choice(3, p=chances)
        assert bandit.arm == arm
        reward = (t * 37 % 11) / 10
        weight[arm] *= np.exp(exploration * reward / chances[arm] / 3)
        bandit = bandit.update(reward)
    assert len(bandit.rewards) == 40


def test_the_first_step_by_hand():
    bandit = BanditQuery(ARMS[:2], exploration=0.5).update(1.0)  # the arm was 1
    weight = np.exp(0.5 * 1.0 / 0.5 / 2)
    np.testing.assert_allclose(bandit.chances[1], 0.5 * weight / (1 + weight) + 0.25)


@pytest.mark.parametrize("best", [0, 1, 2])
def test_what_pays_is_drawn(best):
    bandit, arms = BanditQuery(ARMS, exploration=0.2, random_state=1), []
    for _ in range(200):
        arms.append(bandit.arm)
        bandit = bandit.update(0.9 if bandit.arm == best else 0.2)
    share = np.bincount(arms[100:], minlength=3) / 100
    assert share[best] > 0.6
    assert share.min() > 0  # every arm is tried again and again


def test_rewards_of_many_rounds_do_not_overflow():
    bandit = BanditQuery(ARMS, rewards=np.ones(3000), exploration=1e-3 + 0.9)
    assert np.isfinite(bandit.chances).all()
    assert bandit.chances.sum() == pytest.approx(1)


def make_pool():
    rng = np.random.default_rng(0)
    X, proba = rng.normal(size=(30, 2)), rng.dirichlet(np.ones(2), size=30)
    return Pool(X, proba=lambda: proba, embedding=lambda: X, utilities=lambda: X[:, 0])


def test_the_arm_names_the_batch():
    bandit, pool, seen = BanditQuery(ARMS), make_pool(), set()
    for _ in range(40):
        seen.add(bandit.arm)
        for seed in range(2):  # the seed of the query is that of the strategy
            expected = ARMS[bandit.arm].query(pool, 4, random_state=seed)
            np.testing.assert_array_equal(bandit.query(pool, 4, random_state=seed), expected)
        bandit = bandit.update(0.5)
    assert seen == {0, 1, 2}
    default = BanditQuery()
    expected = [TopKQuery(), RandomQuery()][default.arm].query(pool, 3, random_state=0)
    np.testing.assert_array_equal(default.query(pool, 3, random_state=0), expected)


def test_parameters_are_all_the_state():
    bandit = BanditQuery(ARMS)
    for reward in (0.0, 1.0, 0.5):
        before = bandit.rewards
        after = bandit.update(reward)
        assert bandit.rewards is before
        bandit = after
    for copy in (clone(bandit), pickle.loads(pickle.dumps(bandit))):
        assert copy.arm == bandit.arm
        np.testing.assert_array_equal(copy.chances, bandit.chances)
    bandit.query(make_pool(), 2)
    assert set(vars(bandit)) == set(bandit.get_params(deep=False))


def test_in_the_loop_of_a_model():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    y = (X[:, 0] > 0).astype(int)
    model = ActiveSynthesisClassifier(
        LogisticRegression(), query_strategy=BanditQuery(ARMS), max_iter=0, random_state=0
    ).fit(X[:10], y[:10])
    left = np.arange(10, 60)
    for _ in range(4):
        rows = left[model.query(X[left], 3)]
        reward = np.mean(model.predict(X[rows]) != y[rows])
        model.set_params(query_strategy=model.query_strategy.update(reward)).teach(X[rows], y[rows])
        left = np.setdiff1d(left, rows)
    assert len(model.query_strategy.rewards) == 4
    assert len(left) == 38


@pytest.mark.parametrize("reward", [-0.1, 1.1, np.nan])
def test_rewards_out_of_range(reward):
    with pytest.raises(ValueError, match=r"must be numbers in \[0, 1\], one a round. Got .* inst"):
        BanditQuery(ARMS).update(reward)


def test_arms_are_checked():
    with pytest.raises(TypeError, match="Got the class MarginQuery instead"):
        BanditQuery([MarginQuery]).query(make_pool())
