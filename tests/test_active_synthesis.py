"""The public face of the two meta-estimators."""

import warnings
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    StackingClassifier,
)
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sklearn_synda import ActiveSynthesisClassifier, ActiveSynthesisRegressor
from sklearn_synda._active_synthesis._active_learning import _not_among
from sklearn_synda._active_synthesis._dispute import most_disputed
from sklearn_synda._columns import Columns
from sklearn_synda._fitting import of_one_worker
from sklearn_synda._rows import SyntheticBatch
from sklearn_synda.integration import WeightedIntegrator
from sklearn_synda.labeling import CommitteeLabeler, InheritLabeler, PseudoLabeler
from sklearn_synda.query import BALDQuery, GreedyQuery, KCenterQuery, RandomQuery, VarianceQuery
from sklearn_synda.synthesis import MixingSynthesizer, SMOTESynthesizer
from sklearn_synda.uncertainty import CommitteeUncertainty
from sklearn_synda.validation import AdaptiveRate, CrossValidation, FixedRate, NoValidation


class RiggedValidation(CrossValidation):
    """Held-out rows that prefer the round they are told to."""

    def __init__(self, best=0):
        super().__init__(n_splits=2)
        self.best = best

    def best_round(self, losses, shrunken, distances):
        return min(self.best, len(losses) - 1)


class RecordingValidation(CrossValidation):
    """Keeps the shape of what it was shown."""

    def best_round(self, losses, shrunken, distances):
        type(self).shown = losses, shrunken, distances
        return 0


def fit_small(estimator, light, X, y, **changes):
    parts = {**light, "random_state": 0, **changes}
    return ActiveSynthesisClassifier(estimator, **parts).fit(X, y)


@pytest.mark.parametrize(
    "names",
    [
        [3, 7],
        [-1, 1],
        ["no", "yes"],
        [False, True],
        np.array(["b", "a"], dtype=object),
        ["x", "y", "z"],
        [10, 20, 30],
    ],
    ids=str,
)
def test_labels_of_any_type(names, light):
    n_classes = len(names)
    X, codes = make_classification(
        60, 5, n_informative=4, n_redundant=0, n_classes=n_classes, random_state=1
    )
    y = np.asarray(names)[codes]
    model = fit_small(LogisticRegression(), light, X, y, validation=NoValidation())
    assert model.classes_.tolist() == sorted(set(y.tolist()))
    assert model.classes_.dtype == y.dtype
    assert set(model.predict(X)) == set(y.tolist())
    assert set(model.synthetic_y_) <= set(y.tolist())
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), model.predict_proba(X))
    assert model.score(X, y) > 1.2 / n_classes


def partly(y, missing, dtype=object):
    """Targets of which every second one is missing."""
    partial = np.asarray(y, dtype=dtype).copy()
    partial[::2] = missing
    return partial


@pytest.mark.parametrize(
    ("y", "missing_label", "classes"),
    [
        (partly(np.resize([0, 1, 1], 60), None), np.nan, [0, 1]),
        (partly(np.resize(["a", "b", "b"], 60), None), np.nan, ["a", "b"]),
        (partly(np.resize([4, 1, 1], 60), np.nan, float), np.nan, [1, 4]),
        (pd.Series(partly(np.resize([4, 1, 1], 60), pd.NA), dtype="Int64"), np.nan, [1, 4]),
        (pd.Series(partly(np.resize(list("abb"), 60), pd.NA), dtype="string"), np.nan, ["a", "b"]),
        (partly(np.resize([4, 1, 1], 60), Decimal("NaN")), np.nan, [1, 4]),
        (partly(np.resize([0, 1, 1], 60), -1, int), -1, [0, 1]),
        (partly(np.resize(["a", "b", "b"], 60), "?"), "?", ["a", "b"]),
    ],
    ids=["None", "None-str", "NaN", "Int64", "string", "decimal", "-1", "str"],
)  # fmt: skip
def test_unlabelled_rows(y, missing_label, classes, light):
    X = np.random.RandomState(0).normal(size=(60, 3)) + np.resize([0, 2, 2], 60)[:, None]
    model = fit_small(
        LogisticRegression(), light, X, y, missing_label=missing_label,
        validation=NoValidation(), labeler=CommitteeLabeler([GaussianNB()]),
    )  # fmt: skip
    assert model.classes_.tolist() == classes
    assert model.classes_.dtype.kind in "iUO"
    assert sorted(model.provenance_.row[model.provenance_.round == 0]) == list(range(1, 60, 2))
    adopted = model.provenance_.synthesizer == "unlabeled row"
    assert set(model.provenance_.parents[adopted, 0]) == set(range(0, 60, 2))
    assert set(model.predict(X).tolist()) <= set(classes)


