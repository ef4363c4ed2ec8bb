"""A copy of a session's file: made beside its place, put there whole, over nobody's answers."""

import os
import sqlite3
import uuid
from contextlib import closing, suppress

from sklearn_synda.active_learning._file_faults import fault, faults, name_of

__all__ = ["write_backup"]

_SIDES = ("-journal", "-wal", "-shm")  # what SQLite may leave beside a file
_UNKNOWN = """
SELECT COUNT(*) FROM (
    SELECT id, step, time, annotator, verb, row, label FROM earlier.event
    EXCEPT SELECT id, step, time, annotator, verb, row, label FROM main.event
)
"""


def write_backup(connection, source, path, busy_seconds):
    """Copy the open file ``source`` to ``path``; what is there stays until the copy is whole."""
    target = os.path.realpath(os.fspath(path))
    if os.path.exists(target) and os.path.samefile(source, target):
        raise _refusal(target, "the file of the session itself")
    part = f"{target}.{uuid.uuid4().hex}.part"
    try:
        with faults(target, busy_seconds, "backup"):
            _copy(connection, source, part)
            if os.path.exists(target):
                _check_earlier(part, target, busy_seconds)
            for side in _SIDES:  # of no file, or of one that is replaced: SQLite would read them
                _remove(target + side)
            os.replace(part, target)
            _write_through(os.path.dirname(target))
    except OSError as error:
        if error.errno is None:  # a sentence already
            raise
        raise fault(
            target, "be readable and writable", str(error),
            "nothing was stored; see to its folder, disk and permissions", "backup",
        ) from error  # fmt: skip
    finally:
        for side in ("", *_SIDES):
            _remove(part + side)


def _copy(connection, source, part):
    """A whole copy, in one file."""
    with closing(sqlite3.connect(part, isolation_level=None)) as copy:
        try:
            connection.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            found = copy.execute("PRAGMA quick_check").fetchone()[0]
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
            found = str(error)
    if found != "ok":
        raise fault(source, "be whole", found, "restore it from a backup")


def _check_earlier(part, target, busy_seconds):
    """Raise unless the copy has all that the file in its place has, and nobody has that open."""
    copy = sqlite3.connect(part, timeout=busy_seconds, isolation_level=None)
    with closing(copy):
        try:
            copy.execute("ATTACH ? AS earlier", (target,))
            reason = _why_not(copy)
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
            raise _refusal(target, "which is something else or damaged") from error
        if reason:
            raise _refusal(target, reason)
        copy.execute("PRAGMA earlier.journal_mode=DELETE")  # refused while others have it open


def _why_not(copy):
    """Why the attached file is not to be replaced, or ""."""
    n_tables, owner, own = (
        copy.execute(statement).fetchone()[0]
        for statement in (
            "SELECT COUNT(*) FROM earlier.sqlite_master",
            "PRAGMA earlier.application_id",
            "PRAGMA main.application_id",
        )
    )
    if owner != own:
        return "which is something else" if n_tables or owner else ""
    pools = "SELECT (SELECT value FROM earlier.about WHERE name = 'pool') != value FROM main.about"
    if copy.execute(f"{pools} WHERE name = 'pool'").fetchone()[0]:
        return "the session of another pool"
    n_unknown = copy.execute(_UNKNOWN).fetchone()[0]
    return f"a session with {n_unknown} answers or skips that this one has not" if n_unknown else ""


def _is_damage(error):
    return name_of(error).removeprefix("SQLITE_").startswith(("NOTADB", "CORRUPT"))


def _refusal(target, reason):
    return ValueError(
        "The 'path' parameter of LabelingSession.backup must name a new file or an earlier backup"
        f" of this session. Got {target!r}, {reason}, instead: name another file."
    )


def _remove(path):
    with suppress(FileNotFoundError):
        os.unlink(path)


def _write_through(folder):
    """Let the disk know the new name, where folders can be written through."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
