"""A net whose weights are uncertain: what it does not know apart from what nobody knows."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import clone, is_regressor
from sklearn.utils import check_random_state

from sklearn_synda._columns import Columns, encode_table
from sklearn_synda._labels import of_known_classes
from sklearn_synda._nets import find_net
from sklearn_synda._optional import check_torch_support
from sklearn_synda._rows import is_classification
from sklearn_synda._sklearn_compat import HasMethods, Interval, StrOptions, _fit_context
from sklearn_synda.acquisition import entropy_score
from sklearn_synda.uncertainty._base import BaseUncertainty
from sklearn_synda.uncertainty._laplace import LastLayer, curvature_of, line_of, link_of
from sklearn_synda.uncertainty._net import check_net
from sklearn_synda.uncertainty._out_of_fold import out_of_fold

__all__ = ["BayesianUncertainty"]

_PRECISIONS = np.logspace(-3, 5, 17)


def _predict(estimator, X):
    return np.ravel(estimator.predict(X))


class BayesianUncertainty(BaseUncertainty):
    r"""How much a net's answer hangs on weights that the rows do not settle.

    Larger = less certain. ``method="laplace"`` takes the user's fitted net and puts a Gaussian
    around the weights of its last linear layer.
    ``method="variational"`` trains a net of its own, all of whose weights are Gaussians, on the
    embedding of the table: for a user's model of any kind, which it does not ask.

    Doubt has two sources. *Epistemic* is what more rows would settle, *aleatoric* what they
    would not: classes that overlap, noise in the target. With the weights' samples
    :math:`s = 1 \dots S`, their class probabilities :math:`p_s` and the mean :math:`\bar p`,

    .. math:: \underbrace{H(\bar p)}_{\text{total}} = \underbrace{\frac1S \sum_s H(p_s)}_{
              \text{aleatoric}} + \underbrace{H(\bar p) - \frac1S \sum_s H(p_s)}_{
              \text{epistemic}}

    in nats, and for a regressor, in target units squared, the variance of the target is the
    variance of the noise plus that of the mean. Not for nets whose last layer is not linear,
    nor where the layers before it are what is unsure, far from all rows: what the last layer
    is given there may look like any other row. :class:`CommitteeUncertainty` with
    ``bootstrap=False`` fits several nets.

    Parameters
    ----------
    estimator : estimator object, default=None
        For "laplace" a skorch net, or a Pipeline (a transformed target) around one; the
        meta-estimators put the user's own in the place of None. A
        :class:`~sklearn.frozen.FrozenEstimator` is used as it is for new rows, and refitted out
        of fold for its own. For "variational" it only says whether targets are classes.
    method : {"laplace", "variational"}, default="laplace"
        The user's net with a Gaussian last layer, or a net of Gaussian weights.
    measure : {"epistemic", "aleatoric", "total"}, default="epistemic"
        What :meth:`predict_uncertainty` gives. A regressor's is the standard deviation.
    n_samples : int, default=100
        Number of samples of the weights.
    prior_precision : float, default=None
        One over the variance of the weights before any row is seen. None is 1 for
        "variational"; for "laplace" the value, from 0.001 to 100,000, of least log-loss out of
        fold for classes, which costs ``n_splits`` fits, and that of largest evidence for
        values. Evidence misleads where a net has learnt its rows by heart: the curvature of a
        loss that is zero is zero, and nothing holds the weights but the prior.
    noise : float, default=None
        Standard deviation of the target's noise, in target units, for "laplace". None takes
        the root mean square of out-of-fold errors, which is no smaller than the noise, and
        costs ``n_splits`` fits. Without meaning otherwise.
    hidden_layer_sizes : tuple of int, default=(50,)
        Units of the hidden layers, for "variational".
    max_epochs : int, default=300
        Passes over the rows, for "variational".
    n_splits : int, default=3
        Folds for the rows the net is fitted on.
    random_state : int, RandomState instance or None, default=None
        Seed of samples, folds and training. None: the user's net draws from torch's own
        stream.

    Attributes
    ----------
    estimator_ : estimator object
        The fitted model ("laplace" only).
    prior_precision_ : float
        The prior precision in use.
    noise_ : float
        The noise in use (regression with "laplace" only).
    classes_ : ndarray of shape (n_classes,)
        Classes (classification only).

    Notes
    -----
    "laplace" is linear in the weights it samples. The curvature of the loss is kept whole for
    up to 2,000 weights of the last layer, and as a Kronecker product of rows and outputs beyond
    (no approximation for one output). The layers before count as settled. The net has to end in
    a linear layer, alone or with a softmax (a sigmoid for two classes) behind it; a target may
    be shifted and scaled.

    References
    ----------
    Daxberger et al. (2021), *Laplace Redux*, :arxiv:`2106.14806`; Blundell et al. (2015),
    *Weight Uncertainty in Neural Networks*, :arxiv:`1505.05424`; the two sources of doubt:
    Depeweg et al. (2018), :arxiv:`1710.07283`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.uncertainty import BayesianUncertainty
    >>> X = np.linspace(-1, 1, 80)[:, None]
    >>> y = (X[:, 0] > 0).astype(int)
    >>> unsure = BayesianUncertainty(method="variational", max_epochs=50, random_state=0)
    >>> parts = unsure.fit(X, y).predict_components([[0.0], [0.9]])
    >>> bool(parts["total"][0] > parts["total"][1])
    True
    >>> np.allclose(parts["total"], parts["aleatoric"] + parts["epistemic"])
    True
    """

    @property
    def refits(self):
        """Whether all is learnt anew from a frozen estimator, too."""
        return self.method == "variational"

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"]), None],
        "method": [StrOptions({"laplace", "variational"})],
        "measure": [StrOptions({"epistemic", "aleatoric", "total"})],
        "n_samples": [Interval(Integral, 2, None, closed="left")],
        "prior_precision": [Interval(Real, 0, None, closed="neither"), None],
        "noise": [Interval(Real, 0, None, closed="neither"), None],
        "hidden_layer_sizes": ["array-like"],
        "max_epochs": [Interval(Integral, 1, None, closed="left")],
        "n_splits": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(self, estimator=None, *, method="laplace", measure="epistemic", n_samples=100,
                 prior_precision=None, noise=None, hidden_layer_sizes=(50,), max_epochs=300,
                 n_splits=3, random_state=None):  # fmt: skip
        self.estimator = estimator
        self.method = method
        self.measure = measure
        self.n_samples = n_samples
        self.prior_precision = prior_precision
        self.noise = noise
        self.hidden_layer_sizes = hidden_layer_sizes
        self.max_epochs = max_epochs
        self.n_splits = n_splits
        self.random_state = random_state

    def _is_regression(self):
        if self.estimator is None and hasattr(self, "_values"):
            return self._values
        return is_regressor(self.estimator)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        if self.method == "variational":  # the embedding knows what to do with missing values
            tags.input_tags.allow_nan = True
        return tags

    def __sklearn_is_fitted__(self):
        return hasattr(self, "prior_precision_")

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None):
        """Fit the net and the Gaussians.

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
        if self.method == "variational":
            check_torch_support(f"{type(self).__name__}.fit")
        else:
            check_net(self, self.estimator, f"{type(self).__name__}(method='variational')")
        X, y, weight = self._check_labeled_rows(X, y, sample_weight)
        self._values = not is_classification(y)
        rng = check_random_state(self.random_state)
        if self.method == "variational":
            self._fit_variational(X, y, weight, rng)
        else:
            self._fit_laplace(X, y, weight, rng)
        return self

    # the user's net, with a Gaussian last layer

    def _fit_laplace(self, X, y, weight, rng):
        self.estimator_ = self._fit_model(X, y, weight, rng)
        if not self._is_regression():
            self.classes_ = np.union1d(y, self.estimator_.classes_)
        features, weights, answer = self._read(X)
        weight = np.ones(len(y)) if weight is None else weight
        if self._is_regression():
            outputs = features @ weights.T
            self._line = line_of(outputs[:, 0], answer) if outputs.shape[1] == 1 else None
            self._check_end(self._line)
            self.noise_ = self._find_noise(X, y, weight, rng) if self.noise is None else self.noise
            curvature = weight * self._line[0] ** 2 / self.noise_**2
            curvature = curvature[:, None, None]
        else:
            self._link = link_of(features @ weights.T, answer)
            self._check_end(self._link)
            curvature = weight[:, None, None] * curvature_of(answer, len(weights))
        precision = self.prior_precision
        if precision is None and not self._is_regression():
            precision = self._find_precision(X, y, weight, rng)
        self._layer = LastLayer(features, weights, curvature, precision)
        self.prior_precision_ = self._layer.prior_precision
        self._draws = self._layer.draw(self.n_samples, rng)

    def _read(self, X):
        """Input and weights of the last layer for some rows, and what the model says of them."""
        from sklearn_synda.uncertainty._torch._last_layer import read_last_layer

        verb = "predict" if self._is_regression() else "predict_proba"
        features, weights, answer = read_last_layer(
            find_net(self.estimator_).module_, lambda: getattr(self.estimator_, verb)(X)
        )
        self._check_end(features)
        answer = np.asarray(answer, dtype=np.float64)
        return features, weights, answer.ravel() if self._is_regression() else answer

    def _check_end(self, found):
        if found is None:
            name = type(find_net(self.estimator_).module_).__name__
            raise TypeError(
                f"BayesianUncertainty is not compatible with {name}: it needs a last layer"
                f" 'torch.nn.Linear' with nothing but a softmax or sigmoid behind it; {name} has"
                " none. Use BayesianUncertainty(method='variational') instead."
            )

    def _find_noise(self, X, y, weight, rng):
        """Root mean square of the errors out of fold, in sample where there is no fold."""
        errors = np.full(len(y), np.nan)
        for test, prediction in self._out_of_fold(X, y, weight, _predict, rng):
            errors[test] = y.ravel()[test] - prediction
        if np.isnan(errors).all():
            errors = y.ravel() - _predict(self.estimator_, X)
        known = ~np.isnan(errors)
        noise = np.sqrt(np.average(errors[known] ** 2, weights=weight[known]))
        return float(noise) if noise > 0 else 1e-6 * max(float(np.std(y)), 1.0)

    def _find_precision(self, X, y, weight, rng):
        """The prior precision of least log-loss out of fold, None where there is no fold."""
        part = clone(self).set_params(
            estimator=self._unfitted(), prior_precision=1.0, random_state=rng.randint(2**31 - 1)
        )
        total = np.zeros(len(_PRECISIONS))
        for test, losses in out_of_fold(
            part, X, y, lambda fitted, rows, test: fitted._losses(rows, y.ravel()[test]),
            n_splits=self.n_splits, stratify=True, sample_weight=weight,
            random_state=rng.randint(2**31 - 1),
        ):  # fmt: skip
            total += losses @ weight[test]
        return float(_PRECISIONS[total.argmin()]) if total.any() else None

    def _losses(self, X, y):
        """Log-loss of held-out rows for each prior precision: shape (n_precisions, n_rows)."""
        features = self._read(X)[0]
        own = np.searchsorted(self.classes_, y)
        known = np.isin(y, self.classes_)
        losses = np.zeros((len(_PRECISIONS), len(y)))
        for losses_, precision in zip(losses, _PRECISIONS, strict=True):
            rng = np.random.RandomState(0)  # the same noise for all
            draws = self._layer.draw(self.n_samples, rng, precision)
            proba = self._probabilities(features, draws).mean(axis=0)
            chance = proba[np.flatnonzero(known), own[known]]
            losses_[known] = -np.log(np.maximum(chance, 1e-12))
        return losses

    def _probabilities(self, features, draws):
        """Class probabilities of each draw of the weights."""
        outputs = features @ draws.transpose(0, 2, 1)
        own = np.searchsorted(self.classes_, self.estimator_.classes_)
        proba = np.zeros((*outputs.shape[:2], len(self.classes_)))
        proba[:, :, own] = of_known_classes(self._link(outputs), self.estimator_.classes_)
        return proba

    # a net of its own, with Gaussian weights

    def _fit_variational(self, X, y, weight, rng):
        from sklearn_synda.uncertainty._torch._variational import fit_variational

        self.columns_ = Columns(X)
        targets = y.ravel().astype(np.float64) if self._is_regression() else None
        if targets is None:
            self.classes_, targets = np.unique(y.ravel(), return_inverse=True)
        self.prior_precision_ = self.prior_precision or 1.0
        self._net = fit_variational(
            encode_table(X, self.columns_), targets, weight, self.prior_precision_,
            self.hidden_layer_sizes, self.max_epochs, self.n_samples, rng.randint(2**31 - 1),
        )  # fmt: skip

    # what both say

    def predict_members(self, X):
        """What each sample of the weights predicts.

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
        if self.method == "variational":
            return self._net.members(encode_table(X, self.columns_))[0]
        features = self._read(X)[0]
        if self._is_regression():
            outputs = features @ self._draws.transpose(0, 2, 1)
            return self._line[0] * outputs[:, :, 0] + self._line[1]
        return self._probabilities(features, self._draws)

    def predict_components(self, X):
        """Epistemic and aleatoric doubt, and their sum.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        components : dict of str to ndarray of shape (n_samples,)
            ``"total"``, ``"aleatoric"`` and ``"epistemic"``: in nats for classes, variances in
            target units squared for values.
        """
        self._check_fitted()
        if self._is_regression():
            epistemic, aleatoric = self._variances(self._check_rows(X))
        else:
            members = self.predict_members(X)
            aleatoric = np.mean([entropy_score(proba) for proba in members], axis=0)
            epistemic = np.maximum(entropy_score(members.mean(axis=0)) - aleatoric, 0.0)
        return {
            "total": aleatoric + epistemic,
            "aleatoric": aleatoric,
            "epistemic": epistemic,
        }

    def _variances(self, X):
        if self.method == "variational":
            means, noise = self._net.members(encode_table(X, self.columns_))
            return means.var(axis=0), noise.mean(axis=0)
        variance = self._line[0] ** 2 * self._layer.variance(self._read(X)[0])
        return variance, np.full(len(variance), self.noise_**2)

    def predict_uncertainty(self, X):
        """Uncertainty of new rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows the net was not fitted on.

        Returns
        -------
        uncertainty : ndarray of shape (n_samples,)
            Larger = less certain; in nats, or the standard deviation in target units.
        """
        component = self.predict_components(X)[self.measure]
        return np.sqrt(component) if self._is_regression() else component

    def _settled(self):
        known = {"prior_precision": self.prior_precision_}
        return known | ({"noise": self.noise_} if hasattr(self, "noise_") else {})
