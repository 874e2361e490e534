"""Asking the user before an edit goes in: by the first of these that the client can do.

1. ``moa/preview``, for clients that announced it: thin clients do so to show the diff themselves.
2. A change annotation with ``needsConfirmation`` on the edit itself; the client asks.
3. ``window/showMessageRequest`` with Apply, Show diff and Discard.

A client that can do none of these gets no edit: the result is kept, and ``moa.apply`` is then the
user's word. While the user reads, the document may move: the edit is placed anew afterwards.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from moa_lsp import limits
from moa_lsp.lsp.safe_text import shown

if TYPE_CHECKING:
    from moa_lsp.lsp.rpc.server import Server

log = logging.getLogger(__name__)

PREVIEW = "moa/preview"

APPLY, SHOW_DIFF, DISCARD = "Apply", "Show diff", "Discard"

Way = Literal["preview", "annotation", "message"]

DECLINED = "you declined the edit; nothing was applied, the result is kept for moa.apply"
UNANSWERED = (
    "the edit was not confirmed in time; nothing was applied, the result is kept for moa.apply"
)
CLOSED = (
    "the question about the edit was closed without an answer; nothing was applied, the result is "
    "kept for moa.apply"
)
UNASKED = (
    "the edit needs your confirmation and this editor cannot ask for it; look at the result, then "
    "run moa.apply"
)


@dataclass(frozen=True, slots=True)
class EditConfirmation:
    """What the user is to agree to.

    Attributes:
        uri: the document, or the file that would be created.
        diff: makes the unified diff for the text as it is now, hidden characters visible.
        warnings: what to look at.
        hunks: gives the hunks for the text as it is now (``hunks.shown``).
    """

    run: str
    uri: str
    title: str
    diff: Callable[[], Awaitable[str]]
    warnings: tuple[str, ...]
    hunks: Callable[[], Awaitable[list[dict[str, Any]]]]


@dataclass(frozen=True, slots=True)
class ConfirmationAnswer:
    """What the user said.

    Attributes:
        refusal: why the edit is not to go in, ``None`` when it may.
        hunks: ids of those that are to go in, ``None`` for all.
    """

    refusal: str | None = None
    hunks: frozenset[str] | None = None


Show = Callable[[str, str], Awaitable[None]]
"""Opens a text as a document: its name, then the text."""


def way(server: "Server") -> Way | None:
    """How this client asks its user."""
    if "preview" in server.extensions:
        return "preview"
    capabilities = server.client_capabilities
    edit = capabilities.workspace.workspace_edit if capabilities.workspace else None
    if edit and edit.document_changes and edit.change_annotation_support:
        return "annotation"
    if capabilities.window and capabilities.window.show_message:
        return "message"
    return None


async def ask(server: "Server", question: EditConfirmation, show: Show) -> ConfirmationAnswer:
    """Ask, where it is for us to ask.

    Args:
        server: its client is asked.
        question: what the user is to agree to.
        show: opens the diff, for clients that show none with the question.

    Raises:
        StaleDocument: there is nothing to agree to any more.
    """
    by = way(server)
    if by is None:
        return ConfirmationAnswer(UNASKED)
    if by == "annotation":
        return ConfirmationAnswer()
    try:
        if by == "preview":
            return await _by_preview(server, question)
        return ConfirmationAnswer(await _by_message(server, question, show))
    except TimeoutError:
        return ConfirmationAnswer(UNANSWERED)
    except JsonRpcException as error:
        log.warning("the client could not ask: %s", shown(str(error), limits.MAX_SHOWN_CHARS))
        return ConfirmationAnswer(CLOSED)


async def _answer(server: "Server", method: str, params: object) -> object:
    """The user's answer, for which there is some time each time."""
    async with asyncio.timeout(server.confirm_s):
        return await server.asked(method, params)


async def _by_preview(server: "Server", question: EditConfirmation) -> ConfirmationAnswer:
    hunks = await question.hunks()
    params = {
        "run": question.run,
        "uri": question.uri,
        "title": question.title,
        "diff": await question.diff(),
        "warnings": [shown(each, limits.MAX_SHOWN_CHARS) for each in question.warnings],
        "hunks": hunks,
    }
    answer = await _answer(server, PREVIEW, params)
    return _understood(answer, frozenset(each["id"] for each in hunks))


def _understood(answer: object, known: frozenset[str]) -> ConfirmationAnswer:
    """What an answer of ``moa/preview`` means, for hunks of these ids."""
    if not isinstance(answer, Mapping) or not isinstance(answer.get("accept"), bool):
        return ConfirmationAnswer(CLOSED)
    if not answer["accept"]:
        return ConfirmationAnswer(DECLINED)
    ids = answer.get("hunks")
    if ids is None:
        return ConfirmationAnswer()
    if not isinstance(ids, list | tuple) or not all(isinstance(each, str) for each in ids):
        return ConfirmationAnswer(CLOSED)
    taken = known & frozenset(ids)
    if not taken:
        return ConfirmationAnswer(DECLINED)
    return ConfirmationAnswer(hunks=None if taken == known else taken)


async def _by_message(server: "Server", question: EditConfirmation, show: Show) -> str | None:
    why = shown("; ".join(question.warnings) or "look before you accept", limits.MAX_SHOWN_CHARS)
    actions = [types.MessageActionItem(title=title) for title in (APPLY, SHOW_DIFF, DISCARD)]
    kind = types.MessageType.Warning if question.warnings else types.MessageType.Info
    params = types.ShowMessageRequestParams(kind, f"{question.title}: {why}", actions)
    looks = 0
    while True:
        answer = await _answer(server, types.WINDOW_SHOW_MESSAGE_REQUEST, params)
        title = getattr(answer, "title", None)
        if title != SHOW_DIFF:
            return {APPLY: None, DISCARD: DECLINED}.get(str(title), CLOSED)
        looks += 1
        lead = "".join(f"{shown(each)}\n" for each in question.warnings)
        await show(f"diff-{question.run}-{looks}.diff", f"{lead}{await question.diff()}")
