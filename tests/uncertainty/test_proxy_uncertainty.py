"""A proxy says what its teacher says, and meets neither row nor label it should not."""

import pickle
import time

import numpy as np
import pandas as pd
import pytest
from made_nets import Layers
from scipy import sparse
from scipy.stats import spearmanr
from sklearn.datasets import make_classification, make_moons, make_regression
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPRegressor
from sklearn.svm import LinearSVC
from skorch import NeuralNetRegressor

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda.uncertainty import PredictiveUncertainty, ProxyUncertainty
from sklearn_synda.uncertainty._int8 import Int8Net


@pytest.fixture(scope="module")
def moons():
    return make_moons(200, noise=0.25, random_state=0)


@pytest.mark.parametrize("quantize", [False, True])
@pytest.mark.parametrize("measure", ["margin", "entropy", "least_confident"])
def test_it_says_what_its_teacher_says(quantize, measure, moons):
    X, y = moons
    teacher = RandomForestClassifier(50, min_samples_leaf=5, random_state=0)
    cheap = ProxyUncertainty(teacher, measure=measure, quantize=quantize, random_state=0)
    costly = PredictiveUncertainty(teacher, measure=measure)
    answers = [part.fit(X[::2], y[::2]).predict_uncertainty(X[1::2]) for part in (cheap, costly)]
    assert spearmanr(*answers)[0] > 0.8


def test_it_says_what_a_regressor_says():
    X = np.random.RandomState(0).uniform(-1, 1, size=(60, 1))
    teacher = GaussianProcessRegressor(alpha=0.01, optimizer=None).fit(X, X[:, 0])
    cheap = ProxyUncertainty(teacher, n_rows=500, random_state=0).fit(X, X[:, 0])
    stated = teacher.predict(X, return_std=True)[1]
    assert spearmanr(cheap.predict_uncertainty(X), stated)[0] > 0.7
    forest = RandomForestRegressor(10, random_state=0)
    assert (ProxyUncertainty(forest, n_rows=100).fit(X, X[:, 0]).predict_uncertainty(X) > 0).all()


def test_it_is_faster_than_a_forest(moons):
    X, y = moons
    cheap = ProxyUncertainty(RandomForestClassifier(200, random_state=0), random_state=0).fit(X, y)
    costly = PredictiveUncertainty(cheap.estimator).fit(X, y)
    seconds = []
    for part in (cheap, costly):
        began = time.process_time()
        part.predict_uncertainty(np.repeat(X, 5, axis=0))
        seconds.append(time.process_time() - began)
    assert seconds[0] < seconds[1] / 3


def test_the_teacher_is_asked_once_and_not_about_its_own_rows(moons):
    X, y = moons
    asked = []

    class Teacher(LogisticRegression):
        def predict_proba(self, X):
            asked.append(X)
            return super().predict_proba(X)

    unsure = ProxyUncertainty(Teacher(), n_rows=300, random_state=0).fit(X, y)
    unsure.predict_uncertainty(X)
    assert [len(rows) for rows in asked] == [300]
    assert (asked[0].min(axis=0) >= X.min(axis=0)).all()
    own = {tuple(row) for row in X}
    assert np.mean([tuple(row) in own for row in asked[0]]) < 0.3  # one of six is its own neighbour


def test_quantised_layers_are_close_and_small(moons):
    X, y = moons
    model = MLPRegressor(
        hidden_layer_sizes=(60, 60), max_iter=1000, activation="tanh", random_state=0
    )
    model.fit(X, np.column_stack([y, X[:, 0]]))
    small = Int8Net.of(model)
    error = small.predict(X) - model.predict(X)
    assert np.abs(error).max() < 0.05 * np.ptp(model.predict(X))
    assert small.nbytes < sum(w.nbytes for w in model.coefs_) / 6
    assert len(pickle.dumps(small)) < len(pickle.dumps(model)) / 4
    assert all(w.dtype == np.int8 and np.abs(w.astype(int)).max() <= 127 for w in small.weights)


