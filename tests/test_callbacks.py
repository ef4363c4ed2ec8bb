"""scikit-learn's callbacks see the rounds."""

import numpy as np
import pytest
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.tree import DecisionTreeClassifier

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda.exceptions import SynthesisWarning
from sklearn_synda.labeling import InheritLabeler
from sklearn_synda.validation import CrossValidation, FixedRate, NoValidation


class Recorder:
    """Keeps the names of the tasks; stops after round ``stop_after``."""

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.tasks = []

    def setup(self, estimator, context):
        self.tasks.append("setup")

    def on_fit_task_begin(self, estimator, context, **kwargs):
        self.tasks.append(f"begin {context.task_name}")

    def on_fit_task_end(self, estimator, context, **kwargs):
        self.tasks.append(f"end {context.task_name}")
        return context.task_name == f"round {self.stop_after}"

    def teardown(self, estimator, context):
        self.tasks.append("teardown")


def fit_with(callback, light, X, y, **changes):
    parts = {**light, "validation": NoValidation(), "max_iter": 3, **changes}
    model = ActiveSynthesisClassifier(LogisticRegression(), random_state=0, **parts)
    return model.set_callbacks(callback).fit(X, y)


def test_one_task_a_round(light, two_classes):
    recorder = Recorder()
    model = fit_with(recorder, light, *two_classes)
    rounds = [f"{verb} round {k}" for k in (1, 2, 3) for verb in ("begin", "end")]
    assert recorder.tasks == ["setup", "begin fit", *rounds, "end fit", "teardown"]
    assert model.n_iter_ == 3


def test_a_callback_may_stop(light, two_classes):
    model = fit_with(Recorder(stop_after=2), light, *two_classes)
    assert model.n_iter_ == 2
    assert model.termination_condition_ == "callback"


def test_torn_down_after_an_error(light, two_classes):
    class Broken(InheritLabeler):
        def label(self, batch):
            raise RuntimeError("my own error")

    recorder = Recorder()
    parts = {**light, "labeler": Broken(), "validation": NoValidation()}
    model = ActiveSynthesisClassifier(DecisionTreeClassifier(), **parts)
    with pytest.raises(RuntimeError, match="my own error"):
        model.set_callbacks(recorder).fit(*two_classes)
    assert recorder.tasks[-1] == "teardown"


class RefusesMade(DecisionTreeClassifier):
    def fit(self, X, y, sample_weight=None):
        if len(X) > 80:
            raise RuntimeError("my own error")
        return super().fit(X, y, sample_weight)


def test_a_round_that_fails_in_the_folds_has_an_end(light, two_classes):
    recorder = Recorder()
    parts = {**light, "rate": FixedRate(0.5), "max_iter": 3}
    model = ActiveSynthesisClassifier(RefusesMade(), **parts)
    with pytest.warns(SynthesisWarning, match="my own error"):
        model.set_callbacks(recorder).fit(*two_classes)
    assert recorder.tasks == [
        "setup", "begin fit", "begin round 1", "end round 1", "end fit", "teardown"
    ]  # fmt: skip


def test_progress_bar_shows_the_rounds(light, two_classes, capsys):
    model = fit_with(ProgressBar(), light, *two_classes)
    assert model.n_iter_ == 3
    assert "ActiveSynthesisClassifier" in capsys.readouterr().out


@pytest.mark.parametrize(("n_rows", "max_iter"), [(80, 0), (2, 3)])
def test_a_fit_without_rounds_is_a_task_too(n_rows, max_iter, light, two_classes):
    recorder, order = Recorder(), np.argsort(two_classes[1])
    rows = order[:: 79 if n_rows == 2 else 1]
    X, y = (values[rows] for values in two_classes)
    parts = {"validation": CrossValidation(), "max_iter": max_iter}
    assert fit_with(recorder, light, X, y, **parts).n_iter_ == 0
    assert recorder.tasks == ["setup", "begin fit", "end fit", "teardown"]


@pytest.mark.parametrize("weighted", [False, True])
def test_a_monitor_scores_the_model_that_is_kept(weighted, light, two_classes):
    X, y = two_classes
    weight = {"sample_weight": np.arange(80) + 1.0} if weighted else {}
    monitor = ScoringMonitor(scoring="neg_log_loss")
    model = ActiveSynthesisClassifier(LogisticRegression(), random_state=0, **light)
    model.set_callbacks(monitor).fit(X, y, **weight)
    (entry,) = monitor.get_logs().data
    score = -log_loss(y, model.predict_proba(X), **weight)
    assert entry["neg_log_loss"] == pytest.approx(score)
