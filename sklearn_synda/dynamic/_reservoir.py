"""Labelled made rows around every real row, to draw from batch by batch."""

from dataclasses import replace

import numpy as np

__all__ = ["Reservoir"]


class Reservoir:
    """Made rows with labels: dear to make, cheap to draw from.

    Parameters
    ----------
    synthesizer, labeler : fitted parts
        Fitted on the real rows.
    encode : callable
        From a table to the rows a learner sees.
    y : ndarray of shape (n_real,)
        Targets of the real rows: class codes, or float values.
    n_candidates : int
        Made rows around each of them.
    monitor : monitor or None
        Fitted on the real rows; a reservoir it refuses is left empty.
    """

    def __init__(self, synthesizer, labeler, encode, y, n_candidates, monitor):
        self.synthesizer, self.labeler, self.encode = synthesizer, labeler, encode
        self.y, self.n_candidates, self.monitor = y, n_candidates, monitor
        self.batch = None
        self.report = {}

    def refill(self, rng):
        """Make all rows anew, ``n_candidates`` around each real row."""
        anchors = np.repeat(np.arange(len(self.y)), self.n_candidates)
        batch = self.synthesizer.sample(anchors, random_state=rng)
        batch = self.labeler.label(batch).within(self.y)
        is_good = True
        if self.monitor is not None:
            classes = getattr(self.monitor, "classes_", batch.classes)
            is_good = self.monitor.check(batch.X, _targets(batch, classes), warn=False)
            self.report = self.monitor.report_
        self.batch = replace(batch, X=self.encode(batch.X)) if is_good else None
        return self

    def around(self, positions):
        """All rows of which these real rows are the anchors."""
        rows = positions[:, None] * self.n_candidates + np.arange(self.n_candidates)
        return self.batch.take(rows.ravel())

    def draw(self, positions, n_rows, uncertainty, rng):
        """Made rows around real ones, drawn without replacement in proportion to uncertainty.

        Parameters
        ----------
        positions : int ndarray
            The real rows of a batch.
        n_rows : int
            How many to draw; all there are if there are fewer.
        uncertainty : callable
            ``uncertainty(X, y) -> (n_rows,)`` of the rows in the reservoir.
        rng : RandomState
            For the draw.

        Returns
        -------
        batch : SyntheticBatch or None
            None where nothing is drawn.
        """
        if self.batch is None or n_rows == 0:
            return None
        batch = self.around(positions)
        doubt = np.nan_to_num(uncertainty(batch.X, batch.y))
        chance = np.log(np.maximum(doubt, 1e-9)) + rng.gumbel(size=len(batch))
        chosen = np.argsort(-chance, kind="stable")[:n_rows]
        return replace(batch.take(chosen), uncertainty=doubt[chosen])


def _targets(batch, classes):
    """Class probabilities in the order of ``classes``, or classes or values."""
    if batch.proba is None:
        return batch.y
    proba = np.zeros((len(batch), len(classes)))
    proba[:, np.searchsorted(classes, batch.classes)] = batch.proba
    return proba
