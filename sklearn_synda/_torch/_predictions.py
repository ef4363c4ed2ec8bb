"""What a fitted skorch net predicts, as a module of its own."""

import numpy as np
import torch

__all__ = ["Predictions", "float_type"]


def float_type(module):
    """The numpy type of a module's weights, which its rows must have as well."""
    types = {weights.dtype for weights in module.parameters()}
    return np.float64 if torch.float64 in types else np.float32


class Predictions(torch.nn.Module):
    """What the net's ``predict_proba`` gives: its module, then skorch's nonlinearity.

    A binary net has one output a row, in one axis or two; skorch drops the second.
    """

    def __init__(self, net):
        super().__init__()
        self.module = net.module_
        self.nonlinearity = net._get_predict_nonlinearity()
        self.is_binary = hasattr(net, "threshold")

    def forward(self, X):
        output = self.module(X)
        output = output[0] if isinstance(output, tuple) else output
        return self.nonlinearity(output.reshape(-1) if self.is_binary else output)
