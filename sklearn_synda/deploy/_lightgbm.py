"""LightGBM in ONNX: its converter, and the categories it reads from a frame itself."""

from sklearn.base import is_classifier

__all__ = ["category_codes", "is_lightgbm", "register_converter"]


def is_lightgbm(estimator):
    """Whether this is a model of LightGBM."""
    return any(kind.__module__.startswith("lightgbm.") for kind in type(estimator).__mro__)


def register_converter(estimator):
    """Tell skl2onnx of onnxmltools' converter."""
    from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm
    from skl2onnx import update_registered_converter
    from skl2onnx.common import shape_calculator

    kind = type(estimator)
    what = "classifier" if is_classifier(estimator) else "regressor"
    options = {"nocl": [True, False], "zipmap": [True, False, "columns"]}
    update_registered_converter(
        kind,
        f"LightGbm{kind.__name__}",
        getattr(shape_calculator, f"calculate_linear_{what}_output_shapes"),
        convert_lightgbm,
        options=options if what == "classifier" else None,
    )


def category_codes(estimator, graph_input, opsets):
    """A graph from columns to the matrix LightGBM sees: categories as its own codes.

    A category that was missing or not seen in training is missing, as for LightGBM.
    """
    from onnx import TensorProto, helper

    categories = iter(estimator.booster_.pandas_categorical or [])
    types = {"float": TensorProto.FLOAT, "int": TensorProto.INT64, "string": TensorProto.STRING}
    inputs, nodes, columns = [], [], []
    for j, kind in enumerate(graph_input.kinds):
        inputs.append(helper.make_tensor_value_info(f"column{j}", types[kind], [None, 1]))
        columns.append(f"column{j}")
        if kind == "float":
            continue
        values = next(categories)
        keys = {"keys_strings": list(map(str, values))} if kind == "string" else {
            "keys_int64s": list(map(int, values))}  # fmt: skip
        nodes.append(helper.make_node(
            "LabelEncoder", [f"column{j}"], [f"codes{j}"], domain="ai.onnx.ml", **keys,
            values_floats=[float(k) for k in range(len(values))], default_float=float("nan"),
        ))  # fmt: skip
        columns[j] = f"codes{j}"
    nodes.append(helper.make_node("Concat", columns, ["matrix"], axis=1))
    width = [None, graph_input.n_features]
    output = helper.make_tensor_value_info("matrix", TensorProto.FLOAT, width)
    return helper.make_model(
        helper.make_graph(nodes, "categories", inputs, [output]),
        opset_imports=[helper.make_opsetid(d, v) for d, v in opsets.items()],
    )
