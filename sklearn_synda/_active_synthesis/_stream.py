"""Learning batch by batch, with made rows where they have helped so far."""

import warnings
from copy import deepcopy
from dataclasses import dataclass, replace

import numpy as np
from sklearn.base import clone

from sklearn_synda._active_synthesis._course import Course, told_of
from sklearn_synda._aim import Aim, find_aim, warn_untaught
from sklearn_synda._columns import container_name
from sklearn_synda._compatibility import takes_sample_weight
from sklearn_synda._fitting import in_random_order, repeat_by_weight, take_metadata
from sklearn_synda._rows import TrainingSet, concatenate_rows, own_copy, row_subset
from sklearn_synda.exceptions import SynthesisWarning
from sklearn_synda.validation import held_out_loss

__all__ = ["Stream", "learn_batch"]

_N_REMEMBERED = 1000  # real rows on which committees are fitted and explanations rest


@dataclass
class Stream:
    """Two copies of the estimator, and what each has lost on batches before learning them."""

    plain: object
    helped: object
    rng: np.random.RandomState
    plain_loss: float = 0.0  # weighted sums over all rows they were tested on
    helped_loss: float = 0.0
    total_weight: float = 0.0
    n_batches: int = 0
    aim: Aim = Aim()
    makes_rows: bool = True

    @property
    def best(self):
        """The copy with the smaller loss so far; the plain one in a tie."""
        return self.helped if self.helped_loss < self.plain_loss else self.plain


def learn_batch(owner, parts, table, classes, rng):
    """Test both copies on a batch of real rows, then let them learn it.

    Parameters
    ----------
    owner : meta-estimator
        Its fitted attributes are set.
    parts : Parts
        Unfitted parts.
    table : Table
        The rows of the batch.
    classes : array-like or None
        All classes there will be.
    rng : RandomState
        Seed of the first batch; later ones go on from there.

    Returns
    -------
    owner : meta-estimator
    """
    stream = getattr(owner, "_stream", None)
    if stream is None:
        fitted = getattr(owner, "estimator_", None)
        copies = [clone(parts.estimator) if fitted is None else deepcopy(fitted) for _ in "ab"]
        stream = Stream(*copies, rng)
        owner.history_ = {"iteration": np.empty(0, dtype=int), "plain_loss": np.empty(0),
                          "loss": np.empty(0)}  # fmt: skip
    recent = _recent_rows(getattr(owner, "_table", None), table)
    losses = _losses(stream, table) if stream.n_batches else np.zeros(3)
    extra = {} if classes is None or table.classes is None else {"classes": np.asarray(classes)}
    train = TrainingSet.real(table.X, table.y, table.sample_weight, table.row)
    _learn(stream.plain, table, train, extra, stream.rng)
    if not stream.n_batches:
        stream.aim = find_aim(stream.plain, table.classes is None)
        if stream.aim.refusal:
            warn_untaught(stream.aim)
            stream.makes_rows = False
    table = replace(table, quantile=stream.aim.quantile)
    course = Course(parts, table, stream.rng.randint(2**31 - 1))
    course.train, course.estimator = train, stream.plain
    enough = table.n_labeled >= 4 and (table.classes is None or len(table.classes) > 1)
    if enough and stream.makes_rows:
        course.train = _make_rows(owner, course)
    failure = _learn_with_made_rows(stream, course, train, extra)
    stream.plain_loss += losses[0]
    stream.helped_loss = stream.plain_loss if failure else stream.helped_loss + losses[1]
    stream.total_weight += losses[2]
    stream.n_batches += 1
    owner._table = recent
    _publish(owner, stream, course, table)
    if failure:
        _warn_no_more(stream.plain, failure)
    return owner


def _learn_with_made_rows(stream, course, train, extra):
    """Why the helped copy could not learn them, in words; a copy of the plain one follows then."""
    try:
        _learn(stream.helped, course.table, course.train, extra, stream.rng)
    except (Warning, MemoryError):  # the user wants it for an error; or a worse one
        raise
    except Exception as error:
        if course.train is train:  # real rows alone
            raise
        course.train = train
        stream.helped, stream.makes_rows = deepcopy(stream.plain), False
        return told_of(error)
    return ""


