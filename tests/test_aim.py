"""What regressors aim at; models that made rows cannot teach are kept as they are."""

import re
from functools import partial

import numpy as np
import pytest
from lightgbm import LGBMRegressor
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import (
    BaggingRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
    StackingRegressor,
    VotingRegressor,
)
from sklearn.feature_selection import RFE
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import (
    HuberRegressor,
    LogisticRegression,
    QuantileRegressor,
    RANSACRegressor,
    Ridge,
    SGDRegressor,
)
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler
from sklearn.svm import SVR, LinearSVR
from sklearn.tree import DecisionTreeRegressor

from sklearn_synda import ActiveSynthesisClassifier, ActiveSynthesisRegressor
from sklearn_synda._aim import find_aim
from sklearn_synda.dynamic import DynamicSynthesisRegressor
from sklearn_synda.exceptions import SynthesisWarning
from sklearn_synda.federated import FederatedClient
from sklearn_synda.labeling import CommitteeLabeler, CommitteeRegressor, InheritLabeler
from sklearn_synda.validation import (
    CrossValidation,
    HoldoutValidation,
    NoValidation,
    held_out_loss,
)


def named(value):
    """The id of a case: no address in it, which would be another in another process."""
    return re.sub(r" at 0x[0-9a-f]+", "", str(value))[:60]


HGB, LGBM = HistGradientBoostingRegressor, LGBMRegressor


class Told(RegressorMixin, BaseEstimator):
    """Parameters of boosted trees and nets, and nothing else."""

    def __init__(self, loss=None, objective=None, criterion=None, loss_function=None, tau=None,
                 alpha=1.0):  # fmt: skip
        self.loss = loss
        self.objective = objective
        self.criterion = criterion
        self.loss_function = loss_function
        self.tau = tau
        self.alpha = alpha

    def fit(self, X, y):
        return self


class Net(Told):
    """Knows parameters of what its criterion will be, as nets of skorch do."""

    def __init__(self, criterion=None, **params):
        super().__init__(criterion=criterion)
        self.params = params

    def get_params(self, deep=True):
        return {"criterion": self.criterion, **self.params}


class ForestQuantileRegressor(Told):
    pass


class L1Loss:
    pass


class PinballLoss:
    def __init__(self, tau):
        self.tau = tau


class SmoothL1Loss:
    pass


class L1RegularizedMSE:
    pass


def pinball(y, said):
    """A loss of somebody's own."""


SEARCH = GridSearchCV(HGB(max_iter=2), {"loss": ["absolute_error"]}, cv=2)


@pytest.mark.parametrize(
    ("estimator", "quantile"),
    [
        (QuantileRegressor(), 0.5),
        (QuantileRegressor(quantile=0.1, alpha=0.7), 0.1),
        (HGB(loss="quantile", quantile=0.9), 0.9),
        (HGB(loss="absolute_error"), 0.5),
        (GradientBoostingRegressor(loss="quantile", alpha=0.2), 0.2),
        (RandomForestRegressor(criterion="absolute_error"), 0.5),
        (LGBM(objective="quantile", alpha=0.8), 0.8),
        (LGBM(objective="regression_l1"), 0.5),
        (LGBM(objective="mae"), 0.5),
        (Told(objective="reg:absoluteerror"), 0.5),
        (Told(loss_function="Quantile:alpha=0.9"), 0.9),
        (Told(loss_function="MAE"), 0.5),
        (Told(criterion=L1Loss), 0.5),
        (Told(criterion=L1Loss()), 0.5),
        (make_pipeline(StandardScaler(), QuantileRegressor()), 0.5),
        (TransformedTargetRegressor(QuantileRegressor(quantile=0.3)), 0.3),
        (TransformedTargetRegressor(make_pipeline(Told("mae"))), 0.5),
        (BaggingRegressor(Told("mae")), 0.5),
        (MultiOutputRegressor(Told("mae")), 0.5),
        (RFE(Told("mae")), 0.5),
        (VotingRegressor([("a", Told("l1")), ("b", Told("mae")), ("c", "drop")]), 0.5),
        (LinearSVR(), 0.5),
        (SGDRegressor(loss="epsilon_insensitive", epsilon=0), 0.5),
        (Told(criterion=partial(pinball, quantile=0.9)), 0.9),
        (Told("MAE:use_weights=true"), 0.5),
        (StackingRegressor([("a", Ridge())], QuantileRegressor()), 0.5),
        (GridSearchCV(Told("mae"), {}), 0.5),
        (RANSACRegressor(QuantileRegressor(quantile=0.3)), 0.3),
        (DummyRegressor(strategy="median"), 0.5),
        (DummyRegressor(strategy="quantile", quantile=0.3), 0.3),
        (SVR(epsilon=0), 0.5),
        (LGBM(application="quantile", alpha=0.8), 0.8),
        (Told("lad"), 0.5),
        (Told("mean absolute error"), 0.5),
        (Told(criterion=PinballLoss(0.9)), 0.9),
        (Net(criterion=PinballLoss, criterion__tau=0.8), 0.8),
        (Told("pinball").set_params(tau=0.7, alpha=1e-4), 0.7),
        (Told(loss_function="Quantile:delta=1e-6;alpha=0.5e-1"), 0.05),
        (CommitteeRegressor(quantile=0.2), 0.2),
        (CommitteeRegressor([Ridge()], quantile=0.2), 0.2),
    ],
    ids=named,
)
def test_a_model_of_a_quantile(estimator, quantile):
    assert find_aim(estimator, True) == (quantile, "")
    assert find_aim(estimator, False) == (None, "")


