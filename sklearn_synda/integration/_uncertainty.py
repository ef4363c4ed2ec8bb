"""Weight in proportion to uncertainty."""

from numbers import Real

import numpy as np

from sklearn_synda._sklearn_compat import Interval
from sklearn_synda.integration._base import BaseIntegrator

__all__ = ["UncertaintyIntegrator"]


class UncertaintyIntegrator(BaseIntegrator):
    """A made row counts as much as the model was unsure of its anchor, ``p ~ U``.

    The made rows together hold the share ``alpha``. Where uncertainty is noise (classes that
    overlap) this spends the weight where nothing can be learnt.

    Parameters
    ----------
    alpha : float, default=0.5
        Share of the made rows, in (0, 1).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.integration import UncertaintyIntegrator
    >>> from sklearn_synda.utils import SyntheticBatch, TrainingSet
    >>> train = TrainingSet.real(np.array([[0.0], [1.0]]), np.array([0, 1]))
    >>> batch = SyntheticBatch(
    ...     np.zeros((2, 1)), np.zeros((2, 2), dtype=int), np.ones(2),
    ...     uncertainty=np.array([0.2, 0.6]),
    ... ).label(label_source="doc", y=np.array([0, 1]))
    >>> UncertaintyIntegrator().integrate(train, batch, iteration=1).sample_weight
    array([1. , 1. , 0.5, 1.5])
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
            Labelled rows, with the uncertainty of their anchors.
        iteration : int
            Number of the round, from 1.

        Returns
        -------
        train : TrainingSet
        """
        self._validate_params()
        uncertainty = np.ones(len(batch)) if batch.uncertainty is None else batch.uncertainty
        weight = np.maximum(uncertainty, 0.0) * batch.trust
        return self._join(train, batch, weight, iteration=iteration, share=self.alpha)
