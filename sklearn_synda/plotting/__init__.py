"""Pictures: where the model is unsure, what each round brought, what labels are worth.

Displays in scikit-learn's manner: ``from_...`` computes the numbers and has them drawn,
``plot`` draws numbers that are there, and both leave ``ax_`` and ``figure_`` behind.
"""

from sklearn_synda.plotting._label_savings import LabelSavingsDisplay
from sklearn_synda.plotting._learning_curve import LearningCurveDisplay
from sklearn_synda.plotting._synthesis_history import SynthesisHistoryDisplay
from sklearn_synda.plotting._uncertainty_attribution import UncertaintyAttributionDisplay
from sklearn_synda.plotting._uncertainty_map import UncertaintyMapDisplay

__all__ = [
    "LabelSavingsDisplay",
    "LearningCurveDisplay",
    "SynthesisHistoryDisplay",
    "UncertaintyAttributionDisplay",
    "UncertaintyMapDisplay",
]
