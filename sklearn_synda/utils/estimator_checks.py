"""Contract checks: does a part of your own do what the meta-estimators count on?

Each check takes an unfitted instance and raises an ``AssertionError`` with one sentence where a
promise is not kept. They need no test framework.
"""

from copy import deepcopy
from inspect import signature

import numpy as np
from sklearn.base import clone
from sklearn.naive_bayes import GaussianNB

from sklearn_synda._compatibility import takes_groups
from sklearn_synda._rows import Pool, SyntheticBatch, TrainingSet

__all__ = [
    "check_integrator",
    "check_labeler",
    "check_monitor",
    "check_query_strategy",
    "check_rate",
    "check_synthesizer",
    "check_uncertainty",
    "check_validation",
]

_N_ROWS, _N_FEATURES = 40, 3


def _demand(kept, part, promise):
    """Raise the sentence of a promise that is not kept."""
    if not kept:
        raise AssertionError(f"{type(part).__name__} must {promise}.")


def _check_part(part, *methods):
    """An instance with its methods, whose parameters survive a clone."""
    _demand(not isinstance(part, type), part, "be given as an instance")
    for method in methods:
        _demand(callable(getattr(part, method, None)), part, f"have a method {method!r}")
    if hasattr(part, "get_params"):
        before, after = part.get_params(deep=False), clone(part).get_params(deep=False)
        _demand(before.keys() == after.keys(), part, "keep its parameters when cloned")


def _check_takes_weights(part, *methods):
    for method in methods:
        takes = "sample_weight" in signature(getattr(part, method)).parameters
        _demand(takes, part, f"take a sample_weight in {method!r}, even if it has no use for it")


def _check_unchanged(part, now, before, promise):
    """Arrays are equal to the copies taken of them before."""
    _demand(all(map(np.array_equal, now, before)), part, promise)


def _make_table():
    """Rows of two classes, a third of them near the border."""
    X = np.random.RandomState(0).normal(size=(_N_ROWS, _N_FEATURES))
    return X, (X[:, 0] > 0).astype(np.intp)


def _make_batch():
    """Rows half-way between two real ones."""
    X, _ = _make_table()
    parents = np.random.RandomState(1).randint(_N_ROWS, size=(8, 2))
    return SyntheticBatch(
        X=X[parents].mean(axis=1), parents=parents, closeness=np.full(8, 0.5),
        region=np.arange(8), uncertainty=np.linspace(0, 1, 8), synthesizer="check",
    )  # fmt: skip


def _is_unit(values):
    return bool(np.all((values >= 0) & (values <= 1)))


def check_uncertainty(part):
    """Check an uncertainty estimator of a classifier.

    Finite float values, one a row, from ``predict_uncertainty`` and, for the rows it is fitted
    on, from ``fit_predict_uncertainty``; the table is left as it was.

    Parameters
    ----------
    part : uncertainty estimator
        Unfitted, with its estimator.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn_synda.uncertainty import PredictiveUncertainty
    >>> from sklearn_synda.utils.estimator_checks import check_uncertainty
    >>> check_uncertainty(PredictiveUncertainty(GaussianNB()))
    """
    _check_part(part, "fit", "predict_uncertainty", "fit_predict_uncertainty", "get_params")
    _check_takes_weights(part, "fit", "fit_predict_uncertainty")
    X, y = _make_table()
    given = X.copy(), y.copy()
    fitted = clone(part)
    own = fitted.fit_predict_uncertainty(X, y, None)
    _demand(fitted.fit(X, y, None) is fitted, part, "return itself from 'fit'")
    for method, values, n_rows in (
        ("fit_predict_uncertainty", own, _N_ROWS),
        ("predict_uncertainty", fitted.predict_uncertainty(X[:7]), 7),
    ):
        shape = np.shape(values)
        _demand(shape == (n_rows,), part, f"give one value a row from {method!r}, not {shape}")
        _demand(np.isfinite(values).all(), part, f"give finite values from {method!r}")
    _check_unchanged(part, (X, y), given, "leave X and y as they are")


