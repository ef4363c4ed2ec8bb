"""What held-out real rows say: how many rows to make, and which round to keep."""

from sklearn_synda.validation._loss import held_out_loss
from sklearn_synda.validation._rate import AdaptiveRate, FixedRate
from sklearn_synda.validation._split import CrossValidation, HoldoutValidation, NoValidation

__all__ = [
    "AdaptiveRate",
    "CrossValidation",
    "FixedRate",
    "HoldoutValidation",
    "NoValidation",
    "held_out_loss",
]
