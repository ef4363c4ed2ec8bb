"""A head on the hidden layers of a net that learns the net's loss while the net learns."""

from contextlib import contextmanager

import torch
from sklearn.base import clone
from skorch.callbacks import Callback
from skorch.dataset import unpack_data
from torch import nn
from torch.nn import functional as F

from sklearn_synda.uncertainty._torch._dropout import evaluation

__all__ = ["LossPrediction", "check_layers", "predict_loss"]

_LEARNING_RATE = 0.01


class _Head(nn.Module):
    """One small layer for each tap, and one number from all of them."""

    def __init__(self, sizes, width):
        super().__init__()
        self.branches = nn.ModuleList(nn.Linear(size, width) for size in sizes)
        self.last = nn.Linear(width * len(sizes), 1)

    def forward(self, taps):
        seen = [branch(tap).relu() for branch, tap in zip(self.branches, taps, strict=True)]
        return self.last(torch.cat(seen, dim=1)).squeeze(1)


def check_layers(caller, net):
    """Raise unless the net has the layers that are to be read, or any hidden one."""
    module = net.module_ if hasattr(net, "module_") else _built(net)
    name, caller_name = type(module).__name__, type(caller).__name__
    names = dict(module.named_modules())
    absent = [layer for layer in caller.layers or () if layer not in names]
    if absent:
        raise ValueError(
            f"The 'layers' parameter of {caller_name} must hold names of modules of {name}. Got"
            f" {absent[0]!r} instead."
        )
    if caller.layers is None and sum(isinstance(m, nn.Linear) for m in names.values()) < 2:
        raise TypeError(
            f"{caller_name} is not compatible with {name}: it needs a hidden layer, two"
            f" 'torch.nn.Linear' or named 'layers'; {name} has none. Use LearnedLossUncertainty"
            " instead."
        )


def _built(net):
    """The module of a net that is not initialized, built beside it."""
    with torch.random.fork_rng():
        return clone(net).initialize().module_


class LossPrediction(Callback):
    """Trains the head batch by batch, after the net's own gradient and before its step.

    The net's loss, optimizer, batches and other callbacks stay as they are: the head's loss is
    a second one on the same batch, and its gradient in the net is added to the first.
    """

    def __init__(self, layers=None, width=16, margin=1.0, loss_weight=1.0, stop_gradient=False):
        self.layers = layers
        self.width = width
        self.margin = margin
        self.loss_weight = loss_weight
        self.stop_gradient = stop_gradient

    def on_train_begin(self, net, **kwargs):
        self.head_ = self.optimizer_ = None

    def on_train_end(self, net, **kwargs):
        self.optimizer_ = None

    def on_grad_computed(self, net, named_parameters, batch=None, training=False, **kwargs):
        rows, targets = unpack_data(batch)
        with torch.enable_grad(), tapped(net.module_, self.layers) as passes:
            said = net.infer(rows)
            losses = _row_losses(net, said, targets).detach()
        taps = _flat(passes[-1])
        if self.stop_gradient:
            taps = [tap.detach() for tap in taps]
        if self.head_ is None:
            self.head_ = _Head([tap.shape[1] for tap in taps], self.width).to(taps[0].device)
            self.optimizer_ = torch.optim.Adam(self.head_.parameters(), lr=_LEARNING_RATE)
        half = len(losses) // 2
        if half == 0:
            return
        expected = self.head_(taps)
        self.optimizer_.zero_grad()
        ranking = ranking_loss(expected[:half], expected[half : 2 * half], losses[:half],
                               losses[half : 2 * half], self.margin)  # fmt: skip
        (self.loss_weight * ranking).backward()
        self.optimizer_.step()


def ranking_loss(expected, other, loss, other_loss, margin):
    """Mean over pairs of ``max(0, margin - s (expected - other))``, ``s`` the sign of the truth."""
    sign = torch.sign(loss - other_loss)
    return F.relu(margin - sign * (expected - other)).mean()


def predict_loss(estimator, module, head, layers, X):
    """What the head expects of rows: ndarray of shape (n_rows,)."""
    with evaluation(module), tapped(module, layers) as passes:
        estimator.predict(X)
    with torch.no_grad():
        expected = [head.eval()(_flat(taps)) for taps in passes]
    return torch.cat(expected).double().cpu().numpy()


@contextmanager
def tapped(module, layers=None):
    """What hidden layers give in each pass: a list of tensors for each.

    ``layers`` are names of modules; None taps what each linear layer after the first is given.
    """
    passes, handles = [], [module.register_forward_pre_hook(lambda *_: passes.append([]))]
    if layers is None:
        linear = [layer for layer in module.modules() if isinstance(layer, nn.Linear)]
        for layer in linear:
            handles.append(layer.register_forward_pre_hook(lambda _, a: passes[-1].append(a[0])))
    else:
        for name in layers:
            layer = module.get_submodule(name)
            handles.append(layer.register_forward_hook(lambda _, a, out: passes[-1].append(out)))
    try:
        yield passes
        if layers is None:
            passes[:] = [taps[1:] for taps in passes]
    finally:
        for handle in handles:
            handle.remove()


def _flat(taps):
    """Two axes: channels of an image or a sequence are averaged over their places."""
    return [tap.flatten(2).mean(2) if tap.ndim > 2 else tap for tap in taps]


def _row_losses(net, said, targets):
    """The net's own loss, row by row."""
    criterion = net.criterion_
    reduction, criterion.reduction = criterion.reduction, "none"
    try:
        losses = net.get_loss(said, targets, training=False)
    finally:
        criterion.reduction = reduction
    return losses.reshape(len(losses), -1).mean(dim=1)
