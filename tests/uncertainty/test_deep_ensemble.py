"""Committees of nets: members that differ by bootstrap sample, or by seed alone."""

import numpy as np
import pytest
import torch
from made_nets import classifier, regressor
from sklearn.base import clone
from sklearn.datasets import make_moons
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda.query import BALDQuery
from sklearn_synda.uncertainty import CommitteeUncertainty

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn_synda.exceptions.SampleWeightWarning"  # nets take none
)


@pytest.fixture(scope="module")
def moons():
    return make_moons(80, noise=0.2, random_state=0)


@pytest.mark.parametrize("bootstrap", [True, False])
def test_members_differ_and_come_again(bootstrap, moons):
    X, y = moons
    net = make_pipeline(StandardScaler(), classifier())
    part = CommitteeUncertainty(net, n_estimators=3, bootstrap=bootstrap, random_state=0)
    state = torch.random.get_rng_state()
    members = part.fit(X, y).predict_members(X)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert members.shape == (3, 80, 2)
    for one in range(3):
        assert not np.allclose(members[one], members[one - 1], atol=1e-3)
    np.testing.assert_array_equal(clone(part).fit(X, y).predict_members(X), members)
    other = clone(part).set_params(random_state=1).fit(X, y).predict_members(X)
    assert not np.allclose(other, members)
    own = [clone(part).fit_predict_uncertainty(X, y) for _ in range(2)]
    np.testing.assert_array_equal(*own)
    assert (own[0] > 0).all()


def test_all_rows_reach_every_member(moons):
    X, y = moons
    seen = []

    class Spy(DecisionTreeClassifier):
        def fit(self, X, y):
            seen.append((len(X), self.random_state))
            return super().fit(X, y)

    part = CommitteeUncertainty(Spy(), n_estimators=4, bootstrap=False, random_state=0).fit(X, y)
    assert [n for n, _ in seen] == [80] * 4
    assert len({seed for _, seed in seen}) == 4
    part.fit_predict_uncertainty(X, y)
    assert len(seen) == 4 + 4 + 3 * 4  # fit, fit again, and three folds of each


def test_members_without_randomness_agree(moons):
    part = CommitteeUncertainty(LogisticRegression(), bootstrap=False, random_state=0)
    np.testing.assert_allclose(part.fit(*moons).predict_uncertainty(moons[0]), 0, atol=1e-12)


def test_far_away_they_disagree():
    rng = np.random.RandomState(0)
    X = rng.uniform(-1, 1, size=(100, 1))
    part = CommitteeUncertainty(regressor(40), n_estimators=5, bootstrap=False, random_state=0)
    near, far = part.fit(X, np.sin(3 * X[:, 0])).predict_uncertainty([[0.0], [4.0]])
    assert far > 3 * near


def test_inside_the_meta_estimator(moons):
    part = CommitteeUncertainty(n_estimators=3, bootstrap=False)
    model = ActiveSynthesisClassifier(
        classifier(), uncertainty=part, query_strategy=BALDQuery(), max_iter=0, random_state=0
    )
    assert len(model.fit(*moons).query(moons[0], 3)) == 3
