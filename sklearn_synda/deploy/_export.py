"""A fitted model to a file, checked row by row before the file is left behind."""

import json
import os
import tempfile
import warnings
from dataclasses import dataclass
from numbers import Real
from pathlib import Path

import numpy as np
from sklearn.base import is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from sklearn_synda._columns import Columns, is_dataframe
from sklearn_synda._compatibility import pipeline_steps
from sklearn_synda._nets import is_net
from sklearn_synda._optional import check_onnx_support
from sklearn_synda._sklearn_compat import StrOptions
from sklearn_synda.deploy._convert import convert, inner_estimator, treats_columns_apart
from sklearn_synda.deploy._graph_input import GraphInput
from sklearn_synda.deploy._kind import check_kind
from sklearn_synda.deploy._load import KEY, from_bytes
from sklearn_synda.deploy._quantize import quantize
from sklearn_synda.exceptions import SynthesisWarning

__all__ = ["ExportReport", "export"]

_QUANTIZATIONS = StrOptions({"none", "int8", "int8_dynamic"})


@dataclass(frozen=True)
class ExportReport:
    """How a file agrees with the model it was made from.

    Parameters
    ----------
    path : str
        The file.
    n_bytes : int
        Its size.
    n_rows : int
        Rows that were compared.
    difference : ndarray of shape (n_rows,)
        For each the largest difference, in probability (classifier) or in standard deviations
        of the predictions (regressor). A classifier without ``predict_proba``: 1 where the
        class differs. Where the class differs and the probabilities do not explain it: how far
        apart those of the two classes are.
    changed_rows : int ndarray
        Positions of the rows whose class differs; with a ``difference`` of about zero two
        classes were equally likely, or the probability was at a net's ``threshold``.
    rounded_rows : int ndarray
        Positions of the rows that differ by more than the tolerance because the file computes
        in float32: the model itself says the same of the rounded row.
    quantization : str
        What was done to the weights.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.deploy import ExportReport
    >>> none = np.array([], dtype=int)
    >>> print(ExportReport("a.onnx", 900, 2, np.array([0.0, 1e-7]), none, none, "none"))
    a.onnx: 900 bytes, quantization: none
    2 rows compared: largest difference 1e-07, classes changed: 0
    """

    path: str
    n_bytes: int
    n_rows: int
    difference: np.ndarray
    changed_rows: np.ndarray
    rounded_rows: np.ndarray
    quantization: str

    @property
    def max_difference(self):
        """The largest difference."""
        return float(self.difference.max())

    def __str__(self):
        return (
            f"{self.path}: {self.n_bytes} bytes, quantization: {self.quantization}\n"
            f"{self.n_rows} rows compared: largest difference {self.max_difference:.2g},"
            f" classes changed: {len(self.changed_rows)}"
        )


def export(estimator, path, X_sample, *, quantization="none", tolerance=None,
           allowed_share=0.0):  # fmt: skip
    """Write a fitted model to an ONNX file, once it agrees with the model on sample rows.

    Of an :class:`~sklearn_synda.ActiveSynthesisClassifier` or regressor the inner ``estimator_``
    is written. scikit-learn's models and pipelines go through skl2onnx, LightGBM through
    onnxmltools, skorch nets (alone, or last in a pipeline) through torch. The file computes in
    float32. Not for a model whose columns need more digits than that (counters, times in
    seconds): the check finds it on the sample rows, and no file is left.

    Parameters
    ----------
    estimator : estimator object
        Fitted.
    path : str or Path
        Where to write; a file that is there is replaced, but not by a model that is refused.
    X_sample : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Real rows to compare on, of the kind that will be predicted. A few hundred, with missing
        values and rare categories among them.
    quantization : {"none", "int8", "int8_dynamic"}, default="none"
        "int8" stores the matrices of nets and linear models with 8 bits a weight, one scale an
        output, and computes in float32. "int8_dynamic", onnxruntime's, rounds what flows
        through the net as well, on a scale shared by all rows of a call: faster for wide nets,
        but an unusual row changes the answers for its neighbours. Where there is nothing to
        gain (trees, small matrices) a :class:`~sklearn_synda.exceptions.SynthesisWarning` says
        so and the file is the float32 one.
    tolerance : float, default=None
        Largest difference a row may have, in probability (classifier) or in standard deviations
        of the predictions (regressor); 0 or more. None is 0.0001, and 0.1 with int8.
    allowed_share : float, default=0.0
        Share of the sample rows that may differ by more; below 1. With trees a row close to a
        threshold may fall on its other side.

    Returns
    -------
    report : ExportReport
        The differences, row by row.

    References
    ----------
    ONNX, https://onnx.ai/onnx/intro/.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_synda import ActiveSynthesisClassifier, deploy
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = ActiveSynthesisClassifier(DecisionTreeClassifier(), max_iter=1, random_state=0)
    >>> model = model.fit(X[:80], y[:80])
    >>> path = pathlib.Path(tempfile.mkdtemp(), "model.onnx")
    >>> report = deploy.export(model, path, X[80:])
    >>> report.n_rows, report.max_difference < 1e-6
    (489, True)
    """
    check_onnx_support("deploy.export")
    path = _check_path(path)
    _check_fitted(estimator)
    X = _check_sample(estimator, X_sample)
    if not _QUANTIZATIONS.is_satisfied_by(quantization):
        raise ValueError(
            f"The 'quantization' parameter of deploy.export must be {_QUANTIZATIONS}. Got"
            f" {quantization!r} instead."
        )
    if tolerance is not None and not _is_number(tolerance, 0, np.inf):
        raise ValueError(
            "The 'tolerance' parameter of deploy.export must be None or a number of 0 or more."
            f" Got {tolerance!r} instead."
        )
    if not _is_number(allowed_share, 0, 1):
        raise ValueError(
            "The 'allowed_share' parameter of deploy.export must be a share of 0 or more and below"
            f" 1. Got {allowed_share!r} instead."
        )
    said = _Said(estimator, X)
    content, done = _converted(inner_estimator(estimator), said, quantization)
    if tolerance is None:
        tolerance = 0.1 if done.startswith("int8") else 1e-4
    report = _compare(said, content, path, tolerance, done)
    _check_agreement(report, said, tolerance, allowed_share)
    _write(path, content)
    return report


