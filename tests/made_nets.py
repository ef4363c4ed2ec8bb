"""Small skorch nets for the tests, as somebody would write them for a table."""

import numpy as np
import torch
from skorch import NeuralNetClassifier, NeuralNetRegressor
from torch import nn


class Layers(nn.Module):
    """One hidden layer with dropout, for tables of any width."""

    def __init__(self, n_outputs=1, p=0.2, n_hidden=16, norm=False, softmax=False):
        super().__init__()
        self.layers = nn.Sequential(
            nn.LazyLinear(n_hidden),
            nn.BatchNorm1d(n_hidden) if norm else nn.Identity(),
            nn.ReLU(),
            nn.Dropout(p),
            nn.Linear(n_hidden, n_outputs),
            nn.Softmax(dim=1) if softmax else nn.Identity(),
        )

    def forward(self, X):
        return self.layers(X.float())


class TableClassifier(NeuralNetClassifier):
    """Takes class labels of any type, and rows of float64."""

    def fit(self, X, y, **fit_params):
        self.labels_, codes = np.unique(y, return_inverse=True)
        self.set_params(module__n_outputs=len(self.labels_))
        return super().fit(X, codes.astype(np.int64), **fit_params)

    @property
    def classes_(self):
        return self.labels_

    def predict(self, X):
        return self.labels_[super().predict(X)]


class TableRegressor(NeuralNetRegressor):
    """Takes a flat target."""

    def fit(self, X, y, **fit_params):
        return super().fit(X, np.asarray(y, dtype=np.float32).reshape(-1, 1), **fit_params)

    def predict(self, X):
        return super().predict(X).ravel()


def classifier(max_epochs=5, **params):
    """An untrained classifier."""
    given = {"criterion": nn.CrossEntropyLoss, "optimizer": torch.optim.Adam, "lr": 0.02,
             "batch_size": 32, "train_split": None, "verbose": 0}  # fmt: skip
    return TableClassifier(Layers, max_epochs=max_epochs, **{**given, **params})


def regressor(max_epochs=5, **params):
    """An untrained regressor."""
    given = {"optimizer": torch.optim.Adam, "lr": 0.02, "batch_size": 32, "train_split": None,
             "verbose": 0}  # fmt: skip
    return TableRegressor(Layers, max_epochs=max_epochs, **{**given, **params})
