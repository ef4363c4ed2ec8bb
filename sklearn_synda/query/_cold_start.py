"""Rows to label before there is a model."""

import numpy as np
from scipy import sparse
from sklearn.utils import check_array

from sklearn_synda._columns import encode_table, is_dataframe
from sklearn_synda._compatibility import check_part
from sklearn_synda._rows import Pool, concatenate_rows
from sklearn_synda.query._typi_clust import TypiClustQuery

__all__ = ["cold_start"]


def cold_start(X, batch_size=1, strategy=None, *, X_labeled=None, random_state=None):
    """Name the rows to label first, when no model can be fitted yet.

    The strategy sees the embedding of the table and nothing else, so it must be one that needs no
    model: :class:`TypiClustQuery`, :class:`KCenterQuery`, :class:`LCMDQuery`,
    :class:`RandomQuery`, or ``GreedyQuery("features")``. For the time without labels, or with
    labels of one class only. Not once a model can be fitted: ask that one.

    Parameters
    ----------
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Rows without a label.
    batch_size : int, default=1
        How many to name.
    strategy : query strategy, default=None
        None is :class:`TypiClustQuery`.
    X_labeled : {array-like, sparse matrix, DataFrame} of shape (n_labeled, n_features), \
default=None
        Rows that have a label already, of the kind of ``X``: the strategy keeps away from them.
    random_state : int, RandomState instance or None, default=None
        Seed.

    Returns
    -------
    query_indices : int ndarray of shape (batch_size,)
        Distinct positions in ``X``, most useful first.

    References
    ----------
    Hacohen, Dekel & Weinshall (2022), :arxiv:`2202.02794`.

    Examples
    --------
    One row of each group, the larger group first:

    >>> import numpy as np
    >>> from sklearn_synda.query import cold_start
    >>> X = np.array([[0.0], [0.1], [0.3], [9.0], [9.1], [9.2], [9.4], [9.7]])
    >>> cold_start(X, batch_size=2, random_state=0)
    array([5, 1])
    >>> cold_start(X, X_labeled=[[9.2]], random_state=0)
    array([1])
    """
    strategy = TypiClustQuery() if strategy is None else strategy
    check_part(cold_start, "strategy", strategy, "query")
    X = _as_rows(X)
    n_rows, both = X.shape[0], X
    if X_labeled is not None:
        X_labeled = _as_rows(X_labeled)
        both = concatenate_rows([X, X_labeled])
    embedding = encode_table(both)
    pool = Pool(
        X,
        embedding=lambda: embedding[:n_rows],
        embedding_labeled=lambda: embedding[n_rows:],
        X_labeled=X_labeled,
    )
    return strategy.query(pool, batch_size, random_state=random_state)


def _as_rows(X):
    """A table with row access, its values left alone."""
    if is_dataframe(X) or sparse.issparse(X):
        return X.tocsr() if sparse.issparse(X) else X
    if isinstance(X, np.ndarray) and X.ndim == 2:
        return X
    return check_array(X, dtype=None, ensure_all_finite=False, ensure_min_samples=0)
