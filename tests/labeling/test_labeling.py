"""Labelers: what they say of made rows, and how far to trust it."""

import numpy as np
import pytest
from sklearn.datasets import make_classification, make_regression
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import r2_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_info, threadpool_limits

from sklearn_synda._rows import SyntheticBatch
from sklearn_synda.exceptions import SampleWeightWarning
from sklearn_synda.labeling import (
    CommitteeLabeler,
    InheritLabeler,
    PropagationLabeler,
    PseudoLabeler,
)
from sklearn_synda.labeling._stacking import fit_proba_weights, fit_temperature, fit_value_weights
from sklearn_synda.synthesis import MixingSynthesizer, SMOTESynthesizer

CLASSIFYING = [
    InheritLabeler(),
    PseudoLabeler(GaussianNB(), random_state=0),
    PropagationLabeler(),
    CommitteeLabeler([GaussianNB(), DecisionTreeClassifier()], random_state=0),
    CommitteeLabeler([LinearSVC(), GaussianNB()], random_state=0),  # one that only votes
    CommitteeLabeler(random_state=0),
]
VALUING = [
    InheritLabeler(),
    PseudoLabeler(LinearRegression(), random_state=0),
    CommitteeLabeler([LinearRegression(), KNeighborsRegressor(2)], random_state=0),
    CommitteeLabeler(random_state=0),
]


@pytest.fixture(scope="module")
def table():
    return make_classification(
        90, 4, n_informative=4, n_redundant=0, n_classes=3, n_clusters_per_class=1, random_state=0
    )


def made_rows(X, y, **params):
    return SMOTESynthesizer(**params).fit(X, y).sample(np.arange(40), random_state=0)


@pytest.mark.parametrize("part", CLASSIFYING, ids=repr)
@pytest.mark.parametrize("names", [np.array([0, 1, 2]), np.array(["a", "b", "c"])], ids=str)
def test_classes(part, names, table):
    X, y = table
    batch = made_rows(X, y)
    labeled = part.fit(X, names[y]).label(batch)
    assert labeled.label_source == type(part).__name__
    assert set(labeled.y) <= set(names)
    assert ((labeled.trust >= 0) & (labeled.trust <= 1)).all()
    assert (labeled.y == names[y[:40]]).mean() > 0.75  # a row between two of a class
    if labeled.proba is not None:
        np.testing.assert_allclose(labeled.proba.sum(axis=1), 1)
        assert (labeled.proba >= 0).all()
        np.testing.assert_array_equal(labeled.classes[labeled.proba.argmax(axis=1)], labeled.y)
    assert batch.y is None  # a new batch comes back
    np.testing.assert_array_equal(labeled.X, batch.X)


@pytest.mark.parametrize("part", VALUING, ids=repr)
def test_values(part):
    X, y = make_regression(80, 3, noise=1.0, random_state=0)
    labeled = part.fit(X, y).label(made_rows(X, y))
    assert labeled.proba is None
    assert labeled.y.dtype == np.float64
    assert ((labeled.trust >= 0) & (labeled.trust <= 1)).all()
    truth = LinearRegression().fit(X, y).predict(labeled.X)
    assert np.corrcoef(labeled.y, truth)[0, 1] > 0.9


def parents_batch(parents, closeness):
    parents = np.array(parents)
    return SyntheticBatch(np.zeros((len(parents), 1)), parents, np.array(closeness))


def test_inherited_class_and_trust():
    part = InheritLabeler().fit(np.zeros((4, 1)), np.array([0, 0, 1, 1]))
    rows = [[0, 1], [0, 2], [0, 2], [3, -1], [0, 9], [9, 2], [9, -1]]
    labeled = part.label(parents_batch(rows, [0.2, 0.7, 0.4, 0.3, 0.8, 0.8, 1.0]))
    assert labeled.y[:6].tolist() == [0, 0, 1, 1, 0, 1]
    np.testing.assert_allclose(labeled.trust, [1, 0.7, 0.6, 1, 0.8, 0.2, 0])


