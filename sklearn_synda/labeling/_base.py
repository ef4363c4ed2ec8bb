"""The contract of a labeler: ``fit`` labelled rows, ``label`` a batch."""

from abc import abstractmethod

from sklearn.base import BaseEstimator

__all__ = ["BaseLabeler"]


class BaseLabeler(BaseEstimator):
    """Base class: gives synthetic rows a target and a trust in [0, 1].

    ``parents`` of a batch are positions among the rows the synthesizer was fitted on, the
    labelled ones first, in the order in which the labeler sees them.

    A labeler that may know more than the user's model can set ``n_candidates`` above 1: of so
    many rows made for one, the row is kept on which model and labeler disagree most.
    """

    n_candidates = 1

    @abstractmethod
    def fit(self, X, y, sample_weight=None):
        """Learn from labelled rows; float targets are values, all others name classes."""

    @abstractmethod
    def label(self, batch):
        """The batch with ``y``, ``trust`` and, for soft labels, ``proba`` and ``classes``."""
