"""Rows of one group, a patient's say, are held out together wherever rows are judged."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.preprocessing import LabelBinarizer
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sklearn_synda import ActiveSynthesisClassifier, ActiveSynthesisRegressor
from sklearn_synda._folds import folds
from sklearn_synda.labeling import CommitteeLabeler, InheritLabeler, PseudoLabeler
from sklearn_synda.model_selection import budget_curve, compare
from sklearn_synda.query import BALDQuery, MarginQuery, VarianceQuery
from sklearn_synda.uncertainty import CommitteeUncertainty, PredictiveUncertainty
from sklearn_synda.validation import CrossValidation, FixedRate, HoldoutValidation, NoValidation
from sklearn_synda.validation._loss import share_by_group

PARTS = {"labeler": InheritLabeler(), "rate": FixedRate(0.5), "max_iter": 1, "random_state": 0}


@pytest.fixture
def visits():
    """Twelve patients of six visits each, in no order; a patient has one class."""
    rng = np.random.RandomState(0)
    patient = rng.permutation(np.repeat(np.arange(12), 6))
    X = rng.normal(size=(72, 3))
    X[:, 0] = patient  # what gives a row away
    return X, np.arange(12)[patient] % 2, np.array([f"patient {k}" for k in patient])


class SpyTree(DecisionTreeClassifier):
    fitted_on = []

    def fit(self, X, y, sample_weight=None):
        SpyTree.fitted_on.append(set(X[:, 0].astype(int)))
        return super().fit(X, y, sample_weight)


@settings(max_examples=60)
@example(groups=[1, 2, 4, 2, 4, 4, 4, 1, 3], n_splits=4, stratify=True, seed=12)
@given(
    groups=st.lists(st.integers(0, 6), min_size=4, max_size=40),
    n_splits=st.integers(2, 6),
    stratify=st.booleans(),
    seed=st.integers(0, 9),
)
def test_folds_hold_out_each_row_once_and_cut_no_group(groups, n_splits, stratify, seed):
    groups = np.asarray(groups)
    y = np.random.RandomState(seed).randint(2, size=len(groups))
    pairs = folds(y, n_splits, stratify=stratify, random_state=seed, groups=groups)
    held_out = np.concatenate([test for _, test in pairs])
    assert sorted(held_out) == list(range(len(y)))
    assert all(len(train) and len(test) for train, test in pairs)
    if len(np.unique(groups)) > 1:
        assert not any(set(groups[train]) & set(groups[test]) for train, test in pairs)


@pytest.mark.parametrize("validation", [CrossValidation(), HoldoutValidation()])
@pytest.mark.parametrize("kind", [int, float])
def test_what_is_held_out_are_whole_groups(visits, validation, kind):
    _, y, patient = visits
    splits = validation.split(y.astype(kind), groups=patient, random_state=0)
    assert splits
    for train, test in splits:
        assert not set(patient[train]) & set(patient[test])


def test_the_judged_model_has_not_met_the_patients_that_judge_it(visits):
    X, y, patient = visits
    model = ActiveSynthesisClassifier(
        SpyTree(), validation=CrossValidation(n_splits=3, min_held_out=0), **PARTS
    )
    for groups, n_patients in ((patient, 8), (None, 12)):
        SpyTree.fitted_on.clear()
        model.fit(X, y, **({} if groups is None else {"groups": groups}))
        of_all_rows, *of_folds = SpyTree.fitted_on[:4]
        assert len(of_all_rows) == 12
        assert [len(met) for met in of_folds] == [n_patients] * 3


def test_groups_take_away_what_only_a_known_patient_could_show(visits):
    """A model that knows the patients by name is nothing worth for new ones: the loss says so."""
    _, y, patient = visits
    names = LabelBinarizer().fit_transform(patient)
    model = ActiveSynthesisClassifier(LogisticRegression(C=100.0), **PARTS)
    assert model.fit(names, y).history_["loss"][0] < 0.1
    assert model.fit(names, y, groups=patient).history_["loss"][0] > 0.6


def test_members_of_the_committee_answer_for_patients_they_have_not_met(visits):
    X, y, patient = visits
    committee = CommitteeLabeler(random_state=0).fit(X, y, groups=patient)
    fold = committee.cross_fit_.fold_
    assert all(len(set(fold[patient == name])) == 1 for name in set(patient))


def test_the_committee_of_a_fit_gets_the_groups_of_its_rows(visits, monkeypatch):
    X, y, patient = visits
    met = []
    plain = CommitteeLabeler.fit

    def fit(self, X, y, sample_weight=None, groups=None):
        met.append((len(y), len(set(groups))))
        return plain(self, X, y, sample_weight, groups)

    monkeypatch.setattr(CommitteeLabeler, "fit", fit)
    y = y.astype(float)
    y[:12] = np.nan
    parts = PARTS | {"labeler": CommitteeLabeler([DecisionTreeClassifier(max_depth=2)])}
    parts["validation"] = HoldoutValidation()
    ActiveSynthesisClassifier(DecisionTreeClassifier(), **parts).fit(X, y, groups=patient)
    assert met[0][0] < 60
    assert met[0][1] < len(set(patient[12:]))


def test_one_group_keeps_the_plain_model(visits):
    X, y, _ = visits
    model = ActiveSynthesisClassifier(DecisionTreeClassifier(), **PARTS)
    model.fit(X, y, groups=["all"] * len(y))
    assert model.termination_condition_ == "too_few_rows"


def test_regression(visits):
    X, y, patient = visits
    model = ActiveSynthesisRegressor(Ridge(), **PARTS).fit(X, y + X[:, 1], groups=patient)
    assert model.history_["loss"].shape == (2,)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda groups: groups[:-1],
            r"each of the 72 rows of X, in one column. Got the shape \(71,",
        ),
        (lambda groups: np.c_[groups, groups], r"in one column. Got the shape \(72, 2\)"),
        (lambda groups: 3, r"in one column. Got the shape \(\)"),
        (lambda groups: [None, *groups[1:]], "Got 1 missing ones instead: give a row of no group"),
    ],
)
def test_bad_groups(visits, change, sentence):
    X, y, patient = visits
    with pytest.raises(ValueError, match=sentence):
        ActiveSynthesisClassifier(DecisionTreeClassifier(), **PARTS).fit(
            X, y, groups=change(patient)
        )


def test_groups_of_several_types(visits):
    X, y, patient = visits
    groups = np.array([*range(6), *patient[6:]], dtype=object)
    model = ActiveSynthesisClassifier(DecisionTreeClassifier(), **PARTS)
    codes = model.fit(X, y, groups=groups)._table.groups
    assert len(set(codes)) == 6 + len(set(patient[6:]))
    assert len(set(zip(groups.tolist(), codes.tolist(), strict=True))) == len(set(codes))


def test_a_pool_of_one_class_is_refused_without_groups_too():
    with pytest.raises(ValueError, match="'y' parameter of budget_curve must leave two classes"):
        budget_curve(SpyTree(), np.ones((40, 1)), np.zeros(40, dtype=int), budgets=[4, 8])


class RowByRow:
    """A validation part of somebody else's that knows no groups."""

    def split(self, y, *, random_state=None):
        return CrossValidation().split(y, random_state=random_state)

    def best_round(self, losses, shrunken, distances):
        return 0


