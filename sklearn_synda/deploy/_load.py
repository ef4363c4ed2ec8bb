"""An exported model, ready to predict."""

import json
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_array
from sklearn.utils.metaestimators import available_if

from sklearn_synda._columns import is_dataframe
from sklearn_synda._optional import check_onnx_support
from sklearn_synda.deploy._graph_input import GraphInput

__all__ = ["DeployedClassifier", "DeployedRegressor", "load"]

KEY = "sklearn_synda"  # of the description in the metadata of the file


def load(path):
    """Load an exported model.

    The file holds a graph and a description in JSON; nothing in it is executed as Python. What
    comes back has ``predict`` and, where the exported model had it, ``predict_proba``; it takes
    the same tables (ndarray, sparse, pandas, polars), and can be pickled and scored.

    Parameters
    ----------
    path : str or Path
        A file that :func:`export` wrote.

    Returns
    -------
    model : DeployedClassifier or DeployedRegressor

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn_synda import deploy
    >>> X, y = load_iris(return_X_y=True)
    >>> path = pathlib.Path(tempfile.mkdtemp(), "iris.onnx")
    >>> model = LogisticRegression(max_iter=500).fit(X, y)
    >>> _ = deploy.export(model, path, X)
    >>> deploy.load(path).predict(X[:3])
    array([0, 0, 0])
    """
    check_onnx_support("deploy.load")
    if not Path(path).is_file():
        raise ValueError(
            "The 'path' parameter of deploy.load must be a file that deploy.export wrote. Got"
            f" {str(path)!r} instead, where there is none."
        )
    return from_bytes(Path(path).read_bytes(), str(path))


def from_bytes(content, name="bytes"):
    """The model in the content of a file."""
    import onnxruntime

    try:
        found = onnxruntime.InferenceSession(
            content, _session_options(), providers=["CPUExecutionProvider"]
        )
        described = json.loads(found.get_modelmeta().custom_metadata_map[KEY])
    except (KeyError, RuntimeError, onnxruntime.capi.onnxruntime_pybind11_state.InvalidProtobuf):
        raise ValueError(
            "The 'path' parameter of deploy.load must be a file that deploy.export wrote. Got"
            f" {name!r} instead, which is another kind of file."
        ) from None
    kind = DeployedClassifier if described["task"] == "classification" else DeployedRegressor
    return kind(content)


class _Deployed(BaseEstimator):
    """A graph under onnxruntime, on one thread: a table is too small to share."""

    def __init__(self, content):
        self.content = content

    @property
    def _state(self):
        state = self.__dict__.get("_opened")
        if state is None:
            state = self.__dict__["_opened"] = _open(self.content)
        return state

    @property
    def n_features_in_(self):
        """Number of columns."""
        return self._state[2].n_features

    @property
    def feature_names_in_(self):
        """Names of the columns, where the exported model had seen some."""
        names = self._state[2].names
        if names is None:
            raise AttributeError(f"This {type(self).__name__} has seen no names of columns.")
        return np.array(names, dtype=object)

    def _run(self, role, X):
        session, described, graph_input = self._state
        X = self._check_rows(X)
        if X.shape[0] == 0:
            check_array(np.empty(X.shape))
        names = [given.name for given in session.get_inputs()]
        return session.run([described["outputs"][role]], graph_input.feed(X, names))[0]

    def _check_rows(self, X):
        if not is_dataframe(X):
            X = check_array(X, accept_sparse="csr", dtype=None, ensure_all_finite=False)
        if X.shape[1] != self.n_features_in_:
            raise ValueError(
                f"The 'X' parameter of {type(self).__name__}.predict must have"
                f" {self.n_features_in_} columns. Got {X.shape[1]} instead."
            )
        names = self._state[2].names
        if names is not None and is_dataframe(X) and list(map(str, X.columns)) != names:
            raise ValueError(
                f"The 'X' parameter of {type(self).__name__}.predict must have the columns"
                f" {names}. Got {list(X.columns)} instead."
            )
        return X

    def __sklearn_is_fitted__(self):
        return True

    def __getstate__(self):
        return {"content": self.content}

    def __repr__(self, N_CHAR_MAX=700):
        described = self._state[1]
        return f"{type(self).__name__}({described['estimator']}, {len(self.content)} bytes)"


class DeployedClassifier(ClassifierMixin, _Deployed):
    """A classifier from a file; :func:`load` makes it.

    It predicts and has no ``fit``: not for a pipeline that is to be fitted again.

    Parameters
    ----------
    content : bytes
        The content of the file.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes, as the exported model has them.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, where the exported model had seen some.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_synda import deploy
    >>> X, y = load_iris(return_X_y=True)
    >>> path = pathlib.Path(tempfile.mkdtemp(), "iris.onnx")
    >>> _ = deploy.export(DecisionTreeClassifier(max_depth=2, random_state=0).fit(X, y), path, X)
    >>> model = deploy.DeployedClassifier(path.read_bytes())
    >>> model.classes_, model.predict_proba(X[:1])
    (array([0, 1, 2]), array([[1., 0., 0.]], dtype=float32))
    """

    @property
    def classes_(self):  # noqa: D102
        described = self._state[1]
        return np.array(described["classes"], dtype=described["classes_dtype"])

    def predict(self, X):
        """Classes of rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : ndarray of shape (n_samples,)
        """
        if self._state[1]["outputs"]["label"] is None:
            return self._choose(self._run("proba", X))
        label = np.asarray(self._run("label", X)).reshape(-1)  # some converters give a column
        return label.astype(self.classes_.dtype)

    def _choose(self, proba):
        """Classes by their probabilities."""
        threshold = self._state[1].get("threshold")
        if threshold is None:
            return self.classes_[np.argmax(proba, axis=1)]
        return self.classes_[(proba[:, 1] > threshold).astype(int)]

    @available_if(lambda self: self._state[1]["outputs"]["proba"] is not None)
    def predict_proba(self, X):
        """Class probabilities of rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        proba : float32 ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``.
        """
        return self._run("proba", X)


class DeployedRegressor(RegressorMixin, _Deployed):
    """A regressor from a file; :func:`load` makes it.

    It predicts and has no ``fit``: not for a pipeline that is to be fitted again.

    Parameters
    ----------
    content : bytes
        The content of the file.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, where the exported model had seen some.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn_synda import deploy
    >>> X, y = load_diabetes(return_X_y=True)
    >>> path = pathlib.Path(tempfile.mkdtemp(), "diabetes.onnx")
    >>> _ = deploy.export(Ridge().fit(X, y), path, X)
    >>> deploy.DeployedRegressor(path.read_bytes()).predict(X[:2]).round()
    array([183.,  91.], dtype=float32)
    """

    def predict(self, X):
        """Values of rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : float32 ndarray of shape (n_samples,) or (n_samples, n_outputs)
        """
        value = self._run("value", X)
        return value.ravel() if self._state[1]["is_flat"] else value.reshape(len(value), -1)


def _session_options():
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # weights become float32 again once, when the file is opened, not in every call
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    return options


def _open(content):
    import onnxruntime

    session = onnxruntime.InferenceSession(
        content, _session_options(), providers=["CPUExecutionProvider"]
    )
    described = json.loads(session.get_modelmeta().custom_metadata_map[KEY])
    return session, described, GraphInput(**described["input"])
