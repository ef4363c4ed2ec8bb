"""The score of a model on held-out rows, with classes it may not have met."""

from inspect import signature

import numpy as np

from sklearn_synda._labels import class_probabilities

__all__ = ["score_of"]


def score_of(learner, scorer, X, y, sensitive_features=None):
    """What a scorer says of a fitted model; one that takes the groups of the rows gets them."""
    groups = {}
    if sensitive_features is not None and "sensitive_features" in signature(scorer).parameters:
        groups = {"sensitive_features": sensitive_features}
    if hasattr(learner, "predict_proba") and not np.isin(y, learner.classes_).all():
        learner = _OfAllClasses(learner, np.union1d(learner.classes_, y))
    return scorer(learner, X, y, **groups)


class _OfAllClasses:
    """A classifier as it is, but for a column of zeros for each class that it has not met."""

    def __init__(self, learner, classes):
        self._learner = learner
        self.classes_ = classes

    def __getattr__(self, name):
        # decision_function has no value for a class that was not met; a copy has no learner yet
        if name == "decision_function" or "_learner" not in vars(self):
            raise AttributeError(name)
        return getattr(self._learner, name)

    def predict_proba(self, X):
        return class_probabilities(self._learner, X, self.classes_)
