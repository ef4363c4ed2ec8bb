"""Labelling at a terminal."""

import sys

import numpy as np

from sklearn_synda._columns import is_dataframe
from sklearn_synda._rows import row_subset

__all__ = ["label_in_terminal"]

_HELP = ":skip  :undo  :quit"


def label_in_terminal(session, *, annotator=None, show=None, stdin=None, stdout=None):
    """Ask for labels line by line until there are no rows left, or ``:quit``.

    Each answer is stored before the next row is shown. For a few hundred rows that can be judged
    as text; not for pictures (see :func:`to_label_studio`).

    Parameters
    ----------
    session : LabelingSession
        Where rows come from and answers go. Labels are texts; with classes declared, the class
        that is written so.
    annotator : str, default=None
        Who answers.
    show : callable, default=None
        ``show(row) -> str`` of a table of one row. None shows columns and values.
    stdin : file, default=None
        Where answers are read; None is the terminal.
    stdout : file, default=None
        Where rows are shown; None is the terminal.

    Returns
    -------
    n_answers : int
        Rows answered here.

    Examples
    --------
    >>> import io, os, tempfile
    >>> from sklearn_synda.active_learning import LabelingSession, label_in_terminal
    >>> path = os.path.join(tempfile.mkdtemp(), "answers.sqlite")
    >>> with LabelingSession(path, [[1.0], [2.0]], classes=["no", "yes"]) as session:
    ...     label_in_terminal(session, stdin=io.StringIO("yes\\n:quit\\n"), stdout=io.StringIO())
    1
    """
    stdin = sys.stdin if stdin is None else stdin
    stdout = sys.stdout if stdout is None else stdout
    answered, waiting = set(), []
    choices = "" if session.classes is None else f"{', '.join(map(str, session.classes))}  "
    while row := waiting.pop(0) if waiting else _next_row(session, annotator):
        table = row_subset(session.X, row)
        text = _describe(table) if show is None else show(table)
        stdout.write(f"\nrow {row[0]}\n{text}\n[{choices}{_HELP}] ")
        stdout.flush()
        line = stdin.readline()
        text = line.strip()
        if not line or text == ":quit":
            break
        if text == ":undo":
            undone = session.undo(annotator).tolist()
            answered.difference_update(undone)
            waiting = [[i] for i in undone] + [row, *waiting]
        elif text == ":skip":
            session.skip(row, annotator=annotator)
        elif _submit(session, row, text, annotator, stdout):
            answered.update(row)
        else:
            waiting.insert(0, row)
    return len(answered)


def _next_row(session, annotator):
    return session.next(1, annotator=annotator).tolist()


def _submit(session, row, text, annotator, stdout):
    """Whether the text was a label; why not is shown."""
    named = {str(c): c for c in session.classes or ()}
    try:
        if not text:
            return False
        session.submit(row, [named.get(text, text)], annotator=annotator)
    except ValueError as error:
        stdout.write(f"{error}\n")
        return False
    return True


def _describe(table):
    """Columns and values of a table of one row, a line each."""
    if hasattr(table, "toarray"):
        table = table.toarray()
    if is_dataframe(table):
        names = [str(name) for name in table.columns]
        cells = [table[name].to_list()[0] for name in table.columns]
    else:
        cells = np.asarray(table).ravel().tolist()
        names = [str(j) for j in range(len(cells))]
    return "\n".join(f"{name}: {cell}" for name, cell in zip(names, cells, strict=True))