def test_inherited_value():
    part = InheritLabeler().fit(np.zeros((3, 1)), np.array([0.0, 10.0, 4.0]))
    labeled = part.label(parents_batch([[0, 1], [1, 0], [2, -1], [2, 9], [9, -1]],
                                       [0.7, 0.7, 0.5, 0.25, 1.0]))  # fmt: skip
    np.testing.assert_allclose(labeled.y, [3.0, 7.0, 4.0, 4.0, 0.0])
    np.testing.assert_allclose(labeled.trust, [1, 1, 1, 0.25, 0])


def test_pseudo_labels_below_the_threshold_are_not_trusted(table):
    X, y = table
    labeled = (
        PseudoLabeler(GaussianNB(), threshold=0.9, random_state=0)
        .fit(X, y)
        .label(MixingSynthesizer().fit(X, y).sample(np.arange(90), random_state=0))
    )
    assert ((labeled.trust == 0) | (labeled.trust >= 0.9)).all()
    assert (labeled.trust == 0).any()


def test_propagation_leaves_unreached_rows_untrusted():
    X = np.r_[np.zeros((5, 1)), np.ones((5, 1))]
    part = PropagationLabeler(n_neighbors=2).fit(X, np.repeat([0, 1], 5))
    labeled = part.label(
        SyntheticBatch(np.array([[0.05], [0.97]]), np.zeros((2, 2), int), np.ones(2))
    )
    assert labeled.y.tolist() == [0, 1]
    with pytest.raises(ValueError, match="PropagationLabeler is not compatible with float targets"):
        part.fit(X, np.arange(10.0))


def test_committee_prefers_the_member_that_is_right(table):
    X, y = table
    part = CommitteeLabeler([DummyClassifier(), LogisticRegression()], random_state=0).fit(X, y)
    assert part.weights_.sum() == pytest.approx(1)
    assert part.weights_[1] > 0.9
    equal = CommitteeLabeler([DummyClassifier(), LogisticRegression()], pull=1e6, random_state=0)
    np.testing.assert_allclose(equal.fit(X, y).weights_, 0.5, atol=1e-3)


def test_committee_of_one_row_a_class_and_of_one_class():
    for y in ([0, 1], [0, 0, 0]):
        X = np.arange(float(len(y)))[:, None]
        part = CommitteeLabeler([GaussianNB()], random_state=0).fit(X, np.array(y))
        assert np.isfinite(part.predict_proba(X)).all()


def test_committee_trusts_where_its_members_agree(table):
    X, y = table
    part = CommitteeLabeler([GaussianNB(), DecisionTreeClassifier()], random_state=0).fit(X, y)
    rows = MixingSynthesizer(mixing_rate=0.5).fit(X, y).sample(np.arange(90), random_state=0)
    labeled = part.label(rows)
    answers = part.cross_fit_.predict(rows.X)
    agree = answers.argmax(axis=2).std(axis=0) == 0
    assert labeled.trust[agree].mean() > labeled.trust[~agree].mean()


@pytest.mark.parametrize("kind", ["classes", "values"])
def test_a_light_committee_has_fewer_members(table, kind):
    X, y = table
    y = y if kind == "classes" else X[:, 0] + 0.5 * X[:, 1]
    light = CommitteeLabeler("light", random_state=0).fit(X, y)
    whole = CommitteeLabeler(random_state=0).fit(X, y)
    assert 2 < len(light.weights_) < len(whole.weights_)
    names = {type(m).__name__ for m in light.cross_fit_.models}
    assert names < {type(m).__name__ for m in whole.cross_fit_.models}
    assert light.columns_ is not None  # members see the embedded table


