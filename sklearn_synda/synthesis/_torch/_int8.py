"""Weights of linear layers as 8-bit integers.

torch.ao.quantization is deprecated and leaves torch; what is quantised here are the weights
alone, by a scale for each unit, and a layer multiplies with them as floats. So a net takes a
quarter of the memory and of the file, and about the time it took before.
"""

import copy

import torch
from torch.nn import functional

__all__ = ["Int8Linear", "quantized"]


class Int8Linear(torch.nn.Module):
    """A linear layer with int8 weights and a float scale for each unit."""

    def __init__(self, layer):
        super().__init__()
        weight = layer.weight.detach()
        scale = weight.abs().amax(1, keepdim=True).clamp(min=1e-12) / 127
        self.register_buffer("weight", (weight / scale).round().to(torch.int8))
        self.register_buffer("scale", scale)
        self.bias = layer.bias

    def forward(self, x):
        return functional.linear(x, self.weight.to(x.dtype) * self.scale, self.bias)


def quantized(net):
    """A copy of a net with every linear layer in 8 bits; one in 8 bits stays as it is."""
    net = copy.deepcopy(net)
    for module in list(net.modules()):
        for name, child in module.named_children():
            if isinstance(child, torch.nn.Linear):
                setattr(module, name, Int8Linear(child))
    return net.eval()
