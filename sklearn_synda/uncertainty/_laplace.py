"""A Gaussian over the weights of a fitted net's last layer: the arithmetic, without torch."""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit, softmax

__all__ = ["LastLayer", "curvature_of", "line_of", "link_of"]

_FULL = 2000  # weights up to which the curvature is kept whole; a Kronecker product beyond
_RANGE = (-10.0, 15.0)  # logarithm of the prior precision that is looked for


class LastLayer:
    r"""The Gaussian around the weights that were found.

    With the features :math:`x_i` (a one among them for the bias) and the weights :math:`W` the
    layer gives :math:`W x_i`. The precision of the Gaussian is :math:`H + \lambda I` with

    .. math:: H = \sum_i w_i \, B_i \otimes x_i x_i^T

    where :math:`B_i` is the curvature of the loss in what the layer gives: :math:`\text{diag}(p)
    - p p^T` of class probabilities, :math:`1 / \sigma^2` of values with noise :math:`\sigma`.
    :math:`\lambda` is the prior precision, by default the one of largest evidence; :meth:`draw`
    takes another one.

    Parameters
    ----------
    features : ndarray of shape (n_rows, n_features)
    weights : ndarray of shape (n_outputs, n_features)
    curvature : ndarray of shape (n_rows, n_outputs, n_outputs)
        :math:`w_i B_i`.
    prior_precision : float or None
    """

    def __init__(self, features, weights, curvature, prior_precision=None):
        self.weights = weights
        n_outputs = len(weights)
        self.whole = n_outputs > 1 and weights.size <= _FULL
        if self.whole:
            hessian = _hessian(features, curvature)
            values, self.vectors = np.linalg.eigh(hessian)
        else:
            # with one output this is no approximation
            total = np.maximum(np.trace(curvature, axis1=1, axis2=2), 1e-12)
            outer = curvature.sum(axis=0) / total.sum()
            inner, self.inner = np.linalg.eigh((features * total[:, None]).T @ features)
            out, self.outer = np.linalg.eigh(outer)
            values = np.outer(out, inner)
        self.values = np.maximum(values, 0.0)
        if prior_precision is None:
            prior_precision = _best_precision(self.values, weights)
        self.prior_precision = prior_precision

    def _scale(self, prior_precision=None):
        precision = self.prior_precision if prior_precision is None else prior_precision
        return 1.0 / np.sqrt(self.values + precision)

    def draw(self, n_samples, rng, prior_precision=None):
        """Weights: ndarray of shape (n_samples, n_outputs, n_features)."""
        scale = self._scale(prior_precision)
        noise = rng.standard_normal((n_samples, *scale.shape)) * scale
        if self.whole:
            return self.weights + (noise @ self.vectors.T).reshape(-1, *self.weights.shape)
        return self.weights + self.outer @ noise @ self.inner.T

    def variance(self, features):
        """Variance of the one output: ndarray of shape (n_rows,)."""
        return ((features @ self.inner) ** 2) @ (self._scale()[0] ** 2)


def _hessian(features, curvature):
    """Sum over rows of the Kronecker products: a square of all weights, output by output."""
    n_outputs, n_features = curvature.shape[1], features.shape[1]
    hessian = np.empty((n_outputs, n_features, n_outputs, n_features))
    for j in range(n_outputs):
        for k in range(j + 1):
            block = (features * curvature[:, j, k, None]).T @ features
            hessian[j, :, k], hessian[k, :, j] = block, block.T
    return hessian.reshape(n_outputs * n_features, -1)


def _best_precision(values, weights):
    """The prior precision of largest evidence, given the weights."""
    square = np.sum(weights**2)

    def loss(log_precision):
        precision = np.exp(log_precision)
        determinant = np.log(values + precision).sum() - values.size * log_precision
        return precision * square + determinant

    return float(np.exp(minimize_scalar(loss, bounds=_RANGE, method="bounded").x))


def link_of(outputs, proba):
    """How a net makes probabilities of its last layer: a function, None if it is another one."""
    link = _two_classes if outputs.shape[1] < proba.shape[1] else _softmax
    made = link(outputs)
    same = made.shape == proba.shape and np.allclose(made, proba, atol=1e-3)
    return link if same else None


def _softmax(outputs):
    return softmax(outputs, axis=-1)


def _two_classes(outputs):
    chance = expit(outputs)
    return np.concatenate([1.0 - chance, chance], axis=-1)


def curvature_of(proba, n_outputs):
    """Curvature of the log-loss in the outputs, by row."""
    if n_outputs < proba.shape[1]:
        return (proba[:, 0] * proba[:, 1])[:, None, None]
    return proba[:, :, None] * np.eye(n_outputs) - proba[:, :, None] * proba[:, None, :]


def line_of(outputs, prediction):
    """Slope and shift that make predictions of a net's outputs, None where that is no line."""
    if np.ptp(outputs) == 0:
        return 1.0, float(prediction[0] - outputs[0]) if len(prediction) else 0.0
    slope, shift = np.polyfit(outputs, prediction, 1)
    close = np.allclose(slope * outputs + shift, prediction, rtol=1e-3,
                        atol=1e-3 * max(float(np.std(prediction)), 1e-12))  # fmt: skip
    return (float(slope), float(shift)) if close else None