def test_a_net_as_a_proxy(moons):
    X, y = moons
    net = NeuralNetRegressor(Layers, module__n_outputs=2, max_epochs=5, verbose=0)
    unsure = ProxyUncertainty(GaussianNB(), proxy=net, n_rows=300, random_state=0)
    assert np.isfinite(unsure.fit(X, y).predict_uncertainty(X)).all()


def test_mixed_and_sparse_tables(moons):
    X, y = moons
    frame = pd.DataFrame(
        {"a": X[:, 0], "b": pd.Categorical(np.where(X[:, 1] > 0, "u", "d")), "n": np.arange(200)}
    )

    class Teacher(GaussianNB):
        def fit(self, X, y):
            assert isinstance(X, pd.DataFrame)
            return super().fit(X[["a", "n"]], y)

        def predict_proba(self, X):
            assert X["b"].dtype == frame["b"].dtype
            assert (X["n"] == X["n"].round()).all()
            return super().predict_proba(X[["a", "n"]])

    unsure = ProxyUncertainty(Teacher(), n_rows=100, random_state=0)
    assert np.isfinite(unsure.fit_predict_uncertainty(frame, y)).all()
    wide = sparse.random(40, 1500, density=0.01, format="csr", random_state=0)
    unsure = ProxyUncertainty(LogisticRegression(), n_rows=50, random_state=0)
    assert np.isfinite(unsure.fit(wide, y[:40]).predict_uncertainty(wide)).all()


def test_reproducible(moons):
    unsure = ProxyUncertainty(RandomForestClassifier(5, random_state=0), random_state=0)
    answers = [unsure.fit_predict_uncertainty(*moons) for _ in range(2)]
    np.testing.assert_array_equal(*answers)


def test_classes_weights_and_frozen_models(moons):
    X, y = make_classification(120, 4, n_classes=3, n_informative=3, n_redundant=0, random_state=0)
    unsure = ProxyUncertainty(GaussianNB(), random_state=0).fit(X, np.array(["b", "c", "a"])[y])
    assert unsure.classes_.tolist() == ["a", "b", "c"]
    X, y = moons
    unsure = ProxyUncertainty(LogisticRegression(), random_state=0)
    weighted = unsure.fit(X, y, np.where(y == 1, 9.0, 1.0)).predict_uncertainty(X)
    assert not np.allclose(weighted, unsure.fit(X, y).predict_uncertainty(X))
    fitted = LogisticRegression().fit(X, y)
    unsure = ProxyUncertainty(FrozenEstimator(fitted), random_state=0).fit(X[:30], y[:30])
    assert unsure.estimator_.estimator is fitted


@pytest.mark.parametrize("y", [[0], [1, 1, 1], [0, 0, 0, 1]])
def test_few_rows_and_classes(y):
    X = np.arange(2.0 * len(y)).reshape(-1, 2)
    own = ProxyUncertainty(GaussianNB(), n_rows=20).fit_predict_uncertainty(X, np.array(y))
    assert np.isfinite(own).all()


def test_inside_the_meta_estimator(moons, light):
    part = ProxyUncertainty(n_rows=100)
    model = ActiveSynthesisClassifier(GaussianNB(), uncertainty=part, random_state=0, **light)
    unsure = model.fit(*moons).predict_uncertainty(moons[0])
    assert unsure[model.query(moons[0], 1)[0]] > np.median(unsure)


def test_who_does_not_fit_is_told(moons):
    with pytest.raises(TypeError, match="needs 'predict_proba'; LinearSVC has none. Use Committee"):
        ProxyUncertainty(LinearSVC()).fit(*moons)
    with pytest.raises(TypeError, match="Ridge has none. Use CommitteeUncertainty instead"):
        ProxyUncertainty(Ridge()).fit(*make_regression(20))
    with pytest.raises(TypeError, match="it needs 'coefs_'; Ridge has none. Use MLPRegressor"):
        ProxyUncertainty(GaussianNB(), proxy=Ridge(), quantize=True).fit(*moons)
    with pytest.raises(ValueError, match="'n_rows' parameter of ProxyUncertainty must be"):
        ProxyUncertainty(GaussianNB(), n_rows=0).fit(*moons)
