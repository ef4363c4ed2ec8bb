"""What people say of each row of a table, handed to strategies for the rows of a pool."""

import numpy as np
from sklearn.base import clone

__all__ = ["per_row", "priced", "prices"]


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


def prices(costs, n_rows, caller):
    """A finite number above zero for each row; None stays."""
    if costs is None:
        return None
    try:
        found = np.asarray(costs, dtype=np.float64)
    except (TypeError, ValueError):
        found = np.empty(0)
    if found.shape != (n_rows,) or not np.all((found > 0) & np.isfinite(found)):
        raise ValueError(
            f"The 'costs' parameter of {caller} must be {n_rows} finite numbers above zero, one a"
            f" row of the pool. Got {costs!r} instead."
        )
    return found


def priced(strategy, costs, rows):
    """The strategy with the costs of these rows; as it is where no costs are given."""
    return strategy if costs is None else clone(strategy).set_params(costs=costs[rows])
