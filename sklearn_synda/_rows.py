"""The values that flow through the house.

:class:`TrainingSet` is what an estimator learns from, :class:`SyntheticBatch` what a
synthesizer makes and a labeler labels, :class:`Provenance` says of every training row where it
came from, and :class:`Pool` is what a query strategy looks at. All are frozen: a step of the
loop returns a new one.

Targets travel as integer codes of classes (-1: unlabelled) or as float values (NaN:
unlabelled); the dtype alone tells classification from regression.
"""

from dataclasses import dataclass, field, fields, replace
from functools import partial

import numpy as np

from sklearn_synda._optional import check_pandas_support
from sklearn_synda._tables import concatenate_rows, own_copy, row_subset
from sklearn_synda.exceptions import NotOffered

__all__ = [
    "UNLABELED_ROW",
    "Pool",
    "Provenance",
    "SyntheticBatch",
    "TrainingSet",
    "concatenate_rows",
    "is_classification",
    "own_copy",
    "row_subset",
]

UNLABELED_ROW = "unlabeled row"  # in the place of a synthesizer: a real row, labelled by a part
_NEGLIGIBLE = 0.02  # a class less likely than this gets no row of its own


def is_classification(y):
    """Whether targets are classes: float targets are values, all others name classes."""
    return np.asarray(y).dtype.kind != "f"


@dataclass(frozen=True)
class Provenance:
    """Where each training row comes from: one entry a row in every column.

    Attributes
    ----------
    round : int ndarray
        0 for a real row, ``k`` for a row made in round ``k``, -1 for one that an integrator
        rejected (its weight is 0, and the estimator did not see it).
    row : int ndarray
        Position of a real row in the ``X`` given to ``fit``, one without a label too, which
        stands in ``round`` 1 as the labelled row that a part made of it; -1 for a made row.
    parents : int ndarray of shape (n_rows, 2)
        Positions in ``X`` of the anchor and of the other row a synthetic row was made of;
        -1 where there is none.
    region : int ndarray
        Rank of the anchor in the round's query, 0 for the most useful; -1 for a real row.
    uncertainty : float ndarray
        Uncertainty of the anchor under the plain model; NaN for a real row.
    synthesizer, label_source : object ndarray of str
        Which part made the row, and which labelled it ("given" for a real row).
    trust : float ndarray
        Trust in the label, in [0, 1].
    weight : float ndarray
        Weight of the row in the training of the estimator, before what one that balances the
        classes by itself makes of it.
    """

    round: np.ndarray
    row: np.ndarray
    parents: np.ndarray
    region: np.ndarray
    uncertainty: np.ndarray
    synthesizer: np.ndarray
    label_source: np.ndarray
    trust: np.ndarray
    weight: np.ndarray

    def __len__(self):
        return len(self.round)

    @classmethod
    def real(cls, row, weight):
        """Provenance of real rows at positions ``row``."""
        n = len(row)
        return cls(
            round=np.zeros(n, dtype=np.intp),
            row=np.asarray(row, dtype=np.intp),
            parents=np.full((n, 2), -1, dtype=np.intp),
            region=np.full(n, -1, dtype=np.intp),
            uncertainty=np.full(n, np.nan),
            synthesizer=np.full(n, "", dtype=object),
            label_source=np.full(n, "given", dtype=object),
            trust=np.ones(n),
            weight=np.asarray(weight, dtype=np.float64),
        )

    @property
    def is_made(self):
        """Mask of the rows that a synthesizer made and the estimator saw."""
        return (self.round > 0) & (self.synthesizer != UNLABELED_ROW)

    def take(self, indices):
        """The entries at ``indices``."""
        return Provenance(**{f.name: getattr(self, f.name)[indices] for f in fields(self)})

    def extend(self, other):
        """These entries, then those of ``other``."""
        return Provenance(
            **{
                f.name: np.concatenate([getattr(self, f.name), getattr(other, f.name)])
                for f in fields(self)
            }
        )

    def to_frame(self):
        """A pandas DataFrame, one row a training row; ``parents`` become two columns."""
        check_pandas_support("Provenance.to_frame")
        import pandas as pd

        columns = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "parents"}
        frame = pd.DataFrame(columns)
        frame.insert(2, "anchor", self.parents[:, 0])
        frame.insert(3, "partner", self.parents[:, 1])
        return frame


