"""A net with two heads, one of which the representation works against."""

import numpy as np
import torch
from skorch import NeuralNet
from torch import nn

from sklearn_synda._torch._streams import one_thread, seeded

__all__ = ["GradientReversal", "train"]


_HASTE = 5.0  # steps of the adversary beside those of what it watches: it must keep up


class _Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx, rows, strength):
        ctx.strength = strength
        return rows.view_as(rows)

    @staticmethod
    def backward(ctx, gradient):
        return -ctx.strength * gradient, None


class GradientReversal(nn.Module):
    """Hands its input on, and the gradient back times ``-strength``."""

    def __init__(self, strength=1.0):
        super().__init__()
        self.strength = strength

    def forward(self, rows):
        return _Reverse.apply(rows, self.strength)


class TwoHeads(nn.Module):
    """Encoder, head of the classes, and head of the groups behind a gradient reversal."""

    def __init__(self, n_features, n_hidden, n_classes, n_groups):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(n_features, n_hidden), nn.ReLU(), nn.Linear(n_hidden, n_hidden), nn.ReLU()
        )
        self.head = nn.Linear(n_hidden, n_classes)
        self.reversal = GradientReversal(0.0)
        self.adversary = nn.Sequential(
            nn.Linear(n_hidden, n_hidden), nn.ReLU(), nn.Linear(n_hidden, n_groups)
        )

    def forward(self, X):
        hidden = self.encoder(X)
        return self.head(hidden), self.adversary(self.reversal(hidden)), hidden


class AdversarialNet(NeuralNet):
    """Targets are rows of class code, group code (-1: unknown) and weight."""

    def get_loss(self, y_pred, y_true, *args, **kwargs):
        logits, groups, _ = y_pred
        weight = y_true[:, 2]
        loss = self._mean_loss(logits, y_true[:, 0], weight)
        known = y_true[:, 1] >= 0
        if groups.shape[1] > 1 and known.any():
            loss = loss + self._mean_loss(groups[known], y_true[known, 1], weight[known])
        return loss

    @staticmethod
    def _mean_loss(logits, codes, weight):
        losses = nn.functional.cross_entropy(logits, codes.long(), reduction="none")
        return (losses * weight).mean()  # weights have mean 1: they count within and across batches

    def on_epoch_begin(self, net, dataset_train=None, dataset_valid=None, **kwargs):
        """The strength rises from zero: an adversary that knows nothing yet is no guide."""
        super().on_epoch_begin(net, dataset_train, dataset_valid, **kwargs)
        progress = len(self.history) / max(self.max_epochs, 1)
        rise = 2 / (1 + np.exp(-10 * progress)) - 1
        self.module_.reversal.strength = self.strength * rise


def train(X, targets, n_classes, n_groups, params, seed):
    """A trained net; ``params`` are those of the classifier."""
    with seeded(seed), one_thread():
        net = AdversarialNet(
            TwoHeads, criterion=nn.CrossEntropyLoss, optimizer=torch.optim.Adam,
            module__n_features=X.shape[1], module__n_hidden=params["n_hidden"],
            module__n_classes=n_classes, module__n_groups=max(n_groups, 1),
            optimizer__weight_decay=params["alpha"],
            optimizer__param_groups=[("adversary*", {"lr": _HASTE * params["learning_rate"]})],
            lr=params["learning_rate"],
            batch_size=params["batch_size"], max_epochs=params["max_iter"], train_split=None,
            iterator_train__shuffle=True, callbacks__print_log=None, verbose=0,
        )  # fmt: skip
        net.strength = params["strength"]
        return net.fit(X, targets)
