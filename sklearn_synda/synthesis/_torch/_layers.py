"""What several nets have in common: the layout of a point, Gaussian latents, Gumbel draws."""

import torch

__all__ = ["PointNet", "gumbel", "mlp", "moved"]

_LEAST = 1e-12  # probabilities are kept so far from 0 and 1


def mlp(n_in, hidden_layer_sizes, n_out):
    """A plain multi-layer perceptron with SiLU units."""
    layers, width = [], n_in
    for size in hidden_layer_sizes:
        layers += [torch.nn.Linear(width, size), torch.nn.SiLU()]
        width = size
    return torch.nn.Sequential(*layers, torch.nn.Linear(width, n_out))


def gumbel(normal):
    """Gumbel draws out of standard normal ones."""
    share = torch.special.ndtr(normal.double()).clamp(_LEAST, 1 - _LEAST)
    return -torch.log(-torch.log(share))


def _normal(gumbels):
    """Standard normal draws out of Gumbel ones."""
    share = torch.exp(-torch.exp(-gumbels)).clamp(_LEAST, 1 - _LEAST)
    return torch.special.ndtri(share)


def moved(own, noise, noise_level):
    """Noise of an anchor, moved; of standard normal law if the noise of the anchor is."""
    return (1 - noise_level**2) ** 0.5 * own + noise_level * noise


class PointNet(torch.nn.Module):
    """A net that knows the layout of a point: numbers, then blocks of one-hot levels."""

    def __init__(self, n_numbers, blocks):
        super().__init__()
        self.n_numbers, self.n_levels = n_numbers, sum(blocks)
        self.size = n_numbers + self.n_levels
        owner = [b for b, size in enumerate(blocks) for _ in range(size)]
        member = torch.zeros(len(blocks), len(owner))
        member[owner, range(len(owner))] = 1.0
        self.register_buffer("member", member, persistent=False)
        self.register_buffer("owner", torch.tensor(owner, dtype=torch.long), persistent=False)

    def numbers(self, points):
        """The numbers of points."""
        return points[:, : self.n_numbers]

    def levels(self, points):
        """The one-hot part of points."""
        return points[:, self.n_numbers :]

    def log_share(self, logits):
        """Logarithm of the probability of each level within its block."""
        if logits.shape[1] == 0:
            return logits
        largest = logits.new_full((len(logits), len(self.member)), -torch.inf).scatter_reduce(
            1, self.owner.expand(len(logits), -1), logits.detach(), "amax"
        )  # of each block: one block says nothing of another
        logits = logits - largest[:, self.owner]
        return logits - (logits.exp() @ self.member.T).log() @ self.member

    def scores(self, logits, noise):
        """Levels drawn: the largest score of a block wins with the probability of its level."""
        return self.log_share(logits) + gumbel(noise).to(logits.dtype)

    def own_noise(self, logits, levels, noise):
        """Normal noise with which :meth:`scores` draws the levels given.

        The largest of Gumbel scores is itself a Gumbel draw, and the others are Gumbel draws
        cut off there (Maddison, Tarlow & Minka, 2014, :arxiv:`1411.0030`).
        """
        share, draw, member = self.log_share(logits).double(), gumbel(noise), self.member.double()
        top = ((draw * levels) @ member.T) @ member
        below = -torch.log(torch.exp(-top) + torch.exp(-(share + draw)))
        return _normal(torch.where(levels > 0.5, top, below) - share).to(logits.dtype)

    def near_scores(self, before, after, levels, noise, noise_level):
        """Scores of levels near those given, for logits before and after a move."""
        own, move = noise.chunk(2, dim=1)
        return self.scores(after, moved(self.own_noise(before, levels, own), move, noise_level))

    def soften(self, numbers, scores, temperature):
        """Points with soft levels, through which a gradient flows."""
        return torch.cat([numbers, self.log_share(scores / temperature).exp()], 1)
