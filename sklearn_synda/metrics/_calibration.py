"""Whether probabilities and intervals mean what they say."""

from numbers import Integral

import numpy as np
from scipy.stats import norm
from sklearn.utils import check_array, check_consistent_length, column_or_1d

from sklearn_synda._sklearn_compat import _check_sample_weight

__all__ = [
    "crps_gaussian",
    "expected_calibration_error",
    "interval_coverage",
    "negative_log_likelihood",
]


def expected_calibration_error(y_true, y_proba, *, labels=None, n_bins=10, strategy="uniform",
                               sample_weight=None):  # fmt: skip
    r"""How far confidence and accuracy are apart, on average over bins of confidence.

    Of the likeliest class alone ("top-label"). 0 is calibrated, larger is worse. It is biased
    upwards with few rows in a bin, and a model without knowledge can have 0: it belongs beside
    ``log_loss`` or ``brier_score_loss`` of scikit-learn, never alone.

    .. math:: \sum_b \frac{w_b}{w} \left| \text{accuracy}_b - \text{confidence}_b \right|

    with the weight :math:`w_b` of the rows in bin :math:`b` and that of all rows, :math:`w`.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Classes.
    y_proba : array-like of shape (n_samples, n_classes)
        Class probabilities; or of shape (n_samples,), those of the second of two classes.
    labels : array-like of shape (n_classes,), default=None
        The classes in the order of the columns. None is the sorted classes of ``y_true``.
    n_bins : int, default=10
        Bins of confidence.
    strategy : {"uniform", "quantile"}, default="uniform"
        Bins of equal width on [0, 1], or of equally many rows (adaptive).
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows.

    Returns
    -------
    error : float
        In [0, 1].

    See Also
    --------
    sklearn.calibration.calibration_curve : The points of a reliability diagram.

    References
    ----------
    Guo et al. (2017), On calibration of modern neural networks, :arxiv:`1706.04599`; adaptive
    bins: Nixon et al. (2019), :arxiv:`1904.01685`.

    Examples
    --------
    >>> from sklearn_synda.metrics import expected_calibration_error
    >>> proba = [[0.2, 0.8], [0.2, 0.8], [0.2, 0.8], [0.2, 0.8], [0.2, 0.8]]
    >>> round(expected_calibration_error([1, 1, 1, 1, 0], proba), 6)
    0.0
    >>> round(expected_calibration_error([1, 0, 0, 0, 0], proba), 6)
    0.6
    """
    if not isinstance(n_bins, Integral) or n_bins < 1:
        raise ValueError(
            "The 'n_bins' parameter of expected_calibration_error must be an int of at least 1."
            f" Got {n_bins!r} instead."
        )
    y_true, proba, labels = _check_proba(y_true, y_proba, labels)
    weight = _check_sample_weight(sample_weight, proba, ensure_non_negative=True)
    confidence = proba.max(axis=1)
    correct = labels[proba.argmax(axis=1)] == y_true
    if strategy == "uniform":
        bins = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    elif strategy == "quantile":  # equal confidence, equal bin
        rank = np.searchsorted(np.sort(confidence), confidence)
        bins = rank * n_bins // len(confidence)
    else:
        raise ValueError(
            "The 'strategy' parameter of expected_calibration_error must be 'uniform' or"
            f" 'quantile'. Got {strategy!r} instead."
        )
    gaps = np.bincount(bins, weights=weight * (correct - confidence), minlength=n_bins)
    return float(np.abs(gaps).sum() / weight.sum())


def _check_proba(y_true, y_proba, labels):
    y_true = column_or_1d(y_true)
    proba = check_array(y_proba, dtype=np.float64, ensure_2d=False, input_name="y_proba")
    check_consistent_length(y_true, proba)
    if proba.ndim == 1:
        proba = np.column_stack([1 - proba, proba])
    labels = np.unique(y_true) if labels is None else np.asarray(labels)
    if len(labels) != proba.shape[1]:
        raise ValueError(
            "The 'labels' parameter of expected_calibration_error must name one class for each"
            f" of the {proba.shape[1]} columns. Got {len(labels)} classes instead."
        )
    unknown = sorted(set(y_true.tolist()) - set(labels.tolist()))
    if unknown:
        raise ValueError(
            "The 'labels' parameter of expected_calibration_error must name all classes of y_true."
            f" Got {labels.tolist()} without {unknown[:3]} instead."
        )
    if proba.min() < 0 or proba.max() > 1 + 1e-6:
        raise ValueError(
            "The 'y_proba' parameter of expected_calibration_error must hold probabilities in"
            f" [0, 1]. Got values from {proba.min():.3g} to {proba.max():.3g} instead."
        )
    total = proba.sum(axis=1)
    if np.abs(total - 1).max() > 1e-3:
        raise ValueError(
            "The 'y_proba' parameter of expected_calibration_error must hold rows that sum to one."
            f" Got sums from {total.min():.3g} to {total.max():.3g} instead."
        )
    return y_true, proba, labels