def test_minus_one_is_a_class_unless_told(light):
    X, codes = make_classification(60, 5, random_state=0)
    y = np.array([-1, 1])[codes]
    assert fit_small(GaussianNB(), light, X, y).classes_.tolist() == [-1, 1]


def test_values_may_be_missing(light, values):
    X, y = values
    y = y.copy()
    y[:30] = np.nan
    parts = {**light, "labeler": CommitteeLabeler([Ridge()]), "validation": NoValidation()}
    model = ActiveSynthesisRegressor(Ridge(), random_state=0, **parts).fit(X, y)
    assert (model.provenance_.row[model.provenance_.round == 0] >= 30).all()
    assert model.score(X[:30], values[1][:30]) > 0.8
    assert np.isfinite(model.synthetic_y_).all()


def test_partial_fit_and_methods_only_where_the_model_has_them():
    tree = ActiveSynthesisClassifier(DecisionTreeClassifier())
    assert not hasattr(tree, "partial_fit")
    assert not hasattr(tree, "decision_function")
    assert hasattr(tree, "predict_proba")
    assert hasattr(ActiveSynthesisClassifier(GaussianNB()), "partial_fit")
    assert not hasattr(ActiveSynthesisRegressor(), "predict_proba")


def test_query_then_teach(light, two_classes):
    X, y = two_classes
    model = fit_small(LogisticRegression(), light, X[:30], y[:30])
    indices = model.query(X[30:], batch_size=4)
    assert len(set(indices)) == 4
    proba = model.predict_proba(X[30:])[:, 0]
    others = np.setdiff1d(np.arange(50), indices)
    assert np.abs(proba[indices] - 0.5).max() <= np.abs(proba[others] - 0.5).min()
    model.teach(X[30:][indices], y[30:][indices])
    real = model.provenance_.round == 0
    assert real.sum() == 34
    assert model.n_features_in_ == 6


def test_teach_keeps_unlabelled_rows_and_weights(light, two_classes):
    X, y = two_classes
    partial = y.astype(float)
    partial[20:] = np.nan
    model = ActiveSynthesisClassifier(GaussianNB(), random_state=0, **light)
    model.fit(X, partial, sample_weight=np.full(80, 2.0))
    with pytest.raises(ValueError, match="arguments 'sample_weight' of the last fit of .* the new"):
        model.teach(X[20:23], y[20:23])  # a weight of 1 beside weights of 1000 would be none
    model.teach(X[20:23], y[20:23], sample_weight=[3.0, 4.0, 5.0])
    assert len(model._table.y) == 23
    assert len(model._table.unlabeled_row) == 57
    assert model._table.sample_weight.tolist() == [2.0] * 20 + [3.0, 4.0, 5.0]
    assert model._table.unlabeled_weight.tolist() == [2.0] * 57
    assert model.classes_.dtype.kind == "i"


def test_an_unlabelled_row_that_is_learnt_keeps_its_position(light, two_classes):
    X, y = two_classes
    partial = np.where(np.arange(80) % 3, y, np.nan)
    model = fit_small(GaussianNB(), light, X, partial, validation=NoValidation(),
                      labeler=CommitteeLabeler([GaussianNB()]))  # fmt: skip
    origin = model.provenance_
    adopted = (origin.round == 1) & ~origin.is_made
    assert adopted.any()
    assert set(origin.row[adopted]) <= set(np.flatnonzero(np.isnan(partial)))
    assert (origin.row[origin.is_made] == -1).all()
    assert origin.is_made.sum() == len(model.synthetic_y_)


