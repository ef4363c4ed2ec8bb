"""Every part keeps its contract, and the checks tell a broken part from a good one."""

import re
from dataclasses import replace

import made_nets
import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from sklearn_synda import (
    ActiveSynthesisClassifier,
    integration,
    labeling,
    query,
    synthesis,
    uncertainty,
    validation,
)
from sklearn_synda.integration import ConcatenationIntegrator
from sklearn_synda.labeling import CommitteeLabeler, InheritLabeler, PseudoLabeler
from sklearn_synda.query import RandomQuery
from sklearn_synda.synthesis import (
    DiffusionSynthesizer,
    GANSynthesizer,
    MixingSynthesizer,
    VAESynthesizer,
)
from sklearn_synda.uncertainty import (
    BayesianUncertainty,
    CommitteeUncertainty,
    ConformalUncertainty,
    LearnedLossUncertainty,
    LossPredictionUncertainty,
    MCDropoutUncertainty,
    PredictiveUncertainty,
    ProxyUncertainty,
)
from sklearn_synda.utils.estimator_checks import (
    check_integrator,
    check_labeler,
    check_monitor,
    check_query_strategy,
    check_rate,
    check_synthesizer,
    check_uncertainty,
    check_validation,
)
from sklearn_synda.validation import CrossValidation, FixedRate, SyntheticRowsMonitor

# they need an endpoint: checked in test_llm_synthesizer.py
ELSEWHERE = ("LLMSynthesizer",)


def parts_of(package, suffix, **instances):
    """One instance of every public class of a role."""
    for name in package.__all__:
        if name.endswith(suffix) and not name.startswith("Base") and name not in ELSEWHERE:
            yield instances.get(name) or getattr(package, name)()


def by_sign(X):
    return X[:, 1] > 0


def name_of(value):
    """The same in every process: no address of a function in it."""
    return re.sub(" at 0x[0-9a-f]+", "", getattr(value, "__name__", repr(value)))


GOOD = [
    *((check_uncertainty, part) for part in parts_of(
        uncertainty, "Uncertainty",
        PredictiveUncertainty=PredictiveUncertainty(LogisticRegression()),
        CommitteeUncertainty=CommitteeUncertainty(DecisionTreeClassifier(), n_estimators=3),
        LearnedLossUncertainty=LearnedLossUncertainty(GaussianNB()),
        BayesianUncertainty=BayesianUncertainty(made_nets.classifier()),
        ConformalUncertainty=ConformalUncertainty(GaussianNB()),
        LossPredictionUncertainty=LossPredictionUncertainty(made_nets.classifier()),
        MCDropoutUncertainty=MCDropoutUncertainty(made_nets.classifier(), n_samples=3),
        ProxyUncertainty=ProxyUncertainty(GaussianNB(), n_rows=50),
    )),
    (check_uncertainty, BayesianUncertainty(method="variational", max_epochs=3)),
    (check_uncertainty, CommitteeUncertainty(
        made_nets.classifier(2), n_estimators=2, bootstrap=False,
    )),
    (check_uncertainty, CommitteeUncertainty(estimators=[GaussianNB(), DecisionTreeClassifier()])),
    *((check_query_strategy, part) for part in parts_of(
        query, "Query", GroupQuotaQuery=query.GroupQuotaQuery(sensitive_features=by_sign),
    )),
    *((check_query_strategy, part) for part in (
        query.BatchBALDQuery(max_configurations=2), query.CombinedQuery(kind="product"),
        query.DivergenceQuery("max"), query.EpsilonQuery(RandomQuery(), epsilon=0.5),
        query.GreedyQuery("features"), query.GreedyQuery("target"),
        query.LCMDQuery("leaves"),
        query.RankedBatchQuery(distance_weight=1.0), query.StochasticQuery(kind="softmax"),
        query.StochasticQuery(query.BALDQuery(), kind="softrank"),
        query.TypiClustQuery(max_clusters=2),
    )),
    *((check_synthesizer, part) for part in parts_of(
        synthesis, "Synthesizer",
        DiffusionSynthesizer=DiffusionSynthesizer(max_steps=3),
        GANSynthesizer=GANSynthesizer(max_steps=2),
        VAESynthesizer=VAESynthesizer(max_steps=3),
    )),
    (check_synthesizer, DiffusionSynthesizer(denoiser="trees", n_estimators=2)),
    *((check_labeler, part) for part in parts_of(
        labeling, "Labeler", PseudoLabeler=PseudoLabeler(GaussianNB()),
        CommitteeLabeler=CommitteeLabeler([GaussianNB(), DecisionTreeClassifier()]),
    )),
    *((check_integrator, part) for part in parts_of(integration, "Integrator")),
    *((check_rate, part) for part in parts_of(validation, "Rate")),
    *((check_monitor, part) for part in parts_of(validation, "Monitor")),
    *((check_validation, part) for part in parts_of(validation, "Validation")),
]  # fmt: skip


