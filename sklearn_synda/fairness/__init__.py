"""Models that are kept from learning which group a row belongs to."""

from sklearn_synda.fairness._gradient_reversal import (
    GradientReversalClassifier,
    gradient_reversal_layer,
)

__all__ = ["GradientReversalClassifier", "gradient_reversal_layer"]
