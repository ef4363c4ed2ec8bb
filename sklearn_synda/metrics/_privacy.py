"""How near made rows come to the rows they were made of."""

import numpy as np
from sklearn.utils import check_array

from sklearn_synda.metrics._blocks import check_points, nearest_distances

__all__ = [
    "closer_share",
    "distance_to_closest_record",
    "duplicate_share",
    "nearest_distance_ratio",
]


def distance_to_closest_record(X_real, X_made):
    """Distance of each made row to the nearest real row.

    Zero is a copy. Small is not a leak by itself, since dense data lie close: compare with
    held-out real rows (:func:`closer_share`).

    Parameters
    ----------
    X_real : array-like of shape (n_real, n_dimensions)
        Real rows as points, such as an embedding.
    X_made : array-like of shape (n_made, n_dimensions)
        Made rows in the same dimensions.

    Returns
    -------
    distance : ndarray of shape (n_made,)
        In the units of the points.

    References
    ----------
    Park et al. (2018), Data synthesis based on generative adversarial networks,
    :arxiv:`1806.03384`.

    Examples
    --------
    >>> from sklearn_synda.metrics import distance_to_closest_record
    >>> distance_to_closest_record([[0.0], [1.0], [2.0]], [[0.0], [2.5]])
    array([0. , 0.5])
    """
    made, real = check_points(X_made=X_made, X_real=X_real)
    return nearest_distances(made, real)[:, 0]


def nearest_distance_ratio(X_real, X_made):
    """Distance of each made row to its nearest real row, over that to the second nearest.

    In [0, 1]. Near 0 a made row sits on one real row and away from all others, which gives that
    row away where it stands alone; near 1 it belongs to several as much. 1 where both distances
    are 0: two equal real rows give nobody away.

    Parameters
    ----------
    X_real : array-like of shape (n_real, n_dimensions)
        Real rows as points, such as an embedding; two or more.
    X_made : array-like of shape (n_made, n_dimensions)
        Made rows in the same dimensions.

    Returns
    -------
    ratio : ndarray of shape (n_made,)

    References
    ----------
    Zhao et al. (2021), CTAB-GAN, :arxiv:`2102.08369` (there: nearest neighbour distance ratio).

    Examples
    --------
    >>> from sklearn_synda.metrics import nearest_distance_ratio
    >>> nearest_distance_ratio([[0.0], [1.0]], [[0.1], [0.5]]).round(2)
    array([0.11, 1.  ])
    """
    made, real = check_points(X_made=X_made, X_real=X_real)
    if len(real) < 2:
        raise ValueError(
            "The 'X_real' parameter of nearest_distance_ratio must hold two rows or more."
            f" Got {len(real)} instead."
        )
    first, second = nearest_distances(made, real, 2).T
    return np.divide(first, second, out=np.ones(len(made)), where=second > 0)


def closer_share(X_train, X_held_out, X_made):
    """Share of the made rows that lie nearer to a training row than to any held-out row.

    Training and held-out rows come from one distribution and are made equally many (the first
    ones of the larger set). So 0.5 is what rows show that know no more of the training rows than
    of others, and larger = more is copied; ties count half. Rows that are built from single
    training rows (interpolation, mixing) are above 0.5 by design: they are not anonymous.

    Parameters
    ----------
    X_train : array-like of shape (n_train, n_dimensions)
        Real rows the synthesizer has seen, in random order, as points such as an embedding.
    X_held_out : array-like of shape (n_held_out, n_dimensions)
        Real rows it has not seen, in random order.
    X_made : array-like of shape (n_made, n_dimensions)
        Made rows.

    Returns
    -------
    share : float
        In [0, 1].

    References
    ----------
    Platzer & Reutterer (2021), Holdout-based fidelity and privacy assessment of mixed-type
    synthetic data, :arxiv:`2104.00635`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.metrics import closer_share
    >>> train, held_out, made = np.random.RandomState(0).normal(size=(3, 200, 3))
    >>> closer_share(train, held_out, train)
    1.0
    >>> 0.3 < closer_share(train, held_out, made) < 0.7
    True
    """
    made, train, held_out = check_points(X_made=X_made, X_train=X_train, X_held_out=X_held_out)
    n = min(len(train), len(held_out))
    to_train = nearest_distances(made, train[:n])[:, 0]
    to_held_out = nearest_distances(made, held_out[:n])[:, 0]
    return float(np.mean((to_train < to_held_out) + 0.5 * (to_train == to_held_out)))


def duplicate_share(X_made, *, X_real=None):
    """Share of the made rows that repeat a real row, or a made row before them.

    0 where every made row is new, near 1 where a synthesizer has collapsed or copies. Tables of
    few categories have few distinct rows, so that some repetition is no fault.

    Parameters
    ----------
    X_made : array-like of shape (n_made, n_columns)
        Made rows: numbers, codes or an embedding. Missing values are equal to one another.
    X_real : array-like of shape (n_real, n_columns), default=None
        Real rows. None counts repeated made rows alone.

    Returns
    -------
    share : float
        In [0, 1].

    Examples
    --------
    >>> from sklearn_synda.metrics import duplicate_share
    >>> duplicate_share([[1, 2], [1, 2], [3, 4], [5, 6]])
    0.25
    >>> duplicate_share([[1, 2], [1, 2], [3, 4], [5, 6]], X_real=[[5, 6]])
    0.5
    """
    made = check_array(X_made, dtype=np.float64, ensure_all_finite="allow-nan")
    real = made[:0]
    if X_real is not None:
        real = check_array(X_real, dtype=np.float64, ensure_all_finite="allow-nan")
        if real.shape[1] != made.shape[1]:
            raise ValueError(
                "The 'X_real' parameter of duplicate_share must be as wide as 'X_made',"
                f" {made.shape[1]} columns. Got {real.shape[1]} instead."
            )
    n_real_distinct = len(_distinct(real))
    n_new = len(_distinct(np.concatenate([real, made]))) - n_real_distinct
    return 1 - n_new / len(made)


def _distinct(rows):
    """The rows without repetition, -0 as 0; all NaN have the same bytes."""
    rows = np.where(np.isnan(rows), np.nan, rows + 0.0)
    return {row.tobytes() for row in rows}
