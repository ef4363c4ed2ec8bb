"""The loss a net expects of itself."""

from numbers import Integral, Real

import numpy as np
from scipy.stats import norm
from sklearn.utils import check_random_state

from sklearn_synda._nets import find_net
from sklearn_synda._sklearn_compat import HasMethods, Interval, _fit_context
from sklearn_synda.uncertainty._base import BaseUncertainty
from sklearn_synda.uncertainty._net import check_net

__all__ = ["LossPredictionUncertainty"]

_CALLBACK = "loss_prediction"


class LossPredictionUncertainty(BaseUncertainty):
    r"""The loss a net expects of itself, learnt while the net learns.

    A small head is put on the hidden layers of the user's net and trained with it, batch by
    batch, to rank rows by the loss the net has on them. Larger = a larger loss is expected =
    less certain. It costs one fit. Not for a net that learns its rows by heart: in the end all
    losses are zero, and their order is noise; the net's own regularisation decides.
    :class:`LearnedLossUncertainty` learns the loss of any model from held-out rows.

    With the losses :math:`l_i, l_j` of two rows of a batch and what the head says of them,
    :math:`\hat l_i, \hat l_j`, the head's own loss is the mean over pairs of

    .. math:: \max(0, \; \text{margin} - \text{sign}(l_i - l_j) (\hat l_i - \hat l_j))

    which knows order alone. So the uncertainty has no unit: it is :math:`\Phi((\hat l - m) /
    s)` with mean :math:`m` and standard deviation :math:`s` over the fitted rows and the normal
    distribution function :math:`\Phi`, a place among them between 0 and 1.

    Parameters
    ----------
    estimator : estimator object, default=None
        A skorch net with a hidden layer, or a Pipeline (a transformed target) around one; the
        meta-estimators put the user's own in the place of None. Of a
        :class:`~sklearn.frozen.FrozenEstimator` a copy is fitted: the head has to learn with
        the net.
    layers : list of str, default=None
        Names of the modules whose outputs the head reads. None reads what each linear layer
        after the first is given. More than two axes are averaged to two: outputs of named
        modules have their channels second, as convolutions give them, inputs of linear layers
        have them last.
    width : int, default=16
        Units of the head for each of the layers it reads.
    margin : float, default=1.0
        How far apart the head has to put two rows.
    loss_weight : float, default=1.0
        Weight of the head's loss beside that of the net, in what both of them learn from.
    stop_gradient : bool, default=False
        Whether the net learns from its own loss alone; it is then the net it would have been
        without a head.
    n_splits : int, default=3
        Folds for the rows the net is fitted on.
    random_state : int, RandomState instance or None, default=None
        Seed of folds and training. None: the net draws from torch's own stream.

    Attributes
    ----------
    estimator_ : estimator object
        The fitted model; its net has one more callback.
    head_ : torch.nn.Module
        The fitted head.

    Notes
    -----
    The head is a callback of skorch, so that batches, optimizer, early stopping and all else of
    the user's net stay as they are. It reads the pass that the net trains on, and what it adds to
    the net's gradient is clipped where the net's is. The criterion has to be a module of torch
    that knows ``reduction="none"``. The head needs batches of two rows or more.

    References
    ----------
    Yoo & Kweon (2019), *Learning Loss for Active Learning*, :arxiv:`1905.03677`.

    Examples
    --------
    The target is known on the left and noise on the right:

    >>> import numpy as np
    >>> from skorch import NeuralNetRegressor
    >>> from torch import nn
    >>> from sklearn_synda.uncertainty import LossPredictionUncertainty
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(-1, 1, size=(200, 1)).astype(np.float32)
    >>> y = X + (X > 0) * rng.normal(size=X.shape).astype(np.float32)
    >>> def layers():
    ...     return nn.Sequential(nn.Linear(1, 16), nn.ReLU(), nn.Linear(16, 1))
    >>> net = NeuralNetRegressor(layers, max_epochs=40, batch_size=32, train_split=None, verbose=0)
    >>> unsure = LossPredictionUncertainty(net, random_state=0).fit(X, y)
    >>> left, right = unsure.predict_uncertainty(np.array([[-0.5], [0.5]], dtype=np.float32))
    >>> bool(right > left)
    True
    """

    refits = True  # the head is trained with the net

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"]), None],
        "layers": [list, tuple, None],
        "width": [Interval(Integral, 1, None, closed="left")],
        "margin": [Interval(Real, 0, None, closed="neither")],
        "loss_weight": [Interval(Real, 0, None, closed="neither")],
        "stop_gradient": ["boolean"],
        "n_splits": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(self, estimator=None, *, layers=None, width=16, margin=1.0, loss_weight=1.0,
                 stop_gradient=False, n_splits=3, random_state=None):  # fmt: skip
        self.estimator = estimator
        self.layers = layers
        self.width = width
        self.margin = margin
        self.loss_weight = loss_weight
        self.stop_gradient = stop_gradient
        self.n_splits = n_splits
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None):
        """Fit net and head.

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
        check_net(self, self.estimator, "LearnedLossUncertainty")
        X, y, weight = self._check_labeled_rows(X, y, sample_weight)
        rng = check_random_state(self.random_state)
        self.estimator_ = self._fit_model(X, y, weight, rng, estimator=self._with_head())
        self.head_ = dict(find_net(self.estimator_).callbacks_)[_CALLBACK].head_
        self._center, self._scale = 0.0, 1.0
        if self.head_ is not None:
            expected = self._expect(X)
            self._center, self._scale = float(expected.mean()), float(expected.std()) or 1.0
        return self

    def _with_head(self):
        """A copy of the user's model whose net has the head among its callbacks."""
        from sklearn_synda.uncertainty._torch._loss_prediction import LossPrediction, check_layers

        model = self._unfitted()
        net = find_net(model)
        check_layers(self, net)
        own = net.callbacks if isinstance(net.callbacks, (list, tuple)) else []
        own = [c for c in own if not (isinstance(c, tuple) and c[0] == _CALLBACK)]
        if net.callbacks == "disable":  # the head alone, without those that skorch adds
            for name, _ in net.get_default_callbacks():
                setattr(net, f"callbacks__{name}", None)
        head = LossPrediction(
            self.layers, self.width, self.margin, self.loss_weight, self.stop_gradient
        )
        net.callbacks = [(_CALLBACK, head), *own]
        return model

    def _expect(self, X):
        from sklearn_synda.uncertainty._torch._loss_prediction import predict_loss

        net = find_net(self.estimator_)
        return predict_loss(self.estimator_, net.module_, self.head_, self.layers, X)

    def predict_uncertainty(self, X):
        """Expected loss of new rows, as a place among the fitted ones.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows the net was not fitted on.

        Returns
        -------
        uncertainty : ndarray of shape (n_samples,)
            Larger = less certain; in [0, 1]. All 0.5 where no batch had two rows.
        """
        self._check_fitted()
        X = self._check_rows(X)
        if self.head_ is None:
            return np.full(X.shape[0], 0.5)
        return norm.cdf((self._expect(X) - self._center) / self._scale)