@pytest.mark.parametrize("container", [np.asarray, pd.DataFrame, pl.DataFrame, sparse.csr_array])
def test_a_row_that_is_taught_is_no_longer_unlabelled(container, light, two_classes):
    X, y = two_classes
    X = np.where(X > 0, X, 0.0)
    X[:, 5] = np.arange(80)
    X[41] = X[40]  # taught once, there twice
    if container is not sparse.csr_array:
        X[44, 2] = np.nan
    partial = np.where(np.arange(80) < 30, y, np.nan)
    model = ActiveSynthesisClassifier(
        HistGradientBoostingClassifier(max_iter=2) if container is not sparse.csr_array
        else DecisionTreeClassifier(), random_state=0, **light
    ).fit(container(X), partial)  # fmt: skip
    model.teach(container(X[[40, 44, 20]]), y[[40, 44, 20]])  # the last one had a label before
    left = np.delete(np.arange(30, 80), [10, 14])
    rest = model._table.X_unlabeled
    rest = rest.toarray() if sparse.issparse(rest) else np.asarray(rest)
    np.testing.assert_array_equal(rest, X[left])
    assert len(model._table.y) == 33


def test_zeros_and_gaps_have_no_sign_where_rows_are_compared():
    known = np.array([[0.0, 1.0], [np.nan, 3.0], [4.0, 5.0]])
    assert _not_among(known, np.array([[-0.0, 1.0], [-np.nan, 3.0]])).tolist() == [2]
    shape = 10**7
    wide = sparse.csr_array(([1.0, 2.0], ([0, 1], [5, 7])), shape=(2, shape))
    halves = sparse.csr_array(([0.5, 0.5, 0.0], ([0, 0, 0], [5, 5, 9])), shape=(1, shape))
    assert Columns(wide).is_wide
    assert _not_among(wide, halves).tolist() == [1]


def test_score_leaves_rows_without_a_label_out(light, two_classes, values):
    for kind, estimator, (X, y) in (
        (ActiveSynthesisClassifier, GaussianNB(), two_classes),
        (ActiveSynthesisRegressor, Ridge(), values),
    ):
        model = kind(estimator, random_state=0, **light).fit(X[:40], y[:40])
        given, weight = np.arange(80) % 3 > 0, np.arange(80.0)
        expected = model.score(X[given], y[given], weight[given])
        assert expected == type(model.estimator_).score(
            model.estimator_, X[given], y[given], weight[given]
        )
        for gaps in (np.where(given, y, np.nan), np.where(given, y.astype(object), None)):
            assert model.score(X, gaps, weight) == expected
        with pytest.raises(
            ValueError, match="score must hold at least one label. Got 2 unlabelled"
        ):
            model.score(X[:2], [np.nan, np.nan])
        assert model.score(X[given], y[given].astype(object), weight[given]) == expected
        assert (
            model.score(X[given], y[given][:, None], weight[given]) == expected
        )  # as nets want it
        for rows, weights in ((X[:79], None), (X, weight[:79])):
            with pytest.raises(ValueError, match="inconsistent numbers of samples"):
                model.score(rows, np.where(given, y, np.nan), weights)
        with pytest.raises(ValueError, match="requires y to be passed, but the target y is None"):
            model.score(X, None)
    names = np.where(given, np.array(["n", "p"], dtype=object)[two_classes[1]], None)
    search = GridSearchCV(
        ActiveSynthesisClassifier(DecisionTreeClassifier(), random_state=0, **light),
        {"estimator__max_depth": [1, 2]}, cv=3,
    ).fit(two_classes[0], names)  # fmt: skip
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_a_list_of_names_and_numbers_is_refused(light, two_classes):
    X, y = two_classes
    model = ActiveSynthesisClassifier(GaussianNB(), **light)
    with pytest.raises(ValueError, match="labels of one type. Got int, str instead"):
        model.fit(X, [1 if code else "two" for code in y])
    names = [None if k % 3 == 0 else "np"[code] for k, code in enumerate(y)]
    assert model.fit(X, names).classes_.tolist() == ["n", "p"]
    marked = [-1 if name is None else name for name in names]
    assert model.set_params(missing_label=-1).fit(X, marked).classes_.tolist() == ["n", "p"]


def test_an_explanation_has_the_seed_of_the_model(light, two_classes):
    X, y = two_classes
    model = fit_small(GaussianNB(), light, X[:40], y[:40])
    first, again = (model.explain_uncertainty(X[40:43]) for _ in "ab")
    np.testing.assert_array_equal(first, again)
    assert (model.explain_uncertainty(X[40:43], random_state=7) != first).any()


def test_rows_taught_with_weights_stand_beside_rows_of_weight_one(light, two_classes):
    X, y = two_classes
    model = fit_small(GaussianNB(), light, X[:40], y[:40]).teach(X[40:42], y[40:42], [2.0, 3.0])
    assert model._table.sample_weight.tolist() == [1.0] * 40 + [2.0, 3.0]
    with pytest.raises(ValueError, match="sample_weight"):
        model.teach(X[42:44], y[42:44], [1.0])


