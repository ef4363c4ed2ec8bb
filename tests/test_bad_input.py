"""Bad input: one clear sentence, or the graceful thing."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

from sklearn_synda import ActiveSynthesisClassifier, ActiveSynthesisRegressor
from sklearn_synda._active_synthesis._strange_rows import _Questions
from sklearn_synda.exceptions import SynthesisWarning
from sklearn_synda.labeling import CommitteeLabeler
from sklearn_synda.synthesis import (
    MixingSynthesizer,
    PerturbationSynthesizer,
    SaliencyPerturbationSynthesizer,
    SamplerSynthesizer,
    SMOTESynthesizer,
)
from sklearn_synda.uncertainty import CommitteeUncertainty, PredictiveUncertainty
from sklearn_synda.validation import CrossValidation, FixedRate, NoValidation

SYNTHESIZERS = [
    MixingSynthesizer(),
    MixingSynthesizer(n_neighbors=5, partner="same_class"),
    PerturbationSynthesizer(),
    SaliencyPerturbationSynthesizer(),
    SMOTESynthesizer(),
    SamplerSynthesizer(),
]
each_synthesizer = pytest.mark.parametrize("synthesizer", SYNTHESIZERS, ids=repr)


@pytest.fixture
def classifier(light):
    return ActiveSynthesisClassifier(GaussianNB(), random_state=0, **light)


@pytest.fixture
def table():
    X = np.random.RandomState(0).normal(size=(40, 3))
    return X, np.where(X[:, 0] > 0, 1, 0)


@pytest.mark.parametrize("shape", [(0, 3), (5, 0)])
@pytest.mark.parametrize("container", [np.asarray, pd.DataFrame])
def test_empty(classifier, shape, container):
    with pytest.raises(ValueError, match="0 (sample|feature)"):
        classifier.fit(container(np.empty(shape)), np.zeros(shape[0], dtype=int))


def test_one_row(light):
    model = ActiveSynthesisClassifier(DecisionTreeClassifier(), **light).fit([[1.0]], ["a"])
    assert model.predict([[2.0]]).tolist() == ["a"]
    assert model.termination_condition_ == "too_few_rows"
    values = ActiveSynthesisRegressor(Ridge(), **light).fit([[1.0]], [3.0])
    assert values.predict([[1.0]]).tolist() == [3.0]


def test_one_class(light):
    X = np.random.RandomState(0).normal(size=(20, 2))
    model = ActiveSynthesisClassifier(DecisionTreeClassifier(), **light).fit(X, np.full(20, "a"))
    assert set(model.predict(X)) == {"a"}
    assert not len(model.synthetic_y_)
    with pytest.raises(ValueError, match="class"):  # the estimator's own sentence
        ActiveSynthesisClassifier(LogisticRegression(), **light).fit(X, np.zeros(20, dtype=int))


def test_one_labelled_row_per_class(light):
    X = np.random.RandomState(0).normal(size=(12, 2))
    y = [0, 1] + [None] * 10
    model = ActiveSynthesisClassifier(GaussianNB(), random_state=0, **light).fit(X, y)
    assert model.termination_condition_ == "too_few_rows"
    assert model.best_iteration_ == 0
    model.set_params(validation=NoValidation(), labeler=CommitteeLabeler([GaussianNB()])).fit(X, y)
    assert np.isfinite(model.predict_proba(X)).all()


@pytest.mark.parametrize("n_rows", [2, 3, 4, 5, 6])
def test_fewer_labelled_rows_than_folds(n_rows, light):
    X = np.random.RandomState(0).normal(size=(n_rows, 2))
    parts = {**light, "validation": CrossValidation(n_splits=10)}
    model = ActiveSynthesisClassifier(GaussianNB(), random_state=0, **parts)
    model.fit(X, np.resize([0, 1], n_rows))
    assert model.classes_.tolist() == [0, 1]
    regressor = ActiveSynthesisRegressor(Ridge(), random_state=0, **parts)
    assert np.isfinite(regressor.fit(X, np.arange(n_rows, dtype=float)).predict(X)).all()


@pytest.mark.parametrize("missing", [np.nan, None])
def test_all_rows_unlabelled(classifier, missing):
    with pytest.raises(ValueError, match=r"'y' parameter .* at least one label. Got 5 unlabelled"):
        classifier.fit(np.zeros((5, 2)), np.full(5, missing, dtype=object))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_and_inf_are_for_the_estimator_to_refuse(bad, light, table):
    X, y = table
    X = X.copy()
    X[3, 1] = bad
    with pytest.raises(ValueError, match="NaN|infinity"):
        ActiveSynthesisClassifier(LogisticRegression(), **light).fit(X, y)
    if np.isnan(bad):
        model = ActiveSynthesisClassifier(HistGradientBoostingClassifier(max_iter=3), **light)
        assert model.fit(X, y).predict(X).shape == (40,)
    fitted = ActiveSynthesisClassifier(LogisticRegression(), **light).fit(*table)
    with pytest.raises(ValueError, match="NaN|infinity"):
        fitted.predict(X)


def test_infinite_targets(light, table):
    X, _ = table
    y = np.r_[np.inf, np.zeros(39)]
    with pytest.raises(ValueError, match="Input y contains infinity"):
        ActiveSynthesisRegressor(Ridge(), **light).fit(X, y)
    with pytest.raises(ValueError, match="Input y contains infinity"):
        ActiveSynthesisClassifier(GaussianNB(), **light).fit(X, y)


def test_targets_of_mixed_types(classifier, table):
    y = np.array(["a", 1] * 20, dtype=object)
    with pytest.raises(ValueError, match="labels of one type. Got int, str instead"):
        classifier.fit(table[0], y)


@pytest.mark.parametrize("y", [np.linspace(0, 1, 40), np.zeros((40, 2))], ids=["values", "2d"])
def test_targets_that_are_no_classes(classifier, table, y):
    with pytest.raises(ValueError, match="Unknown label type|1d array|shape"):
        classifier.fit(table[0], y)


def test_missing_y(classifier, table):
    with pytest.raises(ValueError, match="requires y to be passed, but the target y is None"):
        classifier.fit(table[0], None)


def test_y_of_another_length(classifier, table):
    with pytest.raises(ValueError, match=re.escape("inconsistent numbers of samples: [40, 39]")):
        classifier.fit(table[0], table[1][:-1])


@each_synthesizer
@pytest.mark.filterwarnings("ignore::sklearn_synda.exceptions.SynthesisWarning")
def test_a_class_with_a_single_row(synthesizer, light, table):
    X, y = table
    y = y.copy()
    y[7] = 2
    parts = {**light, "validation": NoValidation(), "rate": FixedRate(2.0)}
    model = ActiveSynthesisClassifier(
        GaussianNB(), synthesizer=synthesizer, random_state=0, **parts
    ).fit(X, y)
    assert model.classes_.tolist() == [0, 1, 2]
    assert len(model.synthetic_y_) > 0


@each_synthesizer
def test_constant_columns_and_a_column_that_is_all_missing(synthesizer, light, table):
    X, y = table
    X = np.column_stack([X, np.full(40, 5.0), np.full(40, np.nan)])
    if isinstance(synthesizer, SamplerSynthesizer):
        X = X[:, :4]  # SMOTE takes no missing values, and says so
    parts = {**light, "validation": NoValidation()}
    model = ActiveSynthesisClassifier(
        DecisionTreeClassifier(), synthesizer=synthesizer, random_state=0, **parts
    ).fit(X, y)
    assert (model.synthetic_X_[:, 3] == 5.0).all()
    assert np.isnan(model.synthetic_X_[:, 4:]).all()


def test_committee_with_a_constant_and_an_empty_column(table):
    X, y = table
    X = np.column_stack([X, np.full(40, 5.0), np.full(40, np.nan)])
    assert (CommitteeLabeler(random_state=0).fit(X, y).predict(X) == y).mean() > 0.8


def test_duplicate_columns(classifier, table):
    X, y = table
    frame = pd.DataFrame(X, columns=["a", "b", "a"])
    with pytest.raises(ValueError, match="unique column names|distinct names"):
        classifier.fit(frame, y)
    twice = np.column_stack([X, X])  # without names they are two columns like any other
    assert classifier.fit(twice, y).n_features_in_ == 6


@pytest.mark.parametrize("method", ["predict", "predict_proba", "query", "predict_uncertainty"])
def test_other_columns_after_fit(classifier, table, method):
    X, y = table
    classifier.fit(X, y)
    with pytest.raises(ValueError, match="X has 2 features, but .* is expecting 3 features"):
        getattr(classifier, method)(X[:, :2])
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    classifier.fit(frame, y)
    assert classifier.feature_names_in_.tolist() == ["a", "b", "c"]
    with pytest.raises(ValueError, match="feature names should match"):
        getattr(classifier, method)(frame.rename(columns={"c": "z"}))


@pytest.mark.parametrize(
    ("weight", "sentence"),
    [
        (np.ones(39), "sample_weight.shape == "),
        (np.r_[-1.0, np.ones(39)], "Negative values in data passed to `sample_weight`"),
        (np.zeros(40), "at least one (non-zero number|weight above zero)"),
        (np.r_[np.nan, np.ones(39)], "sample_weight contains NaN"),
    ],
    ids=["length", "negative", "zero", "NaN"],
)
def test_weights(classifier, table, weight, sentence):
    with pytest.raises(ValueError, match=sentence):
        classifier.fit(*table, sample_weight=weight)


@pytest.mark.parametrize("batch_size", [41, 0, -1, 2.5, True])
def test_batch_size(classifier, table, batch_size):
    classifier.fit(*table)
    with pytest.raises(ValueError, match=r"'batch_size' parameter .* int in the range \[1, 40\]"):
        classifier.query(table[0], batch_size=batch_size)


def test_a_pool_that_is_a_generator_of_rows(classifier, table):
    classifier.fit(*table)
    with pytest.raises(ValueError, match="Expected 2D array, got 1D array"):
        classifier.query(row for row in table[0])


@pytest.mark.parametrize("method", ["predict", "predict_proba", "query", "predict_uncertainty"])
def test_not_fitted(classifier, table, method):
    with pytest.raises(NotFittedError):
        getattr(classifier, method)(table[0])


def test_teach_takes_labels_only(classifier, table):
    X, y = table
    classifier.fit(X, y)
    with pytest.raises(ValueError, match="must hold labels only. Got 1 missing ones instead"):
        classifier.teach(X[:2], [1, None])


@pytest.mark.parametrize("validation", [CrossValidation(n_splits=2), NoValidation()])
def test_unlabelled_rows_that_the_plain_model_cannot_take_are_left_out(validation, light):
    rng = np.random.RandomState(0)
    X = pd.DataFrame({"n": rng.normal(size=60), "s": np.resize(["x", "y", "z"], 60)})
    y = np.where(X["n"] > 0, "p", "n").astype(object)
    y[40:] = None
    X.loc[[45, 58], "s"] = "NEW"
    encoder = make_column_transformer((OneHotEncoder(), ["s"]), remainder="passthrough")
    parts = {**light, "validation": validation, "random_state": 0}
    model = ActiveSynthesisClassifier(make_pipeline(encoder, LogisticRegression()), **parts)
    with pytest.warns(SynthesisWarning, match=r"2 of 20 unlabelled rows .* unknown categories"):
        model.fit(X, y)
    assert model._table.n_labeled == 40
    adopted = set(model.provenance_.parents[model.provenance_.round != 0, 0])
    assert not adopted & {45, 58}


def test_an_unlabelled_row_with_a_gap(light):
    X, y = np.random.RandomState(0).normal(size=(60, 3)), np.resize([0.0, 1.0], 60)
    y[40:], X[50, 1] = np.nan, np.nan
    model = ActiveSynthesisClassifier(LogisticRegression(), random_state=0, **light)
    with pytest.warns(SynthesisWarning, match="1 of 20 unlabelled rows .* contains NaN"):
        model.fit(X, y, groups=np.arange(60) // 2)
    assert not np.isnan(model.synthetic_X_).any()


def test_explanations_want_the_container_of_the_fit(classifier, table):
    X, y = table
    classifier.fit(pd.DataFrame(X), y)
    with pytest.raises(TypeError, match="explain_uncertainty must be a pandas DataFrame"):
        classifier.explain_uncertainty(X[:2])


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_cells_that_are_lists(library, light, table):
    X, y = table
    frame = pytest.importorskip(library).DataFrame({"a": X[:, 0], "e": [[1, 2]] * 40})
    first = make_column_transformer(("passthrough", ["a"]))
    model = ActiveSynthesisClassifier(make_pipeline(first, GaussianNB()), **light)
    with pytest.raises(TypeError, match="The column 'e' of X must hold one value a cell. Got a"):
        model.fit(frame, y)


@pytest.mark.parametrize("missing_label", [[-1, -2], (-1,), {"?"}])
def test_several_missing_labels(missing_label, light, table):
    model = ActiveSynthesisClassifier(GaussianNB(), missing_label=missing_label, **light)
    with pytest.raises(ValueError, match="'missing_label' parameter of .* must be one value"):
        model.fit(*table)


def test_tables_without_rows_at_hand(classifier, table):
    X, y = table
    columns = {"a": X[:, 0], "b": X[:, 1]}
    tables = [
        pytest.importorskip("polars").DataFrame(columns).lazy(),
        pytest.importorskip("pyarrow").table(columns),
    ]
    for each, kind in zip(tables, ["polars LazyFrame", "pyarrow Table"], strict=True):
        with pytest.raises(TypeError, match=f"'X' parameter of .* must be .* Got a {kind}"):
            classifier.fit(each, y)


def test_a_clusterer_is_no_regressor(table, light):
    with pytest.raises(TypeError, match="not compatible with KMeans: it needs a regressor"):
        ActiveSynthesisRegressor(KMeans(), **light).fit(table[0], table[0][:, 0])


def test_parameters_of_a_part_hold_from_when_they_are_set(table):
    X, y = table
    part = PredictiveUncertainty(measure="entropy")
    model = ActiveSynthesisClassifier(LogisticRegression(), uncertainty=part, max_iter=0).fit(X, y)
    before = model.predict_uncertainty(X)
    after = model.set_params(uncertainty__measure="margin").predict_uncertainty(X)
    assert not np.allclose(before, after)


def test_few_questions_find_many_rows_that_a_model_cannot_take(light, monkeypatch):
    rng = np.random.RandomState(0)
    X = pd.DataFrame({"n": rng.normal(size=460), "s": np.resize(["x", "y", "z"], 460)})
    y = np.where(X["n"] > 0, "p", "n").astype(object)
    y[60:] = None
    new = rng.permutation(np.arange(60, 460))[:80]
    X.loc[new, "s"] = [f"new {k}" for k in range(80)]
    asked, answered = [], _Questions.answered
    monkeypatch.setattr(_Questions, "answered", lambda self, rows: (
        asked.append(len(rows)), answered(self, rows))[1])  # fmt: skip
    encoder = make_column_transformer((OneHotEncoder(), ["s"]), remainder="passthrough")
    model = make_pipeline(encoder, LogisticRegression())
    model = ActiveSynthesisClassifier(model, random_state=0, **{**light, "max_iter": 1})
    with pytest.warns(SynthesisWarning, match="80 of 400 unlabelled rows"):
        model.fit(X, y)
    assert asked == [400, 320, 80, 1, 1, 1]
    adopted = model.provenance_.parents[model.provenance_.round != 0, 0]
    assert not np.isin(adopted, new).any()


def test_another_uncertainty_part_is_asked_from_when_it_is_set(classifier, table):
    X, y = table
    part = CommitteeUncertainty(n_estimators=3)
    asked_before = classifier.fit(X, y).predict_uncertainty(X)
    after = classifier.set_params(uncertainty=part).predict_uncertainty(X)
    never_asked = classifier.set_params(uncertainty=None).fit(X, y).set_params(uncertainty=part)
    np.testing.assert_array_equal(after, never_asked.predict_uncertainty(X))
    assert not np.array_equal(after, asked_before)
