"""A generative adversarial net that makes rows around anchors."""

from numbers import Integral

from sklearn_synda._sklearn_compat import Interval
from sklearn_synda.synthesis._net import NetSynthesizer

__all__ = ["GANSynthesizer"]


class GANSynthesizer(NetSynthesizer):
    r"""Rows of a small conditional Wasserstein GAN with a gradient penalty.

    A maker turns noise :math:`z` and a target into a row, a critic tells made rows from real
    ones. The maker has no way back from a row to its noise, so a third net, the inverter, is
    fitted to made rows in the end, and names a Gaussian from which the noise of the anchor,
    :math:`z_a`, is drawn. A row is made of

    .. math:: z = \sqrt{1 - s^2}\, z_a + s\, e,

    with :math:`s` = ``noise_level`` and fresh noise :math:`e`; :math:`\sqrt{1 - s^2}` of what
    the noise found does not give back of the numbers of the anchor is added. The slowest of
    the generators, and the one that can collapse; take :class:`VAESynthesizer` or
    :class:`DiffusionSynthesizer` unless you have measured that this one is better. Needs
    PyTorch.

    Parameters
    ----------
    noise_level : float, default=0.5
        How far a row moves from its anchor, in (0, 1]. At 1 nothing of the anchor is left but
        its target.
    n_latent : int, default=16
        Dimensions of the noise.
    guidance_weight : float, default=0.0
        Weight of the guide in the training loss. When :meth:`sample` first meets a guide, a
        copy of the net is trained on with ``loss - guidance_weight * U``, where ``U`` is a small
        net fitted to what the guide says of real and made rows, in standard deviations.
        From about 1 on, rows leave the data to please that net; 0.3 is a careful weight.
        0 switches it off.
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
        Units of the hidden layers of maker, critic and inverter.
    max_steps : int, default=600
        Steps of the optimiser at most.
    batch_size : int, default=128
        Rows drawn, by weight, for each step.
    learning_rate : float, default=0.001
        Of AdamW, for maker and critic.
    device : str, default="auto"
        Of the net; "auto" is a GPU if there is one. Rows differ from device to device.
    sampling_strategy : float, str, dict or callable, default="auto"
        For ``fit_resample``: which classes get how many rows, as in imbalanced-learn.
    random_state : int, RandomState instance or None, default=None
        Seed of :meth:`fit` and of ``fit_resample``.

    Attributes
    ----------
    encoder_ : CellEncoder
        The way from cells to the points the nets learn.
    net_ : object
        The fitted nets.
    loss_curve_ : list of float
        Loss of the critic at each step.
    guidance_history_ : list of dict
        One entry a guided call: the strength of the walk, the mean uncertainty at each of its
        steps ("course"), of the rows kept, and of real rows.

    References
    ----------
    Gulrajani et al. (2017), WGAN-GP, :arxiv:`1704.00028`; Mirza & Osindero (2014),
    conditional GAN, :arxiv:`1411.1784`.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_synda.synthesis import GANSynthesizer
    >>> X, y = load_iris(return_X_y=True)
    >>> maker = GANSynthesizer(max_steps=30, random_state=0).fit(X, y)
    >>> maker.sample([0, 0, 70], random_state=0).X.shape
    (3, 4)
    """

    _parameter_constraints: dict = {
        **NetSynthesizer._parameter_constraints,
        "n_latent": [Interval(Integral, 1, None, closed="left")],
    }
    _parameter_constraints.pop("n_iter_no_change")

    def __init__(self, *, noise_level=0.5, n_latent=16, guidance_weight=0.0,
                 exploration_strength=0.0, n_exploration_steps=10, curriculum_rounds=1,
                 n_candidates=1, plausibility_weight=1.0, diversity_weight=1.0,
                 hidden_layer_sizes=(128, 128), max_steps=600, batch_size=128,
                 learning_rate=0.001, device="auto", sampling_strategy="auto",
                 random_state=None):  # fmt: skip
        self.noise_level = noise_level
        self.n_latent = n_latent
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
        self.device = device
        self.sampling_strategy = sampling_strategy
        self.random_state = random_state

    @staticmethod
    def _net_class():
        from sklearn_synda.synthesis._torch._gan import GANNet

        return GANNet

    def _fit_function(self):
        from sklearn_synda.synthesis._torch._training import fit_gan

        return fit_gan

    def _layout(self):
        return {"n_latent": self.n_latent}