def check_query_strategy(part):
    """Check a query strategy.

    As many distinct positions as asked for, none outside the pool, and the same ones again for
    the same ``random_state``; more than the pool holds is refused with a ``ValueError``.

    Parameters
    ----------
    part : query strategy

    Examples
    --------
    >>> from sklearn_synda.query import MarginQuery
    >>> from sklearn_synda.utils.estimator_checks import check_query_strategy
    >>> check_query_strategy(MarginQuery())
    """
    _check_part(part, "query")
    X, y = _make_table()
    doubt = np.exp(-np.abs(X[:, 0])) / 2
    proba = np.column_stack([doubt, 1 - doubt])
    known = np.concatenate([np.flatnonzero(y == code)[:3] for code in (0, 1)])
    pool = Pool(
        X, proba=lambda: proba, utilities=lambda: doubt,
        members=lambda: np.stack([proba, proba[:, ::-1]]), embedding=lambda: X,
        embedding_labeled=lambda: X[known], prediction=lambda: X[:, 0],
        X_labeled=X[known], y_labeled=y[known], estimator=GaussianNB().fit(X[known], y[known]),
    )  # fmt: skip
    given = X.copy(), proba.copy(), doubt.copy()
    for batch_size in (1, 5, _N_ROWS):
        indices = np.asarray(part.query(pool, batch_size=batch_size, random_state=0))
        _demand(indices.dtype.kind == "i", part, "name rows by integer positions")
        _demand(indices.shape == (batch_size,), part, f"name {batch_size} rows when asked so many")
        _demand(len(set(indices.tolist())) == batch_size, part, "name distinct rows")
        _demand(indices.min() >= 0 and indices.max() < _N_ROWS, part, "name rows of the pool")
        again = part.query(pool, batch_size=batch_size, random_state=0)
        _demand(np.array_equal(indices, again), part, "repeat itself for the same random_state")
    _check_unchanged(part, (X, proba, doubt), given, "leave the pool as it is")
    try:
        part.query(pool, batch_size=_N_ROWS + 1, random_state=0)
    except ValueError:
        return
    _demand(False, part, "refuse a batch larger than the pool with a ValueError")


def check_synthesizer(part):
    """Check a synthesizer.

    One row for each anchor given, of the dtype and width of the table; parents that exist, the
    anchor first; a share of the anchor in [0, 1]; the same rows for the same ``random_state``;
    and integers and ranges kept.

    Parameters
    ----------
    part : synthesizer
        Unfitted.

    Examples
    --------
    >>> from sklearn_synda.synthesis import SMOTESynthesizer
    >>> from sklearn_synda.utils.estimator_checks import check_synthesizer
    >>> check_synthesizer(SMOTESynthesizer())
    """
    _check_part(part, "fit", "sample")
    X, y = _make_table()
    X[:, 2] = np.round(2 * X[:, 2])
    given = X.copy(), y.copy()
    fitted = clone(part, safe=False)
    _demand(fitted.fit(X, y) is fitted, part, "return itself from 'fit'")
    anchors = np.array([0, 7, 7, 30])
    batch = fitted.sample(anchors, guide=lambda rows: np.abs(rows[:, 0]), random_state=0)
    _demand(isinstance(batch, SyntheticBatch), part, "return a SyntheticBatch from 'sample'")
    _demand(batch.X.shape == (4, _N_FEATURES), part, "make one row for each anchor")
    _demand(batch.X.dtype == X.dtype, part, "keep the dtype of the table")
    is_anchor = np.array_equal(batch.parents[:, 0], anchors)
    _demand(is_anchor, part, "name the anchor as the first parent of a row")
    partners = batch.parents[:, 1]
    _demand(np.all((partners >= -1) & (partners < _N_ROWS)), part, "name parents that exist")
    _demand(_is_unit(batch.closeness), part, "state a closeness in [0, 1]")
    again = fitted.sample(anchors, guide=lambda rows: np.abs(rows[:, 0]), random_state=0)
    _demand(np.array_equal(batch.X, again.X), part, "repeat itself for the same random_state")
    in_range = np.all((X.min(axis=0) <= batch.X) & (X.max(axis=0) >= batch.X))
    _demand(in_range, part, "keep the ranges of the columns")
    whole = np.array_equal(batch.X[:, 2], np.round(batch.X[:, 2]))
    _demand(whole, part, "make whole numbers in a column of whole numbers")
    _check_unchanged(part, (X, y), given, "leave X and y as they are")


