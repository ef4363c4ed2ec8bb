"""Whether two sets of rows come from one distribution."""

import numpy as np
from scipy.spatial.distance import pdist
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.utils import check_random_state

from sklearn_synda.metrics._blocks import check_points, distance_blocks

__all__ = ["c2st_score", "mmd_score"]

_N_MEDIAN = 1000  # rows of each set from which the median distance is taken


def mmd_score(X_real, X_made, *, bandwidth=None, random_state=0):
    r"""Squared maximum mean discrepancy of two sets of rows, unbiased, with a Gaussian kernel.

    Around 0 where both come from one distribution (it may be slightly negative), at most 2;
    smaller = more alike. With the kernel
    :math:`k(a, b) = \exp(-\lVert a - b \rVert^2 / (2 \sigma^2))`, real rows
    :math:`x_1 \dots x_n` and made rows :math:`z_1 \dots z_m`,

    .. math::
        \frac{\sum_{i \ne j} k(x_i, x_j)}{n (n - 1)} + \frac{\sum_{i \ne j} k(z_i, z_j)}{m (m - 1)}
        - \frac{2}{n m} \sum_{i, j} k(x_i, z_j).

    One bandwidth :math:`\sigma` sees differences of one scale: rows that repeat the real ones
    finely smeared, or a lost small class, hardly move it. :func:`coverage_score` sees the latter.

    Parameters
    ----------
    X_real : array-like of shape (n_real, n_dimensions)
        Real rows as points, such as an embedding; two or more.
    X_made : array-like of shape (n_made, n_dimensions)
        Made rows in the same dimensions; two or more.
    bandwidth : float, default=None
        :math:`\sigma`, in the units of the points. None is the median distance between rows of
        both sets together (1 where it is 0), from at most 1,000 rows of each.
    random_state : int, RandomState instance or None, default=0
        Draws those rows where there are more.

    Returns
    -------
    mmd : float

    References
    ----------
    Gretton et al. (2012), A kernel two-sample test, *JMLR* 13, 723-773, equation 3.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.metrics import mmd_score
    >>> rng = np.random.RandomState(0)
    >>> real = rng.normal(size=(300, 2))
    >>> abs(mmd_score(real, rng.normal(size=(200, 2)))) < 0.01
    True
    >>> mmd_score(real, rng.normal(size=(200, 2)) + 3) > 0.8
    True
    """
    real, made = check_points(X_real=X_real, X_made=X_made, at_least=2)
    if bandwidth is None:
        bandwidth = _median_distance(real, made, check_random_state(random_state))
    elif not bandwidth > 0:
        raise ValueError(
            "The 'bandwidth' parameter of mmd_score must be a number above 0, or None."
            f" Got {bandwidth!r} instead."
        )
    n, m = len(real), len(made)
    within_real = (_kernel_sum(real, real, bandwidth) - n) / (n * (n - 1))
    within_made = (_kernel_sum(made, made, bandwidth) - m) / (m * (m - 1))
    between = _kernel_sum(real, made, bandwidth) / (n * m)
    return float(within_real + within_made - 2 * between)


def _kernel_sum(A, B, bandwidth):
    return sum(
        np.exp(-squared / (2 * bandwidth**2)).sum()
        for _, squared in distance_blocks(A, B, "sqeuclidean")
    )


def _median_distance(real, made, rng):
    drawn = [
        points if len(points) <= _N_MEDIAN else points[rng.permutation(len(points))[:_N_MEDIAN]]
        for points in (real, made)
    ]
    median = float(np.median(pdist(np.concatenate(drawn))))
    return median if median > 0 else 1.0


def c2st_score(X_real, X_made, estimator=None, *, cv=5, random_state=0):
    """How well a classifier tells made rows from real ones: its cross-validated AUC.

    The classifier two-sample test. 0.5 where it cannot, 1 where it always can; smaller = more
    alike. Below 0.5 the made rows are often near copies of real ones: a fold then sees a row's
    twin under the other label. It says nothing of privacy, and little with fewer than a hundred
    rows of either kind.

    Parameters
    ----------
    X_real : array-like of shape (n_real, n_dimensions)
        Real rows.
    X_made : array-like of shape (n_made, n_dimensions)
        Made rows in the same dimensions.
    estimator : classifier, default=None
        Has ``predict_proba``; it is cloned. None is a random forest of 100 trees with leaves of
        5 rows or more.
    cv : int, default=5
        Folds, stratified and shuffled.
    random_state : int, RandomState instance or None, default=0
        Seed of the folds and of the default classifier.

    Returns
    -------
    auc : float
        In [0, 1].

    References
    ----------
    Lopez-Paz & Oquab (2017), Revisiting classifier two-sample tests, :arxiv:`1610.06545` (there
    with the accuracy, which depends on how many rows of each kind there are).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn_synda.metrics import c2st_score
    >>> rng = np.random.RandomState(0)
    >>> real, made = rng.normal(size=(2, 200, 3))
    >>> 0.4 < c2st_score(real, made, LogisticRegression()) < 0.6
    True
    >>> c2st_score(real, made + 2, LogisticRegression()) > 0.9
    True
    """
    real, made = check_points(X_real=X_real, X_made=X_made, at_least=cv)
    rng = check_random_state(random_state)
    folds = StratifiedKFold(cv, shuffle=True, random_state=rng.randint(2**31 - 1))
    if estimator is None:
        estimator = RandomForestClassifier(
            100, min_samples_leaf=5, random_state=rng.randint(2**31 - 1)
        )
    is_made = np.repeat([0, 1], [len(real), len(made)])
    proba = cross_val_predict(
        clone(estimator), np.concatenate([real, made]), is_made, cv=folds, method="predict_proba"
    )
    return float(roc_auc_score(is_made, proba[:, 1]))
