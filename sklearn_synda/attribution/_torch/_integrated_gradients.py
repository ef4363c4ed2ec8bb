"""Gradients of a net's uncertainty, at rows and on the way to them."""

import numpy as np
import torch

from sklearn_synda._torch._predictions import Predictions, float_type

__all__ = ["integrated_gradients", "slopes"]


def _margin(proba):
    first, second = proba.topk(2, dim=1).values.T
    return 1 - (first - second)


def _entropy(proba):
    proba = proba.clamp_min(torch.finfo(proba.dtype).tiny)  # the slope at 0 is infinite
    return torch.special.entr(proba).sum(dim=1)


def _least_confident(proba):
    return 1 - proba.max(dim=1).values


_MEASURES = {"margin": _margin, "entropy": _entropy, "least_confident": _least_confident}


def slopes(net, rows, *, measure):
    """Gradient of the uncertainty at each row: float64 of the shape of ``rows``."""
    slope = _slope(net, measure)
    return slope(_as_tensor(net, rows)).double().cpu().numpy()


def integrated_gradients(net, rows, starts, *, measure, n_steps):
    """Mean over starts of the gradients on the straight way from start to row.

    ``rows`` of shape (n_rows, width), ``starts`` of shape (n_rows, n_repeats, width); the
    integral is the sum at the middles of ``n_steps`` equal steps.
    """
    slope, rows = _slope(net, measure), _as_tensor(net, rows)
    total = torch.zeros(rows.shape, dtype=torch.float64)
    for repeat in range(starts.shape[1]):
        start = _as_tensor(net, starts[:, repeat])
        for step in range(n_steps):
            share = (step + 0.5) / n_steps
            total += ((rows - start) * slope(start + share * (rows - start))).double().cpu()
    return (total / (starts.shape[1] * n_steps)).numpy()


def _as_tensor(net, rows):
    return torch.as_tensor(np.asarray(rows, float_type(Predictions(net))), device=net.device)


def _slope(net, measure):
    """A function of points that gives the gradient of the uncertainty at each."""
    predictions, uncertainty = Predictions(net).eval(), _MEASURES[measure]

    def slope(points):
        points = points.requires_grad_()
        return torch.autograd.grad(uncertainty(predictions(points)).sum(), points)[0]

    return slope
