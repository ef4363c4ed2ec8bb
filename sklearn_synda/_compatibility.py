"""What each part needs from an estimator, and one sentence for who lacks it."""

from inspect import Parameter, signature
from numbers import Integral

from sklearn.ensemble import (
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.utils.metadata_routing import MetadataRequest, get_routing_for_object
from sklearn.utils.validation import has_fit_parameter

from sklearn_synda._sklearn_compat import BaseSearchCV

__all__ = [
    "check_count",
    "check_part",
    "check_response",
    "check_takes_groups",
    "check_weight_name",
    "deciding_models",
    "groups_request",
    "pipeline_steps",
    "refuse_kind",
    "required_fit_arguments",
    "searched_estimator",
    "takes_groups",
    "takes_sample_weight",
    "works_in_place",
]


def _name(obj):
    return getattr(obj, "__name__", type(obj).__name__)  # of a class or function; of an instance's


def check_part(caller, parameter, part, *methods):
    """Raise unless ``part`` is an instance that has all ``methods``."""
    if isinstance(part, type):
        raise TypeError(
            f"The {parameter!r} parameter of {_name(caller)} must be an instance with"
            f" {', '.join(map(repr, methods))}. Got the class {part.__name__} instead: write"
            f" {part.__name__}()."
        )
    if isinstance(part, str):  # a str has a method 'split' of its own
        raise TypeError(
            f"The {parameter!r} parameter of {_name(caller)} must be an instance with"
            f" {', '.join(map(repr, methods))}. Got the str {part!r} instead."
        )
    for method in methods:
        if not hasattr(part, method):
            raise TypeError(
                f"{_name(part)} is not compatible with the {parameter!r} parameter of"
                f" {_name(caller)}: it needs {method!r}; {_name(part)} has none."
            )


def takes_groups(validation):
    """Whether a validation part can hold out whole groups."""
    params = signature(validation.split).parameters.values()
    return any(p.name == "groups" or p.kind is Parameter.VAR_KEYWORD for p in params)


def groups_request(validation):
    """What ``split`` asks for in metadata routing: groups, where it takes them and is not told."""
    request = MetadataRequest(owner=validation)
    if not isinstance(validation, type):
        request = get_routing_for_object(validation)
        if request.split.requests.get("groups") is None and takes_groups(validation):
            request.split.add_request(param="groups", alias=True)
    return request


def check_takes_groups(caller, validation):
    """Raise unless a validation part can hold out whole groups."""
    if not takes_groups(validation):
        raise TypeError(
            f"{_name(validation)} is not compatible with the 'groups' of {_name(caller)}.fit: its"
            " 'split' takes none. Use CrossValidation instead."
        )


def check_weight_name(caller, estimator, method, metadata):
    """Raise where the model in an estimator asks for its weights under the name of an argument.

    Weights of a name of their own would not be known for weights, and made rows had none.
    """
    inner = searched_estimator(estimator)
    if steps := pipeline_steps(estimator):
        inner = steps[-1][1]
    elif inner is None:
        inner = getattr(estimator, "regressor", None)
    if hasattr(inner, "fit"):
        check_weight_name(caller, inner, method, metadata)
    elif hasattr(estimator, "get_metadata_routing"):
        request = getattr(get_routing_for_object(estimator), method, None)
        name = None if request is None else request.requests.get("sample_weight")
        if isinstance(name, str) and name in metadata:
            raise TypeError(
                f"{_name(estimator)} is not compatible with {caller}: it needs its weights as"
                f" 'sample_weight' where it is inside another estimator; it requests {name!r}."
                f" Use set_{method}_request(sample_weight=True) instead."
            )


def check_count(name, value, caller):
    """Raise unless ``value`` is a whole number of 1 or more."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(
            f"The {name!r} parameter of {caller} must be an int of 1 or more. Got {value!r}"
            " instead."
        )


def check_response(caller, estimator, method, instead):
    """Raise unless ``estimator`` offers the prediction ``method`` that ``caller`` needs."""
    if not hasattr(estimator, method):
        raise TypeError(
            f"{_name(caller)} is not compatible with {_name(estimator)}: it needs {method!r};"
            f" {_name(estimator)} has none. Use {instead} instead."
        )


def refuse_kind(caller, estimator, needed, instead=None):
    """Raise: an estimator is of another kind than is needed; ``instead`` takes that one."""
    model = estimator
    while pipeline_steps(model) and hasattr(pipeline_steps(model)[-1][1], "fit"):
        model = pipeline_steps(model)[-1][1]
    then = f"; {_name(model)} is none." if instead is None else f". Use {instead} instead."
    raise TypeError(f"{caller} is not compatible with {_name(estimator)}: it needs {needed}{then}")


def pipeline_steps(estimator):
    """The steps of a Pipeline, of other packages too; none of any other estimator."""
    steps = getattr(estimator, "steps", None)
    are_steps = isinstance(steps, (list, tuple)) and all(
        isinstance(step, (list, tuple)) and len(step) == 2 for step in steps
    )
    return steps if are_steps else []


def deciding_models(estimator):
    """The models in a bag, a vote, a stack or another wrapper that decide what it aims at.

    None in an estimator that holds no model. Those of a stack are its last one; calibrated
    probabilities are those of the rows, whatever the model in them aims at.
    """
    from sklearn.calibration import CalibratedClassifierCV  # not loaded by sklearn.ensemble

    is_estimator = hasattr(estimator, "get_params") and not isinstance(estimator, type)
    if not is_estimator or isinstance(estimator, CalibratedClassifierCV):
        return []
    params = estimator.get_params(deep=False)
    if "final_estimator" in params:
        return [params["final_estimator"]]
    members = params.get("estimators")
    if isinstance(members, (list, tuple)):
        members = [member[-1] if isinstance(member, tuple) else member for member in members]
        return [member for member in members if not isinstance(member, str)]
    return [params[k] for k in ("estimator", "regressor") if params.get(k) is not None]


def required_fit_arguments(estimator):
    """Names of what ``fit`` needs besides rows and targets; a Pipeline answers for its steps."""
    if steps := pipeline_steps(estimator):
        models = [step for _, step in steps if hasattr(step, "fit")]
        return set().union(*map(required_fit_arguments, models))
    params = list(signature(estimator.fit).parameters.values())[2:]
    named = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
    return {p.name for p in params if p.default is p.empty and p.kind in named}


def takes_sample_weight(estimator):
    """Whether rows can be weighted in the ``fit`` of an estimator.

    A Pipeline answers for its last step, a TransformedTargetRegressor for its regressor, a
    search or RFE for the estimator in it, a vote or stack for all its members; a Pipeline that
    resamples rows loses their weights.
    """
    if hasattr(estimator, "regressor") and _hands_arguments_on(estimator):
        return estimator.regressor is None or takes_sample_weight(estimator.regressor)
    steps, final = pipeline_steps(estimator), getattr(estimator, "_final_estimator", None)
    if steps and any(hasattr(step, "fit_resample") for _, step in steps):
        return False
    if steps and final is not None:
        return takes_sample_weight(final)
    if (searched := searched_estimator(estimator)) is not None:
        return takes_sample_weight(searched)
    if isinstance(estimator, (VotingClassifier, VotingRegressor)):
        return _all_take_weights(estimator.estimators)
    if isinstance(estimator, (StackingClassifier, StackingRegressor)):
        return _all_take_weights([*estimator.estimators, ("", estimator.final_estimator)])
    return has_fit_parameter(estimator, "sample_weight")


def searched_estimator(estimator):
    """The estimator in a search or RFE, which hand it what their own ``fit`` is given; or None."""
    from sklearn.feature_selection import RFE, RFECV  # not loaded by sklearn.ensemble

    hands_on = isinstance(estimator, (BaseSearchCV, RFE)) and not isinstance(estimator, RFECV)
    return estimator.estimator if hands_on else None


def _all_take_weights(members):
    """Whether the members of a vote or stack take weights by that very name."""
    models = [model for _, model in members if model not in (None, "drop")]
    return all(takes_sample_weight(m) and not pipeline_steps(m) for m in models)


def works_in_place(estimator):
    """Whether a step may change the rows it is given, as scikit-learn's do with ``copy=False``."""
    params = estimator.get_params(deep=True).items() if hasattr(estimator, "get_params") else ()
    return any(k.rpartition("__")[2] in ("copy", "copy_X") and v is False for k, v in params)


def _hands_arguments_on(estimator):
    kinds = [parameter.kind for parameter in signature(estimator.fit).parameters.values()]
    return Parameter.VAR_KEYWORD in kinds
