"""A small net whose weights are 8-bit integers."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

__all__ = ["Int8Net"]

_ACTIVATIONS = {
    "identity": lambda values: values,
    "logistic": expit,
    "relu": lambda values: np.maximum(values, 0.0),
    "tanh": np.tanh,
}


@dataclass(frozen=True)
class Int8Net:
    """The layers of an ``MLPRegressor``, each weight in one byte.

    A weight is a whole number in [-127, 127] times the scale of its output: the largest weight
    of that output over 127. Biases and scales stay floats. Nothing of PyTorch: its own
    quantised tensors are deprecated, and at this size a multiplication of 8-bit integers is
    no faster.

    Attributes
    ----------
    weights : list of int8 ndarray of shape (n_inputs, n_outputs)
    scales, biases : list of float32 ndarray of shape (n_outputs,)
    activation : str
        Of the hidden layers, by the name ``MLPRegressor`` has for it.
    """

    weights: list
    scales: list
    biases: list
    activation: str

    @classmethod
    def of(cls, model):
        """From a fitted ``MLPRegressor``."""
        scales = [np.maximum(np.abs(w).max(axis=0, initial=0.0), 1e-30) / 127 for w in model.coefs_]
        return cls(
            [np.round(w / s).astype(np.int8) for w, s in zip(model.coefs_, scales, strict=True)],
            [s.astype(np.float32) for s in scales],
            [b.astype(np.float32) for b in model.intercepts_],
            model.activation,
        )

    @property
    def nbytes(self):
        """Size of all arrays in bytes."""
        return sum(a.nbytes for part in (self.weights, self.scales, self.biases) for a in part)

    def predict(self, X):
        """What the net says: ndarray of shape (n_rows, n_outputs), or (n_rows,) for one."""
        values = np.asarray(X, dtype=np.float32)
        for depth, (weights, scale, bias) in enumerate(
            zip(self.weights, self.scales, self.biases, strict=True)
        ):
            values = _ACTIVATIONS[self.activation](values) if depth else values
            values = (values @ weights.astype(np.float32)) * scale + bias
        return values.ravel() if values.shape[1] == 1 else values
