"""Models whose converters differ from the rest: shapes, options, and reasons to refuse."""

import re

import numpy as np
import pytest
from lightgbm import LGBMClassifier
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    StackingClassifier,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.multiclass import OneVsOneClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import NearestCentroid
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sklearn_synda import ActiveSynthesisClassifier, ActiveSynthesisRegressor, deploy
from sklearn_synda.deploy import _export

X, CODES = make_classification(90, 6, n_informative=4, n_classes=3, random_state=0)
NAMES = np.array(["a", "b", "c"])[CODES]
MEMBERS = [("lines", LogisticRegression()), ("bells", GaussianNB())]
SOFT = VotingClassifier(MEMBERS, voting="soft")
LIGHT = LGBMClassifier(n_estimators=3, verbose=-1, min_child_samples=2, n_jobs=1)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.onnx"


def assert_exported(model, path, y):
    model = clone(model).fit(X, y)
    report = deploy.export(model, path, X)
    loaded = deploy.load(path)
    assert report.difference.shape == y.shape
    assert loaded.predict(X).shape == y.shape
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    assert hasattr(loaded, "predict_proba") == hasattr(model, "predict_proba")
    if hasattr(model, "predict_proba"):
        np.testing.assert_allclose(loaded.predict_proba(X), model.predict_proba(X), atol=1e-5)


@pytest.mark.parametrize("y", [NAMES, CODES, CODES > 1], ids=["names", "codes", "bools"])
@pytest.mark.parametrize("wrap", [clone, lambda model: make_pipeline(StandardScaler(), model),
    lambda model: make_pipeline(StandardScaler(), make_pipeline(StandardScaler(), model))],
    ids=["alone", "last", "in a pipeline of a pipeline"])  # fmt: skip
def test_linear_svc(wrap, y, path):
    assert_exported(wrap(LinearSVC()), path, y)


def test_linear_svc_inside_a_meta_estimator(light, path):
    assert_exported(ActiveSynthesisClassifier(LinearSVC(), random_state=0, **light), path, CODES)


@pytest.mark.parametrize("y", [CODES, (CODES > 1).astype(int)], ids=["three", "two"])
def test_labels_that_a_graph_gives_as_a_column(y, path, capfd):
    assert_exported(OneVsOneClassifier(LinearSVC()), path, y)
    assert "MergeShapeInfo" not in capfd.readouterr().err


@pytest.mark.parametrize(
    "model",
    [
        SOFT,
        VotingClassifier(MEMBERS),
        VotingClassifier([("none", "drop"), *MEMBERS], voting="soft", weights=[9, 1, 3]),
        VotingClassifier([*MEMBERS, ("light", LIGHT)], voting="soft"),
        make_pipeline(StandardScaler(), SOFT),
        make_pipeline(StandardScaler(), VotingClassifier(MEMBERS, weights=(0.2, 0.8))),
    ],
    ids=["soft", "hard", "dropped", "lightgbm", "last", "last, hard"],
)
def test_votes(model, path):
    before = clone(model).fit(X, NAMES)
    weights = getattr(before, "weights", None)
    deploy.export(before, path, X)
    votes = before if isinstance(before, VotingClassifier) else before[-1]
    assert votes.flatten_transform is True  # the user's own stays as it is
    assert getattr(before, "weights", None) is weights
    assert_exported(model, path, NAMES)


@pytest.mark.parametrize(
    ("model", "who", "reason"),
    [
        (GaussianProcessClassifier(), "GaussianProcessClassifier:", "Only binary classification"),
        (
            make_pipeline(StandardScaler(), GaussianProcessClassifier()),
            "GaussianProcessClassifier (step 'gaussianprocessclassifier'):",
            "Only binary classification",
        ),
        (
            GradientBoostingClassifier(init=LogisticRegression(), n_estimators=2),
            "GradientBoostingClassifier:",
            "Setting init to an estimator is not supported'. Use deploy.distill instead.",
        ),
    ],
    ids=["alone", "last", "a parameter"],
)
def test_the_reason_of_a_converter_is_quoted(model, who, reason, path):
    why = f"not compatible with {who} it needs an ONNX converter; that of skl2onnx says '{reason}"
    with pytest.raises(TypeError, match=re.escape(why)):
        deploy.export(clone(model).fit(X, CODES), path, X)
    assert not path.exists()


