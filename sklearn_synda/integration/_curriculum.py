"""A share of the weight that changes from round to round."""

from numbers import Real

import numpy as np

from sklearn_synda._sklearn_compat import Interval
from sklearn_synda.integration._base import BaseIntegrator

__all__ = ["CurriculumIntegrator"]


class CurriculumIntegrator(BaseIntegrator):
    r"""The share of the made rows follows a curriculum.

    In round :math:`t` they hold :math:`\alpha(t) = a_0 e^{-\lambda t} + a_1 (1 - e^{-\lambda t})`
    of the total weight: from ``initial_alpha`` towards ``final_alpha`` at speed ``decay``.

    Parameters
    ----------
    initial_alpha : float, default=0.1
        Share :math:`a_0` at the start, in (0, 1).
    final_alpha : float, default=0.7
        Share :math:`a_1` in the end, in (0, 1).
    decay : float, default=0.5
        Speed :math:`\lambda` by round.

    References
    ----------
    Bengio et al. (2009), Curriculum learning, :doi:`10.1145/1553374.1553380`.

    Examples
    --------
    >>> from sklearn_synda.integration import CurriculumIntegrator
    >>> integrator = CurriculumIntegrator(initial_alpha=0.1, final_alpha=0.7, decay=0.5)
    >>> [round(float(integrator.alpha_at(t)), 2) for t in (0, 1, 2, 10)]
    [0.1, 0.34, 0.48, 0.7]
    """

    _parameter_constraints: dict = {
        "initial_alpha": [Interval(Real, 0, 1, closed="neither")],
        "final_alpha": [Interval(Real, 0, 1, closed="neither")],
        "decay": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(self, *, initial_alpha=0.1, final_alpha=0.7, decay=0.5):
        self.initial_alpha = initial_alpha
        self.final_alpha = final_alpha
        self.decay = decay

    def alpha_at(self, iteration):
        """Share of the made rows in a round.

        Parameters
        ----------
        iteration : int
            Number of the round.

        Returns
        -------
        alpha : float
        """
        left = np.exp(-self.decay * iteration)
        return self.initial_alpha * left + self.final_alpha * (1 - left)

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
        share = self.alpha_at(iteration)
        return self._join(train, batch, batch.trust, iteration=iteration, share=share)
