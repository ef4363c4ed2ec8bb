"""What the file says of its labels: kind, classes, answers a row; and files of before it did."""

import io
import json
import sqlite3

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.datasets import load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

from sklearn_synda.active_learning import LabelingSession, _answer_file, label_in_terminal

X, y = load_iris(return_X_y=True)
MODEL = LogisticRegression(max_iter=500)


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "answers.sqlite")


# the kind of labels


def test_classes_stay_classes_without_the_model(path):
    with LabelingSession(path, X, MODEL) as session:
        session.submit([0, 1, 2], [0.0, 2.0, 1.0], annotator="ann")
        session.submit([0, 1, 2], [2.0, 2.0, 1.0], annotator="bob")
        first = session.export()
    with LabelingSession(path, X) as session:
        assert session.kind == "classes"
        again = session.export()
    assert again.dtype == object
    assert again.tolist() == first.tolist()
    assert again[0] in (0.0, 2.0)


def test_values_stay_values_without_the_model(path):
    with LabelingSession(path, X, Ridge()) as session:
        session.submit([0, 1], [30, 7], annotator="ann")
        session.submit([0, 1], [40, 7], annotator="bob")
    with LabelingSession(path, X) as session:
        assert session.kind == "values"
        out = session.export()
    assert out.dtype == np.float64
    assert out[:2].tolist() == [35.0, 7.0]
    assert np.isnan(out[2])


def test_an_open_session_learns_the_kind_from_another(path):
    with LabelingSession(path, X) as session:
        session.submit([0, 1], [0.0, 1.0])
        assert session.kind is None
        assert session.export().dtype == np.float64
        LabelingSession(path, X, MODEL).close()
        assert session.kind == "classes"
        assert session.export().dtype == object


@pytest.mark.parametrize(
    ("first", "then", "sentence"),
    [
        ({"estimator": MODEL}, {"estimator": Ridge()}, "a classifier, .* are classes. Got Ridge i"),
        ({"classes": [0, 1]}, {"estimator": Ridge()}, "a classifier, .* are classes. Got Ridge"),
        ({"estimator": Ridge()}, {"estimator": MODEL}, "a regressor, .* are values. Got Logistic"),
        ({}, {"estimator": Ridge(), "classes": [0, 1]}, "must be a classifier, since"),
        (
            {"estimator": make_pipeline(Ridge())},
            {"classes": [0, 1]},
            "must be None, since .*values",
        ),
    ],
)
def test_the_other_kind_is_refused(path, first, then, sentence):
    LabelingSession(path, X, **first).close()
    with pytest.raises(ValueError, match=f"{sentence}(.|\n)*name another file"):
        LabelingSession(path, X, **then)
    LabelingSession(path, X, **first).close()


def test_texts_are_classes(path):
    with LabelingSession(path, X) as session:
        session.submit([0], ["a"])
        assert session.kind == "classes"
    with pytest.raises(ValueError, match="must be a classifier"):
        LabelingSession(path, X, Ridge())
    LabelingSession(path, X, MODEL).close()


def test_texts_are_no_values(path):
    with (
        LabelingSession(path, X, Ridge()) as session,
        pytest.raises(ValueError, match="must hold numbers, .* are values. Got 'a' instead"),
    ):
        session.submit([0], ["a"])


class Asked(BaseEstimator):
    """Neither classifier nor regressor."""

    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.zeros(len(X))

    def query(self, X, batch_size):
        return np.arange(batch_size)


class Foreign:
    fit, predict, query = Asked.fit, Asked.predict, Asked.query


@pytest.mark.parametrize("estimator", [Asked(), Foreign()])
def test_an_estimator_that_does_not_say_tells_nothing(path, estimator):
    with LabelingSession(path, X, estimator) as session:
        session.submit([0, 1], [0, 1])
        assert session.kind is None
        assert session.export()[1] == 1
    with LabelingSession(path, X, Ridge()) as session:
        assert session.kind == "values"


# classes


@pytest.mark.parametrize("classes", [[0, 0, 1], [True, 1, 0], [1, 1.0], ["a", "a"]])
def test_classes_are_named_once(path, classes):
    with pytest.raises(ValueError, match="must name each class once .* Got .* again in"):
        LabelingSession(path, X, classes=classes)


