"""Generators: rows like the real ones, near anchors, towards doubt."""

import importlib.util
import pickle

import numpy as np
import pytest
import torch
from made_tables import TABLES, column_values, kind_of, legal_column
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.linear_model import BayesianRidge, LogisticRegression

from sklearn_synda import ActiveSynthesisClassifier, ActiveSynthesisRegressor, _optional
from sklearn_synda.exceptions import SynthesisWarning
from sklearn_synda.synthesis import DiffusionSynthesizer, GANSynthesizer, VAESynthesizer
from sklearn_synda.synthesis._guidance import choose
from sklearn_synda.synthesis._torch import _training
from sklearn_synda.synthesis._torch._layers import PointNet
from sklearn_synda.utils.estimator_checks import check_synthesizer
from sklearn_synda.validation import NoValidation

TINY = [
    VAESynthesizer(max_steps=20, hidden_layer_sizes=(16,), random_state=0),
    DiffusionSynthesizer(max_steps=20, hidden_layer_sizes=(16,), n_sampling_steps=2,
                         random_state=0),
    DiffusionSynthesizer(denoiser="trees", n_estimators=2, n_sampling_steps=2, random_state=0),
    GANSynthesizer(max_steps=10, hidden_layer_sizes=(16,), random_state=0),
]  # fmt: skip
NAMES = ["vae", "mlp", "trees", "gan"]
GUIDED = {"guidance_weight": 1.0, "exploration_strength": 2.0, "n_exploration_steps": 2,
          "n_candidates": 2}  # fmt: skip
each = pytest.mark.parametrize("tiny", TINY, ids=NAMES)
each_net = pytest.mark.parametrize("tiny", [t for t in TINY if t is not TINY[2]],
                                   ids=["vae", "mlp", "gan"])  # fmt: skip


@pytest.fixture(autouse=True)
def few_steps_of_a_tilt(monkeypatch):
    monkeypatch.setattr(_training, "_N_TILT", 80)


@pytest.fixture(scope="module")
def table():
    """Two crescents, and a column of levels that goes with the class."""
    rng = np.random.RandomState(0)
    y = np.resize([0, 1], 160)
    angle = np.pi * rng.uniform(size=160)
    X = np.column_stack([np.cos(angle) + y, np.sin(angle) * (1 - 2 * y) + y / 2])
    X += 0.1 * rng.normal(size=X.shape)
    return np.column_stack([X, y + 2.0 * (rng.uniform(size=160) < 0.2)]), y


@pytest.fixture(scope="module")
def trained(table):
    """Each generator after enough steps to tell the classes apart."""
    makers = [
        VAESynthesizer(max_steps=300, random_state=0),
        DiffusionSynthesizer(max_steps=300, random_state=0),
        DiffusionSynthesizer(denoiser="trees", n_estimators=5, random_state=0),
        GANSynthesizer(max_steps=200, random_state=0),
    ]
    return {name: maker.fit(*table) for name, maker in zip(NAMES, makers, strict=True)}


def with_parameters(maker, **changes):
    """A fitted synthesizer with other parameters of ``sample``."""
    return pickle.loads(pickle.dumps(maker)).set_params(**changes)


@each
def test_contract_with_every_form_of_guidance(tiny):
    check_synthesizer(clone(tiny).set_params(**GUIDED))


@each
@pytest.mark.parametrize("name", [name for name in TABLES if name != "wide csr"])
def test_tables_of_every_kind(tiny, name):
    X = TABLES[name]()
    y = np.resize([0, 1, 1, -1], X.shape[0])
    batch = clone(tiny).fit(X, y).sample(np.arange(60), random_state=0)
    assert kind_of(batch.X) == kind_of(X)
    for j in range(X.shape[1]):
        legal_column(column_values(batch.X, j), column_values(X, j))


@each
def test_same_seed_same_rows_and_nothing_global_is_changed(tiny, table):
    state, n_threads = torch.random.get_rng_state(), torch.get_num_threads()
    first, second = (clone(tiny).fit(*table) for _ in range(2))
    rows = first.sample([0, 1, 5], random_state=3).X
    np.testing.assert_array_equal(rows, second.sample([0, 1, 5], random_state=3).X)
    assert not np.array_equal(rows, first.sample([0, 1, 5], random_state=4).X)
    other = clone(tiny).set_params(random_state=1).fit(*table)
    assert not np.array_equal(rows, other.sample([0, 1, 5], random_state=3).X)
    assert torch.equal(state, torch.random.get_rng_state())
    assert n_threads == torch.get_num_threads()


