"""The default members of a committee: fast, different, and from scikit-learn alone."""

from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

__all__ = ["default_members"]


def default_members(n_samples, classes):
    """Members for a table of ``n_samples`` labelled rows; ``classes`` None for values."""
    if classes is None:
        return _regressors(n_samples)
    return _classifiers(n_samples)


def _classifiers(n):
    from sklearn.naive_bayes import GaussianNB  # not loaded by sklearn.ensemble
    from sklearn.neural_network import MLPClassifier

    n_neighbors = max(1, min(7, n // 4))
    return [
        ExtraTreesClassifier(25, max_features=0.5),
        RandomForestClassifier(25),
        LogisticRegression(C=0.3),
        LogisticRegression(C=5.0, max_iter=200),
        GaussianNB(var_smoothing=1e-2),
        KNeighborsClassifier(n_neighbors, weights="distance"),
        MLPClassifier(hidden_layer_sizes=(20,), solver="lbfgs", alpha=3.0, max_iter=50),
    ]


def _regressors(n):
    from sklearn.neural_network import MLPRegressor  # not loaded by sklearn.ensemble
    from sklearn.svm import SVR

    n_neighbors = max(1, min(5, n // 4))
    return [
        ExtraTreesRegressor(25, max_features=0.7),
        RandomForestRegressor(25, max_features=0.6),
        RidgeCV([0.1, 1.0, 10.0]),
        SVR(C=3.0, epsilon=0.05),
        KNeighborsRegressor(n_neighbors, weights="distance"),
        MLPRegressor(hidden_layer_sizes=(30,), solver="lbfgs", alpha=1.0, max_iter=60),
    ]
