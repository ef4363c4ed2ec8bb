"""The program that says what groups are worth."""

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.usefixtures("benchmarks")


def test_new_speakers_are_new(monkeypatch):
    import groups
    from tables import Table

    who = pd.Categorical(np.repeat([f"speaker {k}" for k in range(6)], 12))
    X = pd.DataFrame({"Speaker_Number": who, "a": np.arange(72.0)})
    table = Table("vowel", "classification", X, pd.Series(np.resize(["x", "y"], 72)))
    monkeypatch.setattr(groups, "load", lambda name, folder: table)
    task, (X, y, who), (X_new, y_new) = groups.draw("vowel", None, 0)
    assert task == "classification"
    assert list(X.columns) == ["a"]
    assert len(X) == len(y) == len(who) == 3 * groups.ROWS
    assert len(X_new) == len(y_new) == 36
    assert not set(who) & set(table.X["Speaker_Number"][X_new.index])


def test_the_guide_has_the_numbers_of_the_raw_rows(benchmarks):
    from groups import markdown_of

    raw = pd.read_csv(benchmarks / "results" / "groups.csv")
    page = (benchmarks.parent / "docs" / "user_guide" / "validation.md").read_text()
    assert markdown_of(raw) in page
