"""``moa-lsp run`` with scripted models: ``python -m tests.fakes.scripted_cli SCRIPT ACTION …``.

SCRIPT is ``hang`` (never answers), ``fail``, or ``gate=PATH`` (answers once somebody wrote to that
named pipe). Each request writes one line ``asked`` to stderr first, so that nobody has to guess
when it is under way.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from moa_lsp.cli.main import answered
from moa_lsp.cli.run import run
from moa_lsp.cli.run_arguments import ActionArguments
from moa_lsp.config.settings import ProviderEntry
from moa_lsp.errors import ProviderOverloaded
from moa_lsp.runs.runtime_config import load_runtime_config
from tests.fakes.scripted import Line, Scripted

CONFIG = "mix: scripted\n"
MIX = """\
name: scripted
proposers: [{model: scripted/a}, {model: scripted/b}]
aggregator: [{select: prior}]
"""


class Loud(Scripted):
    """Says on stderr when it is asked; waits for its gate, if it has one."""

    gate = ""

    async def answer(self, request, on_delta):
        sys.stderr.write("asked\n")
        sys.stderr.flush()
        if self.gate and request.model == "a":
            await asyncio.to_thread(Path(self.gate).read_bytes)
        return await super().answer(request, on_delta)


def runtime(folder: Path, line: Line, gate: str = "", config: str = CONFIG):
    """What runs are made of when both models say ``line``."""
    (folder / "mixes").mkdir()
    (folder / "mixes" / "scripted.yaml").write_text(MIX, "utf-8")
    (folder / "config.yaml").write_text(config, "utf-8")
    provider = Loud({"a": line, "b": line})
    provider.gate = gate
    return load_runtime_config(
        config=folder / "config.yaml",
        environ={},
        providers={"scripted": provider},
        entries={"scripted": ProviderEntry("scripted", "scripted")},
    )


def line(script: str) -> Line:
    if script == "hang":
        return Line(hangs=True)
    if script == "fail":
        return Line(error=ProviderOverloaded("the other side has had enough"))
    return Line("x = 2\n", exact=True)


def main() -> int:
    script, action, where, *options = sys.argv[1:]
    asked = ActionArguments(
        action, (where,), write="--write" in options, as_json="--json" in options
    )
    with tempfile.TemporaryDirectory() as folder:
        gate = script.partition("gate=")[2]
        return answered(lambda: run(asked, runtime(Path(folder), line(script), gate)))


if __name__ == "__main__":
    sys.exit(main())
