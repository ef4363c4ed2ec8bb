"""The doubt a model states itself."""

from inspect import signature
from numbers import Integral

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_random_state

from sklearn_synda._compatibility import check_response
from sklearn_synda._fitting import thawed
from sklearn_synda._sklearn_compat import HasMethods, Interval, StrOptions, _fit_context
from sklearn_synda.acquisition import entropy_score, least_confident_score, margin_score
from sklearn_synda.uncertainty._base import BaseUncertainty
from sklearn_synda.uncertainty._out_of_fold import fill_unknown

__all__ = ["STATED", "PredictiveUncertainty", "check_stated", "spread", "states_spread"]

STATED = {
    "entropy": entropy_score,
    "margin": margin_score,
    "least_confident": least_confident_score,
}


def _has_return_std(estimator):
    predict = getattr(type(estimator), "predict", None)
    return predict is not None and "return_std" in signature(predict).parameters


def states_spread(estimator):
    """Whether a regressor, fitted or not, can state the spread of its predictions."""
    estimator = thawed(estimator)
    return (
        _has_return_std(estimator)
        or hasattr(estimator, "predict_quantiles")
        or (hasattr(estimator, "bootstrap") and hasattr(estimator, "n_estimators"))
    )


def spread(estimator, X):
    """Standard deviation of the predictions, in target units."""
    if isinstance(X, np.ndarray) and X.dtype == object:
        X = X.astype(np.float64)
    if _has_return_std(estimator):
        return np.asarray(estimator.predict(X, return_std=True)[1], dtype=np.float64)
    if hasattr(estimator, "predict_quantiles"):
        low, high = np.asarray(estimator.predict_quantiles(X, quantiles=[0.16, 0.84])).T
        return (high - low) / 2
    return np.std([member.predict(rows) for member, rows in _members_of(estimator, X)], axis=0)


def _members_of(estimator, X):
    """The members of a bagged model, each with the rows as it knows them: in its own columns."""
    cells = X if isinstance(X, np.ndarray) or hasattr(X, "tocsr") else np.asarray(X)
    features = getattr(estimator, "estimators_features_", None)
    for k, member in enumerate(estimator.estimators_):
        yield member, cells if features is None else cells[:, features[k]]


def check_stated(caller, estimator, is_regression):
    """Raise unless a model states its own doubt."""
    if not is_regression:
        check_response(caller, estimator, "predict_proba", "CommitteeUncertainty")
    elif not states_spread(estimator):
        check_response(caller, estimator, "predict(X, return_std=True)", "CommitteeUncertainty")


