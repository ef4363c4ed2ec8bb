"""The labelling session: what is asked, what is stored, what is refused."""

import json
import os
import sqlite3
import threading
import time

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sklearn_synda import ActiveSynthesisClassifier
from sklearn_synda.active_learning import LabelingSession, _answer_file
from sklearn_synda.exceptions import SessionFileError
from sklearn_synda.query import CostQuery, MarginQuery, RandomQuery, TopKQuery

X, y = load_iris(return_X_y=True)


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "answers.sqlite")


@pytest.fixture
def session(path):
    with LabelingSession(path, X, classes=["a", "b"], random_state=0) as session:
        yield session


def labels_of(session):
    return {a.id: a.label for a in session.answers()}


# what is asked


def test_without_labels_rows_are_spread(path):
    with LabelingSession(path, X, LogisticRegression(max_iter=500), random_state=0) as session:
        ids = session.next(6)
    assert ids.dtype == np.intp
    assert set(y[ids]) == {0, 1, 2}


def test_with_one_class_rows_are_still_drawn(path):
    with LabelingSession(path, X, LogisticRegression(max_iter=500)) as session:
        session.submit([0, 1], [0, 0])
        assert len(session.next(4)) == 4


@pytest.mark.parametrize(
    ("estimator", "strategy"),
    [
        (LogisticRegression(max_iter=500), None),
        (LinearSVC(), None),
        (DecisionTreeClassifier(), RandomQuery()),
        (ActiveSynthesisClassifier(LogisticRegression(max_iter=500), max_iter=0), None),
        (ActiveSynthesisClassifier(LogisticRegression(max_iter=500), max_iter=0), TopKQuery()),
    ],
)
def test_two_labels_are_enough_for_a_model(path, estimator, strategy):
    with LabelingSession(path, X, estimator, query_strategy=strategy, random_state=0) as session:
        session.submit([0, 60], [0, 1])
        first = session.next(5)
        session.submit(first, y[first])
        second = session.next(5)
    assert len(set(first) | set(second) | {0, 60}) == 12


def test_the_model_is_asked_as_it_would_be_by_hand(path):
    known = np.arange(0, 150, 10)
    with LabelingSession(path, X, LogisticRegression(max_iter=500), random_state=0) as session:
        session.submit(known, y[known])
        asked = session.next(3)
    free = np.setdiff1d(np.arange(150), known)
    proba = LogisticRegression(max_iter=500).fit(X[known], y[known]).predict_proba(X[free])
    margin = np.diff(np.sort(proba)[:, -2:]).ravel()
    assert list(asked) == list(free[np.argsort(margin)[:3]])


def test_the_model_is_fitted_once_for_the_same_answers(path):
    fits = []

    class Counting(LogisticRegression):
        def fit(self, X, y):
            fits.append(len(y))
            return super().fit(X, y)

    with LabelingSession(path, X, Counting(max_iter=500)) as session:
        session.submit([0, 60], [0, 1])
        session.next(2)
        session.next(2)
        assert fits == [2]
        session.undo()
        session.submit([0, 60, 120], [0, 1, 2])
        session.next(2)
    assert fits == [2, 3]


def test_values(path):
    X, y = load_diabetes(return_X_y=True)
    with LabelingSession(path, X, Ridge(), random_state=0) as session:
        for _ in range(3):
            ids = session.next(8)
            session.submit(ids, y[ids])
        out = session.export()
    assert out.dtype == np.float64
    assert np.isfinite(out).sum() == 24


@pytest.mark.parametrize("estimator", [Ridge(), DecisionTreeRegressor()])
def test_two_values_are_enough_for_a_model(path, estimator):
    with LabelingSession(path, X, estimator, random_state=0) as session:
        session.submit([0, 60], [0.5, 1.0])
        assert len(session.next(5)) == 5


def named(rows):
    """A strategy that names these rows."""

    class Named:
        def query(self, pool, batch_size, *, random_state):
            return np.array(rows, dtype=int)

    return Named()


