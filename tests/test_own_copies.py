"""A model may change rows it is given: the user's, and those of the rounds, stay as they are."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_synda import ActiveSynthesisClassifier, ActiveSynthesisRegressor
from sklearn_synda.labeling import CommitteeLabeler
from sklearn_synda.query import BALDQuery, DensityQuery, EntropyQuery, KCenterQuery
from sklearn_synda.uncertainty import CommitteeUncertainty
from sklearn_synda.validation import CrossValidation

RNG = np.random.RandomState(0)
X = RNG.normal(size=(70, 3)) * [100, 1, 0.01] + [500, 0, 3]
CLASSES = (X[:, 0] + 80 * RNG.normal(size=70) > 500).astype(int)
VALUES = X @ [1.0, 30.0, 1000.0]


def in_place(kind, **params):
    name = "copy" if kind is StandardScaler else "copy_X"
    inner, outer = kind(**{name: False}), kind(**{name: True})
    if kind is StandardScaler:
        return [make_pipeline(step, LogisticRegression()) for step in (inner, outer)]
    return [inner, outer]


def as_frame(X):
    return pd.DataFrame(X, columns=list("abc"))


@pytest.mark.parametrize("kind", [StandardScaler, LinearRegression, Ridge])
@pytest.mark.parametrize("container", [np.array, as_frame])
@pytest.mark.parametrize(
    "parts",
    [{}, {"query_strategy": EntropyQuery()}, {"uncertainty": CommitteeUncertainty()}],
    ids=["", "query", "committee"],
)
def test_a_model_that_works_in_place_learns_as_one_that_copies(kind, container, parts):
    is_class = kind is StandardScaler
    if "query_strategy" in parts and not is_class:
        pytest.skip("needs classes")
    meta = ActiveSynthesisClassifier if is_class else ActiveSynthesisRegressor
    y = (CLASSES if is_class else VALUES).astype(float)
    y[60:] = np.nan
    said = []
    for model in in_place(kind):
        given, validation = container(X), CrossValidation(n_splits=2, min_held_out=0)
        fitted = meta(model, labeler=CommitteeLabeler("light"), max_iter=2, random_state=0,
                      validation=validation, **parts).fit(given, y)  # fmt: skip
        np.testing.assert_array_equal(np.asarray(given), X)
        said.append([*fitted.history_["loss"], *fitted.predict(container(X))])
    np.testing.assert_allclose(*said)


def test_batches_are_learnt_from_copies():
    class InPlace(GaussianNB):
        def partial_fit(self, X, y, classes=None, sample_weight=None):
            super().partial_fit(X, y, classes, sample_weight)
            X[:] = 0
            return self

    given = X.copy()
    model = ActiveSynthesisClassifier(InPlace(), labeler=CommitteeLabeler("light"), random_state=0)
    model.partial_fit(given[:40], CLASSES[:40], classes=[0, 1]).partial_fit(
        given[40:], CLASSES[40:]
    )
    np.testing.assert_array_equal(given, X)


@pytest.mark.parametrize("container", [np.array, as_frame])
def test_rows_changed_after_fit_are_not_learnt_from(container, light):
    given = container(X)
    model = ActiveSynthesisClassifier(
        DecisionTreeClassifier(random_state=0), random_state=0, **light
    )
    model.fit(given, CLASSES)
    given[:] = 0
    assert model.teach(container(X)[:3], CLASSES[:3]).score(container(X), CLASSES) == 1


@pytest.mark.parametrize("container", [np.array, as_frame])
@pytest.mark.parametrize(
    "strategy", [EntropyQuery(), KCenterQuery(), DensityQuery(), BALDQuery(), None]
)
def test_a_pool_stays_as_it_is(container, strategy, light):
    said = []
    part = CommitteeUncertainty(n_estimators=3, random_state=0)
    if not isinstance(strategy, BALDQuery):
        part = None
    for model in in_place(StandardScaler):
        fitted = ActiveSynthesisClassifier(
            model, uncertainty=part, query_strategy=strategy, random_state=0, **light
        ).fit(container(X[:50]), CLASSES[:50])
        pool = container(X[50:])
        said.append([*fitted.query(pool, 5), *fitted.predict_uncertainty(pool)])
        np.testing.assert_array_equal(np.asarray(pool), X[50:])
    np.testing.assert_allclose(*said)


def test_members_of_a_committee_do_not_change_each_others_rows():
    first, second = (
        CommitteeLabeler(
            [make_pipeline(StandardScaler(copy=copy), Ridge()), Ridge()], random_state=0
        ).fit(X, VALUES)
        for copy in (False, True)
    )
    np.testing.assert_allclose(first.predict(X.copy()), second.predict(X.copy()))
    np.testing.assert_allclose(first.weights_, second.weights_)


def test_targets_and_weights_stay_as_they_are(light):
    """A model may center its targets in place, and rescale its weights."""

    class InPlace(RegressorMixin, BaseEstimator):
        def fit(self, X, y, sample_weight=None):
            self.mean_ = np.average(y, weights=sample_weight)
            y -= self.mean_
            if sample_weight is not None:
                sample_weight[:] = 0
            return self

        def predict(self, X):
            return np.full(len(X), self.mean_)

    y, weight = VALUES + 10.0, np.linspace(1, 2, len(VALUES))
    model = ActiveSynthesisRegressor(InPlace(), random_state=0, **light)
    for given in (None, weight):
        model.fit(X, y, given)
        assert model.estimator_.mean_ > 5
        assert (model.provenance_.weight > 0).all()
        assert model.history_["loss"].min() > 0.1 * y.var()
        model.teach(X[:5], y[:5], *([] if given is None else [given[:5]]))
        assert model.estimator_.mean_ > 5
