"""A small editor for ``moa-lsp demo``: starts a server as a child process and speaks LSP to it.

It holds one document, applies the edits that the server sends, and remembers what it was shown.
"""

import sys
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Union

import cattrs
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.client import LanguageClient

from moa_lsp import __version__
from moa_lsp.errors import RunError
from moa_lsp.lsp import convert
from moa_lsp.lsp.rpc.converter import create_converter
from moa_lsp.text.document import Document
from moa_lsp.text.edits import Edit, apply
from moa_lsp.text.span import Span

CAPABILITIES = types.ClientCapabilities(
    workspace=types.WorkspaceClientCapabilities(
        apply_edit=True,
        workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True),
    ),
    window=types.WindowClientCapabilities(
        work_done_progress=True, show_document=types.ShowDocumentClientCapabilities(support=True)
    ),
    text_document=types.TextDocumentClientCapabilities(
        code_action=types.CodeActionClientCapabilities(
            tag_support=types.CodeActionTagOptions(value_set=[types.CodeActionTag.LlmGenerated]),
            code_action_literal_support=types.ClientCodeActionLiteralOptions(
                types.ClientCodeActionKindOptions(value_set=[])
            ),
        ),
        inline_completion=types.InlineCompletionClientCapabilities(),
    ),
)

RESULT_WAIT_S = 120.0
"""How long the demo waits for one run; the embedded agents need under a second."""


@dataclass(slots=True)
class ServerMessages:
    """What the server showed: progress, sentences, and documents it asked to open."""

    progress: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class OfferedAction:
    """An offered action: what the menu shows, and the command that runs it."""

    title: str
    kind: str
    command: str
    action_request: dict[str, Any]


def _client_converter() -> cattrs.Converter:
    """A converter that tells a code action with a command from a bare command.

    lsprotocol 2025.0.0 takes every object with a ``command`` for the latter.
    """
    converter = create_converter()

    def either(value: dict[str, Any], _shape: object) -> types.Command | types.CodeAction:
        if isinstance(value.get("command"), str):
            return converter.structure(value, types.Command)
        return converter.structure(value, types.CodeAction)

    shape = Union[types.Command, types.CodeAction]  # noqa: UP007  # what lsprotocol's own hook is for
    converter.register_structure_hook(shape, either)
    return converter


