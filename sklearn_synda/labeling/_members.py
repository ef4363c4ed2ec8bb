"""The default members of a committee: fast, different, and from scikit-learn alone."""

import numpy as np
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

__all__ = ["default_members"]


_FEW = 300  # rows up to which a Gaussian process is fast


def default_members(n_samples, n_features, n_classes, *, light=False):
    """Members for a table of ``n_samples`` labelled rows; ``n_classes`` None for values.

    The light ones are the randomised trees, one linear model, the smooth model and, for
    classes, naive Bayes.
    """
    if n_classes is None:
        trees, _, linear, _, _, smooth = members = _regressors(n_samples, n_features)
        return [trees, linear, smooth] if light else members
    members = _classifiers(n_samples, n_features, n_classes)
    trees, _, linear, bayes, _, smooth, _ = members
    return [trees, linear, bayes, smooth] if light else members


def _classifiers(n, n_features, n_classes):
    from sklearn.naive_bayes import GaussianNB  # not loaded by sklearn.ensemble

    n_neighbors = max(1, min(7, n // 4))
    return [
        ExtraTreesClassifier(25, max_features=0.5),
        LogisticRegression(C=0.3),
        LogisticRegression(C=5.0, max_iter=200),
        GaussianNB(var_smoothing=0.1),
        KNeighborsClassifier(n_neighbors, weights="distance"),
        _smooth_classifier(n, n_features),
        _stepped_classifier(n, n_classes),
    ]


def _smooth_classifier(n, n_features):
    """A Gaussian process, or a small net where there are too many rows for one."""
    if n <= _FEW:
        from sklearn.gaussian_process import GaussianProcessClassifier
        from sklearn.gaussian_process.kernels import RBF

        kernel = 4.0 * RBF(np.sqrt(n_features))
        return GaussianProcessClassifier(kernel, optimizer=None)
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier(hidden_layer_sizes=(20,), solver="lbfgs", alpha=3.0, max_iter=50)


def _stepped_classifier(n, n_classes):
    """Small boosted trees, or a forest where each of many classes would need its own."""
    if n_classes > 3:
        return RandomForestClassifier(25)
    size = {"n_estimators": 30, "max_depth": 2} if n <= _FEW else {"n_estimators": 50}
    return GradientBoostingClassifier(
        learning_rate=0.15, max_features=0.5, subsample=_subsample(n), **size
    )


def _subsample(n):
    """Share of the rows each boosted tree sees; all of so few that the share may hold none."""
    return 0.7 if n >= 10 else 1.0


def _regressors(n, n_features):
    from sklearn.svm import SVR  # not loaded by sklearn.ensemble

    n_neighbors = max(1, min(5, n // 4))
    return [
        ExtraTreesRegressor(25, max_features=0.7),
        GradientBoostingRegressor(n_estimators=50, max_features=0.5, subsample=_subsample(n)),
        RidgeCV([0.1, 1.0, 10.0]) if n > 2 else Ridge(),
        SVR(C=3.0, epsilon=0.05),
        KNeighborsRegressor(n_neighbors, weights="distance"),
        _smooth_regressor(n, n_features),
    ]


def _smooth_regressor(n, n_features):
    """A Gaussian process, or a small net where there are too many rows for one."""
    if n <= _FEW:
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import RBF, WhiteKernel

        return GaussianProcessRegressor(1.0 * RBF(np.sqrt(n_features)) + WhiteKernel(0.1))
    from sklearn.neural_network import MLPRegressor

    return MLPRegressor(hidden_layer_sizes=(30,), solver="lbfgs", alpha=1.0, max_iter=60)
