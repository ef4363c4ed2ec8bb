"""Scores that spread a batch over the table."""

import numpy as np
from scipy.stats import rankdata

__all__ = [
    "gradient_distance",
    "gradient_norm_score",
    "ranked_batch_score",
    "stochastic_score",
    "typicality_score",
]


def _residual(proba):
    """Class probabilities minus one at the likeliest class."""
    residual = np.array(proba, dtype=np.float64)
    residual[np.arange(len(residual)), residual.argmax(axis=1)] -= 1.0
    return residual


def gradient_norm_score(proba, embedding):
    r"""Length of the gradient that the likeliest label would cause, in units of the embedding.

    :math:`\|p - e_{\hat c}\| \, \|x\|` with :math:`p` the class probabilities of a row,
    :math:`e_{\hat c}` the unit vector of the likeliest class and :math:`x` its place in the
    embedding: the gradient of the cross-entropy of a linear last layer. Larger = more worth
    asking. Not for an embedding whose origin is arbitrary: the length of :math:`x` counts.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Class probabilities; rows sum to one.
    embedding : ndarray of shape (n_samples, n_dimensions)
        Rows as points.

    Returns
    -------
    scores : ndarray of shape (n_samples,)

    References
    ----------
    Ash et al. (2020), :arxiv:`1906.03671`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.acquisition import gradient_norm_score
    >>> proba = np.array([[1.0, 0.0], [0.5, 0.5], [0.5, 0.5]])
    >>> gradient_norm_score(proba, np.array([[1.0], [1.0], [2.0]])).round(3)
    array([0.   , 0.707, 1.414])
    """
    return np.linalg.norm(_residual(proba), axis=1) * np.linalg.norm(embedding, axis=1)


def gradient_distance(proba, embedding, row):
    r"""Squared distance of the gradient of each row to that of one row.

    :math:`\|g_i\|^2 + \|g_j\|^2 - 2 (r_i \cdot r_j)(x_i \cdot x_j)` with :math:`g = r x^T` the
    gradient of :func:`gradient_norm_score`, :math:`r = p - e_{\hat c}`, :math:`x` the place in
    the embedding and :math:`j` the one row: the products are never written out. Larger = more
    different. Not for regression, which has no class probabilities.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Class probabilities; rows sum to one.
    embedding : ndarray of shape (n_samples, n_dimensions)
        Rows as points.
    row : int
        Position of the one row.

    Returns
    -------
    distances : ndarray of shape (n_samples,)
        In squared units of the embedding.

    References
    ----------
    Ash et al. (2020), :arxiv:`1906.03671`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.acquisition import gradient_distance
    >>> proba = np.array([[1.0, 0.0], [0.5, 0.5], [0.5, 0.5]])
    >>> gradient_distance(proba, np.array([[1.0], [1.0], [2.0]]), 1)
    array([0.5, 0. , 0.5])
    """
    return distance_of_factors(*gradient_factors(proba, embedding), row)


def gradient_factors(proba, embedding):
    """The two factors of each gradient, and its squared length."""
    residual, points = _residual(proba), np.asarray(embedding, dtype=np.float64)
    return residual, points, (residual**2).sum(axis=1) * (points**2).sum(axis=1)


def distance_of_factors(residual, points, squared, row):
    """Squared distance of each gradient to that of one row, from their factors."""
    scale = squared + squared[row]
    distance = scale - 2 * (residual @ residual[row]) * (points @ points[row])
    return np.where(distance > 1e-12 * scale, distance, 0.0)  # the rest is noise of rounding


