"""The study itself: splits, scenarios, raw rows that survive a kill, and what is counted."""

import inspect
import os

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda.labeling import _committee

pytestmark = pytest.mark.usefixtures("benchmarks")


@pytest.fixture
def table():
    from tables import Table

    rng = np.random.RandomState(0)
    X = pd.DataFrame({"a": rng.normal(size=400), "b": rng.randint(50, size=400)})
    X["c"] = pd.Categorical(rng.choice(["x", "y"], size=400))
    return Table("made", "classification", X, (X["a"] > 0.5).to_numpy().astype(int))


def test_sizes_share_their_test_rows_and_seeds_do_not(table):
    from splits import split

    few, many = (split(table, table.y, size, 0) for size in ("30", "0.5"))
    pd.testing.assert_frame_equal(few.X_test, many.X_test)
    assert not few.X_test.equals(split(table, table.y, "30", 1).X_test)
    parts = (few.X, few.X_unlabeled, few.X_test)
    assert len(set().union(*(part.index for part in parts))) == 400
    again = split(table, table.y, "30", 0)
    pd.testing.assert_frame_equal(few.X, again.X)


@pytest.mark.parametrize("scenario", ["label_noise_20", "missing_30", "test_noise"])
def test_a_scenario_changes_what_it_says(table, scenario):
    from splits import split

    part = split(table, table.y, f"100+{scenario}", 0)
    truth = table.y[part.X.index]
    wrong = (part.y != truth).mean()
    assert wrong == pytest.approx(0.2 if scenario == "label_noise_20" else 0.0)
    holes = part.X.isna().to_numpy().mean()
    assert holes == pytest.approx(0.3 if scenario == "missing_30" else 0.0, abs=0.06)
    moved = part.X_test["a"] != table.X.loc[part.X_test.index, "a"]
    assert moved.all() == (scenario == "test_noise")
    np.testing.assert_array_equal(part.y_test, table.y[part.X_test.index])


def test_imbalance_and_shift(table):
    from splits import split

    part = split(table, table.y, "110+imbalance_10", 0)
    assert np.bincount(part.y).tolist() == [100, 10]
    part = split(table, table.y, "60+shift", 0)
    apart = [part.X[c].max() <= part.X_test[c].min() for c in ("a", "b")]
    assert any(apart)
    with pytest.raises(ValueError, match="unknown scenario 'rain'; known: imbalance_10"):
        split(table, table.y, "60+rain", 0)


def test_a_scenario_that_cannot_be_is_said_not_skipped(table):
    from errors import CannotSplit
    from splits import split
    from tables import Table

    with pytest.raises(CannotSplit, match="fewer than two of the rarer class"):
        split(table, table.y, "30+imbalance_30", 0)
    values = Table("made", "regression", table.X, table.X["a"].to_numpy())
    for scenario in ("label_noise_10", "imbalance_10"):
        with pytest.raises(CannotSplit):
            split(values, values.y, f"60+{scenario}", 0)
    names = Table("made", "classification", table.X[["c"]], table.y)
    with pytest.raises(CannotSplit, match="no number to disturb"):
        split(names, names.y, "60+test_noise", 0)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_every_method_runs(table, n_classes, monkeypatch):
    import methods
    from errors import CannotSplit
    from splits import split
    from tables import Table

    members = [GaussianNB(), DecisionTreeClassifier(max_depth=2)]
    monkeypatch.setattr(_committee, "default_members", lambda *args, light: members)
    y = np.digitize(table.X["a"], [0.5] if n_classes == 2 else [-0.5, 0.5])
    part = split(Table("made", "classification", table.X, y), y, "40", 0)
    for name, method in methods.METHODS.items():
        model = DecisionTreeClassifier(max_depth=3, random_state=0)
        if name.startswith("tuned_threshold") and n_classes == 3:
            with pytest.raises(CannotSplit, match="more than two classes"):
                method(model, part.X.drop(columns="c"), part.y, part.X_unlabeled, 0)
            continue
        X, X_unlabeled, X_test = (
            rows.drop(columns="c") for rows in (part.X, part.X_unlabeled, part.X_test)
        )
        fitted = method(model, X, part.y, X_unlabeled, 0)
        assert fitted.predict_proba(X_test).shape == (160, n_classes), name
        assert methods.count_synthetic(fitted) >= 0


def test_tuning_sets_are_not_reported_ones():
    import configuration as c

    assert not set(c.DEVELOPMENT["classification"]) & set(c.CLASSIFICATION)
    assert not set(c.DEVELOPMENT["regression"]) & set(c.REGRESSION)


