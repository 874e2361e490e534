"""The server on the official SDK: three read-only tools over stdin and stdout.

Protocol: https://modelcontextprotocol.io/specification; SDK: ``mcp`` 2.x on PyPI.
"""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

from moa_lsp import __version__
from moa_lsp.errors import MoaError
from moa_lsp.mcp_server.tools import MixTools

T = TypeVar("T")

INSTRUCTIONS = (
    "Mixtures of coding models. `list_mixes` names them, `ask_mix` asks one, `run_action` has one "
    "work on a file of this folder (refactor, fix, document, test, explain, …) and returns a diff "
    "for you to apply; no tool writes anything. Asking a mix may cost the user money."
)


def create_server(tools: MixTools) -> MCPServer:
    """The server with its tools."""
    server = MCPServer(
        "moa-lsp", instructions=INSTRUCTIONS, version=__version__, log_level="ERROR"
    )
    free = ToolAnnotations(read_only_hint=True, open_world_hint=False)
    asks = ToolAnnotations(read_only_hint=True, open_world_hint=True)

    @server.tool(annotations=free)
    async def list_mixes() -> list[dict[str, Any]]:
        """Every mix of models: its name, what it is, whether it is ready, what it lacks."""
        return [dict(each) for each in tools.list_mixes()]

    @server.tool(annotations=asks)
    async def ask_mix(mix: str, prompt: str) -> str:
        """Ask a mix of models a question; several answer, one text comes back."""
        return await _told(tools.ask_mix(mix, prompt))

    @server.tool(annotations=asks)
    async def run_action(
        action: str,
        file: str,
        lines: str | None = None,
        instruction: str = "",
        mix: str | None = None,
    ) -> str:
        """Run a code action on a file of this folder; returns a unified diff, writes nothing.

        `lines` is START-END or START, counted from 1; without it the whole file is meant.
        """
        return await _told(tools.run_action(action, file, lines, instruction, mix))

    return server


async def _told(work: Awaitable[T]) -> T:
    """Do a tool's work; what goes wrong is the caller's to read."""
    try:
        return await work
    except MoaError as error:
        raise ToolError(str(error)) from error


def serve(tools: MixTools) -> None:
    """Serve on stdin and stdout until the client leaves."""

    async def run() -> None:
        try:
            await create_server(tools).run_stdio_async()
        finally:
            await tools.close()

    asyncio.run(run())
