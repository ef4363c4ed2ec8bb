"""A federation of clients that train a regressor."""

from sklearn.base import RegressorMixin, is_regressor

from sklearn_synda._labels import as_values
from sklearn_synda.federated._base import BaseFederatedSynthesis

__all__ = ["FederatedSynthesisRegressor"]


class FederatedSynthesisRegressor(RegressorMixin, BaseFederatedSynthesis):
    """A federation in one process: each group of rows a client that keeps them.

    The common model is trained as by clients that keep their rows: in each round every client
    trains it on its own rows, and the parameters that come back are averaged. With a ``rate``
    above 0 a client makes rows around its own, where the common model is unsure at that moment,
    and learns from them only while its held-out rows say that they help.

    To study a federation before there is one: how much is lost against pooled rows, and whether
    made rows help. Real sites run :class:`FederatedClient`. Not for rows that may be pooled:
    the model itself is better then. Not for trees and kernels, whose parameters have no mean.

    Parameters
    ----------
    estimator : estimator object
        The common model: ``SGDRegressor``, ``MLPRegressor`` or a skorch net; or
        a Pipeline that ends in one, its other steps :class:`~sklearn.frozen.FrozenEstimator`.
        Cloned, never changed.
    rate : float, default=0.0
        Made rows per real row of a batch, at most 5; 0 makes none: plain federated averaging.
    synthesizer : synthesizer, default=None
        Makes the rows. None is :class:`~sklearn_synda.synthesis.MixingSynthesizer`.
    labeler : labeler, default=None
        Labels them; fitted at each client. None is
        :class:`CommitteeLabeler("light") <sklearn_synda.labeling.CommitteeLabeler>`.
    validation : validation, default=None
        Folds of a client, one a round, and the gate. None is
        :class:`CrossValidation(n_splits=3) <sklearn_synda.validation.CrossValidation>`.
    n_epochs : int, default=1
        Times a client learns all its rows in a round.
    batch_size : int, default=32
        Real rows of a step.
    max_iter : int, default=20
        Rounds.
    random_state : int, RandomState instance or None, default=None
        Seed of all clients, of torch too; its global stream is left alone.

    Attributes
    ----------
    estimator_ : estimator object
        The common model.
    history_ : dict of ndarrays
        By round and client: ``round``, ``client``, ``n_rows``, ``loss_before`` and ``loss_after``
        (mean loss on the client's own rows with the common model, and after it was trained on
        them), ``n_made`` (made rows learnt from).
    n_iter_ : int
        Rounds.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, where they are strings.

    See Also
    --------
    FederatedSynthesisClassifier : The same for classes.
    sklearn_synda.dynamic.DynamicSynthesisRegressor : One client, its epoch chosen by folds.

    References
    ----------
    McMahan et al. (2017), :arxiv:`1602.05629`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import SGDRegressor
    >>> from sklearn.preprocessing import scale
    >>> from sklearn_synda.federated import FederatedSynthesisRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> X, y, clinic = scale(X), scale(y), np.resize(["north", "south"], len(y))
    >>> model = FederatedSynthesisRegressor(SGDRegressor(), max_iter=5, random_state=0)
    >>> model.fit(X[:300], y[:300], groups=clinic[:300]).score(X[300:], y[300:]) > 0.4
    True
    """

    def _check_targets(self, y):
        if not is_regressor(self.estimator):
            raise TypeError(
                f"FederatedSynthesisRegressor is not compatible with"
                f" {type(self.estimator).__name__}: it needs a regressor. Use"
                " FederatedSynthesisClassifier instead."
            )
        return as_values(y)

    def _n_classes(self):
        return None

    def predict(self, X):
        """Values of rows.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : ndarray of shape (n_samples,)
        """
        rows = self._encoded(X)
        return self._learner.predict(rows)
