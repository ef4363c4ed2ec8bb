"""Attributions: what drives the uncertainty gets it, what does not gets nothing."""

import copy

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from scipy import sparse
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from skorch import NeuralNetBinaryClassifier, NeuralNetClassifier

from sklearn_synda import ActiveSynthesisClassifier, ActiveSynthesisRegressor, _optional
from sklearn_synda.attribution import (
    explain_uncertainty,
    gradient_attribution,
    occlusion_attribution,
    shapley_attribution,
)
from sklearn_synda.uncertainty import (
    CommitteeUncertainty,
    PredictiveUncertainty,
    ProxyUncertainty,
)

RNG = np.random.RandomState(0)
X = RNG.normal(size=(40, 4))
BACKGROUND = RNG.normal(size=(30, 4))


def product(rows):
    """Depends on the first three columns, on two of them together."""
    rows = np.asarray(rows, dtype=float)
    return rows[:, 0] * rows[:, 1] + rows[:, 2] ** 2


def test_shapley_values_share_the_whole_difference():
    """Exactly so once every background row was met as often."""
    for turns in (1, 2):
        found = shapley_attribution(product, X, BACKGROUND, n_repeats=30 * turns, random_state=0)
        whole = product(X) - product(BACKGROUND).mean()
        np.testing.assert_allclose(found.sum(axis=1), whole, atol=1e-12)
    few = shapley_attribution(product, X, BACKGROUND, n_repeats=10, random_state=0)
    assert 0 < np.abs(few.sum(axis=1) - whole).max() < 2


def test_shapley_values_are_those_of_the_definition():
    found = shapley_attribution(product, X, BACKGROUND[:1], n_repeats=400, random_state=0)
    b = BACKGROUND[0]
    together = X[:, 0] * X[:, 1] - b[0] * b[1]
    first = ((X[:, 0] - b[0]) * b[1] + (X[:, 0] - b[0]) * X[:, 1]) / 2
    expected = np.column_stack([first, together - first, X[:, 2] ** 2 - b[2] ** 2, 0 * first])
    np.testing.assert_allclose(found, expected, atol=1e-10)  # reversed orders meet the mean


@pytest.mark.parametrize("attribute", [occlusion_attribution, shapley_attribution])
def test_an_irrelevant_column_gets_nothing(attribute):
    found = attribute(product, X, BACKGROUND, random_state=0)
    assert found.shape == X.shape
    np.testing.assert_array_equal(found[:, 3], 0)
    assert np.abs(found[:, :3]).mean() > 0.3


def test_occlusion_is_the_mean_loss():
    found = occlusion_attribution(lambda rows: rows[:, 2], X, BACKGROUND, n_repeats=400,
                                  random_state=0)  # fmt: skip
    np.testing.assert_allclose(found[:, 2], X[:, 2] - BACKGROUND[:, 2].mean(), atol=0.25)


@pytest.mark.parametrize("method", ["shapley", "occlusion"])
def test_same_seed_same_attribution_in_blocks_too(method, monkeypatch):
    def attribution(seed):
        return explain_uncertainty(product, X, BACKGROUND, method=method, random_state=seed)

    first = attribution(1)
    assert not np.array_equal(first, attribution(2))
    monkeypatch.setattr("sklearn_synda.attribution._cells._N_CELLS", 40)
    monkeypatch.setattr("sklearn_synda.attribution._shapley._N_CELLS", 40)
    np.testing.assert_array_equal(first, attribution(1))


