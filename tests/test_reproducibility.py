"""Same seed, same result; and nothing of the user is changed."""

import copy
import pickle
import time
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
import skorch
import torch
from joblib import Parallel, delayed
from made_nets import Layers, classifier
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier
from skorch import NeuralNetClassifier

from sklearn_synda import ActiveSynthesisClassifier, deploy
from sklearn_synda.labeling import CommitteeLabeler, InheritLabeler
from sklearn_synda.query import ExpectedErrorReductionQuery, ProxyQuery
from sklearn_synda.synthesis import MixingSynthesizer, SMOTESynthesizer
from sklearn_synda.uncertainty import CommitteeUncertainty
from sklearn_synda.utils import Pool
from sklearn_synda.validation import CrossValidation, FixedRate, NoValidation


def fit_small(estimator, light, X, y, **changes):
    parts = {**light, "random_state": 0, **changes}
    return ActiveSynthesisClassifier(estimator, **parts).fit(X, y)


def test_pickle_and_clone(light, two_classes):
    X, y = two_classes
    model = fit_small(LogisticRegression(), light, X, y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(again.query(X, 3), model.query(X, 3))
    fresh = clone(model)
    assert not hasattr(fresh, "estimator_")
    assert fresh.get_params(deep=False).keys() == model.get_params(deep=False).keys()


@pytest.mark.parametrize("n_jobs", [2])
def test_same_result_whatever_n_jobs(n_jobs, two_classes):
    X, y = two_classes
    parts = {
        "labeler": CommitteeLabeler([GaussianNB(), DecisionTreeClassifier()]),
        "validation": CrossValidation(n_splits=2),
        "max_iter": 2,
        "random_state": 0,
    }
    one = ActiveSynthesisClassifier(DecisionTreeClassifier(), n_jobs=1, **parts).fit(X, y)
    two = ActiveSynthesisClassifier(DecisionTreeClassifier(), n_jobs=n_jobs, **parts).fit(X, y)
    np.testing.assert_array_equal(one.history_["loss"], two.history_["loss"])
    np.testing.assert_array_equal(one.synthetic_X_, two.synthetic_X_)
    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))


@pytest.mark.timeout(60)
def test_a_worker_that_is_replaced_keeps_nobody_waiting():
    """Joblib takes the import of skorch in a worker for a leak, and warns in a thread of its own.

    As an error, that warning ends the thread, and whoever waits for the work waits for ever.
    """
    pytest.importorskip("psutil", reason="without it joblib does not look at memory")
    first = [delayed(time.sleep)(1.1), delayed(time.sleep)(1.1)]
    then = [delayed(import_module)("skorch"), delayed(import_module)("skorch")]
    assert Parallel(n_jobs=2)(first) == [None, None]
    done = Parallel(n_jobs=2)(then + 6 * [delayed(time.sleep)(0.6)])
    assert done == [skorch, skorch] + 6 * [None]


def test_random_state_decides_alone(two_classes):
    X, y = two_classes

    def made(seed):
        return ActiveSynthesisClassifier(
            RandomForestClassifier(3), labeler=InheritLabeler(), validation=NoValidation(),
            max_iter=2, rate=FixedRate(1.0), random_state=seed,
        ).fit(X, y)  # fmt: skip

    np.random.seed(1)  # noqa: NPY002
    first = made(0)
    np.random.seed(2)  # noqa: NPY002
    second = made(0)
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    np.testing.assert_array_equal(first.synthetic_X_, second.synthetic_X_)
    assert not np.array_equal(first.synthetic_X_, made(1).synthetic_X_)
    again = first.fit(X, y)
    np.testing.assert_array_equal(again.synthetic_X_, second.synthetic_X_)


@pytest.mark.parametrize("random_state", [0, None])
def test_nothing_of_the_user_is_changed(random_state, light, two_classes):
    X, y = two_classes
    X = pd.DataFrame(X, columns=list("abcdef"), index=np.arange(80)[::-1])
    y = pd.Series(y, index=X.index, name="target")
    weight = np.ones(80)
    inputs = (X, y, weight)
    before = copy.deepcopy(inputs)
    estimator, synthesizer = RandomForestClassifier(3), SMOTESynthesizer()
    params = copy.deepcopy(estimator.get_params()), copy.deepcopy(synthesizer.get_params())
    attributes = set(vars(estimator)), set(vars(synthesizer))
    model = ActiveSynthesisClassifier(
        estimator, synthesizer=synthesizer, random_state=random_state, **light
    ).fit(X, y, sample_weight=weight)
    model.query(X, 2)
    model.teach(X.iloc[:2], y.iloc[:2], sample_weight=weight[:2])
    pd.testing.assert_frame_equal(X, before[0])
    pd.testing.assert_series_equal(y, before[1])
    np.testing.assert_array_equal(weight, before[2])
    assert (estimator.get_params(), synthesizer.get_params()) == params
    assert (set(vars(estimator)), set(vars(synthesizer))) == attributes


