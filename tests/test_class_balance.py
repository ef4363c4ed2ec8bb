"""An estimator that weighs the classes by itself weighs them with made rows, too."""

import re

import numpy as np
import pytest
from imblearn import FunctionSampler
from imblearn.combine import SMOTEENN
from imblearn.ensemble import (
    BalancedBaggingClassifier,
    BalancedRandomForestClassifier,
    EasyEnsembleClassifier,
    RUSBoostClassifier,
)
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import make_pipeline as make_resampling_pipeline
from imblearn.under_sampling import (
    EditedNearestNeighbours,
    OneSidedSelection,
    RandomUnderSampler,
    TomekLinks,
)
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    BaggingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.class_weight import compute_sample_weight

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda._class_balance import class_factors, keep_class_balance, shift_classes
from sklearn_synda.exceptions import SampleWeightWarning
from sklearn_synda.labeling import CommitteeLabeler
from sklearn_synda.validation import CrossValidation, NoValidation


def light(estimator, **parts):
    defaults = {"max_iter": 2, "random_state": 0, "validation": NoValidation()}
    labeler = CommitteeLabeler([LogisticRegression(), DecisionTreeClassifier(max_depth=3)])
    return ActiveSynthesisClassifier(estimator, **{"labeler": labeler, **defaults, **parts})


@pytest.fixture(scope="module")
def rare():
    """Training and test rows, one in ten of the rare class."""
    X, y = make_classification(
        1500, 6, n_informative=3, n_redundant=0, weights=[0.9], class_sep=0.9, random_state=1
    )
    return X[:200], y[:200], X[200:], y[200:]


class CountingTree(DecisionTreeClassifier):
    """A tree that remembers what each class weighs in the end."""

    def fit(self, X, y, sample_weight=None):
        weight = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight)
        net = weight * compute_sample_weight(self.class_weight, y)
        self.total_ = np.array([net[y == label].sum() for label in np.unique(y)])
        self.given_ = weight.sum()
        return super().fit(X, y, sample_weight)


def test_all_classes_weigh_the_same_in_the_end(rare):
    X, y, *_ = rare
    fitted = light(CountingTree(class_weight="balanced", max_depth=3)).fit(X, y)
    np.testing.assert_allclose(*fitted.estimator_.total_)
    plain = light(CountingTree(max_depth=3)).fit(X, y)
    np.testing.assert_allclose(fitted.estimator_.given_, plain.estimator_.given_)


def test_weights_of_the_user_keep_their_say_among_the_classes(rare):
    X, y, *_ = rare
    weight = np.where(y == 1, 3.0, 1.0)
    fitted = light(CountingTree(class_weight="balanced", max_depth=3)).fit(X, y, weight)
    common, rare_ = fitted.estimator_.total_
    assert rare_ / common == pytest.approx(3)


@pytest.mark.parametrize(
    "estimator",
    [
        DecisionTreeClassifier(class_weight="balanced", max_depth=4, random_state=0),
        RandomForestClassifier(20, class_weight="balanced_subsample", max_depth=4, random_state=0),
        LogisticRegression(class_weight="balanced"),
        make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced")),
        BalancedRandomForestClassifier(
            20, sampling_strategy="all", replacement=True, bootstrap=False, random_state=0
        ),
        BaggingClassifier(
            DecisionTreeClassifier(class_weight="balanced", max_depth=4), 20, random_state=0
        ),
    ],
    ids=["tree", "forest", "logistic", "pipeline", "balanced_forest", "bag"],
)
def test_the_rare_class_is_still_found(rare, estimator):
    X, y, X_test, y_test = rare
    alone = estimator.fit(X, y)
    fitted = light(estimator).fit(X, y)
    recall = fitted.predict(X_test)[y_test == 1].mean()
    assert recall > 0.8 * alone.predict(X_test)[y_test == 1].mean()
    assert balanced_accuracy_score(y_test, fitted.predict(X_test)) > 0.7


def test_a_pipeline_that_resamples_rows_gets_rows_repeated_by_weight(rare):
    X, y, X_test, y_test = rare
    tree = DecisionTreeClassifier(max_depth=3, random_state=0)
    model = make_resampling_pipeline(RandomOverSampler(random_state=0), tree)
    with pytest.warns(SampleWeightWarning, match="Pipeline takes no sample_weight"):
        fitted = light(model).fit(X, y)
    assert fitted.predict(X_test)[y_test == 1].mean() > 0.5


class Told(ClassifierMixin, BaseEstimator):
    """Parameters and nothing else."""

    def __init__(self, class_weight=None, is_unbalance=False, scale_pos_weight=None):
        self.class_weight = class_weight
        self.is_unbalance = is_unbalance
        self.scale_pos_weight = scale_pos_weight

    def fit(self, X, y):
        return self


