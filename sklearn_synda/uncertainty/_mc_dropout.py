"""A net that forgets some of its units, asked several times."""

from numbers import Integral

import numpy as np
from sklearn.utils import check_random_state

from sklearn_synda._nets import find_net
from sklearn_synda._sklearn_compat import HasMethods, Interval, StrOptions, _fit_context
from sklearn_synda.uncertainty._members import SCORES, BaseMembersUncertainty
from sklearn_synda.uncertainty._net import check_net

__all__ = ["MCDropoutUncertainty"]


class MCDropoutUncertainty(BaseMembersUncertainty):
    """How much a net with dropout disagrees with itself.

    Dropout stays on after training: each of ``n_samples`` members is the fitted net without
    some of its units. Larger = less certain. One fit, and ``n_samples`` passes for each
    prediction. All rows meet the same masks, so a member is one function, as batch strategies
    such as :class:`~sklearn_synda.query.BatchBALDQuery` need it, and a row's uncertainty does
    not hang on the rows beside it. Only dropout layers are touched: batch normalisation stays
    in evaluation mode. Not for a net without dropout layers, nor for one whose dropout rate is
    there for accuracy alone and is near zero: :class:`CommitteeUncertainty` with
    ``bootstrap=False`` asks several fits instead.

    Parameters
    ----------
    estimator : estimator object, default=None
        A skorch net, or a Pipeline (a transformed target) around one; the meta-estimators put
        the user's own in the place of None. A :class:`~sklearn.frozen.FrozenEstimator` is used
        as it is for new rows, and refitted out of fold for its own.
    n_samples : int, default=30
        Number of members.
    measure : {"mutual_information", "vote_entropy", "variance"}, default="mutual_information"
        Score of the members' answers (:mod:`sklearn_synda.acquisition`). A regressor's is
        always the standard deviation, in target units; it is that of the net's mean, without
        the noise of the target.
    n_splits : int, default=3
        Folds for the rows the net is fitted on.
    random_state : int, RandomState instance or None, default=None
        Seed of masks and folds, and of the net's training. None: the net draws from torch's
        own stream.

    Attributes
    ----------
    estimator_ : estimator object
        The fitted model.
    seeds_ : ndarray of shape (n_samples,)
        One seed for the masks of each member.
    classes_ : ndarray of shape (n_classes,)
        Classes (classification only).

    Notes
    -----
    Layers of the kinds ``torch.nn.Dropout``, ``Dropout1d``, ``Dropout2d``, ``Dropout3d``,
    ``AlphaDropout`` and ``FeatureAlphaDropout`` are found, wherever they stand; a call of
    ``torch.nn.functional.dropout`` is not. The first axis of what they are given must be rows.

    References
    ----------
    Gal & Ghahramani (2016), *Dropout as a Bayesian Approximation*, :arxiv:`1506.02142`; one
    mask for all rows: Kirsch, van Amersfoort & Gal (2019), :arxiv:`1906.08158`.

    Examples
    --------
    >>> import numpy as np
    >>> from skorch import NeuralNetClassifier
    >>> from torch import nn
    >>> from sklearn_synda.uncertainty import MCDropoutUncertainty
    >>> X = np.linspace(-1, 1, 60, dtype=np.float32)[:, None]
    >>> y = (X[:, 0] > 0).astype(np.int64)
    >>> def layers():
    ...     return nn.Sequential(nn.Linear(1, 32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, 2))
    >>> net = NeuralNetClassifier(
    ...     layers, criterion=nn.CrossEntropyLoss, lr=0.5, max_epochs=50, batch_size=16, verbose=0
    ... )
    >>> unsure = MCDropoutUncertainty(net, random_state=0).fit(X, y)
    >>> border, far = unsure.predict_uncertainty(np.array([[0.0], [-0.9]], dtype=np.float32))
    >>> bool(border > far)
    True
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"]), None],
        "n_samples": [Interval(Integral, 2, None, closed="left")],
        "measure": [StrOptions(set(SCORES))],
        "n_splits": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(self, estimator=None, *, n_samples=30, measure="mutual_information", n_splits=3,
                 random_state=None):  # fmt: skip
        self.estimator = estimator
        self.n_samples = n_samples
        self.measure = measure
        self.n_splits = n_splits
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None):
        """Fit the net.

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
        check_net(self, self.estimator, "CommitteeUncertainty")
        X, y, weight = self._check_labeled_rows(X, y, sample_weight)
        rng = check_random_state(self.random_state)
        self.estimator_ = self._fit_model(X, y, weight, rng)
        if not self._is_regression():
            self.classes_ = np.union1d(y, self.estimator_.classes_)
        self.seeds_ = rng.randint(2**31 - 1, size=self.n_samples)
        self._check_dropout()
        return self

    def _check_dropout(self):
        from sklearn_synda.uncertainty._torch._dropout import dropout_layers

        module = find_net(self.estimator_).module_
        if not dropout_layers(module):
            name = type(module).__name__
            raise TypeError(
                f"MCDropoutUncertainty is not compatible with {name}: it needs a layer"
                f" 'torch.nn.Dropout' with p above 0; {name} has none. Use CommitteeUncertainty"
                " instead."
            )

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
        from sklearn_synda.uncertainty._torch._dropout import dropped_out, evaluation

        self._check_fitted()
        X = self._check_rows(X)
        module = find_net(self.estimator_).module_
        members = []
        with evaluation(module):
            for seed in self.seeds_:
                with dropped_out(module, int(seed)):
                    members.append(self._respond(self.estimator_, X))
        return np.stack(members)
