"""Measures: properties that must hold of all rows, known values, and who agrees."""

from inspect import signature

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression

from sklearn_synda.metrics import _blocks as blocks
from sklearn_synda.metrics import (
    c2st_score,
    closer_share,
    coverage_score,
    crps_gaussian,
    demographic_parity_gap,
    density_score,
    distance_to_closest_record,
    duplicate_share,
    equalized_odds_gap,
    expected_calibration_error,
    interval_coverage,
    mmd_score,
    nearest_distance_ratio,
    negative_log_likelihood,
    predictive_parity_gap,
)
from sklearn_synda.metrics._coverage import expected_coverage

seeds = st.integers(0, 10_000)
sizes = st.tuples(st.integers(4, 25), st.integers(4, 25), st.integers(1, 4))
GAPS = [demographic_parity_gap, equalized_odds_gap, predictive_parity_gap]


def two_sets(size, seed, shift=0.0):
    rng = np.random.default_rng(seed)
    n, m, d = size
    return rng.normal(size=(n, d)), rng.normal(shift, size=(m, d))


@given(sizes, seeds)
@settings(max_examples=40)
def test_fidelity_does_not_mind_order_place_and_unit(size, seed):
    real, made = two_sets(size, seed)
    rng = np.random.default_rng(seed)
    moved = rng.permutation(real) * 3.0 + 7.0, rng.permutation(made) * 3.0 + 7.0
    for measure in (mmd_score, coverage_score, density_score):
        assert measure(*moved) == pytest.approx(measure(real, made), abs=1e-9)
    assert -1 < mmd_score(real, made) <= 2
    assert 0 <= coverage_score(real, made) <= 1
    assert density_score(real, made) >= 0


@given(sizes, seeds)
@settings(max_examples=40)
def test_copies_are_seen_as_copies(size, seed):
    real, made = two_sets(size, seed)
    assert coverage_score(real, real) == 1.0
    assert not distance_to_closest_record(real, real).any()
    assert duplicate_share(real, X_real=real) == 1.0
    assert duplicate_share(made, X_real=real) == 0.0
    assert closer_share(real, made, real) == 1.0 if len(real) <= len(made) else True
    ratio = nearest_distance_ratio(real, made)
    assert ((ratio >= 0) & (ratio <= 1)).all()


def test_real_rows_come_first_and_each_made_row_has_its_number():
    real, made = np.array([[0.0], [1.0], [2.0]]), np.array([[0.0], [2.5]])
    for number in (distance_to_closest_record, nearest_distance_ratio):
        assert len(number(real, made)) == len(made)
        assert list(signature(number).parameters) == ["X_real", "X_made"]
    for score in (mmd_score, c2st_score, coverage_score, density_score):
        assert list(signature(score).parameters)[:2] == ["X_real", "X_made"]


@given(sizes, seeds)
@settings(max_examples=30)
def test_far_away_is_seen_as_far_away(size, seed):
    real, made = two_sets(size, seed, shift=50.0)
    assert coverage_score(real, made) == 0.0
    assert density_score(real, made) == 0.0
    assert mmd_score(real, made) > 0.5


def test_mmd_equals_its_formula():
    real, made = two_sets((30, 20, 3), 1)

    def kernel(a, b):
        return np.exp(-np.sum((a - b) ** 2) / (2 * 1.5**2))

    within_real = np.mean([kernel(a, b) for i, a in enumerate(real)
                           for j, b in enumerate(real) if i != j])  # fmt: skip
    within_made = np.mean([kernel(a, b) for i, a in enumerate(made)
                           for j, b in enumerate(made) if i != j])  # fmt: skip
    between = np.mean([kernel(a, b) for a in real for b in made])
    expected = within_real + within_made - 2 * between
    assert mmd_score(real, made, bandwidth=1.5) == pytest.approx(expected)


def test_mmd_is_unbiased():
    scores = [mmd_score(*two_sets((40, 40, 2), seed), bandwidth=1.0) for seed in range(200)]
    assert abs(np.mean(scores)) < 3 * np.std(scores) / np.sqrt(200)


def test_blocks_change_nothing(monkeypatch):
    real, made = two_sets((50, 31, 3), 0)
    measures = [mmd_score, coverage_score, density_score]
    whole = [measure(real, made) for measure in measures]
    monkeypatch.setattr(blocks, "_CELLS", 100)
    assert [measure(real, made) for measure in measures] == pytest.approx(whole)