@pytest.mark.parametrize(
    ("estimator", "what"),
    [
        (ForestQuantileRegressor(), "ForestQuantileRegressor"),
        (LGBM(objective="quantile"), "objective='quantile'"),  # which, it does not say
        (LGBM(objective="quantile", alpha=1), "objective='quantile'"),
        (Told(objective="reg:quantileerror"), "reg:quantileerror"),
        (Told(objective=pinball), "objective='pinball'"),
        (Told(loss_function="MAPE"), "MAPE"),
        (Told(loss_function="Expectile:alpha=0.9"), "Expectile"),
        (Told("wmape"), "wmape"),
        (Told("mean_absolute_percentage_error"), "mean_absolute_percentage_error"),
        (VotingRegressor([("a", Told("l1")), ("b", QuantileRegressor(quantile=0.9))]), "loss='l1'"),
        (Told("huber_quantile"), "huber_quantile"),
        (Told(loss_function="MultiQuantile:alpha=0.1,0.9"), "MultiQuantile"),
        (Told(loss_function="Quantile:alpha=."), "Quantile"),
        (Told(partial(pinball, 0.9), alpha=0.1), "pinball"),  # that may be a penalty
        (Told(PinballLoss(None), alpha=0.1), "PinballLoss"),
        (TransformedTargetRegressor(QuantileRegressor(quantile=0.3), func=np.log), "Quantile"),
    ],
    ids=named,
)
def test_a_model_that_aims_elsewhere(estimator, what):
    quantile, refusal = find_aim(estimator, True)
    assert quantile is None
    assert re.search(f"{what}.* aims neither at the mean nor at a quantile", refusal)


@pytest.mark.parametrize(
    "estimator",
    [
        *(Ridge(), HuberRegressor(), RANSACRegressor(), RANSACRegressor(Ridge()), SVR(), HGB()),
        *(LGBM(), LGBM(objective="huber"), LGBM(objective="regression_l2"), SGDRegressor()),
        *(HGB(loss="poisson"), GradientBoostingRegressor(loss="huber"), DecisionTreeRegressor()),
        *(Told("mse"), Told(objective="reg:squarederror"), Told(loss_function="RMSE")),
        *(Told(criterion=SmoothL1Loss), Told("smooth_l1"), Told(objective="count:poisson")),
        VotingRegressor([("a", Ridge()), ("b", Told("mae"))]),
        *(DummyRegressor(strategy="mean", quantile=0.9), Told("mse_mae"), Told("smoothed_l1")),
        *(HGB(quantile=0.9), CommitteeRegressor(), CommitteeRegressor([Ridge()])),
        *(Told("l1_l2"), Told("smooth-l1"), Told(criterion=L1RegularizedMSE)),
        make_pipeline(QuantileTransformer(), Ridge()),
        TransformedTargetRegressor(Ridge(), transformer=QuantileTransformer()),
        StackingRegressor([("a", QuantileRegressor())]),
        StackingRegressor([("a", QuantileRegressor())], Ridge()),
        BaggingRegressor(),
        make_pipeline(FrozenEstimator(StandardScaler()), Ridge()),
    ],
    ids=named,
)
def test_a_model_that_aims_at_the_mean_or_near_it(estimator):
    assert find_aim(estimator, True) == (None, "")


