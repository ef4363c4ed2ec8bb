"""Shares of the labels by group."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda.query import (
    BADGEQuery,
    EpsilonQuery,
    GroupQuotaQuery,
    MarginQuery,
    RandomQuery,
    ShortlistQuery,
    TopKQuery,
)
from sklearn_synda.query._group_quota import _seats
from sklearn_synda.utils import Pool

RNG = np.random.RandomState(0)
X = RNG.normal(size=(200, 3))
GROUP = np.where(np.arange(200) < 40, "few", "many")
UTILITIES = np.where(GROUP == "few", 0.0, 1.0) + RNG.random_sample(200)


def pool_of(**params):
    return Pool(X, utilities=lambda: UTILITIES, embedding=lambda: X, **params)


def counts(chosen, name="few"):
    return int((GROUP[chosen] == name).sum())


def test_equal_shares_of_the_most_useful_rows_of_each_group():
    chosen = GroupQuotaQuery(sensitive_features=GROUP).query(pool_of(), 20, random_state=0)
    expected = [np.flatnonzero(g == GROUP)[np.argsort(-UTILITIES[g == GROUP])[:10]]
                for g in ("few", "many")]  # fmt: skip
    assert set(chosen) == set(np.concatenate(expected))
    assert GROUP[chosen].tolist()[:2] in (["few", "many"], ["many", "few"])
    assert {int(r) for r in chosen[:2]} == {expected[0][0], expected[1][0]}
    assert counts(TopKQuery().query(pool_of(), 20)) == 0


@pytest.mark.parametrize(
    ("quota", "expected"), [("pool", 4), ({"few": 3, "many": 1}, 15), ({"few": 1.0}, 20)]
)
def test_quota(quota, expected):
    strategy = GroupQuotaQuery(quota=quota, sensitive_features=lambda rows: GROUP)
    assert counts(strategy.query(pool_of(), 20, random_state=0)) == expected


def test_a_group_that_runs_out_leaves_its_seats_to_the_others():
    strategy = GroupQuotaQuery(sensitive_features=GROUP)
    assert counts(strategy.query(pool_of(), 150, random_state=0)) == 40
    only_few = GroupQuotaQuery(quota={"few": 1, "none": 3}, sensitive_features=GROUP)
    chosen = only_few.query(pool_of(), 60, random_state=0)
    assert counts(chosen) == 40
    assert len(set(chosen)) == 60


@pytest.mark.parametrize("n_seats", [1, 2, 7])
def test_the_mean_over_batches_is_the_quota(n_seats):
    rng, shares, sizes = np.random.RandomState(0), np.array([0.5, 0.3, 0.2]), np.full(3, 50)
    drawn = np.array([_seats(shares, sizes, n_seats, rng) for _ in range(3000)])
    assert (drawn.sum(axis=1) == n_seats).all()
    assert (np.abs(drawn - n_seats * shares) < 1).all()
    np.testing.assert_allclose(drawn.mean(axis=0), n_seats * shares, atol=0.05)


@pytest.mark.parametrize("strategy", [RandomQuery(), BADGEQuery(), MarginQuery()], ids=repr)
def test_any_strategy_chooses_within_a_group(strategy):
    proba = np.random.RandomState(1).dirichlet([1, 1], size=200)
    pool = pool_of(proba=lambda: proba, sensitive_features=lambda: GROUP)
    chosen = GroupQuotaQuery(strategy).query(pool, 10, random_state=0)
    assert counts(chosen) == 5
    inside = ShortlistQuery(GroupQuotaQuery(strategy), RandomSpread(), n_candidates=100)
    assert counts(inside.query(pool, 10, random_state=0)) == 5


class RandomSpread(TopKQuery):
    def utilities(self, pool):
        return -np.abs(np.arange(len(pool)) % 10)


def test_several_columns_are_groups_by_combination():
    other = np.arange(200) % 2
    both = pd.DataFrame({"a": GROUP, "b": other})
    chosen = GroupQuotaQuery(sensitive_features=both).query(pool_of(), 20, random_state=0)
    assert pd.Series(zip(GROUP[chosen], other[chosen], strict=True)).value_counts().eq(5).all()
    strategy = GroupQuotaQuery(quota={("few", 0): 1}, sensitive_features=both)
    assert counts(strategy.query(pool_of(), 6, random_state=0)) == 6


@pytest.mark.parametrize("groups", [GROUP, GROUP.tolist(), pd.Series(GROUP, index=range(7, 207))])
def test_groups_given_to_the_query_of_a_model(groups):
    y = (X[:, 0] > 0).astype(int)
    strategy = GroupQuotaQuery(MarginQuery())
    model = ActiveSynthesisClassifier(
        LogisticRegression(), max_iter=0, random_state=0, query_strategy=strategy
    ).fit(X[::9], y[::9])
    assert counts(model.query(X, 8, sensitive_features=groups)) == 4
    with pytest.raises(TypeError, match="it needs the group of each row; none were given"):
        model.query(X, 8)
    with pytest.raises(TypeError, match="not compatible with a pool in blocks"):
        model.query(iter([X]), 8, sensitive_features=groups)


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"sensitive_features": GROUP[:5]}, r"the 200 rows .* Got an array of shape \(5,\)"),
        ({"sensitive_features": [None, *GROUP[1:]]}, "Got missing values instead"),
        ({"sensitive_features": np.r_[np.nan, np.ones(199)]}, "Got missing values instead"),
        ({"sensitive_features": pd.Series([pd.NA, *GROUP[1:]], dtype="string")}, "Got missing val"),
        ({"sensitive_features": GROUP, "quota": {"other": 1}}, r"the pool \('few', 'many'\)"),
        ({"sensitive_features": GROUP, "quota": {"few": -1, "many": 2}}, "none negative"),
        ({"sensitive_features": GROUP, "quota": {"few": "1"}}, "a dict of shares"),
        ({"sensitive_features": GROUP, "quota": "all"}, "must be 'pool', or a dict"),
    ],
)  # fmt: skip
def test_refused(params, sentence):
    with pytest.raises(ValueError, match=sentence):
        GroupQuotaQuery(**params).query(pool_of(), 5)


@pytest.mark.parametrize("strategy", [GroupQuotaQuery(MarginQuery()), EpsilonQuery(epsilon=0.5)])
def test_each_round_of_a_loop_draws_anew(strategy):
    """Under one seed for all, batches of one row would all be of one group, or all by chance."""
    y = (X[:, 0] > 0).astype(int)
    model = ActiveSynthesisClassifier(
        LogisticRegression(), query_strategy=strategy, max_iter=0, random_state=0
    ).fit(X[:20], y[:20])
    group = np.resize(["few", "many"], len(X))
    left, named, certain = np.arange(20, len(X)), [], []
    for _ in range(24):
        row = model.query(X[left], sensitive_features=group[left])
        again = model.query(X[left], sensitive_features=group[left])
        np.testing.assert_array_equal(row, again)
        named.append(group[left[row[0]]])
        certain.append(model.predict_uncertainty(X[left]).argmax() == row[0])
        model.teach(X[left[row]], y[left[row]])
        left = np.delete(left, row)
    drawn = np.array(named) == "few" if isinstance(strategy, GroupQuotaQuery) else certain
    assert 5 <= np.sum(drawn) <= 19  # of 24; all or none before