def test_a_strategy_that_names_a_row_twice(path):
    with (
        LabelingSession(path, X, query_strategy=named([3, 3])) as session,
        pytest.raises(ValueError, match="must name distinct rows. Got"),
    ):
        session.next(2)


def test_a_strategy_that_names_no_row_is_at_its_end(path):
    with LabelingSession(path, X, query_strategy=named([])) as session:
        assert session.next(2).shape == (0,)


def test_the_money_of_a_batch_is_spent_once(path):
    def costs(rows):
        return np.where(rows[:, 2] > 4.0, 1.0, 9.0)

    strategy = CostQuery(MarginQuery(), costs=costs, budget=5.0)
    model = LogisticRegression(max_iter=500)
    with LabelingSession(path, X, model, query_strategy=strategy, random_state=0) as session:
        session.submit(range(0, 150, 15), y[::15])
        sizes = []
        while len(ids := session.next(30)):
            assert costs(X[ids]).sum() <= 5
            sizes.append(len(ids))
    n_cheap = int((costs(X) == 1).sum() - (costs(X[::15]) == 1).sum())
    assert sizes[:2] == [5, 5]
    assert sum(sizes) == n_cheap  # all that can be paid, and then none


def test_rows_lost_to_another_session_are_asked_anew(path):
    with LabelingSession(path, X) as other:

        class Slow:
            def query(self, pool, batch_size, *, random_state):
                if not other.answers():  # in the same moment
                    other.submit([0, 1, 2], [0, 0, 0], annotator="bob")
                return np.arange(batch_size)

        with LabelingSession(path, X, query_strategy=Slow()) as session:
            assert session.next(3).tolist() == [3, 4, 5]


def test_an_error_of_the_estimator_is_raised_as_it_is(path):
    class Broken(LogisticRegression):
        def fit(self, X, y):
            raise ZeroDivisionError("mine")

    with LabelingSession(path, X, Broken()) as session:
        session.submit([0, 60], [0, 1])
        with pytest.raises(ZeroDivisionError, match="mine"):
            session.next()
        session.submit([1], [0])
        assert len(session.answers()) == 3


def test_all_rows_come_once_and_then_none(path):
    with LabelingSession(path, X[:10], query_strategy=RandomQuery()) as session:
        assert sorted([*session.next(7), *session.next(7)]) == list(range(10))
        assert session.next(7).shape == (0,)


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"n": [1.0, np.nan, 3.0], "c": pd.Categorical(["a", "b", None])}),
        pl.DataFrame({"n": [1.0, None, 3.0], "c": ["a", "b", None]}),
        sparse.csr_array(np.eye(3)),
        np.array([[1, "a"], [2.5, None], [3, "b"]], dtype=object),
        [[1, 2], [3, 4], [5, 6]],
    ],
    ids=["pandas", "polars", "sparse", "object", "list"],
)
def test_containers(path, table):
    with LabelingSession(path, table) as session:
        session.submit(session.next(2), ["yes", "no"])
    with LabelingSession(path, table, busy_seconds=0) as session:
        assert len(session.next(5)) == 1


# several at once


def test_a_row_is_held_for_one(path):
    with LabelingSession(path, X) as ann, LabelingSession(path, X) as bob:
        hers, his = ann.next(100, annotator="ann"), bob.next(100, annotator="bob")
        assert len(hers) == 100
        assert len(his) == 50
        assert not set(hers) & set(his)


def test_a_lease_times_out(path, monkeypatch):
    with LabelingSession(path, X[:5], lease_seconds=60) as ann, LabelingSession(path, X[:5]) as bob:
        hers = ann.next(5, annotator="ann")
        assert len(bob.next(5, annotator="bob")) == 0
        later = time.time() + 61
        monkeypatch.setattr(_answer_file.time, "time", lambda: later)
        assert len(bob.next(5, annotator="bob")) == 5
        ann.submit(hers, [0] * 5, annotator="ann")  # late, and not lost
    assert len(hers) == 5


