"""Parts that do not fit: one clear sentence."""

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline as make_resampling_pipeline
from imblearn.under_sampling import RandomUnderSampler
from sklearn.cluster import KMeans
from sklearn.datasets import make_classification
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_synda import ActiveSynthesisClassifier, ActiveSynthesisRegressor
from sklearn_synda.exceptions import SynthesisWarning
from sklearn_synda.integration import ConcatenationIntegrator
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
from sklearn_synda.validation import CrossValidation, FixedRate, HoldoutValidation, NoValidation

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


class RefusesManyRows(GaussianNB):
    """Its fit fails on so many rows: on real ones never, on made ones from some round on."""

    def __init__(self, limit=40, error=ValueError):
        super().__init__()
        self.limit = limit
        self.error = error

    def fit(self, X, y, sample_weight=None):
        if len(X) > self.limit:
            raise self.error("too many for me")
        return super().fit(X, y, sample_weight)


class PrefersLast(HoldoutValidation):
    def best_round(self, losses, shrunken, distances):
        assert len(losses) == len(shrunken) == len(distances)
        return len(losses) - 1


def refused(light, table, limit, n_rounds, validation):
    """A model fitted on 40 rows, half of them in the fold; a round makes half as many."""
    rate = FixedRate(0.5, patience=9)
    parts = {**light, "max_iter": n_rounds, "validation": validation, "rate": rate}
    model = ActiveSynthesisClassifier(RefusesManyRows(limit), random_state=0, **parts)
    with pytest.warns(SynthesisWarning) as caught:
        model.fit(*table)
    assert len(caught) == 1
    assert model.termination_condition_ == "failed_fit"
    sentence = str(caught[0].message)
    assert "RefusesManyRows cannot be fitted on real and made rows together (too many" in sentence
    return model, sentence


class Picky(Exception):
    """An error that cannot be unpickled, as some of a library are."""

    def __init__(self, column, value="much"):
        super().__init__(f"too {value} for {column}")
        self.column = column

    def __setstate__(self, state):
        raise TypeError("not here")


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_an_error_that_does_not_travel_between_processes(light, table, n_jobs):
    parts = {**light, "validation": CrossValidation(n_splits=2), "rate": FixedRate(2.0)}
    model = ActiveSynthesisClassifier(
        RefusesManyRows(40, Picky), random_state=0, n_jobs=n_jobs, **parts
    )
    with pytest.warns(SynthesisWarning, match="too much for too many for me"):
        model.fit(*table)
    assert model.termination_condition_ == "failed_fit"


def test_a_round_that_fails_in_a_fold_leaves_earlier_ones_in_the_race(light, table):
    half = HoldoutValidation(test_size=0.5)
    model, sentence = refused(light, table, 45, 4, half)  # 20, 30, 40, 50 rows in the fold
    assert sentence.startswith("Round 3 and later ones are left out")
    assert model.n_iter_ == 2
    assert all(len(column) == 3 for column in model.history_.values())
    model, _ = refused(light, table, 65, 4, PrefersLast(test_size=0.5))
    assert (model.n_iter_, model.best_iteration_) == (4, 1)
    model, _ = refused(light, table, 45, 4, PrefersLast(test_size=0.5))
    assert (model.n_iter_, model.best_iteration_) == (2, 0)


def test_of_the_rounds_before_one_that_fails_on_all_rows_the_best_is_kept(light, table):
    class PrefersFirst(PrefersLast):
        """Until it is told of all four rounds."""

        def best_round(self, losses, shrunken, distances):
            return 3 if len(losses) == 4 else min(1, len(losses) - 1)

    model, sentence = refused(light, table, 90, 3, PrefersFirst(test_size=0.5))  # 60, 80, 100
    assert sentence.startswith("Round 3 and later ones are left out")
    assert model.best_iteration_ == 1
    assert model.provenance_.round.max() == 1
    assert len(model.synthetic_y_) == 20
    once = ActiveSynthesisClassifier(
        RefusesManyRows(90), random_state=0,
        **{**light, "rate": FixedRate(0.5), "validation": PrefersLast(test_size=0.5)},
    ).fit(*table)  # fmt: skip
    np.testing.assert_array_equal(model.predict_proba(table[0]), once.predict_proba(table[0]))


def test_an_unjudged_round_that_fails_ends_the_rounds(light, table):
    model, _ = refused(light, table, 70, 4, NoValidation())
    assert model.best_iteration_ == 1
    model, _ = refused(light, table, 40, 4, NoValidation())
    assert model.best_iteration_ == 0
    plain = GaussianNB().fit(*table)
    np.testing.assert_array_equal(model.predict_proba(table[0]), plain.predict_proba(table[0]))


