"""Models that cannot be fitted or asked on a handful of labels."""

import warnings

import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from sklearn_synda.active_learning import LabelingSession, LabelingWidget
from sklearn_synda.exceptions import SynthesisWarning

X, y = load_iris(return_X_y=True)


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "answers.sqlite")


@pytest.mark.filterwarnings("ignore:The least populated class")
@pytest.mark.parametrize(
    ("estimator", "error"),
    [
        (KNeighborsClassifier(), "n_neighbors <= n_samples_fit"),
        (KNeighborsRegressor(), "n_neighbors <= n_samples_fit"),
        (CalibratedClassifierCV(LogisticRegression(max_iter=500)), "n_splits=5"),
    ],
)
def test_rows_come_until_the_model_can(path, estimator, error):
    with LabelingSession(path, X, estimator, random_state=0) as session:
        session.submit([0, 60], y[[0, 60]])
        with pytest.warns(SynthesisWarning, match=error) as caught:
            first = session.next(4)
        assert len(caught) == 1
        assert type(estimator).__name__ in str(caught[0].message)
        assert caught[0].filename == __file__
        assert len(set(first)) == 4
        session.submit(first, y[first])  # warns no more
        for _ in range(3):
            ids = session.next(8)
            session.submit(ids, y[ids])
        assert session._fitted_model() is not None


def test_rows_are_far_apart(path):
    with LabelingSession(path, X, KNeighborsClassifier(), random_state=0) as session:
        session.submit([0, 1], [0, 1])
        with pytest.warns(SynthesisWarning, match="draws typical rows"):
            ids = session.next(3)
    assert {1, 2} <= set(y[ids])  # the labels are of class 0


class Broken(LogisticRegression):
    def fit(self, X, y):
        raise ValueError("mine")


class Silent(LogisticRegression):
    def query(self, X, batch_size):
        raise ValueError("mine")


@pytest.mark.parametrize("estimator", [Broken(), Silent(max_iter=500)])
def test_of_many_labels_the_error_is_raised(path, estimator):
    with LabelingSession(path, X, estimator, random_state=0) as session:
        session.submit(range(0, 98, 2), y[0:98:2])
        with pytest.warns(SynthesisWarning, match=r"on 49 labels \(mine\).* From 50 labels"):
            session.next()
        session.submit([98], y[[98]])
        for _ in range(2):
            with pytest.raises(ValueError, match="^mine$"):
                session.next()


def test_a_parameter_that_is_wrong_is_an_error_at_once(path):
    with LabelingSession(path, X, Ridge(alpha=-1)) as session:
        session.submit([0, 60], [0, 1])
        with pytest.raises(ValueError, match="'alpha' parameter of Ridge must be"):
            session.next()


def test_the_learning_curve_waits_too(path):
    pytest.importorskip("ipywidgets")
    with LabelingSession(path, X, KNeighborsClassifier(), classes=[0, 1, 2]) as session:
        session.submit([0, 60], y[[0, 60]])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SynthesisWarning)
            widget = LabelingWidget(session, test=(X[::3], y[::3]))
            assert widget.scores == []
            for _ in range(6):
                widget.buttons[y[widget._asking.row]].click()
        assert [n for n, _ in widget.scores] == [5, 6, 7, 8]
