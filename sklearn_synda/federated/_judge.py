"""What the held-out rows of one client have said so far of made rows."""

from copy import deepcopy

import numpy as np

from sklearn_synda.dynamic._training import Trial
from sklearn_synda.validation._loss import least_loss, mean_by_row

__all__ = ["Judge"]

_MIN_ROWS = 8  # of fewer, parts that are fitted on folds of folds make nothing of use


class Judge:
    """Plain and dynamic local training, side by side on one fold a round.

    A round holds out one fold, the next round the next one; the losses are kept. So the choice
    rests on all rounds there were, and costs two short trainings in each.

    Parameters
    ----------
    recipe : Recipe
        Parts.
    validation : validation
        Folds, and the gate.
    X, y, weight : table, ndarray, ndarray
        Real rows, targets (codes or values) and weights of mean 1.
    rng : RandomState
        For folds and seeds.
    """

    def __init__(self, recipe, validation, X, y, weight, rng):
        self.validation, self.keeps_last = validation, getattr(validation, "keeps_last", False)
        can_make = len(y) >= _MIN_ROWS and len(np.unique(y)) > 1
        splits = validation.split(y, random_state=rng) if can_make else []
        self.keeps_last = self.keeps_last and can_make
        self.pairs = []
        for train, test in splits:
            seed = rng.randint(2**31 - 1)
            self.pairs.append([
                Trial(recipe, X, y, weight, train, test, seed, is_dynamic=is_dynamic)
                for is_dynamic in (False, True)
            ])  # fmt: skip
        self.losses, self.rows = ([], []), []

    def prefers_made_rows(self, learner, rate, n_epochs):
        """Hear the next fold, then say whether made rows have helped on all of them so far."""
        if not self.pairs:
            return self.keeps_last
        pair = self.pairs[len(self.rows) % len(self.pairs)]
        for trial, heard in zip(pair, self.losses, strict=True):
            trial.learner, trial.has_learnt = deepcopy(learner), True
            for _ in range(n_epochs):
                trial.epoch(rate if trial.is_dynamic else 0.0)
            heard.append(trial.losses())
        self.rows.append(pair[0].rows_held_out)
        rows = np.concatenate(self.rows)
        by_row = [mean_by_row(np.hstack(heard), rows) for heard in self.losses]
        losses = np.stack([found[0] for found in by_row])
        shrunken = np.stack([least_loss(found) for found in by_row])
        return self.validation.best_round(losses, shrunken, shrunken) == 1
