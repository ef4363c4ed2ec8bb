"""Weights of the members of a committee, from what they say out of fold."""

import numpy as np
from scipy.optimize import minimize_scalar, nnls

__all__ = ["fit_proba_weights", "fit_temperature", "fit_value_weights"]

_N_ITER = 200


def fit_proba_weights(answers, codes, pull):
    r"""Mixture weights that maximise the out-of-fold likelihood, with a Dirichlet prior.

    EM for :math:`\max_w \sum_i \ln \sum_m w_m p_m(y_i) + a \sum_m \ln w_m` with ``a = pull``.

    Parameters
    ----------
    answers : ndarray of shape (n_members, n_samples, n_classes)
        Out-of-fold class probabilities.
    codes : int ndarray of shape (n_samples,)
        True classes.
    pull : float
        Pseudo-count of each member.

    Returns
    -------
    weights : ndarray of shape (n_members,)
    """
    likely = answers[:, np.arange(len(codes)), codes]
    weights = np.full(len(answers), 1.0 / len(answers))
    for _ in range(_N_ITER):
        share = weights[:, None] * likely
        share /= share.sum(axis=0)
        new = share.sum(axis=1) + pull
        new /= new.sum()
        if np.abs(new - weights).max() < 1e-5:
            return new
        weights = new
    return weights


def fit_temperature(proba, codes):
    r"""Exponent :math:`1/T` of the mixed probabilities that fits them best out of fold.

    Penalised by :math:`(\ln T)^2 / (2 \cdot 0.3^2)` (in nats, as one more row), so that few rows
    leave it near 1; kept in [0.5, 2].
    """
    log_proba = np.log(proba)

    def loss(log_temperature):
        scaled = log_proba / np.exp(log_temperature)
        normaliser = np.logaddexp.reduce(scaled, axis=1)
        fit = (normaliser - scaled[np.arange(len(codes)), codes]).sum()
        return fit + log_temperature**2 / (2 * 0.3**2)

    found = minimize_scalar(loss, bounds=(np.log(0.5), np.log(2.0)), method="bounded")
    return float(np.exp(found.x))


def fit_value_weights(answers, y, pull):
    """Non-negative least-squares weights with a pull to equal ones, summing to one.

    Parameters
    ----------
    answers : ndarray of shape (n_members, n_samples)
        Out-of-fold values, targets standardised.
    y : ndarray of shape (n_samples,)
        True values, standardised.
    pull : float
        Strength: rows of the penalty ``pull * |w - 1/n_members|^2``.

    Returns
    -------
    weights : ndarray of shape (n_members,)
    """
    n_members = len(answers)
    penalty = np.sqrt(pull) * np.eye(n_members)
    left = np.vstack([answers.T, penalty])
    right = np.concatenate([y, np.full(n_members, np.sqrt(pull) / n_members)])
    weights = nnls(left, right)[0]
    total = weights.sum()
    return weights / total if total > 0 else np.full(n_members, 1.0 / n_members)
