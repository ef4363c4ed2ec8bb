"""Labelers: they give made rows a class, class probabilities or a value, and a trust in it."""

from sklearn_synda.labeling._committee import CommitteeLabeler
from sklearn_synda.labeling._inherit import InheritLabeler
from sklearn_synda.labeling._propagation import PropagationLabeler
from sklearn_synda.labeling._pseudo import PseudoLabeler

__all__ = ["CommitteeLabeler", "InheritLabeler", "PropagationLabeler", "PseudoLabeler"]
