"""What a model's held-out errors allow it to claim of a row."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if

from sklearn_synda._columns import Columns, encode_table
from sklearn_synda._compatibility import check_response
from sklearn_synda._fitting import fit_estimator, seed_estimator, thawed
from sklearn_synda._folds import folds
from sklearn_synda._labels import class_probabilities
from sklearn_synda._rows import row_subset
from sklearn_synda._sklearn_compat import HasMethods, Interval, StrOptions, _fit_context
from sklearn_synda.uncertainty._base import BaseUncertainty
from sklearn_synda.uncertainty._out_of_fold import out_of_fold
from sklearn_synda.uncertainty._predictive import spread, states_spread

__all__ = ["ConformalUncertainty"]

_LEAST = 0.05  # no unit of error is smaller than this share of the median one


def _is_for(kind):
    def check(self):
        return self._is_regression() == (kind == "values")

    return check


def _weights_of(sample_weight, rows):
    return np.ones(np.size(rows)) if sample_weight is None else sample_weight[rows]


def _flat(y):
    return y.ravel().astype(np.float64)


class ConformalUncertainty(BaseUncertainty):
    r"""What a model's errors on held-out rows allow it to claim of a new row.

    Larger = less certain. For a regressor the width of the interval that holds the target with
    probability ``confidence_level``; for a classifier how many classes cannot be ruled out. The
    model may be of any kind and badly calibrated: what it says is only used to compare rows.
    Not with a few tens of rows, where the interval is that of the largest error; and not to find
    rows unlike all others: the promise is for rows drawn as the fitted ones were, and holds on
    average over them, not for each.

    Each held-out row has a score :math:`s_i`: how far off the model was.

    .. math:: s_i = 1 - p_{i y_i} \quad \text{or} \quad s_i = |y_i - f(x_i)| / u(x_i)

    with the unit of error :math:`u`: the spread the model states, or else what a regressor
    learnt of its absolute errors. A model with ``predict_quantiles`` is scored by
    :math:`\max(l(x_i) - y_i, y_i - h(x_i))` instead, :math:`l` and :math:`h` being its own
    interval. A new row's interval reaches as far as the :math:`\lceil (n + 1)\,
    \text{confidence}\rceil`-th smallest score. The p-value of a class is the share of scores, the
    row's own among them, no smaller than the score the row would have with that class.

    Parameters
    ----------
    estimator : estimator object, default=None
        The model; the meta-estimators put the user's own in the place of None. A
        :class:`~sklearn.frozen.FrozenEstimator` is used as it is for new rows where ``method``
        is "cross", and refitted out of fold.
    method : {"cross", "split"}, default="cross"
        "cross": scores out of fold, of models as many as ``n_splits``, stand for those of the
        model fitted on all rows. "split": the model is fitted without one of ``n_splits`` folds,
        which gives the scores; the promise is then exact, the model knows fewer rows.
    measure : {"level", "size"}, default="level"
        For classes: the second largest p-value, which is the smallest chance of error at which
        no more than one class is left, or the number of classes left at ``confidence_level``.
        Without meaning for a regressor.
    confidence_level : float, default=0.9
        Probability that the interval or set holds the target.
    regressor : estimator object, default=None
        What learns the unit of error of a regressor that states no spread. None is a forest of
        50 trees with 5 rows a leaf.
    n_splits : int, default=5
        Folds for the scores, and for the rows the model is fitted on.
    random_state : int, RandomState instance or None, default=None
        Seed of the folds, and of the regressor where it has none.

    Attributes
    ----------
    estimator_ : estimator object
        The fitted model.
    scores_ : ndarray of shape (n_scores,)
        Scores of the held-out rows, in ascending order.
    classes_ : ndarray of shape (n_classes,)
        Classes (classification only).

    Notes
    -----
    Weights of rows are weights of their scores; a new row's weight counts as the mean one.

    References
    ----------
    Vovk, Gammerman & Shafer (2005), :doi:`10.1007/b106715`; scores out of fold: Vovk (2015),
    :doi:`10.1007/s10472-013-9368-4`; errors in units: Lei et al. (2018),
    :doi:`10.1080/01621459.2017.1307116`; quantiles: Romano, Patterson & Candès (2019),
    :arxiv:`1905.03222`; sets of classes: Sadinle, Lei & Wasserman (2019),
    :doi:`10.1080/01621459.2017.1395341`; all of them: Angelopoulos & Bates (2021),
    :arxiv:`2107.07511`.

    Examples
    --------
    The target is known on the left and noise on the right:

    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from sklearn_synda.uncertainty import ConformalUncertainty
    >>> rng = np.random.default_rng(0)
    >>> X = np.linspace(-1, 1, 300)[:, None]
    >>> y = X[:, 0] + (0.1 + (X[:, 0] > 0)) * rng.normal(size=300)
    >>> unsure = ConformalUncertainty(LinearRegression(), random_state=0).fit(X[::2], y[::2])
    >>> left, right = unsure.predict_uncertainty([[-0.5], [0.5]])
    >>> bool(right > 3 * left)
    True
    >>> low, high = unsure.predict_interval(X[1::2]).T
    >>> bool(0.85 < np.mean((low <= y[1::2]) & (y[1::2] <= high)) < 0.95)
    True
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"]), None],
        "method": [StrOptions({"cross", "split"})],
        "measure": [StrOptions({"level", "size"})],
        "confidence_level": [Interval(Real, 0, 1, closed="neither")],
        "regressor": [HasMethods(["fit", "predict"]), None],
        "n_splits": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(self, estimator=None, *, method="cross", measure="level", confidence_level=0.9,
                 regressor=None, n_splits=5, random_state=None):  # fmt: skip
        self.estimator = estimator
        self.method = method
        self.measure = measure
        self.confidence_level = confidence_level
        self.regressor = regressor
        self.n_splits = n_splits
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None):
        """Fit the model, and score it on rows it has not seen.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Labelled rows.
        y : array-like of shape (n_samples,)
            Classes or values.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, for model, regressor and scores.

        Returns
        -------
        self : object
        """
        check_response(self, self.estimator, "predict", "ConformalUncertainty(estimator)")
        X, y, weight = self._check_labeled_rows(X, y, sample_weight)
        rng = check_random_state(self.random_state)
        if not self._is_regression():
            self.classes_ = np.unique(y)
        self.regressor_, self._least = None, 1.0
        judge = self._judge_split if self.method == "split" else self._judge_cross
        scores, score_weight = judge(X, y, weight, rng)
        order = np.argsort(scores, kind="stable")
        self.scores_, self._weights = scores[order], score_weight[order]
        return self

    def _judge_cross(self, X, y, weight, rng):
        """Scores out of fold, in the place of those of a model fitted on all rows."""
        self._fit_on(self.estimator, X, y, weight, rng)
        said, units = self._learn_unit(X, y, weight, rng)
        known = np.flatnonzero(~np.isnan(said[:, 0]))
        return self._score(said[known], y[known], units[known]), _weights_of(weight, known)

    def _judge_split(self, X, y, weight, rng):
        """Scores of one fold, of a model fitted on the others."""
        splits = folds(y, self.n_splits, stratify=not self._is_regression(),
                       random_state=rng.randint(2**31 - 1))  # fmt: skip
        train, test = splits[0] if splits else (np.arange(len(y)), np.arange(0))
        rows = row_subset(X, train)
        own = None if weight is None else weight[train]
        self._fit_on(self._unfitted(), rows, y[train], own, rng)
        if self._is_regression():
            self._learn_unit(rows, y[train], own, rng)
        if not len(test):
            return np.empty(0), np.empty(0)
        rows = row_subset(X, test)
        said = self._say(self.estimator_, rows)
        units = self._units(rows, said) if self._is_regression() else None
        return self._score(said, y[test], units), _weights_of(weight, test)

    def _fit_on(self, estimator, X, y, weight, rng):
        self.estimator_ = self._fit_model(X, y, weight, rng, estimator=estimator)
        if not self._is_regression():
            self.classes_ = np.union1d(self.classes_, self.estimator_.classes_)

    def _say(self, estimator, X):
        """Class probabilities; or both ends of what a model claims, and its unit of error."""
        with self._asking(estimator):
            if self._is_regression():
                return self._say_values(thawed(estimator), X)
            return class_probabilities(estimator, X, self.classes_)

    def _say_values(self, model, X):
        if hasattr(model, "predict_quantiles"):
            tail = (1 - self.confidence_level) / 2
            ends = np.asarray(model.predict_quantiles(X, quantiles=[tail, 1 - tail]))
            return np.column_stack([ends, np.ones(len(ends))])
        value = np.asarray(model.predict(X), dtype=np.float64).ravel()
        unit = spread(model, X) if states_spread(model) else np.full(len(value), np.nan)
        return np.column_stack([value, value, unit])

    def _learn_unit(self, X, y, weight, rng):
        """What is said of the rows out of fold, and their units of error, out of fold as well."""
        said = np.full((len(y), 3 if self._is_regression() else len(self.classes_)), np.nan)
        for test, answer in self._out_of_fold(X, y, weight, self._say, rng):
            said[test] = answer
        known = np.flatnonzero(~np.isnan(said[:, 0]))
        if not self._is_regression() or not len(known):
            return said, np.ones(len(y))
        if np.isnan(said[known, 2]).any():
            self._learn_errors(X, y, weight, said, known, rng)
        self._least = _LEAST * float(np.median(said[known, 2])) or 1.0
        return said, np.maximum(said[:, 2], self._least)

    def _learn_errors(self, X, y, weight, said, known, rng):
        """Fit the regressor of the errors; fill the units in with what it says out of fold."""
        from sklearn.ensemble import RandomForestRegressor

        given = self.regressor is not None
        model = clone(self.regressor) if given else RandomForestRegressor(50, min_samples_leaf=5)
        model = seed_estimator(model, rng)
        self.columns_ = Columns(X)
        points, errors = encode_table(X, self.columns_)[known], np.abs(_flat(y) - said[:, 0])[known]
        said[known, 2] = np.median(errors)
        weight = None if weight is None else weight[known]
        for test, unit in out_of_fold(
            model, points, errors, lambda fitted, rows, _: np.ravel(fitted.predict(rows)),
            n_splits=self.n_splits, stratify=False, sample_weight=weight,
            random_state=rng.randint(2**31 - 1),
        ):  # fmt: skip
            said[known[test], 2] = unit
        self.regressor_ = fit_estimator(model, points, errors, weight, rng)

    def _units(self, X, said):
        if self.regressor_ is None:
            units = np.nan_to_num(said[:, 2], nan=1.0)
        else:
            units = np.ravel(self.regressor_.predict(encode_table(X, self.columns_)))
        return np.maximum(units, self._least)

    def _score(self, said, y, units):
        if self._is_regression():
            y = _flat(y)
            return np.maximum(said[:, 0] - y, y - said[:, 1]) / units
        return 1.0 - said[np.arange(len(y)), np.searchsorted(self.classes_, y.ravel())]

    def _reach(self):
        """The score that a new row's does not exceed, with the confidence asked for."""
        if not len(self.scores_):
            return np.inf
        total = self._weights.sum() + self._weights.mean()
        k = np.searchsorted(np.cumsum(self._weights) / total, self.confidence_level - 1e-12)
        return self.scores_[k] if k < len(self.scores_) else np.inf

    def _p_values(self, X):
        """Share of scores no smaller than that of each class, the row's own among them."""
        scores = 1.0 - self._say(self.estimator_, X)
        own = self._weights.mean() if len(self._weights) else 1.0
        above = np.append(np.cumsum(self._weights[::-1])[::-1], 0.0)
        found = above[np.searchsorted(self.scores_, scores, side="left")]
        return (found + own) / (self._weights.sum() + own)

    @available_if(_is_for("values"))
    def predict_interval(self, X):
        """The interval that holds the target with the confidence asked for.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows the model was not fitted on.

        Returns
        -------
        interval : ndarray of shape (n_samples, 2)
            Lower and upper end, in target units; infinite where the scores are too few for the
            confidence.
        """
        self._check_fitted()
        X = self._check_rows(X)
        said = self._say(self.estimator_, X)
        reach = self._reach() * self._units(X, said)
        low, high = said[:, 0] - reach, said[:, 1] + reach
        middle = (low + high) / 2 if np.isfinite(reach).all() else low
        crossed = low > high
        return np.column_stack([np.where(crossed, middle, low), np.where(crossed, middle, high)])

    @available_if(_is_for("classes"))
    def predict_set(self, X):
        """The classes that cannot be ruled out with the confidence asked for.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows the model was not fitted on.

        Returns
        -------
        is_left : bool ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``. May be empty for a row like no other.
        """
        self._check_fitted()
        return self._p_values(self._check_rows(X)) > 1 - self.confidence_level + 1e-12

    def predict_uncertainty(self, X):
        """Uncertainty of new rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows the model was not fitted on.

        Returns
        -------
        uncertainty : ndarray of shape (n_samples,)
            Larger = less certain: a p-value, a number of classes, or a width in target units
            (that of the largest score where the interval is infinite).
        """
        self._check_fitted()
        X = self._check_rows(X)
        if self._is_regression():
            said, reach = self._say(self.estimator_, X), self._reach()
            if not np.isfinite(reach):
                reach = self.scores_[-1] if len(self.scores_) else 1.0
            return np.maximum(said[:, 1] - said[:, 0] + 2 * reach * self._units(X, said), 0.0)
        if self.measure == "size":
            return self.predict_set(X).sum(axis=1).astype(np.float64)
        values = np.sort(self._p_values(X), axis=1)
        return values[:, -2] if values.shape[1] > 1 else np.zeros(len(values))
