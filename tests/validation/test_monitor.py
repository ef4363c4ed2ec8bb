"""The monitor: what it refuses, what it lets pass, and what it says."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.datasets import load_iris

from sklearn_synda.exceptions import SynthesisWarning
from sklearn_synda.synthesis import MixingSynthesizer, SMOTESynthesizer
from sklearn_synda.validation import SyntheticRowsMonitor


@pytest.fixture
def iris():
    return load_iris(return_X_y=True)


@pytest.mark.parametrize("synthesizer", [MixingSynthesizer(), SMOTESynthesizer()], ids=repr)
def test_good_rows_pass(synthesizer, iris):
    X, y = iris
    monitor = SyntheticRowsMonitor().fit(X, y)
    anchors = np.tile(np.arange(len(y)), 2)
    batch = synthesizer.fit(X, y).sample(anchors, random_state=0)
    assert monitor.check(batch.X, y[anchors])
    assert monitor.report_["alarms"] == []


@pytest.mark.parametrize(
    ("spoil", "name"),
    [
        (lambda X, y: (np.tile(X[:1], (150, 1)), y), "duplicates"),
        (lambda X, y: (np.tile(X[:1], (150, 1)), y), "coverage"),
        (lambda X, y: (X + 3 * X.std(axis=0), y), "mmd"),
        (lambda X, y: (X, np.zeros_like(y)), "class_balance"),
        (lambda X, y: (X, np.tile([0.5, 0.5, 0.0], (150, 1))), "class_balance"),
        (lambda X, y: (np.where(X > 0, np.inf, X), y), "mmd"),
    ],
)
def test_bad_rows_are_refused_and_named(spoil, name, iris):
    X, y = iris
    monitor = SyntheticRowsMonitor().fit(X, y)
    made = spoil(X, y)
    with pytest.warns(SynthesisWarning, match=f"do not look like the real ones: .*{name}"):
        assert not monitor.check(*made)
    assert name in monitor.report_["alarms"]
    off = {f"min_{name}" if name in ("coverage", "class_balance") else f"max_{name}": None}
    monitor = SyntheticRowsMonitor(**off).fit(X, y)
    monitor.check(*made, warn=False)
    assert name not in monitor.report_["alarms"]


def test_a_rare_class_may_be_absent(iris):
    X, y = iris
    rare = np.r_[np.zeros(148, dtype=int), 1, 1]
    monitor = SyntheticRowsMonitor().fit(X, rare)
    assert monitor.check(X, np.zeros(150, dtype=int))


def test_values_are_a_dimension(iris):
    X, _ = iris
    y = X[:, 0] * 1.5
    monitor = SyntheticRowsMonitor().fit(X, y)
    assert monitor.check(X, y)
    assert not monitor.check(X, y + 20 * y.std(), warn=False)
    with pytest.raises(ValueError, match="The 'y' parameter .* must hold values"):
        monitor.check(X)


def test_any_table():
    rng = np.random.RandomState(0)
    frame = pd.DataFrame({"a": rng.normal(size=50), "b": rng.choice(["u", "v"], 50)})
    assert SyntheticRowsMonitor().fit(frame).check(frame.iloc[::-1])
    wide = sparse.random(60, 1500, density=0.05, format="csr", random_state=0)
    assert SyntheticRowsMonitor().fit(wide).check(wide)


def test_one_made_row_says_nothing(iris):
    X, y = iris
    monitor = SyntheticRowsMonitor().fit(X, y)
    assert monitor.check(X[:1], y[:1])
    assert np.isnan(monitor.report_["coverage"])


def test_many_rows_are_thinned(iris):
    X, y = iris
    monitor = SyntheticRowsMonitor(max_rows=50, random_state=0).fit(X, y)
    assert len(monitor.points_) == 50
    assert monitor.check(X, y)


def test_probabilities_of_another_width():
    X = np.random.RandomState(0).normal(size=(20, 2))
    monitor = SyntheticRowsMonitor(random_state=0).fit(X, np.repeat([0, 2], 10))
    with pytest.raises(ValueError, match=r"one column for each of 2 classes. Got shape \(20, 3\)"):
        monitor.check(X, np.full((20, 3), 1 / 3))
