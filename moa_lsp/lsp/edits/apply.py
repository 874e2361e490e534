"""Sending a workspace edit: one request, versioned, and one more try when the text moved."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from moa_lsp import limits
from moa_lsp.errors import RunError, StaleDocument
from moa_lsp.files.uris import name_of
from moa_lsp.lsp.edits import hunks, preview
from moa_lsp.lsp.edits.arrival import Arrival, ArrivalWatch
from moa_lsp.lsp.edits.tracked_snapshot import TrackedSnapshot, worse
from moa_lsp.text.document import Document
from moa_lsp.text.edits import Edit
from moa_lsp.text.sanitize import escape

if TYPE_CHECKING:
    from moa_lsp.lsp.rpc.server import Server
    from moa_lsp.runs.plan import EditPlan, FilePlan, FileTexts
    from moa_lsp.runs.preparation import PreparedRun

log = logging.getLogger(__name__)

Json = dict[str, Any]

Placed = list[tuple[Document, list[Edit]]]
"""Documents as they are now, each with its edits."""

TRIES = 2
"""The text may move between our sending and the client's reading; twice means no (L11)."""

UNCONFIRMED = (
    "the editor did not say whether it applied the edit; look, and if it did not, "
    "run the action again"
)
"""Why an edit is not sent again when it may have moved the text itself."""

UNSEEN = (
    "the editor said that it applied the edit, but its text shows none of it; the edit is kept "
    "for moa.apply"
)
"""Why a result is kept that the client called applied."""

IN_PART = "the editor applied a part of the edit; undo that, and run the action again"

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


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """What became of an edit.

    Attributes:
        edit: as it was sent last, or would have been.
        reason: why it did not go in, ``None`` when it did.
        again: whether asking again may help.
        plan: what of the plan went in, or would have; less than all of it where the user took
            some of its hunks.
    """

    edit: Json
    reason: str | None = None
    again: bool = True
    plan: "FilePlan | None" = None


