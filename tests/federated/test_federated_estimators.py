"""The federation in one process, and its clients as Flower wants them."""

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
import torch
from made_nets import Layers
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import SGDClassifier, SGDRegressor
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch import NeuralNetClassifier
from test_federated_client import Always, prepared, table
from torch import nn

from sklearn_synda import _optional
from sklearn_synda.dynamic import DynamicSynthesisClassifier
from sklearn_synda.federated import (
    ClientUpdate,
    FederatedClient,
    FederatedSynthesisClassifier,
    FederatedSynthesisRegressor,
    get_parameters,
    to_flower_client,
)
from sklearn_synda.labeling import InheritLabeler

LOGISTIC = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=0.02)
NET = MLPClassifier((8,), learning_rate_init=0.02)
sites = np.resize(["north", "south", "west", "west"], 80)


def federation(estimator=LOGISTIC, **changes):
    parts = {"labeler": InheritLabeler(), "max_iter": 6, "random_state": 0}
    return FederatedSynthesisClassifier(estimator, **{**parts, **changes})


def net():
    return NeuralNetClassifier(
        Layers, module__n_outputs=2, criterion=nn.CrossEntropyLoss, lr=0.3, verbose=0
    )


@pytest.mark.parametrize("estimator", [LOGISTIC, NET, net()],
                         ids=lambda e: type(e).__name__)  # fmt: skip
@pytest.mark.parametrize("rate", [0.0, 2.0])
def test_rounds_and_history(estimator, rate, two_classes):
    X, y = two_classes
    names = np.array(["no", "yes"])[y]
    model = federation(estimator, rate=rate, validation=Always()).fit(X, names, groups=sites)
    assert model.score(X, names) > 0.6
    history = model.history_
    assert history["round"].tolist() == np.repeat(np.arange(1, 7), 3).tolist()
    assert history["client"].tolist() == ["north", "south", "west"] * 6
    assert history["n_rows"][:3].tolist() == [20, 20, 40]
    assert (history["n_made"] > 0).all() == (rate > 0)
    assert history["loss_before"][-3:].mean() < history["loss_before"][:3].mean()
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1, rtol=1e-6)
    assert model.n_iter_ == 6


@pytest.mark.parametrize("estimator", [LOGISTIC, NET, net()],
                         ids=lambda e: type(e).__name__)  # fmt: skip
def test_same_seed_same_model_and_no_other_stream_is_touched(estimator, two_classes):
    X, y = two_classes
    fit = {"rate": 1.0, "max_iter": 2}
    before = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    first = federation(estimator, **fit).fit(X, y, groups=sites).predict_proba(X)
    assert torch.equal(torch.random.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002
    torch.manual_seed(6)
    again = federation(estimator, **fit).fit(X, y, groups=sites).predict_proba(X)
    np.testing.assert_array_equal(first, again)
    other = federation(estimator, **fit, random_state=1).fit(X, y, groups=sites)
    assert not np.array_equal(first, other.predict_proba(X))


def test_the_order_of_the_clients_does_not_matter(two_classes):
    """Rows of a client in their order; which client comes first is all the same."""
    X, y = two_classes
    order = np.concatenate([np.flatnonzero(sites == name) for name in ("west", "north", "south")])
    one = federation(rate=1.0).fit(X, y, groups=sites)
    other = federation(rate=1.0).fit(X[order], y[order], groups=sites[order])
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))


def test_without_groups_there_is_one_client(two_classes):
    X, y = two_classes
    one = federation().fit(X, y)
    same = federation().fit(X, y, groups=np.zeros(80))
    assert one.history_["n_rows"].tolist() == [80] * 6
    np.testing.assert_array_equal(one.predict_proba(X), same.predict_proba(X))


def test_what_the_estimator_does_is_what_clients_and_averaging_do(two_classes):
    """No row goes from one client to another: each is given its own, and no other."""
    X, y = two_classes
    given = []

    class Spying(FederatedSynthesisClassifier):
        def _make_client(self, X, y, weight, rng):
            given.append(X)
            return super()._make_client(X, y, weight, rng)

    Spying(LOGISTIC, max_iter=1).fit(X, y, groups=sites)
    for rows, name in zip(given, ("north", "south", "west"), strict=True):
        np.testing.assert_array_equal(rows, X[sites == name])


