"""The pool: lazy as a whole and in part."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.naive_bayes import GaussianNB

from sklearn_synda._rows import Pool
from sklearn_synda.exceptions import NotOffered

NAMES = ("proba", "members", "utilities", "embedding", "prediction")
INDICES = np.array([4, 0, 7])


def whole_arrays():
    rng = np.random.default_rng(0)
    return {
        "proba": rng.dirichlet(np.ones(2), size=9),
        "members": rng.normal(size=(3, 9)),
        "utilities": rng.normal(size=9),
        "embedding": rng.normal(size=(9, 2)),
        "prediction": rng.normal(size=9),
    }


def cut(name, values):
    return values[:, INDICES] if name == "members" else values[INDICES]


def never(*_):
    raise AssertionError("read, though not needed")


@pytest.mark.parametrize("computed", [False, True])
def test_a_part_of_a_pool(computed):
    arrays, calls = whole_arrays(), []
    sources = {name: (lambda name=name: calls.append(name) or arrays[name]) for name in NAMES}
    pool = Pool(np.arange(9)[:, None], **sources)
    if computed:
        for name in NAMES:
            getattr(pool, name)
    part = pool.take(INDICES)
    assert len(part) == 3
    np.testing.assert_array_equal(part.X.ravel(), INDICES)
    assert len(calls) == (5 if computed else 0)
    for name in NAMES:
        np.testing.assert_array_equal(getattr(part, name), cut(name, arrays[name]))
        getattr(pool, name)
    assert sorted(calls) == sorted(NAMES)  # each once, whole and part together


def test_a_function_of_rows_is_asked_for_the_rows_of_the_part():
    asked = []

    def squares(X):
        asked.append(len(X))
        return X[:, 0] ** 2

    X = np.arange(9.0)[:, None]
    pool = Pool(X, of_rows={"utilities": squares, "prediction": squares, "members": never})
    part = pool.take(INDICES)
    np.testing.assert_array_equal(part.utilities, [16, 0, 49])
    np.testing.assert_array_equal(part.take([2, 1]).utilities, [49, 0])
    assert asked == [3]
    np.testing.assert_array_equal(pool.prediction, X[:, 0] ** 2)
    np.testing.assert_array_equal(pool.take(INDICES).prediction, [16, 0, 49])
    assert asked == [3, 9]  # what the whole has computed is not computed for the part


def test_a_part_knows_what_the_whole_knows():
    X, y, weight = np.ones((2, 1)), np.array([0, 1]), np.ones(2)
    model = GaussianNB()
    pool = Pool(
        np.zeros((9, 1)), X_labeled=X, y_labeled=y, sample_weight_labeled=weight,
        embedding_labeled=lambda: X, estimator=model,
    )  # fmt: skip
    part = pool.take(INDICES)
    assert part.X_labeled is X
    assert part.y_labeled is y
    assert part.sample_weight_labeled is weight
    assert part.embedding_labeled is X
    assert part.estimator is model


@pytest.mark.parametrize("name", [*NAMES, "embedding_labeled"])
def test_a_part_offers_no_more_than_the_whole(name):
    with pytest.raises(NotOffered):
        getattr(Pool(np.zeros((9, 1))).take(INDICES), name)


@pytest.mark.parametrize("container", [pd.DataFrame, sparse.csr_matrix])
def test_a_part_keeps_the_container(container):
    part = Pool(container(np.arange(18.0).reshape(9, 2))).take(INDICES)
    assert isinstance(part.X, container)
    assert part.X.shape == (3, 2)