def test_teach_regression(light, values):
    X, y = values
    model = ActiveSynthesisRegressor(Ridge(), random_state=0, **light).fit(X[:40], y[:40])
    indices = model.query(X[40:], batch_size=3)
    assert (model.teach(X[40:][indices], y[40:][indices]).provenance_.round == 0).sum() == 43


def test_predict_uncertainty(light, two_classes):
    X, y = two_classes
    model = fit_small(LogisticRegression(), light, X, y)
    proba = model.predict_proba(X)
    np.testing.assert_allclose(model.predict_uncertainty(X), 1 - np.abs(proba[:, 0] - proba[:, 1]))


def test_max_iter_zero_is_the_plain_model(light, two_classes, values):
    for Meta, estimator, (X, y) in [
        (ActiveSynthesisClassifier, RandomForestClassifier(7, random_state=5), two_classes),
        (ActiveSynthesisRegressor, DecisionTreeRegressor(random_state=5), values),
    ]:
        model = Meta(estimator, **{**light, "max_iter": 0}).fit(X, y)
        np.testing.assert_array_equal(model.predict(X), clone(estimator).fit(X, y).predict(X))
        assert model.n_iter_ == model.best_iteration_ == 0
        assert not len(model.synthetic_y_)
        assert not (model.provenance_.round > 0).any()


@pytest.mark.parametrize("best", [0, 1, 2])
def test_the_best_round_is_what_one_gets(best, light, two_classes):
    X, y = two_classes
    model = fit_small(
        DecisionTreeClassifier(), light, X, y, validation=RiggedValidation(best), max_iter=3,
        rate=FixedRate(light["rate"].rate, patience=3),
    )  # fmt: skip
    assert model.best_iteration_ == best
    assert model.n_iter_ == 3
    assert set(model.provenance_.round) == set(range(best + 1))
    assert len(model.synthetic_y_) == best * 40


def test_stops_when_the_loss_no_longer_falls(light):
    X, y = make_classification(100, 5, flip_y=0.5, random_state=0)
    model = fit_small(DecisionTreeClassifier(), light, X, y, max_iter=50)
    assert model.n_iter_ < 50
    assert model.termination_condition_ == "no_change"
    losses = model.history_["loss"]
    assert losses[:-1].argmin() == len(losses) - 2
    still = fit_small(GaussianNB(), light, X, y, rate=FixedRate(0))
    assert still.termination_condition_ == "zero_rate"


def test_provenance(light, two_classes):
    X, y = two_classes
    partial = y.astype(float)
    partial[::2] = np.nan
    model = fit_small(
        GaussianNB(), light, X, partial, validation=NoValidation(), max_iter=2,
        synthesizer=SMOTESynthesizer(), integrator=WeightedIntegrator(alpha=0.25),
    )  # fmt: skip
    origin = model.provenance_
    real, made = origin.round == 0, origin.round > 0
    assert set(origin.round) == {0, 1, 2} | ({-1} if (origin.round == -1).any() else set())
    assert (origin.row[real] % 2 == 1).all()
    assert (origin.row[made] == -1).all()
    assert (origin.parents[real] == -1).all()
    assert ((origin.parents[made, 0] >= 0) & (origin.parents[made, 0] < 80)).all()
    assert ((origin.parents[made, 1] >= -1) & (origin.parents[made, 1] < 80)).all()
    assert np.isclose(origin.weight[made].sum() / origin.weight[real | made].sum(), 0.25)
    assert ((origin.trust >= 0) & (origin.trust <= 1)).all()
    assert np.isfinite(origin.uncertainty[made]).all()
    assert set(origin.label_source[made]) == {"InheritLabeler"}
    assert set(origin.label_source[real]) == {"given"}
    frame = origin.to_frame()
    assert len(frame) == len(origin)
    assert {"round", "row", "anchor", "partner", "region", "uncertainty", "synthesizer",
            "label_source", "trust", "weight"} == set(frame.columns)  # fmt: skip
    assert model.synthetic_X_.shape == (made.sum(), 6)
    assert model.synthetic_y_.shape == (made.sum(),)
    np.testing.assert_array_equal(origin.is_made, made)
    np.testing.assert_array_equal(model.synthetic_weight_, origin.weight[made])


