"""Asking a chat endpoint: each request is allowed, sent, paid for and logged, one at a time."""

import json
import os
import random
from dataclasses import dataclass
from datetime import UTC, datetime

from sklearn_synda.exceptions import EndpointError

__all__ = ["DEAD_AFTER", "Account", "CapReached", "ChatClient", "read_key"]

DEAD_AFTER = 3  # prompts in a row that come to nothing, repetitions and all
_OVERHEAD = 256  # prompt tokens an endpoint may add of its own
_FIRST_WAIT = 1.0  # seconds before the first repetition; each further one waits twice as long
_HINTS = {  # an endpoint's own sentence may hold part of the key, so not for these
    401: ": see that api_key_env names the variable with the right key",
    403: ": see that the key of api_key_env may use this model",
    404: ": see that base_url and model are right",
}


class CapReached(Exception):
    """The next request could cost more calls or money than is left; the text says which cap."""


@dataclass
class Account:
    """What was asked and paid so far.

    Attributes
    ----------
    n_calls : int
        Requests sent, repetitions included.
    n_prompt_tokens, n_completion_tokens : int
        Tokens as the endpoint counts them.
    spent : float
        Money; a request whose tokens were not told counts as the most it can cost.
    """

    n_calls: int = 0
    n_prompt_tokens: int = 0
    n_completion_tokens: int = 0
    spent: float = 0.0


def read_key(variable, url, caller):
    """The key an environment variable holds; "" where no variable is named.

    Parameters
    ----------
    variable : str or None
        Its name.
    url : str
        Where the key will be sent.
    caller : str
        Who asks, for the sentence of an error.

    Returns
    -------
    key : str
    """
    if variable is None:
        return ""
    key = os.environ.get(variable, "").strip()
    if not (key.isascii() and key.isprintable() and key.split() == [key]):
        state = "something else in it" if key else "nothing in it"
        raise ValueError(
            f"The 'api_key_env' parameter of {caller} must name an environment variable with"
            f" a key, or be None. Got {variable!r} with {state} instead."
        )
    from sklearn_synda._chat._http import is_local

    if url.startswith("http:") and not is_local(url):
        raise ValueError(
            f"The 'base_url' parameter of {caller} must begin with https:// where a key goes to"
            " another machine. Got http:// instead; api_key_env=None sends no key."
        )
    return key