def test_what_is_searched_for_counts_as_it_is_found():
    X, y = np.arange(9.0)[:, None], np.arange(9.0)
    for search in (SEARCH, TransformedTargetRegressor(SEARCH), BaggingRegressor(SEARCH, 2)):
        search = clone(search)
        assert find_aim(search, True).quantile is None
        assert find_aim(search.fit(X, y), True).quantile == 0.5


class Named(RegressorMixin, BaseEstimator):
    """A wrapper that keeps its fitted models by name."""

    def __init__(self, estimator, kind=list):
        self.estimator = estimator
        self.kind = kind

    def fit(self, X, y):
        self.estimators_ = self.kind([("a", clone(self.estimator).fit(X, y))])
        return self


@pytest.mark.parametrize("kind", [list, dict])
def test_fitted_models_have_names(kind):
    model = Named(QuantileRegressor(quantile=0.9), kind)
    for each in (model, model.fit(np.arange(9.0)[:, None], np.arange(9.0))):
        assert find_aim(each, True).quantile == 0.9
    model.estimators_ = kind([("a", "no model")])
    assert find_aim(model, True).quantile == 0.9
    found = Named(SEARCH, kind).fit(np.arange(9.0)[:, None], np.arange(9.0))
    assert find_aim(found, True).quantile == 0.5


def test_an_epsilon_of_something_else_is_no_tube():
    class Smooth(Told):
        def __init__(self, epsilon=0.0):
            self.epsilon = epsilon

    for epsilon in (0.0, np.zeros(2)):
        assert find_aim(Smooth(epsilon), True).quantile is None


@pytest.mark.parametrize(
    ("transformer", "quantile"),
    [
        ({"func": np.negative, "inverse_func": np.negative}, 0.7),
        ({"func": np.log, "inverse_func": np.exp}, 0.3),
        ({"transformer": StandardScaler()}, 0.3),
        ({}, 0.3),
    ],
)
def test_a_target_turned_round_turns_the_quantile(transformer, quantile):
    inner = QuantileRegressor(quantile=0.3, alpha=0.0)
    model = TransformedTargetRegressor(inner, **transformer)
    X, y = np.arange(20.0)[:, None], np.arange(20.0) % 7 + 1
    assert find_aim(model.fit(X, y), True).quantile == pytest.approx(quantile)
    bag = BaggingRegressor(model, 2, random_state=0)
    assert find_aim(bag.fit(X, y), True).quantile == pytest.approx(quantile)
    assert (y <= model.predict(X)).mean() == pytest.approx(quantile, abs=0.11)


@pytest.fixture
def fan():
    """Values whose noise grows with the first column."""
    rng = np.random.RandomState(0)
    X = rng.uniform(0, 1, (400, 3))
    return X, 2 * X[:, 1] + (0.2 + 2 * X[:, 0]) * rng.standard_normal(400)


@pytest.mark.parametrize("quantile", [0.1, 0.9])
def test_a_quantile_is_met_better_with_made_rows(quantile):
    X, y = load_diabetes(return_X_y=True)
    boosted = LGBM(objective="quantile", alpha=quantile, n_jobs=1, verbose=-1, min_child_samples=3)
    model = ActiveSynthesisRegressor(boosted, random_state=0).fit(X[:80], y[:80])
    plain = boosted.fit(X[:80], y[:80])
    loss, plain_loss = (
        held_out_loss(m, X[80:], y[80:], quantile).mean() for m in (model.estimator_, plain)
    )
    assert loss < 0.9 * plain_loss
    covered, plain_covered = ((y[80:] <= m.predict(X[80:])).mean() for m in (model, plain))
    assert abs(covered - quantile) < 0.5 * abs(plain_covered - quantile)


@pytest.mark.parametrize("own", [None, 0.3])
def test_the_labeler_is_told_the_quantile_unless_the_user_did(fan, own):
    X, y = fan
    labeler = CommitteeLabeler("light", quantile=own)
    model = ActiveSynthesisRegressor(
        QuantileRegressor(quantile=0.9, alpha=0.0), labeler=labeler, validation=NoValidation(),
        max_iter=1, random_state=0,
    ).fit(X[:80], y[:80])  # fmt: skip
    below = (model.synthetic_y_ < 2 * model.synthetic_X_[:, 1]).mean()  # than the mean
    assert below > 0.5 if own else below < 0.2
    assert labeler.quantile is own


