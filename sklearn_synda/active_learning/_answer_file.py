"""Answers on disk: one SQLite file, in which what was acknowledged stays.

Every change is one transaction that is on the disk before the call returns (write-ahead log,
``synchronous=FULL``). Nothing is ever deleted but leases: an answer that was undone or given
anew stays in the log, with that state.
"""

import os
import sqlite3
import time
from contextlib import contextmanager

from sklearn_synda.exceptions import SessionFileError

__all__ = ["AnswerFile"]

_APPLICATION = 0x53594E44  # "SYND": whose SQLite file this is
_VERSION = 1
_SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    step INTEGER NOT NULL,
    time REAL NOT NULL,
    annotator TEXT NOT NULL,
    verb TEXT NOT NULL CHECK (verb IN ('submit', 'relabel', 'skip')),
    row INTEGER NOT NULL CHECK (row >= 0),
    label TEXT CHECK ((label IS NULL) = (verb = 'skip')),
    replaces INTEGER REFERENCES event (id),
    state TEXT NOT NULL DEFAULT 'current' CHECK (state IN ('current', 'replaced', 'undone'))
);
CREATE UNIQUE INDEX one_answer ON event (row, annotator) WHERE state = 'current';
CREATE TABLE lease (
    row INTEGER NOT NULL,
    owner TEXT NOT NULL,
    annotator TEXT NOT NULL,
    until REAL NOT NULL,
    PRIMARY KEY (row, owner)
) WITHOUT ROWID;
"""


class AnswerFile:
    """The file of a labelling session; labels are texts here, rows are positions."""

    def __init__(self, path, busy_seconds):
        self.path = os.fspath(path)
        self.busy_seconds = float(busy_seconds)
        self._pid = os.getpid()
        with self._faults():
            self.connection = sqlite3.connect(
                self.path, timeout=self.busy_seconds, isolation_level=None
            )
            try:
                self._begin()
            except BaseException:
                self.connection.close()
                raise

    def close(self):
        self.connection.close()

    def _begin(self):
        """Check whose file this is, then make it durable and, if new, give it its tables."""
        self.connection.execute("BEGIN")  # one moment, should another process be making the file
        version = self._check_kind()
        self.connection.execute("COMMIT")
        self._use_write_ahead_log()
        for pragma in ("synchronous=FULL", "fullfsync=ON", "checkpoint_fullfsync=ON"):
            self.connection.execute(f"PRAGMA {pragma}")
        if version == 0:
            self._make_tables()
        found = self._value("PRAGMA quick_check")
        if found != "ok":
            raise self._fault("be whole", found, "restore it from a backup")

    def _make_tables(self):
        with self.transaction() as run:
            if self._check_kind():
                return  # another process was first
            for statement in _SCHEMA.split(";\n"):
                run(statement)
            run(f"PRAGMA application_id={_APPLICATION}")
            run(f"PRAGMA user_version={_VERSION}")

    def _check_kind(self):
        """The version of the file, 0 for an empty one."""
        owner, version = self._value("PRAGMA application_id"), self._value("PRAGMA user_version")
        n_tables = self._value("SELECT COUNT(*) FROM sqlite_master")
        if owner != _APPLICATION and (n_tables or owner):
            raise self._fault("be one that LabelingSession made", "another SQLite file", "name it")
        if version > _VERSION:
            raise self._fault(
                f"have a version up to {_VERSION}", f"version {version}", "update sklearn-synda"
            )
        return version

    def _use_write_ahead_log(self):
        """Several processes may open a new file at once: the switch is tried until it is free."""
        end = time.monotonic() + self.busy_seconds
        while self._value("PRAGMA journal_mode") != "wal":
            try:
                mode = self._value("PRAGMA journal_mode=WAL")
            except sqlite3.OperationalError as error:
                if _name_of(error) != "SQLITE_BUSY" or time.monotonic() > end:
                    raise
                time.sleep(0.01)
                continue
            if mode != "wal":
                raise self._fault(
                    "lie where SQLite can write ahead", f"journal mode {mode!r}",
                    "move it to a local disk",
                )  # fmt: skip

    def _value(self, statement):
        return self.connection.execute(statement).fetchone()[0]

    @contextmanager
    def transaction(self):
        """A write: all of it is on the disk when the block is left, or nothing is."""
        if os.getpid() != self._pid:
            raise self._fault(
                "be used by the process that opened it", "a fork", "open it in the fork"
            )
        with self._faults():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection.execute
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    def read(self, statement, values=()):
        """All rows of one query."""
        with self._faults():
            return self.connection.execute(statement, values).fetchall()

    def _fault(self, must, got, remedy):
        return SessionFileError(
            f"The file of a LabelingSession must {must}. Got {got} ({self.path!r}) instead:"
            f" {remedy}."
        )

    @contextmanager
    def _faults(self):
        """Faults of SQLite as sentences."""
        try:
            yield
        except sqlite3.ProgrammingError as error:
            raise self._fault(
                "be open, and be used by the thread that opened it", str(error), "open it anew"
            ) from error
        except sqlite3.Error as error:
            for names, must, remedy in (
                (("BUSY", "LOCKED"), f"be free to write within {self.busy_seconds:g} s",
                 "another program holds it; nothing was stored, call again"),
                (("FULL",), "have room to grow",
                 "nothing of this call was stored; free some space and call again"),
                (("CORRUPT", "NOTADB"), "be whole", "restore it from a backup"),
                (("CANTOPEN", "IOERR", "PERM", "READONLY"), "be readable and writable",
                 "nothing was stored; see to its folder, disk and permissions"),
            ):  # fmt: skip
                if _name_of(error).removeprefix("SQLITE_").startswith(names):
                    raise self._fault(must, str(error), remedy) from error
            raise

    def about(self):
        """What the file says of itself: texts by name."""
        return dict(self.read("SELECT name, value FROM about"))

    def describe(self, **texts):
        """Say it once: what is there already stays, and is returned."""
        with self.transaction() as run:
            for text in texts.items():
                run("INSERT OR IGNORE INTO about VALUES (?, ?)", text)
        return self.about()

    def answers(self):
        """Current answers, oldest first: (row, annotator, label, time)."""
        return self.read(_ANSWERS)

    def first_label(self):
        """The oldest label that stands: a list of one, or of none."""
        found = self.read(f"{_ANSWERS} LIMIT 1")
        return [label for _, _, label, _ in found]

    def version(self):
        """A pair that changes whenever an answer does."""
        return self.read("SELECT COALESCE(MAX(id), 0), TOTAL(state = 'undone') FROM event")[0]

    def busy_rows(self, who):
        """Rows not to be handed out now; ``who``: owner, annotator, answers_per_row."""
        return [row for (row,) in self.read(_BUSY, {**who, "now": time.time()})]

    def lease(self, rows, who, seconds):
        """Lease those of the rows that are still free; the ones leased."""
        lease = {**who, "now": time.time(), "seconds": seconds}
        with self.transaction() as run:
            run("DELETE FROM lease WHERE until <= :now", lease)
            busy = {row for (row,) in run(_BUSY, lease)}
            free = [row for row in rows if row not in busy]
            for row in free:
                run(
                    "INSERT INTO lease VALUES (:row, :owner, :annotator, :now + :seconds)",
                    {**lease, "row": row},
                )
        return free

    def release(self, owner):
        """Give back what one session holds."""
        with self.transaction() as run:
            run("DELETE FROM lease WHERE owner = ?", (owner,))

    def record(self, verb, rows, labels, annotator, check):
        """One step: an event a row, after ``check(row, label, current)`` of each.

        ``current`` is what the annotator's present event on the row says: ``None`` without one,
        else the pair (verb, label).
        """
        now = time.time()
        with self.transaction() as run:
            last = run("SELECT step FROM event ORDER BY id DESC LIMIT 1").fetchone()
            step = last[0] + 1 if last else 1
            for row, label in zip(rows, labels, strict=True):
                found = run(
                    "SELECT id, verb, label FROM event"
                    " WHERE row = ? AND annotator = ? AND state = 'current'", (row, annotator),
                ).fetchone()  # fmt: skip
                check(row, label, found and found[1:])
                if found:
                    run("UPDATE event SET state = 'replaced' WHERE id = ?", found[:1])
                run(
                    "INSERT INTO event (step, time, annotator, verb, row, label, replaces)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (step, now, annotator, verb, row, label, found and found[0]),
                )
                run("DELETE FROM lease WHERE row = ? AND annotator = ?", (row, annotator))

    def undo(self, annotator):
        """Take back the annotator's last step that stands; its rows."""
        with self.transaction() as run:
            events = run(
                "SELECT id, row, replaces FROM event WHERE state = 'current' AND annotator = ?"
                " AND step = (SELECT MAX(step) FROM event"
                " WHERE state = 'current' AND annotator = ?) ORDER BY id", (annotator, annotator),
            ).fetchall()  # fmt: skip
            for event, _, replaced in events:
                run("UPDATE event SET state = 'undone' WHERE id = ?", (event,))
                if replaced is not None:
                    run("UPDATE event SET state = 'current' WHERE id = ?", (replaced,))
        return [row for _, row, _ in events]

    def backup(self, path):
        """A whole copy, taken while others may write."""
        with self._faults():
            copy = sqlite3.connect(os.fspath(path))
            try:
                self.connection.backup(copy)
            finally:
                copy.close()


def _name_of(error):
    """Name of SQLite's result code, such as SQLITE_BUSY."""
    return getattr(error, "sqlite_errorname", "") or ""


_ANSWERS = """
SELECT row, annotator, label, time FROM event
WHERE state = 'current' AND verb != 'skip' ORDER BY id
"""

# done by the annotator, held by the session or the annotator, or enough answers and leases
_BUSY = """
SELECT row FROM event WHERE state = 'current' AND annotator = :annotator
UNION SELECT row FROM lease
    WHERE until > :now AND (owner = :owner OR annotator = :annotator AND annotator != '')
UNION SELECT row FROM (
    SELECT row FROM event WHERE state = 'current' AND verb != 'skip'
    UNION ALL SELECT row FROM lease WHERE until > :now
) GROUP BY row HAVING COUNT(*) >= :answers_per_row
"""
