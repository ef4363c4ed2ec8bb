"""A head that ranks rows by loss, and the net it sits on."""

import pickle

import numpy as np
import pytest
import torch
from made_nets import Layers, classifier, regressor
from sklearn.base import clone
from sklearn.datasets import make_moons
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch.callbacks import EpochScoring
from torch import nn

from sklearn_synda import ActiveSynthesisClassifier, ActiveSynthesisRegressor
from sklearn_synda.uncertainty import LossPredictionUncertainty
from sklearn_synda.uncertainty._torch._loss_prediction import ranking_loss, tapped

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn_synda.exceptions.SampleWeightWarning"  # nets take none
)


@pytest.fixture(scope="module")
def moons():
    return make_moons(120, noise=0.2, random_state=0)


def noisy(n=300):
    rng = np.random.RandomState(0)
    X = rng.uniform(-1, 1, size=(n, 2))
    return X, X[:, 0] + (X[:, 1] > 0) * rng.normal(size=n)


@pytest.mark.parametrize("stop_gradient", [False, True])
def test_it_finds_where_the_loss_is(stop_gradient):
    X, y = noisy()
    unsure = LossPredictionUncertainty(
        regressor(40, module__p=0.0), stop_gradient=stop_gradient, random_state=0
    )
    for expected in (unsure.fit_predict_uncertainty(X, y), unsure.predict_uncertainty(X)):
        assert expected[X[:, 1] > 0.1].mean() > expected[X[:, 1] < -0.1].mean() + 0.2
        assert (expected >= 0).all()
        assert (expected <= 1).all()


def test_the_ranking_loss_by_hand():
    first, second = torch.tensor([2.0, 0.0, 0.5]), torch.tensor([0.0, 0.5, 0.0])
    loss, other = torch.tensor([3.0, 1.0, 1.0]), torch.tensor([1.0, 0.0, 2.0])
    # in order by 2: nothing; out of order by 0.5: 1.5; out of order by 0.5: 1.5
    assert float(ranking_loss(first, second, loss, other, 1.0)) == pytest.approx(1.0)


def test_with_the_gradient_stopped_the_net_is_the_one_without_a_head():
    """Without dropout, whose second draw moves the stream."""
    X, y = noisy(64)
    weights = []
    for margin in (1.0, 3.0):
        unsure = LossPredictionUncertainty(
            regressor(3, module__p=0.0), stop_gradient=True, margin=margin, random_state=0
        ).fit(X, y)
        weights.append(unsure.estimator_.module_.layers[4].weight)
    torch.testing.assert_close(*weights)
    unsure.set_params(stop_gradient=False).fit(X, y)
    assert not torch.allclose(unsure.estimator_.module_.layers[4].weight, weights[0])


def test_what_is_tapped():
    module = Layers(n_outputs=2).eval()
    rows = torch.randn(5, 3)
    with tapped(module) as passes:
        module(rows)
        module(rows[:2])
    assert [[tuple(tap.shape) for tap in taps] for taps in passes] == [[(5, 16)], [(2, 16)]]
    with tapped(module, ["layers.0", "layers.4"]) as passes:
        module(rows)
    assert [tuple(tap.shape) for tap in passes[0]] == [(5, 16), (5, 2)]
    assert not module.layers[4]._forward_pre_hooks


def test_the_users_net_stays_as_it_was(moons):
    scoring = EpochScoring("accuracy", name="accuracy", on_train=True)
    net = classifier(3, callbacks=[scoring])
    unsure = LossPredictionUncertainty(net, random_state=0)
    state = torch.random.get_rng_state()
    unsure.fit(*moons).predict_uncertainty(moons[0])
    assert torch.equal(torch.random.get_rng_state(), state)
    assert net.callbacks == [scoring]
    assert not hasattr(net, "module_")
    assert len(unsure.estimator_.history[:, "accuracy"]) == 3
    assert isinstance(unsure.head_, nn.Module)


def test_reproducible_and_pickled(moons):
    unsure = LossPredictionUncertainty(classifier(), random_state=0)
    fits = [clone(unsure).fit(*moons) for _ in range(2)]
    fits.append(pickle.loads(pickle.dumps(fits[0])))
    answers = [fit.predict_uncertainty(moons[0]) for fit in fits]
    np.testing.assert_array_equal(answers[0], answers[1])
    np.testing.assert_array_equal(answers[0], answers[2])
    np.testing.assert_allclose(fits[0].predict_uncertainty(moons[0][[5]]), answers[0][[5]], 1e-4)


def test_a_net_inside_others(moons, light):
    X, y = moons
    piped = make_pipeline(StandardScaler(), classifier())
    unsure = LossPredictionUncertainty(piped, layers=["layers.2"], random_state=0).fit(X, y)
    assert len(np.unique(unsure.predict_uncertainty(X))) > 50
    frozen = LossPredictionUncertainty(FrozenEstimator(unsure.estimator_), random_state=0)
    assert frozen.fit(X, y).estimator_ is not unsure.estimator_
    part = LossPredictionUncertainty()
    for kind, model, target in (
        (ActiveSynthesisClassifier, classifier(), y),
        (ActiveSynthesisRegressor, regressor(), X[:, 0]),
    ):
        model = kind(model, uncertainty=part, random_state=0, **light).fit(X, target)
        assert model.predict_uncertainty(X).shape == (120,)


@pytest.mark.parametrize("y", [[0], [0, 1], [0, 0, 0, 1]])
def test_few_rows(y):
    X = np.ones((len(y), 2))
    unsure = LossPredictionUncertainty(classifier(), random_state=0)
    assert np.isfinite(unsure.fit_predict_uncertainty(X, y)).all()
    assert len(y) > 1 or unsure.predict_uncertainty(X) == 0.5


def test_who_does_not_fit_is_told(moons):
    with pytest.raises(TypeError, match="LogisticRegression has none. Use LearnedLossUncertainty"):
        LossPredictionUncertainty(LogisticRegression()).fit(*moons)
    with pytest.raises(ValueError, match="'layers' parameter of LossPredictionUncertainty must"):
        LossPredictionUncertainty(classifier(), layers=["nowhere"]).fit(*moons)
    flat = classifier().set_params(module=nn.LazyLinear, module__out_features=2)
    with pytest.raises(TypeError, match="with .*Linear: it needs a hidden layer"):
        LossPredictionUncertainty(flat).fit(*moons)
