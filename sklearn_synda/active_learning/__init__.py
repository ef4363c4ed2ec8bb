"""Labelling: oracles, annotators who disagree, when to stop, sessions that outlive a crash."""

from sklearn_synda.active_learning._agreement import AnnotatorAgreement
from sklearn_synda.active_learning._label_studio import read_label_studio, to_label_studio
from sklearn_synda.active_learning._llm_annotator import LLMAnnotator
from sklearn_synda.active_learning._notebook import LabelingWidget
from sklearn_synda.active_learning._oracles import CostlyOracle, NoisyOracle, SimulatedOracle
from sklearn_synda.active_learning._prediction_stopping import (
    ErrorStabilityStopping,
    ForecastStopping,
    KappaStopping,
)
from sklearn_synda.active_learning._session import LabelingSession
from sklearn_synda.active_learning._stopping import (
    AllStopping,
    AnyStopping,
    BaseStopping,
    BudgetStopping,
    CostStopping,
    PlateauStopping,
    UncertaintyStopping,
)
from sklearn_synda.active_learning._terminal import label_in_terminal

__all__ = [
    "AllStopping",
    "AnnotatorAgreement",
    "AnyStopping",
    "BaseStopping",
    "BudgetStopping",
    "CostStopping",
    "CostlyOracle",
    "ErrorStabilityStopping",
    "ForecastStopping",
    "KappaStopping",
    "LLMAnnotator",
    "LabelingSession",
    "LabelingWidget",
    "NoisyOracle",
    "PlateauStopping",
    "SimulatedOracle",
    "UncertaintyStopping",
    "label_in_terminal",
    "read_label_studio",
    "to_label_studio",
]
