"""A small model that answers as a large one does."""

from dataclasses import dataclass

import numpy as np
from sklearn.base import is_classifier
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import check_is_fitted

from sklearn_synda._columns import Columns, is_dataframe
from sklearn_synda._fitting import fit_estimator, seed_estimator
from sklearn_synda._nets import torch_seed
from sklearn_synda._rows import concatenate_rows, row_subset
from sklearn_synda.deploy._kind import check_kind
from sklearn_synda.synthesis import MixingSynthesizer

__all__ = ["Distillation", "distill"]

_NEGLIGIBLE = 0.02  # classes less likely than this are not worth a row


@dataclass(frozen=True)
class Distillation:
    """A student, and how well one like it answers for rows neither it nor a made row has met.

    Parameters
    ----------
    estimator : estimator object
        The student, fitted on all rows.
    agreement : float
        Share of held-out rows with the teacher's class; R2 of the teacher's values for a
        regressor.
    difference : float
        Mean over held-out rows of the largest difference in probability, or of the absolute
        difference in standard deviations of the teacher's values.
    n_held_out : int
        Rows held out.
    n_made : int
        Made rows the student learnt from.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn_synda.deploy import Distillation
    >>> print(Distillation(DummyClassifier(), 0.97, 0.021, 50, 2000))
    DummyClassifier: agreement 0.970, mean difference 0.021 on 50 held-out rows
    """

    estimator: object
    agreement: float
    difference: float
    n_held_out: int
    n_made: int

    def __str__(self):
        return (
            f"{type(self.estimator).__name__}: agreement {self.agreement:.3f}, mean difference"
            f" {self.difference:.3f} on {self.n_held_out} held-out rows"
        )


def distill(estimator, X, *, student=None, synthesizer=None, n_made=2000, test_size=0.25,
            random_state=None):  # fmt: skip
    """Teach a small model the answers of a large one.

    The student learns the class probabilities (as weighted rows) or values that the fitted
    estimator gives for real rows, for rows made from them, and for its ``synthetic_X_`` if it
    has some. No targets are needed. It can only be as good as its teacher: where the student
    could learn the task from the labels themselves, compare with that.

    Parameters
    ----------
    estimator : estimator object
        The fitted teacher.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Real rows, labelled or not; at least 8.
    student : estimator object, default=None
        Unfitted. None is histogram gradient boosting with 30 rounds of at most 15 leaves,
        behind a one-hot encoding of the categories.
    synthesizer : synthesizer, default=None
        Makes rows. None is :class:`~sklearn_synda.synthesis.MixingSynthesizer`.
    n_made : int, default=2000
        Rows to make; 0 for none.
    test_size : float, default=0.25
        Share of the rows held out to measure the agreement; the student is then fitted anew
        with them.
    random_state : int, RandomState instance or None, default=None
        Seed.

    Returns
    -------
    distillation : Distillation
        The fitted student as ``estimator``, and its agreement with the teacher.

    References
    ----------
    Bucila, Caruana & Niculescu-Mizil (2006), :doi:`10.1145/1150402.1150464`. Hinton, Vinyals &
    Dean (2015), :arxiv:`1503.02531`.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn_synda import deploy
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> forest = RandomForestClassifier(random_state=0).fit(X[:200], y[:200])
    >>> found = deploy.distill(forest, X[200:], n_made=500, random_state=0)
    >>> found.agreement > 0.9, found.estimator.predict(X[:2])
    (True, array([0, 0]))
    """
    check_is_fitted(estimator)
    check_kind(estimator, "deploy.distill")
    X = _check_rows(X, n_made, test_size)
    rng = check_random_state(random_state)
    rng = np.random.RandomState(rng.randint(2**31 - 1))
    student = _default_student(estimator, X) if student is None else student
    student = seed_estimator(student, rng)
    maker = MixingSynthesizer() if synthesizer is None else seed_estimator(synthesizer, rng)
    order = rng.permutation(X.shape[0])
    n_held_out = max(round(test_size * len(order)), 2)
    held_out, rest = row_subset(X, order[:n_held_out]), row_subset(X, order[n_held_out:])
    judged = _taught(student, estimator, _with_made(rest, maker, estimator, n_made, rng), rng)
    rows = _with_made(X, maker, estimator, n_made, rng)
    own = getattr(estimator, "synthetic_X_", None)
    n_own = 0 if own is None else own.shape[0]
    if n_own:
        rows = concatenate_rows([rows, own])
    return Distillation(
        _taught(student, estimator, rows, rng), *_fidelity(judged, estimator, held_out),
        n_held_out=n_held_out, n_made=n_made + n_own,
    )  # fmt: skip


