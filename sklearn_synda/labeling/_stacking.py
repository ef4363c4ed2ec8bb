"""Weights of the members of a committee, from what they say out of fold."""

import numpy as np
from scipy.optimize import minimize_scalar, nnls

__all__ = ["fit_proba_weights", "fit_temperature", "fit_value_weights"]

_N_ITER = 200


def _relative(sample_weight):
    """Weights of mean 1, so that the pull keeps its meaning; 1 where there are none."""
    return 1.0 if sample_weight is None else sample_weight / np.mean(sample_weight)


def fit_proba_weights(answers, codes, pull, sample_weight=None):
    r"""Mixture weights that maximise the out-of-fold likelihood, with a Dirichlet prior.

    EM for :math:`\max_w \sum_i v_i \ln \sum_m w_m p_m(y_i) + a \sum_m \ln w_m` with ``a = pull``
    and row weights :math:`v_i` of mean 1.

    Parameters
    ----------
    answers : ndarray of shape (n_members, n_samples, n_classes)
        Out-of-fold class probabilities.
    codes : int ndarray of shape (n_samples,)
        True classes.
    pull : float
        Pseudo-count of each member.
    sample_weight : ndarray of shape (n_samples,), default=None
        Weights of the rows.

    Returns
    -------
    weights : ndarray of shape (n_members,)
    """
    row_weight = _relative(sample_weight)
    likely = answers[:, np.arange(len(codes)), codes]
    weights = np.full(len(answers), 1.0 / len(answers))
    for _ in range(_N_ITER):
        share = weights[:, None] * likely
        share /= share.sum(axis=0)
        new = (share * row_weight).sum(axis=1) + pull
        new /= new.sum()
        if np.abs(new - weights).max() < 1e-5:
            return new
        weights = new
    return weights


def fit_temperature(proba, codes, sample_weight=None):
    r"""Exponent :math:`1/T` of the mixed probabilities that fits them best out of fold.

    Penalised by :math:`(\ln T)^2 / (2 \cdot 0.3^2)` (in nats, as one more row), so that few rows
    leave it near 1; kept in [0.5, 2].
    """
    log_proba, row_weight = np.log(proba), _relative(sample_weight)

    def loss(log_temperature):
        scaled = log_proba / np.exp(log_temperature)
        normaliser = np.logaddexp.reduce(scaled, axis=1)
        fit = (row_weight * (normaliser - scaled[np.arange(len(codes)), codes])).sum()
        return fit + log_temperature**2 / (2 * 0.3**2)

    found = minimize_scalar(loss, bounds=(np.log(0.5), np.log(2.0)), method="bounded")
    return float(np.exp(found.x))


def fit_value_weights(answers, y, pull, sample_weight=None):
    """Non-negative least-squares weights with a pull to equal ones, summing to one.

    Parameters
    ----------
    answers : ndarray of shape (n_members, n_samples)
        Out-of-fold values, targets standardised.
    y : ndarray of shape (n_samples,)
        True values, standardised.
    pull : float
        Strength: rows of the penalty ``pull * |w - 1/n_members|^2``.
    sample_weight : ndarray of shape (n_samples,), default=None
        Weights of the rows.

    Returns
    -------
    weights : ndarray of shape (n_members,)
    """
    n_members = len(answers)
    penalty = np.sqrt(pull) * np.eye(n_members)
    root = np.sqrt(_relative(sample_weight))
    left = np.vstack([(answers * root).T, penalty])
    right = np.concatenate([y * root, np.full(n_members, np.sqrt(pull) / n_members)])
    weights = nnls(left, right)[0]
    total = weights.sum()
    return weights / total if total > 0 else np.full(n_members, 1.0 / n_members)
