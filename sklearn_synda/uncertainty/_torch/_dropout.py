"""Dropout after training, with one mask for all rows."""

from contextlib import contextmanager

import numpy as np
import torch
from torch import nn

from sklearn_synda._torch._streams import kept_streams

__all__ = ["dropout_layers", "dropped_out", "evaluation"]

_KINDS = (
    nn.Dropout,
    nn.Dropout1d,
    nn.Dropout2d,
    nn.Dropout3d,
    nn.AlphaDropout,
    nn.FeatureAlphaDropout,
)


def dropout_layers(module):
    """The layers of a module that drop something."""
    return [layer for layer in module.modules() if isinstance(layer, _KINDS) and layer.p > 0]


@contextmanager
def evaluation(module):
    """Leave modes of the layers and torch's stream as they were: a skorch net moves both.

    Hooks that are put on the module inside are not met by other threads, which wait.
    """
    with kept_streams():
        modes = [(layer, layer.training) for layer in module.modules()]
        try:
            yield
        finally:
            for layer, training in modes:
                layer.training = training


@contextmanager
def dropped_out(module, seed):
    """Let a module forget the same units in every row until the end of the block.

    A layer in evaluation mode hands its input on; a hook replaces that by what the layer gives
    in training. Dropout is affine in its input, ``x * scale + shift``, and both are read off
    the layer itself, once for all rows: no other layer changes its mode.
    """
    calls, masks, handles = {}, {}, []

    def forget_calls(*_):
        calls.clear()

    def hook(index):
        def drop(layer, args, _):
            rows = args[0]
            calls[index] = calls.get(index, 0) + 1
            key = (index, calls[index], rows.shape[1:])
            if key not in masks:  # the next batch meets it again
                masks[key] = _mask(layer, rows[:1], (seed, index, calls[index]))
            scale, shift = masks[key]
            return rows * scale + shift

        return drop

    handles.append(module.register_forward_pre_hook(forget_calls))
    for index, layer in enumerate(dropout_layers(module)):
        handles.append(layer.register_forward_hook(hook(index)))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _mask(layer, row, key):
    """Scale and shift of a dropout layer in training, drawn under a key."""
    seed = int(np.random.SeedSequence(key).generate_state(1)[0])
    mode, layer.training = layer.training, True
    try:
        with torch.random.fork_rng(devices=[]):  # the mask is drawn on the CPU
            answers = []
            for value in (0.0, 1.0):
                torch.default_generator.manual_seed(seed)
                answers.append(layer.forward(torch.full(row.shape, value, dtype=row.dtype)))
    finally:
        layer.training = mode
    shift = answers[0].to(row.device)
    return answers[1].to(row.device) - shift, shift
