"""The table of bytes, memory, seconds and scores."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.svm import LinearSVC

from sklearn_synda import deploy
from sklearn_synda.synthesis import PerturbationSynthesizer, VAESynthesizer

X, y = make_classification(200, 5, random_state=0)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    path = tmp_path_factory.mktemp("deployed") / "forest.onnx"
    forest = RandomForestClassifier(20, random_state=0).fit(X[:100], y[:100])
    deploy.export(forest, path, X)
    return {"forest": forest, "file": path, "linear": LogisticRegression().fit(X[:100], y[:100])}


def test_the_report(models):
    report = deploy.efficiency_report(models, X[100:], y[100:], n_repeats=3)
    assert report["model"].tolist() == ["forest", "file", "linear"]
    sizes = [len(pickle.dumps(models["forest"])), models["file"].stat().st_size]
    assert report["n_bytes"][:2].tolist() == sizes
    assert (report["memory"] >= 0).all()
    assert (report["seconds_1"] > 0).all()
    assert report["seconds_1000"][1] > report["seconds_1"][1]
    expected = roc_auc_score(y[100:], models["linear"].predict_proba(X[100:])[:, 1])
    assert report["score"][2] == pytest.approx(expected)
    assert report["score"][1] == pytest.approx(report["score"][0], abs=1e-6)


def test_memory_grows_with_the_model():
    rng = np.random.RandomState(0)
    models = {
        f"{n} trees": RandomForestClassifier(n, random_state=0).fit(rng.normal(size=(3000, 5)),
                                                                  rng.randint(0, 2, 3000))
        for n in (1, 60)
    }  # fmt: skip
    report = deploy.efficiency_report(models, X, y, n_repeats=1)
    assert report["memory"][1] > report["memory"][0] + 2e6


def test_scores_that_suit_the_models():
    voter = {"voter": LinearSVC().fit(X, y)}
    report = deploy.efficiency_report(voter, X, y, n_repeats=1, memory=False)
    assert report["score"][0] == voter["voter"].score(X, y)
    assert np.isnan(report["memory"][0])
    values = make_regression(50, 5, random_state=0)[1]
    ridge = {"ridge": Ridge().fit(X[:50], values)}
    report = deploy.efficiency_report(ridge, X[:50], values, n_repeats=1, memory=False)
    assert report["score"][0] == ridge["ridge"].score(X[:50], values)
    report = deploy.efficiency_report(voter, X, y, scoring="f1", n_repeats=1, memory=False)
    assert 0 < report["score"][0] <= 1


@pytest.mark.parametrize("n_repeats", [0, -1, 1.5, True, None])
def test_seconds_of_no_call(n_repeats):
    ridge = {"ridge": Ridge().fit(X, y)}
    why = rf"'n_repeats' parameter of deploy\.efficiency_report must .* Got {n_repeats} instead"
    with pytest.raises(ValueError, match=why):
        deploy.efficiency_report(ridge, X, y, n_repeats=n_repeats, memory=False)


def test_no_model():
    with pytest.raises(ValueError, match="must name at least one model"):
        deploy.efficiency_report({}, X, y)


def test_generators_beside_their_8_bit_form():
    maker = VAESynthesizer(max_steps=100, random_state=0).fit(X[:100], y[:100])
    random = np.random.RandomState(0).permutation(y[:100])
    lost = VAESynthesizer(max_steps=100, random_state=0).fit(X[:100], random)
    makers = {"full": maker, "int8": maker.quantize(), "lost": lost}
    report = deploy.efficiency_report(makers, X[100:], y[100:], n_repeats=3)
    full, small, _ = report["n_bytes"]
    assert small < full
    assert (report["memory"] >= 0).all()
    assert report["seconds_1000"][0] > report["seconds_1"][0] > 0
    assert report["score"][:2].min() > 0.8 > report["score"][2]


@pytest.mark.parametrize("container", [np.asarray, pd.DataFrame])
def test_generators_of_values_and_of_rows_without_labels(container):
    rows, values = make_regression(150, 3, random_state=0)
    rows[::7, 0] = np.nan
    values[:20] = np.nan
    moved = {"moved": PerturbationSynthesizer().fit(container(rows[:100]), values[:100])}
    report = deploy.efficiency_report(
        moved, container(rows[100:]), values[100:], n_repeats=1, memory=False
    )
    assert 0.3 < report["score"][0] < 1
