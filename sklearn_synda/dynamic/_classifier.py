"""Dynamic training of a classifier."""

from sklearn.base import ClassifierMixin, is_classifier
from sklearn.utils.metaestimators import available_if

from sklearn_synda._labels import as_codes
from sklearn_synda.dynamic._base import BaseDynamicSynthesis, inner_has

__all__ = ["DynamicSynthesisClassifier"]


class DynamicSynthesisClassifier(ClassifierMixin, BaseDynamicSynthesis):
    """DOC"""

    def _encode_targets(self, y):
        if not is_classifier(self.estimator):
            raise TypeError(
                f"DynamicSynthesisClassifier is not compatible with"
                f" {type(self.estimator).__name__}: it needs a classifier. Use"
                " DynamicSynthesisRegressor instead."
            )
        self.classes_, codes = as_codes(y, had_missing=False)
        return codes

    def _n_classes(self):
        return len(self.classes_)

    def predict(self, X):
        """Classes of rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : ndarray of shape (n_samples,)
        """
        rows = self._encoded(X)
        return self.classes_[self._learner.predict(rows)]

    @available_if(inner_has("predict_proba"))
    def predict_proba(self, X):
        """Class probabilities of rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``.
        """
        rows = self._encoded(X)
        return self._learner.predict_proba(rows)

    @available_if(inner_has("decision_function"))
    def decision_function(self, X):
        """Decision function of the estimator.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        decision : ndarray of shape (n_samples,) or (n_samples, n_classes)
        """
        rows = self._encoded(X)
        return self._learner.decision_function(rows)