class DemoEditor:
    """One document in a small editor; edits change its text in here, never the file.

    Args:
        path: the document.
        language: its LSP language identifier.
    """

    def __init__(self, path: Path, language: str) -> None:
        self.seen = ServerMessages()
        self._folder = path.parent
        text = path.read_bytes().decode()
        self.document = Document(path.as_uri(), text, language, version=1)
        self._client = LanguageClient(
            "moa-lsp-demo", __version__, converter_factory=_client_converter
        )
        feature = self._client.feature
        # Not bound methods: pygls puts marks on what it registers.
        feature(types.WORKSPACE_APPLY_EDIT)(partial(DemoEditor._apply, self))
        feature(types.WINDOW_SHOW_DOCUMENT)(partial(DemoEditor._show, self))
        feature(types.WINDOW_SHOW_MESSAGE)(partial(DemoEditor._message, self))
        feature(types.WINDOW_WORK_DONE_PROGRESS_CREATE)(lambda _params: None)
        feature(types.PROGRESS)(partial(DemoEditor._progress, self))

    async def start(self) -> str:
        """Start the server and open the document; the server's name and version."""
        await self._client.start_io(sys.executable, "-m", "moa_lsp", "serve")
        answer = await self._client.initialize_async(
            types.InitializeParams(
                capabilities=CAPABILITIES,
                client_info=types.ClientInfo("moa-lsp demo", __version__),
                root_uri=self._folder.as_uri(),
            )
        )
        self._client.initialized(types.InitializedParams())
        item = types.TextDocumentItem(
            self.document.uri, self.document.language, 1, self.document.text
        )
        self._client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        # Offers name a mix once the configuration is read; the first answer of a command says so.
        await self.command("moa.mixes")
        info = answer.server_info
        return f"{info.name} {info.version}" if info else "a server without a name"

    async def offers(self, where: Span) -> list[OfferedAction]:
        """What may be done with a part of the document."""
        params = types.CodeActionParams(
            types.TextDocumentIdentifier(self.document.uri),
            convert.range_of(self.document.index, where, "utf-16"),
            types.CodeActionContext([], trigger_kind=types.CodeActionTriggerKind.Invoked),
        )
        found = await self._client.text_document_code_action_async(params) or []
        return [
            OfferedAction(each.title, str(each.kind), each.command.command, dict(action_request))
            for each in found
            if isinstance(each, types.CodeAction) and each.command
            for action_request in each.command.arguments or ()
            if isinstance(action_request, dict)
        ]

    async def command(self, name: str, argument: dict[str, Any] | None = None) -> Any:  # noqa: ANN401  # each command answers its own JSON
        """Run a command; its answer as plain JSON values.

        Raises:
            RunError: the server answers with an error.
        """
        arguments = None if argument is None else [argument]
        params = types.ExecuteCommandParams(name, arguments)
        try:
            return await self._client.workspace_execute_command_async(params)
        except JsonRpcException as err:
            raise RunError(err.message) from err

    async def run(self, offer: OfferedAction) -> dict[str, Any]:
        """Run an offered action to its end; the run record."""
        started = await self.command(offer.command, offer.action_request)
        record: dict[str, Any] = await self.command(
            "moa.result", {"run": started["run"], "wait": RESULT_WAIT_S}
        )
        return record

    async def complete(self, offset: int) -> str | None:
        """Ask for an inline completion; what would be written there, ``None`` for nothing."""
        index = self.document.index
        params = types.InlineCompletionParams(
            types.InlineCompletionContext(types.InlineCompletionTriggerKind.Invoked),
            types.TextDocumentIdentifier(self.document.uri),
            types.Position(*index.position(offset, "utf-16")),
        )
        found = await self._client.text_document_inline_completion_async(params)
        items = found.items if isinstance(found, types.InlineCompletionList) else found or []
        for item in items:
            begun = (
                convert.span(index, item.range, "utf-16") if item.range else Span(offset, offset)
            )
            await self._taken(item)
            return str(item.insert_text)[offset - begun.start :]
        return None

    def write(self, text: str) -> None:
        """Give the document another text, as somebody who types."""
        version = (self.document.version or 0) + 1
        self.document = Document(self.document.uri, text, self.document.language, version)
        self._client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(version, self.document.uri),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    async def stop(self) -> None:
        """Shut the server down and wait for its end."""
        await self._client.shutdown_async(None)
        self._client.exit(None)
        await self._client.stop()  # type: ignore[no-untyped-call]  # pygls has no types here

    async def _taken(self, item: types.InlineCompletionItem) -> None:
        """Say that a completion is taken, as an editor does that inserts it."""
        for argument in (item.command.arguments if item.command else None) or ():
            if item.command is not None and isinstance(argument, dict):
                await self.command(item.command.command, dict(argument))

    def _apply(self, params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        """Apply an edit of the open document, if it was made for the text as it is."""
        before = self.document.text
        index = self.document.index
        edits: list[Edit] = []
        for change in params.edit.document_changes or ():
            if not isinstance(change, types.TextDocumentEdit):
                return types.ApplyWorkspaceEditResult(applied=False)
            if change.text_document.version != self.document.version:
                return types.ApplyWorkspaceEditResult(applied=False)
            edits += [
                Edit(convert.span(index, edit.range, "utf-16"), edit.new_text)
                for edit in change.edits
                if not isinstance(edit, types.SnippetTextEdit)
            ]
        self.write(apply(before, edits))
        return types.ApplyWorkspaceEditResult(applied=True)

    def _show(self, params: types.ShowDocumentParams) -> types.ShowDocumentResult:
        self.seen.documents.append(params.uri)
        return types.ShowDocumentResult(success=True)

    def _message(self, params: types.ShowMessageParams) -> None:
        self.seen.messages.append(params.message)

    def _progress(self, params: types.ProgressParams) -> None:
        value = params.value
        if isinstance(value, types.WorkDoneProgressReport) and value.message:
            self.seen.progress.append(value.message)
        elif isinstance(value, dict) and isinstance(value.get("message"), str):
            self.seen.progress.append(value["message"])
