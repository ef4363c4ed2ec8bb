"""Deployment: a fitted model as one file that needs no scikit-learn, checked row by row.

Requires the extra ``onnx``, but for ``distill`` and ``efficiency_report``.
"""

from sklearn_synda.deploy._distill import Distillation, distill
from sklearn_synda.deploy._efficiency import efficiency_report
from sklearn_synda.deploy._export import ExportReport, export
from sklearn_synda.deploy._load import DeployedClassifier, DeployedRegressor, load

__all__ = [
    "DeployedClassifier",
    "DeployedRegressor",
    "Distillation",
    "ExportReport",
    "distill",
    "efficiency_report",
    "export",
    "load",
]
