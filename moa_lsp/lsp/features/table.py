"""The table of features: which message calls which module. No logic lives here."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from moa_lsp.errors import MoaError
from moa_lsp.lsp import client_extensions
from moa_lsp.lsp.features import chat, execute_command
from moa_lsp.lsp.features import code_action as code_actions
from moa_lsp.lsp.rpc.errors import response_error
from moa_lsp.lsp.runtime_configs import Load
from moa_lsp.lsp.session import registrations, remedies
from moa_lsp.lsp.session.session import Session
from moa_lsp.lsp.session.trust import DID_CHANGE_TRUST
from moa_lsp.lsp.session.workspace_index import SessionIndex

if TYPE_CHECKING:
    from moa_lsp.lsp.rpc.server import Server
    from moa_lsp.runs.runtime_config import LastGoodFiles, RuntimeConfig


def register(server: "Server") -> None:
    """Plug all features in, on the user's own configuration."""
    plug(server, _loader())


def plug(server: "Server", load: Load) -> Session:
    """Plug all features in, on the setup that ``load`` reads."""
    session = Session(server, load)
    index = SessionIndex(session)
    chats = chat.plug(server, session)
    session.watched.append(index.changed)

    def initialize(params: types.InitializeParams) -> None:
        server.extensions = client_extensions.announced(params)
        session.initialize(params)
        if session.options.completion_fallback:  # announced with the capabilities
            _popup(session, announced=True)

    def code_action(
        params: types.CodeActionParams,
    ) -> code_actions.Offers | Awaitable[code_actions.Offers]:
        return code_actions.offer(session, params)

    async def inline_completion(
        params: types.InlineCompletionParams,
    ) -> types.InlineCompletionList | None:
        return await session.inline.items(params)

    def hover(params: types.HoverParams) -> types.Hover | None:
        return session.show.explained.hover(params)

    def content(params: types.TextDocumentContentParams) -> types.TextDocumentContentResult:
        return session.show.virtual.content(params)

    server.feature(types.INITIALIZE)(initialize)
    server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())(
        inline_completion
    )
    server.documents.on_opened.append(session.inline.words.learn)
    server.documents.on_closed.append(session.inline.forget)

    def saved(params: types.DidSaveTextDocumentParams) -> None:
        index.saved(params)
        session.inline.words.learn(params.text_document.uri)

    server.feature(types.TEXT_DOCUMENT_HOVER)(hover)
    server.feature(types.WORKSPACE_TEXT_DOCUMENT_CONTENT)(content)
    options = types.CodeActionOptions(code_action_kinds=list(code_actions.KINDS))
    server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)(code_action)
    changes: dict[str, Callable[[Any], None]] = {
        types.WORKSPACE_DID_CHANGE_CONFIGURATION: session.change_settings,
        types.WORKSPACE_DID_CHANGE_WATCHED_FILES: session.change_files,
        types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: session.change_folders,
        DID_CHANGE_TRUST: chats.change_trust,
        types.TEXT_DOCUMENT_DID_SAVE: saved,
    }
    for method, on_update in changes.items():
        server.feature(method)(_heard(on_update))
    for name, handler in execute_command.COMMANDS.items():
        server.command(name)(_command(session, handler))
    session.popup = lambda: _popup(session, announced=False)
    server.on_ready += [session.start, index.start, session.show.virtual.start]
    server.on_close += [session.close, index.close]
    return session


def _popup(session: Session, *, announced: bool) -> None:
    """Serve ``textDocument/completion``, once, and tell a client that does not know yet."""
    server = session.server
    if types.TEXT_DOCUMENT_COMPLETION in server.protocol.fm.features:
        return

    async def completion(params: types.CompletionParams) -> types.CompletionList:
        if not session.options.completion_fallback:
            return types.CompletionList(is_incomplete=False, items=[])
        return await session.inline.completions(params)

    server.feature(types.TEXT_DOCUMENT_COMPLETION)(completion)
    text_document = server.client_capabilities.text_document
    able = text_document.completion if text_document else None
    if not announced and able is not None and able.dynamic_registration:
        selector = {"documentSelector": [{"language": "*"}]}
        registrations.register(server, types.TEXT_DOCUMENT_COMPLETION, selector)


def _command(
    session: Session, handler: execute_command.Handler
) -> Callable[..., Awaitable[execute_command.Answer]]:
    async def command(*arguments: execute_command.Json) -> execute_command.Answer:
        try:
            return await handler(session, execute_command.argument(arguments))
        except MoaError as error:
            made = remedies.of_text(str(error), remedies.configuration())
            if not made:
                raise
            told = response_error(error)
            raise JsonRpcException(told.message, told.code, {"remedies": made}) from error

    return command


def _heard(on_update: Callable[[Any], None]) -> Callable[[Any], None]:
    """A plain function: pygls puts marks on what it registers, which a method does not take."""

    def handler(params: Any) -> None:  # noqa: ANN401  # each method has its own
        on_update(params)

    return handler


def _loader() -> Load:
    """Reads the user's own files; what was good in them before is remembered."""
    known: list[LastGoodFiles] = []

    def load(root: Path | None, trusted: bool) -> "RuntimeConfig":  # noqa: FBT001  # the shape of Load
        from moa_lsp.runs.runtime_config import LastGoodFiles, load_runtime_config

        if not known:
            known.append(LastGoodFiles())
        return load_runtime_config(workspace=root, trusted=trusted, remembered=known[0])

    return load
