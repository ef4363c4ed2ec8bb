"""Parameters as arrays: out of a model and in again, and averaged."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from made_nets import Layers, classifier, regressor
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import Perceptron, SGDClassifier, SGDRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier, MLPRegressor
from skorch import NeuralNetBinaryClassifier

from sklearn_synda.dynamic._learner import Learner
from sklearn_synda.federated import (
    ClientUpdate,
    average_updates,
    get_parameters,
    set_parameters,
)
from sklearn_synda.federated._parameters import start

CLASSIFIERS = [
    SGDClassifier(loss="log_loss"), Perceptron(), MLPClassifier((4,)),
    MLPClassifier((4,), solver="sgd", early_stopping=False), classifier(module__n_outputs=3),
    classifier(module__n_outputs=3, module__norm=True),
]  # fmt: skip
REGRESSORS = [
    SGDRegressor(),
    MLPRegressor(hidden_layer_sizes=(4,)),
    regressor(),
    regressor(module__norm=True),
]


def started(estimator, n_classes, seed=0):
    return start(Learner(estimator, n_classes, 1.0, np.random.RandomState(seed)), 5)


def each(estimators):
    return pytest.mark.parametrize("estimator", estimators, ids=lambda e: type(e).__name__)


def step_of(learner, seed=1):
    rng = np.random.RandomState(seed)
    y = np.arange(6) % 3 if learner.n_classes else rng.normal(size=6)
    learner.step(rng.normal(size=(6, 5)), y, np.ones(6))
    return learner


@each(CLASSIFIERS + REGRESSORS)
def test_a_round_trip_is_exact_and_copies(estimator):
    n_classes = 3 if estimator in CLASSIFIERS else None
    one, other = started(estimator, n_classes), started(estimator, n_classes, seed=9)
    step_of(one)
    sent = get_parameters(one.estimator)
    kept = [values.copy() for values in sent]
    set_parameters(other.estimator, sent)
    for values, same in zip(get_parameters(other.estimator), kept, strict=True):
        np.testing.assert_array_equal(values, same)
        assert values.dtype == same.dtype
    rows = np.random.RandomState(2).normal(size=(8, 5))
    np.testing.assert_array_equal(one.predict(rows), other.predict(rows))
    step_of(other, seed=3)  # what was sent, and who sent it, stay as they are
    for sender, values, same in zip(get_parameters(one.estimator), sent, kept, strict=True):
        np.testing.assert_array_equal(sender, same)
        np.testing.assert_array_equal(values, same)
    changed = get_parameters(other.estimator)
    assert not all(map(np.array_equal, changed, kept)), "the model learns what it was given"
    step_of(one, seed=4)  # and what is to be sent is not what goes on learning
    assert all(map(np.array_equal, sent, kept))


@each(CLASSIFIERS + REGRESSORS)
def test_a_start_has_learnt_nothing(estimator):
    """The first step after it is that of a model that was never started."""
    n_classes = 3 if estimator in CLASSIFIERS else None
    if hasattr(estimator, "module"):
        pytest.skip("torch draws the weights of a net at its first call, whichever that is")
    fresh = Learner(estimator, n_classes, 1.0, np.random.RandomState(0))
    expected = get_parameters(step_of(fresh).estimator)
    found = get_parameters(step_of(started(estimator, n_classes)).estimator)
    for values, same in zip(found, expected, strict=True):
        np.testing.assert_array_equal(values, same)


def test_starting_leaves_the_streams_of_torch_and_numpy_alone():
    before = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    started(classifier(module__n_outputs=3), 3)
    started(MLPClassifier((4,)), 3)
    assert torch.equal(torch.random.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002


def test_a_net_with_one_output_for_two_classes():
    net = NeuralNetBinaryClassifier(Layers, verbose=0)
    learner = start(Learner(net, 2, 1.0, np.random.RandomState(0)), 5)
    assert get_parameters(learner.estimator)[-1].shape == (1,)


@each([GaussianNB(), RandomForestClassifier(n_estimators=2)])
def test_what_has_no_parameters_to_average_is_refused(estimator):
    estimator.fit(np.eye(4), [0, 1, 0, 1])
    with pytest.raises(TypeError, match=r"is not compatible with federated training: it needs"):
        get_parameters(estimator)


def test_other_shapes_are_refused():
    model = SGDClassifier().fit(np.eye(4), [0, 1, 0, 1])
    with pytest.raises(ValueError, match=r"arrays of the shapes \[\(1, 4\), \(1,\)\]. Got"):
        set_parameters(model, [np.zeros((1, 3)), np.zeros(1)])
    with pytest.raises(ValueError, match="must hold arrays of the shapes"):
        set_parameters(model, [np.zeros((1, 4))])


def update(*values, n_rows=1.0, **other):
    return ClientUpdate(
        [np.asarray(v) for v in values], n_rows=n_rows, loss_before=1.0, loss_after=1.0, **other
    )


FLOATS = arrays(np.float64, (2, 3), elements=st.floats(-1e6, 1e6))


@given(st.lists(st.tuples(FLOATS, st.floats(0.1, 1e4)), min_size=1, max_size=6), st.randoms())
def test_the_mean_is_weighted_and_the_order_does_not_matter(sent, random):
    updates = {f"client {k}": update(v, n_rows=n) for k, (v, n) in enumerate(sent)}
    [mean] = average_updates(updates)
    expected = np.average([v for v, _ in sent], axis=0, weights=[n for _, n in sent])
    np.testing.assert_allclose(mean, expected, rtol=1e-9, atol=1e-6)
    names = list(updates)
    random.shuffle(names)
    [other] = average_updates({name: updates[name] for name in names})
    np.testing.assert_array_equal(mean, other)


def test_one_update_is_its_own_mean():
    values = np.random.RandomState(0).normal(size=(3, 2))
    np.testing.assert_array_equal(average_updates({"a": update(values, n_rows=7.0)})[0], values)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (update([1.0, np.nan]), "parameters of client 'west' must be finite numbers. Got NaN"),
        (update([1.0, np.inf]), "parameters of client 'west' must be finite numbers"),
        (update([1.0]), r"parameters of client 'west' must have the shapes \[\(2,\)\]"),
        (update([1.0, 2.0], [3.0]), "parameters of client 'west' must have the shapes"),
        (update([1.0, 2.0], n_rows=0), "'n_rows' of client 'west' must be a number above 0"),
        (update([1.0, 2.0], n_rows=np.nan), "'n_rows' of client 'west'"),
        (update([1.0, 2.0], classes=("a", "b")), "classes of client 'west' must be"),
    ],
)
def test_an_update_that_spoils_the_mean_is_refused_by_name(bad, says):
    with pytest.raises(ValueError, match=says):
        average_updates({"east": update([0.0, 0.0]), "west": bad})


def test_no_update_at_all_is_refused():
    with pytest.raises(ValueError, match="must hold one update or more"):
        average_updates({})


def test_the_repr_of_an_update_shows_no_array():
    assert repr(update([123.456], classes=("a",))) == (
        "ClientUpdate(n_rows=1.0, loss_before=1.0, loss_after=1.0, n_made=0)"
    )


def test_whole_numbers_of_a_net_stay_whole():
    """A batch normalisation counts its batches; the mean of counts is rounded."""
    learner = step_of(started(classifier(module__n_outputs=3, module__norm=True), 3))
    sent = get_parameters(learner.estimator)
    assert any(values.dtype == np.int64 for values in sent)
    step_of(learner)
    later = get_parameters(learner.estimator)
    mean = average_updates({"a": update(*later, n_rows=3.0), "b": update(*sent)})
    set_parameters(learner.estimator, mean)
    for values, old, new in zip(get_parameters(learner.estimator), sent, later, strict=True):
        assert values.dtype == old.dtype
        expected = 0.25 * old + 0.75 * new
        if old.dtype == np.int64:
            assert expected != new, "the counts differ by one, and their mean is no count"
            expected = np.rint(expected)
        np.testing.assert_allclose(values, expected, rtol=1e-5, atol=1e-6)
