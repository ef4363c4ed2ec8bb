"""The committee as a classifier and a regressor: what it says, takes and refuses."""

import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import is_classifier, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_diabetes, load_iris, make_classification, make_regression
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.svm import LinearSVC
from sklearn.utils import get_tags

from sklearn_synda.exceptions import SampleWeightWarning
from sklearn_synda.labeling import CommitteeClassifier, CommitteeLabeler, CommitteeRegressor

X, CODES = make_classification(
    120, 5, n_informative=4, n_redundant=0, n_classes=3, n_clusters_per_class=1, random_state=0
)
NAMES = np.array(["low", "middle", "top"])[CODES]
VALUES = 3 * X[:, 0] - X[:, 1] ** 2
CLASSIFYING = [None, "light", [GaussianNB(), LogisticRegression()], [LinearSVC(), GaussianNB()]]
VALUING = [None, "light", [LinearRegression(), KNeighborsRegressor(2)]]
WEIGHT = np.resize([1.0, 2.0, 0.5], 120)
GROUPS = np.repeat(np.arange(30), 4)
PATIENTS, PROGRESS = load_diabetes(return_X_y=True)


@pytest.mark.parametrize("members", CLASSIFYING, ids=str)
@pytest.mark.parametrize("names", [CODES, NAMES, NAMES.astype(object), CODES > 0],
                         ids=["codes", "names", "objects", "bools"])  # fmt: skip
def test_it_says_what_the_labeler_says(members, names):
    model = CommitteeClassifier(members, random_state=3).fit(X[:80], names[:80])
    labeler = CommitteeLabeler(members, random_state=3).fit(X[:80], names[:80])
    np.testing.assert_array_equal(model.predict_proba(X), labeler.predict_proba(X))
    np.testing.assert_array_equal(model.predict(X), labeler.predict(X))
    np.testing.assert_array_equal(model.classes_, labeler.classes_)
    np.testing.assert_array_equal(model.weights_, labeler.weights_)


@pytest.mark.parametrize("members", VALUING, ids=str)
def test_it_values_as_the_labeler_does(members):
    model = CommitteeRegressor(members, random_state=3).fit(X[:80], VALUES[:80])
    labeler = CommitteeLabeler(members, random_state=3).fit(X[:80], VALUES[:80])
    np.testing.assert_array_equal(model.predict(X), labeler.predict(X))


@pytest.mark.parametrize("given", [{"n_splits": 4}, {"pull": 20.0}], ids=str)
@pytest.mark.parametrize("fit", [{}, {"sample_weight": WEIGHT}, {"groups": GROUPS}], ids=list)
def test_parameters_weights_and_groups_reach_it(given, fit):
    plain = CommitteeClassifier("light", random_state=0).fit(X, CODES).predict_proba(X)
    model = CommitteeClassifier("light", random_state=0, **given).fit(X, CODES, **fit)
    labeler = CommitteeLabeler("light", random_state=0, **given).fit(X, CODES, **fit)
    np.testing.assert_array_equal(model.predict_proba(X), labeler.predict_proba(X))
    assert not np.array_equal(model.predict_proba(X), plain)


def test_scikit_learn_knows_what_it_is():
    assert is_classifier(CommitteeClassifier())
    assert is_regressor(CommitteeRegressor())
    iris, species = load_iris(return_X_y=True)
    committee = CommitteeClassifier("light", random_state=0)
    assert (cross_val_score(committee, iris, species, cv=3) > 0.9).all()  # stratified folds
    two = CODES > 0
    scores = cross_val_score(committee, X, two, cv=3, scoring="roc_auc")
    by_hand = []
    for train, test in StratifiedKFold(3).split(X, two):
        labeler = CommitteeLabeler("light", random_state=0).fit(X[train], two[train])
        by_hand.append(roc_auc_score(two[test], labeler.predict_proba(X[test])[:, 1]))
    np.testing.assert_array_equal(scores, by_hand)


def test_inside_what_wraps_classifiers():
    committee = CommitteeClassifier([GaussianNB(), LogisticRegression()], random_state=0)
    calibrated = CalibratedClassifierCV(committee, cv=2).fit(X, NAMES)
    assert calibrated.predict_proba(X).shape == (120, 3)
    search = GridSearchCV(committee, {"pull": [0.1, 10]}, cv=2).fit(X, NAMES)
    assert search.score(X, NAMES) > 0.7


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA], ids=str)
@pytest.mark.parametrize("kind", ["names", "codes", "values"])
def test_rows_without_a_target_are_left_out(missing, kind):
    y = {"names": NAMES, "codes": CODES, "values": VALUES}[kind]
    model = (CommitteeRegressor if kind == "values" else CommitteeClassifier)(
        "light", random_state=0
    )
    given = y.astype(object)
    given[::3] = missing
    known = np.arange(120) % 3 > 0
    said = model.fit(X, given, WEIGHT).predict(X)
    alone = model.fit(X[known], y[known], WEIGHT[known]).predict(X)
    np.testing.assert_array_equal(said, alone)
    assert said.dtype.kind == {"names": "O", "codes": "i", "values": "f"}[kind]


