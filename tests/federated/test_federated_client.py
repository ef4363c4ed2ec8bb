"""A client: what leaves it, what it learns from, and what it refuses."""

import pickle
from dataclasses import fields

import numpy as np
import pandas as pd
import polars as pl
import pytest
from made_nets import classifier as net
from sklearn.cluster import MiniBatchKMeans
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Perceptron, SGDClassifier, SGDRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from skorch.callbacks import EarlyStopping
from skorch.dataset import ValidSplit

from sklearn_synda.dynamic._learner import Learner
from sklearn_synda.dynamic._training import Trial
from sklearn_synda.exceptions import SynthesisWarning
from sklearn_synda.federated import ClientUpdate, FederatedClient
from sklearn_synda.labeling import InheritLabeler
from sklearn_synda.synthesis import MixingSynthesizer
from sklearn_synda.validation import CrossValidation, NoValidation

LOGISTIC = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=0.02)


class Always(CrossValidation):
    """A gate that is always open."""

    def best_round(self, losses, shrunken, distances):
        self.heard_ = losses.shape
        return 1


class Never(CrossValidation):
    """A gate that is always shut."""

    def best_round(self, losses, shrunken, distances):
        return 0


def client(X, y, estimator=LOGISTIC, **changes):
    parts = {"labeler": InheritLabeler(), "random_state": 0, "classes": [0, 1]}
    return FederatedClient(estimator, X, y, **{**parts, **changes})


def rounds(one, n_rounds=3):
    parameters = one.get_parameters()
    for _ in range(n_rounds):
        update = one.update(parameters)
        parameters = update.parameters
    return update


@pytest.mark.parametrize("estimator", [LOGISTIC, MLPClassifier((4,)), net(module__n_outputs=2)],
                         ids=lambda e: type(e).__name__)  # fmt: skip
@pytest.mark.parametrize("rate", [0.0, 2.0])
def test_a_round_learns_and_sends_parameters(estimator, rate, two_classes):
    X, y = two_classes
    one = client(X, y, estimator, rate=rate, validation=Always())
    start = one.get_parameters()
    update = one.update(start)
    assert [v.shape for v in update.parameters] == [v.shape for v in start]
    assert not all(map(np.array_equal, update.parameters, start))
    assert update.loss_after < update.loss_before
    assert update.n_made == rate * 80
    assert update.n_rows == 80
    assert one.update(update.parameters).n_made == rate * 80, "those of the round alone"


def every_value(value):
    """All that can be reached from an update."""
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, (list, tuple)):
        return [inner for each in value for inner in every_value(each)]
    return [np.asarray(value)]


class Spy(MixingSynthesizer):
    """Remembers what it made."""

    made = []

    def sample(self, anchor_indices, *, guide=None, random_state=None):
        batch = super().sample(anchor_indices, guide=guide, random_state=random_state)
        Spy.made.append(np.asarray(batch.X))
        return batch


def test_no_row_real_or_made_is_in_an_update(two_classes):
    X, y = two_classes
    Spy.made.clear()
    one = client(X, y, rate=2.0, validation=Always(), synthesizer=Spy())
    update = rounds(one)
    assert update.n_made > 0
    rows = np.vstack([X, *Spy.made])
    cells = {float(cell) for cell in rows.ravel()}
    sent = [every_value(getattr(update, field.name)) for field in fields(ClientUpdate)]
    sent = [float(v) for values in sent for array in values for v in array.ravel()]
    assert len(sent) == 6 + 1 + 4 + 2  # coefficients, intercept, numbers, classes
    assert not cells & set(sent[:7])
    for said in (repr(update), repr(one), str(one)):
        assert not any(f"{cell:.4f}" in said for cell in cells)
    assert pickle.loads(pickle.dumps(update)).n_made == update.n_made
    assert len(pickle.dumps(update)) < 2000