@pytest.mark.parametrize("method", ["shapley", "occlusion"])
def test_tables_reach_the_function_as_they_came(method):
    rng = np.random.RandomState(0)
    frame = pd.DataFrame({
        "number": rng.normal(size=30),
        "whole": rng.randint(0, 5, 30),
        "name": pd.Categorical(rng.choice(["a", "b"], 30), categories=["a", "b", "never"]),
    })  # fmt: skip
    frame.loc[3, "number"] = np.nan
    seen = []

    def unsure(rows):
        seen.append(rows)
        return np.asarray(rows["name"] == "a", dtype=float)

    found = explain_uncertainty(unsure, frame[:5], frame[5:], method=method, random_state=0)
    assert found.shape == (5, 3)
    assert not found[:, :2].any()
    assert np.sign(found[:, 2]).tolist() == [1 if n == "a" else -1 for n in frame["name"][:5]]
    for rows in seen:
        pd.testing.assert_series_equal(rows.dtypes, frame.dtypes)
    other = pl.from_pandas(frame)
    found = explain_uncertainty(unsure, other[:5], other[5:], method=method, random_state=0)
    assert np.abs(found[:, 2]).min() > 0
    assert seen[-1].schema == other.schema


def test_narrow_sparse_rows():
    rows = sparse.csr_matrix(np.where(X > 0, X, 0))
    found = shapley_attribution(lambda r: product(r.toarray()), rows[:3], rows, random_state=0)
    assert np.abs(found[:, 2]).max() > 0


def test_meta_estimators_explain_what_drives_them(light):
    """Rows are noise where the first column is large, and the second means nothing."""
    rng = np.random.RandomState(0)
    rows = rng.uniform(-1, 1, size=(150, 3))
    y = np.where(rows[:, 0] > 0, rng.randint(0, 2, 150), 0)
    frame = pd.DataFrame(rows, columns=["drives", "nothing", "nothing either"])
    model = ActiveSynthesisClassifier(LogisticRegression(), random_state=0, **light)
    model.fit(frame, y)
    for method in ("shapley", "occlusion"):
        found = model.explain_uncertainty(frame[:20], method=method, random_state=0)
        assert isinstance(found, np.ndarray)
        size = np.abs(found).mean(axis=0)
        assert size[0] > 3 * size[1:].max()
    with pytest.raises(ValueError, match="columns|features|feature names"):
        model.explain_uncertainty(frame[["drives"]])
    whole = model.explain_uncertainty(frame[:4], n_repeats=150).sum(axis=1)
    gap = model.predict_uncertainty(frame[:4]) - model.predict_uncertainty(frame).mean()
    np.testing.assert_allclose(whole, gap, atol=1e-10)


def test_values_and_committees(light):
    from sklearn.linear_model import BayesianRidge

    model = ActiveSynthesisRegressor(BayesianRidge(), random_state=0, **light)
    assert model.fit(X, X[:, 0]).explain_uncertainty(X[:3], n_repeats=4).shape == (3, 4)
    unsure = CommitteeUncertainty(LogisticRegression(), n_estimators=3, random_state=0)
    unsure.fit(X, X[:, 0] > 0)
    assert explain_uncertainty(unsure, X[:3], X, n_repeats=4).shape == (3, 4)


def test_not_fitted():
    from sklearn.exceptions import NotFittedError

    with pytest.raises(NotFittedError):
        ActiveSynthesisClassifier(LogisticRegression()).explain_uncertainty(X)


# nets


@pytest.fixture(scope="module")
def net():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layers = torch.nn.Sequential(
            torch.nn.Linear(4, 16), torch.nn.Tanh(), torch.nn.Dropout(0.2), torch.nn.Linear(16, 3)
        )
        net = NeuralNetClassifier(layers, criterion=torch.nn.CrossEntropyLoss, verbose=0, lr=0.1,
                                  max_epochs=15, train_split=None)  # fmt: skip
        return net.fit(X.astype(np.float32), (X[:, 0] > 0) + (X[:, 1] > 0).astype(np.int64))


@pytest.mark.parametrize("measure", ["margin", "entropy", "least_confident"])
def test_integrated_gradients_share_the_whole_difference(net, measure):
    rows, others = X.astype(np.float32), BACKGROUND.astype(np.float32)
    state = torch.random.get_rng_state()
    found = gradient_attribution(
        net, rows, others, measure=measure, n_repeats=60, n_steps=200, random_state=0
    )
    assert torch.equal(state, torch.random.get_rng_state())
    unsure = PredictiveUncertainty(net, measure=measure)._respond
    whole = unsure(net, rows) - unsure(net, others).mean()
    np.testing.assert_allclose(found.sum(axis=1), whole, atol=0.01)
    shapley = shapley_attribution(
        lambda r: unsure(net, r), rows, others, n_repeats=120, random_state=0
    )
    assert np.corrcoef(found.ravel(), shapley.ravel())[0, 1] > 0.8


