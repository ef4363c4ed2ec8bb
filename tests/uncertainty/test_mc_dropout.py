"""MC dropout: members that forget units, the net left as it was."""

import pickle

import numpy as np
import pytest
import torch
from made_nets import classifier, regressor
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import make_moons
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_synda import ActiveSynthesisClassifier, ActiveSynthesisRegressor, _optional
from sklearn_synda.acquisition import mutual_information_score
from sklearn_synda.query import BALDQuery, BatchBALDQuery, VarianceQuery
from sklearn_synda.uncertainty import MCDropoutUncertainty
from sklearn_synda.uncertainty._torch._dropout import dropped_out

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn_synda.exceptions.SampleWeightWarning"  # nets take none
)


@pytest.fixture(scope="module")
def moons():
    return make_moons(80, noise=0.2, random_state=0)


@pytest.fixture(scope="module")
def fitted(moons):
    return MCDropoutUncertainty(classifier(20), n_samples=8, random_state=0).fit(*moons)


def test_less_certain_at_the_border():
    X = np.linspace(-1, 1, 100)[:, None]
    unsure = MCDropoutUncertainty(classifier(60), random_state=0).fit(X, X[:, 0] > 0)
    border, far = unsure.predict_uncertainty([[0.0], [0.9]])
    assert border > 3 * far


def test_members_are_functions(fitted, moons):
    """A row's answer hangs on the row alone: not on its neighbours, their order, the batch."""
    X = moons[0]
    members = fitted.predict_members(X)
    assert members.shape == (8, 80, 2)
    np.testing.assert_allclose(members.sum(axis=2), 1, rtol=1e-5)
    assert len(np.unique(members[:, 0, 0])) == 8
    np.testing.assert_allclose(fitted.predict_members(X[[7]]), members[:, [7]], atol=1e-6)
    np.testing.assert_array_equal(fitted.predict_members(X), members)
    np.testing.assert_allclose(fitted.predict_uncertainty(X), mutual_information_score(members))


@pytest.mark.parametrize("layer", [torch.nn.Dropout(0.3), torch.nn.AlphaDropout(0.3)])
def test_a_member_is_the_layer_in_training(layer):
    """Mean and variance over masks are those of the layer itself."""
    module = torch.nn.Sequential(layer).eval()
    rows = torch.tensor([[1.0, -2.0], [0.5, 3.0]])
    ours = []
    for seed in range(3000):
        with dropped_out(module, seed):
            ours.append(module(rows))
    ours = torch.stack(ours)
    torch.manual_seed(0)
    theirs = torch.stack([layer.train()(rows) for _ in range(3000)])
    torch.testing.assert_close(ours.mean(0), theirs.mean(0), atol=0.15, rtol=0.1)
    torch.testing.assert_close(ours.var(0), theirs.var(0), atol=0.15, rtol=0.15)


def test_channels_are_dropped_whole_and_a_layer_used_twice_draws_twice():
    module = torch.nn.Sequential(torch.nn.Dropout2d(0.5)).eval()
    with dropped_out(module, 0):
        image = module(torch.ones(3, 6, 4, 4))
    assert set(image.unique().tolist()) == {0.0, 2.0}
    assert (image == image[:1, :, :1, :1]).all()
    shared = torch.nn.Dropout(0.5)
    twice = torch.nn.Sequential(shared, shared).eval()
    with dropped_out(twice, 0):
        answers = [twice(torch.ones(1, 64)) for _ in range(2)]
    torch.testing.assert_close(*answers)
    assert 4 < (answers[0] > 0).sum() < 28  # a quarter is left, not a half


def test_the_net_is_left_as_it_was(moons):
    X, y = moons
    unsure = MCDropoutUncertainty(classifier(module__norm=True), n_samples=4, random_state=0)
    state = torch.random.get_rng_state()
    unsure.fit(X, y)
    module = unsure.estimator_.module_
    module.train()
    module.layers[1].eval()
    modes = [layer.training for layer in module.modules()]
    before = {name: value.clone() for name, value in module.state_dict().items()}
    unsure.predict_uncertainty(X)
    assert [layer.training for layer in module.modules()] == modes
    for name, value in module.state_dict().items():
        torch.testing.assert_close(value, before[name])
    assert not module.layers[3]._forward_hooks
    assert torch.equal(torch.random.get_rng_state(), state)
    plain = unsure.estimator_.predict_proba(X)
    np.testing.assert_array_equal(plain, unsure.estimator_.predict_proba(X))


