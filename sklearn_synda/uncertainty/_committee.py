"""The disagreement of several fits."""

from numbers import Integral

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from sklearn_synda._labels import class_probabilities
from sklearn_synda._rows import row_subset
from sklearn_synda._sklearn_compat import HasMethods, Interval, StrOptions, _fit_context
from sklearn_synda._sklearn_compat import _set_random_states as set_random_states
from sklearn_synda.acquisition import (
    mutual_information_score,
    variance_score,
    vote_entropy_score,
)
from sklearn_synda.uncertainty._base import BaseUncertainty
from sklearn_synda.uncertainty._out_of_fold import fit_weighted, folds

__all__ = ["CommitteeUncertainty"]

_SCORES = {
    "mutual_information": mutual_information_score,
    "vote_entropy": vote_entropy_score,
    "variance": variance_score,
}


class CommitteeUncertainty(BaseUncertainty):
    """How much several models disagree.

    The committee is the user's model fitted on bootstrap samples, or a list of different
    models. Larger = less certain. It costs ``n_estimators`` fits; where the model states its
    own doubt well, :class:`PredictiveUncertainty` is cheaper. Any model will do: one without
    ``predict_proba`` votes.

    Parameters
    ----------
    estimator : estimator object, default=None
        The model to bootstrap. Without meaning where ``estimators`` is given.
    estimators : list of estimator objects, default=None
        Different models, each fitted on folds that leave every row out once.
    n_estimators : int, default=10
        Number of bootstrap samples.
    measure : {"mutual_information", "vote_entropy", "variance"}, default="mutual_information"
        Score of the members' answers (:mod:`sklearn_synda.acquisition`). A regressor's is
        always the standard deviation, in target units.
    n_splits : int, default=3
        Folds of each of ``estimators`` in :meth:`fit_predict_uncertainty`.
    random_state : int, RandomState instance or None, default=None
        Seed of bootstrap samples, folds and members.

    Attributes
    ----------
    members_ : list of estimators
        The fitted members.
    classes_ : ndarray of shape (n_classes,)
        Classes (classification only).

    References
    ----------
    Seung, Opper & Sompolinsky (1992), :doi:`10.1145/130385.130417`; Houlsby et al. (2011),
    :arxiv:`1112.5745`.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_synda.uncertainty import CommitteeUncertainty
    >>> X, y = load_iris(return_X_y=True)
    >>> unsure = CommitteeUncertainty(DecisionTreeClassifier(), random_state=0).fit(X, y)
    >>> unsure.predict_uncertainty(X[[0, 70]]).round(2)
    array([0.  , 0.67])
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"]), None],
        "estimators": [list, tuple, None],
        "n_estimators": [Interval(Integral, 2, None, closed="left")],
        "measure": [StrOptions(set(_SCORES))],
        "n_splits": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(self, estimator=None, *, estimators=None, n_estimators=10,
                 measure="mutual_information", n_splits=3, random_state=None):  # fmt: skip
        self.estimator = estimator
        self.estimators = estimators
        self.n_estimators = n_estimators
        self.measure = measure
        self.n_splits = n_splits
        self.random_state = random_state

    def _is_regression(self):
        from sklearn.base import is_regressor

        return is_regressor(self.estimators[0] if self.estimators else self.estimator)

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None):
        """Fit the members.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Labelled rows.
        y : array-like of shape (n_samples,)
            Classes or values.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        self : object
        """
        X, y, weight = self._check_labeled_rows(X, y, sample_weight)
        self._rng = check_random_state(self.random_state)
        if not self._is_regression():
            self.classes_ = np.unique(y)
        if self.estimators:
            everything = np.arange(len(y))
            jobs = [(model, everything) for model in self.estimators]
        else:
            jobs = [(self._unfitted(), bag) for bag in self._bags(y)]
        self.members_, self.bags_ = [], []
        for model, bag in jobs:
            self.members_.append(self._fit_member(model, X, y, weight, bag))
            self.bags_.append(bag)
        return self

    def _bags(self, y):
        """Bootstrap samples that hold every class (one row of a class left out stands in)."""
        n = len(y)
        first = [] if self._is_regression() else [np.flatnonzero(y == c) for c in self.classes_]
        for _ in range(self.n_estimators):
            bag = self._rng.randint(n, size=n)
            absent = [self._rng.choice(rows) for rows in first if not np.isin(rows, bag).any()]
            yield np.concatenate([bag, np.array(absent, dtype=bag.dtype)])

    def _fit_member(self, model, X, y, weight, bag):
        member = clone(model)
        set_random_states(member, self._rng)
        bag_weight = None if weight is None else weight[bag]
        return fit_weighted(member, row_subset(X, bag), y[bag], bag_weight)

    def predict_uncertainty(self, X):
        """Uncertainty of new rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows the members were not fitted on.

        Returns
        -------
        uncertainty : ndarray of shape (n_samples,)
            Larger = less certain.
        """
        self._check_fitted()
        return self._score(self.predict_members(X))

    def predict_members(self, X):
        """What each member predicts.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        members : ndarray of shape (n_members, n_samples[, n_classes])
            Values, or class probabilities in the order of ``classes_``.
        """
        self._check_fitted()
        X = self._check_rows(X)
        return np.stack([self._respond(member, X) for member in self.members_])

    def _respond(self, member, X):
        if self._is_regression():
            return np.asarray(member.predict(X), dtype=np.float64).ravel()
        return class_probabilities(member, X, self.classes_)

    def _score(self, members):
        if self._is_regression():
            return np.sqrt(variance_score(members))
        return _SCORES[self.measure](members)

    def fit_predict_uncertainty(self, X, y, sample_weight=None):
        """Fit, and give the out-of-bag uncertainty of the rows fitted on.

        Parameters
        ----------
        X, y, sample_weight
            As in :meth:`fit`.

        Returns
        -------
        uncertainty : ndarray of shape (n_samples,)
            Larger = less certain. A row judged by fewer than two members gets the largest
            value found, 1 if there is none.
        """
        self.fit(X, y, sample_weight)
        X, y, weight = self._check_labeled_rows(X, y, sample_weight)
        answers = self._out_of_fold(X, y, weight) if self.estimators else self._out_of_bag(X, y)
        spoken = ~np.isnan(answers.reshape(*answers.shape[:2], -1)).any(axis=2)
        uncertainty = np.full(len(y), np.nan)
        patterns, which = np.unique(spoken, axis=1, return_inverse=True)
        for k, speaks in enumerate(patterns.T):
            rows = which.ravel() == k
            if speaks.sum() >= 2:
                uncertainty[rows] = self._score(answers[speaks][:, rows])
        unknown = np.isnan(uncertainty)
        uncertainty[unknown] = 1.0 if unknown.all() else np.nanmax(uncertainty)
        return uncertainty

    def _out_of_bag(self, X, y):
        answers = self.predict_members(X)
        for k, bag in enumerate(self.bags_):
            answers[k, bag] = np.nan
        return answers

    def _out_of_fold(self, X, y, weight):
        answers = np.full_like(self.predict_members(X), np.nan)
        stratify = not self._is_regression()
        seed = self._rng.randint(2**31 - 1)
        for train, test in folds(y, self.n_splits, stratify=stratify, random_state=seed):
            if stratify and len(np.unique(y[train])) < 2:
                continue
            for k, model in enumerate(self.estimators):
                member = self._fit_member(model, X, y, weight, train)
                answers[k, test] = self._respond(member, row_subset(X, test))
        return answers
