"""Tables as they are: what reaches the user's estimator is of the kind that came in."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from lightgbm import LGBMClassifier
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda._columns import Columns, encode_table
from sklearn_synda._rows import concatenate_rows, row_subset
from sklearn_synda.labeling import CommitteeLabeler
from sklearn_synda.synthesis import MixingSynthesizer, PerturbationSynthesizer, SMOTESynthesizer
from sklearn_synda.validation import FixedRate, HoldoutValidation, NoValidation

N_ROWS = 60
SYNTHESIZERS = [
    MixingSynthesizer(),
    MixingSynthesizer(n_neighbors=3, partner="same_class"),
    SMOTESynthesizer(),
    SMOTESynthesizer(partner="any", n_candidates=3),
    PerturbationSynthesizer(scale=1.0, n_features_moved=1.0),
]
each_synthesizer = pytest.mark.parametrize("synthesizer", SYNTHESIZERS, ids=repr)


def make_columns(seed=0):
    """Columns of every kind, as lists."""
    rng = np.random.RandomState(seed)
    real = rng.normal(10, 3, size=N_ROWS)
    gaps = rng.normal(size=N_ROWS)
    gaps[::7] = np.nan
    return {
        "real": real,
        "gaps": gaps,
        "count": rng.poisson(30, size=N_ROWS),
        "grade": rng.choice([1, 2, 5], size=N_ROWS),
        "flag": rng.rand(N_ROWS) > 0.5,
        "color": rng.choice(["red", "green", "blue"], size=N_ROWS),
    }


def pandas_table(seed=0):
    columns = make_columns(seed)
    frame = pd.DataFrame(columns, index=np.arange(N_ROWS) + 100)
    frame["color"] = pd.Categorical(
        columns["color"], categories=["red", "green", "blue", "never seen"], ordered=True
    )
    frame["maybe"] = pd.array(
        [None if k % 9 == 0 else k % 4 for k in range(N_ROWS)], dtype="Int64"
    )
    frame["yes_no"] = pd.array([[True, False, None][k % 3] for k in range(N_ROWS)], "boolean")
    frame["town"] = pd.Series(["Ulm", "Bonn", None] * 20, index=frame.index, dtype="string")
    frame["day"] = pd.date_range("2026-01-01", periods=N_ROWS, tz="Europe/Berlin")
    frame["small"] = frame["real"].astype("float32")
    return frame


def polars_table(seed=0):
    columns = make_columns(seed)
    return pl.DataFrame(columns).with_columns(
        pl.col("color").cast(pl.Categorical),
        pl.col("gaps").fill_nan(None),
        pl.col("grade").cast(pl.Int8),
        pl.Series("town", ["Ulm", "Bonn", None] * 20),
        pl.Series("kind", ["a", "b", "c"] * 20, dtype=pl.Enum(["a", "b", "c", "d"])),
        pl.date_range(pl.date(2026, 1, 1), pl.date(2026, 3, 1), eager=True).alias("day"),
    )


def object_table(seed=0):
    columns = make_columns(seed)
    table = np.empty((N_ROWS, len(columns)), dtype=object)
    for j, values in enumerate(columns.values()):
        table[:, j] = values
    table[::8, 5] = None
    return table


def sparse_table(n_features=12, seed=0, kind=sparse.csr_matrix):
    return kind(sparse.random(N_ROWS, n_features, density=0.2, random_state=seed))


TABLES = {
    "pandas": pandas_table,
    "polars": polars_table,
    "object": object_table,
    "float32": lambda: np.random.RandomState(0).normal(size=(N_ROWS, 4)).astype(np.float32),
    "int": lambda: np.random.RandomState(0).randint(50, size=(N_ROWS, 4)),
    "bool": lambda: np.random.RandomState(0).rand(N_ROWS, 4) > 0.5,
    "csr_matrix": sparse_table,
    "csr_array": lambda: sparse_table(kind=sparse.csr_array),
    "wide csr": lambda: sparse_table(1500),
}
each_table = pytest.mark.parametrize("name", TABLES)


def kind_of(X):
    """All that must stay: container, dtypes, names, category sets."""
    kind = [type(X), X.shape[1]]
    if isinstance(X, pd.DataFrame):
        kind += [list(X.columns), list(X.dtypes)]
    elif isinstance(X, pl.DataFrame):
        kind += [list(X.columns), list(X.schema.items())]
    else:
        kind += [X.dtype, getattr(X, "format", None)]
    return kind


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


def missing(values):
    return pd.isna(pd.Series(list(values), dtype=object)).to_numpy()


def legal_column(made, real):
    """Values seen, or numbers within the range seen; whole and missing as before."""
    gaps = missing(made)
    assert not gaps.any() or missing(real).any()
    made = [v for v, gap in zip(made, gaps, strict=True) if not gap]
    real = [v for v, gap in zip(real, missing(real), strict=True) if not gap]
    is_number = isinstance(real[0], (int, float, np.number)) and not isinstance(real[0], bool)
    if not is_number:
        assert set(made) <= set(real)
        return
    assert min(made) >= min(real)
    assert max(made) <= max(real)
    if all(float(v).is_integer() for v in real):
        assert all(float(v).is_integer() for v in made)
        if len(set(real)) <= 5:
            assert set(made) <= set(real)


def column_values(X, j):
    if isinstance(X, pd.DataFrame):
        return X.iloc[:, j].tolist()
    if isinstance(X, pl.DataFrame):
        return X.to_series(j).to_list()
    return (X.toarray() if sparse.issparse(X) else X)[:, j].tolist()


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


def test_columns_of_every_kind_survive_the_way_there_and_back():
    for make in (pandas_table, polars_table, object_table):
        X = make()
        columns = Columns(X)
        back = columns.to_table(columns.legal(columns.to_cells(X)))
        assert kind_of(back) == kind_of(X)
        for j in range(X.shape[1]):
            made, real = column_values(back, j), column_values(X, j)
            gaps = missing(real)
            assert (missing(made) == gaps).all()
            assert all(a == b for a, b, gap in zip(made, real, gaps, strict=True) if not gap)


def test_unseen_categories_count_as_missing():
    columns = Columns(np.array([["a"], ["b"]], dtype=object))
    assert np.isnan(columns.to_cells(np.array([["z"]], dtype=object))).all()


def test_large_integers_are_names():
    X = pd.DataFrame({"id": np.array([2**60, 2**60 + 1, 2**60 + 2])})
    columns = Columns(X)
    assert columns.is_categorical.tolist() == [True]
    pd.testing.assert_frame_equal(columns.to_table(columns.to_cells(X)), X)


def test_embedding_is_finite_and_standardised():
    points = encode_table(pandas_table())
    assert np.isfinite(points).all()
    np.testing.assert_allclose(points[:, 0].mean(), 0, atol=1e-12)
    np.testing.assert_allclose(points[:, 0].std(), 1)


cells = arrays(
    np.float64,
    st.tuples(st.integers(2, 12), st.integers(1, 4)),
    elements=st.one_of(st.floats(-1e6, 1e6, width=32), st.integers(-5, 5), st.just(np.nan)),
)


@given(cells)
@settings(max_examples=60, deadline=None)
def test_round_trip_of_any_numbers(X):
    columns = Columns(X)
    np.testing.assert_array_equal(columns.to_table(columns.legal(columns.to_cells(X))), X)
    frame = pd.DataFrame(X)
    columns = Columns(frame)
    pd.testing.assert_frame_equal(columns.to_table(columns.legal(columns.to_cells(frame))), frame)


@given(cells, st.integers(0, 100))
@settings(max_examples=60, deadline=None)
def test_whatever_is_asked_becomes_legal(X, seed):
    columns = Columns(X)
    asked = np.random.RandomState(seed).normal(scale=1e7, size=(5, X.shape[1]))
    asked[0] = np.nan
    made = columns.legal(asked)
    for j in range(X.shape[1]):
        if not np.isnan(X[:, j]).all():
            legal_column(made[:, j].tolist(), X[:, j].tolist())


@given(st.lists(st.sampled_from(["a", "b", None, 3, True]), min_size=2, max_size=12))
@settings(max_examples=60, deadline=None)
def test_round_trip_of_any_names(values):
    X = np.empty((len(values), 1), dtype=object)
    X[:, 0] = values
    columns = Columns(X)
    assert columns.to_table(columns.legal(columns.to_cells(X)))[:, 0].tolist() == values


@each_table
def test_rows_of_tables_join(name):
    X = TABLES[name]()
    both = concatenate_rows([row_subset(X, np.arange(5)), row_subset(X, np.arange(5, N_ROWS))])
    assert kind_of(both) == kind_of(X)
    assert both.shape == X.shape
    mask = np.arange(N_ROWS) < 5
    assert row_subset(X, mask).shape[0] == 5
