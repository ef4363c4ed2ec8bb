"""Exported models say row by row what the models say, or no file is left."""

import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
from lightgbm import LGBMClassifier, LGBMRegressor
from scipy import sparse
from sklearn.base import clone, is_classifier
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.metrics import get_scorer
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    PowerTransformer,
    StandardScaler,
)
from sklearn.tree import DecisionTreeClassifier

from sklearn_synda import ActiveSynthesisClassifier, _optional, deploy

X, CODES = make_classification(120, 6, n_informative=4, n_classes=3, random_state=0)
VALUES = make_regression(120, 6, noise=10.0, random_state=0)[1]
LIGHT = {"n_estimators": 5, "verbose": -1, "min_child_samples": 2, "n_jobs": 1}
CLASSIFIERS = [
    LogisticRegression(),
    RidgeClassifier(),
    DecisionTreeClassifier(max_depth=3, random_state=0),
    RandomForestClassifier(5, random_state=0),
    HistGradientBoostingClassifier(max_iter=3),
    LGBMClassifier(**LIGHT),
    make_pipeline(
        StandardScaler(), MLPClassifier((8,), solver="lbfgs", max_iter=20, random_state=0)
    ),
]
quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.onnx"


@pytest.fixture(scope="module")
def mixed():
    rng = np.random.RandomState(0)
    frame = pd.DataFrame({
        "label": rng.normal(size=150),  # a name that graphs use, too
        "whole": rng.randint(0, 9, 150),
        "colour": pd.Categorical(rng.choice(["red", "blue", "green"], 150)),
        "code": pd.Categorical(rng.choice([3, 5, 9], 150)),
        "unused": rng.normal(size=150),
    })  # fmt: skip
    frame.loc[:4, "label"] = np.nan
    frame.loc[3:8, "colour"] = np.nan
    y = np.where(frame["label"].fillna(0) + (frame["colour"] == "red") > 0.3, "yes", "no")
    return frame, y


def prepared(model):
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    return make_pipeline(
        ColumnTransformer([
            ("numbers", numbers, ["label", "whole"]),
            ("names", OneHotEncoder(handle_unknown="ignore", sparse_output=False),
             make_column_selector(dtype_include="category")),
        ]),
        model,
    )  # fmt: skip


@quiet
@pytest.mark.parametrize("kind", [str, bool, float, int])
@pytest.mark.parametrize("model", CLASSIFIERS, ids=lambda m: type(m).__name__)
def test_classes_of_any_type(model, kind, path):
    y = np.array([f"class {c}" for c in CODES]) if kind is str else (CODES > 1).astype(kind)
    model = clone(model).fit(X, y)
    report = deploy.export(model, path, X)
    loaded = deploy.load(path)
    assert report.max_difference <= 1e-4
    assert report.n_bytes == path.stat().st_size
    np.testing.assert_array_equal(loaded.classes_, model.classes_)
    assert loaded.classes_.dtype == model.classes_.dtype
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    assert hasattr(loaded, "predict_proba") == hasattr(model, "predict_proba")
    if hasattr(model, "predict_proba"):
        np.testing.assert_allclose(loaded.predict_proba(X), model.predict_proba(X), atol=1e-5)


@pytest.mark.parametrize(
    "model",
    [
        Ridge(),
        HistGradientBoostingRegressor(max_iter=3),
        LGBMRegressor(**LIGHT),
        TransformedTargetRegressor(Ridge(), transformer=StandardScaler()),
        make_pipeline(
            StandardScaler(), TransformedTargetRegressor(Ridge(), transformer=StandardScaler())
        ),
    ],
    ids=repr,
)
def test_values(model, path):
    model = clone(model).fit(X, VALUES)
    deploy.export(model, path, X)
    found = deploy.load(path).predict(X)
    assert found.shape == VALUES.shape
    np.testing.assert_allclose(found, model.predict(X), rtol=1e-4, atol=1e-2)


def test_the_inner_estimator_of_a_meta_estimator(light, path):
    meta = ActiveSynthesisClassifier(DecisionTreeClassifier(max_depth=2), random_state=0, **light)
    for model in (clone(meta), make_pipeline(StandardScaler(), clone(meta))):
        model.fit(X, CODES)
        deploy.export(model, path, X)
        np.testing.assert_array_equal(deploy.load(path).predict(X), model.predict(X))


