"""A small skorch net, as somebody would write it for a table (needs torch and skorch)."""

import numpy as np
import torch
from skorch import NeuralNetClassifier, NeuralNetRegressor
from torch import nn


class OneHiddenLayer(nn.Module):
    def __init__(self, n_inputs=1, n_outputs=1, n_hidden=64):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(n_inputs, n_hidden),
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.Linear(n_hidden, n_outputs),
        )

    def forward(self, X):
        return self.layers(X)


class TableClassifier(NeuralNetClassifier):
    """Finds the width of its layers in the table, and takes class labels of any type."""

    def fit(self, X, y, **fit_params):
        self.labels_, codes = np.unique(y, return_inverse=True)
        self.set_params(module__n_inputs=X.shape[1], module__n_outputs=len(self.labels_))
        return super().fit(X, codes.astype(np.int64), **fit_params)

    @property
    def classes_(self):
        return self.labels_

    def predict(self, X):
        return self.labels_[super().predict(X)]


class TableRegressor(NeuralNetRegressor):
    """Finds the width of its layers in the table, and takes a flat target."""

    def fit(self, X, y, **fit_params):
        self.set_params(module__n_inputs=X.shape[1])
        return super().fit(X, np.asarray(y, dtype=np.float32).reshape(-1, 1), **fit_params)

    def predict(self, X):
        return super().predict(X).ravel()


def net(task):
    """An untrained net for a task."""
    torch.set_num_threads(1)  # threads cost more than they bring for a layer this small
    common = {
        "optimizer": torch.optim.Adam,
        "optimizer__weight_decay": 1e-4,
        "lr": 0.01,
        "max_epochs": 50,
        "batch_size": 32,
        "iterator_train__shuffle": True,
        "train_split": None,
        "verbose": 0,
    }
    if task == "regression":
        return TableRegressor(OneHiddenLayer, **common)
    return TableClassifier(OneHiddenLayer, criterion=nn.CrossEntropyLoss, **common)


def seed_torch(seed):
    """skorch draws from torch's global stream: the only place to seed it."""
    torch.manual_seed(seed)