def _warn_no_more(estimator, failure):
    warnings.warn(
        f"No row is made from this batch on: {type(estimator).__name__} cannot learn real and made"
        f" rows together ({failure}).",
        SynthesisWarning,
        stacklevel=2,
    )


def _recent_rows(known, table):
    """The last real rows, those of the fit before the first batch among them.

    As many as the largest batch (or that fit) had, where those were more than are remembered. Rows
    of another container than those before them are a new start.
    """
    if known is None or container_name(known.X) != container_name(table.X):
        return table
    n_rows = max(_N_REMEMBERED, known.n_labeled, table.n_labeled)
    n_known = min(known.n_labeled, n_rows - table.n_labeled)
    kept = np.arange(known.n_labeled - n_known, known.n_labeled)
    targets = np.concatenate([known.labels(known.y)[kept], table.labels(table.y)])
    classes, y = None, targets
    if table.classes is not None:
        classes, y = np.unique(targets, return_inverse=True)
        if len(classes) < 2 <= len(known.classes):  # rows of one class say nothing of doubt
            return known
    return replace(
        table, X=concatenate_rows([row_subset(known.X, kept), table.X]), y=y, classes=classes,
        sample_weight=np.concatenate([known.sample_weight[kept], table.sample_weight]),
        row=np.arange(len(y)), weighted=known.weighted or table.weighted, metadata=None,
    )  # fmt: skip


def _losses(stream, table):
    """What either copy loses on a batch it has not learnt, and the weight of the batch."""
    y, weight = table.labels(table.y), table.sample_weight
    losses = (
        float(held_out_loss(copy, own_copy(table.X), y, stream.aim.quantile) @ weight)
        for copy in (stream.plain, stream.helped)
    )
    return [*losses, weight.sum()]


def _make_rows(owner, course):
    """The training set of one round, the estimator not fitted anew."""
    course.fit_parts()
    rate = owner._rate.next_rate(
        {"loss": [0.0], "rate": [0.0], "n_labeled": [course.table.n_labeled]}
    )
    return course.extend(round(rate * course.table.n_labeled), 1)


def _learn(estimator, table, train, extra, rng):
    y = table.targets(train.y)
    weight = train.sample_weight
    metadata = table.metadata_of(train.provenance)
    if not table.weighted and not train.is_synthetic.any():
        estimator.partial_fit(own_copy(train.X), y, **extra, **metadata)
    elif takes_sample_weight(estimator):
        estimator.partial_fit(own_copy(train.X), y, sample_weight=weight, **extra, **metadata)
    else:
        classes = None if table.classes is None else y
        rows = repeat_by_weight(weight, rng, unit=table.sample_weight.mean(), y=classes)
        rows = in_random_order(rows, len(y), rng)
        metadata = take_metadata(metadata, rows, len(y))
        estimator.partial_fit(row_subset(train.X, rows), y[rows], **extra, **metadata)


def _publish(owner, stream, course, table):
    owner._stream = stream
    owner.estimator_ = stream.best
    if table.classes is not None:
        owner.classes_ = stream.best.classes_
    total = stream.total_weight or np.nan
    said = {"iteration": stream.n_batches, "plain_loss": stream.plain_loss / total,
            "loss": stream.helped_loss / total}  # fmt: skip
    owner.history_ = {name: np.append(owner.history_[name], said[name]) for name in said}
    owner.provenance_ = course.train.origin
    made = np.flatnonzero(course.train.is_made)
    owner.synthetic_X_ = row_subset(course.train.X, made)
    owner.synthetic_y_ = table.labels(course.train.y[made])
    owner.synthetic_weight_ = course.train.sample_weight[made]
    owner.n_iter_ = stream.n_batches
    owner.best_iteration_ = stream.n_batches if stream.best is stream.helped else 0
    owner.termination_condition_ = "max_iter"
    owner._uncertainty = None
    return owner
