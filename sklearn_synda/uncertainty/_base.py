"""The contract of an uncertainty estimator: one verb, ``predict_uncertainty``."""

from abc import abstractmethod

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone, is_regressor
from sklearn.utils import check_random_state, column_or_1d, get_tags
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from sklearn_synda._fitting import fit_estimator, thawed
from sklearn_synda._input import check_table
from sklearn_synda._nets import torch_seed
from sklearn_synda._sklearn_compat import _check_sample_weight
from sklearn_synda.uncertainty._net import check_weights
from sklearn_synda.uncertainty._out_of_fold import fill_unknown, out_of_fold

__all__ = ["BaseUncertainty"]


class BaseUncertainty(MetaEstimatorMixin, BaseEstimator):
    """Base class: wraps an ``estimator`` and says how unsure it is of rows."""

    refits = False  # whether fit learns anew from a frozen estimator, too

    @abstractmethod
    def fit(self, X, y, sample_weight=None):
        """Fit on labelled rows."""

    @abstractmethod
    def predict_uncertainty(self, X):
        """Uncertainty of rows: ndarray of shape (n_samples,), larger = less certain."""

    def fit_predict_uncertainty(self, X, y, sample_weight=None):
        """Fit, and give the out-of-fold uncertainty of the rows fitted on.

        Whatever speaks of a row, the model and all that was learnt of it, has not met the row.

        Parameters
        ----------
        X, y, sample_weight
            As in :meth:`fit`.

        Returns
        -------
        uncertainty : ndarray of shape (n_samples,)
            Larger = less certain. Rows that no fold could judge (fewer than two rows or
            classes) get the largest value found, 1 if there is none.
        """
        self.fit(X, y, sample_weight)
        X, y, weight = self._check_labeled_rows(X, y, sample_weight)
        return self._unseen_uncertainty(X, y, weight, **self._settled())

    def _settled(self):
        """Parameters that copies of this part need not find anew, by name."""
        return {}

    def _check_rows(self, X, *, reset=False):
        """A table with row access; names and number of features checked, values left alone."""
        return check_table(self, X, reset=reset)

    def _check_labeled_rows(self, X, y, sample_weight):
        """Rows, targets and weights (None: none given) that can be taken row by row.

        Targets may be one column, as nets want them. Models are fitted on what was given; what
        is computed here is computed of ``y.ravel()``.
        """
        if y is None:
            raise ValueError(
                f"This {type(self).__name__} estimator requires y to be passed, but the target"
                " y is None."
            )
        X, y = self._check_rows(X, reset=True), np.asarray(y)
        check_consistent_length(X, column_or_1d(y))
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64)
        return X, y, sample_weight

    def _unfitted(self):
        """A fresh copy of the user's estimator, also of one that was frozen."""
        estimator = self.estimator
        if estimator is None:
            return None
        return clone(thawed(estimator))

    def _fit_model(self, X, y, sample_weight, rng, estimator=None):
        """The user's model, fitted; a net in it draws under a seed where there is one."""
        model = self.estimator if estimator is None else estimator
        with torch_seed(model, self._seeded(rng)):
            fitted = fit_estimator(model, X, y, sample_weight, rng)
        check_weights(self, fitted)
        return fitted

    def _out_of_fold(self, X, y, sample_weight, respond, rng):
        """Pairs of positions and ``respond(fitted, rows)`` of a model that has not met them."""
        model, seed = self._unfitted(), rng.randint(2**31 - 1)
        with torch_seed(model, self._seeded(rng)):
            return list(out_of_fold(
                model, X, y, lambda fitted, rows, _: respond(fitted, rows),
                n_splits=self.n_splits, stratify=not self._is_regression(),
                sample_weight=sample_weight, random_state=seed,
            ))  # fmt: skip

    def _asking(self, estimator):
        """While a net is asked; its loader draws, and torch's streams stay as they were."""
        return torch_seed(estimator, np.random.RandomState(0))

    def _seeded(self, rng):
        return None if self.random_state is None else rng

    def _unseen_uncertainty(self, X, y, sample_weight, **params):
        """Uncertainty of each row by a copy of this part that was fitted without it."""
        rng = check_random_state(self.random_state)
        unseen = clone(self).set_params(
            estimator=self._unfitted(), random_state=rng.randint(2**31 - 1), **params
        )
        uncertainty = np.full(len(y), np.nan)
        for test, response in out_of_fold(
            unseen, X, y, lambda fitted, rows, _: fitted.predict_uncertainty(rows),
            n_splits=self.n_splits, stratify=not self._is_regression(),
            sample_weight=sample_weight, random_state=rng.randint(2**31 - 1),
        ):  # fmt: skip
            uncertainty[test] = response
        return fill_unknown(uncertainty)

    def _is_regression(self):
        return is_regressor(self.estimator)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "estimator_") or hasattr(self, "members_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        if self.estimator is not None:
            inner = get_tags(self.estimator)
            tags.input_tags = inner.input_tags
            tags.target_tags = inner.target_tags
            tags.target_tags.multi_output = False
            tags.classifier_tags = None
            tags.regressor_tags = None
        return tags

    def _check_fitted(self):
        check_is_fitted(self)
