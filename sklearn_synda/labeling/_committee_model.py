"""The committee that labels made rows, as a model of its own."""

from abc import abstractmethod
from numbers import Integral, Real

import numpy as np
from scipy import sparse
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    RegressorMixin,
    is_classifier,
    is_regressor,
)
from sklearn.utils import get_tags
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from sklearn_synda._compatibility import check_part
from sklearn_synda._input import check_table
from sklearn_synda._labels import as_codes, as_values, group_codes, split_labeled
from sklearn_synda._rows import row_subset
from sklearn_synda._sklearn_compat import (
    Interval,
    StrOptions,
    _check_sample_weight,
    _fit_context,
)
from sklearn_synda.labeling._committee import CommitteeLabeler

__all__ = ["CommitteeClassifier", "CommitteeRegressor"]


class _BaseCommittee(BaseEstimator):
    """What the classifier and the regressor share: a fitted :class:`CommitteeLabeler`."""

    _parameter_constraints: dict = {
        "estimators": [list, tuple, StrOptions({"light"}), None],
        "n_splits": [Interval(Integral, 2, None, closed="left")],
        "pull": [Interval(Real, 0, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(self, estimators=None, *, n_splits=3, pull=1.0, random_state=None):
        self.estimators = estimators
        self.n_splits = n_splits
        self.pull = pull
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None, groups=None):
        """Fit the members fold by fold, then their weights.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,)
            Targets. Rows without one (NaN, None or pd.NA) are left out.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows; one of no weight is left out. A member that takes none learns
            from rows repeated by weight.
        groups : array-like of shape (n_samples,), default=None
            The group of each row; no fold cuts one.

        Returns
        -------
        self : object
        """
        self._check_members()
        X = self._check_rows(X, reset=True)
        y, row = self._check_labeled(X, y)
        had_missing = len(row) < len(y)
        if groups is not None:
            groups = group_codes(groups, len(y), f"{type(self).__name__}.fit")
        if sample_weight is not None:
            sample_weight = _check_sample_weight(
                sample_weight, X, dtype=np.float64, ensure_non_negative=True
            )
            row = self._check_weighted(row, sample_weight)
        targets = self._encode_targets(y[row], had_missing)
        self.committee_ = CommitteeLabeler(
            self.estimators, n_splits=self.n_splits, pull=self.pull,
            quantile=getattr(self, "quantile", None), random_state=self.random_state,
        )  # fmt: skip
        self.committee_._caller = type(self).__name__
        self.committee_.fit(
            X if len(row) == len(y) else row_subset(X, row),
            targets,
            None if sample_weight is None else sample_weight[row],
            None if groups is None else groups[row],
        )
        self.weights_ = self.committee_.weights_
        return self

    def _check_members(self):
        if self.estimators is None or isinstance(self.estimators, str):
            return
        name = type(self).__name__
        if not self.estimators:
            raise ValueError(
                f"The 'estimators' parameter of {name} must name at least one member. Got"
                f" {self.estimators!r} instead."
            )
        for member in self.estimators:
            check_part(self, "estimators", member, "fit", "predict")
            if not self._suits(member):
                kind, other = self._kinds
                raise TypeError(
                    f"{name} is not compatible with {type(member).__name__}: it needs members"
                    f" that are {kind}. Use {other} instead."
                )

    def _check_rows(self, X, *, reset=False):
        """A table with row access; names and number of features checked, values left alone.

        Dense rows are asked of a committee that was fitted on sparse ones as sparse ones, and
        the other way round.
        """
        X = check_table(self, X, reset=reset)
        if reset:
            self._container = type(X) if sparse.issparse(X) else None
        elif sparse.issparse(X) and self._container is None:
            return X.toarray()
        elif not sparse.issparse(X) and self._container is not None:
            return self._container(np.asarray(X))
        return X

    def _check_labeled(self, X, y):
        """Targets, and the positions of those that are given."""
        name = type(self).__name__
        if y is None:
            raise ValueError(
                f"This {name} estimator requires y to be passed, but the target y is None."
            )
        y, labeled = split_labeled(y, np.nan)
        check_consistent_length(X, y)
        if not labeled.any():
            raise ValueError(
                f"The 'y' parameter of {name}.fit must hold at least one label. Got {len(y)}"
                " unlabelled rows instead."
            )
        return y, np.flatnonzero(labeled)

    def _check_weighted(self, row, sample_weight):
        weighted = row[sample_weight[row] > 0]
        if not len(weighted):
            raise ValueError(
                f"The 'sample_weight' parameter of {type(self).__name__}.fit must hold at"
                " least one weight above zero among the labelled rows. Got zeros only instead."
            )
        return weighted

    @abstractmethod
    def _encode_targets(self, given, had_missing):
        """Targets as the labeler takes them: integers for classes, floats for values."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        own = self.estimators if isinstance(self.estimators, (list, tuple)) else ()
        members = [get_tags(m).input_tags for m in own if hasattr(m, "__sklearn_tags__")]
        for what in ("sparse", "allow_nan", "categorical", "string"):
            setattr(tags.input_tags, what, all(getattr(tag, what) for tag in members))
        return tags


class CommitteeClassifier(ClassifierMixin, _BaseCommittee):
    """Several different models fitted fold by fold, as one classifier.

    It says what :class:`CommitteeLabeler` says of new rows, digit by digit for the same
    ``random_state``: every member is fitted on folds, the members are weighted by their
    out-of-fold log-loss with a pull to equal weights, and the mixed probabilities are calibrated
    out of fold. Try it before a meta-estimator where you need no model of your own. Not where
    one model is to be read or deployed: a committee is about 20 fits without an ONNX file
    (:func:`~sklearn_synda.deploy.distill` makes a small model of it).

    Parameters
    ----------
    estimators : list of classifiers or "light", default=None
        The members; they see the rows as they came. None are seven fast and different
        scikit-learn models on the embedded table, which takes categories, missing values and
        sparse rows; "light" are four that take less time.
    n_splits : int, default=3
        Folds.
    pull : float, default=1.0
        Strength of the pull to equal weights, in rows: as if each member had explained so many
        rows more than it did.
    random_state : int, RandomState instance or None, default=None
        Seed of folds and members.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Classes.
    committee_ : CommitteeLabeler
        Fitted; it knows the classes by their position in ``classes_``.
    weights_ : ndarray of shape (n_members,)
        Weights of the members; they sum to one.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, where they are strings.

    See Also
    --------
    CommitteeRegressor : The same for values.
    CommitteeLabeler : The same as a labeler of made rows.

    References
    ----------
    Wolpert (1992), :doi:`10.1016/S0893-6080(05)80023-1`.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn_synda.labeling import CommitteeClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> committee = CommitteeClassifier("light", random_state=0)
    >>> bool(cross_val_score(committee, X, y, cv=3, scoring="roc_auc_ovr").mean() > 0.98)
    True
    """

    _suits = staticmethod(is_classifier)
    _kinds = ("classifiers", "CommitteeRegressor")

    def _encode_targets(self, given, had_missing):
        self.classes_, codes = as_codes(given, had_missing)
        return codes

    def predict_proba(self, X):
        """Class probabilities.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``.
        """
        check_is_fitted(self)
        return self.committee_.predict_proba(self._check_rows(X))

    def predict(self, X):
        """The likeliest class of each row.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : ndarray of shape (n_samples,)
        """
        check_is_fitted(self)
        return self.classes_[self.committee_.predict(self._check_rows(X))]


class CommitteeRegressor(RegressorMixin, _BaseCommittee):
    """Several different models fitted fold by fold, as one regressor.

    It says what :class:`CommitteeLabeler` says of new rows, digit by digit for the same
    ``random_state``: every member is fitted on folds, and the members are weighted by
    non-negative least squares out of fold with a pull to equal weights. Try it before a
    meta-estimator where you need no model of your own. Not where one model is to be read or
    deployed: a committee is about 20 fits without an ONNX file
    (:func:`~sklearn_synda.deploy.distill` makes a small model of it).

    Parameters
    ----------
    estimators : list of regressors or "light", default=None
        The members; they see the rows as they came. None are six fast and different
        scikit-learn models on the embedded table, which takes categories, missing values and
        sparse rows; "light" are three that take less time.
    n_splits : int, default=3
        Folds.
    pull : float, default=1.0
        Strength of the pull to equal weights, in rows: as if each member had explained so many
        rows more than it did.
    quantile : float in (0, 1), default=None
        Of the values, to predict; None is the mean.
    random_state : int, RandomState instance or None, default=None
        Seed of folds and members.

    Attributes
    ----------
    committee_ : CommitteeLabeler
        Fitted.
    weights_ : ndarray of shape (n_members,)
        Weights of the members; they sum to one.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, where they are strings.

    See Also
    --------
    CommitteeClassifier : The same for classes.
    CommitteeLabeler : The same as a labeler of made rows.

    References
    ----------
    Wolpert (1992), :doi:`10.1016/S0893-6080(05)80023-1`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn_synda.labeling import CommitteeRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> committee = CommitteeRegressor("light", random_state=0).fit(X[:100], y[:100])
    >>> bool(committee.score(X[100:], y[100:]) > 0.4)
    True
    >>> value, std = committee.predict(X[100:], return_std=True)
    >>> value.shape, std.shape
    ((342,), (342,))
    """

    _parameter_constraints: dict = {
        **_BaseCommittee._parameter_constraints,
        "quantile": CommitteeLabeler._parameter_constraints["quantile"],
    }
    _suits = staticmethod(is_regressor)
    _kinds = ("regressors", "CommitteeClassifier")

    def __init__(self, estimators=None, *, n_splits=3, pull=1.0, quantile=None, random_state=None):
        super().__init__(estimators, n_splits=n_splits, pull=pull, random_state=random_state)
        self.quantile = quantile

    @property
    def _aimed_quantile(self):
        return self.quantile

    def _encode_targets(self, given, had_missing):
        return as_values(given)

    def predict(self, X, return_std=False):
        r"""The value of each row.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.
        return_std : bool, default=False
            Whether to give the standard deviation, too: :math:`\sqrt{r^2 + v(x)}` with
            :math:`r` the committee's error out of fold (root mean square) and :math:`v` the
            weighted variance of what its members say of the row.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Values, or their quantile.
        y_std : ndarray of shape (n_samples,)
            In units of the target; only with ``return_std``.
        """
        check_is_fitted(self)
        X = self._check_rows(X)
        return self.committee_._predict_with_std(X) if return_std else self.committee_.predict(X)
