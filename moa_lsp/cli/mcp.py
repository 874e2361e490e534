"""``moa-lsp mcp``: mixes and actions as tools of a Model Context Protocol server on stdio."""

import importlib.util
import sys
from pathlib import Path

import click

from moa_lsp.cli.options import CONFIG
from moa_lsp.errors import UsageError
from moa_lsp.text.sanitize import escape


@click.command(
    "mcp",
    epilog="Example: moa-lsp mcp, as the command of an MCP client, in the folder to work on",
    short_help="Mixes and actions as MCP tools, on stdin and stdout.",
)
@CONFIG
def mcp(config: Path | None) -> None:
    """A Model Context Protocol server with the tools list_mixes, ask_mix and run_action.

    It reads files below the folder in which it is started, and writes none.
    """
    raise SystemExit(run_mcp(config))


def run_mcp(config: Path | None) -> int:
    """Serve until the client leaves; the exit code.

    Raises:
        UsageError: the extra is missing.
        ConfigError: the configuration is broken.
    """
    if importlib.util.find_spec("mcp") is None:
        raise UsageError("the MCP server needs its extra: pip install 'moa-lsp[mcp]'")
    from moa_lsp.cli.config_errors import check_configuration
    from moa_lsp.mcp_server.server import serve
    from moa_lsp.mcp_server.tools import MixTools
    from moa_lsp.runs.accounting import RunAccounting
    from moa_lsp.runs.runtime_config import load_runtime_config

    root = Path.cwd().resolve()
    runtime = load_runtime_config(config=config, workspace=root)
    check_configuration(runtime, runtime.catalog.settings.mix, config, _note)
    serve(MixTools(runtime, RunAccounting.of_user(_note), root))
    return 0


def _note(sentence: str) -> None:
    sys.stderr.write(f"moa-lsp: {escape(sentence)}\n")
    sys.stderr.flush()
