"""The program that says which rows to label first."""

import sys

import pandas as pd
import pytest


@pytest.fixture(scope="module")
def program(benchmarks):
    sys.path.insert(0, str(benchmarks / "active_learning"))  # the fixture restores the path
    import cold_start

    return cold_start


def test_every_strategy_names_the_rows_two_models_learn_from(program):
    X = pd.DataFrame({"a": range(150), "b": [k % 7 for k in range(150)]})
    y = pd.Series(["yes" if k > 75 else "no" for k in range(150)])
    table = program.tables.Table("made", "classification", X, y)
    raw = pd.DataFrame(program.measure(table, 0), columns=program.COLUMNS)
    n_cells = len(program.LABELS) * len(program.STRATEGIES)
    assert len(raw) == n_cells * len(program.MODELS)
    assert raw["accuracy"].astype(float).between(0, 1).all()
    assert raw.groupby(["labels", "strategy"])["classes"].nunique().eq(1).all()


def test_rows_of_one_class_say_that_class_of_all(program):
    one = pd.Series([1, 1])
    assert (
        program.accuracy_of("forest", 0, None, one.to_numpy(), None, pd.Series([1, 1, 0, 0])) == 0.5
    )


def test_the_guide_has_the_numbers_of_the_raw_rows(program, benchmarks):
    raw = pd.read_csv(benchmarks / "results" / "cold_start.csv")
    page = (benchmarks.parent / "docs" / "user_guide" / "query.md").read_text()
    assert "\n".join(program.markdown_of(raw)) in page
