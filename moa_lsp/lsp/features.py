"""The table of features: which message calls which module. No logic lives here."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from moa_lsp.lsp import code_actions, commands
from moa_lsp.lsp.session import Session
from moa_lsp.lsp.setups import Load
from moa_lsp.lsp.trust import DID_CHANGE_TRUST

if TYPE_CHECKING:
    from moa_lsp.actions.setup import Remembered, Setup
    from moa_lsp.lsp.server import Server


def register(server: "Server") -> None:
    """Plug all features in, on the user's own configuration."""
    plug(server, _loader())


def plug(server: "Server", load: Load) -> Session:
    """Plug all features in, on the setup that ``load`` reads."""
    session = Session(server, load)

    def initialize(params: types.InitializeParams) -> None:
        session.initialize(params)

    def code_action(params: types.CodeActionParams) -> list[types.CodeAction]:
        return code_actions.offer(session, params)

    server.feature(types.INITIALIZE)(initialize)
    options = types.CodeActionOptions(code_action_kinds=list(code_actions.KINDS))
    server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)(code_action)
    changes: dict[str, Callable[[Any], None]] = {
        types.WORKSPACE_DID_CHANGE_CONFIGURATION: session.change_settings,
        types.WORKSPACE_DID_CHANGE_WATCHED_FILES: session.change_files,
        types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: session.change_folders,
        DID_CHANGE_TRUST: session.change_trust,
    }
    for method, hear in changes.items():
        server.feature(method)(_heard(hear))
    for name, handler in commands.COMMANDS.items():
        server.command(name)(_command(session, handler))
    server.on_ready.append(session.start)
    server.on_close.append(session.close)
    return session


def _command(
    session: Session, handler: commands.Handler
) -> Callable[..., Awaitable[commands.Answer]]:
    async def command(*arguments: commands.Json) -> commands.Answer:
        return await handler(session, commands.argument(arguments))

    return command


def _heard(hear: Callable[[Any], None]) -> Callable[[Any], None]:
    """A plain function: pygls puts marks on what it registers, which a method does not take."""

    def handler(params: Any) -> None:  # noqa: ANN401  # each method has its own
        hear(params)

    return handler


def _loader() -> Load:
    """Reads the user's own files; what was good in them before is remembered."""
    known: list[Remembered] = []

    def load(root: Path | None, trusted: bool) -> "Setup":  # noqa: FBT001  # the shape of Load
        from moa_lsp.actions.setup import Remembered, load_setup

        if not known:
            known.append(Remembered())
        return load_setup(workspace=root, trusted=trusted, remembered=known[0])

    return load
