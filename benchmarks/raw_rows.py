"""The long CSV of raw rows: grows cell by cell, survives a kill, says what is done."""

import csv
import os
import time

import pandas as pd
from cells import COLUMNS, LAST_METRIC, Cell


class RawRows:
    """A CSV file to append to; cells that were cut off are dropped when it is opened.

    ``fresh=True`` starts a new file; an older one is kept beside it under a dated name.
    """

    def __init__(self, path, fresh=False):
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        if fresh and path.exists():
            dated = time.strftime(f"{path.stem}_until_%Y%m%d-%H%M%S{path.suffix}")
            os.replace(path, path.with_name(dated))
        self.done = set()
        if path.exists():
            self._mend()
        else:
            self._write("w", [COLUMNS])

    def _mend(self):
        """Keep whole cells only: a kill may leave half a line, or half a cell."""
        with open(self.path, newline="") as file:
            text = file.read()
        lines = text[: text.rfind("\n") + 1].splitlines()
        rows = [row for row in csv.reader(lines[1:]) if len(row) == len(COLUMNS)]
        self.done = {_cell(row) for row in rows if row[7] == LAST_METRIC}
        whole = [row for row in rows if _cell(row) in self.done]
        mended = self.path.with_suffix(".part")
        with open(mended, "w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([COLUMNS, *whole])
        os.replace(mended, self.path)

    def append(self, rows):
        """Write the rows of one cell, at once and through to the disk."""
        self._write("a", rows)
        self.done.add(_cell([str(value) for value in rows[0]]))

    def _write(self, mode, rows):
        with open(self.path, mode, newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
            file.flush()
            os.fsync(file.fileno())

    def frame(self, cells):
        """The rows of these cells as a frame, sizes as text."""
        text = {"size": str, "set": str, "model": str, "method": str}
        frame = pd.read_csv(self.path, dtype=text)
        wanted = pd.MultiIndex.from_tuples(cells, names=Cell._fields)
        return frame[pd.MultiIndex.from_frame(frame[list(Cell._fields)]).isin(wanted)]


def _cell(row):
    name, task, size, _, seed, model, method = row[:7]
    return Cell(name, task, size, int(seed), model, method)
