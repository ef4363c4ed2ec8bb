"""What an estimator says of the rows it is trained on, without having seen them."""

import warnings

import numpy as np

from sklearn_synda._fitting import fit_estimator, take_metadata
from sklearn_synda._folds import folds
from sklearn_synda._rows import row_subset
from sklearn_synda.exceptions import SynthesisWarning

__all__ = ["fill_unknown", "out_of_fold"]


def out_of_fold(estimator, X, y, respond, *, n_splits, stratify, sample_weight=None,
                metadata=None, random_state=None, groups=None):  # fmt: skip
    """Apply ``respond(fitted, X_test, test)`` fold by fold; yield ``(test, response)``.

    ``metadata`` are further arguments of the estimator's ``fit``, those of rows in the order of
    the rows. Rows of one of the ``groups`` are in one fold.
    """
    rng = np.random.RandomState(random_state)
    splits = folds(y, n_splits, stratify=stratify, random_state=random_state, groups=groups)
    for train, test in splits:
        if stratify and len(np.unique(y[train])) < 2:
            continue
        weight = None if sample_weight is None else sample_weight[train]
        try:
            fitted = fit_estimator(
                estimator, row_subset(X, train), y[train], weight, rng,
                metadata=take_metadata(metadata or {}, train, len(y)),
            )  # fmt: skip
        except ValueError as error:  # it fitted all rows, but not these fewer ones
            _warn(estimator, "fitted on", error)
            continue
        X_test = row_subset(X, test)
        try:
            response = respond(fitted, X_test, test)
        except ValueError as error:
            if _answers(fitted, X_test):  # the fault is not the model's: nothing to get over
                raise
            _warn(estimator, "asked about", error)
            continue
        yield test, response


def _answers(fitted, X):
    """Whether a model answers for rows; a level of a category may be new to it."""
    model = fitted if hasattr(fitted, "predict") else getattr(fitted, "estimator_", None)
    if model is None:
        return True
    try:
        model.predict(X)
    except ValueError:
        return False
    return True


def _warn(estimator, what, error):
    warnings.warn(
        f"{type(estimator).__name__} cannot be {what} a part of the rows ({error}); they count as"
        " the least certain.",
        SynthesisWarning,
        stacklevel=3,
    )


def fill_unknown(uncertainty):
    """Rows that nobody could judge count as the least certain, 1 if there is none; in place."""
    unknown = np.isnan(uncertainty)
    uncertainty[unknown] = 1.0 if unknown.all() else np.nanmax(uncertainty)
    return uncertainty
