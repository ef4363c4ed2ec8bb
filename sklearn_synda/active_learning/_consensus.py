"""One label a row, from all that annotators gave it."""

import json

import numpy as np

from sklearn_synda.active_learning._agreement import AnnotatorAgreement

__all__ = ["merge"]


def merge(given, values):
    """Pairs of row and label, each row once, of answers (row, label, annotator)."""
    if len({row for row, _, _ in given}) == len(given):
        return [(row, label) for row, label, _ in given]
    return _merge_values(given) if values else _merge_classes(given)


def _merge_classes(given):
    """One class a row: the one nobody disputes, else by agreement, of those given to it."""
    ids, labels, annotators = zip(*given, strict=True)
    form, said = {}, {}  # 1 and 1.0 are one class, "1" is another
    texts = [form.setdefault((isinstance(v, str), v), json.dumps(v)) for v in labels]
    for row, text in zip(ids, texts, strict=True):
        said.setdefault(row, set()).add(text)
    agreement = AnnotatorAgreement().fit(ids, texts, annotators)
    every = agreement.classes_.tolist()
    merged = []
    for row, proba in zip(agreement.ids_.tolist(), agreement.proba_, strict=True):
        own = [k for k, text in enumerate(every) if text in said[row]]
        merged.append((row, json.loads(every[own[proba[own].argmax()]])))
    return merged


def _merge_values(given):
    """One value a row: the median."""
    values = {}
    for row, label, _ in given:
        values.setdefault(row, []).append(label)
    return [(row, float(np.median(v))) for row, v in values.items()]
