"""One file for a fitted generator: arrays and JSON, nothing that runs when it is opened."""

import json
import os
from pathlib import Path

import numpy as np

from sklearn_synda._columns import Columns
from sklearn_synda._optional import check_safetensors_support
from sklearn_synda.synthesis._table_record import (
    NotRecordable,
    NotRestorable,
    record_table,
    restore_table,
)

__all__ = ["load_synthesizer", "save_synthesizer"]

_FORMAT = "sklearn-synda generator"
_VERSION = 1
_ARRAYS = ("cells", "y", "sample_weight", "loss_curve")
_OF_DAMAGE = (
    NotRestorable, KeyError, ValueError, TypeError, IndexError, RuntimeError, AttributeError,
    OverflowError,
)  # fmt: skip


def save_synthesizer(synthesizer, path):
    """Write a fitted generator to a safetensors file."""
    name = type(synthesizer).__name__
    check_safetensors_support(f"{name}.save")
    from safetensors.numpy import save

    columns, cells = synthesizer.columns_, synthesizer.cells_
    try:
        table = record_table(columns.to_table(cells), cells, columns.is_categorical)
    except NotRecordable as error:
        raise ValueError(
            f"{name}.save is not compatible with this table: it writes numbers, names and dates,"
            f" and {error}. Use pickle instead, for files you trust."
        ) from error
    meta = {
        "format": _FORMAT, "version": _VERSION, "class": name,
        "parameters": {k: _to_json(name, k, v) for k, v in synthesizer.get_params().items()},
        "fitted": {k: _to_json(name, k, v) for k, v in synthesizer._fit_params.items()},
        "seed": synthesizer.seed_, "table": table, "quantized": synthesizer._is_quantized(),
    }  # fmt: skip
    arrays = {key: np.ascontiguousarray(getattr(synthesizer, f"{key}_")) for key in _ARRAYS}
    arrays.update({f"net.{k}": v for k, v in synthesizer._net_arrays().items()})
    content = save(arrays, metadata={"synda": json.dumps(meta)})
    part = Path(f"{os.fspath(path)}.part")
    part.write_bytes(content)
    os.replace(part, path)


def _to_json(caller, key, value):
    """A parameter as JSON; a mapping as its pairs, a tuple as a list, a state of chance as None."""
    if key == "random_state" and not isinstance(value, (int, np.integer)):
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (tuple, np.ndarray)):
        return np.asarray(value).tolist()
    if isinstance(value, dict):
        return {"pairs": [[_to_json(caller, key, part) for part in pair] for pair in value.items()]}
    if callable(value):
        raise ValueError(
            f"{caller}.save is not compatible with a function as {key!r}: it writes values, not"
            " code. Use a dict instead."
        )
    return value


def _from_json(value):
    if isinstance(value, list):
        return tuple(value)
    return dict(value["pairs"]) if isinstance(value, dict) else value


def load_synthesizer(cls, path):
    """Read a fitted generator of a class from a file that :func:`save_synthesizer` wrote."""
    name = cls.__name__
    check_safetensors_support(f"{name}.load")
    from safetensors import SafetensorError

    try:
        meta, arrays = _read(path)
        if meta["format"] != _FORMAT:
            raise KeyError("format")
        is_ours, is_new = meta["class"] == name, meta["version"] > _VERSION
        synthesizer = None
        if is_ours and not is_new:
            synthesizer = _rebuild(cls, meta, arrays)
    except (SafetensorError, *_OF_DAMAGE) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(
            f"The 'path' parameter of {name}.load must be a whole file that {name}.save wrote."
            f" Got {os.fspath(path)!r} instead: {reason}."
        ) from error
    if is_new:
        raise ValueError(
            f"The 'path' parameter of {name}.load must be a file of version {_VERSION} or older."
            f" Got version {meta['version']} instead: install a newer sklearn-synda."
        )
    if not is_ours:
        raise ValueError(
            f"The 'path' parameter of {name}.load must be a file of a {name}. Got one of a"
            f" {meta['class']} instead."
        )
    return synthesizer


def _read(path):
    from safetensors import safe_open

    with safe_open(os.fspath(path), framework="numpy") as file:
        meta = json.loads((file.metadata() or {})["synda"])
        return meta, {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118


def _rebuild(cls, meta, arrays):
    cells = arrays["cells"]
    synthesizer = cls(**_parameters(meta.get("fitted", meta["parameters"])))
    synthesizer._validate_params()
    table = restore_table(meta["table"], cells)
    synthesizer.columns_ = Columns(table)
    if not np.array_equal(synthesizer.columns_.to_cells(table), cells, equal_nan=True):
        raise NotRestorable("the table and its record do not agree")
    synthesizer.cells_, synthesizer.y_ = cells, arrays["y"]
    synthesizer.sample_weight_ = arrays["sample_weight"]
    if not len(cells) == len(arrays["y"]) == len(arrays["sample_weight"]):
        raise NotRestorable("rows, targets and weights are not of one length")
    synthesizer.n_features_in_ = synthesizer.columns_.n_features
    net = {k.removeprefix("net."): v for k, v in arrays.items() if k.startswith("net.")}
    if not all(np.isfinite(v).all() for v in net.values() if v.dtype.kind == "f"):
        raise NotRestorable("the net holds numbers that are not finite")
    synthesizer._restore(int(meta["seed"]), net, bool(meta["quantized"]))
    synthesizer.loss_curve_ = arrays["loss_curve"].tolist()
    synthesizer.set_params(**_parameters(meta["parameters"]))
    synthesizer._validate_params()
    return synthesizer


def _parameters(record):
    """Parameters out of JSON; a device that may not be here is the one that is."""
    parameters = {k: _from_json(v) for k, v in record.items()}
    if parameters.get("device", "cpu") != "cpu":
        parameters["device"] = "auto"
    return parameters
