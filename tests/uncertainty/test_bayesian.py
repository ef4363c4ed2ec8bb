"""Bayesian nets: the arithmetic of the last layer, the two kinds of doubt, honest ends."""

import pickle

import numpy as np
import pandas as pd
import pytest
from made_nets import classifier, regressor
from scipy.special import expit, softmax
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import make_moons
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import BayesianRidge, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from sklearn_synda import ActiveSynthesisClassifier, ActiveSynthesisRegressor
from sklearn_synda.acquisition import entropy_score
from sklearn_synda.exceptions import SynthesisWarning
from sklearn_synda.query import BALDQuery
from sklearn_synda.uncertainty import BayesianUncertainty
from sklearn_synda.uncertainty._laplace import LastLayer, curvature_of, link_of
from sklearn_synda.uncertainty._torch import _variational

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn_synda.exceptions.SampleWeightWarning"  # nets take none
)
LIGHT = {"method": "variational", "max_epochs": 20, "n_samples": 10, "random_state": 0}


def wave(n=120, noise=0.1, seed=0):
    """A sine with a gap in the middle and more noise on the right."""
    rng = np.random.RandomState(seed)
    X = np.r_[rng.uniform(-2, -0.7, n // 2), rng.uniform(0.7, 2, n - n // 2)][:, None]
    return X, np.sin(2 * X[:, 0]) + noise * (1 + 3 * (X[:, 0] > 0)) * rng.normal(size=n)


@pytest.fixture(scope="module")
def moons():
    return make_moons(120, noise=0.2, random_state=0)


def test_the_variance_is_that_of_bayesian_regression():
    """One linear output and a given prior and noise: the posterior is known in closed form."""
    rng = np.random.default_rng(0)
    features, noise, precision = rng.normal(size=(40, 3)), 0.5, 2.0
    layer = LastLayer(
        features, rng.normal(size=(1, 3)), np.full((40, 1, 1), 1 / noise**2), precision
    )
    expected = np.linalg.inv(features.T @ features / noise**2 + precision * np.eye(3))
    np.testing.assert_allclose(layer.variance(features), np.einsum(
        "ij,jk,ik->i", features, expected, features))  # fmt: skip
    drawn = layer.draw(20000, rng)[:, 0]
    np.testing.assert_allclose(np.cov(drawn.T), expected, atol=2e-3)


def test_the_curvature_is_that_of_the_log_loss():
    """Second differences of the loss of two weights, against the matrix that is inverted."""
    rng = np.random.default_rng(0)
    features, weights = rng.normal(size=(30, 2)), rng.normal(size=(3, 2))
    codes = rng.integers(3, size=30)

    def loss(flat):
        proba = softmax(features @ flat.reshape(3, 2).T, axis=1)
        return -np.log(proba[np.arange(30), codes]).sum()

    proba = softmax(features @ weights.T, axis=1)
    layer = LastLayer(features, weights, curvature_of(proba, 3), 1e-9)
    hessian = layer.vectors @ np.diag(layer.values) @ layer.vectors.T
    step, flat = 1e-3, weights.ravel()
    for i, j in [(0, 0), (1, 4), (2, 3), (5, 5)]:
        a, b = np.eye(6)[i] * step, np.eye(6)[j] * step
        second = loss(flat + a + b) - loss(flat + a) - loss(flat + b) + loss(flat)
        assert hessian[i, j] == pytest.approx(second / step**2, abs=0.02)


def test_a_kronecker_product_is_close_to_the_whole(monkeypatch):
    rng = np.random.default_rng(0)
    features, weights = rng.normal(size=(300, 4)), 0.1 * rng.normal(size=(3, 4))
    curvature = curvature_of(softmax(features @ weights.T, axis=1), 3)
    whole = LastLayer(features, weights, curvature, 1.0)
    monkeypatch.setattr("sklearn_synda.uncertainty._laplace._FULL", 5)
    product = LastLayer(features, weights, curvature, 1.0)
    spreads = [layer.draw(5000, rng).std(axis=0) for layer in (whole, product)]
    np.testing.assert_allclose(*spreads, rtol=0.15)


def test_the_prior_is_the_one_of_largest_evidence():
    """The prior that Bayesian ridge finds for the same weights."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(200, 5))
    truth = rng.normal(size=5) * 0.3
    y = features @ truth + rng.normal(size=200)
    ridge = BayesianRidge(fit_intercept=False, alpha_1=0, alpha_2=0, lambda_1=0, lambda_2=0)
    ridge.fit(features, y)
    curvature = np.full((200, 1, 1), ridge.alpha_)
    layer = LastLayer(features, ridge.coef_[None], curvature)
    assert layer.prior_precision == pytest.approx(ridge.lambda_, rel=0.02)


def test_links():
    rng = np.random.default_rng(0)
    one, three = rng.normal(size=(9, 1)), rng.normal(size=(9, 3))
    proba = np.hstack([1 - expit(one), expit(one)])
    np.testing.assert_allclose(link_of(one, proba)(one), proba)
    np.testing.assert_allclose(link_of(three, softmax(three, axis=1))(three).sum(axis=1), 1)
    assert link_of(three, np.full((9, 3), 1 / 3)) is None
    assert link_of(three, proba) is None


PARTS = [
    BayesianUncertainty(classifier(30), random_state=0),
    BayesianUncertainty(classifier(30, module__softmax=True, criterion=nn.NLLLoss), random_state=0),
    BayesianUncertainty(make_pipeline(StandardScaler(), classifier(30)), random_state=0),
    BayesianUncertainty(**{**LIGHT, "max_epochs": 60}),
]


@pytest.mark.parametrize("part", PARTS, ids=["plain", "softmax", "piped", "variational"])
def test_doubt_of_classes_adds_up(part, moons):
    X, y = moons
    unsure = clone(part).fit(X, np.array(["b", "a"])[y])
    assert unsure.classes_.tolist() == ["a", "b"]
    parts = unsure.predict_components(X)
    np.testing.assert_allclose(parts["total"], parts["aleatoric"] + parts["epistemic"])
    assert all((values >= 0).all() for values in parts.values())
    members = unsure.predict_members(X)
    assert members.shape == (unsure.n_samples, 120, 2)
    np.testing.assert_allclose(parts["total"], entropy_score(members.mean(axis=0)), atol=1e-9)
    np.testing.assert_array_equal(unsure.predict_uncertainty(X), parts["epistemic"])
    for measure in ("total", "aleatoric"):
        unsure.set_params(measure=measure)
        np.testing.assert_array_equal(unsure.predict_uncertainty(X), parts[measure])
    np.testing.assert_allclose(unsure.predict_members(X[[3]]), members[:, [3]], atol=1e-6)


@pytest.mark.parametrize(
    "part",
    [
        BayesianUncertainty(regressor(40), noise=0.2, random_state=0),
        BayesianUncertainty(
            TransformedTargetRegressor(regressor(40), transformer=StandardScaler()), random_state=0
        ),
        BayesianUncertainty(Ridge(), **{**LIGHT, "max_epochs": 150}),
        BayesianUncertainty(**{**LIGHT, "max_epochs": 150}),
    ],
    ids=["noise given", "scaled", "variational", "no model"],
)
def test_doubt_of_values_adds_up_in_target_units(part):
    X, y = wave()
    unsure = clone(part).fit(X, 10 * y)
    parts = unsure.predict_components(X)
    np.testing.assert_allclose(parts["total"], parts["aleatoric"] + parts["epistemic"])
    spread = unsure.set_params(measure="total").predict_uncertainty(X)
    np.testing.assert_allclose(spread**2, parts["total"])
    error = unsure.predict_members(X).mean(axis=0) - 10 * y
    assert 0.4 < np.mean(spread**2) / np.mean(error**2) < 3 or part.noise == 0.2
    far = unsure.predict_components([[6.0]])["epistemic"]
    assert far > 3 * np.median(parts["epistemic"])


def test_members_vary_as_the_variance_says():
    X, y = wave()
    unsure = BayesianUncertainty(regressor(40), n_samples=2000, random_state=0).fit(X, y)
    np.testing.assert_allclose(
        unsure.predict_members(X).var(axis=0), unsure.predict_components(X)["epistemic"], rtol=0.15
    )
    assert unsure.noise_ == pytest.approx(0.35, abs=0.25)


def test_noise_is_seen_where_it_is():
    X, y = wave(400)
    unsure = BayesianUncertainty(measure="aleatoric", **{**LIGHT, "max_epochs": 150}).fit(X, y)
    left, right = unsure.predict_uncertainty([[-1.5], [1.5]])
    assert right > 2 * left
    assert right == pytest.approx(0.4, abs=0.15)


def test_reproducible_and_pickled(moons):
    for part in (PARTS[0], PARTS[-1]):
        fits = [clone(part).fit(*moons) for _ in range(2)]
        fits.append(pickle.loads(pickle.dumps(fits[0])))
        answers = [unsure.predict_uncertainty(moons[0]) for unsure in fits]
        np.testing.assert_array_equal(answers[0], answers[1])
        np.testing.assert_array_equal(answers[0], answers[2])
        own = [clone(part).fit_predict_uncertainty(*moons) for _ in range(2)]
        np.testing.assert_array_equal(*own)


def test_a_frozen_net_is_used_as_it_is(moons):
    fitted = classifier(10).fit(*moons)
    unsure = BayesianUncertainty(FrozenEstimator(fitted), random_state=0)
    unsure.fit(moons[0][:30], moons[1][:30])
    assert unsure.estimator_.estimator is fitted
    assert np.isfinite(unsure.fit_predict_uncertainty(*moons)).all()


def test_containers_and_weights(moons):
    X, y = moons
    frame = pd.DataFrame({"a": X[:, 0], "b": pd.Categorical(np.where(X[:, 1] > 0, "u", "d"))})
    unsure = BayesianUncertainty(**LIGHT).fit(frame, y)
    assert np.isfinite(unsure.predict_uncertainty(frame)).all()
    weight = np.where(y == 0, 1e-6, 1.0)
    unsure = BayesianUncertainty(**{**LIGHT, "max_epochs": 60}).fit(X, y, weight)
    assert unsure.predict_members(X)[:, :, 1].mean() > 0.8


@pytest.mark.parametrize("method", ["laplace", "variational"])
@pytest.mark.parametrize("y", [[0], [1, 1, 1], [0, 0, 0, 1], [0.5, 0.5]])
def test_few_rows_and_constants(method, y):
    X = np.ones((len(y), 2))
    is_values = isinstance(y[0], float)
    model = regressor() if is_values else classifier()
    unsure = BayesianUncertainty(model, **{**LIGHT, "method": method})
    assert np.isfinite(unsure.fit_predict_uncertainty(X, np.array(y))).all()
    assert np.isfinite(unsure.predict_uncertainty(X)).all()


def test_a_thousand_columns():
    X = np.random.RandomState(0).normal(size=(30, 1000))
    for model in (None, classifier(2)):
        method = "laplace" if model else "variational"
        unsure = BayesianUncertainty(model, **{**LIGHT, "max_epochs": 2, "method": method})
        assert np.isfinite(unsure.fit(X, X[:, 0] > 0).predict_uncertainty(X)).all()


def test_a_loss_that_is_no_number_stops_training(monkeypatch, moons):
    calls = []

    def fails(outputs, codes):
        calls.append(0)
        return nn.functional.cross_entropy(outputs, codes, reduction="none") * (
            float("nan") if len(calls) == 5 else 1.0
        )

    monkeypatch.setattr(_variational, "_class_loss", fails)
    with pytest.warns(SynthesisWarning, match="loss of the variational net is nan in epoch 2"):
        unsure = BayesianUncertainty(**LIGHT).fit(*moons)
    assert len(calls) == 6  # two batches an epoch
    assert np.isfinite(unsure.predict_uncertainty(moons[0])).all()


@pytest.mark.parametrize("method", ["laplace", "variational"])
def test_inside_the_meta_estimators(method, moons, light):
    X, y = moons
    part = BayesianUncertainty(**{**LIGHT, "method": method, "random_state": None})
    model = ActiveSynthesisClassifier(classifier(), uncertainty=part, random_state=0, **light)
    assert model.fit(X, y).predict_uncertainty(X).shape == (120,)
    assert len(model.set_params(query_strategy=BALDQuery(), max_iter=0).fit(X, y).query(X, 2)) == 2
    model = ActiveSynthesisRegressor(regressor(), uncertainty=part, random_state=0, **light)
    assert model.fit(X, X[:, 0]).predict_uncertainty(X).shape == (120,)


def test_a_net_that_has_diverged_is_told(moons):
    with pytest.raises(ValueError, match="of BayesianUncertainty must have finite weights"):
        BayesianUncertainty(classifier(lr=float("inf"))).fit(*moons)


def test_who_does_not_fit_is_told(moons):
    with pytest.raises(TypeError, match="LogisticRegression has none. Use BayesianUncertainty.me"):
        BayesianUncertainty(LogisticRegression()).fit(*moons)
    with pytest.raises(TypeError, match="with Layers: it needs a last layer 'torch.nn.Linear'"):
        # softmax twice: once in the module, once by skorch
        BayesianUncertainty(classifier(module__softmax=True)).fit(*moons)
    with pytest.raises(ValueError, match="'noise' parameter of BayesianUncertainty must be"):
        BayesianUncertainty(classifier(), noise=0.0).fit(*moons)