def test_a_session_gets_its_own_rows_again_when_they_timed_out(path, monkeypatch):
    with LabelingSession(path, X[:5], lease_seconds=60) as session:
        assert len(session.next(5)) == 5
        later = time.time() + 61
        monkeypatch.setattr(_answer_file.time, "time", lambda: later)
        assert len(session.next(5)) == 5


def test_what_a_killed_process_held_for_a_person_is_theirs_again(path):
    killed = LabelingSession(path, X[:5])
    assert len(killed.next(5, annotator="ann")) == 5
    with LabelingSession(path, X[:5]) as session:
        assert len(session.next(5, annotator="bob")) == 0
        assert len(session.next(5)) == 0
        assert len(session.next(3, annotator="ann")) == 3
        assert len(session.next(5, annotator="ann")) == 2  # what is held here stays so
        assert len(killed.next(5, annotator="ann")) == 0  # not by turns
    killed.close()


def test_what_another_unnamed_process_holds_stays_held(path):
    with LabelingSession(path, X[:5]) as one, LabelingSession(path, X[:5]) as two:
        assert len(one.next(5)) == 5
        assert len(two.next(5)) == 0


def test_what_a_closed_session_held_is_free(path):
    with LabelingSession(path, X[:5]) as ann:
        ann.next(5)
    with LabelingSession(path, X[:5]) as bob:
        assert len(bob.next(5)) == 5


def test_a_skipped_row_goes_to_another(path):
    with LabelingSession(path, X[:2]) as ann, LabelingSession(path, X[:2]) as bob:
        ids = ann.next(2, annotator="ann")
        assert len(bob.next(2, annotator="bob")) == 0
        ann.skip(ids[:1], annotator="ann")
        assert list(bob.next(2, annotator="bob")) == [ids[0]]
        ann.submit(ids[:1], [1], annotator="ann")  # changed her mind
        assert [a.id for a in ann.answers()] == [ids[0]]


def test_a_row_is_handed_to_as_many_as_are_wanted(path):
    with LabelingSession(path, X[:4], answers_per_row=2) as session:
        for name, expected in (("ann", 4), ("bob", 4), ("eve", 0)):
            ids = session.next(9, annotator=name) if name != "bob" else None
            if name == "bob":
                with LabelingSession(path, X[:4], answers_per_row=2) as other:
                    ids = other.next(9, annotator="bob")
                    other.submit(ids, [1] * len(ids), annotator="bob")
            elif name == "ann":
                session.submit(ids, [0] * len(ids), annotator="ann")
            assert len(ids) == expected, name
            assert len(session.next(9, annotator=name)) == 0


def test_two_threads_never_get_the_same_row(path):
    LabelingSession(path, X).close()
    handed, lock = [], threading.Lock()

    def work(seed):
        with LabelingSession(path, X, query_strategy=RandomQuery(), random_state=0) as session:
            while len(ids := session.next(4, annotator=f"a{seed}")):
                session.submit(ids, y[ids], annotator=f"a{seed}")
                with lock:
                    handed.extend(ids.tolist())

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(handed) == list(range(150))


