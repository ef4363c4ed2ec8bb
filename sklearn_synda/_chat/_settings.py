"""The parameters that all who ask a chat endpoint have in common, and a client made of them."""

import os
from contextlib import contextmanager, nullcontext
from numbers import Integral, Real
from urllib.parse import urlsplit

import numpy as np

from sklearn_synda._chat._client import Account, ChatClient, read_key
from sklearn_synda._sklearn_compat import Interval, StrOptions

__all__ = ["CHAT_CONSTRAINTS", "check_settings", "open_chat"]

CHAT_CONSTRAINTS: dict = {
    "base_url": [str],
    "model": [str],
    "instruction": [str],
    "api_key_env": [str, None],
    "max_calls": [Interval(Real, 0, None, closed="both")],
    "max_cost": [Interval(Real, 0, None, closed="both")],
    "prompt_price": [Interval(Real, 0, None, closed="left")],
    "completion_price": [Interval(Real, 0, None, closed="left")],
    "max_tokens": [Interval(Integral, 1, None, closed="left")],
    "max_tokens_field": [StrOptions({"max_tokens", "max_completion_tokens"})],
    "extra_body": [dict, None],
    "timeout": [Interval(Real, 0, None, closed="neither")],
    "max_retries": [Interval(Integral, 0, None, closed="left")],
    "max_wait": [Interval(Real, 0, None, closed="left")],
    "log_path": [str, os.PathLike, None],
}
_OWN_FIELDS = {
    "model", "messages", "temperature", "max_tokens", "max_completion_tokens", "stream", "n",
}  # fmt: skip


def check_settings(part):
    """Raise where parameters do not go together, or an address is none.

    Parameters
    ----------
    part : object
        With the parameters of ``CHAT_CONSTRAINTS``, each of its type.
    """
    caller = type(part).__name__
    _check_url(part.base_url, caller)
    if own := sorted(_OWN_FIELDS & set(part.extra_body or {})):
        raise ValueError(
            f"The 'extra_body' parameter of {caller} must leave the fields that have a"
            f" parameter, or none, alone. Got {own} instead."
        )
    if np.isfinite(part.max_cost) and not (part.prompt_price or part.completion_price):
        raise ValueError(
            f"The 'max_cost' parameter of {caller} must come with prompt_price or"
            f" completion_price. Got {part.max_cost} and no price instead."
        )


@contextmanager
def open_chat(part, field):
    """A client for one call of a part. The key is read here; the account is that of the part.

    Parameters
    ----------
    part : object
        With the parameters of ``CHAT_CONSTRAINTS``. It gets an ``account_`` if it has none.
    field : str
        What the log calls what was read in an answer.

    Yields
    ------
    client : ChatClient
    """
    if not hasattr(part, "account_"):
        part.account_ = Account()
    key = read_key(part.api_key_env, part.base_url, type(part).__name__)
    with nullcontext() if part.log_path is None else _open_log(part.log_path) as log:
        yield ChatClient(part, part.account_, field, key, log, part._sleep)


def _check_url(url, caller):
    """Raise unless an address is one of HTTP without anything secret in it."""
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    has_more = any(character in url for character in "@?#")  # it may be a secret: not shown
    if not is_good or has_more or not (url.isascii() and url.isprintable() and " " not in url):
        shown = "one with a user, a query or a fragment" if has_more else repr(url)
        raise ValueError(
            f"The 'base_url' parameter of {caller} must be an address that begins with http://"
            f" or https://, and no more than that. Got {shown} instead."
        )


def _open_log(path):
    """The log, opened for adding; made readable for its owner alone."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    return os.fdopen(os.open(path, flags, 0o600), "a", encoding="utf-8")
