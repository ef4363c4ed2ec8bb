"""Shapley values by walking from background rows to a row, one column after the other."""

import numpy as np
from sklearn.utils import check_random_state

from sklearn_synda._compatibility import check_count
from sklearn_synda.attribution._cells import (
    ask_in_blocks,
    draw_background,
    in_cells,
    one_number_a_row,
)

__all__ = ["shapley_attribution", "walk"]

_N_CELLS = 2_000_000  # of the rows in between that are held at once


def shapley_attribution(uncertainty, X, background, *, n_repeats=20, random_state=None):
    r"""How the uncertainty of a row is shared among its columns, as Shapley values.

    A background row is turned into the row one column after the other, in random order; a
    column gets the change of the uncertainty at its turn:

    .. math:: \phi_{ij} = \frac{1}{K} \sum_{k=1}^{K} \big[ U(z_{k, \pi_k^{-1}(j)}) -
        U(z_{k, \pi_k^{-1}(j) - 1}) \big]

    with the uncertainty :math:`U`, :math:`K` = ``n_repeats`` walks, their orders
    :math:`\pi_k` (each followed by its reverse), and :math:`z_{k,t}` the row drawn from the
    background after :math:`t` columns of row :math:`x_i`. Positive: the value makes the row
    less certain. Row sums are the uncertainty of the row less the mean one of the background
    rows drawn for it. Columns are changed apart from each other, so that rows in between may be
    unlike any real one: not for a model whose answers far from the data are wild.

    Parameters
    ----------
    uncertainty : callable
        ``uncertainty(X) -> (n_rows,)``, larger = less certain.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Rows to explain.
    background : {array-like, sparse matrix, DataFrame} of shape (n_background, n_features)
        Real rows to compare with. A row meets all of them before it meets one again.
    n_repeats : int, default=20
        Walks for each row. The error falls with its square root.
    random_state : int, RandomState instance or None, default=None
        Seed of the walks.

    Returns
    -------
    attribution : ndarray of shape (n_samples, n_features)
        In the unit of the uncertainty.

    Notes
    -----
    Asks for the uncertainty of ``n_samples * (1 + n_features * n_repeats)`` rows, in blocks.

    References
    ----------
    Strumbelj & Kononenko (2014), :doi:`10.1007/s10115-013-0679-x`. Lundberg & Lee (2017),
    :arxiv:`1705.07874`. Orders with their reverses: Mitchell et al. (2022), :arxiv:`2104.12199`.

    Examples
    --------
    Two columns matter only together, and share what they bring:

    >>> import numpy as np
    >>> from sklearn_synda.attribution import shapley_attribution
    >>> unsure = lambda X: X[:, 0] * X[:, 1]
    >>> shapley_attribution(unsure, np.array([[2.0, 3.0, 7.0]]), np.zeros((1, 3)))
    array([[3., 3., 0.]])
    """
    check_count("n_repeats", n_repeats, "shapley_attribution")
    uncertainty = one_number_a_row("shapley_attribution", uncertainty)
    ask, cells, others = in_cells("shapley_attribution", uncertainty, X, background)
    seed = check_random_state(random_state).randint(2**31 - 1)
    return walk(ask, cells, others, n_repeats, np.random.default_rng(seed))


def walk(ask, cells, others, n_repeats, rng):
    """Mean change of the uncertainty by column, over walks from rows of others."""
    n_rows, n_features = cells.shape
    start = draw_background(len(others), n_rows, n_repeats, rng)
    size = max(_N_CELLS // (n_features * (n_features + 1)), 1)
    total = np.zeros(cells.shape)
    end = ask_in_blocks(ask, cells)
    for repeat in range(n_repeats):
        if repeat % 2 == 0:
            order = rng.permuted(np.tile(np.arange(n_features), (n_rows, 1)), axis=1)
        else:
            order = order[:, ::-1]
        for first in range(0, n_rows, size):
            block = slice(first, first + size)
            between = _rows_between(cells[block], others[start[block, repeat]], order[block])
            value = ask_in_blocks(ask, between.reshape(-1, n_features))
            value = np.column_stack([value.reshape(-1, n_features), end[block]])
            change = np.diff(value, axis=1)
            by_column = np.empty_like(change)
            np.put_along_axis(by_column, order[block], change, axis=1)
            total[block] += by_column
    return total / n_repeats


def _rows_between(cells, start, order):
    """From each start towards the row: (n_rows, n_features, n_features), the end left out."""
    turn = np.argsort(order, axis=1)  # of each column
    taken = turn[:, None, :] < np.arange(cells.shape[1])[None, :, None]
    return np.where(taken, cells[:, None, :], start[:, None, :])
