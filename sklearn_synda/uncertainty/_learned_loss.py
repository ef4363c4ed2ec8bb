"""The loss a second model expects of the first."""

from numbers import Integral

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from sklearn_synda._columns import Columns, encode_table
from sklearn_synda._compatibility import check_response
from sklearn_synda._fitting import fit_estimator, seed_estimator, thawed
from sklearn_synda._labels import class_probabilities
from sklearn_synda._sklearn_compat import HasMethods, Interval, _fit_context
from sklearn_synda.acquisition import margin_score
from sklearn_synda.uncertainty._base import BaseUncertainty
from sklearn_synda.uncertainty._predictive import spread, states_spread

__all__ = ["LearnedLossUncertainty"]

_LEAST = 1e-3  # a class said to be less likely than this costs no more: the loss stays finite


class LearnedLossUncertainty(BaseUncertainty):
    r"""The loss that a second model expects of the first.

    The user's model is judged out of fold on its labelled rows, and a regressor learns the loss
    from the place of a row in the embedding and from what the model said of it. Larger = a
    larger loss is expected = less certain. The loss of row :math:`i` is

    .. math:: -\ln \max(p_{i y_i}, 0.001) \quad \text{or} \quad |y_i - f(x_i)|

    in nats for a classifier with the probability :math:`p_{i y_i}` of the true class (0 or 1
    for one that only votes), in target units for a regressor with the prediction
    :math:`f(x_i)`. It finds where a model is wrong and does not know it. Not with a few tens of
    rows, from which no second model learns: :class:`PredictiveUncertainty`. Nor where classes
    overlap and only rows that teach are wanted: a loss that no label cures is a loss, too.

    Parameters
    ----------
    estimator : estimator object, default=None
        The model; the meta-estimators put the user's own in the place of None. A
        :class:`~sklearn.frozen.FrozenEstimator` is used as it is for new rows, and refitted out
        of fold.
    regressor : estimator object, default=None
        What learns the loss. None is a forest of 50 trees with 5 rows a leaf.
    n_splits : int, default=3
        Folds on which the model is judged.
    random_state : int, RandomState instance or None, default=None
        Seed of the folds, and of the regressor where it has none.

    Attributes
    ----------
    estimator_ : estimator object
        The fitted model.
    regressor_ : estimator object
        The fitted regressor of the loss.
    classes_ : ndarray of shape (n_classes,)
        Classes (classification only).

    Notes
    -----
    :meth:`fit` costs ``n_splits + 1`` fits of the model, :meth:`fit_predict_uncertainty`
    ``n_splits`` times more. In the source the second model is a head on the layers of a net;
    here it is a model of its own, so that any estimator will do.

    References
    ----------
    Yoo & Kweon (2019), *Learning Loss for Active Learning*, :arxiv:`1905.03677`.

    Examples
    --------
    The target is known on the left and noise on the right:

    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from sklearn_synda.uncertainty import LearnedLossUncertainty
    >>> rng = np.random.default_rng(0)
    >>> X = np.linspace(-1, 1, 200)[:, None]
    >>> y = X[:, 0] + (X[:, 0] > 0) * rng.normal(size=200)
    >>> unsure = LearnedLossUncertainty(LinearRegression(), random_state=0).fit(X, y)
    >>> left, right = unsure.predict_uncertainty([[-0.5], [0.5]])
    >>> bool(right > 2 * left)
    True
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"]), None],
        "regressor": [HasMethods(["fit", "predict"]), None],
        "n_splits": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(self, estimator=None, *, regressor=None, n_splits=3, random_state=None):
        self.estimator = estimator
        self.regressor = regressor
        self.n_splits = n_splits
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None):
        """Fit the model, and the regressor of its loss.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Labelled rows.
        y : array-like of shape (n_samples,)
            Classes or values.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, for model and regressor.

        Returns
        -------
        self : object
        """
        check_response(self, self.estimator, "predict", "LearnedLossUncertainty(estimator)")
        X, y, weight = self._check_labeled_rows(X, y, sample_weight)
        rng = check_random_state(self.random_state)
        self.estimator_ = self._fit_model(X, y, weight, rng)
        if not self._is_regression():
            self.classes_ = np.union1d(y, self.estimator_.classes_)
        self.columns_ = Columns(X)
        said, loss = self._judge(X, y, weight, rng)
        judged = np.flatnonzero(~np.isnan(loss))
        regressor = seed_estimator(self._loss_regressor(len(judged)), rng)
        if len(judged) == 0:  # nothing is known of the loss: it is 1 everywhere
            judged, said, loss = np.arange(len(y)), np.zeros_like(said), np.ones(len(y))
        features = np.hstack([self._embed(X), said])[judged]
        weight = None if weight is None else weight[judged]
        self.regressor_ = fit_estimator(regressor, features, loss[judged], weight, rng)
        return self

    def _loss_regressor(self, n_judged):
        from sklearn.dummy import DummyRegressor
        from sklearn.ensemble import RandomForestRegressor

        if n_judged == 0:
            return DummyRegressor()
        if self.regressor is None:
            return RandomForestRegressor(50, min_samples_leaf=5)
        return clone(self.regressor)

    def _judge(self, X, y, weight, rng):
        """What the model says of its rows out of fold, and its loss; NaN where no fold judges."""
        answers = self._out_of_fold(X, y, weight, self._say, rng)
        said = np.full((len(y), answers[0][1].shape[1] if answers else 1), np.nan)
        for test, answer in answers:
            said[test] = answer
        if not answers:
            return said, np.full(len(y), np.nan)
        if self._is_regression():
            return said, np.abs(y.ravel().astype(np.float64) - said[:, 0])
        own = said[np.arange(len(y)), np.searchsorted(self.classes_, y.ravel())]
        return said, -np.log(np.clip(own, _LEAST, 1.0))

    def _say(self, estimator, X):
        """What a fitted model says of rows: class probabilities and margin, or value and spread."""
        with self._asking(estimator):
            return self._said(estimator, X)

    def _said(self, estimator, X):
        if not self._is_regression():
            proba = class_probabilities(estimator, X, self.classes_)
            return np.column_stack([proba, margin_score(proba)])
        said = [np.asarray(estimator.predict(X), dtype=np.float64).ravel()]
        if states_spread(estimator):
            said.append(spread(thawed(estimator), X))
        return np.column_stack(said)

    def _embed(self, X):
        return encode_table(X, self.columns_)

    def predict_uncertainty(self, X):
        """Expected loss of new rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows the model was not fitted on.

        Returns
        -------
        uncertainty : ndarray of shape (n_samples,)
            Larger = less certain; in nats, or in target units. Never below zero.
        """
        self._check_fitted()
        X = self._check_rows(X)
        features = np.hstack([self._embed(X), self._say(self.estimator_, X)])
        return np.maximum(np.asarray(self.regressor_.predict(features), np.float64).ravel(), 0.0)
