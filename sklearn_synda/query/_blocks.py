"""Queries of pools that do not fit into memory: one block of rows after the other."""

import numpy as np
from sklearn.utils import check_random_state

from sklearn_synda._compatibility import check_count, check_part
from sklearn_synda._optional import check_pandas_support, check_pyarrow_support
from sklearn_synda._rows import concatenate_rows, row_subset
from sklearn_synda.query._shortlist import ShortlistQuery

__all__ = ["parquet_blocks", "query_blocks"]


def query_blocks(strategy, blocks, as_pool, batch_size=1, *, random_state=None):
    """Name the rows most worth asking about in a pool that comes block by block.

    Each block is read once, ranked, and let go. Memory is that of one block, of a number a row of
    the batch, and of the rows of the shortlist of a :class:`ShortlistQuery`. The ``query`` of the
    meta-estimators does this with any iterator. Not for a pool that fits into memory: a strategy
    that sees all rows at once may choose better ones.

    Parameters
    ----------
    strategy : query strategy
        One that ranks each row by itself (its ``row_by_row`` is true), such as
        :class:`MarginQuery`: the rows are those of a query of the whole pool. Or a
        :class:`ShortlistQuery` with such a ranking: its strategy decides on the shortlist, whose
        embedding is learnt from the shortlist alone.
    blocks : iterable of {ndarray, sparse matrix, DataFrame} of shape (n_block, n_features)
        The rows of the pool, in one order; blocks may be empty.
    as_pool : callable
        ``as_pool(X) -> Pool`` of the rows of one block.
    batch_size : int, default=1
        Number of rows, at most those of all blocks.
    random_state : int, RandomState instance or None, default=None
        Seed of ties and of the strategy. The way the rows are cut into blocks does not matter to
        a strategy that ranks each row by itself.

    Returns
    -------
    query_indices : intp ndarray of shape (batch_size,)
        Distinct positions in the pool, counted over all blocks, most useful first.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn_synda.query import MarginQuery, query_blocks
    >>> from sklearn_synda.utils import Pool
    >>> model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    >>> blocks = (np.linspace(k, k + 1, 1000, endpoint=False)[:, None] for k in range(-5, 5))
    >>> query_blocks(
    ...     MarginQuery(), blocks, lambda X: Pool(X, proba=lambda: model.predict_proba(X)), 3
    ... )[0]
    np.int64(5500)
    """
    rng = check_random_state(random_state)
    ranking, decides = _ranking_of(strategy)
    check_count("batch_size", batch_size, "query_blocks")
    best = _Best(max(strategy.n_candidates, batch_size) if decides else batch_size, bool(decides))
    for X in blocks:
        if X.shape[0]:
            utilities = np.asarray(ranking.utilities(as_pool(X)), dtype=np.float64)
            best.add(X, utilities, rng, ranking)
    if batch_size > best.n_seen:
        raise ValueError(
            "The 'batch_size' parameter of query_blocks must be an int in the range"
            f" [1, {best.n_seen}], the number of rows of all blocks. Got {batch_size} instead."
        )
    if not decides:
        return best.positions
    order = np.argsort(best.positions)  # the shortlist as it would stand in one table
    shortlist = row_subset(best.rows, order)
    chosen = decides.query(as_pool(shortlist), batch_size, random_state=rng)
    return best.positions[order][chosen]


def _ranking_of(strategy):
    """What ranks the rows of a block, and what decides on the shortlist, if anything does."""
    check_part(query_blocks, "strategy", strategy, "query")
    decides, ranking = None, strategy
    if isinstance(strategy, ShortlistQuery):
        decides, ranking = strategy.parts()
    if not getattr(ranking, "row_by_row", False):
        name = type(ranking).__name__
        raise TypeError(
            f"{name} is not compatible with a pool in blocks: it needs all rows at once. Use"
            f" ShortlistQuery({name}()) instead, with a ranking that looks at each row by itself."
        )
    return ranking, decides


class _Best:
    """The most useful rows so far, ties in the order of random keys, one drawn a row."""

    def __init__(self, n_rows, keeps_rows):
        self.n_rows, self.keeps_rows = n_rows, keeps_rows
        self.n_seen = 0
        self.positions = np.empty(0, dtype=np.intp)
        self.utilities, self.keys, self.rows = np.empty(0), np.empty(0), None

    def add(self, X, utilities, rng, ranking):
        n = X.shape[0]
        if utilities.shape != (n,) or np.isnan(utilities).any():
            raise ValueError(
                f"The utilities of {type(ranking).__name__} must be {n} numbers, one a row of the"
                f" block. Got {np.count_nonzero(np.isnan(utilities))} NaN in an array of shape"
                f" {utilities.shape} instead."
            )
        keys = rng.random_sample(n)
        new = self._in_reach(utilities)
        utilities = np.concatenate([self.utilities, utilities[new]])
        keys = np.concatenate([self.keys, keys[new]])
        positions = np.concatenate([self.positions, self.n_seen + new])
        kept = np.lexsort([keys, -utilities])[: self.n_rows]
        if self.keeps_rows and len(new):
            fresh = row_subset(X, new)
            rows = fresh if self.rows is None else concatenate_rows([self.rows, fresh])
            self.rows = row_subset(rows, kept)
        self.utilities, self.keys, self.positions = utilities[kept], keys[kept], positions[kept]
        self.n_seen += n

    def _in_reach(self, utilities):
        """Positions in the block that may be among the best."""
        least = -np.inf if len(self.utilities) < self.n_rows else self.utilities[-1]
        if len(utilities) > self.n_rows:
            least = max(least, np.partition(utilities, -self.n_rows)[-self.n_rows])
        return np.flatnonzero(utilities >= least)


def parquet_blocks(path, *, columns=None, block_size=50000):
    """Read a Parquet file block by block, as DataFrames of pandas.

    Not for a file written as one row group of a size that does not fit into memory: pyarrow
    reads a row group ahead of its use, all of it where the model is slower than the disk.

    Parameters
    ----------
    path : str, path-like or file
        The file.
    columns : list of str, default=None
        Columns to read, those the model was fitted on; None for all of them.
    block_size : int, default=50000
        Rows of a block, at most; none has rows of two row groups.

    Yields
    ------
    X : DataFrame of shape (n_block, n_columns)
        Rows in the order of the file.

    Examples
    --------
    >>> import os, tempfile
    >>> import pandas as pd
    >>> from sklearn_synda.query import parquet_blocks
    >>> path = os.path.join(tempfile.mkdtemp(), "pool.parquet")
    >>> pd.DataFrame({"a": range(5), "b": list("vwxyz")}).to_parquet(path)
    >>> [len(block) for block in parquet_blocks(path, columns=["a"], block_size=2)]
    [2, 2, 1]
    """
    check_pyarrow_support("parquet_blocks")
    check_pandas_support("parquet_blocks")
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(path) as file:
        for group in range(file.num_row_groups):  # one after the other: what is read ahead is kept
            batches = file.iter_batches(block_size, row_groups=[group], columns=columns)
            for frame in (batch.to_pandas() for batch in batches):
                yield frame if columns is None else frame[list(columns)]
