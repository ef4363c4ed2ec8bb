"""The course of one table through the rounds: the whole table's, or a validation fold's.

A course knows its rows and its own copies of the parts, and nothing of any other course, so
that what a fold is judged on cannot leak into what is judged.
"""

from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import has_fit_parameter

from sklearn_synda._active_synthesis._dispute import most_disputed
from sklearn_synda._active_synthesis._guide import Guide
from sklearn_synda._aim import with_quantile
from sklearn_synda._class_balance import class_factors, keep_class_balance
from sklearn_synda._columns import encode_table
from sklearn_synda._fitting import fit_estimator, seed_estimator, take_metadata
from sklearn_synda._labels import class_probabilities
from sklearn_synda._nets import torch_seed
from sklearn_synda._rows import (
    UNLABELED_ROW,
    Pool,
    Provenance,
    SyntheticBatch,
    TrainingSet,
    concatenate_rows,
    own_copy,
    row_subset,
)
from sklearn_synda._tables import are_whole
from sklearn_synda.uncertainty._out_of_fold import fill_unknown, out_of_fold

__all__ = ["Course", "Parts", "Table", "told_of", "with_estimator"]

_MAX_REPEATED = 20  # rows by weight, per row, for a model that takes no weights
_MAX_ADOPTED = 5  # unlabelled rows labelled and learnt from, per labelled row


@dataclass(frozen=True)
class Parts:
    """The parts of one meta-estimator, checked and unfitted; the estimator is seeded."""

    estimator: object
    uncertainty: object
    query_strategy: object
    synthesizer: object
    labeler: object
    integrator: object
    caller: str = ""
    guide_has_model: bool = False  # the uncertainty part has a model of its own, not the user's
    is_seeded: bool = False  # by the user; a net draws from torch's own streams without

    def others(self):
        """What works beside the estimator."""
        return (self.uncertainty, self.query_strategy, self.synthesizer, self.labeler,
                self.integrator)  # fmt: skip


@dataclass(frozen=True)
class Table:
    """Real rows: labelled ones with class codes or values, then unlabelled ones.

    ``row`` and ``unlabeled_row`` are positions in the table of the user, which has ``n_samples``
    rows; ``weighted`` says whether weights were given; ``metadata`` are further arguments of
    the estimator's fit; ``groups`` and ``unlabeled_groups`` say which rows belong together;
    ``column`` is the dtype of values that a net wants in one column; ``quantile`` is the one of
    the values that the estimator aims at, None for their mean.
    """

    X: object
    y: np.ndarray
    sample_weight: np.ndarray
    row: np.ndarray
    X_unlabeled: object
    unlabeled_row: np.ndarray
    classes: np.ndarray | None
    n_samples: int
    unlabeled_weight: np.ndarray | None = None
    weighted: bool = False
    metadata: dict | None = None
    groups: np.ndarray | None = None
    unlabeled_groups: np.ndarray | None = None
    column: np.dtype | None = None
    quantile: float | None = None

    def take(self, positions):
        """These labelled rows, with all unlabelled ones but those of a group left out."""
        table = replace(
            self,
            X=row_subset(self.X, positions),
            y=self.y[positions],
            sample_weight=self.sample_weight[positions],
            row=self.row[positions],
        )
        if self.groups is None:
            return table
        left_out = np.setdiff1d(self.groups, self.groups[positions])
        unlabeled = np.flatnonzero(~np.isin(self.unlabeled_groups, left_out))
        return replace(table, groups=self.groups[positions]).take_unlabeled(unlabeled)

    def take_unlabeled(self, positions):
        """All labelled rows, with these unlabelled ones."""
        groups = self.unlabeled_groups
        return replace(
            self,
            X_unlabeled=row_subset(self.X_unlabeled, positions),
            unlabeled_row=self.unlabeled_row[positions],
            unlabeled_weight=self.unlabeled_weight[positions],
            unlabeled_groups=None if groups is None else groups[positions],
        )

    @cached_property
    def everything(self):
        """Labelled rows, then unlabelled ones."""
        return concatenate_rows([self.X, self.X_unlabeled])

    @property
    def n_labeled(self):
        return len(self.y)

    @property
    def given_weight(self):
        """Weights of the labelled rows, None where the user gave none."""
        return self.sample_weight if self.weighted else None

    def labels(self, y):
        """Targets as the user's estimator knows them."""
        return y if self.classes is None else self.classes[y]

    def targets(self, y):
        """The labels in the shape in which the user's estimator is fitted on them."""
        y = self.labels(y)
        return y if self.column is None else y[:, None].astype(self.column)

    def metadata_of(self, provenance):
        """Arguments with one entry a row follow the row; a made row takes its anchor's."""
        origin = np.where(provenance.row >= 0, provenance.row, provenance.parents[:, 0])
        return take_metadata(self.metadata or {}, origin, self.n_samples)

    def partial_labels(self):
        """Targets of all rows, -1 or NaN for the unlabelled ones."""
        blank = np.nan if self.classes is None else -1
        missing = np.full(len(self.unlabeled_row), blank, dtype=self.y.dtype)
        return np.concatenate([self.y, missing])


