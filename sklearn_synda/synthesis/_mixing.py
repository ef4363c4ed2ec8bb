"""Feature-wise mixing of real rows."""

from numbers import Integral, Real

import numpy as np

from sklearn_synda._rows import is_classification
from sklearn_synda._sklearn_compat import Interval, StrOptions
from sklearn_synda.synthesis._base import BaseSynthesizer
from sklearn_synda.synthesis._neighbors import blend, nearest

__all__ = ["MixingSynthesizer"]


class MixingSynthesizer(BaseSynthesizer):
    """An anchor in which some features come from another row.

    Every value is one that was seen, so categories, integers and missing values are legal as
    they are, and trees see no thresholds that the data do not have. A far partner leads out of
    the data: pair this with a labeler that relabels (the default :class:`CommitteeLabeler`),
    not with inherited labels, unless ``partner="same_class"`` or ``n_neighbors`` is small.

    Parameters
    ----------
    mixing_rate : float, default=0.3
        Probability that a feature comes from the partner. At least one feature does.
    n_neighbors : int or None, default=None
        Draw the partner among so many nearest rows; None draws among all rows.
    partner : {"any", "same_class"}, default="any"
        Which rows may be partners of a labelled anchor.
    n_candidates : int, default=1
        Rows made for each anchor, of which the most uncertain is kept (with a ``guide``).
    sampling_strategy : float, str, dict or callable, default="auto"
        For ``fit_resample``: which classes get how many rows, as in imbalanced-learn.
    random_state : int, RandomState instance or None, default=None
        Seed of ``fit_resample``.

    References
    ----------
    Bucila, Caruana & Niculescu-Mizil (2006), MUNGE, :doi:`10.1145/1150402.1150464`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.synthesis import MixingSynthesizer
    >>> X, y = np.array([[0, 0, 0], [1, 1, 1], [2, 2, 2]]), np.array([0, 0, 1])
    >>> batch = MixingSynthesizer().fit(X, y).sample([0, 0], random_state=0)
    >>> batch.X.tolist(), batch.parents.tolist()
    ([[1, 1, 0], [2, 2, 2]], [[0, 1], [0, 2]])
    """

    _parameter_constraints: dict = {
        "mixing_rate": [Interval(Real, 0, 1, closed="right")],
        "n_neighbors": [Interval(Integral, 1, None, closed="left"), None],
        "partner": [StrOptions({"any", "same_class"})],
        "n_candidates": [Interval(Integral, 1, None, closed="left")],
        "sampling_strategy": "no_validation",
        "random_state": ["random_state"],
    }

    def __init__(self, *, mixing_rate=0.3, n_neighbors=None, partner="any", n_candidates=1,
                 sampling_strategy="auto", random_state=None):  # fmt: skip
        self.mixing_rate = mixing_rate
        self.n_neighbors = n_neighbors
        self.partner = partner
        self.n_candidates = n_candidates
        self.sampling_strategy = sampling_strategy
        self.random_state = random_state

    def fit(self, X, y, sample_weight=None):  # noqa: D102
        super().fit(X, y, sample_weight)
        if self.n_neighbors is not None:
            self.embedding_ = self.columns_.to_embedding(self.cells_)
        return self

    def _make(self, anchors, rng):
        partners = self._partners(anchors, rng)
        n_features = self.columns_.n_features
        seed = rng.randint(2**31 - 1)
        replaced = np.empty(len(anchors))

        def keep(first, last):
            draw = np.random.RandomState((seed + first) % 2**32)
            keeps = draw.uniform(size=(last - first, n_features)) >= self.mixing_rate
            keeps[np.arange(last - first), draw.randint(n_features, size=last - first)] = False
            replaced[first:last] = keeps.mean(axis=1)
            return keeps

        cells = blend(self.cells_, anchors, partners, keep)
        return cells, partners, replaced

    def _partners(self, anchors, rng):
        n_rows = len(self.y_)
        same_class = self.partner == "same_class" and is_classification(self.y_)
        group = self.y_ if same_class else np.zeros(n_rows, dtype=int)
        partners = np.empty(len(anchors), dtype=np.intp)
        for value in np.unique(group[anchors]):
            where = np.flatnonzero(group[anchors] == value)
            candidates = np.flatnonzero((group == value) | (same_class and value == -1))
            if self.n_neighbors is not None:
                unique, row = np.unique(anchors[where], return_inverse=True)
                found = nearest(self.embedding_, candidates, unique, self.n_neighbors)
                partners[where] = found[row, rng.randint(found.shape[1], size=len(where))]
                continue
            draw = rng.randint(max(len(candidates) - 1, 1), size=len(where))
            own = np.searchsorted(candidates, anchors[where])
            partners[where] = candidates[(own + 1 + draw) % len(candidates)]
        return partners