def test_no_block_is_larger_than_asked(monkeypatch):
    monkeypatch.setattr(blocks, "_CELLS", 500)
    seen = [d.size for _, d in blocks.distance_blocks(np.zeros((97, 2)), np.zeros((50, 2)))]
    assert max(seen) == 500
    assert sum(seen) == 97 * 50


@pytest.mark.parametrize(("n", "m", "k"), [(30, 30, 5), (20, 60, 3), (40, 10, 5)])
def test_expected_coverage(n, m, k):
    found = [coverage_score(*two_sets((n, m, 2), seed), n_neighbors=k) for seed in range(150)]
    assert np.mean(found) == pytest.approx(expected_coverage(n, m, k), abs=0.02)


def test_density_of_the_same_distribution_is_about_one():
    found = [density_score(*two_sets((60, 60, 2), seed)) for seed in range(40)]
    assert np.mean(found) == pytest.approx(1.0, abs=0.1)


def test_c2st_tells_apart_what_differs():
    real, made = two_sets((120, 120, 3), 0)
    assert 0.35 < c2st_score(real, made) < 0.65
    assert c2st_score(real, made + 3) > 0.95
    assert c2st_score(real, made) == c2st_score(real, made)
    linear = c2st_score(real, made, LogisticRegression(), cv=3, random_state=1)
    assert 0.3 < linear < 0.7


def test_missing_values_are_equal_in_duplicates():
    rows = np.array([[np.nan, 1.0], [np.nan, 1.0], [0.0, -0.0], [-0.0, 0.0]])
    assert duplicate_share(rows) == 0.5


@given(st.integers(2, 5), st.integers(5, 60), seeds, st.sampled_from(["uniform", "quantile"]))
@settings(max_examples=60)
def test_calibration_error_lies_in_range(n_classes, n, seed, strategy):
    rng = np.random.default_rng(seed)
    proba = rng.dirichlet(np.ones(n_classes), size=n)
    y = rng.integers(n_classes, size=n)
    labels = np.arange(n_classes)
    error = expected_calibration_error(y, proba, labels=labels, strategy=strategy)
    assert 0 <= error <= 1
    one_bin = expected_calibration_error(y, proba, labels=labels, strategy=strategy, n_bins=1)
    gap = abs((proba.argmax(axis=1) == y).mean() - proba.max(axis=1).mean())
    assert one_bin == pytest.approx(gap)
    assert error >= one_bin - 1e-12
    weight = rng.integers(0, 3, size=n) + 1
    weighted = expected_calibration_error(y, proba, labels=labels, sample_weight=weight)
    repeated = expected_calibration_error(
        np.repeat(y, weight), np.repeat(proba, weight, axis=0), labels=labels
    )
    assert weighted == pytest.approx(repeated)


def test_calibration_error_of_two_classes_by_one_column():
    y, second = np.array(["no", "yes", "yes", "no"]), np.array([0.1, 0.9, 0.6, 0.7])
    both = np.column_stack([1 - second, second])
    assert expected_calibration_error(y, second) == expected_calibration_error(y, both)


@given(seeds, st.floats(-5, 5), st.floats(0.1, 5))
@settings(max_examples=30)
def test_gaussian_scores(seed, mean, std):
    y = np.random.default_rng(seed).normal(size=7)
    nll = negative_log_likelihood(y, np.full(7, mean), std)
    assert nll == pytest.approx(-norm.logpdf(y, mean, std).mean())
    assert crps_gaussian(y, np.full(7, mean), std) >= 0
    assert crps_gaussian(2 * y, np.full(7, 2 * mean), 2 * std) == pytest.approx(
        2 * crps_gaussian(y, np.full(7, mean), std)
    )


def test_crps_equals_its_integral():
    grid = np.linspace(-30, 30, 200_001)
    step = grid[1] - grid[0]
    for y, mean, std in [(0.3, 0.0, 1.0), (-4.0, 1.0, 2.0)]:
        integral = ((norm.cdf(grid, mean, std) - (grid >= y)) ** 2).sum() * step
        assert crps_gaussian([y], [mean], [std]) == pytest.approx(integral, abs=1e-3)


def test_interval_coverage_of_a_known_level():
    y = np.random.default_rng(0).normal(size=4000)
    z = norm.ppf(0.95)
    ends = np.full(4000, z)
    assert interval_coverage(y, -ends, ends) == pytest.approx(0.9, abs=0.02)
    assert interval_coverage([1, 2], [0, 0], [1, 1], sample_weight=[3, 1]) == 0.75


