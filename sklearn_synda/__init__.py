"""Your scikit-learn model, made better with few labels."""

from sklearn_synda._active_synthesis import (
    ActiveSynthesisClassifier,
    ActiveSynthesisRegressor,
)

__version__ = "0.1.0"

__all__ = ["ActiveSynthesisClassifier", "ActiveSynthesisRegressor", "__version__"]