@dataclass(frozen=True, slots=True)
class PendingEdit:
    """A finished run's edit, kept until it was applied.

    Attributes:
        review: when the user is to confirm: ``auto``, ``always`` or ``never``.
        agreed: whether the user has seen what it does and agreed to it in another way than by
            the client's own question.
        author: who wrote it, for its label.
    """

    prepared: "PreparedRun"
    plan: "FilePlan"
    hold: TrackedSnapshot
    review: str
    agreed: bool = False
    author: str | None = None

    @property
    def confirm(self) -> bool:
        """Whether the user is to agree first, where the client can ask."""
        return not self.agreed and self.plan.needs_confirmation(self.review)

    async def apply(
        self,
        server: "Server",
        may_send: Callable[[], bool],
        show: preview.Show,
        *,
        by_hand: bool = False,
    ) -> ApplyResult:
        """Apply the edit to the document as it is now, once the user agreed where that is due.

        Args:
            server: its client is asked.
            may_send: asked before each request to apply; false ends it.
            show: opens a diff that the user wants to see.
            by_hand: the user asked for this very result: where nobody can be asked, that will do.

        Raises:
            StaleDocument: it does not fit any more, or not in part; nothing was sent.
            RunError: this client cannot apply it at all.
        """
        workspace = server.client_capabilities.workspace
        edit, _ = await self._edit(server)
        if not (workspace and workspace.apply_edit):
            reason = "this editor applies no edits for a server; the edit is in the result"
            return ApplyResult(edit, reason, again=False)
        if self.confirm:
            answer = await preview.ask(server, self._question(server), show)
            refusal = answer.refusal
            if refusal is not None and not (by_hand and refusal == preview.UNASKED):
                return ApplyResult(edit, refusal)
            if answer.hunks is not None:
                return await (await self._in_part(answer.hunks)).send(server, may_send)
            if preview.way(server) != "annotation":
                return await replace(self, agreed=True).send(server, may_send)
        return await self.send(server, may_send)

    async def _in_part(self, taken: frozenset[str]) -> "PendingEdit":
        """The same edit with some of its hunks alone.

        Raises:
            StaleDocument: what is taken leaves the text broken.
        """
        plan = hunks.taken(self.plan, taken)
        for part in plan.parts:
            snapshot = part.file.snapshot
            fault = await worse(snapshot.text, list(part.edits), snapshot.language)
            if fault is not None:
                raise StaleDocument(
                    f"the accepted hunks alone leave the text broken ({fault}); nothing was "
                    "applied, the result is kept for moa.apply"
                )
        return replace(self, plan=plan, agreed=True)

    async def send(self, server: "Server", may_send: Callable[[], bool]) -> ApplyResult:
        """As ``apply``, once nothing is to be asked but by the client itself."""
        edit: Json = {}
        said = ""
        for _ in range(TRIES):
            edit, placed = await self._edit(server)
            if not may_send():
                break
            sent_for = self._moment()
            watch = ArrivalWatch(server.documents)
            with watch.of(placed):
                verdict, why = await self._ask(server, edit)
                arrival = await watch.arrival(server.change_s) if verdict == "applied" else None
            said = f" ({why})" if why else ""
            if arrival == "absent" and "documentChanges" in edit and not self.confirm:
                continue  # a client that knows versions refuses one that comes twice
            if arrival is not None:
                return replace(_applied(edit, arrival), plan=self.plan)
            asked = self.confirm and preview.way(server) == "annotation"
            if verdict == "refused" and asked and self._moment() == sent_for:
                # It was not because of the text: the same question again would be nagging. An
                # editor that could not says why, one whose user said no does not.
                if not why:
                    return ApplyResult(edit, preview.DECLINED)
                break
            if verdict == "unsaid" and self._moment() != sent_for:
                # Perhaps it is what moved the text, and a second one would change it twice.
                return ApplyResult(edit, UNCONFIRMED, again=False)
            if verdict == "unsaid" and (self.confirm or "documentChanges" not in edit):
                # It may still be applied: a second one would ask twice, or change twice.
                break
        return ApplyResult(
            edit, f"the editor did not apply the edit{said}; it is kept for moa.apply"
        )

    def _moment(self) -> list[tuple[int | None, int]]:
        """What is another once anything was typed, or the edit went in."""
        found = []
        for held in (self.hold, *self.hold.others):
            document = held.documents.get(held.snapshot.uri)
            found.append((document.version if document else None, len(held.log.edits)))
        return found

    @property
    def _label(self) -> str:
        title = f"Moa: {self.prepared.action.title}"
        return title if self.author is None else f"{title} · {self.author}"

    def _question(self, server: "Server") -> preview.EditConfirmation:
        created = self.prepared.new_file
        uri = self.hold.snapshot.uri if created is None else created.as_uri()
        diff = partial(self._diff, name_of(uri))
        return preview.EditConfirmation(
            self.prepared.run,
            uri,
            self._label,
            diff,
            self.plan.warnings,
            partial(self._hunks, server, uri),
        )

    async def _hunks(self, server: "Server", uri: str) -> list[Json]:
        """The hunks in the documents as they are now."""
        placed = await self.hold.place(self.plan.parts)
        created = await self._created(self.plan, uri)
        return hunks.shown(self.plan, placed, server.encoding, created)

    async def _created(self, plan: "FilePlan", uri: str) -> list[str]:
        """URIs of the files that a plan makes; ``uri`` is that of a plan of one new file."""
        from moa_lsp.runs.plan import EditPlan

        if not isinstance(plan, EditPlan):
            return [uri]
        if not plan.created:
            return []
        places = await asyncio.to_thread(self.prepared.workspace.places_for, plan.created)
        return [path.as_uri() for path in places]

    async def _diff(self, name: str) -> str:
        """What would change in the documents as they are now."""
        from moa_lsp.runs import unified_diff

        return await asyncio.to_thread(unified_diff.all_visible, await self._texts(name))

    async def _texts(self, name: str) -> "list[FileTexts]":
        placed = await self.hold.place(self.plan.parts)
        return self.plan.texts(name, [(document.text, edits) for document, edits in placed])

    async def _edit(self, server: "Server") -> tuple[Json, Placed]:
        """The edit for the text as it is now, in the client's units and shape, and in ours."""
        from moa_lsp.runs import workspace_edit
        from moa_lsp.runs.plan import EditPlan

        question = None
        if self.confirm and preview.way(server) == "annotation":
            why = "; ".join(self.plan.warnings) or "look before you accept"
            question = f"{self._label}: {escape(why, limits.MAX_SHOWN_CHARS)}"
        if isinstance(self.plan, EditPlan):
            return await self._document_edits(server, self.plan, question)
        if not creates_files(server):
            raise RunError("this editor creates no files for a server; the text is in the result")
        view, snapshot = self.prepared.workspace, self.prepared.task.snapshot
        place, _ = await asyncio.to_thread(view.check_new_file, self.plan.path, snapshot)
        return workspace_edit.created(place.as_uri(), self.plan.text, confirm=question), []

    async def _document_edits(
        self, server: "Server", plan: "EditPlan", question: str | None
    ) -> tuple[Json, Placed]:
        """The edit of one or several documents, with the files that it makes."""
        from moa_lsp.runs import workspace_edit

        workspace = server.client_capabilities.workspace
        able = workspace.workspace_edit if workspace else None
        versioned = bool(able and able.document_changes)
        if plan.created and not (documents_versioned(server) and creates_files(server)):
            raise RunError("this editor creates no files for a server; the text is in the result")
        if plan.created and preview.way(server) is None and not self.agreed:
            raise RunError(
                "this editor cannot ask whether a new file may be made, so nothing was applied; "
                "the text is in the result"
            )
        made = []
        if plan.created:
            places_for = self.prepared.workspace.places_for
            places = await asyncio.to_thread(places_for, plan.created)
            for new, path in zip(plan.created, places, strict=True):
                made.append(workspace_edit.created(path.as_uri(), new.text, confirm=question))
        placed = await self.hold.place(plan.parts)  # last: nothing may be waited for after it
        alone = sum(len(edits) for _, edits in placed) + len(made) == 1
        number = len(made)
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
                    first=None if alone else number + 1,
                )
            )
            number += len(edits)
        if versioned:
            return workspace_edit.joined(made), placed
        if len(made) > 1:
            raise RunError(
                "this editor takes no edit of several documents; the changes are in the result"
            )
        return made[0], placed

    async def _ask(self, server: "Server", edit: Json) -> tuple[Verdict, str]:
        """Send one ``workspace/applyEdit``; what the client says, and why, if it says that."""
        structured = server.structure(edit, types.WorkspaceEdit)
        params = types.ApplyWorkspaceEditParams(label=self._label, edit=structured)
        reads_first = self.confirm and preview.way(server) == "annotation"
        patience = server.confirm_s if reads_first else server.reply_s
        try:
            async with asyncio.timeout(patience):
                answer = await server.workspace_apply_edit_async(params)
        except TimeoutError:
            log.warning("the client did not answer workspace/applyEdit")
            return "unsaid", ""
        except JsonRpcException as error:
            log.warning("workspace/applyEdit failed: %s", escape(str(error), 200))
            return "unsaid", ""
        if answer.applied:
            return "applied", ""
        why = escape((answer.failure_reason or "").strip(), limits.MAX_SHOWN_CHARS)
        log.info("the client did not apply an edit: %s", why or "no reason given")
        return "refused", why


def _applied(edit: Json, arrival: Arrival) -> ApplyResult:
    """What became of an edit that the client says it applied."""
    if arrival == "there":
        return ApplyResult(edit)
    log.warning("the client said that it applied an edit; its text says: %s", arrival)
    if arrival == "in part":
        return ApplyResult(edit, IN_PART, again=False)
    return ApplyResult(edit, UNSEEN)
