"""``moa-lsp gateway``: mixes as models of an OpenAI-compatible endpoint on loopback."""

import importlib.util
import sys
from pathlib import Path

import click

from moa_lsp.cli.options import CONFIG
from moa_lsp.errors import UsageError
from moa_lsp.text.sanitize import escape

DEFAULT_PORT = 8413
"""Registered for nothing else, and easy to tell from the ports of model servers."""

NEEDS = ("starlette", "uvicorn")
"""Packages of the extra ``gateway``."""


@click.command(
    "gateway",
    epilog="Example: moa-lsp gateway --port 0 --token-file ~/.moa-token",
    short_help="Mixes as models of an OpenAI-compatible endpoint on this machine.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="On 127.0.0.1; 0 for any that is free.",
)
@click.option(
    "--token-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the token is kept instead of the user's state folder.",
)
@CONFIG
def gateway(*, port: int, token_file: Path | None, config: Path | None) -> None:
    """Every ready mix as a model: chat completions and completions, for any program that asks.

    Listens on 127.0.0.1 alone, and needs the bearer token that is printed. Ends on Ctrl-C.
    """
    raise SystemExit(run_gateway(port, token_file, config))


def installed() -> bool:
    """Whether the extra ``gateway`` is there; imports nothing of it."""
    return all(importlib.util.find_spec(name) is not None for name in NEEDS)


def run_gateway(port: int, token_file: Path | None, config: Path | None) -> int:
    """Serve until a signal; the exit code.

    Raises:
        UsageError: the extra is missing, the port is taken, or the token file cannot be used.
        ConfigError: the configuration is broken.
    """
    if not installed():
        raise UsageError("the gateway needs its extra: pip install 'moa-lsp[gateway]'")
    from moa_lsp.cli.config_errors import check_configuration
    from moa_lsp.gateway.desk import GatewayDesk
    from moa_lsp.gateway.server import HOST, listen, serve
    from moa_lsp.gateway.token import load_token
    from moa_lsp.runs.accounting import RunAccounting
    from moa_lsp.runs.runtime_config import load_runtime_config

    runtime = load_runtime_config(config=config)
    check_configuration(runtime, runtime.catalog.settings.mix, config, _note)
    token, place = load_token(token_file)
    with listen(port) as sock:
        desk = GatewayDesk(runtime, RunAccounting.of_user(_note))
        names = ", ".join(name for name, _ in desk.models) or "none"

        def announce() -> None:
            sys.stdout.write(
                f"moa-lsp gateway: http://{HOST}:{sock.getsockname()[1]}/v1\n"
                f"token: {token}\nkept in {place}; models: {names}\n"
            )
            sys.stdout.flush()

        serve(desk, token, sock, announce)
    return 0


def _note(sentence: str) -> None:
    sys.stderr.write(f"moa-lsp: {escape(sentence)}\n")
    sys.stderr.flush()
