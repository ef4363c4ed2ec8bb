"""Weights reach the model, whatever it is wrapped in; its warnings reach the user, once."""

import threading
import warnings

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_synda import ActiveSynthesisClassifier, ActiveSynthesisRegressor
from sklearn_synda._fitting import fit_estimator, repeat_by_weight, warned_once
from sklearn_synda.exceptions import SampleWeightWarning
from sklearn_synda.labeling import PseudoLabeler
from sklearn_synda.uncertainty import PredictiveUncertainty


@pytest.fixture
def iris():
    X, y = load_iris(return_X_y=True)
    return X, y, np.random.RandomState(0).uniform(0.1, 3, size=len(y))


def nested(*last):
    return make_pipeline(StandardScaler(), make_pipeline(StandardScaler(), *last))


class Spy(ClassifierMixin, BaseEstimator):
    """Keeps what it was given."""

    def fit(self, X, y, sample_weight=None, foo=None):
        self.classes_, self.sample_weight_, self.foo_ = np.unique(y), sample_weight, foo
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


@pytest.mark.parametrize("routing", [False, True])
def test_weights_reach_the_last_step_of_nested_pipelines(iris, routing):
    X, y, weight = iris
    plain = LogisticRegression().fit(StandardScaler().fit_transform(X), y, weight)
    with config_context(enable_metadata_routing=routing):
        fitted = fit_estimator(nested(LogisticRegression()), X, y, weight)
    np.testing.assert_allclose(fitted[-1][-1].coef_, plain.coef_, rtol=1e-6)


@pytest.mark.parametrize("routing", [False, True])
def test_parts_hand_weights_to_nested_pipelines(iris, routing):
    X, y, weight = iris
    model = LogisticRegression()
    with config_context(enable_metadata_routing=routing):
        if routing:
            model.set_fit_request(sample_weight=True)
        model = nested(model)
        PredictiveUncertainty(model).fit_predict_uncertainty(X, y, weight)
        PseudoLabeler(model).fit(X, y, weight)
        ActiveSynthesisClassifier(model, max_iter=0).fit(X, y, sample_weight=weight)


def test_routed_arguments_and_weights_go_together(iris):
    X, y, weight = iris
    with config_context(enable_metadata_routing=True):
        scaler = StandardScaler().set_fit_request(sample_weight=True)
        model = make_pipeline(scaler, nested(Spy().set_fit_request(foo=True)))
        fitted = ActiveSynthesisClassifier(model, max_iter=0)
        fitted.fit(X, y, sample_weight=weight, foo=weight)
    last = fitted.estimator_[-1][-1][-1]
    assert last.sample_weight_.tolist() == last.foo_.tolist() == weight.tolist()
    scaled = StandardScaler().fit(X, sample_weight=weight)
    np.testing.assert_allclose(fitted.estimator_[0].mean_, scaled.mean_)


class RegressorSpy(RegressorMixin, Spy):
    """The same for values."""


@pytest.mark.parametrize("routing", [False, True])
@pytest.mark.parametrize("in_pipeline", [False, True])
def test_weights_reach_the_model_of_a_transformed_target(iris, routing, in_pipeline):
    X, y, weight = iris
    regressor = nested(RegressorSpy()) if in_pipeline else RegressorSpy()
    model = TransformedTargetRegressor(regressor, transformer=StandardScaler())
    with config_context(enable_metadata_routing=routing):
        fitted = ActiveSynthesisRegressor(model, max_iter=0).fit(X, y * 1.5, sample_weight=weight)
    last = fitted.estimator_.regressor_
    while in_pipeline and hasattr(last, "steps"):
        last = last[-1]
    assert last.sample_weight_.tolist() == weight.tolist()


def test_constant_weights_are_weights(iris):
    X, y, _ = iris
    X = StandardScaler().fit_transform(X)
    heavy = PredictiveUncertainty(LogisticRegression()).fit(X, y, np.full(len(y), 100.0))
    plain = LogisticRegression(C=100.0, max_iter=100).fit(X, y)
    np.testing.assert_allclose(heavy.estimator_.predict_proba(X), plain.predict_proba(X), atol=0.01)