class Holds(BaseEstimator):
    """Something in its ``estimators``."""

    def __init__(self, estimators=None):
        self.estimators = estimators


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        (Told(), None),
        (Told(scale_pos_weight=1), None),
        (Told("balanced"), [2 / 3, 2]),
        (Told("balanced_subsample"), [2 / 3, 2]),
        (Told(is_unbalance=True), [2 / 3, 2]),
        (Told(scale_pos_weight=3), [2 / 3, 2]),
        (Told({"b": 3}), [2 / 3, 2]),
        (make_pipeline(StandardScaler(), Told({"a": 1, "b": 3})), [2 / 3, 2]),
        (make_resampling_pipeline(RandomOverSampler(), Told()), [2 / 3, 2]),
        (make_pipeline(StandardScaler(), "passthrough"), None),
        (BaggingClassifier(Told("balanced")), [2 / 3, 2]),
        (BaggingClassifier(), None),
        (GridSearchCV(make_pipeline(StandardScaler(), Told({"b": 3})), {}), [2 / 3, 2]),
        (VotingClassifier([("a", Told("balanced")), ("b", "drop")]), [2 / 3, 2]),
        (VotingClassifier([("a", Told("balanced")), ("b", Told())]), None),
        (StackingClassifier([("a", Told("balanced"))]), None),
        (StackingClassifier([("a", Told())], Told("balanced")), [2 / 3, 2]),
        (CalibratedClassifierCV(Told("balanced")), None),
        (BaggingClassifier(Told({"b": 3})), None),  # in a bag "b" is 1
        (VotingClassifier([("a", Told({"b": 3}))]), None),
        (Holds([Told("balanced"), Told("balanced")]), [2 / 3, 2]),
        (Holds(10), None),
        (Holds("light"), None),
        (Holds({"a": Told("balanced")}), None),
        (Holds(np.array([1, 2])), None),
        (Holds([("a", Told)]), None),
        (BaggingClassifier(Told), None),
    ],
    ids=str,
)
def test_factors_of_the_classes_by_the_words_of_the_estimator(estimator, expected):
    factors = class_factors(estimator, np.array([0, 0, 0, 1]), np.array(["a", "b"]))
    assert (factors is None) == (expected is None)
    if expected is not None:
        np.testing.assert_allclose(factors, expected)


class Foreign(BaseEstimator):
    """A sampler of nobody's family."""

    def __init__(self, sampling_strategy="auto"):
        self.sampling_strategy = sampling_strategy

    def fit_resample(self, X, y):
        return X, y


class Outliers(BaseEstimator):
    """A sampler that knows of no classes."""

    def fit_resample(self, X, y):
        return X, y


def three_of_each(y):
    return dict.fromkeys(np.unique(y).tolist(), 3)


OVER, UNDER = RandomOverSampler, RandomUnderSampler


@pytest.mark.parametrize(
    ("samplers", "if_two", "if_three"),
    [
        ([OVER(sampling_strategy="auto")], True, True),
        ([OVER(sampling_strategy="all")], True, True),
        ([OVER(sampling_strategy="not majority")], True, True),
        ([OVER(sampling_strategy="minority")], True, False),
        ([OVER(sampling_strategy="not minority")], False, False),
        ([OVER(sampling_strategy=1.0)], True, True),
        ([OVER(sampling_strategy=0.5)], False, False),
        ([OVER(sampling_strategy={"b": 80})], False, False),
        ([OVER(sampling_strategy=three_of_each)], False, False),
        ([UNDER(sampling_strategy="auto")], True, True),
        ([UNDER(sampling_strategy="all")], True, True),
        ([UNDER(sampling_strategy="majority")], True, False),
        ([UNDER(sampling_strategy="not majority")], False, False),
        ([UNDER(sampling_strategy=0.5)], False, False),
        ([UNDER(sampling_strategy={"a": 2})], False, False),
        ([SMOTE(sampling_strategy=0.3), UNDER()], True, True),
        ([UNDER(sampling_strategy=0.5), TomekLinks()], False, False),
        ([SMOTE(), TomekLinks(), FunctionSampler()], True, True),
        ([SMOTEENN()], True, True),
        ([SMOTEENN(smote=SMOTE(sampling_strategy=0.5))], False, False),
        ([TomekLinks()], False, False),
        ([EditedNearestNeighbours(sampling_strategy="all")], False, False),
        ([OneSidedSelection()], False, False),
        ([FunctionSampler()], False, False),
        ([Foreign()], True, True),
        ([Foreign("not majority")], False, False),
        ([Outliers()], False, False),
        ([SMOTE(), Outliers()], True, True),
    ],
    ids=lambda value: re.sub(r" at 0x[0-9a-f]+", "", str(value)),  # no addresses
)
def test_a_sampler_balances_where_the_classes_come_out_equal(samplers, if_two, if_three):
    y, classes = np.array([0, 0, 0, 1, 2]), np.array(["a", "b", "c"])
    model = make_resampling_pipeline(*samplers, Told())
    assert (class_factors(model, y[:4], classes[:2]) is not None) == if_two
    assert (class_factors(model, y, classes) is not None) == if_three
    weights = np.array([1.0, 1.0, 1.0, 1.0, 4.0])
    is_real = np.array([True, True, True, True, False])
    kept = keep_class_balance(model, weights, np.array([0, 0, 0, 1, 1]), is_real)
    assert (kept is not weights) == if_two


