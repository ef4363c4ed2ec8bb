"""What a query strategy is worth: simulated labelling, and the labels it saves."""

from sklearn_synda.model_selection._budget_curve import BudgetCurve, budget_curve
from sklearn_synda.model_selection._compare import BudgetComparison, compare

__all__ = ["BudgetComparison", "BudgetCurve", "budget_curve", "compare"]