def test_averaging_stands_between_the_sites(two_classes):
    """After one round the common model is the mean of what the sites sent."""
    X, y = two_classes
    sent = []
    update = FederatedClient.update

    model = federation(max_iter=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            FederatedClient, "update", lambda self, p: sent.append(update(self, p)) or sent[-1]
        )
        model.fit(X, y, groups=sites)
    mean = np.average([u.parameters[0] for u in sent], axis=0, weights=[20, 20, 40])
    np.testing.assert_allclose(model.estimator_.coef_, mean, rtol=1e-12)
    assert all(isinstance(u, ClientUpdate) for u in sent)


def test_a_federation_of_uneven_sites_learns_more_than_a_site(two_classes):
    X, y = two_classes
    site = np.where(y == 1, 0, 1)
    site[:20] = 2
    model = federation(max_iter=10).fit(X, y, groups=site)
    assert model.score(X, y) > 0.7
    assert model.classes_.tolist() == [0, 1]


def test_weights(two_classes):
    X, y = two_classes
    weight = np.where(sites == "west", 0.0, 1.0)
    without = federation().fit(X[weight > 0], y[weight > 0], groups=sites[weight > 0])
    zero = federation().fit(X, y, groups=sites, sample_weight=weight)
    np.testing.assert_array_equal(zero.predict_proba(X), without.predict_proba(X))
    assert set(zero.history_["client"]) == {"north", "south"}
    heavy = federation().fit(X, y, groups=sites, sample_weight=1 + 9.0 * (sites == "west"))
    assert heavy.history_["n_rows"][:3].tolist() == [20, 20, 400]


def test_a_client_that_diverges_is_refused_by_name(two_classes):
    X, y = two_classes
    n_sent = iter(range(3))

    def broken(self, given):
        value = np.nan if next(n_sent) == 1 else 1.0
        return ClientUpdate([np.full_like(v, value) for v in given], 1.0, 0.0, 0.0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FederatedClient, "update", broken)
        with pytest.raises(ValueError, match="parameters of client 'south' must be finite"):
            federation().fit(X, y, groups=sites)


def test_clone_pickle_and_nothing_changed(two_classes):
    X, y = two_classes
    before, user = X.copy(), SGDClassifier(loss="log_loss")
    model = federation(user, rate=1.0).fit(X, y, groups=sites)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(model.predict_proba(X), again.predict_proba(X))
    assert not hasattr(user, "coef_")
    np.testing.assert_array_equal(X, before)
    assert not hasattr(clone(model), "estimator_")
    rows = {X[0].tobytes(), X[41].tobytes()}
    assert not any(row in pickle.dumps(model) for row in rows), "a fitted model holds no rows"


def test_frames_through_shared_steps():
    X, y = table()
    model = federation(make_pipeline(prepared(X), LOGISTIC), rate=1.0, max_iter=8)
    site = pd.Series(np.resize(["a", "b"], len(y)))
    model.fit(X, y, groups=site)
    assert model.score(X, y) > 0.75
    assert model.feature_names_in_.tolist() == ["age", "ward"]
    assert isinstance(model.estimator_[0], FrozenEstimator)
    np.testing.assert_array_equal(model.classes_[model.estimator_.predict(X)], model.predict(X))


def test_a_step_to_be_fitted_is_refused(two_classes):
    with pytest.raises(TypeError, match="Use FrozenEstimator"):
        federation(make_pipeline(StandardScaler(), LOGISTIC)).fit(*two_classes)


def test_the_wrong_kind_of_model_is_refused(two_classes, values):
    with pytest.raises(TypeError, match="Use FederatedSynthesisRegressor instead"):
        federation(SGDRegressor()).fit(*two_classes)
    with pytest.raises(TypeError, match="Use FederatedSynthesisClassifier instead"):
        FederatedSynthesisRegressor(LOGISTIC).fit(*values)
    with pytest.raises(TypeError, match="it needs 'partial_fit'"):
        federation(RandomForestClassifier()).fit(*two_classes)
    with pytest.raises(ValueError, match="must hold labels only. Got 1 missing"):
        federation().fit([[0.0], [1.0], [2.0]], ["a", None, "b"])


