"""To Label Studio and back: tasks with predictions out, annotations in, as its JSON."""

import json
import math
from datetime import UTC, datetime

import numpy as np

from sklearn_synda._columns import is_dataframe
from sklearn_synda._labels import is_missing
from sklearn_synda._rows import row_subset
from sklearn_synda.active_learning._input import as_list, check_ids

__all__ = ["read_label_studio", "to_label_studio"]

_KEY = "sklearn_synda_id"


def to_label_studio(X, ids, *, predictions=None, scores=None, kind=None, from_name="label",
                    to_name="row", model_version="sklearn_synda"):  # fmt: skip
    """Rows of a pool as Label Studio tasks, with what a model would answer.

    Write them with ``json.dump`` and import the file. Each column is a field of the task, and
    ``sklearn_synda_id`` is the position in the pool. Missing cells are null; infinite ones, which
    JSON cannot hold, are the texts "inf" and "-inf". Predictions are shown to the annotator
    before they think: leave them out where an unswayed answer matters.

    Parameters
    ----------
    X : {array-like, DataFrame} of shape (n_rows, n_features)
        The pool; its columns have distinct names.
    ids : array-like of shape (n_ids,)
        Positions of the rows to export.
    predictions : array-like of shape (n_ids,), default=None
        Their predicted classes or values.
    scores : array-like of shape (n_ids,), default=None
        How sure the model is of each, which Label Studio can sort by (larger = more certain).
    kind : {"classes", "values"}, default=None
        What predictions are, such as ``session.kind``: classes become choices, values numbers.
        None: floats are values, all else is classes.
    from_name : str, default="label"
        Name of the control in the labelling configuration: ``Choices`` or ``Number``.
    to_name : str, default="row"
        Name of the object it belongs to.
    model_version : str, default="sklearn_synda"
        What Label Studio calls the predictions.

    Returns
    -------
    tasks : list of dict
        As Label Studio imports them.

    Examples
    --------
    >>> from sklearn_synda.active_learning import to_label_studio
    >>> tasks = to_label_studio([[5.1, 0.2], [6.3, 1.8]], [1], predictions=["virginica"])
    >>> tasks[0]["data"]
    {'0': 6.3, '1': 1.8, 'sklearn_synda_id': 1}
    >>> tasks[0]["predictions"][0]["result"][0]["value"]
    {'choices': ['virginica']}
    """
    X = X if hasattr(X, "shape") else np.array(X, dtype=object)
    ids = check_ids(ids, X.shape[0], "to_label_studio")
    tasks = [{"data": {**cells, _KEY: i}} for i, cells in zip(ids, _cells(X, ids), strict=True)]
    if predictions is None:
        return tasks
    if kind not in (None, "classes", "values"):
        raise ValueError(
            "The 'kind' parameter of to_label_studio must be 'classes', 'values' or None. Got"
            f" {kind!r} instead."
        )
    predictions = as_list(predictions)
    scores = [None] * len(ids) if scores is None else as_list(scores)
    for name, values in (("predictions", predictions), ("scores", scores)):
        if len(values) != len(ids):
            raise ValueError(
                f"The {name!r} parameter of to_label_studio must have an entry for each of the"
                f" {len(ids)} ids. Got {len(values)} instead."
            )
    for task, label, score in zip(tasks, predictions, scores, strict=True):
        prediction = {
            "model_version": model_version,
            "result": [{"from_name": from_name, "to_name": to_name, **_value(label, kind)}],
        }
        if not is_missing(score):
            prediction["score"] = _finite(score, "scores")
        task["predictions"] = [prediction]
    return tasks


def _cells(X, ids):
    """Rows as dicts of what JSON can hold, missing values as None."""
    rows = row_subset(X, ids)
    columns = X.columns if is_dataframe(X) else range(X.shape[1])
    names = [str(name) for name in columns]
    taken = {_KEY}
    for name in names:
        if name in taken:
            raise ValueError(
                "The 'X' parameter of to_label_studio must have columns of distinct names, none of"
                f" them {_KEY!r}. Got {name!r} once more instead: rename it."
            )
        taken.add(name)
    if hasattr(rows, "toarray"):
        rows = rows.toarray()
    if hasattr(rows, "itertuples"):
        rows = rows.itertuples(index=False, name=None)
    elif is_dataframe(rows):
        rows = rows.iter_rows()
    return [dict(zip(names, map(_plain, as_list(list(row))), strict=True)) for row in rows]


def _plain(cell):
    if is_missing(cell):
        return None
    if isinstance(cell, float) and not math.isfinite(cell):
        return str(cell)
    return cell if isinstance(cell, (str, bool, int, float)) else str(cell)


def _value(label, kind):
    if kind == "values" or (kind is None and isinstance(label, float)):
        return {"type": "number", "value": {"number": _finite(label, "predictions")}}
    return {"type": "choices", "value": {"choices": [str(label)]}}


def _finite(number, parameter):
    """A number as JSON can hold it."""
    try:
        if math.isfinite(number):
            return float(number)
    except TypeError:
        pass
    raise ValueError(
        f"The {parameter!r} parameter of to_label_studio must hold finite numbers. Got {number!r}"
        " instead."
    )


