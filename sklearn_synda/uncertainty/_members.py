"""What committees of every kind share: members that answer, and a score of their answers."""

from abc import abstractmethod

import numpy as np

from sklearn_synda._labels import class_probabilities
from sklearn_synda.acquisition import (
    mutual_information_score,
    variance_score,
    vote_entropy_score,
)
from sklearn_synda.uncertainty._base import BaseUncertainty

__all__ = ["SCORES", "BaseMembersUncertainty"]

SCORES = {
    "mutual_information": mutual_information_score,
    "vote_entropy": vote_entropy_score,
    "variance": variance_score,
}


class BaseMembersUncertainty(BaseUncertainty):
    """Base class: a subclass writes ``predict_members(X)``, this class scores what they say."""

    @abstractmethod
    def predict_members(self, X):
        """What each member predicts: ndarray of shape (n_members, n_samples[, n_classes])."""

    def predict_uncertainty(self, X):
        """Uncertainty of new rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows the members were not fitted on.

        Returns
        -------
        uncertainty : ndarray of shape (n_samples,)
            Larger = less certain.
        """
        self._check_fitted()
        return self._score(self.predict_members(X))

    def _respond(self, member, X):
        if self._is_regression():
            return np.asarray(member.predict(X), dtype=np.float64).ravel()
        return class_probabilities(member, X, self.classes_)

    def _score(self, members):
        if self._is_regression():
            return np.sqrt(variance_score(members))
        return SCORES[self.measure](members)
