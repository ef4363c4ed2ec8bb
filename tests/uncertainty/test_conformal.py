"""Conformal width and sets: they hold what they promise, whatever the model."""

import warnings

import numpy as np
import pandas as pd
import pytest
from made_nets import Layers
from scipy import sparse
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import BayesianRidge, LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from skorch import NeuralNetClassifier
from torch.nn import CrossEntropyLoss

from sklearn_synda import ActiveSynthesisClassifier, ActiveSynthesisRegressor
from sklearn_synda._labels import class_probabilities
from sklearn_synda.exceptions import SampleWeightWarning
from sklearn_synda.uncertainty import (
    BayesianUncertainty,
    ConformalUncertainty,
    LearnedLossUncertainty,
)
from sklearn_synda.utils.estimator_checks import check_uncertainty
from sklearn_synda.validation import held_out_loss


class Quantiles(LinearRegression):
    """States quantiles, far too narrow ones."""

    def predict_quantiles(self, X, quantiles):
        value = self.predict(X)
        return np.column_stack([value + 0.1 * (q - 0.5) for q in quantiles])


class Wide(LinearRegression):
    """States quantiles, far too wide ones."""

    def predict_quantiles(self, X, quantiles):
        value = self.predict(X)
        return np.column_stack([value + 100 * (q - 0.5) for q in quantiles])


def draw(n, rng):
    X = rng.uniform(-1, 1, size=(n, 2))
    return X, X[:, 0] + (0.1 + (X[:, 1] > 0)) * rng.normal(size=n)


class Always(BaseEstimator):
    """Says the same of all rows."""

    def __init__(self, value=0.0):
        self.value = value

    def fit(self, X, y, sample_weight=None):
        return self

    def predict(self, X):
        return np.full(len(X), self.value)


class Zero(RegressorMixin, Always):
    pass


LIGHT = DecisionTreeRegressor(max_leaf_nodes=4)


@pytest.mark.parametrize("method", ["cross", "split"])
@pytest.mark.parametrize(
    "model",
    [Ridge(), BayesianRidge(), Quantiles(), Wide(), DecisionTreeRegressor(random_state=0)],
    ids=repr,
)
def test_intervals_hold_what_they_promise(method, model):
    """40 tables of 100 rows, 100 new rows each: a mean coverage of 90 %, two points off."""
    rng = np.random.RandomState(0)
    unsure = ConformalUncertainty(model, method=method, regressor=LIGHT, random_state=0)
    covered = []
    for _ in range(40):
        unsure.fit(*draw(100, rng))
        X, y = draw(100, rng)
        low, high = unsure.predict_interval(X).T
        covered.append(np.mean((low <= y) & (y <= high)))
    slack = 0.05 if isinstance(model, DecisionTreeRegressor) else 0.02
    assert 0.88 < np.mean(covered) < 0.92 + slack


@pytest.mark.parametrize("method", ["cross", "split"])
@pytest.mark.parametrize(
    "model", [GaussianNB(), LogisticRegression(), DecisionTreeClassifier(max_depth=3)], ids=repr
)
def test_sets_hold_what_they_promise(method, model):
    X, y = make_classification(
        4000, 5, n_informative=3, n_redundant=0, n_classes=3, n_clusters_per_class=1, flip_y=0.2,
        random_state=0,
    )  # fmt: skip
    held = []
    for k in range(20):
        unsure = ConformalUncertainty(model, method=method, confidence_level=0.8, random_state=k)
        unsure.fit(X[k * 100 : k * 100 + 100], y[k * 100 : k * 100 + 100])
        left = unsure.predict_set(X[2000:])
        held.append(left[np.arange(2000), y[2000:]].mean())
    slack = 0.05 if isinstance(model, DecisionTreeClassifier) else 0.0  # it says few things
    assert 0.78 < np.mean(held) < 0.85 + slack


def test_width_by_hand():
    """A constant model: scores are half the absolute targets, and 90 % asks for the largest."""
    y = np.array([1.0, -2.0, 3.0, -4.0, 5.0, -6.0, 7.0, -8.0, 9.0])
    X = np.zeros((9, 1))
    model = Zero()
    unsure = ConformalUncertainty(model, regressor=Always(2.0))
    unsure.fit(X, y)
    np.testing.assert_allclose(unsure.scores_, np.arange(1, 10) / 2)
    np.testing.assert_allclose(unsure.predict_interval(X[:1]), [[-9, 9]])
    np.testing.assert_allclose(unsure.predict_uncertainty(X[:1]), [18])
    unsure.set_params(confidence_level=0.5)
    np.testing.assert_allclose(unsure.predict_interval(X[:1]), [[-5, 5]])
    unsure.set_params(confidence_level=0.95)
    assert np.isinf(unsure.predict_interval(X[:1])).all()
    np.testing.assert_allclose(unsure.predict_uncertainty(X[:1]), [18])