@pytest.mark.parametrize(("check", "part"), GOOD, ids=name_of)
def test_our_parts(check, part):
    check(part)


@pytest.mark.parametrize("part", [part for _, part in GOOD], ids=name_of)
def test_parameters(part):
    """Stored untouched, in the signature, and a clone has them too."""
    cloned = clone(part)
    assert set(vars(cloned)) == set(part.get_params(deep=False))
    assert repr(cloned) == repr(part)
    for name, value in type(part)().get_params(deep=False).items():
        assert getattr(type(part)(), name) is value or value == value


class Columns2d(PredictiveUncertainty):
    def predict_uncertainty(self, X):
        return super().predict_uncertainty(X)[:, None]


class Unknown(PredictiveUncertainty):
    def fit_predict_uncertainty(self, X, y, sample_weight=None):
        return super().fit_predict_uncertainty(X, y) * np.nan


class Greedy(PredictiveUncertainty):
    def fit(self, X, y, sample_weight=None):
        super().fit(X, y)
        X *= 2
        return self


class WithoutWeights(PredictiveUncertainty):
    def fit_predict_uncertainty(self, X, y):
        return super().fit_predict_uncertainty(X, y)


class Tidy(RandomQuery):
    def query(self, pool, batch_size=1, *, random_state=None):
        pool.X[:] = 0
        return super().query(pool, batch_size, random_state=random_state)


class Repeating(RandomQuery):
    def _choose(self, pool, batch_size, rng):
        return np.zeros(batch_size, dtype=int)


class Restless(RandomQuery):
    def _choose(self, pool, batch_size, rng):
        return np.random.default_rng().permutation(len(pool))[:batch_size]


class Generous(RandomQuery):
    def _check_batch_size(self, batch_size, n_rows):
        pass


class Fewer(RandomQuery):
    def query(self, pool, batch_size=1, *, random_state=None):
        return super().query(pool, batch_size, random_state=random_state)[:3]


class OneTooMany(MixingSynthesizer):
    def sample(self, anchor_indices, *, guide=None, random_state=None):
        return super().sample(np.append(anchor_indices, 0), random_state=random_state)


class Orphans(MixingSynthesizer):
    def sample(self, anchor_indices, *, guide=None, random_state=None):
        batch = super().sample(anchor_indices, random_state=random_state)
        return replace(batch, parents=batch.parents + [0, 1000])


class Wild(MixingSynthesizer):
    def sample(self, anchor_indices, *, guide=None, random_state=None):
        batch = super().sample(anchor_indices, random_state=random_state)
        return replace(batch, X=batch.X * 100)


class Fractions(MixingSynthesizer):
    def sample(self, anchor_indices, *, guide=None, random_state=None):
        batch = super().sample(anchor_indices, random_state=random_state)
        return replace(batch, X=batch.X * 0.9)


class Forgetful(MixingSynthesizer):
    def sample(self, anchor_indices, *, guide=None, random_state=None):
        return super().sample(anchor_indices)


class Credulous(InheritLabeler):
    def label(self, batch):
        return replace(super().label(batch), trust=np.full(len(batch), 2.0))


class Inventive(InheritLabeler):
    def label(self, batch):
        return replace(super().label(batch), y=np.full(len(batch), 7))


class Unweighted(InheritLabeler):
    def fit(self, X, y):
        return super().fit(X, y)


class Rewriting(InheritLabeler):
    def label(self, batch):
        batch.X[:] = 7
        return super().label(batch)


class Relabeling(InheritLabeler):
    def fit(self, X, y, sample_weight=None):
        y[:] = 0
        return super().fit(X, y)


class Speechless(InheritLabeler):
    def label(self, batch):
        return None


class HalfSure(InheritLabeler):
    def label(self, batch):
        proba = np.full((len(batch), 2), 0.3)
        return batch.label(label_source="HalfSure", proba=proba, classes=np.array([0, 1]))


class Thief(ConcatenationIntegrator):
    def integrate(self, train, batch, *, iteration):
        after = super().integrate(train, batch, iteration=iteration)
        return after.reweight(after.sample_weight / 2)


class Negative(ConcatenationIntegrator):
    def integrate(self, train, batch, *, iteration):
        after = super().integrate(train, batch, iteration=iteration)
        return after.reweight(np.where(after.is_synthetic, -1.0, after.sample_weight))


class Ageless(ConcatenationIntegrator):
    def integrate(self, train, batch, *, iteration):
        return super().integrate(train, batch, iteration=99)


class Onetime(ConcatenationIntegrator):
    def integrate(self, train, batch, *, iteration):
        return super().integrate(train, batch, iteration=1)


class Revisionist(FixedRate):
    def next_rate(self, history):
        history["loss"][:] = [0.0]
        return super().next_rate(history)


