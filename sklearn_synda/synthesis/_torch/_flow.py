"""A flow from noise to points, conditional on the target."""

import torch

from sklearn_synda.synthesis._torch._layers import PointNet, mlp

__all__ = ["FlowNet"]


class FlowNet(PointNet):
    """The velocity of a point on its straight way from noise (time 0) to a row (time 1)."""

    def __init__(self, *, n_numbers, blocks, n_condition, hidden_layer_sizes, n_sampling_steps):
        super().__init__(n_numbers, blocks)
        self.noise_size = self.size
        self.n_sampling_steps = n_sampling_steps
        frequencies = torch.pi / 2 * 2.0 ** torch.arange(4)
        self.register_buffer("frequencies", frequencies, persistent=False)
        n_in = self.size + n_condition + 2 * len(frequencies)
        self.net = mlp(n_in, hidden_layer_sizes, self.size)

    def velocity(self, points, time, condition):
        """Change of points in a unit of time."""
        angle = time * self.frequencies
        return self.net(torch.cat([points, condition, angle.sin(), angle.cos()], 1))

    def rescale(self, points):
        """Levels to -1 and 1."""
        return torch.cat([self.numbers(points), 2 * self.levels(points) - 1], 1)

    def _way(self, points):
        """Start, time, and place at that time, of a way to each point."""
        start = torch.randn(points.shape).to(points.device)
        time = torch.rand(len(points), 1).to(points.device)
        return start, time, time * points + (1 - time) * start

    def loss(self, points, condition):
        """Squared error of the velocity at a random time, summed over a point."""
        end = self.rescale(points)
        start, time, place = self._way(end)
        error = self.velocity(place, time, condition) - (end - start)
        return (error**2).mean()

    def soft(self, points, condition, noise_level):
        """Where ways that pass near the points end, in one step; differentiable."""
        end = self.rescale(points)
        start, time, _ = self._way(end)
        time = 1 - noise_level * (1 - time)
        place = time * end + (1 - time) * start
        made = place + (1 - time) * self.velocity(place, time, condition)
        return torch.cat([self.numbers(made), (self.levels(made) + 1) / 2], 1)

    def make(self, points, condition, noise, noise_level):
        """Points taken back to noise by a share, and forward again by Heun's method."""
        now = noise_level * noise + (1 - noise_level) * self.rescale(points)
        n_steps = max(1, round(self.n_sampling_steps * noise_level))
        width = noise_level / n_steps
        for k in range(n_steps):
            time = torch.full((len(now), 1), 1 - noise_level + k * width, device=now.device)
            slope = self.velocity(now, time, condition)
            ahead = self.velocity(now + width * slope, time + width, condition)
            now = now + width * (slope + ahead) / 2
        return now
