"""The contract of an integrator: one verb, ``integrate``."""

from abc import abstractmethod

import numpy as np
from sklearn.base import BaseEstimator

__all__ = ["BaseIntegrator"]


class BaseIntegrator(BaseEstimator):
    """Base class: joins a labelled batch to a training set with a weight for every row."""

    @abstractmethod
    def integrate(self, train, batch, *, iteration):
        """The training set of round ``iteration``; a row of weight 0 is rejected."""

    @staticmethod
    def _join(train, batch, weight, *, iteration, share):
        """A batch joined; all made rows hold ``share`` of the weight, each round as its rows are.

        ``weight`` says how the rows of the batch stand to one another.
        """
        n_before = len(train.y)
        joined = train.extend(batch, weight=weight, iteration=iteration)
        made = joined.is_synthetic
        new = np.arange(len(made)) >= n_before
        weight = joined.sample_weight.copy()
        for rows in (made & ~new, new):
            if weight[rows].any():
                held = share / (1 - share) * weight[~made].sum() * rows.sum() / made.sum()
                weight[rows] *= held / weight[rows].sum()
        return joined.reweight(weight)