def check_labeler(part):
    """Check a labeler of classes.

    A new batch with the same rows, known classes and a trust in [0, 1]; class probabilities, if
    there are any, that sum to one.

    Parameters
    ----------
    part : labeler
        Unfitted, with its estimator if it has one.

    Examples
    --------
    >>> from sklearn_synda.labeling import InheritLabeler
    >>> from sklearn_synda.utils.estimator_checks import check_labeler
    >>> check_labeler(InheritLabeler())
    """
    _check_part(part, "fit", "label")
    X, y = _make_table()
    _check_takes_weights(part, "fit")
    given, batch = (X.copy(), y.copy()), _make_batch()
    fitted = clone(part, safe=False)
    _demand(fitted.fit(X, y, sample_weight=None) is fitted, part, "return itself from 'fit'")
    before = batch.X.copy(), batch.parents.copy()
    labeled = fitted.label(batch)
    _demand(isinstance(labeled, SyntheticBatch), part, "return a SyntheticBatch from 'label'")
    _demand(batch.y is None, part, "return a new batch and leave the given one as it is")
    _check_unchanged(part, (X, y), given, "leave X and y as they are")
    _check_unchanged(part, (labeled.X, labeled.parents), before, "leave the rows as they are")
    _demand(np.shape(labeled.y) == (len(batch),), part, "give every row a class")
    _demand(set(np.unique(labeled.y)) <= {0, 1}, part, "give classes it was fitted on")
    _demand(labeled.trust is not None and _is_unit(labeled.trust), part, "state a trust in [0, 1]")
    if labeled.proba is not None:
        total = labeled.proba.sum(axis=1)
        _demand(np.allclose(total, 1), part, "give class probabilities that sum to one")
        _demand(_is_unit(labeled.proba), part, "give class probabilities in [0, 1]")


def check_integrator(part):
    """Check an integrator.

    The real rows stay first, as they are and with their weight; made rows have finite weights
    above zero and their provenance; the sets given are left as they were.

    Parameters
    ----------
    part : integrator

    Examples
    --------
    >>> from sklearn_synda.integration import WeightedIntegrator
    >>> from sklearn_synda.utils.estimator_checks import check_integrator
    >>> check_integrator(WeightedIntegrator())
    """
    _check_part(part, "integrate")
    X, y = _make_table()
    train = TrainingSet.real(X, y, np.linspace(1, 2, _N_ROWS))
    real = X.copy(), y.copy(), train.sample_weight.copy()
    batch = _make_batch().label(label_source="check", y=np.resize([0, 1], 8), trust=np.ones(8))
    made = batch.X.copy(), batch.y.copy(), batch.trust.copy()
    for iteration in (1, 2):
        before = train
        train = part.integrate(before, batch, iteration=iteration)
        _demand(isinstance(train, TrainingSet), part, "return a TrainingSet")
        _demand(train is not before, part, "leave the given training set as it is")
        lengths = {len(train.y), train.X.shape[0], len(train.sample_weight), len(train.provenance)}
        _demand(len(lengths) == 1, part, "give rows, targets, weights and provenance of one length")
        own = [values[:_N_ROWS] for values in (train.X, train.y, train.sample_weight)]
        _check_unchanged(part, own[:2], real, "keep the real rows first and as they are")
        _check_unchanged(part, own[2:], real[2:], "leave the real rows their weights")
        given = batch.X, batch.y, batch.trust
        _check_unchanged(part, given, made, "leave the batch as it is")
        legal = np.isfinite(train.sample_weight).all() and (train.sample_weight > 0).all()
        _demand(legal, part, "give finite weights above zero")
        new = train.provenance.round[len(before.y) :]
        _demand(len(new) and np.all(new == iteration), part, "state the round of made rows")


def check_rate(part):
    """Check a rate.

    A finite number of made rows per real row, zero or more, after the first round and after
    others.

    Parameters
    ----------
    part : rate

    Examples
    --------
    >>> from sklearn_synda.utils.estimator_checks import check_rate
    >>> from sklearn_synda.validation import AdaptiveRate
    >>> check_rate(AdaptiveRate())
    """
    _check_part(part, "next_rate")
    for loss in ([0.5], [0.5, 0.4], [0.5, 0.6, 0.6], [np.nan]):
        n_rounds = len(loss)
        history = {
            "iteration": list(range(n_rounds)), "loss": loss, "loss_std": [0.1] * n_rounds,
            "rate": [0.0] + [1.0] * (n_rounds - 1), "n_labeled": [100] * n_rounds,
            "n_synthetic": [0] * n_rounds,
        }  # fmt: skip
        given = deepcopy(history)
        rate = part.next_rate(history)
        _demand(str(history) == str(given), part, "leave the history as it is")
        _demand(np.ndim(rate) == 0 and np.isfinite(rate), part, "give a finite number")
        _demand(rate >= 0, part, "give a rate of zero or more")


