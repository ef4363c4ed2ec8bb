"""What people say of each row of a table, handed to strategies for the rows of a pool."""

import numpy as np
from sklearn.base import clone

__all__ = ["ANCHORS", "per_row", "priced", "prices"]

ANCHORS = (  # a list for the rows of one pool cannot match those of a fold
    "the strategy of a meta-estimator also chooses anchors, from other rows than those of its"
    " query: give a function of rows, or set the model's max_iter=0 and give one value a row"
)


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


def prices(costs, n_rows, caller, remedy="give a cost for each row"):
    """A finite number above zero for each row; None stays. ``remedy``: of another shape."""
    if costs is None:
        return None
    try:
        found = np.asarray(costs, dtype=np.float64)
    except (TypeError, ValueError):
        got, remedy = "values that are no numbers", "give numbers"
    else:
        n_bad = np.count_nonzero(~((found > 0) & np.isfinite(found)))
        if found.shape == (n_rows,) and n_bad == 0:
            return found
        if found.shape == (n_rows,):
            are, them = ("is none", "it") if n_bad == 1 else ("are none", "them")
            got, remedy = f"an array with {n_bad} that {are}", f"correct {them}"
        else:
            got = f"an array of shape {found.shape}"
    raise ValueError(
        f"The 'costs' parameter of {caller} must be {n_rows} finite numbers above zero, one a row"
        f" of the pool. Got {got} instead: {remedy}."
    )


def priced(strategy, costs, rows):
    """The strategy with the costs of these rows; as it is where no costs are given."""
    return strategy if costs is None else clone(strategy).set_params(costs=costs[rows])
