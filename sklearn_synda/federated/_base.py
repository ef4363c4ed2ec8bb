"""What the federated classifier and the federated regressor share: the rounds."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from sklearn_synda._compatibility import pipeline_steps
from sklearn_synda._input import check_table
from sklearn_synda._labels import group_codes, split_labeled
from sklearn_synda._rows import row_subset
from sklearn_synda._sklearn_compat import (
    HasMethods,
    Interval,
    _check_sample_weight,
    _fit_context,
)
from sklearn_synda.dynamic._learner import Learner
from sklearn_synda.federated._client import FederatedClient
from sklearn_synda.federated._parameters import get_parameters, set_parameters, start
from sklearn_synda.federated._shared_steps import split_steps
from sklearn_synda.federated._update import average_updates

__all__ = ["BaseFederatedSynthesis", "inner_has"]


def inner_has(method):
    """Whether the fitted learner, or before that the user's model, has a method."""

    def check(self):
        steps = pipeline_steps(self.estimator)
        getattr(getattr(self, "_learner", None) or (steps or [("", self.estimator)])[-1][1], method)
        return True

    return check


class BaseFederatedSynthesis(MetaEstimatorMixin, BaseEstimator):
    """A federation in one process: clients, rounds, and the common model."""

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit"])],
        "rate": [Interval(Real, 0, 5, closed="both")],
        "synthesizer": [HasMethods(["fit", "sample"]), None],
        "labeler": [HasMethods(["fit", "label"]), None],
        "validation": [HasMethods(["split"]), None],
        "n_epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(self, estimator, *, rate=0.0, synthesizer=None, labeler=None, validation=None,
                 n_epochs=1, batch_size=32, max_iter=20, random_state=None):  # fmt: skip
        self.estimator = estimator
        self.rate = rate
        self.synthesizer = synthesizer
        self.labeler = labeler
        self.validation = validation
        self.n_epochs = n_epochs
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, groups=None, sample_weight=None):
        """Train the common model, round by round.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Real rows of all clients.
        y : array-like of shape (n_samples,)
            Targets, none missing.
        groups : array-like of shape (n_samples,), default=None
            The client of each row; None is one client.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        self : object
        """
        rows = self._begin_fit(X, y, groups, sample_weight)
        rng = check_random_state(self.random_state)
        seed = rng.randint(2**31 - 1)
        clients = {name: self._make_client(*own, rng) for name, own in rows.items()}
        model, self._encode = split_steps(self.estimator, type(self).__name__)
        self._learner = Learner(model, self._n_classes(), 1.0, np.random.RandomState(seed))
        some_rows = next(iter(rows.values()))[0]
        start(self._learner, self._encode(some_rows).shape[1])
        parameters, history = get_parameters(self._learner.estimator), []
        for n_round in range(1, self.max_iter + 1):
            updates = {name: client.update(parameters) for name, client in clients.items()}
            parameters = average_updates(updates)
            history += [
                (n_round, name, u.n_rows, u.loss_before, u.loss_after, u.n_made)
                for name, u in updates.items()
            ]
        set_parameters(self._learner.estimator, parameters)
        return self._end_fit(history)

    def _begin_fit(self, X, y, groups, sample_weight):
        """Rows, targets and weights by name of client, in the order of the names."""
        if y is None:
            raise ValueError(
                f"This {type(self).__name__} estimator requires y to be passed, but the target"
                " y is None."
            )
        X = self._check_rows(X, reset=True)
        y, labeled = split_labeled(y, np.nan)
        check_consistent_length(X, y)
        if not labeled.all():
            raise ValueError(
                f"The 'y' parameter of {type(self).__name__}.fit must hold labels only. Got"
                f" {(~labeled).sum()} missing ones instead: leave those rows out."
            )
        weight = _check_sample_weight(sample_weight, X, dtype=float, ensure_non_negative=True)
        y = self._check_targets(y)
        groups = np.zeros(len(y), dtype=int) if groups is None else groups
        code = group_codes(groups, len(y), f"{type(self).__name__}.fit")
        groups = np.ravel(groups) if np.ndim(groups) > 1 else groups
        names, rows = dict(zip(map(_plain, groups), code, strict=True)), {}
        for name in sorted(names, key=str):
            own = np.flatnonzero((code == names[name]) & (weight > 0))
            if len(own):
                of_rows = None if sample_weight is None else weight[own]
                rows[name] = row_subset(X, own), y[own], of_rows
        return rows

    def _make_client(self, X, y, weight, rng):
        return FederatedClient(
            self.estimator, X, y, classes=getattr(self, "classes_", None), sample_weight=weight,
            rate=self.rate, synthesizer=self.synthesizer, labeler=self.labeler,
            validation=self.validation, n_epochs=self.n_epochs, batch_size=self.batch_size,
            random_state=rng.randint(2**31 - 1),
        )  # fmt: skip

    def _check_rows(self, X, *, reset):
        return check_table(self, X, reset=reset, accept_sparse=False, ensure_all_finite="allow-nan")

    def _end_fit(self, history):
        steps, model = pipeline_steps(self.estimator), self._learner.estimator
        self.estimator_ = Pipeline([*steps[:-1], (steps[-1][0], model)]) if steps else model
        names = ("round", "client", "n_rows", "loss_before", "loss_after", "n_made")
        columns = dict(zip(names, zip(*history, strict=True), strict=True))
        several = len(set(map(type, columns["client"]))) > 1  # numpy would make words of all
        self.history_ = {
            name: np.array(values, dtype=object if several and name == "client" else None)
            for name, values in columns.items()
        }
        self.n_iter_ = self.max_iter
        return self

    def _encoded(self, X):
        check_is_fitted(self, "estimator_")
        return self._encode(self._check_rows(X, reset=False))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        tags.input_tags.allow_nan = bool(pipeline_steps(self.estimator))
        tags.target_tags.required = True
        return tags


def _plain(name):
    """The name of a client as Python knows it; a date stays one."""
    is_number_or_word = isinstance(name, np.generic) and not isinstance(name, np.datetime64)
    return name.item() if is_number_or_word else name
