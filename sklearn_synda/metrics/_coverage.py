"""How well made rows lie where real ones do, and reach all of them."""

from numbers import Integral

import numpy as np

from sklearn_synda.metrics._blocks import check_points, distance_blocks, nearest_distances

__all__ = ["coverage_score", "density_score", "expected_coverage"]


def coverage_score(X_real, X_made, *, n_neighbors=5):
    r"""Share of the real rows that have a made row near them: diversity.

    The ball of a real row reaches to its ``n_neighbors``-th nearest other real row. Larger =
    more of the real rows are reached. It depends on how many made rows there are: of as many as
    real ones, drawn from the same distribution, :math:`1 - 2^{-k}` is expected with :math:`k`
    neighbours (0.97 for 5), fewer of fewer. A few made rows far out do not lower it
    (:func:`density_score` falls), nor do copies of the real rows.

    .. math:: \frac{1}{n} \sum_{i=1}^{n} [\min_j \lVert x_i - z_j \rVert \le r_i]

    with real rows :math:`x_i`, their radii :math:`r_i` and made rows :math:`z_j`.

    Parameters
    ----------
    X_real : array-like of shape (n_real, n_dimensions)
        Real rows as points in which distance means something.
    X_made : array-like of shape (n_made, n_dimensions)
        Made rows in the same dimensions.
    n_neighbors : int, default=5
        Neighbours to which a ball reaches; fewer where there are fewer real rows.

    Returns
    -------
    coverage : float
        In [0, 1].

    References
    ----------
    Naeem et al. (2020), Reliable fidelity and diversity metrics, :arxiv:`2002.09797`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.metrics import coverage_score
    >>> real = np.arange(10.0)[:, None]
    >>> coverage_score(real, real + 0.1, n_neighbors=1)
    1.0
    >>> coverage_score(real, np.zeros((10, 1)), n_neighbors=1)
    0.2
    """
    real, made = check_points(X_real=X_real, X_made=X_made)
    radius = _radii(real, n_neighbors, "coverage_score")
    return float((nearest_distances(real, made)[:, 0] <= radius).mean())


def density_score(X_real, X_made, *, n_neighbors=5):
    r"""How many real rows' balls a made row lies in, of those expected: fidelity.

    Around 1 where made rows lie as real ones do, 0 where all lie outside; larger than 1 where
    they crowd into the dense parts, so it rises when modes are lost, and
    :func:`coverage_score` belongs beside it.

    .. math:: \frac{1}{k m} \sum_{j=1}^{m} \sum_{i=1}^{n} [\lVert x_i - z_j \rVert \le r_i]

    with the radius :math:`r_i` of a real row :math:`x_i`, the distance to its :math:`k`-th nearest
    other real row, and made rows :math:`z_1 \dots z_m`.

    Parameters
    ----------
    X_real : array-like of shape (n_real, n_dimensions)
        Real rows as points in which distance means something.
    X_made : array-like of shape (n_made, n_dimensions)
        Made rows in the same dimensions.
    n_neighbors : int, default=5
        Neighbours :math:`k` to which a ball reaches; fewer where there are fewer real rows.

    Returns
    -------
    density : float
        Zero or more.

    References
    ----------
    Naeem et al. (2020), Reliable fidelity and diversity metrics, :arxiv:`2002.09797`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.metrics import density_score
    >>> real = np.arange(10.0)[:, None]
    >>> density_score(real, real + 100)
    0.0
    >>> density_score(real, np.full((4, 1), 4.5)) > density_score(real, np.full((4, 1), 0.5))
    True
    """
    real, made = check_points(X_real=X_real, X_made=X_made)
    radius = _radii(real, n_neighbors, "density_score")
    within = sum((distances <= radius).sum() for _, distances in distance_blocks(made, real))
    return float(within / (_usable(n_neighbors, len(real)) * len(made)))


def expected_coverage(n_real, n_made, n_neighbors=5):
    """Coverage expected of so many rows drawn from the distribution of the real ones.

    Among the other real rows and the made ones, the ``k`` nearest to a real row must not all be
    real; all orders of them are equally likely.
    """
    k = _usable(n_neighbors, n_real)
    others = n_real - 1 - np.arange(k)
    return float(1 - np.prod(others / (others + n_made)))


def _usable(n_neighbors, n_real):
    return max(1, min(n_neighbors, n_real - 1))


def _radii(real, n_neighbors, caller):
    if not isinstance(n_neighbors, Integral) or n_neighbors < 1:
        raise ValueError(
            f"The 'n_neighbors' parameter of {caller} must be an int of at least 1."
            f" Got {n_neighbors!r} instead."
        )
    if len(real) < 2:
        raise ValueError(
            f"The 'X_real' parameter of {caller} must hold two rows or more. Got {len(real)}"
            " instead: a single row has no neighbour."
        )
    return nearest_distances(real, real, _usable(n_neighbors, len(real)), same=True)[:, -1]