def test_synthetic_rows_lie_at_their_parents(light, two_classes):
    """The parents named are the rows the made one came from, also with unlabelled ones."""
    X, y = two_classes
    partial = y.astype(float)
    partial[::3] = np.nan
    model = fit_small(GaussianNB(), light, X, partial, validation=NoValidation(),
                      labeler=CommitteeLabeler([GaussianNB()]))  # fmt: skip
    origin = model.provenance_
    parents = origin.parents[(origin.round > 0) & (origin.synthesizer != "unlabeled row")]
    for row, (anchor, partner) in zip(model.synthetic_X_, parents, strict=True):
        assert all(v in (X[anchor, j], X[partner, j]) for j, v in enumerate(row))


def test_synthesizers_know_the_class_of_each_row(light, two_classes):
    X, y = two_classes
    partial = np.where(np.arange(80) % 3 == 0, np.nan, y)
    model = fit_small(
        GaussianNB(), light, X, partial, validation=NoValidation(),
        synthesizer=SMOTESynthesizer(partner="same_class"),
    )  # fmt: skip
    origin = model.provenance_
    parents = origin.parents[origin.synthesizer == "SMOTESynthesizer"]
    parents = parents[parents[:, 0] % 3 > 0]
    np.testing.assert_array_equal(partial[parents[:, 0]], partial[parents[:, 1]])


def test_grid_search_over_model_and_parts(light, two_classes):
    X, y = two_classes
    model = ActiveSynthesisClassifier(DecisionTreeClassifier(), random_state=0, **light)
    grid = {
        "estimator__max_depth": [1, 3],
        "synthesizer": [SMOTESynthesizer(), MixingSynthesizer(n_neighbors=3)],
        "rate__rate": [0.0, 1.0],
    }
    search = GridSearchCV(model, grid, cv=2).fit(X, y)
    assert len(search.cv_results_["params"]) == 8
    assert search.best_estimator_.estimator_.max_depth in (1, 3)
    assert search.score(X, y) > 0.6


def test_pipelines_around_and_within(light, two_classes):
    X, y = two_classes
    inner = make_pipeline(StandardScaler(), LogisticRegression())
    model = fit_small(inner, light, X, y, validation=NoValidation())
    assert len(model.synthetic_y_) == 40
    outer = make_pipeline(
        StandardScaler(), ActiveSynthesisClassifier(LogisticRegression(), random_state=0, **light)
    )
    assert outer.fit(X, y).score(X, y) > 0.7


def test_html_names_the_parts(light):
    html = ActiveSynthesisClassifier(
        LogisticRegression(), query_strategy=RandomQuery(), **light
    )._repr_html_()
    for name in ("LogisticRegression", "RandomQuery", "InheritLabeler", "HoldoutValidation"):
        assert name in html


def test_a_teacher_keeps_the_rows_its_pupil_disputes(two_classes):
    X, y = two_classes
    teacher = SyntheticBatch(
        X=X[:6], parents=np.zeros((6, 2), dtype=np.intp), closeness=np.ones(6)
    ).label(label_source="test", proba=np.tile([1.0, 0.0], (6, 1)), classes=np.array([0, 1]))
    pupil = GaussianNB().fit(X, y)
    dispute = pupil.predict_proba(X[:6])[:, 1]
    kept = most_disputed(teacher, pupil, np.array([0, 1]), n_candidates=3)
    expected = [dispute[:3].argmax(), 3 + dispute[3:].argmax()]
    np.testing.assert_array_equal(kept.X, X[expected])
    values = teacher.label(label_source="test", y=np.arange(6.0))
    ridge = Ridge().fit(X, np.zeros(len(X)))  # says 0: the largest value is disputed most
    np.testing.assert_array_equal(most_disputed(values, ridge, None, 3).X, X[[2, 5]])
    svm = LinearSVC().fit(X, np.where(y == 1, "b", "a"))
    assert (svm.predict(X[:6]) == "b").any()
    (kept,) = most_disputed(teacher, svm, np.array(["a", "b"]), n_candidates=6).X
    assert svm.predict(kept[None]) == ["b"]


def test_n_candidates_makes_no_more_rows(two_classes, light):
    X, y = two_classes
    parts = {**light, "validation": NoValidation()}
    made = {
        n: fit_small(
            GaussianNB(), parts, X, y, labeler=CommitteeLabeler([GaussianNB()], n_candidates=n)
        )
        for n in (1, 4)
    }
    rows = [len(set(map(tuple, np.round(made[n].synthetic_X_, 9)))) for n in (1, 4)]
    assert rows[1] <= 40
    assert rows[0] <= 40
    assert not np.array_equal(made[1].synthetic_X_[:5], made[4].synthetic_X_[:5])