def test_classes_bind_a_session_that_is_open(path):
    with LabelingSession(path, X) as early, LabelingSession(path, X, classes=[0, 1]):
        for verb in (early.submit, early.relabel):
            with pytest.raises(
                ValueError, match=r"must hold the classes declared,\s*\[0, 1\]. Got 7"
            ):
                verb([0], [7])
        early.submit([0], [1.0])
        assert early.classes == [0, 1]
        assert [repr(a.label) for a in early.answers()] == ["1"]
    LabelingSession(path, X, classes=[0, 1]).close()


def test_labels_of_before_take_the_form_of_the_classes(path):
    with LabelingSession(path, X) as session:
        session.submit([0], [1.0])
        LabelingSession(path, X, classes=[0, 1]).close()
        assert repr(session.export()[0]) == "1"


def test_no_class_that_nobody_gave(path):
    """Who disagrees much is trusted little, and a common class is then likely everywhere."""
    ann, bob = [3, 3, 0, 3, 3, 3, 0, 3, 3, 3], [0, 3, 1, 0, 1, 3, 3, 3, 2, 3]
    with LabelingSession(path, X) as session:
        session.submit(range(10), ann, annotator="a")
        session.submit(range(10), bob, annotator="b")
        out = session.export()[:10].tolist()
    assert all(label in pair for label, pair in zip(out, zip(ann, bob, strict=True), strict=True))
    assert out[1] == 3


# answers a row


def test_one_session_hands_a_row_to_two_annotators(path):
    with LabelingSession(path, X[:3], answers_per_row=2) as session:
        assert len(session.next(3, annotator="ann")) == 3
        assert len(session.next(3, annotator="ann")) == 0
        assert len(session.next(3, annotator="bob")) == 3
        assert len(session.next(3, annotator="eve")) == 0


def test_the_unnamed_is_one_person(path):
    with (
        LabelingSession(path, X[:3], answers_per_row=2) as here,
        LabelingSession(path, X[:3]) as there,
    ):
        assert len(here.next(3)) == 3
        assert len(there.next(3)) == 0
        assert len(there.next(3, annotator="bob")) == 3


def test_rows_drawn_without_a_name_are_answered_under_one(path):
    with LabelingSession(path, X[:3], answers_per_row=2) as session:
        ids = session.next(3)
        session.submit(ids, [0, 0, 0], annotator="ann")
        assert len(session.next(3, annotator="bob")) == 3


def test_an_answer_of_ann_leaves_the_row_of_the_unnamed(path):
    with LabelingSession(path, X[:3], answers_per_row=2) as session:
        session.next(3)
        ids = session.next(3, annotator="ann")
        session.submit(ids, [0, 0, 0], annotator="ann")
        assert len(session.next(3, annotator="bob")) == 0


def test_a_colleague_need_not_say_how_many(path):
    with LabelingSession(path, X, answers_per_row=2, random_state=0) as session:
        ids = session.next(10, annotator="ann")
        session.submit(ids, y[ids], annotator="ann")
    with LabelingSession(path, X) as other:
        assert other.answers_per_row == 2
        bobs = other.next(150, annotator="bob")
    assert len(bobs) == 150
    assert set(ids) < set(bobs)


def test_the_number_given_last_holds_for_all(path):
    with LabelingSession(path, X[:3]) as early:
        early.submit(early.next(3, annotator="ann"), [0, 1, 2], annotator="ann")
        assert early.answers_per_row == 1
        assert len(early.next(3, annotator="bob")) == 0
        LabelingSession(path, X[:3], answers_per_row=2).close()
        assert early.answers_per_row == 2
        assert len(early.next(3, annotator="bob")) == 3
        LabelingSession(path, X[:3], answers_per_row=1).close()
        assert early.answers_per_row == 1


# undo


@pytest.mark.parametrize("verb", ["submit", "skip"])
def test_an_undone_row_is_held(path, verb):
    with LabelingSession(path, X[:2]) as ann, LabelingSession(path, X[:2]) as bob:
        row = ann.next(1, annotator="ann")
        ann.skip(row, "ann") if verb == "skip" else ann.submit(row, [0], "ann")
        assert ann.undo("ann").tolist() == row.tolist()
        assert set(bob.next(2, annotator="bob")) == {0, 1} - set(row)
        ann.submit(row, [1], "ann")
    with LabelingSession(path, X[:2]) as later:
        assert [a.label for a in later.answers()] == [1]


