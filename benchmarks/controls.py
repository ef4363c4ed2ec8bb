"""Parts that know nothing: what they make, the gate must refuse."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from sklearn_synda.labeling import CommitteeLabeler
from sklearn_synda.synthesis._base import BaseSynthesizer


class ShuffledLabeler(BaseEstimator):
    """Labels of the default committee, each given to another row.

    Asked of held-out rows it answers as the default committee does, so that the gate is shown all
    it is shown by default.
    """

    def __init__(self, random_state=None):
        self.random_state = random_state

    def fit(self, X, y, sample_weight=None):
        self.rng_ = check_random_state(self.random_state)
        self.committee_ = CommitteeLabeler(random_state=self.rng_.randint(2**31 - 1))
        self.committee_.fit(X, y, sample_weight)
        self.classes_ = self.committee_.classes_
        return self

    def predict_proba(self, X):
        return self.committee_.predict_proba(X)

    def predict(self, X):
        return self.committee_.predict(X)

    def label(self, batch):
        labeled = self.committee_.label(batch)
        order = self.rng_.permutation(len(batch))
        proba = None if labeled.proba is None else labeled.proba[order]
        return batch.label(
            label_source="shuffled", y=labeled.y[order], proba=proba, classes=labeled.classes
        )


class NoiseSynthesizer(BaseSynthesizer):
    """Every cell is drawn from its own column, whatever the others are."""

    def _make(self, anchors, rng):
        rows = rng.randint(len(self.cells_), size=(len(anchors), self.cells_.shape[1]))
        cells = np.take_along_axis(self.cells_, rows, axis=0)
        return cells, anchors, np.zeros(len(anchors))
