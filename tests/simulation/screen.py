"""The editor that a server's edits come to: it may type first, refuse, fail, or say nothing."""

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from moa_lsp.lsp.documents import Documents
from moa_lsp.lsp.rpc.converter import create_converter

CONVERTER = create_converter()

MOODS = {
    "applies": 10,
    "types first": 5,
    "types on": 2,
    "refuses": 1,
    "fails": 1,
    "says nothing": 1,
    "applies and says nothing": 1,
}
"""What an editor may do with an edit, and how often: whether it goes in is up to the versions."""

OBEDIENT = frozenset({"applies", "types first", "types on"})
"""Moods in which an edit goes in unless the text has moved."""


class Screen:
    """What ``Result.apply`` knows of a server: its client's capabilities, and how to ask it.

    Args:
        documents: as the client tells them.
        take: applies an edit to the buffers; the client's answer.
        type: has the user type, with versions that grow.
        versioned: whether the client knows ``documentChanges``.

    Attributes:
        moods: of each request so far.
    """

    def __init__(
        self,
        rng: Random,
        documents: Documents,
        *,
        versioned: bool,
        take: Callable[[dict[str, Any]], bool],
        type: Callable[[], None],  # noqa: A002  # what the user does
    ) -> None:
        self.client_capabilities = types.ClientCapabilities(
            workspace=types.WorkspaceClientCapabilities(
                apply_edit=True,
                workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=versioned),
            )
        )
        self.documents = documents
        self.encoding = documents.encoding
        self.change_s = 0.0  # a change comes before the answer here, or not at all
        self.reply_s = 10.0
        self.moods: list[str] = []
        self._rng = rng
        self._versioned = versioned
        self._take = take
        self._type = type

    def structure(self, value: object, shape: Any) -> Any:
        return CONVERTER.structure(value, shape)

    async def workspace_apply_edit_async(
        self, params: types.ApplyWorkspaceEditParams
    ) -> types.ApplyWorkspaceEditResult:
        """Answer one ``workspace/applyEdit``."""
        mood = self._rng.choices(tuple(MOODS), tuple(MOODS.values()))[0]
        if not self._versioned and mood == "types first":
            mood = "applies"  # nothing in such an edit says which text it was made for
        self.moods.append(mood)
        raw = CONVERTER.unstructure(params)
        await asyncio.sleep(self._rng.choice((0, 0.1)))
        if mood == "types first":
            self._type()
        if mood == "refuses":
            return types.ApplyWorkspaceEditResult(applied=False, failure_reason="busy")
        if mood == "fails":
            raise JsonRpcException("no", -32603)
        if mood != "says nothing":
            applied = self._take(raw)
        if mood in ("says nothing", "applies and says nothing"):
            await asyncio.Event().wait()
        if mood == "types on":
            self._type()
        return types.ApplyWorkspaceEditResult(applied=applied)