class ChatClient:
    """The conversation of one part with one endpoint, within its caps.

    Parameters
    ----------
    settings : LLMAnnotator or LLMSynthesizer
        Whose parameters hold; its class is named in errors.
    account : Account
        Who pays.
    field : str
        What the log calls what was read in an answer.
    key : str
        The key. It lives no longer than this object.
    log : file or None
        Where each request and its answer is written, a JSON object a line.
    sleep : callable
        ``sleep(seconds)``.
    """

    def __init__(self, settings, account, field, key, log, sleep):
        self.settings = settings
        self.account = account
        self.field = field
        self.url = settings.base_url.rstrip("/") + "/chat/completions"
        self._key = key
        self._log = log
        self._sleep = sleep

    def ask(self, messages, temperature, row, read):
        """What the model says to one prompt.

        Parameters
        ----------
        messages : list of dict
            The prompt.
        temperature : float or None
            None leaves it to the endpoint.
        row : int
            Position of the row, for the log.
        read : callable
            ``read(text) -> value``, a JSON value, or None where the text is no answer. It is
            given answers that were not cut short.

        Returns
        -------
        value : object
            What was read; None where there was no answer.
        problem : str
            Why there was none after all repetitions; "" where the endpoint answered.

        Raises
        ------
        CapReached
            The next request could exceed a cap; it was not sent.
        EndpointError
            The endpoint refuses such requests.
        """
        payload = self._payload(messages, temperature)
        for attempt in range(self.settings.max_retries + 1):
            reply, cost = self._send(payload)
            text, is_whole, problem = _text_of(reply)
            value = read(text) if is_whole else None
            self._write(
                row=row, attempt=attempt, temperature=temperature, messages=messages,
                status=reply.status, problem=problem, answer=text,
                **{self.field: value}, tokens=_usage(reply), cost=cost,
            )  # fmt: skip
            if reply.is_final:
                self._give_up(reply)
            wait = self._wait(reply, attempt)
            if not reply.is_worth_another or wait > self.settings.max_wait:
                break
            if attempt < self.settings.max_retries:
                self._sleep(wait)
        return value, problem

    def _send(self, payload):
        """One request and its cost. It is paid for in full before, lest an interrupt be free."""
        limit = self._most_it_can_cost(payload)
        self._check_caps(limit)
        before = self.account.spent
        self.account.n_calls += 1
        self.account.spent = before + limit
        from sklearn_synda._chat._http import (
            post_json,
        )  # brings TLS and more: not before it is used

        reply = post_json(self.url, payload, self._key, self.settings.timeout)
        cost = self._book(reply, limit)
        self.account.spent = before + cost
        return reply, cost

    def _payload(self, messages, temperature):
        settings = self.settings
        body = {"model": settings.model, "messages": messages, **(settings.extra_body or {})}
        body[settings.max_tokens_field] = settings.max_tokens
        if temperature is not None:
            body["temperature"] = temperature
        return json.dumps(body).encode()

    def _most_it_can_cost(self, payload):
        """A token is a byte or more, so a prompt has no more tokens than its JSON has bytes."""
        prompt = (len(payload) + _OVERHEAD) * self.settings.prompt_price
        return (prompt + self.settings.max_tokens * self.settings.completion_price) / 1000

    def _check_caps(self, limit):
        if self.account.n_calls >= self.settings.max_calls:
            raise CapReached(f"max_calls={self.settings.max_calls:g}")
        if self.account.spent + limit > self.settings.max_cost:
            raise CapReached(f"max_cost={self.settings.max_cost:g}")

    def _book(self, reply, limit):
        """What a reply cost, its tokens counted."""
        usage = _usage(reply)
        if usage is None:
            return limit if reply.may_be_billed else 0.0
        prompt, completion = usage
        self.account.n_prompt_tokens += prompt
        self.account.n_completion_tokens += completion
        settings = self.settings
        return (prompt * settings.prompt_price + completion * settings.completion_price) / 1000

    def _wait(self, reply, attempt):
        """Seconds before the next attempt: twice as long each time, and as long as asked."""
        wait = min(_FIRST_WAIT * 2 ** min(attempt, 30), self.settings.max_wait)
        return max(wait * random.uniform(0.5, 1.0), reply.retry_after)

    def _give_up(self, reply):
        from http.client import responses

        said = " ".join(self._redact(_message_of(reply.data)).split())[:200].rstrip(".")
        why = _HINTS.get(reply.status, f": {said}" if said else "")
        name = f" ({responses.get(reply.status, 'unknown')})" if reply.status else ""
        raise EndpointError(
            f"The endpoint of {type(self.settings).__name__} must accept what it is asked. Got"
            f" {reply.problem}{name} instead{why}."
        )

    def _write(self, **entry):
        if self._log is None:
            return
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        entry = {"time": time, "model": self.settings.model, **entry}
        self._log.write(json.dumps(self._redacted(entry)) + "\n")
        self._log.flush()

    def _redacted(self, value):
        """A value with the key cut out of its texts, should an endpoint have echoed it."""
        if isinstance(value, str):
            return self._redact(value)
        if isinstance(value, dict):
            return {name: self._redacted(v) for name, v in value.items()}
        return [self._redacted(v) for v in value] if isinstance(value, list) else value

    def _redact(self, text):
        return text.replace(self._key, "[key]") if self._key else text


def _text_of(reply):
    """What the model said (or None), whether that is all it had to say, and what went wrong."""
    if reply.problem:
        return None, False, reply.problem
    try:
        choice = reply.data["choices"][0]
        text, reason = choice["message"]["content"], choice.get("finish_reason")
    except (TypeError, LookupError, AttributeError):
        return None, False, "no chat completion"
    is_text = isinstance(text, str)
    return text if is_text else None, is_text and reason not in ("length", "content_filter"), ""


def _usage(reply):
    """Prompt and completion tokens; None unless both are told and can be."""
    usage = reply.data.get("usage") if isinstance(reply.data, dict) else None
    if not isinstance(usage, dict):
        return None
    told = [usage.get("prompt_tokens"), usage.get("completion_tokens")]
    return told if all(type(n) is int and 0 <= n < 2**53 for n in told) else None


def _message_of(data):
    """The sentence an endpoint gives with an error; "" where it gives none."""
    error = data.get("error") if isinstance(data, dict) else None
    said = error.get("message") if isinstance(error, dict) else error
    return said if isinstance(said, str) else ""
