"""The program that says what made rows are worth to a model of a quantile."""

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.usefixtures("benchmarks")


def test_a_piece_has_a_row_for_each_method(monkeypatch):
    import quantiles
    from tables import Table

    rng = np.random.RandomState(0)
    X = pd.DataFrame(rng.normal(size=(120, 3)), columns=list("abc"))
    table = Table("made", "regression", X, X["a"] + rng.normal(size=120))
    monkeypatch.setattr(quantiles, "load", lambda name, folder: table)
    monkeypatch.setattr(quantiles, "MODELS", ("linear",))
    monkeypatch.setattr(quantiles, "QUANTILES", (0.9,))
    rows = pd.DataFrame(quantiles.measure("made", None, "50", 0), columns=quantiles.COLUMNS)
    assert list(rows["method"]) == list(quantiles.METHODS)
    assert (rows["pinball"].astype(float) > 0).all()
    assert rows["coverage"].astype(float).between(0.5, 1).all()
    assert quantiles.measure("made", None, "500", 0) == []  # too few rows
    assert "| linear | 50 | 0.9 | 1 x 1 |" in quantiles.markdown_of(
        rows.astype({"pinball": float, "coverage": float})
    )


def test_nobody_tells_the_control_the_quantile():
    from quantiles import MeanLabeler

    from sklearn_synda._aim import with_quantile

    assert "quantile" not in with_quantile(MeanLabeler(), 0.9).get_params()


def test_the_guide_has_the_numbers_of_the_raw_rows(benchmarks):
    from quantiles import markdown_of

    raw = pd.read_csv(benchmarks / "results" / "quantiles.csv.gz")
    page = (benchmarks.parent / "docs" / "user_guide" / "meta_estimators.md").read_text()
    assert markdown_of(raw) in page


def test_claims_are_those_of_the_raw_rows(benchmarks):
    raw = pd.read_csv(benchmarks / "results" / "quantiles.csv.gz")
    key = ["model", "size", "quantile"]
    loss = raw.pivot_table(index=[*key, "set"], columns="method", values="pinball")
    change = loss.div(loss["alone"], axis=0).sub(1).groupby(key).mean()
    tails = change[change.index.get_level_values("quantile") != 0.5]
    own = -100 * tails.loc["lightgbm", "active_synthesis"]
    readme = (benchmarks.parent / "README.md").read_text()
    assert f"pinball loss falls by {own.min():.0f} to {own.max():.0f} %" in readme
    page = (benchmarks.parent / "docs" / "user_guide" / "meta_estimators.md").read_text()
    most = 100 * tails["mean_labels"].abs().max()
    assert f"they change the loss by {most:.1f} % at most" in " ".join(page.split())
