"""Learning batch by batch."""

import warnings

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.linear_model import SGDClassifier, SGDRegressor
from sklearn.naive_bayes import GaussianNB

from sklearn_synda import ActiveSynthesisClassifier, ActiveSynthesisRegressor
from sklearn_synda._active_synthesis._dispute import most_disputed
from sklearn_synda.exceptions import SampleWeightWarning, SynthesisWarning
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


def test_a_batch_of_one_row_leaves_a_regressor_its_doubt(light):
    """The committee rests on the rows of the stream, not on the last batch alone."""
    X, _ = make_classification(80, 4, n_informative=3, n_redundant=0, random_state=0)
    model = ActiveSynthesisRegressor(SGDRegressor(), random_state=0, **light)
    model.partial_fit(X[:40], X[:40, 0])
    before = model.predict_uncertainty(X[40:])
    model.teach(X[40:41], X[40:41, 0])
    after = model.predict_uncertainty(X[40:])
    assert after.min() > 0
    assert np.corrcoef(before, after)[0, 1] > 0.5


@pytest.mark.parametrize("n_rows", [1, 2])
def test_a_small_batch_after_fit_adds_to_the_rows_of_the_fit(n_rows, light):
    X, y = make_classification(80, 4, n_informative=3, n_redundant=0, random_state=0)
    model = ActiveSynthesisClassifier(SGDClassifier(), random_state=0, **light).fit(X, y)
    before = model.predict_uncertainty(X)
    batch = [np.flatnonzero(y == label)[0] for label in (0, 1)][:n_rows]
    model.partial_fit(X[batch], y[batch], sample_weight=np.full(n_rows, 2.0))
    after = model.predict_uncertainty(X)
    assert len(np.unique(after)) > 1
    assert abs(after.mean() - before.mean()) < 0.2
    assert len(model.query(X, 2)) == 2
    assert model.explain_uncertainty(X[:2]).any()


def test_a_stream_remembers_so_many_rows(light, monkeypatch):
    monkeypatch.setattr("sklearn_synda._active_synthesis._stream._N_REMEMBERED", 50)
    X, y = make_classification(200, 4, random_state=0)
    model = ActiveSynthesisClassifier(GaussianNB(), random_state=0, **light)
    for start in range(0, 120, 30):
        model.partial_fit(X[start : start + 30], y[start : start + 30], classes=[0, 1])
    np.testing.assert_array_equal(model._table.X, X[70:120])
    np.testing.assert_array_equal(model._table.labels(model._table.y), y[70:120])
    model.partial_fit(X[120:], y[120:])
    np.testing.assert_array_equal(model._table.X, X[120:])


def test_a_batch_that_is_refused_leaves_a_fitted_model_as_it_was(light):
    X, y = make_classification(60, 4, random_state=0)
    model = ActiveSynthesisClassifier(GaussianNB(), random_state=0, **light).fit(X, y)
    with pytest.raises(ValueError, match="3 features"):
        model.partial_fit(X[:, :3], y)
    assert model.predict(X).shape == (60,)
    assert model.partial_fit(X, y).n_features_in_ == 4


class Costly(GaussianNB):
    """Keeps what reaches ``partial_fit``."""

    def partial_fit(self, X, y, classes=None, sample_weight=None, cost=None):
        self.cost_, self.weight_ = cost, sample_weight
        return super().partial_fit(X, y, classes, sample_weight)


def test_arguments_of_a_batch_are_routed_as_requested(light):
    X, y = make_classification(60, 4, random_state=0)
    cost, parts = np.arange(60.0), {**light, "random_state": 0}
    with config_context(enable_metadata_routing=True):
        asks = Costly().set_partial_fit_request(cost="mine", sample_weight="w")
        model = ActiveSynthesisClassifier(asks, **parts)
        model.partial_fit(X, y, classes=[0, 1], mine=cost, w=cost + 1)
        np.testing.assert_array_equal(model._stream.plain.cost_, cost)
        np.testing.assert_array_equal(model._stream.plain.weight_, cost + 1)
        assert model._stream.helped.weight_.shape > (60,)
        model = ActiveSynthesisClassifier(Costly(), **parts)
        with pytest.raises(UnsetMetadataPassedError):
            model.partial_fit(X, y, classes=[0, 1], cost=cost)


class FewRows(SGDClassifier):
    """Refuses more than 25 rows at once."""

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        if len(X) > 25:
            self.coef_ = np.full((1, X.shape[1]), np.nan)  # half learnt
            raise RuntimeError("too many rows")
        return super().partial_fit(X, y, classes=classes, sample_weight=sample_weight)


def test_a_model_that_cannot_learn_made_rows_goes_on_without(light):
    X, y = make_classification(60, 5, random_state=0)
    model = ActiveSynthesisClassifier(FewRows(random_state=0), random_state=0, **light)
    plain = FewRows(random_state=0)
    with pytest.warns(SynthesisWarning, match=r"FewRows cannot learn .* \(too many rows\)"):
        model.partial_fit(X[:20], y[:20], classes=[0, 1])
    model.partial_fit(X[20:40], y[20:40])  # and not another word
    plain.partial_fit(X[:20], y[:20], classes=[0, 1]).partial_fit(X[20:40], y[20:40])
    np.testing.assert_array_equal(model.predict(X), plain.predict(X))
    assert model.best_iteration_ == 0
    assert not len(model.synthetic_y_)
    assert not model.provenance_.round.any()
    with pytest.raises(RuntimeError, match="too many rows"):
        model.partial_fit(X[:30], y[:30])


def test_a_stream_is_whole_when_the_warning_is_an_error(light):
    X, y = make_classification(60, 5, random_state=0)
    model = ActiveSynthesisClassifier(FewRows(random_state=0), random_state=0, **light)
    with warnings.catch_warnings(action="error", category=SynthesisWarning):
        with pytest.raises(SynthesisWarning):
            model.partial_fit(X[:20], y[:20], classes=[0, 1])
        model.partial_fit(X[20:40], y[20:40])
    plain = FewRows(random_state=0).partial_fit(X[:20], y[:20], classes=[0, 1])
    np.testing.assert_array_equal(
        model.predict(X), plain.partial_fit(X[20:40], y[20:40]).predict(X)
    )
    assert model.n_iter_ == 2


def test_a_batch_that_could_not_be_learnt_does_not_count(light):
    X, y = make_classification(60, 5, random_state=0)
    model = ActiveSynthesisClassifier(FewRows(random_state=0), random_state=0, **light)
    with pytest.warns(SynthesisWarning):
        model.partial_fit(X[:20], y[:20], classes=[0, 1])
    before = model._stream.n_batches, model._stream.total_weight, model._stream.plain_loss
    with pytest.raises(RuntimeError, match="too many rows"):
        model.partial_fit(X[:30], y[:30])
    assert before == (
        model._stream.n_batches, model._stream.total_weight, model._stream.plain_loss
    )  # fmt: skip
