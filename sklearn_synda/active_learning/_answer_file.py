"""Answers on disk: one SQLite file, in which what was acknowledged stays.

Every change is one transaction that is on the disk before the call returns (write-ahead log,
``synchronous=FULL``). Nothing is ever deleted but leases: an answer that was undone or given
anew stays in the log, with that state.
"""

import os
import sqlite3
import time
from contextlib import contextmanager

from sklearn_synda.active_learning._backup import write_backup
from sklearn_synda.active_learning._file_faults import fault, faults, name_of

__all__ = ["AnswerFile"]

_APPLICATION = 0x53594E44  # "SYND": whose SQLite file this is
_VERSION = 2
_LEASE = """
CREATE TABLE lease (
    row INTEGER NOT NULL,
    owner TEXT NOT NULL,
    annotator TEXT NOT NULL,
    until REAL NOT NULL,
    PRIMARY KEY (row, owner, annotator)
) WITHOUT ROWID;
"""
_SCHEMA = f"""
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
{_LEASE}"""
# one session could hold a row for one annotator only
_FROM_VERSION_1 = f"""
ALTER TABLE lease RENAME TO old_lease;
{_LEASE}
INSERT INTO lease SELECT row, owner, annotator, until FROM old_lease;
DROP TABLE old_lease;
"""


class AnswerFile:
    """The file of a labelling session; labels are texts here, rows are positions."""

    def __init__(self, path, busy_seconds):
        self.path = os.fspath(path)
        self._place = os.path.abspath(self.path)  # the folder may be another one later
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
        if self._value("PRAGMA user_version") < _VERSION:
            self._update_tables()

    def _make_tables(self):
        with self.transaction() as run:
            if self._check_kind():
                return  # another process was first
            for statement in _SCHEMA.split(";\n"):
                run(statement)
            run(f"PRAGMA application_id={_APPLICATION}")
            run(f"PRAGMA user_version={_VERSION}")

    def _update_tables(self):
        """Bring a file of an older version to this one."""
        with self.transaction() as run:
            if self._check_kind() == _VERSION:
                return  # another process was first
            for statement in _FROM_VERSION_1.split(";\n"):
                run(statement)
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
                if name_of(error) != "SQLITE_BUSY" or time.monotonic() > end:
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
        return fault(self.path, must, got, remedy)

    def _faults(self):
        return faults(self.path, self.busy_seconds)

    def about(self):
        """What the file says of itself: texts by name."""
        return dict(self.read("SELECT name, value FROM about"))

    def describe(self, **texts):
        """Say it once: what is there already stays, and is returned."""
        with self.transaction() as run:
            for text in texts.items():
                run("INSERT OR IGNORE INTO about VALUES (?, ?)", text)
        return self.about()

    def settle(self, choose):
        """Write ``choose(about, labels)``, texts by name, in the moment they are chosen."""
        if not choose(self.about(), self._labels()):
            return  # nothing to write: no lock is needed
        with self.transaction() as run:
            for text in choose(self.about(), self._labels()).items():
                run("INSERT OR REPLACE INTO about VALUES (?, ?)", text)

    def _labels(self):
        return [label for _, _, label, _ in self.answers()]

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
        """Rows not to be handed out now; ``who``: owner, annotator."""
        return [row for (row,) in self.read(_BUSY, {**who, "now": time.time()})]

    def lease(self, rows, who, seconds):
        """Lease those of the rows that are still free; the ones leased."""
        lease = {**who, "now": time.time(), "seconds": seconds}
        with self.transaction() as run:
            run("DELETE FROM lease WHERE until <= :now", lease)
            busy = {row for (row,) in run(_BUSY, lease)}
            free = [row for row in rows if row not in busy]
            for row in free:
                run(_HOLD, {**lease, "row": row})
        return free

    def release(self, owner):
        """Give back what one session holds."""
        with self.transaction() as run:
            run("DELETE FROM lease WHERE owner = ?", (owner,))

    def release_rows(self, rows, who):
        """Give back some of what one session holds for an annotator."""
        with self.transaction() as run:
            for row in rows:
                run(
                    "DELETE FROM lease WHERE row = ? AND owner = ? AND annotator = ?",
                    (row, who["owner"], who["annotator"]),
                )

    def release_elsewhere(self, who):
        """Give back what other sessions hold for an annotator: this one is where they are now."""
        with self.transaction() as run:
            run("DELETE FROM lease WHERE annotator = :annotator AND owner != :owner", who)

    def record(self, verb, rows, read_labels, who, check):
        """One step: an event a row, after ``check(row, label, current)`` of each.

        ``read_labels(about, first)`` gives their labels, by what the file says of itself and by
        its oldest label, in the moment of writing. ``current`` is what the annotator's present
        event on the row says: ``None`` without one, else the pair (verb, label).
        """
        now, annotator = time.time(), who["annotator"]
        with self.transaction() as run:
            labels = read_labels(self.about(), self.first_label())
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
                held = run("DELETE FROM lease WHERE row = ? AND annotator = ?", (row, annotator))
                if not held.rowcount:  # perhaps drawn without a name
                    run(
                        "DELETE FROM lease WHERE row = ? AND annotator = '' AND owner = ?",
                        (row, who["owner"]),
                    )

    def undo(self, who, seconds):
        """Take back the annotator's last step that stands, and hold its rows again; its rows."""
        annotator, lease = who["annotator"], {**who, "now": time.time(), "seconds": seconds}
        with self.transaction() as run:
            events = run(
                "SELECT id, row, replaces FROM event WHERE state = 'current' AND annotator = ?"
                " AND step = (SELECT MAX(step) FROM event"
                " WHERE state = 'current' AND annotator = ?) ORDER BY id", (annotator, annotator),
            ).fetchall()  # fmt: skip
            for event, row, replaced in events:
                run("UPDATE event SET state = 'undone' WHERE id = ?", (event,))
                if replaced is not None:
                    run("UPDATE event SET state = 'current' WHERE id = ?", (replaced,))
                run(_HOLD_OPEN, {**lease, "row": row})
        return [row for _, row, _ in events]

    def backup(self, path):
        """A whole copy, taken while others may write."""
        self.read("SELECT 1")  # open, and of this thread
        write_backup(self.connection, self._place, path, self.busy_seconds)


_ANSWERS = """
SELECT row, annotator, label, time FROM event
WHERE state = 'current' AND verb != 'skip' ORDER BY id
"""

# done or held by the annotator, or enough answers and leases
_BUSY = """
SELECT row FROM event WHERE state = 'current' AND annotator = :annotator
UNION SELECT row FROM lease WHERE until > :now AND annotator = :annotator
UNION SELECT row FROM (
    SELECT row FROM event WHERE state = 'current' AND verb != 'skip'
    UNION ALL SELECT row FROM lease WHERE until > :now
) GROUP BY row HAVING COUNT(*) >= COALESCE(
    (SELECT CAST(value AS INTEGER) FROM about WHERE name = 'answers_per_row'), 1
)
"""
_HOLD = "INSERT INTO lease VALUES (:row, :owner, :annotator, :now + :seconds)"

# a row to which an answer of the annotator stands again is not open
_HOLD_OPEN = """
INSERT OR REPLACE INTO lease SELECT :row, :owner, :annotator, :now + :seconds
WHERE NOT EXISTS (
    SELECT 1 FROM event
    WHERE row = :row AND annotator = :annotator AND state = 'current' AND verb != 'skip'
)
"""
