"""Synthesizers: where the made rows lie, and who their parents are."""

import warnings

import numpy as np
import polars as pl
import pytest
from imblearn.combine import SMOTEENN, SMOTETomek
from imblearn.over_sampling import ADASYN, SMOTE, SMOTENC, BorderlineSMOTE, RandomOverSampler
from scipy import sparse
from sklearn.datasets import make_classification
from sklearn.exceptions import NotFittedError

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda.exceptions import SynthesisWarning
from sklearn_synda.synthesis import (
    MixingSynthesizer,
    PerturbationSynthesizer,
    SaliencyPerturbationSynthesizer,
    SamplerSynthesizer,
    SMOTESynthesizer,
    VAESynthesizer,
)

ALL = [
    MixingSynthesizer(),
    MixingSynthesizer(n_neighbors=2, n_candidates=3),
    PerturbationSynthesizer(),
    SaliencyPerturbationSynthesizer(),
    SMOTESynthesizer(),
    SMOTESynthesizer(partner="any"),
    SamplerSynthesizer(),
]
each = pytest.mark.parametrize("part", ALL, ids=repr)


@pytest.fixture
def table():
    return make_classification(60, 4, n_informative=3, n_redundant=0, random_state=0)


@each
def test_one_row_for_each_anchor_and_parents_that_exist(part, table):
    X, y = table
    anchors = np.array([3, 3, 50, 7])
    batch = part.fit(X, y).sample(anchors, random_state=0)
    assert batch.X.shape == (4, 4)
    np.testing.assert_array_equal(batch.parents[:, 0], anchors)
    assert ((batch.parents[:, 1] >= -1) & (batch.parents[:, 1] < 60)).all()
    assert ((batch.closeness >= 0) & (batch.closeness <= 1)).all()
    assert batch.synthesizer == type(part).__name__
    assert part.sample([], random_state=0).X.shape == (0, 4)


@each
def test_same_seed_same_rows(part, table):
    part.fit(*table)
    anchors = np.arange(20)
    first = part.sample(anchors, random_state=3).X
    np.testing.assert_array_equal(first, part.sample(anchors, random_state=3).X)
    assert not np.array_equal(first, part.sample(anchors, random_state=4).X)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_smote_rows_lie_between_parents_of_one_class(kind, table):
    X, y = table
    batch = SMOTESynthesizer(n_neighbors=3).fit(kind(X), y).sample(np.arange(60), random_state=0)
    made = batch.X.toarray() if sparse.issparse(batch.X) else batch.X
    anchor, partner = batch.parents.T
    share = batch.closeness[:, None]
    np.testing.assert_allclose(made, share * X[anchor] + (1 - share) * X[partner])
    np.testing.assert_array_equal(y[anchor], y[partner])
    assert (anchor != partner).all()


def test_smote_partners_are_among_the_nearest(table):
    X, y = table
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    batch = (
        SMOTESynthesizer(n_neighbors=3, partner="any")
        .fit(X, y)
        .sample(np.repeat(np.arange(60), 5), random_state=0)
    )
    for anchor, partner in batch.parents:
        distance = np.linalg.norm(X - X[anchor], axis=1)
        distance[anchor] = np.inf
        assert partner in np.argsort(distance)[:3]


def test_smote_for_values_prefers_partners_of_a_like_value():
    X = np.zeros((21, 1)) + np.linspace(0, 1e-6, 21)[:, None]
    y = np.r_[0.0, np.resize([0.1, 5.0], 20)]
    batch = SMOTESynthesizer(n_neighbors=20).fit(X, y).sample(np.zeros(200, int), random_state=0)
    assert (y[batch.parents[:, 1]] == 0.1).mean() > 0.95
    wide = SMOTESynthesizer(n_neighbors=20, bandwidth=100).fit(X, y)
    partners = wide.sample(np.zeros(200, int), random_state=0).parents[:, 1]
    assert 0.35 < (y[partners] == 0.1).mean() < 0.65


def test_unlabelled_anchors_take_any_partner(table):
    X, y = table
    y = y.copy()
    y[:30] = -1
    batch = SMOTESynthesizer().fit(X, y).sample(np.arange(60), random_state=0)
    partners = batch.parents[:, 1]
    assert (y[partners[30:]] == y[30:]).all()
    assert len(set(y[partners[:30]])) > 1


