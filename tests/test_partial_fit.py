"""Learning batch by batch."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.linear_model import SGDClassifier
from sklearn.naive_bayes import GaussianNB

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda._active_synthesis._dispute import most_disputed
from sklearn_synda.exceptions import SampleWeightWarning
from sklearn_synda.labeling import CommitteeLabeler
from sklearn_synda.query import RandomQuery
from sklearn_synda.utils import SyntheticBatch
from sklearn_synda.validation import held_out_loss


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


def test_a_batch_that_lacks_a_class_mixes_no_columns(light):
    X, y = make_classification(
        150, 5, n_informative=4, n_redundant=0, n_classes=3, n_clusters_per_class=1, random_state=0
    )
    parts = {**light, "labeler": CommitteeLabeler([GaussianNB()])}
    learner = ActiveSynthesisClassifier(GaussianNB(), random_state=0, **parts)
    learner.partial_fit(X[:60], y[:60], classes=[0, 1, 2])
    some = np.flatnonzero(y[60:110] != 1) + 60
    learner.partial_fit(X[some], y[some])
    learner.partial_fit(X[110:], y[110:])
    assert learner.predict_proba(X).shape == (150, 3)
    assert learner.score(X, y) > 0.6


def test_the_dispute_is_in_the_columns_of_the_classes():
    """The model has met class 1; the labeler of this batch has not."""
    X = np.array([[0.0], [1.0], [2.0], [0.1], [1.1], [2.1]])
    model = GaussianNB().fit(X, [0, 1, 2, 0, 1, 2])
    batch = SyntheticBatch(
        X=X[[0, 1]], parents=np.zeros((2, 2), dtype=np.intp), closeness=np.ones(2)
    ).label(label_source="test", proba=np.array([[1.0, 0.0], [0.0, 1.0]]), classes=[0, 1])
    kept = most_disputed(batch, model, np.array([0, 2]), n_candidates=2)
    np.testing.assert_array_equal(kept.X, [[1.0]])  # it says 2, the model says 1


def test_batches_count_by_their_weight(light):
    X, y = make_classification(120, 4, random_state=0)
    weight = np.random.RandomState(0).uniform(0.1, 5, size=120)
    learner = ActiveSynthesisClassifier(GaussianNB(), random_state=0, **light)
    plain, losses, parts = GaussianNB(), [], [slice(0, 40), slice(40, 50), slice(50, 120)]
    for rows in parts:
        if losses or rows.start:
            losses.append(held_out_loss(plain, X[rows], y[rows]))
        plain.partial_fit(X[rows], y[rows], classes=[0, 1], sample_weight=weight[rows])
        learner.partial_fit(X[rows], y[rows], classes=[0, 1], sample_weight=weight[rows])
    wanted = np.average(np.concatenate(losses), weights=weight[40:])
    assert isinstance(learner.history_["plain_loss"], np.ndarray)
    assert learner.history_["plain_loss"][-1] == pytest.approx(wanted)


def test_batches_have_no_missing_targets(light):
    learner = ActiveSynthesisClassifier(GaussianNB(), **light)
    with pytest.raises(ValueError, match="partial_fit must hold labels only. Got 1 missing ones"):
        learner.partial_fit(np.arange(3.0)[:, None], [0.0, 1.0, np.nan], classes=[0, 1])


def test_query_after_a_batch_of_one_class(light):
    X, y = make_classification(60, 4, random_state=0)
    learner = ActiveSynthesisClassifier(SGDClassifier(random_state=0), random_state=0, **light)
    learner.partial_fit(X, y, classes=[0, 1]).partial_fit(X[y == 0], y[y == 0])
    assert len(learner.query(X, 2)) == 2


def test_a_batch_that_is_refused_changes_nothing(light):
    X, y = make_classification(60, 4, random_state=0)
    names = np.array(["n", "p"])[y]
    model = ActiveSynthesisClassifier(SGDClassifier(loss="log_loss"), random_state=0, **light)
    model.partial_fit(X[:20], names[:20], classes=["n", "p", "q"])
    model.partial_fit(X[20:40], names[20:40])
    before = model.history_["loss"].copy(), model._stream.plain_loss, model._stream.total_weight
    with pytest.raises(ValueError, match="classes"):
        model.partial_fit(X[40:], ["zz", *names[41:]])
    assert model.classes_.tolist() == ["n", "p", "q"]
    np.testing.assert_array_equal(model.history_["loss"], before[0])
    assert (model._stream.plain_loss, model._stream.total_weight) == before[1:]


def test_each_batch_of_a_stream_draws_anew(light):
    """Batches alike in size must not all ask for the same positions."""
    X, y = make_classification(120, 4, random_state=0)
    model = ActiveSynthesisClassifier(
        SGDClassifier(loss="log_loss"), query_strategy=RandomQuery(), random_state=0, **light
    )
    named = set()
    for start in range(0, 100, 20):
        batch = slice(start, start + 20)
        model.partial_fit(X[batch], y[batch], classes=[0, 1])
        named.add(tuple(model.query(X, 3)))
        assert tuple(model.query(X, 3)) in named
    assert len(named) == 5
