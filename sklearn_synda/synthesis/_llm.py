"""Rows that a language model is asked for, and those that others make in their place."""

import time
import warnings
from functools import partial
from numbers import Integral, Real

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from sklearn_synda._chat import (
    CHAT_CONSTRAINTS,
    DEAD_AFTER,
    CapReached,
    check_settings,
    open_chat,
)
from sklearn_synda._chat._prompt import plain_value
from sklearn_synda._columns import as_table
from sklearn_synda._rows import is_classification
from sklearn_synda._sklearn_compat import HasMethods, Interval
from sklearn_synda.exceptions import SynthesisWarning
from sklearn_synda.synthesis._base import BaseSynthesizer
from sklearn_synda.synthesis._encoding import CellEncoder
from sklearn_synda.synthesis._llm_table import AnswerReader, ToldTable
from sklearn_synda.synthesis._mixing import MixingSynthesizer
from sklearn_synda.synthesis._neighbors import nearest

__all__ = ["LLMSynthesizer"]


class LLMSynthesizer(BaseSynthesizer):
    """Rows a language model gives when it is shown an anchor and real rows near to it.

    Nothing is trained. The model may know what no table says: what the columns mean, and which of
    their values go together. It may also make things up, so a row counts only if it is legal in
    every column as it stands and copies no real row; ``fallback`` makes the others. The endpoint
    is any that takes ``POST {base_url}/chat/completions`` as OpenAI's does, a server on this
    machine among them.

    Not for rows that must not leave the house, unless the endpoint stands there: anchors and
    their neighbours are sent. Not for many rows: one request brings ``rows_per_request``. Not for
    hundreds of columns: each is named in every prompt and every row. A model may know public
    tables by heart, held-out rows and all, so a gain on one of those proves nothing. That the made
    rows have the class they were asked for, nobody has checked: let a labeler look.

    In a meta-estimator every course has a copy of its own, one for each fold and one for all rows,
    each with caps of its own. Keep it small with ``HoldoutValidation``, ``max_iter=1``, a small
    ``FixedRate`` and a labeler that makes one candidate (``n_candidates=1``).

    Parameters
    ----------
    base_url : str
        Address of the endpoint, for example "http://localhost:8000/v1".
    model : str
        Name of the model there.
    class_names : array-like of shape (n_classes,), default=None
        What the classes are called, in their sorted order: a synthesizer sees their codes 0, 1,
        2 ... alone. None: the model sees the codes, too.
    instruction : str, default=""
        What the rows are and what their target means, in your words.
    api_key_env : str, default="OPENAI_API_KEY"
        Environment variable that holds the key. It is read at each call and kept nowhere. None:
        no key is sent.
    fallback : synthesizer, default=None
        Makes the rows the model does not give. None is
        ``MixingSynthesizer(partner="same_class")``. One that draws when it is fitted needs a seed.
    n_examples : int, default=8
        Real rows shown with each anchor: the nearest ones, those of its class first, in an order
        that is drawn.
    rows_per_request : int, default=5
        Rows asked for in one request at most, where an anchor repeats.
    temperature : float, default=1.0
        Temperature of each request; larger = rows more unlike one another. None leaves it to the
        endpoint.
    max_calls : int, default=100
        Requests that may be sent in the life of this object, repetitions included.
    max_cost : float, default=inf
        Money that may be spent in the life of this object, in the unit of the prices.
    prompt_price : float, default=0.0
        Price of 1000 prompt tokens.
    completion_price : float, default=0.0
        Price of 1000 completion tokens.
    max_tokens : int, default=2048
        Completion tokens of a request at most. An answer that is cut short counts for nothing.
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
    n_candidates : int, default=1
        Rows made for each anchor, of which the most uncertain is kept (with a ``guide``).
    sampling_strategy : float, str, dict or callable, default="auto"
        For ``fit_resample``: which classes get how many rows, as in imbalanced-learn.
    random_state : int, RandomState instance or None, default=None
        Seed of ``fit_resample``.

    Attributes
    ----------
    account_ : Account
        ``n_calls``, ``n_prompt_tokens``, ``n_completion_tokens`` and ``spent`` so far. ``clone``
        starts a new one, ``fit`` does not.
    fallback_ : synthesizer
        The fitted fallback.
    sources_ : ndarray of shape (n_rows,)
        Whose the rows of the last call are: "llm" or "fallback".
    refused_ : dict
        Rows of the last call that did not count, by reason. An answer that is no array of rows,
        or was cut short, counts as one, under "no rows".

    Warns
    -----
    SynthesisWarning
        The fallback made some of the rows, once a call: a cap is reached, the endpoint is silent,
        or rows did not count.

    Raises
    ------
    EndpointError
        The endpoint refuses: no such model, a wrong key, a request it does not understand.
        What it gave before in that call is in the log alone.

    Notes
    -----
    An answer is a JSON array of objects, or an object with it under "rows", in a code fence or
    not. A row counts if it names every column once (of a sparse table, what is not 0); null stands
    only where values were missing; categories, booleans and the values of integer columns with
    few of them were seen; numbers are finite and within the range seen, and whole where all were;
    dates are ISO 8601, in UTC where they have a zone. Columns of durations and wide sparse tables
    are refused by ``fit``. A copy of a real row that was given to ``fit``, and a row that was given
    before in the call, does not count.

    Closeness is measured, as that of generators: the mean over the columns of one minus the
    difference in rank, and of same or other for categories. There is no partner.

    The caps are kept before each request, as by ``LLMAnnotator``. Rows are asked for one anchor
    after the other, in one thread; what is shown depends on the data and ``random_state`` alone.
    Cells, column names and class names are JSON in a block whose delimiters cannot occur in it.
    A cell may still talk a model into odd rows *that are legal*; nothing here can see that.

    References
    ----------
    Borisov et al. (2023), GReaT, :arxiv:`2210.06280`. Seedat et al. (2024), CLLM,
    :arxiv:`2312.12112`. Kim, Kim and Choo (2024), EPIC, :arxiv:`2404.12404`.

    Examples
    --------
    What would be sent, without sending it:

    >>> import pandas as pd
    >>> from sklearn_synda.synthesis import LLMSynthesizer
    >>> X = pd.DataFrame({"age": [31, 44, 52, 38], "job": ["nurse", "cook", "cook", "nurse"]})
    >>> maker = LLMSynthesizer(
    ...     "http://localhost:8000/v1", "a-model", class_names=["stays", "leaves"],
    ...     api_key_env=None, n_examples=1,
    ... ).fit(X, [0, 1, 1, 0])
    >>> messages = maker.prompts([1, 1], random_state=0)
    >>> print(messages[0][1]["content"])
    <data>{"columns": {"age": {"one of": [31, 44, 52, 38]}, "job": {"one of": ["nurse", "cook"]}},
    "examples": [{"row": {"age": 52, "job": "cook"}, "target": "leaves"}],
    "anchor": {"row": {"age": 44, "job": "cook"}, "target": "leaves"}}</data>
    Make 2 new rows like "anchor".
    """

    _parameter_constraints: dict = {
        **CHAT_CONSTRAINTS,
        "class_names": ["array-like", None],
        "fallback": [HasMethods(["fit", "sample"]), None],
        "n_examples": [Interval(Integral, 0, None, closed="left")],
        "rows_per_request": [Interval(Integral, 1, None, closed="left")],
        "temperature": [Interval(Real, 0, 2, closed="both"), None],
        "n_candidates": [Interval(Integral, 1, None, closed="left")],
        "sampling_strategy": "no_validation",
        "random_state": ["random_state"],
    }

    _sleep = staticmethod(time.sleep)

    def __init__(self, base_url, model, *, class_names=None, instruction="",
                 api_key_env="OPENAI_API_KEY", fallback=None, n_examples=8, rows_per_request=5,
                 temperature=1.0, max_calls=100, max_cost=np.inf, prompt_price=0.0,
                 completion_price=0.0, max_tokens=2048, max_tokens_field="max_tokens",
                 extra_body=None, timeout=60.0, max_retries=4, max_wait=60.0, log_path=None,
                 n_candidates=1, sampling_strategy="auto", random_state=None):  # fmt: skip
        self.base_url = base_url
        self.model = model
        self.class_names = class_names
        self.instruction = instruction
        self.api_key_env = api_key_env
        self.fallback = fallback
        self.n_examples = n_examples
        self.rows_per_request = rows_per_request
        self.temperature = temperature
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
        self.n_candidates = n_candidates
        self.sampling_strategy = sampling_strategy
        self.random_state = random_state

    def fit(self, X, y, sample_weight=None):
        """Keep the real rows, and fit the fallback. The model is not asked, let alone trained.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Real rows, labelled or not.
        y : array-like of shape (n_samples,)
            Class codes 0, 1, 2 ... (-1: unlabelled) or float values (NaN: unlabelled).
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, for the fallback.

        Returns
        -------
        self : object
        """
        X = as_table(X)
        super().fit(X, y, sample_weight)
        check_settings(self)
        if self.columns_.is_wide:
            raise ValueError(
                f"LLMSynthesizer is not compatible with a sparse table of {self.n_features_in_}"
                " columns: each is named in every prompt. Use SMOTESynthesizer instead."
            )
        self._names_of_classes = self._check_class_names()
        self._told = ToldTable(X, self.columns_, self.cells_, type(self).__name__)
        self.embedding_ = self.columns_.to_embedding(self.cells_)
        self._encoder = CellEncoder(self.cells_, self.columns_.is_categorical)
        self.fallback_ = MixingSynthesizer(partner="same_class")
        if self.fallback is not None:
            self.fallback_ = clone(self.fallback, safe=False)
        self.fallback_.fit(X, self.y_, sample_weight)
        return self

    def prompts(self, anchor_indices, *, random_state=None):
        """What the model would be told, where nothing is sent.

        Parameters
        ----------
        anchor_indices : array-like of shape (n_rows,)
            Positions of real rows among those fitted on; may repeat.
        random_state : int, RandomState instance or None, default=None
            Seed; ``sample`` with the same one sends the same (to one candidate an anchor).

        Returns
        -------
        prompts : list of list of dict
            For each request its messages, with ``role`` and ``content``.
        """
        check_is_fitted(self, "fallback_")
        anchors = self._check_anchors(anchor_indices)
        seed = _draw_seeds(check_random_state(random_state))[0]
        return [messages for _, messages in self._requests(anchors, seed)]

    def _find_hints(self, anchors, guide, rng):
        return {"guide": guide}

    def _make(self, anchors, rng, guide=None):
        seed, fallback_seed = _draw_seeds(rng)  # as many draws whatever the model answers
        cells = np.full((len(anchors), self.n_features_in_), np.nan)
        partners = np.full(len(anchors), -1)
        self.sources_ = np.full(len(anchors), "fallback", dtype=object)
        reader = AnswerReader(self._told, self.cells_)
        reason = ""
        if len(anchors):
            reason = self._ask_model(self._requests(anchors, seed), anchors, reader, cells)
        self.refused_ = dict(reader.refused)
        closeness = self._encoder.closeness(cells, self.cells_[anchors])
        lacking = np.flatnonzero(self.sources_ == "fallback")
        if len(lacking):
            warnings.warn(self._shortfall(len(lacking), reason), SynthesisWarning, stacklevel=4)
            batch = self.fallback_.sample(
                anchors[lacking], guide=guide, random_state=np.random.RandomState(fallback_seed)
            )
            cells[lacking] = self.columns_.to_cells(batch.X)
            partners[lacking], closeness[lacking] = batch.parents[:, 1], batch.closeness
        return cells, partners, closeness

    def _keep(self, batch, indices):
        self.sources_ = self.sources_[indices]
        return super()._keep(batch, indices)

    def _requests(self, anchors, seed):
        """For each request the positions of its rows among the anchors, and its messages."""
        self._validate_params()
        check_settings(self)
        rng = np.random.RandomState(seed)
        examples = self._nearest_rows(np.unique(anchors))
        for anchor in dict.fromkeys(anchors.tolist()):
            where = np.flatnonzero(anchors == anchor)
            n_parts = -(-len(where) // self.rows_per_request)
            for k in range(n_parts):
                rows = where[k * self.rows_per_request : (k + 1) * self.rows_per_request]
                shown = self._facts(rng.permutation(examples[anchor]))
                data = {"examples": shown} if shown else {}
                data["anchor"] = self._facts([anchor])[0]
                yield (
                    rows,
                    self._told.messages(
                        self.instruction, data, len(rows), part=k + 1, n_parts=n_parts
                    ),
                )

    def _facts(self, rows):
        """Real rows with their targets, as they are told."""
        facts = [{"row": row} for row in self._told.facts(self.cells_[rows])]
        for fact, target in zip(facts, self.y_[rows].tolist(), strict=True):
            if not is_classification(self.y_):
                fact |= {} if np.isnan(target) else {"target": plain_value(target)}
            elif target >= 0:
                names = self._names_of_classes
                fact["target"] = names[int(target)] if names else int(target)
        return facts

    def _nearest_rows(self, anchors):
        """For each anchor the rows shown with it: the nearest, those of its class first."""
        rows, k = np.arange(len(self.y_)), min(self.n_examples, len(self.y_) - 1)
        found = {anchor: np.empty(0, dtype=np.intp) for anchor in anchors.tolist()}
        if k == 0:
            return found
        group = self.y_ if is_classification(self.y_) else np.full(len(rows), -1)
        for code in np.unique(group[anchors]):
            own = rows if code < 0 else np.flatnonzero(group == code)
            some = anchors[group[anchors] == code]
            near = nearest(self.embedding_, own, some, k) if len(own) > 1 else rows[None, :0]
            n_more = k - near.shape[1]
            for anchor, first in zip(
                some.tolist(), np.broadcast_to(near, (len(some), near.shape[1])), strict=True
            ):
                found[anchor] = first
                if n_more:
                    others = np.append(np.flatnonzero(group != code), anchor)
                    more = nearest(self.embedding_, others, np.array([anchor]), n_more)[0]
                    found[anchor] = np.append(first, more)
        return found

    def _ask_model(self, requests, anchors, reader, cells):
        """Fill cells with the rows the model gives; what kept it from giving more, if anything."""
        n_failed = n_lost = 0
        last = ""
        with open_chat(self, "rows") as client:
            for where, messages in requests:
                read = partial(reader.read, n_rows=len(where))
                try:
                    rows, problem = client.ask(
                        messages, self.temperature, int(anchors[where[0]]), read
                    )
                except CapReached as cap:
                    return f"{cap} leaves nothing for another request"
                if problem:
                    n_lost, n_failed, last = n_lost + 1, n_failed + 1, problem
                    if n_failed == DEAD_AFTER:
                        break
                    continue
                n_failed = 0
                if rows is None:
                    reader.refused["no rows"] += 1
                for i, row in zip(where, rows or [], strict=False):
                    cells[i], self.sources_[i] = self._told.to_cells(row), "llm"
        return f"{n_lost} prompts came to nothing, the last with {last}" if n_lost else ""

    def _shortfall(self, n_lacking, reason):
        """The sentence about the rows that the model did not give."""
        n_rows, refused = len(self.sources_), self.refused_
        why = [reason] if reason else []
        if refused:
            parts = ", ".join(f"{name}: {n}" for name, n in sorted(refused.items()))
            why.append(f"{sum(refused.values())} did not count ({parts})")
        return (
            f"LLMSynthesizer made {n_rows - n_lacking} of {n_rows} rows:"
            f" {'; '.join(why) or 'the answers had no more'}. The others come from"
            f" {type(self.fallback_).__name__}."
        )

    def _check_class_names(self):
        """Names of the classes as str, one a code; none where the model sees codes."""
        if self.class_names is None:
            return []
        names = [str(name) for name in self.class_names]
        n_classes = int(self.y_.astype(int).max()) + 1 if is_classification(self.y_) else 0
        if len(set(names)) < len(names) or len(names) < max(n_classes, 1) or not n_classes:
            raise ValueError(
                f"The 'class_names' parameter of LLMSynthesizer must hold a name for each of"
                f" {n_classes} classes, each another one, and be None for values. Got {names}"
                " instead."
            )
        return names


def _draw_seeds(rng):
    return rng.randint(2**31 - 1, size=2)