def _check_rows(X, n_made, test_size):
    if not is_dataframe(X):
        X = check_array(X, accept_sparse="csr", dtype=None, ensure_all_finite=False)
    if X.shape[0] < 8:
        raise ValueError(
            f"The 'X' parameter of deploy.distill must have at least 8 rows. Got {X.shape[0]}"
            " instead."
        )
    if not 0 < test_size < 1:
        raise ValueError(
            "The 'test_size' parameter of deploy.distill must be between 0 and 1. Got"
            f" {test_size!r} instead."
        )
    if n_made < 0:
        raise ValueError(
            f"The 'n_made' parameter of deploy.distill must be at least 0. Got {n_made!r} instead."
        )
    return X


def _default_student(teacher, X):
    kind = HistGradientBoostingRegressor
    if is_classifier(teacher):
        kind = HistGradientBoostingClassifier
    trees = kind(max_iter=30, max_leaf_nodes=15, learning_rate=0.2, early_stopping=False,
                 categorical_features=None)  # fmt: skip
    is_name = Columns(X).is_categorical
    if not is_name.any():
        return trees
    names = np.flatnonzero(is_name)
    names = [X.columns[j] for j in names] if is_dataframe(X) else names.tolist()
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return make_pipeline(
        ColumnTransformer([("names", one_hot, names)], remainder="passthrough"), trees
    )


def _answers(teacher, X):
    """Class probabilities, of 0 and 1 where the teacher only votes; or values."""
    with torch_seed(teacher, np.random.RandomState(0)):
        if not is_classifier(teacher):
            return np.asarray(teacher.predict(X), dtype=np.float64)
        if hasattr(teacher, "predict_proba"):
            return np.asarray(teacher.predict_proba(X), dtype=np.float64)
        return (np.asarray(teacher.predict(X))[:, None] == teacher.classes_).astype(np.float64)


def _with_made(X, maker, teacher, n_made, rng):
    """Rows, and rows made around them in equal shares."""
    if n_made == 0:
        return X
    answers = _answers(teacher, X)
    y = answers.argmax(axis=1) if is_classifier(teacher) else answers
    anchors = rng.permutation(np.resize(np.arange(X.shape[0]), n_made))
    return concatenate_rows([X, maker.fit(X, y).sample(anchors, random_state=rng).X])


def _taught(student, teacher, X, rng):
    """The student, fitted on what the teacher says of rows."""
    answers = _answers(teacher, X)
    if not is_classifier(teacher):
        with torch_seed(student, rng):
            return fit_estimator(student, X, answers, None, rng, caller="deploy.distill")
    likely = answers >= _NEGLIGIBLE
    most = answers.argmax(axis=0)  # every class keeps the row that is likeliest of it
    likely[most, np.arange(answers.shape[1])] = True
    row, column = np.nonzero(likely)
    weight = np.maximum(answers[row, column], 1e-6)
    with torch_seed(student, rng):
        return fit_estimator(
            student, row_subset(X, row), np.asarray(teacher.classes_)[column], weight, rng,
            caller="deploy.distill",
        )  # fmt: skip


def _fidelity(student, teacher, X):
    said, own = _answers(student, X), _answers(teacher, X)
    if is_classifier(teacher):
        same = said.argmax(axis=1) == own.argmax(axis=1)
        return float(same.mean()), float(np.abs(said - own).max(axis=1).mean())
    spread = own.std() or 1.0
    residual = np.abs(said - own) / spread
    return float(1 - (residual**2).mean()), float(residual.mean())
