"""The two meta-estimators: the only room where the parts meet.

``_course`` walks one table through the rounds, ``_race`` lets held-out rows choose the round,
``_stream`` learns batch by batch.
"""

from sklearn_synda._active_synthesis._classifier import ActiveSynthesisClassifier
from sklearn_synda._active_synthesis._regressor import ActiveSynthesisRegressor

__all__ = ["ActiveSynthesisClassifier", "ActiveSynthesisRegressor"]
