"""A net whose weights are Gaussians, trained by the variational bound (Bayes by backprop)."""

import warnings
from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import softmax
from torch import nn
from torch.nn import functional as F

from sklearn_synda._torch._streams import one_thread
from sklearn_synda.exceptions import SynthesisWarning

__all__ = ["VariationalNet", "fit_variational"]

_BATCH = 64
_LEARNING_RATE = 0.01
_FIRST_SCALE = -4.0  # softplus of it is the spread of every weight before training: 0.018
_LEAST_NOISE = 1e-4  # variance, of a target of variance one


class _GaussianLinear(nn.Module):
    """A linear layer with a mean and a spread for every weight."""

    def __init__(self, n_inputs, n_outputs, generator):
        super().__init__()
        means = torch.randn(n_outputs, n_inputs, generator=generator) / np.sqrt(max(n_inputs, 1))
        self.mean = nn.Parameter(torch.cat([means, torch.zeros(n_outputs, 1)], dim=1))
        self.raw = nn.Parameter(torch.full((n_outputs, n_inputs + 1), _FIRST_SCALE))

    @property
    def scale(self):
        return F.softplus(self.raw)

    def forward(self, rows, generator):
        """Outputs of weights drawn anew for each row (local reparameterisation)."""
        rows = F.pad(rows, (0, 1), value=1.0)
        spread = (rows.square() @ self.scale.square().T + 1e-12).sqrt()
        noise = torch.randn(spread.shape, generator=generator)
        return rows @ self.mean.T + spread * noise

    def divergence(self, precision):
        """Kullback-Leibler divergence from the prior."""
        variance = self.scale.square() * precision
        return 0.5 * (variance + self.mean.square() * precision - variance.log() - 1).sum()


@dataclass(frozen=True)
class VariationalNet:
    """Samples of the weights, as arrays: prediction needs no torch.

    Attributes
    ----------
    layers : list of ndarray of shape (n_samples, n_outputs, n_inputs + 1)
        The bias last.
    center, scale : float
        What values are shifted and scaled by; scale is None for classes.
    """

    layers: list
    center: float
    scale: float | None

    def members(self, rows):
        """Class probabilities and None, or values and the variance of their noise."""
        outputs = np.stack([self._run(rows, k) for k in range(len(self.layers[0]))])
        if self.scale is None:
            return softmax(outputs.astype(np.float64), axis=2), None
        noise = np.logaddexp(0.0, outputs[:, :, 1].astype(np.float64)) + _LEAST_NOISE
        return self.center + self.scale * outputs[:, :, 0], self.scale**2 * noise

    def _run(self, rows, k):
        rows = rows.astype(np.float32)
        for depth, layer in enumerate(self.layers):
            rows = np.maximum(rows, 0.0) if depth else rows
            rows = rows @ layer[k, :, :-1].T + layer[k, :, -1]
        return rows


def fit_variational(rows, targets, weight, precision, hidden, max_epochs, n_samples, seed):
    """Train, and draw the weights.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_dimensions)
        The embedding.
    targets : ndarray of shape (n_rows,)
        Class codes (integers) or values (floats).
    weight : ndarray of shape (n_rows,) or None
        Weights of the rows.
    precision : float
        Of the prior of every weight.
    hidden : tuple of int
        Units of the hidden layers.
    max_epochs, n_samples, seed : int

    Returns
    -------
    net : VariationalNet
    """
    generator = torch.Generator().manual_seed(seed)
    is_values = targets.dtype.kind == "f"
    center, scale = (float(targets.mean()), float(targets.std())) if is_values else (0.0, None)
    if is_values:
        scale = scale if scale > 0 else 1.0
        targets = ((targets - center) / scale).astype(np.float32)
    n_outputs = 2 if is_values else int(targets.max()) + 1
    sizes = [rows.shape[1], *hidden, n_outputs]
    layers = nn.ModuleList(
        _GaussianLinear(*pair, generator) for pair in zip(sizes, sizes[1:], strict=False)
    )
    weight = np.ones(len(rows)) if weight is None else weight
    data = [torch.as_tensor(v, dtype=d) for v, d in (
        (rows, torch.float32), (targets, None), (weight, torch.float32),
    )]  # fmt: skip
    loss = _value_loss if is_values else _class_loss
    with one_thread():
        _train(layers, data, loss, precision, max_epochs, generator)
        drawn = [_draw(layer, n_samples, generator) for layer in layers]
    return VariationalNet(drawn, center, scale)


def _train(layers, data, loss, precision, max_epochs, generator):
    """Least bound on the description length; stops where it is no number."""
    n_rows, total = len(data[0]), float(data[2].sum())
    optimizer = torch.optim.Adam(layers.parameters(), lr=_LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max_epochs)
    for epoch in range(max_epochs):
        kept = [parameter.detach().clone() for parameter in layers.parameters()]
        bound = 0.0
        for batch in torch.randperm(n_rows, generator=generator).split(_BATCH):
            rows, targets, weight = (values[batch] for values in data)
            for depth, layer in enumerate(layers):
                rows = layer(rows.relu() if depth else rows, generator)
            misfit = (weight * loss(rows, targets)).sum() * (n_rows / len(batch))
            cost = (misfit + sum(layer.divergence(precision) for layer in layers)) / total
            optimizer.zero_grad()
            cost.backward()
            optimizer.step()
            bound += float(cost.detach())
        if not np.isfinite(bound):
            with torch.no_grad():
                for parameter, value in zip(layers.parameters(), kept, strict=True):
                    parameter.copy_(value)
            warnings.warn(
                f"The loss of the variational net is {bound} in epoch {epoch}: training stops,"
                " and the weights of the epoch before are kept.",
                SynthesisWarning,
                stacklevel=5,
            )
            return
        schedule.step()


def _class_loss(outputs, codes):
    return F.cross_entropy(outputs, codes, reduction="none")


def _value_loss(outputs, values):
    variance = F.softplus(outputs[:, 1]) + _LEAST_NOISE
    return 0.5 * ((outputs[:, 0] - values).square() / variance + variance.log())


def _draw(layer, n_samples, generator):
    with torch.no_grad():
        noise = torch.randn(n_samples, *layer.mean.shape, generator=generator)
        return (layer.mean + layer.scale * noise).numpy()
