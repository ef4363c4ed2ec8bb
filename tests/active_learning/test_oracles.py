"""Oracles, and annotators who disagree."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import clone

from sklearn_synda.active_learning import (
    AnnotatorAgreement,
    CostlyOracle,
    NoisyOracle,
    SimulatedOracle,
)
from sklearn_synda.exceptions import BudgetSpent

X = np.array([[1.0, np.nan], [0.0, 2.0], [1.0, 3.0]])
Y = np.array(["a", "b", "a"])


@pytest.mark.parametrize(
    "table",
    [
        X,
        sparse.csr_array(np.nan_to_num(X)),
        pd.DataFrame({"n": [1, pd.NA, 3], "c": pd.Categorical(["u", "v", None])}),
        pl.DataFrame({"n": [1.0, None, 3.0], "c": ["u", "v", None]}),
    ],
    ids=["ndarray", "sparse", "pandas", "polars"],
)
def test_a_simulated_oracle_knows_its_rows(table):
    asked = table.iloc[[2, 1]] if hasattr(table, "iloc") else table[[2, 1]]
    assert SimulatedOracle(table, Y)(asked).tolist() == ["a", "b"]


def test_a_simulated_oracle_refuses():
    oracle = SimulatedOracle(X, Y)
    with pytest.raises(ValueError, match="Got 1 others instead, the first at position 1"):
        oracle([[0.0, 2.0], [5.0, 5.0]])
    with pytest.raises(ValueError, match="equal labels. Got .*'a'.* and .*'b'.* rows 0 and 1"):
        SimulatedOracle([[1], [1]], ["a", "b"])
    with pytest.raises(ValueError, match="each of the 3 rows. Got 2 instead"):
        SimulatedOracle(X, [0, 1])


@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
def test_noise_is_as_frequent_as_asked_and_never_right(rate):
    truth = np.random.RandomState(0).randint(4, size=4000)
    oracle = NoisyOracle(lambda X: X, rate, classes=range(4), random_state=0)
    y = oracle(truth)
    assert np.mean(y != truth) == pytest.approx(rate, abs=0.03)
    wrong = np.bincount((y - truth)[y != truth] % 4, minlength=4)
    assert wrong[0] == 0
    assert rate == 0 or wrong[1:].min() > 0.25 * wrong.sum()


def test_noise_is_seeded_and_goes_on():
    first, second = (NoisyOracle(lambda X: X * 0, 0.5, classes=[0, 1], random_state=3)
                     for _ in range(2))  # fmt: skip
    rows = np.zeros(50, dtype=int)
    assert (first(rows) == second(rows)).all()
    assert (first(rows) != clone(second)(rows)).any()


def test_noise_leaves_the_answers_of_the_oracle_alone():
    truth = np.zeros(100, dtype=int)
    NoisyOracle(lambda X: truth, 1.0, classes=[0, 1])(X)
    assert not truth.any()


def test_noise_takes_the_classes_of_the_oracle():
    y = NoisyOracle(SimulatedOracle(X, Y), 1.0, random_state=0)(X)
    assert y.tolist() == ["b", "a", "b"]
    with pytest.raises(ValueError, match=r"two classes or more, .* Got \[\] instead"):
        NoisyOracle(lambda X: [0])(X)


def test_costs_add_up_and_nothing_is_half_asked():
    asked = []
    oracle = CostlyOracle(lambda X: asked.append(len(X)) or X[:, 0], lambda X: X[:, 0], 6.0)
    rows = np.array([[1.0], [2.0], [3.0], [4.0]])
    oracle(rows[:2])
    with pytest.raises(BudgetSpent, match="Got 1 rows at 4 with 3 of 6 left instead: nothing was"):
        oracle(rows[3:])
    oracle(rows[2:3])
    assert oracle.spent == 6.0
    assert asked == [2, 1]
    assert clone(oracle).spent == 0.0


def test_a_budget_need_not_be_given():
    oracle = CostlyOracle(lambda X: [0] * len(X), 2.0)
    assert oracle(X) == [0, 0, 0]
    assert oracle.spent == 6.0


def test_an_oracle_that_fails_costs_nothing():
    oracle = CostlyOracle(lambda X: 1 / 0, 1.0, 5.0)
    with pytest.raises(ZeroDivisionError):
        oracle(X)
    assert oracle.spent == 0.0


def simulated_answers(accuracy, n_rows=400, n_classes=3, share=1.0, seed=0):
    rng = np.random.RandomState(seed)
    truth = rng.randint(n_classes, size=n_rows)
    ids, labels, who = [], [], []
    for j, a in enumerate(accuracy):
        rows = np.flatnonzero(rng.random_sample(n_rows) < share)
        wrong = rng.random_sample(len(rows)) > a
        ids += rows.tolist()
        labels += (
            (truth[rows] + wrong * rng.randint(1, n_classes, len(rows))) % n_classes
        ).tolist()
        who += [f"a{j}"] * len(rows)
    return truth, ids, labels, who


def majority(truth, ids, labels):
    votes = np.zeros((len(truth), 3))
    np.add.at(votes, (ids, labels), 1)
    return votes.argmax(axis=1)


def test_agreement_finds_out_who_errs():
    accuracy = [0.95, 0.9, 0.5, 0.4, 0.4]
    truth, ids, labels, who = simulated_answers(accuracy)
    agreement = AnnotatorAgreement().fit(ids, labels, who)
    assert agreement.accuracy_ == pytest.approx(accuracy, abs=0.07)
    right = np.mean(agreement.labels_ == truth)
    assert right > 0.94
    assert right > np.mean(majority(truth, ids, labels) == truth) + 0.04
    assert agreement.proba_.sum(axis=1) == pytest.approx(1)
    assert agreement.confusion_.sum(axis=2) == pytest.approx(1)


def test_agreement_finds_a_liar():
    """One who always says the opposite is as informative as one who is right."""
    truth, ids, labels, who = simulated_answers([0.9, 0.9, 0.05], n_classes=2)
    agreement = AnnotatorAgreement().fit(ids, labels, who)
    assert np.mean(agreement.labels_ == truth) > 0.95


def test_trust_is_calibrated_where_few_answer():
    truth, ids, labels, who = simulated_answers([0.9, 0.8, 0.7, 0.6], n_rows=3000, share=0.6)
    agreement = AnnotatorAgreement().fit(ids, labels, who)
    right = agreement.labels_ == truth[agreement.ids_]
    for low, high in ((0.3, 0.6), (0.6, 0.9), (0.9, 1.01)):
        rows = (agreement.trust_ >= low) & (agreement.trust_ < high)
        assert right[rows].mean() == pytest.approx(agreement.trust_[rows].mean(), abs=0.08)


def test_disputed_rows_are_asked_about_first():
    truth, ids, labels, who = simulated_answers([0.9, 0.9, 0.9], n_rows=100)
    agreement = AnnotatorAgreement().fit(ids, labels, who)
    asked, again = agreement.query(5)
    assert again.all()
    n_votes = [len({k for i, k in zip(ids, labels, strict=True) if i == row}) for row in asked]
    assert min(n_votes) > 1


def test_relabel_or_label_new():
    truth, ids, labels, who = simulated_answers([0.9, 0.9, 0.9], n_rows=100)
    agreement = AnnotatorAgreement().fit(ids, labels, who)
    unsure, sure = np.full((3, 3), 1 / 3), np.tile([0.998, 0.001, 0.001], (3, 1))
    asked, again = agreement.query(3, new_ids=[200, 201, 202], new_proba=unsure)
    assert sorted(asked) == [200, 201, 202]
    assert not again.any()
    asked, again = agreement.query(3, new_ids=[200, 201, 202], new_proba=sure)
    assert again.all()
    assert asked.max() < 100


def test_information_is_bounded_and_zero_where_all_is_known():
    _, ids, labels, who = simulated_answers([0.9, 0.9])
    agreement = AnnotatorAgreement().fit(ids, labels, who)
    told = agreement.information([[1.0, 0.0, 0.0], [1 / 3, 1 / 3, 1 / 3]])
    assert told[0] == pytest.approx(0, abs=1e-12)
    assert 0.3 < told[1] < np.log(3)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda a: a.fit([], [], []), "at least one. Got 0, 0 and 0 entries"),
        (lambda a: a.fit([0, 0, 1], [1.0, np.nan, 1.0], list("aba")), "Got 1 missing ones"),
        (lambda a: a.fit([0, 0, 1], ["x", None, pd.NA], list("aba")), "Got 2 missing ones"),
        (lambda a: a.fit([1], [1, 2], ["a"]), "Got 1, 2 and 1 entries"),
        (lambda a: a.fit([1, 2], [0, 1], ["a", "a"]).information([[1.0]]), r"Got shape \(1, 1\)"),
        (lambda a: a.set_params(smoothing=0).fit([1], [1], ["a"]), "'smoothing' parameter"),
    ],
)
def test_agreement_refuses(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call(AnnotatorAgreement())


def test_noise_cuts_no_name_short():
    oracle = NoisyOracle(lambda X: np.array(["no"] * len(X)), 1.0, classes=["no", "perhaps"])
    assert set(oracle(range(9))) == {"perhaps"}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"batch_size": 0}, "'batch_size' parameter of AnnotatorAgreement.query"),
        ({"new_ids": [7, 8]}, "a row for each of the 2 new ids. Got 0 instead"),
        ({"new_ids": [7], "new_proba": np.ones((2, 3)) / 3}, "the 1 new ids. Got 2 instead"),
    ],
)
def test_a_choice_between_old_and_new_rows_refuses(changes, sentence):
    _, ids, labels, who = simulated_answers([0.9, 0.9])
    agreement = AnnotatorAgreement().fit(ids, labels, who)
    with pytest.raises(ValueError, match=sentence):
        agreement.query(**{"batch_size": 1, **changes})


@pytest.mark.parametrize("cost", [np.nan, np.inf, -1.0])
def test_a_cost_that_is_no_price_is_refused(cost):
    oracle = CostlyOracle(lambda X: 1 / 0, lambda X: np.array([1.0, cost]), 5.0)
    with pytest.raises(ValueError, match=r"must give finite numbers, none negative. Got array"):
        oracle([[0.0], [1.0]])
    assert oracle.spent == 0.0


def test_a_budget_can_be_spent_to_the_last_cent():
    oracle = CostlyOracle(lambda X: [0] * len(X), cost=0.1, budget=0.3)
    for _ in range(3):
        oracle([[0.0]])
    with pytest.raises(BudgetSpent):
        oracle([[0.0]])
