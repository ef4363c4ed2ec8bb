"""Faults of SQLite and of the disk, as sentences that name the file."""

import sqlite3
from contextlib import contextmanager

from sklearn_synda.exceptions import SessionFileError

__all__ = ["fault", "faults", "name_of"]


def fault(path, must, got, remedy, what="file"):
    """The one error there is for a file that cannot be used."""
    return SessionFileError(
        f"The {what} of a LabelingSession must {must}. Got {got} ({path!r}) instead: {remedy}."
    )


@contextmanager
def faults(path, busy_seconds, what="file"):
    """Turn what SQLite and the system raise into sentences about the file at ``path``."""
    try:
        yield
    except sqlite3.ProgrammingError as error:
        raise fault(
            path, "be open, and be used by the thread that opened it", str(error), "open it anew",
            what,
        ) from error  # fmt: skip
    except sqlite3.Error as error:
        for names, must, remedy in (
            (("BUSY", "LOCKED"), f"be free to write within {busy_seconds:g} s",
             "another program holds it; nothing was stored, call again"),
            (("FULL",), "have room to grow",
             "nothing of this call was stored; free some space and call again"),
            (("CORRUPT", "NOTADB"), "be whole", "restore it from a backup"),
            (("CANTOPEN", "IOERR", "PERM", "READONLY"), "be readable and writable",
             "nothing was stored; see to its folder, disk and permissions"),
        ):  # fmt: skip
            if name_of(error).removeprefix("SQLITE_").startswith(names):
                raise fault(path, must, str(error), remedy, what) from error
        raise


def name_of(error):
    """Name of SQLite's result code, such as SQLITE_BUSY."""
    return getattr(error, "sqlite_errorname", "") or ""
