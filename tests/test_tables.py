"""Tables as they are: what reaches the user's estimator is of the kind that came in."""

import numpy as np
import pytest
from lightgbm import LGBMClassifier
from made_tables import (
    N_ROWS,
    TABLES,
    column_values,
    kind_of,
    legal_column,
    pandas_table,
    polars_table,
    sparse_table,
)
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda._rows import row_subset
from sklearn_synda.labeling import CommitteeLabeler
from sklearn_synda.synthesis import (
    MixingSynthesizer,
    PerturbationSynthesizer,
    SaliencyPerturbationSynthesizer,
    SMOTESynthesizer,
)
from sklearn_synda.validation import FixedRate, HoldoutValidation, NoValidation

SYNTHESIZERS = [
    MixingSynthesizer(),
    MixingSynthesizer(n_neighbors=3, partner="same_class"),
    SMOTESynthesizer(),
    SMOTESynthesizer(partner="any", n_candidates=3),
    PerturbationSynthesizer(scale=1.0, n_features_moved=1.0),
    SaliencyPerturbationSynthesizer(scale=1.0, n_features_moved=1.0),
]
each_synthesizer = pytest.mark.parametrize("synthesizer", SYNTHESIZERS, ids=repr)
each_table = pytest.mark.parametrize("name", TABLES)


class Spy(ClassifierMixin, BaseEstimator):
    """Keeps the tables it was given."""

    seen = []

    def fit(self, X, y, sample_weight=None):
        Spy.seen.append(X)
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        Spy.seen.append(X)
        return np.full(X.shape[0], self.classes_[0])

    def predict_proba(self, X):
        Spy.seen.append(X)
        return np.full((X.shape[0], len(self.classes_)), 1 / len(self.classes_))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


@each_table
@each_synthesizer
def test_the_estimator_sees_tables_of_one_kind(name, synthesizer, light):
    X = TABLES[name]()
    if name == "wide csr" and isinstance(synthesizer, PerturbationSynthesizer):
        pytest.skip("PerturbationSynthesizer does not take wide sparse tables")
    y = np.resize([0.0, 1.0, np.nan], N_ROWS)
    Spy.seen.clear()
    for validation in (HoldoutValidation(), NoValidation()):
        model = ActiveSynthesisClassifier(
            Spy(), synthesizer=synthesizer, random_state=0,
            **{**light, "validation": validation, "labeler": CommitteeLabeler([Spy()])},
        ).fit(X, y)  # fmt: skip
    assert any(len(model._table.y) < seen.shape[0] for seen in Spy.seen)
    assert all(kind_of(seen) == kind_of(X) for seen in Spy.seen)
    assert kind_of(model.synthetic_X_) == kind_of(X)
    model.query(X, 2)
    model.predict_uncertainty(X)
    model.teach(row_subset(X, np.arange(2)), [0, 1])
    assert all(kind_of(seen) == kind_of(X) for seen in Spy.seen)


@pytest.mark.parametrize("name", [name for name in TABLES if name != "wide csr"])
@each_synthesizer
def test_made_values_are_legal(name, synthesizer):
    X, y = TABLES[name](), np.resize([0, 1, 1], N_ROWS)
    batch = synthesizer.fit(X, y).sample(np.resize(np.arange(N_ROWS), 300), random_state=0)
    for j in range(X.shape[1]):
        legal_column(column_values(batch.X, j), column_values(X, j))


def test_wide_sparse_rows_stay_sparse_and_in_range():
    X, y = sparse_table(1500), np.resize([0, 1], N_ROWS)
    for synthesizer in (MixingSynthesizer(), SMOTESynthesizer()):
        made = synthesizer.fit(X, y).sample(np.arange(N_ROWS), random_state=0).X
        assert sparse.issparse(made)
        assert made.nnz < 0.5 * made.shape[0] * made.shape[1]
        assert (made.min() >= X.min()) & (made.max() <= X.max())
    model = ActiveSynthesisClassifier(
        MultinomialNB(), validation=NoValidation(), rate=FixedRate(1.0), max_iter=1, random_state=0
    ).fit(X, y)
    assert model.synthetic_X_.shape[1] == 1500


@pytest.mark.parametrize("estimator", [
    LGBMClassifier(n_estimators=5, min_child_samples=3, verbose=-1, n_jobs=1),
    HistGradientBoostingClassifier(max_iter=5, categorical_features="from_dtype"),
], ids=["LightGBM", "HistGradientBoosting"])  # fmt: skip
def test_native_categoricals(estimator, light):
    X = pandas_table()[["real", "gaps", "count", "flag", "color"]]
    y = np.where(X["color"] == "red", "a", "b")
    parts = {**light, "validation": NoValidation(), "labeler": CommitteeLabeler()}
    model = ActiveSynthesisClassifier(estimator, random_state=0, **parts).fit(X, y)
    assert len(model.synthetic_y_)
    assert model.predict_proba(X).shape == (N_ROWS, 2)
    assert list(model.feature_names_in_) == list(X.columns)
    assert model.synthetic_X_["color"].dtype == X["color"].dtype


@pytest.mark.parametrize("make", [pandas_table, polars_table])
def test_pipeline_that_selects_columns_by_name(make, light):
    X, y = make(), np.resize([0, 1], N_ROWS)
    model = make_pipeline(
        make_column_transformer(
            (OneHotEncoder(handle_unknown="error"), ["color"]), (StandardScaler(), ["real"])
        ),
        LogisticRegression(),
    )
    fitted = ActiveSynthesisClassifier(
        model, random_state=0, **{**light, "validation": NoValidation()}
    ).fit(X, y)
    assert fitted.predict(X).shape == (N_ROWS,)
    assert len(fitted.synthetic_y_)


def test_default_parts_take_a_mixed_frame_with_missing_values():
    X, y = pandas_table(), np.resize(["a", "b", "b"], N_ROWS)
    model = ActiveSynthesisClassifier(
        HistGradientBoostingClassifier(max_iter=3), validation=NoValidation(), max_iter=1,
        rate=FixedRate(1.0), random_state=0,
    ).fit(X[["real", "gaps", "flag", "color"]], y)  # fmt: skip
    assert len(np.unique(model.provenance_.parents[model.provenance_.round == 1])) > N_ROWS // 2