class ByGroups(RowByRow):
    """One that does, and says nothing of metadata."""

    given = None

    def split(self, y, *, groups=None, random_state=None):
        ByGroups.given = groups
        return CrossValidation().split(y, groups=groups, random_state=random_state)


class AsEstimator(ByGroups, BaseEstimator):
    """The same, as the base class of scikit-learn makes it."""


class Whatever(ByGroups):
    def split(self, y, **params):
        return super().split(y, **params)


def test_a_validation_without_groups_is_refused(visits):
    X, y, patient = visits
    model = ActiveSynthesisClassifier(DecisionTreeClassifier(), validation=RowByRow(), **PARTS)
    model.fit(X, y)
    with pytest.raises(TypeError, match="RowByRow is not compatible with the 'groups'"):
        model.fit(X, y, groups=patient)


@pytest.mark.parametrize("routing", [False, True])
@pytest.mark.parametrize("validation", [ByGroups(), AsEstimator(), Whatever()])
def test_a_validation_that_takes_groups_gets_them(visits, validation, routing):
    X, y, patient = visits
    ByGroups.given = None
    model = ActiveSynthesisClassifier(DecisionTreeClassifier(), validation=validation, **PARTS)
    with config_context(enable_metadata_routing=routing):
        model.fit(X, y, groups=patient)
    assert len(set(ByGroups.given)) == 12


@pytest.mark.parametrize("routing", [False, True])
@pytest.mark.parametrize("validation", [CrossValidation(), HoldoutValidation(), NoValidation()])
def test_every_validation_takes_groups(visits, validation, routing):
    X, y, patient = visits
    model = ActiveSynthesisClassifier(DecisionTreeClassifier(), validation=validation, **PARTS)
    with config_context(enable_metadata_routing=routing):
        model.fit(X, y, groups=patient)
        assert model._table.groups is not None


def test_groups_that_are_not_wanted_are_not_given(visits):
    X, y, patient = visits
    with config_context(enable_metadata_routing=True):
        validation = AsEstimator().set_split_request(groups=False)
        model = ActiveSynthesisClassifier(DecisionTreeClassifier(), validation=validation, **PARTS)
        with pytest.raises(TypeError, match="groups"):
            model.fit(X, y, groups=patient)


