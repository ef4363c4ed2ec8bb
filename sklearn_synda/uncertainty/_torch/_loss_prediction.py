"""A head on the hidden layers of a net that learns the net's loss while the net learns."""

from contextlib import ExitStack, contextmanager

import torch
from sklearn.base import clone
from skorch.callbacks import Callback
from torch import nn
from torch.nn import functional as F

from sklearn_synda._torch._streams import kept_streams
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
    """Raise unless the net has the layers that are to be read, and a loss of each row."""
    built = net if hasattr(net, "module_") else _built(net)
    module, criterion = built.module_, built.criterion_
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
    if not hasattr(criterion, "reduction"):
        name = getattr(criterion, "__name__", type(criterion).__name__)
        raise TypeError(
            f"{caller_name} is not compatible with {name}: it needs 'reduction', of which \"none\""
            f" gives the loss of each row; {name} has none. Use LearnedLossUncertainty instead."
        )


def _built(net):
    """A net that is not initialized, built beside it."""
    with kept_streams():
        return clone(net).initialize()


class LossPrediction(Callback):
    """Trains the head batch by batch, on the passes the net makes to train itself.

    Hooks read the hidden layers and the losses of a pass. The gradient of the head's loss in a
    hidden layer is added to the net's own as that comes by, on its way back: one pass, and
    whatever the user's callbacks do to gradients is done to both. Nothing else of the net's
    loss, optimizer, batches and random draws is touched.
    """

    def __init__(self, layers=None, width=16, margin=1.0, loss_weight=1.0, stop_gradient=False):
        self.layers = layers
        self.width = width
        self.margin = margin
        self.loss_weight = loss_weight
        self.stop_gradient = stop_gradient

    def on_train_begin(self, net, **kwargs):
        self.head_ = self.optimizer_ = None
        self.hooks_ = ExitStack()

    def on_train_end(self, net, **kwargs):
        self.hooks_.close()  # a training that was interrupted left them in the net
        self.optimizer_ = self.hooks_ = None

    def on_batch_begin(self, net, batch=None, training=False, **kwargs):
        """The hooks are there for one training pass: a net between batches has none."""
        if not training:
            return
        passes = self.hooks_.enter_context(tapped(net.module_, self.layers))

        def learn(criterion, args, kwargs, _):
            self._learn(passes[-1], _row_losses(criterion, args, kwargs))

        handle = net.criterion_.register_forward_hook(learn, with_kwargs=True)
        self.hooks_.callback(handle.remove)

    def on_grad_computed(self, net, named_parameters, training=False, **kwargs):
        self.hooks_.close()

    def _learn(self, taps, losses):
        half = len(losses) // 2
        if half == 0:
            return
        apart = [tap.detach().requires_grad_(not self.stop_gradient) for tap in taps]
        if self.head_ is None:
            self._build(_flat(apart, self.layers))
        expected = self.head_(_flat(apart, self.layers))
        self.optimizer_.zero_grad()
        ranking = ranking_loss(expected[:half], expected[half : 2 * half], losses[:half],
                               losses[half : 2 * half], self.margin)  # fmt: skip
        (self.loss_weight * ranking).backward()
        self.optimizer_.step()
        for tap, own in zip(taps, apart, strict=True):
            if own.grad is not None and tap.requires_grad:
                tap.register_hook(own.grad.add)

    def _build(self, taps):
        with kept_streams():  # the net's next draws are those it would have had
            head = _Head([tap.shape[1] for tap in taps], self.width)
        self.head_ = head.to(taps[0])  # its device and type
        self.optimizer_ = torch.optim.Adam(self.head_.parameters(), lr=_LEARNING_RATE)


def ranking_loss(expected, other, loss, other_loss, margin):
    """Mean over pairs of ``max(0, margin - s (expected - other))``, ``s`` the sign of the truth."""
    sign = torch.sign(loss - other_loss)
    return F.relu(margin - sign * (expected - other)).mean()


def predict_loss(estimator, module, head, layers, X):
    """What the head expects of rows: ndarray of shape (n_rows,)."""
    with evaluation(module), tapped(module, layers) as passes:
        estimator.predict(X)
    with torch.no_grad():
        expected = [head.eval()(_flat(taps, layers)) for taps in passes]
    return torch.cat(expected).double().cpu().numpy()


@contextmanager
def tapped(module, layers=None):
    """What hidden layers give in each pass: a list of tensors for each.

    ``layers`` are names of modules; None taps what each linear layer after the first is given.
    """
    passes, first = [], []

    def begin(*_):
        passes.append([])
        first.clear()

    def keep_input(layer, args):
        if first:
            passes[-1].append(args[0])
        first.append(layer)

    def keep_output(layer, args, output):
        passes[-1].append(output)

    handles = [module.register_forward_pre_hook(begin)]
    if layers is None:
        linear = [layer for layer in module.modules() if isinstance(layer, nn.Linear)]
        handles += [layer.register_forward_pre_hook(keep_input) for layer in linear]
    else:
        named = [module.get_submodule(name) for name in layers]
        handles += [layer.register_forward_hook(keep_output) for layer in named]
    try:
        yield passes
    finally:
        for handle in handles:
            handle.remove()


def _flat(taps, layers):
    """Two axes: channels of an image or a sequence are averaged over their places.

    What a linear layer is given has its channels last, what named layers give has them second.
    """
    if layers is None:
        return [tap.flatten(1, -2).mean(1) if tap.ndim > 2 else tap for tap in taps]
    return [tap.flatten(2).mean(2) if tap.ndim > 2 else tap for tap in taps]


def _row_losses(criterion, args, kwargs):
    """The net's own loss, row by row; not through the criterion's hooks."""
    reduction, criterion.reduction = criterion.reduction, "none"
    try:
        with torch.no_grad():
            losses = criterion.forward(*args, **kwargs)
    finally:
        criterion.reduction = reduction
    return losses.reshape(len(losses), -1).mean(dim=1)
