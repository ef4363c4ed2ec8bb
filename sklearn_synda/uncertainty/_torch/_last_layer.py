"""What the last linear layer of a fitted net is given, and what it makes of it."""

from contextlib import contextmanager

import numpy as np
from torch import nn

from sklearn_synda.uncertainty._torch._dropout import evaluation

__all__ = ["read_last_layer"]


def read_last_layer(module, respond):
    """Call ``respond`` and watch the linear layer that was the last to be called.

    Parameters
    ----------
    module : torch.nn.Module
        The net that ``respond`` asks.
    respond : callable
        Predicts for some rows, in one batch or many.

    Returns
    -------
    features : ndarray of shape (n_rows, n_features), None without a linear layer
        Input of the layer, with a column of ones where it has a bias.
    weights : ndarray of shape (n_outputs, n_features)
        Of the layer, the bias last.
    answer : object
        What ``respond`` returned.
    """
    with evaluation(module), _watched(module) as passes:
        answer = respond()
    if not passes or passes[-1] is None:
        return None, None, answer
    layer = passes[-1][0]
    features = np.concatenate([rows.double().cpu().numpy() for _, rows in passes])
    weights = layer.weight.detach().double().cpu().numpy()
    if layer.bias is not None:
        features = np.column_stack([features, np.ones(len(features))])
        weights = np.column_stack([weights, layer.bias.detach().double().cpu().numpy()])
    return features, weights, answer


@contextmanager
def _watched(module):
    """The layer and its input of each pass, None while none was called."""
    passes = []

    def begin(*_):
        passes.append(None)

    def keep(layer, args, _):
        passes[-1] = layer, args[0].detach().reshape(len(args[0]), -1)

    handles = [module.register_forward_pre_hook(begin)]
    linear = [layer for layer in module.modules() if isinstance(layer, nn.Linear)]
    handles += [layer.register_forward_hook(keep) for layer in linear]
    try:
        yield passes
    finally:
        for handle in handles:
            handle.remove()