def test_committee_speakers(table):
    X, y = table
    rows = MixingSynthesizer(mixing_rate=0.1).fit(X, y).sample(np.arange(90), random_state=0)
    memory = [DecisionTreeClassifier(random_state=0)]  # knows the rows it saw by heart
    everyone = CommitteeLabeler(memory, random_state=0).fit(X, y)
    unseen = CommitteeLabeler(memory, speakers="unseen", random_state=0).fit(X, y)
    np.testing.assert_allclose(everyone.label(rows).proba, everyone.predict_proba(rows.X))
    fold = unseen.cross_fit_.parent_fold(rows)
    for k in range(3):
        near = fold == k
        alone = unseen.cross_fit_.members_[0][k].predict(unseen._see(rows.X))
        np.testing.assert_array_equal(unseen.label(rows).proba[near].argmax(axis=1), alone[near])


def test_committee_probabilities_follow_the_temperature(table):
    X, y = table
    part = CommitteeLabeler([GaussianNB(), DecisionTreeClassifier()], random_state=0).fit(X, y)
    confidence = {}
    for part.temperature_ in (0.5, 1.0, 2.0):
        confidence[part.temperature_] = part.predict_proba(X).max(axis=1).mean()
    assert confidence[0.5] > confidence[1.0] > confidence[2.0]


def test_committee_ignores_the_number_of_jobs_and_repeats_itself(table):
    first = CommitteeLabeler(random_state=0).fit(*table).predict_proba(table[0])
    second = CommitteeLabeler(random_state=0).fit(*table).predict_proba(table[0])
    np.testing.assert_array_equal(first, second)


def likely(accuracy, codes, seed):
    """Out-of-fold probabilities that favour the true class so often."""
    rng = np.random.RandomState(seed)
    right = rng.rand(len(codes)) < accuracy
    said = np.where(right, codes, 1 - codes)
    return np.where(np.eye(2)[said] == 1, 0.8, 0.2)


@pytest.mark.parametrize("n_rows", [200, 6000])
def test_members_of_small_tables_have_one_thread(n_rows):
    """On a busy machine small tasks in threads wait for each other most of the time."""
    seen = []

    class Spy(GaussianNB):
        def fit(self, X, y, sample_weight=None):
            seen.append(_threads())
            return super().fit(X, y, sample_weight)

        def predict_proba(self, X):
            seen.append(_threads())
            return super().predict_proba(X)

    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(n_rows, 3)), np.arange(n_rows) % 2
    with threadpool_limits(2):
        CommitteeLabeler([Spy()], random_state=0).fit(X, y).predict_proba(X)
    assert set(seen) == ({(1, 1)} if n_rows == 200 else {(1, 2)})


def _threads():
    """The most threads that BLAS may use, and OpenMP."""
    most = {"blas": 0, "openmp": 0}
    for library in threadpool_info():
        kind = library["user_api"]
        most[kind] = max(most[kind], library["num_threads"])
    return tuple(most.values())


def test_weights_of_probabilities():
    codes = np.resize([0, 1], 200)
    answers = np.stack([likely(accuracy, codes, k) for k, accuracy in enumerate([0.9, 0.5, 0.5])])
    weights = fit_proba_weights(answers, codes, pull=1.0)
    assert weights.argmax() == 0
    assert weights[0] > 0.8
    assert weights.sum() == pytest.approx(1)
    assert (weights > 0).all()
    same = np.stack([answers[0]] * 3)
    np.testing.assert_allclose(fit_proba_weights(same, codes, pull=1.0), 1 / 3)


def test_weights_of_values():
    rng = np.random.RandomState(0)
    y = rng.normal(size=200)
    answers = np.stack([y, rng.normal(size=200), -y])
    weights = fit_value_weights(answers, y, pull=0.01)
    np.testing.assert_allclose(weights, [1, 0, 0], atol=0.05)
    assert fit_value_weights(answers[1:], y, pull=0.0).sum() == pytest.approx(1)


