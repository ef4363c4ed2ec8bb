"""The rows whose labels would leave the least error."""

from numbers import Integral

import numpy as np

from sklearn_synda._compatibility import check_part, check_response
from sklearn_synda._fitting import fit_estimator, seed_estimator
from sklearn_synda._labels import class_probabilities
from sklearn_synda._nets import torch_seed
from sklearn_synda._rows import concatenate_rows, row_subset
from sklearn_synda._sklearn_compat import HasMethods, Interval, StrOptions
from sklearn_synda.acquisition import expected_error_score
from sklearn_synda.query._base import BaseQueryStrategy
from sklearn_synda.query._margin import MarginQuery

__all__ = ["ExpectedErrorReductionQuery"]

_DIGITS = 12  # smaller differences are noise of rounding: a tie


class ExpectedErrorReductionQuery(BaseQueryStrategy):
    """The rows whose labels would leave the least error, by fitting the model with each.

    Larger :func:`~sklearn_synda.acquisition.expected_error_score` = more worth asking: a
    candidate joins the labelled rows with each class it may have, the model is fitted anew, and
    its error on a sample of the pool is what its own probabilities expect. So a row counts for
    what it tells of the others, and outliers do not. For one row at a time, and a model that
    fits in milliseconds. Not for a batch, whose rows are judged as if each came alone; nor for a
    model that grows sure of anything it learns, as a full-grown tree does.

    Parameters
    ----------
    strategy : query strategy, default=None
        Makes the shortlist; None for :class:`MarginQuery`.
    estimator : estimator object, default=None
        The model that is fitted anew; None for that of the pool. A cheaper one will do.
    n_candidates : int, default=20
        Rows of the shortlist that are tried. A larger batch is filled up in the order of
        ``strategy``.
    n_evaluation : int, default=200
        Rows of the pool, drawn at random, on which the error is measured.
    loss : {"log", "zero_one"}, default="log"
        What counts as error: the entropy of the class probabilities, or the doubt about the
        likeliest class.

    Notes
    -----
    It costs ``n_candidates * n_classes + 1`` fits. All have the same seed, so that what differs
    is the row.

    References
    ----------
    Roy & McCallum (2001), *Toward Optimal Active Learning through Sampling Estimation of Error
    Reduction*, ICML.

    Examples
    --------
    The model is least sure of the row on the far left, but that one tells nothing of the others:

    >>> import numpy as np
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn_synda.query import ExpectedErrorReductionQuery
    >>> from sklearn_synda.utils import Pool
    >>> X = np.array([[-90.0], [4.9], [5.0], [5.1]])
    >>> pool = Pool(
    ...     X, proba=lambda: np.array([[0.5, 0.5], [0.6, 0.4], [0.6, 0.4], [0.6, 0.4]]),
    ...     X_labeled=np.array([[0.0], [1.0]]), y_labeled=np.array(["a", "b"]),
    ...     estimator=KNeighborsClassifier(2, weights="distance"),
    ... )
    >>> int(ExpectedErrorReductionQuery().query(pool, random_state=0)[0]) in (1, 2, 3)
    True
    """

    _parameter_constraints: dict = {
        "strategy": [HasMethods(["query"]), None],
        "estimator": [HasMethods(["fit", "predict"]), None],
        "n_candidates": [Interval(Integral, 1, None, closed="left")],
        "n_evaluation": [Interval(Integral, 1, None, closed="left")],
        "loss": [StrOptions({"log", "zero_one"})],
    }

    def __init__(self, strategy=None, estimator=None, n_candidates=20, n_evaluation=200,
                 loss="log"):  # fmt: skip
        self.strategy = strategy
        self.estimator = estimator
        self.n_candidates = n_candidates
        self.n_evaluation = n_evaluation
        self.loss = loss

    def _choose(self, pool, batch_size, rng):
        strategy = MarginQuery() if self.strategy is None else self.strategy
        check_part(self, "strategy", strategy, "query")
        estimator = seed_estimator(self._model(pool), rng)
        n_candidates = min(self.n_candidates, len(pool))
        shortlist = strategy.query(pool, max(n_candidates, batch_size), random_state=rng)
        tried, rest = shortlist[:n_candidates], shortlist[n_candidates:]
        n_evaluation = min(self.n_evaluation, len(pool))
        sample = row_subset(pool.X, rng.choice(len(pool), n_evaluation, replace=False))
        with torch_seed(estimator, rng):
            score = self._try(estimator, pool, row_subset(pool.X, tried), sample, rng)
        best = self._top(np.round(score, _DIGITS), min(batch_size, n_candidates), rng)
        return np.concatenate([tried[best], rest[: batch_size - len(best)]])

    def _model(self, pool):
        """The unfitted model, of classes and with labelled rows to fit it on."""
        name = type(self).__name__
        estimator = pool.estimator if self.estimator is None else self.estimator
        if estimator is None or pool.X_labeled is None:
            raise TypeError(
                f"{name} is not compatible with this pool: it needs an estimator and labelled rows."
                " Use MarginQuery instead."
            )
        self._read_targets(pool)
        if not self._has_classes(pool):
            raise TypeError(
                f"{name} is not compatible with this pool: it needs classes; its labels are"
                " values. Use GreedyQuery instead."
            )
        check_response(self, estimator, "predict_proba", "MarginQuery")
        return estimator

    def _try(self, estimator, pool, rows, sample, rng):
        """The score of each row: one fit for each class it may have."""
        y, weight = self._read_targets(pool), pool.sample_weight_labeled
        fit = self._fitter(estimator, rng)
        classes = np.unique(y)
        proba = class_probabilities(fit(pool.X_labeled, y, weight), rows, classes)
        more = None if weight is None else np.append(weight, np.mean(weight))
        score = np.empty(len(proba))
        for i in range(len(proba)):
            X = concatenate_rows([pool.X_labeled, row_subset(rows, [i])])
            outcome = np.zeros((1, len(classes), sample.shape[0], len(classes)))
            for c in np.flatnonzero(proba[i]):  # one that cannot be weighs nothing
                model = fit(X, np.append(y, classes[c]), more)
                outcome[0, c] = class_probabilities(model, sample, classes)
            score[i] = expected_error_score(proba[[i]], outcome, self.loss)[0]
        return score

    def _fitter(self, estimator, rng):
        def fit(X, y, sample_weight):
            return fit_estimator(estimator, X, y, sample_weight, rng, caller=type(self).__name__)

        return fit
