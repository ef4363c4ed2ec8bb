"""The plain learner against the dynamic one, and the epoch at which each is best."""

import warnings
from dataclasses import dataclass, field

import numpy as np

from sklearn_synda.dynamic._training import Training, Trial
from sklearn_synda.exceptions import SynthesisWarning
from sklearn_synda.validation._loss import least_loss, mean_by_row

__all__ = ["Contest", "Run"]

_SMOOTHING = 5  # epochs
_NAMES = ("rate", "made_share", "uncertainty", "coverage", "refused")


@dataclass
class Run:
    """What the held-out rows said of one way to train, epoch by epoch."""

    is_dynamic: bool
    losses: list = field(default_factory=list)
    shrunken: list = field(default_factory=list)
    history: dict = field(default_factory=lambda: {"loss": [], **{n: [] for n in _NAMES}})
    termination: str = "max_iter"

    @property
    def best(self):
        """Position of the epoch of least mean loss, smoothed: one dip among many is luck.

        Of epochs that are as good, the last: errors that are counted tie, and more was learnt.
        """
        padded = np.pad(self.history["loss"], _SMOOTHING // 2, mode="edge")
        smooth = np.convolve(padded, np.full(_SMOOTHING, 1 / _SMOOTHING), "valid")
        return int(np.flatnonzero(np.isclose(smooth, smooth.min(), atol=1e-12))[-1])

    def add(self, trials, rate):
        """Note an epoch; False if its loss is no finite number."""
        rows = np.concatenate([trial.rows_held_out for trial in trials])
        losses = mean_by_row(np.hstack([trial.losses() for trial in trials]), rows)
        if not np.isfinite(losses).all():
            return False
        self.losses.append(losses[0])
        self.shrunken.append(least_loss(losses))
        self.history["loss"].append(float(losses[0].mean()))
        self.history["rate"].append(rate)
        for name in _NAMES[1:]:
            self.history[name].append(float(np.mean([t.record[name] for t in trials])))
        return True


class Contest:
    """Both ways to train on the same folds, then the better one on all rows.

    Parameters
    ----------
    recipe : Recipe
        Parts.
    rate : rate
        Made rows per real row, epoch by epoch.
    validation : validation
        Folds, and the gate between the two ways.
    max_iter, patience : int
        Epochs at most; epochs without a smaller held-out loss after which a run ends.
    """

    def __init__(self, recipe, rate, validation, max_iter, patience):
        self.recipe, self.rate, self.validation = recipe, rate, validation
        self.max_iter, self.patience = max_iter, patience

    def hold(self, X, y, weight, splits, seeds, tasks):
        """Run both ways on all folds; ``tasks`` wraps each epoch for callbacks."""
        self.runs = []
        for is_dynamic in (False, True):
            trials = [
                Trial(self.recipe, X, y, weight, train, test, seed, is_dynamic=is_dynamic)
                for (train, test), seed in zip(splits, seeds, strict=True)
            ]
            self.runs.append(self._run(trials, is_dynamic, tasks) if trials else Run(is_dynamic))
        return self

    def _run(self, trials, is_dynamic, tasks):
        run = Run(is_dynamic)
        name = "dynamic" if is_dynamic else "plain"
        for epoch in range(1, self.max_iter + 1):
            rate = self._next_rate(run, len(trials[0].y)) if is_dynamic else 0.0
            with tasks(f"{name} epoch {epoch}") as task:
                for trial in trials:
                    trial.epoch(rate)
                is_finite = run.add(trials, rate)
            if not is_finite:
                run.termination = "no_finite_loss"
                _warn_not_finite(trials[0].learner.estimator, name, epoch)
                break
            if task.stop:
                run.termination = "callback"
                break
            if epoch - 1 - run.best >= self.patience:
                run.termination = "no_change"
                break
        return run

    def _next_rate(self, run, n_labeled):
        """The rate of the next epoch; what has learnt nothing has an infinite loss."""
        losses, rates = run.history["loss"], [0.0, *run.history["rate"]]
        n_rounds = len(rates)
        history = {
            "iteration": list(range(n_rounds)), "rate": rates, "loss": [np.inf, *losses],
            "loss_std": [np.nan, *(x.std() / np.sqrt(len(x)) for x in run.losses)],
            "n_labeled": [n_labeled] * n_rounds,
            "n_synthetic": [round(rate * n_labeled) for rate in rates],
        }  # fmt: skip
        return float(self.rate.next_rate(history))

    def winner(self):
        """The run to keep: the plain one unless the dynamic one passes the gate."""
        plain, dynamic = self.runs
        if not dynamic.losses or not plain.losses:
            return dynamic if dynamic.losses else plain
        losses, shrunken = (
            np.stack([getattr(run, name)[run.best] for run in self.runs])
            for name in ("losses", "shrunken")
        )
        better = self.validation.best_round(losses, shrunken, shrunken)
        return self.runs[better]

    def train(self, run, X, y, weight, seed):
        """The way of a run on all rows, for as many epochs as suited it."""
        training = Training(self.recipe, X, y, weight, seed, is_dynamic=run.is_dynamic)
        n_epochs = run.best + 1 if run.losses else self.max_iter
        for epoch in range(n_epochs):
            training.epoch(run.history["rate"][epoch] if run.losses else 0.0)
        return training


def _warn_not_finite(estimator, name, epoch):
    warnings.warn(
        f"The {name} training of {type(estimator).__name__} ended with epoch {epoch}: its"
        " held-out loss is no finite number. Epochs before it are kept; a smaller learning rate"
        " or scaled columns may help.",
        SynthesisWarning,
        stacklevel=2,
    )