@pytest.mark.parametrize("name", NAMES)
def test_rows_have_the_class_of_their_anchor(trained, table, name):
    """Also from scratch, where nothing but the class is left of the anchor."""
    X, y = table
    maker = with_parameters(trained[name], noise_level=1.0)
    anchors = np.resize(np.arange(160), 400)
    made = maker.sample(anchors, random_state=0).X
    judge = LogisticRegression().fit(X, y)
    assert judge.score(made, y[anchors]) > judge.score(X, y) - 0.15
    assert (made[:, 2] == y[anchors]).mean() > 0.6


@pytest.mark.parametrize("name", NAMES)
def test_a_lower_noise_level_stays_nearer_to_the_anchor(trained, name):
    anchors = np.arange(160)
    near, far = (
        with_parameters(trained[name], noise_level=level).sample(anchors, random_state=0)
        for level in (0.05, 1.0)
    )
    assert near.closeness.mean() > far.closeness.mean() + 0.1
    assert near.closeness.max() <= 1
    assert (near.parents[:, 1] == -1).all()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", [
    {"guidance_weight": 0.2}, {"exploration_strength": 3.0}, {"n_candidates": 4},
], ids=["loss", "exploration", "candidates"])  # fmt: skip
def test_each_form_of_guidance_makes_rows_less_certain(trained, name, form):
    def guide(X):
        return np.exp(-((X[:, 0] - 0.5) ** 2)) + (X[:, 2] > 1)

    anchors = np.resize(np.arange(160), 200)
    maker = with_parameters(trained[name], noise_level=1.0)
    plain = guide(maker.sample(anchors, guide=guide, random_state=0).X).mean()
    maker.set_params(**form)
    if "guidance_weight" in form and name in ("trees", "gan"):
        maker.set_params(guidance_weight=1.5)
    batch = maker.sample(anchors, guide=guide, random_state=0)
    assert guide(batch.X).mean() > plain + 0.03
    np.testing.assert_array_equal(batch.parents[:, 0], anchors)
    (entry,) = maker.guidance_history_
    assert entry["uncertainty"] == pytest.approx(guide(batch.X).mean())


def test_without_a_form_of_guidance_the_guide_is_not_asked(trained):
    def guide(X):
        raise AssertionError("asked")

    maker = trained["vae"]
    rows = maker.sample([0, 1], guide=guide, random_state=0).X
    np.testing.assert_array_equal(rows, maker.sample([0, 1], random_state=0).X)


def test_the_curriculum_climbs_over_calls_and_fit_starts_anew(trained, table):
    maker = with_parameters(
        trained["vae"], noise_level=1.0, exploration_strength=6.0, curriculum_rounds=3
    )
    anchors = np.resize(np.arange(160), 300)
    for k in range(4):
        maker.sample(anchors, guide=lambda X: X[:, 0], random_state=k)
    history = maker.guidance_history_
    assert [entry["strength"] for entry in history] == [2.0, 4.0, 6.0, 6.0]
    doubt = [entry["uncertainty"] for entry in history]
    assert doubt[0] < doubt[1] < doubt[2]
    course = history[-1]["course"]
    assert len(course) == 11
    assert course[-1] > course[0]
    assert clone(maker).set_params(max_steps=1).fit(*table).guidance_history_ == []


def test_a_tilted_net_is_kept_for_its_guide_and_not_pickled(trained):
    maker = with_parameters(trained["vae"], guidance_weight=1.0)

    def guide(X):
        return X[:, 0]

    first = maker.sample([0, 1], guide=guide, random_state=0)
    tilted = maker._tilted[1]
    np.testing.assert_array_equal(first.X, maker.sample([0, 1], guide=guide, random_state=0).X)
    assert maker._tilted[1] is tilted
    other = maker.sample([0, 1], guide=lambda X: -X[:, 0], random_state=0)
    assert not np.array_equal(first.X, other.X)
    stronger = maker.set_params(guidance_weight=9.0).sample([0, 1], guide=guide, random_state=0)
    assert not np.array_equal(first.X, stronger.X)
    assert pickle.loads(pickle.dumps(maker))._tilted == (None, None)


def test_a_guide_that_has_learnt_more_is_another(trained, table):
    """A bound method is equal to itself, whatever its object has learnt since."""
    X, y = table
    maker = with_parameters(trained["vae"], guidance_weight=1.0)
    model = BayesianRidge().fit(X, X[:, 0])
    first = maker.sample([0, 1], guide=model.predict, random_state=0)
    model.fit(X, -X[:, 0])
    other = maker.sample([0, 1], guide=model.predict, random_state=0)
    assert not np.array_equal(first.X, other.X)


