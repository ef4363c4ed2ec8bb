"""One row after the other: what the terminal and the notebook share."""

import math

import numpy as np

from sklearn_synda._columns import is_dataframe
from sklearn_synda._rows import row_subset

__all__ = ["Asking"]


class Asking:
    """The row in question, those that wait, and those answered here."""

    def __init__(self, session, annotator=None, show=None):
        self.session, self.annotator, self.show = session, annotator, show
        self.answered, self._waiting, self.row = set(), [], None
        if annotator in session._faces:
            session._faces[annotator].stop()
        session._faces[annotator] = self
        self.advance()

    def stop(self):
        """Give back the rows that are not answered, and ask no more."""
        held = self._waiting if self.row is None else [self.row, *self._waiting]
        self.row, self._waiting = None, []
        if self.session._faces.get(self.annotator) is self:
            del self.session._faces[self.annotator]
        if held:
            self.session._give_back(held, self.annotator)

    def advance(self):
        """Go to the next row; ``row`` is None where there are none left."""
        ids = self._waiting or self.session.next(1, annotator=self.annotator).tolist()
        self.row, self._waiting = (ids[0], ids[1:]) if ids else (None, [])

    def text(self):
        """The row as it is shown."""
        table = row_subset(self.session.X, [self.row])
        return describe(table) if self.show is None else self.show(table)

    def submit(self, label):
        """Store a label and go on; why not, in a sentence, or ""."""
        try:
            self.session.submit([self.row], [label], annotator=self.annotator)
        except ValueError as error:
            return str(error)
        self.answered.add(self.row)
        self.advance()
        return ""

    def submit_text(self, text):
        """Store the label that is written so; why not, in a sentence, or "".

        The class declared that is written so; else a number where labels are values or those
        before are numbers, else the text.
        """
        known = {str(c): c for c in self.session.classes or ()}
        if text in known:
            return self.submit(known[text])
        if text.startswith(":"):
            return f"A label must not begin as commands do. Got {text!r} instead: type it again."
        if not _is_readable(text):
            return f"A label must be printable text. Got {text!r} instead: type it again."
        if known:
            return self.submit(text)
        read, wanted = self._reader()
        try:
            label = read(text)
        except (KeyError, ValueError):
            return f"A label must be {wanted}. Got {text!r} instead: type it again."
        return self.submit(label)

    def _reader(self):
        """What makes a label of a text, by the labels before, and what it wants in words."""
        kinds = {type(answer.label) for answer in self.session.answers()}
        if self.session.kind == "values" or float in kinds:
            return _finite, "a number"
        if int in kinds:
            return int, "a whole number"
        if bool in kinds:
            return {"True": True, "False": False}.__getitem__, "True or False"
        return str, "text"

    def skip(self):
        """Leave the row, and go on."""
        self.session.skip([self.row], annotator=self.annotator)
        self.advance()

    def undo(self):
        """Take back the last step and ask its rows again, then the one in question."""
        undone = self.session.undo(self.annotator).tolist()
        name = self.annotator or ""
        stands = {a.id for a in self.session.answers() if a.annotator == name}  # as before relabel
        undone = [row for row in undone if row not in stands]
        self.answered.difference_update(undone)
        asked = [] if self.row is None else [self.row]
        self._waiting = [*undone, *asked, *self._waiting]
        self.advance()


def _is_readable(text):
    """Whether a text can be seen and told from others; joiners belong to some scripts."""
    seen = text.replace("\u200c", "").replace("\u200d", "")
    return seen.isprintable() and seen.strip() != ""


def _finite(text):
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number


def describe(table):
    """Columns and values of a table of one row, a line each."""
    return "\n".join(f"{name}: {cell}" for name, cell in cells_of(table))


def cells_of(table):
    """Pairs of column and value of a table of one row."""
    if hasattr(table, "toarray"):
        table = table.toarray()
    if is_dataframe(table):
        names = [str(name) for name in table.columns]
        cells = [table[name].to_list()[0] for name in table.columns]
    else:
        cells = np.asarray(table).ravel().tolist()
        names = [str(j) for j in range(len(cells))]
    return list(zip(names, cells, strict=True))
