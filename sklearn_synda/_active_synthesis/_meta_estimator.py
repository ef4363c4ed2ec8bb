"""What the two meta-estimators share: where the parts meet."""

import warnings
from contextlib import contextmanager
from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, is_regressor
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import check_random_state, get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from sklearn_synda._active_synthesis._active_learning import ActiveLearningMixin
from sklearn_synda._active_synthesis._course import Parts, Table, with_estimator
from sklearn_synda._active_synthesis._race import run_race
from sklearn_synda._compatibility import (
    check_part,
    check_takes_groups,
    check_weight_name,
    groups_request,
    required_fit_arguments,
)
from sklearn_synda._fitting import seed_estimator, warned_once
from sklearn_synda._input import check_table
from sklearn_synda._labels import group_codes, split_labeled
from sklearn_synda._nets import find_net, torch_seed
from sklearn_synda._rows import own_copy, row_subset
from sklearn_synda._sklearn_compat import (
    HasMethods,
    Interval,
    _check_sample_weight,
    _fit_context,
    _manual_routing,
    _num_samples,
    _raise_for_params,
    _routing_enabled,
)
from sklearn_synda.exceptions import SynthesisWarning
from sklearn_synda.integration import WeightedIntegrator
from sklearn_synda.labeling import CommitteeLabeler
from sklearn_synda.query import ProportionalQuery
from sklearn_synda.validation import CrossValidation, FixedRate

__all__ = ["BaseActiveSynthesis", "offers"]

_METHODS = {
    "uncertainty": ("fit", "predict_uncertainty", "fit_predict_uncertainty", "get_params"),
    "query_strategy": ("query",),
    "synthesizer": ("fit", "sample"),
    "labeler": ("fit", "label"),
    "integrator": ("integrate",),
    "rate": ("next_rate",),
    "validation": ("split",),
}


def offers(method):
    """Whether the fitted estimator, or before that the user's, has a method."""

    def check(self):
        fitted = getattr(self, "estimator_", None)
        getattr(self._user_estimator() if fitted is None else fitted, method)
        return True

    return check


@contextmanager
def _noted(metadata):
    """An error of a fit is raised as it is, with a note that not every fit had all arguments."""
    try:
        yield
    except Exception as error:
        if metadata:
            error.add_note(
                f"{', '.join(map(repr, sorted(metadata)))} reach the fits of the user's model"
                " alone: parts that borrow it fit it without. If it needs them, use parts with an"
                " estimator of their own, or max_iter=0."
            )
        raise


