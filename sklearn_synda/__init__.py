"""Your scikit-learn model, made better with few labels."""

from importlib import import_module
from typing import TYPE_CHECKING

from sklearn_synda._active_synthesis import (
    ActiveSynthesisClassifier,
    ActiveSynthesisRegressor,
)

__version__ = "0.1.0"

__all__ = ["ActiveSynthesisClassifier", "ActiveSynthesisRegressor", "__version__"]

_ROOMS = {
    *("acquisition", "active_learning", "attribution", "deploy", "dynamic", "exceptions"),
    *("fairness", "federated", "integration", "labeling", "metrics", "model_selection", "plotting"),
    *("query", "synthesis", "uncertainty", "utils", "validation"),
}


def __dir__():
    return sorted({*globals(), *_ROOMS})


if not TYPE_CHECKING:  # a name that is not there is an error to type checkers

    def __getattr__(name):
        """A room, loaded when it is first asked for."""
        if name in _ROOMS:
            return import_module(f"sklearn_synda.{name}")
        raise AttributeError(f"module 'sklearn_synda' has no attribute {name!r}")
