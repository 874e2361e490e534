"""The server put together: which features it has, and how it runs as a process."""

import asyncio
import gc
import os
import warnings
from collections.abc import Callable

from moa_lsp.files import process_limits
from moa_lsp.handshake.first_message import Handshake
from moa_lsp.handshake.stdio import claim_stdio
from moa_lsp.lsp import log
from moa_lsp.lsp.rpc.connection import StdioConnection
from moa_lsp.lsp.rpc.server import Server

DEFAULT_GC_THRESHOLDS = (700, 10, 10)
"""Python's own."""

Register = Callable[[Server], None]
"""How a feature plugs itself in."""


def every_feature() -> tuple[Register, ...]:
    """The features of the real server, each a ``register`` of a module in this package."""
    from moa_lsp.lsp.features import table as features

    return (features.register,)


def create_server(features: tuple[Register, ...] | None = None) -> Server:
    """A server with these features, by default all, not yet connected."""
    server = Server()
    for register in every_feature() if features is None else features:
        register(server)
    return server


def serve(
    *,
    watch_parent: bool = True,
    client_pid: int | None = None,
    create: Callable[[], Server] = create_server,
    handshake: Handshake | None = None,
) -> int:
    """Serve the client on stdin and stdout until it leaves.

    Args:
        watch_parent: leave when the client's process ends.
        client_pid: that process, where it is known before ``initialize``.
        create: makes the server.
        handshake: what was read and answered before this was called; by default nothing.

    Returns:
        The exit code: 0 after ``shutdown``, else 1.
    """
    process_limits.forbid_core_dumps()
    process_limits.return_freed_memory()
    log.configure(os.environ)
    # Parsing the user's code warns about it; the gates' own filters do not reach across threads.
    warnings.simplefilter("ignore", SyntaxWarning)
    handshake = handshake or Handshake(*claim_stdio())
    server = create()
    settle_memory()
    session = StdioConnection(
        server,
        handshake.source,
        handshake.sink,
        received=handshake.received,
        answer=handshake.answer,
        watch_parent=watch_parent,
        client_pid=client_pid,
    )
    return asyncio.run(session.run())


def settle_memory() -> None:
    """End the quiet that ``__main__`` asked of the garbage collector while modules are imported.

    What was imported lives as long as the process: it is not to be looked at again.
    """
    gc.freeze()
    gc.set_threshold(*DEFAULT_GC_THRESHOLDS)