class Interrupted(KeyboardInterrupt):
    pass


class Doubt(UserWarning):
    pass


@pytest.mark.parametrize("validation", [HoldoutValidation(), NoValidation()])
@pytest.mark.parametrize("error", [Interrupted, Doubt])
def test_who_stops_a_fit_stops_it(light, table, validation, error):
    model = ActiveSynthesisClassifier(
        RefusesManyRows(40, error), **{**light, "validation": validation, "rate": FixedRate(2.0)}
    )
    with pytest.raises(error, match="too many for me"):
        model.fit(*table)


class BrokenIntegrator(ConcatenationIntegrator):
    def integrate(self, train, batch, *, iteration):
        raise IndexError("my own mistake")


class BrokenLabeler(InheritLabeler):
    def label(self, batch):
        raise IndexError("my own mistake")


@pytest.mark.parametrize(
    "part", [{"integrator": BrokenIntegrator()}, {"labeler": BrokenLabeler()}], ids=str
)
def test_an_error_of_a_part_comes_through(light, table, part):
    with pytest.raises(IndexError, match="my own mistake"):
        ActiveSynthesisClassifier(GaussianNB(), **{**light, **part}).fit(*table)


@pytest.mark.parametrize("weight", [-1.0, np.inf])
def test_weights_of_an_integrator_that_are_none_are_no_fault_of_the_estimator(light, table, weight):
    class Mistaken(ConcatenationIntegrator):
        def integrate(self, train, batch, *, iteration):
            train = super().integrate(train, batch, iteration=iteration)
            return train.reweight(np.where(train.is_synthetic, weight, 1.0))

    class Wary(GaussianNB):
        def fit(self, X, y, sample_weight=None):
            if (
                sample_weight is not None
                and not 0 <= sample_weight.min() <= sample_weight.max() < 9
            ):
                raise ValueError("no weights for me")
            return super().fit(X, y, sample_weight)

    model = ActiveSynthesisClassifier(Wary(), integrator=Mistaken(), **light)
    with pytest.raises(ValueError, match="no weights for me"):
        model.fit(*table)


@pytest.mark.filterwarnings("ignore::sklearn_synda.exceptions.SampleWeightWarning")
@pytest.mark.filterwarnings("ignore::sklearn_synda.exceptions.SynthesisWarning")
@pytest.mark.parametrize(
    "sampler",
    [
        *(SMOTE(sampling_strategy=0.5), SMOTE(sampling_strategy={1: 30})),
        *(RandomUnderSampler(sampling_strategy=0.8), RandomUnderSampler(sampling_strategy={0: 20})),
    ],
)
def test_a_sampler_that_is_told_a_ratio_or_counts(light, sampler):
    X, y = make_classification(120, 4, n_redundant=0, weights=[0.8], random_state=0)
    model = make_resampling_pipeline(sampler, DecisionTreeClassifier(max_depth=3))
    for rate in (FixedRate(0.5), FixedRate(2.0)):
        parts = {**light, "rate": rate, "max_iter": 2}
        fitted = ActiveSynthesisClassifier(model, random_state=0, **parts).fit(X, y)
        assert np.isfinite(fitted.predict_proba(X)).all()


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


@pytest.mark.parametrize(
    ("estimator", "what"),
    [
        (IsolationForest(), "IsolationForest: it needs a ROLE; IsolationForest is none."),
        (KMeans(2), "KMeans: it needs a ROLE; KMeans is none."),
        (make_pipeline(StandardScaler(), KMeans(2)), "Pipeline: it needs a ROLE; KMeans is none."),
    ],
)
def test_what_is_neither_a_classifier_nor_a_regressor_is_sent_to_no_other(
    light, table, estimator, what
):
    for kind in (ActiveSynthesisClassifier, ActiveSynthesisRegressor):
        role = kind.__name__.removeprefix("ActiveSynthesis").lower()
        with pytest.raises(TypeError, match=what.replace("ROLE", role) + "$"):
            kind(estimator, **light).fit(*table)


def test_a_pipeline_that_ends_in_no_model(light, table):
    pipeline = make_pipeline(StandardScaler())
    with pytest.raises(TypeError, match=r"Pipeline: it needs a classifier; StandardScaler is no"):
        ActiveSynthesisClassifier(pipeline, **light).fit(*table)
    with pytest.raises(TypeError, match=r"'predict'.* a Pipeline a model as its last step"):
        ActiveSynthesisRegressor(pipeline, **light).fit(*table)
    passes = make_pipeline(StandardScaler(), "passthrough")
    with pytest.raises(TypeError, match="it needs a classifier; Pipeline is none"):
        ActiveSynthesisClassifier(passes, **light).fit(*table)


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
