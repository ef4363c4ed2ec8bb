"""A fitted skorch net as an ONNX graph."""

import io
import warnings

import torch

__all__ = ["net_to_onnx"]


class _Predictions(torch.nn.Module):
    """What the net's ``predict_proba`` gives: its module, then skorch's nonlinearity."""

    def __init__(self, module, nonlinearity):
        super().__init__()
        self.module = module
        self.nonlinearity = nonlinearity

    def forward(self, X):
        output = self.module(X)
        return self.nonlinearity(output[0] if isinstance(output, tuple) else output)


def net_to_onnx(net, n_features, opset):
    """The predictions of a fitted net as a ModelProto from ``X`` to ``prediction``.

    The tracing exporter is used: the newer one needs a further package, and what a net for a
    table is made of can be traced.
    """
    import onnx

    predictions = _Predictions(net.module_, net._get_predict_nonlinearity())
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
