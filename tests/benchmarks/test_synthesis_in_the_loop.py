"""The program that counts the labels that made rows save."""

import sys

import pandas as pd
import pytest


@pytest.fixture(scope="module")
def program(benchmarks):
    sys.path.insert(0, str(benchmarks / "active_learning"))  # the fixture restores the path
    import synthesis_in_the_loop

    return synthesis_in_the_loop


def test_labels_saved_are_read_off_rising_curves(program):
    budgets = program.BUDGETS
    plain = dict(zip(budgets, (0.5, 0.6, 0.6, 0.7, 0.8, 0.9, 1.0), strict=True))
    made = dict(zip(budgets, (0.5, 0.7, 0.7, 0.8, 0.9, 0.9, 1.0), strict=True))
    rows = [
        ["made", "tree", 0, walk, n, score, score, 1.0]
        for walk, curve in zip(program.WALKS, (plain, plain, made, made), strict=True)
        for n, score in curve.items()
    ]
    raw = pd.DataFrame(rows, columns=program.COLUMNS)
    found, committee, random = program.effects_of(raw, "accuracy")
    assert found["saved"] == committee["saved"]
    assert random["saved"] == random["area"] == 0
    # 0.7 at 30 instead of 70 labels, 0.8 at 70 instead of 100, 0.9 at 100 instead of 140
    assert found["saved"] == pytest.approx((4 / 7 + 3 / 10 + 2 / 7) / 3)
    assert found["area"] > 0
    assert len(list(program.markdown_of(raw))) == 8
    assert not list(program.effects_of(raw[raw["walk"] != "committee"], "accuracy"))


def test_the_walks_start_from_the_same_rows_and_end_with_the_same_number(program, monkeypatch):
    table = program.tables.Table(
        "made", "classification",
        pd.DataFrame({"a": range(160), "b": [k % 7 for k in range(160)]}),
        pd.Series(["yes" if k > 80 else "no" for k in range(160)]),
    )  # fmt: skip
    monkeypatch.setattr(program.tables, "load", lambda name, folder: table)
    monkeypatch.setattr(program, "BUDGETS", (20, 30))
    walks = [
        program.walk("made", "logistic", 0, way, None) for way in ("random", "margin", "committee")
    ]
    for rows in walks:
        assert [row[4] for row in rows] == [20, 30]
    assert walks[0][0][5:] == walks[1][0][5:]
    assert walks[0][0][5:] != walks[2][0][5:]


def test_the_guide_has_the_numbers_of_the_raw_rows(program, benchmarks):
    raw = pd.read_csv(benchmarks / "results" / "synthesis_in_the_loop.csv.gz")
    page = (benchmarks.parent / "docs" / "user_guide" / "budget_curves.md").read_text()
    assert "\n".join(program.markdown_of(raw)) in page
