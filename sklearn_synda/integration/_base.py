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
    def _rescale(train, share):
        """Made rows scaled so that they hold ``share`` of the total weight."""
        made = train.is_synthetic
        real_weight, made_weight = train.sample_weight[~made].sum(), train.sample_weight[made].sum()
        if made_weight == 0:
            return train
        factor = share / (1 - share) * real_weight / made_weight
        return train.reweight(np.where(made, train.sample_weight * factor, train.sample_weight))
