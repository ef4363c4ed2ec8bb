"""Uncertainty estimators: larger is less certain, whatever the model."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import BayesianRidge, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sklearn_synda.acquisition import entropy_score, least_confident_score, margin_score
from sklearn_synda.exceptions import SynthesisWarning
from sklearn_synda.uncertainty import (
    CommitteeUncertainty,
    LearnedLossUncertainty,
    PredictiveUncertainty,
)

PARTS = [
    PredictiveUncertainty(LogisticRegression(), random_state=0),
    PredictiveUncertainty(RandomForestClassifier(10, random_state=0)),
    PredictiveUncertainty(BaggingClassifier(n_estimators=10, random_state=0)),
    CommitteeUncertainty(DecisionTreeClassifier(), n_estimators=5, random_state=0),
    CommitteeUncertainty(LinearSVC(), n_estimators=3, measure="vote_entropy", random_state=0),
    CommitteeUncertainty(estimators=[GaussianNB(), LogisticRegression()], random_state=0),
    LearnedLossUncertainty(GaussianNB(), random_state=0),
]
REGRESSION_PARTS = [
    PredictiveUncertainty(BayesianRidge(), random_state=0),
    PredictiveUncertainty(GaussianProcessRegressor(alpha=0.1, optimizer=None), random_state=0),
    PredictiveUncertainty(RandomForestRegressor(10, random_state=0)),
    CommitteeUncertainty(DecisionTreeRegressor(), n_estimators=5, random_state=0),
    CommitteeUncertainty(estimators=[Ridge(), DecisionTreeRegressor()], random_state=0),
    LearnedLossUncertainty(Ridge(), random_state=0),
]


@pytest.fixture(scope="module")
def table():
    return make_classification(60, 4, random_state=0)


@pytest.mark.parametrize("part", PARTS + REGRESSION_PARTS, ids=repr)
@pytest.mark.parametrize("container", [np.asarray, pd.DataFrame])
def test_both_verbs(part, container, table):
    X, y = table
    if part in REGRESSION_PARTS:
        X, y = make_regression(60, 4, random_state=0)
    X = container(X)
    if isinstance(X, pd.DataFrame):
        X.columns = [f"column {j}" for j in range(4)]
    own = part.fit_predict_uncertainty(X, y)
    new = part.fit(X, y).predict_uncertainty(X)
    for uncertainty in (own, new):
        assert uncertainty.shape == (60,)
        assert np.isfinite(uncertainty).all()
        assert (uncertainty >= 0).all()


@pytest.mark.parametrize("part", PARTS[:4], ids=repr)
def test_less_certain_at_the_border(part):
    X = np.linspace(-1, 1, 41)[:, None]
    y = (X[:, 0] > 0).astype(int)
    unsure = part.fit(X, y)
    border, far = unsure.predict_uncertainty(np.array([[0.0], [0.9]]))
    assert border >= far


@pytest.mark.parametrize(
    ("measure", "score"),
    [
        ("margin", margin_score),
        ("entropy", entropy_score),
        ("least_confident", least_confident_score),
    ],
)
def test_measures(measure, score, table):
    X, y = table
    part = PredictiveUncertainty(GaussianNB(), measure=measure).fit(X, y)
    np.testing.assert_allclose(
        part.predict_uncertainty(X), score(GaussianNB().fit(X, y).predict_proba(X))
    )


def test_spread_is_that_of_the_model():
    X, y = make_regression(60, 4, random_state=0)
    part = PredictiveUncertainty(BayesianRidge()).fit(X, y)
    np.testing.assert_allclose(
        part.predict_uncertainty(X), BayesianRidge().fit(X, y).predict(X, return_std=True)[1]
    )
    forest = RandomForestRegressor(5, random_state=0)
    trees = [tree.predict(X) for tree in forest.fit(X, y).estimators_]
    part = PredictiveUncertainty(RandomForestRegressor(5, random_state=0)).fit(X, y)
    np.testing.assert_allclose(part.predict_uncertainty(X), np.std(trees, axis=0))


def test_out_of_bag_is_that_of_the_forest(table):
    X, y = table
    forest = RandomForestClassifier(60, oob_score=True, random_state=0)
    own = PredictiveUncertainty(forest).fit_predict_uncertainty(X, y)
    np.testing.assert_allclose(own, margin_score(forest.fit(X, y).oob_decision_function_))


def test_a_frozen_model_answers_for_new_rows_and_is_refitted_for_its_own(table):
    X, y = table
    fitted = GaussianNB().fit(X, y)
    part = PredictiveUncertainty(FrozenEstimator(fitted), random_state=0)
    np.testing.assert_allclose(
        part.fit(X[:10], y[:10]).predict_uncertainty(X), margin_score(fitted.predict_proba(X))
    )
    assert not np.allclose(
        part.fit_predict_uncertainty(X, y), margin_score(fitted.predict_proba(X))
    )


def test_members(table):
    X, y = table
    part = CommitteeUncertainty(GaussianNB(), n_estimators=4, random_state=0).fit(X, y)
    assert part.predict_members(X).shape == (4, 60, 2)
    names = np.array(["b", "a"])[y]
    votes = CommitteeUncertainty(LinearSVC(), n_estimators=3, random_state=0).fit(X, names)
    assert set(np.unique(votes.predict_members(X))) == {0.0, 1.0}
    assert votes.classes_.tolist() == ["a", "b"]


def test_out_of_bag_spread_far_from_zero():
    X = np.random.RandomState(0).normal(size=(100, 4))
    y = X[:, 0] + 1e8
    part = PredictiveUncertainty(RandomForestRegressor(50, random_state=0))
    found = part.fit_predict_uncertainty(X, y)
    values = np.array([tree.predict(X) for tree in part.estimator_.estimators_])
    for values_of_tree, bag in zip(values, part.estimator_.estimators_samples_, strict=True):
        values_of_tree[bag] = np.nan
    np.testing.assert_allclose(found, np.nanstd(values, axis=0), rtol=1e-3)


def test_every_bag_holds_every_class():
    y = np.r_[np.zeros(30, dtype=int), 1]
    part = CommitteeUncertainty(GaussianNB(), n_estimators=8, random_state=0)
    part.fit(np.arange(31.0)[:, None], y)
    assert all(set(y[bag]) == {0, 1} for bag in part.bags_)


def test_weights_reach_the_model(table):
    X, y = table
    weight = np.random.RandomState(0).uniform(size=60)
    part = PredictiveUncertainty(LogisticRegression()).fit(X, y, sample_weight=weight)
    expected = LogisticRegression().fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(part.estimator_.coef_, expected.coef_)


@pytest.mark.parametrize("y", [[0, 1], [0, 0, 0, 1]])
def test_rows_that_no_fold_can_judge_count_as_the_least_certain(y):
    X = np.arange(float(len(y)))[:, None]
    own = PredictiveUncertainty(GaussianNB(), random_state=0).fit_predict_uncertainty(X, y)
    assert np.isfinite(own).all()
    assert own.max() == pytest.approx(own[-1], abs=1.0)


class FewRows(GaussianNB):
    def fit(self, X, y, sample_weight=None):
        if len(X) < 60:
            raise ValueError("too few for me")
        return super().fit(X, y)


def test_a_model_that_cannot_be_refitted(table):
    with pytest.warns(SynthesisWarning, match="too few for me.*count as the least certain"):
        own = PredictiveUncertainty(FewRows(), random_state=0).fit_predict_uncertainty(*table)
    assert (own == 1).all()


@pytest.mark.parametrize(
    "kind", [PredictiveUncertainty, CommitteeUncertainty, LearnedLossUncertainty]
)
def test_other_columns(kind, table):
    X, y = table
    frame = pd.DataFrame(X, columns=list("abcd"))
    part = kind(GaussianNB()).fit(frame, y)
    assert part.feature_names_in_.tolist() == list("abcd")
    assert part.n_features_in_ == 4
    with pytest.raises(ValueError, match="feature names should match"):
        part.predict_uncertainty(frame.rename(columns={"d": "z"}))


def test_models_that_state_no_doubt_are_named(table):
    with pytest.raises(TypeError, match="needs 'predict_proba'; LinearSVC has none. Use Committee"):
        PredictiveUncertainty(LinearSVC()).fit(*table)
    with pytest.raises(TypeError, match="Ridge has none. Use CommitteeUncertainty instead"):
        PredictiveUncertainty(Ridge()).fit(*table)
    with pytest.raises(ValueError, match="'measure' parameter of PredictiveUncertainty must be"):
        PredictiveUncertainty(GaussianNB(), measure="doubt").fit(*table)


@pytest.mark.parametrize("frame", [False, True])
def test_members_of_a_bagged_model_see_their_own_columns(frame):
    X, y = make_regression(60, 6, noise=1.0, random_state=0)
    X = pd.DataFrame(X, columns=list("abcdef")) if frame else X
    model = BaggingRegressor(Ridge(), n_estimators=20, max_features=0.5, random_state=0)
    unsure = PredictiveUncertainty(model, random_state=0)
    own = unsure.fit_predict_uncertainty(X, y)  # a warning would be an error
    assert len(np.unique(own)) > 30
    assert unsure.predict_uncertainty(X).std() > 0


@pytest.mark.parametrize("model", [
    RandomForestClassifier(30, random_state=0),
    BaggingClassifier(DecisionTreeClassifier(max_depth=3), n_estimators=30, random_state=0),
    BaggingClassifier(KNeighborsClassifier(3), n_estimators=30, max_features=0.5, random_state=0),
], ids=lambda m: type(m).__name__)  # fmt: skip
def test_bags_are_used_whatever_the_container(model):
    X, y = make_classification(60, 4, random_state=0)
    fits = []

    class Counted(PredictiveUncertainty):
        def _out_of_fold(self, *args):
            fits.append(1)
            return super()._out_of_fold(*args)

    own = Counted(model).fit_predict_uncertainty(X, y)
    framed = Counted(model).fit_predict_uncertainty(pd.DataFrame(X), y)
    np.testing.assert_array_equal(own, framed)
    assert not fits


def test_a_bag_without_a_class_says_nothing_of_it():
    X, y = make_classification(40, 4, random_state=0)
    y = np.where(np.arange(40) < 2, 2, y)
    model = BaggingClassifier(KNeighborsClassifier(1), n_estimators=40, random_state=0)
    own = PredictiveUncertainty(model).fit_predict_uncertainty(X, y)
    assert own.shape == (40,)


def test_a_frozen_forest_is_not_judged_by_bags_of_other_rows():
    X, y = make_classification(200, 4, flip_y=0.5, random_state=0)
    frozen = FrozenEstimator(RandomForestClassifier(30, random_state=0).fit(X, y))
    X, y = X[::-1], y[::-1]  # as many rows, but not those that its bags name
    own = PredictiveUncertainty(frozen, random_state=0).fit_predict_uncertainty(X, y)
    thawed = PredictiveUncertainty(frozen.estimator, random_state=0)
    assert own.mean() > thawed.fit_predict_uncertainty(X, y).mean() - 0.05
    in_sample = PredictiveUncertainty(frozen).fit(X, y).predict_uncertainty(X)
    assert own.mean() > in_sample.mean() + 0.1


def test_a_fault_of_ours_is_not_the_models(monkeypatch):
    X, y = make_classification(40, 4, random_state=0)
    unsure = PredictiveUncertainty(LogisticRegression())

    def fault(self, estimator, X):
        raise ValueError("a fault of ours")

    monkeypatch.setattr(PredictiveUncertainty, "_respond", fault)
    with pytest.raises(ValueError, match="a fault of ours"):
        unsure.fit_predict_uncertainty(X, y)


def test_a_level_that_is_new_to_a_fold_is_no_fault():
    X = pd.DataFrame({"a": ["x", "y"] * 15 + ["z"]})
    y = np.resize([0, 1], 31)
    model = make_pipeline(OneHotEncoder(), LogisticRegression())
    with pytest.warns(SynthesisWarning, match="cannot be asked about a part of the rows"):
        own = PredictiveUncertainty(model, random_state=0).fit_predict_uncertainty(X, y)
    assert own[-1] == own.max()


@pytest.mark.parametrize("kind", [CommitteeUncertainty, PredictiveUncertainty])
def test_no_estimator_is_said_in_a_sentence(kind):
    with pytest.raises(TypeError, match=f"{kind.__name__} is not compatible with NoneType"):
        kind().fit([[0.0], [1.0]], [0, 1])


@pytest.mark.parametrize("bootstrap", [True, False])
def test_members_out_of_fold(bootstrap):
    X, y = make_classification(50, 4, flip_y=0.4, random_state=0)
    unsure = CommitteeUncertainty(
        DecisionTreeClassifier(), n_estimators=4, bootstrap=bootstrap, random_state=0
    )
    members = unsure.fit_predict_members(X, y)
    assert members.shape == (4, 50, 2)
    np.testing.assert_allclose(members.sum(axis=2), 1)
    right = np.take_along_axis(members, y[None, :, None], axis=2).mean()
    assert right < 0.85  # each tree knows the rows it was grown on by heart
    assert unsure.predict_members(X)[:, :, :].shape == members.shape


def test_a_pool_is_scored_in_blocks(monkeypatch):
    X, y = make_classification(50, 4, random_state=0)
    unsure = CommitteeUncertainty(DecisionTreeClassifier(), random_state=0).fit(X, y)
    whole = unsure.predict_uncertainty(X)
    monkeypatch.setattr("sklearn_synda.uncertainty._committee._N_ANSWERS", 100)
    np.testing.assert_array_equal(unsure.predict_uncertainty(X), whole)