class BaseActiveSynthesis(
    ActiveLearningMixin, CallbackSupportMixin, MetaEstimatorMixin, BaseEstimator
):
    """What the classifier and the regressor share: the loop and the delegation."""

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit"]), None],
        **dict.fromkeys(_METHODS, "no_validation"),
        "max_iter": [Interval(Integral, 0, None, closed="left")],
        "missing_label": "no_validation",
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    def __init__(self, estimator=None, *, uncertainty=None, query_strategy=None,
                 synthesizer=None, labeler=None, integrator=None, rate=None, validation=None,
                 max_iter=3, missing_label=np.nan, n_jobs=None, random_state=None):  # fmt: skip
        self.estimator = estimator
        self.uncertainty = uncertainty
        self.query_strategy = query_strategy
        self.synthesizer = synthesizer
        self.labeler = labeler
        self.integrator = integrator
        self.rate = rate
        self.validation = validation
        self.max_iter = max_iter
        self.missing_label = missing_label
        self.n_jobs = n_jobs
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None, **params):
        """Fit the user's model, then make it better where held-out real rows say so.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Real rows; what reaches the estimator is of the same kind.
        y : array-like of shape (n_samples,)
            Targets. NaN, None and pd.NA (and ``missing_label``) mark rows without one: they
            serve as anchors, and are learnt from with the label the labeler gives them.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.
        **params : dict
            ``groups``, array-like of shape (n_samples,): rows of one group (a patient, a site)
            are held out together where rows are judged and labelled. Further arguments of the
            estimator's ``fit``, by metadata routing; one that has an entry for each row is
            handed on for made rows as their anchor has it.

        Returns
        -------
        self : object
            The fitted meta-estimator.
        """
        self.__dict__.pop("_stream", None)
        with warned_once():
            table, parts, rng = self._begin_fit(X, y, sample_weight, params)
            context = self._init_callback_context(max_subtasks=self.max_iter)
            context.call_on_fit_task_begin(estimator=self)
            with _noted(table.metadata if self.max_iter > 0 else None):
                race = run_race(self, parts, table, rng, context)
            self._end_fit(table, race)
            context.call_on_fit_task_end(
                estimator=self, X=table.X, y=table.labels(table.y), reconstruction_attributes={},
                metadata={"sample_weight": table.sample_weight} if table.weighted else None,
            )  # fmt: skip
        return self

    def _user_estimator(self):
        return self._default_estimator() if self.estimator is None else self.estimator

    def _user_validation(self):
        return CrossValidation() if self.validation is None else self.validation

    def _begin_fit(self, X, y, sample_weight, params):
        """Validate, clone, check, route, seed."""
        _raise_for_params(params, self, "fit", allow={"groups"})
        check_part(self, "validation", self._user_validation(), *_METHODS["validation"])
        groups, metadata = params.get("groups"), {}
        if _routing_enabled():
            routed = process_routing(self, "fit", **params)
            groups = routed["validation"]["split"].get("groups")
            metadata = dict(routed["estimator"]["fit"])
        sample_weight = self._take_weight(sample_weight, metadata, "fit")
        rng = check_random_state(self.random_state)
        rng = np.random.RandomState(rng.randint(2**31 - 1))
        table = self._as_table(X, y, sample_weight, metadata, groups)
        parts = self._check_parts(rng)
        if groups is not None:
            check_takes_groups(self, self._validation)
        if metadata and self.max_iter > 0:
            self._check_metadata(metadata, parts)
        return table, parts, rng

    def _take_weight(self, sample_weight, metadata, method):
        """The weights, out of the routed arguments where the estimator asks for them by a name."""
        named = metadata.pop("sample_weight", None)
        if named is not None and sample_weight is not None:
            raise ValueError(
                f"The 'sample_weight' parameter of {type(self).__name__}.{method} must be given"
                " once. Got it under the name that the estimator requests, too, instead."
            )
        if metadata:
            check_weight_name(type(self).__name__, self._user_estimator(), method, metadata)
        return sample_weight if named is None else named

    def _as_table(self, X, y, sample_weight, metadata, groups=None, reset=True):
        if y is None:
            raise ValueError(
                f"This {type(self).__name__} estimator requires y to be passed, but the target"
                " y is None."
            )
        if isinstance(self.missing_label, (list, tuple, set, dict, np.ndarray)):
            raise ValueError(
                f"The 'missing_label' parameter of {type(self).__name__} must be one value. Got"
                f" {self.missing_label!r} instead: write NaN or None in the place of all others."
            )
        X = self._check_rows(X, reset=reset)
        column = self._dtype_of_column(y)
        y, labeled = split_labeled(y if column is None else np.ravel(y), self.missing_label)
        if len(y) != _num_samples(X):
            raise ValueError(
                "Found input variables with inconsistent numbers of samples:"
                f" {[_num_samples(X), len(y)]}"
            )
        weight = self._check_weight(sample_weight, X, labeled)
        if not labeled.any():
            raise ValueError(
                f"The 'y' parameter of {type(self).__name__}.fit must hold at least one label."
                f" Got {len(y)} unlabelled rows instead: label some, and ask"
                " sklearn_synda.query.cold_start which."
            )
        row = np.flatnonzero(labeled & (weight > 0))  # a row of no weight is no row
        unlabeled_row = np.flatnonzero(~labeled & (weight > 0))
        if groups is not None:
            groups = group_codes(groups, len(y), f"{type(self).__name__}.fit")
        classes, targets = self._encode_targets(y[row], had_missing=not labeled.all())
        return Table(
            X=own_copy(X) if len(row) == len(y) else row_subset(X, row),  # the user may change X
            y=targets,
            sample_weight=weight[row],
            row=row,
            X_unlabeled=row_subset(X, unlabeled_row),
            unlabeled_row=unlabeled_row,
            unlabeled_weight=weight[unlabeled_row],
            classes=classes,
            n_samples=len(y),
            weighted=sample_weight is not None,
            metadata=metadata,
            groups=None if groups is None else groups[row],
            unlabeled_groups=None if groups is None else groups[unlabeled_row],
            column=column,
        )

    def _check_weight(self, sample_weight, X, labeled):
        """Weights of all rows, ones where none are given."""
        if sample_weight is None:
            return np.ones(len(labeled))
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        if labeled.any() and not weight[labeled].any():
            raise ValueError(
                f"The 'sample_weight' parameter of {type(self).__name__}.fit must hold at"
                " least one weight above zero among the labelled rows. Got zeros only instead."
            )
        return weight

    def _dtype_of_column(self, y):
        """How a net is given its values, if they came in one column; None for any other model."""
        if find_net(self._user_estimator()) is None or not is_regressor(self):
            return None
        if np.shape(y)[1:] != (1,):
            return None
        dtype = np.asarray(y).dtype
        return dtype if dtype.kind == "f" else np.dtype(np.float64)

    def _check_rows(self, X, *, reset):
        """A table with row access; names and number of features checked, values left alone."""
        return check_table(self, X, reset=reset)

    def _check_parts(self, rng):
        """The parts, defaults in the place of None, each an instance with its methods."""
        estimator = self._user_estimator()
        self._check_estimator(estimator)
        if not hasattr(estimator, "predict"):
            raise TypeError(
                f"{type(self).__name__} is not compatible with {type(estimator).__name__}: it needs"
                f" 'predict' before 'fit'; this {type(estimator).__name__} offers none. Give a"
                " stack its final_estimator, a Pipeline a model as its last step."
            )
        if self.random_state is not None:
            estimator = seed_estimator(estimator, rng)
        parts = {}
        for name, methods in _METHODS.items():
            part = getattr(self, name)
            if part is None:
                part = self._default_part(name, estimator)
            check_part(self, name, part, *methods)
            parts[name] = with_estimator(part, estimator)
        if not getattr(parts["validation"], "keeps_last", False):
            check_part(self, "validation", parts["validation"], "best_round")
        self._rate, self._validation = parts.pop("rate"), parts.pop("validation")
        own = getattr(self.uncertainty, "estimator", None) is not None
        return Parts(
            estimator=estimator, caller=type(self).__name__, guide_has_model=own,
            is_seeded=self.random_state is not None, **parts,
        )  # fmt: skip

    def _check_metadata(self, metadata, parts):
        """Parts fit the user's model from rows, targets and weights alone: say so beforehand."""
        borrowers = []
        for name in _METHODS.keys() - {"rate", "validation"}:
            own = getattr(getattr(self, name), "estimator", None) is not None
            if getattr(getattr(parts, name), "estimator", None) is not None and not own:
                borrowers.append(repr(name))
        if not borrowers:
            return
        borrowers, model = " and ".join(sorted(borrowers)), type(parts.estimator).__name__
        needed = required_fit_arguments(parts.estimator)
        if needed:
            raise TypeError(
                f"{model} is not compatible with the {borrowers} of {type(self).__name__}: its fit"
                f" needs {', '.join(map(repr, sorted(needed)))}, which parts do not hand on. Use"
                " parts with an estimator of their own instead, or max_iter=0."
            )
        warnings.warn(
            f"{', '.join(map(repr, sorted(metadata)))} reach the fits of {model} on real and made"
            f" rows alone; {borrowers} of {type(self).__name__} fit it without.",
            SynthesisWarning,
            stacklevel=4,
        )

    def _default_part(self, name, estimator):
        return {
            "uncertainty": lambda: self._default_uncertainty(estimator),
            "query_strategy": ProportionalQuery,
            "synthesizer": self._default_synthesizer,
            "labeler": CommitteeLabeler,
            "integrator": lambda: WeightedIntegrator(alpha=0.75),
            "rate": lambda: FixedRate(2.0, min_rows=150, patience=2),
            "validation": self._user_validation,
        }[name]()

    def _end_fit(self, table, race):
        """The best validated round becomes the fitted state."""
        winner = race.winner
        self.estimator_ = winner.estimator
        if table.classes is not None:
            self.classes_ = table.classes
        self.provenance_ = winner.train.origin
        made = np.flatnonzero(winner.train.is_made)
        self.synthetic_X_ = row_subset(winner.train.X, made)
        self.synthetic_y_ = table.labels(winner.train.y[made])
        self.synthetic_weight_ = winner.train.sample_weight[made]
        self.history_ = race.history
        self.n_iter_ = race.n_iter
        self.best_iteration_ = race.best
        self.termination_condition_ = race.termination
        self._table = table
        self._uncertainty = None
        return self

    @available_if(offers("partial_fit"))
    @_fit_context(prefer_skip_nested_validation=False)
    def partial_fit(self, X, y, classes=None, sample_weight=None, **params):
        """Learn from one more batch, with made rows of its own where they have helped so far.

        Two copies of the estimator learn side by side, one from the real rows alone. Each new
        batch is first a test: ``estimator_`` is the copy with the smaller loss so far. What is
        said of uncertainty rests on the last rows of the stream, those of a ``fit`` before it too.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Real rows.
        y : array-like of shape (n_samples,)
            Targets, none missing.
        classes : array-like of shape (n_classes,), default=None
            All classes there will be; needed at the first call of a classifier.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.
        **params : dict
            Further arguments of the estimator's ``partial_fit``, by metadata routing.

        Returns
        -------
        self : object
        """
        from sklearn_synda._active_synthesis._stream import learn_batch

        first = not hasattr(self, "_stream")
        rng = check_random_state(self.random_state) if first else self._stream.rng
        rng = np.random.RandomState(rng.randint(2**31 - 1))
        _raise_for_params(params, self, "partial_fit")
        if _routing_enabled():
            routed = process_routing(self, "partial_fit", **params)
            params = dict(routed["estimator"]["partial_fit"])
        sample_weight = self._take_weight(sample_weight, params, "partial_fit")
        reset = not hasattr(self, "estimator_")
        table = self._as_table(X, y, sample_weight, params, reset=reset)
        if len(table.unlabeled_row):
            raise ValueError(
                f"The 'y' parameter of {type(self).__name__}.partial_fit must hold labels only. Got"
                f" {len(table.unlabeled_row)} missing ones instead: leave those rows out."
            )
        parts = self._check_parts(rng)
        with torch_seed(parts.estimator, rng if parts.is_seeded else None, parts.others()):
            return learn_batch(self, parts, table, classes, rng)

    def _labeled(self, X, y, sample_weight):
        """Rows, targets and weights without the rows whose target is missing."""
        if y is None:
            raise ValueError(
                f"This {type(self).__name__} estimator requires y to be passed, but the target y is"
                " None."
            )
        check_consistent_length(X, y, sample_weight)
        if np.shape(y)[1:] == (1,):
            y = np.ravel(y)
        given, labeled = split_labeled(y, self.missing_label)
        if labeled.all() and given.dtype.kind != "O":
            return X, y, sample_weight
        if not labeled.any():
            raise ValueError(
                f"The 'y' parameter of {type(self).__name__}.score must hold at least one label."
                f" Got {len(given)} unlabelled rows instead."
            )
        rows = np.flatnonzero(labeled)
        classes, targets = self._encode_targets(given[rows], had_missing=not labeled.all())
        X = row_subset(self._check_rows(X, reset=False), rows)
        weight = None if sample_weight is None else np.asarray(sample_weight)[rows]
        return X, targets if classes is None else classes[targets], weight

    def _delegate(self, method, X, **params):
        check_is_fitted(self, "estimator_")
        _raise_for_params(params, self, method)
        if _routing_enabled():
            routed = process_routing(self, method, **params)
        else:
            routed = _manual_routing({"estimator": {method: params}})
        X = self._check_rows(X, reset=False)
        return getattr(self.estimator_, method)(X, **routed["estimator"][method])

    @available_if(offers("predict"))
    def predict(self, X, **params):
        """Predict with the fitted estimator.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.
        **params : dict
            Arguments of the estimator's method, by metadata routing.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Classes or values.
        """
        return self._delegate("predict", X, **params)

    def get_metadata_routing(self):
        """Metadata routing of this object.

        Returns
        -------
        routing : MetadataRouter
        """
        mapping = MethodMapping()
        for method in ("fit", "partial_fit", "predict"):
            mapping.add(caller=method, callee=method)
        for method in ("predict_proba", "predict_log_proba", "decision_function"):
            if hasattr(type(self), method):
                mapping.add(caller=method, callee=method)
        router = MetadataRouter(owner=self).add_self_request(self)
        router.add(estimator=self._user_estimator(), method_mapping=mapping)
        return router.add(
            validation=groups_request(self._user_validation()),
            method_mapping=MethodMapping().add(caller="fit", callee="split"),
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        estimator = self._user_estimator()
        inner = get_tags(estimator)
        tags.input_tags = inner.input_tags
        tags.non_deterministic = inner.non_deterministic
        return tags