def test_columns_behind_a_preparation(net):
    rows = np.column_stack([X[:, :2], np.resize(["p", "q", "q"], 40)]).astype(object)
    rows[:, :2] = rows[:, :2].astype(float)
    prepare = ColumnTransformer([
        ("names", OneHotEncoder(sparse_output=False), [2]), ("numbers", StandardScaler(), [0, 1]),
    ])  # fmt: skip
    to_float32 = FunctionTransformer(np.asarray, kw_args={"dtype": np.float32})
    model = make_pipeline(prepare, to_float32).fit(rows)
    model.steps.append(("net", net))
    found = gradient_attribution(model, rows, rows, n_repeats=40, n_steps=200, random_state=0)
    assert found.shape == (40, 3)
    unsure = PredictiveUncertainty(net)._respond(model, rows)
    np.testing.assert_allclose(found.sum(axis=1), unsure - unsure.mean(), atol=0.02)
    np.testing.assert_allclose(
        found, gradient_attribution(model, rows, rows, n_repeats=40, n_steps=200, random_state=1),
        atol=1e-3,
    )  # fmt: skip


@pytest.mark.filterwarnings("ignore::sklearn_synda.exceptions.SampleWeightWarning")
def test_meta_estimators_around_nets(net, light):
    from sklearn.base import clone

    model = ActiveSynthesisClassifier(clone(net), random_state=0, **light)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model.fit(X.astype(np.float32), np.digitize(X[:, 0], [-0.5, 0.5]))
    found = model.explain_uncertainty(X.astype(np.float32), method="gradient", n_repeats=40)
    assert np.abs(found).mean(axis=0).argmax() == 0


def test_a_binary_net_with_one_output(net):
    layer = torch.nn.Linear(4, 1)
    layer.weight.data[:] = torch.tensor([[2.0, 0, 0, 0]])
    torch.nn.init.zeros_(layer.bias)
    binary = NeuralNetBinaryClassifier(layer, verbose=0).initialize()
    rows = X.astype(np.float32)
    found = gradient_attribution(binary, rows, rows, n_repeats=40, n_steps=200)
    unsure = PredictiveUncertainty(binary)._respond(binary, rows)
    np.testing.assert_allclose(found.sum(axis=1), unsure - unsure.mean(), atol=0.02)
    assert np.abs(found[:, 1:]).max() < 1e-6


def test_a_net_in_float64(net):
    given = {"measure": "margin", "n_repeats": 5, "random_state": 0}
    small = gradient_attribution(net, X.astype(np.float32), BACKGROUND.astype(np.float32), **given)
    double = copy.deepcopy(net)
    double.module_.double()
    np.testing.assert_allclose(gradient_attribution(double, X, BACKGROUND, **given), small,
                               atol=1e-5)  # fmt: skip


def test_gradients_explain_no_one_else(net):
    """A proxy answers by itself: the gradients of its teacher would be those of another."""
    rows, y = X.astype(np.float32), (X[:, 0] > 0).astype(int)
    proxy = ProxyUncertainty(LogisticRegression(), n_rows=50, random_state=0).fit(rows, y)
    proxy.estimator_ = net
    with pytest.raises(TypeError, match="not compatible with ProxyUncertainty: it needs a Predic"):
        explain_uncertainty(proxy, rows, rows, method="gradient")


