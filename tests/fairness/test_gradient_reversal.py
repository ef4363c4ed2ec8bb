"""Gradient reversal: the group is harder to tell, the classes are not."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda.exceptions import SynthesisWarning
from sklearn_synda.fairness import GradientReversalClassifier, gradient_reversal_layer
from sklearn_synda.integration import WeightedIntegrator
from sklearn_synda.labeling import InheritLabeler
from sklearn_synda.validation import NoValidation

torch = pytest.importorskip("torch")


NOT_KEPT = {
    "check_sample_weight_equivalence_on_dense_data": "a repeated row is in several steps",
}


@parametrize_with_checks(
    [GradientReversalClassifier(max_iter=25, learning_rate=0.02, random_state=0)],
    expected_failed_checks=lambda estimator: NOT_KEPT,
)
def test_checks_of_sklearn(estimator, check):
    check(estimator)


def table(seed, n=600):
    """Two columns say the class, two the group, one both."""
    rng = np.random.RandomState(seed)
    group, y = rng.randint(2, size=(2, n))
    X = rng.normal(size=(n, 5))
    X += np.outer(2 * y - 1, [1, 1, 0, 0, 0.5]) + np.outer(2 * group - 1, [0, 0, 1.5, 1.5, 0.5])
    return X, y, group


def told(model, seed):
    """How well a fresh model tells the group from the representation, on rows of its own."""
    X, _, group = table(seed, 1200)
    hidden = model.representation(X)
    probe = LogisticRegression(max_iter=2000).fit(hidden[:600], group[:600])
    return roc_auc_score(group[600:], probe.predict_proba(hidden[600:])[:, 1])


def test_the_group_is_harder_to_tell_at_a_small_cost():
    X, y, group = table(0)
    other = table(100)
    plain, fair = (
        GradientReversalClassifier(strength, random_state=0).fit(X, y, sensitive_features=group)
        for strength in (0.0, 3.0)
    )
    assert told(plain, 200) > 0.9
    assert told(fair, 200) < told(plain, 200) - 0.15
    assert fair.score(*other[:2]) > plain.score(*other[:2]) - 0.03


def test_the_layer():
    layer = gradient_reversal_layer(2.0)
    x = torch.arange(3.0, requires_grad=True)
    out = layer(x)
    assert torch.equal(out, x)
    (out * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert x.grad.tolist() == [-2.0, -4.0, -6.0]


def fit(seed=0, **params):
    X, y, group = table(seed, 90)
    model = GradientReversalClassifier(max_iter=3, random_state=0, **params)
    return model.fit(X, y, sensitive_features=group), X, y, group


def test_the_same_seed_is_the_same_net_and_leaves_torch_alone():
    before, n_threads = torch.random.get_rng_state(), torch.get_num_threads()
    first, X, *_ = fit()
    second, *_ = fit()
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    assert torch.equal(before, torch.random.get_rng_state())
    assert torch.get_num_threads() == n_threads


def test_pickle():
    model, X, *_ = fit()
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    assert again.groups_ == model.groups_


def test_strength_zero_and_no_groups_train_the_same_hidden_layers():
    """No gradient of the adversary reaches them."""
    plain, X, y, _ = fit(strength=0.0)
    without = clone(plain).fit(X, y)
    assert without.groups_ == []
    same = np.allclose(plain.representation(X), without.representation(X))
    adverse = np.allclose(plain.representation(X), fit(strength=1.0)[0].representation(X))
    assert not adverse
    assert same or plain.net_.module_.reversal.strength == 0.0


def test_groups_of_several_columns_and_unknown_ones():
    X, y, group = table(0, 90)
    both = pd.DataFrame({"a": np.where(group, "u", "v"), "b": y})
    model = GradientReversalClassifier(max_iter=2, random_state=0)
    assert len(model.fit(X, y, sensitive_features=both).groups_) == 4
    some = group.astype(object)
    some[::2] = None
    assert sorted(model.fit(X, y, sensitive_features=some).groups_) == [0, 1]
    for dtype in ("Int64", "object", "string"):
        unknown = pd.Series(group, dtype=dtype).mask(np.arange(90) % 2 == 0)
        assert len(model.fit(X, y, sensitive_features=unknown).groups_) == 2
    every = model.fit(X, y, sensitive_features=np.full(90, None))
    assert every.groups_ == []


@pytest.mark.parametrize("n_rows", [3, 65, 129])
def test_batches_of_one_row(n_rows):
    X, y, group = table(0, 200)
    model = GradientReversalClassifier(max_iter=2, random_state=0)
    model.fit(X[:n_rows], y[:n_rows], sensitive_features=group[:n_rows])
    assert np.isfinite(model.predict_proba(X)).all()


def test_a_thousand_columns_some_constant():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(40, 1000))
    X[:, :10] = 1e9
    model = GradientReversalClassifier(max_iter=2, random_state=0).fit(X, rng.randint(2, size=40))
    assert np.isfinite(model.predict_proba(X)).all()


@pytest.mark.parametrize(
    ("groups", "sentence"),
    [(np.zeros(5), r"each of the 90 rows. Got an array of shape \(5,\)"),
     (np.zeros((90, 1, 1)), "Got an array of shape")],
)  # fmt: skip
def test_groups_are_checked(groups, sentence):
    X, y, _ = table(0, 90)
    with pytest.raises(ValueError, match=sentence):
        GradientReversalClassifier().fit(X, y, sensitive_features=groups)


def test_a_loss_that_blows_up_is_said():
    with pytest.raises(ValueError, match="must be finite. Got nan instead: lower learning_rate"):
        fit(learning_rate=1e30)


def test_groups_are_routed_through_a_meta_estimator():
    """Made rows are of the group of their anchor."""
    X, y, group = table(0, 90)
    with config_context(enable_metadata_routing=True):
        inner = GradientReversalClassifier(max_iter=2).set_fit_request(
            sensitive_features=True, sample_weight=True
        )
        model = ActiveSynthesisClassifier(
            inner, labeler=InheritLabeler(), integrator=WeightedIntegrator(), max_iter=1,
            validation=NoValidation(), random_state=0,
        )  # fmt: skip
        with pytest.warns(SynthesisWarning, match="'sensitive_features' reach the fits of"):
            model.fit(X, y, sensitive_features=group)
    assert model.n_iter_ == 1
    assert sorted(model.estimator_.groups_) == [0, 1]


def test_weights_count_across_batches_and_scales():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(60, 2))
    y = np.tile([0, 1], 30)
    X[:, 0] = 0  # nothing to learn but how common the classes are
    X[:, 1] = 0
    weight = np.where(y == 1, 9.0, 1.0)
    common = {"max_iter": 40, "learning_rate": 0.01, "random_state": 0, "strength": 0.0}
    model = GradientReversalClassifier(batch_size=1, **common).fit(X, y, weight)
    assert model.predict_proba(X)[:, 1].mean() == pytest.approx(0.9, abs=0.06)
    scaled = GradientReversalClassifier(**common).fit(X, y, 50 * weight)
    plain = GradientReversalClassifier(**common).fit(X, y, weight)
    np.testing.assert_allclose(scaled.predict_proba(X), plain.predict_proba(X), atol=1e-5)


def test_rows_of_no_weight_do_not_set_the_scale():
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(40, 2)), np.tile([0, 1], 20)
    far = np.vstack([X, np.full((5, 2), 1e6)])
    weight = np.r_[np.ones(40), np.zeros(5)]
    common = {"max_iter": 3, "random_state": 0}
    alone = GradientReversalClassifier(**common).fit(X, y)
    model = GradientReversalClassifier(**common).fit(far, np.r_[y, np.zeros(5, int)], weight)
    np.testing.assert_allclose(model.predict_proba(X), alone.predict_proba(X), atol=1e-6)