@pytest.mark.parametrize("form", [{"n_candidates": 3}, {"exploration_strength": 1.0}])
def test_a_guide_that_knows_no_number_is_refused(trained, form):
    maker = with_parameters(trained["vae"], **form)
    with pytest.raises(ValueError, match=r"'guide' parameter of VAESynthesizer.sample must give a"):
        maker.sample([0, 1], guide=lambda X: np.where(X[:, 0] > 0, np.nan, 1.0), random_state=0)


def test_choice_by_uncertainty_plausibility_and_diversity():
    real = np.random.RandomState(0).normal(size=(200, 2))
    made = np.array([[0.0, 0.0], [0.1, 0.0], [40.0, 0.0]] * 2)
    made[3:] += 1e-3
    unsure = np.array([1.0, 2.0, 3.0] * 2)
    by = {"plausibility_weight": 0.0, "diversity_weight": 0.0}
    assert choose(unsure, made, real, 3, **by).tolist() == [2, 5]
    assert choose(unsure, made, real, 3, **by | {"plausibility_weight": 1.0}).tolist() == [1, 4]
    both = choose(unsure, made, real, 3, plausibility_weight=1.0, diversity_weight=1.0)
    assert both.tolist() == [1, 3]


@each
def test_regression_follows_the_target(tiny):
    rng = np.random.RandomState(0)
    X = rng.normal(size=(200, 2))
    y = X[:, 0] + 0.1 * rng.normal(size=200)
    y[::10] = np.nan
    settings = {"max_steps": 300, "hidden_layer_sizes": (32,)}
    if isinstance(tiny, GANSynthesizer):
        settings = {"max_steps": 200, "hidden_layer_sizes": (128, 128), "learning_rate": 0.003}
    if getattr(tiny, "denoiser", "") == "trees":
        settings = {"n_estimators": 5, "n_sampling_steps": 10}
    maker = clone(tiny).set_params(noise_level=1.0, **settings).fit(X, y)
    anchors = np.flatnonzero(~np.isnan(y))
    made = maker.sample(anchors, random_state=0).X
    assert np.corrcoef(made[:, 0], y[anchors])[0, 1] > 0.7
    assert np.isfinite(maker.sample([0, 10], random_state=0).X).all()


@each
def test_rows_of_weight_zero_are_not_learnt(tiny):
    rng = np.random.RandomState(0)
    X = np.concatenate([rng.normal(0, 1, (100, 2)), rng.normal(50, 1, (100, 2))])
    weight = np.repeat([1.0, 0.0], 100)
    maker = clone(tiny).set_params(noise_level=1.0)
    if isinstance(maker, GANSynthesizer):
        maker.set_params(hidden_layer_sizes=(64, 64))
    if maker.get_params().get("denoiser") != "trees":
        maker.set_params(max_steps=150)
    maker.fit(X, np.zeros(200, dtype=int), sample_weight=weight)
    made = maker.sample(np.zeros(100, dtype=int), random_state=0).X
    assert np.median(made) < 10
    with pytest.raises(ValueError, match="at least one non-zero"):
        maker.fit(X, np.zeros(200, dtype=int), sample_weight=np.zeros(200))
    with pytest.raises(ValueError, match="sample_weight"):
        maker.fit(X, np.zeros(200, dtype=int), sample_weight=np.ones(3))


@each_net
def test_a_loss_that_is_not_finite_stops_with_the_last_good_weights(tiny, table):
    maker = clone(tiny).set_params(learning_rate=1e20, max_steps=60)
    with pytest.warns(SynthesisWarning, match=r"the loss was not finite at step \d+ of 60"):
        maker.fit(*table)
    assert len(maker.loss_curve_) < 60
    assert all(torch.isfinite(value).all() for value in maker.net_.state_dict().values())
    assert np.isfinite(maker.sample([0, 1], random_state=0).X).all()


@each_net
def test_the_last_step_is_looked_at_too(tiny, table):
    maker = clone(tiny).set_params(learning_rate=1e300, max_steps=1)
    with pytest.warns(SynthesisWarning, match="(weights were|loss was) not finite .* 1 of 1"):
        maker.fit(*table)
    assert maker.loss_curve_ == []
    assert all(torch.isfinite(value).all() for value in maker.net_.state_dict().values())


def test_a_block_of_large_logits_leaves_the_others_alone():
    net = PointNet(0, [2, 3])
    logits = torch.tensor([[1000.0, 999.0, -1.0, 0.0, 1.0]])
    expected = torch.cat([part.log_softmax(1) for part in logits.split([2, 3], 1)], 1)
    torch.testing.assert_close(net.log_share(logits), expected)


def test_training_stops_when_the_loss_stands_still():
    X = np.random.RandomState(0).normal(size=(50, 2))
    maker = VAESynthesizer(max_steps=5000, n_iter_no_change=1, random_state=0)
    assert len(maker.fit(X, np.zeros(50, dtype=int)).loss_curve_) < 2500