def test_classes_that_a_converter_takes_for_numbers(path):
    """It raises a ValueError of its own, which names neither step nor reason."""
    model = make_pipeline(StandardScaler(), GaussianProcessClassifier())
    named = model.fit(X, np.where(CODES, "yes", "no"))
    why = (
        "GaussianProcessClassifier (step 'gaussianprocessclassifier'): it needs an ONNX converter;"
        " that of skl2onnx takes no classes that are names. Use deploy.distill instead."
    )
    with pytest.raises(TypeError, match=re.escape(why)):
        deploy.export(named, path, X)


@pytest.mark.parametrize("error", [TypeError, AttributeError, IndexError, AssertionError])
def test_errors_of_converters_are_sentences_whatever_their_kind(error, path, monkeypatch):
    def refuse(*args, **params):
        raise error("no such leaf")

    monkeypatch.setattr("skl2onnx.convert_sklearn", refuse)
    with pytest.raises(TypeError, match="converter; that of skl2onnx says 'no such leaf'. Use dep"):
        deploy.export(GaussianNB().fit(X, CODES), path, X)


class Column(GaussianNB):
    """Predicts one column, as CatBoost does for three classes."""

    def predict(self, X):
        return super().predict(X)[:, None]


@pytest.mark.parametrize("y", [NAMES, CODES], ids=["names", "codes"])
def test_one_target_in_a_column_is_one_target(y, path, monkeypatch):
    model = Column().fit(X, y)
    with pytest.raises(TypeError, match="Column: it needs an ONNX converter; skl2onnx has none f"):
        deploy.export(model, path, X)
    monkeypatch.setattr(_export, "inner_estimator", lambda model: GaussianNB().fit(X, y))
    report = deploy.export(model, path, X)
    assert report.difference.shape == (90,)
    assert report.max_difference < 1e-4
    assert not len(report.changed_rows)
    model.var_ = model.var_[:, ::-1]  # another model than the file
    assert len(deploy.export(model, path, X, tolerance=1).changed_rows) > 0


def wrapped(model, **params):
    """A meta-estimator that keeps the model as it is."""
    kind = ActiveSynthesisClassifier if is_classifier(model) else ActiveSynthesisRegressor
    return kind(model, max_iter=0, random_state=0, **params)


TREE = DecisionTreeClassifier(max_depth=3, random_state=0)


@pytest.mark.parametrize(
    "model",
    [
        CalibratedClassifierCV(wrapped(TREE), cv=2),
        CalibratedClassifierCV(wrapped(LogisticRegression()), cv=2, ensemble=False),
        GridSearchCV(wrapped(TREE), {"max_iter": [0]}, cv=2),
        RandomizedSearchCV(wrapped(TREE), {"max_iter": [0]}, n_iter=1, cv=2),
        GridSearchCV(make_pipeline(StandardScaler(), wrapped(TREE)), {}, cv=2),
        make_pipeline(StandardScaler(), GridSearchCV(wrapped(TREE), {}, cv=2)),
        wrapped(CalibratedClassifierCV(GridSearchCV(wrapped(TREE), {}, cv=2), cv=2)),
        VotingClassifier([("none", "drop"), ("tree", wrapped(TREE)), *MEMBERS], voting="soft"),
        StackingClassifier([("tree", wrapped(TREE)), *MEMBERS], wrapped(TREE), cv=2),
    ],
    ids=["calibrated", "calibrated at once", "searched", "drawn", "searched pipeline",
         "search in a pipeline", "everything", "votes", "stack"],
)  # fmt: skip
def test_what_is_around_a_meta_estimator(model, path):
    assert_exported(model, path, NAMES)


def test_what_is_around_a_meta_estimator_of_values(path):
    values = 40 * X[:, 0] + 7
    tree = DecisionTreeRegressor(max_depth=3, random_state=0)
    for model in (
        GridSearchCV(wrapped(tree), {"max_iter": [0]}, cv=2),
        TransformedTargetRegressor(wrapped(tree), transformer=StandardScaler()),
        VotingRegressor([("tree", wrapped(tree)), ("line", LinearRegression())]),
    ):
        fitted = model.fit(X, values)
        inside = dict(vars(fitted))
        assert deploy.export(fitted, path, X).max_difference < 1e-4
        assert all(vars(fitted)[name] is value for name, value in inside.items())


