"""A flow from noise to points, learnt by extremely randomised trees."""

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor

__all__ = ["ForestFlow"]

_N_NOISY = 20_000  # noisy copies of rows that the forests learn from, about
_N_CELLS = 1_000_000  # ... and the cells that these have together, beyond one copy of each
_N_LEAST = 200  # noisy copies for the smallest class
_N_TRIED = 64  # columns tried for each split, at most


class ForestFlow:
    """For each class a forest that names the end of the way a point is on.

    Trees predict the end and not the velocity: a mean of real rows whose ways pass nearby. Time
    is one more feature, and so is a real target.

    Parameters
    ----------
    n_numbers : int
        Numbers of a point; the rest are levels.
    n_sampling_steps, n_estimators, min_samples_leaf : int
        As in :class:`DiffusionSynthesizer`.
    """

    def __init__(self, n_numbers, n_sampling_steps, n_estimators, min_samples_leaf):
        self.n_numbers = n_numbers
        self.n_sampling_steps = n_sampling_steps
        self.n_estimators = n_estimators
        self.min_samples_leaf = min_samples_leaf

    def fit(self, points, condition, weight, rng):
        """Grow a forest for each group of the condition out of rows drawn by weight."""
        self.noise_size = points.shape[1]
        n_noisy = min(_N_NOISY, _N_CELLS // points.shape[1])
        n_copies = max(n_noisy / len(points), 1.0)
        self.forests = {}
        for group in np.unique(condition.groups[weight > 0]):
            rows = np.flatnonzero((condition.groups == group) & (weight > 0))
            n_drawn = max(round(n_copies * len(rows)), _N_LEAST)
            drawn = np.repeat(rows, _shares(weight[rows], n_drawn, rng))
            end = self._rescale(points[drawn])
            self.forests[int(group)] = self._grow(end, condition.points[drawn], rng)
        return self

    def _rescale(self, points):
        return np.hstack([points[:, : self.n_numbers], 2 * points[:, self.n_numbers :] - 1])

    def _grow(self, end, condition, rng):
        start, time = rng.normal(size=end.shape), rng.uniform(size=(len(end), 1))
        forest = ExtraTreesRegressor(
            self.n_estimators,
            min_samples_leaf=self.min_samples_leaf,
            max_features=min(end.shape[1], _N_TRIED),
            random_state=rng.randint(2**31 - 1),
        )
        target = end.ravel() if end.shape[1] == 1 else end
        return forest.fit(np.hstack([time * end + (1 - time) * start, time, condition]), target)

    def make(self, points, condition, rows, noise, noise_level):
        """Points taken back to noise by a share, and forward again in Euler steps."""
        now = noise_level * noise + (1 - noise_level) * self._rescale(points)
        n_steps = max(1, round(self.n_sampling_steps * noise_level))
        for group in np.unique(condition.groups[rows]):
            mine = np.flatnonzero(condition.groups[rows] == group)
            forest = self.forests.get(int(group))  # none where all weights of a class are zero
            for k in range(n_steps if forest else 0):
                time = np.full((len(mine), 1), 1 - noise_level * (1 - k / n_steps))
                end = forest.predict(np.hstack([now[mine], time, condition.points[rows[mine]]]))
                now[mine] += (end.reshape(len(mine), -1) - now[mine]) / (n_steps - k)
        return now


def _shares(weight, n_drawn, rng):
    """How often each row is drawn: in proportion to its weight, up to one."""
    last = np.cumsum(weight) / np.sum(weight) * n_drawn
    return np.diff(np.floor(np.append(0.0, last) + rng.uniform())).astype(np.intp)