def test_adopted_rows_are_not_called_made(two_classes, light):
    X, y = two_classes
    y = y.astype(float)
    y[40:] = np.nan
    model = fit_small(GaussianNB(), {**light, "validation": NoValidation()}, X, y)
    adopted = model.provenance_.synthesizer == "unlabeled row"
    assert adopted.sum() >= 40
    made = (model.provenance_.round > 0) & ~adopted
    assert len(model.synthetic_X_) == len(model.synthetic_y_) == made.sum()


@pytest.mark.parametrize("patience", [1, 2, 4])
def test_patience_is_counted_from_the_best_round(light, patience, monkeypatch):
    """Losses that fall once and rise ever after: so many rounds more, and no further."""
    losses = iter([0.5, 0.4, 0.6, 0.6, 0.6, 0.6, 0.6])
    X, y = make_classification(60, 4, random_state=0)
    monkeypatch.setattr(
        "sklearn_synda._active_synthesis._race._Field.mean_loss", lambda self: next(losses)
    )
    rate = FixedRate(0.2, patience=patience)
    model = fit_small(GaussianNB(), light, X, y, rate=rate, max_iter=6)
    assert model.n_iter_ == 1 + patience
    assert model.termination_condition_ == "no_change"
    assert AdaptiveRate().patience == 3


@pytest.mark.parametrize("n_repeats", [1, 3])
def test_a_row_held_out_again_is_no_new_evidence(n_repeats, light, two_classes):
    """One loss a row, the mean over the times it was held out."""
    X, y = two_classes
    gate = RecordingValidation(n_splits=3, n_repeats=n_repeats, random_state=0)
    model = fit_small(LogisticRegression(), light, X, y, validation=gate, max_iter=1)
    losses, _, distances = RecordingValidation.shown
    assert losses.shape == distances.shape == (2, len(y))
    own = np.zeros(len(y))
    for train, test in gate.split(y.astype(int)):
        proba = LogisticRegression().fit(X[train], y[train]).predict_proba(X[test])
        own[test] -= np.log(proba[np.arange(len(test)), y[test]]) / n_repeats
    np.testing.assert_allclose(losses[0], own)
    assert model.history_["loss"][0] == pytest.approx(own.mean())


class ShuffledLabeler(CommitteeLabeler):
    """Gives every made row the label of another."""

    def label(self, batch):
        labeled = super().label(batch)
        order = np.random.RandomState(0).permutation(len(batch))
        return batch.label(
            label_source="shuffled", y=labeled.y[order], proba=labeled.proba[order],
            classes=labeled.classes,
        )  # fmt: skip


@pytest.mark.parametrize("labeler", [CommitteeLabeler, ShuffledLabeler])
def test_distances_fall_if_the_labels_are_learnt(labeler, two_classes):
    X, y = two_classes
    gate = RecordingValidation(n_splits=3, min_held_out=0)
    model = DecisionTreeClassifier(max_depth=3)
    ActiveSynthesisClassifier(
        model, labeler=labeler("light"), validation=gate, max_iter=1, random_state=0
    ).fit(X, y)
    plain, made = RecordingValidation.shown[2].mean(axis=1)
    assert (made < plain) == (labeler is CommitteeLabeler)


@pytest.mark.parametrize("task", ["classes", "values"])
def test_where_the_labeler_says_nothing_the_rows_own_labels_are_told(light, two_classes, task):
    X, y = two_classes
    kind, model = ActiveSynthesisClassifier, GaussianNB()
    if task == "values":
        kind, model, y = ActiveSynthesisRegressor, Ridge(), X[:, 0] * 2.0
    gate = RecordingValidation(n_splits=2, min_held_out=0)
    parts = {**light, "labeler": InheritLabeler(), "validation": gate, "max_iter": 1}
    kind(model, random_state=0, **parts).fit(X, y)
    losses, _, distances = RecordingValidation.shown
    assert (distances.mean(axis=1) <= losses.mean(axis=1)).all()
    assert (distances == losses).all() == (task == "values")


