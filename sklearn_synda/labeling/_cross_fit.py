"""Models fitted fold by fold, so that none speaks of a row it has seen."""

import warnings

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from sklearn_synda._fitting import fit_estimator
from sklearn_synda._folds import folds
from sklearn_synda._labels import class_probabilities
from sklearn_synda._nets import torch_seed
from sklearn_synda._rows import own_copy, row_subset
from sklearn_synda._sklearn_compat import _set_random_states as set_random_states

__all__ = ["CrossFit"]

_FLOOR = 1e-3  # no member rules a class out
_SMALL = 5000  # rows up to which a second thread saves a committee 0.2 s of a prediction at most


def _few_threads(n_rows):
    """One thread for small tables; for large ones one of BLAS, and OpenMP's as they are.

    Where other programs work, threads wait for each other: a fit of 100 rows took 14 s, not 5.
    """
    from threadpoolctl import threadpool_limits  # scikit-learn's own

    return threadpool_limits(1, user_api=None if n_rows <= _SMALL else "blas")


class CrossFit:
    """Several models, each fitted once a fold on the rows outside it.

    Parameters
    ----------
    models : list of estimators
        Unfitted models.
    n_splits : int
        Folds; fewer where there are fewer rows.
    rng : RandomState
        Seed of folds and models.
    caller : str or None, default=None
        Who warns where a model takes no weights and rows are repeated; None: nobody.

    Attributes
    ----------
    classes_ : ndarray or None
        Classes; None for values.
    fold_ : intp ndarray of shape (n_samples,)
        The fold of each row.
    members_ : list of lists of estimators
        ``members_[k][f]``: model ``k`` without the rows of fold ``f``.
    out_of_fold_ : ndarray of shape (n_models, n_samples[, n_classes])
        What each model says of the rows it was not fitted on.
    """

    def __init__(self, models, n_splits, rng, caller=None):
        self.models = models
        self.n_splits = n_splits
        self.rng = rng
        self.caller = caller

    def fit(self, X, y, sample_weight=None, classes=None, groups=None):
        """Fit every model on every fold; rows of one group are in one fold."""
        self.classes_ = classes
        self.fold_ = self._assign_folds(y, groups)
        n_folds = self.fold_.max() + 1
        shape = (len(self.models), len(y)) + (() if classes is None else (len(classes),))
        self.out_of_fold_ = np.empty(shape)
        self.members_ = [[] for _ in self.models]
        with _few_threads(len(y)):
            for fold in range(n_folds):
                self._fit_fold(X, y, sample_weight, fold, n_folds)
        return self

    def _fit_fold(self, X, y, sample_weight, fold, n_folds):
        test = self.fold_ == fold
        train = np.flatnonzero(~test) if n_folds > 1 else np.arange(len(y))
        X_train, X_test = row_subset(X, train), row_subset(X, np.flatnonzero(test))
        weight = None if sample_weight is None else sample_weight[train]
        for k, model in enumerate(self.models):
            member = self._fit_member(model, X_train, y[train], weight)
            self.members_[k].append(member)
            self.out_of_fold_[k, test] = self._respond(member, X_test)

    def _assign_folds(self, y, groups):
        fold = np.zeros(len(y), dtype=np.intp)
        is_classes = self.classes_ is not None
        splits = folds(y, self.n_splits, stratify=is_classes, random_state=self.rng, groups=groups)
        for k, (_, test) in enumerate(splits):
            fold[test] = k
        return fold

    def _fit_member(self, model, X, y, weight):
        member = clone(model)
        set_random_states(member, self.rng)
        if self.classes_ is not None and len(np.unique(y)) < 2:
            return _Constant(y[0])
        with warnings.catch_warnings(), torch_seed(member, self.rng):
            warnings.simplefilter("ignore", ConvergenceWarning)
            return fit_estimator(member, X, y, weight, self.rng, caller=self.caller)

    def _respond(self, member, X):
        with torch_seed(member, np.random.RandomState(0)):
            if self.classes_ is None:
                return np.asarray(member.predict(own_copy(X)), dtype=np.float64).ravel()
            proba = class_probabilities(member, X, self.classes_)
        proba = np.maximum(np.nan_to_num(proba), _FLOOR)
        return proba / proba.sum(axis=1, keepdims=True)

    def predict(self, X, fold=None):
        """What the models say: ndarray of shape (n_models, n_samples[, n_classes]).

        Parameters
        ----------
        X : table of shape (n_samples, n_features)
            Rows.
        fold : int array of shape (n_samples,), default=None
            The fold whose rows a row resembles: only models without that fold speak of it.
            -1: the mean over all folds.
        """
        n_rows, n_folds = X.shape[0], len(self.members_[0])
        fold = np.full(n_rows, -1) if fold is None else fold
        answers = np.zeros((len(self.models), n_rows) + self.out_of_fold_.shape[2:])
        with _few_threads(n_rows):
            for f in range(n_folds):
                rows = np.flatnonzero((fold == f) | (fold == -1))
                if not len(rows):
                    continue
                X_rows = row_subset(X, rows)
                share = np.where(fold[rows] == -1, 1.0 / n_folds, 1.0)
                share = share.reshape((-1,) + (1,) * (answers.ndim - 2))
                for k in range(len(self.models)):
                    answers[k, rows] += share * self._respond(self.members_[k][f], X_rows)
        return answers

    def parent_fold(self, batch):
        """The fold of the labelled parent each row is most like, -1 without one."""
        parents = batch.parents
        known = (parents >= 0) & (parents < len(self.fold_))
        fold = self.fold_[np.where(known, parents, 0)]
        prefers_partner = known[:, 1] & ((batch.closeness < 0.5) | ~known[:, 0])
        chosen = np.where(prefers_partner, fold[:, 1], fold[:, 0])
        return np.where(known.any(axis=1), chosen, -1)


class _Constant:
    """The only class a fold has."""

    def __init__(self, value):
        self.classes_ = np.array([value])
