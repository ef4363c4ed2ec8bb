"""Expected error reduction against the sums written out, and where it differs from margin."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from sklearn_synda import ActiveSynthesisClassifier, ActiveSynthesisRegressor
from sklearn_synda._rows import Pool
from sklearn_synda.acquisition import expected_error_score
from sklearn_synda.exceptions import SampleWeightWarning
from sklearn_synda.query import ExpectedErrorReductionQuery, MarginQuery, RandomQuery


def make_pool(model, n_rows=12, n_classes=3, **more):
    rng = np.random.default_rng(0)
    X, known = rng.normal(size=(n_rows, 2)), rng.normal(size=(9, 2))
    y = np.array(["a", "b", "c"])[np.resize(np.arange(n_classes), 9)]
    model = clone(model).fit(known, y)
    return Pool(
        X, of_rows={"proba": model.predict_proba}, X_labeled=known, y_labeled=y, estimator=model,
        **more,
    )  # fmt: skip


def expected_errors(pool, loss, weight=None):
    """The error that is left after each row of the pool, by three loops."""
    model, y, errors = pool.estimator, pool.y_labeled, []
    more = {} if weight is None else {"sample_weight": np.append(weight, 1.0)}
    base = {} if weight is None else {"sample_weight": weight}
    chance = clone(model).fit(pool.X_labeled, y, **base).predict_proba(pool.X)
    for row, p in zip(pool.X, chance, strict=True):
        error = 0.0
        for c, label in enumerate(np.unique(y)):
            X, labels = np.vstack([pool.X_labeled, row]), np.append(y, label)
            q = clone(model).fit(X, labels, **more).predict_proba(pool.X)
            each = -(q * np.log(q)).sum(axis=1) if loss == "log" else 1 - q.max(axis=1)
            error += p[c] * each.mean()
        errors.append(error)
    return np.array(errors)


@pytest.mark.parametrize("loss", ["log", "zero_one"])
@pytest.mark.parametrize("model", [GaussianNB(), LogisticRegression()], ids=repr)
def test_the_least_error_by_brute_force(model, loss):
    pool = make_pool(model)
    expected = np.argsort(expected_errors(pool, loss))
    found = ExpectedErrorReductionQuery(loss=loss).query(pool, 12, random_state=0)
    np.testing.assert_array_equal(found, expected)
    by_name = ExpectedErrorReductionQuery(estimator=model, loss=loss)
    np.testing.assert_array_equal(by_name.query(pool, 5, random_state=0), expected[:5])


def test_weights_reach_every_fit():
    weight = np.linspace(0.1, 3, 9)
    pool = make_pool(LogisticRegression(), sample_weight_labeled=weight)
    expected = np.argsort(expected_errors(pool, "log", weight))
    found = ExpectedErrorReductionQuery().query(pool, 12, random_state=0)
    np.testing.assert_array_equal(found, expected)
    strategy = ExpectedErrorReductionQuery(estimator=KNeighborsClassifier(3), n_candidates=1)
    with pytest.warns(SampleWeightWarning, match="ExpectedErrorReductionQuery repeats rows"):
        strategy.query(pool)


def test_the_score_by_hand():
    """y = a, a, b: another a gives 3/4 and 1/4, a b gives 1/2 and 1/2."""
    tried = []

    class Spy(DummyClassifier):
        def predict_proba(self, X):
            tried.append(super().predict_proba(X)[0])
            return super().predict_proba(X)

    y = np.array(["a", "a", "b"])
    pool = Pool(
        np.zeros((1, 1)), proba=lambda: np.full((1, 2), 0.5), X_labeled=np.zeros((3, 1)),
        y_labeled=y, estimator=Spy(),
    )  # fmt: skip
    ExpectedErrorReductionQuery().query(pool)
    np.testing.assert_allclose(tried, [[2 / 3, 1 / 3], [0.75, 0.25], [0.5, 0.5]])
    chance, outcomes = np.array([tried[0]]), np.array(tried[1:])[None, :, None]
    by_hand = 2 / 3 * (0.75 * np.log(4 / 3) + 0.25 * np.log(4)) + 1 / 3 * np.log(2)
    np.testing.assert_allclose(expected_error_score(chance, outcomes), [-by_hand])
    by_hand = 2 / 3 * 0.25 + 1 / 3 * 0.5
    np.testing.assert_allclose(expected_error_score(chance, outcomes, "zero_one"), [-by_hand])


def test_a_row_counts_for_what_it_tells_of_the_others():
    """Margin asks about the lonely row of the border; the crowd is one label away."""
    crowd = np.array([5.0, 5.0]) + 0.05 * np.random.default_rng(0).normal(size=(30, 2))
    X = np.vstack([[[-50.0, 50.0]], crowd])
    proba = np.full((31, 2), [0.45, 0.55])
    proba[0] = 0.5
    pool = Pool(
        X, proba=lambda: proba, X_labeled=np.array([[0.0, 0.0], [1.0, 1.0]]),
        y_labeled=np.array([0, 1]), estimator=KNeighborsClassifier(2, weights="distance"),
    )  # fmt: skip
    assert MarginQuery().query(pool) == [0]
    for seed in range(5):
        assert ExpectedErrorReductionQuery().query(pool, random_state=seed) != [0]


def test_only_the_shortlist_is_tried_and_a_larger_batch_filled_up():
    fits = []

    class Counting(GaussianNB):
        def fit(self, X, y, sample_weight=None):
            fits.append(len(X))
            return super().fit(X, y, sample_weight)

    pool = make_pool(Counting())
    fits.clear()
    strategy = ExpectedErrorReductionQuery(n_candidates=3)
    found = strategy.query(pool, 7, random_state=0)
    assert fits == [9] + [10] * 3 * 3
    by_margin = MarginQuery().query(pool, 7, random_state=0)
    assert set(found[:3]) == set(by_margin[:3])
    np.testing.assert_array_equal(found[3:], by_margin[3:])
    errors = expected_errors(pool, "log")
    assert found[0] == by_margin[errors[by_margin[:3]].argmin()]


def test_the_error_is_measured_on_a_sample():
    asked = []

    class Counting(GaussianNB):
        def predict_proba(self, X):
            asked.append(len(X))
            return super().predict_proba(X)

    pool = make_pool(Counting())
    strategy = ExpectedErrorReductionQuery(RandomQuery(), n_candidates=2, n_evaluation=4)
    strategy.query(pool, random_state=0)
    assert asked == [2] + [4] * 2 * 3


def test_all_fits_have_one_seed():
    seeds = set()

    class Spy(RandomForestClassifier):
        def fit(self, X, y, sample_weight=None):
            seeds.add(self.random_state)
            return super().fit(X, y, sample_weight)

    pool = make_pool(GaussianNB())
    ExpectedErrorReductionQuery(estimator=Spy(2), n_candidates=3).query(pool, random_state=0)
    assert len(seeds) == 1
    assert None not in seeds


@pytest.mark.parametrize("container", [np.asarray, pd.DataFrame])
def test_on_a_fitted_model(container):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    y = np.where(X[:, 0] > 0, "yes", "no")
    X = pd.DataFrame(X, columns=["a", "b"]) if container is pd.DataFrame else X
    model = ActiveSynthesisClassifier(
        LogisticRegression(), query_strategy=ExpectedErrorReductionQuery(n_candidates=5),
        max_iter=0, random_state=0,
    ).fit(X[:20], y[:20])  # fmt: skip
    rows = model.query(X[20:], 3)
    assert len(set(rows)) == 3
    np.testing.assert_array_equal(rows, model.query(X[20:], 3))


def test_bad_pools():
    strategy = ExpectedErrorReductionQuery()
    X, pool = np.zeros((5, 2)), make_pool(GaussianNB())
    known = {"X_labeled": pool.X_labeled, "y_labeled": pool.y_labeled}
    with pytest.raises(TypeError, match="needs an estimator and labelled rows. Use MarginQuery"):
        strategy.query(Pool(X, **known))
    with pytest.raises(TypeError, match="LinearSVC has none. Use MarginQuery instead"):
        strategy.query(Pool(X, **known, estimator=LinearSVC()))
    with pytest.raises(ValueError, match="at least two classes. Got 2 labels of one class"):
        strategy.query(Pool(X, X_labeled=X[:2], y_labeled=["a", "a"], estimator=GaussianNB()))
    table = np.random.default_rng(0).normal(size=(20, 2))
    model = ActiveSynthesisRegressor(Ridge(), query_strategy=strategy, max_iter=0)
    with pytest.raises(TypeError, match="needs classes; its labels are values. Use GreedyQuery"):
        model.fit(table, table[:, 0]).query(table)


def test_the_unit_of_weights_does_not_matter():
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(30, 2)), np.resize([0, 1], 30)
    said = []
    for unit in (1.0, 1000.0):
        weight = np.full(30, unit)
        model = GaussianNB().fit(X, y, weight)
        pool = Pool(
            rng.normal(size=(15, 2)) * 0 + np.linspace(-2, 2, 30).reshape(15, 2),
            of_rows={"proba": model.predict_proba}, X_labeled=X, y_labeled=y,
            sample_weight_labeled=weight, estimator=model,
        )  # fmt: skip
        said.append(ExpectedErrorReductionQuery().query(pool, 5, random_state=0).tolist())
    assert said[0] == said[1]
