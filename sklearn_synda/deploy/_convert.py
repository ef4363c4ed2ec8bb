"""A fitted estimator as an ONNX graph, by the converter that knows it."""

import copy
import logging
import re
import traceback
import warnings
from contextlib import contextmanager

import numpy as np
from sklearn.base import is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_synda._active_synthesis import ActiveSynthesisClassifier, ActiveSynthesisRegressor
from sklearn_synda._fitting import thawed
from sklearn_synda._nets import is_net
from sklearn_synda._sklearn_compat import BaseSearchCV
from sklearn_synda.deploy._graph_input import GraphInput
from sklearn_synda.deploy._lightgbm import category_codes, is_lightgbm, register_converter

__all__ = ["convert", "inner_estimator", "treats_columns_apart"]

OPSETS = {"": 17, "ai.onnx.ml": 3}
_GROUPS = (VotingClassifier, VotingRegressor, StackingClassifier, StackingRegressor)
_CASTS = (None, np.asarray, np.array, np.ascontiguousarray)
_AS_MATRICES = {"LinearClassifier", "LinearRegressor"}  # operators that hide their coefficients


def inner_estimator(estimator):
    """The model that predicts: meta-estimators, searches, freezing and casts taken away."""
    if isinstance(estimator, (ActiveSynthesisClassifier, ActiveSynthesisRegressor)):
        return inner_estimator(estimator.estimator_)
    if isinstance(estimator, BaseSearchCV):
        return inner_estimator(estimator.best_estimator_)
    if isinstance(estimator, FrozenEstimator):
        return inner_estimator(estimator.estimator)
    if isinstance(estimator, Pipeline):
        steps = [(name, thawed(step)) for name, step in estimator.steps if not _is_cast(step)]
        steps[-1] = (steps[-1][0], inner_estimator(steps[-1][1]))
        return Pipeline(steps) if len(steps) > 1 else steps[0][1]
    estimator = _with_inner_members(estimator)
    return _as_converted(estimator) if isinstance(estimator, VotingClassifier) else estimator


def _with_inner_members(estimator):
    """A copy of what holds models, each of them taken out of what is around it."""
    if isinstance(estimator, TransformedTargetRegressor):
        return _copy_with(estimator, regressor_=inner_estimator(estimator.regressor_))
    if isinstance(estimator, CalibratedClassifierCV):
        pairs = [
            _copy_with(pair, estimator=inner_estimator(pair.estimator))
            for pair in estimator.calibrated_classifiers_
        ]
        return _copy_with(estimator, calibrated_classifiers_=pairs)
    if not isinstance(estimator, _GROUPS):
        return estimator
    changed = {"estimators_": [inner_estimator(member) for member in estimator.estimators_]}
    names = [name for name, member in estimator.estimators if not isinstance(member, str)]
    named = dict(zip(names, changed["estimators_"], strict=True))
    changed["named_estimators_"] = type(estimator.named_estimators_)(
        **{**estimator.named_estimators_, **named}
    )
    if hasattr(estimator, "final_estimator_"):
        changed["final_estimator_"] = inner_estimator(estimator.final_estimator_)
    return _copy_with(estimator, **changed)


def _copy_with(obj, **changed):
    """A shallow copy with some attributes changed; what the user has stays as it is."""
    obj = copy.copy(obj)
    vars(obj).update(changed)
    return obj


def _as_converted(votes):
    """A copy of a vote that predicts the same, with the parameters that skl2onnx insists on."""
    votes = copy.copy(votes)
    votes.flatten_transform = False
    if votes.weights is not None:  # of the members that are left
        kept = [
            weight
            for (_, member), weight in zip(votes.estimators, votes.weights, strict=True)
            if not isinstance(member, str)
        ]
        votes.weights = np.asarray(kept, dtype=np.float64)
    return votes


def _is_cast(step):
    """Whether a step only makes another array of the same numbers."""
    if isinstance(step, FunctionTransformer):
        return step.func in _CASTS
    return isinstance(step, str) and step == "passthrough"


def treats_columns_apart(estimator):
    """Whether some step takes columns by name or position."""
    return any(isinstance(leaf, ColumnTransformer) for _, leaf in _steps(estimator))


