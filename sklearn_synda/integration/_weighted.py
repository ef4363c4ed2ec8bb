"""A fixed share of the weight for made rows."""

from numbers import Real

from sklearn_synda._sklearn_compat import Interval
from sklearn_synda.integration._base import BaseIntegrator

__all__ = ["WeightedIntegrator"]


class WeightedIntegrator(BaseIntegrator):
    """Made rows hold the share ``alpha`` of the total weight, however many they are.

    As if every training row were drawn from the made ones with probability ``alpha``. Within
    the share a row counts as much as its label is trusted.

    Parameters
    ----------
    alpha : float, default=0.5
        Share of the made rows, in (0, 1).

    References
    ----------
    Shidani et al. (2025), on the optimal share: :arxiv:`2510.08095`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.integration import WeightedIntegrator
    >>> from sklearn_synda.utils import SyntheticBatch, TrainingSet
    >>> train = TrainingSet.real(np.array([[0.0], [1.0]]), np.array([0, 1]))
    >>> batch = SyntheticBatch(np.zeros((4, 1)), np.zeros((4, 2), dtype=int), np.ones(4))
    >>> batch = batch.label(label_source="doc", y=np.array([0, 0, 0, 1]))
    >>> WeightedIntegrator(alpha=0.5).integrate(train, batch, iteration=1).sample_weight
    array([1. , 1. , 0.5, 0.5, 0.5, 0.5])
    """

    _parameter_constraints: dict = {"alpha": [Interval(Real, 0, 1, closed="neither")]}

    def __init__(self, *, alpha=0.5):
        self.alpha = alpha

    def integrate(self, train, batch, *, iteration):
        """Join a batch.

        Parameters
        ----------
        train : TrainingSet
            The rows so far.
        batch : SyntheticBatch
            Labelled rows.
        iteration : int
            Number of the round, from 1.

        Returns
        -------
        train : TrainingSet
        """
        self._validate_params()
        return self._join(train, batch, batch.trust, iteration=iteration, share=self.alpha)
