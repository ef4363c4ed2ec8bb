"""Dynamic training of a regressor."""

from sklearn.base import RegressorMixin, is_regressor

from sklearn_synda._labels import as_values
from sklearn_synda.dynamic._base import BaseDynamicSynthesis

__all__ = ["DynamicSynthesisRegressor"]


class DynamicSynthesisRegressor(RegressorMixin, BaseDynamicSynthesis):
    """DOC"""

    def _encode_targets(self, y):
        if not is_regressor(self.estimator):
            raise TypeError(
                f"DynamicSynthesisRegressor is not compatible with"
                f" {type(self.estimator).__name__}: it needs a regressor. Use"
                " DynamicSynthesisClassifier instead."
            )
        return as_values(y)

    def _n_classes(self):
        return None

    def predict(self, X):
        """Values of rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : ndarray of shape (n_samples,)
        """
        rows = self._encoded(X)
        return self._learner.predict(rows)