def test_a_lone_client_trains_as_if_there_were_no_federation(two_classes):
    """Without made rows: one step of ``partial_fit`` on all rows a round, and nothing else."""
    X, y = two_classes
    model = SGDClassifier(loss="log_loss", alpha=1e-3, shuffle=False, random_state=0)
    one = client(X, y, model, batch_size=1000)
    order = np.random.RandomState(one._training.rng.get_state()[1][0])
    order.set_state(one._training.rng.get_state())
    parameters = one.get_parameters()
    for _ in range(3):
        parameters = one.update(parameters).parameters
        rows = order.permutation(len(y))
        model.partial_fit(X[rows], y[rows], classes=[0, 1])
    np.testing.assert_allclose(parameters[0], model.coef_, rtol=1e-12)
    np.testing.assert_allclose(parameters[1], model.intercept_, rtol=1e-12)


def test_a_shut_gate_leaves_plain_training(two_classes):
    X, y = two_classes
    plain = rounds(client(X, y))
    shut = rounds(client(X, y, rate=2.0, validation=Never()))
    made = rounds(client(X, y, rate=2.0, validation=Always()))
    assert shut.n_made == 0
    assert made.n_made > 0
    for values, same in zip(shut.parameters, plain.parameters, strict=True):
        np.testing.assert_array_equal(values, same)
    assert not np.array_equal(made.parameters[0], plain.parameters[0])


def test_made_rows_are_judged_by_rows_that_were_held_out(two_classes, monkeypatch):
    """A round holds out the next fold; neither its parts nor its learner are given its rows."""
    X, y = two_classes
    X = X + np.arange(80)[:, None] * 1e-6
    fitted_on, held_out = [], []

    class Noting(MixingSynthesizer):
        def fit(self, X, y, sample_weight=None):
            fitted_on.append({tuple(row) for row in X})
            return super().fit(X, y, sample_weight)

    losses = Trial.losses

    def noted(self):
        held_out.append({tuple(row) for row in self.held_out})
        assert not held_out[-1] & {tuple(row) for row in self.rows}
        return losses(self)

    monkeypatch.setattr(Trial, "losses", noted)
    gate = Always(n_splits=4)
    one = client(X, y, rate=2.0, validation=gate, synthesizer=Noting())
    rounds(one, 4)
    assert len(held_out) == 2 * 4  # plain and dynamic
    assert len(set.union(*held_out)) == 80
    of_folds = [rows for rows in fitted_on if len(rows) < 80]
    assert len(of_folds) == 4
    for rows, judged in zip(of_folds, held_out[1::2], strict=True):
        assert not rows & judged
    assert gate.heard_ == (2, 80)  # all that was said so far decides


def test_rows_are_drawn_where_the_common_model_is_unsure_from_the_first_batch_on(
    two_classes, monkeypatch
):
    """A client that joins late is given a model that has learnt already."""
    X, y = two_classes
    asked = []
    uncertainty = Learner.uncertainty

    def noted(self, rows, y):
        asked.append(self.estimator.coef_.copy())
        return uncertainty(self, rows, y)

    monkeypatch.setattr(Learner, "uncertainty", noted)
    common = [np.arange(6.0)[None], np.zeros(1)]
    client(X, y, rate=1.0, validation=NoValidation(), batch_size=1000).update(common)
    assert len(asked) == 2  # of the real rows, for the record, and of the candidates
    for coefficients in asked:
        np.testing.assert_array_equal(coefficients, common[0])


def test_rows_that_know_nothing_are_refused_by_the_gate(two_classes):
    X, y = two_classes

    class Wrong(InheritLabeler):
        def label(self, batch):
            labeled = super().label(batch)
            return batch.label(label_source="wrong", y=1 - labeled.y)

    one = client(X, y, rate=3.0, labeler=Wrong())
    parameters, made = one.get_parameters(), []
    for _ in range(8):
        update = one.update(parameters)
        parameters = update.parameters
        made.append(update.n_made)
    assert not any(made[2:])


@pytest.mark.parametrize("validation", [None, NoValidation()])
def test_few_rows_or_one_class_are_learnt_from_without_made_rows(two_classes, validation):
    X, y = two_classes
    for rows in (np.flatnonzero(y == 1), np.arange(2), np.arange(1)):
        update = rounds(client(X[rows], y[rows], rate=2.0, validation=validation))
        assert update.n_made == 0
        assert update.n_rows == len(rows)
        assert np.isfinite(update.parameters[0]).all()


