"""A variational autoencoder of points, conditional on the target."""

import torch

from sklearn_synda.synthesis._torch._layers import PointNet, gumbel, mlp

__all__ = ["VAENet", "moved"]


def moved(mean, log_scale, noise, noise_level):
    """Latent vectors of anchors, moved: all of it at level 1, which is the prior."""
    own, move = noise.chunk(2, dim=1)
    return (1 - noise_level**2) ** 0.5 * (mean + log_scale.exp() * own) + noise_level * move


class VAENet(PointNet):
    """Encoder to a Gaussian, decoder to Gaussian numbers and categorical levels."""

    def __init__(self, *, n_numbers, blocks, n_condition, n_latent, hidden_layer_sizes):
        super().__init__(
            n_numbers=n_numbers, blocks=blocks, n_condition=n_condition, n_latent=n_latent,
            hidden_layer_sizes=hidden_layer_sizes,
        )  # fmt: skip
        self.n_latent = n_latent
        self.noise_size = 2 * n_latent + self.size
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
        """What is decoded near points, numbers drawn, and the noise that is left for levels."""
        noise, rest = noise[:, : 2 * self.n_latent], noise[:, 2 * self.n_latent :]
        latent = moved(*self.encode(points, condition), noise, noise_level)
        made = self.decode(latent, condition)
        numbers = made[:, : self.n_numbers] + self.scale() * rest[:, : self.n_numbers]
        return torch.cat([numbers, self.levels(made)], 1), rest

    def make(self, points, condition, noise, noise_level):
        """Points near the given ones: their latent vectors moved, then decoded."""
        made, rest = self._near(points, condition, noise, noise_level)
        levels = self.levels(made) + gumbel(self.levels(rest))
        return torch.cat([made[:, : self.n_numbers], levels], 1)

    def soft(self, points, condition, noise_level):
        """As :meth:`make`, with a gradient through the levels."""
        noise = torch.randn(len(points), self.noise_size).to(points.device)
        return self.soften(*self._near(points, condition, noise, noise_level), 0.5)

    def loss(self, points, condition):
        """Negative evidence lower bound, in nats a row."""
        mean, log_scale = self.encode(points, condition)
        latent = mean + log_scale.exp() * torch.randn(mean.shape).to(mean.device)
        made = self.decode(latent, condition)
        scale = self.scale()
        error = (made[:, : self.n_numbers] - points[:, : self.n_numbers]) / scale
        loss = (0.5 * error**2 + scale.log()).sum(1)
        loss = loss - (self.levels(points) * self.log_share(self.levels(made))).sum(1)
        divergence = 0.5 * (mean**2 + (2 * log_scale).exp() - 1) - log_scale
        return (loss + divergence.sum(1)).mean()
