"""``moa-lsp doctor``: what is here and what is missing. Keys are never printed."""

import asyncio
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.text import Text

from moa_lsp import __version__
from moa_lsp.cli import output
from moa_lsp.cli.editor_guide import EDITORS, show_editor
from moa_lsp.cli.gateway import DEFAULT_PORT, installed
from moa_lsp.cli.limits import DEMO_START_S
from moa_lsp.cli.mix import used
from moa_lsp.cli.mix_state import answering
from moa_lsp.cli.provider_probe import BAD, GOOD, NONE, ProbedProvider, Row, probed
from moa_lsp.cli.provider_probe import rows as provider_rows
from moa_lsp.config.catalog import user_config
from moa_lsp.config.resolve import Catalog, summaries
from moa_lsp.gateway.token import token_path
from moa_lsp.runs.runtime_config import load_runtime_config

TOOLS = ("ruff", "tree-sitter", "pygls", "lsprotocol")


def doctor(config: Path | None, editor: str | None = None) -> int:
    """Print what was found, or all about one editor.

    Returns:
        0 when the server can work, 1 when it does not answer, 2 when a file is wrong.
    """
    if editor is not None:
        return show_editor(editor)
    catalog = load_runtime_config(config=config).catalog
    starts, how = asyncio.run(_server_starts())
    found = asyncio.run(probed(catalog, os.environ))
    rows: list[Row] = [
        ("python", Text("ok", GOOD), f"{sys.version.split()[0]} at {sys.executable}"),
        ("server", Text("ok", GOOD) if starts else Text("fails", BAD), how),
        *_tools(),
        _gateway(),
        _configuration(catalog, config),
        *_mixes(catalog, found),
        *provider_rows(found),
        *_editors(),
    ]
    where = output.console()
    output.say(where, f"moa-lsp {__version__}\n")
    output.show_table(where, ("what", "state", "detail"), rows)
    for told in (*map(str, catalog.problems), *catalog.warnings):
        output.say(where, told)
    if not starts:
        return 1
    return 2 if catalog.problems else 0


async def _server_starts() -> tuple[bool, str]:
    """Start the server as an editor would, and let it answer ``initialize``."""
    hello = (
        b'{"jsonrpc":"2.0","id":1,"method":"initialize",'
        b'"params":{"processId":null,"rootUri":null,"capabilities":{}}}'
    )
    started = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "moa_lsp",
        "serve",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None  # noqa: S101  # asked for above
    assert process.stdout is not None  # noqa: S101  # asked for above
    try:
        async with asyncio.timeout(DEMO_START_S):
            process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(hello), hello))
            answer = await process.stdout.readline()
    except (TimeoutError, ConnectionError):
        answer = b""
    finally:
        took = time.monotonic() - started
        if process.returncode is None:
            process.kill()
        await process.wait()
    if not answer.startswith(b"Content-Length"):
        return False, "`moa-lsp serve` does not answer; run it by hand to see why"
    return True, f"answers on stdio after {took:.1f} s"


def _tools() -> Iterator[Row]:
    for name in TOOLS:
        try:
            yield name, Text("ok", GOOD), version(name)
        except PackageNotFoundError:
            yield name, Text("missing", BAD), "install moa-lsp again; its own packages are gone"


def _gateway() -> Row:
    """Whether mixes can be offered as models; nothing of it is imported here."""
    if not installed():
        return "gateway", Text("none", NONE), "mixes as models: pip install 'moa-lsp[gateway]'"
    made = "a token is kept" if token_path().is_file() else "makes its token at the first start"
    detail = f"`moa-lsp gateway` would listen on 127.0.0.1:{DEFAULT_PORT}; {made}"
    return "gateway", Text("ok", GOOD), detail


def _configuration(catalog: Catalog, config: Path | None) -> Row:
    place = user_config(os.environ, config)
    if not place.is_file():
        return "configuration", Text("none", NONE), f"all defaults; {place} would be read"
    found = sum(each.path == str(place) for each in catalog.problems)
    if found:
        mistakes = f"{found} mistake{'s'[: found > 1]}, listed below"
        return "configuration", Text("wrong", BAD), f"{place}: {mistakes}"
    return "configuration", Text("ok", GOOD), str(place)


def _mixes(catalog: Catalog, found: Mapping[str, ProbedProvider]) -> Iterator[Row]:
    chosen = used(catalog)
    for each in summaries(catalog):
        state = answering(catalog, catalog.mixes[each.name].mix, found)
        lead = "used for actions · " if chosen and each.name == chosen.name else ""
        what = "; ".join(state.reasons) or each.description
        yield f"mix {each.name}", Text(state.word, state.style), lead + what


def _editors() -> Iterator[Row]:
    absent: list[str] = []
    for name, editor in EDITORS.items():
        found = next(filter(None, map(shutil.which, editor.programs)), None)
        if found:
            how = f"{found} (moa-lsp doctor --editor {name})"
            yield editor.title, Text("found", GOOD), how
        else:
            absent.append(editor.title)
    if absent:
        yield "other editors", Text("not found", NONE), ", ".join(absent)
