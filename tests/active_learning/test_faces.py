"""The terminal and Label Studio."""

import io
import json

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge

from sklearn_synda.active_learning import (
    LabelingSession,
    LabelingWidget,
    _notebook,
    label_in_terminal,
    read_label_studio,
    to_label_studio,
)

FRAME = pd.DataFrame({"size": [1.5, np.nan, 3.0], "colour": ["red", "blue", None]})


@pytest.fixture
def session(tmp_path):
    with LabelingSession(tmp_path / "answers.sqlite", FRAME, classes=[0, 1]) as session:
        yield session


def talk(session, *lines, **params):
    out = io.StringIO()
    n = label_in_terminal(
        session, stdin=io.StringIO("".join(f"{line}\n" for line in lines)), stdout=out, **params
    )
    return n, out.getvalue()


def test_answers_at_the_terminal(session):
    n, text = talk(session, "1", "0", "1", annotator="ann")
    assert n == 3
    assert [a.label for a in session.answers()] == [1, 0, 1]
    assert {a.annotator for a in session.answers()} == {"ann"}
    assert "size: 1.5\ncolour: red\n[0, 1  :skip  :undo  :quit] " in text


def test_a_wrong_answer_is_asked_again(session):
    n, text = talk(session, "2", "", "1", ":quit")
    assert n == 1
    assert "Got '2' instead" in text
    assert len(session.answers()) == 1


def test_undo_asks_the_row_again(session):
    n, text = talk(session, "1", ":undo", "0", ":quit")
    assert n == 1
    rows = [line for line in text.splitlines() if line.startswith("row ")]
    assert rows[0] == rows[2]
    assert rows[1] == rows[3]
    assert [a.label for a in session.answers()] == [0]


def test_what_was_undone_does_not_count(session):
    n, _ = talk(session, "1", "0", ":undo", ":quit")
    assert n == 1
    assert len(session.answers()) == 1


def test_skip_and_the_end_of_the_input(session):
    n, text = talk(session, ":skip", "1")
    assert n == 1
    assert text.count("\nrow ") == 3


@pytest.mark.parametrize("annotator", [None, "ann"])
def test_who_quits_gives_the_row_back(session, annotator):
    for _ in range(4):  # more often than there are rows
        n, text = talk(session, ":quit", annotator=annotator)
        assert n == 0
        assert text.count("\nrow ") == 1
    talk(session, "1", ":undo", ":quit", annotator=annotator)  # two rows are held
    assert len(session.next(3, annotator="bob")) == 3


def test_an_interrupt_gives_the_row_back(session):
    def show(row):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        talk(session, show=show)
    assert len(session.next(3)) == 3


def test_values_at_the_terminal(tmp_path):
    with LabelingSession(tmp_path / "a.sqlite", np.eye(3), LinearRegression()) as session:
        n, text = talk(session, "much", "1.5", ":quit")
        assert n == 1
        assert "must be a number. Got 'much'" in text
        assert [a.label for a in session.answers()] == [1.5]


@pytest.mark.parametrize(
    "line",
    [":skp", ":u", ":Quit", ":", "\x1b[A", "yes\x1b[D", "\u200b", "\u200c", "ye\u00a0s", "a\tb"],
)
def test_a_slip_is_no_label(tmp_path, line):
    with LabelingSession(tmp_path / "a.sqlite", np.eye(3)) as session:
        n, text = talk(session, line, "yes", ":quit")
        assert [a.label for a in session.answers()] == ["yes"]
        assert n == 1
        assert f"Got {line!r} instead: type it again.\n" in text
        assert text.count("\nrow ") == 3


@pytest.mark.parametrize("label", ["ja", "a b", "日本", "می\u200cخواهم", "👍", "a:b"])
def test_texts_of_any_script_are_labels(tmp_path, label):
    with LabelingSession(tmp_path / "a.sqlite", np.eye(3)) as session:
        talk(session, label, ":quit")
        assert [a.label for a in session.answers()] == [label]


def test_what_is_declared_is_a_label(tmp_path):
    with LabelingSession(tmp_path / "a.sqlite", np.eye(3), classes=[":)", ":("]) as session:
        _, text = talk(session, ":)", ":|", ":(", ":quit")
        assert [a.label for a in session.answers()] == [":)", ":("]
        assert "Got ':|' instead" in text