@dataclass(frozen=True)
class SyntheticBatch:
    """Rows a synthesizer made; a labeler adds what it knows of their targets.

    Attributes
    ----------
    X : {ndarray, sparse matrix, DataFrame} of shape (n_rows, n_features)
        The rows, in the container of the real ones.
    parents : int ndarray of shape (n_rows, 2)
        Anchor and partner of each row, positions in the rows the synthesizer was fitted on;
        -1 for no partner.
    closeness : float ndarray of shape (n_rows,)
        Share of a row that comes from its anchor, in [0, 1].
    y : ndarray of shape (n_rows,) or None
        Class or value, once labelled.
    proba : float ndarray of shape (n_rows, n_classes) or None
        Class probabilities, columns in the order of ``classes``.
    classes : ndarray of shape (n_classes,) or None
        The classes of the columns of ``proba``.
    trust : float ndarray of shape (n_rows,) or None
        Trust in the label, in [0, 1].
    region, uncertainty : ndarray of shape (n_rows,) or None
        Rank and uncertainty of the anchor, set by the loop.
    synthesizer, label_source : str
        Names of the parts.
    """

    X: object
    parents: np.ndarray
    closeness: np.ndarray
    y: np.ndarray | None = None
    proba: np.ndarray | None = None
    classes: np.ndarray | None = None
    trust: np.ndarray | None = None
    region: np.ndarray | None = None
    uncertainty: np.ndarray | None = None
    synthesizer: str = ""
    label_source: str = ""

    def __len__(self):
        return len(self.parents)

    def label(self, *, label_source, y=None, proba=None, classes=None, trust=None):
        """This batch with targets; ``proba`` alone gives ``y`` its likeliest class."""
        classes = None if classes is None else np.asarray(classes)
        if y is None:
            y = classes[np.argmax(proba, axis=1)]
        trust = np.ones(len(self)) if trust is None else np.clip(trust, 0.0, 1.0)
        return replace(
            self, y=y, proba=proba, classes=classes, trust=trust, label_source=label_source
        )

    def within(self, y):
        """No value outside the range of the real ones, ``y``, which a model may be unable to learn.

        Counts stay without a sign. Classes are left as they are.
        """
        if is_classification(y):
            return self
        return replace(self, y=np.clip(self.y, y.min(), y.max()))

    def take(self, indices):
        """The rows at ``indices``."""
        changes = {"X": row_subset(self.X, indices)}
        for name in ("parents", "closeness", "y", "proba", "trust", "region", "uncertainty"):
            value = getattr(self, name)
            changes[name] = None if value is None else value[indices]
        return replace(self, **changes)

    def extend(self, other):
        """These rows, then the rows of ``other`` (neither labelled yet)."""
        return replace(
            self,
            X=concatenate_rows([self.X, other.X]),
            parents=np.concatenate([self.parents, other.parents]),
            closeness=np.concatenate([self.closeness, other.closeness]),
        )


