"""Parts that do not fit: one clear sentence."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from sklearn_synda import ActiveSynthesisClassifier, ActiveSynthesisRegressor
from sklearn_synda.exceptions import SynthesisWarning
from sklearn_synda.labeling import InheritLabeler
from sklearn_synda.query import MarginQuery
from sklearn_synda.synthesis import (
    MixingSynthesizer,
    PerturbationSynthesizer,
    SaliencyPerturbationSynthesizer,
    SamplerSynthesizer,
    SMOTESynthesizer,
)
from sklearn_synda.uncertainty import PredictiveUncertainty
from sklearn_synda.validation import FixedRate, NoValidation

SYNTHESIZERS = [
    MixingSynthesizer(),
    MixingSynthesizer(n_neighbors=5, partner="same_class"),
    PerturbationSynthesizer(),
    SaliencyPerturbationSynthesizer(),
    SMOTESynthesizer(),
    SamplerSynthesizer(),
]
each_synthesizer = pytest.mark.parametrize("synthesizer", SYNTHESIZERS, ids=repr)


@pytest.fixture
def table():
    X = np.random.RandomState(0).normal(size=(40, 3))
    return X, np.where(X[:, 0] > 0, 1, 0)


def test_an_estimator_without_predict_proba(light, table):
    parts = {**light, "uncertainty": PredictiveUncertainty()}
    with pytest.raises(TypeError, match="it needs 'predict_proba'; LinearSVC has none. Use Comm"):
        ActiveSynthesisClassifier(LinearSVC(), **parts).fit(*table)
    model = ActiveSynthesisClassifier(LinearSVC(), query_strategy=MarginQuery(), **light)
    with pytest.raises((TypeError, AttributeError), match="class probabilities|predict_proba"):
        model.fit(*table)
    plain = ActiveSynthesisClassifier(LinearSVC(), random_state=0, **light).fit(*table)
    assert plain.query(table[0], 2).shape == (2,)
    assert not hasattr(plain, "predict_proba")


class Refuses(GaussianNB):
    def fit(self, X, y, sample_weight=None):
        raise KeyError("my own error")


def test_an_error_of_the_estimator_comes_through(light, table):
    with pytest.raises(KeyError, match="my own error"):
        ActiveSynthesisClassifier(Refuses(), **light).fit(*table)


class RefusesFewRows(GaussianNB):
    error = ValueError

    def fit(self, X, y, sample_weight=None):
        if len(X) < 40:
            raise self.error("too few for me")
        return super().fit(X, y, sample_weight)


class FailsOnFewRows(RefusesFewRows):
    error = IndexError


@pytest.mark.parametrize("estimator", [RefusesFewRows(), FailsOnFewRows()])
def test_an_estimator_that_cannot_be_judged(light, table, estimator):
    with pytest.warns(SynthesisWarning, match="too few for me"):
        model = ActiveSynthesisClassifier(estimator, **light).fit(*table)
    assert model.termination_condition_ == "too_few_rows"
    assert model.best_iteration_ == 0


@pytest.mark.filterwarnings("ignore::sklearn_synda.exceptions.SampleWeightWarning")
def test_more_neighbours_than_rows_of_a_fold(light):
    X = np.random.RandomState(0).normal(size=(5, 2))
    with pytest.warns(SynthesisWarning, match="KNeighborsClassifier cannot be fitted and judged"):
        ActiveSynthesisClassifier(KNeighborsClassifier(5), **light).fit(X, [0, 1, 0, 1, 0])


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("synthesizer", MixingSynthesizer),
        ("labeler", InheritLabeler),
        ("query_strategy", MarginQuery),
        ("uncertainty", PredictiveUncertainty),
        ("rate", FixedRate),
        ("validation", NoValidation),
    ],
)
def test_parts_given_as_classes(name, part, light, table):
    model = ActiveSynthesisClassifier(GaussianNB(), **{**light, name: part})
    with pytest.raises(TypeError, match=rf"Got the class {part.__name__} instead: write"):
        model.fit(*table)
    model = ActiveSynthesisClassifier(GaussianNB(), **{**light, name: object()})
    with pytest.raises(TypeError, match=f"not compatible with the '{name}' parameter"):
        model.fit(*table)


def test_a_regressor_for_a_classifier(light, table):
    with pytest.raises(TypeError, match="needs a classifier. Use ActiveSynthesisRegressor"):
        ActiveSynthesisClassifier(Ridge(), **light).fit(*table)
    with pytest.raises(TypeError, match="needs a regressor. Use ActiveSynthesisClassifier"):
        ActiveSynthesisRegressor(GaussianNB(), **light).fit(*table)


@pytest.mark.parametrize("bad", [-1, 1.5, "all", None])
def test_max_iter(bad, light, table):
    model = ActiveSynthesisClassifier(GaussianNB(), **{**light, "max_iter": bad})
    with pytest.raises(ValueError, match="The 'max_iter' parameter .* must be an int"):
        model.fit(*table)


def test_a_name_is_not_a_part(two_classes):
    model = ActiveSynthesisClassifier(validation="cross")
    with pytest.raises(TypeError, match="must be an instance with 'split'. Got the str 'cross'"):
        model.fit(*two_classes)


class Splits:
    def split(self, y, *, random_state=None):
        return [(np.arange(20), np.arange(20, 40))]


class NoParams:
    def fit(self, X, y, sample_weight=None):
        return self

    def predict_uncertainty(self, X):
        return np.ones(len(X))

    def fit_predict_uncertainty(self, X, y, sample_weight=None):
        return np.ones(len(X))


@pytest.mark.parametrize(
    ("part", "message"),
    [({"validation": Splits()}, "'best_round'"), ({"uncertainty": NoParams()}, "'get_params'")],
)
def test_a_part_that_lacks_a_method_is_told_at_once(light, table, part, message):
    with pytest.raises(TypeError, match=f"it needs {message}"):
        ActiveSynthesisClassifier(GaussianNB(), **{**light, **part}).fit(*table)


@pytest.mark.parametrize("n_named", [0, 3])
def test_a_strategy_may_name_fewer_anchors_than_asked(n_named, light, two_classes):
    class Shy:
        def query(self, pool, batch_size=1, *, random_state=None):
            return np.arange(n_named)

    X, y = two_classes
    parts = {**light, "query_strategy": Shy(), "validation": NoValidation()}
    model = ActiveSynthesisClassifier(GaussianNB(), random_state=0, **parts).fit(X, y)
    assert len(model.synthetic_y_) == (40 if n_named else 0)
    made = model.provenance_.round == 1
    assert set(model.provenance_.parents[made, 0].tolist()) <= set(range(n_named))


class Stepwise(LogisticRegression):
    """Its parameters bear names that mean something in other estimators."""

    def __init__(self, steps=100, scale_pos_weight="auto"):
        super().__init__()
        self.steps = steps
        self.scale_pos_weight = scale_pos_weight


def test_steps_need_not_be_those_of_a_pipeline(light, table):
    X, y = table
    model = ActiveSynthesisClassifier(Stepwise(), random_state=0, **light)
    plain = ActiveSynthesisClassifier(LogisticRegression(), random_state=0, **light)
    assert model.fit(X, y, sample_weight=np.ones(len(y))).query(X).shape == (1,)
    plain.fit(X, y, sample_weight=np.ones(len(y)))
    np.testing.assert_array_equal(model.predict_proba(X), plain.predict_proba(X))


class Listing(MarginQuery):
    def query(self, pool, batch_size=1, *, random_state=None):
        return super().query(pool, batch_size, random_state=random_state).tolist()


def test_a_strategy_may_give_a_list(light, table):
    models = [
        ActiveSynthesisClassifier(GaussianNB(), query_strategy=query, random_state=0, **light)
        for query in (MarginQuery(), Listing())
    ]
    one, two = (model.fit(*table) for model in models)
    np.testing.assert_array_equal(one.synthetic_X_, two.synthetic_X_)
