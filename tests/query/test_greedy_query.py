"""Greedy sampling for regression, against distances of all pairs."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB

from sklearn_synda import ActiveSynthesisClassifier, ActiveSynthesisRegressor
from sklearn_synda._rows import Pool
from sklearn_synda.query import BALDQuery, BatchBALDQuery, GreedyQuery, KCenterQuery, VarianceQuery
from sklearn_synda.uncertainty import CommitteeUncertainty, PredictiveUncertainty

SPACES = ["features", "target", "both"]


def regression_pool(n_rows=30, n_labeled=4):
    rng = np.random.default_rng(0)
    X, labeled = rng.normal(size=(n_rows, 2)), rng.normal(size=(n_labeled, 2))
    predicted, known = rng.normal(size=n_rows), rng.normal(size=n_labeled)
    return Pool(
        X, embedding=lambda: X, prediction=lambda: predicted,
        embedding_labeled=lambda: labeled, y_labeled=known,
    )  # fmt: skip


@pytest.mark.parametrize("space", SPACES)
def test_greedy_by_brute_force(space):
    pool = regression_pool()
    X = np.vstack([pool.embedding, pool.embedding_labeled])
    y = np.concatenate([pool.prediction, pool.y_labeled])
    distance = {
        "features": np.linalg.norm(X[:, None] - X, axis=2), "target": np.abs(y[:, None] - y)
    }  # fmt: skip
    distance["both"] = distance["features"] * distance["target"]
    known, expected = list(range(30, 34)), []
    for _ in range(6):
        nearest = distance[space][:30, known].min(axis=1)
        nearest[expected] = -1
        expected.append(int(nearest.argmax()))
        known.append(expected[-1])
    np.testing.assert_array_equal(GreedyQuery(space).query(pool, 6), expected)


def test_greedy_in_features_is_k_center():
    pool = regression_pool()
    np.testing.assert_array_equal(
        GreedyQuery("features").query(pool, 8), KCenterQuery().query(pool, 8)
    )


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("labels", [None, []])
def test_greedy_starts_at_the_mean(space, labels):
    X = np.array([[0.0], [4.0], [10.0]])
    pool = Pool(X, embedding=lambda: X, prediction=lambda: X.ravel(), y_labeled=labels)
    np.testing.assert_array_equal(GreedyQuery(space).query(pool, 3), [1, 2, 0])


def test_greedy_reads_what_it_needs():
    def never():
        raise AssertionError("read, though not needed")

    X = np.random.default_rng(0).normal(size=(5, 2))
    GreedyQuery("features").query(Pool(X, embedding=lambda: X, prediction=never), 2)
    GreedyQuery("target").query(Pool(X, embedding=never, prediction=lambda: X[:, 0]), 2)


def test_greedy_takes_several_targets():
    pool = regression_pool(n_labeled=3)
    targets, known = pool.embedding, pool.embedding_labeled
    several = Pool(pool.X, prediction=lambda: targets, y_labeled=known)
    expected = GreedyQuery("features").query(pool, 5)
    np.testing.assert_array_equal(GreedyQuery("target").query(several, 5), expected)


def test_greedy_refuses_classes():
    pool = Pool(np.zeros((2, 1)), prediction=lambda: np.array(["a", "b"]))
    with pytest.raises(TypeError, match="its model predicts classes. Use KCenterQuery instead"):
        GreedyQuery("target").query(pool)


def test_greedy_refuses_unknown_values():
    pool = Pool(np.zeros((2, 1)), prediction=lambda: np.array([np.nan, 1.0]))
    with pytest.raises(ValueError, match="prediction contains NaN"):
        GreedyQuery("target").query(pool)


def regression_table():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 2))
    return X, X @ [1.0, -2.0] + rng.normal(scale=0.1, size=30), rng.normal(size=(15, 2))


@pytest.mark.parametrize("strategy", [GreedyQuery(space) for space in SPACES], ids=repr)
def test_greedy_on_a_fitted_model(strategy):
    X, y, X_pool = regression_table()
    model = ActiveSynthesisRegressor(
        LinearRegression(), query_strategy=strategy, max_iter=0, random_state=0
    ).fit(X, y)
    assert len(set(model.query(X_pool, 5))) == 5


def test_committee_on_fitted_models():
    X, y, X_pool = regression_table()
    unsure = CommitteeUncertainty(n_estimators=4)
    model = ActiveSynthesisRegressor(
        LinearRegression(), uncertainty=unsure, query_strategy=VarianceQuery(), max_iter=0,
        random_state=0,
    ).fit(X, y)  # fmt: skip
    assert len(set(model.query(X_pool, 5))) == 5
    for strategy in (BALDQuery(), BatchBALDQuery()):
        model = ActiveSynthesisClassifier(
            LogisticRegression(), uncertainty=unsure, query_strategy=strategy, max_iter=0,
            random_state=0,
        ).fit(X, y > 0)  # fmt: skip
        assert len(set(model.query(X_pool, 5))) == 5


def test_a_model_without_members_says_so():
    X, y, X_pool = regression_table()
    model = ActiveSynthesisClassifier(
        LogisticRegression(), uncertainty=PredictiveUncertainty(), query_strategy=BALDQuery(),
        max_iter=0, random_state=0,
    ).fit(X, y > 0)  # fmt: skip
    with pytest.raises(TypeError, match="BALDQuery is not compatible with this pool"):
        model.query(X_pool)


def test_integer_classes_are_refused():
    X = np.arange(6.0)[:, None]
    model = GaussianNB().fit(X, [0, 0, 0, 1, 1, 1])
    pool = Pool(X, embedding=lambda: X, prediction=lambda: model.predict(X), estimator=model,
                y_labeled=np.array([0, 1]))  # fmt: skip
    with pytest.raises(TypeError, match="its model predicts classes. Use KCenterQuery instead"):
        GreedyQuery().query(pool)
