"""A language model as an annotator, kept within caps and never believed on one answer."""

import time
import warnings
from numbers import Integral, Real

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator

from sklearn_synda._chat import (
    CHAT_CONSTRAINTS,
    DEAD_AFTER,
    CapReached,
    check_settings,
    open_chat,
)
from sklearn_synda._chat._prompt import column_names, row_facts
from sklearn_synda._columns import Columns, as_table, encode_table
from sklearn_synda._labels import split_labeled
from sklearn_synda._rows import row_subset
from sklearn_synda._sklearn_compat import Interval
from sklearn_synda.active_learning._input import as_list, plain_label
from sklearn_synda.active_learning._prompt import label_text, make_messages, read_answer
from sklearn_synda.exceptions import AnnotationWarning

__all__ = ["LLMAnnotator"]

_SPOKEN = ("", "no JSON", "no chat completion")  # what went wrong where an endpoint was not silent


class LLMAnnotator(BaseEstimator):
    """An annotator that asks a language model, and says nothing where it contradicts itself.

    Each row is put to the model several times. A label counts if enough of the answers agree on
    it; a row without such a label goes to ``human``, or comes back as missing: never as a guess.
    The endpoint is any that takes ``POST {base_url}/chat/completions`` as OpenAI's does, a server
    on this machine among them.

    Not for rows that must not leave the house, unless the endpoint stands there. Not for values:
    it gives classes. Agreement is not truth: a model may err in the same way each time, so let
    people label some of the rows as well (see :class:`AnnotatorAgreement`).

    Parameters
    ----------
    base_url : str
        Address of the endpoint, for example "http://localhost:8000/v1".
    model : str
        Name of the model there.
    classes : array-like of shape (n_classes,), default=None
        All labels there are: str, int or bool, distinct without regard to case. None: those
        ``fit`` has seen.
    instruction : str, default=""
        What the rows are and what the labels mean, in your words.
    api_key_env : str, default="OPENAI_API_KEY"
        Environment variable that holds the key. It is read at each call and kept nowhere. None:
        no key is sent.
    human : callable, default=None
        ``human(X) -> y`` for the rows the model gives no label to. Missing answers are allowed.
    n_examples : int, default=4
        Labelled rows shown with each row, the nearest of those given to ``fit``.
    temperatures : array-like of shape (n_samples,), default=(0.0, 0.7, 1.0)
        Temperature of each sample; None leaves it to the endpoint.
    min_agreement : float, default=1.0
        Share of all samples that must give a label for it to count, in (0, 1]. A tie never counts.
    max_calls : int, default=inf
        Requests that may be sent in the life of this object, repetitions included.
    max_cost : float, default=inf
        Money that may be spent in the life of this object, in the unit of the prices.
    prompt_price : float, default=0.0
        Price of 1000 prompt tokens.
    completion_price : float, default=0.0
        Price of 1000 completion tokens.
    max_tokens : int, default=64
        Completion tokens of a request at most; a model that thinks aloud needs more.
    max_tokens_field : {"max_tokens", "max_completion_tokens"}, default="max_tokens"
        What the endpoint calls that.
    extra_body : dict, default=None
        More entries for the body of each request, for example ``{"seed": 0}``.
    timeout : float, default=60.0
        Seconds an endpoint may be silent, and the body of its answer may take.
    max_retries : int, default=4
        Repetitions of a request that met a full, failing or silent endpoint.
    max_wait : float, default=60.0
        Seconds between two attempts at most. An endpoint that asks for more is not asked again.
    log_path : str or path-like, default=None
        File to which each request and its answer is added, a JSON object a line: rows and all.

    Attributes
    ----------
    account_ : Account
        ``n_calls``, ``n_prompt_tokens``, ``n_completion_tokens`` and ``spent`` so far.
    classes_ : ndarray of shape (n_classes,)
        All labels there are, in the order of ``classes``.
    labels_ : ndarray of shape (n_asked,)
        Answer of the last call; kept as far as it got, should the call end in an error.
    shares_ : ndarray of shape (n_asked,)
        Share of the samples that gave the most frequent label of the model, accepted or not.
    sources_ : ndarray of shape (n_asked,)
        Whose the answer is: "llm" or "human"; where it is missing, "none" if the model contradicts
        itself or gives no label, and "unasked" if it was not asked to the end, since a cap was
        reached or the endpoint silent: ask again on another day.

    Warns
    -----
    AnnotationWarning
        A cap is reached, or a prompt came to nothing because the endpoint is silent: the model
        was not asked about all rows.

    Raises
    ------
    EndpointError
        The endpoint refuses: no such model, a wrong key, a request it does not understand.

    Notes
    -----
    The caps are kept before each request. Its tokens are not known then; it counts as one token a
    byte and ``max_tokens`` in the answer, and is not sent if that could exceed ``max_cost``. So
    some of the money is left over, and none is overdrawn by an endpoint that keeps to
    ``max_tokens``. A request that may have been answered but did not say its tokens (a cut
    connection, a time-out, an error of the server) is paid for at that most. ``clone`` starts a new
    account.

    The row, its column names and the examples are JSON in a block of the user message, whose
    delimiters cannot occur in it; the system message says that nothing in it is an instruction.
    An answer counts if it is a label, or a JSON object with one. A cell may still talk a model
    into a wrong label *of the set*; nothing here can see that.

    A label is not asked for again once the samples left cannot bring agreement about. Rows are
    asked about one after the other, in one thread.

    Examples
    --------
    What would be sent, without sending it:

    >>> import pandas as pd
    >>> from sklearn_synda.active_learning import LLMAnnotator
    >>> annotator = LLMAnnotator(
    ...     "http://localhost:8000/v1", "a-model", classes=["ham", "spam"], api_key_env=None
    ... )
    >>> messages = annotator.prompts(pd.DataFrame({"subject": ["Win <b>now</b>"], "links": [7]}))
    >>> print(messages[0][1]["content"])
    <data>{"row": {"subject": "Win \\u003cb\\u003enow\\u003c/b\\u003e", "links": 7}}</data>
    What is the label of "row"?
    """

    _parameter_constraints: dict = {
        **CHAT_CONSTRAINTS,
        "classes": ["array-like", None],
        "human": [callable, None],
        "n_examples": [Interval(Integral, 0, None, closed="left")],
        "temperatures": ["array-like"],
        "min_agreement": [Interval(Real, 0, 1, closed="right")],
    }

    _sleep = staticmethod(time.sleep)

    def __init__(self, base_url, model, *, classes=None, instruction="",
                 api_key_env="OPENAI_API_KEY", human=None, n_examples=4,
                 temperatures=(0.0, 0.7, 1.0), min_agreement=1.0, max_calls=np.inf,
                 max_cost=np.inf, prompt_price=0.0, completion_price=0.0, max_tokens=64,
                 max_tokens_field="max_tokens", extra_body=None, timeout=60.0, max_retries=4,
                 max_wait=60.0, log_path=None):  # fmt: skip
        self.base_url = base_url
        self.model = model
        self.classes = classes
        self.instruction = instruction
        self.api_key_env = api_key_env
        self.human = human
        self.n_examples = n_examples
        self.temperatures = temperatures
        self.min_agreement = min_agreement
        self.max_calls = max_calls
        self.max_cost = max_cost
        self.prompt_price = prompt_price
        self.completion_price = completion_price
        self.max_tokens = max_tokens
        self.max_tokens_field = max_tokens_field
        self.extra_body = extra_body
        self.timeout = timeout
        self.max_retries = max_retries
        self.max_wait = max_wait
        self.log_path = log_path

    def fit(self, X, y):
        """Keep labelled rows to show as examples. The model is not asked, let alone trained.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows. Those nearest to a row asked about are shown with it, by numbers and categories;
            long texts are not compared.
        y : array-like of shape (n_samples,)
            Labels; rows with a missing one are left out.

        Returns
        -------
        self : object
        """
        self._validate_params()
        X = as_table(X)
        y, labeled = split_labeled(y, np.nan)
        if len(y) != X.shape[0]:
            raise ValueError(
                "The 'y' parameter of LLMAnnotator.fit must have an entry for each of the"
                f" {X.shape[0]} rows. Got {len(y)} instead."
            )
        given = _as_labels(as_list(y[labeled]), "y", "LLMAnnotator.fit")
        self.classes_ = self._check_classes(sorted(set(given)))
        codes = _codes(given, self.classes_)
        if (codes < 0).any():
            raise ValueError(
                "The 'y' parameter of LLMAnnotator.fit must hold the classes declared,"
                f" {self.classes_.tolist()}. Got {given[codes.argmin()]!r} instead."
            )
        rows = row_subset(X, np.flatnonzero(labeled))
        self._columns = Columns(rows)
        self._embedding = encode_table(rows, self._columns)
        self._examples = list(
            zip(row_facts(rows), [str(self.classes_[c]) for c in codes], strict=True)
        )
        self._names = column_names(X)
        return self

    def __call__(self, X):
        """Labels of rows, missing ones where there is no consistent answer.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_asked, n_features)
            Rows, with the columns given to ``fit`` if there was one.

        Returns
        -------
        y : ndarray of shape (n_asked,)
            Labels; of dtype object, with None for the missing ones, where there are any.
        """
        prompts = self.prompts(X)
        X, n = as_table(X, min_samples=0), len(prompts)
        self.labels_ = np.full(n, None, dtype=object)
        self.shares_ = np.zeros(n)
        self.sources_ = np.full(n, "unasked", dtype=object)
        with open_chat(self, "label") as client:
            reason, n_asked = self._ask_model(prompts, client)
        if reason:
            warnings.warn(
                f"LLMAnnotator asked about {n_asked} of {n} rows: {reason}. The others"
                f" {'go to the human' if self.human is not None else 'come back as missing'}.",
                AnnotationWarning,
                stacklevel=2,
            )
        self._ask_human(X)
        if n and all(label is not None for label in self.labels_):
            return np.array(self.labels_.tolist())
        return self.labels_.copy()

    def prompts(self, X):
        """What the model is told of rows; nothing is sent.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_asked, n_features)
            Rows, with the columns given to ``fit`` if there was one.

        Returns
        -------
        prompts : list of list of dict
            For each row its messages, with ``role`` and ``content``.
        """
        self._check_parameters()
        X = as_table(X, min_samples=0)
        self.classes_ = self._check_classes(getattr(self, "classes_", np.array([])).tolist())
        instruction = self.instruction
        if sparse.issparse(X):
            instruction += "\nA column that a row does not name is 0."
        names = [str(c) for c in self.classes_]
        return [
            make_messages(instruction, names, facts, examples)
            for facts, examples in zip(row_facts(X), self._nearest_examples(X), strict=True)
        ]

    def _nearest_examples(self, X):
        """For each row its examples, the nearest last."""
        if not hasattr(self, "_examples"):
            return [[]] * X.shape[0]
        if column_names(X) != self._names:
            raise ValueError(
                "The 'X' parameter of LLMAnnotator must have the columns given to fit,"
                f" {self._names}. Got {column_names(X)} instead."
            )
        k = min(self.n_examples, len(self._examples))
        if not k or not X.shape[0]:
            return [[]] * X.shape[0]
        from sklearn.neighbors import NearestNeighbors

        nearest = NearestNeighbors(n_neighbors=k).fit(self._embedding)
        order = nearest.kneighbors(encode_table(X, self._columns), return_distance=False)
        return [[self._examples[j] for j in row[::-1]] for row in order]

    def _ask_model(self, prompts, client):
        """Why not all rows were asked about ("" where they were), and how many were."""
        temperatures, n_failed, silences = as_list(self.temperatures), 0, []
        names = [str(c) for c in self.classes_]
        for i, messages in enumerate(prompts):
            votes, n_left = np.zeros(len(self.classes_), dtype=int), len(temperatures)
            n_before = len(silences)
            try:
                for temperature in temperatures:
                    label, problem = client.ask(messages, temperature, i, self._read_label)
                    n_left -= 1
                    n_failed = n_failed + 1 if problem else 0
                    silences += [problem] if problem not in _SPOKEN else []
                    if label is not None:
                        votes[names.index(label)] += 1
                    if n_failed == DEAD_AFTER or votes.max() + n_left < self._n_needed():
                        break
            except CapReached as cap:
                return f"{cap} leaves nothing for another request", i
            finally:
                self._count(i, votes, n_left, len(silences) - n_before)
            if n_failed == DEAD_AFTER:
                return (
                    f"{n_failed} prompts in a row came to nothing, the last with {problem}",
                    i + 1,
                )
        n_asked = int(np.sum(self.sources_ != "unasked"))
        if silences:
            why = f"{len(silences)} of the prompts came to nothing, the last with {silences[-1]}"
            return why, n_asked
        return "", n_asked

    def _read_label(self, text):
        """The label that an answer is, as str; None where it is none."""
        names = [str(c) for c in self.classes_]
        code = read_answer(text, [label_text(name) for name in names])
        return None if code < 0 else names[code]

    def _n_needed(self):
        """Samples that must agree: a share of all, whatever became of them."""
        return int(np.ceil(self.min_agreement * len(self.temperatures) - 1e-9))

    def _count(self, i, votes, n_left, n_silent):
        """Accept the label of a row if enough gave it, and no other could have as many."""
        second, first = np.sort(votes)[-2:]
        best = int(votes.argmax())
        self.shares_[i] = first / len(self.temperatures)
        if first >= self._n_needed() and first > second + n_left:
            self.labels_[i] = self.classes_[best : best + 1].tolist()[0]
            self.sources_[i] = "llm"
        elif n_left + n_silent == 0 or first + n_left + n_silent < self._n_needed():
            self.sources_[i] = "none"  # whatever the endpoint had said besides

    def _ask_human(self, X):
        """Put the rows without a label to the human."""
        rows = np.flatnonzero([label is None for label in self.labels_])
        if self.human is None or not len(rows):
            return
        answers, given = split_labeled(self.human(row_subset(X, rows)), np.nan)
        if len(answers) != len(rows):
            raise ValueError(
                "The 'human' parameter of LLMAnnotator must answer each of the"
                f" {len(rows)} rows, with None if need be. Got {len(answers)} answers instead."
            )
        labels = _as_labels(as_list(answers[given]), "human", "LLMAnnotator")
        for i, label, code in zip(rows[given], labels, _codes(labels, self.classes_), strict=True):
            if code < 0:
                raise ValueError(
                    "The 'human' parameter of LLMAnnotator must answer with one of the classes"
                    f" {self.classes_.tolist()} or None. Got {label!r} instead."
                )
            self.labels_[i] = self.classes_[code : code + 1].tolist()[0]
            self.sources_[i] = "human"

    def _check_parameters(self):
        self._validate_params()
        check_settings(self)
        temperatures = as_list(self.temperatures)
        bad = [t for t in temperatures if t is not None and not (_is_number(t) and 0 <= t <= 2)]
        if bad or not temperatures:
            raise ValueError(
                "The 'temperatures' parameter of LLMAnnotator must hold one number in [0, 2] or"
                f" None for each sample. Got {self.temperatures!r} instead."
            )

    def _check_classes(self, seen):
        """All labels there are, from ``classes`` or from what fit has seen."""
        classes = as_list(seen if self.classes is None else self.classes)
        classes = _as_labels(classes, "classes", "LLMAnnotator")
        texts = {label_text(c) for c in classes}
        if len(classes) < 2 or len(texts) < len(classes) or "" in texts:
            raise ValueError(
                "The 'classes' parameter of LLMAnnotator must name two labels or more, distinct"
                f" without regard to case, or be left to fit. Got {classes} instead."
            )
        return np.array(classes)


def _is_number(value):
    return isinstance(value, Real) and not isinstance(value, bool)


def _as_labels(labels, parameter, caller):
    """Labels as str, int or bool, all of one kind; whole floats were integers before a NaN came."""
    labels = [plain_label(label, parameter, caller) for label in labels]
    if any(isinstance(label, float) and label != round(label) for label in labels):
        raise ValueError(
            f"{caller} is not compatible with values: it needs classes, and {parameter!r} has"
            " numbers that are not whole."
        )
    if len({type(label) is str for label in labels}) > 1:
        raise ValueError(
            f"The {parameter!r} parameter of {caller} must hold all texts or all numbers. Got"
            f" {labels} instead."
        )
    return [int(label) if isinstance(label, float) else label for label in labels]


def _codes(labels, classes):
    """Position of each label among the classes; -1 for a stranger."""
    position = {(isinstance(c, str), c): k for k, c in enumerate(classes.tolist())}
    codes = [position.get((isinstance(label, str), label), -1) for label in labels]
    return np.array(codes, dtype=np.intp)