def test_many_open_a_new_file_at_once(tmp_path):
    errors = []

    def open_it(path, start):
        start.wait()
        try:
            LabelingSession(path, X, classes=[0, 1, 2]).close()
        except Exception as error:  # noqa: BLE001
            errors.append(error)

    for k in range(8):
        start = threading.Barrier(4)
        args = (str(tmp_path / f"{k}.sqlite"), start)
        threads = [threading.Thread(target=open_it, args=args) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert errors == []


# what is stored


def test_answers_are_there_on_another_day_with_another_model(path):
    with LabelingSession(path, X, LogisticRegression(max_iter=500)) as session:
        ids = session.next(20)
        session.submit(ids, y[ids], annotator="ann")
    with LabelingSession(path, X, DecisionTreeClassifier()) as session:
        out = session.export()
        assert [out[i] for i in ids] == y[ids].tolist()
        assert not set(session.next(20)) & set(ids)
    assert sum(label is not None for label in out) == 20


def test_an_export_is_what_fit_takes(path):
    with LabelingSession(path, X) as session:
        session.submit(range(0, 150, 10), y[::10])
        model = ActiveSynthesisClassifier(LogisticRegression(max_iter=500), max_iter=0)
        assert model.fit(X, session.export()).classes_.tolist() == [0, 1, 2]


@pytest.mark.parametrize("labels", [["a", "b"], [0, 1], [True, False], [0.5, -2.0]])
def test_labels_come_back_as_they_went(path, labels):
    with LabelingSession(path, X) as session:
        session.submit([3, 4], np.array(labels))
        back = [a.label for a in session.answers()]
        assert back == labels
        assert [type(v) for v in back] == [type(v) for v in labels]
        assert [session.export()[i] for i in (3, 4)] == labels


def test_labels_take_the_form_of_the_classes(path):
    with LabelingSession(path, X, classes=[0, 1]) as session:
        session.submit([0, 1], np.array([0.0, 1.0]))
        assert [repr(a.label) for a in session.answers()] == ["0", "1"]


def test_undo_goes_back_step_by_step(session):
    session.submit([0, 1], ["a", "a"])
    session.relabel([1], ["b"])
    session.skip([2])
    assert session.undo().tolist() == [2]
    assert labels_of(session) == {0: "a", 1: "b"}
    assert session.undo().tolist() == [1]
    assert labels_of(session) == {0: "a", 1: "a"}
    assert session.undo().tolist() == [0, 1]
    assert labels_of(session) == {}
    assert session.undo().tolist() == []
    session.submit([0], ["b"])
    assert labels_of(session) == {0: "b"}


def test_undo_is_of_the_annotator_alone_and_on_another_day(path, session):
    session.submit([0], ["a"], annotator="ann")
    session.submit([1], ["a"], annotator="bob")
    with LabelingSession(path, X) as later:
        assert later.undo("ann").tolist() == [0]
    assert labels_of(session) == {1: "a"}


def test_what_was_undone_or_replaced_stays_in_the_log(path, session):
    session.submit([0], ["a"])
    session.relabel([0], ["b"])
    session.undo()
    connection = sqlite3.connect(path)
    states = connection.execute("SELECT label, state FROM event ORDER BY id").fetchall()
    connection.close()
    assert states == [('"a"', "current"), ('"b"', "undone")]


@pytest.mark.parametrize("seed", range(4))
def test_a_random_walk_against_a_model_in_memory(path, seed):
    """Two annotators at random: after every step the file holds what plain dicts hold."""
    rng = np.random.RandomState(seed)
    now = {"ann": {}, "bob": {}}
    past = {"ann": [], "bob": []}
    with LabelingSession(path, X[:12]) as session:
        for _ in range(120):
            who, rows = str(rng.choice(["ann", "bob"])), rng.choice(12, rng.randint(1, 4), False)
            verb = rng.choice(["submit", "relabel", "skip", "undo"], p=[0.4, 0.2, 0.1, 0.3])
            labels = rng.randint(3, size=len(rows)).tolist()
            answered = [row in now[who] and now[who][row] is not None for row in rows]
            if verb == "undo":
                session.undo(who)
                now[who] = past[who].pop() if past[who] else {}
            elif all(answered) if verb == "relabel" else not any(answered):
                if verb == "skip":
                    session.skip(rows, annotator=who)
                    labels = [None] * len(rows)
                else:
                    getattr(session, verb)(rows, labels, annotator=who)
                past[who].append(now[who])
                now[who] = {**now[who], **dict(zip(rows.tolist(), labels, strict=True))}
            else:
                params = [rows] if verb == "skip" else [rows, labels]
                with pytest.raises(ValueError, match="must"):
                    getattr(session, verb)(*params, annotator=who)
            found = {(a.annotator, a.id): a.label for a in session.answers()}
            assert found == {
                (name, row): label
                for name in now for row, label in now[name].items() if label is not None
            }  # fmt: skip


def test_several_annotators_are_merged_by_agreement(path):
    with LabelingSession(path, X[:30]) as session:
        truth = y[::5]
        for name in ("ann", "bob"):
            session.submit(range(30), truth, annotator=name)
        session.submit(range(30), (truth + 1) % 3, annotator="eve")
        assert session.export().tolist() == truth.tolist()


@pytest.mark.parametrize("form", [float, int, str])
def test_a_class_is_known_by_its_value(path, form):
    said = np.array([1, 1, 2], dtype=str if form is str else int)
    with LabelingSession(path, X[:3], LogisticRegression()) as session:
        session.submit(range(3), said, annotator="ann")
        session.submit(range(3), [form(label) for label in said], annotator="bob")
        session.submit(range(3), said[[2, 2, 2]], annotator="eve")
        assert session.export().tolist() == said.tolist()


def test_what_nobody_disputes_stands(path):
    with LabelingSession(path, X) as session:
        session.submit(range(40), ["x"] * 40, annotator="ann")
        session.submit([0, 90], ["z", "y"], annotator="bob")
        out = session.export()
        assert [out[i] for i in (0, 39, 90)] == ["x", "x", "y"]


def test_several_values_are_merged_by_the_median(path):
    with LabelingSession(path, X, Ridge()) as session:
        for name, value in (("ann", 1.0), ("bob", 2.0), ("eve", 9.0)):
            session.submit([5], [value], annotator=name)
        assert session.export()[5] == 2.0


def test_every_write_waits_for_the_disk(session):
    value = session._file._value
    assert value("PRAGMA journal_mode") == "wal"
    assert value("PRAGMA synchronous") == 2


def test_no_code_is_stored(path):
    with LabelingSession(path, X, LogisticRegression(), classes=[0, 1, 2]) as session:
        session.submit([0], [0])
        tables = session._file.read("SELECT name FROM sqlite_master WHERE type = 'table'")
        kinds = {
            kind
            for (table,) in tables
            for row in session._file.read(f"SELECT * FROM {table}")
            for kind in map(type, row)
        }
    assert bytes not in kinds


# what is refused


REFUSED = [
    (lambda s: s.submit([0], ["c"]), "must hold the classes declared, .* Got 'c' instead"),
    (lambda s: s.submit([150], ["a"]), r"positions of the pool, whole .* \[0, 149\]. Got 150 inst"),
    (lambda s: s.submit([-1], ["a"]), "Got -1 instead"),
    (lambda s: s.submit([0.5], ["a"]), "Got 0.5 instead"),
    (lambda s: s.submit([True], ["a"]), "Got True instead"),
    (lambda s: s.submit([4, 4], ["a", "a"]), "name each row once. Got 4 more than once"),
    (lambda s: s.submit([4, 9], ["a", "a"]), "has not answered. Got 9, answered \"a\", instead"),
    (lambda s: s.submit([4, 9], ["a", "b"]), 'Got "b" after "a" for row 9 instead: use relabel'),
    (lambda s: s.submit([4, 5], ["a"]), "one label for each of the 2 ids. Got 1 instead"),
    (lambda s: s.submit([4], [None]), "none missing. Got None instead: use skip"),
    (lambda s: s.submit([4], [np.nan]), "none missing. Got nan instead"),
    (lambda s: s.submit([4], [["a"]]), "must hold str, bool or finite numbers"),
    (lambda s: s.submit([4], ["a"], annotator=3), "must be a name or None. Got 3 instead"),
    (lambda s: s.submit([4], ["a"], annotator=""), "must be a name or None. Got '' instead"),
    (lambda s: s.relabel([4], ["a"]), "annotator has answered. Got 4 instead: use submit"),
    (lambda s: s.relabel([9], ["a"], annotator="ann"), "annotator has answered. Got 9 instead"),
    (lambda s: s.skip([9]), "has not answered. Got 9, answered \"a\", instead"),
    (lambda s: s.next(0), "'batch_size' .* must be an int of 1 or more. Got 0 instead"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "sentence"), REFUSED)
def test_a_refused_call_stores_nothing(session, call, sentence):
    session.submit([9], ["a"])
    before = session._file.read("SELECT * FROM event")
    with pytest.raises(ValueError, match=sentence):
        call(session)
    assert session._file.read("SELECT * FROM event") == before


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"estimator": LogisticRegression}, "must be an instance"),
        ({"query_strategy": "margin"}, "must be an instance"),
        ({"answers_per_row": 0}, "must be an int of 1 or more"),
        ({"lease_seconds": -1}, "'lease_seconds' .* must be a number of seconds"),
        ({"busy_seconds": None}, "'busy_seconds' .* must be a number of seconds"),
        ({"classes": []}, "must name every class"),
    ],
)
def test_parameters(path, params, sentence):
    with pytest.raises((ValueError, TypeError), match=sentence):
        LabelingSession(path, X, **params)


