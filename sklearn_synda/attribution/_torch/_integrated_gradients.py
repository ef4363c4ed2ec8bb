"""Integrated gradients of a net's uncertainty."""

import numpy as np
import torch

from sklearn_synda._torch._predictions import Predictions, float_type

__all__ = ["integrated_gradients"]


def _margin(proba):
    first, second = proba.topk(2, dim=1).values.T
    return 1 - (first - second)


def _entropy(proba):
    return torch.special.entr(proba).sum(dim=1)


def _least_confident(proba):
    return 1 - proba.max(dim=1).values


_MEASURES = {"margin": _margin, "entropy": _entropy, "least_confident": _least_confident}


def integrated_gradients(net, rows, starts, *, measure, n_steps):
    """Mean over starts of the gradients on the straight way from start to row.

    ``rows`` of shape (n_rows, width), ``starts`` of shape (n_rows, n_repeats, width); the
    integral is the sum at the middles of ``n_steps`` equal steps.
    """
    predictions, uncertainty = Predictions(net).eval(), _MEASURES[measure]
    dtype = float_type(predictions)
    rows = torch.as_tensor(np.asarray(rows, dtype), device=net.device)
    total = torch.zeros(rows.shape, dtype=torch.float64)
    for repeat in range(starts.shape[1]):
        start = torch.as_tensor(np.asarray(starts[:, repeat], dtype), device=net.device)
        for step in range(n_steps):
            share = (step + 0.5) / n_steps
            point = (start + share * (rows - start)).requires_grad_()
            (slope,) = torch.autograd.grad(uncertainty(predictions(point)).sum(), point)
            total += ((rows - start) * slope).double().cpu()
    return (total / (starts.shape[1] * n_steps)).numpy()
