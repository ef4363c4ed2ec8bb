"""What a user's estimator makes of the classes by itself: ``class_weight`` and its kin."""

from numbers import Number

import numpy as np

from sklearn_synda._compatibility import deciding_models, pipeline_steps
from sklearn_synda._sklearn_compat import BaseSearchCV

__all__ = ["class_factors", "keep_class_balance", "shift_classes"]

# imbalanced-learn's words under which all classes become equally frequent, by kind of sampler
_EQUAL = {
    "over-sampling": ("auto", "all", "not majority"),
    "under-sampling": ("auto", "all", "not minority"),
}
_EQUAL_IF_TWO = {"over-sampling": "minority", "under-sampling": "majority"}
_NEVER_EQUAL = ("clean-sampling", "bypass")


def class_factors(estimator, y, classes):
    """By what an estimator multiplies the weight of each class among these rows.

    A Pipeline answers for its last step, and is balanced where a sampler in it makes all classes
    equally frequent (one that cleans, or keeps a ratio, does not); a search for the estimator in
    it. A bag or another wrapper is balanced where the estimator in it is, a vote where all members
    are, a stack where its last estimator is. Calibrated probabilities are those of the rows as
    they are.

    Parameters
    ----------
    estimator : estimator object
        Read are its parameters ``class_weight`` ("balanced" or a dict), those of boosted trees
        (``is_unbalance``, ``scale_pos_weight``) and of imbalanced-learn (``sampling_strategy``).
    y : int ndarray of shape (n_samples,)
        Class codes.
    classes : ndarray of shape (n_classes,) or None
        Classes by code, as the estimator knows them; None for values.

    Returns
    -------
    factors : ndarray of shape (n_classes,) or None
        Their mean over the rows is one. None where the estimator leaves the classes alone.
    """
    class_weight = None if classes is None else _class_weight(estimator, classes.tolist())
    if not class_weight:
        return None
    counts = np.bincount(y, minlength=len(classes))
    if class_weight == "balanced":
        factors = 1 / np.maximum(counts, 1)
    else:
        factors = np.array([class_weight.get(label, 1.0) for label in classes.tolist()], float)
    return factors * len(y) / (factors @ counts)


def _class_weight(estimator, classes=()):
    """ "balanced", a weight by class, or None, whatever the estimator calls it."""
    if steps := pipeline_steps(estimator):
        samplers = [step for _, step in steps if _sets_frequencies(step)]
        is_equal = bool(samplers) and _equalises(samplers[-1], len(classes))
        return "balanced" if is_equal else _class_weight(steps[-1][1], classes)
    if isinstance(estimator, BaseSearchCV):
        return _class_weight(estimator.estimator, classes)
    is_estimator = hasattr(estimator, "get_params") and not isinstance(estimator, type)
    params = estimator.get_params(deep=False) if is_estimator else {}
    samples = "sampling_strategy" in params and _equalises(estimator, len(classes))
    if params.get("is_unbalance") is True or samples:
        return "balanced"
    positive = params.get("scale_pos_weight")
    if isinstance(positive, Number) and positive != 1 and len(classes) == 2:
        return {classes[1]: positive}
    class_weight = params.get("class_weight")
    if isinstance(class_weight, str):  # a forest has two words for it
        return "balanced"
    if isinstance(class_weight, dict):
        return class_weight
    # these fit on classes by number: a dict in them does not name those of the user
    said = [_class_weight(inner, classes) for inner in deciding_models(estimator)]
    return "balanced" if said and all(word == "balanced" for word in said) else None


def _sets_frequencies(step):
    """Whether a step is a sampler that is told how frequent the classes are to be."""
    if not hasattr(step, "fit_resample") or not hasattr(step, "get_params"):
        return False
    is_told = "sampling_strategy" in step.get_params(deep=False)
    return is_told and getattr(step, "_sampling_type", None) not in _NEVER_EQUAL


def _equalises(sampler, n_classes):
    """Whether a sampler, or an ensemble that samples, makes all classes equally frequent."""
    params = sampler.get_params(deep=False)
    if params.get("smote") is not None:  # one that cleans up behind it
        return _equalises(params["smote"], n_classes)
    kind = getattr(sampler, "_sampling_type", None)
    if kind is None and params.get("sampler") is not None:  # a bag with a sampler of its own
        kind = getattr(params["sampler"], "_sampling_type", None)
    strategy = params["sampling_strategy"]
    if kind in _NEVER_EQUAL:
        return False
    if isinstance(strategy, Number):
        return strategy == 1
    kind = kind if kind in _EQUAL else "under-sampling"  # as ensembles do
    if not isinstance(strategy, str):
        return False
    return strategy in _EQUAL[kind] or (n_classes == 2 and strategy == _EQUAL_IF_TWO[kind])


def keep_class_balance(estimator, sample_weight, y, is_real):
    """Weights under which an estimator that counts its rows balances the classes as it should.

    Most estimators that balance the classes by themselves count the rows of each. Of a row with
    a soft label they count a row for every class, so that all classes look alike, and nothing
    is balanced any more. Here the mean weight of each class becomes what it is among the real
    rows, up to a factor that keeps the total: then counts tell the truth. One that adds up
    weights instead of rows is not disturbed, as its own balance undoes any factor of a class.

    Parameters
    ----------
    estimator : estimator object
        The user's.
    sample_weight, y : ndarray of shape (n_rows,)
        Weights and class codes of all rows it is to learn.
    is_real : bool ndarray of shape (n_rows,)
        Which rows are real.

    Returns
    -------
    sample_weight : ndarray of shape (n_rows,)
        As it was where the estimator does not balance the classes.
    """
    if _class_weight(estimator, range(y.max() + 1)) != "balanced":
        return sample_weight
    now = _mean_by_class(sample_weight, y)
    real = _mean_by_class(np.where(is_real, sample_weight, 0.0), y, is_real)
    factors = np.divide(real, now, out=np.ones_like(now), where=(now > 0) & (real > 0))
    changed = sample_weight * factors[y]
    return changed * (sample_weight.sum() / changed.sum())


def _mean_by_class(sample_weight, y, counted=None):
    counts = np.bincount(y, weights=counted, minlength=y.max() + 1)
    return np.bincount(y, weights=sample_weight) / np.maximum(counts, 1)


def shift_classes(proba, factors):
    """Class probabilities as they would be, were each class so many times as frequent.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Class probabilities.
    factors : ndarray of shape (n_classes,) or None
        From :func:`class_factors`; None changes nothing.

    Returns
    -------
    proba : ndarray of shape (n_samples, n_classes)
    """
    if factors is None:
        return proba
    shifted = proba * factors
    return shifted / shifted.sum(axis=1, keepdims=True)
