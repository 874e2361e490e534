"""``moa-lsp`` and ``python -m moa_lsp``: the server at once, everything else through the CLI.

An editor waits for the server to start, so ``serve`` and ``--stdio`` answer ``initialize`` first
(``moa_lsp/handshake``) and import nothing that only the command line needs. The garbage collector
looks less often while modules are imported: what it would look through are classes that stay.
Switching it off would save some 30 of 400 ms more, at 9 MiB (measured).
"""

import gc
import os
import sys
from collections.abc import Sequence

from moa_lsp.handshake.first_message import take_first
from moa_lsp.handshake.stdio import claim_stdio

IMPORT_GC_THRESHOLD = 3_000
"""Objects made between two looks of the garbage collector, while modules are imported."""

_PID = "--clientProcessId="
"""What vscode-languageclient appends beside ``--stdio``."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``moa-lsp`` with these arguments, by default those of the process; the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if _only_serves(arguments):
        return _serve(arguments)
    from moa_lsp.cli.main import main as command_line

    return command_line(arguments)


def _only_serves(arguments: Sequence[str]) -> bool:
    """Whether these are all arguments of the server that need no parser."""
    rest = [each for each in arguments if each not in ("--stdio", "--no-parent-watch")]
    rest = [each for each in rest if not (each.startswith(_PID) and each[len(_PID) :].isdigit())]
    return rest == ["serve"] or (not rest and "--stdio" in arguments)


def _serve(arguments: Sequence[str]) -> int:
    pids = [int(each[len(_PID) :]) for each in arguments if each.startswith(_PID)]
    gc.set_threshold(IMPORT_GC_THRESHOLD)
    handshake = take_first(*claim_stdio())
    from moa_lsp.lsp.app import serve

    return serve(
        watch_parent="--no-parent-watch" not in arguments,
        client_pid=pids[0] if pids else None,
        handshake=handshake,
    )


if __name__ == "__main__":
    # `python -m` looks for modules in the folder that it was started in, which is an editor's
    # project: its `yaml.py` would run as soon as ours is imported.
    if sys.path and sys.path[0] in ("", os.getcwd()):  # noqa: PTH109  # pathlib takes 10 ms
        del sys.path[0]
    sys.exit(main())
