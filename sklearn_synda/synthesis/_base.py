"""The contract of a synthesizer: ``fit`` a table, ``sample`` rows around anchors."""

from abc import abstractmethod

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.validation import check_is_fitted

from sklearn_synda._columns import Columns, as_table
from sklearn_synda._rows import SyntheticBatch, is_classification
from sklearn_synda.synthesis._resample import ResampleMixin

__all__ = ["BaseSynthesizer"]


class BaseSynthesizer(ResampleMixin, BaseEstimator):
    """Base class: a subclass makes cells, this class makes them legal rows of the table.

    A subclass writes ``_make(anchors, rng) -> (cells, partners, closeness)``; it finds
    ``cells_``, ``y_`` and ``columns_`` of the rows it was fitted on.
    """

    _parameter_constraints: dict = {}

    def fit(self, X, y, sample_weight=None):
        """Learn the table.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Real rows, labelled or not.
        y : array-like of shape (n_samples,)
            Class codes 0, 1, 2 ... (-1: unlabelled) or float values (NaN: unlabelled).
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows. Not used by synthesizers that copy rows.

        Returns
        -------
        self : object
        """
        self._validate_params()
        X, y = as_table(X), np.asarray(y)
        check_consistent_length(X, y)
        if is_classification(y):
            self._check_codes(y)
        self.columns_ = Columns(X)
        self.cells_ = self.columns_.to_cells(X)
        self.y_ = y
        self.n_features_in_ = self.columns_.n_features
        return self

    def _check_codes(self, y):
        """Class codes, or a sentence: a label -1 must not pass for an unlabelled row."""
        is_code = y.dtype.kind in "iub"
        found = np.unique(y) if is_code else y.ravel()[:1]
        if is_code and found.tolist() != [-1, 1] and (found >= -1).all():
            return
        raise ValueError(
            f"The 'y' parameter of {type(self).__name__}.fit must hold class codes 0, 1, 2 ...,"
            " with -1 for unlabelled rows, or float values. Got"
            f" {', '.join(map(repr, found[:3].tolist()))} instead: fit_resample takes any labels."
        )

    @abstractmethod
    def _make(self, anchors, rng):
        """Cells of new rows, their partners and how close they are to their anchors."""

    def _find_hints(self, anchors, guide, rng):
        """What else ``_make`` is told where there is a guide."""
        return {}

    def _check_anchors(self, anchor_indices):
        """Positions among the rows fitted on."""
        anchors, n = np.asarray(anchor_indices), self.cells_.shape[0]
        if anchors.shape == (0,):
            return anchors.astype(np.intp)
        is_list = anchors.ndim == 1 and anchors.dtype.kind in "iu"
        if not is_list or anchors.min() < 0 or anchors.max() >= n:
            what = f"an array of {anchors.dtype} of shape {anchors.shape}"
            if is_list:
                what = f"{anchors.min()} to {anchors.max()}"
            raise ValueError(
                f"The 'anchor_indices' parameter of {type(self).__name__}.sample must be a list of"
                f" positions among the {n} rows fitted on, whole numbers in [0, {n - 1}]. Got"
                f" {what} instead."
            )
        return anchors.astype(np.intp)

    def _ask(self, guide, X):
        """What a guide says of rows: one finite number each."""
        said = np.asarray(guide(X), dtype=np.float64)
        if said.size != X.shape[0]:
            raise ValueError(
                f"The 'guide' parameter of {type(self).__name__}.sample must give one number for"
                f" each of {X.shape[0]} rows. Got an array of shape {said.shape} instead."
            )
        said = said.ravel()
        n_bad = int((~np.isfinite(said)).sum())
        if n_bad:
            raise ValueError(
                f"The 'guide' parameter of {type(self).__name__}.sample must give a finite number"
                f" for every row. Got {n_bad} that are NaN or inf instead."
            )
        return said

    def sample(self, anchor_indices, *, guide=None, random_state=None):
        """Make one row for each anchor.

        Parameters
        ----------
        anchor_indices : array-like of shape (n_rows,)
            Positions of real rows among those fitted on; may repeat.
        guide : callable, default=None
            ``guide(X) -> uncertainty``. Where the synthesizer has ``n_candidates > 1``, the
            most uncertain of so many rows is kept for each anchor.
        random_state : int, RandomState instance or None, default=None
            Seed.

        Returns
        -------
        batch : SyntheticBatch
            Rows without labels.
        """
        check_is_fitted(self, "columns_")
        anchors = self._check_anchors(anchor_indices)
        rng = check_random_state(random_state)
        n_candidates = getattr(self, "n_candidates", 1)
        hints = {} if guide is None else self._find_hints(anchors, guide, rng)
        if guide is None or n_candidates == 1:
            return self._batch(anchors, rng, **hints)
        batch = self._batch(np.repeat(anchors, n_candidates), rng, **hints)
        best = self._ask(guide, batch.X).reshape(-1, n_candidates).argmax(axis=1)
        return self._keep(batch, np.arange(len(anchors)) * n_candidates + best)

    def _keep(self, batch, indices):
        """The rows of a batch that are kept of several candidates."""
        return batch.take(indices)

    def _batch(self, anchors, rng, **hints):
        cells, partners, closeness = self._make(anchors, rng, **hints)
        return SyntheticBatch(
            X=self.columns_.to_table(self.columns_.legal(cells)),
            parents=np.column_stack([anchors, partners]),
            closeness=closeness,
            synthesizer=type(self).__name__,
        )

    def _labeled(self):
        return self.y_ >= 0 if is_classification(self.y_) else ~np.isnan(self.y_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.target_tags.required = True
        return tags
