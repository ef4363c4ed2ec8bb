"""Strategies that build on others: by class, together, by price."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.naive_bayes import GaussianNB

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda._rows import Pool
from sklearn_synda.acquisition import combined_score, margin_score
from sklearn_synda.labeling import InheritLabeler
from sklearn_synda.query import (
    BalancedQuery,
    CombinedQuery,
    CostQuery,
    EpsilonQuery,
    GroupQuotaQuery,
    LeastConfidentQuery,
    MarginQuery,
    RandomQuery,
    StochasticQuery,
    TopKQuery,
)


def make_pool(n_rows=50, seed=0):
    rng = np.random.default_rng(seed)
    proba, utilities = rng.dirichlet([5.0, 2.0, 1.0], size=n_rows), rng.random(n_rows)
    return Pool(np.arange(n_rows)[:, None], proba=lambda: proba, utilities=lambda: utilities)


def test_balanced_takes_classes_in_turn():
    pool = make_pool()
    predicted = pool.proba.argmax(axis=1)
    queues = [
        sorted(np.flatnonzero(predicted == c), key=lambda row: -pool.utilities[row])
        for c in range(3)
    ]
    chosen = BalancedQuery().query(pool, 50, random_state=0).tolist()
    expected = []
    for turn in range(50):
        rows = [queue[turn] for queue in queues if turn < len(queue)]
        expected += sorted(rows, key=lambda row: -pool.utilities[row])
    assert chosen == expected
    assert BalancedQuery().query(pool, 5, random_state=0).tolist() == expected[:5]


def test_balanced_by_a_strategy():
    pool = make_pool()
    chosen = BalancedQuery(MarginQuery()).query(pool, 3, random_state=0)
    assert set(pool.proba[chosen].argmax(axis=1)) == {0, 1, 2}
    assert MarginQuery().query(pool)[0] in chosen


@pytest.mark.parametrize("kind", ["rank", "product"])
def test_combined_is_the_score_of_its_strategies(kind):
    pool = make_pool()
    strategy = CombinedQuery([TopKQuery(), LeastConfidentQuery()], weights=[2, 1], kind=kind)
    utilities = np.array([pool.utilities, 1 - pool.proba.max(axis=1)])
    expected = combined_score(utilities, [2, 1], kind)
    np.testing.assert_allclose(strategy.utilities(pool), expected)
    np.testing.assert_array_equal(strategy.query(pool, 5), np.argsort(-expected)[:5])


def test_combined_of_none_is_utility_and_margin():
    pool = make_pool()
    expected = combined_score(np.array([pool.utilities, margin_score(pool.proba)]))
    np.testing.assert_allclose(CombinedQuery().utilities(pool), expected)


def test_strategies_that_rank_rows_can_be_nested():
    pool = make_pool()
    nested = CombinedQuery([CostQuery(MarginQuery(), costs=lambda X: X[:, 0] + 1.0), TopKQuery()])
    assert len(set(StochasticQuery(nested).query(pool, 10, random_state=0))) == 10


def test_combined_needs_strategies_that_rank():
    with pytest.raises(TypeError, match=r"RandomQuery .* it needs 'utilities'"):
        CombinedQuery([MarginQuery(), RandomQuery()]).query(make_pool())


def test_combined_names_what_the_pool_lacks():
    pool = Pool(np.zeros((3, 1)), utilities=lambda: np.zeros(3))
    with pytest.raises(TypeError, match="MarginQuery is not compatible with this pool"):
        CombinedQuery().query(pool)


def test_cost_divides_utility():
    pool, costs = make_pool(), np.linspace(1, 5, 50)
    expected = np.argsort(-pool.utilities / costs)
    np.testing.assert_array_equal(CostQuery(costs=costs).query(pool, 50), expected)
    by_function = CostQuery(costs=lambda X: costs[X[:, 0]])
    np.testing.assert_array_equal(by_function.query(pool, 50), expected)
    np.testing.assert_array_equal(CostQuery().query(pool, 50), TopKQuery().query(pool, 50))


@pytest.mark.parametrize("budget", [0.0, 0.5, 3.0, 20.0, 1e6])
def test_cost_keeps_to_the_budget(budget):
    pool, costs = make_pool(), np.random.default_rng(1).uniform(0.4, 4, 50)
    chosen = CostQuery(costs=costs, budget=budget).query(pool, 50)
    assert costs[chosen].sum() <= budget
    left, expected = budget, []
    for row in np.argsort(-pool.utilities / costs):
        if costs[row] <= left:
            left -= costs[row]
            expected.append(row)
    assert chosen.tolist() == expected
    assert CostQuery(costs=costs, budget=budget).query(pool, 4).tolist() == expected[:4]
    assert chosen.dtype == np.intp


def test_cost_spends_the_whole_budget():
    pool = Pool(np.zeros((3, 1)), utilities=lambda: np.ones(3))
    assert len(CostQuery(costs=[0.1, 0.1, 0.1], budget=0.3).query(pool, 3)) == 3


@pytest.mark.parametrize(
    "kind", [BalancedQuery, CombinedQuery, CostQuery, EpsilonQuery, GroupQuotaQuery]
)
def test_a_budget_within_another_strategy_is_refused(kind):
    """It would be spent several times, or not be looked at."""
    pool = Pool(
        np.zeros((8, 1)),
        utilities=lambda: np.linspace(1, 0.1, 8),
        proba=lambda: np.full((8, 2), 0.5),
        sensitive_features=lambda: list("aaaabbbb"),
    )
    inner = CostQuery(budget=3.0)
    strategy = kind([inner]) if kind is CombinedQuery else kind(inner)
    with pytest.raises(ValueError, match="must be a strategy without a budget. Got CostQuery"):
        strategy.query(pool, 6, random_state=0)


def test_cost_of_negative_utilities():
    pool = Pool(np.zeros((3, 1)), utilities=lambda: np.array([-3.0, -2.0, -1.0]))
    np.testing.assert_array_equal(CostQuery(costs=[1, 1, 9]).query(pool, 3), [1, 2, 0])


@pytest.mark.parametrize("costs", [[1.0, np.nan], [1.0, -1.0], [1.0, np.inf], [[1.0], [1.0]]])
def test_costs_are_checked(costs):
    pool = Pool(np.zeros((2, 1)), utilities=lambda: np.zeros(2))
    with pytest.raises(ValueError, match=r"must be 2 finite numbers above zero, one a row"):
        CostQuery(costs=costs).query(pool)


@pytest.mark.parametrize(
    ("costs", "sentence"),
    [
        (np.ones(500), r"Got an array of shape \(500,\) instead: .* a function of rows"),
        ([1.0, -1.0], "Got an array with 1 that is none instead: correct it"),
        ([-1.0, np.nan], "Got an array with 2 that are none instead: correct them"),
        (["a", "b"], "Got values that are no numbers instead"),
        (lambda X: np.ones(3), r"Got an array of shape \(3,\) instead: .* a cost for each row"),
    ],
)
def test_what_is_wrong_with_costs_is_named(costs, sentence):
    pool = Pool(np.zeros((2, 1)), utilities=lambda: np.zeros(2))
    with pytest.raises(ValueError, match=sentence) as error:
        CostQuery(costs=costs).query(pool)
    assert len(str(error.value)) < 350  # not the costs themselves


PEOPLE = np.resize(["few", "many"], 60)


@pytest.mark.parametrize(
    ("strategy", "kind", "got"),
    [
        (CostQuery(costs=np.ones(60).tolist()), ValueError, r"array of shape \(60,\)"),
        (GroupQuotaQuery(sensitive_features=PEOPLE), ValueError, r"array of shape \(60,\)"),
        (GroupQuotaQuery(), TypeError, "none were given"),
    ],
)  # fmt: skip
def test_lists_of_the_pool_cannot_choose_anchors_and_the_error_says_so(strategy, kind, got):
    rng = np.random.RandomState(0)
    X = rng.normal(size=(60, 2))
    y = (X[:, 0] > 0).astype(int)
    model = ActiveSynthesisClassifier(
        GaussianNB(), query_strategy=strategy, labeler=InheritLabeler(), max_iter=1, random_state=0
    )
    with pytest.raises(kind, match=rf"{got}.* anchors.*function of rows.*max_iter=0"):
        model.fit(X, y)
    if isinstance(strategy, CostQuery):
        by_rows = CostQuery(costs=lambda rows: np.ones(len(rows)))
    else:
        by_rows = GroupQuotaQuery(sensitive_features=lambda rows: rows[:, 1] > 0)
    for remedy in ({"query_strategy": by_rows}, {"max_iter": 0}):
        fitted = clone(model).set_params(**remedy).fit(X, y)
        given = {} if got != "none were given" else {"sensitive_features": PEOPLE}
        assert len(fitted.query(X, 4, **given)) == 4
