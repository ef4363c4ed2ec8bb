"""Occlusion: one column at a time is taken from another row."""

import numpy as np
from sklearn.utils import check_random_state

from sklearn_synda._compatibility import check_count
from sklearn_synda.attribution._cells import (
    ask_in_blocks,
    in_cells,
    one_number_a_row,
)

__all__ = ["occlude", "occlusion_attribution"]


def occlusion_attribution(uncertainty, X, background, *, n_repeats=10, random_state=None):
    r"""What is lost of a row's uncertainty when one of its values is another row's.

    .. math:: \phi_{ij} = U(x_i) - \frac{1}{K} \sum_{k=1}^{K} U(x_i \text{ with } x_{ij} :=
        b_{kj})

    with the uncertainty :math:`U`, row :math:`x_i`, column :math:`j`, and :math:`K` =
    ``n_repeats`` rows :math:`b_k` drawn from the background. Positive: the value makes the row
    less certain. Cheap, and it sees one column at a time: where two columns say the same, or
    only both together matter, :func:`shapley_attribution` shares what this misses.

    Parameters
    ----------
    uncertainty : callable
        ``uncertainty(X) -> (n_rows,)``, larger = less certain.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Rows to explain.
    background : {array-like, sparse matrix, DataFrame} of shape (n_background, n_features)
        Real rows whose values take the place of those of ``X``.
    n_repeats : int, default=10
        Background rows drawn for each cell.
    random_state : int, RandomState instance or None, default=None
        Seed of the draws.

    Returns
    -------
    attribution : ndarray of shape (n_samples, n_features)
        In the unit of the uncertainty.

    Notes
    -----
    Asks for the uncertainty of ``n_samples * (1 + n_features * n_repeats)`` rows, in blocks.

    References
    ----------
    Zeiler & Fergus (2014), :arxiv:`1311.2901`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.attribution import occlusion_attribution
    >>> unsure = lambda X: X[:, 0] ** 2
    >>> occlusion_attribution(unsure, np.array([[3.0, 5.0]]), np.array([[1.0, 2.0]]))
    array([[8., 0.]])
    """
    check_count("n_repeats", n_repeats, "occlusion_attribution")
    uncertainty = one_number_a_row("occlusion_attribution", uncertainty)
    ask, cells, others = in_cells("occlusion_attribution", uncertainty, X, background)
    rng = check_random_state(random_state)
    total = np.zeros(cells.shape)
    for _ in range(n_repeats):
        total += occlude(ask, cells, others, rng)
    return total / n_repeats


def occlude(ask, cells, others, rng):
    """Uncertainty of rows less that of each with one cell from a row drawn from others."""
    n_rows, n_features = cells.shape
    occluded = np.repeat(cells, n_features, axis=0)
    column = np.tile(np.arange(n_features), n_rows)
    donors = rng.randint(len(others), size=len(column))
    occluded[np.arange(len(column)), column] = others[donors, column]
    before = ask_in_blocks(ask, cells)
    after = ask_in_blocks(ask, occluded).reshape(n_rows, n_features)
    return before[:, None] - after
