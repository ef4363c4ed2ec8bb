"""Weights and other metadata reach the user's estimator, or a warning says how not."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.feature_selection import RFE, RFECV
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda.exceptions import SampleWeightWarning, SynthesisWarning
from sklearn_synda.integration import ConcatenationIntegrator, WeightedIntegrator
from sklearn_synda.labeling import CommitteeLabeler
from sklearn_synda.synthesis import MixingSynthesizer, PerturbationSynthesizer
from sklearn_synda.uncertainty import PredictiveUncertainty
from sklearn_synda.utils import TrainingSet
from sklearn_synda.validation import CrossValidation, FixedRate, NoValidation


def fit_small(estimator, light, X, y, **changes):
    parts = {**light, "random_state": 0, **changes}
    return ActiveSynthesisClassifier(estimator, **parts).fit(X, y)


def test_a_model_without_weights_is_resampled_and_says_so(light, two_classes):
    X, y = two_classes
    with pytest.warns(SampleWeightWarning, match="KNeighborsClassifier takes no sample_weight"):
        model = fit_small(KNeighborsClassifier(3), light, X, y, validation=NoValidation(),
                          integrator=ConcatenationIntegrator())  # fmt: skip
    assert model.estimator_.n_samples_fit_ == 120
    with pytest.warns(SampleWeightWarning):
        model = fit_small(KNeighborsClassifier(3), light, X, y, validation=NoValidation(),
                          integrator=WeightedIntegrator(alpha=0.75))  # fmt: skip
    assert model.estimator_.n_samples_fit_ == pytest.approx(320, rel=0.05)


def test_weights_of_the_plain_round_are_the_users(light, two_classes):
    X, y = two_classes
    weight = np.random.RandomState(0).uniform(size=80)
    model = ActiveSynthesisClassifier(LogisticRegression(), **{**light, "max_iter": 0})
    model.fit(X, y, sample_weight=weight)
    plain = LogisticRegression().fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(model.estimator_.coef_, plain.coef_)
    assert model.provenance_.weight.tolist() == weight.tolist()


class Spy(ClassifierMixin, BaseEstimator):
    """Keeps what each ``fit`` was given."""

    log = []

    def fit(self, X, y, sample_weight=None, group=None, flag=None):
        Spy.log.append((np.asarray(X), sample_weight, group, flag))
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])

    def predict_proba(self, X):
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))


@pytest.fixture
def spy():
    Spy.log.clear()
    return Spy()


@pytest.mark.usefixtures("enable_routing")
def test_metadata_follows_the_rows(spy, light, two_classes):
    _, y = two_classes
    X = np.arange(80.0)[:, None]
    spy.set_fit_request(sample_weight=True, group=True, flag=True)
    model = ActiveSynthesisClassifier(
        spy, random_state=0, synthesizer=MixingSynthesizer(), **light
    ).set_fit_request(sample_weight=True)
    with pytest.warns(SynthesisWarning, match="'flag', 'group' reach the fits of Spy .*'uncertain"):
        model.fit(X, y, sample_weight=np.ones(80), group=np.arange(80) * 10, flag="x")
    np.testing.assert_array_equal(Spy.log[0][2], np.arange(80) * 10)
    # out-of-fold fits of the uncertainty part take no metadata
    with_metadata = [seen for seen in Spy.log if seen[3] is not None]
    assert sorted(len(seen[0]) for seen in with_metadata) in ([60, 80, 90], [60, 80, 90, 120])
    for X_seen, weight, group, flag in with_metadata:
        assert flag == "x"
        assert len(weight) == len(group) == len(X_seen)
        n_real = {80: 80, 60: 60, 90: 60, 120: 80}[len(X_seen)]
        np.testing.assert_array_equal(group[:n_real], X_seen[:n_real, 0] * 10)
        assert set(group[n_real:]) <= set(group[:n_real])


@pytest.mark.usefixtures("enable_routing")
def test_weights_requested_under_another_name_are_weights(spy, light, two_classes):
    X, y = two_classes
    w = np.arange(80) + 1.0
    spy.set_fit_request(sample_weight="w")
    model = ActiveSynthesisClassifier(spy, random_state=0, **light).fit(X, y, w=w)
    seen = list(Spy.log)
    spy.set_fit_request(sample_weight=True)
    Spy.log.clear()
    again = ActiveSynthesisClassifier(spy, random_state=0, **light).fit(X, y, sample_weight=w)
    assert len(seen) == len(Spy.log)
    for one, two in zip(seen, Spy.log, strict=True):
        np.testing.assert_array_equal(one[1], two[1])
    np.testing.assert_array_equal(model.history_["loss"], again.history_["loss"])
    spy.set_fit_request(sample_weight="w")
    with pytest.raises(ValueError, match="'sample_weight' parameter of .*fit must be given once"):
        model.fit(X, y, sample_weight=w, w=w)


@pytest.mark.usefixtures("enable_routing")
@pytest.mark.parametrize("inside", [make_pipeline, lambda model: search(model)])
def test_weights_of_another_name_inside_a_pipeline_are_refused(inside, light, two_classes):
    X, y = two_classes
    model = inside(LogisticRegression().set_fit_request(sample_weight="w"))
    with pytest.raises(TypeError, match="it needs its weights as 'sample_weight'"):
        ActiveSynthesisClassifier(model, **light).fit(X, y, w=np.ones(80))


@pytest.fixture
def enable_routing():
    from sklearn import config_context

    with config_context(enable_metadata_routing=True):
        yield


def test_sample_weight_is_validated_away_with_zero_weight(spy, light):
    X, y = np.arange(20.0)[:, None], np.resize([0, 1], 20)
    weight = np.r_[np.zeros(4), np.ones(16)]
    ActiveSynthesisClassifier(spy, random_state=0, **light).fit(X, y, sample_weight=weight)
    assert min(X_seen.min() for X_seen, *_ in Spy.log) >= 4


class WeighedUncertainty(BaseEstimator):
    """Says how heavy the rows were that it was fitted on."""

    def fit(self, X, y, sample_weight=None):
        self.total_ = None if sample_weight is None else float(np.sum(sample_weight))
        WeighedUncertainty.totals.append(self.total_)
        return self

    def predict_uncertainty(self, X):
        return np.ones(len(X))

    def fit_predict_uncertainty(self, X, y, sample_weight=None):
        return self.fit(X, y, sample_weight).predict_uncertainty(X)


def test_weights_reach_the_uncertainty_part_wherever_it_is_fitted(light, two_classes):
    X, y = two_classes
    WeighedUncertainty.totals = []
    parts = {**light, "uncertainty": WeighedUncertainty(), "max_iter": 2}
    parts["synthesizer"] = PerturbationSynthesizer()  # asks the guide
    parts["validation"] = NoValidation()
    model = ActiveSynthesisClassifier(LogisticRegression(), random_state=0, **parts)
    model.fit(X, y, sample_weight=np.full(80, 2.0))
    model.predict_uncertainty(X)
    assert len(WeighedUncertainty.totals) >= 3
    assert set(WeighedUncertainty.totals) == {160.0}


def test_metadata_is_aligned_by_its_exact_length(light, two_classes):
    """A list that is longer than the table belongs to no row."""
    X, y = two_classes
    y = y.astype(float)
    y[60:] = np.nan
    table = ActiveSynthesisClassifier(LogisticRegression(), **light)._as_table(
        X, y, None, {"one_a_row": np.arange(80), "other": np.arange(90)}, reset=True
    )
    given = table.metadata_of(TrainingSet.real(X[:60], y[:60], np.ones(60)).origin)
    assert given["one_a_row"].tolist() == list(range(60))
    assert given["other"].tolist() == list(range(90))


@pytest.mark.usefixtures("enable_routing")
def test_teach_cannot_guess_metadata(spy, light, two_classes):
    X, y = two_classes
    spy.set_fit_request(sample_weight=True, flag=True)
    model = ActiveSynthesisClassifier(spy, random_state=0, **{**light, "max_iter": 0})
    model.fit(X, y, flag="x")
    with pytest.raises(ValueError, match="arguments 'flag' of the last fit of .* for the new rows"):
        model.teach(X[:2], y[:2])


def test_unlabelled_rows_are_learnt_from_by_their_weight(light, two_classes):
    X, y = two_classes
    y = y.astype(float)
    y[40:] = np.nan
    weight = np.ones(80)
    weight[40:50], weight[50:60] = 0.0, 3.0
    parts = {**light, "rate": FixedRate(0.0), "validation": NoValidation()}
    parts |= {"labeler": CommitteeLabeler([GaussianNB()]), "integrator": ConcatenationIntegrator()}
    model = ActiveSynthesisClassifier(LogisticRegression(), random_state=0, **parts)
    given = model.fit(X, y, sample_weight=weight).provenance_
    adopted = given.round == 1
    by_row = dict.fromkeys(given.parents[adopted, 0].tolist(), 0.0)
    for row, part in zip(given.parents[adopted, 0].tolist(), given.weight[adopted], strict=True):
        by_row[row] += part
    assert not set(by_row) & set(range(40, 50))
    assert by_row[50] == pytest.approx(3 * by_row[60])
    model.teach(X[:2], [0, 1], sample_weight=[1.0, 1.0])
    assert model._table.unlabeled_weight.tolist() == weight[50:].tolist()
    assert model.fit(X, y, sample_weight=np.ones(80)).provenance_.round.max() == 1


class Needy(Spy):
    """Cannot be fitted without groups."""

    def fit(self, X, y, sample_weight=None, *, group):
        return super().fit(X, y, sample_weight, group)


@pytest.mark.usefixtures("enable_routing")
def test_a_model_that_needs_an_argument_parts_do_not_know(light, two_classes):
    X, y = two_classes
    needy = Needy().set_fit_request(sample_weight=True, group=True)
    model = ActiveSynthesisClassifier(needy, random_state=0, **light)
    with pytest.raises(TypeError, match="Needy is not compatible with the 'uncertainty' of Active"):
        model.fit(X, y, group=np.arange(80))
    model.set_params(uncertainty=PredictiveUncertainty(LogisticRegression()))
    model.fit(X, y, group=np.arange(80))
    model.set_params(uncertainty=None, max_iter=0).fit(X, y, group=np.arange(80))


def search(model):
    return GridSearchCV(model, {}, cv=3)


@pytest.mark.parametrize(
    "model",
    [
        search(DecisionTreeClassifier(random_state=0)),
        search(make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=0))),
        RFE(LogisticRegression(), n_features_to_select=2),
        VotingClassifier([("a", DecisionTreeClassifier(random_state=0)), ("b", "drop")]),
        StackingClassifier([("a", LogisticRegression())], DecisionTreeClassifier(random_state=0)),
    ],
    ids=lambda model: type(model).__name__,
)
def test_weights_pass_through_what_hands_them_on(model, light, two_classes):
    """No rows are repeated: the folds of a search would hold copies of one row."""
    X, y = two_classes
    weight = np.random.default_rng(0).uniform(1, 3, len(y))
    light = {**light, "max_iter": 0}
    fitted = ActiveSynthesisClassifier(model, random_state=0, **light).fit(X, y, weight)
    inner = getattr(model, "estimator", None)
    name = "decisiontreeclassifier__sample_weight" if hasattr(inner, "steps") else "sample_weight"
    plain = clone(model).fit(X, y, **{name: weight})
    np.testing.assert_array_equal(fitted.predict(X), plain.predict(X))


@pytest.mark.parametrize(
    "model",
    [
        search(KNeighborsClassifier()),
        VotingClassifier([("a", LogisticRegression()), ("b", KNeighborsClassifier())]),
        VotingClassifier([("a", make_pipeline(StandardScaler(), LogisticRegression()))]),
        RFECV(LogisticRegression()),
    ],
    ids=lambda model: type(model).__name__,
)
def test_weights_that_cannot_pass_are_rows_repeated(model, light, two_classes):
    X, y = two_classes
    model = ActiveSynthesisClassifier(model, random_state=0, **{**light, "max_iter": 0})
    with pytest.warns(SampleWeightWarning, match="takes no sample_weight"):
        model.fit(X, y, np.resize([1.0, 2.0], len(y)))


def test_the_loss_has_one_unit_whatever_the_weights(light, two_classes):
    X, y = two_classes
    light = {**light, "validation": CrossValidation(n_splits=2, min_held_out=0)}
    model = ActiveSynthesisClassifier(
        DecisionTreeClassifier(random_state=0), random_state=0, **light
    )
    loss = model.fit(X, y).history_["loss"]
    weighted = model.fit(X, y, np.full(len(y), 1000.0)).history_["loss"]
    np.testing.assert_allclose(weighted, loss)


@pytest.mark.usefixtures("enable_routing")
def test_arguments_that_are_no_arrays_are_handed_on_whole(light, two_classes):
    """Pairs of tables and targets, as boosting libraries take for early stopping."""
    X, y = two_classes
    seen = []

    class Stopped(ClassifierMixin, BaseEstimator):
        def fit(self, X, y, sample_weight=None, eval_set=None):
            seen.append(eval_set)
            self.model_ = GaussianNB().fit(X, y, sample_weight)
            self.classes_ = self.model_.classes_
            return self

        def predict(self, X):
            return self.model_.predict(X)

        def predict_proba(self, X):
            return self.model_.predict_proba(X)

    model = Stopped().set_fit_request(eval_set=True)
    pairs = [(X[:20], y[:20]), (X[20:50], y[20:50])]
    with pytest.warns(SynthesisWarning, match="'eval_set' reach the fits"):
        ActiveSynthesisClassifier(model, random_state=0, **light).fit(X, y, eval_set=pairs)
    assert any(each is pairs for each in seen)


@pytest.mark.usefixtures("enable_routing")
@pytest.mark.parametrize("name", ["eval_X", "X_val"])
def test_rows_to_validate_on_are_not_one_for_each_row(name, light, two_classes):
    """Even where they are as many as the rows, and whatever holds them."""
    X, y = two_classes
    seen = []

    class Stopped(ClassifierMixin, BaseEstimator):
        def fit(self, X, y, sample_weight=None, eval_X=None, X_val=None):
            seen.append((eval_X, X_val)[name == "X_val"])
            self.model_ = GaussianNB().fit(X, y, sample_weight)
            self.classes_ = self.model_.classes_
            return self

        def predict(self, X):
            return self.model_.predict(X)

        def predict_proba(self, X):
            return self.model_.predict_proba(X)

    given = pd.DataFrame(X, columns=[f"x{k}" for k in range(X.shape[1])]).assign(
        town=pd.Categorical(["a", "b"] * 40)
    )
    model = Stopped().set_fit_request(sample_weight=True, **{name: True})
    uncertainty = PredictiveUncertainty(LogisticRegression())
    ActiveSynthesisClassifier(model, uncertainty=uncertainty, random_state=0, **light).fit(
        X, y, **{name: given}
    )
    assert len(seen) > 2
    assert all(told is given for told in seen)


@pytest.mark.usefixtures("enable_routing")
def test_a_table_with_an_entry_for_each_row_stays_a_table(spy, light, two_classes):
    X, y = two_classes
    spy.set_fit_request(sample_weight=True, group=True)
    town = pd.DataFrame({"town": pd.Categorical(["a", "b"] * 40)})
    uncertainty = PredictiveUncertainty(LogisticRegression())
    ActiveSynthesisClassifier(spy, uncertainty=uncertainty, random_state=0, **light).fit(
        X, y, group=town
    )
    assert all(
        group.dtypes.equals(town.dtypes) and len(group) == len(X) for X, _, group, _ in Spy.log
    )


def test_counts_of_people_are_not_as_many_rows(light, two_classes):
    """Whole weights are rows where they are few; of a survey they are millions."""
    X, y = two_classes
    weight = np.resize([1, 3], 80)
    model = ActiveSynthesisClassifier(KNeighborsClassifier(3), **{**light, "max_iter": 0})
    with pytest.warns(SampleWeightWarning):
        assert model.fit(X, y, weight).estimator_.n_samples_fit_ == 160
    with pytest.warns(SampleWeightWarning):
        n_rows = model.fit(X, y, 200_000 * weight).estimator_.n_samples_fit_
    assert n_rows == pytest.approx(20 * 80, rel=0.05)


@pytest.mark.usefixtures("enable_routing")
def test_who_cannot_be_fitted_by_parts_is_told_why(light, two_classes):
    X, y = two_classes

    class Early(GaussianNB):
        def fit(self, X, y, sample_weight=None, eval_set=None):
            if eval_set is None:
                raise RuntimeError("no validation dataset")
            return super().fit(X, y, sample_weight)

    model = Early().set_fit_request(sample_weight=True, eval_set=True)
    wrapped = ActiveSynthesisClassifier(model, random_state=0, **light)
    with (
        pytest.warns(SynthesisWarning, match="fit it without"),
        pytest.raises(RuntimeError, match="no validation dataset") as caught,
    ):
        wrapped.fit(X, y, eval_set=[(X, y)])
    assert "use parts with an estimator of their own" in caught.value.__notes__[0]
