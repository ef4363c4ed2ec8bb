"""What the dynamic classifier and the dynamic regressor share."""

import warnings
from contextlib import contextmanager
from numbers import Integral, Real
from types import SimpleNamespace

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, is_regressor
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from sklearn_synda._aim import find_aim, warn_untaught
from sklearn_synda._compatibility import check_part
from sklearn_synda._input import check_table
from sklearn_synda._labels import split_labeled
from sklearn_synda._rows import row_subset
from sklearn_synda._sklearn_compat import (
    HasMethods,
    Interval,
    _check_sample_weight,
    _fit_context,
)
from sklearn_synda.dynamic._contest import Contest
from sklearn_synda.dynamic._learner import without_held_out_rows
from sklearn_synda.dynamic._training import Recipe
from sklearn_synda.exceptions import SynthesisWarning
from sklearn_synda.integration import WeightedIntegrator
from sklearn_synda.labeling import CommitteeLabeler
from sklearn_synda.synthesis import MixingSynthesizer
from sklearn_synda.validation import CrossValidation, FixedRate, SyntheticRowsMonitor

__all__ = ["BaseDynamicSynthesis"]

_PARTS = {
    "synthesizer": (MixingSynthesizer, ("fit", "sample")),
    "labeler": (lambda: CommitteeLabeler("light"), ("fit", "label")),
    "integrator": (lambda: WeightedIntegrator(alpha=0.75), ("integrate",)),
    "rate": (lambda: FixedRate(2.0), ("next_rate",)),
    "monitor": (SyntheticRowsMonitor, ("fit", "check")),
    "validation": (lambda: CrossValidation(n_splits=3), ("split", "best_round")),
}


def inner_has(method):
    """Whether the fitted learner, or before that the user's estimator, has a method."""

    def check(self):
        getattr(getattr(self, "_learner", None) or self.estimator, method)
        return True

    return check


