"""What an exception becomes on the wire: one code and one sentence, never a traceback.

- ``UsageError``: InvalidParams, -32602: the caller's words;
- ``StaleDocument``: ContentModified, -32801: clients drop the answer without a message;
- any other ``MoaError``: RequestFailed, -32803: clients show the sentence;
- cancellation: RequestCancelled, -32800;
- anything else: InternalError, -32603: a bug of ours; the log has it, the client does not.
"""

import asyncio

from lsprotocol.types import ErrorCodes, LSPErrorCodes, ResponseError
from pygls.exceptions import JsonRpcException

from moa_lsp.errors import MoaError, StaleDocument, UsageError
from moa_lsp.limits import MAX_SHOWN_CHARS
from moa_lsp.lsp.safe_text import shown


def response_error(err: BaseException) -> ResponseError:
    """The error of a response for ``err``."""
    if isinstance(err, asyncio.CancelledError):
        return ResponseError(int(LSPErrorCodes.RequestCancelled), "cancelled")
    if isinstance(err, JsonRpcException):
        return ResponseError(int(err.code), _sentence(err.message), err.data)
    if isinstance(err, MoaError):
        return ResponseError(_code(err), _sentence(str(err)))
    return ResponseError(int(ErrorCodes.InternalError), "internal error, see the server's log")


def is_bug(err: BaseException) -> bool:
    """Whether ``err`` is nobody's fault but ours, and so belongs in the log with its traceback."""
    return not isinstance(err, (MoaError, JsonRpcException, asyncio.CancelledError))


def _code(err: MoaError) -> int:
    if isinstance(err, UsageError):
        return int(ErrorCodes.InvalidParams)
    if isinstance(err, StaleDocument):
        return int(LSPErrorCodes.ContentModified)
    return int(LSPErrorCodes.RequestFailed)


def _sentence(text: str) -> str:
    return shown(text, MAX_SHOWN_CHARS)