def test_labels_of_another_type_are_not_taught(two_classes):
    X, y = two_classes
    model = ActiveSynthesisClassifier(GaussianNB(), max_iter=0).fit(X, y)
    with pytest.raises(ValueError, match="must hold labels of one type. Got int, str instead"):
        model.teach(X[:2], ["0", "1"])
    assert model.classes_.tolist() == [0, 1]
    model = ActiveSynthesisClassifier(GaussianNB(), max_iter=0).fit(X, y.astype(str))
    assert model.teach(X[:2], ["0", "2"]).classes_.dtype.kind == "U"


@pytest.mark.parametrize("strategy", [BALDQuery(), VarianceQuery(), GreedyQuery()])
def test_anchors_by_members_and_predictions(strategy, light, two_classes, values):
    classes = isinstance(strategy, BALDQuery)
    X, y = two_classes if classes else values
    kind = ActiveSynthesisClassifier if classes else ActiveSynthesisRegressor
    model = DecisionTreeClassifier() if classes else DecisionTreeRegressor()
    y = y.astype(float)
    y[70:] = np.nan
    model = kind(
        model, random_state=0, query_strategy=strategy,
        uncertainty=CommitteeUncertainty(n_estimators=4), **{**light, "validation": NoValidation()},
    ).fit(X, y)  # fmt: skip
    assert len(model.synthetic_y_)


def test_who_has_no_members_says_what_to_do(light, two_classes):
    model = ActiveSynthesisClassifier(GaussianNB(), query_strategy=BALDQuery(), **light)
    with pytest.raises(TypeError, match=r"a model whose uncertainty is CommitteeUncertainty\(\)"):
        model.fit(*two_classes)


def test_a_committee_that_guides_is_fitted_once_a_course(light, two_classes, monkeypatch):
    fits = []
    fit = CommitteeUncertainty.fit
    monkeypatch.setattr(
        CommitteeUncertainty, "fit", lambda self, *args: fits.append(1) or fit(self, *args)
    )
    parts = {**light, "validation": NoValidation(), "max_iter": 3}
    parts |= {"synthesizer": MixingSynthesizer(n_candidates=2)}
    committee = CommitteeUncertainty(n_estimators=2)
    model = ActiveSynthesisClassifier(GaussianNB(), uncertainty=committee, random_state=0, **parts)
    assert model.fit(*two_classes).n_iter_ == 3
    assert len(fits) == 1


@pytest.mark.parametrize("missing_label", [pd.NA, None])
def test_other_names_of_missing_beside_integers(missing_label, light, two_classes):
    model = ActiveSynthesisClassifier(GaussianNB(), missing_label=missing_label, **light)
    assert model.fit(*two_classes).classes_.tolist() == [0, 1]


def test_booleans_with_gaps_stay_booleans(light, two_classes):
    X, y = two_classes
    given = pd.Series(pd.array([None, *(y[1:] == 1)], dtype="boolean"))
    model = ActiveSynthesisClassifier(GaussianNB(), **light).fit(X, given)
    assert model.classes_.tolist() == [False, True]
    assert model.classes_.dtype == bool


@pytest.mark.parametrize(
    "estimator",
    [
        PoissonRegressor(),
        HistGradientBoostingRegressor(loss="poisson", max_iter=5),
        TransformedTargetRegressor(Ridge(), func=np.sqrt, inverse_func=np.square),
    ],
    ids=["poisson", "boosting", "square_root"],
)
def test_models_of_counts_are_given_none_below_zero(estimator):
    rng = np.random.RandomState(0)
    X = rng.normal(size=(60, 4))
    y = rng.poisson(np.exp(0.8 * X[:, 0] - 0.5)).astype(float)
    labeler = CommitteeLabeler([Ridge(), KernelRidge(kernel="rbf")])
    model = ActiveSynthesisRegressor(
        estimator, labeler=labeler, validation=NoValidation(), max_iter=2, random_state=0
    ).fit(X, y)
    assert model.synthetic_y_.min() == 0  # some would be below
    assert model.synthetic_y_.max() <= y.max()


@pytest.mark.parametrize(
    "y", [[True, 1, 0, False], [np.bool_(True), 2.0, 1.0, False], ["a", 1, "b", 2]]
)
def test_labels_of_several_types_are_refused(y, light):
    X = np.random.default_rng(0).normal(size=(40, 2))
    y = np.array(y * 10, dtype=object)
    with pytest.raises(ValueError, match="must hold labels of one type. Got"):
        ActiveSynthesisClassifier(DecisionTreeClassifier(), **light).fit(X, y)


