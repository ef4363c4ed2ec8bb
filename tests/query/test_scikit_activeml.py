"""Strategies of scikit-activeml here: by a stand-in of the same form, and by the real ones."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression, Ridge

from sklearn_synda import ActiveSynthesisClassifier, ActiveSynthesisRegressor
from sklearn_synda._rows import Pool
from sklearn_synda.query import KCenterQuery, MarginQuery, ScikitActiveMLQuery


class StandIn(BaseEstimator):
    """Has the parameters and the signature of a pool strategy of scikit-activeml 1.0."""

    def __init__(self, answer=None, missing_label=np.nan, random_state=None):
        self.answer = answer
        self.missing_label = missing_label
        self.random_state = random_state

    def query(self, X, y, clf=None, candidates=None, batch_size=1, return_utilities=False):
        SEEN.append((X, y, candidates, clf, self.random_state))
        return np.asarray(candidates[:batch_size] if self.answer is None else self.answer)


SEEN = []


def make_pool(y=("b", "a", "b", "a")):
    rng = np.random.default_rng(0)
    X, known = rng.normal(size=(30, 2)), rng.normal(size=(4, 2))
    known = known[: 0 if y is None else 4]
    return Pool(X, embedding=lambda: X, embedding_labeled=lambda: known, y_labeled=y)


@pytest.mark.parametrize(
    ("y", "codes"), [(("b", "a", "b", "a"), [1, 0, 1, 0]), ((0.5, 1.5, 2.0, 3.0), None), (None, [])]
)
def test_what_the_strategy_is_given(y, codes):
    pool = make_pool(y)
    SEEN.clear()
    indices = ScikitActiveMLQuery(StandIn(), {"clf": "model"}).query(pool, 3, random_state=0)
    np.testing.assert_array_equal(indices, [0, 1, 2])
    X, targets, candidates, clf, seed = SEEN[0]
    n_known = 0 if y is None else 4
    np.testing.assert_array_equal(X[n_known:], pool.embedding)
    np.testing.assert_array_equal(targets[:n_known], y if codes is None else codes)
    assert np.isnan(targets[n_known:]).all()
    np.testing.assert_array_equal(candidates, np.arange(n_known, n_known + 30))
    assert clf == "model"
    assert isinstance(seed, int)


def test_a_seed_of_its_own_is_kept():
    SEEN.clear()
    strategy = StandIn(random_state=5)
    ScikitActiveMLQuery(strategy).query(make_pool(), random_state=0)
    assert SEEN[0][-1] == 5
    ScikitActiveMLQuery(unseeded := StandIn()).query(make_pool(), random_state=0)
    assert unseeded.random_state is None


@pytest.mark.parametrize("answer", [[4, 4], [4], [3, 5], [4, 34]])
def test_rows_twice_too_few_or_no_candidates(answer):
    with pytest.raises(ValueError, match="must give 2 distinct positions among the candidates"):
        ScikitActiveMLQuery(StandIn(answer)).query(make_pool(), 2)


def test_a_column_of_positions():
    found = ScikitActiveMLQuery(StandIn([[6], [4]])).query(make_pool(), 2)
    np.testing.assert_array_equal(found, [2, 0])


def test_bad_parameters():
    with pytest.raises(ValueError, match="'query_strategy' parameter of ScikitActiveMLQuery must"):
        ScikitActiveMLQuery(3).query(make_pool())
    pool = Pool(np.zeros((3, 1)))
    with pytest.raises(TypeError, match="it needs an embedding. Use TopKQuery instead"):
        ScikitActiveMLQuery(StandIn()).query(pool)


@pytest.mark.filterwarnings("ignore")
def test_the_real_ones():
    pool_package = pytest.importorskip("skactiveml.pool")
    from skactiveml.classifier import SklearnClassifier

    pool = make_pool()
    model = LogisticRegression().fit(pool.embedding_labeled, pool.y_labeled)
    clf = SklearnClassifier(LogisticRegression())
    margin = ScikitActiveMLQuery(
        pool_package.UncertaintySampling(method="margin_sampling"), {"clf": clf}
    )
    proba = Pool(pool.X, proba=lambda: model.predict_proba(pool.X))
    found = margin.query(pool, 4, random_state=0)
    np.testing.assert_array_equal(found, MarginQuery().query(proba, 4, random_state=0))
    core = ScikitActiveMLQuery(pool_package.CoreSet()).query(pool, 4, random_state=0)
    np.testing.assert_array_equal(core, KCenterQuery().query(pool, 4, random_state=0))


@pytest.mark.filterwarnings("ignore")
def test_the_real_ones_on_fitted_models():
    pool_package = pytest.importorskip("skactiveml.pool")
    from skactiveml.regressor import SklearnRegressor

    X = np.random.default_rng(0).normal(size=(60, 2))
    for kind, model, y, strategy, kwargs in (
        (ActiveSynthesisClassifier, LogisticRegression(), X[:, 0] > 0,
         pool_package.TypiClust(), None),
        (ActiveSynthesisRegressor, Ridge(), X[:, 0], pool_package.GreedySamplingTarget(),
         {"reg": SklearnRegressor(Ridge())}),
    ):  # fmt: skip
        fitted = kind(
            model, query_strategy=ScikitActiveMLQuery(strategy, kwargs), max_iter=0, random_state=0
        ).fit(X[:20], y[:20])
        rows = fitted.query(X[20:], 4)
        assert len(set(rows)) == 4
        np.testing.assert_array_equal(rows, fitted.query(X[20:], 4))
