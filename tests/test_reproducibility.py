"""Same seed, same result; and nothing of the user is changed."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda.labeling import CommitteeLabeler, InheritLabeler
from sklearn_synda.synthesis import SMOTESynthesizer
from sklearn_synda.validation import CrossValidation, FixedRate, NoValidation


def fit_small(estimator, light, X, y, **changes):
    parts = {**light, "random_state": 0, **changes}
    return ActiveSynthesisClassifier(estimator, **parts).fit(X, y)


def test_pickle_and_clone(light, two_classes):
    X, y = two_classes
    model = fit_small(LogisticRegression(), light, X, y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(again.query(X, 3), model.query(X, 3))
    fresh = clone(model)
    assert not hasattr(fresh, "estimator_")
    assert fresh.get_params(deep=False).keys() == model.get_params(deep=False).keys()


@pytest.mark.parametrize("n_jobs", [2])
def test_same_result_whatever_n_jobs(n_jobs, two_classes):
    X, y = two_classes
    parts = {
        "labeler": CommitteeLabeler([GaussianNB(), DecisionTreeClassifier()]),
        "validation": CrossValidation(n_splits=2),
        "max_iter": 2,
        "random_state": 0,
    }
    one = ActiveSynthesisClassifier(DecisionTreeClassifier(), n_jobs=1, **parts).fit(X, y)
    two = ActiveSynthesisClassifier(DecisionTreeClassifier(), n_jobs=n_jobs, **parts).fit(X, y)
    np.testing.assert_array_equal(one.history_["loss"], two.history_["loss"])
    np.testing.assert_array_equal(one.synthetic_X_, two.synthetic_X_)
    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))


def test_random_state_decides_alone(two_classes):
    X, y = two_classes

    def made(seed):
        return ActiveSynthesisClassifier(
            RandomForestClassifier(3), labeler=InheritLabeler(), validation=NoValidation(),
            max_iter=2, rate=FixedRate(1.0), random_state=seed,
        ).fit(X, y)  # fmt: skip

    np.random.seed(1)  # noqa: NPY002
    first = made(0)
    np.random.seed(2)  # noqa: NPY002
    second = made(0)
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    np.testing.assert_array_equal(first.synthetic_X_, second.synthetic_X_)
    assert not np.array_equal(first.synthetic_X_, made(1).synthetic_X_)
    again = first.fit(X, y)
    np.testing.assert_array_equal(again.synthetic_X_, second.synthetic_X_)


@pytest.mark.parametrize("random_state", [0, None])
def test_nothing_of_the_user_is_changed(random_state, light, two_classes):
    X, y = two_classes
    X = pd.DataFrame(X, columns=list("abcdef"), index=np.arange(80)[::-1])
    y = pd.Series(y, index=X.index, name="target")
    weight = np.ones(80)
    inputs = (X, y, weight)
    before = copy.deepcopy(inputs)
    estimator, synthesizer = RandomForestClassifier(3), SMOTESynthesizer()
    params = copy.deepcopy(estimator.get_params()), copy.deepcopy(synthesizer.get_params())
    attributes = set(vars(estimator)), set(vars(synthesizer))
    model = ActiveSynthesisClassifier(
        estimator, synthesizer=synthesizer, random_state=random_state, **light
    ).fit(X, y, sample_weight=weight)
    model.query(X, 2)
    model.teach(X.iloc[:2], y.iloc[:2])
    pd.testing.assert_frame_equal(X, before[0])
    pd.testing.assert_series_equal(y, before[1])
    np.testing.assert_array_equal(weight, before[2])
    assert (estimator.get_params(), synthesizer.get_params()) == params
    assert (set(vars(estimator)), set(vars(synthesizer))) == attributes
