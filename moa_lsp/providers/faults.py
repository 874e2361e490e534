"""Which error a provider's refusal is: from status, headers and body to the exception tree.

Pure. The same table serves an HTTP status and an error object inside a 200 (P30 in
docs/faults.md). Text of the provider is shown escaped, cut, and with keys taken out.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime

from moa_lsp.errors import (
    AnswerRefused,
    AuthRejected,
    BadReply,
    KeyRejected,
    ProviderError,
    ProviderOverloaded,
    RateLimited,
    TooLarge,
)
from moa_lsp.limits import MAX_SHOWN_CHARS
from moa_lsp.providers import error_shapes, parameters
from moa_lsp.providers.error_shapes import ErrorWords
from moa_lsp.providers.keys import redacted
from moa_lsp.text.sanitize import escape


class PromptTooLong(TooLarge):
    """The prompt, with room for the answer, is over the model's window or the server's bound."""


class RefusedField(BadReply):
    """The server does not take something of the request.

    Attributes:
        text: its words.
        named: the field that it names beside them.
    """

    text = ""
    named: str | None = None


_STATUS_OF_WORD = {
    "overloaded_error": 529,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "resource_exhausted": 429,
    "too_many_requests": 429,
    "throttling_error": 429,
    "authentication_error": 401,
    "auth_error": 401,
    "invalid_api_key": 401,
    "no_db_connection": 401,  # LiteLLM without a database, of any key but its master key
    "unauthenticated": 401,
    "permission_error": 403,
    "permission_denied": 403,
    "billing_error": 402,
    "insufficient_quota": 402,
    "enforced_spend_limit_reached": 402,
    "not_found_error": 404,
    "model_not_found": 404,
    "request_too_large": 413,
    "timeout_error": 504,
    "context_length_exceeded": 413,
    "exceed_context_size_error": 413,
    "content_filter": 451,
    "content_policy_violation": 451,
    "invalid_request_error": 400,
    "invalid_argument": 400,
    "api_error": 500,
    "server_error": 500,
}
"""Words of ``type``, ``code`` and ``status`` in error objects, as statuses. 451 stands for a
filter that declined, which has no status of its own."""

_TOO_LONG = re.compile(
    r"context.{0,20}(?:length|window|size)|maximum.{0,20}tokens|prompt is too long"
    r"|too many (?:input )?tokens|exceeds? the (?:available|model'?s?) context",
    re.IGNORECASE,
)
_FILTERED = re.compile(
    r"content (?:management )?(?:filter|policy)|moderation|safety system|flagged", re.IGNORECASE
)
_NO_CREDIT = re.compile(
    r"insufficient[_ ](?:quota|credit|balance|fund)|spend[_ ]limit|exceeded your current quota"
    r"|out of credit|billing",
    re.IGNORECASE,
)
_WRONG_PATH = re.compile(
    r"unexpected endpoint|(?:unknown|invalid|no such|unrecogni[sz]ed)(?: request)? "
    r"(?:endpoint|route|url|path)|(?:endpoint|route|url|path|page|resource)\b.{0,60}? (?:was )?"
    r"(?:not found|does not exist|not exist)|404 page not found|cannot (?:get|post) /"
    r"|no (?:handler|route|static resource)\b|\Anot found\.?\Z|method not allowed",
    re.IGNORECASE,
)
"""Words of a server that has nothing at this path: LM Studio's, OpenAI's, Go's, Express's,
FastAPI's, Spring's."""

_LINK = re.compile(r"https?://\S{1,300}")

_PARAMETER = re.compile(
    r"(?:unsupported|unknown|unrecognized|extra|unexpected)[^.\n]{0,40}?['\"`]([\w.]{1,60})['\"`]",
    re.IGNORECASE,
)


def from_response(
    status: int, headers: Mapping[str, str], body: bytes, *, who: str, now: datetime
) -> ProviderError:
    """The error that a response with a status other than 200 means.

    Args:
        status: HTTP status.
        headers: names in lower case.
        body: as much of it as was read.
        who: ``provider/model``.
        now: wall-clock time, for a ``Retry-After`` that is a date.
    """
    if 300 <= status < 400:
        return BadReply(
            f"{who} is not there ({status}): it redirects{_target(headers)}, which is not"
            " followed, correct base_url"
        )
    if status < 300:
        return BadReply(f"{who} gave no answer ({status}), check base_url")
    said = error_shapes.of_body(body.decode("utf-8", "replace"))
    error = _error(status, said, who=who, wait=retry_after(headers, now))
    if headers.get("x-should-retry", "").strip().lower() == "false":
        error.retryable = False
    return error


def from_object(error: object, *, who: str) -> ProviderError:
    """The error that an error object (or string) inside an ordinary response means."""
    return _inside(error_shapes.said(error), error, who)


def from_object_in(value: object, *, who: str) -> ProviderError | None:
    """The error inside a decoded response, ``None`` when there is none."""
    said = error_shapes.error_in(value)
    return _inside(said, value, who) if said is not None else None


def from_text(text: str, *, who: str) -> ProviderError:
    """The error that an event means whose name or field says that it is one."""
    said = error_shapes.of_body(text)
    return _inside(said, text, who)


def from_words(text: str, *, who: str) -> ProviderError:
    """The error that words mean which came with status 200 in place of an answer."""
    return BadReply(f"{who} sent words and no answer, check its base_url: {shown(text)}")


def _inside(said: ErrorWords, value: object, who: str) -> ProviderError:
    status = next((int(code) for code in said.codes if _numeric(code)), 500)
    if not said.text:
        shape = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        said = replace(said, text=shape)
    return _error(status, said, who=who, wait=None)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait as the provider asks, ``None`` when it does not say so intelligibly."""
    milliseconds = _seconds(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    for name in ("retry-after", "llm_provider-retry-after"):
        value = headers.get(name, "").strip()
        seconds = _seconds(value)
        if seconds is None and value:
            seconds = _until(value, _date(headers.get("date", "")) or now)
        if seconds is not None:
            return seconds
    return None


def parameter(text: str) -> str | None:
    """The request's field that an error complains about."""
    match = _PARAMETER.search(text)
    return match[1] if match else None


def shown(text: str) -> str:
    """A provider's words, fit for a message: no keys, no control characters, not long."""
    return escape(redacted(" ".join(text.split())), MAX_SHOWN_CHARS)


THE_KEY = "the provider's key"
"""In the sentence of a rejected key: who knows where the key is says that instead."""

_KNOWN: Mapping[int, tuple[type[ProviderError], str]] = {
    401: (KeyRejected, f"{{who}} rejected the key (401), check {THE_KEY}"),
    402: (AuthRejected, "{who} has no credit left (402), top up the account"),
    403: (AuthRejected, "{who} is not allowed for this key (403), check its rights"),
    404: (BadReply, "{who} does not exist (404), check the model's name and base_url"),
    408: (RateLimited, "{who} asks to try again (408), wait a little"),
    409: (RateLimited, "{who} asks to try again (409), wait a little"),
    413: (PromptTooLong, "the prompt is too long for {who}, select less"),
    425: (RateLimited, "{who} asks to try again (425), wait a little"),
    429: (RateLimited, "{who} is rate limited (429), wait a little"),
    # as of a model without the tokens to fill a gap: asking again changes nothing
    501: (BadReply, "{who} cannot do this (501), choose another model"),
    451: (AnswerRefused, "{who} declined to answer, a content filter stopped it"),
}


def _error(status: int, said: ErrorWords, *, who: str, wait: float | None) -> ProviderError:
    status = _refined(status, said.codes, said.text)
    words = f": {shown(said.text)}" if said.text.strip() else ""
    if status in _PATH_STATUSES and _WRONG_PATH.search(said.text):
        return BadReply(
            f"{who} is not at this address, correct its base_url (most end in `/v1`){words}"
        )
    field = said.field or parameter(said.text)
    kind: type[ProviderError] = BadReply
    message = "{who} rejected the request ({status}), see its message"
    if status in _KNOWN:
        kind, message = _KNOWN[status]
    elif status >= 500:
        kind, message = ProviderOverloaded, "{who} failed on its side ({status}), try again later"
    elif field:
        setting = parameters.setting_of(field) or "see its message"
        message = "{who} does not take `{field}` ({status}), " + setting
    error = kind(message.format(who=who, status=status, field=field) + words, retry_after=wait)
    if type(error) is BadReply and status in _FIELD_STATUSES:
        refused = RefusedField(str(error), retry_after=wait)
        refused.text, refused.named = said.text, said.field
        return refused
    return error


_PATH_STATUSES = (400, 404, 405, 500)
"""Of a wrong path: 500 stands for an error without a status, inside a 200."""

_FIELD_STATUSES = (400, 422)
"""Of a request that is refused for something in it."""


_WRONG_KEY = re.compile(r"\b(?:incorrect|invalid) api[ _]?key\b", re.IGNORECASE)
"""xAI's and Gemini's words for a wrong key, at status 400."""


def _refined(status: int, codes: Sequence[str], text: str) -> int:
    """The status that says it best: gateways put credit, length and filters under 400 and 429."""
    words = (_STATUS_OF_WORD.get(code.lower()) for code in codes)
    named = next((word for word in words if word is not None), None)
    if status == 429:
        # a limit of tokens a minute comes with a link to where more of them are sold
        said = _LINK.sub("", f"{' '.join(codes)} {text}")
        return 402 if named == 402 or (named != 429 and _NO_CREDIT.search(said)) else 429
    if status in (400, 403, 422) and (named == 451 or _FILTERED.search(text)):
        return 451
    if status in (400, 422) and (named == 413 or _TOO_LONG.search(text)):
        return 413
    if status in (400, 500) and named is not None:
        return named
    if status == 400 and _WRONG_KEY.search(text):
        return 401
    return status


def _numeric(code: str) -> int | None:
    return int(code) if re.fullmatch(r"[45]\d\d", code, re.ASCII) else None


def _seconds(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return date if date.tzinfo is not None else None


def _until(value: str, now: datetime) -> float | None:
    date = _date(value)
    return max(0.0, (date - now).total_seconds()) if date else None


def _target(headers: Mapping[str, str]) -> str:
    match = re.match(r"https?://[^/?#\s@]{1,200}", headers.get("location", ""))
    return f" to {escape(match[0])}" if match else ""
