"""The race of the rounds, judged by held-out real rows."""

import warnings
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from sklearn.utils.parallel import Parallel, delayed

from sklearn_synda._active_synthesis._course import Course, told_of
from sklearn_synda._active_synthesis._strange_rows import without_strange_rows
from sklearn_synda._aim import find_aim, warn_untaught
from sklearn_synda._class_balance import shift_classes
from sklearn_synda._fitting import of_one_worker
from sklearn_synda._rows import row_subset
from sklearn_synda.exceptions import SynthesisWarning
from sklearn_synda.validation._loss import (
    class_shares,
    least_loss,
    mean_by_row,
    said_of,
    share_by_group,
    shrunken_losses,
)

__all__ = ["Race", "run_race"]

_SMALL = 5000  # labelled rows up to which fits in folds are not worth a second thread


def _warn_unjudged(estimator, failure):
    warnings.warn(
        f"Nothing was made: {type(estimator).__name__} cannot be fitted and judged on a part of"
        f" the rows ({failure}). The plain model is kept; give more rows, or fewer folds.",
        SynthesisWarning,
        stacklevel=2,
    )


def _warn_unfitted(estimator, iteration, failure):
    warnings.warn(
        f"Round {iteration} and later ones are left out: {type(estimator).__name__} cannot be"
        f" fitted on real and made rows together ({failure}). Earlier rounds stay in the race.",
        SynthesisWarning,
        stacklevel=2,
    )


@dataclass
class Race:
    """What the race gave: the winning course, its round, and the story."""

    winner: Course
    best: int
    n_iter: int
    termination: str
    history: dict


class _Judge:
    """The held-out rows of one fold, and the course that has not seen them.

    Under an estimator that weighs the classes, held-out rows weigh as their class does: who asks
    for balance is judged by it.
    """

    def __init__(self, parts, table, train, test, seed):
        self.course = Course(parts, table.take(train), seed)
        self.rows, self.X, self.y = test, row_subset(table.X, test), table.y[test]
        weight, self.shares = table.sample_weight, None
        if table.classes is not None:
            factors = self.course.class_factors
            weight = weight if factors is None else weight * factors[table.y]
            self.shares = class_shares(table.y[train], weight[train], len(table.classes))
        self.sample_weight = weight[test] / weight.mean()

    def step(self, rate, iteration):
        """One round (round 0 first): losses of the held-out rows after it, and distances.

        All are under ever more shrinkage: (11, n_held_out). The labeler is there from round 1 on;
        it then says how far round 0 was from it, too.
        """
        with self.course.torch_seed():
            return self._step(rate, iteration)

    def _step(self, rate, iteration):
        course = self.course
        if iteration > 0:
            before = [self.said] if iteration == 1 else []
            failure = course.advance(rate, iteration)
            if failure is not None:
                return failure, None, []
            losses = self._losses()
            return self, losses, [self._distances(said) for said in [*before, self.said]]
        try:
            course.begin()
            return self, self._losses(), []
        except Exception as error:  # noqa: BLE001 - the model fitted all rows, but not these
            return told_of(error), None, []

    def _losses(self):
        self.said = said_of(self.course.estimator, self.X, self.course.table.classes)
        return self._shrunken(self.said, self._own_labels(), self.course.table.quantile)

    def _distances(self, said):
        """From what the labeler says, as far above it as below, or from the rows' own labels."""
        if self.told is None:
            return self._shrunken(said, self._own_labels(), self.course.table.quantile)
        return self._shrunken(said, self.told, None)

    def _shrunken(self, said, told, quantile):
        has_proba = hasattr(self.course.estimator, "predict_proba")
        shares = self.shares if has_proba else None
        return shrunken_losses(said, told, shares, quantile) * self.sample_weight

    def _own_labels(self):
        classes = self.course.table.classes
        return self.y if classes is None else np.eye(len(classes))[self.y]

    @cached_property
    def told(self):
        """What the labeler, which has not seen the rows, says of them; None if it cannot."""
        classes, labeler = self.course.table.classes, self.course.labeler
        if not hasattr(labeler, "predict" if classes is None else "predict_proba"):
            return None
        if classes is None:
            return said_of(labeler, self.X, None)
        told = said_of(labeler, self.X, np.arange(len(classes)))
        return shift_classes(told, self.course.class_factors)


