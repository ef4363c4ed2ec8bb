"""Pictures of what synthesis did: where the model is unsure, and what each round brought.

Displays in scikit-learn's manner: ``from_estimator`` computes the numbers and has them drawn,
``plot`` draws numbers that are there, and both leave ``ax_`` and ``figure_`` behind.
"""

from sklearn_synda.plotting._synthesis_history import SynthesisHistoryDisplay
from sklearn_synda.plotting._uncertainty_map import UncertaintyMapDisplay

__all__ = ["SynthesisHistoryDisplay", "UncertaintyMapDisplay"]
