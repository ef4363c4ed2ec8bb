"""Learning batch by batch."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.linear_model import SGDClassifier
from sklearn.naive_bayes import GaussianNB

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda.exceptions import SampleWeightWarning


@pytest.mark.parametrize("model", [GaussianNB(), SGDClassifier(random_state=0)])
def test_partial_fit_goes_on(model, light):
    X, y = make_classification(240, 6, n_informative=4, random_state=3)
    learner = ActiveSynthesisClassifier(model, random_state=0, **light)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SampleWeightWarning)
        for start in range(0, 200, 40):
            rows = slice(start, start + 40)
            learner.partial_fit(X[rows], y[rows], classes=[0, 1])
    alone = clone(model)
    for start in range(0, 200, 40):
        alone.partial_fit(X[start : start + 40], y[start : start + 40], classes=[0, 1])
    assert learner.classes_.tolist() == [0, 1]
    assert learner.n_iter_ == 5
    assert len(learner.history_["loss"]) == 5
    assert learner.score(X[200:], y[200:]) >= alone.score(X[200:], y[200:]) - 0.1
    if not learner.best_iteration_:
        np.testing.assert_array_equal(learner.predict(X), alone.predict(X))


def test_partial_fit_with_a_batch_of_one_class(light):
    X, y = make_classification(60, 4, random_state=0)
    learner = ActiveSynthesisClassifier(
        SGDClassifier(loss="log_loss", random_state=0), random_state=0, **light
    )
    learner.partial_fit(X[y == 0], y[y == 0], classes=[0, 1])
    learner.partial_fit(X[y == 1], y[y == 1])
    learner.partial_fit(X, y)
    assert learner.score(X, y) > 0.6
