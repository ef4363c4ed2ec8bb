"""Distances between two sets of points, a block of rows at a time."""

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.utils import check_array, gen_batches

__all__ = ["check_points", "distance_blocks", "nearest_distances"]

_CELLS = 2**21  # distances held at once: 16 MiB


def check_points(*, at_least=1, **named):
    """The arrays as float64 of shape (n, d), each with enough rows and all equally wide."""
    checked = {
        name: check_array(value, dtype=np.float64, ensure_min_samples=at_least, input_name=name)
        for name, value in named.items()
    }
    widths = {name: value.shape[1] for name, value in checked.items()}
    if len(set(widths.values())) > 1:
        first, *others = widths
        other = next(name for name in others if widths[name] != widths[first])
        raise ValueError(
            f"The {other!r} parameter of a measure must be as wide as {first!r},"
            f" {widths[first]} columns. Got {widths[other]} instead."
        )
    return list(checked.values())


def distance_blocks(A, B, metric="euclidean"):
    """Pairs of a slice of the rows of ``A`` and its distances to all rows of ``B``.

    They are exact: equal rows have distance 0.
    """
    for rows in gen_batches(len(A), max(1, _CELLS // max(len(B), 1))):
        yield rows, cdist(A[rows], B, metric)


def nearest_distances(A, B, k=1, *, same=False):
    """Distances of every row of ``A`` to its ``k`` nearest rows of ``B``, ascending.

    ``same`` says that ``B`` is ``A``, and that no row is its own neighbour.
    """
    nearest = np.empty((len(A), k))
    for rows, distances in distance_blocks(A, B):
        if same:
            distances[np.arange(len(distances)), np.arange(rows.start, rows.stop)] = np.inf
        nearest[rows] = np.sort(np.partition(distances, k - 1, axis=1)[:, :k], axis=1)
    return nearest