def ranked_batch_score(utilities, distance, distance_weight):
    r"""Utility and distance to what is known, mixed.

    :math:`w \left(1 - \frac{1}{1 + d}\right) + (1 - w)\, u` with :math:`u` the utility,
    :math:`d` the distance to the nearest known row and :math:`w` the ``distance_weight``. Larger
    = more worth asking. Not for utilities of another range than [0, 1], that of the first term.

    Parameters
    ----------
    utilities : ndarray of shape (n_samples,)
        In [0, 1]; larger = more worth asking.
    distance : ndarray of shape (n_samples,)
        In units of the embedding; infinite where nothing is known.
    distance_weight : float
        Say of the distance, in [0, 1].

    Returns
    -------
    scores : ndarray of shape (n_samples,)

    References
    ----------
    Cardoso et al. (2017), :doi:`10.1016/j.ins.2016.10.037`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.acquisition import ranked_batch_score
    >>> ranked_batch_score(np.array([1.0, 0.5]), np.array([0.0, 1.0]), 0.5)
    array([0.5, 0.5])
    """
    similarity = 1.0 / (1.0 + np.asarray(distance, dtype=np.float64))
    return distance_weight * (1.0 - similarity) + (1.0 - distance_weight) * np.asarray(utilities)


def stochastic_score(utilities, kind="power", coldness=1.0):
    r"""Logarithm of the chance of being drawn, up to a constant.

    :math:`\beta \ln u` ("power"), :math:`\beta u` ("softmax") or :math:`-\beta \ln r`
    ("softrank") with :math:`u` the utility, :math:`r` its rank (1 for the largest; equal ones
    share the mean) and :math:`\beta` the ``coldness``. Larger = drawn more often. Not the power
    for negative utilities, nor the softmax for utilities of unknown scale; ranks take any.

    Parameters
    ----------
    utilities : ndarray of shape (n_samples,)
        Larger = more worth asking.
    kind : {"power", "softmax", "softrank"}, default="power"
        How chance grows with utility.
    coldness : float, default=1.0
        How fast it grows: near 0 for uniform draws, large for the top rows.

    Returns
    -------
    scores : ndarray of shape (n_samples,)

    References
    ----------
    Kirsch et al. (2021), :arxiv:`2106.12059`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.acquisition import stochastic_score
    >>> stochastic_score(np.array([1.0, 0.5]), "softmax", coldness=2.0)
    array([2., 1.])
    >>> stochastic_score(np.array([1.0, 0.5]), "softrank").round(3)
    array([-0.   , -0.693])
    """
    utilities = np.asarray(utilities, dtype=np.float64)
    if kind == "softmax":
        return coldness * utilities
    if kind == "softrank":
        return -coldness * np.log(rankdata(-utilities))
    with np.errstate(divide="ignore"):  # ln 0 = -inf: never drawn while others are left
        return coldness * np.log(utilities)


def typicality_score(points, n_neighbors=20):
    r"""How close the nearest rows are, in units of one over distance.

    :math:`\left(\frac1k \sum_{l \in N_k} \|x - x_l\|\right)^{-1}` with :math:`N_k` the
    :math:`k` nearest other rows of a row :math:`x`. Larger = more typical; infinite for a row
    with :math:`k` exact copies, 0 for the only row. Not for a whole large pool: its time grows
    with the square of the rows.

    Parameters
    ----------
    points : ndarray of shape (n_samples, n_dimensions)
        Rows as points.
    n_neighbors : int, default=20
        Largest number of neighbours; all others where there are fewer.

    Returns
    -------
    scores : ndarray of shape (n_samples,)

    References
    ----------
    Hacohen, Dekel & Weinshall (2022), :arxiv:`2202.02794`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.acquisition import typicality_score
    >>> typicality_score(np.array([[0.0], [1.0], [5.0]]), n_neighbors=1)
    array([1.  , 1.  , 0.25])
    """
    from sklearn.neighbors import NearestNeighbors  # heavy: imported when used

    if len(points) == 1:
        return np.zeros(1)
    neighbors = NearestNeighbors(n_neighbors=min(n_neighbors, len(points) - 1)).fit(points)
    with np.errstate(divide="ignore"):
        return 1.0 / neighbors.kneighbors()[0].mean(axis=1)