class PredictiveUncertainty(BaseUncertainty):
    """How unsure a model says it is.

    For a classifier a score of its class probabilities; for a regressor the standard deviation
    it states: ``predict(X, return_std=True)`` (Gaussian process, Bayesian ridge), half the
    distance of the 16 % and 84 % quantiles (``predict_quantiles``), or the spread of the trees
    of a forest. Larger = less certain. Not for a model that is badly calibrated on purpose or
    states no spread: :class:`CommitteeUncertainty` asks several fits instead.

    Parameters
    ----------
    estimator : estimator object, default=None
        The model; the meta-estimators put the user's own in the place of None. A
        :class:`~sklearn.frozen.FrozenEstimator` is used as it is for new rows, and refitted out
        of fold for its own.
    measure : {"margin", "entropy", "least_confident"}, default="margin"
        Score of class probabilities (:mod:`sklearn_synda.acquisition`). Without meaning for a
        regressor.
    n_splits : int, default=3
        Folds for the rows the model is fitted on.
    random_state : int, RandomState instance or None, default=None
        Seed of the folds, and of the training where the model is a net. None: a net draws from
        torch's own stream.

    Attributes
    ----------
    estimator_ : estimator object
        The fitted model.

    References
    ----------
    Lewis & Gale (1994), :doi:`10.1007/978-1-4471-2099-5_1`.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn_synda.uncertainty import PredictiveUncertainty
    >>> X, y = load_iris(return_X_y=True)
    >>> unsure = PredictiveUncertainty(LogisticRegression(max_iter=500)).fit(X, y)
    >>> unsure.predict_uncertainty(X[:2]).round(2)
    array([0.04, 0.06])
    """

    _speaks_of_proba = True  # of its estimator_'s: gradients through that one explain it

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"]), None],
        "measure": [StrOptions(set(STATED))],
        "n_splits": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(self, estimator=None, *, measure="margin", n_splits=3, random_state=None):
        self.estimator = estimator
        self.measure = measure
        self.n_splits = n_splits
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None):
        """Fit the model.

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
        check_response(self, self.estimator, "predict", "PredictiveUncertainty(estimator)")
        check_stated(self, thawed(self.estimator), self._is_regression())
        X, y, weight = self._check_labeled_rows(X, y, sample_weight)
        self.estimator_ = self._fit_model(X, y, weight, check_random_state(self.random_state))
        return self

    def predict_uncertainty(self, X):
        """Uncertainty of new rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows the model was not fitted on.

        Returns
        -------
        uncertainty : ndarray of shape (n_samples,)
            Larger = less certain.
        """
        self._check_fitted()
        return self._respond(self.estimator_, self._check_rows(X))

    def _respond(self, estimator, X):
        with self._asking(estimator):
            if self._is_regression():
                return spread(thawed(estimator), X)
            return STATED[self.measure](estimator.predict_proba(X))

    def fit_predict_uncertainty(self, X, y, sample_weight=None):
        """Fit, and give the out-of-fold uncertainty of the rows fitted on.

        A bagged model (``estimators_samples_``: forests, bagging) answers with those of its
        members that did not see the row; any other is refitted on ``n_splits`` folds.

        Parameters
        ----------
        X, y, sample_weight
            As in :meth:`fit`.

        Returns
        -------
        uncertainty : ndarray of shape (n_samples,)
            Larger = less certain. Rows that no fold could judge (fewer than two rows or
            classes) get the largest value found, 1 if there is none.
        """
        self.fit(X, y, sample_weight)
        X, y, weight = self._check_labeled_rows(X, y, sample_weight)
        uncertainty = np.full(len(y), np.nan)
        oob = self._out_of_bag(X, len(y))
        if oob is not None:
            uncertainty = oob
        else:
            rng = check_random_state(self.random_state)
            for test, response in self._out_of_fold(X, y, weight, self._respond, rng):
                uncertainty[test] = response
        return fill_unknown(uncertainty)

    def _out_of_bag(self, X, n_samples):
        """Uncertainty out of bag, None where the model has no bags of these very rows."""
        model = self.estimator_
        bags = getattr(model, "estimators_samples_", None)
        is_bagged = bags and getattr(model, "bootstrap", True)
        if isinstance(model, FrozenEstimator) or not is_bagged:
            return None  # a frozen model's bags are of the rows it was fitted on
        if not (isinstance(X, np.ndarray) or hasattr(X, "tocsr") or _all_numbers(X)):
            return None
        shape = () if self._is_regression() else (len(model.classes_),)
        total, square, count = np.zeros((n_samples, *shape)), 0.0, np.zeros(n_samples)
        origin = None  # values are taken from here: their squares keep their digits
        for (member, rows), bag in zip(_members_of(model, X), bags, strict=True):
            out = np.ones(n_samples, dtype=bool)
            out[bag] = False
            value = self._value(member, rows, shape)
            if value is None:
                return None
            if self._is_regression():
                origin = value.mean() if origin is None else origin
                value = value - origin
            out_ = out if value.ndim == 1 else out[:, None]
            total, square, count = total + value * out_, square + value**2 * out_, count + out
        if (count == 0).any():
            return None
        if self._is_regression():
            return np.sqrt(np.maximum(square / count - (total / count) ** 2, 0.0))
        return STATED[self.measure](total / count[:, None])

    @staticmethod
    def _value(member, rows, shape):
        """What a member of a bagged model says, None where it only votes."""
        if not shape:
            return member.predict(rows)
        if not hasattr(member, "predict_proba"):
            return None
        proba = np.zeros((rows.shape[0], *shape))
        proba[:, member.classes_.astype(np.intp)] = member.predict_proba(rows)  # they know codes
        return proba


def _all_numbers(X):
    """Whether the cells of a frame are an array of numbers."""
    return np.asarray(X[:1] if not hasattr(X, "iloc") else X.iloc[:1]).dtype.kind in "iufb"