def test_raw_rows_forget_the_cell_that_was_cut_off(tmp_path):
    from cells import LAST_METRIC
    from raw_rows import RawRows

    def cell(seed, metrics):
        key = ["made", "classification", "30", 30, seed, "tree", "alone"]
        return [[*key, metric, "0.5"] for metric in metrics]

    path = tmp_path / "raw_rows.csv"
    raw = RawRows(path)
    raw.append(cell(0, ["auc", LAST_METRIC]))
    with open(path, "a") as file:
        file.write("made,classification,30,30,1,tree,alone,auc,0.5\nmade,classif")
    again = RawRows(path)
    assert {done.seed for done in again.done} == {0}
    assert len(path.read_text().splitlines()) == 3


def test_what_counts_as_a_win_and_as_worse():
    from inference import compare, summarize

    rows = []
    for name, change in (("gains", 0.05), ("stays", 0.0), ("loses", -0.02)):
        for seed in range(4):
            wobble = 0.01 * (seed % 2)
            for method, value in (("alone", 0.7 + wobble), ("new", 0.7 + wobble + change)):
                rows.append([name, "classification", "30", 30, seed, "tree", method, "auc", value])
    columns = ["set", "task", "size", "n_train", "seed", "model", "method", "metric", "value"]
    effects = compare(pd.DataFrame(rows, columns=columns))
    assert dict(zip(effects["set"], effects["outcome"], strict=True)) == {
        "gains": "win", "stays": "tie", "loses": "loss",
    }  # fmt: skip
    (total,) = summarize(effects).itertuples()
    assert (total.wins, total.ties, total.losses) == (1, 1, 1)
    assert total.harm_rate == total.worse_rate == pytest.approx(1 / 3)
    assert total.mean_change == pytest.approx(0.01)


def test_the_equivalence_of_targeted_rows():
    from dose_response import equivalence, gains, rows_needed

    doses = np.array([1.0, 2.0, 4.0])
    assert rows_needed(doses, np.array([0.0, 0.1, 0.2]), 0.15) == pytest.approx(3.0)
    assert rows_needed(doses, np.array([0.2, 0.1, 0.15]), 0.1) < 1.0  # made monotone
    assert rows_needed(doses, np.array([0.0, 0.0, 0.1]), 0.2) == np.inf
    curves = {"targeted": [0.18, 0.19, 0.2], "untargeted": [0.0, 0.1, 0.2], "never": [0, 0, 0]}
    rows = []
    for name, targeted in (("pays", "targeted"), ("fails", "never")):
        rows.append([name, "100", 0, "tree", "alone", "auc", 0.5])
        for kind, curve in (("untargeted", "untargeted"), ("targeted", targeted)):
            for dose, gain in zip(doses, curves[curve], strict=True):
                method = f"dose_{dose:g}_{kind}"
                rows.append([name, "100", 0, "tree", method, "auc", 0.5 + gain])
    columns = ["set", "size", "seed", "model", "method", "metric", "value"]
    found = equivalence(gains(pd.DataFrame(rows, columns=columns), "auc")).set_index("set")
    assert found["untargeted"].tolist() == pytest.approx([3.6, 3.6])
    assert found.loc["pays", "ratio"] == pytest.approx(1.0 / 3.6)
    assert not found.loc["pays", "censored"]
    assert found.loc["fails", "censored"]
    assert found.loc["fails", "ratio"] == pytest.approx(4.0 / 3.6)


def test_holm():
    from inference import holm

    p = holm(pd.Series([0.04, np.nan, 0.01, 0.03]))
    assert p.tolist() == pytest.approx([0.06, np.nan, 0.03, 0.06], nan_ok=True)


def test_adversarial_rows_move_towards_another_class(table):
    from splits import split

    plain, moved = (split(table, table.y, f"100{s}", 0) for s in ("", "+adversarial"))
    assert (plain.X_test["c"] == moved.X_test["c"]).all()
    step = (moved.X_test["a"] - plain.X_test["a"]).to_numpy()
    assert (step[plain.y_test == 0] > 0).mean() > 0.9  # class 1 lies at larger a
    assert (step[plain.y_test == 1] < 0).mean() > 0.9


