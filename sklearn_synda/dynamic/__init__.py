"""Training in which every epoch makes rows where the model is unsure at that moment."""

from sklearn_synda.dynamic._classifier import DynamicSynthesisClassifier
from sklearn_synda.dynamic._regressor import DynamicSynthesisRegressor

__all__ = ["DynamicSynthesisClassifier", "DynamicSynthesisRegressor"]
