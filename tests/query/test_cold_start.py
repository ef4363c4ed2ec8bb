"""The first rows to label: the table alone, and labels that cannot teach a model yet."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda.active_learning import LabelingSession
from sklearn_synda.query import (
    GreedyQuery,
    KCenterQuery,
    LCMDQuery,
    MarginQuery,
    RandomQuery,
    TypiClustQuery,
    cold_start,
)

NEEDS_NO_MODEL = [
    TypiClustQuery(), KCenterQuery(), LCMDQuery(), RandomQuery(), GreedyQuery("features"),
]  # fmt: skip


def blobs():
    rng = np.random.default_rng(0)
    blob = np.repeat([0, 1, 2], [40, 30, 20])
    return np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]])[blob] + rng.normal(size=(90, 2)), blob


@pytest.mark.parametrize("strategy", [None, *NEEDS_NO_MODEL], ids=repr)
@pytest.mark.parametrize("labeled", [None, 5])
def test_strategies_that_need_no_model(strategy, labeled):
    X, _ = blobs()
    known = None if labeled is None else X[:labeled] + 0.1
    rows = cold_start(X, 6, strategy, X_labeled=known, random_state=0)
    assert rows.shape == (6,)
    assert len(set(rows)) == 6
    again = cold_start(X, 6, strategy, X_labeled=known, random_state=0)
    np.testing.assert_array_equal(rows, again)


def test_the_default_names_a_row_of_each_group():
    X, blob = blobs()
    np.testing.assert_array_equal(blob[cold_start(X, 3, random_state=0)], [0, 1, 2])


def test_it_keeps_away_from_what_is_labelled():
    X, blob = blobs()
    rows = cold_start(X, 2, X_labeled=X[blob == 0][:1], random_state=0)
    assert set(blob[rows]) == {1, 2}


def test_distances_do_not_mind_the_units():
    """A column in thousandths counts as much as one in thousands."""
    X, _ = blobs()
    expected = cold_start(X, 5, KCenterQuery(), random_state=0)
    scaled = cold_start(X * [1e4, 1e-4], 5, KCenterQuery(), random_state=0)
    np.testing.assert_array_equal(scaled, expected)


@pytest.mark.parametrize(
    "container",
    [
        lambda X: X.tolist(),
        sparse.csr_matrix,
        lambda X: pd.DataFrame({"a": X[:, 0], "b": np.where(X[:, 1] > 5, "far", "near")}),
        lambda X: np.where(X > 8.5, np.nan, X),
    ],
    ids=["list", "sparse", "frame", "missing"],
)
def test_containers(container):
    X, _ = blobs()
    known = container(X[:2])
    rows = cold_start(container(X), 4, KCenterQuery(), X_labeled=known, random_state=0)
    assert len(set(rows)) == 4


def test_a_strategy_that_needs_a_model_says_so():
    X, _ = blobs()
    with pytest.raises(TypeError, match="MarginQuery is not compatible with this pool"):
        cold_start(X, 2, MarginQuery())
    with pytest.raises(TypeError, match="parameter of cold_start must be an instance with 'query'"):
        cold_start(X, 2, KCenterQuery)
    with pytest.raises(ValueError, match="'batch_size' parameter of TypiClustQuery.query must be"):
        cold_start(X, 91)


def test_a_model_without_labels_points_here():
    X, _ = blobs()
    with pytest.raises(ValueError, match=r"label some, and ask sklearn_synda\.query\.cold_start"):
        ActiveSynthesisClassifier(LogisticRegression()).fit(X, np.full(90, np.nan))


def test_from_nothing_to_a_model():
    X, blob = blobs()
    rows = cold_start(X, 3, random_state=0)
    assert ActiveSynthesisClassifier(LogisticRegression(), max_iter=0).fit(
        X[rows], blob[rows]
    ).score(X, blob) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("estimator", [None, LogisticRegression()])
def test_a_session_needs_no_model_either(tmp_path, estimator):
    X, blob = blobs()
    with LabelingSession(tmp_path / "a.synda", X, estimator, random_state=0) as session:
        for _ in range(2):  # none, then one class only
            ids = session.next(2)
            assert len(set(ids)) == 2
            session.submit(ids, ["same", "same"])