def test_regression(values):
    X, y = values
    model = FederatedSynthesisRegressor(
        SGDRegressor(), rate=1.0, labeler=InheritLabeler(), max_iter=10, random_state=0
    ).fit(X, y, groups=sites)
    assert model.score(X, y) > 0.9


def test_groups_are_routed_by_a_search(two_classes):
    X, y = two_classes
    with sklearn.config_context(enable_metadata_routing=True):
        search = GridSearchCV(
            federation().set_fit_request(groups=True), {"n_epochs": [1, 2]}, cv=GroupKFold(2)
        ).fit(X, y, groups=sites)
    assert len(search.best_estimator_.history_["client"]) == 18


@pytest.fixture
def flower():
    return pytest.importorskip("flwr", reason="Flower is no part of the extra 'dev'")


def test_flower(flower, two_classes):
    X, y = two_classes
    one, same = (FederatedClient(LOGISTIC, X, y, classes=[0, 1], random_state=0) for _ in "ab")
    theirs = to_flower_client(one)
    parameters = theirs.get_parameters({})
    sent, n_rows, said = theirs.fit(parameters, {})
    update = same.update(parameters)
    for values, expected in zip(sent, update.parameters, strict=True):
        np.testing.assert_array_equal(values, expected)
    assert n_rows == 80
    assert said == {"loss_before": update.loss_before, "loss_after": update.loss_after, "n_made": 0}
    loss, n_rows, _ = theirs.evaluate(sent, {})
    assert loss == pytest.approx(update.loss_after)
    assert n_rows == 80


def test_flower_carries_parameters_and_numbers(flower, two_classes):
    """As a message and back; a metric that is no plain number would be refused."""
    from flwr.common import FitIns, ndarrays_to_parameters, parameters_to_ndarrays

    one = FederatedClient(LOGISTIC, *two_classes, classes=[0, 1], random_state=0)
    carried = to_flower_client(one).to_client()
    answer = carried.fit(FitIns(ndarrays_to_parameters(one.get_parameters()), {}))
    assert answer.num_examples == 80
    assert {type(value) for value in answer.metrics.values()} == {float, int}
    for values, own in zip(
        parameters_to_ndarrays(answer.parameters), one.get_parameters(), strict=True
    ):
        np.testing.assert_array_equal(values, own)


def test_flower_is_missed_by_name(two_classes, monkeypatch):
    monkeypatch.setattr(_optional, "find_spec", lambda name: None)
    one = FederatedClient(LOGISTIC, *two_classes, classes=[0, 1])
    with pytest.raises(ImportError, match=r"to_flower_client requires Flower. Install it with"):
        to_flower_client(one)


def test_get_parameters_of_the_fitted_model(two_classes):
    model = federation().fit(*two_classes, groups=sites)
    assert [v.shape for v in get_parameters(model.estimator_)] == [(1, 6), (1,)]


@pytest.mark.parametrize("made", [FederatedSynthesisClassifier, DynamicSynthesisClassifier])
def test_weights_by_class_are_refused(made):
    """The model learns codes: a weight of class 1 would be one of the second class."""
    X, y = np.random.RandomState(0).normal(size=(60, 2)), np.resize([1, 2], 60)
    model = SGDClassifier(loss="log_loss", class_weight={1: 20})
    with pytest.raises(TypeError, match="has a weight by class. Use sample_weight instead"):
        made(model).fit(X, y)


def test_names_of_clients_stay_apart():
    X, y = np.random.RandomState(0).normal(size=(60, 2)), np.resize([0, 1], 60)
    model = FederatedSynthesisClassifier(SGDClassifier(loss="log_loss"), max_iter=1)
    history = model.fit(X, y, groups=[1, "1", "1"] * 20).history_
    assert sorted(zip(map(repr, history["client"].tolist()), history["n_rows"], strict=True)) == [
        ("'1'", 40), ("1", 20)
    ]  # fmt: skip
    days = np.resize(np.array(["2026-01-01", "2026-01-02"], dtype="datetime64[ns]"), 60)
    assert all(
        isinstance(c, np.datetime64) for c in model.fit(X, y, groups=days).history_["client"]
    )
