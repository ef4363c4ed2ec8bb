"""modAL's query functions here, and our estimators inside its ActiveLearner."""

from functools import partial

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda.labeling import InheritLabeler
from sklearn_synda.query import ConsensusEntropyQuery, EntropyQuery, MarginQuery, ModALQuery
from sklearn_synda.uncertainty import CommitteeUncertainty
from sklearn_synda.utils import Pool

UNCERTAINTY = {"margin_sampling": MarginQuery(), "entropy_sampling": EntropyQuery()}


@pytest.fixture
def pool():
    rng = np.random.RandomState(0)
    members = rng.dirichlet(np.ones(3), size=(4, 50))
    return Pool(
        rng.normal(size=(50, 2)),
        proba=lambda: members.mean(axis=0),
        members=lambda: members,
        y_labeled=np.array([0, 1, 2, 1]),
    )


@pytest.mark.parametrize("name", [*UNCERTAINTY, "uncertainty_sampling"])
def test_uncertainty_sampling(pool, name):
    modal = pytest.importorskip("modAL.uncertainty")
    named = ModALQuery(getattr(modal, name)).query(pool, batch_size=5)
    ours = UNCERTAINTY.get(name)
    if ours is None:
        expected = np.argsort(pool.proba.max(axis=1))[:5]
    else:
        expected = ours.query(pool, batch_size=5, random_state=0)
    assert set(named) == set(expected)


@pytest.mark.parametrize(
    "name", ["vote_entropy_sampling", "consensus_entropy_sampling", "max_disagreement_sampling"]
)
def test_disagreement_sampling(pool, name):
    modal = pytest.importorskip("modAL.disagreement")
    named = ModALQuery(getattr(modal, name)).query(pool, batch_size=5)
    assert len(set(named)) == 5
    if name == "max_disagreement_sampling":
        consensus = pool.members.mean(axis=0)
        divergence = (pool.members * np.log(pool.members / consensus)).sum(axis=2).max(axis=0)
        assert set(named) == set(np.argsort(-divergence)[:5])


@pytest.mark.parametrize("wrap", [lambda f: f, partial])
def test_a_committee_is_asked_and_not_the_model(wrap):
    modal = pytest.importorskip("modAL.disagreement")
    members = np.random.RandomState(0).dirichlet(np.ones(3), size=(4, 50))
    sure = np.tile([0.9, 0.05, 0.05], (50, 1))
    pool = Pool(np.zeros((50, 1)), proba=lambda: sure, members=lambda: members)
    query = ModALQuery(wrap(modal.consensus_entropy_sampling))
    expected = ConsensusEntropyQuery().query(pool, 5, random_state=0)
    assert query.query(pool, 5).tolist() == expected.tolist()
    alone = Pool(np.zeros((50, 1)), proba=lambda: sure)
    for function in (modal.consensus_entropy_sampling, modal.vote_entropy_sampling):
        with pytest.raises(TypeError, match="it needs the class probabilities of a committee"):
            ModALQuery(wrap(function)).query(alone, 5)


@pytest.mark.parametrize(
    ("module", "name"),
    [("batch", "uncertainty_batch_sampling"), ("disagreement", "max_std_sampling")],
)
def test_what_needs_more_than_a_pool_is_refused(pool, module, name):
    function = getattr(pytest.importorskip(f"modAL.{module}"), name)
    with pytest.raises(
        TypeError, match=f"not compatible with {name}: it needs .* RankedBatchQuery"
    ):
        ModALQuery(function).query(pool, 5)


def test_an_attribute_missing_elsewhere_is_the_functions_own_error(pool):
    with pytest.raises(AttributeError, match="'int' object has no attribute 'x'"):
        ModALQuery(lambda learner, X, n_instances: (1).x).query(pool, 2)


def test_within_the_meta_estimator():
    modal = pytest.importorskip("modAL.disagreement")
    X, y = load_iris(return_X_y=True)
    model = ActiveSynthesisClassifier(
        LogisticRegression(max_iter=500),
        uncertainty=CommitteeUncertainty(n_estimators=3),
        query_strategy=ModALQuery(modal.max_disagreement_sampling),
        max_iter=0,
        random_state=0,
    ).fit(X[::4], y[::4])
    assert len(model.query(X[1::4], batch_size=4)) == 4


def test_our_estimator_in_an_active_learner():
    """``teach`` of modAL fails on present scikit-learn for every estimator; the rest works."""
    models = pytest.importorskip("modAL.models")
    from modAL.uncertainty import margin_sampling

    X, y = load_iris(return_X_y=True)
    model = ActiveSynthesisClassifier(
        LogisticRegression(max_iter=500), labeler=InheritLabeler(), max_iter=1, random_state=0
    )
    learner = models.ActiveLearner(
        estimator=model, query_strategy=margin_sampling, X_training=X[::5], y_training=y[::5]
    )
    indices, rows = learner.query(X[1::5], n_instances=3)
    np.testing.assert_array_equal(rows, X[1::5][indices])
    assert learner.score(X, y) > 0.9
    assert learner.predict_proba(X).shape == (150, 3)
    with pytest.raises(TypeError, match="force_all_finite"):
        learner.teach(X[:2], y[:2])


@pytest.mark.parametrize("answer", [np.array([1, 1]), np.array([0]), (np.array([2, 2]), None)])
def test_a_function_that_names_rows_twice_or_too_few(pool, answer):
    with pytest.raises(ValueError, match="must give 2 distinct positions"):
        ModALQuery(lambda learner, X, n_instances: answer).query(pool, batch_size=2)
