"""Without its extras the package imports, works, and says what is missing."""

import importlib.util
import subprocess
import sys

import pytest

from sklearn_synda import _optional

EXTRAS = [
    *["torch", "skorch", "lightgbm", "matplotlib", "pandas", "polars", "rich", "umap"],
    *["safetensors", "skl2onnx", "onnxruntime", "onnx", "onnxmltools", "ipywidgets", "pyarrow"],
    "flwr",
]
WITHOUT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {extras!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
import numpy as np
from sklearn.linear_model import LogisticRegression
import sklearn_synda
from sklearn_synda import (
    ActiveSynthesisClassifier, acquisition, active_learning, deploy, dynamic, federated,
    integration, labeling, metrics, plotting, query, synthesis, uncertainty, validation,
)
rng = np.random.RandomState(0)
X = rng.normal(size=(40, 3))
model = ActiveSynthesisClassifier(
    LogisticRegression(), max_iter=1, random_state=0, validation=validation.HoldoutValidation()
)
model.fit(X, X[:, 0] > 0).query(X, 2)
assert model.score(X, X[:, 0] > 0) > 0.7
from sklearn.linear_model import SGDClassifier
fitted = dynamic.DynamicSynthesisClassifier(SGDClassifier(), max_iter=2).fit(X, X[:, 0] > 0)
assert fitted.predict(X).dtype == bool
sites = federated.FederatedSynthesisClassifier(SGDClassifier(), rate=1.0, max_iter=2)
assert sites.fit(X, X[:, 0] > 0, groups=np.arange(40) % 2).predict(X).dtype == bool
for part in (
    uncertainty.ConformalUncertainty(LogisticRegression(), random_state=0),
    uncertainty.ProxyUncertainty(LogisticRegression(), n_rows=50, quantize=True, random_state=0),
):
    assert part.fit(X, X[:, 0] > 0).predict_uncertainty(X).shape == (40,)
assert not set(sys.modules) & set({extras!r})
"""


def test_works_without_any_extra():
    subprocess.run([sys.executable, "-c", WITHOUT.format(extras=EXTRAS)], check=True)


@pytest.mark.parametrize(
    ("check", "module", "package", "extra"),
    [
        (_optional.check_matplotlib_support, "matplotlib", "matplotlib", "plot"),
        (_optional.check_pandas_support, "pandas", "pandas", "plot"),
        (_optional.check_umap_support, "umap", "umap-learn", "umap"),
        (_optional.check_pyarrow_support, "pyarrow", "pyarrow", "parquet"),
        (_optional.check_ipywidgets_support, "ipywidgets", "ipywidgets", "notebook"),
        (_optional.check_torch_support, "torch", "PyTorch", "deep"),
        (_optional.check_skorch_support, "skorch", "skorch", "deep"),
        (_optional.check_safetensors_support, "safetensors", "safetensors", "deep"),
        (_optional.check_onnx_support, "skl2onnx", "skl2onnx", "onnx"),
        (_optional.check_flwr_support, "flwr", "Flower", "federated"),
    ],
)
def test_what_is_missing_is_named(check, module, package, extra, monkeypatch):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        _optional, "find_spec", lambda name: None if name == module else find_spec(name)
    )
    with pytest.raises(ImportError) as caught:
        check("Something.draw")
    assert str(caught.value) == (
        f'Something.draw requires {package}. Install it with: pip install "sklearn-synda[{extra}]".'
    )


@pytest.mark.parametrize(
    "name",
    ["SynthesisHistoryDisplay", "UncertaintyAttributionDisplay", "UncertaintyMapDisplay"],
)
def test_displays_say_that_matplotlib_is_missing(name, monkeypatch, light, two_classes):
    from sklearn.linear_model import LogisticRegression

    from sklearn_synda import ActiveSynthesisClassifier, plotting

    model = ActiveSynthesisClassifier(LogisticRegression(), random_state=0, **light)
    model.fit(*two_classes)
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        _optional, "find_spec", lambda name: None if name == "matplotlib" else find_spec(name)
    )
    display = getattr(plotting, name)
    rows = () if name == "SynthesisHistoryDisplay" else two_classes[:1]
    with pytest.raises(ImportError, match=rf"{name}.* requires matplotlib. Install it with"):
        display.from_estimator(model, *rows)
