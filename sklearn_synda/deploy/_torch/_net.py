"""A fitted skorch net as an ONNX graph."""

import copy
import io
import warnings

import numpy as np
import torch

from sklearn_synda._torch._predictions import Predictions, float_type

__all__ = ["net_to_onnx"]


def net_to_onnx(net, n_features, opset):
    """The predictions of a fitted net as a ModelProto from ``X`` to ``prediction``.

    The tracing exporter is used: the newer one needs a further package, and what a net for a
    table is made of can be traced.
    """
    import onnx

    predictions = Predictions(net)
    if float_type(predictions) != np.float32:  # a file computes in float32
        predictions = copy.deepcopy(predictions).float()
    file = io.BytesIO()
    predictions.eval()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # torch on its own exporter; the rows are checked
        torch.onnx.export(
            predictions,
            (torch.zeros(2, n_features, device=net.device),),
            file,
            input_names=["X"],
            output_names=["prediction"],
            dynamic_axes={"X": {0: "n_samples"}, "prediction": {0: "n_samples"}},
            opset_version=opset,
            dynamo=False,
        )
    return onnx.load_from_string(file.getvalue())
