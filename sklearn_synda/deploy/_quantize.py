"""Fewer bits a weight: matrices of a graph as int8."""

import logging
import tempfile
from pathlib import Path

import numpy as np

__all__ = ["quantize"]

N_WEIGHTS = 256  # a smaller matrix costs more as int8 than it saves


def quantize(graph, kind):
    """A graph with int8 matrices, and words for what was done; None where there are none.

    "int8" keeps the weights as int8 with one scale an output, and computes in float32 as
    before. "int8_dynamic" is onnxruntime's: what flows through the net is rounded to 8 bits,
    too, on a scale that is found for all rows of a call together.
    """
    matrices = _matrices(graph)
    if not matrices:
        return None, f"none: no matrix of {N_WEIGHTS} weights or more (trees keep their thresholds)"
    n_weights = sum(int(np.prod(m.dims)) for m, _ in matrices.values())
    if kind == "int8":
        _quantize_weights(graph, matrices)
    else:
        graph = _quantize_dynamic(graph)
    return graph, f"{kind}: {len(matrices)} matrices, {n_weights} weights"


def _matrices(graph):
    """Constant matrices that rows are multiplied with, and the axis of their outputs."""
    constants = {c.name: c for c in graph.graph.initializer}
    found = {}
    for node in graph.graph.node:
        if node.op_type not in ("MatMul", "Gemm") or node.input[1] not in constants:
            continue
        matrix = constants[node.input[1]]
        transposed = any(a.name == "transB" and a.i for a in node.attribute)
        if len(matrix.dims) == 2 and np.prod(matrix.dims) >= N_WEIGHTS:
            found[matrix.name] = matrix, 0 if transposed else 1
    return found


def _quantize_weights(graph, matrices):
    from onnx import helper, numpy_helper

    restored = []
    for name, (matrix, axis) in matrices.items():
        weights = numpy_helper.to_array(matrix)
        scale = np.abs(weights).max(axis=1 - axis) / 127
        scale = np.where(scale > 0, scale, 1.0).astype(np.float32)
        codes = np.round(weights / np.expand_dims(scale, 1 - axis)).astype(np.int8)
        graph.graph.initializer.remove(matrix)
        graph.graph.initializer.extend([
            numpy_helper.from_array(codes, f"{name}_int8"),
            numpy_helper.from_array(scale, f"{name}_scale"),
        ])  # fmt: skip
        given = [f"{name}_int8", f"{name}_scale"]
        restored.append(helper.make_node("DequantizeLinear", given, [name], axis=axis))
    for node in reversed(restored):
        graph.graph.node.insert(0, node)


def _quantize_dynamic(graph):
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    silenced = logging.root.manager.disable
    logging.disable(logging.WARNING)  # it recommends a preparation that needs one more package
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "int8.onnx")
            quantize_dynamic(
                graph, path, weight_type=QuantType.QInt8, per_channel=True,
                extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
            )  # fmt: skip
            return onnx.load(path)
    finally:
        logging.disable(silenced)
