"""Scores of rows by their distance to what is known."""

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.utils import gen_batches

__all__ = ["nearest_distance_score"]

_CELLS = 2**21  # distances held at a time


def nearest_distance_score(spaces, known):
    r"""Distance to the nearest known row, multiplied over several spaces.

    :math:`\min_j \prod_s \|x_i^s - x_j^s\|` with :math:`x_i^s` the place of row :math:`i` in
    space :math:`s` and :math:`j` a known row. Larger = more worth asking. With features alone it
    is greedy sampling of the inputs, with predicted and known targets that of the outputs, with
    both the improved one. Not for rows with known copies: one zero makes the product zero.

    Parameters
    ----------
    spaces : sequence of ndarray of shape (n_samples, n_dimensions)
        The rows in each space; dimensions may differ.
    known : sequence of ndarray of shape (n_known, n_dimensions)
        The known rows, at least one, in the same spaces.

    Returns
    -------
    scores : ndarray of shape (n_samples,)
        In units of the first space times those of the others.

    References
    ----------
    Wu, Lin & Huang (2019), :arxiv:`1808.04245`.

    Examples
    --------
    The second row is close to one known row in the first space, to the other in the second:

    >>> import numpy as np
    >>> from sklearn_synda.acquisition import nearest_distance_score
    >>> X, y = np.array([[1.0], [4.0]]), np.array([[1.0], [2.0]])
    >>> nearest_distance_score([X], [np.array([[0.0], [5.0]])])
    array([1., 1.])
    >>> nearest_distance_score([X, y], [np.array([[0.0], [5.0]]), np.array([[3.0], [8.0]])])
    array([2., 4.])
    """
    n_rows, n_known = len(spaces[0]), len(known[0])
    nearest = np.empty(n_rows)
    for block in gen_batches(n_rows, max(1, _CELLS // n_known)):
        product = 1.0
        for rows, others in zip(spaces, known, strict=True):
            product = product * cdist(rows[block], others)
        nearest[block] = product.min(axis=1)
    return nearest
