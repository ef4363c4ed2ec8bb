"""What several nets have in common: the layout of a point, Gaussian latents, Gumbel draws."""

import torch

__all__ = ["PointNet", "gumbel", "mlp"]


def mlp(n_in, hidden_layer_sizes, n_out):
    """A plain multi-layer perceptron with SiLU units."""
    layers, width = [], n_in
    for size in hidden_layer_sizes:
        layers += [torch.nn.Linear(width, size), torch.nn.SiLU()]
        width = size
    return torch.nn.Sequential(*layers, torch.nn.Linear(width, n_out))


def gumbel(normal):
    """Gumbel draws out of standard normal ones."""
    share = torch.special.ndtr(normal.double()).clamp(1e-9, 1 - 1e-9)
    return -torch.log(-torch.log(share)).to(normal.dtype)


class PointNet(torch.nn.Module):
    """A net that knows the layout of a point: numbers, then blocks of one-hot levels.

    ``layout`` are the keyword arguments it was built with, so that it can be built again.
    """

    def __init__(self, *, n_numbers, blocks, n_condition, **layout):
        super().__init__()
        self.layout = {"n_numbers": n_numbers, "blocks": list(blocks), "n_condition": n_condition}
        self.layout.update({k: list(v) if isinstance(v, tuple) else v for k, v in layout.items()})
        self.n_numbers = n_numbers
        self.size = n_numbers + sum(blocks)
        owner = [b for b, size in enumerate(blocks) for _ in range(size)]
        member = torch.zeros(len(blocks), len(owner))
        member[owner, range(len(owner))] = 1.0
        self.register_buffer("member", member, persistent=False)

    def levels(self, points):
        """The one-hot part of points."""
        return points[:, self.n_numbers :]

    def log_share(self, logits):
        """Logarithm of the probability of each level within its block."""
        if logits.shape[1] == 0:
            return logits
        logits = logits - logits.detach().amax(1, keepdim=True)
        total = (logits.exp() @ self.member.T).clamp(min=1e-30)
        return logits - total.log() @ self.member

    def soften(self, made, noise, temperature):
        """Points with soft levels, drawn by noise, through which a gradient flows."""
        logits = (self.levels(made) + gumbel(self.levels(noise))) / temperature
        return torch.cat([made[:, : self.n_numbers], self.log_share(logits).exp()], 1)