def told_of(error):
    """An error in words: not every one of them travels between processes."""
    return str(error) or type(error).__name__


def with_estimator(part, estimator):
    """A clone of a part that works on an estimator, with this one where it has none."""
    part = clone(part, safe=False)  # a copy of what has no parameters: it may keep what it learns
    if not hasattr(part, "get_params"):
        return part
    params = part.get_params(deep=False)
    if "estimator" in params and params["estimator"] is None:
        part.set_params(estimator=estimator)
    return part


class Course:
    """One walk: ``begin`` is round 0, ``advance`` one round more.

    Parameters
    ----------
    parts : Parts
        Cloned before they are fitted.
    table : Table
        The real rows this course may see.
    seed : int
        Everything random in it follows from this.

    Attributes
    ----------
    train : TrainingSet
        The rows the estimator of the last round was fitted on.
    estimator : fitted estimator
        The estimator of the last round.
    """

    def __init__(self, parts, table, seed):
        self.parts = parts
        self.table = table
        self.rng = np.random.RandomState(seed)

    def begin(self):
        """Round 0: the user's model on the real rows, as the user would fit it."""
        table = self.table
        self.train = TrainingSet.real(table.X, table.y, table.sample_weight, table.row)
        with self.torch_seed():
            self.estimator = self._fit(self.train)
        return self

    def torch_seed(self):
        """While a net of the user draws; nothing without one."""
        parts = self.parts
        return torch_seed(parts.estimator, self.rng if parts.is_seeded else None, parts.others())

    def _fit(self, train):
        return self._fit_of(train)()

    def _fit_of(self, train):
        """The fit of the user's estimator, all that is ours in it done."""
        table, is_real = self.table, ~train.is_synthetic
        weight, whole = train.sample_weight, False
        if not is_real.all():
            if table.classes is not None:
                weight = keep_class_balance(self.parts.estimator, weight, train.y, is_real)
        elif table.weighted:  # counts of rows, unless they would be too many
            whole = are_whole(weight)
        else:
            weight = None
        return partial(
            fit_estimator,
            self.parts.estimator,
            train.X,
            table.targets(train.y),
            weight,
            check_random_state(self.rng.randint(2**31 - 1)),
            metadata=table.metadata_of(train.provenance),
            unit=max(1.0, weight.mean() / _MAX_REPEATED) if whole else table.sample_weight.mean(),
            caller=self.parts.caller,
        )

    @cached_property
    def class_factors(self):
        """By what the user's estimator multiplies the weight of each class; None: by nothing."""
        return class_factors(self.parts.estimator, self.table.y, self.table.classes)

    def advance(self, rate, iteration):
        """One round: anchors, rows, labels, weights, and the estimator fitted anew.

        What the estimator raises on rows with made ones among them is returned in words, and the
        course stays where it was; None where all went well.
        """
        with self.torch_seed():
            if iteration == 1:
                self.fit_parts()
            train = self.extend(round(rate * self.table.n_labeled), iteration)
            if len(train.y) > len(self.train.y):
                fit = self._fit_of(train)
                try:
                    self.estimator = fit()
                except (Warning, MemoryError):  # the user wants it for an error; or a worse one
                    raise
                except Exception as error:  # noqa: BLE001 - the model fitted the real rows
                    weight = train.sample_weight
                    if not (np.isfinite(weight) & (weight >= 0)).all():  # a fault of the integrator
                        raise
                    return told_of(error)
            self.train = train
        return None

    def extend(self, n_rows, iteration):
        """The training set with ``n_rows`` made rows more."""
        train = self.train
        batches = [self._adopt()] if iteration == 1 and len(self.table.unlabeled_row) else []
        batches += self._make(n_rows) if n_rows else []
        for batch in batches:
            batch = self._in_user_positions(batch)
            train = self.integrator.integrate(train, batch, iteration=iteration)
            if batch.synthesizer == UNLABELED_ROW and self.table.weighted:
                train = self._weigh_adopted(train)
        return train

    def _weigh_adopted(self, train):
        """Adopted rows weigh in proportion to what the user gave them."""
        table = self.table
        given = np.ones(table.n_samples)
        given[table.unlabeled_row] = table.unlabeled_weight / table.sample_weight.mean()
        adopted = train.is_synthetic & ~train.is_made
        factor = np.where(adopted, given[train.provenance.parents[:, 0]], 1.0)
        return train.reweight(train.sample_weight * factor)

    def fit_parts(self):
        """What is learnt from the real rows alone is learnt once a course."""
        table, parts = self.table, self.parts
        self.uncertainty = seed_estimator(parts.uncertainty, self.rng)
        self.labeler = with_quantile(seed_estimator(parts.labeler, self.rng), table.quantile)
        of_rows = {"sample_weight": table.given_weight}
        if table.groups is not None and has_fit_parameter(self.labeler, "groups"):
            of_rows["groups"] = table.groups
        self.labeler.fit(table.X, table.y, **of_rows)
        self.synthesizer = seed_estimator(parts.synthesizer, self.rng)
        self.synthesizer.fit(table.everything, table.partial_labels())
        self.query_strategy = clone(parts.query_strategy, safe=False)
        self.integrator = clone(parts.integrator, safe=False)

    @cached_property
    def utilities(self):
        """Uncertainty of all real rows under the plain model, out of fold where labelled."""
        table = self.table
        given = table.X, table.targets(table.y), table.given_weight
        if table.groups is None:
            utilities = self.uncertainty.fit_predict_uncertainty(*given)
        else:  # parts cut rows one by one
            self.uncertainty.fit(*given)
            utilities = fill_unknown(self._by_groups("predict_uncertainty"))
        if len(table.unlabeled_row):
            new = self.uncertainty.predict_uncertainty(own_copy(table.X_unlabeled))
            utilities = np.concatenate([utilities, new])
        return np.asarray(utilities, dtype=np.float64)

    @cached_property
    def pool(self):
        """All real rows as candidates for anchors."""
        table = self.table
        has_members = hasattr(self.uncertainty, "fit_predict_members")
        members = self._out_of_fold_members if has_members else None
        return Pool(
            table.everything,
            utilities=lambda: self.utilities,
            proba=self._out_of_fold_proba if hasattr(self.estimator, "predict_proba") else None,
            members=members,
            prediction=self._out_of_fold_prediction,
            embedding=lambda: encode_table(table.everything),
            X_labeled=table.X,
            y_labeled=table.labels(table.y),
        )

    def _out_of_fold_proba(self):
        """Class probabilities of all real rows; equal ones where no fold could judge a row."""
        table = self.table

        def respond(fitted, rows):
            return class_probabilities(fitted, rows, table.classes)

        blank = np.full((table.n_labeled, len(table.classes)), 1 / len(table.classes))
        return self._out_of_fold(respond, blank)

    def _out_of_fold_prediction(self):
        """Predictions for all real rows; in sample where no fold could judge a row."""

        def respond(fitted, rows):
            return np.asarray(fitted.predict(own_copy(rows)))

        return self._out_of_fold(respond, respond(self.estimator, self.table.X))

    def _out_of_fold(self, respond, answers):
        """``respond(fitted, rows)`` for all real rows of a plain model that has not met them."""
        table = self.table
        for test, said in out_of_fold(
            self.parts.estimator, table.X, table.targets(table.y),
            lambda fitted, rows, _: respond(fitted, rows),
            n_splits=3, stratify=table.classes is not None, sample_weight=table.given_weight,
            metadata=table.metadata_of(Provenance.real(table.row, table.sample_weight)),
            random_state=self.rng.randint(2**31 - 1), groups=table.groups,
        ):  # fmt: skip
            answers[test] = said
        if len(table.unlabeled_row):
            answers = np.concatenate([answers, respond(self.estimator, table.X_unlabeled)])
        return answers

    def _out_of_fold_members(self):
        """What a committee says of all real rows, of each by members that have not met it."""
        table, part = self.table, clone(self.uncertainty)
        given = table.X, table.targets(table.y), table.given_weight
        if table.groups is None:
            members = part.fit_predict_members(*given)
        else:
            in_sample = part.fit(*given).predict_members(own_copy(table.X))
            members = self._by_groups("predict_members", in_sample)
        if len(table.unlabeled_row):
            members = np.concatenate(
                [members, part.predict_members(own_copy(table.X_unlabeled))], axis=1
            )
        return members

    def _by_groups(self, verb, in_sample=None):
        """What the uncertainty part says of labelled rows whose groups it has not met.

        Where no fold could judge a row: what it said ``in_sample``, NaN without.
        """
        table = self.table
        answers = np.full(table.n_labeled, np.nan) if in_sample is None else in_sample
        for test, (said, columns) in out_of_fold(
            self.uncertainty, table.X, table.targets(table.y),
            lambda fitted, rows, _: (getattr(fitted, verb)(rows), self._columns_of(fitted)),
            n_splits=3, stratify=table.classes is not None, sample_weight=table.given_weight,
            random_state=self.rng.randint(2**31 - 1), groups=table.groups,
        ):  # fmt: skip
            if answers.ndim < 3:
                answers[..., test] = said
            else:
                answers[:, test] = 0.0  # a class that the other groups lack
                answers[:, test[:, None], columns] = said
        return answers

    def _columns_of(self, part):
        """Where the classes of a fold stand among those of the table."""
        known = getattr(part, "classes_", self.table.classes)
        return None if known is None else np.searchsorted(self.table.classes, known)

    def _make(self, n_rows):
        """Rows around anchors, labelled; of several made for each, the one that teaches most.

        A list of one batch; of none where the strategy named no anchor.
        """
        n_anchors = min(n_rows, -(-len(self.pool) // 2))
        anchors = self.query_strategy.query(self.pool, batch_size=n_anchors, random_state=self.rng)
        anchors = np.asarray(anchors)
        if not len(anchors):
            return []
        region = np.resize(np.arange(len(anchors)), n_rows)
        n_candidates = getattr(self.labeler, "n_candidates", 1)
        batch = self.synthesizer.sample(
            np.repeat(anchors[region], n_candidates), guide=self._guide(), random_state=self.rng
        )
        batch = self.labeler.label(batch).within(self.table.y)
        if n_candidates > 1:
            batch = most_disputed(
                batch, self.estimator, self.table.classes, n_candidates, self.class_factors
            )
        return [replace(batch, region=region, uncertainty=self.utilities[anchors[region]])]

    def _adopt(self):
        """Unlabelled real rows, labelled, as rows without a maker."""
        table = self.table
        n_rows = min(len(table.unlabeled_row), _MAX_ADOPTED * table.n_labeled)
        rows = np.sort(self.rng.choice(len(table.unlabeled_row), n_rows, replace=False))
        position = table.n_labeled + rows
        batch = SyntheticBatch(
            X=row_subset(table.X_unlabeled, rows),
            parents=np.column_stack([position, np.full(n_rows, -1)]),
            closeness=np.ones(n_rows),
            region=np.full(n_rows, -1, dtype=np.intp),
            uncertainty=self.utilities[position],
            synthesizer=UNLABELED_ROW,
        )
        return self.labeler.label(batch).within(self.table.y)

    def _guide(self):
        """Uncertainty of rows under the model of the last round, fitted when first asked.

        A part that knows a model of its own, or fits all anew (a committee), knows the real rows
        alone: it is the same in every round, and the one that said the utilities.
        """
        part = self.uncertainty
        if self.parts.guide_has_model or getattr(part, "refits", False):
            return self._plain_guide
        fitted = []

        def find():
            if not fitted:
                table, part = self.table, clone(self.uncertainty)
                if "estimator" in part.get_params():
                    part.set_params(estimator=FrozenEstimator(self.estimator))
                fitted.append(part.fit(table.X, table.targets(table.y), table.given_weight))
            return fitted[0]

        return Guide(find)

    @cached_property
    def _plain_guide(self):
        return Guide(self._plain_uncertainty)

    def _plain_uncertainty(self):
        self.utilities  # noqa: B018 - the part is fitted with them
        return self.uncertainty

    def _in_user_positions(self, batch):
        """Parents as positions in the table of the user."""
        position = np.concatenate([self.table.row, self.table.unlabeled_row, [-1]])
        return replace(batch, parents=position[batch.parents].astype(np.intp))
