"""Whatever has ``partial_fit`` as a learner with one step, skorch nets among them.

No torch is imported here but for the seed of a net; a net is known by what it has.
"""

from contextlib import ExitStack
from inspect import signature

import numpy as np
from sklearn.base import clone
from sklearn.utils.metaestimators import available_if

from sklearn_synda._fitting import repeat_by_weight, seed_estimator
from sklearn_synda._nets import is_net
from sklearn_synda.acquisition import entropy_score

__all__ = ["Learner", "without_held_out_rows"]


def _inner_has(method):
    return lambda self: self.n_classes is not None and hasattr(self.estimator, method)


def without_held_out_rows(estimator):
    """A net without the callbacks that follow its own held-out rows, and their names.

    A step holds none out. Anything else is handed on as it is.
    """
    if not is_net(estimator):
        return estimator, []
    callbacks = dict(clone(estimator).initialize_callbacks().callbacks_)
    scores = {
        callback.name_ if hasattr(callback, "name_") else callback.name
        for callback in callbacks.values()
        if getattr(callback, "on_train", True) is False
    }
    followed = {*scores, *(f"{score}_best" for score in scores)}
    names = [name for name, c in callbacks.items() if getattr(c, "monitor", None) in followed]
    if not names:
        return estimator, []
    return clone(estimator).set_params(**{f"callbacks__{name}": None for name in names}), names


class Learner:
    """A clone of the user's estimator that learns one batch at a time.

    Parameters
    ----------
    estimator : estimator object
        Has ``partial_fit``. A skorch net gets ``max_epochs=1``, ``batch_size=-1`` and
        ``train_split=None``: one call is one step.
    n_classes : int or None
        Codes ``0 ... n_classes - 1`` are what it learns; None for values.
    scale : float
        Standard deviation of the values; the unit of their errors.
    rng : RandomState
        Seeds torch, and draws rows by weight.
    """

    def __init__(self, estimator, n_classes, scale, rng):
        self.estimator = seed_estimator(estimator, rng)
        self.is_net = is_net(estimator)
        if n_classes is not None:
            self._check_class_weight()
            self.classes_ = np.arange(n_classes)
        self.n_classes, self.scale, self.rng = n_classes, scale, rng
        if self.is_net:
            self._set_up_net()
        self.takes_weight = "sample_weight" in signature(self.estimator.partial_fit).parameters
        self._extra = {} if n_classes is None else {"classes": np.arange(n_classes)}

    def _check_class_weight(self):
        """It learns codes, and a weight by class names labels: another class would be weighed."""
        if isinstance(getattr(self.estimator, "class_weight", None), dict):
            name = type(self.estimator).__name__
            raise TypeError(
                f"{name} is not compatible with training batch by batch: it needs 'class_weight'"
                f" of None; this {name} has a weight by class. Use sample_weight instead."
            )

    def _set_up_net(self):
        changes = {"max_epochs": 1, "batch_size": -1, "train_split": None, "verbose": 0}
        if self.n_classes is not None and "classes" in self.estimator.get_params(deep=False):
            changes["classes"] = list(range(self.n_classes))
        self.estimator.set_params(**changes)

    def step(self, X, y, weight):
        """Learn a batch, by weight where the estimator takes weights, else by repetition."""
        if self.takes_weight:
            return self._call("partial_fit", X, y, sample_weight=weight, **self._extra)
        rows = repeat_by_weight(weight, self.rng)
        return self._call("partial_fit", X[rows], y[rows], **self._extra) if len(rows) else self

    def _call(self, method, X, *y, **params):
        with ExitStack() as scope:
            if self.is_net:
                from sklearn_synda._torch._streams import one_thread, seeded

                seed, device = self.rng.randint(2**31 - 1), getattr(self.estimator, "device", "cpu")
                scope.enter_context(seeded(seed, device))
                scope.enter_context(one_thread())
                if not self.estimator.initialized_:
                    self.estimator.initialize()
                X, y = self.inputs(X), [self.targets(values) for values in y]
            scope.enter_context(np.errstate(divide="ignore"))  # naive Bayes, class not met: log 0
            return getattr(self.estimator, method)(X, *y, **params)

    def inputs(self, X):
        """Rows as the estimator takes them."""
        return X.astype(self._float_type()) if self.is_net else X

    def _float_type(self):
        from sklearn_synda._torch._predictions import float_type

        return float_type(self.estimator.module_)

    def targets(self, y):
        """Targets as the estimator takes them."""
        if not self.is_net:
            return y
        if self.n_classes is None:
            return y.astype(self._float_type())[:, None]
        is_binary = hasattr(self.estimator, "threshold")
        return y.astype(self._float_type() if is_binary else np.int64)

    def predict(self, X):
        """Class codes, or values."""
        if self.is_net and self.n_classes is not None:
            proba = self.predict_proba(X)
            if self.n_classes == 2 and hasattr(self.estimator, "threshold"):
                return (proba[:, 1] > self.estimator.threshold).astype(np.intp)
            return proba.argmax(axis=1)
        said = np.asarray(self._call("predict", X))
        return said.ravel().astype(np.float64 if self.n_classes is None else np.intp)

    @available_if(_inner_has("predict_proba"))
    def predict_proba(self, X):
        """Class probabilities."""
        proba = np.asarray(self._call("predict_proba", X), dtype=np.float64)
        if proba.shape[1] < self.n_classes:
            name = type(self.estimator).__name__
            raise TypeError(
                f"{name} is not compatible with training batch by batch: it needs one output for"
                f" each of {self.n_classes} classes; this {name} has {proba.shape[1]}."
            )
        proba = proba[:, : self.n_classes]  # a net may have outputs to spare
        return proba / proba.sum(axis=1, keepdims=True)

    @available_if(_inner_has("decision_function"))
    def decision_function(self, X):
        """Decision values."""
        return self._call("decision_function", X)

    def uncertainty(self, X, y):
        """How unsure the learner is of rows, in [0, 1] for classes; larger = less certain.

        The entropy of the class probabilities over its largest value; ``1 / (1 + d)`` with the
        distance ``d`` to the boundary where there are none; for values, which carry no doubt
        of their own, the error on the rows' targets in standard deviations.
        """
        if self.n_classes is None:
            return np.abs(self.predict(X) - y) / self.scale
        if hasattr(self, "predict_proba"):
            return entropy_score(self.predict_proba(X)) / np.log(self.n_classes)
        decision = np.asarray(self.decision_function(X))
        if decision.ndim > 1:
            best = np.sort(decision, axis=1)
            decision = best[:, -1] - best[:, -2]
        return 1 / (1 + np.abs(decision))
