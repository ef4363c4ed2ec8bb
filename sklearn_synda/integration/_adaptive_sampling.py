"""Original weight and certainty, added up."""

from numbers import Real

import numpy as np

from sklearn_synda._sklearn_compat import Interval
from sklearn_synda.integration._base import BaseIntegrator

__all__ = ["AdaptiveSamplingIntegrator"]


class AdaptiveSamplingIntegrator(BaseIntegrator):
    r"""``weight = alpha * original + beta / (1 + U)``.

    :math:`U` is the uncertainty of the anchor under the plain model. The original weight of a row
    made in round :math:`t` is :math:`A\, u\, e^{-\lambda (t - 1)}` with its utility :math:`u`
    (the trust in its label), amplitude :math:`A` and decay :math:`\lambda`. A real row keeps its
    own weight.

    Parameters
    ----------
    alpha : float, default=0.5
        Part of the original weight.
    beta : float, default=0.5
        Part of the certainty.
    amplitude : float, default=1.0
        Original weight of a fully trusted row in the first round.
    decay : float, default=0.0
        How fast the original weight falls by round.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.integration import AdaptiveSamplingIntegrator
    >>> from sklearn_synda.utils import SyntheticBatch, TrainingSet
    >>> train = TrainingSet.real(np.array([[0.0], [1.0]]), np.array([0, 1]))
    >>> batch = SyntheticBatch(
    ...     np.zeros((2, 1)), np.zeros((2, 2), dtype=int), np.ones(2),
    ...     uncertainty=np.array([0.0, 1.0]),
    ... ).label(label_source="doc", y=np.array([0, 1]))
    >>> AdaptiveSamplingIntegrator().integrate(train, batch, iteration=1).sample_weight
    array([1.  , 1.  , 1.  , 0.75])
    """

    _parameter_constraints: dict = {
        "alpha": [Interval(Real, 0, None, closed="left")],
        "beta": [Interval(Real, 0, None, closed="left")],
        "amplitude": [Interval(Real, 0, None, closed="left")],
        "decay": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(self, *, alpha=0.5, beta=0.5, amplitude=1.0, decay=0.0):
        self.alpha = alpha
        self.beta = beta
        self.amplitude = amplitude
        self.decay = decay

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
        original = self.amplitude * batch.trust * np.exp(-self.decay * (iteration - 1))
        uncertainty = 0.0 if batch.uncertainty is None else np.maximum(batch.uncertainty, 0.0)
        weight = self.alpha * original + self.beta / (1 + uncertainty)
        weight = np.where(batch.trust > 0, weight, 0.0)
        return train.extend(batch, weight=weight, iteration=iteration)
