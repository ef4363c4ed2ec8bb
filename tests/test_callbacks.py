"""scikit-learn's callbacks see the rounds."""

import pytest
from sklearn.callback import ProgressBar
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda.validation import NoValidation


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
    class Broken(DecisionTreeClassifier):
        def fit(self, X, y, sample_weight=None):
            if len(X) > 80:
                raise RuntimeError("my own error")
            return super().fit(X, y, sample_weight)

    recorder = Recorder()
    model = ActiveSynthesisClassifier(Broken(), **{**light, "validation": NoValidation()})
    with pytest.raises(RuntimeError, match="my own error"):
        model.set_callbacks(recorder).fit(*two_classes)
    assert recorder.tasks[-1] == "teardown"


def test_progress_bar_shows_the_rounds(light, two_classes, capsys):
    model = fit_with(ProgressBar(), light, *two_classes)
    assert model.n_iter_ == 3
    assert "ActiveSynthesisClassifier" in capsys.readouterr().out