def test_no_class_is_lost_where_rows_are_repeated(iris):
    X, y, _ = iris
    rows = np.r_[:100, 100:103]
    weight = np.where(y[rows] == 2, 0.05, 1.0)
    weight[-1] = 0.06
    for seed in range(5):
        model = ActiveSynthesisClassifier(KNeighborsClassifier(1), max_iter=0, random_state=seed)
        with pytest.warns(SampleWeightWarning):
            model.fit(X[rows], y[rows], sample_weight=weight)
        assert model.estimator_.classes_.tolist() == model.classes_.tolist() == [0, 1, 2]
    drawn = repeat_by_weight(weight, np.random.RandomState(0), 100.0, y[rows])
    assert np.unique(y[rows][drawn]).tolist() == [0, 1, 2]
    assert 102 in drawn
    assert len(repeat_by_weight(np.zeros(3), np.random.RandomState(0), 1.0, np.zeros(3))) == 0


def test_many_fits_warn_once_each():
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        with warned_once():
            for message in "aba":
                warnings.warn(message, UserWarning, stacklevel=1)
            warnings.warn("a", RuntimeWarning, stacklevel=1)
    told = [(each.category, str(each.message)) for each in shown]
    assert told == [(UserWarning, "a"), (UserWarning, "b"), (RuntimeWarning, "a")]
    assert all(each.filename == __file__ for each in shown)


def test_another_thread_shows_warnings_as_they_come():
    found = []

    def work(shown):
        with warned_once():
            warnings.warn("at once", UserWarning, stacklevel=1)
            found.append(len(shown))

    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        thread = threading.Thread(target=work, args=(shown,))
        thread.start()
        thread.join()
    assert found == [1]


@warned_once()
def warn_and_fail():
    warnings.warn("beforehand", UserWarning, stacklevel=1)
    raise ValueError("then")


@pytest.mark.filterwarnings("always")
def test_warnings_are_shown_when_a_fit_fails(recwarn):
    with pytest.raises(ValueError, match="then"):
        warn_and_fail()
    assert [str(each.message) for each in recwarn] == ["beforehand"]


def test_a_warning_that_is_an_error_stays_one():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="here"), warned_once():
            warnings.warn("here", UserWarning, stacklevel=1)


def test_a_model_that_does_not_converge_says_so_once():
    X = np.random.RandomState(0).normal(size=(40, 3))
    model = ActiveSynthesisClassifier(
        LogisticRegression(max_iter=1), labeler=PseudoLabeler(), max_iter=1, random_state=0
    )
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        model.fit(X, X[:, 0] > 0)
    assert [each.category for each in shown].count(ConvergenceWarning) == 1


class HoldsOutTheFirst(BaseEstimator):
    """Takes no weights, and learns from four fifths of its rows, as a net with a split does."""

    def fit(self, X, y):
        self.seen_ = np.asarray(X)[:, 0]
        return self


def test_repeated_rows_are_mixed_and_copies_stand_together():
    """Real rows stand first; who holds out the first fifth must not hold out real ones alone."""
    X, weight = np.arange(300.0)[:, None], np.r_[np.full(60, 5.0), np.ones(240)]
    fits = [
        fit_estimator(
            HoldsOutTheFirst(), X, np.zeros(300), weight, np.random.RandomState(seed), unit=1.0,
            caller=None,
        ).seen_
        for seed in (0, 0, 1)
    ]  # fmt: skip
    np.testing.assert_array_equal(fits[0], fits[1])
    assert not np.array_equal(fits[0], fits[2])
    values, counts = np.unique(fits[0], return_counts=True)
    np.testing.assert_array_equal(values, X[:, 0])
    np.testing.assert_array_equal(counts, weight)
    assert (np.diff(fits[0]) != 0).sum() == 299
    front = np.unique(fits[0][:108])
    assert 5 <= (front < 60).sum() <= 20