def read_label_studio(tasks, *, classes=None, from_name="label", session=None, changed="refuse"):
    """Answers in a Label Studio export: those of people, not the predictions.

    Made for exports of tasks of :func:`to_label_studio` in the format "JSON". Not for controls
    with several choices at once. Label Studio exports a whole project each time: with ``session``
    only what is new in it is read. Of several annotations of one person for one row the last one
    counts, by ``updated_at`` or ``created_at``, or, without, by position.

    Parameters
    ----------
    tasks : list of dict, or path
        The export, or the file it is in.
    classes : array-like of shape (n_classes,), default=None
        Classes as they are in Python: Label Studio knows texts only, and "1" becomes 1 if that
        is among them. None: those declared in the session, else texts are left.
    from_name : str, default="label"
        Name of the control that holds the answer.
    session : LabelingSession, default=None
        Where answers go. Those it holds already, of the same person, are left out.
    changed : {"refuse", "leave", "only"}, default="refuse"
        What to do with answers that are not those the session holds of the same person, since one
        of the two was changed: an error, or leave them out, or give them alone, ready for
        :meth:`LabelingSession.relabel`.

    Returns
    -------
    answers : list of tuple
        ``(annotator, ids, labels)`` of each annotator, ready for
        :meth:`LabelingSession.submit`; cancelled annotations are left out.

    Examples
    --------
    >>> from sklearn_synda.active_learning import read_label_studio
    >>> result = {"from_name": "label", "type": "choices", "value": {"choices": ["1"]}}
    >>> task = {
    ...     "data": {"sklearn_synda_id": 7},
    ...     "annotations": [{"completed_by": 3, "was_cancelled": False, "result": [result]}],
    ... }
    >>> read_label_studio([task], classes=[0, 1])
    [('3', [7], [1])]
    """
    if changed not in ("refuse", "leave", "only") or (session is None and changed != "refuse"):
        raise ValueError(
            "The 'changed' parameter of read_label_studio must be 'refuse', or with a session"
            f" 'leave' or 'only'. Got {changed!r} instead."
        )
    if not isinstance(tasks, list):
        with open(tasks, encoding="utf-8") as file:
            tasks = json.load(file)
    if classes is None and session is not None:
        classes = session.classes
    found = _last_answers(tasks, {str(c): c for c in as_list([] if classes is None else classes)},
                          from_name)  # fmt: skip
    if session is not None:
        found = _not_stored(found, session, changed)
    answers = {}
    for (who, row), label in found.items():
        ids, labels = answers.setdefault(who, ([], []))
        ids.append(row)
        labels.append(label)
    return [(who, ids, labels) for who, (ids, labels) in answers.items()]


def _last_answers(tasks, known, from_name):
    """The label of each pair of annotator and row, the last one there is."""
    labels, times = {}, {}
    for task in tasks:
        if _KEY not in task.get("data", {}):
            raise ValueError(
                f"The 'tasks' parameter of read_label_studio must hold {_KEY!r} in the data of each"
                f" task. Got {', '.join(task.get('data', {})) or 'none'} instead."
            )
        for annotation in task.get("annotations", []):
            for label in _labels(annotation, from_name):
                if known and isinstance(label, str):
                    label = _known_class(label, known)
                answer, when = (_who(annotation), task["data"][_KEY]), _time(annotation)
                before = times.get(answer)
                if before is None or when is None or when >= before:
                    labels[answer], times[answer] = label, when
    return labels


def _not_stored(found, session, changed):
    """Answers that a session does not hold, or, alone, those it holds otherwise."""
    stored = {(a.annotator, a.id): a.label for a in session.answers()}
    other = {
        answer: label for answer, label in found.items()
        if answer in stored and not _are_same(stored[answer], label)
    }  # fmt: skip
    if changed == "only":
        return other
    for (who, row), label in other.items():
        if changed == "refuse":
            raise ValueError(
                "The 'tasks' parameter of read_label_studio must not contradict the answers in the"
                f" session. Got {label!r} of {who!r} for row {row} after {stored[who, row]!r}"
                " instead: changed='only' gives such answers for relabel, changed='leave' leaves"
                " them out."
            )
    return {answer: label for answer, label in found.items() if answer not in stored}


def _are_same(one, other):
    return one == other and isinstance(one, str) == isinstance(other, str)


def _labels(annotation, from_name):
    """The answer of one annotation: a list of one, or of none."""
    if annotation.get("was_cancelled"):
        return []
    values = [r["value"] for r in annotation["result"] if r.get("from_name") == from_name]
    labels = [label for v in values for label in v.get("choices", [v.get("number")])]
    if len(labels) > 1:
        raise ValueError(
            "The 'tasks' parameter of read_label_studio must hold one answer an annotation. Got"
            f" {labels} instead."
        )
    return [label for label in labels if label is not None]


def _known_class(label, known):
    if label not in known:
        raise ValueError(
            "The 'classes' parameter of read_label_studio must name every class answered. Got"
            f" {label!r} in the tasks instead."
        )
    return known[label]


def _who(annotation):
    """Name of the annotator: an e-mail address where the export has one, else a number."""
    who = annotation.get("completed_by")
    if isinstance(who, dict):
        who = who.get("email") or who.get("id")
    return "label studio" if who is None else str(who)


def _time(annotation):
    """When an annotation was made or changed; None where it does not say."""
    for name in ("updated_at", "created_at"):
        try:
            when = datetime.fromisoformat(annotation[name])
        except (KeyError, TypeError, ValueError):
            continue
        return when if when.tzinfo else when.replace(tzinfo=UTC)
    return None
