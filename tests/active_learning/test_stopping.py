"""Stopping rules: when they stop, when not, and that they say why."""

from itertools import pairwise

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import cohen_kappa_score, f1_score

from sklearn_synda import active_learning
from sklearn_synda.active_learning import (
    AllStopping,
    AnyStopping,
    BudgetStopping,
    CostStopping,
    ErrorStabilityStopping,
    ForecastStopping,
    KappaStopping,
    PlateauStopping,
    UncertaintyStopping,
)
from sklearn_synda.active_learning._prediction_stopping import _error_change, _f_change, _kappa

SAME = [[0, 1, 1]] * 4
CASES = [
    (BudgetStopping(20), {"n_labeled": [10, 19]}, {"n_labeled": [10, 20]}),
    (BudgetStopping(20), {"n_labeled": []}, {"n_labeled": [21]}),
    (CostStopping(10), {"cost": [3.0, 6.0]}, {"cost": [3.0, 8.0]}),
    (CostStopping(10), {"cost": []}, {"cost": [5.5]}),
    (CostStopping(10), {"cost": [5.0]}, {"cost": [10.0, 10.0]}),
    (PlateauStopping(2), {"score": [0.5, 0.6, 0.7]}, {"score": [0.7, 0.7, 0.7004]}),
    (PlateauStopping(2), {"score": [0.7, 0.7]}, {"score": [0.8, 0.5, 0.6]}),
    (PlateauStopping(1, tol=0.0), {"score": [-2.0, -1.0]}, {"score": [-1.0, -1.0]}),
    (
        PlateauStopping(2),
        {"score": [np.nan, 0.5, 0.6, np.nan]},
        {"score": [np.nan, 0.6, np.nan, 0.5, 0.5]},
    ),
    (CostStopping(0.3), {"cost": [0.1, 0.2]}, {"cost": [0.1, 0.2, 0.1 + 0.2]}),
    (UncertaintyStopping(0.1), {"uncertainty": [0.05, 0.2]}, {"uncertainty": [0.2, 0.05]}),
    (UncertaintyStopping(0.1), {"uncertainty": [[]]}, {"uncertainty": [[], [0.05]]}),
    (
        UncertaintyStopping(0.1, n_rounds=2),
        {"uncertainty": [0.05, np.nan]},
        {"uncertainty": [np.nan, 0.05, 0.05]},
    ),
    (UncertaintyStopping(0.1, n_rounds=2), {"uncertainty": [0.05]}, {"uncertainty": [0.1, 0.05]}),
    (
        UncertaintyStopping(0.1),
        {"uncertainty": [np.array([0.0, 0.3])]},
        {"uncertainty": [np.array([0.0, 0.1])]},
    ),
    (KappaStopping(), {"predictions": SAME[:3]}, {"predictions": SAME}),
    (KappaStopping(), {"predictions": [[1, 0, 1], *SAME[:3]]}, {"predictions": [[9], *SAME][1:]}),
    (ForecastStopping(), {"predictions": SAME[:3]}, {"predictions": SAME}),
    (ForecastStopping(n_rounds=1), {"predictions": ["aab", "abb"]}, {"predictions": ["ab", "ab"]}),
    (KappaStopping(n_rounds=1), {"predictions": ["ab", "ba"]}, {"predictions": ["aa", "aa"]}),
    (ErrorStabilityStopping(), {"predictions": SAME[:2]}, {"predictions": SAME}),
    (
        ErrorStabilityStopping(0.1),
        {"proba": [[[0.5, 0.5]], [[0.6, 0.4]], [[0.61, 0.39]]], "predictions": SAME},
        {"proba": [[[0.5, 0.5]], [[0.55, 0.45]], [[0.59, 0.41]]]},
    ),
    (
        ErrorStabilityStopping(0.5, n_rounds=2),
        {"predictions": ["aabb", "abbb", "bbba"]},
        {"predictions": ["aabb", "abbb", "abba"]},
    ),
    (
        ErrorStabilityStopping(0.1, n_rounds=1),
        {"predictions": [[0.0, 2.0], [0.0, 2.2]]},
        {"predictions": [[0.0, 20.0], [0.0, 21.0]]},
    ),
    (
        ErrorStabilityStopping(n_rounds=1),
        {"predictions": [[1.0, 1.0], [2.0, 2.0]]},
        {"predictions": [[2.0, 2.0], [2.0, 2.0]]},
    ),
    (
        ErrorStabilityStopping(n_rounds=1),
        {"predictions": [[1.0, 2.0], [np.nan, 2.0]]},
        {"predictions": [[1.0, 2.0], [1.0, 2.0]]},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "goes_on", "stops"), CASES)
def test_when_it_stops(rule, goes_on, stops):
    goes_on = {k: [list(p) if isinstance(p, str) else p for p in v] for k, v in goes_on.items()}
    stops = {k: [list(p) if isinstance(p, str) else p for p in v] for k, v in stops.items()}
    rule = clone(rule)
    assert rule.should_stop(goes_on) == ""
    reason = rule.should_stop(stops)
    assert reason[0].isupper()
    assert reason.endswith(".")


