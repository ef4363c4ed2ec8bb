"""Numbers of the displays, and that they can be drawn."""

import importlib.util

import matplotlib as mpl
import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, make_classification
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda.labeling import CommitteeLabeler, InheritLabeler
from sklearn_synda.model_selection import BudgetComparison, BudgetCurve
from sklearn_synda.plotting import (
    LabelSavingsDisplay,
    LearningCurveDisplay,
    SynthesisHistoryDisplay,
    UncertaintyAttributionDisplay,
    UncertaintyMapDisplay,
    _uncertainty_attribution,
)
from sklearn_synda.validation import FixedRate, NoValidation

mpl.use("Agg")


@pytest.fixture(scope="module")
def fitted():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    X, y = X.iloc[:80], y.iloc[:80].astype(float)
    y.iloc[::4] = np.nan
    model = ActiveSynthesisClassifier(
        DecisionTreeClassifier(max_depth=3, random_state=0),
        labeler=InheritLabeler(),
        rate=FixedRate(1.0),
        validation=NoValidation(),
        max_iter=2,
        random_state=0,
    )
    return model.fit(X, y), X, y


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


@pytest.mark.parametrize("projection", ["pca", "tsne"])
def test_map_tells_real_from_made(fitted, projection):
    model, X, y = fitted
    display = UncertaintyMapDisplay.from_estimator(
        model, X, y, projection=projection, random_state=0
    )
    n_points = sum(
        len(c.get_offsets()) for c in display.ax_.collections if hasattr(c, "get_offsets")
    )
    assert n_points >= len(X)
    assert display.ax_.get_xlabel()
    assert display.ax_.get_ylabel()
    assert display.figure_ is display.ax_.figure


def test_map_without_made_rows(fitted):
    _, X, y = fitted
    plain = ActiveSynthesisClassifier(DecisionTreeClassifier(), max_iter=0).fit(X, y)
    assert UncertaintyMapDisplay.from_estimator(plain, X).ax_ is not None


def test_map_of_arrays_and_refused_projection(fitted):
    _, X, y = fitted
    model = ActiveSynthesisClassifier(DecisionTreeClassifier(), max_iter=0)
    model.fit(X.to_numpy(), y.to_numpy())
    assert UncertaintyMapDisplay.from_estimator(model, X.to_numpy()).ax_ is not None
    with pytest.raises(ValueError, match="projection"):
        UncertaintyMapDisplay.from_estimator(model, X.to_numpy(), projection="none")


def test_history_has_one_entry_a_round(fitted):
    model, _, _ = fitted
    display = SynthesisHistoryDisplay.from_estimator(model)
    assert display.ax_.get_ylabel() == "held-out loss"
    assert len(model.history_["rate"]) == 3


def displays(X, y):
    """Each display from an estimator, with the rows that it takes."""
    return {
        SynthesisHistoryDisplay: lambda model: SynthesisHistoryDisplay.from_estimator(model),
        UncertaintyMapDisplay: lambda model: UncertaintyMapDisplay.from_estimator(model, X, y),
        UncertaintyAttributionDisplay: lambda model: UncertaintyAttributionDisplay.from_estimator(
            model, X, n_repeats=2, random_state=0
        ),
    }


