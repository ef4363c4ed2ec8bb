"""A score as labels are added: labelling simulated from labels that are known."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
from scipy.integrate import trapezoid
from sklearn.base import clone, is_classifier
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import check_scoring
from sklearn.model_selection import GroupShuffleSplit, train_test_split
from sklearn.utils import check_random_state, indexable
from sklearn.utils.parallel import Parallel, delayed

from sklearn_synda._active_synthesis import ActiveSynthesisClassifier, ActiveSynthesisRegressor
from sklearn_synda._compatibility import check_count
from sklearn_synda._labels import group_codes, split_labeled
from sklearn_synda._rows import row_subset
from sklearn_synda.model_selection._held_out import score_of
from sklearn_synda.query._bandit import check_rewards, rewarded
from sklearn_synda.query._row_values import per_row

__all__ = ["BudgetCurve", "budget_curve"]

_ROUNDING = 1e-9  # a mean of scores may be off by such a share of the gap


@dataclass(frozen=True)
class BudgetCurve:
    """Scores on held-out rows by number of labels, seed by seed.

    Parameters
    ----------
    budgets : int ndarray of shape (n_budgets,)
        Labelled rows, the initial ones first.
    scores : ndarray of shape (n_seeds, n_budgets)
        Score on the held-out rows; larger = better.
    full_scores : ndarray of shape (n_seeds,)
        Score of the same model with all rows of the pool labelled.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.model_selection import BudgetCurve
    >>> curve = BudgetCurve(
    ...     np.array([10, 20, 30]), np.array([[0.6, 0.8, 0.9]]), np.array([0.9])
    ... )
    >>> round(curve.area(), 3), round(float(curve.labels_needed(0.5)), 1)
    (0.775, 17.5)
    """

    budgets: np.ndarray
    scores: np.ndarray
    full_scores: np.ndarray

    @property
    def mean_scores(self):
        """Mean over the seeds: ndarray of shape (n_budgets,)."""
        return self.scores.mean(axis=0)

    def take(self, seeds):
        """The curve of some of the seeds, by position; one may be taken twice."""
        return BudgetCurve(self.budgets, self.scores[seeds], self.full_scores[seeds])

    def area(self):
        """Mean height of the curve: the area below it over the range of its budgets."""
        if len(self.budgets) == 1:
            return float(self.mean_scores[0])
        width = self.budgets[-1] - self.budgets[0]
        return float(trapezoid(self.mean_scores, self.budgets) / width)

    def labels_needed(self, share):
        """Labels at which ``share`` of the way from the first score to the full one is gone.

        Read off the isotonic mean curve, so that one lucky step does not count, and
        interpolated between budgets.

        Parameters
        ----------
        share : float
            Share of the gap, in (0, 1].

        Returns
        -------
        n_labels : float
            ``inf`` where the curve does not get there, NaN where there is no gap to close, or
            a score is not known.
        """
        if not 0 < share <= 1:
            raise ValueError(
                "The 'share' parameter of labels_needed must be a share of the gap in (0, 1]."
                f" Got {share!r} instead."
            )
        start, goal = self.mean_scores[0], self.full_scores.mean()
        if not goal > start or np.isnan(self.mean_scores).any():
            return np.nan
        level = start + share * (goal - start)
        smooth = IsotonicRegression().fit(self.budgets, self.mean_scores).predict(self.budgets)
        if smooth[-1] < level - _ROUNDING * (goal - start):
            return np.inf
        level = min(level, smooth[-1])
        after = int(np.argmax(smooth >= level))
        if after == 0:
            return float(self.budgets[0])
        return float(np.interp(level, smooth[after - 1 : after + 1], self.budgets[after - 1 :][:2]))


def budget_curve(
    estimator, X, y, *, groups=None, sensitive_features=None, query_strategy=None,
    budgets=(20, 40, 60, 80, 100), test_size=0.4, scoring=None, n_seeds=5, n_jobs=None,
    random_state=None,
):  # fmt: skip
    """Simulate labelling with a query strategy, and score the model at each budget.

    For each seed rows are held out for scoring, the first ``budgets[0]`` rows of the rest are
    drawn at random, and the strategy names those labelled next. Two strategies with the same
    ``random_state`` start from the same rows. Not for choosing a strategy and stating its score
    on the same table: what is compared on held-out rows is chosen on them.

    Parameters
    ----------
    estimator : estimator object
        A classifier or regressor, or a meta-estimator of this package. A plain model is fitted
        as it is.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Rows.
    y : array-like of shape (n_samples,)
        Their targets, none missing: the oracle.
    groups : array-like of shape (n_samples,), default=None
        The group of each row, a patient's say; one is held out, or not, as a whole, and the
        meta-estimators are told of it.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_features), default=None
        The group of people of each row, for :class:`~sklearn_synda.query.GroupQuotaQuery` and
        for a ``scoring`` that takes it.
    query_strategy : query strategy, default=None
        None is that of the meta-estimators' ``query``. One that learns from rewards
        (:class:`~sklearn_synda.query.BanditQuery`) is told after each batch what share of its
        rows the model got wrong before it learnt them, and draws anew in each seed.
    budgets : sequence of int, default=(20, 40, 60, 80, 100)
        Labelled rows at which the model is fitted and scored; rising, from 2 for classes. The
        differences are the batches.
    test_size : float, default=0.4
        Share of the rows, or of the groups, held out.
    scoring : str or callable, default=None
        As in scikit-learn; None is the model's own ``score``. A class that the model has not met
        has probability 0. A function ``scoring(model, X, y, sensitive_features)`` gets the
        groups of the held-out rows: such as gaps of :mod:`sklearn_synda.metrics`, turned around.
    n_seeds : int, default=5
        Repetitions.
    n_jobs : int, default=None
        Seeds walked at the same time.
    random_state : int, RandomState instance or None, default=None
        Seed of the seeds.

    Returns
    -------
    curve : BudgetCurve

    References
    ----------
    Settles & Craven (2008), on areas below learning curves: :doi:`10.3115/1613715.1613855`.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn_synda.model_selection import budget_curve
    >>> X, y = load_iris(return_X_y=True)
    >>> model = LogisticRegression(max_iter=500)
    >>> curve = budget_curve(model, X, y, budgets=[6, 12, 24], n_seeds=3, random_state=0)
    >>> curve.scores.shape, bool(curve.mean_scores[-1] > 0.9)
    ((3, 3), True)
    """
    X, y = indexable(X if hasattr(X, "shape") else np.asarray(X), y)
    y, labeled = split_labeled(y, np.nan)
    if not labeled.all():
        raise ValueError(
            "The 'y' parameter of budget_curve must hold labels only. Got"
            f" {(~labeled).sum()} missing ones instead: leave those rows out."
        )
    if groups is not None:
        groups = _check_groups(groups, len(y))
    sensitive = per_row(sensitive_features, "sensitive_features", len(y), "budget_curve")
    budgets = _check_budgets(budgets, 2 if is_classifier(estimator) else 1)
    learner = _with_query(estimator, query_strategy)
    check_rewards("budget_curve", learner.query_strategy, learner)
    if not (scoring is None or isinstance(scoring, str) or callable(scoring)):
        raise ValueError(
            "The 'scoring' parameter of budget_curve must be the name of one score, or a function."
            f" Got {scoring!r} instead."
        )
    scorer = check_scoring(learner, scoring)
    check_count("n_seeds", n_seeds, "budget_curve")
    classes = y if is_classifier(learner) else None
    rng = check_random_state(random_state)
    seeds = rng.randint(2**31 - 1, size=n_seeds)
    draws = [_draw(len(y), classes, groups, test_size, seed) for seed in seeds]
    _check_draws(draws, budgets, classes)  # before the first of many fits
    walks = Parallel(n_jobs=n_jobs)(
        delayed(_walk)(learner, X, y, groups, sensitive, budgets, scorer, draw) for draw in draws
    )
    scores, full_scores = zip(*walks, strict=True)
    return BudgetCurve(budgets, np.array(scores), np.array(full_scores))


def _check_budgets(budgets, least):
    budgets = np.asarray(budgets)
    is_list = budgets.dtype.kind in "iu" and budgets.ndim == 1 and len(budgets)
    if not is_list or budgets[0] < least or (np.diff(budgets) <= 0).any():
        raise ValueError(
            "The 'budgets' parameter of budget_curve must be a list of rising numbers of rows, from"
            f" {least}. Got {budgets.tolist()} instead."
        )
    return budgets


def _with_query(estimator, query_strategy):
    """The estimator with a ``query``: a plain model is wrapped, and nothing is made for it."""
    if isinstance(estimator, (ActiveSynthesisClassifier, ActiveSynthesisRegressor)):
        learner = clone(estimator)
        return (
            learner if query_strategy is None else learner.set_params(query_strategy=query_strategy)
        )
    kind = ActiveSynthesisClassifier if is_classifier(estimator) else ActiveSynthesisRegressor
    return kind(estimator, query_strategy=query_strategy, max_iter=0)


def _check_groups(groups, n_rows):
    groups = group_codes(groups, n_rows, "budget_curve")
    if groups.max(initial=0) < 1:
        raise ValueError(
            "The 'groups' parameter of budget_curve must name at least two groups, one of which can"
            " be held out. Got one instead."
        )
    return groups


def _draw(n_rows, classes, groups, test_size, seed):
    """What is random in one seed: its stream, the learner's seed, pool and held-out positions."""
    rng = np.random.RandomState(seed)
    learner_seed, rows = rng.randint(2**31 - 1), np.arange(n_rows)
    if groups is None:
        held_out = train_test_split(rows, test_size=test_size, stratify=classes, random_state=rng)
    else:
        splitter = GroupShuffleSplit(1, test_size=test_size, random_state=rng)
        held_out = next(splitter.split(rows, groups=groups))
    return rng, learner_seed, *held_out


