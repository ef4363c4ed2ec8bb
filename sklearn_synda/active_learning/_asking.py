"""One row after the other: what the terminal and the notebook share."""

import numpy as np
from sklearn.base import is_regressor

from sklearn_synda._columns import is_dataframe
from sklearn_synda._rows import row_subset

__all__ = ["Asking"]


class Asking:
    """The row in question, those that wait, and those answered here."""

    def __init__(self, session, annotator=None, show=None):
        self.session, self.annotator, self.show = session, annotator, show
        self.answered, self._waiting = set(), []
        self.advance()

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
        """Store the class that is written so, the number if the model learns values, the text."""
        session = self.session
        label = {str(c): c for c in session.classes or ()}.get(text, text)
        if session.estimator is not None and is_regressor(session.estimator):
            try:
                label = float(text)
            except ValueError:
                return f"A label must be a number. Got {text!r} instead."
        return self.submit(label)

    def skip(self):
        """Leave the row, and go on."""
        self.session.skip([self.row], annotator=self.annotator)
        self.advance()

    def undo(self):
        """Take back the last step and ask its rows again, then the one in question."""
        undone = self.session.undo(self.annotator).tolist()
        self.answered.difference_update(undone)
        asked = [] if self.row is None else [self.row]
        self._waiting = [*undone, *asked, *self._waiting]
        self.advance()


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