@pytest.mark.filterwarnings("ignore::sklearn_synda.exceptions.SynthesisWarning")
@each
def test_a_class_of_one_or_two_rows(part):
    X = np.arange(20.0)[:, None] * np.ones((1, 3))
    y = np.r_[np.zeros(17, dtype=int), 1, 1, 2]
    batch = part.fit(X, y).sample([17, 18, 19, 19], random_state=0)
    assert np.isfinite(batch.X).all()
    if isinstance(part, SMOTESynthesizer) and part.partner == "same_class":
        assert batch.parents[:2, 1].tolist() == [18, 17]
        assert batch.parents[2:, 1].tolist() == [19, 19]
        assert (batch.X[2:] == X[19]).all()


def test_mixing_copies_values_and_at_least_one_from_the_partner(table):
    X, y = table
    batch = MixingSynthesizer(mixing_rate=0.5).fit(X, y).sample(np.arange(60), random_state=0)
    for made, (anchor, partner), close in zip(batch.X, batch.parents, batch.closeness, strict=True):
        from_anchor = made == X[anchor]
        assert (from_anchor | (made == X[partner])).all()
        assert not from_anchor.all()
        assert close == from_anchor.mean()
        assert anchor != partner


def test_mixing_rate(table):
    X, y = table
    anchors = np.repeat(np.arange(60), 20)
    for rate in (0.1, 0.5, 1.0):
        batch = MixingSynthesizer(mixing_rate=rate).fit(X, y).sample(anchors, random_state=0)
        expected = (1 - rate) * (1 - 1 / 4)  # one feature of four is always the partner's
        assert batch.closeness.mean() == pytest.approx(expected, abs=0.02)


def test_mixing_within_a_class(table):
    X, y = table
    batch = MixingSynthesizer(partner="same_class").fit(X, y).sample(np.arange(60), random_state=0)
    np.testing.assert_array_equal(*y[batch.parents].T)


def test_mixing_keeps_missing_values_as_they_are():
    X = np.array([[1.0, np.nan], [2.0, 5.0], [3.0, np.nan]])
    batch = MixingSynthesizer().fit(X, np.array([0, 0, 1])).sample(np.resize([0, 1, 2], 90))
    assert np.isnan(batch.X[:, 1]).any()
    assert not np.isnan(batch.X[:, 0]).any()


def test_perturbation_moves_what_the_uncertainty_depends_on(table):
    X, y = table
    part = PerturbationSynthesizer(n_features_moved=0.25).fit(X, y)
    batch = part.sample(np.arange(60), guide=lambda rows: np.abs(rows[:, 2]), random_state=0)
    moved = batch.X != X
    assert (moved.sum(axis=1) <= 1).all()
    assert moved[:, 2].mean() > 0.8
    blind = part.sample(np.arange(60), random_state=0).X != X
    assert blind[:, 2].mean() < 0.5
    assert (batch.parents[:, 1] == -1).all()


def test_perturbation_scale(table):
    X, y = table
    far, near = (
        PerturbationSynthesizer(scale=scale, n_features_moved=1.0).fit(X, y)
        .sample(np.arange(60), random_state=0).X
        for scale in (0.5, 0.05)
    )  # fmt: skip
    assert np.abs(far - X).mean() > 3 * np.abs(near - X).mean() > 0


@pytest.mark.parametrize("part", [
    MixingSynthesizer(n_candidates=5), SMOTESynthesizer(n_candidates=5),
    PerturbationSynthesizer(n_candidates=5),
], ids=repr)  # fmt: skip
def test_the_most_uncertain_candidate_is_kept(part, table):
    def guide(rows):
        return rows[:, 0]

    part.fit(*table)
    anchors = np.arange(60)
    guided = part.sample(anchors, guide=guide, random_state=0)
    assert guide(guided.X).mean() > guide(part.sample(anchors, random_state=0).X).mean()
    np.testing.assert_array_equal(guided.parents[:, 0], anchors)


@pytest.mark.parametrize("sampler", [
    SMOTE(), ADASYN(), BorderlineSMOTE(), RandomOverSampler(), SMOTENC([3]),
], ids=lambda sampler: type(sampler).__name__)  # fmt: skip
def test_samplers_of_imbalanced_learn(sampler, table):
    X, y = table
    X = np.column_stack([X[:, :3], np.resize([0.0, 1.0, 2.0], 60)])
    anchors = np.r_[np.flatnonzero(y == 0)[:5], np.flatnonzero(y == 1)[:5]]
    batch = SamplerSynthesizer(sampler).fit(X, y).sample(anchors, random_state=0)
    assert batch.X.shape == (10, 4)
    assert (X.min(axis=0) <= batch.X).all()
    assert (X.max(axis=0) >= batch.X).all()
    assert set(batch.X[:, 3]) <= {0.0, 1.0, 2.0}
    assert sampler.get_params()["sampling_strategy"] == "auto"