class Endless(FixedRate):
    def next_rate(self, history):
        return np.inf


class Backwards(FixedRate):
    def next_rate(self, history):
        return -1.0


class Paranoid(SyntheticRowsMonitor):
    def check(self, X, y=None, *, warn=True):
        super().check(X, y, warn=warn)
        return False


class Mute(SyntheticRowsMonitor):
    def check(self, X, y=None, *, warn=True):
        return True


class Nothing(BaseEstimator):
    """A part without any verb."""


class Idle(CrossValidation):
    def split(self, y, *, random_state=None):
        return []


class Leaky(CrossValidation):
    def split(self, y, *, random_state=None):
        rows = np.arange(len(y))
        return [(rows, rows[:5])]


class Torn(CrossValidation):
    def split(self, y, *, groups=None, random_state=None):
        return super().split(y, random_state=random_state)


class Moody(CrossValidation):
    def split(self, y, *, random_state=None):
        return super().split(y)


class Bold(CrossValidation):
    def split(self, y, *, random_state=None):
        return [(np.arange(1, len(y)), np.arange(1))] if len(y) > 1 else [([0], [])]


class Proud(CrossValidation):
    def best_round(self, losses, shrunken, distances):
        return len(losses) - 1


class Shy(CrossValidation):
    def best_round(self, losses, shrunken, distances):
        return None


BROKEN = [
    (check_uncertainty, Columns2d(GaussianNB()), "one value a row"),
    (check_uncertainty, Unknown(GaussianNB()), "finite values"),
    (check_uncertainty, Greedy(GaussianNB()), "leave X and y as they are"),
    (check_uncertainty, WithoutWeights(GaussianNB()), "take a sample_weight in 'fit_predict"),
    (check_uncertainty, Nothing(), "have a method 'fit'"),
    (check_query_strategy, Repeating(), "name distinct rows"),
    (check_query_strategy, Restless(), "repeat itself"),
    (check_query_strategy, Generous(), "refuse a batch larger than the pool"),
    (check_query_strategy, Fewer(), "name 5 rows"),
    (check_query_strategy, Tidy(), "leave the pool as it is"),
    (check_query_strategy, Nothing(), "have a method 'query'"),
    (check_synthesizer, OneTooMany(), "one row for each anchor"),
    (check_synthesizer, Orphans(), "parents that exist"),
    (check_synthesizer, Wild(), "keep the ranges"),
    (check_synthesizer, Fractions(), "whole numbers"),
    (check_synthesizer, Forgetful(), "repeat itself"),
    (check_labeler, Credulous(), r"trust in \[0, 1\]"),
    (check_labeler, Inventive(), "classes it was fitted on"),
    (check_labeler, Unweighted(), "take a sample_weight"),
    (check_labeler, Rewriting(), "leave the rows as they are"),
    (check_labeler, Relabeling(), "leave X and y as they are"),
    (check_labeler, Speechless(), "return a SyntheticBatch"),
    (check_labeler, HalfSure(), "sum to one"),
    (check_integrator, Thief(), "leave the real rows their weights"),
    (check_integrator, Negative(), "finite weights above zero"),
    (check_integrator, Ageless(), "state the round"),
    (check_integrator, Onetime(), "state the round"),
    (check_rate, Revisionist(), "leave the history as it is"),
    (check_rate, Endless(), "finite number"),
    (check_rate, Backwards(), "zero or more"),
    (check_rate, FixedRate, "be given as an instance"),
    (check_monitor, Paranoid(), "let the rows pass"),
    (check_monitor, Mute(), "name its 'alarms'"),
    (check_validation, Idle(), "hold some of 40 rows out"),
    (check_validation, Leaky(), "keep a row on one side"),
    (check_validation, Torn(), "keep a group on one side"),
    (check_validation, Moody(), "give the same splits"),
    (check_validation, Bold(), "give no split of a single row"),
    (check_validation, Proud(), "name round 0"),
    (check_validation, Shy(), "name one of the rounds"),
]


@pytest.mark.parametrize(("check", "part", "sentence"), BROKEN, ids=name_of)
def test_broken_parts_are_found(check, part, sentence):
    with pytest.raises(AssertionError, match=f"must .*{sentence}"):
        check(part)


class PlainLabeler:
    """A part need not be an estimator: the meta-estimators copy it."""

    def fit(self, X, y, sample_weight=None):
        self.y = np.asarray(y)
        return self

    def label(self, batch):
        y = self.y[batch.parents[:, 0]]
        return batch.label(label_source="plain", y=y, trust=np.ones(len(batch)))


def test_a_plain_class_passes_and_works(light, two_classes):
    check_labeler(PlainLabeler())
    model = ActiveSynthesisClassifier(GaussianNB(), **{**light, "labeler": PlainLabeler()})
    assert model.fit(*two_classes).n_iter_ == 1
