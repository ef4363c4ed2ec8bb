"""What a session hands to its strategy: costs, groups of people, rewards."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression, Ridge

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda.active_learning import LabelingSession
from sklearn_synda.query import (
    BanditQuery,
    CostQuery,
    GroupQuotaQuery,
    MarginQuery,
    RandomQuery,
    TypiClustQuery,
)

X, y = load_iris(return_X_y=True)
MODEL = LogisticRegression(max_iter=500)
COSTS = np.where(np.arange(150) % 3 == 0, 1.0, 50.0)
PEOPLE = np.where(np.arange(150) % 10 == 0, "few", "many")


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "answers.sqlite")


def walk(session, n_rounds, batch_size):
    """Rounds of labelling; the rows asked for by the model."""
    session.submit(range(1, 150, 15), y[1:150:15])
    asked = []
    for _ in range(n_rounds):
        asked.append(session.next(batch_size))
        session.submit(asked[-1], y[asked[-1]])
    return asked


@pytest.mark.parametrize("costs", [COSTS, COSTS.tolist(), pd.Series(COSTS, index=range(9, 159))])
@pytest.mark.parametrize("own", [False, True])
def test_costs_are_those_of_the_free_rows(path, costs, own):
    strategy = CostQuery(MarginQuery(), budget=5.0)
    params = {"query_strategy": strategy, "estimator": MODEL}
    if own:
        model = ActiveSynthesisClassifier(MODEL, query_strategy=strategy, max_iter=0)
        params = {"estimator": model}
    with LabelingSession(path, X, costs=costs, random_state=0, **params) as session:
        for ids in walk(session, 3, 30):
            assert COSTS[ids].tolist() == [1.0] * 5
    assert strategy.costs is None


def test_groups_are_those_of_the_free_rows(path):
    strategy = GroupQuotaQuery(MarginQuery())
    with LabelingSession(path, X, MODEL, query_strategy=strategy, sensitive_features=PEOPLE,
                         random_state=0) as session:  # fmt: skip
        for ids in walk(session, 3, 8):
            assert (PEOPLE[ids] == "few").sum() == 4


def test_without_a_model_too(path):
    strategy = GroupQuotaQuery(RandomQuery())
    frame = pd.DataFrame({"who": PEOPLE})
    with LabelingSession(path, X, query_strategy=strategy, sensitive_features=frame,
                         random_state=0) as session:  # fmt: skip
        for ids in walk(session, 2, 8):
            assert (PEOPLE[ids] == "few").sum() == 4


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"costs": COSTS[:9], "query_strategy": CostQuery()}, "'costs' parameter of LabelingSess"),
        *(
            (
                {"costs": costs, "query_strategy": CostQuery()},
                "must be 150 finite numbers above zero",
            )
            for costs in (["a"] * 150, -COSTS, np.where(COSTS > 1, np.nan, 1.0), COSTS[:, None])
        ),
        ({"costs": COSTS}, "with a query_strategy that reads them, such as CostQuery. Got None"),
        ({"costs": COSTS, "query_strategy": MarginQuery()}, r"Got MarginQuery\(\) instead"),
        ({"sensitive_features": PEOPLE[:9]}, r"each of the 150 rows. Got an array of shape \(9,\)"),
    ],
)
def test_refused(tmp_path, params, sentence):
    with pytest.raises(ValueError, match=sentence):
        LabelingSession(tmp_path / "a.sqlite", X, MODEL, **params)
    assert not (tmp_path / "a.sqlite").exists()


@pytest.mark.parametrize(
    ("strategy", "sentence"),
    [
        (CostQuery(MarginQuery(), costs=COSTS), "'costs' parameter of CostQuery must be 148"),
        (GroupQuotaQuery(sensitive_features=PEOPLE), "each of the 148 rows of the pool"),
        (GroupQuotaQuery(CostQuery(MarginQuery(), costs=[1.0])), "'costs' parameter of CostQuery"),
    ],
)
def test_what_the_strategy_refuses_is_not_laid_to_the_model(path, strategy, sentence):
    with (
        LabelingSession(path, X, MODEL, query_strategy=strategy,
                        sensitive_features=PEOPLE) as session,
        warnings.catch_warnings(),
    ):  # fmt: skip
        warnings.simplefilter("error")
        session.submit([0, 60], [0, 1])
        with pytest.raises(ValueError, match=sentence):
            session.next(4)


@pytest.mark.parametrize("own", [False, True])
def test_a_bandit_is_told_what_its_rows_were_worth(path, own):
    bandit = BanditQuery([MarginQuery(), RandomQuery()], exploration=0.5)
    params = {"estimator": MODEL, "query_strategy": bandit}
    if own:
        model = ActiveSynthesisClassifier(MODEL, query_strategy=bandit, max_iter=0)
        params = {"estimator": model}
    with LabelingSession(path, X, random_state=0, **params) as session:
        session.submit(range(0, 150, 15), y[::15])
        expected = []
        for _ in range(4):
            ids = session.next(5)
            expected.append(np.mean(session._fitted_model().predict(X[ids]) != y[ids]))
            session.submit(ids, y[ids])
        session.next(1)
        assert session.query_strategy.rewards == pytest.approx(tuple(expected))
        assert session._model.query_strategy is session.query_strategy
        session.undo()
        session.next(1)
        assert len(session.query_strategy.rewards) == 4
    assert bandit.rewards == ()


@pytest.mark.parametrize("estimator", [Ridge(), None])
def test_a_bandit_without_a_reward_is_refused(path, estimator):
    bandit = BanditQuery([TypiClustQuery(), RandomQuery()])
    with pytest.raises(TypeError, match="not compatible with LabelingSession without a classifie"):
        LabelingSession(path, X, estimator, query_strategy=bandit)
