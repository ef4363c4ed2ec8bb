"""The proxy ranks the pool, the strategy decides on the shortlist, the model is spared."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from sklearn_synda import ActiveSynthesisClassifier, ActiveSynthesisRegressor
from sklearn_synda._rows import Pool
from sklearn_synda.acquisition import margin_score
from sklearn_synda.exceptions import SampleWeightWarning
from sklearn_synda.query import GreedyQuery, KCenterQuery, MarginQuery, ProxyQuery, TopKQuery


def table(n_rows=200, n_labeled=20):
    rng = np.random.default_rng(0)
    X, known = rng.normal(size=(n_rows, 2)), rng.normal(size=(n_labeled, 2))
    return X, known, known @ [1.0, -1.0]


def make_pool(y, **more):
    X, known, _ = table()
    utilities = np.random.default_rng(1).random(len(X))
    return Pool(
        X, utilities=lambda: utilities, embedding=lambda: X, embedding_labeled=lambda: known,
        y_labeled=y, **more,
    )  # fmt: skip


def test_the_strategy_decides_on_the_least_certain_of_the_proxy():
    _, known, values = table()
    pool = make_pool(np.where(values > 0, "a", "b"))
    doubt = margin_score(
        LogisticRegression(max_iter=1000).fit(known, pool.y_labeled).predict_proba(pool.X)
    )
    shortlist = np.argsort(-doubt)[:12]
    expected = shortlist[np.argsort(-pool.utilities[shortlist])][:4]
    np.testing.assert_array_equal(ProxyQuery(n_candidates=12).query(pool, 4), expected)
    by_proxy = ProxyQuery(estimator=GaussianNB(), n_candidates=12).query(pool, 12)
    doubt = margin_score(GaussianNB().fit(known, pool.y_labeled).predict_proba(pool.X))
    assert set(by_proxy) == set(np.argsort(-doubt)[:12])


def test_a_proxy_of_values_shortlists_what_its_fits_dispute():
    """A step at 5: that is where trees differ. A line is least sure at its ends."""
    X, known = np.linspace(0, 10, 101)[:, None], np.linspace(0, 10, 20)[:, None]
    pool = Pool(
        X, embedding=lambda: X, embedding_labeled=lambda: known, utilities=lambda: np.zeros(101),
        y_labeled=(known[:, 0] > 5).astype(float),
    )  # fmt: skip
    rows = ProxyQuery(n_candidates=3).query(pool, 3, random_state=0)
    assert np.all(np.abs(X[rows] - 5) < 0.8)
    rows = ProxyQuery(estimator=Ridge(), n_candidates=10).query(pool, 10, random_state=0)
    assert np.all((X[rows] < 1) | (X[rows] > 9))


def test_a_small_pool_goes_to_the_strategy_as_it_is():
    pool = make_pool(None)
    for n_candidates, batch_size in ((200, 3), (5, 200)):
        found = ProxyQuery(n_candidates=n_candidates).query(pool, batch_size, random_state=0)
        np.testing.assert_array_equal(found, TopKQuery().query(pool, batch_size, random_state=0))


class Counting(LogisticRegression):
    """Counts the rows it is asked about."""

    asked = 0

    def predict_proba(self, X):
        Counting.asked += len(X)
        return super().predict_proba(X)


@pytest.mark.parametrize("container", [np.asarray, pd.DataFrame])
@pytest.mark.parametrize("strategy", [None, MarginQuery()])
def test_the_model_predicts_for_the_shortlist_only(container, strategy):
    X, known, values = table()
    if container is pd.DataFrame:
        X, known = (pd.DataFrame(rows, columns=["a", "b"]) for rows in (X, known))
    model = ActiveSynthesisClassifier(
        Counting(), query_strategy=ProxyQuery(strategy, n_candidates=15), max_iter=0,
        random_state=0,
    ).fit(known, values > 0)  # fmt: skip
    Counting.asked = 0
    rows = model.query(X, 5)
    assert Counting.asked == 15
    np.testing.assert_array_equal(rows, model.query(X, 5))
    proba = model.predict_proba(X)
    assert margin_score(proba)[rows[0]] > np.quantile(margin_score(proba), 0.9)


@pytest.mark.parametrize("strategy", [GreedyQuery(), KCenterQuery()])
def test_on_a_fitted_regressor(strategy):
    X, known, values = table()
    model = ActiveSynthesisRegressor(
        Ridge(), query_strategy=ProxyQuery(strategy, n_candidates=15), max_iter=0, random_state=0
    ).fit(known, values)
    assert len(set(model.query(X, 5))) == 5


def test_weights_reach_the_proxy():
    _, known, values = table()
    y, weight = (values > 0).astype(int), np.linspace(0.1, 9, 20)
    pool = make_pool(y, sample_weight_labeled=weight)
    proxy = LogisticRegression().fit(known, y, sample_weight=weight)
    expected = np.argsort(-margin_score(proxy.predict_proba(pool.X)))[:12]
    strategy = ProxyQuery(estimator=LogisticRegression(), n_candidates=12)
    assert set(strategy.query(pool, 12)) == set(expected)
    strategy = ProxyQuery(estimator=KNeighborsClassifier(3), n_candidates=12)
    with pytest.warns(SampleWeightWarning, match="KNeighborsClassifier takes no sample_weight"):
        strategy.query(pool, 2)


def test_weights_reach_a_proxy_of_values():
    class Spy(Ridge):
        seen = []

        def fit(self, X, y, sample_weight=None):
            self.seen.append(sample_weight)
            return super().fit(X, y, sample_weight)

    weight = np.linspace(0.1, 9, 20)
    pool = make_pool(table()[2], sample_weight_labeled=weight)
    ProxyQuery(estimator=Spy(), n_candidates=12).query(pool, 2)
    assert len(Spy.seen) == 20
    assert all(set(own) <= set(weight) for own in Spy.seen)


def test_bad_pools():
    X, _, values = table()
    strategy = ProxyQuery(n_candidates=5)
    with pytest.raises(TypeError, match="it needs labelled rows. Use KCenterQuery instead"):
        strategy.query(make_pool(None))
    with pytest.raises(ValueError, match="at least two classes. Got 20 labels of one class inst"):
        strategy.query(make_pool(np.zeros(20, dtype=int)))
    blind = Pool(X, embedding=lambda: X, y_labeled=values)
    with pytest.raises(TypeError, match="it needs the labelled rows in the embedding"):
        strategy.query(blind)
    with pytest.raises(TypeError, match=r"ProxyQuery is not .* LinearSVC: it needs 'predict_pro"):
        ProxyQuery(estimator=LinearSVC(), n_candidates=5).query(make_pool(values > 0))
    with pytest.raises(TypeError, match=r"Got the class MarginQuery instead: write MarginQuery"):
        ProxyQuery(MarginQuery, n_candidates=5).query(make_pool(values > 0))