class _Field:
    """All judges, walking in step; losses and distances by round and held-out row.

    A row that is held out more than once has one loss, the mean, and the rows of a group have one
    between them: what is said again is no new evidence.
    """

    def __init__(self, judges, groups, n_jobs):
        self.judges = judges
        self.groups = groups
        self.n_jobs = n_jobs
        self.losses, self.shrunken, self.distances = [], [], []
        self.failure = None  # a round, and why the model could not be fitted in it

    def step(self, rate, iteration):
        """One round in all folds; whether the model could be fitted in each."""
        walked = Parallel(n_jobs=self.n_jobs)(
            delayed(judge.step)(rate, iteration) for judge in self.judges
        )
        failures = [failure for failure, losses, _ in walked if losses is None]
        if failures and iteration > 0:
            self.failure = iteration, failures[0]
            return False
        for failure in failures:
            _warn_unjudged(self.judges[0].course.parts.estimator, failure)
            walked = []
        self.judges = [judge for judge, _, _ in walked]
        if walked:
            losses = self._by_row([losses for _, losses, _ in walked])
            self.losses.append(losses[0])
            self.shrunken.append(least_loss(losses))
            for of_one_round in zip(*(distances for _, _, distances in walked), strict=True):
                self.distances.append(least_loss(self._by_row(of_one_round)))
        return True

    def best_round(self, validation, n_rounds):
        """The round that held-out rows prefer among round 0 and the first ones after it."""
        judged = self.losses, self.shrunken, self.distances or self.losses
        return validation.best_round(*(np.stack(each[: n_rounds + 1]) for each in judged))

    def _by_row(self, of_folds):
        """Losses of all folds side by side, one column a row, or a group of rows."""
        rows = np.concatenate([judge.rows for judge in self.judges])
        losses = mean_by_row(np.hstack(of_folds), rows)
        if self.groups is None:
            return losses
        return share_by_group(losses, self.groups[np.unique(rows)])

    def mean_loss(self):
        return float(self.losses[-1].mean()) if self.losses else np.nan

    def loss_error(self):
        if not self.losses:
            return np.nan
        return float(self.losses[-1].std() / np.sqrt(len(self.losses[-1])))