def _steps(estimator, where=""):
    """An estimator and what is in it, each with words for where it stands."""
    yield where, estimator
    if isinstance(estimator, Pipeline):
        inner = estimator.steps
    elif isinstance(estimator, ColumnTransformer):
        inner = [(name, step) for name, step, _ in estimator.transformers_]
    elif isinstance(estimator, TransformedTargetRegressor):
        inner = [("regressor_", estimator.regressor_)]
    elif isinstance(estimator, VotingClassifier):
        inner = estimator.named_estimators_.items()
    else:
        inner = []
    for name, step in inner:
        if not isinstance(step, str):
            yield from _steps(step, f"{where}step {name!r}, " if name else where)


def convert(estimator, graph_input, as_matrices=False):
    """The graph of an inner estimator.

    Parameters
    ----------
    estimator : estimator object
        As :func:`inner_estimator` gives it.
    graph_input : GraphInput
        What the graph will be fed with.
    as_matrices : bool, default=False
        Write linear models as matrix products, which can be quantised.

    Returns
    -------
    graph : onnx.ModelProto
    """
    if isinstance(estimator, TransformedTargetRegressor):
        return _with_target(convert(estimator.regressor_, graph_input, as_matrices), estimator)
    if is_net(estimator):
        return _net_graph(estimator, graph_input)
    if is_lightgbm(estimator) and not graph_input.as_matrix:
        codes = category_codes(estimator, graph_input, OPSETS)
        return _merged(codes, convert(estimator, GraphInput.matrix(graph_input.n_features)))
    if isinstance(estimator, Pipeline):
        last = estimator.steps[-1][1]
        if is_net(last) or isinstance(last, TransformedTargetRegressor):
            return _joined(estimator, graph_input, as_matrices)
    return _sklearn_graph(estimator, graph_input.initial_types(), as_matrices)


def _net_graph(net, graph_input):
    from sklearn_synda._optional import check_torch_support

    check_torch_support("deploy.export")
    from sklearn_synda.deploy._torch._net import net_to_onnx

    if not graph_input.as_matrix:
        raise TypeError(
            f"deploy.export is not compatible with {type(net).__name__}: it needs a matrix of"
            " numbers; X_sample has columns of names. Use a Pipeline that encodes them instead."
        )
    return net_to_onnx(net, graph_input.n_features, OPSETS[""])


def _joined(pipeline, graph_input, as_matrices):
    """What prepares the rows from one converter, what predicts from another."""
    prepare = pipeline[:-1]
    first = _sklearn_graph(prepare, graph_input.initial_types(), False)
    width = first.graph.output[0].type.tensor_type.shape.dim[-1].dim_value
    width = width or len(prepare.get_feature_names_out())
    last = convert(pipeline.steps[-1][1], GraphInput.matrix(width), as_matrices)
    return _merged(first, last)


def _merged(first, last):
    """One graph: what the first gives is what the last takes."""
    import onnx

    for graph in (first, last):
        graph.ir_version = onnx.helper.OP_SET_ID_VERSION_MAP[("ai.onnx", OPSETS[""])]
        _set_opsets(graph)
    whole = onnx.compose.merge_models(
        first, last, prefix1="prepare_", prefix2="predict_",
        io_map=[(first.graph.output[0].name, last.graph.input[0].name)],
    )  # fmt: skip
    _set_opsets(whole)
    return whole


def _set_opsets(graph):
    import onnx

    used = {node.domain for node in graph.graph.node} | {""}
    del graph.opset_import[:]
    graph.opset_import.extend(
        onnx.helper.make_opsetid(domain, OPSETS.get(domain, 1)) for domain in sorted(used)
    )


def _sklearn_graph(estimator, initial_types, as_matrices):
    for _, step in _steps(estimator):
        if is_lightgbm(step):
            register_converter(step)
    options = {id(estimator): {"zipmap": False}} if is_classifier(estimator) else None
    with warnings.catch_warnings(), _unlogged():
        warnings.simplefilter("ignore")  # converters on other releases; the rows are checked
        try:
            try:
                return _skl2onnx_graph(estimator, initial_types, as_matrices, options)
            except NameError:  # a classifier whose converter knows no zipmap, as LinearSVC's
                options = {id(step): {} for _, step in _steps(estimator)}
                return _skl2onnx_graph(estimator, initial_types, as_matrices, options)
        except Exception as error:  # of any kind: converters read what they do not expect
            step, where = _culprit(estimator, error)
            raise TypeError(
                f"deploy.export is not compatible with {type(step).__name__}{where}: it needs an"
                f" ONNX converter; {_reason(error)}. Use deploy.distill instead."
            ) from error