@pytest.mark.parametrize(
    ("estimator", "is_balanced"),
    [
        (BalancedRandomForestClassifier(), True),
        (BalancedRandomForestClassifier(sampling_strategy=0.5), False),
        (BalancedRandomForestClassifier(sampling_strategy=0.5, class_weight="balanced"), True),
        (RUSBoostClassifier(), True),
        (RUSBoostClassifier(sampling_strategy={"a": 2}), False),
        (EasyEnsembleClassifier(sampling_strategy=0.5), False),
        (EasyEnsembleClassifier(sampling_strategy="majority"), True),
        (BalancedBaggingClassifier(), True),
        (BalancedBaggingClassifier(sampler=FunctionSampler()), False),
        (BalancedBaggingClassifier(sampler=RandomOverSampler()), True),
        (BaggingClassifier(make_resampling_pipeline(TomekLinks(), Told("balanced"))), True),
        (BaggingClassifier(make_resampling_pipeline(TomekLinks(), Told())), False),
        (BaggingClassifier(make_resampling_pipeline(OVER(sampling_strategy="minority"))), True),
    ],
    ids=str,
)
def test_an_ensemble_balances_where_it_draws_all_classes_alike(estimator, is_balanced):
    factors = class_factors(estimator, np.array([0, 0, 0, 1]), np.array(["a", "b"]))
    assert (factors is not None) == is_balanced


@pytest.mark.filterwarnings("ignore::sklearn_synda.exceptions.SampleWeightWarning")
@pytest.mark.parametrize("sampler", [FunctionSampler(), TomekLinks(), EditedNearestNeighbours()])
def test_a_sampler_that_cleans_leaves_probabilities_alone(rare, sampler):
    X, y, X_test, y_test = rare
    tree = DecisionTreeClassifier(max_depth=3, random_state=0)
    fitted = light(make_resampling_pipeline(sampler, tree), max_iter=1).fit(X, y)
    share = fitted.predict_proba(X_test)[:, 1].mean()
    assert share < 2 * y_test.mean()


def test_values_have_no_classes():
    assert class_factors(Told("balanced"), np.zeros(3), None) is None


def test_weights_stay_where_nothing_is_balanced():
    weight = np.array([1.0, 2.0])
    assert keep_class_balance(Told(), weight, np.array([0, 1]), np.array([True, False])) is weight


def test_a_class_that_no_real_row_has_keeps_its_weight():
    weight = keep_class_balance(
        Told("balanced"),
        np.array([1.0, 1.0, 0.5, 0.5]),
        np.array([0, 1, 1, 2]),
        np.array([True, True, False, False]),
    )
    assert np.isfinite(weight).all()
    assert weight.sum() == pytest.approx(3)
    assert weight[3] > 0


def test_probabilities_follow_the_frequencies():
    np.testing.assert_allclose(
        shift_classes(np.array([[0.8, 0.2]]), np.array([1, 4])), [[0.5, 0.5]]
    )


class Majority(Told):
    """Predicts the commonest class."""

    def fit(self, X, y, sample_weight=None):
        self.classes_, counts = np.unique(y, return_counts=True)
        self.commonest_ = self.classes_[counts.argmax()]
        return self

    def predict(self, X):
        return np.full(len(X), self.commonest_)


@pytest.mark.parametrize(("class_weight", "loss"), [(None, 0.1), ("balanced", 0.5)])
def test_who_asks_for_balance_is_judged_by_it(class_weight, loss):
    X = np.random.RandomState(0).normal(size=(100, 2))
    y = np.repeat([0, 1], [90, 10])
    validation = CrossValidation(n_splits=5)
    fitted = light(Majority(class_weight), max_iter=1, validation=validation).fit(X, y)
    assert fitted.history_["loss"][0] == pytest.approx(loss)