def test_all_rules_are_tested():
    rules = {name for name in active_learning.__all__ if name.endswith("Stopping")}
    tested = {type(rule).__name__ for rule, _, _ in CASES} | {"AnyStopping", "AllStopping"}
    assert rules == tested | {"BaseStopping"}


@pytest.mark.parametrize("seed", range(5))
def test_kappa_is_that_of_sklearn(seed):
    a, b = np.random.RandomState(seed).randint(3, size=(2, 50))
    assert _kappa(a, b) == pytest.approx(cohen_kappa_score(a, b))


@pytest.mark.parametrize("seed", range(5))
def test_the_error_never_moves_by_more_than_the_bound(seed):
    """Whatever the labels: any five models, any truth."""
    rng = np.random.RandomState(seed)
    truth, *classes = rng.randint(3, size=(6, 40))
    errors = [np.mean(c != truth) for c in classes]
    bound = sum(_error_change(a, b, b) for a, b in pairwise(classes))
    assert abs(errors[-1] - errors[0]) <= bound
    truth, proba = rng.randint(3, size=40), rng.dirichlet([1, 1, 1], size=(5, 40))
    errors = [1 - p[np.arange(40), truth].mean() for p in proba]
    assert abs(errors[-1] - errors[0]) <= sum(_error_change(a, b, b) for a, b in pairwise(proba))
    target, *values = rng.normal(size=(6, 40)) * 3
    errors = [np.sqrt(np.mean((v - target) ** 2)) for v in values]
    bound = sum(_error_change(a, b, values[-1]) for a, b in pairwise(values))
    assert abs(errors[-1] - errors[0]) <= bound * np.std(values[-1])


def test_the_bound_of_the_error_is_reached():
    """Every change for the better: no smaller number holds for all labels."""
    truth = np.array([0, 1, 1, 1, 0])
    first = np.array([0, 0, 0, 1, 0])
    assert _error_change(first, truth, truth) == np.mean(first != truth)
    proba = np.array([[0.5, 0.3, 0.2], [0.3, 0.5, 0.2]])
    better = np.array([[0.7, 0.2, 0.1], [0.25, 0.65, 0.1]])
    gain = np.mean(better[[0, 1], [0, 1]] - proba[[0, 1], [0, 1]])
    assert _error_change(proba, better, better) == pytest.approx(gain)
    values = np.array([0.0, 1.0, 5.0])
    assert _error_change(values + 2, values, values) * np.std(values) == pytest.approx(2.0)


@pytest.mark.parametrize("seed", range(5))
def test_forecast_is_the_f_measure_of_sklearn(seed):
    a, b = np.random.RandomState(seed).randint(3, size=(2, 50))
    assert _f_change(a, b) == pytest.approx(1 - f1_score(a, b, average="macro"))


def test_forecast_watches_rare_classes():
    a, b = np.zeros((2, 1000), dtype=int)
    a[:4], b[:2] = 1, 1
    assert np.mean(a == b) > 0.99
    assert ForecastStopping(0.1, n_rounds=1).should_stop({"predictions": [a, b]}) == ""


def test_kappa_does_not_take_frequent_for_stable():
    """Two models that both nearly always say 0 agree by chance."""
    a, b = np.zeros((2, 100), dtype=int)
    a[:2], b[2:4] = 1, 1
    assert np.mean(a == b) == 0.96
    assert KappaStopping(0.9, n_rounds=1).should_stop({"predictions": [a, b]}) == ""


def test_combinations():
    budget, plateau = BudgetStopping(10), PlateauStopping(1)
    early = {"n_labeled": [5, 10], "score": [0.5, 0.6]}
    both = {"n_labeled": [5, 10], "score": [0.6, 0.6]}
    assert "budget" in AnyStopping([budget, plateau]).should_stop(early)
    assert AllStopping([budget, plateau]).should_stop(early) == ""
    for kind in (AnyStopping, AllStopping):
        reason = clone(kind([budget, plateau])).should_stop(both)
        assert "budget" in reason
        assert "score" in reason


@pytest.mark.parametrize("kind", [AnyStopping, AllStopping])
def test_no_rules_never_stop(kind):
    assert not (kind([]).should_stop({"n_labeled": [5]}) and kind is AnyStopping)
    assert kind([]).should_stop({}) == ""


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda: BudgetStopping().should_stop({"score": [1]}),
            "must hold 'n_labeled'. Got 'score'",
        ),
        (lambda: BudgetStopping(-1).should_stop({"n_labeled": [1]}), "'max_labels' parameter"),
        (lambda: AnyStopping([BudgetStopping]).should_stop({}), "must be an instance"),
        (
            lambda: KappaStopping().should_stop({"predictions": [[0], [0, 1]]}),
            r"same rows, and classes, in every round. Got \[\(1,\), \(2,\)\]",
        ),
        (
            lambda: ForecastStopping().should_stop({"predictions": [[], []]}),
            "of at least one row. Got none",
        ),
    ],
)
def test_refused(call, sentence):
    with pytest.raises((ValueError, TypeError), match=sentence):
        call()
