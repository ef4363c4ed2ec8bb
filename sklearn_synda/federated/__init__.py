"""Clients that train a common model on rows they keep, and send its parameters alone."""

from sklearn_synda.federated._classifier import FederatedSynthesisClassifier
from sklearn_synda.federated._client import FederatedClient
from sklearn_synda.federated._flower import to_flower_client
from sklearn_synda.federated._parameters import get_parameters, set_parameters
from sklearn_synda.federated._regressor import FederatedSynthesisRegressor
from sklearn_synda.federated._update import ClientUpdate, average_updates

__all__ = [
    "ClientUpdate",
    "FederatedClient",
    "FederatedSynthesisClassifier",
    "FederatedSynthesisRegressor",
    "average_updates",
    "get_parameters",
    "set_parameters",
    "to_flower_client",
]