@contextmanager
def _unlogged():
    """skl2onnx says on standard error what the error raised says, too."""
    logger = logging.getLogger("skl2onnx")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _skl2onnx_graph(estimator, initial_types, as_matrices, options):
    from skl2onnx import convert_sklearn

    return convert_sklearn(
        estimator,
        initial_types=initial_types,
        options=options,
        target_opset=OPSETS,
        black_op=_AS_MATRICES if as_matrices else None,
        custom_conversion_functions=_plain_number_converters(),
    )


def _reason(error):
    """Why there is no graph: no converter, or one that refuses this case in its own words."""
    from skl2onnx.common.exceptions import MissingConverter, MissingShapeCalculator

    said = re.split(r"[.,]? *you may raise an issue", str(error), flags=re.IGNORECASE)[0].strip()
    unknown = isinstance(error, (MissingConverter, MissingShapeCalculator)) or (
        isinstance(error, KeyError) and any(isinstance(key, type) for key in error.args)
    )
    if unknown or not said:
        return "skl2onnx has none for it"
    if "invalid literal for int()" in said:
        return "that of skl2onnx takes no classes that are names"
    return f"that of skl2onnx says {said.splitlines()[0].rstrip('.')!r}"


def _culprit(estimator, error):
    """The innermost step that was converted or is named, and words for where it stands."""
    steps = [(step, where) for where, step in _steps(estimator)]
    frames = [frame.f_locals for frame, _ in traceback.walk_tb(error.__traceback__)]
    converted = [getattr(given.get("operator"), "raw_operator", None) for given in frames]
    named = [
        (step, where)
        for step, where in steps
        if any(step is one for one in converted)
        or (type(step).__name__ in str(error) and not _is_cast(step))
    ]
    step, where = (named or [(estimator, "")])[-1]
    return step, f" ({where.removesuffix(', ')})" if where else ""


def _plain_number_converters():
    """Converters of histogram boosting that write Python integers, which onnx insists on."""
    from skl2onnx.operator_converters import random_forest

    def plain(convert_trees):
        def converter(scope, operator, container):
            convert_trees(scope, operator, _PlainNumbers(container))

        return converter

    return {
        HistGradientBoostingClassifier: plain(
            random_forest.convert_sklearn_random_forest_classifier
        ),
        HistGradientBoostingRegressor: plain(
            random_forest.convert_sklearn_random_forest_regressor_converter
        ),
    }


def _plain(value):
    value = value.item() if isinstance(value, np.generic) else value
    return int(value) if isinstance(value, bool) else value


class _PlainNumbers:
    """A container of nodes whose lists hold Python numbers."""

    def __init__(self, container):
        self._container = container

    def __getattr__(self, name):
        return getattr(self._container, name)

    def add_node(self, *args, **attributes):
        plain = {
            name: [_plain(v) for v in value] if isinstance(value, list) else value
            for name, value in attributes.items()
        }
        return self._container.add_node(*args, **plain)


def _with_target(graph, estimator):
    """A graph of scaled values, and after it the way back to the user's unit."""
    from onnx import TensorProto, helper

    back = estimator.transformer_.inverse_transform
    probe = np.array([[0.0], [1.0], [-3.0], [10.0]])
    value = np.asarray(back(probe), dtype=np.float64).reshape(-1)
    offset, slope = value[0], value[1] - value[0]
    if not np.allclose(value, offset + slope * probe.ravel()):
        raise TypeError(
            "deploy.export is not compatible with"
            f" {type(estimator.transformer_).__name__}: it needs a target that is shifted and"
            " scaled; this one is bent. Use deploy.distill instead."
        )
    inner = graph.graph.output[0].name
    graph.graph.initializer.extend([
        helper.make_tensor("target_scale", TensorProto.FLOAT, [1], [slope]),
        helper.make_tensor("target_offset", TensorProto.FLOAT, [1], [offset]),
    ])  # fmt: skip
    graph.graph.node.extend([
        helper.make_node("Mul", [inner, "target_scale"], ["target_scaled"]),
        helper.make_node("Add", ["target_scaled", "target_offset"], ["target"]),
    ])  # fmt: skip
    graph.graph.output[0].name = "target"
    return graph
