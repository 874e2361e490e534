"""Errors in the shape of OpenAI's API. Pure.

Shape: https://platform.openai.com/docs/guides/error-codes. A client's library retries 408, 409,
429 and 5xx by itself, so that what no retry can mend has another status.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moa_lsp.errors import BudgetExceeded, ConfigError, MoaError, UsageError
from moa_lsp.gateway import limits


class RequestRefused(UsageError):
    """A request is not answered.

    Attributes:
        status: of the response.
        code: a word that stays the same.
        headers: of the response.
    """

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        self.status = status
        self.code = code
        self.headers = dict(headers or {})
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class ErrorResponse:
    """What a client is told."""

    status: int
    kind: str
    code: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The body."""
        return {
            "error": {
                "message": self.message,
                "type": self.kind,
                "param": None,
                "code": self.code,
            }
        }


def queue_full() -> RequestRefused:
    """The refusal of a request for which there is no place."""
    return RequestRefused(
        429,
        "queue_full",
        "too many runs are at work or waiting, try again in a moment",
        {"retry-after": str(limits.RETRY_AFTER_S)},
    )


_KINDS = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


def response_of(error: MoaError) -> ErrorResponse:
    """The response that an error becomes."""
    told = str(error)
    if isinstance(error, RequestRefused):
        kind = _KINDS.get(error.status, "invalid_request_error")
        return ErrorResponse(error.status, kind, error.code, told, error.headers)
    if isinstance(error, BudgetExceeded):
        return ErrorResponse(402, "insufficient_quota", "budget_exceeded", told)
    if isinstance(error, ConfigError):
        return ErrorResponse(500, "server_error", "configuration", told)
    if isinstance(error, UsageError):
        return ErrorResponse(400, "invalid_request_error", "invalid_request", told)
    return ErrorResponse(502, "server_error", "run_failed", told)