class QuantileFive(RegressorMixin, BaseEstimator):
    def __init__(self, quantile=0.9):
        self.quantile = quantile

    def fit(self, X, y, sample_weight=None):
        return self

    def predict(self, X):
        return np.full(len(X), 5.0)


class Three(InheritLabeler):
    def predict(self, X):
        return np.full(len(X), 3.0)


class Watched(HoldoutValidation):
    seen: list = []

    def best_round(self, losses, shrunken, distances):
        self.seen.append((losses[0], distances[0]))
        return 0


def test_the_gate_measures_how_far_the_labeler_is_not_on_which_side(light):
    X, y = np.arange(40.0)[:, None], np.zeros(40)
    parts = {**light, "labeler": Three(), "validation": Watched()}
    ActiveSynthesisRegressor(QuantileFive(), random_state=0, **parts).fit(X, y)
    losses, distances = Watched.seen.pop()
    np.testing.assert_allclose(losses, 0.1 * 5)
    np.testing.assert_allclose(distances, (5 - 3) ** 2)


def test_held_out_rows_judge_by_the_pinball_loss(light, fan):
    X, y = fan
    model = ActiveSynthesisRegressor(QuantileRegressor(quantile=0.9, alpha=0.0), **light)
    model.set_params(validation=CrossValidation(random_state=0), random_state=0).fit(X, y)
    plain = QuantileRegressor(quantile=0.9, alpha=0.0).fit(X, y)
    in_sample = held_out_loss(plain, X, y, 0.9).mean()
    assert model.history_["loss"][0] == pytest.approx(in_sample, rel=0.1)


@pytest.mark.parametrize("validation", [None, NoValidation()])
@pytest.mark.parametrize(
    "estimator",
    [
        LGBM(objective="mape", n_jobs=1, verbose=-1),
        make_pipeline(LGBM(objective="mape", n_jobs=1, verbose=-1)),
    ],
)
def test_a_model_that_aims_elsewhere_stays_what_it_is(light, values, estimator, validation):
    X, y = values
    y = np.where(np.arange(len(y)) % 5, y, np.nan)
    parts = {**light, "validation": validation}
    with pytest.warns(SynthesisWarning, match="aims neither at the mean nor") as caught:
        model = ActiveSynthesisRegressor(estimator, random_state=0, **parts).fit(X, y)
    assert len(caught) == 1
    assert (model.best_iteration_, model.n_iter_) == (0, 0)
    assert model.termination_condition_ == "not_teachable"
    plain = estimator.fit(X[~np.isnan(y)], y[~np.isnan(y)])
    np.testing.assert_array_equal(model.predict(X), plain.predict(X))
    assert not len(model.synthetic_y_)
    assert model.query(X, 3).shape == (3,)
    silent = ActiveSynthesisRegressor(estimator, **{**parts, "max_iter": 0}).fit(X, y)
    np.testing.assert_array_equal(silent.predict(X), plain.predict(X))


class QuantileSGD(SGDRegressor):
    """It says so in its name."""


def test_a_stream_of_what_aims_elsewhere_makes_nothing(light, values):
    X, y = values
    model = ActiveSynthesisRegressor(QuantileSGD(random_state=0), random_state=0, **light)
    with pytest.warns(SynthesisWarning, match="QuantileSGD aims neither"):
        model.partial_fit(X[:40], y[:40])
    model.partial_fit(X[40:], y[40:])  # and not another word
    plain = QuantileSGD(random_state=0).partial_fit(X[:40], y[:40]).partial_fit(X[40:], y[40:])
    np.testing.assert_array_equal(model.predict(X), plain.predict(X))
    assert model.best_iteration_ == 0
    assert not len(model.synthetic_y_)