@pytest.mark.parametrize("routing", [False, True])
def test_a_validation_given_as_a_class_is_named(visits, routing):
    X, y, patient = visits
    model = ActiveSynthesisClassifier(DecisionTreeClassifier(), validation=CrossValidation, **PARTS)
    with (
        config_context(enable_metadata_routing=routing),
        pytest.raises(TypeError, match=r"write CrossValidation\(\)"),
    ):
        model.fit(X, y, groups=patient)


def test_unlabelled_rows_of_held_out_patients_are_not_learnt_from(visits):
    X, y, patient = visits
    y = y.astype(float)
    y[::5] = np.nan
    SpyTree.fitted_on.clear()
    validation = CrossValidation(n_splits=3, min_held_out=0)
    parts = PARTS | {"labeler": PseudoLabeler(LogisticRegression()), "validation": validation}
    unsure = PredictiveUncertainty(LogisticRegression())
    ActiveSynthesisClassifier(SpyTree(), uncertainty=unsure, **parts).fit(X, y, groups=patient)
    of_all_rows, *rest = SpyTree.fitted_on
    assert len(of_all_rows) == 12
    alone, with_made_rows = rest[:3], rest[3:6]
    assert alone == with_made_rows
    assert [len(met) for met in alone] == [8] * 3


def test_visits_of_one_patient_are_one_piece_of_evidence():
    losses = np.array([[1.0, 3.0, 2.0, 2.0, 5.0]])
    shares = share_by_group(losses, np.array([7, 7, 2, 2, 4]))
    np.testing.assert_allclose(shares, [[4.0 * 3 / 5, 5.0 * 3 / 5, 4.0 * 3 / 5]])
    assert shares.mean() == pytest.approx(losses.mean())


def test_the_standard_error_is_that_of_the_groups(visits):
    X, y, patient = visits
    model = ActiveSynthesisClassifier(LogisticRegression(), **PARTS)
    alone = model.fit(X[:60], y[:60], groups=np.arange(60)).history_
    twice = np.tile(X[:60], (2, 1)), np.tile(y[:60], 2)
    again = model.fit(*twice, groups=np.tile(np.arange(60), 2)).history_
    assert again["loss_std"][0] == pytest.approx(alone["loss_std"][0], rel=0.2)


def test_pseudo_labels_come_from_folds_that_cut_no_group(visits):
    X, y, patient = visits
    fold = PseudoLabeler(LogisticRegression()).fit(X, y, groups=patient).cross_fit_.fold_
    assert all(len(set(fold[patient == name])) == 1 for name in set(patient))


def test_two_groups_may_be_too_few_to_hold_one_out():
    y = np.resize([0, 1], 12)
    assert HoldoutValidation(test_size=0.75).split(y, groups=np.repeat([0, 1], 6)) == []


def test_many_groups_are_not_tried_one_by_one(monkeypatch):
    monkeypatch.setattr("sklearn_synda._folds.StratifiedGroupKFold", None)
    y = np.resize([0, 1], 4000)
    pairs = folds(y, 5, stratify=True, random_state=0, groups=np.arange(4000))
    assert [len(test) for _, test in pairs] == [800] * 5


def test_new_rows_without_a_group_are_not_taught(visits):
    X, y, patient = visits
    model = ActiveSynthesisClassifier(DecisionTreeClassifier(), **PARTS).fit(X, y, groups=patient)
    with pytest.raises(ValueError, match="'groups' of the last fit"):
        model.teach(X[:2], y[:2])


def test_a_search_by_groups_hands_them_on(visits, monkeypatch):
    X, y, patient = visits
    seen = []
    plain = CrossValidation.split

    def split(self, y, *, groups=None, random_state=None):
        seen.append(groups)
        return plain(self, y, groups=groups, random_state=random_state)

    monkeypatch.setattr(CrossValidation, "split", split)
    model = ActiveSynthesisClassifier(DecisionTreeClassifier(random_state=0), **PARTS)
    search = GridSearchCV(model, {"estimator__max_depth": [1, 2]}, cv=GroupKFold(3))
    with config_context(enable_metadata_routing=True):
        search.fit(X, y, groups=patient)
    assert len(seen) == 7
    assert [len(set(groups)) for groups in seen] == [8] * 6 + [12]


def test_a_search_inside_gets_the_groups_it_asks_for(visits):
    X, y, patient = visits
    with config_context(enable_metadata_routing=True):
        inner = GridSearchCV(DecisionTreeClassifier(), {"max_depth": [1, 2]}, cv=GroupKFold(2))
        unsure = PredictiveUncertainty(DecisionTreeClassifier(max_depth=2))
        model = ActiveSynthesisClassifier(inner, uncertainty=unsure, **PARTS)
        model.fit(X, y, groups=patient)
    assert model.estimator_.n_splits_ == 2


