"""What real rows say of made ones: how many to make, which round to keep, when to refuse them."""

from sklearn_synda.validation._loss import held_out_loss
from sklearn_synda.validation._monitor import SyntheticRowsMonitor
from sklearn_synda.validation._rate import AdaptiveRate, FixedRate
from sklearn_synda.validation._split import CrossValidation, HoldoutValidation, NoValidation

__all__ = [
    "AdaptiveRate",
    "CrossValidation",
    "FixedRate",
    "HoldoutValidation",
    "NoValidation",
    "SyntheticRowsMonitor",
    "held_out_loss",
]