FRAME = pd.DataFrame(X, columns=["a", "b", "c", "d"])


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (FRAME[["a", "b", "c"]], "must have the 4 columns of the pool .* Got 3 columns"),
        (FRAME[:149], "must have the 150 rows of the pool .* Got 149 rows"),
        (FRAME.rename(columns={"a": "e"}), "the columns .* a, b, c, d. Got e, b, c, d instead"),
        (FRAME[["b", "a", "c", "d"]], "Got b, a, c, d instead"),
        (FRAME[::-1], "must hold the values of the pool .* Got other values"),
        (X + 1e-9, "Got other values"),
    ],
)
def test_another_pool(path, other, sentence):
    LabelingSession(path, FRAME).close()
    with pytest.raises(ValueError, match=sentence):
        LabelingSession(path, other)


@pytest.mark.parametrize("same", [X, FRAME, FRAME.set_index("a", drop=False), pl.DataFrame(X)])
def test_the_same_pool_in_another_container(path, same):
    LabelingSession(path, X).close()
    LabelingSession(path, same).close()


def test_other_classes(path):
    with LabelingSession(path, X) as session:
        session.submit([0], ["z"])
    with pytest.raises(ValueError, match=r"must name every class of the answers .* \['z'\]"):
        LabelingSession(path, X, classes=["a", "b"])
    LabelingSession(path, X, classes=["a", "z"]).close()
    LabelingSession(path, X, classes=["z", "a"]).close()
    with pytest.raises(ValueError, match=r"must be that of .* \['a', 'z'\]. Got"):
        LabelingSession(path, X, classes=["a", "b", "z"])
    with LabelingSession(path, X) as session, pytest.raises(ValueError, match="classes declared"):
        session.submit([1], ["q"])


