"""Answers about long documents, made in a process of their own.

A tree of 1.5 MB takes 200 to 300 MiB of small objects, whose pages Python's allocator gives back
only when the last object on each is gone: what the server allots meanwhile keeps most of them, and
its memory grows from peak to peak. Parsing also holds the interpreter's lock for seconds, and no
thread can be cancelled; a process can.
"""

import json
from dataclasses import asdict
from typing import Any

from moa_lsp.errors import BadReply, Unreachable
from moa_lsp.files import child_process
from moa_lsp.providers.base import AgentDeclines, Reply, Usage
from moa_lsp.syntax.gates import MAX_COMPILED_CHARS
from moa_lsp.task import Diagnostic, Snapshot, Task
from moa_lsp.text.span import Span

OWN_PROCESS_CHARS = MAX_COMPILED_CHARS
"""Longer documents are read in a process: it needs 0.3 s to start, and they 0.5 s and more."""

MAX_LONG_ANSWER_BYTES = 64 * 2**20
"""Of an answer on its way: the largest document, with each character escaped."""

LONG_ANSWER_END_S = 1.0
"""For what a killed process has started, ruff, to let go of its pipe."""

_PIECE_BYTES = 64 * 2**10

_WORKER = "moa_lsp.providers.embedded.worker"

_VARIABLES = (*child_process.ISOLATED_VARIABLES, "XDG_CONFIG_HOME", "APPDATA")
"""With those by which ruff finds the user's own settings."""


async def answer(model: str, task: Task) -> Reply | AgentDeclines:
    """Have an embedded agent answer in a process, which ends with whoever waits for it.

    Args:
        model: one of those that answer actions.
        task: what it is asked.

    Raises:
        Unreachable: the process could not be started, or what it started could not be reached.
        BadReply: it ended without an answer.
    """
    try:
        child = await child_process.start_module(_WORKER, variables=_VARIABLES, own_group=True)
    except OSError as err:
        raise Unreachable(f"{_WORKER} could not be started: {err.strerror or err}") from err
    try:
        said = await _said(child, encoded(model, task))
    finally:
        await child_process.kill_group(child, LONG_ANSWER_END_S, _PIECE_BYTES)
    return _taken(said)


def encoded(model: str, task: Task) -> bytes:
    """A question as the process reads it: JSON with what embedded agents read of a task."""
    diagnostics = [
        [each.span.start, each.span.end, each.message, each.code, each.source]
        for each in task.diagnostics
    ]
    asked = {
        "model": model,
        "action": task.action,
        "output": task.output,
        "snapshot": asdict(task.snapshot),
        "target": [task.target.start, task.target.end],
        "cursor": task.cursor,
        "instruction": task.instruction,
        "diagnostics": diagnostics,
        "symbol": task.symbol,
        "python": task.python,
    }
    return json.dumps(asked).encode()  # escaped, for a text may hold lone surrogates


def decoded(asked: bytes) -> tuple[str, Task]:
    """What ``encoded`` wrote: the model and the task."""
    told: dict[str, Any] = json.loads(asked)
    model, python = str(told.pop("model")), told.pop("python")
    diagnostics = tuple(
        Diagnostic(Span(start, end), *said) for start, end, *said in told.pop("diagnostics")
    )
    task = Task(
        snapshot=Snapshot(**told.pop("snapshot")),
        target=Span(*told.pop("target")),
        diagnostics=diagnostics,
        python=None if python is None else (python[0], python[1]),
        **told,
    )
    return model, task


async def _said(child: child_process.Process, asked: bytes) -> bytes:
    if child.stdin is None or child.stdout is None:
        raise Unreachable("the process for long documents has no pipes, restart the server")
    said = bytearray()
    try:
        child.stdin.write(asked)
        await child.stdin.drain()
        child.stdin.close()
        while piece := await child.stdout.read(_PIECE_BYTES):
            said += piece
            if len(said) > MAX_LONG_ANSWER_BYTES:
                raise BadReply("the answer about a long document is too long, select less of it")
    except ConnectionError as err:
        raise BadReply(_ENDED) from err
    return bytes(said)


def _taken(said: bytes) -> Reply | AgentDeclines:
    try:
        told: dict[str, Any] = json.loads(said)
    except ValueError as err:
        raise BadReply(_ENDED) from err
    if "unreachable" in told:
        raise Unreachable(told["unreachable"])
    if "bad_reply" in told:
        raise BadReply(told["bad_reply"])
    if "declines" in told:
        return AgentDeclines(told["declines"], unchanged=told["unchanged"])
    return Reply(told["text"], exact=True, usage=Usage(), cost_usd=0.0)


_ENDED = "the process that reads a long document ended early, select less of it"
