"""One training run, epoch by epoch and batch by batch, on real rows with or without made ones."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, issparse
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_array

from sklearn_synda._aim import with_quantile
from sklearn_synda._columns import Columns
from sklearn_synda._fitting import seed_estimator
from sklearn_synda._rows import TrainingSet, row_subset
from sklearn_synda.dynamic._learner import Learner
from sklearn_synda.dynamic._reservoir import Reservoir
from sklearn_synda.validation._loss import class_shares, said_of, shrunken_losses

__all__ = ["Encoder", "Recipe", "Training"]


class Encoder:
    """The way from a table to the numbers a learner sees.

    Numbers without gaps reach it as they are, in whatever container; any other table as its
    embedding.
    """

    def __init__(self, X):
        self.columns = columns = Columns(X)
        gaps = columns.is_categorical.any() or columns.has_missing.any()
        self.is_plain = not gaps and not columns.is_wide
        self(X)

    def __call__(self, X):
        if self.columns.is_sparse != issparse(X):
            X = X.toarray() if issparse(X) else csr_array(X)
        cells = self.columns.to_cells(X)
        return check_array(cells) if self.is_plain else self.columns.to_embedding(cells)


@dataclass(frozen=True)
class Recipe:
    """The parts and numbers of one dynamic estimator, checked."""

    estimator: object
    synthesizer: object
    labeler: object
    integrator: object
    uncertainty: object
    monitor: object
    alpha: float
    beta: float
    batch_size: int
    n_candidates: int
    refill_every: int
    n_classes: int | None
    quantile: float | None = None  # of the values, at which the estimator aims; None: the mean
    encode: object = None  # from a table to numbers; None: learnt from the rows


class Training:
    """One learner on one table; it knows no other rows.

    Parameters
    ----------
    recipe : Recipe
        Parts are cloned before they are fitted.
    X, y, weight : table, ndarray, ndarray
        Real rows, targets (codes or values) and weights of mean 1.
    seed : int
        Everything random in it follows from this.
    is_dynamic : bool
        False: the learner is trained on the real rows alone, by their own weights.

    Attributes
    ----------
    learner : Learner
    encoder : callable
    n_made : int
        Made rows it was given so far.
    """

    def __init__(self, recipe, X, y, weight, seed, *, is_dynamic):
        self.recipe, self.is_dynamic = recipe, is_dynamic
        self.X, self.y, self.weight = X, y, weight
        self.rng = np.random.RandomState(seed)
        self.encoder = recipe.encode or Encoder(X)
        self.rows = self.encoder(X)
        scale = 1.0 if recipe.n_classes is not None else max(float(np.std(y)), 1e-12)
        self.learner = Learner(
            recipe.estimator,
            recipe.n_classes,
            scale,
            np.random.RandomState(self.rng.randint(2**31 - 1)),
        )
        self.reservoir = self._part = None
        self.n_epochs, self.n_made, self.has_learnt = 0, 0, False
        self.record = {"made_share": 0.0, "uncertainty": np.nan, "coverage": np.nan, "refused": 0.0}

    def epoch(self, rate):
        """All real rows once, in batches, each with its made rows."""
        self.n_epochs += 1
        self._part = None
        if self.is_dynamic:
            self._look(rate)
        order = self.rng.permutation(len(self.y))
        n_batches = -(-len(order) // self.recipe.batch_size)
        made = total = 0.0
        for positions in np.array_split(order, n_batches):  # no lone row is left over
            train = self._lesson(positions, rate)
            self.learner.step(train.X, train.y, train.sample_weight)
            self.has_learnt = True
            made += train.sample_weight[train.is_synthetic].sum()
            total += train.sample_weight.sum()
        self.record["made_share"] = float(made / total)
        return self

    def _look(self, rate):
        """Once an epoch: refill the reservoir, and see how unsure the learner is of all rows."""
        recipe = self.recipe
        is_due = (self.n_epochs - 1) % recipe.refill_every == 0
        if rate > 0 and (is_due or self.reservoir is None):
            if self.reservoir is None:
                self.reservoir = self._make_reservoir()
            self.reservoir.refill(self.rng)
            self.record["coverage"] = self.reservoir.report.get("coverage", np.nan)
            self.record["refused"] = float(self.reservoir.batch is None)
        if self.has_learnt:
            self.record["uncertainty"] = float(self._uncertainty(self.rows, self.y).mean())

    def _make_reservoir(self):
        recipe = self.recipe
        synthesizer = seed_estimator(recipe.synthesizer, self.rng)
        synthesizer.fit(self.X, self.y, sample_weight=self.weight)
        labeler = with_quantile(seed_estimator(recipe.labeler, self.rng), recipe.quantile)
        labeler.fit(self.X, self.y, sample_weight=self.weight)
        monitor = recipe.monitor
        if monitor is not None:
            monitor = seed_estimator(monitor, self.rng).fit(self.X, self.y)
        return Reservoir(synthesizer, labeler, self.encoder, self.y, recipe.n_candidates, monitor)

    def _uncertainty(self, rows, y):
        """Of the learner as it is; before its first step all rows are as uncertain."""
        if not self.has_learnt:
            return np.ones(len(rows))
        if self.recipe.uncertainty is None:
            return self.learner.uncertainty(rows, y)
        if self._part is None:
            self._part = self._fit_part()
        return np.maximum(self._part.predict_uncertainty(self.learner.inputs(rows)), 0.0)

    def _fit_part(self):
        """The user's uncertainty of the learner, fitted once an epoch, on real rows alone."""
        part = seed_estimator(self.recipe.uncertainty, self.rng)
        part.set_params(estimator=FrozenEstimator(self.learner.estimator))
        rows, y = self.learner.inputs(self.rows), self.learner.targets(self.y)
        return part.fit(rows, y, sample_weight=self.weight)

    def _lesson(self, positions, rate):
        """The training set of one batch: real rows by weight, made rows where it is unsure."""
        recipe, rows, y = self.recipe, self.rows[positions], self.y[positions]
        weight = self.weight[positions]
        if not self.is_dynamic:
            return TrainingSet.real(rows, y, weight)
        if recipe.beta > 0:
            certainty = 1 / (1 + self._uncertainty(rows, y))
            sampled = recipe.alpha * weight + recipe.beta * certainty
            weight = sampled * weight.sum() / sampled.sum()
        train = TrainingSet.real(rows, y, weight)
        n_rows = round(rate * len(positions))
        if self.reservoir is None or n_rows == 0:
            return train
        batch = self.reservoir.draw(positions, n_rows, self._uncertainty, self.rng)
        if batch is None:
            return train
        self.n_made += len(batch)
        return recipe.integrator.integrate(train, batch, iteration=self.n_epochs)


class Trial(Training):
    """A training run with held-out rows that judge it after every epoch."""

    def __init__(self, recipe, X, y, weight, train, test, seed, *, is_dynamic):
        super().__init__(
            recipe, row_subset(X, train), y[train], weight[train], seed, is_dynamic=is_dynamic
        )
        self.rows_held_out = test
        self.held_out = self.encoder(row_subset(X, test))
        self.told, self.weight_held_out = y[test], weight[test]
        self.classes = self.shares = None
        if recipe.n_classes is not None:
            self.classes = np.arange(recipe.n_classes)
            self.told = np.eye(recipe.n_classes)[y[test]]
            self.shares = class_shares(self.y, self.weight, recipe.n_classes)

    def losses(self):
        """Losses of every held-out row under ever more shrinkage: (11, n_held_out)."""
        said = said_of(self.learner, self.held_out, self.classes)
        shares = self.shares if hasattr(self.learner, "predict_proba") else None
        losses = shrunken_losses(said, self.told, shares, self.recipe.quantile)
        return losses * self.weight_held_out
