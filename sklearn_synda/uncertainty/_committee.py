"""The disagreement of several fits."""

from numbers import Integral

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from sklearn_synda._compatibility import check_response
from sklearn_synda._fitting import fit_estimator
from sklearn_synda._folds import folds
from sklearn_synda._nets import torch_seed
from sklearn_synda._rows import row_subset
from sklearn_synda._sklearn_compat import HasMethods, Interval, StrOptions, _fit_context
from sklearn_synda._sklearn_compat import _set_random_states as set_random_states
from sklearn_synda.uncertainty._members import SCORES, BaseMembersUncertainty
from sklearn_synda.uncertainty._net import check_weights
from sklearn_synda.uncertainty._out_of_fold import fill_unknown

__all__ = ["CommitteeUncertainty"]

_N_ANSWERS = 1_000_000  # of all members at once: 8 MB


class CommitteeUncertainty(BaseMembersUncertainty):
    """How much several models disagree.

    The committee is the user's model fitted on bootstrap samples, or on all rows with different
    seeds, or a list of different models. Larger = less certain. It costs ``n_estimators`` fits;
    where the model states its own doubt well, :class:`PredictiveUncertainty` is cheaper. Any
    model will do: one without ``predict_proba`` votes.

    Parameters
    ----------
    estimator : estimator object, default=None
        The model to fit several times. Without meaning where ``estimators`` is given.
    estimators : list of estimator objects, default=None
        Different models, each fitted on folds that leave every row out once.
    n_estimators : int, default=10
        Number of fits of ``estimator``.
    bootstrap : bool, default=True
        Whether each fit has a bootstrap sample. False fits all rows each time: members differ
        by their seeds alone, which is a deep ensemble where the model is a net (a skorch net
        has to be given a class or a function as its module: a built module starts alike in
        all members). Members of a model without randomness are then all the same.
    measure : {"mutual_information", "vote_entropy", "variance"}, default="mutual_information"
        Score of the members' answers (:mod:`sklearn_synda.acquisition`). A regressor's is
        always the standard deviation, in target units.
    n_splits : int, default=3
        Folds of each member in :meth:`fit_predict_uncertainty`, where there are no bootstrap
        samples.
    random_state : int, RandomState instance or None, default=None
        Seed of bootstrap samples, folds and members. None: nets draw from torch's own stream.

    Attributes
    ----------
    members_ : list of estimators
        The fitted members.
    classes_ : ndarray of shape (n_classes,)
        Classes (classification only).

    References
    ----------
    Seung, Opper & Sompolinsky (1992), :doi:`10.1145/130385.130417`; Houlsby et al. (2011),
    :arxiv:`1112.5745`; deep ensembles: Lakshminarayanan, Pritzel & Blundell (2017),
    :arxiv:`1612.01474`.

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

    refits = True  # bags and seeds are the point

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"]), None],
        "estimators": [list, tuple, None],
        "n_estimators": [Interval(Integral, 2, None, closed="left")],
        "bootstrap": ["boolean"],
        "measure": [StrOptions(set(SCORES))],
        "n_splits": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(self, estimator=None, *, estimators=None, n_estimators=10, bootstrap=True,
                 measure="mutual_information", n_splits=3, random_state=None):  # fmt: skip
        self.estimator = estimator
        self.estimators = estimators
        self.n_estimators = n_estimators
        self.bootstrap = bootstrap
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
        if not self.estimators:
            check_response(self, self.estimator, "predict", "CommitteeUncertainty(estimator)")
        X, y, weight = self._check_labeled_rows(X, y, sample_weight)
        self._rng = check_random_state(self.random_state)
        if not self._is_regression():
            self.classes_ = np.unique(y)
        if self.estimators or not self.bootstrap:
            everything = np.arange(len(y))
            jobs = [(model, everything) for model in self._models()]
        else:
            jobs = [(self._unfitted(), bag) for bag in self._bags(y)]
        self.members_, self.bags_ = [], []
        for model, bag in jobs:
            self.members_.append(self._fit_member(model, X, y, weight, bag))
            self.bags_.append(bag)
        return self

    def _models(self):
        """One unfitted model a member, where all of them see all rows."""
        return self.estimators or [self._unfitted()] * self.n_estimators

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
        with torch_seed(member, self._seeded(self._rng)):
            member = fit_estimator(member, row_subset(X, bag), y[bag], bag_weight, self._rng)
        check_weights(self, member)
        return member

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
        with self._asking(self.members_[0]):
            return np.stack([self._respond(member, X) for member in self.members_])

    def _block_size(self):
        n_classes = 1 if self._is_regression() else len(self.classes_)
        return max(_N_ANSWERS // (n_classes * len(self.members_)), 1)

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
        answers, spoken = self._unseen_answers(X, y, sample_weight)
        uncertainty = np.full(len(y), np.nan)
        patterns, which = np.unique(spoken, axis=1, return_inverse=True)
        for k, speaks in enumerate(patterns.T):
            rows = which.ravel() == k
            if speaks.sum() >= 2:
                uncertainty[rows] = self._score(answers[speaks][:, rows])
        return fill_unknown(uncertainty)

    def fit_predict_members(self, X, y, sample_weight=None):
        """Fit, and give what members say of the rows fitted on that they have not seen.

        Where a member was fitted on a row, another one speaks in its place, all others in turn;
        where all were, they speak themselves.

        Parameters
        ----------
        X, y, sample_weight
            As in :meth:`fit`.

        Returns
        -------
        members : ndarray of shape (n_members, n_samples[, n_classes])
            As of :meth:`predict_members`.
        """
        answers, spoken = self._unseen_answers(X, y, sample_weight)
        n_speaking = spoken.sum(axis=0)
        turn = np.arange(len(answers))[:, None] % np.maximum(n_speaking, 1)
        speaker = np.take_along_axis(np.argsort(~spoken, axis=0, kind="stable"), turn, axis=0)
        members = answers[speaker, np.arange(answers.shape[1])]
        unknown = np.flatnonzero(n_speaking == 0)
        if len(unknown):
            members[:, unknown] = self.predict_members(row_subset(self._check_rows(X), unknown))
        return members

    def _unseen_answers(self, X, y, sample_weight):
        """What members say of rows they have not seen, NaN of others; and who speaks of whom."""
        self.fit(X, y, sample_weight)
        X, y, weight = self._check_labeled_rows(X, y, sample_weight)
        bagged = self.bootstrap and not self.estimators
        answers = self._out_of_bag(X, y) if bagged else self._members_out_of_fold(X, y, weight)
        return answers, ~np.isnan(answers.reshape(*answers.shape[:2], -1)).any(axis=2)

    def _out_of_bag(self, X, y):
        answers = self.predict_members(X)
        for k, bag in enumerate(self.bags_):
            answers[k, bag] = np.nan
        return answers

    def _members_out_of_fold(self, X, y, weight):
        n_classes = () if self._is_regression() else (len(self.classes_),)
        answers = np.full((len(self.members_), len(y), *n_classes), np.nan)
        stratify = not self._is_regression()
        seed = self._rng.randint(2**31 - 1)
        for train, test in folds(y, self.n_splits, stratify=stratify, random_state=seed):
            if stratify and len(np.unique(y[train])) < 2:
                continue
            for k, model in enumerate(self._models()):
                member = self._fit_member(model, X, y, weight, train)
                answers[k, test] = self._respond(member, row_subset(X, test))
        return answers