def test_a_sampler_makes_rows_near_its_anchors(table):
    X, y = table
    anchors = np.repeat(np.flatnonzero(y == 1)[:2], 20)
    batch = SamplerSynthesizer(n_candidates=5).fit(X, y).sample(anchors, random_state=0)
    spread = np.linalg.norm(X[:, None] - X[None], axis=2).mean()
    assert np.linalg.norm(batch.X - X[anchors], axis=1).mean() < 0.8 * spread


def test_a_sampler_that_can_make_nothing_says_so():
    X, y = np.arange(20.0)[:, None], np.r_[np.zeros(19, dtype=int), 1]
    part = SamplerSynthesizer(SMOTE()).fit(X, y)
    with pytest.warns(SynthesisWarning, match=r"SMOTE could not make rows \(class 1 has 1 row"):
        batch = part.sample([19, 19], random_state=0)
    assert (batch.X == 19.0).all()


def test_a_sampler_takes_a_list_of_lists(table):
    X, y = table
    rows = X.tolist() if isinstance(X, np.ndarray) else X.to_numpy().tolist()
    assert SamplerSynthesizer().fit(rows, y).sample([0], random_state=0).X.shape == (1, X.shape[1])


@pytest.mark.parametrize("labels", [[-1, 1], ["a", "b"], [-2, 0], [None, 1]])
@pytest.mark.parametrize("part", [MixingSynthesizer(), SMOTESynthesizer(), VAESynthesizer()])
def test_labels_that_are_no_codes_are_refused(part, labels):
    X, y = np.random.RandomState(0).normal(size=(20, 2)), np.resize(np.array(labels), 20)
    with pytest.raises(ValueError, match=r"'y' parameter of \w+.fit must hold class codes 0, 1, 2"):
        part.fit(X, y)


def test_resampling_takes_any_labels():
    X, y = np.random.RandomState(0).normal(size=(20, 2)), np.repeat([-1, 1], [14, 6])
    for labels in (y, np.where(y > 0, "yes", "no")):
        _, made = MixingSynthesizer(random_state=0).fit_resample(X, labels)
        assert np.unique(made, return_counts=True)[1].tolist() == [14, 14]


def test_one_labelled_class_beside_unlabelled_rows():
    """Codes of a fold may lack a class; the meta-estimator copes."""
    from sklearn.tree import DecisionTreeClassifier

    X, y = np.random.RandomState(0).normal(size=(50, 2)), np.repeat([0.0, 1.0, np.nan], [1, 19, 30])
    model = ActiveSynthesisClassifier(DecisionTreeClassifier(), max_iter=1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SynthesisWarning)
        assert model.fit(X, y).classes_.tolist() == [0, 1]


def test_a_guide_that_knows_no_number_is_refused(table):
    X, y = table
    for part in (MixingSynthesizer(n_candidates=2), PerturbationSynthesizer()):
        with pytest.raises(ValueError, match="must give a finite number for every row. Got"):
            part.fit(X, y).sample([0], guide=lambda X: np.full(len(X), np.nan), random_state=0)


def test_perturbation_keeps_nothing_of_a_guide(table):
    X, y = table
    part = SaliencyPerturbationSynthesizer().fit(X, y)
    before = set(vars(part))
    part.sample([0, 1], guide=lambda X: np.asarray(X)[:, 0].astype(float), random_state=0)
    assert set(vars(part)) == before


def test_float_targets_and_wide_tables_are_refused_in_a_sentence():
    X = np.zeros((4, 1))
    with pytest.raises(ValueError, match="SamplerSynthesizer is not compatible with float targets"):
        SamplerSynthesizer().fit(X, np.arange(4.0))
    wide = sparse.random(5, 1200, random_state=0, format="csr")
    with pytest.raises(ValueError, match="PerturbationSynthesizer is not compatible with a sparse"):
        PerturbationSynthesizer().fit(wide, np.arange(5))


@each
def test_resampling_balances_and_keeps_the_real_rows_first(part):
    X, y = make_classification(80, 4, weights=[0.8], random_state=0)
    X_all, y_all = part.set_params(random_state=0).fit_resample(X, np.where(y, "b", "a"))
    np.testing.assert_array_equal(X_all[:80], X)
    counts = np.unique(y_all, return_counts=True)[1]
    assert counts[0] == counts[1]
    part.set_params(random_state=None)


