"""Labelling at a terminal."""

import sys

from sklearn_synda.active_learning._asking import Asking

__all__ = ["label_in_terminal"]

_HELP = ":skip  :undo  :quit"


def label_in_terminal(session, *, annotator=None, show=None, stdin=None, stdout=None):
    """Ask for labels line by line until there are no rows left, or ``:quit``.

    Each answer is stored before the next row is shown; a row without one is free again at the end.
    For a few hundred rows that can be judged as text; not for pictures (see
    :func:`to_label_studio`).

    Parameters
    ----------
    session : LabelingSession
        Where rows come from and answers go. With classes declared, a label is the class that is
        written so; without, a number where labels are values or those before are numbers, else
        a text. What begins with a colon or is not printable is no label, unless it is declared,
        and the row is asked again.
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
    choices = "" if session.classes is None else f"{', '.join(map(str, session.classes))}  "
    asking = Asking(session, annotator, show)
    try:
        _talk(asking, f"[{choices}{_HELP}] ", stdin, stdout)
    finally:
        asking.stop()
    return len(asking.answered)


def _talk(asking, prompt, stdin, stdout):
    """Row by row, until there are none left or ``:quit``."""
    while asking.row is not None:
        stdout.write(f"\nrow {asking.row}\n{asking.text()}\n{prompt}")
        stdout.flush()
        line = stdin.readline()
        text = line.strip()
        if not line or text == ":quit":
            break
        if text == ":undo":
            asking.undo()
        elif text == ":skip":
            asking.skip()
        elif text and (refused := asking.submit_text(text)):
            stdout.write(f"{refused}\n")