def _check_draws(draws, budgets, classes):
    n_pool = min(len(rows) for _, _, rows, _ in draws)
    if budgets[-1] > n_pool:
        raise ValueError(
            f"The 'budgets' parameter of budget_curve must not exceed the {n_pool} rows that are"
            f" not held out. Got {budgets[-1]} instead: ask for less, or lower test_size."
        )
    if classes is not None and min(len(np.unique(classes[rows])) for _, _, rows, _ in draws) < 2:
        raise ValueError(
            "The 'y' parameter of budget_curve must leave two classes in every pool. Got a draw"
            " with one instead: give rows of a second class, and where whole groups are held out"
            " lower test_size or take another random_state."
        )


def _walk(learner, X, y, groups, sensitive, budgets, scorer, draw):
    """Scores of one seed by budget, and with the whole pool labelled."""
    rng, learner_seed, rows, test = draw
    learner = _seeded(learner, learner_seed)
    held_out = row_subset(X, test), y[test]
    people = None if sensitive is None else sensitive[test]
    labeled = _first_rows(y[rows], budgets[0], is_classifier(learner), rng)
    scores = []
    for budget in budgets:
        if budget > len(labeled):
            pool = np.setdiff1d(np.arange(len(rows)), labeled)
            chosen = pool[_asked(learner, X, sensitive, rows[pool], budget - len(labeled))]
            learner.query_strategy = rewarded(
                learner.query_strategy, learner, row_subset(X, rows[chosen]), y[rows[chosen]]
            )
            labeled = np.concatenate([labeled, chosen])
        of_rows = {} if groups is None else {"groups": groups[rows[labeled]]}
        learner.fit(row_subset(X, rows[labeled]), y[rows[labeled]], **of_rows)
        scores.append(score_of(learner, scorer, *held_out, people))
        if np.isnan(scores[-1]):
            raise ValueError(
                "The 'scoring' parameter of budget_curve must give a number for every draw of held-"
                f"out rows. Got NaN for {len(test)} rows with {len(np.unique(y[test]))} different"
                " targets instead: raise test_size, or take another random_state."
            )
    full = clone(learner).set_params(max_iter=0).fit(row_subset(X, rows), y[rows])
    return scores, score_of(full, scorer, *held_out, people)