def test_what_gradients_cannot_do(net, monkeypatch):
    linear = PredictiveUncertainty(LogisticRegression()).fit(X, X[:, 0] > 0)
    with pytest.raises(TypeError, match="not compatible with LogisticRegression: it needs"):
        explain_uncertainty(linear, X, X, method="gradient")
    with pytest.raises(TypeError, match="it needs a PredictiveUncertainty of a net"):
        explain_uncertainty(product, X, X, method="gradient")
    mixed = make_pipeline(PCA(), FunctionTransformer(np.float32)).fit(X)
    mixed.steps.append(("net", net))
    with pytest.raises(TypeError, match="it needs steps that keep columns apart"):
        gradient_attribution(mixed, X, X)
    with pytest.raises(ValueError, match="'measure' parameter of gradient_attribution"):
        gradient_attribution(net, X, X, measure="variance")
    find = _optional.find_spec
    monkeypatch.setattr(_optional, "find_spec", lambda n: None if n == "torch" else find(n))
    with pytest.raises(ImportError, match="gradient_attribution requires PyTorch"):
        gradient_attribution(net, X, X)


@pytest.mark.parametrize("n_repeats", [0, -3, 2.0, True, "many"])
def test_numbers_of_draws_that_are_none(n_repeats, net):
    why = r"'n_repeats' parameter of {} must be an int of 1 or more. Got .* instead"
    for attribute in (occlusion_attribution, shapley_attribution):
        with pytest.raises(ValueError, match=why.format(attribute.__name__)):
            attribute(product, X, BACKGROUND, n_repeats=n_repeats)
    for method in ("occlusion", "shapley"):
        with pytest.raises(ValueError, match=why.format("explain_uncertainty")):
            explain_uncertainty(product, X, BACKGROUND, method=method, n_repeats=n_repeats)
    with pytest.raises(ValueError, match=why.format("gradient_attribution")):
        gradient_attribution(net, X, X, n_repeats=n_repeats)
    with pytest.raises(ValueError, match="'n_steps' parameter of gradient_attribution must be"):
        gradient_attribution(net, X, X, n_steps=n_repeats)
    assert occlusion_attribution(product, X, X, n_repeats=np.int64(1)).shape == X.shape


@pytest.mark.parametrize(
    ("answer", "got"),
    [
        (lambda rows: rows, r"shape \(40, 4\) for 40 rows"),
        (lambda rows: 1.0, r"1\.0 for 40 rows"),
        (lambda rows: rows[1:, 0], r"shape \(39,\) for 40 rows"),
        (lambda rows: np.full(len(rows), np.nan), "NaN or infinity"),
        (lambda rows: -rows[:, 0] / 0.0, "NaN or infinity"),
        (lambda rows: ["unsure"] * len(rows), "list that holds other things"),
        (lambda rows: None, "None for 40 rows"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
@pytest.mark.parametrize("attribute", [occlusion_attribution, shapley_attribution])
def test_a_function_that_does_not_give_one_number_a_row(attribute, answer, got):
    why = rf"'uncertainty' parameter of {attribute.__name__} must give one finite number for each"
    with pytest.raises(ValueError, match=rf"{why} row. Got {got} instead"):
        attribute(answer, X, BACKGROUND)


@pytest.mark.parametrize("attribute", [occlusion_attribution, shapley_attribution])
def test_any_container_of_one_number_a_row(attribute):
    expected = attribute(product, X, BACKGROUND, random_state=0)
    for kind in (list, pd.Series, pl.Series, torch.tensor, lambda found: found[:, None]):
        found = attribute(lambda rows, k=kind: k(product(rows)), X, BACKGROUND, random_state=0)
        np.testing.assert_array_equal(found, expected)


def test_bad_input():
    with pytest.raises(ValueError, match=r"must have the 4 columns of X. Got 3 instead"):
        shapley_attribution(product, X, BACKGROUND[:, :3])
    with pytest.raises(ValueError, match="Found array with 0 sample"):
        shapley_attribution(product, X, BACKGROUND[:0])
    with pytest.raises(ValueError, match="'method' parameter of explain_uncertainty"):
        explain_uncertainty(product, X, X, method="magic")
    wide = sparse.csr_matrix((3, 2000))
    with pytest.raises(ValueError, match="sparse table of 2000 columns: it needs to change"):
        occlusion_attribution(product, wide, wide)
