"""A net whose inner representation works against telling the group of a row."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_synda._labels import is_missing
from sklearn_synda._optional import check_skorch_support, check_torch_support
from sklearn_synda._sklearn_compat import Interval, _check_sample_weight, _fit_context

__all__ = ["GradientReversalClassifier", "gradient_reversal_layer"]


def gradient_reversal_layer(strength=1.0):
    r"""A layer of PyTorch that turns the gradient around.

    Forward it is the identity; backward it hands on :math:`-\lambda` times the gradient,
    :math:`\lambda` the ``strength``, an attribute that can be set while a net is trained. What
    comes before the layer is trained against what comes after it. For nets of your own;
    :class:`GradientReversalClassifier` is one that is ready. Not a guarantee: the layer hides a
    group from the adversary it was trained with.

    Parameters
    ----------
    strength : float, default=1.0
        Factor of the gradient, turned around.

    Returns
    -------
    layer : torch.nn.Module

    References
    ----------
    Ganin & Lempitsky (2015), :arxiv:`1409.7495`; Ganin et al. (2016), :arxiv:`1505.07818`.

    Examples
    --------
    >>> import torch
    >>> from sklearn_synda.fairness import gradient_reversal_layer
    >>> x = torch.ones(2, requires_grad=True)
    >>> gradient_reversal_layer(0.5)(3 * x).sum().backward()
    >>> x.grad
    tensor([-1.5000, -1.5000])
    """
    check_torch_support("gradient_reversal_layer")
    check_skorch_support("gradient_reversal_layer")
    from sklearn_synda.fairness._torch._adversarial import GradientReversal

    return GradientReversal(strength)


class GradientReversalClassifier(ClassifierMixin, BaseEstimator):
    r"""A net whose inner representation works against telling the group of a row.

    Two hidden layers feed a head that learns the classes and, behind a gradient reversal, one
    that learns the groups; the hidden layers are trained for the first and against the second.
    Predictions need no groups. For numeric tables in which other columns give the group away, so
    that leaving out its column is not enough. Not a cure in itself: what one adversary does not
    find another one may, groups that differ in truth cannot be fair by every measure at once, and
    it costs accuracy. Measure the gaps on held-out rows.

    Parameters
    ----------
    strength : float, default=3.0
        How much the representation works against the groups; 0 for a plain net.
    n_hidden : int, default=16
        Width of the hidden layers; a wide one has room to hide the group from the adversary
        alone.
    max_iter : int, default=100
        Epochs.
    learning_rate : float, default=0.002
        Step of Adam; that of the adversary, which must keep up, is five times as long.
    batch_size : int, default=64
        Rows of a step.
    alpha : float, default=0.0001
        Weight decay.
    random_state : int, RandomState instance or None, default=None
        Seed of weights and order of rows.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Classes.
    groups_ : list
        Groups; empty if none were given.
    net_ : skorch.NeuralNet
        The trained net.
    n_iter_ : int
        Epochs.
    n_features_in_ : int
        Number of columns.

    Notes
    -----
    With :math:`L_y` and :math:`L_s` the cross-entropies of classes and groups, the heads
    minimise theirs, the hidden layers :math:`L_y - \lambda_p L_s`, where
    :math:`\lambda_p = \lambda (2 / (1 + e^{-10 p}) - 1)` rises with the share :math:`p` of the
    epochs that are over, :math:`\lambda` the ``strength``. Columns are standardised.

    References
    ----------
    Ganin et al. (2016), :arxiv:`1505.07818`; with active learning: Branchaud-Charron et al.
    (2021), :arxiv:`2104.06879`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.fairness import GradientReversalClassifier
    >>> rng = np.random.RandomState(0)
    >>> group = rng.randint(2, size=200)
    >>> X = rng.normal(size=(200, 3)) + np.outer(group, [0, 0, 2])
    >>> y = (X[:, 0] > 0).astype(int)
    >>> model = GradientReversalClassifier(max_iter=50, random_state=0)
    >>> model.fit(X, y, sensitive_features=group).score(X, y) > 0.9
    True
    """

    _parameter_constraints: dict = {
        "strength": [Interval(Real, 0, None, closed="left")],
        "n_hidden": [Interval(Integral, 1, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(self, strength=3.0, *, n_hidden=16, max_iter=100, learning_rate=0.002,
                 batch_size=64, alpha=0.0001, random_state=None):  # fmt: skip
        self.strength = strength
        self.n_hidden = n_hidden
        self.max_iter = max_iter
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.alpha = alpha
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, sensitive_features=None):
        """Train the net.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers, none missing.
        y : array-like of shape (n_samples,)
            Classes.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns), \
