"""What committees of every kind share: members that answer, and a score of their answers."""

from abc import abstractmethod

import numpy as np

from sklearn_synda._labels import class_probabilities
from sklearn_synda._rows import row_subset
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
        X = self._check_rows(X)
        size = self._block_size() or X.shape[0]
        if X.shape[0] <= size:
            return self._score(self.predict_members(X))
        blocks = (np.arange(k, min(k + size, X.shape[0])) for k in range(0, X.shape[0], size))
        return np.concatenate(
            [self._score(self.predict_members(row_subset(X, rows))) for rows in blocks]
        )

    def _block_size(self):
        """Rows that may be asked about apart from all others; None: all at once."""
        return

    def _respond(self, member, X):
        if self._is_regression():
            return np.asarray(member.predict(X), dtype=np.float64).ravel()
        return class_probabilities(member, X, self.classes_)

    def _score(self, members):
        if self._is_regression():
            return np.sqrt(variance_score(members))
        return SCORES[self.measure](members)
