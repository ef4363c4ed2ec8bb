"""Soft labels of a committee of different models."""

from numbers import Integral, Real

import numpy as np
from sklearn.linear_model import QuantileRegressor
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from sklearn_synda._columns import Columns, as_table
from sklearn_synda._rows import is_classification
from sklearn_synda._sklearn_compat import Interval, StrOptions, _check_sample_weight
from sklearn_synda.acquisition import mutual_information_score
from sklearn_synda.labeling._base import BaseLabeler
from sklearn_synda.labeling._cross_fit import CrossFit
from sklearn_synda.labeling._members import default_members
from sklearn_synda.labeling._stacking import fit_proba_weights, fit_temperature, fit_value_weights

__all__ = ["CommitteeLabeler"]

_MAX_ERRORS = 2000  # through which the line of a quantile is drawn: its time grows faster than they


class CommitteeLabeler(BaseLabeler):
    """Class probabilities, or values, of several different models fitted fold by fold.

    Every member is fitted on folds; a made row is labelled by the mean of all these fits, or only
    by those without its closer parent. Members are weighted by their out-of-fold log-loss
    (squared error for values), with a pull to equal weights. What the user's model learns from
    the made rows is what the committee knows: where the model alone is the best of all, nothing
    is gained. Trust is one minus the normalised disagreement of the members.

    Parameters
    ----------
    estimators : list of estimators or "light", default=None
        The members; they see the rows as they came. None are six or seven fast and different
        scikit-learn models on the embedded table; "light" are three or four that take less time.
    n_splits : int, default=3
        Folds.
    n_candidates : int, default=3
        Rows made and labelled for each row kept: of so many, the meta-estimators keep the one
        on which their model and the committee disagree most. 1 keeps what is made.
    speakers : {"all", "unseen"}, default="all"
        Which fits label a made row: all, or those alone that did not see its closer parent. A
        fit that saw the parent is surer near it than it should be; but with few rows, one fit
        alone may know less than the mean of several.
    pull : float, default=1.0
        Strength of the pull to equal weights, in rows: as if each member had explained so many
        rows more than it did.
    quantile : float in (0, 1), default=None
        Values are this quantile of what the committee expects: its mean, moved by that quantile
        of its errors out of fold (in standard deviations, a straight line over the mean, which
        ``pull`` makes flatter). None is the mean; a meta-estimator whose model is one of a
        quantile sets that. Not for classes.
    random_state : int, RandomState instance or None, default=None
        Seed of folds and members.

    Attributes
    ----------
    weights_ : ndarray of shape (n_members,)
        Weights of the members; they sum to one.
    temperature_ : float
        Exponent ``1 / temperature_`` of the mixed probabilities (classification).
    classes_ : ndarray of shape (n_classes,)
        Classes (classification).

    References
    ----------
    Bucila et al. (2006), :doi:`10.1145/1150402.1150464`; Fakoor et al. (2020),
    :arxiv:`2006.14284`; out-of-fold labels: :arxiv:`2605.18654`; quantiles: Koenker & Bassett
    (1978), :doi:`10.2307/1913643`.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_synda.labeling import CommitteeLabeler
    >>> X, y = load_iris(return_X_y=True)
    >>> committee = CommitteeLabeler(random_state=0).fit(X[::3], y[::3])
    >>> float((committee.predict(X) == y).mean()) > 0.9
    True
    """

    _caller = "CommitteeLabeler"  # who warns where rows are repeated

    _parameter_constraints: dict = {
        "estimators": [list, tuple, StrOptions({"light"}), None],
        "n_splits": [Interval(Integral, 2, None, closed="left")],
        "n_candidates": [Interval(Integral, 1, None, closed="left")],
        "speakers": [StrOptions({"all", "unseen"})],
        "pull": [Interval(Real, 0, None, closed="left")],
        "quantile": [Interval(Real, 0, 1, closed="neither"), None],
        "random_state": ["random_state"],
    }

    def __init__(self, estimators=None, *, n_splits=3, n_candidates=3, speakers="all",
                 pull=1.0, quantile=None, random_state=None):  # fmt: skip
        self.estimators = estimators
        self.n_splits = n_splits
        self.n_candidates = n_candidates
        self.speakers = speakers
        self.pull = pull
        self.quantile = quantile
        self.random_state = random_state

    def fit(self, X, y, sample_weight=None, groups=None):
        """Fit the members fold by fold, then their weights.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Labelled rows.
        y : array-like of shape (n_samples,)
            Float values, or classes.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows; a member that takes none learns from rows repeated by weight.
        groups : array-like of shape (n_samples,), default=None
            The group of each row; no fold cuts one, so that members are weighted by what they
            know of groups they have not met.

        Returns
        -------
        self : object
        """
        self._validate_params()
        X, y = as_table(X), np.asarray(y)
        rng = check_random_state(self.random_state)
        self.columns_ = None
        own = not (self.estimators is None or isinstance(self.estimators, str))
        self.classes_, targets = None, y
        if is_classification(y):
            self.classes_, targets = np.unique(y, return_inverse=True)
        if not own:
            self.columns_ = Columns(X)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, y, dtype=np.float64)
        rows, targets = self._see(X), self._scale(targets, sample_weight)
        n_classes = None if self.classes_ is None else len(self.classes_)
        light = self.estimators is not None
        size = (len(y), rows.shape[1], n_classes)
        models = self.estimators if own else default_members(*size, light=light)
        codes = None if n_classes is None else np.arange(n_classes)
        caller = self._caller if own else None  # its own members' business is nobody's
        self.cross_fit_ = CrossFit(models, self.n_splits, rng, caller)
        self.cross_fit_.fit(rows, targets, sample_weight, codes, groups)
        self._fit_weights(targets, sample_weight)
        return self

    def _see(self, X):
        """Rows as the members see them."""
        if self.columns_ is None:
            return X
        return self.columns_.to_embedding(self.columns_.to_cells(X))

    def _scale(self, y, sample_weight):
        if self.classes_ is not None:
            return y
        if sample_weight is None:
            self.mean_, spread = y.mean(), y.std()
        else:
            self.mean_ = np.average(y, weights=sample_weight)
            spread = np.sqrt(np.average((y - self.mean_) ** 2, weights=sample_weight))
        self.scale_ = max(spread, np.finfo(float).tiny)
        return (y - self.mean_) / self.scale_

    def _fit_weights(self, targets, sample_weight):
        answers = self.cross_fit_.out_of_fold_
        if self.classes_ is None:
            self.weights_ = fit_value_weights(answers, targets, self.pull, sample_weight)
            mixed = np.tensordot(self.weights_, answers, 1)
            errors = targets - mixed
            self.residual_ = np.sqrt(np.average(errors**2, weights=sample_weight))
            if self.quantile is not None:
                self._fit_line(mixed, errors / self._std(answers), sample_weight)
            return
        self.weights_ = fit_proba_weights(answers, targets, self.pull, sample_weight)
        mixed = np.tensordot(self.weights_, answers, 1)
        self.temperature_ = fit_temperature(mixed, targets, sample_weight)

    def _fit_line(self, mixed, errors, sample_weight):
        """How many standard deviations the quantile is from the mean: a line over the mean.

        A flat one is worth ``pull`` rows; it ends where the mean ended out of fold.
        """
        weight = np.ones(len(errors)) if sample_weight is None else sample_weight
        rows = np.flatnonzero(weight > 0)
        if len(rows) > _MAX_ERRORS:
            rows = np.random.RandomState(0).choice(rows, _MAX_ERRORS, replace=False)
        self.line_range_ = mixed[rows].min(), mixed[rows].max()
        line = QuantileRegressor(quantile=self.quantile, alpha=self.pull / len(rows))
        self.line_ = line.fit(mixed[rows, None], errors[rows], weight[rows] / weight[rows].mean())

    def _mix(self, answers):
        mixed = np.tensordot(self.weights_, answers, 1)
        if self.classes_ is None:
            if self.quantile is not None:
                shift = self.line_.predict(np.clip(mixed, *self.line_range_)[:, None])
                mixed = mixed + shift * self._std(answers)
            return mixed * self.scale_ + self.mean_
        mixed = mixed ** (1 / self.temperature_)
        return mixed / mixed.sum(axis=1, keepdims=True)

    def _spread(self, answers):
        """Weighted variance of the members, in units of the target's."""
        center = np.tensordot(self.weights_, answers, 1)
        return np.tensordot(self.weights_, (answers - center) ** 2, 1)

    def _std(self, answers):
        """Standard deviation of a value around the mean: error out of fold and spread."""
        std = np.sqrt(self.residual_**2 + self._spread(answers))
        return np.maximum(std, np.finfo(float).tiny)

    def _predict_with_std(self, X):
        """Values, and their standard deviations, in units of the target."""
        answers = self.cross_fit_.predict(self._see(as_table(X)))
        return self._mix(answers), self.scale_ * self._std(answers)

    def predict_proba(self, X):
        """Class probabilities of the whole committee, for rows it has not seen.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
        """
        check_is_fitted(self, "weights_")
        return self._mix(self.cross_fit_.predict(self._see(as_table(X))))

    def predict(self, X):
        """Class or value the whole committee predicts, for rows it has not seen.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : ndarray of shape (n_samples,)
        """
        check_is_fitted(self, "weights_")
        mixed = self._mix(self.cross_fit_.predict(self._see(as_table(X))))
        return mixed if self.classes_ is None else self.classes_[mixed.argmax(axis=1)]

    def label(self, batch):
        """Label a batch.

        Parameters
        ----------
        batch : SyntheticBatch
            Rows with parents.

        Returns
        -------
        batch : SyntheticBatch
            With ``proba`` (classes), ``y`` and ``trust``.
        """
        check_is_fitted(self, "weights_")
        fold = self.cross_fit_.parent_fold(batch) if self.speakers == "unseen" else None
        answers = self.cross_fit_.predict(self._see(batch.X), fold)
        mixed = self._mix(answers)
        if self.classes_ is None:
            spread = self._spread(answers)
            return batch.label(label_source="CommitteeLabeler", y=mixed, trust=1 / (1 + spread))
        doubt = mutual_information_score(answers) / np.log(max(len(self.classes_), 2))
        return batch.label(
            label_source="CommitteeLabeler", proba=mixed, classes=self.classes_, trust=1 - doubt
        )
