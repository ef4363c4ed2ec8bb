"""Made rows below the real ones."""

from numbers import Real

import numpy as np

from sklearn_synda._sklearn_compat import Interval
from sklearn_synda.integration._base import BaseIntegrator

__all__ = ["ConcatenationIntegrator"]


class ConcatenationIntegrator(BaseIntegrator):
    """Every made row counts the same.

    With many rows a real row the made ones decide nearly alone: right when they carry the
    labels of a good committee, not for inherited labels (:class:`WeightedIntegrator`).

    Parameters
    ----------
    weight : float, default=1.0
        Weight of a made row; a real row has its own, 1 if none was given.
    min_trust : float, default=0.0
        Rows trusted less are rejected; a row of trust 0 always is.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.integration import ConcatenationIntegrator
    >>> from sklearn_synda.utils import SyntheticBatch, TrainingSet
    >>> train = TrainingSet.real(np.array([[0.0], [1.0]]), np.array([0, 1]))
    >>> batch = SyntheticBatch(np.array([[0.1]]), np.array([[0, -1]]), np.ones(1))
    >>> batch = batch.label(label_source="doc", y=np.array([0]))
    >>> ConcatenationIntegrator(weight=0.5).integrate(train, batch, iteration=1).sample_weight
    array([1. , 1. , 0.5])
    """

    _parameter_constraints: dict = {
        "weight": [Interval(Real, 0, None, closed="neither")],
        "min_trust": [Interval(Real, 0, 1, closed="both")],
    }

    def __init__(self, *, weight=1.0, min_trust=0.0):
        self.weight = weight
        self.min_trust = min_trust

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
        kept = (batch.trust >= self.min_trust) & (batch.trust > 0)
        weight = np.where(kept, float(self.weight), 0.0)
        return train.extend(batch, weight=weight, iteration=iteration)
