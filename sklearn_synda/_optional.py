"""Optional packages: looked for when they are used, missed by name.

Each function raises an ``ImportError`` that names the caller and the extra to install.
"""

from importlib.util import find_spec

_SENTENCE = '{caller} requires {package}. Install it with: pip install "sklearn-synda[{extra}]".'


def _check_support(caller: str, module: str, package: str, extra: str) -> None:
    if find_spec(module) is None:
        raise ImportError(_SENTENCE.format(caller=caller, package=package, extra=extra))


def check_matplotlib_support(caller: str) -> None:
    """Raise unless matplotlib is installed."""
    _check_support(caller, "matplotlib", "matplotlib", "plot")


def check_umap_support(caller: str) -> None:
    """Raise unless umap-learn is installed."""
    _check_support(caller, "umap", "umap-learn", "umap")


def check_pandas_support(caller: str) -> None:
    """Raise unless pandas is installed."""
    _check_support(caller, "pandas", "pandas", "plot")


def check_pyarrow_support(caller: str) -> None:
    """Raise unless pyarrow is installed."""
    _check_support(caller, "pyarrow", "pyarrow", "parquet")


def check_ipywidgets_support(caller: str) -> None:
    """Raise unless ipywidgets is installed."""
    _check_support(caller, "ipywidgets", "ipywidgets", "notebook")


def check_torch_support(caller: str) -> None:
    """Raise unless PyTorch is installed."""
    _check_support(caller, "torch", "PyTorch", "deep")


def check_skorch_support(caller: str) -> None:
    """Raise unless skorch is installed."""
    _check_support(caller, "skorch", "skorch", "deep")


def check_safetensors_support(caller: str) -> None:
    """Raise unless safetensors is installed."""
    _check_support(caller, "safetensors", "safetensors", "deep")


def check_onnx_support(caller: str) -> None:
    """Raise unless skl2onnx and onnxruntime are installed."""
    _check_support(caller, "skl2onnx", "skl2onnx", "onnx")
    _check_support(caller, "onnxruntime", "onnxruntime", "onnx")


def check_flwr_support(caller: str) -> None:
    """Raise unless Flower is installed."""
    _check_support(caller, "flwr", "Flower", "federated")