@pytest.fixture
def same_twice():
    """That something with a net inside gives the same twice, and leaves torch's stream alone."""

    def check(answer):
        state = torch.get_rng_state()
        first = answer()
        assert torch.equal(torch.get_rng_state(), state)
        torch.rand(3)
        np.testing.assert_array_equal(first, answer())

    return check


@pytest.mark.filterwarnings("ignore::sklearn_synda.exceptions.SampleWeightWarning")
def test_a_net_is_fitted_under_the_seed(same_twice, light, two_classes):
    X, y = two_classes
    partial = y.astype(float)
    partial[60:] = np.nan
    parts = {**light, "random_state": 0, "validation": CrossValidation(n_splits=2)}
    for targets in (y, partial):
        fits = []
        for n_jobs in (None, 2):
            model = ActiveSynthesisClassifier(classifier(2), n_jobs=n_jobs, **parts)
            same_twice(lambda model=model, targets=targets: model.fit(X, targets).history_["loss"])
            fits.append(model)
        np.testing.assert_array_equal(*(model.history_["loss"] for model in fits))
        np.testing.assert_array_equal(*(model.predict_proba(X) for model in fits))
    unseeded = ActiveSynthesisClassifier(classifier(2), **{**parts, "random_state": None})
    torch.manual_seed(0)
    first = unseeded.set_params(max_iter=0).fit(X, y).predict_proba(X)
    torch.manual_seed(0)
    np.testing.assert_array_equal(first, unseeded.fit(X, y).predict_proba(X))


@pytest.mark.filterwarnings("ignore::sklearn_synda.exceptions.SampleWeightWarning")
def test_a_net_of_a_stream_draws_under_the_seed(same_twice, light, two_classes):
    X, y = two_classes

    def losses():
        model = ActiveSynthesisClassifier(net, random_state=0, **light)
        for start in (0, 40):
            model.partial_fit(X[start : start + 40], y[start : start + 40], classes=[0, 1])
        return model.history_["loss"]

    net = NeuralNetClassifier(
        Layers, module__n_outputs=2, criterion=torch.nn.CrossEntropyLoss, max_epochs=2, verbose=0,
        train_split=None,
    )  # fmt: skip
    same_twice(losses)


@pytest.mark.filterwarnings("ignore::sklearn_synda.exceptions.SampleWeightWarning")
def test_a_net_in_a_part_is_fitted_under_its_seed(same_twice, two_classes):
    X, y = two_classes
    net, logistic = classifier(2), LogisticRegression()
    batch = MixingSynthesizer().fit(X, y).sample(np.arange(10), random_state=0)
    labeler = CommitteeLabeler([net, logistic], random_state=0)
    same_twice(lambda: labeler.fit(X, y).label(batch).proba)
    vote = VotingClassifier([("net", net), ("line", logistic)], voting="soft")
    committee = CommitteeUncertainty(vote, n_estimators=2, random_state=0)
    same_twice(lambda: committee.fit(X, y).predict_uncertainty(X))
    forest = RandomForestClassifier(3, random_state=0).fit(X, y)
    given = {"student": net, "n_made": 20, "random_state": 0}
    same_twice(lambda: deploy.distill(forest, X, **given).difference)


@pytest.mark.parametrize("strategy", [ProxyQuery, ExpectedErrorReductionQuery])
def test_a_net_in_a_query_is_fitted_under_its_seed(strategy, same_twice, two_classes):
    X, y = two_classes
    fitted = LogisticRegression().fit(X[:40], y[:40])
    pool = Pool(
        X[40:], proba=lambda: fitted.predict_proba(X[40:]), utilities=lambda: X[40:, 0],
        embedding=lambda: X[40:], embedding_labeled=lambda: X[:40], X_labeled=X[:40],
        y_labeled=y[:40], estimator=fitted,
    )  # fmt: skip
    query = strategy(estimator=classifier(2), n_candidates=5)
    same_twice(lambda: query.query(pool, 5, random_state=0))
