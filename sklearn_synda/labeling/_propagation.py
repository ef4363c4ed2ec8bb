"""Labels that spread from neighbour to neighbour."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sklearn_synda._columns import Columns, as_table
from sklearn_synda._rows import is_classification
from sklearn_synda._sklearn_compat import Interval
from sklearn_synda.labeling._base import BaseLabeler

__all__ = ["PropagationLabeler"]


class PropagationLabeler(BaseLabeler):
    """Class probabilities by label spreading over the real and the made rows.

    scikit-learn's :class:`~sklearn.semi_supervised.LabelSpreading` with a nearest-neighbour
    graph, so that cost grows with the number of rows, not its square. For classes that form
    clusters; not for regression. Trust is one minus the normalised entropy. Real labels keep
    their place (``alpha`` small), but a made row does see its parents' labels.

    Parameters
    ----------
    n_neighbors : int, default=7
        Neighbours in the graph; fewer where there are fewer rows.
    alpha : float, default=0.2
        Share of a label that may come from the neighbours, in (0, 1).

    References
    ----------
    Zhou et al. (2003), Learning with local and global consistency, NeurIPS 16.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.labeling import PropagationLabeler
    >>> from sklearn_synda.synthesis import SMOTESynthesizer
    >>> X, y = np.array([[0.5], [1.0], [5.0], [6.0]]), np.array([0, 0, 1, 1])
    >>> batch = SMOTESynthesizer().fit(X, y).sample([0, 3], random_state=0)
    >>> PropagationLabeler(n_neighbors=2).fit(X, y).label(batch).y
    array([0, 1])
    """

    _parameter_constraints: dict = {
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "alpha": [Interval(Real, 0, 1, closed="neither")],
    }

    def __init__(self, *, n_neighbors=7, alpha=0.2):
        self.n_neighbors = n_neighbors
        self.alpha = alpha

    def fit(self, X, y, sample_weight=None):
        """Remember the labelled rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Labelled rows.
        y : array-like of shape (n_samples,)
            Their classes.
        sample_weight : array-like of shape (n_samples,), default=None
            Not used.

        Returns
        -------
        self : object
        """
        self._validate_params()
        X, y = as_table(X), np.asarray(y)
        if not is_classification(y):
            raise ValueError(
                "PropagationLabeler is not compatible with float targets: it spreads classes."
                " Use CommitteeLabeler instead."
            )
        self.classes_, self.codes_ = np.unique(y, return_inverse=True)
        self.columns_ = Columns(X)
        self.points_ = self.columns_.to_embedding(self.columns_.to_cells(X))
        return self

    def label(self, batch):
        """Label a batch.

        Parameters
        ----------
        batch : SyntheticBatch
            Rows.

        Returns
        -------
        batch : SyntheticBatch
            With ``proba``, ``y`` and ``trust``.
        """
        check_is_fitted(self, "points_")
        from sklearn.semi_supervised import LabelSpreading  # heavy: imported when used

        made = self.columns_.to_embedding(self.columns_.to_cells(batch.X))
        points = np.vstack([self.points_, made])
        codes = np.concatenate([self.codes_, np.full(len(made), -1)])
        n_neighbors = min(self.n_neighbors, len(points) - 1)
        model = LabelSpreading(
            kernel="knn", n_neighbors=n_neighbors, alpha=self.alpha, max_iter=200, tol=1e-3
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            model.fit(points, codes)
        proba = np.nan_to_num(model.label_distributions_[len(self.codes_) :])
        reached = proba.sum(axis=1) > 0
        proba[~reached] = 1.0 / len(self.classes_)
        proba = proba / proba.sum(axis=1, keepdims=True)
        entropy = -(proba * np.log(np.maximum(proba, 1e-12))).sum(axis=1)
        trust = np.where(reached, 1 - entropy / np.log(max(len(self.classes_), 2)), 0.0)
        return batch.label(
            label_source="PropagationLabeler", proba=proba, classes=self.classes_, trust=trust
        )
