"""Which error a provider's refusal is: from status, headers and body to the exception tree.

Pure. The same table serves an HTTP status and an error object inside a 200 (P30 in
docs/faults.md). Text of the provider is shown escaped, cut, and with keys taken out.
"""

import math
import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

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
from moa_lsp.providers import strict_json
from moa_lsp.providers.keys import redacted
from moa_lsp.text.sanitize import escape


class PromptTooLong(TooLarge):
    """The prompt, with room for the answer, is over the model's window or the server's bound."""


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
    code, text = _read(body.decode("utf-8", "replace"))
    error = _error(_refined(status, code, text), text, who=who, wait=retry_after(headers, now))
    if headers.get("x-should-retry", "").strip().lower() == "false":
        error.retryable = False
    return error


def from_object(error: object, *, who: str) -> ProviderError:
    """The error that an error object (or string) inside an ordinary response means."""
    code, text = _fields(error)
    return _error(_refined(_numeric(code) or 500, code, text), text, who=who, wait=None)


def from_object_in(value: object, *, who: str) -> ProviderError | None:
    """The error inside a decoded response, ``None`` when there is none."""
    found = value[0] if isinstance(value, list) and value else value
    error = strict_json.mapping(found).get("error")
    return from_object(error, who=who) if error else None


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


def _error(status: int, text: str, *, who: str, wait: float | None) -> ProviderError:
    said = f": {shown(text)}" if text.strip() else ""
    field = parameter(text)
    kind: type[ProviderError] = BadReply
    message = "{who} rejected the request ({status}), see its message"
    if status in _KNOWN:
        kind, message = _KNOWN[status]
    elif status >= 500:
        kind, message = ProviderOverloaded, "{who} failed on its side ({status}), try again later"
    elif field:
        message = "{who} does not take `{field}` ({status}), remove it from the mix"
    return kind(message.format(who=who, status=status, field=field) + said, retry_after=wait)


def _refined(status: int, code: str, text: str) -> int:
    """The status that says it best: gateways put credit, length and filters under 400 and 429."""
    named = _STATUS_OF_WORD.get(code.lower())
    if status == 429:
        return 402 if named == 402 or _NO_CREDIT.search(f"{code} {text}") else 429
    if status in (400, 403, 422) and (named == 451 or _FILTERED.search(text)):
        return 451
    if status in (400, 422) and (named == 413 or _TOO_LONG.search(text)):
        return 413
    if status in (400, 500) and named is not None:
        return named
    return status


def _read(body: str) -> tuple[str, str]:
    """Code and message of an error's body, whatever its shape."""
    try:
        value = strict_json.load(body)
    except BadReply:
        return "", "" if "<html" in body[:1000].lower() else body
    if isinstance(value, list) and value:
        value = value[0]
    outer = strict_json.mapping(value)
    error = outer.get("error") or outer.get("detail") or outer
    return _fields(error) if error else ("", "")


def _fields(error: object) -> tuple[str, str]:
    if isinstance(error, str):
        return "", error
    if isinstance(error, list):
        return "", "; ".join(_fields(item)[1] for item in error[:3])
    held = strict_json.mapping(error)
    words = [_word(held.get(name)) for name in ("code", "type", "status")]
    known = [word for word in words if word.lower() in _STATUS_OF_WORD]
    numbers = [word for word in words if _numeric(word)]
    code = next(iter(known or numbers or words), "")
    message = held.get("message") or held.get("msg") or held.get("error")
    text = message if isinstance(message, str) else ""
    field = held.get("param")
    if isinstance(field, str) and field not in text:
        text = f"{text} (unsupported '{field}')"
    return code, text


def _word(value: Any) -> str:  # noqa: ANN401  # a field of foreign JSON
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


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