def negative_log_likelihood(y_true, mean, std, *, sample_weight=None):
    r"""Mean negative log density of values under Gaussian predictions, in nats.

    Smaller = better; it may be negative, and depends on the unit of the target: compare on one
    table only. One row far out can decide it (:func:`crps_gaussian` is less harsh).

    .. math:: \ln \sigma + \tfrac{1}{2} \ln 2 \pi + \frac{(y - \mu)^2}{2 \sigma^2}

    with the value :math:`y`, the mean :math:`\mu` and the standard deviation :math:`\sigma`.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Values.
    mean : array-like of shape (n_samples,)
        Predicted means.
    std : array-like of shape (n_samples,) or float
        Predicted standard deviations, above 0.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows.

    Returns
    -------
    nll : float

    References
    ----------
    Gneiting & Raftery (2007), Strictly proper scoring rules, :doi:`10.1198/016214506000001437`.

    Examples
    --------
    >>> from sklearn_synda.metrics import negative_log_likelihood
    >>> round(negative_log_likelihood([0.0], [0.0], [1.0]), 3)
    0.919
    """
    y, mean, std = _check_gaussian(y_true, mean, std, "negative_log_likelihood")
    weight = _check_sample_weight(sample_weight, y, ensure_non_negative=True)
    return float(np.average(-norm.logpdf(y, mean, std), weights=weight))


def crps_gaussian(y_true, mean, std, *, sample_weight=None):
    r"""Mean continuous ranked probability score of Gaussian predictions, in units of the target.

    Smaller = better. It is the absolute error of a whole distribution: for a standard deviation
    near 0 it becomes the mean absolute error.

    .. math:: \sigma \left( z (2 \Phi(z) - 1) + 2 \varphi(z) - \pi^{-1/2} \right),
              \quad z = (y - \mu) / \sigma

    with the value :math:`y`, the mean :math:`\mu`, the standard deviation :math:`\sigma`, and the
    distribution :math:`\Phi` and density :math:`\varphi` of the standard Gaussian.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Values.
    mean : array-like of shape (n_samples,)
        Predicted means.
    std : array-like of shape (n_samples,) or float
        Predicted standard deviations, above 0.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows.

    Returns
    -------
    crps : float
        Zero or more.

    References
    ----------
    Gneiting & Raftery (2007), Strictly proper scoring rules, :doi:`10.1198/016214506000001437`.

    Examples
    --------
    >>> from sklearn_synda.metrics import crps_gaussian
    >>> round(crps_gaussian([0.0], [0.0], [1.0]), 3)
    0.234
    >>> round(crps_gaussian([3.0], [1.0], [1e-9]), 3)
    2.0
    """
    y, mean, std = _check_gaussian(y_true, mean, std, "crps_gaussian")
    weight = _check_sample_weight(sample_weight, y, ensure_non_negative=True)
    z = (y - mean) / std
    score = std * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi))
    return float(np.average(score, weights=weight))


def _check_gaussian(y_true, mean, std, caller):
    y = column_or_1d(y_true, dtype=np.float64)
    mean = column_or_1d(mean, dtype=np.float64)
    std = np.asarray(std, dtype=np.float64)
    std = np.full(len(y), float(std)) if std.ndim == 0 else column_or_1d(std)
    check_consistent_length(y, mean, std)
    if not (std > 0).all():
        raise ValueError(
            f"The 'std' parameter of {caller} must hold standard deviations above 0."
            f" Got {std.min()} instead."
        )
    return y, mean, std


def interval_coverage(y_true, lower, upper, *, sample_weight=None):
    """Share of the values that lie in their intervals, ends included.

    To be compared with the level the intervals claim; wide intervals cover without knowing
    anything, so their mean width belongs beside it.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Values.
    lower : array-like of shape (n_samples,)
        Lower ends.
    upper : array-like of shape (n_samples,)
        Upper ends, none below its lower one.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows.

    Returns
    -------
    coverage : float
        In [0, 1].

    Examples
    --------
    >>> from sklearn_synda.metrics import interval_coverage
    >>> interval_coverage([1.0, 2.0, 3.0, 9.0], [0, 0, 0, 0], [3, 3, 3, 3])
    0.75
    """
    y, lower, upper = (column_or_1d(v, dtype=np.float64) for v in (y_true, lower, upper))
    check_consistent_length(y, lower, upper)
    for name, values in (("y_true", y), ("lower", lower), ("upper", upper)):
        if np.isnan(values).any():
            raise ValueError(
                f"The '{name}' parameter of interval_coverage must hold numbers. Got"
                f" {np.isnan(values).sum()} NaN instead: leave those rows out."
            )
    if (upper < lower).any():
        row = int(np.flatnonzero(upper < lower)[0])
        raise ValueError(
            "The 'upper' parameter of interval_coverage must hold ends above the lower ones."
            f" Got {upper[row]} below {lower[row]} in row {row} instead."
        )
    weight = _check_sample_weight(sample_weight, y, ensure_non_negative=True)
    return float(np.average((lower <= y) & (y <= upper), weights=weight))
