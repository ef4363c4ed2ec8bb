"""Dynamic training: the contest, the lessons, nets and bad input."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LogisticRegression, Perceptron, SGDClassifier, SGDRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from skorch import NeuralNetBinaryClassifier, NeuralNetClassifier, NeuralNetRegressor
from test_callbacks import Recorder
from torch import nn

from sklearn_synda.dynamic import DynamicSynthesisClassifier, DynamicSynthesisRegressor
from sklearn_synda.dynamic._contest import Run
from sklearn_synda.dynamic._learner import Learner
from sklearn_synda.dynamic._training import Recipe, Training
from sklearn_synda.exceptions import SynthesisWarning
from sklearn_synda.integration import AdaptiveSamplingIntegrator, WeightedIntegrator
from sklearn_synda.labeling import InheritLabeler
from sklearn_synda.synthesis import MixingSynthesizer, SMOTESynthesizer
from sklearn_synda.uncertainty import (
    CommitteeUncertainty,
    MCDropoutUncertainty,
    PredictiveUncertainty,
)
from sklearn_synda.validation import AdaptiveRate, FixedRate, HoldoutValidation, NoValidation

LOGISTIC = SGDClassifier(loss="log_loss", alpha=1e-3)


class Layers(nn.Module):
    """A net that finds its width in the first batch."""

    def __init__(self, n_outputs=2, rate=0.1):
        super().__init__()
        self.layers = nn.Sequential(
            nn.LazyLinear(8), nn.ReLU(), nn.Dropout(rate), nn.Linear(8, n_outputs)
        )

    def forward(self, X):
        return self.layers(X)


def net(n_outputs=2):
    return NeuralNetClassifier(
        Layers, module__n_outputs=n_outputs, criterion=nn.CrossEntropyLoss, lr=0.1, verbose=0
    )


def value_net():
    return NeuralNetRegressor(Layers, module__n_outputs=1, lr=0.05, verbose=0)


class AlwaysDynamic(HoldoutValidation):
    """A gate that is always open."""

    def best_round(self, losses, shrunken, distances):
        return 1


def classifier(estimator=LOGISTIC, **changes):
    parts = {
        "labeler": InheritLabeler(), "rate": FixedRate(1.0), "validation": AlwaysDynamic(),
        "max_iter": 3, "random_state": 0,
    }  # fmt: skip
    return DynamicSynthesisClassifier(estimator, **{**parts, **changes})


def regressor(estimator=None, **changes):
    parts = {
        "labeler": InheritLabeler(), "rate": FixedRate(1.0), "validation": AlwaysDynamic(),
        "max_iter": 3, "random_state": 0,
    }  # fmt: skip
    estimator = SGDRegressor() if estimator is None else estimator
    return DynamicSynthesisRegressor(estimator, **{**parts, **changes})


def training(X, y, estimator=LOGISTIC, *, is_dynamic=True, seed=0, **changes):
    recipe = {
        "estimator": estimator, "synthesizer": MixingSynthesizer(), "labeler": InheritLabeler(),
        "integrator": WeightedIntegrator(alpha=0.5), "uncertainty": None, "monitor": None,
        "alpha": 1.0, "beta": 0.0, "batch_size": 16, "n_candidates": 3, "refill_every": 2,
        "n_classes": None if y.dtype.kind == "f" else 2,
    }  # fmt: skip
    recipe = Recipe(**{**recipe, **changes})
    return Training(recipe, X, y, np.ones(len(y)), seed, is_dynamic=is_dynamic)


EVERY_KIND = [
    LOGISTIC, SGDClassifier(), Perceptron(), GaussianNB(), MLPClassifier((5,)), net(),
    NeuralNetBinaryClassifier(Layers, module__n_outputs=1, verbose=0),
]  # fmt: skip


@pytest.mark.parametrize("estimator", EVERY_KIND, ids=lambda e: type(e).__name__)
def test_any_classifier_with_partial_fit(estimator, two_classes):
    X, y = two_classes
    names = np.array(["no", "yes"])[y]
    model = classifier(estimator).fit(X.astype(np.float32), names)
    assert model.is_dynamic_
    assert set(model.predict(X.astype(np.float32))) <= {"no", "yes"}
    assert hasattr(model, "predict_proba") == hasattr(estimator, "predict_proba")
    if hasattr(model, "predict_proba"):
        proba = model.predict_proba(X.astype(np.float32))
        np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-5)
    assert np.isfinite(model.history_["loss"]).all()


@pytest.mark.parametrize("estimator", [SGDRegressor(), value_net()], ids=lambda e: type(e).__name__)
def test_any_regressor_with_partial_fit(estimator, values):
    X, y = values
    model = regressor(estimator).fit(X, y)
    assert model.predict(X).shape == y.shape
    assert model.is_dynamic_


def test_it_learns(two_classes, values):
    X, y = two_classes
    kept = {"max_iter": 20, "labeler": None}
    assert classifier(net(), **kept).fit(X[:50], y[:50]).score(X[50:], y[50:]) > 0.7
    X, y = values
    assert regressor(value_net(), **kept).fit(X[:50], y[:50]).score(X[50:], y[50:]) > 0.7


@pytest.mark.parametrize("estimator", [LOGISTIC, MLPClassifier((5,)), net()],
                         ids=lambda e: type(e).__name__)  # fmt: skip
def test_same_seed_same_model_and_no_other_seed_is_touched(estimator, two_classes):
    X, y = two_classes
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    before = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    first = classifier(estimator).fit(X, y).predict_proba(X)
    assert torch.equal(torch.random.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002
    torch.manual_seed(6)
    np.testing.assert_array_equal(classifier(estimator).fit(X, y).predict_proba(X), first)
    assert not np.array_equal(
        classifier(estimator, random_state=1).fit(X, y).predict_proba(X), first
    )


def test_clone_pickle_and_nothing_changed(two_classes):
    X, y = two_classes
    X_before, user = X.copy(), net()
    model = classifier(user).fit(X, y)
    np.testing.assert_array_equal(X, X_before)
    assert not getattr(user, "initialized_", False)
    assert user.max_epochs == 10
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(clone(model).fit(X, y).predict(X), model.predict(X))


def test_plain_training_is_that_of_partial_fit_over_the_rows(two_classes):
    """Without made rows and extra weights every real row is one lesson an epoch."""
    X, y = two_classes
    seen = []

    class Spy(SGDClassifier):
        def partial_fit(self, X, y, classes=None, sample_weight=None):
            seen.append((len(X), np.unique(sample_weight)))
            return super().partial_fit(X, y, classes, sample_weight)

    training(X, y, Spy(), is_dynamic=False).epoch(0.0)
    assert [n for n, _ in seen] == [16] * 5
    assert all((weight == 1).all() for _, weight in seen)


def test_made_rows_come_to_every_batch_and_hold_their_share(two_classes):
    X, y = two_classes
    run = training(X, y)
    run.epoch(2.0)
    train = run._lesson(np.arange(16), 2.0)
    assert train.is_synthetic.sum() == 32
    weight = train.sample_weight
    assert weight[train.is_synthetic].sum() == pytest.approx(weight[~train.is_synthetic].sum())
    assert run.record["made_share"] == pytest.approx(0.5)
    assert set(train.provenance.parents[train.is_made, 0]) <= set(range(16))


def test_the_more_uncertain_rows_are_drawn(two_classes):
    X, y = two_classes
    run = training(X, y, n_candidates=10)
    for _ in range(5):
        run.epoch(1.0)
    everything = run.reservoir.around(np.arange(len(y)))
    doubt = run.learner.uncertainty(everything.X, everything.y)
    drawn = run.reservoir.draw(np.arange(len(y)), 80, run._uncertainty, run.rng)
    assert drawn.uncertainty.mean() > 1.5 * doubt.mean()


def test_real_rows_count_by_weight_and_certainty(two_classes):
    X, y = two_classes
    run = training(X, y, alpha=0.5, beta=0.5)
    run.epoch(0.0)
    positions = np.arange(20)
    U = run.learner.uncertainty(run.rows[positions], y[positions])
    expected = 0.5 + 0.5 / (1 + U)
    weight = run._lesson(positions, 0.0).sample_weight
    np.testing.assert_allclose(weight / weight.sum(), expected / expected.sum())
    assert weight.sum() == pytest.approx(20)


def test_a_learner_without_weights_repeats_rows():
    class Counts(BaseEstimator):
        def partial_fit(self, X, y, classes=None):
            self.X_ = X
            return self

    learner = Learner(Counts(), 2, 1.0, np.random.RandomState(0))
    learner.step(np.arange(3.0)[:, None], np.array([0, 1, 0]), np.array([2.0, 0.0, 1.0]))
    assert learner.estimator.X_.ravel().tolist() == [0.0, 0.0, 2.0]


def test_sample_weight_of_zero_is_no_row(two_classes):
    X, y = two_classes
    weight = np.r_[np.zeros(20), np.full(60, 3.0)]
    weighted = classifier().fit(X, y, sample_weight=weight)
    np.testing.assert_array_equal(
        weighted.predict_proba(X), classifier().fit(X[20:], y[20:]).predict_proba(X)
    )


def test_plain_stands_unless_beaten(two_classes):
    X, y = two_classes

    class Wrong(InheritLabeler):
        def label(self, batch):
            batch = super().label(batch)
            return batch.label(label_source="Wrong", y=1 - batch.y)

    kept = {"validation": None, "max_iter": 10, "integrator": WeightedIntegrator(alpha=0.9)}
    model = classifier(labeler=Wrong(), **kept).fit(X, y)
    assert not model.is_dynamic_
    assert model.n_iter_ <= np.isfinite(model.history_["plain_loss"]).sum()


def test_one_lucky_epoch_is_not_chosen():
    run = Run(is_dynamic=False)
    run.history["loss"] = [1.0, 0.2, 1.0, 0.9, 0.6, 0.5, 0.5, 0.5, 0.6, 0.9, 1.0]
    assert run.best == 6
    run.history["loss"] = [0.4]
    assert run.best == 0


def test_nothing_of_a_held_out_row_reaches_its_trial(two_classes):
    X, y = two_classes
    seen = []

    class Spy(MixingSynthesizer):
        def fit(self, X, y, sample_weight=None):
            seen.append(X[:, 0].copy())
            return super().fit(X, y, sample_weight)

    split = [(np.arange(60), np.arange(60, 80))]

    class Fixed(AlwaysDynamic):
        def split(self, y, *, random_state=None):
            return split

    classifier(synthesizer=Spy(), validation=Fixed()).fit(X, y)
    assert [len(rows) for rows in seen] == [60, 80]
    assert not set(seen[0]) & set(X[60:, 0])


def test_history_and_rate(two_classes):
    X, y = two_classes
    model = classifier(rate=AdaptiveRate(), max_iter=6, n_iter_no_change=6).fit(X, y)
    assert model.history_["epoch"].tolist() == [1, 2, 3, 4, 5, 6]
    assert model.history_["rate"][0] == 1.0
    assert len(set(model.history_["rate"])) > 1
    assert model.history_["coverage"][0] > 0.5
    assert not model.history_["refused"].any()
    assert np.nanmax(model.history_["uncertainty"]) <= 1


def test_a_monitor_falls_back_to_real_rows(two_classes):
    X, y = two_classes

    class Collapsed(MixingSynthesizer):
        def _make(self, anchors, rng):
            return super()._make(np.zeros_like(anchors), np.random.RandomState(0))

    kept = {"synthesizer": Collapsed(partner="same_class", n_neighbors=1, mixing_rate=0.001)}
    with pytest.warns(SynthesisWarning, match="real rows alone were learnt"):
        model = classifier(**kept).fit(X, y)
    assert (model.history_["refused"] == 1).all()
    assert not model.history_["made_share"].any()


def test_mixed_tables_reach_the_net_as_their_embedding():
    rng = np.random.RandomState(0)
    X = pd.DataFrame({"a": rng.normal(size=60), "b": rng.choice(["u", "v"], 60)})
    X.loc[::9, "a"] = np.nan
    y = (X["b"] == "u").to_numpy()
    kept = {"synthesizer": MixingSynthesizer(partner="same_class"), "max_iter": 15}
    model = classifier(net().set_params(lr=0.5), **kept).fit(X, y)
    assert model.score(X, y) > 0.8
    assert model.predict(pd.DataFrame({"a": [0.0], "b": ["never seen"]})).shape == (1,)


def test_an_uncertainty_part_is_asked_with_the_learner_of_the_moment(two_classes):
    X, y = two_classes
    asked = []

    class Spy(PredictiveUncertainty):
        def predict_uncertainty(self, X):
            asked.append(type(self.estimator.estimator).__name__)
            return super().predict_uncertainty(X)

    for estimator in (LOGISTIC, net()):
        classifier(estimator, uncertainty=Spy(measure="entropy"), max_iter=2).fit(X, y)
    assert set(asked) == {"SGDClassifier", "NeuralNetClassifier"}


def test_an_uncertainty_part_is_fitted_once_an_epoch_on_real_rows(two_classes):
    X, y = two_classes
    fitted = []

    class Spy(PredictiveUncertainty):
        def fit(self, X, y, sample_weight=None):
            fitted.append((X, y))
            return super().fit(X, y, sample_weight)

    run = training(X, y, uncertainty=Spy(), beta=0.5)
    for _ in range(3):
        run.epoch(1.0)
    assert len(fitted) == 3
    for rows, targets in fitted:
        np.testing.assert_array_equal(rows, X)
        np.testing.assert_array_equal(targets, y)


@pytest.mark.parametrize("learner", [LOGISTIC, net()], ids=["linear", "net"])
def test_an_uncertainty_part_is_seeded(learner, two_classes):
    X, y = two_classes
    part = CommitteeUncertainty(n_estimators=2)
    said = [
        classifier(learner, uncertainty=part, max_iter=2).fit(X, y).predict_proba(X)
        for _ in range(2)
    ]
    np.testing.assert_array_equal(*said)


def test_a_part_for_a_net_of_values(values):
    X, y = values
    part = MCDropoutUncertainty(n_samples=2)
    model = regressor(value_net(), uncertainty=part, max_iter=2).fit(X.astype(np.float32), y)
    assert np.isfinite(model.history_["uncertainty"][1])


def test_a_class_that_is_not_in_every_fold():
    X, y = np.random.RandomState(0).normal(size=(61, 3)), np.repeat([0, 1, 2], [30, 1, 30])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        model = DynamicSynthesisClassifier(LOGISTIC, max_iter=2, random_state=0).fit(X, y)
    assert model.predict_proba(X).shape == (61, 3)


def test_batches_are_alike_and_no_row_is_left_alone():
    X = np.random.RandomState(0).normal(size=(33, 3)).astype(np.float32)
    norm = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    learner = NeuralNetClassifier(norm, criterion=nn.CrossEntropyLoss, verbose=0)
    run = training(X, (X[:, 0] > 0).astype(int), learner, is_dynamic=False, batch_size=32)
    assert run.epoch(0.0).has_learnt


def test_a_rate_that_begins_with_zero_makes_rows_when_it_rises(two_classes):
    X, y = two_classes
    run = training(X, y, refill_every=10)
    run.epoch(0.0)
    assert run.reservoir is None
    run.epoch(1.0)
    assert run.record["made_share"] == pytest.approx(0.5)


def test_the_synthesizer_is_given_the_weights(two_classes):
    X, y = two_classes
    seen = []

    class Spy(MixingSynthesizer):
        def fit(self, X, y, sample_weight=None):
            seen.append(sample_weight)
            return super().fit(X, y, sample_weight)

    run = training(X, y, synthesizer=Spy())
    run.weight = np.linspace(0.5, 1.5, len(y))
    run.epoch(1.0)
    np.testing.assert_array_equal(seen[0], run.weight)


def test_other_parts(two_classes):
    X, y = two_classes
    model = classifier(synthesizer=SMOTESynthesizer(), integrator=AdaptiveSamplingIntegrator())
    assert np.isfinite(model.fit(X, y).history_["loss"]).all()


def test_callbacks_see_the_epochs_and_may_stop(two_classes):
    recorder = Recorder()
    classifier(max_iter=2).set_callbacks(recorder).fit(*two_classes)
    names = [f"{kind} epoch {k}" for kind in ("plain", "dynamic") for k in (1, 2)]
    tasks = [f"{verb} {name}" for name in names for verb in ("begin", "end")]
    assert recorder.tasks == ["setup", "begin fit", *tasks, "end fit", "teardown"]

    class Enough(Recorder):
        def on_fit_task_end(self, estimator, context, **kwargs):
            return context.task_name == "dynamic epoch 1"

    model = classifier(max_iter=5).set_callbacks(Enough()).fit(*two_classes)
    assert model.termination_condition_ == "callback"
    assert model.n_iter_ == 1


def test_too_few_rows_and_one_class():
    X = np.arange(6.0)[:, None]
    model = classifier(validation=None).fit(X[:2], [0, 1])
    assert model.termination_condition_ == "too_few_rows"
    assert not model.is_dynamic_
    model = classifier(GaussianNB(), validation=NoSplit()).fit(X, np.arange(6) % 2)
    assert model.n_iter_ == 3
    one = classifier(GaussianNB(), validation=None).fit(X, np.ones(6, dtype=int))
    assert set(one.predict(X)) == {1}


class NoSplit(HoldoutValidation):
    def split(self, y, *, random_state=None):
        return []


@pytest.mark.parametrize("columns", ["constant", "thousand"])
def test_odd_tables(columns):
    rng = np.random.RandomState(0)
    X = np.ones((40, 3)) if columns == "constant" else rng.normal(size=(40, 1000))
    y = np.arange(40) % 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SynthesisWarning)
        model = classifier(net(), max_iter=2).fit(X, y)
    assert np.isfinite(model.predict_proba(X)).all()


def test_a_loss_that_is_no_number_ends_the_training_and_says_so(values):
    X, y = values
    wild = NeuralNetRegressor(Layers, module__n_outputs=1, lr=1e6, verbose=0)
    with pytest.warns(SynthesisWarning, match="its held-out loss is no finite number"):
        model = regressor(wild, max_iter=8).fit(X, y)
    assert model.termination_condition_ in ("no_finite_loss", "too_few_rows")


def test_sentences(two_classes, values):
    X, y = two_classes
    with pytest.raises(TypeError, match="is not compatible with .*: it needs a classifier"):
        classifier(SGDRegressor()).fit(X, y)
    with pytest.raises(TypeError, match="is not compatible with .*: it needs a regressor"):
        regressor(SGDClassifier()).fit(*values)
    with pytest.raises(ValueError, match="The 'estimator' parameter .* must"):
        classifier(LogisticRegression()).fit(X, y)
    with pytest.raises(ValueError, match="The 'beta' parameter of .* must be above 0"):
        classifier(alpha=0.0).fit(X, y)
    with pytest.raises(TypeError, match="it needs one output for each of 3 classes"):
        classifier(EVERY_KIND[-1]).fit(X, np.arange(80) % 3)
    with pytest.raises(TypeError, match="must be an instance"):
        classifier(monitor="yes").fit(X, y)
    with pytest.raises(TypeError, match="it needs 'best_round'"):
        classifier(validation=NoValidation()).fit(X, y)
    for model, targets in ((classifier(), y.astype(float)), (regressor(), values[1].copy())):
        targets[3] = np.nan
        with pytest.raises(ValueError, match="must hold labels only. Got 1 missing ones"):
            model.fit(X[: len(targets)], targets)
    with pytest.raises(ValueError, match="at least one non-zero"):
        classifier().fit(X, y, sample_weight=np.zeros(len(y)))
    model = classifier().fit(X, y)
    with pytest.raises(ValueError, match="NaN"):
        model.predict(np.full((1, X.shape[1]), np.nan))
