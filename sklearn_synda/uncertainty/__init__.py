"""Uncertainty estimators: they know a model and say where it is unsure.

Larger is always less certain. ``predict_uncertainty`` is for rows the model has not seen;
``fit_predict_uncertainty`` gives out-of-fold (or out-of-bag) values for the rows it is fitted on.
"""

from sklearn_synda.uncertainty._bayesian import BayesianUncertainty
from sklearn_synda.uncertainty._committee import CommitteeUncertainty
from sklearn_synda.uncertainty._conformal import ConformalUncertainty
from sklearn_synda.uncertainty._learned_loss import LearnedLossUncertainty
from sklearn_synda.uncertainty._loss_prediction import LossPredictionUncertainty
from sklearn_synda.uncertainty._mc_dropout import MCDropoutUncertainty
from sklearn_synda.uncertainty._predictive import PredictiveUncertainty
from sklearn_synda.uncertainty._proxy import ProxyUncertainty

__all__ = [
    "BayesianUncertainty",
    "CommitteeUncertainty",
    "ConformalUncertainty",
    "LearnedLossUncertainty",
    "LossPredictionUncertainty",
    "MCDropoutUncertainty",
    "PredictiveUncertainty",
    "ProxyUncertainty",
]
