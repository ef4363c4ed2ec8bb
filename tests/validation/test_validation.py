"""Rates, folds and the gate."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda.validation import (
    AdaptiveRate,
    CrossValidation,
    FixedRate,
    HoldoutValidation,
    NoValidation,
    held_out_loss,
)
from sklearn_synda.validation._loss import (
    class_shares,
    least_loss,
    mean_by_row,
    said_of,
    shrunken_losses,
)


def history(loss, rate=None, n_labeled=100):
    rate = np.zeros(len(loss)) if rate is None else rate
    return {"loss": loss, "rate": rate, "n_labeled": [n_labeled] * len(loss)}


def test_fixed_rate():
    assert FixedRate(3.0).next_rate(history([1.0])) == 3.0
    assert FixedRate(3.0, max_rows=150).next_rate(history([1.0])) == 1.5
    assert FixedRate(0.0).next_rate(history([1.0])) == 0.0
    with pytest.raises(ValueError, match="The 'rate' parameter of FixedRate must be a float"):
        FixedRate(-1.0).next_rate(history([1.0]))


def test_adaptive_rate_grows_on_a_plateau_and_shrinks_on_a_fall():
    part = AdaptiveRate(initial_rate=2.0, growth=3.0, shrinkage=0.5, tol=0.1, maximum=10.0)
    assert part.next_rate(history([1.0])) == 2.0
    assert part.next_rate(history([1.0, 0.95], [0.0, 2.0])) == 6.0  # fell by less than tol
    assert part.next_rate(history([1.0, 1.20], [0.0, 2.0])) == 6.0
    assert part.next_rate(history([1.0, 0.80], [0.0, 2.0])) == 1.0
    assert part.next_rate(history([1.0, 1.0], [0.0, 6.0])) == 10.0
    assert AdaptiveRate(shrinkage=0.0).next_rate(history([1.0, 0.1], [0.0, 2.0])) == 0.0
    assert AdaptiveRate(initial_rate=0.0).next_rate(history([1.0])) == 0.0


def losses(*means, n_rows=50, seed=0):
    noise = np.random.RandomState(seed).normal(scale=0.1, size=n_rows)
    return np.array([mean + noise for mean in means])


@pytest.mark.parametrize("gate", [CrossValidation, HoldoutValidation])
def test_gate(gate):
    def best(found, **params):
        return gate(**params).best_round(found, found, found)

    assert best(losses(1.0, 0.8, 0.9)) == 1
    assert best(losses(1.0, 1.1, 1.2)) == 0
    assert best(losses(1.0, 1.0)) == 0  # in a tie the user's model stands
    noisy = np.array([np.ones(4), [0.0, 1.5, 0.5, 1.0]])
    assert best(noisy, min_gain=0.25) == 1
    assert best(noisy, min_gain=1.0) == 0
    luck = np.array([[1.0, 1.0, 1.0, 1.0], [0.4, 0.6, 0.5, 0.5], [0.7, 0.4, 0.5, 0.6]])
    assert best(luck) == 2  # as good as round 1 by all one can tell, with more rows
    assert best(np.vstack([luck, [1.0, 1.0, 0.9, 1.0]])) == 2


def test_a_gain_may_show_before_shrinkage_or_after_it():
    better, worse = losses(1.0, 0.8), losses(1.0, 1.1)
    noise = np.random.RandomState(0).normal(scale=0.1, size=(2, 50))
    alike = 1.0 + noise - noise.mean(axis=1, keepdims=True)
    alike[1] -= 1e-6
    gate = CrossValidation()
    assert gate.best_round(better, worse, better) == 1
    assert gate.best_round(alike, better, better) == 1
    assert gate.best_round(alike, worse, better) == 0


def test_gate_wants_the_labels_to_be_learnt():
    found, distances = losses(1.0, 0.8), losses(0.7, 0.7)
    for nearer, expected in ((0.01, 1), (0.0, 0), (-0.01, 0)):
        distances[1] = distances[0] - nearer
        assert CrossValidation().best_round(found, found, distances) == expected


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_a_round_with_a_loss_that_is_no_number_is_the_worst(number):
    gate = CrossValidation()
    found = losses(1.0, 0.8, 0.5)
    found[2, 7] = number
    assert gate.best_round(found, found, found) == 1
    found[0, 3] = number
    assert gate.best_round(found, found, found) == 1
    found[1, 3] = number
    assert gate.best_round(found, found, found) == 0


@pytest.mark.parametrize("n_splits", [2, 5, 50])
@pytest.mark.parametrize("y", [np.resize([0, 1, 1], 30), np.linspace(0, 1, 30)])
def test_cross_validation_holds_every_row_out_once(n_splits, y):
    splits = CrossValidation(n_splits=n_splits, min_held_out=0).split(y, random_state=0)
    held_out = np.concatenate([test for _, test in splits])
    assert sorted(held_out) == list(range(30))
    for train, test in splits:
        assert not set(train) & set(test)


def test_cross_validation_repeats_and_stops_when_enough_is_known():
    y = np.resize([0, 1], 40)
    assert len(CrossValidation(n_splits=4, n_repeats=3).split(y, random_state=0)) == 12
    assert len(CrossValidation(n_splits=4, min_held_out=40).split(y, random_state=0)) == 4
    assert len(CrossValidation(n_splits=4, min_held_out=41).split(y, random_state=0)) == 8
    assert len(CrossValidation(n_splits=4, max_held_out=15).split(y, random_state=0)) == 2
    assert len(CrossValidation(n_splits=4, max_held_out=1).split(y, random_state=0)) == 1
    first = CrossValidation(random_state=3).split(y, random_state=0)
    again = CrossValidation(random_state=3).split(y, random_state=1)
    assert all(np.array_equal(a[1], b[1]) for a, b in zip(first, again, strict=True))


@pytest.mark.parametrize(
    ("y", "possible"),
    [
        (np.array([0, 1]), False),
        (np.array([0, 0, 0, 0]), False),
        (np.array([0, 0, 0, 1]), False),
        (np.array([0, 0, 1, 1]), True),
        (np.array([0, 0, 1, 1, 2]), True),
        (np.array([0, 1, 2, 3, 4]), False),
        (np.array([0.1, 0.2, 0.3]), False),
        (np.array([0.1, 0.2, 0.3, 0.4]), True),
    ],
)
@pytest.mark.parametrize("gate", [CrossValidation(), HoldoutValidation()], ids=repr)
def test_tiny_tables(gate, y, possible):
    splits = gate.split(y, random_state=0)
    assert bool(splits) == possible
    for train, test in splits:
        assert len(train)
        assert len(test)


def test_holdout():
    y = np.resize([0, 0, 0, 1], 40)
    ((train, test),) = HoldoutValidation(test_size=0.25).split(y, random_state=0)
    assert len(test) == 10
    assert y[test].mean() == pytest.approx(0.25, abs=0.06)
    lone = np.r_[np.zeros(20, dtype=int), np.ones(19, dtype=int), 2]
    assert len(HoldoutValidation().split(lone, random_state=0)) == 1


def test_no_validation():
    assert NoValidation().split(np.arange(10)) == []
    assert NoValidation.keeps_last


def test_held_out_loss():
    X, y = np.zeros((4, 1)), np.array([0, 0, 0, 1])
    prior = DummyClassifier(strategy="prior").fit(X, y)
    np.testing.assert_allclose(held_out_loss(prior, X, y), -np.log([0.75, 0.75, 0.75, 0.25]))
    np.testing.assert_allclose(held_out_loss(prior, X, np.full(4, 9)), -np.log(1e-3))
    mean = DummyRegressor().fit(X, [0.0, 0.0, 2.0, 2.0])
    np.testing.assert_allclose(held_out_loss(mean, X, np.array([1.0, 0, 2, 4])), [0, 1, 1, 9])
    line = np.array([[-1.0], [-2.0], [1.0], [2.0]])
    votes = LinearSVC().fit(line, [0, 0, 1, 1])
    assert held_out_loss(votes, line, np.array([0, 1, 1, 0])).tolist() == [0, 1, 0, 1]


def test_shrinkage_is_to_the_class_shares_and_as_much_as_suits():
    codes, y = np.array([0, 0, 0, 1]), np.array([0, 1])
    shares = class_shares(codes, np.ones(4), 2)
    np.testing.assert_allclose(shares, [0.75, 0.25])
    np.testing.assert_allclose(class_shares(codes, np.array([1.0, 1, 1, 3]), 3), [0.5, 0.5, 0])
    line = np.array([[0.0], [0.1], [0.9], [1.0]])
    sure, X = GaussianNB().fit(line, [0, 0, 1, 1]), np.array([[0.0], [0.05]])
    losses = shrunken_losses(said_of(sure, X, np.arange(2)), np.eye(2)[y], shares)
    np.testing.assert_allclose(losses[0], held_out_loss(sure, X, y))
    np.testing.assert_allclose(losses[-1], -np.log([0.75, 0.25]))
    assert least_loss(losses).mean() == losses.mean(axis=1).min() < losses[0].mean()


def test_losses_of_what_is_told_are_means_over_it():
    X, told = np.zeros((3, 1)), np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    prior = DummyClassifier().fit(np.zeros((4, 1)), ["a", "a", "a", "b"])
    classes, shares = np.array(["a", "b"]), np.array([0.5, 0.5])
    found = shrunken_losses(said_of(prior, X, classes), told, shares)
    own, other = -np.log([0.75, 0.25])
    np.testing.assert_allclose(found[0], [own, (own + other) / 2, other])
    np.testing.assert_allclose(found[-1], np.log(2))
    votes = LinearSVC().fit(np.array([[0.0], [1.0]]), ["a", "b"])
    np.testing.assert_allclose(
        shrunken_losses(said_of(votes, X, classes), told, None), np.tile([0.0, 0.5, 1.0], (11, 1))
    )
    mean = DummyRegressor().fit(X, [0.0, 1.0, 2.0])
    found = shrunken_losses(said_of(mean, X, None), np.array([0.0, 3.0, 3.0]), None)
    np.testing.assert_allclose(found[4], [1.0, 4.0, 4.0])


@pytest.mark.parametrize("seed", [0, 1])
def test_a_round_that_only_calms_the_model_is_not_kept(light, seed):
    """The made rows hold the class shares: the log-loss of a tree falls, but nothing is learnt."""
    X, y = make_classification(60, 5, flip_y=0.3, random_state=1)
    parts = {**light, "labeler": ShareLabeler(), "validation": CrossValidation(), "max_iter": 2}
    model = ActiveSynthesisClassifier(
        DecisionTreeClassifier(random_state=0), random_state=seed, **parts
    ).fit(X, y)
    assert model.best_iteration_ == 0


class ShareLabeler(BaseEstimator):
    """Gives every row the shares of the classes."""

    def fit(self, X, y, sample_weight=None):
        self.classes_, counts = np.unique(y, return_counts=True)
        self.shares_ = counts / counts.sum()
        return self

    def label(self, batch):
        proba = np.tile(self.shares_, (len(batch), 1))
        return batch.label(label_source="shares", proba=proba, classes=self.classes_)


def test_whole_valued_targets_of_a_regressor_are_no_classes():
    X = np.zeros((4, 1))
    mean = DummyRegressor().fit(X, [0.0, 1.0, 0.0, 1.0])
    np.testing.assert_allclose(held_out_loss(mean, X, np.array([0.0, 1, 0, 1])), 0.25)


def test_mean_by_row():
    losses = np.array([[1.0, 2.0, 3.0, 5.0], [0.0, 0.0, 0.0, 4.0]])
    np.testing.assert_array_equal(
        mean_by_row(losses, np.array([7, 2, 7, 7])), [[2.0, 3.0], [0.0, 4 / 3]]
    )
