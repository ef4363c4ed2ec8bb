"""Labelling by hand, over days and with others, without losing an answer."""

import json
import os
import uuid
from collections import namedtuple
from numbers import Real

import numpy as np
from sklearn.utils import check_random_state

from sklearn_synda._columns import as_table
from sklearn_synda._compatibility import check_count
from sklearn_synda.active_learning._answer_file import AnswerFile
from sklearn_synda.active_learning._consensus import merge
from sklearn_synda.active_learning._fingerprint import check_same_pool, fingerprint
from sklearn_synda.active_learning._input import (
    annotator_name,
    as_list,
    check_ids,
    plain_label,
)
from sklearn_synda.active_learning._label_terms import (
    check_one_kind,
    classes_of,
    declared,
    kind_of,
    new_terms,
)
from sklearn_synda.active_learning._ranking import RowRanking

__all__ = ["LabelingSession"]

Answer = namedtuple("Answer", ["id", "label", "annotator", "time"])


class LabelingSession(RowRanking):
    """A pool, a model and the answers so far, in one file that outlives a crash.

    ``next`` names rows worth labelling and holds them for whoever asked, ``submit`` stores their
    labels. When ``submit`` has returned, SQLite has written the labels through to the disk
    (``synchronous=FULL``), and a killed process does not take them back. Several annotators, each
    with a session of their own on the same file, may work at once. Neither the rows nor the model
    are in the file: both are given anew on opening, the rows are checked to be the same, the
    model may be another one.

    Not for a simulation, which needs no file (see :class:`SimulatedOracle`), and not for a file on
    a network drive, where SQLite's locks do not hold: let one machine open it.

    Parameters
    ----------
    path : str or path-like
        The file; made if it is not there. Beside it lie ``path-wal`` and ``path-shm`` while a
        session is open and after a crash: they belong to it. To copy it, use :meth:`backup`.
    X : {array-like, sparse matrix, DataFrame} of shape (n_rows, n_features)
        The pool. Its rows are known by their positions, the ids.
    estimator : object, default=None
        What says which rows are worth a label: a classifier or regressor of scikit-learn, or
        one with a ``query(X, batch_size)`` of its own such as
        :class:`~sklearn_synda.ActiveSynthesisClassifier`. It is cloned, and fitted on the labelled
        rows whenever there are new answers. None: no model, only ``query_strategy``.
    query_strategy : object, default=None
        A query strategy. None means that of the estimator, or ``TypiClustQuery()`` without one.
        As long as there is no label, or one class only, typical rows are drawn
        (``TypiClustQuery()``) whatever the strategy of the estimator. So they are while fewer
        than 50 rows have a label and the estimator raises ValueError on them, as one does that
        needs five neighbours or five folds: a SynthesisWarning says so, once. One that learns from
        rewards (:class:`~sklearn_synda.query.BanditQuery`) is told at each fit what share of the
        rows labelled since the last one the model got wrong. The attribute ``query_strategy`` is
        then the one of the next round; it is not in the file: give it on opening.
    classes : array-like of shape (n_classes,), default=None
        All classes there are, each once; written into the file, and any other label is refused
        from then on, in sessions that are open already too. None: whatever comes, or what the
        file says.
    answers_per_row : int, default=None
        Annotators who are to answer a row before it is handed out no more. Written into the
        file; the number given last holds, for all who use the file. None: what the file says,
        or 1.
    costs : array-like of shape (n_rows,), default=None
        What the label of each row of the pool costs, for a strategy that reads ``costs``: each
        time those of the rows still free are given to a copy of it.
    sensitive_features : array-like of shape (n_rows,) or (n_rows, n_features), default=None
        The group of people of each row of the pool, for
        :class:`~sklearn_synda.query.GroupQuotaQuery`. Neither is in the file.
    lease_seconds : float, default=3600.0
        Time after which a row handed out and not answered is free for others.
    busy_seconds : float, default=10.0
        How long to wait for another process that is writing.
    random_state : int, RandomState instance or None, default=None
        Seed of ties and random rows.

    Attributes
    ----------
    kind : str or None
        What labels are: "classes" or "values". Written into the file as soon as classes or a
        classifier or regressor are given, and a model of the other kind is refused from then
        on. None while nothing has told: then floats are values.
    classes : list or None
        The classes declared, by this session or another one of the file.
    answers_per_row : int
        Annotators who are to answer a row.

    Raises
    ------
    ValueError
        The pool is not the one of the file, or labels, ids, classes or the estimator are not as
        they must be. Nothing of the call is stored.
    SessionFileError
        The file is locked, damaged, of a newer version or not a session's, or the disk is full.
        Nothing of the call is stored.

    Notes
    -----
    No pickle is stored, so opening a file from elsewhere runs no code of its author. The file is
    an ordinary SQLite database with every answer ever given, those undone or given anew included.

    ``annotator`` is any name; None is one unnamed person. Two unnamed processes never get the
    same row, but they share their ``undo``. Rows drawn without a name may be answered under one.
    A name is one person at one place: when they first ask in a session, rows held for them in
    other ones, a killed process say, are free again. Processes at work side by side need names
    of their own, or none.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn_synda.active_learning import LabelingSession
    >>> X, y = load_iris(return_X_y=True)
    >>> path = os.path.join(tempfile.mkdtemp(), "iris.sqlite")
    >>> with LabelingSession(path, X, LogisticRegression(max_iter=500), random_state=0) as session:
    ...     for _ in range(4):
    ...         ids = session.next(5)
    ...         session.submit(ids, y[ids])
    >>> session = LabelingSession(path, X)  # on another day
    >>> labels = session.export()
    >>> sum(label is not None for label in labels), session.kind
    (20, 'classes')
    >>> session.close()
    """

    def __init__(self, path, X, estimator=None, *, query_strategy=None, classes=None,
                 answers_per_row=None, costs=None, sensitive_features=None,
                 lease_seconds=3600.0, busy_seconds=10.0, random_state=None):  # fmt: skip
        self.X = as_table(X)
        self._begin_ranking(estimator, query_strategy, costs, sensitive_features)
        self._check_parameters(answers_per_row, lease_seconds, busy_seconds)
        self.path = os.fspath(path)
        self.lease_seconds = float(lease_seconds)
        self._rng = check_random_state(random_state)
        self._owner = uuid.uuid4().hex
        self._faces, self._known = {}, {""}  # who is being asked; who has asked here
        self._file = AnswerFile(self.path, busy_seconds)
        try:
            self._begin(classes, answers_per_row)
        except BaseException:
            self._file.close()
            raise
        self._is_open = True

    @staticmethod
    def _check_parameters(answers_per_row, lease_seconds, busy_seconds):
        if answers_per_row is not None:
            check_count("answers_per_row", answers_per_row, "LabelingSession")
        for name, seconds in (("lease_seconds", lease_seconds), ("busy_seconds", busy_seconds)):
            if not isinstance(seconds, Real) or not 0 <= seconds < np.inf:
                raise ValueError(
                    f"The {name!r} parameter of LabelingSession must be a number of seconds, 0 or"
                    f" more. Got {seconds!r} instead."
                )

    def _begin(self, classes, answers_per_row):
        """Check pool and labels against the file, or write into it what they are."""
        about = self._file.about()
        if "pool" not in about:
            about = self._file.describe(pool=json.dumps(fingerprint(self.X)))
        check_same_pool(json.loads(about["pool"]), self.X, self.path)
        self._file.settle(
            lambda about, labels: new_terms(
                about, labels, self.path, estimator=self.estimator, classes=classes,
                answers_per_row=answers_per_row,
            )
        )  # fmt: skip

    @property
    def kind(self):
        """What labels are: "classes", "values", or None where nothing has told."""
        return kind_of(self._file.about(), self._file.first_label())

    @property
    def classes(self):
        """The classes declared, or None."""
        return classes_of(self._file.about())

    @property
    def answers_per_row(self):
        """Annotators who are to answer a row."""
        return int(self._file.about().get("answers_per_row", 1))

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def close(self):
        """Give back the rows held, and close the file. Not needed for answers to be safe."""
        if not self._is_open:
            return
        self._is_open = False
        try:
            self._file.release(self._owner)
        finally:
            self._file.close()

    def next(self, batch_size=1, *, annotator=None):
        """Rows worth labelling, held for the annotator until answered, skipped or timed out.

        Parameters
        ----------
        batch_size : int, default=1
            How many; fewer come where fewer are left, where the strategy names fewer (its money
            buys no more), or where another session took some in the same moment. None: no row is
            left, or none is named.
        annotator : str, default=None
            Who asks.

        Returns
        -------
        ids : intp ndarray of shape (n_ids,)
            Positions in the pool, the most useful first.
        """
        check_count("batch_size", batch_size, "LabelingSession.next")
        who = self._who(annotator, "next")
        if who["annotator"] not in self._known:
            self._file.release_elsewhere(who)
            self._known.add(who["annotator"])
        ids = []
        while not ids:  # all that were named may have gone to another session meanwhile
            free = np.setdiff1d(np.arange(self.X.shape[0]), self._file.busy_rows(who))
            if len(free) == 0:
                break
            wanted = self._rank(free, min(batch_size, len(free)))
            if len(wanted) == 0:
                break
            if len(set(wanted)) < len(wanted):
                raise ValueError(
                    "The 'query' of the estimator or strategy of LabelingSession must name distinct"
                    f" rows. Got {wanted.tolist()} instead."
                )
            ids = self._file.lease(wanted.tolist(), who, self.lease_seconds)
        return np.array(ids, dtype=np.intp)

    def _give_back(self, ids, annotator):
        """Let go of rows held for the annotator here."""
        self._file.release_rows(ids, self._who(annotator, "next"))

    def _who(self, annotator, verb):
        name = annotator_name(annotator, f"LabelingSession.{verb}")
        return {"owner": self._owner, "annotator": name}

    def submit(self, ids, labels, annotator=None):
        """Store labels; when this returns they are on the disk, all or none of them.

        Parameters
        ----------
        ids : array-like of shape (n_ids,)
            Positions in the pool, handed out by ``next`` or not.
        labels : array-like of shape (n_ids,)
            Their labels, none missing.
        annotator : str, default=None
            Whose they are. A second answer of the same annotator to a row is refused:
            :meth:`relabel` replaces the first.
        """

        def check(row, label, current):
            if current is None or current[0] == "skip":
                return
            if json.loads(label) != json.loads(current[1]):
                raise ValueError(
                    "The 'labels' parameter of LabelingSession.submit must not contradict the"
                    f" same annotator's answer. Got {label} after {current[1]} for row {row}"
                    " instead: use relabel to replace it."
                )
            raise ValueError(
                "The 'ids' parameter of LabelingSession.submit must name rows that this annotator"
                f" has not answered. Got {row}, answered {current[1]}, instead."
            )

        self._record("submit", ids, labels, annotator, check)

    def relabel(self, ids, labels, annotator=None):
        """Replace an annotator's own answers; the old ones stay in the log.

        Parameters
        ----------
        ids : array-like of shape (n_ids,)
            Rows the annotator has answered.
        labels : array-like of shape (n_ids,)
            The labels that hold from now on.
        annotator : str, default=None
            Whose they are.
        """

        def check(row, label, current):
            if current is None or current[0] == "skip":
                raise ValueError(
                    "The 'ids' parameter of LabelingSession.relabel must name rows that this"
                    f" annotator has answered. Got {row} instead: use submit."
                )

        self._record("relabel", ids, labels, annotator, check)

    def skip(self, ids, annotator=None):
        """Leave rows unanswered; this annotator is not asked for them again, others are.

        Parameters
        ----------
        ids : array-like of shape (n_ids,)
            Rows the annotator has not answered.
        annotator : str, default=None
            Who skips them.
        """

        def check(row, label, current):
            if current is not None and current[0] != "skip":
                raise ValueError(
                    "The 'ids' parameter of LabelingSession.skip must name rows that this"
                    f" annotator has not answered. Got {row}, answered {current[1]}, instead:"
                    " use undo or relabel."
                )

        ids = check_ids(ids, self.X.shape[0], "LabelingSession.skip")
        who = self._who(annotator, "skip")
        self._file.record("skip", ids, lambda about, first: [None] * len(ids), who, check)

    def undo(self, annotator=None):
        """Take back an annotator's last ``submit``, ``relabel`` or ``skip`` that stands.

        Rows that have no answer of the annotator now are held as ``next`` holds them: answer
        them, or close the session.

        Parameters
        ----------
        annotator : str, default=None
            Whose step; what was replaced by it holds again.

        Returns
        -------
        ids : intp ndarray of shape (n_ids,)
            Rows of the step; empty where there is none.
        """
        ids = self._file.undo(self._who(annotator, "undo"), self.lease_seconds)
        return np.array(ids, dtype=np.intp)

    def answers(self):
        """Every answer that stands, oldest first.

        Returns
        -------
        answers : list of Answer
            Tuples with ``id``, ``label``, ``annotator`` ("" for the unnamed one) and ``time`` in
            seconds since 1970.
        """
        return [
            Answer(row, json.loads(label), annotator, when)
            for row, annotator, label, when in self._file.answers()
        ]

    def export(self):
        """One label a row of the pool, as ``fit`` of the meta-estimators takes them.

        Where annotators gave a row several classes, the one of these that
        :class:`AnnotatorAgreement` finds likeliest; where they gave several values, the median.

        Returns
        -------
        y : ndarray of shape (n_rows,)
            NaN (for values) or None (for classes) where there is no answer.
        """
        answers, kind = self.answers(), self.kind
        values = kind == "values"
        if kind is None:
            values = any(isinstance(a.label, float) for a in answers)
        forms = {known: known for known in self.classes or ()}
        given = [(a.id, forms.get(a.label, a.label), a.annotator) for a in answers]
        n = self.X.shape[0]
        y = np.full(n, np.nan) if values else np.full(n, None, dtype=object)
        for row, label in merge(given, values):
            y[row] = label
        return y

    def backup(self, path):
        """Copy the file, whole, while others may be writing.

        Parameters
        ----------
        path : str or path-like
            The copy: a new file, or an earlier backup of this session, which is replaced when
            the copy is whole. Any other file is refused.
        """
        self._file.backup(path)

    def _record(self, verb, ids, labels, annotator, check):
        caller, who = f"LabelingSession.{verb}", self._who(annotator, verb)
        ids = check_ids(ids, self.X.shape[0], caller)
        labels = [plain_label(label, "labels", caller) for label in as_list(labels)]
        if len(labels) != len(ids):
            raise ValueError(
                f"The 'labels' parameter of {caller} must hold one label for each of the"
                f" {len(ids)} ids. Got {len(labels)} instead."
            )

        def read_labels(about, first):
            classes, given = classes_of(about), labels
            if classes is None:
                check_one_kind(given, kind_of(about, first), first, caller)
            else:
                given = [declared(label, classes, caller) for label in given]
            return [json.dumps(label) for label in given]

        self._file.record(verb, ids, read_labels, who, check)
