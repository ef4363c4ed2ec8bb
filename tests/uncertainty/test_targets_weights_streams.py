"""What every uncertainty estimator does with a column of targets, with weights, and with torch."""

import warnings

import numpy as np
import pytest
import torch
from made_nets import Layers, classifier, regressor
from sklearn.linear_model import BayesianRidge, LinearRegression
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from skorch import NeuralNetRegressor

from sklearn_synda.exceptions import SampleWeightWarning
from sklearn_synda.uncertainty import (
    BayesianUncertainty,
    CommitteeUncertainty,
    ConformalUncertainty,
    LearnedLossUncertainty,
    LossPredictionUncertainty,
    MCDropoutUncertainty,
    PredictiveUncertainty,
    ProxyUncertainty,
)

RNG = np.random.RandomState(0)
X = RNG.normal(size=(40, 3)).astype(np.float32)
Y = (X[:, 0] + 0.1 * RNG.normal(size=40)).astype(np.float32)
CODES = (X[:, 0] > 0).astype(int)
WEIGHT = np.where(X[:, 1] > 0, 3.0, 0.0)


def plain_net():
    """A net as skorch has it: it wants its targets in a column."""
    return NeuralNetRegressor(Layers, max_epochs=2, batch_size=20, train_split=None, verbose=0)


OF_NETS = [
    BayesianUncertainty,
    ConformalUncertainty,
    LearnedLossUncertainty,
    LossPredictionUncertainty,
    MCDropoutUncertainty,
    CommitteeUncertainty,
]


@pytest.mark.parametrize("kind", OF_NETS, ids=lambda k: k.__name__)
def test_a_net_that_wants_a_column(kind):
    few = {"n_estimators": 2} if kind is CommitteeUncertainty else {}
    unsure = kind(plain_net(), random_state=0, **few)
    own = unsure.fit_predict_uncertainty(X, Y[:, None])
    assert own.shape == (40,)
    assert np.isfinite(own).all()
    assert unsure.predict_uncertainty(X[:5]).shape == (5,)


@pytest.mark.parametrize("unsure", [
    BayesianUncertainty(method="variational", max_epochs=3, random_state=0),
    ConformalUncertainty(LinearRegression(), random_state=0),
    LearnedLossUncertainty(LinearRegression(), regressor=LinearRegression(), random_state=0),
    CommitteeUncertainty(LinearRegression(), n_estimators=3, random_state=0),
], ids=lambda u: type(u).__name__)  # fmt: skip
def test_a_column_says_what_a_vector_says(unsure):
    vector = unsure.fit_predict_uncertainty(X, Y)
    np.testing.assert_allclose(unsure.fit_predict_uncertainty(X, Y[:, None]), vector, rtol=1e-6)


def test_intervals_of_a_column():
    unsure = ConformalUncertainty(LinearRegression(), random_state=0).fit(X, Y[:, None])
    assert unsure.scores_.shape == (40,)
    assert np.isfinite(unsure.predict_interval(X)).all()


def test_targets_that_do_not_fit():
    unsure = ConformalUncertainty(LinearRegression())
    with pytest.raises(ValueError, match="y should be a 1d array"):
        unsure.fit(X, np.column_stack([Y, Y]))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        unsure.fit(X, Y[:-1])


# weights


@pytest.mark.parametrize("unsure", [
    PredictiveUncertainty(KNeighborsClassifier(3), random_state=0),
    CommitteeUncertainty(KNeighborsClassifier(3), n_estimators=2, random_state=0),
    LearnedLossUncertainty(KNeighborsClassifier(3), random_state=0),
    ProxyUncertainty(KNeighborsClassifier(3), n_rows=20, random_state=0),
    MCDropoutUncertainty(classifier(2), n_samples=2, random_state=0),
    BayesianUncertainty(classifier(2), n_samples=2, prior_precision=1.0, random_state=0),
], ids=lambda u: f"{type(u).__name__}-{type(u.estimator).__name__}")  # fmt: skip
def test_weights_that_a_model_cannot_take_are_not_lost(unsure):
    with pytest.warns(SampleWeightWarning, match="takes no sample_weight"):
        weighted = unsure.fit(X, CODES, sample_weight=WEIGHT).predict_uncertainty(X)
    assert not np.array_equal(weighted, unsure.fit(X, CODES).predict_uncertainty(X))


def test_rows_of_weight_zero_are_not_learnt():
    unsure = PredictiveUncertainty(KNeighborsClassifier(3), random_state=0)
    with pytest.warns(SampleWeightWarning):
        unsure.fit(X, CODES, sample_weight=WEIGHT)
    assert set(map(tuple, unsure.estimator_._fit_X)) <= set(map(tuple, X[WEIGHT > 0]))


def test_a_model_that_learns_the_loss_without_weights():
    unsure = LearnedLossUncertainty(
        BayesianRidge(), regressor=KNeighborsRegressor(3), random_state=0
    )
    with pytest.warns(SampleWeightWarning, match="KNeighborsRegressor"):
        unsure.fit(X, Y, sample_weight=WEIGHT)


def test_a_frozen_model_has_its_weights_behind_it():
    from sklearn.frozen import FrozenEstimator

    frozen = FrozenEstimator(KNeighborsClassifier(3).fit(X, CODES))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        PredictiveUncertainty(frozen).fit(X, CODES, sample_weight=WEIGHT)


# torch


@pytest.mark.parametrize("unsure", [
    PredictiveUncertainty(classifier(2), random_state=0),
    ConformalUncertainty(classifier(2), random_state=0),
    LearnedLossUncertainty(classifier(2), random_state=0),
    ProxyUncertainty(classifier(2), n_rows=20, random_state=0),
    ProxyUncertainty(BayesianRidge(), proxy=regressor(2), n_rows=20, random_state=0),
], ids=lambda u: f"{type(u).__name__}-{type(u.estimator).__name__}")  # fmt: skip
def test_a_seed_settles_all_and_moves_nothing(unsure):
    y = Y if isinstance(unsure.estimator, BayesianRidge) else CODES
    state = torch.random.get_rng_state()
    own = unsure.fit_predict_uncertainty(X, y)
    new = unsure.predict_uncertainty(X)
    assert torch.equal(state, torch.random.get_rng_state())
    with torch.random.fork_rng():
        torch.rand(3)
        np.testing.assert_array_equal(unsure.fit_predict_uncertainty(X, y), own)
        np.testing.assert_array_equal(unsure.predict_uncertainty(X), new)


# what a proxy is taught


def test_a_proxy_is_taught_between_rows_and_on_few_gaps():
    rng = np.random.RandomState(0)
    table = rng.normal(size=(60, 4))
    table[rng.uniform(size=table.shape) < 0.3] = np.nan
    unsure = ProxyUncertainty(
        BayesianRidge(), proxy=MLPRegressor((2,), max_iter=2), n_rows=2000, random_state=0
    )
    unsure.columns_ = _columns(table)
    rows = unsure._rows_between(table, None, np.random.RandomState(0))
    assert abs(np.isnan(rows).mean() - np.isnan(table).mean()) < 0.05
    filled = rng.normal(size=(60, 4))
    unsure.columns_ = _columns(filled)
    rows = unsure._rows_between(filled, None, np.random.RandomState(0))
    copies = (rows[:, None] == filled).all(axis=2).any(axis=1).mean()
    assert copies < 0.05
    lone = unsure._rows_between(filled[:1], None, np.random.RandomState(0))
    assert (lone == filled[0]).all()


def _columns(table):
    from sklearn_synda._columns import Columns

    return Columns(table)
