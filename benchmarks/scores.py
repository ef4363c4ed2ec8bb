"""Measures on the test rows, by name."""

import numpy as np
from scipy import stats
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    mean_absolute_error,
    r2_score,
    recall_score,
    roc_auc_score,
    root_mean_squared_error,
)

from sklearn_synda.metrics import expected_calibration_error

CLASSIFICATION = [
    *["accuracy", "balanced_accuracy", "macro_f1", "rarest_f1", "g_mean", "auc"],
    *["log_loss", "brier", "ece"],
]
REGRESSION = ["rmse", "mae", "r2"]
LARGER_IS_BETTER = {
    *("accuracy", "balanced_accuracy", "macro_f1", "rarest_f1", "g_mean", "auc", "r2"),
}
RELATIVE = {"rmse", "mae"}  # in the unit of the target: changes are shares of the model's own error
LABELS = {
    "accuracy": "accuracy",
    "balanced_accuracy": "bal. accuracy",
    "macro_f1": "macro F1",
    "rarest_f1": "F1 of the rarest class",
    "g_mean": "G-mean",
    "auc": "AUC",
    "log_loss": "log-loss",
    "brier": "Brier",
    "ece": "ECE",
    "rmse": "RMSE",
    "mae": "MAE",
    "r2": "R2",
}
_EPS = 1e-6


def class_probabilities(fitted, X, n_classes):
    """One column per class of the table, also for a model that has not met them all."""
    proba = np.zeros((len(X), n_classes))
    proba[:, np.asarray(fitted.classes_).astype(int)] = fitted.predict_proba(X)
    proba = np.clip(proba, _EPS, 1.0)
    return proba / proba.sum(axis=1, keepdims=True)


def said_classes(fitted, X):
    """Classes by a threshold of the model's own; None: the likeliest class."""
    return fitted.predict(X) if hasattr(fitted, "best_threshold_") else None


def classification_scores(y, proba, said=None):
    """Scores of class codes ``y`` against probabilities, and the classes said if not likeliest."""
    said = proba.argmax(axis=1) if said is None else said
    truth = np.eye(proba.shape[1])[y]
    recall = recall_score(y, said, average=None, labels=np.unique(y), zero_division=0.0)
    rarest = np.unique(y)[np.unique(y, return_counts=True)[1].argmin()]
    return {
        "accuracy": accuracy_score(y, said),
        "balanced_accuracy": balanced_accuracy_score(y, said),
        "macro_f1": f1_score(y, said, average="macro", labels=np.unique(y), zero_division=0.0),
        "rarest_f1": float(f1_score(y == rarest, said == rarest, zero_division=0.0)),
        "g_mean": float(stats.gmean(recall)),
        "auc": _auc(y, proba),
        "log_loss": float(-np.log(proba[np.arange(len(y)), y]).mean()),
        "brier": float(((proba - truth) ** 2).sum(axis=1).mean()),
        "ece": expected_calibration_error(y, proba, labels=np.arange(proba.shape[1])),
    }


def regression_scores(y, said):
    """Scores of values."""
    return {
        "rmse": root_mean_squared_error(y, said),
        "mae": mean_absolute_error(y, said),
        "r2": r2_score(y, said),
    }


def _auc(y, proba):
    """One class against the rest, mean over the classes that are there."""
    present = [k for k in np.unique(y) if (y != k).any()]
    if proba.shape[1] == 2:
        present = present[-1:]
    return float(np.mean([roc_auc_score(y == k, proba[:, k]) for k in present]))
