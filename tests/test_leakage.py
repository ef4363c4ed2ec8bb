"""Nothing of a held-out row reaches what is judged on it."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from sklearn_synda import ActiveSynthesisClassifier, ActiveSynthesisRegressor
from sklearn_synda._rows import SyntheticBatch
from sklearn_synda.exceptions import SampleWeightWarning
from sklearn_synda.labeling import CommitteeLabeler, InheritLabeler, PseudoLabeler
from sklearn_synda.synthesis import MixingSynthesizer
from sklearn_synda.uncertainty import (
    CommitteeUncertainty,
    LearnedLossUncertainty,
    PredictiveUncertainty,
)
from sklearn_synda.validation import CrossValidation, FixedRate, HoldoutValidation

N_ROWS = 60
LOG = []  # (who, ids of the rows it was given), in the order of the calls


def ids_of(X):
    """Row ids are the first column; made rows carry the id of a parent."""
    return set(np.asarray(X)[:, 0].astype(int).tolist())


class SpyModel(BaseEstimator):
    """A model that keeps the ids of the rows it is fitted on and asked about."""

    def __init__(self, who="estimator"):
        self.who = who

    def fit(self, X, y, sample_weight=None):
        self.ids_ = ids_of(X)
        LOG.append((self.who, self.ids_))
        self._remember(y)
        return self

    def predict(self, X):
        LOG.append((f"{self.who} asked", ids_of(X), self.ids_))
        return np.full(len(X), self.answer_)


class SpyClassifier(ClassifierMixin, SpyModel):
    def _remember(self, y):
        self.classes_, counts = np.unique(y, return_counts=True)
        self.answer_ = self.classes_[0]
        self.share_ = counts / counts.sum()

    def predict_proba(self, X):
        LOG.append((f"{self.who} asked", ids_of(X), self.ids_))
        return np.tile(self.share_, (len(X), 1))


class SpyRegressor(RegressorMixin, SpyModel):
    def _remember(self, y):
        self.answer_ = float(np.mean(y))


class SpySynthesizer(MixingSynthesizer):
    def fit(self, X, y, sample_weight=None):
        LOG.append(("synthesizer", ids_of(X)))
        return super().fit(X, y, sample_weight)


class SpyLabeler(CommitteeLabeler):
    def fit(self, X, y, sample_weight=None):
        LOG.append(("labeler", ids_of(X)))
        return super().fit(X, y, sample_weight)


class SpyUncertainty(CommitteeUncertainty):
    def fit(self, X, y, sample_weight=None):
        LOG.append(("uncertainty", ids_of(X)))
        return super().fit(X, y, sample_weight)


class SpyValidation(CrossValidation):
    """Says in the log which rows each fold holds out."""

    folds = []

    def split(self, y, *, random_state=None):
        SpyValidation.folds = super().split(y, random_state=random_state)
        return SpyValidation.folds


def run_spies(kind, model, X, y):
    LOG.clear()
    kind(
        model,
        uncertainty=SpyUncertainty(n_estimators=3),
        synthesizer=SpySynthesizer(),
        labeler=SpyLabeler([type(model)("member")]),
        validation=SpyValidation(n_splits=3),
        rate=FixedRate(1.0),
        max_iter=2,
        random_state=0,
    ).fit(X, y)
    return [entry for entry in LOG if not entry[0].endswith("asked")]


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("n_unlabeled", [0, 12])
def test_no_part_sees_the_rows_that_judge_it(task, n_unlabeled):
    """Everything fitted after round 0 sees the training rows of one fold, or of the last fit."""
    X = np.column_stack([np.arange(N_ROWS), np.random.RandomState(0).normal(size=N_ROWS)])
    y = np.resize([0.0, 1.0], N_ROWS)
    y[N_ROWS - n_unlabeled :] = np.nan
    kind, model = ActiveSynthesisRegressor, SpyRegressor()
    if task == "classification":
        kind, model = ActiveSynthesisClassifier, SpyClassifier()
    log = run_spies(kind, model, X, y)
    labeled = set(range(N_ROWS - n_unlabeled))
    unlabeled = set(range(N_ROWS)) - labeled
    held_out = [set(test.tolist()) for _, test in SpyValidation.folds]
    assert set().union(*held_out) == labeled
    assert log[0] == ("estimator", labeled)
    seen = {who: [ids for name, ids in log[1:] if name == who] for who in {w for w, _ in log}}
    assert set(seen) == {"estimator", "member", "synthesizer", "labeler", "uncertainty"}
    for who, fits in seen.items():
        judged = [ids for ids in fits if any(not ids & fold for fold in held_out)]
        whole = [ids for ids in fits if all(ids & fold for fold in held_out)]
        assert len(judged) >= len(held_out), f"{who} was not fitted in every fold"
        assert len(whole) <= len(fits) - len(judged)
        for fold in held_out:
            assert any(not ids & fold for ids in fits), f"no {who} without fold"
        if who == "synthesizer":
            assert all(unlabeled <= ids for ids in fits)
        if who in ("labeler", "uncertainty"):
            assert all(not ids & unlabeled for ids in fits)


def test_each_fold_stays_blind_from_its_first_round_to_its_last():
    """In the order of the calls: the fits of a round of a fold never touch its held-out rows."""
    X = np.column_stack([np.arange(N_ROWS), np.random.RandomState(0).normal(size=N_ROWS)])
    log = run_spies(ActiveSynthesisClassifier, SpyClassifier(), X, np.resize([0, 1], N_ROWS))
    held_out = [set(test.tolist()) for _, test in SpyValidation.folds]
    # round 0: the whole table, then one fit a fold
    for fold, (who, ids) in zip(held_out, log[1:4], strict=True):
        assert who == "estimator"
        assert ids == set(range(N_ROWS)) - fold
    # round 1: between two fits of a synthesizer everything belongs to one fold
    starts = [k for k, (who, _) in enumerate(log) if who == "labeler"]
    for fold, first, last in zip(held_out, starts, [*starts[1:3], None], strict=False):
        block = log[first:last]
        until = [k for k, (who, _) in enumerate(block) if who == "estimator"][-1 if last else 0]
        for who, ids in block[: until + 1 if last is None else None]:
            assert not ids & fold, f"{who} saw held-out rows"


@pytest.mark.parametrize("labeler", ["committee", "pseudo"])
def test_members_that_label_a_row_have_not_seen_its_closer_parent(labeler):
    n = 30
    X = np.column_stack([np.arange(n), np.random.RandomState(1).normal(size=n)])
    y = np.resize([0, 1], n)
    LOG.clear()
    spy = SpyClassifier("member")
    part = (
        CommitteeLabeler([spy], n_splits=3, speakers="unseen", random_state=0)
        if labeler == "committee"
        else PseudoLabeler(spy, n_splits=3, random_state=0)
    ).fit(X, y)
    parents = np.array([[0, 1], [5, 9], [7, -1], [-1, 3], [40, 2]])
    closeness = np.array([0.7, 0.2, 1.0, 0.0, 0.9])
    closer = [0, 9, 7, 3, 2]  # 40 is an unlabelled row: the labelled parent counts
    rows = SyntheticBatch(X=X[closer], parents=parents, closeness=closeness)
    LOG.clear()
    part.label(rows)
    asked = {}
    for _, ids, training in LOG:
        for row in ids:
            asked.setdefault(row, []).append(training)
    assert set(asked) == set(closer)
    for row, trainings in asked.items():
        assert len(trainings) == 1
        assert row not in trainings[0]


def test_rows_without_labelled_parents_are_labelled_by_all():
    X = np.arange(12.0)[:, None]
    part = CommitteeLabeler([GaussianNB()], n_splits=3, random_state=0).fit(X, X[:, 0] > 5)
    fold = part.cross_fit_.parent_fold(
        SyntheticBatch(X=X[:2], parents=np.array([[20, -1], [-1, -1]]), closeness=np.ones(2))
    )
    assert fold.tolist() == [-1, -1]


@pytest.mark.parametrize(
    "unsure",
    [
        PredictiveUncertainty(RandomForestClassifier(20, random_state=0), random_state=0),
        PredictiveUncertainty(KNeighborsClassifier(3), random_state=0),
        CommitteeUncertainty(DecisionTreeClassifier(), measure="vote_entropy", random_state=0),
        CommitteeUncertainty(estimators=[DecisionTreeClassifier(), GaussianNB()], random_state=0),
    ],
    ids=["out-of-bag", "folds", "bootstrap", "list"],
)
def test_uncertainty_of_training_rows_is_out_of_fold(unsure):
    """Pure noise: a model that has seen a row is sure of it, one that has not is not."""
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(80, 3)), rng.randint(2, size=80)
    out_of_fold = unsure.fit_predict_uncertainty(X, y)
    in_sample = unsure.fit(X, y).predict_uncertainty(X)
    assert not np.allclose(out_of_fold, in_sample)
    if not isinstance(unsure.estimator, (KNeighborsClassifier, type(None))):
        assert out_of_fold.mean() > in_sample.mean() + 0.01


@pytest.mark.parametrize(
    "unsure",
    [
        PredictiveUncertainty(SpyClassifier(), random_state=0),
        LearnedLossUncertainty(SpyClassifier(), random_state=0),
    ],
    ids=lambda part: type(part).__name__,
)
def test_out_of_fold_fits_never_see_the_row(unsure):
    X = np.column_stack([np.arange(24.0), np.zeros(24)])
    LOG.clear()
    unsure.fit_predict_uncertainty(X, np.resize([0, 1], 24))
    asked = [entry for entry in LOG if entry[0].endswith("asked")]
    assert asked
    assert all(not ids & training for _, ids, training in asked)


def test_shuffled_labels_give_no_gain():
    """Labels without any relation to the rows: nothing to be learnt, nothing gained."""
    gains = []
    for seed in range(8):
        rng = np.random.RandomState(seed)
        X, y = rng.normal(size=(340, 4)), rng.randint(2, size=340)
        plain = LogisticRegression().fit(X[:40], y[:40])
        model = ActiveSynthesisClassifier(
            LogisticRegression(),
            labeler=CommitteeLabeler([GaussianNB(), LogisticRegression()]),
            validation=CrossValidation(n_splits=3),
            rate=FixedRate(2.0),
            max_iter=2,
            random_state=seed,
        ).fit(X[:40], y[:40])
        gains.append((model.predict(X[40:]) == y[40:]).mean() - plain.score(X[40:], y[40:]))
        chance = log_loss(y[40:], np.full((300, 2), 0.5))
        assert log_loss(y[40:], model.predict_proba(X[40:])) > chance - 0.02
    error = np.sqrt(2 * 0.25 / 300 / len(gains))
    assert abs(np.mean(gains)) < 3 * error


def test_what_the_gate_says_of_shuffled_labels_is_honest():
    """The held-out loss of the kept round is near that of new rows, not below chance."""
    losses = []
    for seed in range(4):
        rng = np.random.RandomState(seed)
        X, y = rng.normal(size=(60, 4)), rng.randint(2, size=60)
        model = ActiveSynthesisClassifier(
            DecisionTreeClassifier(), labeler=InheritLabeler(), rate=FixedRate(1.0),
            validation=CrossValidation(n_splits=3), max_iter=1, random_state=seed,
        ).fit(X, y)  # fmt: skip
        losses.append(model.history_["loss"].min())
    assert np.mean(losses) > np.log(2)


def test_held_out_rows_are_real_ones():
    X, y = make_classification(60, 4, random_state=0)
    splits = HoldoutValidation().split(y, random_state=0)
    for train, test in splits:
        assert not set(train) & set(test)
        assert set(train) | set(test) == set(range(60))


class Copier:
    """A synthesizer without parameters that repeats the rows of all tables it was fitted on."""

    def __init__(self):
        self.tables = []

    def fit(self, X, y, sample_weight=None):
        self.tables.append(np.asarray(X))
        return self

    def sample(self, anchor_indices, *, guide=None, random_state=None):
        known = np.unique(np.vstack(self.tables), axis=0)
        rows = np.resize(np.arange(len(known)), len(anchor_indices))
        parents = np.column_stack([anchor_indices, np.full(len(rows), -1)])
        return SyntheticBatch(X=known[rows], parents=parents, closeness=np.ones(len(rows)))


class Remember:
    """A labeler without parameters that knows the label of every row it ever met."""

    def __init__(self):
        self.labels = {}

    def fit(self, X, y, sample_weight=None):
        self.labels |= {tuple(row): label for row, label in zip(np.asarray(X), y, strict=True)}
        return self

    def label(self, batch):
        y = np.array([self.labels.get(tuple(row), 0) for row in batch.X])
        return batch.label(label_source="Remember", y=y)


@pytest.mark.parametrize("seed", range(3))
def test_parts_without_parameters_are_not_shared_by_folds(seed):
    rng = np.random.RandomState(seed)
    X, y = rng.normal(size=(N_ROWS, 3)), rng.permutation(np.resize([0, 1], N_ROWS))
    synthesizer, labeler = Copier(), Remember()
    with pytest.warns(SampleWeightWarning):
        model = ActiveSynthesisClassifier(
            KNeighborsClassifier(1), synthesizer=synthesizer, labeler=labeler,
            rate=FixedRate(2.0, patience=3), random_state=seed,
        ).fit(X, y)  # fmt: skip
    assert model.best_iteration_ == 0
    assert not synthesizer.tables
    assert not labeler.labels
