"""The contract of an uncertainty estimator: one verb, ``predict_uncertainty``."""

from abc import abstractmethod

from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone, is_regressor
from sklearn.frozen import FrozenEstimator
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

__all__ = ["BaseUncertainty"]


class BaseUncertainty(MetaEstimatorMixin, BaseEstimator):
    """Base class: wraps an ``estimator`` and says how unsure it is of rows."""

    @abstractmethod
    def fit(self, X, y, sample_weight=None):
        """Fit on labelled rows."""

    @abstractmethod
    def predict_uncertainty(self, X):
        """Uncertainty of rows: ndarray of shape (n_samples,), larger = less certain."""

    @abstractmethod
    def fit_predict_uncertainty(self, X, y, sample_weight=None):
        """Fit, and give the out-of-fold uncertainty of the rows fitted on."""

    def _unfitted(self):
        """A fresh copy of the user's estimator, also of one that was frozen."""
        estimator = self.estimator
        frozen = isinstance(estimator, FrozenEstimator)
        return clone(estimator.estimator if frozen else estimator)

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
            tags.classifier_tags = None
            tags.regressor_tags = None
        return tags

    def _check_fitted(self):
        check_is_fitted(self)