@pytest.mark.parametrize("saliency", ["step", "occlusion", "shapley"])
def test_saliency_moves_what_makes_rows_less_certain(saliency, table):
    X, y = table
    part = SaliencyPerturbationSynthesizer(saliency=saliency, n_features_moved=0.25).fit(X, y)
    batch = part.sample(np.arange(60), guide=lambda rows: -np.abs(rows[:, 2]), random_state=0)
    moved = batch.X != X
    assert (moved.sum(axis=1) <= 1).all()
    far = np.abs(X[:, 2]) > 0.5
    assert moved[far, 2].mean() > (0.8 if saliency == "step" else 0.6)
    if saliency == "step":
        towards = np.abs(batch.X[:, 2]) - np.abs(X[:, 2])
        near_end = np.abs(X[:, 2]) < X[:, 2].std()
        assert (towards[far & moved[:, 2] & ~near_end] < 0).all()


def test_saliency_of_categories_and_of_anchors_that_are_not_shown(monkeypatch):
    rng = np.random.RandomState(0)
    X = np.empty((80, 2), dtype=object)
    X[:, 0], X[:, 1] = rng.normal(size=80), rng.choice(["a", "b"], 80)
    part = SaliencyPerturbationSynthesizer(n_features_moved=0.5).fit(X, rng.randint(0, 2, 80))
    guide = lambda rows: (rows[:, 1] == "b").astype(float)  # noqa: E731
    batch = part.sample(np.arange(80), guide=guide, random_state=0)
    assert guide(batch.X).mean() > guide(X).mean() + 0.1
    monkeypatch.setattr(SaliencyPerturbationSynthesizer, "_n_asked", 40)
    few = part.sample(np.arange(80), guide=guide, random_state=0)
    assert len(few.X) == 80
    assert (few.X[:, 0] != X[:, 0]).any()


def test_resampled_targets_of_polars_stay_polars():
    X = np.random.RandomState(0).normal(size=(20, 2))
    y = pl.Series("label", ["a"] * 15 + ["b"] * 5)
    X_all, y_all = MixingSynthesizer(random_state=0).fit_resample(pl.DataFrame(X), y)
    assert isinstance(X_all, pl.DataFrame)
    assert y_all.name == "label"
    assert y_all.value_counts().sort("label")["count"].to_list() == [15, 15]


@pytest.mark.parametrize(
    ("anchors", "got"),
    [
        (np.arange(40) == 7, r"an array of bool of shape \(40,\)"),
        ([1.9, 2.2], "an array of float64"),
        ([-1], "-1 to -1"),
        ([0, 40], "0 to 40"),
        ([[0, 1]], r"of shape \(1, 2\)"),
    ],
)
@pytest.mark.parametrize("part", [MixingSynthesizer(), SMOTESynthesizer(), SamplerSynthesizer()])
def test_anchors_are_positions(part, anchors, got):
    X = np.random.RandomState(0).normal(size=(40, 2))
    part.fit(X, np.arange(40) % 2)
    with pytest.raises(ValueError, match=f"'anchor_indices' .* among the 40 rows fitted on.*{got}"):
        part.sample(anchors)
    assert len(part.sample([])) == 0


@pytest.mark.parametrize("part", [MixingSynthesizer(), SMOTESynthesizer(), SamplerSynthesizer()])
def test_rows_and_targets_of_other_lengths(part):
    with pytest.raises(NotFittedError):
        part.sample([0])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        part.fit(np.zeros((10, 2)), np.arange(30) % 2)


@pytest.mark.parametrize("guide", [lambda Z: 1.0, lambda Z: np.zeros(len(Z) - 1)])
def test_a_guide_says_one_number_a_row(guide):
    X = np.random.RandomState(0).normal(size=(40, 2))
    part = SMOTESynthesizer(n_candidates=3).fit(X, np.arange(40) % 2)
    with pytest.raises(ValueError, match="'guide' .* must give one number for each of 6 rows"):
        part.sample([0, 1], guide=guide)


@pytest.mark.parametrize("sampler", [SMOTEENN(), SMOTETomek()])
def test_samplers_that_clean_up_are_refused(sampler):
    X = np.random.RandomState(0).normal(size=(150, 2))
    part = SamplerSynthesizer(sampler).fit(X, np.arange(150) % 3)
    with pytest.raises(TypeError, match="must keep all 150 real rows"):
        part.sample(np.arange(10), random_state=0)


def test_a_sampling_strategy_of_none_is_no_strategy(two_classes):
    with pytest.raises(ValueError, match="'sampling_strategy' parameter of Mixing.* Got None"):
        MixingSynthesizer(sampling_strategy=None).fit_resample(*two_classes)


def test_more_neighbours_than_rows_are_fewer(two_classes):
    from imblearn.over_sampling import BorderlineSMOTE

    X, y = two_classes
    maker = SamplerSynthesizer(BorderlineSMOTE(m_neighbors=200)).fit(X, y)
    assert maker.sample([0, 1], random_state=0).X.shape == (2, X.shape[1])
