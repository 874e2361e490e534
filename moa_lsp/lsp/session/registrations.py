"""What is registered with the client after ``initialized``, where it can be asked for.

Nothing waits for the client's answer, and one that never comes or says no costs a line in the
log: whoever registers something must do without it.
"""

import asyncio
import logging
from collections.abc import Iterable
from itertools import count
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

if TYPE_CHECKING:
    from moa_lsp.lsp.rpc.server import Server

log = logging.getLogger(__name__)

_numbers = count(1)


def watch(server: "Server", globs: Iterable[str]) -> bool:
    """Have the client tell of files that change; ``Session.watched`` lists who hears of it.

    Returns:
        Whether the client was asked; false when it cannot be.
    """
    workspace = server.client_capabilities.workspace
    able = workspace.did_change_watched_files if workspace else None
    if able is None or not able.dynamic_registration:
        return False
    watchers = [{"globPattern": glob} for glob in globs]
    register(server, types.WORKSPACE_DID_CHANGE_WATCHED_FILES, {"watchers": watchers})
    return True


def follow_settings(server: "Server", section: str) -> bool:
    """Have the client tell when its settings change; whether it was asked."""
    workspace = server.client_capabilities.workspace
    able = workspace.did_change_configuration if workspace else None
    if able is None or not able.dynamic_registration:
        return False
    register(server, types.WORKSPACE_DID_CHANGE_CONFIGURATION, {"section": section})
    return True


def register(server: "Server", method: str, options: dict[str, Any]) -> None:
    """Ask the client for one method; returns at once."""
    name = f"moa-{next(_numbers)}"
    one = types.Registration(id=name, method=method, register_options=options)
    server.keep(asyncio.create_task(_ask(server, one)))


async def _ask(server: "Server", one: types.Registration) -> None:
    try:
        async with asyncio.timeout(server.reply_s):
            await server.client_register_capability_async(types.RegistrationParams([one]))
    except TimeoutError:
        log.info("the client did not answer the registration of %s", one.method)
    except JsonRpcException as error:
        log.info("the client refused the registration of %s: %s", one.method, error.code)