@pytest.mark.parametrize("n", [4, 5, 7, 12])
def test_default_parts_at_small_clients(n, two_classes, values):
    """Whatever they make of so few rows, it is done without a warning and a number comes out."""
    X, y = two_classes
    rows = np.r_[np.flatnonzero(y == 0)[: n - 2], np.flatnonzero(y == 1)[:2]]
    for gate in (Always(n_splits=3), NoValidation()):
        one = client(X[rows], y[rows], rate=2.0, labeler=None, validation=gate)
        assert np.isfinite(rounds(one).parameters[0]).all()
    X, y = values
    one = client(X[:n], y[:n], SGDRegressor(), classes=None, rate=2.0, labeler=None)
    assert np.isfinite(rounds(one).parameters[0]).all()


def test_a_class_that_a_client_has_never_met(two_classes):
    X, y = two_classes
    for estimator in (LOGISTIC, MLPClassifier((4,))):
        one = client(X, y + 1, estimator, classes=[0, 1, 2, 3], rate=2.0, validation=Always())
        update = rounds(one)
        assert update.parameters[-1].shape == (4,)
        assert update.n_made > 0
        assert update.classes == (0, 1, 2, 3)


def test_weights_count_as_rows(two_classes):
    X, y = two_classes
    weight = np.where(np.arange(80) < 40, 2.0, 0.0)
    update = rounds(client(X, y, sample_weight=weight))
    half = rounds(client(X[:40], y[:40]))
    assert update.n_rows == 80
    assert half.n_rows == 40
    np.testing.assert_array_equal(update.parameters[0], half.parameters[0])
    uneven = rounds(client(X, y, sample_weight=np.where(y == 1, 5.0, 1.0)))
    assert uneven.parameters[1] > rounds(client(X, y)).parameters[1]


def test_a_client_can_be_stored_and_goes_on(two_classes):
    X, y = two_classes
    one = client(X, y, rate=2.0, validation=Always())
    sent = rounds(one).parameters
    again = pickle.loads(pickle.dumps(one))
    np.testing.assert_array_equal(one.update(sent).parameters[0], again.update(sent).parameters[0])


