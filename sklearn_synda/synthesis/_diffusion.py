"""A flow from noise to rows, started near anchors."""

from numbers import Integral

import numpy as np

from sklearn_synda._sklearn_compat import Interval, StrOptions
from sklearn_synda.synthesis._forest_flow import ForestFlow
from sklearn_synda.synthesis._net import NetSynthesizer

__all__ = ["DiffusionSynthesizer"]

_MOST = 3.0  # standard deviations of uncertainty beyond which a row weighs no more


class DiffusionSynthesizer(NetSynthesizer):
    r"""An anchor partly turned to noise and brought back along a learnt flow.

    Flow matching: on the straight way :math:`x_t = t x_1 + (1 - t) x_0` from noise
    :math:`x_0` (:math:`t = 0`) to a row :math:`x_1` (:math:`t = 1`), a model learns where ways
    that pass a point at a time lead to, given the class or value. A row is made by going back
    from the anchor to :math:`t = 1 - s`, with :math:`s` = ``noise_level`` and fresh noise, and
    forward again in a few steps: the coarse of the anchor stays, the fine is new.

    ``denoiser="trees"`` needs no PyTorch: extremely randomised trees, a forest for each class,
    with time as a feature. They keep to what was seen, are quick, and copy more; ``"mlp"``
    is a small net. Not for tables of many thousand columns: each forest then sees few rows.

    Parameters
    ----------
    noise_level : float, default=0.5
        How far a row moves from its anchor, in (0, 1]. At 1 nothing of the anchor is left but
        its target.
    denoiser : {"mlp", "trees"}, default="mlp"
        What learns the flow: a net, with PyTorch, or trees, without.
    n_sampling_steps : int, default=10
        Steps from noise to a row; at a lower ``noise_level`` as many fewer. Heun steps, of two
        evaluations each, for a net, Euler steps for trees.
    n_estimators : int, default=20
        Trees of each forest.
    min_samples_leaf : int, default=3
        Noisy copies of rows in a leaf at least.
    guidance_weight : float, default=0.0
        Weight of the guide in the training loss. When :meth:`sample` first meets a guide, a
        copy of the net is trained on with ``loss - guidance_weight * U``, where ``U`` is a small
        net fitted to what the guide says of real and made rows, in standard deviations.
        From about 0.3 on, rows leave the data to please that net; 0.1 is a careful weight.
        Trees have no gradient: they are grown anew, and a row of uncertainty ``u`` weighs
        ``exp(guidance_weight * u)``; 1 is a careful weight there. 0 switches it off.
    exploration_strength : float, default=0.0
        Tilt of the walk through the noise towards rows the guide is unsure of; 0 switches it
        off.
    n_exploration_steps : int, default=10
        Steps of that walk, each of which makes all rows anew and asks the guide.
    curriculum_rounds : int, default=1
        Guided calls of :meth:`sample` over which ``exploration_strength`` grows to its full
        value in equal steps. Above 1 calls count, so that the same seed gives other rows in a
        later call.
    n_candidates : int, default=1
        Rows made for each anchor, of which one is kept (with a ``guide``): uncertain,
        plausible, and unlike those kept before it.
    plausibility_weight, diversity_weight : float, default=1.0
        Exponents of plausibility and of diversity beside uncertainty in that choice; 0 leaves
        them out.
    hidden_layer_sizes : tuple of int, default=(128, 128)
        Units of the hidden layers.
    max_steps : int, default=1500
        Steps of the optimiser at most.
    batch_size : int, default=256
        Rows drawn, by weight, for each step.
    learning_rate : float, default=0.003
        Of AdamW, falling to 0 in equal steps.
    n_iter_no_change : int or None, default=10
        Stop when the mean loss of 100 steps has not been the smallest so many times in a row.
    device : str, default="auto"
        Of the net; "auto" is a GPU if there is one. Rows differ from device to device.
    sampling_strategy : float, str, dict or callable, default="auto"
        For ``fit_resample``: which classes get how many rows, as in imbalanced-learn.
    random_state : int, RandomState instance or None, default=None
        Seed of :meth:`fit` and of ``fit_resample``.

    Attributes
    ----------
    encoder_ : CellEncoder
        The way from cells to the points the model learns.
    net_ : object
        The fitted net, or the forests.
    loss_curve_ : list of float
        Mean squared error of the velocity at each step; empty for trees.
    guidance_history_ : list of dict
        One entry a guided call: the strength of the walk, the mean uncertainty at each of its
        steps ("course"), of the rows kept, and of real rows.

    References
    ----------
    Lipman et al. (2023), flow matching, :arxiv:`2210.02747`; Meng et al. (2022), partial
    noising (SDEdit), :arxiv:`2108.01073`; Jolicoeur-Martineau, Fatras & Kachman (2024), flows by
    trees, :arxiv:`2309.09968`.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_synda.synthesis import DiffusionSynthesizer
    >>> X, y = load_iris(return_X_y=True)
    >>> maker = DiffusionSynthesizer(denoiser="trees", n_estimators=3, random_state=0).fit(X, y)
    >>> maker.sample([0, 0, 70], random_state=0).X.shape
    (3, 4)
    """

    _parameter_constraints: dict = {
        **NetSynthesizer._parameter_constraints,
        "denoiser": [StrOptions({"mlp", "trees"})],
        "n_sampling_steps": [Interval(Integral, 1, None, closed="left")],
        "n_estimators": [Interval(Integral, 1, None, closed="left")],
        "min_samples_leaf": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, *, noise_level=0.5, denoiser="mlp", n_sampling_steps=10, n_estimators=20,
                 min_samples_leaf=3, guidance_weight=0.0, exploration_strength=0.0,
                 n_exploration_steps=10, curriculum_rounds=1, n_candidates=1,
                 plausibility_weight=1.0, diversity_weight=1.0, hidden_layer_sizes=(128, 128),
                 max_steps=1500, batch_size=256, learning_rate=0.003, n_iter_no_change=10,
                 device="auto", sampling_strategy="auto", random_state=None):  # fmt: skip
        self.noise_level = noise_level
        self.denoiser = denoiser
        self.n_sampling_steps = n_sampling_steps
        self.n_estimators = n_estimators
        self.min_samples_leaf = min_samples_leaf
        self.guidance_weight = guidance_weight
        self.exploration_strength = exploration_strength
        self.n_exploration_steps = n_exploration_steps
        self.curriculum_rounds = curriculum_rounds
        self.n_candidates = n_candidates
        self.plausibility_weight = plausibility_weight
        self.diversity_weight = diversity_weight
        self.hidden_layer_sizes = hidden_layer_sizes
        self.max_steps = max_steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.n_iter_no_change = n_iter_no_change
        self.device = device
        self.sampling_strategy = sampling_strategy
        self.random_state = random_state

    @staticmethod
    def _net_class():
        from sklearn_synda.synthesis._torch._flow import FlowNet

        return FlowNet

    def _layout(self):
        return {"n_sampling_steps": self.n_sampling_steps}

    def _uses_net(self):
        return self._fit_params["denoiser"] == "mlp"

    def _train(self, points, weight, rng):
        if self._uses_net():
            return super()._train(points, weight, rng)
        flow = ForestFlow(
            self.encoder_.n_numbers, self.n_sampling_steps, self.n_estimators,
            self.min_samples_leaf,
        )  # fmt: skip
        return flow.fit(points, self.condition_, weight, rng), []

    def _make_points(self, net, points, rows, noise):
        if self._uses_net():
            return super()._make_points(net, points, rows, noise)
        return net.make(points, self.condition_, rows, noise, self.noise_level)

    def _tilt(self, guide, rng):
        if self._uses_net():
            return super()._tilt(guide, rng)
        points = self.encoder_.encode(self.cells_, rng)
        tilt = np.exp(self.guidance_weight * np.clip(guide(self.cells_), -_MOST, _MOST))
        return self._train(points, self.sample_weight_ * tilt, rng)[0]
