"""A variational autoencoder that makes rows around anchors."""

from numbers import Integral

from sklearn_synda._sklearn_compat import Interval
from sklearn_synda.synthesis._net import NetSynthesizer

__all__ = ["VAESynthesizer"]


class VAESynthesizer(NetSynthesizer):
    r"""Rows around an anchor in the latent space of a variational autoencoder.

    An encoder gives a row and its target a Gaussian in a small space, a decoder gives it back,
    and leaves a part to chance. So a row is made of noise: a latent vector, and what draws its
    numbers and levels. That of the anchor, :math:`z_a`, is inferred, and a row is made of

    .. math:: z = \sqrt{1 - s^2}\, z_a + s\, e,

    with :math:`s` = ``noise_level`` and fresh noise :math:`e`, and of the class or value of the
    anchor. At a level near 0 that is the anchor itself. The quickest of the nets. Not for a few
    tens of rows with many columns, where it learns little more than the columns one by one:
    :class:`SMOTESynthesizer`, :class:`MixingSynthesizer`. Needs PyTorch.

    Parameters
    ----------
    noise_level : float, default=0.5
        How far a row moves from its anchor, in (0, 1]. At 1 nothing of the anchor is left but
        its target.
    n_latent : int, default=16
        Dimensions of the latent space.
    guidance_weight : float, default=0.0
        Weight of the guide in the training loss. When :meth:`sample` first meets a guide, a
        copy of the net is trained on with ``loss - guidance_weight * U``, where ``U`` is a small
        net fitted to what the guide says of real and made rows, in standard deviations.
        From about 0.3 on, rows leave the data to please that net; 0.1 is a careful weight.
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
    hidden_layer_sizes : tuple of int, default=(128,)
        Units of the hidden layers of the encoder; the decoder has them in reverse.
    max_steps : int, default=1000
        Steps of the optimiser at most.
    batch_size : int, default=128
        Rows drawn, by weight, for each step.
    learning_rate : float, default=0.003
        Of AdamW, falling to 0 in equal steps.
    n_iter_no_change : int or None, default=5
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
        The way from cells to the points the net learns.
    net_ : object
        The fitted net.
    loss_curve_ : list of float
        Negative evidence lower bound of each step, in nats a place of a point.
    guidance_history_ : list of dict
        One entry a guided call: the strength of the walk, the mean uncertainty at each of its
        steps ("course"), of the rows kept, and of real rows.

    References
    ----------
    Kingma & Welling (2014), :arxiv:`1312.6114`; Sohn, Lee & Yan (2015), *Learning Structured
    Output Representation using Deep Conditional Generative Models*, NeurIPS 28.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_synda.synthesis import VAESynthesizer
    >>> X, y = load_iris(return_X_y=True)
    >>> maker = VAESynthesizer(max_steps=100, random_state=0).fit(X, y)
    >>> maker.sample([0, 0, 70], random_state=0).X.shape
    (3, 4)
    """

    _parameter_constraints: dict = {
        **NetSynthesizer._parameter_constraints,
        "n_latent": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, *, noise_level=0.5, n_latent=16, guidance_weight=0.0,
                 exploration_strength=0.0, n_exploration_steps=10, curriculum_rounds=1,
                 n_candidates=1, plausibility_weight=1.0, diversity_weight=1.0,
                 hidden_layer_sizes=(128,), max_steps=1000, batch_size=128, learning_rate=0.003,
                 n_iter_no_change=5, device="auto", sampling_strategy="auto",
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
        self.n_iter_no_change = n_iter_no_change
        self.device = device
        self.sampling_strategy = sampling_strategy
        self.random_state = random_state

    @staticmethod
    def _net_class():
        from sklearn_synda.synthesis._torch._vae import VAENet

        return VAENet

    def _layout(self):
        return {"n_latent": self.n_latent}
