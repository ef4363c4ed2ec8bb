"""Any imbalanced-learn sampler as a synthesizer."""

import warnings
from collections import Counter
from numbers import Integral

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.utils import check_random_state, get_tags
from sklearn.utils.validation import check_is_fitted

from sklearn_synda._columns import as_table
from sklearn_synda._rows import is_classification, row_subset
from sklearn_synda._sklearn_compat import HasMethods, Interval
from sklearn_synda._sklearn_compat import _set_random_states as set_random_states
from sklearn_synda.exceptions import SynthesisWarning
from sklearn_synda.synthesis._base import BaseSynthesizer
from sklearn_synda.synthesis._neighbors import blend, nearest

__all__ = ["SamplerSynthesizer"]

_N_LEAST = 50  # ADASYN makes none when asked for a few


class SamplerSynthesizer(BaseSynthesizer):
    """Rows of an oversampler (SMOTE, SMOTENC, ADASYN, BorderlineSMOTE ...), near the anchors.

    The sampler sees the labelled rows as they are and makes ``n_candidates`` rows for each one
    asked; those nearest to the anchors are taken. A sampler says nothing of parents: they are
    the anchor and the real row nearest to what was made. For classification only.

    Parameters
    ----------
    sampler : object with ``fit_resample``, default=None
        An oversampler that puts the real rows first. None is ``imblearn.over_sampling.SMOTE()``.
        Its ``sampling_strategy`` is set by this class; ``k_neighbors`` shrinks for small
        classes.
    n_candidates : int, default=3
        Rows the sampler makes for each row asked.
    sampling_strategy : float, str, dict or callable, default="auto"
        For ``fit_resample``: which classes get how many rows, as in imbalanced-learn.
    random_state : int, RandomState instance or None, default=None
        Seed of ``fit_resample``.

    Examples
    --------
    >>> import numpy as np
    >>> from imblearn.over_sampling import ADASYN
    >>> from sklearn_synda.synthesis import SamplerSynthesizer
    >>> rng = np.random.RandomState(0)
    >>> X, y = rng.normal(size=(40, 3)), np.repeat([0, 1], 20)
    >>> SamplerSynthesizer(ADASYN()).fit(X, y).sample([0, 1, 30], random_state=0).X.shape
    (3, 3)
    """

    _parameter_constraints: dict = {
        "sampler": [HasMethods(["fit_resample"]), None],
        "n_candidates": [Interval(Integral, 1, None, closed="left")],
        "sampling_strategy": "no_validation",
        "random_state": ["random_state"],
    }

    def __init__(self, sampler=None, *, n_candidates=3, sampling_strategy="auto",
                 random_state=None):  # fmt: skip
        self.sampler = sampler
        self.n_candidates = n_candidates
        self.sampling_strategy = sampling_strategy
        self.random_state = random_state

    def fit(self, X, y, sample_weight=None):  # noqa: D102
        X = as_table(X)
        super().fit(X, y, sample_weight)
        if not is_classification(self.y_):
            raise ValueError(
                "SamplerSynthesizer is not compatible with float targets: samplers balance"
                " classes. Use SMOTESynthesizer instead."
            )
        self.X_ = X
        self.embedding_ = self.columns_.to_embedding(self.cells_)
        return self

    def sample(self, anchor_indices, *, guide=None, random_state=None):  # noqa: D102
        check_is_fitted(self, "columns_")
        rng = check_random_state(random_state)
        return self._batch(self._check_anchors(anchor_indices), rng)

    def _make(self, anchors, rng):
        labeled = np.flatnonzero(self._labeled())
        goal = self._class_of(anchors, labeled)
        cells = self.cells_[anchors].copy()
        partners = anchors.copy()
        for code, n_asked in Counter(goal.tolist()).items():
            where = np.flatnonzero(goal == code)
            made = self._make_class(code, max(n_asked * self.n_candidates, _N_LEAST), labeled, rng)
            if made is None:
                cells[where] = blend(self.cells_, anchors[where], anchors[where], lambda i, j: 1.0)
                continue
            embedding = self.columns_.to_embedding(made)
            points = np.vstack([embedding, self.embedding_[anchors[where]]])
            rows = np.arange(len(embedding), len(points))
            found = nearest(points, np.arange(len(embedding)), rows, self.n_candidates)
            chosen = found[np.arange(len(where)), rng.randint(found.shape[1], size=len(where))]
            cells[where] = made[chosen]
            partners[where] = self._nearest_real(embedding[chosen], labeled)
        return cells, partners, np.full(len(anchors), 0.5)

    def _class_of(self, anchors, labeled):
        """Class of each anchor; an unlabelled one counts as its nearest labelled row."""
        goal = self.y_[anchors].copy()
        unknown = goal < 0
        if unknown.any():
            goal[unknown] = self.y_[self._nearest_real(self.embedding_[anchors[unknown]], labeled)]
        return goal

    def _nearest_real(self, points, labeled):
        both = np.vstack([self.embedding_[labeled], points])
        rows = np.arange(len(labeled), len(both))
        return labeled[nearest(both, np.arange(len(labeled)), rows, 1)[:, 0]]

    def _make_class(self, code, n_rows, labeled, rng):
        """Cells the sampler makes of one class, None where it cannot make any."""
        from imblearn.over_sampling import SMOTE

        y = self.y_[labeled]
        n_class = int((y == code).sum())
        sampler = clone(self.sampler) if self.sampler is not None else SMOTE()
        set_random_states(sampler, rng)
        for name in ("k_neighbors", "m_neighbors", "n_neighbors"):
            if isinstance(getattr(sampler, name, None), Integral):
                limit = n_class - 1 if name == "k_neighbors" else len(y) - 1
                sampler.set_params(**{name: max(1, min(getattr(sampler, name), limit))})
        n_real = {c: int((y == c).sum()) for c in np.unique(y)}
        sampler.set_params(sampling_strategy={**n_real, int(code): n_class + n_rows})
        if n_class < 2 or len(n_real) < 2:
            self._warn(sampler, f"class {code} has {n_class} row(s)")
            return None
        X = row_subset(self.X_, labeled)
        try:
            X_all, y_all = sampler.fit_resample(X, y)
        except (ValueError, RuntimeError) as error:
            if "No samples will be generated" not in str(error):
                raise
            self._warn(sampler, str(error))
            return None
        y_all = np.asarray(y_all)
        if not np.array_equal(y_all[: len(y)], y) or (y_all[len(y) :] != code).any():
            raise TypeError(
                f"{type(sampler).__name__} is not compatible with the 'sampler' parameter of"
                f" {type(self).__name__}: it must keep all {len(y)} real rows, first and in their"
                f" order, and add rows of class {code} alone. Use a sampler that cleans up nothing,"
                " such as SMOTE, instead."
            )
        if X_all.shape[0] <= len(labeled):
            self._warn(sampler, "it made no row")
            return None
        made = self.columns_.to_cells(row_subset(X_all, np.arange(len(labeled), X_all.shape[0])))
        return made if not sparse.issparse(made) else made.tocsr()

    @staticmethod
    def _warn(sampler, reason):
        warnings.warn(
            f"{type(sampler).__name__} could not make rows ({reason}); the anchors were repeated"
            " instead.",
            SynthesisWarning,
            stacklevel=2,
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        if self.sampler is not None:
            tags.input_tags.allow_nan = get_tags(self.sampler).input_tags.allow_nan
            tags.input_tags.string = get_tags(self.sampler).input_tags.string
        else:
            tags.input_tags.allow_nan = tags.input_tags.string = False
        return tags
