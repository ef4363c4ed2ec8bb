"""What a fitted skorch net predicts, as a module of its own."""

import torch

__all__ = ["Predictions"]


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
