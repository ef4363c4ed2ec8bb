"""The label of the parents."""

import numpy as np

from sklearn_synda._rows import is_classification
from sklearn_synda.labeling._base import BaseLabeler

__all__ = ["InheritLabeler"]


class InheritLabeler(BaseLabeler):
    """A made row has the class of its parent; a value is interpolated between both.

    Free, and right for rows close to a parent of their class (SMOTE, small perturbations). Not
    for rows mixed across classes. A class comes from the closer labelled parent and is trusted
    as much as the row is like it; a value is ``closeness * y_anchor + (1 - closeness) *
    y_partner``. A row without a labelled parent gets trust 0.

    References
    ----------
    Chawla et al. (2002), :doi:`10.1613/jair.953`; Torgo et al. (2013),
    :doi:`10.1007/978-3-642-40669-0_33`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.labeling import InheritLabeler
    >>> from sklearn_synda.synthesis import SMOTESynthesizer
    >>> X, y = np.array([[0.5], [1.0], [5.0], [6.0]]), np.array([0, 0, 1, 1])
    >>> batch = SMOTESynthesizer().fit(X, y).sample([0, 3], random_state=0)
    >>> InheritLabeler().fit(X, y).label(batch).y
    array([0, 1])
    """

    def fit(self, X, y, sample_weight=None):
        """Remember the targets.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Labelled rows.
        y : array-like of shape (n_samples,)
            Their classes or values.
        sample_weight : array-like of shape (n_samples,), default=None
            Not used.

        Returns
        -------
        self : object
        """
        self.y_ = np.asarray(y)
        return self

    def label(self, batch):
        """Label a batch.

        Parameters
        ----------
        batch : SyntheticBatch
            Rows with parents.

        Returns
        -------
        batch : SyntheticBatch
            With ``y`` and ``trust``.
        """
        n_labeled = len(self.y_)
        known = (batch.parents >= 0) & (batch.parents < n_labeled)
        share = np.column_stack([batch.closeness, 1 - batch.closeness])
        share[batch.parents[:, 1] < 0] = [1.0, 0.0]
        share = np.where(known, share, 0.0)
        parent_y = self.y_[np.where(known, batch.parents, 0)]
        if is_classification(self.y_):
            closer = share.argmax(axis=1)
            rows = np.arange(len(batch))
            y = parent_y[rows, closer]
            same = (parent_y[:, 0] == parent_y[:, 1]) & known.all(axis=1)
            trust = np.where(same, share.sum(axis=1), share[rows, closer])
        else:
            trust = share.sum(axis=1)
            y = (share * parent_y).sum(axis=1) / np.where(trust > 0, trust, 1.0)
        return batch.label(label_source="InheritLabeler", y=y, trust=trust)
