"""Copies of a session's file: whole, or nothing happens to what was there."""

import os
import sqlite3

import numpy as np
import pytest

from sklearn_synda.active_learning import LabelingSession, _backup
from sklearn_synda.exceptions import SessionFileError

X = np.arange(20.0).reshape(-1, 1)


@pytest.fixture
def session(tmp_path):
    with LabelingSession(tmp_path / "a.sqlite", X, classes=["a", "b"]) as session:
        session.submit([0], ["a"], annotator="ann")
        yield session


def labels_in(path, X=X):
    with LabelingSession(path, X) as session:
        return {a.id: a.label for a in session.answers()}


def files_in(folder):
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("a.sqlite"))


def test_a_backup_is_one_whole_file(session, tmp_path):
    session.backup(tmp_path / "copy.sqlite")
    assert files_in(tmp_path) == ["copy.sqlite"]
    copy = sqlite3.connect(tmp_path / "copy.sqlite")
    assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)  # no log is missing
    copy.close()
    assert labels_in(tmp_path / "copy.sqlite") == {0: "a"}


def test_the_folder_may_be_another_one_than_at_opening(tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path)
    with LabelingSession("a.sqlite", X, classes=["a", "b"]) as session:
        session.submit([0], ["a"])
        session.backup("copy.sqlite")
        monkeypatch.chdir(tmp_path / "sub")
        session.submit([1], ["b"])
        session.backup("../copy.sqlite")
        with pytest.raises(ValueError, match="the file of the session itself"):
            session.backup("../a.sqlite")
    assert labels_in("../copy.sqlite") == {0: "a", 1: "b"}


def test_an_earlier_backup_is_replaced(session, tmp_path):
    copy = tmp_path / "copy.sqlite"
    session.backup(copy)
    assert labels_in(copy) == {0: "a"}
    session.relabel([0], ["b"], annotator="ann")  # the entry of before is no longer current
    session.submit([1], ["a"])
    session.backup(str(copy))
    assert labels_in(copy) == {0: "b", 1: "a"}
    assert files_in(tmp_path) == ["copy.sqlite"]


@pytest.mark.parametrize("is_open", [True, False])
@pytest.mark.parametrize("verb", ["submit", "skip"])
def test_no_answers_of_another_session_are_lost(session, tmp_path, is_open, verb):
    path = tmp_path / "b.sqlite"
    other = LabelingSession(path, X)
    if verb == "submit":
        other.submit([1, 2, 3], ["y"] * 3)
    else:
        other.skip([1, 2, 3])
    if not is_open:
        other.close()
    with pytest.raises(
        ValueError,
        match=r"'path' .* earlier backup of this session. Got .*b\.sqlite.* 3 answers or",
    ):
        session.backup(path)
    if is_open:
        other.close()
    with LabelingSession(path, X) as other:
        assert len(other.answers()) == 3 * (verb == "submit")
        assert len(other._file.read("SELECT * FROM event")) == 3


def test_a_backup_that_was_continued_is_another_session(session, tmp_path):
    session.backup(tmp_path / "copy.sqlite")
    with LabelingSession(tmp_path / "copy.sqlite", X) as copy:
        copy.submit([5], ["b"])
    with pytest.raises(ValueError, match="1 answers or skips that this one has not"):
        session.backup(tmp_path / "copy.sqlite")
    assert labels_in(tmp_path / "copy.sqlite") == {0: "a", 5: "b"}


def test_what_another_process_wrote_last_is_seen(session, tmp_path):
    """The last answers are in the log beside the file, as after a crash."""
    session.backup(tmp_path / "copy.sqlite")
    copy = LabelingSession(tmp_path / "copy.sqlite", X)
    copy.submit([5], ["b"])
    for side in ("", "-wal"):
        with open(tmp_path / f"copy.sqlite{side}", "rb") as file:
            (tmp_path / f"crashed.sqlite{side}").write_bytes(file.read())
    copy.close()
    assert (tmp_path / "crashed.sqlite-wal").stat().st_size > 0
    with pytest.raises(ValueError, match="1 answers or skips that this one has not"):
        session.backup(tmp_path / "crashed.sqlite")
    assert labels_in(tmp_path / "crashed.sqlite") == {0: "a", 5: "b"}


