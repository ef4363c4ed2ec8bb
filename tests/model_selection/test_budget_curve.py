"""Simulated labelling: who is asked, what is scored, and how savings are read off."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator
from sklearn.datasets import load_iris, make_classification, make_regression
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda.labeling import InheritLabeler
from sklearn_synda.metrics import demographic_parity_gap
from sklearn_synda.model_selection import BudgetComparison, BudgetCurve, budget_curve, compare
from sklearn_synda.query import (
    BanditQuery,
    CostQuery,
    GroupQuotaQuery,
    KCenterQuery,
    MarginQuery,
    RandomQuery,
)
from sklearn_synda.validation import FixedRate, NoValidation

BUDGETS = np.array([10, 20, 40])


def curve(means, full=1.0, budgets=BUDGETS, n_seeds=2):
    scores = np.tile(means, (n_seeds, 1)) + np.array([[0.01], [-0.01]])[:n_seeds]
    return BudgetCurve(budgets, scores, np.full(n_seeds, full))


@pytest.fixture
def table():
    return make_classification(200, 5, n_informative=3, random_state=0)


def test_area_and_labels_needed():
    rising = curve([0.5, 0.8, 1.0])
    assert rising.area() == pytest.approx((10 * 0.65 + 20 * 0.9) / 30)
    assert rising.labels_needed(0.5) == pytest.approx(10 + 10 * 0.25 / 0.3)
    assert rising.labels_needed(1.0) == pytest.approx(40)
    assert curve([0.5, 0.6, 0.7]).labels_needed(0.9) == np.inf
    assert np.isnan(curve([0.5, 0.6, 0.7], full=0.4).labels_needed(0.9))
    lucky = curve([0.5, 0.95, 0.65])  # the isotonic mean is 0.8 from the second budget on
    assert lucky.labels_needed(0.9) == np.inf
    assert lucky.labels_needed(0.6) == pytest.approx(20)


def test_a_curve_that_ends_at_the_full_score_gets_there():
    rng = np.random.default_rng(0)
    for _ in range(200):
        scores = np.sort(rng.random((3, 4)), axis=1)
        rising = BudgetCurve(np.array([10, 20, 30, 40]), scores, scores[:, -1])
        assert 30 < rising.labels_needed(1.0) <= 40


@pytest.mark.parametrize("share", [0, 95, -1, np.nan])
def test_a_share_is_a_share(share):
    with pytest.raises(ValueError, match=r"share of the gap in \(0, 1\]. Got"):
        curve([0.5, 0.8, 1.0]).labels_needed(share)


def test_unknown_scores_are_not_read():
    assert np.isnan(curve([0.5, 0.8, 1.0], full=np.nan).labels_needed(0.9))
    assert np.isnan(curve([0.5, np.nan, 1.0]).labels_needed(0.9))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"budgets": 20}, "list of rising numbers of rows, from 2. Got 20"),
        ({"budgets": []}, "list of rising numbers"),
        ({"budgets": [1, 20]}, r"from 2. Got \[1, 20\]"),
        ({"n_seeds": 0}, "'n_seeds' parameter of budget_curve must be an int of 1 or more"),
        ({"n_seeds": 2.0}, "'n_seeds' parameter"),
        ({"scoring": ["accuracy"]}, "must be the name of one score"),
    ],
)
def test_arguments_are_checked(table, wrong, sentence):
    arguments = {"budgets": [10, 20], "n_seeds": 1, "random_state": 0, **wrong}
    with pytest.raises(ValueError, match=sentence):
        budget_curve(GaussianNB(), *table, **arguments)


@pytest.mark.filterwarnings("ignore:Only one class is present")
def test_a_score_that_is_no_number_ends_it():
    X, y = make_classification(90, 5, n_informative=3, random_state=0)
    groups = np.where(y == 0, np.arange(90) % 3, 3 + np.arange(90) % 3)
    with pytest.raises(ValueError, match="Got NaN for .* rows with 1 different targets instead"):
        budget_curve(GaussianNB(), X, y, groups=groups, scoring="roc_auc", test_size=0.15,
                     budgets=[10, 20], n_seeds=4, random_state=0)  # fmt: skip


def test_savings_and_deficiency():
    random, better = curve([0.5, 0.7, 0.9]), curve([0.5, 0.9, 0.95])
    found = BudgetComparison({"random": random, "better": better})
    needed = better.labels_needed(0.8), random.labels_needed(0.8)
    assert found.labels_saved(0.8)["better"] == pytest.approx(1 - needed[0] / needed[1])
    assert found.labels_saved(0.8)["random"] == 0.0
    assert np.isnan(found.labels_saved(1.0)["better"])  # neither gets there
    assert found.deficiency()["random"] == 1.0
    assert found.deficiency()["better"] == pytest.approx((0.4 + 0.0 - 0.05) / (0.4 + 0.2))
    slow = BudgetComparison({"random": better, "slow": curve([0.5, 0.6, 0.7])})
    assert slow.labels_saved(0.8)["slow"] == -np.inf
    late = BudgetComparison({"random": curve([0.5, 0.6, 0.7]), "fast": better})
    assert late.labels_saved(0.8)["fast"] == pytest.approx(1 - better.labels_needed(0.8) / 40)


class Oracle(BaseEstimator):
    """Names the first rows of the pool, and remembers how large it was."""

    seen: list = []

    def query(self, pool, batch_size=1, *, random_state=None):
        self.seen.append((len(pool), batch_size))
        return np.arange(batch_size)


def test_the_walk_asks_for_the_differences_of_the_budgets(table):
    X, y = table
    Oracle.seen.clear()
    found = budget_curve(
        LogisticRegression(), X, y, query_strategy=Oracle(), budgets=[10, 25, 30], n_seeds=1
    )
    assert Oracle.seen == [(110, 15), (95, 5)]
    assert found.scores.shape == (1, 3)


def test_strategies_start_from_the_same_rows(table):
    X, y = table
    found = compare(
        LogisticRegression(), X, y, {"margin": MarginQuery(), "k-center": KCenterQuery()},
        budgets=[10, 20, 30], n_seeds=3, random_state=1,
    )  # fmt: skip
    firsts = {name: c.scores[:, 0].tolist() for name, c in found.curves.items()}
    assert firsts["margin"] == firsts["k-center"] == firsts["random"]
    assert len({tuple(c.full_scores) for c in found.curves.values()}) == 1
    lasts = {tuple(c.scores[:, -1]) for c in found.curves.values()}
    assert len(lasts) > 1


def test_same_result_for_any_number_of_jobs(table):
    X, y = table
    one, two = (
        budget_curve(LogisticRegression(), X, y, budgets=[10, 20], n_seeds=2, n_jobs=n,
                     random_state=0)
        for n in (1, 2)
    )  # fmt: skip
    np.testing.assert_array_equal(one.scores, two.scores)


def test_regression_frames_and_scoring():
    X, y = make_regression(120, 4, noise=5.0, random_state=0)
    X = pd.DataFrame(X, columns=list("abcd"))
    found = budget_curve(
        Ridge(), X, y, query_strategy=RandomQuery(), budgets=[10, 40], n_seeds=2,
        scoring="neg_mean_absolute_error", random_state=0,
    )  # fmt: skip
    assert (found.mean_scores < 0).all()
    assert found.mean_scores[1] > found.mean_scores[0]


def test_a_meta_estimator_keeps_its_parts(table):
    X, y = table
    model = ActiveSynthesisClassifier(
        LogisticRegression(), labeler=InheritLabeler(), validation=NoValidation(), max_iter=1,
        rate=FixedRate(1.0),
    )  # fmt: skip
    found = budget_curve(model, X, y, query_strategy=MarginQuery(), budgets=[10, 20], n_seeds=1)
    assert model.query_strategy is None
    assert found.scores.shape == (1, 2)


@pytest.mark.parametrize(
    ("budgets", "message"),
    [
        ([10, 10], "must be a list of rising numbers of rows, from 2"),
        ([0, 10], "must be a list of rising numbers of rows, from 2"),
        ([], "must be a list of rising numbers of rows, from 2"),
        ([10.5, 20.5], "must be a list of rising numbers of rows, from 2"),
        ([10, 500], "must not exceed the 120 rows that are not held out. Got 500"),
    ],
)
def test_budgets_that_cannot_be(table, budgets, message):
    with pytest.raises(ValueError, match=message):
        budget_curve(LogisticRegression(), *table, budgets=budgets)


def test_the_first_rows_hold_two_classes():
    X, y = make_classification(200, 4, weights=[0.97], flip_y=0, random_state=0)
    found = budget_curve(LogisticRegression(), X, y, budgets=[2, 6], n_seeds=8, random_state=0)
    assert np.isfinite(found.scores).all()


def test_missing_labels_are_refused(table):
    X, y = table
    y = y.astype(float)
    y[[3, 5]] = np.nan
    with pytest.raises(ValueError, match="must hold labels only. Got 2 missing ones instead"):
        budget_curve(LogisticRegression(), X, y, budgets=[10, 20])


class OwnQuery(LogisticRegression):
    """A model with a method of that name, which means something else."""

    def query(self, text):
        raise AssertionError(text)


def test_a_query_of_another_kind_is_not_asked(table):
    found = budget_curve(OwnQuery(), *table, budgets=[10, 20], n_seeds=1, random_state=0)
    assert found.scores.shape == (1, 2)


def test_a_strategy_that_names_fewer_rows_is_refused():
    X, y = load_iris(return_X_y=True)
    shy = CostQuery(costs=lambda X: np.ones(len(X)), budget=3.0)
    with pytest.raises(ValueError, match="must name as many rows as it is asked for. Got 3 of 10"):
        budget_curve(GaussianNB(), X, y, query_strategy=shy, budgets=[10, 20], n_seeds=1)


@pytest.mark.parametrize("random_state", [None, np.random.RandomState(0)])
def test_strategies_start_from_the_same_rows_whatever_the_seed(random_state):
    X, y = load_iris(return_X_y=True)
    found = compare(GaussianNB(), X, y, {"again": RandomQuery(), "margin": MarginQuery()},
                    budgets=[6, 9], n_seeds=3, random_state=random_state)  # fmt: skip
    first = [curve.scores[:, 0].tolist() for curve in found.curves.values()]
    assert first[0] == first[1] == first[2]
    np.testing.assert_array_equal(found.curves["again"].scores, found.curves["random"].scores)


def test_numbers_stay_numbers_where_transformers_give_frames():
    curve = BudgetCurve(np.array([10, 20, 30]), np.array([[0.6, 0.8, 0.9]]), np.array([0.9]))
    with config_context(transform_output="pandas"):
        assert curve.labels_needed(0.5) == pytest.approx(17.5)


@pytest.mark.parametrize("names", [None, "object", "string"])
@pytest.mark.parametrize("scoring", ["neg_log_loss", "roc_auc_ovr", "top_k_accuracy"])
def test_a_class_that_was_not_met_has_probability_zero(scoring, names):
    X, y = load_iris(return_X_y=True)
    if names:
        y = pd.Series(np.array(["b", "c", "a"])[y], dtype=names)
    found = budget_curve(
        GaussianNB(), X, y, budgets=[2, 40], n_seeds=3, scoring=scoring, random_state=0,
        query_strategy=RandomQuery(),
    )  # fmt: skip
    assert np.isfinite(found.scores).all()
    assert found.mean_scores[1] > found.mean_scores[0]


def test_a_score_may_copy_a_model_that_has_not_met_all_classes():
    X, y = load_iris(return_X_y=True)

    def scoring(model, X, y):
        return pickle.loads(pickle.dumps(copy.deepcopy(model))).score(X, y)

    found = budget_curve(GaussianNB(), X, y, budgets=[2, 9], scoring=scoring, random_state=0)
    assert np.isfinite(found.scores).all()


class Recorder(BanditQuery):
    """A bandit whose arms and rewards are seen."""

    seen: list = []

    def update(self, reward):
        self.seen.append((self.random_state, len(self.rewards), self.arm, reward))
        return super().update(reward)


def test_a_bandit_is_told_what_its_rows_were_worth(table):
    Recorder.seen.clear()
    bandit = Recorder([MarginQuery(), RandomQuery()], exploration=0.5)
    budget_curve(GaussianNB(), *table, query_strategy=bandit, budgets=range(10, 70, 10), n_seeds=3,
                 random_state=0)  # fmt: skip
    seeds, rounds, arms, rewards = zip(*Recorder.seen, strict=True)
    assert rounds == (0, 1, 2, 3, 4) * 3
    assert len(set(seeds)) == 3
    assert set(arms) == {0, 1}
    assert 0 <= min(rewards) < max(rewards) <= 1
    assert bandit.rewards == ()


def test_the_reward_is_the_share_that_was_wrong(table):
    X, y = table

    class Wrong(GaussianNB):
        def predict(self, X):
            return 1 - super().predict(X)

    for model, share in ((Wrong(), 1), (GaussianNB(), 0)):
        Recorder.seen.clear()
        budget_curve(model, X, (X[:, 0] > 0).astype(int), query_strategy=Recorder([RandomQuery()]),
                     budgets=[60, 100], n_seeds=1, random_state=0)  # fmt: skip
        assert abs(Recorder.seen[0][3] - share) < 0.2


def test_values_are_no_reward():
    X, y = make_regression(60, 3, random_state=0)
    with pytest.raises(TypeError, match="not compatible with budget_curve without a classifier"):
        budget_curve(Ridge(), X, y, query_strategy=BanditQuery(), budgets=[10, 20])


@pytest.mark.parametrize("as_groups", [np.asarray, list, pd.Series, pd.DataFrame])
def test_groups_of_people_are_asked_by_quota_and_scored_by_group(table, as_groups):
    X, y = table
    group = np.where(np.arange(200) % 5 == 0, "few", "many")
    asked = []

    class Counts(GaussianNB):
        def fit(self, X, y):
            few = [row for row in X if tuple(row) in few_rows]
            asked.append((len(few), len(X)))
            return super().fit(X, y)

    few_rows = {tuple(row) for row in X[group == "few"]}

    def closeness(model, X, y, sensitive_features):
        assert len(sensitive_features) == len(X) == 80
        people = np.ravel(sensitive_features)
        assert [tuple(row) in few_rows for row in X] == (people == "few").tolist()
        return -demographic_parity_gap(y, model.predict(X), sensitive_features=people)

    found = compare(
        Counts(), X, y, {"quota": GroupQuotaQuery(MarginQuery())}, budgets=[10, 20, 30], n_seeds=1,
        sensitive_features=as_groups(group), scoring=closeness,
    )  # fmt: skip
    assert [b[0] - a[0] for a, b in zip(asked[:2], asked[1:3], strict=True)] == [5, 5]
    assert (found.curves["quota"].scores <= 0).all()


def test_groups_of_people_are_checked(table):
    with pytest.raises(ValueError, match="'sensitive_features' .* each of the 200 rows. Got"):
        budget_curve(GaussianNB(), *table, sensitive_features=["a"] * 9, budgets=[10, 20])


@pytest.mark.parametrize("given", [[MarginQuery()], MarginQuery(), MarginQuery, "margin", None])
def test_strategies_without_names_are_refused(table, given):
    sentence = r"'query_strategies' parameter of compare must be a dict .* Got .* instead: write \{"
    with pytest.raises(TypeError, match=sentence):
        compare(GaussianNB(), *table, given)