def test_levels_by_hand():
    """Two "a" of three in every fold: scores 1/3 and 2/3, p-values by counting."""
    X, y = np.zeros((18, 1)), np.resize(["a", "a", "b"], 18)
    unsure = ConformalUncertainty(DummyClassifier(), n_splits=3).fit(X, y)
    np.testing.assert_allclose(unsure.scores_, [1 / 3] * 12 + [2 / 3] * 6)
    np.testing.assert_allclose(unsure.predict_uncertainty(X[:2]), 7 / 19)
    assert unsure.predict_set(X[:1]).tolist() == [[True, True]]
    unsure.set_params(confidence_level=0.6, measure="size")
    assert unsure.predict_set(X[:1]).tolist() == [[True, False]]
    np.testing.assert_array_equal(unsure.predict_uncertainty(X[:2]), 1.0)


def test_a_row_is_a_singleton_from_its_level_on():
    X, y = make_classification(200, 4, n_classes=3, n_informative=3, n_redundant=0, random_state=0)
    unsure = ConformalUncertainty(GaussianNB(), random_state=0).fit(X, y)
    for row, level in enumerate(unsure.predict_uncertainty(X[:20])):
        sizes = [
            unsure.set_params(confidence_level=1 - at).predict_set(X[[row]]).sum()
            for at in (level * 0.999, min(level * 1.001, 0.999))
        ]
        assert sizes[0] > 1 >= sizes[1]


@pytest.mark.parametrize(
    ("model", "learnt"),
    [(Ridge(), True), (BayesianRidge(), False), (RandomForestRegressor(5), False),
     (Quantiles(), False)],
    ids=repr,
)  # fmt: skip
def test_where_the_unit_of_error_is_from(model, learnt):
    unsure = ConformalUncertainty(model, random_state=0).fit(*draw(60, np.random.RandomState(0)))
    assert (unsure.regressor_ is not None) == learnt


def test_wider_where_there_is_noise():
    X, y = draw(300, np.random.RandomState(0))
    unsure = ConformalUncertainty(LinearRegression(), random_state=0)
    for width in (unsure.fit_predict_uncertainty(X, y), unsure.predict_uncertainty(X)):
        assert width[X[:, 1] > 0.1].mean() > 3 * width[X[:, 1] < -0.1].mean()


def test_its_own_rows_are_out_of_fold():
    """A row's target has no say in its own value."""
    rng = np.random.RandomState(0)
    X, y = draw(30, rng)
    unsure = ConformalUncertainty(Ridge(), regressor=LIGHT.set_params(random_state=0),
                                  n_splits=3, random_state=0)  # fmt: skip
    before = unsure.fit_predict_uncertainty(X, y)
    for row in (0, 29):
        changed = y.copy()
        changed[row] += 100.0
        assert unsure.fit_predict_uncertainty(X, changed)[row] == before[row]


def test_weights_are_those_of_the_scores():
    """A row of weight 2 is two rows: where the model and the folds do not hang on it."""
    y = np.array([1.0, -2.0, 3.0, -4.0, 5.0, -6.0, 7.0, -8.0])
    X, weight = np.zeros((8, 1)), np.r_[np.ones(7), 13.0]
    model = Zero()
    unsure = ConformalUncertainty(model, regressor=Always(1.0))
    assert unsure.fit(X, y, weight).set_params(confidence_level=0.5)._reach() == 8.0
    assert unsure.fit(X, y)._reach() == 5.0


def test_a_frozen_model_answers_for_new_rows():
    X, y = draw(60, np.random.RandomState(0))
    fitted = Ridge().fit(X, y)
    frozen = ConformalUncertainty(FrozenEstimator(fitted), random_state=0).fit(X[:30], y[:30])
    np.testing.assert_allclose(frozen.predict_interval(X).mean(axis=1), fitted.predict(X))
    split = ConformalUncertainty(FrozenEstimator(fitted), method="split", random_state=0)
    assert not isinstance(split.fit(X, y).estimator_, FrozenEstimator)