def test_a_backup_that_somebody_has_open_stays(tmp_path):
    copy = tmp_path / "copy.sqlite"
    with LabelingSession(tmp_path / "a.sqlite", X, busy_seconds=0.1) as session:
        session.backup(copy)
        with LabelingSession(copy, X) as opened:
            session.submit([0], ["a"])
            with pytest.raises(
                SessionFileError, match=r"backup of .* must be free to write .*copy\.sqlite"
            ):
                session.backup(copy)
            opened.submit([1], ["b"])
        assert labels_in(copy) == {1: "b"}


def test_a_log_without_its_file_is_not_read(session, tmp_path):
    with LabelingSession(tmp_path / "gone.sqlite", X) as gone:
        gone.submit([7], ["a"])
        log = (tmp_path / "gone.sqlite-wal").read_bytes()
    (tmp_path / "copy.sqlite-wal").write_bytes(log)
    session.backup(tmp_path / "copy.sqlite")
    assert labels_in(tmp_path / "copy.sqlite") == {0: "a"}


@pytest.mark.parametrize("content", [b"my notes\n" * 100, None])
def test_a_file_of_something_else_stays(session, tmp_path, content):
    path = tmp_path / "theirs"
    if content is None:
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE theirs (x)")
        connection.close()
    else:
        path.write_bytes(content)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="Got .*theirs', which is something else"):
        session.backup(path)
    assert path.read_bytes() == before


def test_the_session_of_another_pool_stays(session, tmp_path):
    LabelingSession(tmp_path / "b.sqlite", X + 1).close()
    with pytest.raises(ValueError, match="Got .*b.sqlite', the session of another pool, instead"):
        session.backup(tmp_path / "b.sqlite")
    assert labels_in(tmp_path / "b.sqlite", X + 1) == {}


def test_the_file_itself_is_refused(session, tmp_path):
    (tmp_path / "link").symlink_to(session.path)
    for path in (session.path, tmp_path / "link"):
        with pytest.raises(ValueError, match="Got .*a.sqlite', the file of the session itself"):
            session.backup(path)
    session.submit([1], ["b"])
    assert len(session.answers()) == 2


def test_an_empty_file_is_filled(session, tmp_path):
    (tmp_path / "copy.sqlite").touch()
    session.backup(tmp_path / "copy.sqlite")
    assert labels_in(tmp_path / "copy.sqlite") == {0: "a"}


@pytest.mark.parametrize("where", ["nowhere/copy.sqlite", "folder"])
def test_a_fault_names_the_copy(session, tmp_path, where):
    (tmp_path / "folder").mkdir()
    with pytest.raises(SessionFileError, match=f"must be readable and writable. Got .*{where}"):
        session.backup(tmp_path / where)
    assert files_in(tmp_path) == ["folder"]


def test_a_copy_that_cannot_be_put_in_place_changes_nothing(session, tmp_path, monkeypatch):
    copy = tmp_path / "copy.sqlite"
    session.backup(copy)
    session.submit([1], ["b"])

    def full(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_backup.os, "replace", full)
    with pytest.raises(SessionFileError, match=r"backup .* Got .*No space .*copy\.sqlite"):
        session.backup(copy)
    assert files_in(tmp_path) == ["copy.sqlite"]
    assert labels_in(copy) == {0: "a"}


def test_a_damaged_session_does_not_replace_its_backup(tmp_path):
    path, copy = tmp_path / "a.sqlite", tmp_path / "copy.sqlite"
    session = LabelingSession(path, X)
    session.submit([0], ["a"])
    session.backup(copy)
    session._file.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with open(path, "r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (os.path.getsize(path) - 4096))
    session._file.connection.execute("PRAGMA shrink_memory")
    with pytest.raises(SessionFileError, match=r"The file of .* must be whole. .*a\.sqlite"):
        session.backup(copy)
    with pytest.raises(SessionFileError, match="must be whole"):
        session.close()
    assert labels_in(copy) == {0: "a"}


def test_a_closed_session_is_named(tmp_path):
    session = LabelingSession(tmp_path / "a.sqlite", X)
    session.close()
    with pytest.raises(SessionFileError, match=r"The file of .* must be open, .*a\.sqlite"):
        session.backup(tmp_path / "copy.sqlite")