def test_same_seed_same_update(two_classes):
    X, y = two_classes
    first, again, other = (
        rounds(client(X, y, MLPClassifier((4,)), rate=1.0, random_state=seed)).parameters[0]
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_evaluation_learns_nothing(two_classes):
    X, y = two_classes
    one = client(X, y)
    update = one.update(one.get_parameters())
    assert one.evaluate(update.parameters) == pytest.approx(update.loss_after)
    assert one.evaluate([np.zeros((1, 6)), np.zeros(1)]) == pytest.approx(np.log(2))
    errors = client(X, y, Perceptron())
    assert 0 <= errors.evaluate(errors.get_parameters()) <= 1


def test_values(values):
    X, y = values
    one = client(X, y, SGDRegressor(), classes=None, rate=2.0, validation=Always())
    update = rounds(one)
    assert update.classes is None
    assert update.n_made > 0
    assert update.loss_after < np.var(y)


def table(n=60):
    rng = np.random.RandomState(0)
    X = pd.DataFrame({
        "age": rng.normal(50, 10, n),
        "ward": pd.Categorical(rng.choice(["a", "b"], n), categories=["a", "b", "c"]),
    })  # fmt: skip
    y = np.where(X["age"] + 10 * (X["ward"] == "a") > 55, "ill", "well")
    X.loc[::7, "age"] = np.nan
    return X, y


def prepared(X):
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    return FrozenEstimator(
        make_column_transformer((numbers, ["age"]), (OneHotEncoder(), ["ward"])).fit(X)
    )


def test_frames_with_categories_and_gaps_through_shared_steps():
    X, y = table()
    before = X.copy()
    model = make_pipeline(prepared(X), LOGISTIC)
    one = client(X, y, model, classes=["ill", "well"], rate=2.0, validation=Always())
    update = rounds(one, 5)
    assert update.parameters[0].shape == (1, 3)
    assert update.n_made > 0
    assert update.loss_after < 0.5
    pd.testing.assert_frame_equal(X, before)


def test_shared_steps_learn_nothing_from_a_client():
    X, y = table()
    steps = prepared(X)
    before = pickle.dumps(steps)
    rounds(client(X[:20], y[:20], make_pipeline(steps, LOGISTIC), classes=["ill", "well"]))
    assert pickle.dumps(steps) == before


def test_a_step_that_a_client_would_fit_is_refused(two_classes):
    X, y = two_classes
    with pytest.raises(TypeError, match=r"StandardScaler is not compatible with FederatedClient: "
                       r"it needs steps .* Use FrozenEstimator\(StandardScaler\(\)"):  # fmt: skip
        client(X, y, make_pipeline(StandardScaler(), LOGISTIC))
    free = make_pipeline(FunctionTransformer(np.abs), "passthrough", LOGISTIC)
    assert rounds(client(X, y, free)).n_rows == 80  # nothing there to be fitted


@pytest.mark.parametrize(
    ("estimator", "says"),
    [
        (RandomForestClassifier(), "it needs 'partial_fit'; RandomForestClassifier has none"),
        (GaussianNB(), "GaussianNB is not compatible with federated training: it needs parameters"),
        (SGDClassifier(average=True), "it needs 'average=False'"),
        (MiniBatchKMeans(), "it needs a classifier or a regressor"),
    ],
)
def test_models_that_cannot_be_averaged_are_refused(two_classes, estimator, says):
    with pytest.raises(TypeError, match=says):
        client(*two_classes, estimator)


def test_callbacks_that_follow_held_out_rows_of_a_net_are_left_out(two_classes):
    model = net(module__n_outputs=2, callbacks=[EarlyStopping()], train_split=ValidSplit(3))
    with pytest.warns(SynthesisWarning, match="without its callbacks EarlyStopping"):
        one = client(*two_classes, model)
    assert rounds(one).n_rows == 80


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"classes": None}, "'classes' parameter of FederatedClient must hold all classes"),
        ({"classes": [0, 2]}, r"among 'classes'. Got \[1\] instead"),
        ({"rate": -1}, "'rate' parameter of FederatedClient must be a number from 0 to 5"),
        ({"rate": 6}, "'rate' parameter of FederatedClient must be a number from 0 to 5"),
        ({"n_epochs": 0}, "'n_epochs' parameter of FederatedClient must be an int of 1 or more"),
        ({"batch_size": 1.5}, "'batch_size' parameter"),
        ({"sample_weight": np.zeros(80)}, "at least one non-zero"),
    ],
)
def test_values_that_mean_nothing_are_refused(two_classes, changes, says):
    with pytest.raises(ValueError, match=says):
        client(*two_classes, **changes)


def test_missing_labels_and_wrong_parts_are_refused(two_classes):
    X, y = two_classes
    with pytest.raises(ValueError, match="must hold labels only"):
        client(X, np.where(y == 0, np.nan, 1.0))
    with pytest.raises(TypeError, match="Got the class InheritLabeler instead"):
        client(X, y, labeler=InheritLabeler)
    with pytest.raises(ValueError, match="arrays of the shapes"):
        client(X, y).update([np.zeros(3)])


def test_columns_of_one_name_are_refused():
    doubled = pd.DataFrame(np.eye(8)[:, :3], columns=["a", "b", "a"])
    with pytest.raises(ValueError, match="distinct names. Got a more than once"):
        FederatedClient(SGDClassifier(), doubled, np.arange(8) % 2, classes=[0, 1])


def test_a_table_without_row_access_is_refused():
    frame = pl.LazyFrame({"a": np.arange(8.0)})
    with pytest.raises(TypeError, match="'X' parameter of FederatedClient must be .* convert it"):
        FederatedClient(SGDClassifier(), frame, np.arange(8) % 2, classes=[0, 1])
