"""Attributions: how much of a row's uncertainty is due to each of its columns.

Each takes a function from rows to uncertainty, rows, and background rows to compare with, and
gives one number a cell. Positive: the value makes the row less certain.
"""

from sklearn_synda.attribution._explain import explain_uncertainty
from sklearn_synda.attribution._gradient import gradient_attribution
from sklearn_synda.attribution._occlusion import occlusion_attribution
from sklearn_synda.attribution._shapley import shapley_attribution

__all__ = [
    "explain_uncertainty",
    "gradient_attribution",
    "occlusion_attribution",
    "shapley_attribution",
]
