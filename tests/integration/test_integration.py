"""Integrators: the weight of every row, to the digit."""

import numpy as np
import pytest

from sklearn_synda._rows import SyntheticBatch, TrainingSet
from sklearn_synda.integration import (
    AdaptiveSamplingIntegrator,
    ConcatenationIntegrator,
    CurriculumIntegrator,
    UncertaintyIntegrator,
    WeightedIntegrator,
)

ALL = [
    AdaptiveSamplingIntegrator(),
    ConcatenationIntegrator(),
    CurriculumIntegrator(),
    UncertaintyIntegrator(),
    WeightedIntegrator(),
]
each = pytest.mark.parametrize("integrator", ALL, ids=lambda part: type(part).__name__)
TRUST = np.array([1.0, 0.5, 0.25, 0.0])
UNCERTAINTY = np.array([0.0, 1.0, 3.0, 1.0])


@pytest.fixture
def train():
    return TrainingSet.real(np.zeros((3, 2)), np.array([0, 1, 1]), np.array([1.0, 2.0, 3.0]))


@pytest.fixture
def batch():
    return SyntheticBatch(
        X=np.arange(8.0).reshape(4, 2), parents=np.zeros((4, 2), dtype=np.intp),
        closeness=np.ones(4), uncertainty=UNCERTAINTY,
    ).label(label_source="test", y=np.array([0, 1, 0, 1]), trust=TRUST)  # fmt: skip


def made_weight(train):
    return train.sample_weight[train.is_synthetic]


@each
def test_real_rows_keep_their_weight_and_come_first(integrator, train, batch):
    after = integrator.integrate(train, batch, iteration=1)
    assert after.sample_weight[:3].tolist() == [1.0, 2.0, 3.0]
    assert not after.is_synthetic[:3].any()
    assert after.is_synthetic[3:].all()
    np.testing.assert_array_equal(after.sample_weight, after.provenance.weight)
    assert len(train.y) == 3  # the set before is as it was


@each
def test_rows_of_no_weight_are_rejected_and_remembered(integrator, train, batch):
    after = integrator.integrate(train, batch, iteration=2)
    made = after.provenance.round == 2
    assert (after.sample_weight > 0).all()
    n_rejected = {UncertaintyIntegrator: 2}.get(type(integrator), 1)
    assert (after.origin.round == -1).sum() == n_rejected
    assert made.sum() == 4 - n_rejected
    assert len(after.X) == len(after.y) == 3 + made.sum()


def test_concatenation(train, batch):
    after = ConcatenationIntegrator(weight=0.25).integrate(train, batch, iteration=1)
    assert made_weight(after).tolist() == [0.25] * 3  # the row of trust 0 is rejected
    after = ConcatenationIntegrator(min_trust=0.5).integrate(train, batch, iteration=1)
    assert made_weight(after).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("alpha", [0.1, 0.5, 0.9])
def test_weighted_holds_its_share(train, batch, alpha):
    after = WeightedIntegrator(alpha=alpha).integrate(train, batch, iteration=1)
    np.testing.assert_allclose(made_weight(after).sum() / after.sample_weight.sum(), alpha)
    np.testing.assert_allclose(made_weight(after) / made_weight(after)[0], TRUST[:3])
    again = WeightedIntegrator(alpha=alpha).integrate(after, batch, iteration=2)
    np.testing.assert_allclose(made_weight(again).sum() / again.sample_weight.sum(), alpha)


@pytest.mark.parametrize("iteration", [1, 2, 7])
def test_curriculum(train, batch, iteration):
    part = CurriculumIntegrator(initial_alpha=0.2, final_alpha=0.6, decay=0.3)
    left = np.exp(-0.3 * iteration)
    expected = 0.2 * left + 0.6 * (1 - left)
    np.testing.assert_allclose(part.alpha_at(iteration), expected)
    after = part.integrate(train, batch, iteration=iteration)
    np.testing.assert_allclose(made_weight(after).sum() / after.sample_weight.sum(), expected)


