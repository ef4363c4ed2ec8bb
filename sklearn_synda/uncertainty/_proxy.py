"""A cheap model that learns what a costly one says."""

import warnings
from numbers import Integral

import numpy as np
from scipy.special import softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from sklearn_synda._columns import Columns, encode_table
from sklearn_synda._fitting import seed_estimator, thawed
from sklearn_synda._labels import class_probabilities
from sklearn_synda._nets import torch_seed
from sklearn_synda._rows import row_subset
from sklearn_synda._sklearn_compat import HasMethods, Interval, StrOptions, _fit_context
from sklearn_synda.uncertainty._base import BaseUncertainty
from sklearn_synda.uncertainty._int8 import Int8Net
from sklearn_synda.uncertainty._predictive import STATED, check_stated, spread

__all__ = ["ProxyUncertainty"]

_LEAST = 1e-3  # probabilities below it are alike to the proxy
_N_NEIGHBORS = 5
_MIXING = 0.2  # of a Beta distribution: most shares are close to 0 or 1


class ProxyUncertainty(BaseUncertainty):
    r"""What a cheap model, taught by a costly one, makes of rows.

    The costly model is asked once, about ``n_rows`` rows between the labelled ones; a regressor
    learns its class probabilities (the logarithm of its spread) from the place of a row in the
    embedding, and answers from then on. Larger = less certain. For large pools and models that
    are slow to predict; the model itself is fitted as ever. Not where the model is fast: a
    linear model or a single tree is faster than any proxy; nor where many columns are noise, which
    a small net does not learn to pass over from ``n_rows`` rows; nor far from all labelled rows,
    where it was taught nothing.

    A class probability :math:`p_c` is learnt as :math:`\ln \max(p_c, 0.001)` less its mean over
    the classes, by least squares.

    Parameters
    ----------
    estimator : estimator object, default=None
        The model; the meta-estimators put the user's own in the place of None. A
        :class:`~sklearn.frozen.FrozenEstimator` is asked as it is for new rows, and refitted
        out of fold for its own. A regressor has to state its spread, as in
        :class:`PredictiveUncertainty`.
    proxy : estimator object, default=None
        A regressor of several targets. None is a
        :class:`~sklearn.neural_network.MLPRegressor` with two hidden layers of 50; a skorch net
        will do.
    measure : {"margin", "entropy", "least_confident"}, default="margin"
        Score of class probabilities (:mod:`sklearn_synda.acquisition`). Without meaning for a
        regressor.
    n_rows : int, default=2000
        How many rows the model is asked about.
    quantize : bool, default=False
        Keep the proxy's weights as 8-bit integers: it is a quarter of the size, and no faster.
        For an ``MLPRegressor``.
    n_splits : int, default=3
        Folds for the rows the model is fitted on.
    random_state : int, RandomState instance or None, default=None
        Seed of rows, folds, and of the proxy where it has none.

    Attributes
    ----------
    estimator_ : estimator object
        The fitted model.
    proxy_ : estimator object
        The fitted proxy; :class:`Int8Net` where it was quantised.
    classes_ : ndarray of shape (n_classes,)
        Classes (classification only).

    Notes
    -----
    A row it is taught on is mixed of a labelled row and one of the five nearest to it, cell by
    cell: most cells are close to those of one of the two, categories are of either. On its own
    rows a model is surer than on new ones, and they would teach the proxy that; rows half-way
    between two have less noise than real ones. The default proxy is not a torch net, so that the
    answer is the same whether torch is installed or not.

    References
    ----------
    Distillation: Hinton, Vinyals & Dean (2015), :arxiv:`1503.02531`; proxies in active
    learning: Coleman et al. (2020), :arxiv:`1906.11829`.

    Examples
    --------
    >>> from scipy.stats import spearmanr
    >>> from sklearn.datasets import make_moons
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn_synda.uncertainty import PredictiveUncertainty, ProxyUncertainty
    >>> X, y = make_moons(200, noise=0.25, random_state=0)
    >>> forest = RandomForestClassifier(20, min_samples_leaf=3, random_state=0)
    >>> cheap = ProxyUncertainty(forest, random_state=0).fit(X[::2], y[::2])
    >>> costly = PredictiveUncertainty(forest).fit(X[::2], y[::2])
    >>> answers = [unsure.predict_uncertainty(X[1::2]) for unsure in (cheap, costly)]
    >>> bool(spearmanr(*answers).statistic > 0.8)
    True
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"]), None],
        "proxy": [HasMethods(["fit", "predict"]), None],
        "measure": [StrOptions(set(STATED))],
        "n_rows": [Interval(Integral, 1, None, closed="left")],
        "quantize": ["boolean"],
        "n_splits": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(self, estimator=None, *, proxy=None, measure="margin", n_rows=2000,
                 quantize=False, n_splits=3, random_state=None):  # fmt: skip
        self.estimator = estimator
        self.proxy = proxy
        self.measure = measure
        self.n_rows = n_rows
        self.quantize = quantize
        self.n_splits = n_splits
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None):
        """Fit the model, ask it about rows between these, and teach the proxy.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Labelled rows.
        y : array-like of shape (n_samples,)
            Classes or values.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows: of the model's, and of those the proxy is taught around.

        Returns
        -------
        self : object
        """
        check_stated(self, thawed(self.estimator), self._is_regression())
        X, y, weight = self._check_labeled_rows(X, y, sample_weight)
        rng = check_random_state(self.random_state)
        self.estimator_ = self._fit_model(X, y, weight, rng)
        if not self._is_regression():
            self.classes_ = np.union1d(y, self.estimator_.classes_)
        self.columns_ = Columns(X)
        rows = self._rows_between(X, weight, rng)
        self.proxy_ = self._teach(encode_table(rows, self.columns_), self._ask(rows), rng)
        return self

    def _rows_between(self, X, weight, rng):
        """Rows with the cells of a row and of one of its nearest, in the user's container."""
        from sklearn.neighbors import NearestNeighbors

        points = encode_table(X, self.columns_)
        chance = None if weight is None else weight / weight.sum()
        first = rng.choice(len(points), size=self.n_rows, p=chance)
        if self.columns_.is_wide:  # their cells stay sparse: the rows as they are
            return row_subset(X, first)
        if len(points) == 1:
            return row_subset(X, first)
        near = NearestNeighbors(n_neighbors=min(_N_NEIGHBORS, len(points) - 1)).fit(points)
        neighbors = near.kneighbors(return_distance=False)  # of others: no row is its own
        second = neighbors[first, rng.randint(neighbors.shape[1], size=self.n_rows)]
        cells = self.columns_.to_cells(X)
        share = rng.beta(_MIXING, _MIXING, size=(self.n_rows, cells.shape[1]))
        share = np.where(self.columns_.is_categorical, np.round(share), share)
        one, other = cells[first], cells[second]
        mixed = np.where(  # a missing value is one or the other, as a category is
            np.isnan(one) | np.isnan(other), np.where(share < 0.5, one, other),
            one + share * (other - one),
        )  # fmt: skip
        return self.columns_.to_table(self.columns_.legal(mixed))

    def _ask(self, X):
        """What the proxy learns: ndarray of shape (n_rows, n_targets)."""
        with self._asking(self.estimator_):
            return self._said(X)

    def _said(self, X):
        if self._is_regression():
            stated = spread(thawed(self.estimator_), X)
            return np.log(np.maximum(stated, 1e-6 * max(float(stated.max()), 1e-12)))[:, None]
        proba = class_probabilities(self.estimator_, X, self.classes_)
        logits = np.log(np.maximum(proba, _LEAST))
        return logits - logits.mean(axis=1, keepdims=True)

    def _teach(self, points, targets, rng):
        from sklearn.neural_network import MLPRegressor

        model = MLPRegressor(hidden_layer_sizes=(50, 50), learning_rate_init=0.01)
        model = seed_estimator(model if self.proxy is None else self.proxy, rng)
        self._center, self._scale = targets.mean(axis=0), targets.std(axis=0)
        self._scale[self._scale < 1e-12] = 1.0
        targets = (targets - self._center) / self._scale
        targets = targets.ravel() if targets.shape[1] == 1 else targets
        with warnings.catch_warnings(), torch_seed(model, self._seeded(rng)):
            warnings.simplefilter("ignore", ConvergenceWarning)  # it is cheap by intent
            model.fit(points.astype(np.float32), targets.astype(np.float32))
        if not self.quantize:
            return model
        if not hasattr(model, "coefs_"):
            raise TypeError(
                f"ProxyUncertainty(quantize=True) is not compatible with {type(model).__name__}:"
                f" it needs 'coefs_'; {type(model).__name__} has none. Use MLPRegressor instead."
            )
        return Int8Net.of(model)

    def predict_uncertainty(self, X):
        """Uncertainty of new rows, by the proxy alone.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows the model was not fitted on.

        Returns
        -------
        uncertainty : ndarray of shape (n_samples,)
            Larger = less certain; in the units of ``measure``, or in target units.
        """
        self._check_fitted()
        points = encode_table(self._check_rows(X), self.columns_)
        with self._asking(self.proxy_):
            answers = np.asarray(self.proxy_.predict(points.astype(np.float32)), np.float64)
        answers = answers.reshape(len(points), -1) * self._scale + self._center
        if self._is_regression():
            return np.exp(np.clip(answers[:, 0], -300, 300))
        if len(self.classes_) == 1:
            return np.zeros(len(points))
        return STATED[self.measure](softmax(answers, axis=1))
