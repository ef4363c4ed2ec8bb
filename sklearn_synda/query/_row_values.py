"""What people say of each row of a table, handed to strategies for the rows of a pool."""

import numpy as np
from sklearn.base import clone

__all__ = ["per_row", "priced"]


def per_row(values, name, n_rows, caller):
    """An array with an entry, or several, for each row; None stays."""
    if values is None:
        return None
    values = np.asarray(values, dtype=object)
    if values.ndim not in (1, 2) or len(values) != n_rows:
        raise ValueError(
            f"The {name!r} parameter of {caller} must have an entry for each of the {n_rows} rows."
            f" Got an array of shape {values.shape} instead."
        )
    return values


def priced(strategy, costs, rows):
    """The strategy with the costs of these rows; as it is where no costs are given."""
    return strategy if costs is None else clone(strategy).set_params(costs=costs[rows])
