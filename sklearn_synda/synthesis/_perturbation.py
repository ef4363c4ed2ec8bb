"""Perturbation of the features that drive the uncertainty."""

from numbers import Integral, Real

import numpy as np
from scipy import sparse

from sklearn_synda._sklearn_compat import Interval
from sklearn_synda.attribution._occlusion import occlude
from sklearn_synda.synthesis._base import BaseSynthesizer

__all__ = ["PerturbationSynthesizer"]


class PerturbationSynthesizer(BaseSynthesizer):
    """An anchor with the features moved that its uncertainty depends on.

    With a ``guide``, each feature of an anchor is replaced in turn by that of another row; the
    change of the uncertainty is the feature's saliency. Features to move are drawn with
    probability proportional to it; numbers get Gaussian noise, categories another row's value.
    Without a guide all features are equal. Not for wide sparse tables. To make rows less certain
    than their anchors, :class:`SaliencyPerturbationSynthesizer` also knows which way to move.

    Parameters
    ----------
    scale : float, default=0.3
        Standard deviation of the noise, in standard deviations of the column.
    n_features_moved : float, default=0.3
        Share of the features that move; at least one does.
    n_candidates : int, default=1
        Rows made for each anchor, of which the most uncertain is kept (with a ``guide``).
    sampling_strategy : float, str, dict or callable, default="auto"
        For ``fit_resample``: which classes get how many rows, as in imbalanced-learn.
    random_state : int, RandomState instance or None, default=None
        Seed of ``fit_resample``.

    References
    ----------
    Zeiler & Fergus (2014), occlusion, :arxiv:`1311.2901`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.synthesis import PerturbationSynthesizer
    >>> X, y = np.array([[0.0, 0.0], [1.0, 9.0], [2.0, 3.0]]), np.array([0, 0, 1])
    >>> unsure_by_first = lambda X: -np.abs(X[:, 0] - 1)
    >>> maker = PerturbationSynthesizer().fit(X, y)
    >>> maker.sample([0, 0], guide=unsure_by_first, random_state=0).X.round(2).tolist()
    [[0.0, 0.0], [0.0, 3.0]]
    """

    _parameter_constraints: dict = {
        "scale": [Interval(Real, 0, None, closed="neither")],
        "n_features_moved": [Interval(Real, 0, 1, closed="right")],
        "n_candidates": [Interval(Integral, 1, None, closed="left")],
        "sampling_strategy": "no_validation",
        "random_state": ["random_state"],
    }

    _n_asked = 4000  # rows shown to the guide to find the features that matter

    def __init__(self, *, scale=0.3, n_features_moved=0.3, n_candidates=1,
                 sampling_strategy="auto", random_state=None):  # fmt: skip
        self.scale = scale
        self.n_features_moved = n_features_moved
        self.n_candidates = n_candidates
        self.sampling_strategy = sampling_strategy
        self.random_state = random_state

    def fit(self, X, y, sample_weight=None):  # noqa: D102
        super().fit(X, y, sample_weight)
        if sparse.issparse(self.cells_):
            raise ValueError(
                "PerturbationSynthesizer is not compatible with a sparse table of"
                f" {self.n_features_in_} columns: it needs dense noise. Use SMOTESynthesizer"
                " instead."
            )
        known = np.isfinite(self.cells_)
        n_known = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, self.cells_, 0).sum(axis=0) / n_known
        square = np.where(known, self.cells_ - mean, 0) ** 2
        self.spread_ = np.sqrt(square.sum(axis=0) / n_known)
        return self

    def _find_hints(self, anchors, guide, rng):
        """How much each feature matters, of (n_rows, n_features); rows not shown get the mean."""
        shown = np.unique(anchors)
        n_shown = max(self._n_asked // self._asked_by_row(), 1)
        if len(shown) > n_shown:
            shown = np.sort(rng.choice(shown, n_shown, replace=False))

        found, ends = self._attribute(guide, self.cells_[shown], rng)
        saliency, towards = np.tile(found.mean(axis=0), (len(self.cells_), 1)), None
        saliency[shown] = found
        if ends is not None:
            towards = self.cells_.copy()
            towards[shown] = ends
        return {"saliency": saliency, "towards": towards}

    def _asked_by_row(self):
        """Rows shown to the guide to explain one."""
        return self.n_features_in_

    def _attribute(self, guide, cells, rng):
        """How much features matter, and cells towards which they move (None: any)."""
        return np.abs(occlude(self._asking(guide), cells, self.cells_, rng)), None

    def _asking(self, guide):
        """The guide as a function of cells."""
        return lambda cells: self._ask(guide, self.columns_.to_table(cells))

    def _make(self, anchors, rng, saliency=None, towards=None):
        cells = self.cells_[anchors].copy()
        n_rows, n_features = cells.shape
        likely = np.ones(cells.shape)
        if saliency is not None:
            likely = saliency[anchors]
            likely = likely + 1e-3 * (likely.mean(axis=1, keepdims=True) + 1e-12)
        n_moved = max(1, round(self.n_features_moved * n_features))
        order = np.log(likely) + rng.gumbel(size=cells.shape)  # Gumbel top-k: draws in proportion
        moved = np.zeros(cells.shape, dtype=bool)
        np.put_along_axis(moved, np.argsort(-order, axis=1)[:, :n_moved], True, axis=1)
        donors = rng.randint(len(self.cells_), size=cells.shape)
        other = np.take_along_axis(self.cells_, donors, axis=0)
        step = rng.normal(size=cells.shape)
        if towards is not None:
            way = np.nan_to_num(np.sign(towards[anchors] - cells))
            step = np.where(way == 0, step, way * np.abs(step))
            other = np.where(way == 0, other, towards[anchors])
        noisy = cells + step * self.scale * self.spread_
        new = np.where(self.columns_.is_categorical, other, noisy)
        cells = np.where(moved, new, cells)
        partners = np.full(n_rows, -1, dtype=np.intp)
        return cells, partners, 1 - moved.mean(axis=1)
