"""A small Wasserstein GAN of points with a gradient penalty, conditional on the target."""

import torch

from sklearn_synda.synthesis._torch._layers import PointNet, mlp, moved

__all__ = ["GANNet"]

_TEMPERATURE = 0.3  # of the soft levels the critic sees
_PENALTY = 10.0


class GANNet(PointNet):
    """A maker of points, a critic, and an inverter that finds the noise of a point."""

    def __init__(self, *, n_numbers, blocks, n_condition, n_latent, hidden_layer_sizes):
        super().__init__(n_numbers, blocks)
        self.n_latent = n_latent
        self.noise_size = 2 * n_latent + 2 * self.n_levels
        self.maker = mlp(n_latent + n_condition, hidden_layer_sizes, self.size)
        self.critic = mlp(self.size + n_condition, hidden_layer_sizes, 1)
        self.inverter = mlp(self.size + n_condition, hidden_layer_sizes, 2 * n_latent)

    def from_noise(self, condition):
        """Latent vectors of no anchor, and the soft points they become."""
        latent = torch.randn(len(condition), self.n_latent).to(condition.device)
        drawn = torch.randn(len(condition), self.n_levels).to(condition.device)
        made = self.maker(torch.cat([latent, condition], 1))
        scores = self.scores(self.levels(made), drawn)
        return latent, self.soften(self.numbers(made), scores, _TEMPERATURE)

    def judge(self, points, condition):
        """The critic's score of points: larger is more like a real row."""
        return self.critic(torch.cat([points, condition], 1))

    def critic_loss(self, points, condition):
        """Wasserstein loss of the critic with the gradient penalty."""
        with torch.no_grad():
            made = self.from_noise(condition)[1]
        share = torch.rand(len(points), 1).to(points.device)
        between = (share * points + (1 - share) * made).requires_grad_()
        score = self.judge(between, condition).sum()
        slope = torch.autograd.grad(score, between, create_graph=True)[0]
        penalty = _PENALTY * ((slope.norm(dim=1) - 1) ** 2).mean()
        wasserstein = self.judge(made, condition).mean() - self.judge(points, condition).mean()
        return wasserstein + penalty

    def loss(self, points, condition):
        """Loss of the maker: what the critic says against its rows."""
        return -self.judge(self.from_noise(condition)[1], condition).mean()

    def inverter_loss(self, condition):
        """Negative log-likelihood of the latent vectors of made points, in nats a row."""
        with torch.no_grad():
            latent, made = self.from_noise(condition)
        mean, log_scale = self.invert(made, condition)
        return (0.5 * ((latent - mean) / log_scale.exp()) ** 2 + log_scale).sum(1).mean()

    def invert(self, points, condition):
        """Mean and log of the standard deviation of the latent vectors of points."""
        mean, log_scale = self.inverter(torch.cat([points, condition], 1)).chunk(2, dim=1)
        return mean, log_scale.clamp(-4.0, 0.0)

    def _near(self, points, condition, noise, noise_level):
        """Numbers, and scores of levels, out of the noise found for anchors and fresh noise.

        The inverter is not exact: what its noise does not give back of the numbers of an anchor
        is added, the less the more the noise has moved.
        """
        sizes = [self.n_latent, self.n_latent, 2 * self.n_levels]
        own, move, drawn = noise.split(sizes, dim=1)
        mean, log_scale = self.invert(points, condition)
        latent = mean + log_scale.exp() * own
        before = self.maker(torch.cat([latent, condition], 1))
        after = self.maker(torch.cat([moved(latent, move, noise_level), condition], 1))
        left = self.numbers(points) - self.numbers(before)
        return self.numbers(after) + moved(left, 0.0, noise_level), self.near_scores(
            self.levels(before), self.levels(after), self.levels(points), drawn, noise_level
        )

    def make(self, points, condition, noise, noise_level):
        """Points near the given ones; at level 1 out of noise and the condition alone."""
        return torch.cat(self._near(points, condition, noise, noise_level), 1)

    def soft(self, points, condition, noise_level):
        """As :meth:`make`, for new noise and with a gradient through the levels."""
        noise = torch.randn(len(points), self.noise_size).to(points.device)
        return self.soften(*self._near(points, condition, noise, noise_level), _TEMPERATURE)
