"""Labelling in a notebook."""

import html
import io
from importlib.util import find_spec

from sklearn_synda._optional import check_ipywidgets_support
from sklearn_synda._rows import row_subset
from sklearn_synda.active_learning._asking import Asking, cells_of

__all__ = ["LabelingWidget"]

_KEYS = "123456789abcdefghijklmnopqrtvwxyz"  # s skips, u undoes
_HINT = "keys: {}s skip, u undo"


class LabelingWidget:
    """A row, a button for each class, and what has come of it so far, in a notebook.

    Show it as the last line of a cell. Each answer is stored before the next row is shown. With
    classes declared, one key in the field "key" is an answer: 1 for the first class, 2 for the
    second (letters from the tenth on), s to skip, u to undo. A browser gives keys to a field and
    to nothing else, so the field must have the focus; it takes it back after each click. Without
    classes, the field "label" takes a text, or a number where labels are values or those before
    are numbers, and the Enter key. Not for pictures unless ``show`` makes them, and not for
    several people in one notebook: each opens a session. A second widget of one annotator, as from
    a cell that is run again, takes the place of the first, which asks no more.

    Parameters
    ----------
    session : LabelingSession
        Where rows come from and answers go.
    annotator : str, default=None
        Who answers.
    show : callable, default=None
        ``show(row) -> str`` of a table of one row, HTML that is shown as it is. None shows
        columns and values as text.
    test : tuple, default=None
        ``(X_test, y_test)``: held-out rows on which the model of the session is scored after
        each answer, for the learning curve. Rows that a model asked for are no fair sample, so
        none of the pool's are taken for it. None: no curve; and no picture, only the last score,
        without matplotlib.

    Attributes
    ----------
    box : ipywidgets.VBox
        The widget: what is shown.
    buttons : list of ipywidgets.Button
        One a class.
    skip_button, undo_button : ipywidgets.Button
    field : ipywidgets.Text
        Takes keys, or labels where no classes are declared.
    progress : ipywidgets.IntProgress
        Rows of the pool that have an answer.
    scores : list of tuple
        Pairs of labelled rows and score on the held-out rows.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn_synda.active_learning import LabelingSession, LabelingWidget
    >>> path = os.path.join(tempfile.mkdtemp(), "answers.sqlite")
    >>> session = LabelingSession(path, [[1.0], [2.0]], classes=["no", "yes"])
    >>> widget = LabelingWidget(session)
    >>> [button.description for button in widget.buttons]
    ['1: no', '2: yes']
    >>> widget.field.value = "2"  # as one who types
    >>> [answer.label for answer in session.answers()]
    ['yes']
    >>> session.close()
    """

    def __init__(self, session, *, annotator=None, show=None, test=None):
        check_ipywidgets_support("LabelingWidget")
        self.session = session
        self.annotator = annotator
        self.show = show
        self.test = test
        self.scores = []
        self._asking = Asking(session, annotator, show)
        self._make()
        self._refresh("")

    def _repr_mimebundle_(self, **kwargs):
        return self.box._repr_mimebundle_(**kwargs)

    def _make(self):
        """The widgets, and what they call."""
        import ipywidgets

        classes = self.session.classes or []
        keys = [_KEYS[k] if k < len(_KEYS) else "" for k in range(len(classes))]
        self._actions = {"s": self._asking.skip, "u": self._asking.undo}
        self.buttons = []
        for key, label in zip(keys, classes, strict=True):
            description = f"{key}: {label}" if key else str(label)
            self.buttons.append(ipywidgets.Button(description=description))
            submit = self._submitter(label)
            self.buttons[-1].on_click(lambda _, submit=submit: self._act(submit))
            if key:
                self._actions[key] = submit
        self.skip_button = ipywidgets.Button(description="skip")
        self.undo_button = ipywidgets.Button(description="undo")
        self.skip_button.on_click(lambda _: self._act(self._asking.skip))
        self.undo_button.on_click(lambda _: self._act(self._asking.undo))
        self.field = ipywidgets.Text(
            description="key" if classes else "label", continuous_update=bool(classes),
            placeholder=_HINT.format("1, 2, ... a class, ") if classes else "a label, then Enter",
        )  # fmt: skip
        self.field.observe(self._typed, "value")
        self.progress = ipywidgets.IntProgress(min=0, max=self.session.X.shape[0])
        self._row, self._note = ipywidgets.HTML(), ipywidgets.Label()
        self._curve = ipywidgets.Image(format="png")
        self._curve.layout.display = "none"
        self._count = ipywidgets.Label()
        self.box = ipywidgets.VBox([
            self._row, ipywidgets.HBox([*self.buttons, self.skip_button, self.undo_button]),
            self.field, self._note, ipywidgets.HBox([self.progress, self._count]), self._curve,
        ])  # fmt: skip

    def _submitter(self, label):
        return lambda: self._asking.submit(label)

    def _typed(self, change):
        text = change["new"].strip()
        if not text:
            return
        self.field.value = ""
        if not self.buttons:
            self._act(lambda: self._asking.submit_text(text))
        elif text in self._actions:
            self._act(self._actions[text])
        else:
            self._refresh(f"No class has the key {text!r}.")

    def _act(self, action):
        if self._asking.row is None and action != self._asking.undo:
            return
        self._refresh(action() or "")

    def _refresh(self, note):
        """Show the row in question, the count and the curve."""
        asking = self._asking
        self._note.value = note
        done = asking.row is None
        for button in (*self.buttons, self.skip_button):
            button.disabled = done
        self._row.value = "<b>No rows are left.</b>" if done else self._as_html()
        labeled = len({answer.id for answer in self.session.answers()})
        self.progress.value = labeled
        self._count.value = f"{labeled} of {self.progress.max} rows, {len(asking.answered)} here"
        self._draw(labeled)
        self.field.focus()

    def _as_html(self):
        title = f"<b>row {self._asking.row}</b>"
        if self.show is not None:
            return f"{title}<br>{self._asking.text()}"
        cells = cells_of(row_subset(self.session.X, [self._asking.row]))
        lines = (
            f"<tr><td>{html.escape(name)}</td><td>{html.escape(str(cell))}</td></tr>"
            for name, cell in cells
        )
        return f"{title}<table>{''.join(lines)}</table>"

    def _draw(self, labeled):
        """Score the model of the session on the held-out rows, once for each number of labels."""
        known = [n for n, _ in self.scores]
        try:
            model = None if self.test is None else self.session._fitted_model()
            if model is None or labeled in known[-1:]:
                return
            score = float(model.score(*self.test))
        except ValueError as error:
            self.session._go_on_without_model(error)
            return
        self.scores = [pair for pair in self.scores if pair[0] < labeled]  # what undo took back
        self.scores.append((labeled, score))
        self._count.value += f", held-out score {self.scores[-1][1]:.3f}"
        picture = _picture(self.scores)
        if picture:
            self._curve.value, self._curve.layout.display = picture, ""


def _picture(scores):
    """The learning curve as PNG; nothing without matplotlib."""
    if find_spec("matplotlib") is None:
        return b""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 2.5), layout="constrained")
    ax = figure.add_subplot()
    ax.plot(*zip(*scores, strict=True), marker=".")
    ax.set(xlabel="Labelled rows", ylabel="Held-out score")
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()
