"""What the user's own model says."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from sklearn_synda._columns import as_table
from sklearn_synda._rows import is_classification
from sklearn_synda._sklearn_compat import HasMethods, Interval, _check_sample_weight
from sklearn_synda.labeling._base import BaseLabeler
from sklearn_synda.labeling._cross_fit import CrossFit

__all__ = ["PseudoLabeler"]


class PseudoLabeler(BaseLabeler):
    """Labels of the user's model, fitted without the row's parent.

    Self-training on made rows. It can sharpen a model, not teach it what it does not know:
    :class:`CommitteeLabeler` knows more. Trust is the probability of the class; a value is
    trusted fully.

    Parameters
    ----------
    estimator : estimator object, default=None
        The model. The meta-estimators put the user's own in the place of None.
    threshold : float, default=0.0
        A less likely class gets trust 0.
    n_splits : int, default=5
        Folds: a row is labelled by the fit that did not see its parent.
    random_state : int, RandomState instance or None, default=None
        Seed of the folds.

    References
    ----------
    Lee (2013), Pseudo-Label, ICML workshop on challenges in representation learning.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn_synda.labeling import PseudoLabeler
    >>> from sklearn_synda.synthesis import SMOTESynthesizer
    >>> X, y = np.arange(12.0).reshape(-1, 1), np.repeat([0, 1], 6)
    >>> batch = SMOTESynthesizer().fit(X, y).sample([0, 11], random_state=0)
    >>> PseudoLabeler(GaussianNB(), n_splits=2, random_state=0).fit(X, y).label(batch).y
    array([0, 1])
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"]), None],
        "threshold": [Interval(Real, 0, 1, closed="both")],
        "n_splits": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(self, estimator=None, *, threshold=0.0, n_splits=5, random_state=None):
        self.estimator = estimator
        self.threshold = threshold
        self.n_splits = n_splits
        self.random_state = random_state

    def fit(self, X, y, sample_weight=None, groups=None):
        """Fit the model fold by fold.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Labelled rows.
        y : array-like of shape (n_samples,)
            Their classes or values.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.
        groups : array-like of shape (n_samples,), default=None
            The group of each row; no fold cuts one.

        Returns
        -------
        self : object
        """
        self._validate_params()
        X, y = as_table(X), np.asarray(y)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, y, dtype=np.float64)
        classes = np.unique(y) if is_classification(y) else None
        rng = check_random_state(self.random_state)
        self.cross_fit_ = CrossFit([self.estimator], self.n_splits, rng, "PseudoLabeler")
        self.cross_fit_.fit(X, y, sample_weight, classes, groups)
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
        check_is_fitted(self, "cross_fit_")
        answer = self.cross_fit_.predict(batch.X, self.cross_fit_.parent_fold(batch))[0]
        classes = self.cross_fit_.classes_
        if classes is None:
            return batch.label(label_source="PseudoLabeler", y=answer)
        trust = answer.max(axis=1)
        trust = np.where(trust >= self.threshold, trust, 0.0)
        y = classes[answer.argmax(axis=1)]
        return batch.label(label_source="PseudoLabeler", y=y, trust=trust)