@pytest.mark.parametrize("kind", ["pipeline", "search", "search of pipelines", "other"])
def test_what_is_inside_a_wrapper_is_asked_for(kind, light):
    X, y = make_classification(60, 4, random_state=0)
    model = ActiveSynthesisClassifier(GaussianNB(), random_state=0, **light)
    pipe = make_pipeline(StandardScaler(), model)
    given, inside, name = {
        "pipeline": (pipe, r"pipe\[-1\]", "Pipeline"),
        "search": (GridSearchCV(model, {}, cv=2), r"search\.best_estimator_", "GridSearchCV"),
        "search of pipelines": (
            GridSearchCV(pipe, {}, cv=2), r"search\.best_estimator_\[-1\]", "GridSearchCV"
        ),
        "other": (LogisticRegression(), "one around it", "LogisticRegression"),
    }[kind]  # fmt: skip
    given.fit(X, y)
    for display, draw in displays(X, y).items():
        takes_rows = display is not SynthesisHistoryDisplay and "-1" in inside
        rows = ", and rows as .*" if takes_rows else ""
        why = (rf"{display.__name__}.from_estimator is not compatible with {name}: it needs an"
               rf" ActiveSynthesisClassifier or .* Use {inside}{rows} instead\.$")  # fmt: skip
        with pytest.raises(TypeError, match=why):
            draw(given)
    for draw in displays(X, y).values():  # what they ask for is drawn
        if kind == "search":
            draw(given.best_estimator_)
        elif kind == "pipeline":
            draw(FrozenEstimator(given[-1]))


def test_displays_of_what_is_not_fitted():
    X, y = make_classification(60, 4, random_state=0)
    for draw in displays(X, y).values():
        with pytest.raises(NotFittedError):
            draw(ActiveSynthesisClassifier(GaussianNB()))


def test_targets_of_other_rows(fitted):
    model, X, y = fitted
    for wrong in (y[:-1], list(y) * 2):
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            UncertaintyMapDisplay.from_estimator(model, X, wrong)


def test_absence_is_named(fitted, monkeypatch):
    model, _, _ = fitted
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "sklearn_synda._optional.find_spec",
        lambda name, *rest: None if name == "matplotlib" else find(name, *rest),
    )
    with pytest.raises(ImportError, match=r'requires matplotlib.*"sklearn-synda\[plot\]"'):
        SynthesisHistoryDisplay.from_estimator(model)


def test_history_after_partial_fit():
    X, y = load_breast_cancer(return_X_y=True)
    model = ActiveSynthesisClassifier(
        GaussianNB(), labeler=InheritLabeler(), rate=FixedRate(1.0), random_state=0
    )
    for start in range(0, 120, 40):
        model.partial_fit(X[start : start + 40], y[start : start + 40], classes=[0, 1])
    display = SynthesisHistoryDisplay.from_estimator(model)
    assert display.rows_ax_ is None
    assert display.ax_.get_xlabel() == "batch"
    np.testing.assert_array_equal(display.plain_loss, model.history_["plain_loss"])
    assert np.isnan(display.loss[0])
    assert np.isfinite(display.loss[1:]).all()


def test_no_label_is_cut_off(fitted):
    figure = SynthesisHistoryDisplay.from_estimator(fitted[0]).figure_
    figure.canvas.draw()
    inner = figure.get_tightbbox()  # inches
    assert inner.x0 >= -0.01
    assert inner.y0 >= -0.01
    assert inner.x1 <= figure.get_figwidth() + 0.01
    assert inner.y1 <= figure.get_figheight() + 0.01


def test_history_in_axes_of_the_user(fitted):
    import matplotlib.pyplot as plt

    ax = plt.subplots()[1]
    display = SynthesisHistoryDisplay.from_estimator(fitted[0], ax=ax)
    assert display.ax_ is ax
    assert display.rows_ax_.figure is ax.figure


