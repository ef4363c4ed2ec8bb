"""A client: rows that stay, parameters that come and go."""

import numpy as np
from sklearn.utils import check_random_state

from sklearn_synda._aim import find_aim, warn_untaught
from sklearn_synda._compatibility import check_count, check_part
from sklearn_synda.dynamic._training import Recipe, Training
from sklearn_synda.federated._judge import Judge
from sklearn_synda.federated._own_rows import check_rate, check_rows, encode_targets
from sklearn_synda.federated._parameters import get_parameters, set_parameters, start
from sklearn_synda.federated._shared_steps import split_steps
from sklearn_synda.federated._update import ClientUpdate
from sklearn_synda.integration import WeightedIntegrator
from sklearn_synda.labeling import CommitteeLabeler
from sklearn_synda.synthesis import MixingSynthesizer
from sklearn_synda.validation import CrossValidation, SyntheticRowsMonitor, held_out_loss

__all__ = ["FederatedClient"]

_PARTS = {
    "synthesizer": (MixingSynthesizer, ("fit", "sample")),
    "labeler": (lambda: CommitteeLabeler("light"), ("fit", "label")),
    "validation": (lambda: CrossValidation(n_splits=3), ("split",)),
}


class FederatedClient:
    """One site of a federation: trains the common model on its own rows and sends parameters.

    The rows, real and made, stay in the client; :meth:`update` gives parameters and a few numbers.
    With a ``rate`` above 0 rows are made around the client's own, where the common model is
    unsure at that moment, and learnt from only while held-out rows of the client say that they
    help. Not anonymity: parameters can tell something of rows, and made rows resemble real ones.
    Secure aggregation and differential privacy are for what carries the updates, such as Flower
    (:func:`to_flower_client`). Not for one machine that may see all rows: pool them.

    Parameters
    ----------
    estimator : estimator object
        The common model, with ``partial_fit`` and parameters that can be averaged
        (:func:`get_parameters`); or a Pipeline that ends in it, its other steps
        :class:`~sklearn.frozen.FrozenEstimator`, the same ones at every client. Cloned.
    X : {array-like, DataFrame} of shape (n_samples, n_features)
        Rows of this client.
    y : array-like of shape (n_samples,)
        Their targets, none missing.
    classes : array-like of shape (n_classes,), default=None
        All classes of all clients; must be given for a classifier.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows.
    rate : float, default=0.0
        Made rows per real row of a batch, at most 5; 0 makes none: plain federated averaging.
    synthesizer : synthesizer, default=None
        Makes the rows. None is :class:`~sklearn_synda.synthesis.MixingSynthesizer`.
    labeler : labeler, default=None
        Labels them; fitted on rows of this client. None is
        :class:`CommitteeLabeler("light") <sklearn_synda.labeling.CommitteeLabeler>`.
    validation : validation, default=None
        Folds, one a round, and the gate. None is
        :class:`CrossValidation(n_splits=3) <sklearn_synda.validation.CrossValidation>`.
    n_epochs : int, default=1
        Times all rows are learnt in a round.
    batch_size : int, default=32
        Real rows of a step.
    random_state : int, RandomState instance or None, default=None
        Seed of this client.

    Attributes
    ----------
    n_rows : float
        Real rows; the sum of their weights where some were given.

    Notes
    -----
    What only training needs, the steps taken or the momentum of a net, stays in the client from
    one round to the next. So a lone client trains as if there were no federation.

    References
    ----------
    McMahan et al. (2017), :arxiv:`1602.05629`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import SGDClassifier
    >>> from sklearn_synda.federated import FederatedClient, average_updates
    >>> rng = np.random.RandomState(0)
    >>> X = rng.normal(size=(60, 2))
    >>> y = (X[:, 0] > 0).astype(int)
    >>> model = SGDClassifier(loss="log_loss")
    >>> clients = {
    ...     name: FederatedClient(model, X[rows], y[rows], classes=[0, 1], random_state=0)
    ...     for name, rows in (("north", slice(20)), ("south", slice(20, 60)))
    ... }
    >>> parameters = clients["north"].get_parameters()
    >>> for _ in range(3):
    ...     updates = {name: c.update(parameters) for name, c in clients.items()}
    ...     parameters = average_updates(updates)
    >>> updates["south"].n_rows, updates["south"].n_made
    (40.0, 0)
    >>> clients["north"].evaluate(parameters) < 0.3
    True
    """

    def __init__(self, estimator, X, y, *, classes=None, sample_weight=None, rate=0.0,
                 synthesizer=None, labeler=None, validation=None, n_epochs=1, batch_size=32,
                 random_state=None):  # fmt: skip
        model, encode = split_steps(estimator, "FederatedClient")
        for name, value in (("n_epochs", n_epochs), ("batch_size", batch_size)):
            check_count(name, value, "FederatedClient")
        check_rate(rate)
        X, y, weight = check_rows(X, y, sample_weight)
        self._classes, y = encode_targets(model, y, classes)
        self.n_rows, weight = float(weight.sum()), weight / weight.mean()
        parts = {"synthesizer": synthesizer, "labeler": labeler, "validation": validation}
        for name, (default, methods) in _PARTS.items():
            parts[name] = default() if parts[name] is None else parts[name]
            check_part("FederatedClient", name, parts[name], *methods)
        validation = parts.pop("validation")
        aim = find_aim(model, self._classes is None)
        if rate > 0 and aim.refusal:
            warn_untaught(aim)
            rate = 0.0
        self._rate, self._n_epochs = rate, n_epochs
        recipe = Recipe(
            model, **parts, integrator=WeightedIntegrator(alpha=0.75), uncertainty=None,
            monitor=SyntheticRowsMonitor(), alpha=1.0, beta=0.0, batch_size=batch_size,
            n_candidates=5, refill_every=10, encode=encode,
            n_classes=None if self._classes is None else len(self._classes),
            quantile=aim.quantile,
        )  # fmt: skip
        rng = check_random_state(random_state)
        seed = rng.randint(2**31 - 1)
        self._training = Training(recipe, X, y, weight, seed, is_dynamic=False)
        self._training.has_learnt = True  # whoever asks how unsure it is asks the common model
        start(self._training.learner, self._training.rows.shape[1])
        self._judge = Judge(recipe, validation, X, y, weight, rng) if rate > 0 else None

    def __repr__(self):
        model = type(self._training.learner.estimator).__name__
        return f"FederatedClient({model}, n_rows={self.n_rows:g})"

    def get_parameters(self):
        """The parameters its model has now; before the first round a start for all clients.

        Returns
        -------
        parameters : list of ndarrays
        """
        return get_parameters(self._training.learner.estimator)

    def update(self, parameters):
        """One round: the common model, trained on the rows of this client.

        Parameters
        ----------
        parameters : list of ndarrays
            Of the common model.

        Returns
        -------
        update : ClientUpdate
            All that leaves.
        """
        loss_before, training = self.evaluate(parameters), self._training
        training.is_dynamic = self._judge is not None and self._judge.prefers_made_rows(
            training.learner, self._rate, self._n_epochs
        )
        made_before = training.n_made
        for _ in range(self._n_epochs):
            training.epoch(self._rate)
        return ClientUpdate(
            self.get_parameters(), self.n_rows, loss_before, self._loss(),
            training.n_made - made_before, self._classes,
        )  # fmt: skip

    def evaluate(self, parameters):
        """Mean loss of parameters on the rows of this client; larger = worse.

        Log-loss, the share of errors where the model has no ``predict_proba``, squared error
        for values, pinball loss for a quantile of them. An honest judge is a client whose rows
        are used for nothing else.

        Parameters
        ----------
        parameters : list of ndarrays
            Of the common model.

        Returns
        -------
        loss : float
        """
        set_parameters(self._training.learner.estimator, parameters)
        return self._loss()

    def _loss(self):
        training = self._training
        quantile = training.recipe.quantile
        losses = held_out_loss(training.learner, training.rows, training.y, quantile)
        return float(np.average(losses, weights=training.weight))
