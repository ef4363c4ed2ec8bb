"""Expected model change: of classes, of values, and of a model that only votes."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.svm import LinearSVC

from sklearn_synda import ActiveSynthesisClassifier, ActiveSynthesisRegressor
from sklearn_synda._rows import Pool
from sklearn_synda.acquisition import expected_gradient_length_score, expected_model_change_score
from sklearn_synda.query import ExpectedModelChangeQuery
from sklearn_synda.uncertainty import CommitteeUncertainty

X = np.array([[3.0, 4.0], [1.0, 0.0], [0.0, 2.0]])


def test_classes_by_hand():
    """(0.8, 0.2): 0.8 * |(-0.2, 0.2)| + 0.2 * |(0.8, -0.8)| = 0.32 sqrt 2, times 5."""
    proba = np.array([[0.8, 0.2], [0.5, 0.5], [1.0, 0.0]])
    pool = Pool(X, proba=lambda: proba, embedding=lambda: X, members=None)
    utilities = ExpectedModelChangeQuery().utilities(pool)
    np.testing.assert_allclose(utilities, np.sqrt(2) * np.array([1.6, 0.5, 0.0]))
    np.testing.assert_array_equal(ExpectedModelChangeQuery().query(pool, 3), [0, 1, 2])


def test_values_by_hand():
    members = np.array([[1.0, 4.0, 0.0], [3.0, 0.0, 0.0]])
    pool = Pool(
        X, members=lambda: members, embedding=lambda: X, prediction=lambda: np.array([2.0, 1.0, 3])
    )
    utilities = ExpectedModelChangeQuery().utilities(pool)
    np.testing.assert_allclose(utilities, [1 * 5, 2 * 1, 3 * 2])


def test_votes_of_a_committee_stand_in_for_probabilities():
    members = np.random.default_rng(0).dirichlet(np.ones(2), size=(4, 3))
    pool = Pool(X, members=lambda: members, embedding=lambda: X)
    np.testing.assert_allclose(
        ExpectedModelChangeQuery().utilities(pool),
        expected_gradient_length_score(members.mean(axis=0), X),
    )


@pytest.mark.parametrize("model", [LogisticRegression(), LinearSVC(), Ridge()], ids=repr)
def test_on_fitted_models(model):
    table = np.random.default_rng(0).normal(size=(60, 2))
    y, kind = table[:, 0], ActiveSynthesisRegressor
    if not isinstance(model, Ridge):
        y, kind = y > 0, ActiveSynthesisClassifier
    fitted = kind(
        model, uncertainty=CommitteeUncertainty(n_estimators=4), max_iter=0, random_state=0,
        query_strategy=ExpectedModelChangeQuery(),
    ).fit(table[:20], y[:20])  # fmt: skip
    rows = fitted.query(table[20:], 5)
    np.testing.assert_array_equal(rows, fitted.query(table[20:], 5))
    pool = fitted._as_pool(table[20:])
    if isinstance(model, Ridge):
        expected = expected_model_change_score(pool.prediction, pool.members, pool.embedding)
        np.testing.assert_array_equal(rows, np.argsort(-expected)[:5])


def test_what_is_missing_is_named():
    what = "needs class probabilities, or what a committee predicts. Use KCenterQuery"
    with pytest.raises(TypeError, match=what):
        ExpectedModelChangeQuery().query(Pool(X, embedding=lambda: X))
    pool = Pool(X, embedding=lambda: X, members=lambda: np.zeros((2, 3)))
    with pytest.raises(TypeError, match="it needs predicted values. Use VarianceQuery instead"):
        ExpectedModelChangeQuery().query(pool)