def test_texts_and_numbers_do_not_mix(path):
    with LabelingSession(path, X) as session:
        with pytest.raises(ValueError, match="all texts or all numbers.*'a' beside 1 instead"):
            session.submit([0, 1], ["a", 1])
        session.submit([0], [1])
        with pytest.raises(ValueError, match="as the answers before. Got 'a' beside 1 instead"):
            session.submit([1], ["a"])
        session.submit([1], [2.5])


@pytest.mark.parametrize("unit", ["s", "ns"])
def test_dates_of_another_unit_are_the_same_pool(path, unit):
    dates = pd.to_datetime(["2020-01-01 00:00:00", None, "2021-05-06 07:08:09"])
    LabelingSession(path, pd.DataFrame({"d": dates.as_unit("us")})).close()
    LabelingSession(path, pd.DataFrame({"d": dates.as_unit(unit)})).close()


# faults of the file


def test_a_locked_file(path):
    with LabelingSession(path, X, busy_seconds=0.1) as session:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(
            SessionFileError, match=r"must be free to write within 0\.1 s\. Got .*loc"
        ):
            session.submit([0], [1])
        other.execute("ROLLBACK")
        other.close()
        session.submit([0], [1])
        assert labels_of(session) == {0: 1}


def test_a_full_disk(path):
    big = np.arange(20_000.0).reshape(-1, 1)
    with LabelingSession(path, big) as session:
        session.submit(range(50), [0] * 50)
        n_pages = session._file._value("PRAGMA page_count")
        session._file.connection.execute(f"PRAGMA max_page_count={n_pages}")
        with pytest.raises(SessionFileError, match="must have room to grow. Got .*full"):
            session.submit(range(50, 20_000), [1] * 19_950)
        assert len(session.answers()) == 50
        session._file.connection.execute("PRAGMA max_page_count=1000000")
        session.submit(range(50, 20_000), [1] * 19_950)
        assert len(session.answers()) == 20_000