@each
@pytest.mark.parametrize(("X", "y"), [
    (np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]), np.array([0, 1, 2])),
    (np.array([[1.0, 1.0]]), np.array([0])),
    (np.ones((6, 2)), np.array([0, 0, 0, 1, 1, 1])),
    (np.full((6, 2), np.nan), np.array([0, 0, 0, 1, 1, 1])),
    (np.arange(12.0).reshape(6, 2), np.full(6, -1)),
    (np.arange(12.0).reshape(6, 2), np.full(6, np.nan)),
], ids=["three rows", "one row", "constant", "nothing", "no class", "no value"])  # fmt: skip
def test_poor_tables(tiny, X, y):
    maker = clone(tiny).set_params(**GUIDED).fit(X, y)
    anchors = np.resize(np.arange(len(X)), 7)
    for guide in (None, lambda rows: np.ones(len(rows))):
        batch = maker.sample(anchors, guide=guide, random_state=0)
        assert batch.X.shape == (7, X.shape[1])
        np.testing.assert_array_equal(np.isnan(batch.X).any(), np.isnan(X).any())
        assert ((batch.closeness >= 0) & (batch.closeness <= 1)).all()
    assert maker.sample([], guide=lambda rows: rows, random_state=0).X.shape == (0, X.shape[1])


@each
def test_a_thousand_columns(tiny):
    X = np.random.RandomState(0).normal(size=(30, 1000))
    maker = clone(tiny).set_params(n_candidates=2)
    made = (
        maker.fit(X, np.resize([0, 1], 30))
        .sample([0, 7], guide=lambda rows: rows[:, 0], random_state=0)
        .X
    )
    assert made.shape == (2, 1000)
    assert np.isfinite(made).all()


@each
def test_what_is_refused(tiny):
    wide = sparse.random(5, 1200, random_state=0, format="csr")
    with pytest.raises(ValueError, match="is not compatible with a sparse table of 1200 columns"):
        clone(tiny).fit(wide, np.arange(5))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        clone(tiny).fit(np.ones((5, 2)), np.arange(4))
    with pytest.raises(ValueError, match="'noise_level' parameter of .* must be"):
        clone(tiny).set_params(noise_level=0.0).fit(np.ones((5, 2)), np.arange(5))


def test_without_torch_trees_work_and_nets_say_what_is_missing(monkeypatch, table):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        _optional, "find_spec", lambda name: None if name == "torch" else find_spec(name)
    )
    for maker in TINY:
        if maker.get_params().get("denoiser") == "trees":
            clone(maker).fit(*table)
            continue
        with pytest.raises(ImportError, match=r"\w+Synthesizer.fit requires PyTorch"):
            clone(maker).fit(*table)


@each
def test_small_classes_keep_their_share_and_their_place(tiny):
    X, y = load_iris(return_X_y=True)
    few = np.r_[np.arange(43), np.arange(50, 57)]
    X_all, y_all = clone(tiny).set_params(random_state=0).fit_resample(X[few], y[few])
    np.testing.assert_array_equal(np.bincount(y_all), [43, 43])
    np.testing.assert_array_equal(X_all[:50], X[few])


@pytest.mark.filterwarnings("ignore::sklearn_synda.exceptions.SampleWeightWarning")
@pytest.mark.parametrize("kind", [ActiveSynthesisClassifier, ActiveSynthesisRegressor])
def test_in_a_meta_estimator_a_call_is_a_round(kind, monkeypatch):
    """The curriculum of a course climbs from round to round."""
    strengths = []
    make = VAESynthesizer._guided_batch

    def seen(self, *args):
        batch = make(self, *args)
        strengths.append(self.guidance_history_[-1]["strength"])
        return batch

    monkeypatch.setattr(VAESynthesizer, "_guided_batch", seen)
    rng = np.random.RandomState(0)
    X = rng.normal(size=(40, 3))
    y = X[:, 0] + 0.2 * rng.normal(size=40)
    is_classifier = kind is ActiveSynthesisClassifier
    maker = clone(TINY[0]).set_params(
        exploration_strength=2.0, n_exploration_steps=2, curriculum_rounds=2
    )
    model = kind(
        LogisticRegression() if is_classifier else BayesianRidge(), synthesizer=maker,
        validation=NoValidation(), max_iter=2, random_state=0,
    )  # fmt: skip
    model.fit(X, y > 0 if is_classifier else y)
    assert strengths == [1.0, 2.0]
    assert set(model.provenance_.synthesizer) == {"", "VAESynthesizer"}
