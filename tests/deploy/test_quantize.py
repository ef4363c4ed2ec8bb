"""int8: what it is done to, what it costs, what it leaves alone."""

import numpy as np
import pytest
from sklearn.datasets import make_classification, make_regression
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_synda import deploy
from sklearn_synda.exceptions import SynthesisWarning

X, y = make_classification(150, 40, n_informative=10, random_state=0)
X[0] *= 100  # an unusual row

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(scope="module")
def net():
    layers = MLPClassifier((150, 50), max_iter=15, random_state=0)
    return make_pipeline(StandardScaler(), layers).fit(X, y)


def test_int8_is_smaller_and_close(net, tmp_path):
    full = deploy.export(net, tmp_path / "full.onnx", X)
    small = deploy.export(net, tmp_path / "int8.onnx", X, quantization="int8")
    assert full.n_bytes > 3 * small.n_bytes
    assert 0 < small.max_difference < 0.02
    assert small.quantization.startswith("int8: 2 matrices, 13500 weights,")
    assert "quantization: int8" in str(small)


def test_int8_answers_row_by_row_and_int8_dynamic_does_not(net, tmp_path):
    path = tmp_path / "net.onnx"
    gap = {}
    for kind in ("int8", "int8_dynamic"):
        deploy.export(net, path, X, quantization=kind, tolerance=1.0)
        loaded = deploy.load(path)
        alone = np.vstack([loaded.predict_proba(X[[i]]) for i in range(1, 30)])
        gap[kind] = np.abs(alone - loaded.predict_proba(X)[1:30]).max()
    assert gap["int8"] < 1e-5
    assert gap["int8_dynamic"] > 1e-3


def test_wide_linear_models(tmp_path):
    rows, classes = make_classification(
        300, 200, n_informative=20, n_classes=6, n_clusters_per_class=1, random_state=0
    )
    model = LogisticRegression(max_iter=50).fit(rows, classes)
    full = deploy.export(model, tmp_path / "full.onnx", rows)
    small = deploy.export(model, tmp_path / "int8.onnx", rows, quantization="int8")
    assert small.n_bytes < full.n_bytes / 2
    np.testing.assert_array_equal(
        deploy.load(tmp_path / "int8.onnx").predict(rows[:50]), model.predict(rows[:50])
    )


def test_values(tmp_path):
    rows, values = make_regression(100, 30, random_state=0)
    model = MLPRegressor(hidden_layer_sizes=(50,), solver="lbfgs", max_iter=30, random_state=0).fit(
        rows, values
    )
    report = deploy.export(model, tmp_path / "int8.onnx", rows, quantization="int8")
    assert 0 < report.max_difference < 0.1


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (DecisionTreeClassifier(max_depth=3), "no matrix of 256 weights or more"),
        (LogisticRegression(max_iter=20), "no matrix of 256 weights or more"),
    ],
    ids=["tree", "linear"],
)
def test_nothing_to_gain_is_said(model, why, tmp_path):
    path = tmp_path / "model.onnx"
    with pytest.warns(SynthesisWarning, match=f"in float32, not int8: none: {why}"):
        report = deploy.export(model.fit(X, y), path, X, quantization="int8")
    assert report.quantization.startswith("none: ")
    assert report.max_difference < 1e-4
    assert path.exists()


def test_unknown_quantization(net, tmp_path):
    with pytest.raises(ValueError, match="'quantization' parameter .* Got 'int4' instead"):
        deploy.export(net, tmp_path / "net.onnx", X, quantization="int4")


def test_int8_too_far_from_the_model_is_refused(net, tmp_path):
    with pytest.raises(TypeError, match="it needs predictions within 1e-06"):
        deploy.export(net, tmp_path / "net.onnx", X, quantization="int8", tolerance=1e-6)
    assert not list(tmp_path.iterdir())


def test_weights_are_rounded_to_the_nearest_of_255_steps(net, tmp_path):
    import onnx

    deploy.export(net, tmp_path / "int8.onnx", X, quantization="int8")
    graph = onnx.load(tmp_path / "int8.onnx").graph
    stored = {c.name: onnx.numpy_helper.to_array(c) for c in graph.initializer}
    name = next(n for n in stored if n.endswith("_int8") and stored[n].shape == (40, 150))
    found = stored[name] * stored[name.replace("_int8", "_scale")]
    weights = net[-1].coefs_[0]
    assert (np.abs(found - weights) <= np.abs(weights).max(axis=0) / 253).all()
