"""Nets of skorch, alone and behind a preparation."""

import numpy as np
import pytest
import torch
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.datasets import make_classification
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from skorch import NeuralNetBinaryClassifier, NeuralNetClassifier, NeuralNetRegressor

from sklearn_synda import deploy

X, y = make_classification(80, 5, n_informative=3, n_classes=3, random_state=0)
X = X.astype(np.float32)
COMMON = {"max_epochs": 2, "train_split": None, "verbose": 0, "lr": 0.1}


def layers(n_inputs, n_outputs, *last):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return torch.nn.Sequential(
            torch.nn.Linear(n_inputs, 8), torch.nn.ReLU(), torch.nn.Dropout(0.5),
            torch.nn.Linear(8, n_outputs), *last,
        )  # fmt: skip


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net.onnx"


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


NETS = [
    NeuralNetClassifier(layers(5, 3), criterion=torch.nn.CrossEntropyLoss, **COMMON),
    NeuralNetClassifier(layers(5, 3, torch.nn.Softmax(-1)), **COMMON),
]


@pytest.mark.parametrize("net", NETS, ids=["logits", "probabilities"])
def test_classes(net, path):
    net.fit(X, y)
    report = deploy.export(net, path, X)
    assert report.max_difference < 1e-6
    np.testing.assert_allclose(deploy.load(path).predict_proba(X), net.predict_proba(X), atol=1e-6)


@pytest.mark.parametrize("last", [[], [torch.nn.Flatten(0)]], ids=["column", "flat"])
def test_two_classes_from_one_output(last, path):
    module = layers(5, 1, *last)
    net = NeuralNetBinaryClassifier(module, **COMMON).fit(X, (y > 0).astype(np.float32))
    deploy.export(net, path, X)
    loaded = deploy.load(path)
    np.testing.assert_array_equal(loaded.predict(X), net.predict(X))
    np.testing.assert_allclose(loaded.predict_proba(X), net.predict_proba(X), atol=1e-6)


def test_in_a_pipeline_with_categories(path):
    rows = np.column_stack([X[:, :3], y % 2]).astype(object)
    rows[:, 3] = np.array(["even", "odd"])[y % 2]
    model = make_pipeline(
        ColumnTransformer([
            ("numbers", StandardScaler(), [0, 1, 2]),
            ("names", OneHotEncoder(sparse_output=False), [3]),
        ]),
        FunctionTransformer(np.asarray, kw_args={"dtype": np.float32}),
        NeuralNetClassifier(layers(5, 3), criterion=torch.nn.CrossEntropyLoss, **COMMON),
    ).fit(rows, y)  # fmt: skip
    deploy.export(model, path, rows)
    np.testing.assert_allclose(
        deploy.load(path).predict_proba(rows), model.predict_proba(rows), atol=1e-6
    )
    with pytest.raises(TypeError, match="it needs a matrix of numbers; X_sample has columns of"):
        deploy._convert.convert(model[-1], deploy._graph_input.GraphInput.of(rows, by_column=True))


def test_values_with_a_scaled_target(path):
    values = (100 + 50 * X[:, [0]]).astype(np.float32)
    net = NeuralNetRegressor(layers(5, 1), **COMMON)
    model = TransformedTargetRegressor(net, transformer=StandardScaler())
    for fitted in (model.fit(X, values), net.fit(X, values)):
        deploy.export(fitted, path, X)
        found = deploy.load(path).predict(X)
        assert found.shape == fitted.predict(X).shape
        np.testing.assert_allclose(found, fitted.predict(X), rtol=1e-5)


def test_not_fitted(path):
    net = NeuralNetClassifier(layers(5, 3), **COMMON)
    with pytest.raises(Exception, match="not fitted|not initialized"):
        deploy.export(net, path, X)


@pytest.mark.parametrize("kind", ["int8", "int8_dynamic"])
def test_int8_behind_a_preparation(kind, path):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        wide = torch.nn.Sequential(
            torch.nn.Linear(5, 200), torch.nn.ReLU(), torch.nn.Linear(200, 100),
            torch.nn.ReLU(), torch.nn.Linear(100, 3),
        )  # fmt: skip
    net = NeuralNetClassifier(wide, criterion=torch.nn.CrossEntropyLoss, **COMMON)
    model = make_pipeline(StandardScaler(), net).fit(X, y)
    report = deploy.export(model, path, X, quantization=kind)
    assert report.quantization.startswith(f"{kind}: 3 matrices, 21300 weights")
    assert report.n_bytes < 88_000 / 2.5


def test_the_threshold_of_a_binary_net_travels(path):
    target = (y > 0).astype(np.float32)
    net = NeuralNetBinaryClassifier(layers(5, 1), **COMMON, threshold=0.6).fit(X, target)
    assert 0 < net.predict(X).sum() < (net.predict_proba(X)[:, 1] > 0.5).sum()
    report = deploy.export(net, path, X)
    assert len(report.changed_rows) == 0
    np.testing.assert_array_equal(deploy.load(path).predict(X), net.predict(X))


class Careful(NeuralNetClassifier):
    """Says the first class unless another one is all but certain."""

    def predict(self, X):
        return super().predict(X) * (self.predict_proba(X).max(axis=1) > 0.99)


def test_a_class_that_the_probabilities_do_not_name_is_refused(path):
    net = Careful(layers(5, 3), criterion=torch.nn.CrossEntropyLoss, **COMMON).fit(X, y)
    with pytest.raises(TypeError, match="with Careful: it needs predictions within"):
        deploy.export(net, path, X)
    assert not path.exists()


def test_a_net_in_float64_becomes_a_file_in_float32(path):
    net = NeuralNetClassifier(
        layers(5, 3).double(), criterion=torch.nn.CrossEntropyLoss, **COMMON
    ).fit(X.astype(np.float64), y)
    deploy.export(net, path, X.astype(np.float64))
    found = deploy.load(path).predict_proba(X)
    np.testing.assert_allclose(found, net.predict_proba(X.astype(np.float64)), atol=1e-6)
    assert next(net.module_.parameters()).dtype == torch.float64