def test_a_search_of_what_has_no_converter_prints_nothing(path, capfd, caplog):
    search = GridSearchCV(NearestCentroid(), {}, cv=2).fit(X, CODES)
    stack = BaggingClassifier(search, n_estimators=2).fit(X, CODES)
    for model in (search, stack):
        with pytest.raises(TypeError, match="skl2onnx"):
            deploy.export(model, path, X)
    said = capfd.readouterr()
    assert said.out + said.err == ""
    assert not caplog.records  # which go to standard error where nobody collects them


@pytest.mark.parametrize(
    "model",
    [NearestCentroid(), VotingClassifier([*MEMBERS, ("near", NearestCentroid())])],
    ids=["alone", "in a vote"],
)
def test_no_converter_at_all(model, path):
    why = r"NearestCentroid( \(step 'near'\))?: it needs an ONNX converter; skl2onnx has none for"
    with pytest.raises(TypeError, match=why):
        deploy.export(model.fit(X, CODES), path, X)


def test_graphs_that_do_not_open(path):
    """skl2onnx writes numbers where the classes are names."""
    model = OneVsOneClassifier(LinearSVC()).fit(X, NAMES)
    with pytest.raises(TypeError, match="onnxruntime refuses what skl2onnx's writes"):
        deploy.export(model, path, X)
    assert not path.exists()


def test_predictions_of_another_shape_are_not_compared():
    voter = LinearSVC().fit(X, CODES)
    why = r"LinearSVC: it needs predictions of shape \(90,\).* converter gives \(90, 1\)"
    with pytest.raises(TypeError, match=why):
        _export._Said(voter, X).difference(CODES[:, None], None)
    sure = LogisticRegression().fit(X, CODES)
    with pytest.raises(TypeError, match=r"of shape \(90, 3\).* gives \(90, 1\)"):
        _export._Said(sure, X).difference(CODES, np.ones((90, 1)))


@pytest.mark.parametrize("tolerance", [-1e-9, np.nan, "small", True])
def test_tolerances_that_are_none(tolerance, path):
    model = LogisticRegression().fit(X, CODES)
    with pytest.raises(ValueError, match=r"'tolerance' parameter of deploy.export .* Got .* inst"):
        deploy.export(model, path, X, tolerance=tolerance)
    assert not path.exists()
    voter = LinearSVC().fit(X, CODES)
    assert deploy.export(voter, path, X, tolerance=0).max_difference == 0


@pytest.mark.parametrize("allowed_share", [-0.1, 1, 1.0, 2, np.nan, None, True])
def test_shares_that_are_none(allowed_share, path):
    model = LogisticRegression().fit(X, CODES)
    why = r"'allowed_share' parameter of deploy.export must be a share of 0 or more and below 1"
    with pytest.raises(ValueError, match=why):
        deploy.export(model, path, X, allowed_share=allowed_share)
    assert not path.exists()


def test_the_share_that_is_suggested_is_enough_and_one(path):
    """Times in seconds: float32 tells apart steps of 128."""
    seconds = 1.7e9 + np.arange(300.0)[:, None]
    model = HistGradientBoostingClassifier(max_iter=20, min_samples_leaf=5)
    model.fit(seconds, np.arange(300) >= 203)
    with pytest.raises(TypeError) as refused:
        deploy.export(model, path, seconds)
    share = float(re.search(r"or allowed_share=([\d.]+), instead", str(refused.value))[1])
    report = deploy.export(model, path, seconds, allowed_share=share)
    assert share - 0.01 < np.mean(report.difference > 1e-4) <= share
    all_differ = (report.difference > 1e-4).nonzero()[0]
    with pytest.raises(TypeError, match=r"\)\. .*Use deploy.distill instead\.$"):
        deploy.export(model, path, seconds[all_differ])


def test_frozen_steps_are_their_models(path):
    frozen = FrozenEstimator(StandardScaler().fit(X))
    model = make_pipeline(frozen, LogisticRegression()).fit(X, CODES)
    assert deploy.export(model, path, X).max_difference < 1e-4
    assert model.steps[0][1] is frozen
