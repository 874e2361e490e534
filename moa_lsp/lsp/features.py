"""The table of features: which message calls which module. No logic lives here."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

from moa_lsp.lsp import code_actions, commands
from moa_lsp.lsp.session import Load, Session

if TYPE_CHECKING:
    from moa_lsp.actions.setup import Setup
    from moa_lsp.lsp.server import Server


def register(server: "Server") -> None:
    """Plug all features in, on the user's own configuration."""
    plug(server, _load)


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


def _load(root: Path | None, trusted: bool) -> "Setup":  # noqa: FBT001  # the shape of Load
    from moa_lsp.actions.setup import load_setup

    return load_setup(workspace=root, trusted=trusted)