@dataclass(frozen=True)
class TrainingSet:
    """What an estimator learns from: rows, targets, weights, and where each row is from.

    Attributes
    ----------
    X : {ndarray, sparse matrix, DataFrame} of shape (n_rows, n_features)
        Rows, in the container of the user.
    y : ndarray of shape (n_rows,)
        Class codes (integers) or values (floats).
    sample_weight : float ndarray of shape (n_rows,)
        Weight of each row.
    provenance : Provenance
        Where each row comes from, rejected rows last.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_synda.utils import SyntheticBatch, TrainingSet
    >>> train = TrainingSet.real(np.array([[0.0], [1.0]]), np.array([0, 1]))
    >>> batch = SyntheticBatch(
    ...     X=np.array([[0.5]]), parents=np.array([[0, 1]]), closeness=np.array([0.5])
    ... ).label(label_source="doc", proba=np.array([[0.3, 0.7]]), classes=np.array([0, 1]))
    >>> train = train.extend(batch, weight=np.array([1.0]), iteration=1)
    >>> train.y, train.sample_weight
    (array([0, 1, 0, 1]), array([1. , 1. , 0.3, 0.7]))
    """

    X: object
    y: np.ndarray
    sample_weight: np.ndarray
    provenance: Provenance
    rejected: Provenance | None = field(default=None)

    @classmethod
    def real(cls, X, y, sample_weight=None, row=None):
        """Real rows; ``row`` are their positions in the table they come from."""
        weight = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight, float)
        row = np.arange(len(y)) if row is None else row
        return cls(X, np.asarray(y), weight, Provenance.real(row, weight))

    @property
    def is_synthetic(self):
        """Mask of the rows that were made, or labelled, by a part."""
        return self.provenance.round > 0

    @property
    def is_made(self):
        """Mask of the rows that a synthesizer made."""
        return self.provenance.is_made

    @property
    def origin(self):
        """Provenance of all rows, the rejected ones last."""
        return self.provenance if self.rejected is None else self.provenance.extend(self.rejected)

    def reweight(self, sample_weight):
        """The same rows with other weights."""
        weight = np.asarray(sample_weight, dtype=np.float64)
        return replace(
            self, sample_weight=weight, provenance=replace(self.provenance, weight=weight)
        )

    def extend(self, batch, *, weight, iteration):
        """Join a labelled batch below these rows.

        A row of weight 0 is rejected: it is kept in the provenance, not in the rows. A row
        with class probabilities enters as one weighted row a class (negligible ones left
        out), so that soft labels reach any estimator.
        """
        weight = np.asarray(weight, dtype=np.float64)
        kept = weight > 0
        rejected = _batch_provenance(batch, np.zeros(len(batch)), -1).take(~kept)
        if self.rejected is not None:
            rejected = self.rejected.extend(rejected)
        rows, y, share = _hard_rows(batch, np.flatnonzero(kept))
        provenance = _batch_provenance(batch, weight, iteration).take(rows)
        provenance = replace(provenance, weight=provenance.weight * share)
        return TrainingSet(
            X=concatenate_rows([self.X, row_subset(batch.X, rows)]),
            y=np.concatenate([self.y, y.astype(self.y.dtype, copy=False)]),
            sample_weight=np.concatenate([self.sample_weight, weight[rows] * share]),
            provenance=self.provenance.extend(provenance),
            rejected=rejected if len(rejected) else None,
        )


def _hard_rows(batch, kept):
    """Rows, targets and shares of weight: a soft label is spread over its likely classes."""
    if batch.proba is None:
        return kept, batch.y[kept], np.ones(len(kept))
    proba = batch.proba[kept]
    likeliest = proba.max(axis=1, keepdims=True)  # below that limit, too, of many classes
    proba = np.where(proba < np.minimum(_NEGLIGIBLE, likeliest), 0.0, proba)
    proba = proba / proba.sum(axis=1, keepdims=True)
    row, column = np.nonzero(proba)
    return kept[row], batch.classes[column], proba[row, column]


def _batch_provenance(batch, weight, iteration):
    n, is_real = len(batch), batch.synthesizer == UNLABELED_ROW
    blank = np.full(n, np.nan)
    return Provenance(
        round=np.full(n, iteration, dtype=np.intp),
        row=batch.parents[:, 0] if is_real else np.full(n, -1, dtype=np.intp),
        parents=batch.parents,
        region=np.full(n, -1, dtype=np.intp) if batch.region is None else batch.region,
        uncertainty=blank if batch.uncertainty is None else batch.uncertainty,
        synthesizer=np.resize(np.asarray(batch.synthesizer, dtype=object), n),
        label_source=np.full(n, batch.label_source, dtype=object),
        trust=np.ones(n) if batch.trust is None else batch.trust,
        weight=np.asarray(weight, dtype=np.float64),
    )


