"""What the benchmark of the generators counts, and where its tables stand."""

import pandas as pd
import pytest

pytestmark = pytest.mark.usefixtures("benchmarks")


def test_the_guide_has_the_numbers_of_the_raw_rows(benchmarks):
    from generators import markdown_of

    raw = pd.read_csv(benchmarks / "results" / "generators" / "raw_rows.csv.gz")
    page = (benchmarks.parent / "docs" / "user_guide" / "generators.md").read_text()
    tables = "\n".join(markdown_of(raw)).split("\n\n")
    assert len(tables) == 4
    assert all(table in page for table in tables)


def test_utility_is_of_sets_that_all_methods_have_met():
    from generators import COLUMNS, markdown_of

    rows = [
        ["utility", name, 0, method, "auc_logistic", value]
        for name, values in {"a": (0.8, 0.4), "b": (0.5, None)}.items()
        for method, value in zip(("real", "vae"), values, strict=True) if value
    ]  # fmt: skip
    rows += [["shares", "a", 0, "vae", m, v] for m, v in (("share", 0.2), ("share_real", 0.25))]
    rows += [["shares", "a", 0, "vae", m, v] for m, v in (("seen", 0.3), ("seen_real", 0.25))]
    for name, values in (("vae+unguided", (0.2, 0.5)), ("vae+loss", (0.3, 0.6))):
        rows += [["guidance", "a", 0, name, m, v]
                 for m, v in zip(("entropy", "c2st"), values, strict=True)]  # fmt: skip
        rows.append(["guidance", "a", 0, name, "coverage", 1.0])
    lines = list(markdown_of(pd.DataFrame(rows, columns=COLUMNS)))
    assert "| vae | 0.500 | 0.500 |" in lines
    assert "| vae | 20% | 20% |" in lines
    assert not any("2 sets" in line for line in lines)  # real rows alone are there
    assert "| vae, loss | 1 | 1.50 (1.50, 1.50) | 3.47 | 1.20 | 1.00 |" in lines