def check_validation(part):
    """Check a validation.

    Forty rows are split; no row is on both sides, nor is a group where ``split`` takes groups; the
    same seed gives the same splits; a single row gives none. Of some rounds one is named, the
    plain model where every other round is worse or has no number for a loss.

    Parameters
    ----------
    part : validation

    Examples
    --------
    >>> from sklearn_synda.utils.estimator_checks import check_validation
    >>> from sklearn_synda.validation import HoldoutValidation
    >>> check_validation(HoldoutValidation())
    """
    _check_part(part, "split")
    judges = not getattr(part, "keeps_last", False)
    codes = np.resize([0, 1], _N_ROWS).astype(np.intp)
    for y in (codes, codes + np.linspace(0, 1, _N_ROWS)):
        given = y.copy()
        splits = part.split(y, random_state=0)
        _demand(isinstance(splits, list), part, "give a list of pairs from split")
        _demand(splits or not judges, part, f"hold some of {_N_ROWS} rows out")
        _check_splits(part, splits, np.arange(_N_ROWS), "keep a row on one side of a split")
        again = part.split(y, random_state=0)
        same = len(splits) == len(again) and all(
            np.array_equal(*sides)
            for pairs in zip(splits, again, strict=True)
            for sides in zip(*pairs, strict=True)
        )
        _demand(same, part, "give the same splits for the same random_state")
        if takes_groups(part):
            groups = np.repeat(np.arange(_N_ROWS // 4), 4)
            splits = part.split(y, groups=groups, random_state=0)
            _check_splits(part, splits, groups, "keep a group on one side of a split")
        _demand(np.array_equal(y, given), part, "leave the targets as they are")
        _demand(part.split(y[:1], random_state=0) == [], part, "give no split of a single row")
    if judges:
        _check_choice(part)


def _check_splits(part, splits, units, promise):
    for train, test in splits:
        _demand(len(train) and len(test), part, "leave rows on both sides of a split")
        _demand(not np.intersect1d(units[train], units[test]).size, part, promise)


def _check_choice(part):
    """The round that is named, where rounds after the first are worse, unknown or better."""
    _check_part(part, "best_round")
    noise = np.random.RandomState(0).uniform(0.0, 0.1, size=(3, _N_ROWS))
    worse = noise + np.arange(3)[:, None]
    unknown = noise + np.array([0, np.nan, np.inf])[:, None]
    for losses in (worse, unknown, noise):
        best = part.best_round(losses, losses, losses)
        _demand(np.ndim(best) == 0 and best in range(3), part, "name one of the rounds")
        if losses is not noise:
            _demand(best == 0, part, "name round 0 where the others are no better")


def check_monitor(part):
    """Check a monitor.

    It lets the very rows pass that it was fitted on, says what it saw, and leaves all rows as
    they are.

    Parameters
    ----------
    part : monitor

    Examples
    --------
    >>> from sklearn_synda.utils.estimator_checks import check_monitor
    >>> from sklearn_synda.validation import SyntheticRowsMonitor
    >>> check_monitor(SyntheticRowsMonitor())
    """
    _check_part(part, "fit", "check")
    X, y = _make_table()
    given = X.copy()
    _demand(part.fit(X, y) is part, part, "return itself from fit")
    proba = np.eye(2)[y]
    for targets in (None, y, proba):
        verdict = part.check(X, targets, warn=False)
        _demand(isinstance(verdict, (bool, np.bool_)), part, "answer True or False")
        _demand(verdict, part, "let the rows pass that it was fitted on")
        is_report = isinstance(getattr(part, "report_", None), dict)
        _demand(is_report and "alarms" in part.report_, part, "name its 'alarms' in report_")
    _demand(np.array_equal(X, given), part, "leave the rows as they are")
