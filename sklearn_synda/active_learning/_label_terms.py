"""What a session's file says of its labels: their kind, their classes, how many a row."""

import json

from sklearn.base import is_classifier, is_regressor

from sklearn_synda.active_learning._input import plain_label

__all__ = ["check_one_kind", "classes_of", "declared", "kind_of", "new_terms"]


def classes_of(about):
    """The classes declared, or None."""
    found = about.get("classes")
    return None if found is None else json.loads(found)


def kind_of(about, first):
    """What labels are: "classes" or "values", or None where nothing has told yet.

    ``first``: the oldest label, as a list of one text, or of none. Files of an older version do
    not name their kind.
    """
    told = "classes" in about or any(isinstance(json.loads(text), str) for text in first)
    return about.get("kind", "classes" if told else None)


def _kind_learnt(estimator):
    try:
        found = [(is_regressor(estimator), "values"), (is_classifier(estimator), "classes")]
    except AttributeError:  # not one of scikit-learn's
        found = []
    return next((kind for is_it, kind in found if is_it), None)


def new_terms(about, labels, path, *, estimator, classes, answers_per_row):
    """What is to be written of what the parameters of a session say; raise where they contradict.

    ``about`` is what the file says already, ``labels`` are its labels.
    """
    terms, kind = {}, kind_of(about, labels[:1])
    if classes is not None:
        if kind == "values":
            raise ValueError(
                "The 'classes' parameter of LabelingSession must be None, since the labels in"
                f" {path!r} are values. Got {classes} instead: name another file for them."
            )
        terms["classes"] = _new_classes(about, labels, path, classes)
        kind = "classes"
    learnt = _kind_learnt(estimator)
    if learnt and kind and learnt != kind:
        what = "a classifier" if kind == "classes" else "a regressor"
        raise ValueError(
            f"The 'estimator' parameter of LabelingSession must be {what}, since the labels in"
            f" {path!r} are {kind}. Got {type(estimator).__name__} instead: name another file for"
            " it."
        )
    if kind or learnt:
        terms["kind"] = kind or learnt
    if answers_per_row is not None:
        terms["answers_per_row"] = str(int(answers_per_row))
    return {name: text for name, text in terms.items() if about.get(name) != text}


def _new_classes(about, labels, path, classes):
    """The classes to be written, as text."""
    classes = [plain_label(c, "classes", "LabelingSession") for c in classes]
    answers = [json.loads(text) for text in labels]
    stray = [label for label in answers if label not in classes]
    if stray or not classes:
        raise ValueError(
            "The 'classes' parameter of LabelingSession must name every class of the answers in"
            f" {path!r}. Got {classes} beside the answer {stray[:1]} instead."
        )
    if len(set(classes)) < len(classes):
        twice = next(c for k, c in enumerate(classes) if c in classes[:k])
        raise ValueError(
            "The 'classes' parameter of LabelingSession must name each class once (1, 1.0 and True"
            f" are one). Got {twice!r} again in {classes} instead."
        )
    known = classes_of(about) or classes
    if sorted(map(repr, known)) != sorted(map(repr, classes)):
        raise ValueError(
            f"The 'classes' parameter of LabelingSession must be that of {path!r},"
            f" {known}. Got {classes} instead."
        )
    return json.dumps(known)


def declared(label, classes, caller):
    """The label as it was declared."""
    for known in classes:
        if known == label and isinstance(known, str) == isinstance(label, str):
            return known
    raise ValueError(
        f"The 'labels' parameter of {caller} must hold the classes declared,"
        f" {classes}. Got {label!r} instead."
    )


def check_one_kind(labels, kind, first, caller):
    """Undeclared labels are all texts or all numbers: no model could learn from both."""
    if kind == "values" and any(isinstance(label, str) for label in labels):
        text = next(label for label in labels if isinstance(label, str))
        raise ValueError(
            f"The 'labels' parameter of {caller} must hold numbers, since the labels of the file"
            f" are values. Got {text!r} instead."
        )
    every = [*labels, *(json.loads(text) for text in first)]
    if len({isinstance(label, str) for label in every}) > 1:
        raise ValueError(
            f"The 'labels' parameter of {caller} must be all texts or all numbers, as the"
            f" answers before. Got {labels[0]!r} beside"
            f" {next(v for v in every if type(v) is not type(labels[0]))!r} instead."
        )