@pytest.mark.parametrize("container", ["pandas", "polars"])
@pytest.mark.parametrize(
    "model", [LogisticRegression(), RandomForestClassifier(5, random_state=0)], ids=repr
)
def test_mixed_tables(mixed, model, container, path):
    frame, y = mixed
    model = prepared(clone(model)).fit(frame, y)
    deploy.export(model, path, frame)
    loaded = deploy.load(path)
    rows = frame
    if container == "polars":
        rows = pl.from_pandas(frame.astype({"code": int})).with_columns(
            pl.col("colour").cast(pl.String)
        )
    np.testing.assert_allclose(loaded.predict_proba(rows), model.predict_proba(frame), atol=1e-5)
    assert loaded.feature_names_in_.tolist() == list(frame.columns)
    unheard = frame.assign(colour="violet")
    np.testing.assert_allclose(
        loaded.predict_proba(unheard), model.predict_proba(unheard), atol=1e-5
    )


@pytest.mark.parametrize("kind", [LGBMClassifier, LGBMRegressor])
def test_lightgbm_reads_categories_itself(mixed, kind, path):
    frame, y = mixed
    y = y if kind is LGBMClassifier else (y == "yes") + frame["whole"].to_numpy()
    model = kind(**{**LIGHT, "min_data_per_group": 1}).fit(frame, y)
    deploy.export(model, path, frame)
    loaded = deploy.load(path)
    method = "predict_proba" if is_classifier(model) else "predict"
    unheard = frame.assign(colour=pd.Categorical(["violet"] * len(frame)))
    for rows in (frame, unheard):
        np.testing.assert_allclose(
            getattr(loaded, method)(rows), getattr(model, method)(rows), rtol=1e-5, atol=1e-5
        )


def test_a_frame_of_numbers_needs_no_names_of_types(path):
    frame = pd.DataFrame(X, columns=list("abcdef")).assign(g=X[:, 0] > 0)
    deploy.export(LogisticRegression().fit(frame, CODES), path, frame)
    loaded = deploy.load(path)
    assert loaded.n_features_in_ == 7
    np.testing.assert_allclose(
        loaded.predict_proba(frame), loaded.predict_proba(frame.to_numpy(float))
    )
    with pytest.raises(ValueError, match="must have the columns"):
        loaded.predict(frame[list("gabcdef")])
    with pytest.raises(ValueError, match="must have 7 columns. Got 6 instead"):
        loaded.predict(X)


def test_sparse_rows(path):
    rows = sparse.csr_matrix(np.where(X > 0, X, 0))
    model = LogisticRegression().fit(rows, CODES)
    deploy.export(model, path, rows)
    np.testing.assert_allclose(
        deploy.load(path).predict_proba(rows), model.predict_proba(rows), atol=1e-5
    )


def test_a_loaded_model_is_scored_pickled_and_cloned(path):
    model = LogisticRegression().fit(X, CODES)
    deploy.export(model, path, X)
    loaded = deploy.load(path)
    score = get_scorer("roc_auc_ovr")
    assert score(loaded, X, CODES) == pytest.approx(score(model, X, CODES), abs=1e-6)
    assert loaded.score(X, CODES) == model.score(X, CODES)
    for copy in (pickle.loads(pickle.dumps(loaded)), clone(loaded)):
        np.testing.assert_array_equal(copy.predict_proba(X), loaded.predict_proba(X))
    assert repr(loaded).startswith("DeployedClassifier(LogisticRegression,")


def test_a_row_does_not_hang_on_its_neighbours(path):
    deploy.export(LogisticRegression().fit(X, CODES), path, X)
    loaded = deploy.load(path)
    one_by_one = np.vstack([loaded.predict_proba(X[[i]]) for i in range(20)])
    np.testing.assert_allclose(one_by_one, loaded.predict_proba(X)[:20], atol=1e-6)


# what cannot be exported


def test_not_fitted(path):
    with pytest.raises(NotFittedError):
        deploy.export(LogisticRegression(), path, X)
    with pytest.raises(NotFittedError):
        deploy.export(ActiveSynthesisClassifier(LogisticRegression()), path, X)


