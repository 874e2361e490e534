"""Sending a workspace edit: one request, versioned, and one more try when the text moved."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from moa_lsp import limits
from moa_lsp.errors import RunError
from moa_lsp.lsp.hold import Hold
from moa_lsp.text.sanitize import escape

if TYPE_CHECKING:
    from moa_lsp.actions.plan import Plan
    from moa_lsp.actions.run import Prepared
    from moa_lsp.lsp.server import Server

log = logging.getLogger(__name__)

Json = dict[str, Any]

TRIES = 2
"""The text may move between our sending and the client's reading; twice means no (L11)."""

Verdict = Literal["applied", "refused", "unsaid"]
"""``unsaid``: no answer came, or an error, which does not say that nothing was changed."""


def documents_versioned(server: "Server") -> bool:
    """Whether the client takes edits of several documents, each of a version."""
    workspace = server.client_capabilities.workspace
    able = workspace.workspace_edit if workspace else None
    return bool(workspace and workspace.apply_edit and able and able.document_changes)


def creates_files(server: "Server") -> bool:
    """Whether the client makes new files for a server."""
    workspace = server.client_capabilities.workspace
    able = workspace.workspace_edit if workspace else None
    kinds = (able and able.resource_operations) or ()
    return types.ResourceOperationKind.Create in kinds


def asks_itself(server: "Server") -> bool:
    """Whether the client lets the user confirm a part of an edit."""
    workspace = server.client_capabilities.workspace
    able = workspace.workspace_edit if workspace else None
    return bool(able and able.document_changes and able.change_annotation_support)


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of an edit.

    Attributes:
        edit: as it was sent last.
        reason: why it did not go in, ``None`` when it did.
        again: whether asking again may help.
    """

    edit: Json
    reason: str | None = None
    again: bool = True


@dataclass(frozen=True, slots=True)
class Result:
    """A finished run's edit, kept until it was applied.

    Attributes:
        review: when the user is to confirm: ``auto``, ``always`` or ``never``.
        agreed: whether the user has seen what it does and agreed to it in another way than by
            the client's own question; needed for new files where the client has none.
    """

    prepared: "Prepared"
    plan: "Plan"
    hold: Hold
    review: str
    agreed: bool = False

    @property
    def confirm(self) -> bool:
        """Whether the user is to agree first, where the client can ask."""
        if self.plan.created:
            return not self.agreed
        if self.review == "auto":
            return self.plan.risky or self.plan.new_file is not None
        return self.review == "always"

    async def apply(self, server: "Server", may_send: Callable[[], bool]) -> Sent:
        """Apply the edit to the document as it is now.

        Args:
            server: its client is asked.
            may_send: asked before each request; false ends it.

        Raises:
            StaleDocument: it does not fit any more; nothing was sent.
            RunError: this client cannot apply it at all.
        """
        workspace = server.client_capabilities.workspace
        edit = await self._edit(server)
        if not (workspace and workspace.apply_edit):
            reason = "this editor applies no edits for a server; the edit is in the result"
            return Sent(edit, reason, again=False)
        for attempt in range(TRIES):
            if attempt:
                edit = await self._edit(server)
            if not may_send():
                break
            sent_for = self._moment()
            verdict = await self._ask(server, edit)
            if verdict == "applied":
                return Sent(edit)
            if verdict == "unsaid" and self._moment() != sent_for:
                # Perhaps it is what moved the text, and a second one would change it twice.
                reason = "the editor did not say whether it applied the edit; look, and if it did "
                return Sent(edit, f"{reason}not, run the action again", again=False)
            if verdict == "unsaid" and (self.confirm or "documentChanges" not in edit):
                # It may still be applied: a second one would ask twice, or change twice.
                break
        return Sent(edit, "the editor did not apply the edit; it is kept for moa.apply")

    def _moment(self) -> list[tuple[int | None, int]]:
        """What is another once anything was typed, or the edit went in."""
        found = []
        for held in (self.hold, *self.hold.others):
            document = held.documents.get(held.snapshot.uri)
            found.append((document.version if document else None, len(held.log.edits)))
        return found

    @property
    def _label(self) -> str:
        return f"Moa: {self.prepared.action.title}"

    async def _edit(self, server: "Server") -> Json:
        """The edit for the text as it is now, in the client's units and shape."""
        from moa_lsp.actions import workspace_edit

        workspace = server.client_capabilities.workspace
        able = workspace.workspace_edit if workspace else None
        question = None
        if self.confirm and able and able.change_annotation_support:
            why = "; ".join(self.plan.warnings) or "look before you accept"
            question = f"{self._label}: {escape(why, limits.MAX_SHOWN_CHARS)}"
        if self.prepared.new_file is not None and self.plan.new_file is not None:
            if not creates_files(server):
                raise RunError(
                    "this editor creates no files for a server; the text is in the result"
                )
            uri = self.prepared.new_file.as_uri()
            return workspace_edit.created(uri, self.plan.new_file, confirm=question)
        if self.plan.parts or self.plan.created:
            return await self._several(server, question)
        document, edits = await self.hold.place(self.plan)
        return workspace_edit.changed(
            document.uri,
            document.version,
            document.index,
            edits,
            encoding=server.encoding,
            versioned=bool(able and able.document_changes),
            confirm=question,
        )

    async def _several(self, server: "Server", question: str | None) -> Json:
        """The edit of several places or documents, with the files that it makes."""
        from moa_lsp.actions import workspace_edit
        from moa_lsp.actions.run import check_places

        versioned = documents_versioned(server)
        if self.plan.created and not (versioned and creates_files(server)):
            raise RunError("this editor creates no files for a server; the text is in the result")
        if self.plan.created and question is None and not self.agreed:
            raise RunError(
                "this editor cannot ask whether a new file may be made, so nothing was applied; "
                "the text is in the result"
            )
        made = []
        if self.plan.created:
            places = await asyncio.to_thread(check_places, self.prepared, self.plan)
            for new, path in zip(self.plan.created, places, strict=True):
                made.append(workspace_edit.created(path.as_uri(), new.text, confirm=question))
        placed = await self.hold.place_parts(self.plan)  # last: nothing may be waited for after it
        for document, edits in placed:
            made.append(
                workspace_edit.changed(
                    document.uri,
                    document.version,
                    document.index,
                    edits,
                    encoding=server.encoding,
                    versioned=versioned,
                    confirm=question,
                )
            )
        if versioned:
            return workspace_edit.joined(made)
        if len(made) > 1:
            raise RunError(
                "this editor takes no edit of several documents; the changes are in the result"
            )
        return made[0]

    async def _ask(self, server: "Server", edit: Json) -> Verdict:
        """Send one ``workspace/applyEdit`` and wait for what the client says."""
        structured = server.structure(edit, types.WorkspaceEdit)
        params = types.ApplyWorkspaceEditParams(label=self._label, edit=structured)
        patience = limits.CONFIRM_REPLY_S if self.confirm else server.reply_s
        try:
            async with asyncio.timeout(patience):
                answer = await server.workspace_apply_edit_async(params)
        except TimeoutError:
            log.warning("the client did not answer workspace/applyEdit")
            return "unsaid"
        except JsonRpcException as error:
            log.warning("workspace/applyEdit failed: %s", escape(str(error), 200))
            return "unsaid"
        if not answer.applied:
            reason = escape(answer.failure_reason or "no reason given", limits.MAX_SHOWN_CHARS)
            log.info("the client did not apply an edit: %s", reason)
        return "applied" if answer.applied else "refused"