def test_a_stream_of_a_median_is_judged_by_the_absolute_error(light, values):
    X, y = values
    median = SGDRegressor(loss="epsilon_insensitive", epsilon=0, random_state=0)
    model = ActiveSynthesisRegressor(median, random_state=0, **light)
    model.partial_fit(X[:40], y[:40])
    plain = clone(median).partial_fit(X[:40], y[:40])
    model.partial_fit(X[40:], y[40:])
    error = np.abs(y[40:] - plain.predict(X[40:])).mean() / 2
    assert model.history_["plain_loss"][-1] == pytest.approx(error)


def test_dynamic_training_aims_where_the_model_does(fan):
    X, y = fan
    median = SGDRegressor(loss="epsilon_insensitive", epsilon=0, random_state=0)
    labeler = Noted("light")
    model = DynamicSynthesisRegressor(median, labeler=labeler, max_iter=2, random_state=0)
    Noted.seen.clear()
    model.fit(X[:60], y[:60])
    assert set(Noted.seen) == {0.5}


def test_dynamic_training_is_judged_by_the_absolute_error(values):
    X, y = values
    median = SGDRegressor(loss="epsilon_insensitive", epsilon=0, random_state=0)
    model = DynamicSynthesisRegressor(median, labeler=InheritLabeler(), max_iter=1, random_state=0)
    model.fit(X, 1000 * y)
    assert model.history_["plain_loss"].max() < 1000 * np.abs(y).max()  # its square is far above


def test_dynamic_training_of_what_aims_elsewhere_makes_nothing(values):
    model = DynamicSynthesisRegressor(QuantileSGD(), max_iter=2, random_state=0)
    with pytest.warns(SynthesisWarning, match="QuantileSGD aims neither"):
        model.fit(*values)
    assert not model.history_["rate"].any()


def test_a_client_of_what_aims_elsewhere_makes_nothing(values):
    with pytest.warns(SynthesisWarning, match="QuantileSGD aims neither"):
        client = FederatedClient(QuantileSGD(), *values, rate=1.0, random_state=0)
    assert client.update(client.get_parameters()).n_made == 0


def test_a_client_is_judged_by_the_absolute_error(values):
    X, y = values
    median = SGDRegressor(loss="epsilon_insensitive", epsilon=0, random_state=0)
    client = FederatedClient(median, X, y)
    zeros = [np.zeros_like(array) for array in client.get_parameters()]
    assert client.evaluate(zeros) == pytest.approx(np.abs(y).mean() / 2)


class Noted(CommitteeLabeler):
    seen: list = []

    def fit(self, X, y, sample_weight=None, groups=None):
        self.seen.append(self.quantile)
        return super().fit(X, y, sample_weight, groups)


@pytest.mark.parametrize("validation", [None, NoValidation()])
@pytest.mark.parametrize("in_pipeline", [False, True])
def test_a_frozen_classifier_is_asked_as_it_is(light, two_classes, in_pipeline, validation):
    X, y = two_classes
    estimator = FrozenEstimator(GaussianNB().fit(X[:40], y[:40]))
    estimator = make_pipeline(estimator) if in_pipeline else estimator
    model = ActiveSynthesisClassifier(
        estimator, random_state=0, **{**light, "validation": validation}
    )
    with pytest.warns(SynthesisWarning, match="FrozenEstimator learns from no row") as caught:
        model.fit(X[:60], y[:60])
    assert len(caught) == 1
    assert (model.best_iteration_, model.n_iter_) == (0, 0)
    assert model.termination_condition_ == "not_teachable"
    assert not model.provenance_.round.any()
    assert not len(model.synthetic_y_)
    np.testing.assert_array_equal(model.predict_proba(X), estimator.predict_proba(X))
    named = model.query(X[60:], 1)
    assert np.abs(model.predict_proba(X[60:])[:, 0] - 0.5).argmin() == named[0]


def test_uncertainty_of_a_frozen_regressor_is_not_zero(values):
    X, y = values
    frozen = FrozenEstimator(Ridge().fit(X[:40], y[:40]))
    model = ActiveSynthesisRegressor(frozen, max_iter=0, random_state=0).fit(X[:60], y[:60])
    uncertainty = model.predict_uncertainty(X[60:])
    assert (uncertainty > 1e-6).all()
    assert model.query(X[60:], 1)[0] == uncertainty.argmax()


def test_what_is_built_on_a_frozen_model_learns(two_classes):
    frozen = FrozenEstimator(LogisticRegression().fit(*two_classes))
    assert not find_aim(CalibratedClassifierCV(frozen), False).refusal