def test_an_undone_row_is_free_when_the_session_is_closed(path):
    with LabelingSession(path, X[:2]) as ann:
        ann.submit([0, 1], [0, 1], annotator="ann")
        ann.undo("ann")
    with LabelingSession(path, X[:2]) as bob:
        assert len(bob.next(2, annotator="bob")) == 2


def test_a_row_whose_answer_stands_again_is_not_held(path):
    with LabelingSession(path, X[:2], answers_per_row=2) as session:
        session.submit([0], [0], annotator="ann")
        session.relabel([0], [1], annotator="ann")
        assert session.undo("ann").tolist() == [0]
        assert set(session.next(2, annotator="bob")) == {0, 1}


def test_an_undone_relabel_is_not_asked_again(path):
    with LabelingSession(path, X[:2]) as session:
        session.submit([0], ["a"])
        session.relabel([0], ["b"])
        n = label_in_terminal(session, stdin=io.StringIO(":undo\nc\n"), stdout=io.StringIO())
        assert n == 1
        assert {a.id: a.label for a in session.answers()} == {0: "a", 1: "c"}


# files of before


def make_old(path, lease=True):
    """A file of version 1 as it was written then."""
    with LabelingSession(path, X) as session:
        session.submit([0, 1], [0.5, 2.0], annotator="ann")
    connection = sqlite3.connect(path)
    connection.executescript(
        """
        DELETE FROM about WHERE name != 'pool';
        DROP TABLE lease;
        CREATE TABLE lease (
            row INTEGER NOT NULL, owner TEXT NOT NULL, annotator TEXT NOT NULL, until REAL NOT NULL,
            PRIMARY KEY (row, owner)
        ) WITHOUT ROWID;
        PRAGMA user_version=1;
        """
    )
    if lease:
        connection.execute("INSERT INTO lease VALUES (7, 'somebody', 'bob', 1e12)")
        connection.commit()
    connection.close()


def test_a_file_of_version_1(path):
    make_old(path)
    with LabelingSession(path, X) as session:
        assert {a.id: a.label for a in session.answers()} == {0: 0.5, 1: 2.0}
        assert session._file._value("PRAGMA user_version") == 2
        assert (session.kind, session.classes, session.answers_per_row) == (None, None, 1)
        assert session.export().dtype == np.float64
        assert 7 not in session.next(148, annotator="ann")  # bob's
    with LabelingSession(path, X, LinearRegression(), answers_per_row=2) as session:
        assert (session.kind, session.answers_per_row) == ("values", 2)
        assert {len(session.next(2, annotator=name)) for name in ("ann", "bob")} == {2}


def test_old_classes_are_classes(path):
    with LabelingSession(path, X, classes=[0.5, 2.0]) as session:
        session.submit([0], [0.5])
    connection = sqlite3.connect(path)
    connection.execute("DELETE FROM about WHERE name = 'kind'")
    connection.commit()
    connection.close()
    with LabelingSession(path, X) as session:
        assert session.kind == "classes"
    with pytest.raises(ValueError, match="must be a classifier"):
        LabelingSession(path, X, Ridge())
    with LabelingSession(path, X, MODEL) as session:
        assert json.loads(json.dumps(session._file.about()))["kind"] == "classes"


def test_an_update_cut_short_leaves_the_old_file(path, monkeypatch):
    make_old(path)
    broken = _answer_file._FROM_VERSION_1 + "INSERT INTO nowhere VALUES (1);\n"
    with monkeypatch.context() as patch:
        patch.setattr(_answer_file, "_FROM_VERSION_1", broken)
        with pytest.raises(sqlite3.OperationalError, match="nowhere"):
            LabelingSession(path, X)
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    assert connection.execute("SELECT row FROM lease").fetchall() == [(7,)]
    connection.close()
    with LabelingSession(path, X) as session:
        assert len(session.answers()) == 2