def test_reproducible(moons, fitted):
    again = clone(fitted).fit(*moons)
    np.testing.assert_array_equal(
        again.predict_uncertainty(moons[0]), fitted.predict_uncertainty(moons[0])
    )
    other = clone(fitted).set_params(random_state=1).fit(*moons)
    assert not np.allclose(
        other.predict_uncertainty(moons[0]), fitted.predict_uncertainty(moons[0])
    )
    copy = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(
        copy.predict_uncertainty(moons[0]), fitted.predict_uncertainty(moons[0])
    )
    own = [clone(fitted).fit_predict_uncertainty(*moons) for _ in range(2)]
    np.testing.assert_array_equal(*own)


def test_a_net_inside_others(moons):
    X, y = moons
    piped = make_pipeline(StandardScaler(), classifier())
    unsure = MCDropoutUncertainty(piped, n_samples=3, random_state=0).fit(X, y)
    assert unsure.predict_members(X).shape == (3, 80, 2)
    frozen = MCDropoutUncertainty(FrozenEstimator(unsure.estimator_), n_samples=3).fit(X, y)
    assert frozen.estimator_.estimator is unsure.estimator_
    assert (frozen.predict_uncertainty(X) > 0).any()
    target = TransformedTargetRegressor(regressor(), transformer=StandardScaler())
    unsure = MCDropoutUncertainty(target, n_samples=3, random_state=0).fit(X, 1e6 * X[:, 0])
    assert unsure.predict_uncertainty(X).mean() > 1e3  # in target units


def test_classes_keep_their_names(moons):
    X, y = moons
    unsure = MCDropoutUncertainty(classifier(), n_samples=3, random_state=0)
    unsure.fit(X, np.array(["b", "a"])[y])
    assert unsure.classes_.tolist() == ["a", "b"]


@pytest.mark.parametrize("query", [BALDQuery(), BatchBALDQuery()])
def test_inside_the_meta_estimator(query, moons, light):
    X, y = moons
    part = MCDropoutUncertainty(n_samples=4)
    model = ActiveSynthesisClassifier(
        classifier(), uncertainty=part, query_strategy=query, max_iter=0, random_state=0
    )
    assert len(model.fit(X, y).query(X, 3)) == 3
    assert part.estimator is None


def test_inside_the_loop(moons, light):
    X, y = moons
    model = ActiveSynthesisClassifier(
        classifier(), uncertainty=MCDropoutUncertainty(n_samples=4), random_state=0, **light
    )
    unsure = model.fit(X, y).predict_uncertainty(X)
    assert unsure.shape == (80,)
    np.testing.assert_array_equal(unsure, model.predict_uncertainty(X))


def test_inside_the_regressor(moons, light):
    X = moons[0]
    model = ActiveSynthesisRegressor(
        regressor(), uncertainty=MCDropoutUncertainty(n_samples=4),
        random_state=0, **light,
    )  # fmt: skip
    assert len(model.fit(X, X[:, 0]).query(X, 3)) == 3
    model.set_params(query_strategy=VarianceQuery(), max_iter=0)
    assert len(model.fit(X, X[:, 0]).query(X, 3)) == 3


@pytest.mark.parametrize("y", [[0], [0, 1], [0, 0, 0, 1]])
def test_few_rows(y):
    X = np.arange(float(len(y)))[:, None]
    own = MCDropoutUncertainty(classifier(), random_state=0).fit_predict_uncertainty(X, y)
    assert np.isfinite(own).all()


def test_who_has_no_net_or_no_dropout_is_told(moons):
    with pytest.raises(TypeError, match="LogisticRegression: it needs 'module_'; LogisticRegr"):
        MCDropoutUncertainty(LogisticRegression()).fit(*moons)
    with pytest.raises(TypeError, match="with Layers: it needs a layer 'torch.nn.Dropout'"):
        MCDropoutUncertainty(classifier(module__p=0.0)).fit(*moons)
    with pytest.raises(TypeError, match="is not compatible with NoneType"):
        MCDropoutUncertainty().fit(*moons)
    with pytest.raises(ValueError, match="'n_samples' parameter of MCDropoutUncertainty must"):
        MCDropoutUncertainty(classifier(), n_samples=1).fit(*moons)


def test_without_torch_one_sentence(moons, monkeypatch):
    monkeypatch.setattr(_optional, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"^MCDropoutUncertainty.fit requires PyTorch. Install"):
        MCDropoutUncertainty(LogisticRegression()).fit(*moons)