def test_rows_of_no_weight_are_left_out():
    weight = np.where(CODES == 2, 0.0, 1.0)
    model = CommitteeClassifier("light", random_state=0).fit(X, NAMES, weight)
    assert model.classes_.tolist() == ["low", "middle"]


TABLES = {
    "a list": X.tolist(),
    "sparse": sparse.csr_array(X),
    "sparse by column": sparse.csc_matrix(X),
    "holes": np.where(np.random.RandomState(0).rand(*X.shape) < 0.1, np.nan, X),
    "pandas": pd.DataFrame(X, columns=list("abcde")).assign(
        kind=pd.Categorical(NAMES), when=pd.date_range("2020", periods=120)
    ),
    "polars": pl.DataFrame(X, schema=list("abcde")).with_columns(kind=pl.Series(NAMES)),
    "objects": np.column_stack([X.astype(object), NAMES.astype(object)]),
    "text": np.column_stack([NAMES, NAMES[::-1]]),
}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_tables(table):
    model = CommitteeClassifier("light", random_state=0).fit(table, NAMES)
    labeler = CommitteeLabeler("light", random_state=0).fit(table, NAMES)
    np.testing.assert_array_equal(model.predict_proba(table), labeler.predict_proba(table))
    assert model.n_features_in_ == np.shape(table)[1]
    if hasattr(table, "columns"):
        assert model.feature_names_in_.tolist() == list(table.columns)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(table), model.predict(table))


def test_sparse_rows_of_a_dense_table_and_the_other_way_round():
    """Values to the last digit but one: a sum over a sparse column has another order."""
    for fitted, asked in [(X, sparse.csr_array(X)), (sparse.csr_array(X), X)]:
        model = CommitteeRegressor("light", random_state=0).fit(fitted, VALUES)
        np.testing.assert_allclose(model.predict(asked), model.predict(fitted))


def test_tags_are_those_of_all_members():
    tags = get_tags(CommitteeClassifier()).input_tags
    assert tags.sparse
    assert tags.allow_nan
    assert tags.categorical
    assert tags.string
    own = get_tags(CommitteeClassifier([LogisticRegression(), GaussianNB()])).input_tags
    assert not any([own.sparse, own.allow_nan, own.categorical, own.string])
    assert get_tags(CommitteeClassifier([LogisticRegression()])).input_tags.sparse


def test_the_standard_deviation_holds_the_error():
    rows, y = make_regression(400, 4, noise=40, random_state=0)
    model = CommitteeRegressor("light", random_state=0).fit(rows[:100], y[:100])
    value, std = model.predict(rows[100:], return_std=True)
    np.testing.assert_array_equal(value, model.predict(rows[100:]))
    inside = np.mean(np.abs(value - y[100:]) <= 1.645 * std)
    assert 0.8 < inside < 0.98  # the normal share is 0.9
    far = model.predict(rows[:3] * 30, return_std=True)[1]
    assert far.min() > std.max()  # where the members do not agree


def test_a_member_without_weights_is_warned_of():
    model = CommitteeClassifier([KNeighborsClassifier(3)], random_state=0)
    with pytest.warns(SampleWeightWarning, match="CommitteeClassifier repeats rows by weight"):
        model.fit(X, CODES, WEIGHT)


@pytest.mark.parametrize(
    ("model", "error", "why"),
    [
        (CommitteeClassifier([]), ValueError,
         "The 'estimators' parameter of CommitteeClassifier must name at least one member. Got"),
        (CommitteeClassifier([GaussianNB]), TypeError, r"Got the class GaussianNB instead"),
        (CommitteeClassifier([LinearRegression()]), TypeError,
         "CommitteeClassifier is not compatible with LinearRegression: it needs members that are"
         " classifiers. Use CommitteeRegressor instead."),
        (CommitteeRegressor([GaussianNB()]), TypeError,
         "CommitteeRegressor is not compatible with GaussianNB: it needs members that are"
         " regressors. Use CommitteeClassifier instead."),
        (CommitteeClassifier("heavy"), ValueError, "'estimators' parameter of CommitteeClassifier"),
        (CommitteeRegressor(n_splits=1), ValueError, "'n_splits' parameter of CommitteeRegressor"),
    ],
    ids=lambda v: str(v)[:40],
)  # fmt: skip
def test_parameters_that_are_none(model, error, why):
    with pytest.raises(error, match=why):
        model.fit(X, CODES)