def test_temperature():
    rng = np.random.RandomState(0)
    logits = rng.normal(scale=2, size=500)
    truth = np.column_stack([1 / (1 + np.exp(logits)), 1 / (1 + np.exp(-logits))])
    codes = (rng.rand(500) < truth[:, 1]).astype(int)
    assert fit_temperature(truth, codes) == pytest.approx(1, abs=0.15)
    boastful = truth**1.7
    boastful /= boastful.sum(axis=1, keepdims=True)
    assert fit_temperature(boastful, codes) == pytest.approx(1.7, abs=0.3)
    assert fit_temperature(truth[:1], codes[:1]) == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize("kind", ["classes", "values"])
def test_rows_of_no_weight_teach_a_committee_nothing(kind):
    """Half of the labels are wrong; with next to no weight they hardly count."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(120, 3))
    y = (X[:, 0] + X[:, 1] > 0).astype(int) if kind == "classes" else 3 * X[:, 0] + X[:, 1]
    wrong = np.arange(120) % 2 == 1
    given = np.where(wrong, 1 - y, y) if kind == "classes" else np.where(wrong, -100 * y, y)
    weight = np.where(wrong, 1e-9, 1.0)
    committee = CommitteeLabeler(random_state=0).fit(X, given, weight)
    alone = CommitteeLabeler(random_state=0).fit(X[~wrong], given[~wrong])
    X_new = rng.normal(size=(200, 3))
    if kind == "classes":
        truth = X_new[:, 0] + X_new[:, 1] > 0
        assert (committee.predict(X_new) == truth).mean() > 0.93
        assert abs(committee.temperature_ - alone.temperature_) < 0.2
    else:
        truth = 3 * X_new[:, 0] + X_new[:, 1]
        assert r2_score(truth, committee.predict(X_new)) > 0.9
        assert committee.residual_ < 1


def test_weights_of_members_are_fitted_by_weight():
    right, wrong = np.tile([0.9, 0.1], (4, 1)), np.tile([0.1, 0.9], (4, 1))
    answers, codes = np.stack([right, wrong]), np.array([0, 0, 1, 1])
    weight = np.array([1.0, 1.0, 1e-9, 1e-9])
    assert fit_proba_weights(answers, codes, 1.0).tolist() == [0.5, 0.5]
    assert fit_proba_weights(answers, codes, 1.0, weight)[0] > 0.75
    assert fit_temperature(right, codes, weight) < fit_temperature(right, codes)
    values = np.array([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]])
    assert fit_value_weights(values, np.ones(4), 1.0, weight)[0] > 0.6


def test_pseudo_labels_of_a_model_without_weights_are_weighted():
    X, y = np.arange(40.0)[:, None], np.repeat([0, 1], 20)
    given = np.where(np.arange(40) % 2, 1 - y, y)
    weight = np.where(np.arange(40) % 2, 1e-9, 1.0)
    batch = SyntheticBatch(X=X, parents=np.full((40, 2), -1), closeness=np.ones(40))
    labeler = PseudoLabeler(KNeighborsClassifier(1), n_splits=2, random_state=0)
    with pytest.warns(SampleWeightWarning, match="PseudoLabeler repeats rows"):
        said = labeler.fit(X, given, weight).label(batch).y
    assert (said == y).mean() > 0.9


@pytest.mark.parametrize("threshold", ["high", 2.0, -1])
def test_pseudo_threshold_is_a_probability(threshold):
    with pytest.raises(ValueError, match="The 'threshold' parameter of PseudoLabeler must be"):
        PseudoLabeler(KNeighborsClassifier(1), threshold=threshold).fit([[0.0], [1.0]], [0, 1])


@pytest.mark.parametrize("part", [CommitteeLabeler("light", random_state=0), PropagationLabeler(),
                                  PseudoLabeler(GaussianNB(), random_state=0)])  # fmt: skip
def test_rows_as_a_list(part, table):
    X, y = table
    batch = SMOTESynthesizer().fit(X, y).sample(np.arange(20), random_state=0)
    with pytest.raises(NotFittedError):
        part.label(batch)
    listed = part.fit(X.tolist(), y, [1.0] * len(y)).label(batch)
    np.testing.assert_array_equal(listed.y, part.fit(X, y).label(batch).y)
