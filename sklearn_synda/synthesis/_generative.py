"""What the generators share: points, targets, anchors, and three ways towards doubt."""

from abc import abstractmethod
from numbers import Integral, Real

import numpy as np
from scipy import sparse
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from sklearn_synda._rows import SyntheticBatch
from sklearn_synda._sklearn_compat import Interval
from sklearn_synda._sklearn_compat import _check_sample_weight as check_sample_weight
from sklearn_synda.synthesis._base import BaseSynthesizer
from sklearn_synda.synthesis._encoding import CellEncoder, Condition
from sklearn_synda.synthesis._guidance import choose, walk
from sklearn_synda.synthesis._saving import load_synthesizer, save_synthesizer

__all__ = ["GenerativeSynthesizer"]

_N_ASKED = 500  # real rows shown to the guide, to know what uncertainties are usual


class GenerativeSynthesizer(BaseSynthesizer):
    """Base class: rows out of noise, an anchor and its target, by a net or trees.

    A subclass writes ``_train(points, weight, rng) -> (net, losses)`` and
    ``_make_points(net, points, rows, noise)``, where ``rows`` are positions of the anchors; its
    net has a ``noise_size``. For a guide in the training loss it writes ``_tilt``.
    """

    _parameter_constraints: dict = {
        "noise_level": [Interval(Real, 0, 1, closed="right")],
        "guidance_weight": [Interval(Real, 0, None, closed="left")],
        "exploration_strength": [Interval(Real, 0, None, closed="left")],
        "n_exploration_steps": [Interval(Integral, 1, None, closed="left")],
        "curriculum_rounds": [Interval(Integral, 1, None, closed="left")],
        "n_candidates": [Interval(Integral, 1, None, closed="left")],
        "plausibility_weight": [Interval(Real, 0, None, closed="left")],
        "diversity_weight": [Interval(Real, 0, None, closed="left")],
        "sampling_strategy": "no_validation",
        "random_state": ["random_state"],
    }

    def fit(self, X, y, sample_weight=None):
        """Learn the table.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Real rows, labelled or not.
        y : array-like of shape (n_samples,)
            Class codes 0, 1, 2 ... (-1: unlabelled) or float values (NaN: unlabelled).
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows in the training loss.

        Returns
        -------
        self : object
        """
        super().fit(X, y, sample_weight)
        name = type(self).__name__
        if sparse.issparse(self.cells_):
            raise ValueError(
                f"{name} is not compatible with a sparse table of {self.n_features_in_} columns:"
                " it needs every cell. Use SMOTESynthesizer instead."
            )
        weight = check_sample_weight(
            sample_weight, self.cells_, dtype=np.float64, ensure_non_negative=True
        )
        self.sample_weight_ = weight
        self._prepare(check_random_state(self.random_state).randint(2**31 - 1))
        self._learn()
        return self

    def _prepare(self, seed):
        self.seed_ = int(seed)
        self._fit_params = self.get_params(deep=False)  # what the net is made by, come what may
        self.encoder_ = CellEncoder(self.cells_, self.columns_.is_categorical)
        self.condition_ = Condition(self.y_)
        self.net_, self.loss_curve_ = None, []
        self.guidance_history_ = []
        self._tilted = (None, None)

    def _learn(self):
        if self.encoder_.size == 0:  # nothing to learn where every column is constant
            return
        rng = np.random.RandomState(self.seed_)
        points = self.encoder_.encode(self.cells_, rng)
        self.net_, self.loss_curve_ = self._train(points, self.sample_weight_, rng)

    @abstractmethod
    def _train(self, points, weight, rng):
        """A fitted net and the losses of its training."""

    @abstractmethod
    def _make_points(self, net, points, rows, noise):
        """New points out of those of the anchors, which are the ``rows`` fitted on, and noise."""

    @abstractmethod
    def _tilt(self, guide, rng):
        """Another net, of uncertain rows; ``guide(cells)`` is in standard deviations."""

    def sample(self, anchor_indices, *, guide=None, random_state=None):
        """Make one row for each anchor.

        Parameters
        ----------
        anchor_indices : array-like of shape (n_rows,)
            Positions of real rows among those fitted on; may repeat.
        guide : callable, default=None
            ``guide(X) -> uncertainty``; used by the forms of guidance that are switched on.
        random_state : int, RandomState instance or None, default=None
            Seed.

        Returns
        -------
        batch : SyntheticBatch
            Rows without labels.
        """
        check_is_fitted(self, "encoder_")
        anchors = self._check_anchors(anchor_indices)
        rng = check_random_state(random_state)
        if guide is None or len(anchors) == 0 or not self._is_guided():
            return self._batch(anchors, rng)
        return self._guided_batch(anchors, _Guide(guide, self), rng)

    def _is_guided(self):
        return self.guidance_weight > 0 or self.exploration_strength > 0 or self.n_candidates > 1

    def _make(self, anchors, rng):
        cells = self._cells(self.net_, anchors, self._noise(len(anchors), rng), rng)
        return cells, np.full(len(anchors), -1), self._closeness(cells, anchors)

    def _noise(self, n_rows, rng):
        return rng.normal(size=(n_rows, getattr(self.net_, "noise_size", 0)))

    def _cells(self, net, anchors, noise, rng):
        """Legal cells made of anchors and noise."""
        points = self.encoder_.encode(self.cells_[anchors], rng)
        if net is not None:
            points = self._make_points(net, points, anchors, noise)
        return self.columns_.legal(self.encoder_.decode(points, rng))

    def _closeness(self, cells, anchors):
        return self.encoder_.closeness(cells, self.cells_[anchors])

    def _guided_batch(self, anchors, guide, rng):
        """Rows by the forms of guidance that are on, one after the other."""
        net = self._tilted_net(guide) if self.guidance_weight > 0 and self.net_ else self.net_
        many = np.repeat(anchors, self.n_candidates)

        def remake(noise):
            cells = self._cells(net, many, noise, rng)
            return {"noise": noise, "cells": cells, "uncertainty": guide(cells)}

        made = remake(self._noise(len(many), rng))
        n_calls = len(self.guidance_history_)
        strength = self.exploration_strength * min(1.0, (n_calls + 1) / self.curriculum_rounds)
        course, n_accepted = [float(made["uncertainty"].mean())], 0
        if strength > 0:
            made, course, n_accepted = walk(
                made, remake, rng, strength=strength, n_steps=self.n_exploration_steps
            )
        chosen = np.arange(len(many))
        if self.n_candidates > 1:
            real = self.columns_.to_embedding(self.cells_)  # learnt from real rows
            chosen = choose(
                made["uncertainty"], self.columns_.to_embedding(made["cells"]), real,
                self.n_candidates,
                plausibility_weight=self.plausibility_weight,
                diversity_weight=self.diversity_weight,
            )  # fmt: skip
        self.guidance_history_.append({
            "call": n_calls, "strength": strength, "n_accepted": n_accepted,
            "course": [guide.unscaled(value) for value in course],
            "uncertainty": guide.unscaled(made["uncertainty"][chosen].mean()),
            "uncertainty_real": guide.mean,
        })  # fmt: skip
        cells = made["cells"][chosen]
        return SyntheticBatch(
            X=self.columns_.to_table(cells),
            parents=np.column_stack([anchors, np.full(len(anchors), -1)]),
            closeness=self._closeness(cells, anchors),
            synthesizer=type(self).__name__,
        )

    def _tilted_net(self, guide):
        """The net tilted towards doubt; kept until the guide, what it says, or the tilt changes."""
        key = (guide.function, guide.usual.tobytes(), self.guidance_weight, self.noise_level)
        if self._tilted[0] != key:
            self._tilted = (key, self._tilt(guide, np.random.RandomState(self.seed_)))
        return self._tilted[1]

    def save(self, path):
        """Write the fitted synthesizer to a file that runs no code when it is opened.

        It holds parameters and dtypes as JSON, and the net and **the rows fitted on** as arrays:
        guard it as you guard the table. Forests are not in it, they are grown again, with the
        same seed, by :meth:`load`. What a guide has changed is not kept, nor how many calls had
        one: a curriculum begins anew.

        Parameters
        ----------
        path : str or path-like
            The file; one that is there is replaced when the new one is whole.
        """
        check_is_fitted(self, "encoder_")
        save_synthesizer(self, path)

    @classmethod
    def load(cls, path):
        """Read a synthesizer that :meth:`save` wrote.

        Parameters
        ----------
        path : str or path-like
            The file. One that is damaged, newer, or of another class is refused.

        Returns
        -------
        synthesizer : object
            Fitted. It makes the rows that the saved one makes; of a curriculum
            (``curriculum_rounds`` above 1) those of the first call.
        """
        return load_synthesizer(cls, path)

    @abstractmethod
    def _is_quantized(self):
        """Whether the net holds 8-bit weights."""

    @abstractmethod
    def _net_arrays(self):
        """The weights of the net by name; none where it is trained again by ``load``."""

    @abstractmethod
    def _restore(self, seed, arrays, is_quantized):
        """Prepare with a seed, and build the net out of its weights."""

    def __getstate__(self):
        state = super().__getstate__().copy()
        if "_tilted" in state:  # a guide belongs to the model of its round, and is not kept
            state["_tilted"] = (None, None)
        return state


class _Guide:
    """A guide on cells, in standard deviations from the mean of the real rows."""

    def __init__(self, function, synthesizer):
        self.function, self.synthesizer = function, synthesizer
        n_rows = len(synthesizer.cells_)
        self.shown = np.arange(0, n_rows, -(-n_rows // _N_ASKED))
        self.usual = self._ask(synthesizer.cells_[self.shown])
        self.mean = float(self.usual.mean())
        self.scale = float(self.usual.std()) or 1.0

    def _ask(self, cells):
        return self.synthesizer._ask(self.function, self.synthesizer.columns_.to_table(cells))

    def __call__(self, cells):
        return (self._ask(cells) - self.mean) / self.scale

    def unscaled(self, value):
        return float(self.mean + self.scale * value)
