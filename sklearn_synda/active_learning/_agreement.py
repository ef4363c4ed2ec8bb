"""Several annotators who disagree: what they agree on, and whom to ask again."""

from numbers import Integral, Real

import numpy as np
from scipy.special import entr
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from sklearn_synda._compatibility import check_count
from sklearn_synda._labels import is_missing
from sklearn_synda._sklearn_compat import Interval

__all__ = ["AnnotatorAgreement"]


class AnnotatorAgreement(BaseEstimator):
    """Labels and their trust from the answers of several annotators, by how often each errs.

    Each annotator has a confusion matrix, each row a hidden true class; both are found together
    by expectation maximisation. So one who is often alone counts less than one who is often with
    the others. Not for values (take their median), and of no use where most rows have one answer:
    who is never compared cannot be known, and a rare class may then be taken for an error.

    Parameters
    ----------
    smoothing : float, default=1.0
        Answers added to each row of each confusion matrix before the first is counted: half of
        them right, half of them spread over all classes.
    max_iter : int, default=100
        Rounds of expectation maximisation at most.
    tol : float, default=0.0001
        Largest change of a class probability that ends them.

    Attributes
    ----------
    ids_ : ndarray of shape (n_ids,)
        Rows with an answer, sorted.
    classes_ : ndarray of shape (n_classes,)
        Classes, sorted.
    annotators_ : ndarray of shape (n_annotators,)
        Their names, sorted.
    proba_ : ndarray of shape (n_ids, n_classes)
        Probability of each class for each row.
    labels_ : ndarray of shape (n_ids,)
        The likeliest class of each row.
    trust_ : ndarray of shape (n_ids,)
        Its probability.
    confusion_ : ndarray of shape (n_annotators, n_classes, n_classes)
        Entry ``[j, c, k]``: how often annotator ``j`` answers ``k`` where ``c`` is true.
    accuracy_ : ndarray of shape (n_annotators,)
        How often each is right, by the class frequencies found.
    n_iter_ : int
        Rounds run.

    Notes
    -----
    With ``p_ic`` the probability of class ``c`` for row ``i``, ``q_c`` its mean over rows, and
    ``C_jck`` the confusion matrices::

        p_ic  ~  q_c * product of C_jck over the answers k of annotators j to row i
        C_jck ~  smoothing * ([c = k] + 1 / n_classes) / 2 + sum of p_ic over rows i that j called k

    It starts from the share of votes.

    References
    ----------
    Dawid & Skene (1979), :doi:`10.2307/2346806`. New rows against old ones is the question of
    Goh & Mueller (2023), :arxiv:`2301.11856`, answered here by the information of one answer.

    Examples
    --------
    >>> from sklearn_synda.active_learning import AnnotatorAgreement
    >>> ids = [0, 0, 0, 1, 1, 1, 2, 2, 2]
    >>> who = ["ann", "bob", "eve"] * 3
    >>> labels = ["no", "no", "yes", "yes", "yes", "no", "no", "no", "no"]
    >>> agreement = AnnotatorAgreement().fit(ids, labels, who)
    >>> agreement.labels_.tolist()
    ['no', 'yes', 'no']
    >>> agreement.annotators_[agreement.accuracy_.argmin()]
    np.str_('eve')
    """

    _parameter_constraints: dict = {
        "smoothing": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(self, *, smoothing=1.0, max_iter=100, tol=1e-4):
        self.smoothing = smoothing
        self.max_iter = max_iter
        self.tol = tol

    def fit(self, ids, labels, annotators):
        """Find true classes and annotators' errors from answers, one entry each.

        Parameters
        ----------
        ids : array-like of shape (n_answers,)
            The row of each answer.
        labels : array-like of shape (n_answers,)
            The class answered, none missing.
        annotators : array-like of shape (n_answers,)
            Who answered.

        Returns
        -------
        self : object
        """
        self._validate_params()
        if not len(ids) == len(labels) == len(annotators) or not len(ids):
            raise ValueError(
                "The 'ids' parameter of AnnotatorAgreement.fit must have an entry for each label"
                f" and annotator, and at least one. Got {len(ids)}, {len(labels)} and"
                f" {len(annotators)} entries instead."
            )
        n_missing = sum(is_missing(v) for v in np.asarray(labels, dtype=object))
        if n_missing:
            raise ValueError(
                "The 'labels' parameter of AnnotatorAgreement.fit must hold a class for each"
                f" answer. Got {n_missing} missing ones instead: leave those answers out."
            )
        self.ids_, row = np.unique(np.asarray(ids), return_inverse=True)
        self.classes_, label = np.unique(np.asarray(labels), return_inverse=True)
        self.annotators_, who = np.unique(np.asarray(annotators), return_inverse=True)
        self._maximise(row, label, who)
        self.labels_ = self.classes_[self.proba_.argmax(axis=1)]
        self.trust_ = self.proba_.max(axis=1)
        right = np.diagonal(self.confusion_, axis1=1, axis2=2)
        self.accuracy_ = right @ self.proba_.mean(axis=0)
        return self

    def _maximise(self, row, label, who):
        n, n_classes = len(self.ids_), len(self.classes_)
        prior = self.smoothing * (np.eye(n_classes) + 1 / n_classes) / 2
        proba = np.zeros((n, n_classes))
        np.add.at(proba, (row, label), 1.0)
        proba /= proba.sum(axis=1, keepdims=True)
        self.n_iter_, moved = 0, np.inf
        while moved > self.tol and self.n_iter_ < self.max_iter:
            self.n_iter_ += 1
            counts = np.zeros((len(self.annotators_), n_classes, n_classes))
            np.add.at(counts, (who, slice(None), label), proba[row])
            counts += prior
            confusion = counts / counts.sum(axis=2, keepdims=True)
            log_proba = np.log(np.maximum(proba.mean(axis=0), 1e-300)) + np.zeros((n, 1))
            np.add.at(log_proba, row, np.log(confusion[who, :, label]))
            log_proba -= log_proba.max(axis=1, keepdims=True)
            before, proba = proba, np.exp(log_proba)
            proba /= proba.sum(axis=1, keepdims=True)
            moved = np.abs(proba - before).max()
        self.proba_, self.confusion_ = proba, confusion

    def information(self, proba):
        """What one more answer of an average annotator would tell about rows.

        Larger = more worth asking, for rows with and without answers alike. With ``p`` the class
        probabilities of a row, ``C`` the mean confusion matrix and ``H`` the entropy, it is
        ``H(p C) - sum_c p_c H(C_c)``: the mutual information of answer and class.

        Parameters
        ----------
        proba : array-like of shape (n_samples, n_classes)
            Class probabilities, in the order of ``classes_``.

        Returns
        -------
        information : ndarray of shape (n_samples,)
            In nats.
        """
        check_is_fitted(self, "confusion_")
        proba = np.asarray(proba, dtype=np.float64)
        if proba.ndim != 2 or proba.shape[1] != len(self.classes_):
            raise ValueError(
                "The 'proba' parameter of AnnotatorAgreement.information must have a column for"
                f" each of the {len(self.classes_)} classes. Got shape {proba.shape} instead."
            )
        confusion = self.confusion_.mean(axis=0)
        answer = entr(proba @ confusion).sum(axis=1)
        return np.maximum(answer - proba @ entr(confusion).sum(axis=1), 0.0)

    def query(self, batch_size=1, *, new_ids=(), new_proba=None):
        """Rows to ask about next: disputed ones again, or new ones, by what an answer tells.

        Parameters
        ----------
        batch_size : int, default=1
            How many; at most those there are.
        new_ids : array-like of shape (n_new,), default=()
            Rows without an answer; none: only rows to relabel are named.
        new_proba : array-like of shape (n_new, n_classes), default=None
            What a model says of them. A model that is too sure of itself makes new rows look
            dull: calibrate it.

        Returns
        -------
        ids : ndarray of shape (batch_size,)
            The most informative first.
        is_relabel : bool ndarray of shape (batch_size,)
            Whether a row has answers already.
        """
        check_count("batch_size", batch_size, "AnnotatorAgreement.query")
        n_proba = 0 if new_proba is None else len(new_proba)
        if n_proba != len(new_ids):
            raise ValueError(
                "The 'new_proba' parameter of AnnotatorAgreement.query must have a row for each of"
                f" the {len(new_ids)} new ids. Got {n_proba} instead."
            )
        told = self.information(self.proba_)
        ids = self.ids_
        if len(new_ids):
            told = np.concatenate([told, self.information(new_proba)])
            ids = np.concatenate([ids, np.asarray(new_ids)])
        best = np.argsort(-told, kind="stable")[:batch_size]
        return ids[best], best < len(self.ids_)