def test_a_disk_that_takes_no_more(path):
    """The system refuses to make files longer, as a full disk does."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    big = np.arange(20_000.0).reshape(-1, 1)
    with LabelingSession(path, big) as session:
        session.submit(range(50), [0] * 50)
        resource.setrlimit(resource.RLIMIT_FSIZE, (os.path.getsize(f"{path}-wal") + 5000, hard))
        try:
            with pytest.raises(SessionFileError, match="must .* Got .*: nothing .* stored"):
                session.submit(range(50, 20_000), [1] * 19_950)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert len(session.answers()) == 50
        session.submit(range(50, 20_000), [1] * 19_950)
    with LabelingSession(path, big) as session:
        assert len(session.answers()) == 20_000


def test_a_file_of_a_newer_version(path):
    LabelingSession(path, X).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=3")
    connection.close()
    with pytest.raises(SessionFileError, match="version up to 2. Got version 3 .*: update"):
        LabelingSession(path, X)


def test_a_file_of_another_program(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    with pytest.raises(SessionFileError, match="one that LabelingSession made. Got another SQLite"):
        LabelingSession(path, X)
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    connection.close()


@pytest.mark.parametrize("where", ["all", "head", "middle", "last page", "cut"])
def test_a_damaged_file(path, where):
    with LabelingSession(path, X) as session:
        for row in range(150):
            session.submit([row], ["some longer label"])
    with open(path, "r+b") as file:
        size = os.path.getsize(path)
        if where == "cut":
            file.truncate(size // 2)
        else:
            start, end = {
                "all": (0, size), "head": (0, 64), "middle": (4096, size - 4096),
                "last page": (size - 4096, size),
            }[where]  # fmt: skip
            file.seek(start)
            file.write(b"\xa5" * (end - start))
    with pytest.raises(SessionFileError, match="must be whole. Got .*: restore it from a backup"):
        LabelingSession(path, X)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(SessionFileError, match="must be readable and writable. Got"):
        LabelingSession(tmp_path / "nowhere" / "answers.sqlite", X)


def test_a_closed_session_is_refused_and_closed_once(path):
    session = LabelingSession(path, X)
    session.close()
    session.close()
    with pytest.raises(SessionFileError, match="must be open, .* Got Cannot operate on a closed"):
        session.submit([0], [1])


def test_another_thread_is_refused(session):
    errors = []

    def work():
        try:
            session.submit([0], ["a"])
        except SessionFileError as error:
            errors.append(str(error))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert "the thread that opened it" in errors[0]
    assert session.answers() == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_fork_is_refused(session, monkeypatch):
    monkeypatch.setattr(_answer_file.os, "getpid", lambda: -1)
    with pytest.raises(SessionFileError, match="process that opened it. Got a fork"):
        session.submit([0], ["a"])


def test_an_interrupt_stores_nothing(session, monkeypatch):
    n_seen = []

    def interrupted(*args):
        n_seen.append(1)
        if len(n_seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        session._file.record(
            "submit", [0, 1, 2], lambda *_: ['"a"'] * 3, session._who(None, "submit"), interrupted
        )
    assert labels_of(session) == {}
    session.submit([0, 1, 2], ["a"] * 3)
    assert json.dumps(labels_of(session)) == '{"0": "a", "1": "a", "2": "a"}'


def test_margin_query_is_used_where_it_is_given(path):
    model = ActiveSynthesisClassifier(LogisticRegression(max_iter=500), max_iter=0)
    with LabelingSession(path, X, model, query_strategy=MarginQuery()) as session:
        session.submit([0, 60], [0, 1])
        session.next()
        assert isinstance(session._model.query_strategy, MarginQuery)
    assert model.query_strategy is None