@pytest.mark.parametrize(
    ("before", "lines", "labels", "sentence"),
    [
        ([1, 0], ["x", "2.5", "2"], [2], "must be a whole number. Got '2.5'"),
        ([1.5, 0.0], ["x", "nan", "inf", "2"], [2.0], "must be a number. Got 'nan'"),
        ([1, 0.5], ["x", "2"], [2.0], "must be a number. Got 'x'"),
        ([True, True], ["1", "False"], [False], "must be True or False. Got '1'"),
        (["1", "0"], ["2"], ["2"], ""),
    ],
)
def test_labels_are_read_as_those_before(tmp_path, before, lines, labels, sentence):
    with LabelingSession(tmp_path / "a.sqlite", np.eye(5)) as session:
        session.submit([3, 4], before, annotator="ann")
        n, text = talk(session, *lines, ":quit")
        typed = [a.label for a in session.answers() if not a.annotator]
        assert [repr(label) for label in typed] == [repr(label) for label in labels]
        assert sentence in text
        assert n == 1


def test_values_are_typed_without_the_model(tmp_path):
    LabelingSession(tmp_path / "a.sqlite", np.eye(3), Ridge()).close()
    with LabelingSession(tmp_path / "a.sqlite", np.eye(3)) as session:
        talk(session, "much", "2", ":quit")
        assert [a.label for a in session.answers()] == [2.0]


def test_a_picture_of_ones_own(session):
    _, text = talk(session, ":quit", show=lambda row: f"<{row.shape}>")
    assert "<(1, 2)>" in text


@pytest.mark.parametrize("X", [FRAME, pl.DataFrame({"size": [1.5, None, 3.0],
                                                    "colour": ["red", "blue", None]})])  # fmt: skip
def test_tasks_are_json(X):
    tasks = json.loads(json.dumps(to_label_studio(X, [1, 2], predictions=[0, 1], scores=[0.5, 1])))
    assert tasks[0]["data"] == {"size": None, "colour": "blue", "sklearn_synda_id": 1}
    assert tasks[1]["data"]["colour"] is None
    (prediction,) = tasks[1]["predictions"]
    assert prediction["score"] == 1.0
    assert prediction["result"] == [
        {"from_name": "label", "to_name": "row", "type": "choices", "value": {"choices": ["1"]}}
    ]


def answered(task, label, who=1, **more):
    kind = "number" if isinstance(label, float) else "choices"
    value = {kind: label if kind == "number" else [label]}
    result = [{"from_name": "label", "to_name": "row", "type": kind, "value": value}]
    annotation = {"completed_by": who, "was_cancelled": False, "result": result, **more}
    return {**task, "annotations": [*task.get("annotations", []), annotation]}


def test_there_and_back(session, tmp_path):
    ids = session.next(3)
    tasks = to_label_studio(FRAME, ids, predictions=[1, 1, 1])
    tasks[0] = answered(answered(tasks[0], "1"), "0", {"id": 2, "email": "bob@here"})
    tasks[1] = answered(tasks[1], "0")
    tasks[2] = answered(tasks[2], "0", was_cancelled=True)
    path = tmp_path / "export.json"
    path.write_text(json.dumps(tasks))
    for annotator, rows, labels in read_label_studio(path, classes=[0, 1]):
        session.submit(rows, labels, annotator=annotator)
    found = {(a.annotator, a.id): a.label for a in session.answers()}
    assert found == {("1", ids[0]): 1, ("bob@here", ids[0]): 0, ("1", ids[1]): 0}


def test_values_there_and_back():
    task = to_label_studio(np.eye(2), [1], predictions=np.array([2.5]))[0]
    assert task["predictions"][0]["result"][0]["value"] == {"number": 2.5}
    assert read_label_studio([answered(task, 3.5)]) == [("1", [1], [3.5])]


@pytest.mark.parametrize(
    ("predictions", "kind", "value"),
    [
        (np.array([5]), "values", {"number": 5.0}),
        (np.array([0.0]), "classes", {"choices": ["0.0"]}),
        (np.array([True]), "values", {"number": 1.0}),
        (np.array([5]), None, {"choices": ["5"]}),
        (np.array([5.0]), None, {"number": 5.0}),
    ],
)
def test_predictions_are_of_the_kind_of_the_session(predictions, kind, value):
    task = to_label_studio(np.eye(2), [1], predictions=predictions, kind=kind)[0]
    (result,) = task["predictions"][0]["result"]
    assert result["value"] == value
    assert result["type"] == next(iter(value))


def test_float_classes_there_and_back(tmp_path):
    X = np.eye(4)
    with LabelingSession(tmp_path / "a.sqlite", X, LogisticRegression()) as session:
        session.submit([0, 1], [0.0, 2.0])
        task = to_label_studio(X, [2], predictions=np.array([2.0]), kind=session.kind)[0]
        answer = task["predictions"][0]["result"][0]["value"]["choices"][0]
        assert read_label_studio([answered(task, answer)], classes=[0.0, 2.0]) == [
            ("1", [2], [2.0])
        ]