def _converted(inner, said, quantization):
    """The content of the file, and what was done to its weights."""
    graph_input = GraphInput.of(said.X, by_column=treats_columns_apart(inner))
    content = _content(convert(inner, graph_input), inner, graph_input, said, "none")
    if quantization == "none":
        return content, "none"
    graph, done = quantize(convert(inner, graph_input, as_matrices=True), quantization)
    if graph is not None:
        smaller = _content(graph, inner, graph_input, said, quantization)
        if len(smaller) < len(content):
            return smaller, f"{done}, {len(content)} -> {len(smaller)} bytes"
        done = f"none: {len(content)} bytes would become {len(smaller)}"
    warnings.warn(
        f"deploy.export writes {type(inner).__name__} in float32, not {quantization}: {done}.",
        SynthesisWarning,
        stacklevel=3,
    )
    return content, done


def _is_number(value, lowest, end):
    """Whether this is a number from the lowest to before the end."""
    return isinstance(value, Real) and not isinstance(value, bool) and lowest <= value < end


def _check_path(path):
    path = Path(path)
    if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise ValueError(
            "The 'path' parameter of deploy.export must be a file in a folder that can be written"
            f" to. Got {str(path)!r} instead."
        )
    return path


def _check_fitted(estimator):
    if not hasattr(estimator, "predict"):
        raise TypeError(
            f"deploy.export is not compatible with {type(estimator).__name__}: it needs"
            f" 'predict'; {type(estimator).__name__} has none."
        )
    if getattr(estimator, "initialized_", True) is False:
        raise NotFittedError(f"This {type(estimator).__name__} instance is not fitted yet.")
    check_is_fitted(estimator)
    check_kind(estimator, "deploy.export")


def _check_sample(estimator, X):
    if not is_dataframe(X):
        X = check_array(X, accept_sparse="csr", dtype=None, ensure_all_finite=False)
    elif X.shape[0] == 0:
        check_array(np.empty(X.shape))
    expected = getattr(estimator, "n_features_in_", X.shape[1])
    if X.shape[1] != expected:
        raise ValueError(
            f"The 'X_sample' parameter of deploy.export must have {expected} columns, as the"
            f" estimator was fitted on. Got {X.shape[1]} instead."
        )
    return X


class _Said:
    """What the estimator itself says of the sample rows."""

    def __init__(self, estimator, X):
        self.estimator, self.X = estimator, X
        self.is_classifier = is_classifier(estimator)
        self.label = np.asarray(estimator.predict(X))
        self.has_proba = self.is_classifier and hasattr(estimator, "predict_proba")
        self.numbers = self._numbers(X)
        several = self.is_classifier and self.label.shape[1:] not in ((), (1,))
        if isinstance(self.numbers, list) or several:
            raise TypeError(
                f"deploy.export is not compatible with {type(estimator).__name__}: it needs one"
                " target; this one has several. Use one model for each instead."
            )
        if self.is_classifier:
            self.label = self.label.ravel()  # of some models a column

    def _numbers(self, X):
        if self.has_proba:
            return self.estimator.predict_proba(X)
        return None if self.is_classifier else self.estimator.predict(X)

    def difference(self, label, numbers, own=None):
        """Largest difference of each row from what the estimator says (of other rows: own)."""
        own = self.numbers if own is None else own
        if own is None:
            self._check_shape(label, self.label)
            return (label != self.label).astype(np.float64)
        self._check_shape(numbers, own)
        gap = np.abs(np.asarray(numbers, dtype=np.float64) - own).reshape(len(self.label), -1)
        if not self.is_classifier:
            spread = np.std(self.numbers, axis=0).reshape(-1)
            gap = gap / np.where(spread > 0, spread, 1.0)
        return np.where(np.isnan(gap), np.inf, gap).max(axis=1)

    def unexplained(self, chosen):
        """How far apart the probabilities of its class and of the one chosen by them are."""
        own, other = (
            (self.numbers * (label[:, None] == self.estimator.classes_)).sum(axis=1)
            for label in (self.label, chosen)
        )
        return np.abs(own - other)

    def _check_shape(self, found, own):
        if np.shape(found) != np.shape(own):
            raise TypeError(
                f"deploy.export is not compatible with {type(self.estimator).__name__}: it needs"
                f" predictions of shape {np.shape(own)}, as the model gives them; its ONNX"
                f" converter gives {np.shape(found)}. Use deploy.distill instead."
            )

    def of_rounded(self):
        """What the estimator says of the rows rounded to float32."""
        columns = Columns(self.X)
        if columns.is_wide:
            return self._numbers(self.X.astype(np.float32).astype(self.X.dtype))
        cells = columns.to_cells(self.X).astype(np.float32).astype(np.float64)
        return self._numbers(columns.to_table(cells))


