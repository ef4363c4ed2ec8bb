"""Labelers: they give made rows a class, class probabilities or a value, and a trust in it.

Beside them the default labeler as a model of its own: a classifier and a regressor.
"""

from sklearn_synda.labeling._committee import CommitteeLabeler
from sklearn_synda.labeling._committee_model import CommitteeClassifier, CommitteeRegressor
from sklearn_synda.labeling._inherit import InheritLabeler
from sklearn_synda.labeling._propagation import PropagationLabeler
from sklearn_synda.labeling._pseudo import PseudoLabeler

__all__ = [
    "CommitteeClassifier",
    "CommitteeLabeler",
    "CommitteeRegressor",
    "InheritLabeler",
    "PropagationLabeler",
    "PseudoLabeler",
]