@given(seeds, st.integers(2, 4))
@settings(max_examples=40)
def test_gaps_lie_in_range_and_ignore_order(seed, n_groups):
    rng = np.random.default_rng(seed)
    groups = np.r_[np.repeat(np.arange(n_groups), 4), rng.integers(n_groups, size=30)]
    truth = np.r_[np.tile([1, 1, 0, 0], n_groups), rng.integers(2, size=30)]
    said = np.r_[np.tile([1, 0, 1, 0], n_groups), rng.integers(2, size=30)]
    order = rng.permutation(len(truth))
    for gap in GAPS:
        value = gap(truth, said, sensitive_features=groups)
        assert 0 <= value <= 1
        assert gap(truth[order], said[order], sensitive_features=groups[order]) == value
        assert gap(truth, said, sensitive_features=np.zeros(len(truth))) == 0


@pytest.mark.parametrize("seed", range(5))
def test_gaps_equal_those_of_fairlearn(seed):
    fairlearn = pytest.importorskip("fairlearn.metrics")
    from sklearn.metrics import precision_score

    rng = np.random.default_rng(seed)
    truth, said = rng.integers(2, size=(2, 200))
    groups = rng.choice(["a", "b", "c"], size=200)
    assert demographic_parity_gap(truth, said, sensitive_features=groups) == pytest.approx(
        fairlearn.demographic_parity_difference(truth, said, sensitive_features=groups)
    )
    assert equalized_odds_gap(truth, said, sensitive_features=groups) == pytest.approx(
        fairlearn.equalized_odds_difference(truth, said, sensitive_features=groups)
    )
    frame = fairlearn.MetricFrame(
        metrics=precision_score, y_true=truth, y_pred=said, sensitive_features=groups
    )
    assert predictive_parity_gap(truth, said, sensitive_features=groups) == pytest.approx(
        frame.difference(method="between_groups")
    )


def test_gaps_of_named_classes_and_crossed_groups():
    truth = ["yes", "no", "yes", "no"] * 2
    said = ["yes", "no", "no", "no"] + ["yes", "yes", "yes", "no"]
    groups = [["f", k] for k in (1, 1, 1, 1, 2, 2, 2, 2)]
    gap = demographic_parity_gap(truth, said, sensitive_features=groups, pos_label="yes")
    assert gap == 0.5


def bad_calls():
    ok = np.zeros((5, 2))
    yield lambda: mmd_score(ok, ok, bandwidth=0), "bandwidth"
    yield lambda: mmd_score(ok, np.zeros((5, 3))), "X_made"
    yield lambda: coverage_score(ok, ok, n_neighbors=0), "n_neighbors"
    yield lambda: density_score(ok[:1], ok), "X_real"
    yield lambda: nearest_distance_ratio(ok[:1], ok), "X_real"
    yield lambda: duplicate_share(ok, X_real=np.zeros((5, 3))), "X_real"
    yield lambda: expected_calibration_error([0, 1], [0.1, 0.9], n_bins=0), "n_bins"
    yield lambda: expected_calibration_error([0, 1], [0.1, 0.9], strategy="x"), "strategy"
    yield lambda: expected_calibration_error([0, 0], [0.1, 0.9]), "labels"
    yield lambda: expected_calibration_error([0, 1], [0.1, 1.9]), "y_proba"
    yield lambda: expected_calibration_error(["0", "1"], [0.1, 0.9], labels=[0, 1]), "labels"
    yield lambda: expected_calibration_error([0, 1], [[0.9, 0.9], [0.1, 0.9]]), "y_proba"
    yield lambda: crps_gaussian([0.0], [0.0], [0.0]), "std"
    yield lambda: interval_coverage([np.nan], [0.0], [1.0]), "y_true"
    yield lambda: demographic_parity_gap([1, 0], [1, 0], sensitive_features=[0, np.nan]), "sens"
    yield lambda: interval_coverage([0.0], [1.0], [0.0]), "upper"
    yield lambda: equalized_odds_gap([1, 0, 0], [1, 0, 0], sensitive_features=[0, 0, 1]), "y_true"
    yield lambda: predictive_parity_gap([1, 0], [1, 0], sensitive_features=[0, 1]), "y_pred"
    yield lambda: demographic_parity_gap([1, 2, 0], [1, 0, 0], sensitive_features=[0, 1, 1]), "pos"


@pytest.mark.parametrize(("call", "name"), list(bad_calls()), ids=lambda v: str(v)[:12])
def test_one_sentence(call, name):
    with pytest.raises(ValueError, match=rf"^The '{name}.* must .* Got .* instead"):
        call()
