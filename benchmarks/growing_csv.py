"""A CSV file that grows by a few rows at a time, and can be gone on with after a kill."""

import csv
import io
import os

import pandas as pd

__all__ = ["GrowingCSV"]


class GrowingCSV:
    """Raw rows on disk; the first ``n_key`` columns say which piece of work a row is of.

    Rows of one piece are written at once and through to the disk; half a line, left by a kill,
    is dropped on opening, with the other rows of its piece.
    """

    def __init__(self, path, columns, n_key):
        self.path, self.columns, self.n_key = path, columns, n_key
        self.done = set()
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            self._mend()
        else:
            self._write("w", [columns])

    def _mend(self):
        text = self.path.read_text()
        whole = text[: text.rfind("\n") + 1]
        rows = list(csv.reader(whole.splitlines()))
        if rows[:1] != [self.columns]:
            raise SystemExit(f"{self.path} has other columns: name another file with --out.")
        if whole != text:  # the last piece is not whole
            rows = [row for row in rows if row[: self.n_key] != rows[-1][: self.n_key]]
            mended = self.path.with_suffix(".part")
            with open(mended, "w", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows(rows)
            os.replace(mended, self.path)
        self.done = {tuple(row[: self.n_key]) for row in rows[1:]}

    def append(self, rows):
        """Write the rows of one piece; none are none."""
        self._write("a", rows)
        self.done |= {tuple(str(value) for value in row[: self.n_key]) for row in rows}

    def _write(self, mode, rows):
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        with open(self.path, f"{mode}b", buffering=0) as file:
            file.write(text.getvalue().encode())  # in one go: a piece is there or it is not
            os.fsync(file.fileno())

    def frame(self):
        """All rows."""
        return pd.read_csv(self.path)