def test_curves_and_savings():
    scores = {"random": [0.5, 0.7, 0.9], "margin": [0.5, 0.9, 0.95], "never": [0.5, 0.5, 0.5]}
    found = BudgetComparison(
        {
            name: BudgetCurve(
                np.array([10, 20, 40]),
                np.array(values) + np.array([[0.01], [-0.01]]),
                np.full(2, 1.0),
            )
            for name, values in scores.items()
        }
    )
    curves = LearningCurveDisplay.from_comparison(found)
    drawn = {line.get_label() for line in curves.ax_.lines}
    assert {"random", "margin", "never", "all rows labelled"} <= drawn
    savings = LabelSavingsDisplay.from_comparison(
        found, shares=(0.5, 0.8), n_resamples=20, random_state=0
    )
    assert savings.saved["margin"][1] == found.labels_saved(0.8)["margin"]
    low, high = savings.intervals["margin"][1]
    assert low <= savings.saved["margin"][1] <= high
    assert np.isneginf(savings.saved["never"]).all()
    arrows = [line for line in savings.ax_.lines if line.get_marker() == "<"]
    (arrow,) = (line for line in arrows if len(line.get_xdata()))
    (color,) = (line.get_color() for line in savings.ax_.lines if line.get_label() == "never")
    assert arrow.get_color() == color
    assert len(arrow.get_xdata()) == 2  # one a share, left of all numbers
    assert (arrow.get_xdata() < min(0.0, savings.intervals["margin"].min())).all()
    names = [text.get_text() for text in savings.ax_.get_legend().get_texts()]
    assert names == ["margin", "never"]
    assert savings.ax_.get_xlabel().startswith("labels saved")


def test_a_saving_that_some_seeds_lack_has_no_left_end():
    budgets, full = np.array([10, 20, 40]), np.full(4, 1.0)
    random = np.tile([0.5, 0.7, 0.9], (4, 1))
    lucky = np.array([[0.5, 0.9, 0.95], [0.5, 0.5, 0.5], [0.5, 0.5, 0.5], [0.5, 0.9, 0.95]])
    found = BudgetComparison(
        {name: BudgetCurve(budgets, scores, full)
         for name, scores in (("random", random), ("lucky", lucky))}
    )  # fmt: skip
    display = LabelSavingsDisplay.from_comparison(
        found, shares=(0.6,), n_resamples=100, random_state=0
    )
    low, high = display.intervals["lucky"][0]
    assert np.isneginf(low)
    assert np.isfinite(high)
    ((segment,),) = (c.get_segments() for c in display.ax_.collections)
    assert np.isfinite(segment).all()
    assert segment[0, 0] < min(0.0, high)


def test_attribution_of_a_fitted_estimator(fitted):
    model, X, _ = fitted
    display = UncertaintyAttributionDisplay.from_estimator(
        model, X, n_repeats=4, max_features=5, random_state=0
    )
    names = [label.get_text() for label in display.ax_.get_yticklabels()]
    size = np.abs(display.attribution).mean(axis=0)
    assert names == [X.columns[j] for j in np.argsort(-size, kind="stable")[:5]]
    assert len(display.ax_.patches) == 5  # bars
    assert display.attribution.shape == X.shape
    assert display.figure_ is display.ax_.figure


def test_attribution_of_arrays_and_of_names():
    rng = np.random.RandomState(0)
    rows = np.empty((60, 2), dtype=object)
    rows[:, 0], rows[:, 1] = rng.normal(size=60), rng.choice(["a", "b"], 60)
    ranks = _uncertainty_attribution._ranks(rows)
    assert np.isnan(ranks[:, 1]).all()
    assert sorted(ranks[:, 0])[0] == 0
    assert sorted(ranks[:, 0])[-1] == 1
    display = UncertaintyAttributionDisplay(rng.normal(size=(60, 2)), ranks=ranks).plot()
    assert {label.get_text() for label in display.ax_.get_yticklabels()} == {"x0", "x1"}


def test_a_made_row_of_several_classes_is_one_point():
    X, y = make_classification(60, 4, flip_y=0.3, random_state=0)
    model = ActiveSynthesisClassifier(
        GaussianNB(), labeler=CommitteeLabeler([GaussianNB()]), validation=NoValidation(),
        rate=FixedRate(0.5), max_iter=1, random_state=0,
    ).fit(X, y)  # fmt: skip
    assert len(model.synthetic_y_) > 30
    display = UncertaintyMapDisplay.from_estimator(model, X, y)
    assert display.is_synthetic.sum() == 30