def run_race(owner, parts, table, rng, context):
    """Run the rounds in every fold, then as many on all rows as the held-out rows prefer.

    Parameters
    ----------
    owner : meta-estimator
        Its parameters, callbacks, ``_rate`` and ``_validation`` are used.
    parts : Parts
        Unfitted parts.
    table : Table
        The real rows.
    rng : RandomState
        Seeds of folds and courses.
    context : CallbackContext
        Of the fit; each round is one task in it.

    Returns
    -------
    race : Race
    """
    parts, in_folds = _few_workers(parts, table.n_labeled)
    winner = Course(parts, table, rng.randint(2**31 - 1)).begin()
    if owner.max_iter > 0:
        aim = find_aim(winner.estimator, table.classes is None)
        if aim.refusal:
            warn_untaught(aim)
            return _end(winner, 0, "not_teachable", _history(table, np.nan, np.nan))
        table = winner.table = replace(table, quantile=aim.quantile)
    if owner.max_iter > 0 and len(table.unlabeled_row):
        with winner.torch_seed():
            table = winner.table = without_strange_rows(table, winner.estimator)
    splits = []
    if owner.max_iter > 0 and _has_two_targets(table):
        groups = {} if table.groups is None else {"groups": table.groups}
        splits = owner._validation.split(table.y, random_state=rng, **groups)
    judges = [
        _Judge(in_folds, table, train, test, rng.randint(2**31 - 1))
        for train, test in splits
        if _has_two_targets(table.take(train))
    ]
    field = _Field(judges, table.groups, owner.n_jobs)
    field.step(0.0, 0)
    history = _history(table, field.mean_loss(), field.loss_error())
    keeps_last = getattr(owner._validation, "keeps_last", False)
    if not field.judges and not keeps_last:
        termination = "max_iter" if owner.max_iter == 0 else "too_few_rows"
        return _end(winner, 0, termination, history)
    termination = _run_rounds(owner, field, table, history, keeps_last, context)
    n_iter = len(history["iteration"]) - 1
    best = n_iter if keeps_last else field.best_round(owner._validation, n_iter)
    walked = [(winner.train, winner.estimator)]
    for iteration in range(1, best + 1):
        failure = winner.advance(history["rate"][iteration], iteration)
        if failure is not None:
            field.failure = iteration, failure
            best, termination = iteration - 1, "failed_fit"
            if not keeps_last:
                best = field.best_round(owner._validation, best)
            winner.train, winner.estimator = walked[best]
            break
        walked.append((winner.train, winner.estimator))
    if field.failure is not None:
        _warn_unfitted(parts.estimator, *field.failure)
    return _end(winner, best, termination, history)


def _few_workers(parts, n_labeled):
    """Parts for all rows and for folds: the estimator has what workers it wants for all rows."""
    if n_labeled > _SMALL:
        return parts, parts
    borrowers = ("uncertainty", "query_strategy", "synthesizer", "labeler")
    parts = replace(parts, **{name: of_one_worker(getattr(parts, name)) for name in borrowers})
    return parts, replace(parts, estimator=of_one_worker(parts.estimator))


def _history(table, loss, loss_std):
    """Of round 0."""
    return {"iteration": [0], "rate": [0.0], "n_synthetic": [0], "n_labeled": [table.n_labeled],
            "loss": [loss], "loss_std": [loss_std]}  # fmt: skip


def _has_two_targets(table):
    return table.classes is None or len(np.unique(table.y)) > 1


def _run_rounds(owner, field, table, history, keeps_last, context):
    """Rounds until the rate is zero, the loss stops falling, a callback says so, or the last."""
    termination = "max_iter"
    for iteration in range(1, owner.max_iter + 1):
        rate = owner._rate.next_rate(history)
        if rate == 0 and not (iteration == 1 and len(table.unlabeled_row)):
            termination = "zero_rate"
            break
        round_context = context.subcontext(task_name=f"round {iteration}")
        round_context.call_on_fit_task_begin(estimator=owner)
        if not field.step(rate, iteration):
            round_context.call_on_fit_task_end(estimator=owner)
            termination = "failed_fit"
            break
        for name, value in (
            ("iteration", iteration), ("rate", rate),
            ("n_synthetic", round(rate * table.n_labeled)),
            ("n_labeled", table.n_labeled),
            ("loss", field.mean_loss()),
            ("loss_std", field.loss_error()),
        ):  # fmt: skip
            history[name].append(value)
        if round_context.call_on_fit_task_end(estimator=owner):
            termination = "callback"
            break
        patience = getattr(owner._rate, "patience", 1)
        if not keeps_last and _rounds_since_best(history["loss"]) >= patience:
            termination = "no_change"
            break
    return termination


def _rounds_since_best(losses):
    """Rounds after the one of least held-out loss; one without a number is none."""
    losses = np.where(np.isfinite(losses), losses, np.inf)
    return len(losses) - 1 - int(np.argmin(losses))


def _end(winner, best, termination, history):
    history = {name: np.asarray(values) for name, values in history.items()}
    return Race(winner, best, len(history["iteration"]) - 1, termination, history)
