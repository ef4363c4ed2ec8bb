"""What is compared: each method takes an untrained model and rows, and returns it trained.

``method(model, X, y, X_unlabeled, seed)``; only methods named ``*_pool`` look at
``X_unlabeled``. A method that adds rows says how many in ``n_synthetic_``.
"""

import numpy as np
import pandas as pd
from sklearn.base import clone

COPIES = 10
POOL_ROWS = 5  # unlabelled rows given per labelled row, at most


def alone(model, X, y, X_unlabeled, seed):
    """The user's model, on the labelled rows."""
    return clone(model).fit(X, y)


def full(model, X, y, X_unlabeled, seed):
    """The ceiling: the user's model when all training rows are labelled (size "all")."""
    return clone(model).fit(X, y)


def active_synthesis(model, X, y, X_unlabeled, seed):
    """The public defaults."""
    return _meta_estimator(model, y, seed).fit(X, y)


def active_synthesis_light(model, X, y, X_unlabeled, seed):
    """The lighter choice of the user guide: a small committee, two folds, one round."""
    from sklearn_synda.labeling import CommitteeLabeler
    from sklearn_synda.validation import CrossValidation

    parts = {
        "labeler": CommitteeLabeler("light"),
        "validation": CrossValidation(n_splits=2),
        "max_iter": 1,
    }
    return _meta_estimator(model, y, seed).set_params(**parts).fit(X, y)


def active_synthesis_pool(model, X, y, X_unlabeled, seed):
    """The public defaults, with unlabelled rows beside the labelled ones."""
    n = min(len(X_unlabeled), POOL_ROWS * len(X))
    X_unlabeled = X_unlabeled.sample(n=n, random_state=seed)
    X_all = pd.concat([X, X_unlabeled], ignore_index=True).astype(X.dtypes.to_dict())
    y_all = np.concatenate([y.astype(float), np.full(n, np.nan)])
    return _meta_estimator(model, y, seed).fit(X_all, y_all)


def _meta_estimator(model, y, seed):
    from sklearn_synda import ActiveSynthesisClassifier, ActiveSynthesisRegressor

    kind = ActiveSynthesisRegressor if y.dtype.kind == "f" else ActiveSynthesisClassifier
    return kind(model, random_state=seed)


def duplicates(model, X, y, X_unlabeled, seed):
    """Every row ten times: whatever this gains, no new row is needed for."""
    X_many = pd.concat([X] * COPIES, ignore_index=True)
    return _fit_counting(model, X_many, np.tile(y, COPIES), len(y))


def oversampling(model, X, y, X_unlabeled, seed):
    """Rows of the smaller classes repeated at random."""
    from imblearn.over_sampling import RandomOverSampler

    X_more, y_more = RandomOverSampler(random_state=seed).fit_resample(X, y)
    return _fit_counting(model, X_more, y_more, len(y))


def smote(model, X, y, X_unlabeled, seed):
    """SMOTE of the kind that the columns need, with as many neighbours as the classes allow."""
    from imblearn.over_sampling import SMOTE, SMOTEN, SMOTENC

    fill = _fill_values(X)
    X = X.fillna(fill)
    categorical = (X.dtypes == "category").to_numpy()
    k = min(5, np.bincount(y).min() - 1)
    common = {"k_neighbors": k, "random_state": seed}
    if categorical.all():
        sampler = SMOTEN(**common)
    elif categorical.any():
        sampler = SMOTENC("auto", **common)
    else:
        sampler = SMOTE(**common)
    X_more, y_more = sampler.fit_resample(X, y)
    fitted = _fit_counting(model, X_more.astype(X.dtypes.to_dict()), y_more, len(y))
    return FilledModel(fitted, fill)


def committee(model, X, y, X_unlabeled, seed):
    """The committee that labels synthetic rows, used as the model: the teacher itself."""
    from sklearn_synda.labeling import CommitteeLabeler

    return CommitteeLabeler(random_state=seed).fit(X, y)


def _fit_counting(model, X, y, n_real):
    fitted = clone(model).fit(X, y)
    fitted.n_synthetic_ = len(y) - n_real
    return fitted


def _fill_values(X):
    """Median or commonest category of each column with holes."""
    fill = {}
    for name in X.columns[X.isna().any()]:
        if X[name].dtype == "category":
            common = X[name].mode()
            fill[name] = common[0] if len(common) else X[name].cat.categories[0]
        else:
            fill[name] = 0.0 if X[name].isna().all() else X[name].median()
    return fill


class FilledModel:
    """A fitted model that gets its test rows filled as its training rows were."""

    def __init__(self, fitted, fill):
        self.fitted, self.fill = fitted, fill
        self.n_synthetic_ = fitted.n_synthetic_

    @property
    def classes_(self):
        return self.fitted.classes_

    def predict_proba(self, X):
        return self.fitted.predict_proba(X.fillna(self.fill))


METHODS = {
    f.__name__: f
    for f in (alone, active_synthesis, active_synthesis_light, active_synthesis_pool, duplicates,
              oversampling, smote, committee, full)
}  # fmt: skip
ONLY_CLASSIFICATION = {"oversampling", "smote"}
WITHOUT_MODEL = {"committee"}  # the same for every model


def suits(name, task):
    """Whether a method is for a task."""
    return task == "classification" or name not in ONLY_CLASSIFICATION


def count_synthetic(fitted):
    """Rows that were made and that the returned model was trained on."""
    if hasattr(fitted, "provenance_"):
        rounds = np.asarray(fitted.provenance_.round)
        return int(np.sum((rounds > 0) & (rounds <= fitted.best_iteration_)))
    return getattr(fitted, "n_synthetic_", 0)