def test_a_simulated_labelling_holds_out_patients_it_never_asks_about(visits, monkeypatch):
    X, y, patient = visits
    given, judged = [], []

    def scoring(estimator, X, y):
        judged.append(set(X[:, 0].astype(int)))
        return estimator.score(X, y)

    plain = ActiveSynthesisClassifier.fit
    monkeypatch.setattr(
        ActiveSynthesisClassifier,
        "fit",
        lambda self, X, y, **params: given.append(params) or plain(self, X, y, **params),
    )
    SpyTree.fitted_on.clear()
    strategies = {"margin": MarginQuery()}
    found = compare(
        SpyTree(), X, y, strategies, groups=patient, budgets=[10, 20], scoring=scoring, n_seeds=2
    )
    assert set(found.curves) == {"margin", "random"}
    told = sorted(len(params.get("groups", [])) for params in given)
    assert told == [0] * 4 + [10] * 4 + [20] * 4
    assert len(judged) == len(SpyTree.fitted_on) == 12
    assert not any(met & asked for met, asked in zip(SpyTree.fitted_on, judged, strict=True))


@pytest.mark.parametrize(
    ("groups", "sentence"),
    [
        (np.zeros(40, dtype=int), "at least two groups"),
        (np.repeat(np.arange(4), 10), "leave two classes in every pool"),
        (np.repeat(np.arange(8), [19, 3, 3, 3, 3, 3, 3, 3]), "must not exceed the 12 rows"),
    ],
)
def test_draws_are_checked_before_the_first_fit(groups, sentence):
    y = (np.arange(40) < 10).astype(int)
    SpyTree.fitted_on.clear()
    with pytest.raises(ValueError, match=sentence):
        budget_curve(
            SpyTree(), y[:, None], y, groups=groups, budgets=[4, 18], n_seeds=9, random_state=0
        )
    assert not SpyTree.fitted_on


def test_whole_groups_may_leave_fewer_rows_than_are_asked_for(visits):
    X, y, patient = visits
    with pytest.raises(ValueError, match="must not exceed the 36 rows that are not held out"):
        budget_curve(SpyTree(), X, y, groups=patient, budgets=[40], test_size=0.5)


class Meets:
    """An uncertainty part that knows whom it was fitted on."""

    def fit(self, X, y, sample_weight=None):
        self.met_ = set(X[:, 0].astype(int))
        return super().fit(X, y, sample_weight)


class SpyUncertainty(Meets, PredictiveUncertainty):
    asked = []

    def predict_uncertainty(self, X):
        SpyUncertainty.asked.append((self.met_, set(X[:, 0].astype(int))))
        return super().predict_uncertainty(X)


def test_anchors_are_judged_by_who_has_not_met_their_group(visits):
    X, y, patient = visits
    SpyUncertainty.asked.clear()
    part = SpyUncertainty(DecisionTreeClassifier(max_depth=2))
    parts = {**PARTS, "validation": NoValidation(), "uncertainty": part}
    model = ActiveSynthesisClassifier(DecisionTreeClassifier(), **parts)
    model.fit(X, y, groups=patient)
    assert len(SpyUncertainty.asked) == 3
    assert not any(met & asked for met, asked in SpyUncertainty.asked)
    assert set.union(*(asked for _, asked in SpyUncertainty.asked)) == set(range(12))
    assert np.isfinite(model.provenance_.uncertainty[model.provenance_.round > 0]).all()


@pytest.mark.parametrize("strategy", [BALDQuery(), VarianceQuery(), MarginQuery()])
def test_strategies_for_anchors_ask_who_has_not_met_their_group(strategy, visits):
    X, _, patient = visits
    number = X[:, 0].astype(int)
    y = number % 3  # a class may be in two patients alone
    y[number > 8] = 0
    kind, model = ActiveSynthesisClassifier, DecisionTreeClassifier()
    if isinstance(strategy, VarianceQuery):
        kind, model, y = ActiveSynthesisRegressor, DecisionTreeRegressor(), number * 1.0
    SpyMembers.asked.clear()
    part = SpyMembers(n_estimators=3, bootstrap=False, random_state=0)
    parts = {**PARTS, "validation": NoValidation(), "uncertainty": part}
    fitted = kind(model, query_strategy=strategy, **parts).fit(X, y, groups=patient)
    assert len(fitted.synthetic_X_)
    judged = [asked for met, asked in SpyMembers.asked if not met & asked]
    assert set.union(*judged) == set(range(12))


class SpyMembers(Meets, CommitteeUncertainty):
    asked = []

    def predict_members(self, X):
        SpyMembers.asked.append((self.met_, set(X[:, 0].astype(int))))
        return super().predict_members(X)
