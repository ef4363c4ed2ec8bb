"""Rows moved along the gradients of the user's net."""

import numpy as np
import pandas as pd
import pytest
from made_nets import classifier
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda.synthesis import SaliencyPerturbationSynthesizer
from sklearn_synda.uncertainty import CommitteeUncertainty, PredictiveUncertainty
from sklearn_synda.validation import CrossValidation

RNG = np.random.RandomState(0)
FRAME = pd.DataFrame(
    {
        "dose": 5 + 3 * RNG.normal(size=120),
        "noise": RNG.normal(size=120),
        "site": pd.Categorical(RNG.choice(["a", "b"], 120)),
    }
)
NAMES = np.where(FRAME["dose"] + 3 * (FRAME["site"] == "a") > 6.5, "ill", "well")


def pipeline():
    prepare = make_column_transformer(
        (StandardScaler(), ["dose", "noise"]), (OneHotEncoder(sparse_output=False), ["site"])
    )
    return make_pipeline(prepare, classifier(8))


@pytest.fixture(scope="module")
def unsure():
    return PredictiveUncertainty(pipeline(), random_state=0).fit(FRAME, NAMES)


def made(unsure, saliency, scale=0.3, **params):
    maker = SaliencyPerturbationSynthesizer(saliency=saliency, scale=scale, n_features_moved=0.3)
    maker.set_params(**params).fit(FRAME, (NAMES == "ill").astype(int))
    return maker, maker.sample(np.arange(120), guide=unsure.predict_uncertainty, random_state=0).X


def test_gradients_say_what_small_steps_say(unsure):
    maker, _ = made(unsure, "step", scale=1e-3)
    guide, cells = unsure.predict_uncertainty, maker.cells_
    numbers = ~maker.columns_.is_categorical
    step, towards = maker._attribute(guide, cells, np.random.RandomState(0))
    maker.set_params(saliency="gradient")
    slope, along = maker._attribute(guide, cells, np.random.RandomState(0))
    for j in np.flatnonzero(numbers):
        far = np.abs(step[:, j]) > 1e-5  # beyond float32
        assert far.any()
        same = np.isclose(slope[far, j], step[far, j], rtol=0.1)
        assert same.mean() > 0.95  # all but steps over a kink of the net
        np.testing.assert_array_equal(along[far, j][same], towards[far, j][same])


def test_rows_go_where_the_net_is_less_certain(unsure):
    maker, X = made(unsure, "gradient")
    random = maker.sample(np.arange(120), random_state=0).X
    after, other = unsure.predict_uncertainty(X), unsure.predict_uncertainty(random)
    assert after.mean() > 1.2 * max(other.mean(), unsure.predict_uncertainty(FRAME).mean())
    pd.testing.assert_series_equal(X.dtypes, FRAME.dtypes)
    assert set(X["site"]) == {"a", "b"}


def test_a_binary_net_and_a_guide_that_is_the_part(unsure):
    maker, rows = made(unsure, "gradient")
    again = maker.sample(np.arange(120), guide=_Asked(unsure), random_state=0).X
    pd.testing.assert_frame_equal(rows, again)


class _Asked:
    """A guide as the meta-estimators give it."""

    def __init__(self, uncertainty):
        self.uncertainty = uncertainty

    def __call__(self, X):
        return self.uncertainty.predict_uncertainty(X)


@pytest.mark.filterwarnings("ignore::sklearn_synda.exceptions.SampleWeightWarning")
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_inside_a_meta_estimator(n_jobs, light):
    parts = {
        **light,
        "uncertainty": PredictiveUncertainty(),
        "synthesizer": SaliencyPerturbationSynthesizer(saliency="gradient"),
        "validation": CrossValidation(n_splits=2),
        "random_state": 0,
    }
    asked = []

    class Spy(SaliencyPerturbationSynthesizer):
        def _slope_gain(self, guide, cells):
            asked.append(type(guide.uncertainty).__name__)
            return super()._slope_gain(guide, cells)

    if n_jobs is None:
        parts["synthesizer"] = Spy(saliency="gradient")
    model = ActiveSynthesisClassifier(pipeline(), n_jobs=n_jobs, **parts)
    model.fit(FRAME, NAMES)
    assert len(model.predict(FRAME)) == 120
    assert n_jobs or set(asked) == {"PredictiveUncertainty"}


@pytest.mark.parametrize(
    ("guide", "who"),
    [
        (lambda X: np.zeros(len(X)), "function"),
        (CommitteeUncertainty(RandomForestClassifier(3)), "CommitteeUncertainty"),
        (
            PredictiveUncertainty(RandomForestClassifier(3, random_state=0)),
            "RandomForestClassifier",
        ),
    ],
)
def test_who_has_no_gradients_is_refused(guide, who):
    X, y = FRAME[["dose", "noise"]].to_numpy(), (NAMES == "ill").astype(int)
    if hasattr(guide, "fit"):
        guide = guide.fit(X, y).predict_uncertainty
    maker = SaliencyPerturbationSynthesizer(saliency="gradient").fit(X, y)
    with pytest.raises(TypeError, match=f"compatible with {who}: it needs .*'step' instead"):
        maker.sample([0, 1], guide=guide)
    assert maker.sample([0, 1], random_state=0).X.shape == (2, 2)  # without a guide: at random


def test_a_row_the_net_is_certain_of_leaves_the_others_their_features():
    """A probability of exactly 0 has no slope of its entropy; the mean over rows must have one."""
    X = np.random.RandomState(0).normal(size=(80, 6))
    y = (X[:, 0] > 0).astype(int)
    X[7] = 1e4
    unsure = PredictiveUncertainty(classifier(8), measure="entropy", random_state=0).fit(X, y)
    maker = SaliencyPerturbationSynthesizer(saliency="gradient").fit(X, y)
    found, _ = maker._attribute(unsure.predict_uncertainty, maker.cells_, np.random.RandomState(0))
    assert unsure.estimator_.predict_proba(X)[7].min() == 0
    assert np.isfinite(found).all()
    assert found.mean(axis=0)[0] > 0