class BaseDynamicSynthesis(CallbackSupportMixin, MetaEstimatorMixin, BaseEstimator):
    """The contest of plain and dynamic training, and the delegation to its winner."""

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["partial_fit", "predict"])],
        "uncertainty": [HasMethods(["fit", "predict_uncertainty", "set_params"]), None],
        **dict.fromkeys(_PARTS, "no_validation"),
        "alpha": [Interval(Real, 0, None, closed="left")],
        "beta": [Interval(Real, 0, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "n_candidates": [Interval(Integral, 1, None, closed="left")],
        "refill_every": [Interval(Integral, 1, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(self, estimator, *, uncertainty=None, synthesizer=None, labeler=None,
                 integrator=None, rate=None, monitor=None, validation=None, alpha=1.0, beta=0.0,
                 batch_size=32, n_candidates=5, refill_every=10, max_iter=50,
                 n_iter_no_change=10, random_state=None):  # fmt: skip
        self.estimator = estimator
        self.uncertainty = uncertainty
        self.synthesizer = synthesizer
        self.labeler = labeler
        self.integrator = integrator
        self.rate = rate
        self.monitor = monitor
        self.validation = validation
        self.alpha = alpha
        self.beta = beta
        self.batch_size = batch_size
        self.n_candidates = n_candidates
        self.refill_every = refill_every
        self.max_iter = max_iter
        self.n_iter_no_change = n_iter_no_change
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None):
        """Train both ways on folds, then the better one on all rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Real rows. Plain numbers reach the estimator as they are; any other table reaches it
            as its embedding.
        y : array-like of shape (n_samples,)
            Targets, none missing.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        self : object
        """
        X, y, weight = self._begin_fit(X, y, sample_weight)
        rng = check_random_state(self.random_state)
        rate, validation, recipe = self._check_parts()
        splits = validation.split(y, random_state=rng) if len(np.unique(y)) > 1 else []
        seeds = rng.randint(2**31 - 1, size=len(splits) + 1)
        contest = Contest(recipe, rate, validation, self.max_iter, self.n_iter_no_change)
        with self._callback_tasks(2 * self.max_iter) as tasks:
            contest.hold(X, y, weight, splits, seeds[1:], tasks)
        run = contest.winner()
        return self._end_fit(contest, run, contest.train(run, X, y, weight, seeds[0]))

    def _begin_fit(self, X, y, sample_weight):
        """Validated rows, encoded targets, and weights of mean 1; rows of weight 0 are none."""
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
                f" {(~labeled).sum()} missing ones instead: leave those rows out, or use"
                f" {type(self).__name__.replace('Dynamic', 'Active')}, which learns from them."
            )
        weight = np.ones(len(y))
        if sample_weight is not None:
            weight = _check_sample_weight(
                sample_weight, X, dtype=np.float64, ensure_non_negative=True
            )
        counts = np.flatnonzero(weight > 0)
        if len(counts) < len(y):
            X, y, weight = row_subset(X, counts), y[counts], weight[counts]
        return X, self._encode_targets(y), weight / weight.mean()

    def _check_rows(self, X, *, reset):
        return check_table(self, X, reset=reset, ensure_all_finite="allow-nan")

    def _check_parts(self):
        """Rate, validation and recipe, each part an instance with its methods."""
        if not self.alpha + self.beta > 0:
            raise ValueError(
                f"The 'beta' parameter of {type(self).__name__} must be above 0 where 'alpha' is"
                " 0. Got 0 instead."
            )
        parts = {}
        for name, (default, methods) in _PARTS.items():
            given = getattr(self, name)
            parts[name] = default() if given is None else given
            check_part(self, name, parts[name], *methods)
        aim, rate = find_aim(self.estimator, is_regressor(self)), parts["rate"]
        if aim.refusal:
            warn_untaught(aim)
            rate = FixedRate(0.0)
        recipe = Recipe(
            estimator=self._learning_estimator(),
            synthesizer=parts["synthesizer"],
            labeler=parts["labeler"],
            integrator=parts["integrator"],
            uncertainty=self.uncertainty,
            monitor=parts["monitor"],
            alpha=self.alpha,
            beta=self.beta,
            batch_size=self.batch_size,
            n_candidates=self.n_candidates,
            refill_every=self.refill_every,
            n_classes=self._n_classes(),
            quantile=aim.quantile,
        )
        return rate, parts["validation"], recipe

    def _learning_estimator(self):
        """The user's estimator; of a net what can be trained step by step."""
        estimator, names = without_held_out_rows(self.estimator)
        if names:
            warnings.warn(
                f"{type(self).__name__} trains {type(estimator).__name__} without its callbacks"
                f" {', '.join(names)}: they follow scores of rows that a net holds out, and a step"
                " holds out none. The epoch to stop at is chosen on folds.",
                SynthesisWarning,
                stacklevel=4,
            )
        return estimator

    @contextmanager
    def _callback_tasks(self, n_tasks):
        """A context for each epoch; after it, ``stop`` says whether a callback had enough."""
        whole = self._init_callback_context(max_subtasks=n_tasks)
        whole.call_on_fit_task_begin(estimator=self)

        @contextmanager
        def task(name):
            context = whole.subcontext(task_name=name)
            context.call_on_fit_task_begin(estimator=self)
            epoch = SimpleNamespace(stop=False)
            yield epoch
            epoch.stop = bool(context.call_on_fit_task_end(estimator=self))

        yield task
        whole.call_on_fit_task_end(estimator=self)

    def _end_fit(self, contest, run, training):
        plain, dynamic = contest.runs
        self.estimator_ = training.learner.estimator
        self._learner, self._encoder = training.learner, training.encoder
        self.is_dynamic_ = run.is_dynamic
        self.n_iter_ = training.n_epochs
        self.termination_condition_ = run.termination if run.losses else "too_few_rows"
        n = max(len(plain.losses), len(dynamic.losses))
        columns = {"epoch": list(range(1, n + 1)), "plain_loss": plain.history["loss"],
                   **dynamic.history}  # fmt: skip
        self.history_ = {
            name: np.array(values + [np.nan] * (n - len(values)))
            for name, values in columns.items()
        }
        if np.nansum(self.history_["refused"]) > 0:
            self._warn_refused()
        return self

    def _warn_refused(self):
        refused = self.history_["refused"]
        warnings.warn(
            f"The monitor of {type(self).__name__} refused made rows in {(refused > 0).sum()} of"
            f" {np.isfinite(refused).sum()} epochs, at worst in {np.nanmax(refused):.0%} of the"
            " folds: real rows alone were learnt from there.",
            SynthesisWarning,
            stacklevel=3,
        )

    def _encoded(self, X):
        check_is_fitted(self, "estimator_")
        return self._encoder(self._check_rows(X, reset=False))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.target_tags.required = True
        return tags