def test_targets_and_weights_that_are_none():
    model = CommitteeClassifier("light")
    with pytest.raises(ValueError, match="must hold at least one label. Got 120 unlabelled rows"):
        model.fit(X, np.full(120, np.nan))
    with pytest.raises(ValueError, match="at least one weight above zero among the labelled"):
        model.fit(X, [None] + [1] * 119, [1.0] + [0.0] * 119)
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        model.fit(X, VALUES)
    with pytest.raises(ValueError, match="must name a group for each of the 120 rows"):
        model.fit(X, CODES, groups=[1, 2])


def test_tables_that_are_none():
    model = CommitteeClassifier("light")
    frame = pd.DataFrame(X, columns=list("abcde"))
    with pytest.raises(TypeError, match="'X' parameter of CommitteeClassifier must be an array"):
        model.fit(pl.DataFrame(X).lazy(), CODES)
    with pytest.raises(ValueError, match="must have distinct names. Got a more than once"):
        model.fit(frame.set_axis(list("aacde"), axis=1), CODES)
    with pytest.raises(ValueError, match="Found array with 0 sample"):
        model.fit(frame[:0], CODES[:0])
    with pytest.raises(ValueError, match="feature names should match"):
        model.fit(frame, CODES).predict(frame[list("bacde")])


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_a_quantile_covers_its_share_of_new_rows(quantile):
    weight = np.where(np.arange(150) % 2, 1.0, 2.0)
    for sample_weight in (None, weight):
        model = CommitteeRegressor("light", quantile=quantile, random_state=0)
        model.fit(PATIENTS[:150], PROGRESS[:150], sample_weight)
        assert (PROGRESS[150:] <= model.predict(PATIENTS[150:])).mean() == pytest.approx(
            quantile, abs=0.08
        )


def test_the_line_of_a_quantile_is_drawn_by_weight():
    below = PROGRESS[:150] < np.median(PROGRESS)
    low, high = (
        CommitteeRegressor("light", quantile=0.9, random_state=0)
        .fit(PATIENTS[:150], PROGRESS[:150], np.where(below, *weights))
        .predict(PATIENTS[150:])
        .mean()
        for weights in ((5.0, 1.0), (1.0, 5.0))
    )
    assert low < high


@pytest.mark.parametrize("quantile", [0, 1, -0.1, 1.5, "median"])
def test_no_quantile(quantile):
    with pytest.raises(ValueError, match="'quantile' parameter of CommitteeRegressor"):
        CommitteeRegressor(quantile=quantile).fit([[0.0], [1.0]], [0.0, 1.0])


def test_a_frame_is_asked_of_a_committee_fitted_on_sparse_rows():
    rows = sparse.csr_array(X)
    model = CommitteeClassifier([LogisticRegression()], random_state=0).fit(rows, CODES)
    for frame in (pd.DataFrame(X), pl.DataFrame(X)):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "X has feature names")
            np.testing.assert_array_equal(model.predict_proba(frame), model.predict_proba(rows))


@pytest.mark.parametrize("n_rows", [1, 2])
def test_one_row_or_two_are_enough_for_values(n_rows):
    model = CommitteeRegressor(random_state=0).fit(X[:n_rows], VALUES[:n_rows])
    assert np.isfinite(model.predict(X)).all()


def test_a_quantile_of_rows_in_turns():
    rng = np.random.RandomState(0)
    rows, noise = rng.normal(size=(4000, 3)), np.resize([3.0, 0.1], 4000)
    values = rows[:, 0] + noise * rng.normal(size=4000)
    members = [LinearRegression(), KNeighborsRegressor()]
    model = CommitteeRegressor(members, quantile=0.9, random_state=0).fit(rows, values)
    assert (values <= model.predict(rows)).mean() == pytest.approx(0.9, abs=0.03)


@pytest.mark.parametrize("unit", [1e-9, 1e12])
def test_weights_of_any_unit_draw_the_same_line(unit):
    said = [
        CommitteeRegressor([LinearRegression()], quantile=0.9, random_state=0)
        .fit(X, VALUES, WEIGHT * factor)
        .predict(X)
        for factor in (1.0, unit)
    ]
    np.testing.assert_allclose(*said, rtol=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_few_rows_draw_no_steep_line(seed):
    rows = np.random.RandomState(seed).permutation(120)[:5]
    model = CommitteeRegressor(random_state=0, quantile=0.5).fit(X[rows], VALUES[rows])
    assert np.abs(model.predict(X)).max() < 2 * np.abs(VALUES[rows]).max() + np.ptp(VALUES[rows])
