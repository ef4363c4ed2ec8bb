"""Models that made rows cannot teach are kept as they are, and a sentence says why."""

import re
from functools import partial

import numpy as np
import pytest
from lightgbm import LGBMRegressor
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
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
from sklearn_synda._active_synthesis._teachable import is_teachable
from sklearn_synda.exceptions import SynthesisWarning
from sklearn_synda.validation import NoValidation


def named(value):
    """The id of a case: no address in it, which would be another in another process."""
    return re.sub(r" at 0x[0-9a-f]+", "", str(value))[:60]


HGB, LGBM = HistGradientBoostingRegressor, LGBMRegressor


class Told(RegressorMixin, BaseEstimator):
    """Parameters of boosted trees and nets, and nothing else."""

    def __init__(self, loss=None, objective=None, criterion=None, loss_function=None):
        self.loss = loss
        self.objective = objective
        self.criterion = criterion
        self.loss_function = loss_function

    def fit(self, X, y):
        return self


class ForestQuantileRegressor(Told):
    pass


class L1Loss:
    pass


class SmoothL1Loss:
    pass


class L1RegularizedMSE:
    pass


def pinball(y, said):
    """A loss of somebody's own."""


SEARCH = GridSearchCV(HGB(max_iter=2), {"loss": ["absolute_error"]}, cv=2)


@pytest.mark.parametrize(
    ("estimator", "what"),
    [
        (QuantileRegressor(), "QuantileRegressor does not"),
        (ForestQuantileRegressor(), "ForestQuantileRegressor does not"),
        (HGB(loss="quantile", quantile=0.9), r"HistGrad.*\(loss='quantile'\) does not"),
        (HGB(loss="absolute_error"), "absolute_error"),
        (GradientBoostingRegressor(loss="quantile"), "quantile"),
        (RandomForestRegressor(criterion="absolute_error"), "criterion='absolute_error'"),
        (LGBM(objective="quantile"), "objective='quantile'"),
        (LGBM(objective="regression_l1"), "regression_l1"),
        (LGBM(objective="mae"), "mae"),
        (Told(objective="reg:quantileerror"), "reg:quantileerror"),
        (Told(objective="reg:absoluteerror"), "reg:absoluteerror"),
        (Told(objective=pinball), "objective='pinball'"),
        (Told(loss_function="Quantile:alpha=0.9"), "Quantile:alpha=0.9"),
        (Told(loss_function="MAE"), "MAE"),
        (Told(loss_function="MAPE"), "MAPE"),
        (Told(loss_function="Expectile:alpha=0.9"), "Expectile"),
        (Told(criterion=L1Loss), "L1Loss"),
        (Told(criterion=L1Loss()), "L1Loss"),
        (make_pipeline(StandardScaler(), QuantileRegressor()), "QuantileRegressor"),
        (TransformedTargetRegressor(QuantileRegressor()), "QuantileRegressor"),
        (TransformedTargetRegressor(make_pipeline(Told("mae"))), "loss='mae'"),
        (BaggingRegressor(Told("mae")), "loss='mae'"),
        (MultiOutputRegressor(Told("mae")), "loss='mae'"),
        (RFE(Told("mae")), "loss='mae'"),
        (VotingRegressor([("a", Told("l1")), ("b", Told("mae")), ("c", "drop")]), "loss='l1'"),
        (LinearSVR(), "epsilon=0"),
        (SGDRegressor(loss="epsilon_insensitive", epsilon=0), "epsilon=0"),
        (Told("wmape"), "wmape"),
        (Told(criterion=partial(pinball, quantile=0.9)), "pinball"),
        (Told("MAE:use_weights=true"), "MAE"),
        (StackingRegressor([("a", Ridge())], QuantileRegressor()), "QuantileRegressor"),
        (GridSearchCV(Told("mae"), {}), "loss='mae'"),
    ],
    ids=named,
)
def test_a_model_that_aims_beside_the_mean(estimator, what):
    with pytest.warns(SynthesisWarning, match=f"^Nothing was made: .*{what}"):
        assert not is_teachable(estimator, True)


@pytest.mark.parametrize(
    "estimator",
    [
        *(Ridge(), HuberRegressor(), RANSACRegressor(), RANSACRegressor(Ridge()), SVR(), HGB()),
        *(LGBM(), LGBM(objective="huber"), LGBM(objective="regression_l2"), SGDRegressor()),
        *(HGB(loss="poisson"), GradientBoostingRegressor(loss="huber"), DecisionTreeRegressor()),
        *(Told("mse"), Told(objective="reg:squarederror"), Told(loss_function="RMSE")),
        *(Told(criterion=SmoothL1Loss), Told("smooth_l1"), Told(objective="count:poisson")),
        VotingRegressor([("a", Ridge()), ("b", Told("mae"))]),
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
    assert is_teachable(estimator, True)


def test_what_is_searched_for_counts_as_it_is_found(light, values):
    with pytest.warns(SynthesisWarning, match="absolute_error"):
        model = ActiveSynthesisRegressor(SEARCH, random_state=0, **light).fit(*values)
    assert model.best_iteration_ == 0


@pytest.mark.parametrize("validation", [None, NoValidation()])
@pytest.mark.parametrize(
    "estimator",
    [QuantileRegressor(quantile=0.9, alpha=0.0), make_pipeline(HGB(loss="quantile", quantile=0.9))],
)
def test_a_model_of_a_quantile_stays_what_it_is(light, values, estimator, validation):
    X, y = values
    y = np.where(np.arange(len(y)) % 5, y, np.nan)
    parts = {**light, "validation": validation}
    with pytest.warns(SynthesisWarning, match="does not aim at the mean") as caught:
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


def test_a_stream_of_a_quantile_makes_nothing(light, values):
    X, y = values
    model = ActiveSynthesisRegressor(QuantileSGD(random_state=0), random_state=0, **light)
    with pytest.warns(SynthesisWarning, match="QuantileSGD does not aim"):
        model.partial_fit(X[:40], y[:40])
    model.partial_fit(X[40:], y[40:])  # and not another word
    plain = QuantileSGD(random_state=0).partial_fit(X[:40], y[:40]).partial_fit(X[40:], y[40:])
    np.testing.assert_array_equal(model.predict(X), plain.predict(X))
    assert model.best_iteration_ == 0
    assert not len(model.synthetic_y_)


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
    assert is_teachable(CalibratedClassifierCV(frozen), False)
