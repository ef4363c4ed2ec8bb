"""Which targets are given and which are missing."""

import warnings
from numbers import Number

import numpy as np
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from sklearn_synda._tables import are_whole, own_copy
from sklearn_synda.exceptions import SynthesisWarning

__all__ = [
    "as_codes",
    "as_values",
    "class_probabilities",
    "group_codes",
    "is_missing",
    "of_known_classes",
    "split_labeled",
]


def is_missing(cell):
    """Whether a cell holds no value: None, NaN, NaT or pd.NA."""
    if cell is None or type(cell).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(cell, (Number, np.datetime64, np.timedelta64)) and bool(cell != cell)


def _is_missing(values, missing_label):
    """Mask of the missing entries of an object vector."""
    wanted = None if is_missing(missing_label) else missing_label
    return np.array(
        [
            is_missing(v)
            or (wanted is not None and not isinstance(v, str) and v == wanted)
            or (isinstance(wanted, str) and v == wanted)
            for v in values
        ],
        dtype=bool,
    )  # fmt: skip


_WORDS = ("nan", "<NA>", "NaT", "None")  # what numpy makes of a missing value among strings


def _check_words(values, missing_label, parameter):
    """Missing values that numpy has turned into words must not pass for classes in silence."""
    if not (isinstance(values, np.ndarray) and values.dtype.kind == "U"):
        return
    found = [word for word in _WORDS if word != missing_label and (values == word).any()]
    if found == ["None"]:  # which may well be the name of a class
        warnings.warn(
            f"The word 'None' in the {parameter!r} parameter is taken for a name. If it means that"
            " there is none, build the array with dtype=object.",
            SynthesisWarning,
            stacklevel=3,
        )
    elif found:
        raise ValueError(
            f"The {parameter!r} parameter of fit must hold missing values as such, beside strings"
            f" in an array of dtype object. Got the word {found[0]!r}, which numpy makes of them in"
            f" an array of strings, instead: use {parameter}.astype(object) before they are put in."
        )


def split_labeled(y, missing_label, parameter="y"):
    """Targets as an array, and the mask of those that are given.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Targets; NaN, None and pd.NA are missing, and so is ``missing_label``.
    missing_label : object
        One more value that means "not labelled".
    parameter : str, default="y"
        What they are called in an error.

    Returns
    -------
    y : ndarray of shape (n_samples,)
        Targets; objects where integers or booleans stand beside missing values.
    labeled : bool ndarray of shape (n_samples,)
    """
    _check_words(y, missing_label, parameter)
    original = y
    dtype = getattr(y, "dtype", None)
    if not isinstance(dtype, np.dtype) and getattr(dtype, "kind", "O") in "iub":
        # integers and booleans of pandas and Arrow, which would become floats
        y = np.asarray(y, dtype=object)
        y = y if any(map(is_missing, y)) else np.array(y.tolist())
    elif hasattr(dtype, "is_integer") and dtype.is_integer():  # and of polars, with nulls
        original = y = np.array(y.to_list(), dtype=object) if y.null_count() else y.to_numpy()
    y = column_or_1d(y, warn=True)
    if y.dtype.kind in "iub" and is_missing(missing_label):
        return y, np.ones(len(y), dtype=bool)
    if y.dtype.kind == "f":
        missing = np.isnan(y)
        if not is_missing(missing_label):
            missing |= y == missing_label
    else:
        objects = np.asarray(original, dtype=object).ravel()
        missing = _is_missing(objects, missing_label)
        if y.dtype.kind == "U" and not all(isinstance(name, str) for name in objects[~missing]):
            y = objects  # numpy makes names of numbers beside names
    return y, ~missing