def _content(graph, inner, graph_input, said, quantization):
    """The file: the graph, and in its metadata what is needed to use it."""
    names = [output.name for output in graph.graph.output]
    classes = np.asarray(getattr(said.estimator, "classes_", [])) if said.is_classifier else []
    outputs = {"label": None, "proba": None, "value": None}
    if not said.is_classifier:
        outputs["value"] = names[0]
    else:
        outputs["label"] = names[0] if len(names) > 1 else None
        outputs["proba"] = names[-1] if said.has_proba else None
    described = {
        "estimator": type(_last_step(inner)).__name__,
        "task": "classification" if said.is_classifier else "regression",
        "classes": classes.tolist() if said.is_classifier else None,
        "classes_dtype": classes.dtype.str if said.is_classifier else None,
        "input": vars(graph_input),
        "outputs": outputs,
        "threshold": _threshold(_last_step(inner)),
        "is_flat": said.label.ndim == 1,
        "quantization": quantization,
    }
    del graph.metadata_props[:]
    graph.doc_string = graph.graph.doc_string = ""
    graph.metadata_props.add(key=KEY, value=json.dumps(described))
    return graph.SerializeToString()


def _last_step(estimator):
    steps = pipeline_steps(estimator)
    return steps[-1][1] if steps else estimator


def _threshold(estimator):
    """Of a binary net: what a probability must be above for the second class."""
    threshold = getattr(estimator, "threshold", None) if is_net(estimator) else None
    return None if threshold is None else float(threshold)


def _compare(said, content, path, tolerance, quantization):
    model = _opened(content, said)
    label = model.predict(said.X)
    numbers = model.predict_proba(said.X) if said.has_proba else label
    difference = said.difference(label, numbers)
    changed = np.flatnonzero(label != said.label) if said.is_classifier else np.array([], int)
    far = difference > tolerance
    rounded = np.zeros(len(far), dtype=bool)
    if far.any() and said.numbers is not None:
        rounded = far & (said.difference(label, numbers, said.of_rounded()) <= tolerance)
    if said.has_proba:
        unexplained = said.unexplained(model._choose(said.numbers))
        difference[changed] = np.maximum(difference[changed], unexplained[changed])
    return ExportReport(
        str(path), len(content), len(far), difference, changed, np.flatnonzero(rounded),
        quantization,
    )  # fmt: skip


def _opened(content, said):
    """The model in the file, which onnxruntime may refuse: some converters err."""
    from onnxruntime.capi import onnxruntime_pybind11_state as runtime

    try:
        return from_bytes(content)
    except (runtime.Fail, runtime.InvalidGraph, runtime.NotImplemented) as error:
        raise TypeError(
            f"deploy.export is not compatible with {type(said.estimator).__name__}: it needs an"
            " ONNX converter; onnxruntime refuses what skl2onnx's writes. Use deploy.distill"
            " instead."
        ) from error


def _check_agreement(report, said, tolerance, allowed_share):
    far = report.difference > tolerance
    if far.mean() <= allowed_share:
        return
    name = type(said.estimator).__name__
    n_rounded = len(report.rounded_rows)
    why = f"{n_rounded} of them for their numbers are rounded to float32. " if n_rounded else ""
    enough = np.ceil(far.mean() * 100) / 100
    share = f", or allowed_share={enough:g}," if enough < 1 else ""
    raise TypeError(
        f"deploy.export is not compatible with {name}: it needs predictions within {tolerance:g}"
        f" of the model's own; {far.sum()} of {len(far)} rows of X_sample differ by more, row"
        f" {report.difference.argmax()} the most ({report.max_difference:.2g}). {why}"
        f"Use deploy.distill{share} instead."
    )


def _write(path, content):
    """All of the file or none of it."""
    handle, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(part, path)
    except BaseException:
        os.unlink(part)
        raise