def test_scores_of_the_rarest_class():
    from scores import classification_scores

    y = np.array([0, 0, 0, 0, 1, 1])
    proba = np.eye(2)[[0, 0, 0, 1, 1, 0]]
    found = classification_scores(y, np.clip(proba, 0.01, 0.99))
    assert found["rarest_f1"] == pytest.approx(0.5)
    assert found["g_mean"] == pytest.approx(np.sqrt(0.75 * 0.5))


def test_factorial_effects():
    """Gain = 2 for weight, 1 more where rows are disputed and weighted, nothing else."""
    from factorial import effects

    rows = [
        ("made", "m", "100", f"factors_{u}{d}{w}", "auc", 2.0 * w + 1.0 * d * w)
        for u in (0, 1) for d in (0, 1) for w in (0, 1)
    ]  # fmt: skip
    raw = pd.DataFrame(rows, columns=["set", "model", "size", "method", "metric", "value"])
    found = effects(raw, "auc").iloc[0]
    expected = {"uncertain": 0, "disputed": 0.5, "weighted": 2.5, "disputed x weighted": 0.5}
    for name, value in found.items():
        assert value == pytest.approx(expected.get(name, 0.0)), name


def test_one_part_changed():
    """The difference is to the defaults, on sets and seeds that both have; every change is one."""
    from ablation import changed_part, table
    from methods import CHANGES

    parameters = set(inspect.signature(ActiveSynthesisClassifier).parameters)
    assert all(len(p := changed_part(name)) == 1 and set(p) <= parameters for name in CHANGES)
    rows = [
        (name, "m", "100", seed, method, "auc", value + 0.1 * seed)
        for name in "abcdefgh" for seed in (0, 1)
        for method, value in (("alone", 0.6), ("active_synthesis", 0.7), ("changed_rounds_1", 0.68))
        if not (method.startswith("changed") and seed == 1)
    ]  # fmt: skip
    columns = ["set", "model", "size", "seed", "method", "metric", "value"]
    line = table(pd.DataFrame(rows, columns=columns), "auc").splitlines()[-1]
    assert line.startswith("| m | 100 | rounds 1 | 8 x 1 | 0.600 | 0.700 | 0.680 | -0.0200 | 0 / 8")


def test_ranks_and_cliques():
    """Four methods over fourteen sets have the critical difference that Demsar (2006) gives."""
    from ranks import cliques, rank

    table = pd.DataFrame([[0.9, 0.8, 0.7, 0.6]] * 13 + [[0.6, 0.7, 0.8, 0.9]], columns=list("dcba"))
    found = rank(table, "auc")
    assert found.methods == ["d", "c", "b", "a"]
    np.testing.assert_allclose(found.mean_ranks, [17 / 14, 29 / 14, 41 / 14, 53 / 14])
    assert found.critical_difference == pytest.approx(1.25, abs=0.01)
    assert found.p_friedman < 1e-6
    assert cliques(found) == [(0, 1), (1, 2), (2, 3)]
    assert rank(table, "log_loss").methods == ["a", "b", "c", "d"]
    assert rank(table[:9], "auc") is None


def test_the_short_tables_are_counted_from_the_effects():
    from headline import BEGIN, END, headline, put_between_marks
    from inference import compare

    rows = [
        ("classification", name, "30", "m", seed, metric, method, value)
        for name, gain in (("a", 0.05), ("b", -0.02), ("c", 0.0))
        for seed in (0, 1)
        for metric, alone, less in (
            ("auc", 0.8, 1), ("log_loss", 0.5, -1), ("accuracy", 0.7, 1),
            ("balanced_accuracy", 0.6, 1),
        )
        for method, value in (("alone", alone), ("active_synthesis", alone + less * gain))
    ]  # fmt: skip
    columns = ["task", "set", "size", "model", "seed", "metric", "method", "value"]
    told = headline(compare(pd.DataFrame(rows, columns=columns)))
    line = told.splitlines()[-1]
    assert line == "| m | 30 | 3 x 2 | 0.800 | 0.810 | 1 / 1 | -2% | +0.010 | +0.010 |"
    text = put_between_marks(f"before {BEGIN}old{END} after", told)
    assert "old" not in text
    assert put_between_marks(text, told) == text


def test_the_page_says_what_every_column_of_its_tables_is():
    import does_it_help

    head = " ".join(does_it_help.HEAD.lower().split())
    columns = does_it_help.table(pd.DataFrame(columns=["metric", "model", "size", "method"]), "auc")
    told = {"change (95 %)": '"change"', "win/tie/loss": "win or a loss", "labels": "labels are"}
    for column in columns.splitlines()[0].strip("| ").split(" | "):
        if column not in ("model", "method", "sets x seeds"):
            assert told.get(column, f'"{column}"').lower() in head, column


