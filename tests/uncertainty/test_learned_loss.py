"""The learned loss: exact for models whose loss is known, out of fold, inside the loop."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsRegressor
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeRegressor

from sklearn_synda import ActiveSynthesisClassifier, ActiveSynthesisRegressor
from sklearn_synda.exceptions import SynthesisWarning
from sklearn_synda.query import TopKQuery
from sklearn_synda.uncertainty import LearnedLossUncertainty
from sklearn_synda.utils.estimator_checks import check_uncertainty

ONE_NEIGHBOR = KNeighborsRegressor(1)


def rows(n):
    return np.random.RandomState(0).normal(size=(n, 2))


def test_the_loss_of_a_constant_is_the_target():
    X, y = rows(20), np.arange(20.0) - 7
    model = DummyRegressor(strategy="constant", constant=0.0)
    unsure = LearnedLossUncertainty(model, regressor=ONE_NEIGHBOR).fit(X, y)
    np.testing.assert_allclose(unsure.predict_uncertainty(X), np.abs(y))


def test_the_loss_of_a_class_is_its_log_loss():
    """Two rows of three are "b" in every fold: ln 3 for an "a", ln 1.5 for a "b"."""
    X, y = rows(18), np.resize(["a", "b", "b"], 18)
    unsure = LearnedLossUncertainty(DummyClassifier(), regressor=ONE_NEIGHBOR).fit(X, y)
    expected = np.where(y == "a", np.log(3), np.log(1.5))
    np.testing.assert_allclose(unsure.predict_uncertainty(X), expected)
    assert unsure.classes_.tolist() == ["a", "b"]


def test_a_wrong_vote_costs_no_more_than_a_thousandth():
    X, y = rows(16), np.resize([0, 1], 16)
    model = DummyClassifier(strategy="constant", constant=0)
    unsure = LearnedLossUncertainty(model, regressor=ONE_NEIGHBOR).fit(X, y)
    np.testing.assert_allclose(unsure.predict_uncertainty(X), y * np.log(1000), atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_it_finds_where_a_model_is_wrong_and_sure_of_it(seed):
    """Half of the "b" on the right are called "a" by chance; a linear model cannot say so."""
    rng = np.random.RandomState(seed)
    X = rng.uniform(-1, 1, size=(300, 2))
    y = X[:, 0] + (X[:, 1] > 0) * rng.normal(size=300)
    unsure = LearnedLossUncertainty(LinearRegression(), random_state=seed)
    for expected in (unsure.fit_predict_uncertainty(X, y), unsure.predict_uncertainty(X)):
        assert expected[X[:, 1] > 0.1].mean() > 3 * expected[X[:, 1] < -0.1].mean()
    flipped = (X[:, 0] > 0) ^ ((X[:, 1] > 0) & (rng.uniform(size=300) < 0.4))
    unsure = LearnedLossUncertainty(LogisticRegression(), random_state=seed)
    expected = unsure.fit_predict_uncertainty(X, flipped)
    assert expected[X[:, 1] > 0.1].mean() > 1.3 * expected[X[:, 1] < -0.1].mean()


def test_its_own_rows_are_out_of_fold_at_both_levels():
    """The label of a row has no say in its own value: another label, the same value."""
    X, y = rows(30), np.random.RandomState(1).normal(size=30)
    unsure = LearnedLossUncertainty(Ridge(), regressor=ONE_NEIGHBOR, random_state=0)
    before, in_sample = unsure.fit_predict_uncertainty(X, y), unsure.predict_uncertainty(X)
    for row in (0, 11, 29):
        changed = y.copy()
        changed[row] += 100.0
        after = unsure.fit_predict_uncertainty(X, changed)
        assert after[row] == before[row]
        assert unsure.predict_uncertainty(X)[row] != in_sample[row]


def test_what_the_model_says_is_among_the_features():
    """All rows lie in one place in the embedding; only the spread of the process differs."""
    said = []

    class Spy(KNeighborsRegressor):
        def fit(self, X, y):
            said.append(X)
            return super().fit(X, y)

    X, y = rows(24), rows(24)[:, 0]
    LearnedLossUncertainty(LinearRegression(), regressor=Spy(3)).fit(X, y)
    LearnedLossUncertainty(GaussianProcessRegressor(alpha=0.1), regressor=Spy(3)).fit(X, y)
    LearnedLossUncertainty(GaussianNB(), regressor=Spy(3)).fit(X, y > 0)
    assert [features.shape[1] for features in said] == [2 + 1, 2 + 2, 2 + 3]


def test_a_frozen_model_answers_for_new_rows():
    X, y = rows(30), (rows(30)[:, 0] > 0).astype(int)
    fitted = LogisticRegression().fit(X, y)
    kwargs = {"regressor": Ridge(), "random_state": 0}
    frozen = LearnedLossUncertainty(FrozenEstimator(fitted), **kwargs).fit(X[:12], y[:12])
    assert frozen.estimator_.estimator is fitted
    refitted = LearnedLossUncertainty(LogisticRegression(), **kwargs).fit(X[:12], y[:12])
    assert not np.allclose(frozen.predict_uncertainty(X), refitted.predict_uncertainty(X))


def test_a_frozen_model_is_judged_by_fits_that_have_not_seen_the_row():
    """A full-grown tree knows its own rows by heart: in sample its loss is zero everywhere."""
    X, y = rows(40), np.random.RandomState(1).normal(size=40)
    frozen = FrozenEstimator(DecisionTreeRegressor(random_state=0).fit(X, y))
    unsure = LearnedLossUncertainty(frozen, random_state=0).fit(X, y)
    assert unsure.predict_uncertainty(X).min() > 0.1


@pytest.mark.parametrize("y", [[0], [0, 1], [1, 1, 1], [0, 0, 0, 1]])
def test_few_rows_and_classes(y):
    X = np.arange(float(len(y)))[:, None]
    unsure = LearnedLossUncertainty(GaussianNB(), random_state=0)
    own = unsure.fit_predict_uncertainty(X, np.array(y))
    assert np.isfinite(own).all()
    assert np.isfinite(unsure.predict_uncertainty(X)).all()


def test_a_model_that_cannot_be_judged_has_a_loss_of_one():
    class FewRows(GaussianNB):
        def fit(self, X, y, sample_weight=None):
            if len(X) < 30:
                raise ValueError("too few for me")
            return super().fit(X, y)

    X = rows(30)
    with pytest.warns(SynthesisWarning, match="too few for me"):
        unsure = LearnedLossUncertainty(FewRows()).fit(X, X[:, 0] > 0)
    assert (unsure.predict_uncertainty(X) == 1).all()


def test_a_regressor_that_goes_below_zero_is_cut_off():
    X, y = rows(30), np.zeros(30)
    y[0] = 50.0
    unsure = LearnedLossUncertainty(Ridge(), regressor=LinearRegression(), random_state=0)
    assert unsure.fit(X, y).predict_uncertainty(20 * X).min() == 0


def test_weights_reach_model_and_regressor():
    """Rows of no weight cost nothing: their large targets are not learnt."""
    X, y = rows(40), np.zeros(40)
    weight = np.ones(40)
    y[::2], weight[::2] = 9.0, 1e-9
    model = DummyRegressor(strategy="constant", constant=0.0)
    unsure = LearnedLossUncertainty(model, regressor=DummyRegressor(), random_state=0)
    assert unsure.fit(X, y, weight).predict_uncertainty(X).max() < 1e-6
    assert unsure.fit(X, y).predict_uncertainty(X).min() == pytest.approx(4.5)


def test_contract_of_a_model_that_votes():
    check_uncertainty(LearnedLossUncertainty(LinearSVC(), regressor=DecisionTreeRegressor()))


def test_containers():
    X = rows(30)
    frame = pd.DataFrame(X, columns=["a", "b"])
    y = X[:, 0] > 0
    kwargs = {"regressor": Ridge(), "random_state": 0}
    answers = [
        LearnedLossUncertainty(LogisticRegression(), **kwargs).fit_predict_uncertainty(rows_, y)
        for rows_ in (X, frame, sparse.csr_matrix(X))
    ]
    np.testing.assert_allclose(answers[0], answers[1])
    np.testing.assert_allclose(answers[0], answers[2])


@pytest.mark.parametrize("kind", [ActiveSynthesisClassifier, ActiveSynthesisRegressor])
def test_inside_the_meta_estimator(kind, light):
    X = rows(40)
    y = X[:, 0] if kind is ActiveSynthesisRegressor else X[:, 0] > 0
    model = Ridge() if kind is ActiveSynthesisRegressor else LogisticRegression()
    part = LearnedLossUncertainty(regressor=DecisionTreeRegressor(min_samples_leaf=5))
    fits = [
        kind(model, uncertainty=part, query_strategy=TopKQuery(), random_state=0, **light).fit(X, y)
        for _ in range(2)
    ]  # fmt: skip
    unsure = fits[0].predict_uncertainty(X)
    np.testing.assert_array_equal(unsure, fits[1].predict_uncertainty(X))
    assert unsure[fits[0].query(X, 1)] == unsure.max()
    assert part.estimator is None


def test_bad_parameters():
    X = rows(10)
    with pytest.raises(TypeError, match="is not compatible with NoneType: it needs 'predict'"):
        LearnedLossUncertainty().fit(X, X[:, 0])
    with pytest.raises(ValueError, match="'n_splits' parameter of LearnedLossUncertainty must be"):
        LearnedLossUncertainty(Ridge(), n_splits=1).fit(X, X[:, 0])
    with pytest.raises(ValueError, match="'regressor' parameter of LearnedLossUncertainty must"):
        LearnedLossUncertainty(Ridge(), regressor=3).fit(X, X[:, 0])