class Pool:
    """Candidate rows under a fitted model: a lazy view, each array computed at most once.

    Parameters
    ----------
    X : {ndarray, sparse matrix, DataFrame} of shape (n_samples, n_features)
        The candidate rows.
    proba, members, utilities, embedding, prediction : callable
        Called without arguments when the attribute of that name is first read.
    X_labeled, y_labeled, sample_weight_labeled : optional
        The labelled rows the model was fitted on, with their targets and weights (None: none
        were given).
    embedding_labeled : callable, optional
        The labelled rows in the embedding of the pool.
    estimator : estimator object, optional
        The model; strategies that fit it anew fit a clone.
    sensitive_features : callable, optional
        Called without arguments, as those above.
    of_rows : dict of callables, optional
        Any of ``proba``, ``members``, ``utilities`` and ``prediction`` as functions of rows, in
        the place of those above: a part of the pool then asks for its own rows only.

    Attributes
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Class probabilities.
    members : ndarray of shape (n_members, n_samples, n_classes) or (n_members, n_samples)
        What each member of a committee predicts.
    utilities : ndarray of shape (n_samples,)
        Larger = more worth asking.
    embedding : ndarray of shape (n_samples, n_dimensions)
        Rows as points in which distance means something.
    prediction : ndarray of shape (n_samples,)
        Classes or values the model predicts.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_features)
        The group of each row.
    """

    def __init__(self, X, *, proba=None, members=None, utilities=None, embedding=None,
                 prediction=None, X_labeled=None, y_labeled=None, embedding_labeled=None,
                 sample_weight_labeled=None, estimator=None, sensitive_features=None,
                 of_rows=None):  # fmt: skip
        self.X = X
        self.X_labeled = X_labeled
        self.y_labeled = y_labeled
        self.sample_weight_labeled = sample_weight_labeled
        self.estimator = estimator
        self._of_rows = of_rows or {}
        self._sources = {
            "proba": proba,
            "members": members,
            "utilities": utilities,
            "embedding": embedding,
            "prediction": prediction,
            "embedding_labeled": embedding_labeled,
            "sensitive_features": sensitive_features,
            **{name: partial(function, X) for name, function in self._of_rows.items()},
        }

    def __len__(self):
        return self.X.shape[0]

    def take(self, indices):
        """The rows at ``indices`` as a pool of their own, as lazy as this one.

        A function of rows is asked for these rows only. Of any other array, and of what this
        pool has computed, the part is cut out.
        """
        of_rows = {n: f for n, f in self._of_rows.items() if n not in self.__dict__}
        parts = {
            name: partial(self._cut, name, indices)
            for name in self._sources.keys() - of_rows.keys() - {"embedding_labeled"}
            if self._sources[name] is not None
        }
        return Pool(
            row_subset(self.X, indices),
            X_labeled=self.X_labeled,
            y_labeled=self.y_labeled,
            sample_weight_labeled=self.sample_weight_labeled,
            embedding_labeled=lambda: self.embedding_labeled,
            estimator=self.estimator,
            of_rows=of_rows,
            **parts,
        )

    def _cut(self, name, indices):
        whole = getattr(self, name)
        whole = np.asarray(whole, dtype=object if name == "sensitive_features" else None)
        return whole[:, indices] if name == "members" else whole[indices]

    def __getattr__(self, name):
        """An array that is read for the first time."""
        sources = self.__dict__.get("_sources", {})
        if name not in sources:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        if sources[name] is None:
            raise NotOffered(f"This pool has no {name!r}: the parts in use do not offer it.")
        self.__dict__[name] = sources[name]()
        return self.__dict__[name]
