"""LCMD against distances of all pairs."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge

from sklearn_synda import ActiveSynthesisClassifier, ActiveSynthesisRegressor
from sklearn_synda._rows import Pool
from sklearn_synda.query import KCenterQuery, LCMDQuery


def make_pool(n_rows=30, n_labeled=4, y=None, scale=1.0):
    rng = np.random.default_rng(0)
    X, known = scale * rng.normal(size=(n_rows, 2)), rng.normal(size=(n_labeled, 2))
    return Pool(X, embedding=lambda: X, embedding_labeled=lambda: known, y_labeled=y)


def by_brute_force(squared, n_rows, centers, batch_size):
    """``squared`` of all pairs, rows of the pool first; ``centers`` are known at the start."""
    centers, chosen = list(centers), []
    for _ in range(batch_size):
        to_centers = squared[:n_rows][:, centers]
        owner, nearest = to_centers.argmin(axis=1), to_centers.min(axis=1)
        size = [nearest[owner == k].sum() for k in range(len(centers))]
        inside = np.where(owner == np.argmax(size), nearest, -1)
        chosen.append(int(inside.argmax()))
        centers.append(chosen[-1])
    return chosen


@pytest.mark.parametrize("n_labeled", [1, 4])
def test_lcmd_by_brute_force(n_labeled):
    pool = make_pool(n_labeled=n_labeled)
    X = np.vstack([pool.embedding, pool.embedding_labeled])
    squared = ((X[:, None] - X) ** 2).sum(axis=2)
    expected = by_brute_force(squared, 30, range(30, 30 + n_labeled), 12)
    np.testing.assert_array_equal(LCMDQuery().query(pool, 12, random_state=0), expected)


def test_lcmd_without_labels_starts_at_the_mean():
    pool = make_pool(n_labeled=0)
    X = pool.embedding
    first = int(((X - X.mean(axis=0)) ** 2).sum(axis=1).argmin())
    squared = ((X[:, None] - X) ** 2).sum(axis=2)
    expected = [first, *by_brute_force(squared, 30, [first], 6)]
    np.testing.assert_array_equal(LCMDQuery().query(pool, 7, random_state=0), expected)


@pytest.mark.parametrize("classes", [False, True])
def test_leaves_by_brute_force(classes):
    y = np.resize([0, 1, 2], 15)
    y = y if classes else y + np.linspace(0, 1, 15)
    pool = make_pool(n_rows=20, n_labeled=15, y=y, scale=0.7)
    kind = RandomForestClassifier if classes else RandomForestRegressor
    forest = kind(32, random_state=np.random.RandomState(3)).fit(pool.embedding_labeled, y)
    leaves = forest.apply(np.vstack([pool.embedding, pool.embedding_labeled]))
    squared = (leaves[:, None] != leaves).mean(axis=2)
    chosen, centers = [], list(range(20, 35))
    for row in LCMDQuery("leaves").query(pool, 5, random_state=3):  # ties: any of the best will do
        to_centers = squared[:20][:, centers]
        nearest, owner = to_centers.min(axis=1), to_centers.argmin(axis=1)
        size = np.bincount(owner, weights=nearest, minlength=len(centers))
        assert size[owner[row]] == pytest.approx(size.max())
        assert nearest[row] == nearest[owner == owner[row]].max()
        chosen.append(row)
        centers.append(row)
    assert len(set(chosen)) == 5


def test_leaves_pass_over_what_does_not_matter():
    """The second column is wide and noise; the first decides, in steps of one."""
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.uniform(0, 4, 200), rng.uniform(-40, 40, 200)])
    known = np.column_stack([rng.uniform(0, 4, 60), rng.uniform(-40, 40, 60)])
    labels = np.floor(known[:, 0]) ** 2
    near = known[:, 0] < 2  # nothing is known of rows with a first column above 2, but their steps
    known = np.vstack([known[near], [[2.5, 0.0], [3.5, 0.0]]])
    labels = np.append(labels[near], [4.0, 9.0])
    pool = Pool(X, embedding=lambda: X, embedding_labeled=lambda: known, y_labeled=labels)
    by_leaves = X[LCMDQuery("leaves").query(pool, 20, random_state=0), 0]
    by_features = X[LCMDQuery().query(pool, 20, random_state=0), 0]
    assert np.mean(by_leaves > 1.5) > np.mean(by_features > 1.5)


def test_an_outlier_does_not_come_first():
    rng = np.random.default_rng(0)
    X = np.vstack([[[30.0, 0.0]], [0.0, 5.0] + rng.normal(size=(80, 2))])
    known = np.array([[0.0, 0.0], [20.0, 0.0]])
    pool = Pool(X, embedding=lambda: X, embedding_labeled=lambda: known)
    assert KCenterQuery().query(pool) == [0]
    assert LCMDQuery().query(pool) != [0]


def test_copies_come_last():
    X = np.repeat([[0.0], [1.0], [5.0]], 4, axis=0)
    pool = Pool(X, embedding=lambda: X, embedding_labeled=lambda: np.array([[0.0]]))
    for seed in range(10):
        rows = LCMDQuery().query(pool, 12, random_state=seed)
        assert sorted(rows) == list(range(12))
        assert X[rows[0], 0] == 5
        assert X[rows[1], 0] == 1


@pytest.mark.parametrize("space", ["features", "leaves"])
def test_on_fitted_models(space):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    for kind, model, y in (
        (ActiveSynthesisRegressor, Ridge(), X[:, 0]),
        (ActiveSynthesisClassifier, LogisticRegression(), X[:, 0] > 0),
    ):
        fitted = kind(model, query_strategy=LCMDQuery(space), max_iter=0, random_state=0)
        rows = fitted.fit(X[:20], y[:20]).query(X[20:], 6)
        assert len(set(rows)) == 6
        np.testing.assert_array_equal(rows, fitted.query(X[20:], 6))


def test_leaves_need_labels():
    with pytest.raises(TypeError, match="LCMDQuery .* needs labelled rows. Use KCenterQuery"):
        LCMDQuery("leaves").query(make_pool())
    with pytest.raises(TypeError, match="needs the labelled rows in the embedding"):
        LCMDQuery("leaves").query(make_pool(y=np.arange(3.0)))
    LCMDQuery().query(make_pool())
