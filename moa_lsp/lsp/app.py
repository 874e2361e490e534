"""The server put together: which features it has, and how it runs as a process."""

import asyncio
import gc
import os
import sys
import warnings
from collections.abc import Callable

from moa_lsp.files import process_limits
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
) -> int:
    """Serve the client on stdin and stdout until it leaves.

    Args:
        watch_parent: leave when the client's process ends.
        client_pid: that process, where it is known before ``initialize``.
        create: makes the server.

    Returns:
        The exit code: 0 after ``shutdown``, else 1.
    """
    process_limits.forbid_core_dumps()
    log.configure(os.environ)
    # Parsing the user's code warns about it; the gates' own filters do not reach across threads.
    warnings.simplefilter("ignore", SyntaxWarning)
    source, sink = claim_stdio()
    server = create()
    settle_memory()
    session = StdioConnection(
        server, source, sink, watch_parent=watch_parent, client_pid=client_pid
    )
    return asyncio.run(session.run())


def claim_stdio() -> tuple[int, int]:
    """Take stdin and stdout for the protocol alone.

    Whatever else writes to stdout, here or in a child process, then writes to stderr, and a
    child process reads nothing from stdin.

    Returns:
        The file descriptors to read from and to write to.
    """
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return source, sink


def settle_memory() -> None:
    """End the quiet that ``__main__`` asked of the garbage collector while modules are imported.

    What was imported lives as long as the process: it is not to be looked at again.
    """
    gc.freeze()
    gc.set_threshold(*DEFAULT_GC_THRESHOLDS)