default=None
            The group of each row, of several columns every combination; a missing one trains the
            classes alone. None: a plain net.

        Returns
        -------
        self : object
        """
        check_torch_support("GradientReversalClassifier.fit")
        check_skorch_support("GradientReversalClassifier.fit")
        from sklearn_synda.fairness._torch._adversarial import train

        X, y = validate_data(self, X, y)
        check_classification_targets(y)
        weight = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        self.classes_, codes = np.unique(y, return_inverse=True)
        self.groups_, group = self._encode_groups(sensitive_features, len(y))
        kept = weight > 0  # a row of no weight is no row
        weight = weight / weight[kept].mean() if kept.any() else weight
        self._learn_scale(X[kept], weight[kept])
        targets = np.column_stack([codes, group, weight]).astype(np.float32)
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        self.net_ = train(
            self._scaled(X[kept]), targets[kept], len(self.classes_), len(self.groups_),
            self.get_params(), seed,
        )  # fmt: skip
        self.n_iter_ = len(self.net_.history)
        loss = self.net_.history[-1, "train_loss"]
        if not np.isfinite(loss):
            raise ValueError(
                "The training loss of GradientReversalClassifier must be finite. Got"
                f" {loss} instead: lower learning_rate or strength."
            )
        return self

    def _encode_groups(self, sensitive_features, n_rows):
        """The groups, and a code for each row, -1 for an unknown one."""
        if sensitive_features is None:
            return [], np.full(n_rows, -1)
        given = np.asarray(sensitive_features, dtype=object)
        if given.ndim not in (1, 2) or len(given) != n_rows:
            raise ValueError(
                "The 'sensitive_features' parameter of GradientReversalClassifier.fit must hold a"
                f" group for each of the {n_rows} rows. Got an array of shape {given.shape}"
                " instead."
            )
        rows = given.reshape(n_rows, -1)
        known = np.array([not any(map(is_missing, row)) for row in rows])
        keys = [tuple(row) if given.ndim == 2 else row[0] for row in rows]
        names = list(dict.fromkeys(k for k, there in zip(keys, known, strict=True) if there))
        position = {name: k for k, name in enumerate(names)}
        return names, np.array([
            position[k] if there else -1 for k, there in zip(keys, known, strict=True)
        ])  # fmt: skip

    def _learn_scale(self, X, weight):
        self._mean = np.average(X, axis=0, weights=weight)
        self._scale = np.sqrt(np.average((X - self._mean) ** 2, axis=0, weights=weight))
        self._scale[self._scale <= 1e-12 * np.abs(self._mean)] = 1.0

    def _scaled(self, X):
        return ((X - self._mean) / self._scale).astype(np.float32)

    def _forward(self, X):
        """Class probabilities and the representation."""
        check_is_fitted(self, "net_")
        X = validate_data(self, X, reset=False)
        from sklearn_synda._torch._streams import one_thread, seeded

        with seeded(0), one_thread():
            logits, _, hidden = self.net_.forward(self._scaled(X))
        logits = logits.numpy().astype(np.float64)
        proba = np.exp(logits - logits.max(axis=1, keepdims=True))
        return proba / proba.sum(axis=1, keepdims=True), hidden.numpy()

    def predict_proba(self, X):
        """Class probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
        """
        return self._forward(X)[0]

    def predict(self, X):
        """Likeliest classes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : ndarray of shape (n_samples,)
        """
        proba = self.predict_proba(X)
        return self.classes_[proba.argmax(axis=1)]

    def representation(self, X):
        """The representation that works against telling the groups.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        hidden : ndarray of shape (n_samples, n_hidden)
        """
        return self._forward(X)[1]
