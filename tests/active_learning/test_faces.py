"""The terminal and Label Studio."""

import io
import json

import numpy as np
import pandas as pd
import polars as pl
import pytest

from sklearn_synda.active_learning import (
    LabelingSession,
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
    ("call", "sentence"),
    [
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
