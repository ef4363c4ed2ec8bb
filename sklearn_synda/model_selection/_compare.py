"""Several query strategies side by side, from the same first rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral

import numpy as np
from sklearn.utils import check_random_state

from sklearn_synda.model_selection._budget_curve import budget_curve
from sklearn_synda.query import RandomQuery

__all__ = ["BudgetComparison", "compare"]

_RANDOM = "random"


@dataclass(frozen=True)
class BudgetComparison:
    """Curves of several strategies, and of random rows.

    Parameters
    ----------
    curves : dict of str to BudgetCurve
        By name; "random" is there always.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.model_selection import BudgetComparison, BudgetCurve
    >>> budgets, full = np.array([10, 20, 30]), np.array([0.9])
    >>> random = BudgetCurve(budgets, np.array([[0.5, 0.7, 0.9]]), full)
    >>> margin = BudgetCurve(budgets, np.array([[0.5, 0.9, 0.9]]), full)
    >>> found = BudgetComparison({"random": random, "margin": margin})
    >>> round(found.labels_saved(0.9)["margin"], 2)
    0.32
    """

    curves: dict

    def take(self, seeds):
        """The comparison on some of the seeds, by position; one may be taken twice."""
        return BudgetComparison({name: curve.take(seeds) for name, curve in self.curves.items()})

    def labels_saved(self, share=0.95):
        """Share of the labels of random rows that each strategy did not need.

        Parameters
        ----------
        share : float, default=0.95
            Share of the gap from the first score to the full one that is to be closed.

        Returns
        -------
        saved : dict of str to float
            1 - labels / labels of random rows. Where random rows did not get there within the
            budgets, their labels count as the largest budget, so that the saving is a lower
            bound. ``-inf`` where random rows got there and the strategy did not; NaN where
            neither did, or where there is no gap to close.
        """
        largest = self.curves[_RANDOM].budgets[-1]
        random = self.curves[_RANDOM].labels_needed(share)
        saved = {}
        for name, curve in self.curves.items():
            needed = curve.labels_needed(share)
            both_late = np.isinf(needed) and np.isinf(random)
            saved[name] = np.nan if both_late else float(1 - needed / min(random, largest))
        return saved

    def deficiency(self):
        r"""How much of the deficit of random rows each strategy has: below 1 = better.

        :math:`\sum_b (s - a_b) / \sum_b (s - r_b)` over the budgets, with :math:`a_b` and
        :math:`r_b` the mean scores of the strategy and of random rows and :math:`s` the last
        score of random rows.

        Returns
        -------
        deficiency : dict of str to float
            NaN where random rows have none.

        References
        ----------
        Baram, El-Yaniv & Luz (2004), Online choice of active learning algorithms, JMLR 5.
        """
        random = self.curves[_RANDOM].mean_scores
        deficit = (random[-1] - random).sum()
        return {
            name: float((random[-1] - curve.mean_scores).sum() / deficit) if deficit > 0 else np.nan
            for name, curve in self.curves.items()
        }


def compare(estimator, X, y, query_strategies, *, groups=None, sensitive_features=None,
            budgets=(20, 40, 60, 80, 100), test_size=0.4, scoring=None, n_seeds=5, n_jobs=None,
            random_state=0):  # fmt: skip
    """Simulate labelling with several query strategies, from the same first rows.

    Parameters
    ----------
    estimator : estimator object
        A classifier or regressor, or a meta-estimator of this package.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Rows.
    y : array-like of shape (n_samples,)
        Their targets, none missing.
    query_strategies : dict of str to query strategy
        By the name they are to have. "random" is added where it is not there.
    groups : array-like of shape (n_samples,), default=None
        The group of each row, a patient's say; one is held out, or not, as a whole, and the
        meta-estimators are told of it.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_features), default=None
        The group of people of each row, as in :func:`budget_curve`.
    budgets : sequence of int, default=(20, 40, 60, 80, 100)
        Labelled rows at which the model is fitted and scored.
    test_size : float, default=0.4
        Share of the rows, or of the groups, held out.
    scoring : str or callable, default=None
        As in :func:`budget_curve`; None is the model's own ``score``.
    n_seeds : int, default=5
        Repetitions.
    n_jobs : int, default=None
        Seeds walked at the same time.
    random_state : int, RandomState instance or None, default=0
        Seed; one draw of it for all strategies, so that they start from the same rows.

    Returns
    -------
    comparison : BudgetComparison

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn_synda.model_selection import compare
    >>> from sklearn_synda.query import MarginQuery
    >>> X, y = load_iris(return_X_y=True)
    >>> model = LogisticRegression(max_iter=500)
    >>> found = compare(model, X, y, {"margin": MarginQuery()}, budgets=[6, 12, 24], n_seeds=3)
    >>> sorted(found.curves), found.deficiency()["random"]
    (['margin', 'random'], 1.0)
    """
    if not isinstance(query_strategies, Mapping):
        raise TypeError(
            "The 'query_strategies' parameter of compare must be a dict of name to query strategy."
            f" Got {query_strategies!r} instead: write {{'margin': MarginQuery()}}, say."
        )
    if not isinstance(random_state, Integral):  # one seed for all: the same first rows
        random_state = check_random_state(random_state).randint(2**31 - 1)
    strategies = dict(query_strategies)
    strategies.setdefault(_RANDOM, RandomQuery())
    common = {
        "groups": groups, "sensitive_features": sensitive_features, "budgets": budgets,
        "test_size": test_size, "scoring": scoring, "n_seeds": n_seeds, "n_jobs": n_jobs,
        "random_state": random_state,
    }  # fmt: skip
    return BudgetComparison(
        {
            name: budget_curve(estimator, X, y, query_strategy=strategy, **common)
            for name, strategy in strategies.items()
        }
    )