def test_the_step_without_a_converter_is_named(path):
    odd = FunctionTransformer(np.cbrt)
    model = make_pipeline(
        ColumnTransformer([("odd ones", odd, [0, 1])], remainder="passthrough"),
        LogisticRegression(),
    ).fit(X, CODES)
    with pytest.raises(TypeError, match=r"FunctionTransformer \(step 'columntransformer', step"
                                        r" 'odd ones'\): it needs an ONNX converter"):  # fmt: skip
        deploy.export(model, path, X)
    assert not path.exists()


def test_rounding_is_found_and_a_file_that_was_there_is_kept(path):
    deploy.export(LogisticRegression().fit(X, CODES), path, X)
    before = path.read_bytes()
    seconds = 1.7e9 + np.arange(120.0)[:, None]  # float32 tells apart steps of 128
    model = HistGradientBoostingClassifier(max_iter=20, min_samples_leaf=5)
    model.fit(seconds, np.arange(120) >= 60)
    why = r"differ by more, row \d+ the most \(0.\d+\). \d+ of them for their numbers are rounded"
    with pytest.raises(TypeError, match=why):
        deploy.export(model, path, seconds)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]
    report = deploy.export(model, path, seconds, allowed_share=0.6)
    assert 0 < len(report.rounded_rows) == (report.difference > 1e-4).sum()
    assert set(report.rounded_rows) == set(report.changed_rows)
    assert path.read_bytes() != before


def test_ties_are_reported_and_not_refused(path):
    rows = np.resize([[0.0], [1.0]], (40, 1))
    y = np.resize([0, 0, 1, 1], 40)  # every row is as likely 0 as 1
    model = RandomForestClassifier(20, random_state=0, bootstrap=False).fit(rows, y)
    report = deploy.export(model, path, rows)
    assert report.max_difference < 1e-6


def test_several_targets(path):
    model = DecisionTreeClassifier().fit(X, np.column_stack([CODES, CODES > 1]))
    with pytest.raises(TypeError, match="it needs one target"):
        deploy.export(model, path, X)


def test_a_bent_target(path):
    model = TransformedTargetRegressor(Ridge(), transformer=PowerTransformer()).fit(X, VALUES)
    with pytest.raises(TypeError, match="PowerTransformer: it needs a target that is shifted"):
        deploy.export(model, path, X)


def test_rows_and_paths_that_do_not_fit(path, tmp_path):
    model = LogisticRegression().fit(X, CODES)
    with pytest.raises(ValueError, match=r"must have 6 columns.* Got 5 instead"):
        deploy.export(model, path, X[:, :5])
    with pytest.raises(ValueError, match="Found array with 0 sample"):
        deploy.export(model, path, X[:0])
    for wrong in (tmp_path, tmp_path / "none" / "model.onnx"):
        with pytest.raises(ValueError, match="must be a file in a folder"):
            deploy.export(model, wrong, X)
    with pytest.raises(TypeError, match="it needs 'predict'; StandardScaler has none"):
        deploy.export(StandardScaler().fit(X), path, X)


def test_files_that_are_none_of_ours(path):
    with pytest.raises(ValueError, match="where there is none"):
        deploy.load(path)
    path.write_bytes(b"nothing")
    with pytest.raises(ValueError, match="which is another kind of file"):
        deploy.load(path)
    from skl2onnx import to_onnx

    path.write_bytes(to_onnx(Ridge().fit(X, VALUES), X[:1]).SerializeToString())
    with pytest.raises(ValueError, match="which is another kind of file"):
        deploy.load(path)


def test_absent_packages_are_named(path, monkeypatch):
    find = _optional.find_spec
    monkeypatch.setattr(
        _optional, "find_spec", lambda name: None if name == "skl2onnx" else find(name)
    )
    with pytest.raises(ImportError, match=r'deploy.export requires skl2onnx.*"sklearn-synda\[onnx'):
        deploy.export(LogisticRegression().fit(X, CODES), path, X)


def test_import_loads_nothing_heavy():
    code = "import sys, sklearn_synda.deploy; print({'onnx', 'torch'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