def as_codes(given, had_missing):
    """Classes and codes of the given targets.

    Parameters
    ----------
    given : ndarray of shape (n_labeled,)
        Targets, none missing.
    had_missing : bool
        Whether missing ones stood among them.

    Returns
    -------
    classes : ndarray of shape (n_classes,)
        Sorted. Whole floats beside NaN were integers before the NaN came, and are so again.
    codes : intp ndarray of shape (n_labeled,)
    """
    if given.dtype.kind == "O" and len(given):
        given = _plain(given)
    if given.dtype.kind == "f" and had_missing and are_whole(given):
        given = given.astype(np.int64)
    if given.dtype.kind == "f":
        _check_finite(given)
    check_classification_targets(given)
    classes, codes = np.unique(given, return_inverse=True)
    return classes, codes.ravel()


def _plain(given):
    """An object vector of numbers, left by missing values among them, as numbers."""
    kinds = {type(v) for v in given}
    if all(issubclass(k, (str, np.str_)) for k in kinds):
        return given
    apart = [k for k in kinds if issubclass(k, (str, np.str_, bool, np.bool_))]
    if apart and len({"number" if k not in apart else k.__name__.strip("_") for k in kinds}) > 1:
        names = sorted(k.__name__ for k in kinds)
        raise ValueError(
            f"The 'y' parameter of fit must hold labels of one type. Got {', '.join(names)}"
            " instead: convert them all to str."
        )
    return np.array(given.tolist())


def group_codes(groups, n_rows, caller):
    """The group of each row as a number; groups of any type, even of several."""
    if isinstance(groups, (list, tuple)):  # numpy would write numbers among names as names
        groups = np.array(groups, dtype=object)
    shape = np.shape(groups)
    if shape not in ((n_rows,), (n_rows, 1)):
        raise ValueError(
            f"The 'groups' parameter of {caller} must name a group for each of the {n_rows} rows"
            f" of X, in one column. Got the shape {shape} instead."
        )
    groups, known = split_labeled(groups if len(shape) == 1 else np.ravel(groups), np.nan, "groups")
    if not known.all():
        raise ValueError(
            f"The 'groups' parameter of {caller} must name a group for each row. Got"
            f" {(~known).sum()} missing ones instead: give a row of no group one of its own."
        )
    code = {group: k for k, group in enumerate(dict.fromkeys(groups.tolist()))}
    return np.array([code[group] for group in groups.tolist()], dtype=np.intp)


def as_values(given):
    """The given targets as float64."""
    values = np.asarray(given, dtype=np.float64)
    _check_finite(values)
    return values


def _check_finite(values):
    if not np.isfinite(values).all():
        raise ValueError("Input y contains infinity or a value too large for dtype('float64').")


def of_known_classes(proba, own):
    """The columns of the classes that a model has met.

    A net has an output for each class there is, whatever its fold holds; it knows them by number.
    """
    if proba.shape[-1] <= len(own):
        return proba
    if own.dtype.kind not in "iu" or own.min() < 0 or own.max() >= proba.shape[-1]:
        raise ValueError(
            f"The columns of predict_proba must be those of the {len(own)} classes of the rows."
            f" Got {proba.shape[-1]} instead: name all classes of a net in its parameter 'classes'."
        )
    proba = proba[..., own]
    return proba / np.maximum(proba.sum(axis=-1, keepdims=True), np.finfo(proba.dtype).tiny)


def class_probabilities(estimator, X, classes):
    """What a fitted classifier says of rows, one column a class.

    Parameters
    ----------
    estimator : fitted classifier
        Certain of what it predicts where it has no ``predict_proba``.
    X : table of shape (n_rows, n_features)
        Rows.
    classes : ndarray of shape (n_classes,)
        Sorted; those of the estimator among them. One it has not met gets 0.

    Returns
    -------
    proba : ndarray of shape (n_rows, n_classes)
    """
    own = estimator.classes_
    proba = np.zeros((X.shape[0], len(classes)))
    columns = np.searchsorted(classes, own)
    if len(own) == 1:  # some models give one column, some two
        proba[:, columns] = 1.0
    elif hasattr(estimator, "predict_proba"):
        said = estimator.predict_proba(own_copy(X))
        proba[:, columns] = of_known_classes(np.asarray(said), own)
    else:
        proba[:, columns] = np.asarray(estimator.predict(own_copy(X)))[:, None] == own
    return proba
