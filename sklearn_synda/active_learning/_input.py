"""Rows, ids, labels and names as people give them, as plain values or one clear error."""

from numbers import Integral, Number

import numpy as np

__all__ = ["annotator_name", "as_list", "check_ids", "plain_label"]


def as_list(values):
    """Plain Python values of an array-like; a single one is a list of one."""
    if values is None or isinstance(values, (str, Number, np.generic)):
        values = [values]
    values = values.tolist() if hasattr(values, "tolist") else list(values)
    return [v.item() if isinstance(v, np.generic) else v for v in values]


def check_ids(ids, n_rows, caller):
    """Distinct positions of a pool, as a list of int."""
    ids = as_list(ids)
    for i in ids:
        if not isinstance(i, Integral) or isinstance(i, bool) or not 0 <= i < n_rows:
            raise ValueError(
                f"The 'ids' parameter of {caller} must hold positions of the pool, whole numbers"
                f" in [0, {n_rows - 1}]. Got {i!r} instead."
            )
    if len(set(ids)) < len(ids):
        twice = min(i for i in ids if ids.count(i) > 1)
        raise ValueError(
            f"The 'ids' parameter of {caller} must name each row once. Got {twice} more than once"
            " instead."
        )
    return ids


def plain_label(label, parameter, caller):
    """A label as JSON can hold it."""
    label = label.item() if isinstance(label, np.generic) else label
    is_plain = isinstance(label, (str, bool, int, float))
    if not is_plain or (isinstance(label, float) and not np.isfinite(label)):
        raise ValueError(
            f"The {parameter!r} parameter of {caller} must hold str, bool or finite numbers, none"
            f" missing. Got {label!r} instead: use skip for a row without an answer."
        )
    return label


def annotator_name(annotator, caller):
    """A name; the unnamed annotator is the empty one."""
    if annotator is None:
        return ""
    if not isinstance(annotator, str) or not annotator:
        raise ValueError(
            f"The 'annotator' parameter of {caller} must be a name or None. Got {annotator!r}"
            " instead."
        )
    return str(annotator)