def _seeded(learner, seed):
    """The learner with the seed of its walk, and so a strategy that learns from rewards."""
    learner = clone(learner).set_params(random_state=seed)
    strategy = learner.query_strategy
    if hasattr(strategy, "update") and isinstance(
        getattr(strategy, "random_state", None), Integral
    ):
        strategy.set_params(random_state=(strategy.random_state + seed) % 2**32)
    return learner


def _asked(learner, X, sensitive, free, n):
    """Positions among the free rows of those to label next."""
    people = None if sensitive is None else sensitive[free]
    chosen = learner.query(row_subset(X, free), batch_size=n, sensitive_features=people)
    if len(chosen) < n:
        raise ValueError(
            "The 'query_strategy' parameter of budget_curve must name as many rows as it is"
            f" asked for. Got {len(chosen)} of {n} from"
            f" {type(learner.query_strategy).__name__} instead: lift its own limit."
        )
    return chosen


def _first_rows(y, n_rows, is_classification, rng):
    """Random rows; of classes at least two, where so many rows are drawn."""
    order = rng.permutation(len(y))
    if is_classification and n_rows > 1 and len(np.unique(y[order[:n_rows]])) == 1:
        other = np.flatnonzero(y[order] != y[order[0]])[0]
        order[[n_rows - 1, other]] = order[[other, n_rows - 1]]
    return order[:n_rows]