def test_uncertainty(train, batch):
    after = UncertaintyIntegrator(alpha=0.5).integrate(train, batch, iteration=1)
    np.testing.assert_allclose(made_weight(after).sum(), 6.0)
    expected = (UNCERTAINTY * TRUST)[1:3]
    np.testing.assert_allclose(made_weight(after), 6.0 * expected / expected.sum())


@pytest.mark.parametrize("iteration", [1, 3])
def test_adaptive_sampling(train, batch, iteration):
    part = AdaptiveSamplingIntegrator(alpha=0.3, beta=0.7, amplitude=2.0, decay=0.4)
    after = part.integrate(train, batch, iteration=iteration)
    original = 2.0 * TRUST * np.exp(-0.4 * (iteration - 1))
    expected = 0.3 * original + 0.7 / (1 + UNCERTAINTY)
    np.testing.assert_allclose(made_weight(after), expected[:3])


@each
def test_soft_labels_share_the_weight(integrator, train):
    proba = np.array([[0.25, 0.75], [1.0, 0.0], [0.99, 0.01]])
    soft = SyntheticBatch(
        X=np.zeros((3, 2)), parents=np.zeros((3, 2), dtype=np.intp), closeness=np.ones(3),
        uncertainty=np.ones(3),
    ).label(label_source="test", proba=proba, classes=np.array([0, 1]))  # fmt: skip
    after = integrator.integrate(train, soft, iteration=1)
    weight = made_weight(after)
    assert after.y[3:].tolist() == [0, 1, 0, 0]  # a class below 0.02 gets no row
    np.testing.assert_allclose(weight[0] / weight[1], 1 / 3)
    np.testing.assert_allclose(weight[0] + weight[1], weight[2])
    np.testing.assert_allclose(weight[2], weight[3])


@each
def test_values_stay_values(integrator):
    train = TrainingSet.real(np.zeros((2, 1)), np.array([0.5, 1.5]))
    batch = SyntheticBatch(
        np.ones((1, 1)), np.zeros((1, 2), dtype=np.intp), np.ones(1), uncertainty=np.ones(1)
    ).label(label_source="test", y=np.array([0.7]))
    assert integrator.integrate(train, batch, iteration=1).y.tolist() == [0.5, 1.5, 0.7]


@pytest.mark.parametrize(
    "part",
    [
        WeightedIntegrator(alpha=1.0),
        UncertaintyIntegrator(alpha=0.0),
        CurriculumIntegrator(initial_alpha=0.0),
        ConcatenationIntegrator(weight=-1.0),
        AdaptiveSamplingIntegrator(beta=-0.1),
    ],
    ids=repr,
)
def test_parameters_out_of_range(part, train, batch):
    with pytest.raises(ValueError, match=f"parameter of {type(part).__name__} must be a float"):
        part.integrate(train, batch, iteration=1)


def test_a_label_without_trust_is_never_learnt():
    train = TrainingSet.real(np.zeros((2, 1)), np.array([0, 1]))
    batch = SyntheticBatch(np.ones((2, 1)), np.array([[0, -1], [5, -1]]), np.ones(2))
    batch = batch.label(label_source="test", y=np.array([0, 0]), trust=np.array([1.0, 0.0]))
    joined = ConcatenationIntegrator().integrate(train, batch, iteration=1)
    assert joined.is_synthetic.sum() == 1
    assert (joined.origin.round == -1).sum() == 1


@pytest.mark.parametrize(
    "integrator",
    [
        WeightedIntegrator(alpha=0.6),
        CurriculumIntegrator(initial_alpha=0.6, final_alpha=0.6),
        UncertaintyIntegrator(alpha=0.6),
    ],
    ids=lambda part: type(part).__name__,
)
def test_no_round_counts_for_more_than_its_rows(integrator, train, batch):
    even = batch.take(np.array([1, 1, 1, 1]))
    after = train
    for iteration, n_rows in enumerate([4, 2, 2], start=1):
        after = integrator.integrate(after, even.take(np.arange(n_rows)), iteration=iteration)
    held = [after.sample_weight[after.provenance.round == k].sum() for k in range(4)]
    assert held[0] == 6.0
    np.testing.assert_allclose(held[1:], 9.0 * np.array([0.5, 0.25, 0.25]))  # 9 / 15 = alpha
