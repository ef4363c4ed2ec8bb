"""Labelling: oracles, annotators who disagree, when to stop, sessions that outlive a crash."""

from sklearn_synda.active_learning._agreement import AnnotatorAgreement
from sklearn_synda.active_learning._oracles import CostlyOracle, NoisyOracle, SimulatedOracle
from sklearn_synda.active_learning._session import LabelingSession
from sklearn_synda.active_learning._stopping import (
    AllStopping,
    AnyStopping,
    BaseStopping,
    BudgetStopping,
    CostStopping,
    KappaStopping,
    PlateauStopping,
    UncertaintyStopping,
)

__all__ = [
    "AllStopping",
    "AnnotatorAgreement",
    "AnyStopping",
    "BaseStopping",
    "BudgetStopping",
    "CostStopping",
    "CostlyOracle",
    "KappaStopping",
    "LabelingSession",
    "NoisyOracle",
    "PlateauStopping",
    "SimulatedOracle",
    "UncertaintyStopping",
]
