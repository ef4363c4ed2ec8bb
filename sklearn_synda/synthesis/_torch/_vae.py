"""A variational autoencoder of points, conditional on the target."""

import torch

from sklearn_synda.synthesis._torch._layers import PointNet, mlp, moved

__all__ = ["VAENet"]

_TEMPERATURE = 0.5  # of soft levels


class VAENet(PointNet):
    """Encoder to a Gaussian, decoder to Gaussian numbers and categorical levels."""

    def __init__(self, *, n_numbers, blocks, n_condition, n_latent, hidden_layer_sizes):
        super().__init__(n_numbers, blocks)
        self.n_latent = n_latent
        self.noise_size = 2 * n_latent + n_numbers + 2 * self.n_levels
        self.encoder = mlp(self.size + n_condition, hidden_layer_sizes, 2 * n_latent)
        self.decoder = mlp(n_latent + n_condition, hidden_layer_sizes[::-1], self.size)
        self.log_scale = torch.nn.Parameter(torch.full((n_numbers,), -0.5))

    def encode(self, points, condition):
        """Mean and log of the standard deviation of the latent vectors."""
        mean, log_scale = self.encoder(torch.cat([points, condition], 1)).chunk(2, dim=1)
        return mean, log_scale.clamp(-6.0, 3.0)

    def decode(self, latent, condition):
        """Means of the numbers and logits of the levels."""
        return self.decoder(torch.cat([latent, condition], 1))

    def scale(self):
        """Standard deviation of each number, given the latent vector."""
        return self.log_scale.clamp(-4.0, 1.0).exp()

    def _near(self, points, condition, noise, noise_level):
        """Numbers, and scores of levels, out of the noise of the anchors and fresh noise.

        The noise of an anchor is what the net needs to make it: a latent vector, and what the
        decoder leaves to chance. All of it is moved alike.
        """
        sizes = [self.n_latent, self.n_latent, self.n_numbers, 2 * self.n_levels]
        own, move, rest, drawn = noise.split(sizes, dim=1)
        mean, log_scale = self.encode(points, condition)
        latent = mean + log_scale.exp() * own
        before = self.decode(latent, condition)
        after = self.decode(moved(latent, move, noise_level), condition)
        left = (self.numbers(points) - self.numbers(before)) / self.scale()
        numbers = self.numbers(after) + self.scale() * moved(left, rest, noise_level)
        return numbers, self.near_scores(
            self.levels(before), self.levels(after), self.levels(points), drawn, noise_level
        )

    def make(self, points, condition, noise, noise_level):
        """Points near the given ones; at level 1 out of noise and the condition alone."""
        return torch.cat(self._near(points, condition, noise, noise_level), 1)

    def soft(self, points, condition, noise_level):
        """As :meth:`make`, for new noise and with a gradient through the levels."""
        noise = torch.randn(len(points), self.noise_size).to(points.device)
        return self.soften(*self._near(points, condition, noise, noise_level), _TEMPERATURE)

    def loss(self, points, condition):
        """Negative evidence lower bound, in nats a place of a point."""
        mean, log_scale = self.encode(points, condition)
        latent = mean + log_scale.exp() * torch.randn(mean.shape).to(mean.device)
        made = self.decode(latent, condition)
        scale = self.scale()
        error = (self.numbers(made) - self.numbers(points)) / scale
        loss = (0.5 * error**2 + scale.log()).sum(1)
        loss = loss - (self.levels(points) * self.log_share(self.levels(made))).sum(1)
        divergence = 0.5 * (mean**2 + (2 * log_scale).exp() - 1) - log_scale
        return (loss + divergence.sum(1)).mean() / self.size
