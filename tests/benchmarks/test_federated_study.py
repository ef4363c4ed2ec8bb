"""The program that says what a federation, and made rows in it, are worth."""

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.usefixtures("benchmarks")


def test_sites_are_uneven_and_none_is_empty():
    import federated

    y = np.repeat([0, 1, 2], 100)
    site = federated.deal(y, np.random.default_rng(0))
    assert np.bincount(site).min() >= 8
    assert len(np.unique(site)) == federated.N_SITES
    shares = np.array(
        [np.bincount(y[site == k], minlength=3) / (site == k).sum() for k in range(5)]
    )
    assert shares.std(axis=0).max() > 0.1


def test_no_test_row_is_trained_on(monkeypatch):
    import federated
    from tables import Table

    X = pd.DataFrame({"a": np.arange(900.0)})
    table = Table("made", "classification", X, pd.Series(np.resize(["x", "y"], 900)))
    monkeypatch.setattr(federated, "load", lambda name, folder: table)
    (X, y, site), (X_test, y_test) = federated.draw("made", None, 0)
    assert len(X) == len(y) == len(site) == federated.MAX_TRAIN
    assert len(X_test) == len(y_test) == 360
    assert not set(X.index) & set(X_test.index)


def test_copies_are_copies(two_classes):
    import federated

    X, y = two_classes
    made = federated.CopySynthesizer().fit(X, y).sample(np.arange(5), random_state=0)
    np.testing.assert_array_equal(made.X, X[:5])
    copying = federated.CopyingFederation(federated.model_of("logistic", 0), rate=1.0, max_iter=1)
    copying.set_params(synthesizer=federated.CopySynthesizer(), random_state=0)
    copying.set_params(labeler=federated.InheritLabeler(), validation=federated.NoValidation())
    assert copying.fit(X, y).history_["n_made"].tolist() == [80]  # no monitor refuses them


def test_the_study_is_what_the_guide_says(benchmarks):
    from configuration import DEVELOPMENT
    from federated import METHODS, SETS, markdown_of

    raw = pd.read_csv(benchmarks / "results" / "federated.csv.gz")
    assert not set(raw["set"]) & set(DEVELOPMENT["classification"])
    assert set(raw["set"]) == set(SETS)
    cells = raw.groupby(["set", "model", "method"])["seed"].nunique()
    assert len(cells) == len(SETS) * 2 * len(METHODS)
    assert (cells == raw["seed"].nunique()).all()
    page = (benchmarks.parent / "docs" / "user_guide" / "federated.md").read_text()
    assert markdown_of(raw) in page