@pytest.mark.parametrize("method", ["cross", "split"])
@pytest.mark.parametrize("y", [[0], [0, 1], [1, 1, 1], [0, 0, 0, 1], [0.5], [0.5, 0.5, 0.5]])
def test_few_rows_and_classes(method, y):
    X = np.arange(float(len(y)))[:, None]
    model = Ridge() if isinstance(y[0], float) else GaussianNB()
    unsure = ConformalUncertainty(model, method=method, random_state=0)
    assert np.isfinite(unsure.fit_predict_uncertainty(X, np.array(y))).all()
    assert np.isfinite(unsure.predict_uncertainty(X)).all()


def test_containers():
    X, y = draw(40, np.random.RandomState(0))
    answers = [
        ConformalUncertainty(Ridge(), random_state=0).fit(rows, y).predict_uncertainty(rows)
        for rows in (X, pd.DataFrame(X, columns=["a", "b"]), sparse.csr_matrix(X))
    ]
    np.testing.assert_allclose(answers[0], answers[1])
    np.testing.assert_allclose(answers[0], answers[2])


def test_contract_of_a_model_that_votes():
    check_uncertainty(ConformalUncertainty(LinearSVC()))
    check_uncertainty(ConformalUncertainty(GaussianNB(), measure="size", method="split"))


@pytest.mark.parametrize("kind", [ActiveSynthesisClassifier, ActiveSynthesisRegressor])
def test_inside_the_meta_estimators(kind, light):
    X, y = draw(60, np.random.RandomState(0))
    is_values = kind is ActiveSynthesisRegressor
    part = ConformalUncertainty(regressor=LIGHT)
    model = kind(Ridge() if is_values else GaussianNB(), uncertainty=part, random_state=0, **light)
    model.fit(X, y if is_values else y > 0)
    unsure = model.predict_uncertainty(X)
    np.testing.assert_array_equal(unsure, model.predict_uncertainty(X))


def test_faces_of_each_kind():
    assert not hasattr(ConformalUncertainty(Ridge()), "predict_set")
    assert not hasattr(ConformalUncertainty(GaussianNB()), "predict_interval")


def test_bad_parameters():
    X, y = draw(10, np.random.RandomState(0))
    with pytest.raises(TypeError, match="is not compatible with NoneType: it needs 'predict'"):
        ConformalUncertainty().fit(X, y)
    with pytest.raises(ValueError, match="'confidence_level' parameter of ConformalUncertainty"):
        ConformalUncertainty(Ridge(), confidence_level=1.0).fit(X, y)


@pytest.mark.parametrize("n_rows", [1, 2, 3])
def test_intervals_of_a_handful_of_rows_are_infinite(n_rows):
    X, y = np.arange(n_rows * 1.0)[:, None], np.arange(n_rows * 1.0)
    for model in (RandomForestRegressor(5, random_state=0), DummyRegressor()):
        part = ConformalUncertainty(model, method="split", n_splits=2, random_state=0).fit(X, y)
        assert np.isinf(part.predict_interval([[0.5]])).all()
        assert part.predict_uncertainty([[0.5]]) > 0


@pytest.mark.parametrize("alone", [0, 1, 2])
@pytest.mark.parametrize(
    "kind", [ConformalUncertainty, LearnedLossUncertainty, BayesianUncertainty]
)
def test_a_net_whose_fold_lacks_a_class(kind, alone):
    """It has an output for each class all the same."""
    X = np.random.RandomState(0).normal(size=(60, 3)).astype(np.float32)
    y = np.where(X[:, 0] > 0, *[c for c in range(3) if c != alone]).astype(np.int64)
    y[0] = alone
    net = NeuralNetClassifier(Layers(3, p=0.0), criterion=CrossEntropyLoss, max_epochs=2,
                              verbose=0, train_split=None)  # fmt: skip
    part = kind(net, random_state=0).fit(X, y)
    assert np.isfinite(part.predict_uncertainty(X)).all()
    if kind is ConformalUncertainty:
        met = y != alone
        alone_left_out = clone(net).fit(X[met], y[met])
        assert np.isfinite(held_out_loss(alone_left_out, X[met], y[met])).all()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SampleWeightWarning)
            model = ActiveSynthesisClassifier(net, max_iter=1, random_state=0).fit(X, y)
        assert model.n_iter_ == 1


def test_columns_that_nobody_can_name():
    class Spare(DummyClassifier):
        def predict_proba(self, X):
            return np.full((len(X), 3), 1 / 3)

    model = Spare().fit(np.zeros((4, 1)), list("abab"))
    with pytest.raises(ValueError, match="those of the 2 classes of the rows. Got 3 instead"):
        class_probabilities(model, np.zeros((2, 1)), np.array(["a", "b"]))
