"""One request to an HTTP endpoint: what came back, or what went wrong, as one plain value."""

import json
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from ssl import SSLCertVerificationError
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

__all__ = ["HttpReply", "is_local", "parse_json", "post_json"]

MAX_BYTES = 2**22  # an answer longer than this is not read
_LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class HttpReply:
    """What one request led to.

    Attributes
    ----------
    status : int
        The HTTP status; 0 where there was none.
    data : object
        The body as JSON; None where it is none.
    problem : str
        What went wrong; "" where the status is 200 and the body is JSON.
    is_final : bool
        Whether no later request would do better: the endpoint refuses.
    may_be_billed : bool
        Whether the endpoint may have done its work.
    retry_after : float
        Seconds the endpoint asks to be left alone.
    """

    status: int = 0
    data: object = None
    problem: str = ""
    is_final: bool = False
    may_be_billed: bool = True
    retry_after: float = 0.0

    @property
    def is_worth_another(self):
        """Whether the same request may succeed later."""
        return bool(self.problem) and not self.is_final and self.status != 200


class _NoRedirect(HTTPRedirectHandler):
    """A redirect would carry the key to another address: it is an error instead."""

    def redirect_request(self, *args):
        return None


def is_local(url):
    """Whether an address is on this machine."""
    return urlsplit(url).hostname in _LOCAL


def parse_json(text):
    """The value of a JSON text; None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def post_json(url, payload, key, timeout):
    """Send one request and read its answer; network errors are part of the reply.

    Parameters
    ----------
    url : str
        Where to.
    payload : bytes
        The JSON to send.
    key : str
        Sent as a bearer token; none where it is "".
    timeout : float
        Seconds the endpoint may be silent, and the body of its answer may take.

    Returns
    -------
    reply : HttpReply
    """
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    proxies = [ProxyHandler({})] if is_local(url) else []
    opener = build_opener(_NoRedirect, *proxies)
    deadline = time.monotonic() + timeout
    try:
        with opener.open(Request(url, payload, headers), timeout=timeout) as response:  # noqa: S310
            data = parse_json(_read(response, deadline))
            return HttpReply(response.status, data, "" if data is not None else "no JSON")
    except HTTPError as error:
        with error:
            return _refusal(error, deadline)
    except URLError as error:  # nothing was sent, or not all of it
        is_final = isinstance(error.reason, SSLCertVerificationError)
        return HttpReply(problem=_name(error.reason), is_final=is_final, may_be_billed=False)
    except (OSError, HTTPException) as error:
        return HttpReply(problem=_name(error))


def _name(error):
    """What kind of error it is. Its text may hold what was sent, so it stays out."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return type(error).__name__


def _read(response, deadline):
    """The whole body, in time and of a decent length."""
    parts, size = [], 0
    while part := response.read1(65536):
        parts.append(part)
        size += len(part)
        if time.monotonic() > deadline:
            raise TimeoutError
        if size > MAX_BYTES:
            return b""
    if response.length:  # bytes that were announced and did not come
        raise ConnectionError
    return b"".join(parts)


def _refusal(error, deadline):
    try:
        data = parse_json(_read(error, deadline))
    except (OSError, HTTPException):
        data = None
    return HttpReply(
        status=error.code,
        data=data,
        problem=f"status {error.code}",
        is_final=error.code < 500 and error.code not in (408, 429),
        may_be_billed=error.code >= 500,
        retry_after=_seconds(error.headers.get("Retry-After", "")),
    )


def _seconds(text):
    """Seconds of a Retry-After header: a number or a date; 0 where it is neither."""
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - time.time()
        except (ValueError, TypeError, IndexError, OverflowError):
            return 0.0
    return seconds if seconds > 0 else 0.0
