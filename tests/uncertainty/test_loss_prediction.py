"""A head that ranks rows by loss, and the net it sits on."""

import pickle
from copy import deepcopy

import numpy as np
import pytest
import torch
from made_nets import Layers, TableRegressor, classifier, regressor
from sklearn.base import clone
from sklearn.datasets import make_moons
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch import NeuralNetClassifier, NeuralNetRegressor
from skorch.callbacks import Callback, EpochScoring, GradientNormClipping
from skorch.dataset import ValidSplit
from torch import nn

from sklearn_synda import ActiveSynthesisClassifier, ActiveSynthesisRegressor
from sklearn_synda._nets import find_net
from sklearn_synda.uncertainty import LossPredictionUncertainty, MCDropoutUncertainty
from sklearn_synda.uncertainty._torch._loss_prediction import ranking_loss, tapped

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn_synda.exceptions.SampleWeightWarning"  # nets take none
)


class Interrupted(Callback):
    """Ctrl-C in the middle of a pass."""

    def on_batch_begin(self, net, training=False, **kwargs):
        if training and len(net.history) == 2:
            raise KeyboardInterrupt


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
    """With dropout, batch normalisation and a held-out part: all that a second pass would move."""
    X, y = noisy(64)
    net = regressor(3, module__p=0.3, module__norm=True, train_split=ValidSplit(4))
    unsure = LossPredictionUncertainty(net, stop_gradient=True, random_state=0)
    states = [
        find_net(part.fit(X, y).estimator_).module_.state_dict()
        for part in (unsure, MCDropoutUncertainty(net, random_state=0))
    ]
    torch.testing.assert_close(*states, rtol=0, atol=0)
    unsure.set_params(stop_gradient=False).fit(X, y)
    assert not torch.allclose(
        unsure.estimator_.module_.layers[4].weight, states[0]["layers.4.weight"]
    )


def test_the_users_clipping_holds_for_the_head_as_well():
    """The head's gradient in the net, a hundredfold, is clipped to nothing with the net's own."""
    X, y = noisy(64)
    layers = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))
    clip = GradientNormClipping(1e-9)
    given = {"module": layers, "callbacks": [clip], "optimizer": torch.optim.SGD, "lr": 0.1}
    net = TableRegressor(**given, max_epochs=3, batch_size=32, train_split=None, verbose=0)
    unsure = LossPredictionUncertainty(net, loss_weight=100.0, random_state=0)
    unsure.fit(X.astype(np.float32), y)
    torch.testing.assert_close(unsure.estimator_.module_.state_dict(), layers.state_dict())


def test_the_head_moves_the_net_as_one_loss_would():
    """One step of plain gradient descent, beside that on the sum of both losses."""
    X, y = noisy(32)
    X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)[:, None]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layers = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))
    net = NeuralNetRegressor(
        layers, max_epochs=1, batch_size=-1, train_split=None, lr=0.1, verbose=0,
        callbacks=[("spy", Spy())],
    )  # fmt: skip
    unsure = LossPredictionUncertainty(net, random_state=0).fit(X.numpy(), y.numpy())
    head = dict(unsure.estimator_.callbacks_)["spy"].head
    module = clone(net).initialize().module_
    with tapped(module) as passes:
        said = module(X)
    losses = ((said - y) ** 2).detach().ravel()
    expected = head(passes[0])
    ranking = ranking_loss(expected[:16], expected[16:], losses[:16], losses[16:], 1.0)
    (nn.functional.mse_loss(said, y) + ranking).backward()
    for name, weights in unsure.estimator_.module_.named_parameters():
        before = module.get_parameter(name)
        torch.testing.assert_close(weights, before - 0.1 * before.grad)


class Spy(Callback):
    """Keeps the head as it is before its first step."""

    def on_batch_begin(self, net, training=False, **kwargs):
        other = dict(net.callbacks_)["loss_prediction"]
        build = other._build

        def keep(taps):
            build(taps)
            self.head = deepcopy(other.head_)

        other._build = keep

    def on_train_end(self, net, **kwargs):
        vars(dict(net.callbacks_)["loss_prediction"]).pop("_build")


def test_without_callbacks(moons):
    net = classifier(3, callbacks="disable")
    unsure = LossPredictionUncertainty(net, random_state=0).fit(*moons)
    assert [name for name, _ in unsure.estimator_.callbacks_] == ["loss_prediction"]
    assert len(np.unique(unsure.predict_uncertainty(moons[0]))) > 50


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


def test_an_interrupted_training_leaves_no_hooks_in_the_net(moons):
    unsure = LossPredictionUncertainty(classifier(callbacks=[Interrupted()]), random_state=0)
    module = unsure.fit(*moons).estimator_.module_
    hooks = [layer._forward_pre_hooks or layer._forward_hooks for layer in module.modules()]
    assert not any(hooks)
    assert not unsure.estimator_.criterion_._forward_hooks
    pickle.dumps(unsure)


def test_a_net_in_float64(moons):
    X, y = moons
    layers = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 2)).double()
    net = NeuralNetClassifier(layers, criterion=nn.CrossEntropyLoss, max_epochs=3, verbose=0)
    said = LossPredictionUncertainty(net, random_state=0).fit(X, y).predict_uncertainty(X)
    assert len(np.unique(said)) > 50


class Tokens(nn.Module):
    """A column is a token of eight channels; linear layers read what is normed over them."""

    def __init__(self):
        super().__init__()
        self.given = nn.Parameter(torch.tensor(np.random.RandomState(0).normal(size=(2, 2, 8))))
        self.first, self.last = nn.Linear(8, 8), nn.Linear(8, 1)
        self.norm = nn.LayerNorm(8, elementwise_affine=False)

    def forward(self, X):
        weight, bias = self.given.float()
        tokens = torch.relu(self.first(X.float()[:, :, None] * weight + bias))
        return self.last(self.norm(tokens)).mean(dim=1)


def test_of_tokens_the_channels_are_read():
    """Their mean over the channels is zero, whatever the row."""
    X, y = noisy()
    net = regressor(30).set_params(module=Tokens)
    unsure = LossPredictionUncertainty(net, stop_gradient=True, random_state=0).fit(X, y)
    expected = unsure.predict_uncertainty(X)
    assert expected[X[:, 1] > 0.1].mean() > expected[X[:, 1] < -0.1].mean() + 0.2


def test_a_criterion_without_a_loss_of_each_row_is_refused():
    class Squares(nn.Module):
        def forward(self, said, y):
            return ((said - y) ** 2).mean()

    net = regressor().set_params(criterion=Squares)
    with pytest.raises(TypeError, match="not compatible with Squares: it needs 'reduction', of"):
        LossPredictionUncertainty(net).fit(*noisy())
