"""Neighbours of anchors among the rows that may be their partners."""

import numpy as np
from scipy import sparse
from sklearn.neighbors import NearestNeighbors

__all__ = ["blend", "nearest"]

_BLOCK = 256  # rows of a wide sparse table blended at a time


def nearest(embedding, candidates, anchors, n_neighbors):
    """The nearest candidates of each anchor, itself left out.

    Returns
    -------
    neighbors : intp ndarray of shape (n_anchors, n_found)
        Positions in ``embedding``. ``n_found`` is ``n_neighbors``, or less where there are
        fewer candidates; a lone anchor is its own neighbour.
    """
    n_found = min(n_neighbors + 1, len(candidates))
    index = NearestNeighbors(n_neighbors=n_found).fit(embedding[candidates])
    found = candidates[index.kneighbors(embedding[anchors], return_distance=False)]
    if n_found == 1:
        return found
    is_self = found == anchors[:, None]
    is_self[~is_self.any(axis=1), -1] = True  # not among its neighbours: drop the farthest
    return found[~is_self].reshape(len(anchors), n_found - 1)


def blend(cells, anchors, partners, share):
    """``share * anchor + (1 - share) * partner``, cell by cell.

    ``share`` is a function ``(first, last) -> (last - first, n_features or 1)`` of the rows
    asked for. Where it is 0 or 1 a value is copied as it is, missing ones too.
    """
    if not sparse.issparse(cells):
        return _blend_block(cells[anchors], cells[partners], share(0, len(anchors)))
    blocks = []
    for first in range(0, len(anchors), _BLOCK):
        rows = slice(first, min(first + _BLOCK, len(anchors)))
        part = share(rows.start, rows.stop)
        block = cells[anchors[rows]].multiply(part) + cells[partners[rows]].multiply(1 - part)
        blocks.append(sparse.csr_matrix(block))
    return sparse.vstack(blocks, format="csr")


def _blend_block(anchor, partner, share):
    share = np.broadcast_to(share, anchor.shape)
    with np.errstate(invalid="ignore"):  # of infinite values
        mixed = share * anchor + (1 - share) * partner
    mixed = np.where(share == 1, anchor, np.where(share == 0, partner, mixed))
    return np.where(np.isnan(mixed), np.where(share >= 0.5, anchor, partner), mixed)
