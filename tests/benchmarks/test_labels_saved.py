"""The program that counts the labels a strategy saves."""

import importlib.util

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.usefixtures("benchmarks")


@pytest.fixture(scope="module")
def program(benchmarks):
    path = benchmarks / "active_learning" / "labels_saved.py"
    spec = importlib.util.spec_from_file_location("labels_saved", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def table(program):
    rng = np.random.RandomState(0)
    X = pd.DataFrame(rng.normal(size=(150, 3)), columns=list("abc"))
    X["kind"] = pd.Categorical(np.where(rng.rand(150) < 0.5, "x", "y"))
    y = pd.Series(np.where(X["a"] + X["b"] > 0, "yes", "no"))
    return program.tables.Table("made", "classification", X, y)


def test_budgets_grow_and_end_with_the_pool(program):
    budgets = program.budgets_of(90)
    assert budgets[0] == 20
    assert budgets[-1] == 90
    assert (np.diff(budgets) > 0).all()
    assert program.budgets_of(10_000)[-1] == program.MOST


@pytest.mark.parametrize("kind", ["svm", "logistic"])
def test_strategies_start_from_the_same_rows(program, table, kind):
    walks = {
        strategy: list(program.walk(table, kind, 0, strategy)) for strategy in program.STRATEGIES
    }
    assert len({walk[0][-1] for walk in walks.values()}) == 1
    assert all([row[-2] for row in walk] == program.budgets_of(90) for walk in walks.values())
    ends = {walk[-1][-1] for walk in walks.values()}
    [whole] = program.walk(table, kind, 0, program.ALL)
    assert ends == {whole[-1]}  # the pool is exhausted


def test_one_class_says_nothing_of_a_class_it_has_not_met(program):
    model = program.build("svm", 0).fit(pd.DataFrame({"a": [0.0, 1.0, 2.0]}), [0, 2, 2])
    proba = program.proba_of(model, pd.DataFrame({"a": [0.0, 2.0]}), np.arange(4))
    assert (proba[:, [1, 3]] == 0).all()
    assert (proba.argmax(axis=1) == [0, 2]).all()


def test_labels_saved_are_those_of_the_mean_curves(program):
    rows = [
        ["made", "svm", seed, strategy, n, score]
        for seed in (0, 1)
        for strategy, scores in {
            **dict.fromkeys(program.STRATEGIES, (0.5, 0.7, 0.9)), "margin": (0.5, 0.9, 0.9),
        }.items()
        for n, score in zip((20, 60, 100), scores, strict=True)
    ]  # fmt: skip
    rows += [["made", "svm", seed, program.ALL, 200, 0.9] for seed in (0, 1)]
    frame = pd.DataFrame(rows, columns=program.COLUMNS)
    effects = pd.DataFrame(program.effects_of(frame)).set_index("strategy")
    assert effects.saved_95["margin"] == pytest.approx(1 - 58 / 96)
    assert effects.saved_95["random"] == 0
    assert effects.area_gain["margin"] == pytest.approx(0.1)
    [margin] = [line for line in program.summary_of(effects.reset_index())
                if line["strategy"] == "margin"]  # fmt: skip
    assert margin["win/tie/loss"] == "1/0/0"


def test_the_guide_has_the_numbers_of_the_raw_rows(program, benchmarks):
    raw = pd.read_csv(benchmarks / "results" / "labels_saved.csv.gz")
    summary = program.summary_of(pd.DataFrame(program.effects_of(raw)))
    page = (benchmarks.parent / "docs" / "user_guide" / "budget_curves.md").read_text()
    assert "\n".join(program.markdown_of(summary)) in page