def test_a_measure_has_the_seeds_in_which_every_set_has_it():
    import does_it_help

    key = {"task": "classification", "model": "m", "size": "30", "method": "active_synthesis"}
    there = {
        ("auc", 0): "ab",
        ("auc", 1): "ab",
        ("g_mean", 0): "b",
        ("g_mean", 1): "ab",
        ("ece", 0): "a",
    }
    rows = pd.DataFrame(
        [key | {"set": name, "metric": metric, "seed": seed}
         for (metric, seed), names in there.items() for name in names]
    )  # fmt: skip
    kept = does_it_help.complete_measures(rows)
    assert set(zip(kept["metric"], kept["seed"], strict=True)) == {
        ("auc", 0),
        ("auc", 1),
        ("g_mean", 1),
    }


def test_a_model_that_balances_has_no_balanced_weights():
    import methods
    from errors import CannotSplit

    X, y = np.arange(8.0)[:, None], np.array([0] * 6 + [1] * 2)
    methods.balanced_weight(LogisticRegression(), X, y, None, 0)
    balanced = LogisticRegression(class_weight="balanced")
    for model in (balanced, make_pipeline(StandardScaler(), balanced)):
        with pytest.raises(CannotSplit, match="balances"):
            methods.balanced_weight(model, X, y, None, 0)


@pytest.mark.skipif("SYNDA_DATA" not in os.environ, reason="needs the folder of tables")
def test_no_table_is_in_the_study_twice():
    """No two sets share a column: one of them may be for development, in other codes."""
    import tables
    from configuration import CLASSIFICATION, DEVELOPMENT, REGRESSION

    for task, reported in (("classification", CLASSIFICATION), ("regression", REGRESSION)):
        owner = {}
        for name in [*reported, *DEVELOPMENT[task]]:
            X = tables.load(name, os.environ["SYNDA_DATA"]).X.select_dtypes("number")
            for column in X.columns[X.nunique() >= 50]:
                values = np.sort(X[column].dropna().to_numpy(dtype=float)).tobytes()
                assert owner.setdefault(values, name) == name, (name, owner[values], column)


def test_ranks_compare_methods_on_the_same_sets_and_seeds():
    import does_it_help

    runs = [("active_synthesis", 0), ("alone", 0), ("committee", 0), ("committee", 1), ("smote", 1)]
    rng = np.random.RandomState(0)
    raw = pd.DataFrame(
        [
            {"task": "classification", "set": f"set {i}", "size": "30", "model": "m", "seed": seed,
             "method": method, "metric": "auc", "value": rng.rand()}
            for i in range(12) for method, seed in runs
        ]
    )  # fmt: skip
    told = does_it_help.mean_ranks(raw, "auc")
    assert "active_synthesis" in told
    assert "committee" in told
    assert "smote" not in told


def test_readme_and_page_have_the_same_tables(benchmarks):
    from headline import BEGIN, END

    readme = (benchmarks.parent / "README.md").read_text(encoding="utf-8")
    tables = readme.split(BEGIN)[1].split(END)[0].strip()
    page = (benchmarks.parent / "docs" / "does_it_help.md").read_text(encoding="utf-8")
    assert len(tables.splitlines()) > 10
    assert tables in page


def test_what_the_readme_says_of_lightgbm_with_few_labels_was_measured(benchmarks):
    readme = " ".join((benchmarks.parent / "README.md").read_text(encoding="utf-8").split())
    assert "it predicts a constant there, and copying rows gives most of that gain in AUC" in readme
    effects = pd.read_csv(benchmarks / "results" / "effects.csv.gz", dtype={"size": str})
    own = effects[(effects["model"] == "lightgbm") & (effects["metric"] == "auc")]
    for size, n_least in (("30", own["set"].nunique()), ("0.1", 5)):
        flat = own[(own["size"] == size) & (own["alone"] == 0.5)]  # what a constant has
        gain = flat.groupby("method")["change"].mean()
        assert flat["set"].nunique() >= n_least
        assert gain["duplicates"] > gain["active_synthesis"] / 2 > 0


def test_a_change_within_the_region_is_none_in_practice():
    from inference import practical

    few, many = np.linspace(-0.002, 0.002, 20), np.linspace(0.01, 0.03, 20)
    assert practical(few)[1] > 0.95
    assert practical(many)[0] > 0.95
    assert practical(-many)[2] > 0.95