@pytest.mark.parametrize("container", [np.array, pd.DataFrame, lambda X: pl.DataFrame(X)])
def test_cells_are_json(container):
    X = container(np.array([[np.inf, 1.0], [-np.inf, np.nan]]))
    data = [list(task["data"].values())[:2] for task in to_label_studio(X, [0, 1])]
    assert json.loads(json.dumps(data, allow_nan=False)) == [["inf", 1.0], ["-inf", None]]


def test_a_score_may_be_missing():
    first, second = to_label_studio(FRAME, [0, 1], predictions=[0, 1], scores=[np.nan, 0.5])
    assert "score" not in first["predictions"][0]
    assert second["predictions"][0]["score"] == 0.5


TWICE = pd.DataFrame([[1, 2]], columns=["a", "a"])


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda t: to_label_studio(TWICE, [0]), "distinct names, .* Got 'a' once more instead"),
        (lambda t: to_label_studio(TWICE.set_axis([1, "1"], axis=1), [0]), "Got '1' once more"),
        (lambda t: to_label_studio(pd.DataFrame({"sklearn_synda_id": [1]}), [0]), "synda_id' once"),
        (lambda t: to_label_studio(FRAME, [0], predictions=[1], kind="x"), "'kind' .* Got 'x' in"),
        (lambda t: to_label_studio(FRAME, [0], predictions=[np.nan]), "'predictions' .* Got nan"),
        (lambda t: to_label_studio(FRAME, [0], predictions=["a"], kind="values"), "Got 'a' inst"),
        (
            lambda t: to_label_studio(FRAME, [0], predictions=[1], scores=[np.inf]),
            "'scores' .* inf",
        ),
        (lambda t: read_label_studio([t], changed="only"), "'changed' .* with a session 'leave'"),
        (lambda t: to_label_studio(FRAME, [3]), r"\[0, 2\]. Got 3 instead"),
        (lambda t: to_label_studio(FRAME, [1], predictions=[0, 1]), "the 1 ids. Got 2 instead"),
        (lambda t: read_label_studio([{"data": {"x": 1}}]), "'sklearn_synda_id' .* Got x instead"),
        (lambda t: read_label_studio([answered(t, "9")], classes=[0]), "answered. Got '9' in"),
    ],
)
def test_refused(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call(to_label_studio(FRAME, [0])[0])


def test_several_choices_are_refused():
    task = answered(to_label_studio(FRAME, [0])[0], "0")
    task["annotations"][0]["result"] *= 2
    with pytest.raises(ValueError, match="one answer an annotation"):
        read_label_studio([task])


class TestAgain:
    """Label Studio exports the whole project each time."""

    @pytest.fixture
    def tasks(self):
        return to_label_studio(FRAME, [0, 1, 2])

    def store(self, session, tasks, **params):
        for annotator, rows, labels in read_label_studio(tasks, session=session, **params):
            session.submit(rows, labels, annotator=annotator)
        return {(a.annotator, a.id): a.label for a in session.answers()}

    def test_only_what_is_new_is_read(self, session, tasks):
        first = [answered(tasks[0], "1"), tasks[1]]
        assert self.store(session, first) == {("1", 0): 1}
        again = [answered(answered(tasks[0], "1"), "0", who=2), answered(tasks[1], "0")]
        assert self.store(session, again) == {("1", 0): 1, ("2", 0): 0, ("1", 1): 0}
        assert read_label_studio(again, session=session) == []

    def test_what_was_undone_is_new(self, session, tasks):
        self.store(session, [answered(tasks[0], "1")])
        session.undo("1")
        assert self.store(session, [answered(tasks[0], "0")]) == {("1", 0): 0}

    def test_what_was_skipped_is_new(self, session, tasks):
        session.skip([0], annotator="1")
        assert self.store(session, [answered(tasks[0], "0")]) == {("1", 0): 0}

    def test_what_was_changed_is_said(self, session, tasks):
        self.store(session, [answered(tasks[0], "1")])
        again = [answered(tasks[0], "0"), answered(tasks[1], "0")]
        with pytest.raises(
            ValueError, match="must not contradict .* Got 0 of '1' for row 0 after 1 .*'only' gives"
        ):
            self.store(session, again)
        assert self.store(session, again, changed="leave") == {("1", 0): 1, ("1", 1): 0}
        changed = read_label_studio(again, session=session, changed="only")
        assert changed == [("1", [0], [0])]
        for annotator, rows, labels in changed:
            session.relabel(rows, labels, annotator=annotator)
        assert self.store(session, again) == {("1", 0): 0, ("1", 1): 0}

    def test_values_are_the_same_as_numbers(self, tmp_path):
        with LabelingSession(tmp_path / "v.sqlite", np.eye(3), Ridge()) as session:
            session.submit([1], [3.0], annotator="1")
            task = to_label_studio(np.eye(3), [1])[0]
            again = answered(task, 3.5)
            again["annotations"][0]["result"][0]["value"] = {"number": 3}
            assert read_label_studio([again], session=session) == []

    @pytest.mark.parametrize(
        ("first", "second", "label"),
        [
            ({}, {}, "second"),
            ({"created_at": "2026-02-01T10:00Z"}, {"created_at": "2026-01-01T10:00Z"}, "first"),
            (
                {"updated_at": "2026-03-01T10:00:00Z", "created_at": "2026-01-01T10:00:00Z"},
                {"updated_at": "2026-02-01T10:00:00Z", "created_at": "2026-02-01T10:00:00Z"},
                "first",
            ),
            # as texts these two would be the other way round
            (
                {"created_at": "2026-01-01T10:00:00.5Z"},
                {"created_at": "2026-01-01T10:00Z"},
                "first",
            ),
            (
                {"created_at": "2026-01-01T11:00:00+02:00"},
                {"created_at": "2026-01-01T10:00:00"},
                "second",
            ),
            ({"created_at": "2026-02-01T10:00:00Z"}, {"created_at": "lately"}, "second"),
        ],
    )
    def test_the_last_answer_of_a_person_counts(self, tasks, first, second, label):
        task = answered(answered(tasks[0], "first", **first), "second", **second)
        assert read_label_studio([task]) == [("1", [0], [label])]
        other = answered(tasks[0], "third", who=2)
        assert len(read_label_studio([task, other])) == 2

    def test_one_row_in_two_tasks(self, tasks):
        both = [answered(tasks[0], "a"), answered(tasks[1], "b"), answered(tasks[0], "c")]
        assert read_label_studio(both) == [("1", [0, 1], ["c", "b"])]


class TestNotebook:
    """Driven as a browser would: keys into the field, clicks on buttons."""

    @pytest.fixture(autouse=True)
    def ipywidgets(self):
        pytest.importorskip("ipywidgets")

    def type(self, widget, *keys):
        for key in keys:
            widget.field.value = key
            assert widget.field.value == ""

    def labels(self, session):
        return {a.id: a.label for a in session.answers()}

    def test_a_key_is_an_answer(self, session):
        widget = LabelingWidget(session, annotator="ann")
        self.type(widget, "2", "1", "2")
        assert [a.label for a in session.answers()] == [1, 0, 1]
        assert {a.annotator for a in session.answers()} == {"ann"}
        assert "No rows are left" in widget._row.value
        assert widget.progress.value == widget.progress.max == 3

    def test_buttons_do_what_keys_do(self, session):
        widget = LabelingWidget(session)
        assert [b.description for b in widget.buttons] == ["1: 0", "2: 1"]
        widget.buttons[1].click()
        widget.skip_button.click()
        widget.undo_button.click()
        widget.undo_button.click()
        assert session.answers() == []
        widget.buttons[0].click()
        assert [a.label for a in session.answers()] == [0]
        assert "1 of 3 rows, 1 here" in widget._count.value

    def test_undo_asks_the_row_again(self, session):
        widget = LabelingWidget(session)
        first = widget._asking.row
        self.type(widget, "1", "u")
        assert widget._asking.row == first
        self.type(widget, "2", "s", "1")
        assert self.labels(session)[first] == 1
        assert len(self.labels(session)) == 2

    def test_a_cell_run_again_asks_again(self, session):
        for _ in range(4):  # more often than there are rows
            widget = LabelingWidget(session)
            assert "No rows are left" not in widget._row.value
        other = LabelingWidget(session, annotator="ann")
        row = widget._asking.row
        widget.buttons[1].click()
        other.buttons[1].click()
        assert len(session.answers()) == 2
        assert session.answers()[0].id == row

    def test_the_first_of_two_widgets_asks_no_more(self, session):
        first, second = LabelingWidget(session), LabelingWidget(session)
        first.buttons[0].click()
        assert session.answers() == []
        second.buttons[0].click()
        assert len(session.answers()) == 1

    def test_undo_after_the_last_row(self, session):
        widget = LabelingWidget(session)
        self.type(widget, "1", "1", "1")
        assert all(b.disabled for b in (*widget.buttons, widget.skip_button))
        widget.buttons[0].click()
        self.type(widget, "1", "s")
        assert len(session.answers()) == 3
        self.type(widget, "u")
        assert len(session.answers()) == 2
        assert not widget.buttons[0].disabled

    def test_an_unknown_key_is_no_answer(self, session):
        widget = LabelingWidget(session)
        self.type(widget, "7")
        assert "No class has the key '7'." in widget._note.value
        self.type(widget, "1")
        assert widget._note.value == ""
        assert len(session.answers()) == 1

    def test_cells_are_text_and_never_code(self, tmp_path):
        table = pd.DataFrame({"<b>": ["<script>alert(1)</script>"]})
        with LabelingSession(tmp_path / "a.sqlite", table, classes=[0, 1]) as session:
            shown = LabelingWidget(session)._row.value
            assert "<script>" not in shown
            assert "&lt;script&gt;" in shown

    def test_a_picture_of_ones_own(self, session):
        widget = LabelingWidget(session, show=lambda row: f"<i>{row.shape}</i>")
        assert "<i>(1, 2)</i>" in widget._row.value

    def test_many_classes(self, tmp_path):
        names = [f"c{k}" for k in range(40)]
        with LabelingSession(tmp_path / "a.sqlite", np.eye(3), classes=names) as session:
            widget = LabelingWidget(session)
            self.type(widget, "a")
            widget.buttons[39].click()
            assert [a.label for a in session.answers()] == ["c9", "c39"]
            keys = [b.description.split(":")[0] for b in widget.buttons[:33]]
            assert len(set(keys)) == 33
            assert not {"s", "u"} & set(keys)

    @pytest.mark.parametrize(("estimator", "label"), [(None, "2.5"), (LinearRegression(), 2.5)])
    def test_without_classes_labels_are_typed(self, tmp_path, estimator, label):
        with LabelingSession(tmp_path / "a.sqlite", np.eye(3), estimator) as session:
            widget = LabelingWidget(session)
            assert widget.buttons == []
            assert not widget.field.continuous_update
            self.type(widget, "2.5")
            assert [a.label for a in session.answers()] == [label]

    def test_classes_declared_later_are_typed(self, tmp_path):
        path, X = tmp_path / "a.sqlite", np.eye(3)
        with LabelingSession(path, X) as session:
            widget = LabelingWidget(session)
            LabelingSession(path, X, classes=[0, 1]).close()
            self.type(widget, "7", ":u", "1")
            assert [a.label for a in session.answers()] == [1]

    def test_what_is_refused_is_said_and_asked_again(self, tmp_path):
        with LabelingSession(tmp_path / "a.sqlite", np.eye(3), LinearRegression()) as session:
            widget = LabelingWidget(session)
            row = widget._asking.row
            self.type(widget, "1.5")
            self.type(widget, "much")
            assert "must be a number. Got 'much'" in widget._note.value
            assert len(session.answers()) == 1
            assert widget._asking.row != row

    def test_the_learning_curve(self, tmp_path):
        rng = np.random.RandomState(0)
        X = rng.normal(size=(60, 2))
        y = (X[:, 0] > 0).astype(int)
        model = LogisticRegression()
        with LabelingSession(
            tmp_path / "a.sqlite", X[:30], model, classes=[0, 1], random_state=0
        ) as session:
            widget = LabelingWidget(session, test=(X[30:], y[30:]))
            for _ in range(8):
                widget.buttons[y[widget._asking.row]].click()
            n = [n for n, _ in widget.scores]
            assert n == list(range(n[0], 9))
            assert widget.scores[-1][1] > 0.6
            assert bytes(widget._curve.value).startswith(b"\x89PNG")
            assert "held-out score" in widget._count.value
            widget.undo_button.click()
            assert [n for n, _ in widget.scores] == list(range(n[0], 8))

    def test_no_picture_without_matplotlib(self, monkeypatch):
        assert _notebook._picture([(2, 0.5), (4, 0.6)])
        monkeypatch.setattr(_notebook, "find_spec", lambda name: None)
        assert _notebook._picture([(2, 0.5), (4, 0.6)]) == b""

    def test_it_shows_itself(self, session):
        widget = LabelingWidget(session)
        assert "application/vnd.jupyter.widget-view+json" in widget._repr_mimebundle_()

    def test_it_says_what_is_missing(self, session, monkeypatch):
        monkeypatch.setattr("sklearn_synda._optional.find_spec", lambda name: None)
        with pytest.raises(
            ImportError, match=r"LabelingWidget requires ipywidgets. .*\[notebook\]"
        ):
            LabelingWidget(session)