def test_neighbouring_large_integers_are_two_classes(light):
    X = np.random.default_rng(0).normal(size=(60, 2))
    y = pl.Series([2**53, 2**53 + 1] * 29 + [None, None])
    model = ActiveSynthesisClassifier(DecisionTreeClassifier(), **light).fit(X, y)
    assert model.classes_.tolist() == [2**53, 2**53 + 1]


@pytest.mark.parametrize("kind", [float, object])
def test_integers_that_pandas_made_floats_are_integers_again(kind, light, two_classes):
    X, y = two_classes
    given = y.astype(float).astype(kind)
    given[:10] = np.nan if kind is float else None
    model = ActiveSynthesisClassifier(DecisionTreeClassifier(), **light).fit(X, given)
    assert model.classes_.dtype.kind == "i"
    assert model.teach(X[:2], [1.0, 0.0]).classes_.dtype.kind == "i"


def test_more_classes_than_a_soft_label_has_rows_for(light):
    """No class of such a row is likelier than the limit below which it gets no row."""
    X, y = np.random.RandomState(0).normal(size=(200, 5)), np.resize(np.arange(100), 200)
    labeler = CommitteeLabeler([GaussianNB(var_smoothing=1e6)], n_candidates=1)
    light = {**light, "labeler": labeler, "validation": NoValidation()}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The number of unique classes")
        model = ActiveSynthesisClassifier(DecisionTreeClassifier(), **light).fit(X, y)
    weight = model.provenance_.weight
    assert np.isfinite(weight).all()
    assert (weight > 0).sum() > 200


def as_polars(X):
    return pl.DataFrame(X, schema=[f"x{j}" for j in range(X.shape[1])])


CONTAINERS = {
    "numpy array": np.asarray,
    "pandas DataFrame": lambda X: pd.DataFrame(X).add_prefix("x"),
    "polars DataFrame": as_polars,
}


@pytest.mark.parametrize("first", CONTAINERS)
@pytest.mark.parametrize("second", CONTAINERS)
def test_rows_in_another_container(first, second, light, two_classes):
    X, y = two_classes
    fitted = ActiveSynthesisClassifier(
        GaussianNB(), query_strategy=KCenterQuery(), random_state=0, **light
    ).fit(CONTAINERS[first](X), y)
    other = CONTAINERS[second](X[:10])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "X (does not have valid|has) feature names")
        if first == second:
            assert fitted.query(other, 2).shape == (2,)
            fitted.teach(other, y[:10])
            return
        for call in (lambda: fitted.teach(other, y[:10]), lambda: fitted.query(other, 2)):
            with pytest.raises(TypeError, match=f"must be a {first}, as it was .* Got a {second}"):
                call()


def test_a_stack_without_its_last_model(light, two_classes):
    stack = StackingClassifier([("a", GaussianNB())])
    with pytest.raises(TypeError, match="Give a stack its final_estimator"):
        ActiveSynthesisClassifier(stack, **light).fit(*two_classes)
    stack.set_params(final_estimator=LogisticRegression())
    ActiveSynthesisClassifier(stack, **light).fit(*two_classes)


class Busy(GaussianNB):
    """Notes with how many workers it is fitted; None would be all."""

    seen: list = []

    def __init__(self, n_jobs=None, priors=None):
        super().__init__(priors=priors)
        self.n_jobs = n_jobs

    def fit(self, X, y, sample_weight=None):
        self.seen.append((len(y), self.n_jobs))
        return super().fit(X, y, sample_weight)


class Grove(RandomForestClassifier):
    """None is what it is in scikit-learn."""


def test_none_is_one_worker_in_classes_of_scikit_learn():
    assert of_one_worker(Grove()).n_jobs is None
    assert of_one_worker(make_pipeline(Busy())).get_params()["busy__n_jobs"] == 1


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_small_fits_in_folds_have_one_worker(n_jobs, light, two_classes):
    X, y = two_classes
    Busy.seen.clear()
    parts = {**light, "labeler": PseudoLabeler()}
    model = ActiveSynthesisClassifier(Busy(n_jobs), random_state=0, **parts).fit(X, y)
    assert model.estimator_.n_jobs is n_jobs
    assert Busy.seen[0] == (80, n_jobs)
    in_folds = {jobs for n_rows, jobs in Busy.seen if n_rows < 80}
    assert in_folds == {n_jobs or 1}
