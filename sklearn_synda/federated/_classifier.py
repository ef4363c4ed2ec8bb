"""A federation of clients that train a classifier."""

from sklearn.base import ClassifierMixin, is_classifier
from sklearn.utils.metaestimators import available_if

from sklearn_synda._labels import as_codes
from sklearn_synda.federated._base import BaseFederatedSynthesis, inner_has

__all__ = ["FederatedSynthesisClassifier"]


class FederatedSynthesisClassifier(ClassifierMixin, BaseFederatedSynthesis):
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
        The common model: ``SGDClassifier``, ``Perceptron``, ``MLPClassifier`` or a skorch net; or
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
        The common model; its classes are the codes of ``classes_``.
    history_ : dict of ndarrays
        By round and client: ``round``, ``client``, ``n_rows``, ``loss_before`` and ``loss_after``
        (mean loss on the client's own rows with the common model, and after it was trained on
        them), ``n_made`` (made rows learnt from).
    n_iter_ : int
        Rounds.
    classes_ : ndarray of shape (n_classes,)
        The classes.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, where they are strings.

    See Also
    --------
    FederatedSynthesisRegressor : The same for values.
    sklearn_synda.dynamic.DynamicSynthesisClassifier : One client, its epoch chosen by folds.

    References
    ----------
    McMahan et al. (2017), :arxiv:`1602.05629`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.linear_model import SGDClassifier
    >>> from sklearn.preprocessing import scale
    >>> from sklearn_synda.federated import FederatedSynthesisClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X, clinic = scale(X), np.resize(["north", "south", "west"], len(y))
    >>> model = FederatedSynthesisClassifier(
    ...     SGDClassifier(loss="log_loss"), max_iter=5, random_state=0
    ... ).fit(X[:300], y[:300], groups=clinic[:300])
    >>> model.score(X[300:], y[300:]) > 0.9
    True
    >>> model.history_["client"][:3].tolist()
    ['north', 'south', 'west']
    """

    def _check_targets(self, y):
        if not is_classifier(self.estimator):
            raise TypeError(
                f"FederatedSynthesisClassifier is not compatible with"
                f" {type(self.estimator).__name__}: it needs a classifier. Use"
                " FederatedSynthesisRegressor instead."
            )
        self.classes_, codes = as_codes(y, had_missing=False)
        return self.classes_[codes]

    def _n_classes(self):
        return len(self.classes_)

    def predict(self, X):
        """Classes of rows.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : ndarray of shape (n_samples,)
        """
        rows = self._encoded(X)
        return self.classes_[self._learner.predict(rows)]

    @available_if(inner_has("predict_proba"))
    def predict_proba(self, X):
        """Class probabilities of rows.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``.
        """
        rows = self._encoded(X)
        return self._learner.predict_proba(rows)

    @available_if(inner_has("decision_function"))
    def decision_function(self, X):
        """Decision function of the common model.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        decision : ndarray of shape (n_samples,) or (n_samples, n_classes)
        """
        rows = self._encoded(X)
        return self._learner.decision_function(rows)
