"""Interpolation between neighbours."""

from numbers import Integral, Real

import numpy as np
from scipy import sparse

from sklearn_synda._rows import is_classification
from sklearn_synda._sklearn_compat import Interval, StrOptions
from sklearn_synda.synthesis._base import BaseSynthesizer
from sklearn_synda.synthesis._neighbors import blend, nearest

__all__ = ["SMOTESynthesizer"]


class SMOTESynthesizer(BaseSynthesizer):
    """Rows on the line between an anchor and one of its neighbours.

    Unlike a plain oversampler it makes rows around the anchors it is given, takes mixed and
    missing values (a category comes from the nearer end), and works for regression. Not for
    tables where the space between two rows is empty: :class:`MixingSynthesizer` copies values
    instead of averaging them, and measured better with trees.

    Parameters
    ----------
    n_neighbors : int, default=5
        Neighbours to draw the partner from; fewer where there are fewer.
    partner : {"same_class", "any"}, default="same_class"
        Which rows may be partners of a labelled anchor. Take "any" when a labeler relabels.
    bandwidth : float, default=0.5
        Regression: a neighbour with target ``y_j`` is drawn with probability proportional to
        ``exp(-(y_i - y_j)^2 / (2 (bandwidth * std(y))^2))``.
    n_candidates : int, default=1
        Rows made for each anchor, of which the most uncertain is kept (with a ``guide``).
    sampling_strategy : float, str, dict or callable, default="auto"
        For ``fit_resample``: which classes get how many rows, as in imbalanced-learn.
    random_state : int, RandomState instance or None, default=None
        Seed of ``fit_resample``.

    References
    ----------
    Chawla et al. (2002), :doi:`10.1613/jair.953`; Torgo et al. (2013), SMOTE for regression,
    :doi:`10.1007/978-3-642-40669-0_33`; Yao et al. (2022), C-Mixup, :arxiv:`2210.05775`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.synthesis import SMOTESynthesizer
    >>> X, y = np.array([[0.5], [1.0], [5.0], [6.0]]), np.array([0, 0, 1, 1])
    >>> batch = SMOTESynthesizer().fit(X, y).sample([0, 3], random_state=0)
    >>> batch.X.round(2).tolist(), batch.parents.tolist()
    ([[0.77], [5.28]], [[0, 1], [3, 2]])
    """

    _parameter_constraints: dict = {
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "partner": [StrOptions({"same_class", "any"})],
        "bandwidth": [Interval(Real, 0, None, closed="neither")],
        "n_candidates": [Interval(Integral, 1, None, closed="left")],
        "sampling_strategy": "no_validation",
        "random_state": ["random_state"],
    }

    def __init__(self, *, n_neighbors=5, partner="same_class", bandwidth=0.5, n_candidates=1,
                 sampling_strategy="auto", random_state=None):  # fmt: skip
        self.n_neighbors = n_neighbors
        self.partner = partner
        self.bandwidth = bandwidth
        self.n_candidates = n_candidates
        self.sampling_strategy = sampling_strategy
        self.random_state = random_state

    def fit(self, X, y, sample_weight=None):  # noqa: D102
        super().fit(X, y, sample_weight)
        self.embedding_ = self.columns_.to_embedding(self.cells_)
        return self

    def _make(self, anchors, rng):
        partners = self._partners(anchors, rng)
        share = 1 - rng.uniform(size=(len(anchors), 1))
        if sparse.issparse(self.cells_):
            return (
                blend(self.cells_, anchors, partners, lambda i, j: share[i:j]),
                partners,
                (share.ravel()),
            )
        by_column = np.where(self.columns_.is_categorical, np.round(share), share)
        cells = blend(self.cells_, anchors, partners, lambda i, j: by_column[i:j])
        return cells, partners, share.ravel()

    def _partners(self, anchors, rng):
        unique, inverse = np.unique(anchors, return_inverse=True)
        labeled = self._labeled()
        partners = np.empty(len(anchors), dtype=np.intp)
        same_class = self.partner == "same_class" and is_classification(self.y_)
        groups = np.where(labeled, self.y_, -1) if same_class else np.where(labeled, 0, -1)
        for group in np.unique(groups[unique]):
            members = unique[groups[unique] == group]
            candidates = np.arange(len(groups))
            if group != -1:
                candidates = np.flatnonzero(groups == group)
            found = nearest(self.embedding_, candidates, members, self.n_neighbors)
            where = np.flatnonzero(np.isin(anchors, members))
            rows = np.searchsorted(members, anchors[where])
            column = self._draw(members, found, rng)(rows)
            partners[where] = found[rows, column]
        return partners

    def _draw(self, members, found, rng):
        """A function: rows of ``found`` -> the column drawn for each."""
        if is_classification(self.y_) or np.isnan(self.y_[members]).any():
            return lambda rows: rng.randint(found.shape[1], size=len(rows))
        scale = self.bandwidth * max(np.nanstd(self.y_), np.finfo(float).tiny)
        distance = (self.y_[members][:, None] - self.y_[found]) / scale
        likely = np.exp(-0.5 * distance**2) + 1e-12
        cumulated = np.cumsum(likely / likely.sum(axis=1, keepdims=True), axis=1)
        return lambda rows: (
            (rng.uniform(size=(len(rows), 1)) > cumulated[rows])
            .sum(axis=1)
            .clip(max=found.shape[1] - 1)
        )
