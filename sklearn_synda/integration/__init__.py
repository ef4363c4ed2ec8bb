"""Integrators: how made rows enter training; what weight each gets, and which stay out."""

from sklearn_synda.integration._adaptive_sampling import AdaptiveSamplingIntegrator
from sklearn_synda.integration._concatenation import ConcatenationIntegrator
from sklearn_synda.integration._curriculum import CurriculumIntegrator
from sklearn_synda.integration._uncertainty import UncertaintyIntegrator
from sklearn_synda.integration._weighted import WeightedIntegrator

__all__ = [
    "AdaptiveSamplingIntegrator",
    "ConcatenationIntegrator",
    "CurriculumIntegrator",
    "UncertaintyIntegrator",
    "WeightedIntegrator",
]
