"""The agent ``embedded/ruff``: refactors and fixes Python with ruff's safe fixes.

Only fixes that ruff calls safe are applied, only where every edit of the fix lies inside the
target, and never one that leaves the document unparsable. The project's own ruff settings apply;
where they cannot be loaded, or the document is no local file, ruff's defaults do.
"""

import ast
import asyncio
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from moa_lsp.errors import BadReply
from moa_lsp.files.uris import local_path
from moa_lsp.providers.base import AgentDeclines, Reply, Usage
from moa_lsp.providers.embedded import ruff_program
from moa_lsp.providers.embedded.off_loop import off_loop
from moa_lsp.providers.embedded.ruff_findings import RuffFinding, choose, read, syntax_errors
from moa_lsp.providers.embedded.ruff_settings import RuffProject, project_of
from moa_lsp.syntax import python_ast
from moa_lsp.task import Task
from moa_lsp.text.edits import Edit, Span, apply, diff
from moa_lsp.text.lines import LineIndex

RUFF_PASSES = 8
"""Rounds of fixes, 25 ms each: one fix may uncover another. Fixes whose edits overlap wait for the
next round, so a selection full of them needs five; ruff itself allows a hundred."""


REFACTOR_RULES = (
    *("F", "E4", "E7", "E9", "W", "I", "UP", "SIM", "C4"),
    *("PIE", "RET", "PERF", "FURB", "B"),
)
"""Added to the project's own rules for ``refactor``."""

FIX_RULES = ("F", "E4", "E7", "E9", "W", "B")
"""Added to the project's own rules for ``fix``: mistakes, not taste."""

MISTAKES = ("F", "E9", "B")
"""Of these what `fix` finds and cannot mend is told; the rest is a matter of taste."""

SHOWN_FINDINGS = 3
"""Findings that are told by code and line; a sentence holds no more."""

LEFT_OUT = (
    "SIM114",  # joins branches by `or` into conditions that read worse
    "SIM905",  # spells out "a b c".split() as a list
    "W292",  # would change the document's final newline
    "W391",  # the same
)
"""Rules of those groups whose fixes not everybody wants."""

_RULE = re.compile(r"[A-Z]{1,6}[0-9]{3,4}")
_ENDS = ("\n", "\r")


@dataclass(frozen=True, slots=True)
class _RuffCall:
    """How ruff is called for one task; ``isolated`` leaves every settings file alone."""

    path: Path | None
    project: RuffProject
    rules: tuple[str, ...]
    codes: tuple[str, ...] = ()
    isolated: bool = False

    def options(self) -> list[str]:
        name = "document.py"
        if self.path is not None:
            # ruff takes the kind of a document from its name: a script has none, a notebook
            # would be read as JSON.
            named = self.path.suffix in (".py", ".pyi")
            name = str(self.path if named else self.path.with_name(name))
        options = ["--no-cache", "--quiet", f"--stdin-filename={name}"]
        return [*options, "--isolated"] if self.isolated else options

    def check(self) -> list[str]:
        off = [*LEFT_OUT, *self.project.ignored]
        ignored = [code for code in off if code not in self.codes]
        return [
            "check",
            *self.options(),
            "--output-format=json-lines",
            f"--extend-select={','.join((*self.rules, *self.codes))}",
            f"--ignore={','.join(ignored)}",
            "-",
        ]

    def format(self, lines: tuple[int, int], columns: int) -> list[str]:
        """Arguments that format the lines (from 0, both inclusive)."""
        first, last = lines
        arguments = ["format", *self.options(), f"--range={first + 1}:1-{last + 1}:{columns + 1}"]
        if self.isolated or self.project.path is None:
            # Nobody asked for another kind of quotes here.
            arguments.append("--config=format.quote-style='preserve'")
        return [*arguments, "-"]

    def milder(self) -> "_RuffCall | None":
        """What to try when ruff refuses this call: without the codes, then without settings."""
        if self.codes:
            return _RuffCall(self.path, self.project, self.rules, isolated=self.isolated)
        if not self.isolated:
            bare = RuffProject(folder=self.project.folder)
            return _RuffCall(self.path, bare, self.rules, isolated=True)
        return None


@dataclass(frozen=True, slots=True)
class _RuffState:
    """A document on its way: ``window`` is the target with its last line's ending."""

    text: str
    window: Span
    findings: list[RuffFinding] = field(default_factory=list)

    def edited(self, edits: Iterable[Edit]) -> "_RuffState":
        """The document after edits that all lie inside the window."""
        edits = list(edits)
        grown = sum(len(edit.text) - (edit.span.end - edit.span.start) for edit in edits)
        return _RuffState(
            apply(self.text, edits), Span(self.window.start, self.window.end + grown)
        )


async def answer(task: Task) -> Reply | AgentDeclines:
    """Refactor or fix the target of ``task``.

    Raises:
        Unreachable: ruff could not be started, or took too long.
        BadReply: ruff answered something that it does not promise.
    """
    reason = _unfit(task)
    if reason is not None:
        return AgentDeclines(reason)
    path = local_path(task.snapshot.uri)
    project = await asyncio.to_thread(project_of, path) if path is not None else RuffProject()
    rules = REFACTOR_RULES if task.action == "refactor" else FIX_RULES
    call = _RuffCall(
        path, project, rules, _codes(task), isolated=path is None or not project.sound
    )
    ending = len(task.after) - len(_without_ending(task.after))
    state = _RuffState(task.snapshot.text, Span(task.target.start, task.target.end + ending))
    call, state = await _start(call, state)
    if syntax_errors(state.findings) and not await _parses(state.text):
        return AgentDeclines("the file does not parse")
    if task.action == "fix":
        wanted = await _on_demand(task, call)
        fixed = await _settle(call, state, wanted, passes=1 if task.diagnostics else RUFF_PASSES)
    else:
        fixed = await _settle(call, state, lambda _: True, passes=RUFF_PASSES)
        fixed = await _formatted(call, fixed)
    return _reply(task, state, fixed, wide=ending > 0)


def _unfit(task: Task) -> str | None:
    if task.action not in ("refactor", "fix"):
        return f"does not do {task.action}, only refactor and fix"
    if task.snapshot.language != "python":
        return "needs Python"
    if task.instruction.strip():
        return "a free instruction needs a model"
    if not task.region.strip():
        return "nothing is selected"
    if not _encodable(task.snapshot.text):
        return "the file holds a lone surrogate"
    return None


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _without_ending(after: str) -> str:
    """What follows the target, without the ending of the target's last line."""
    if after.startswith("\r\n"):
        return after[2:]
    return after[1:] if after.startswith(_ENDS) else after


def _codes(task: Task) -> tuple[str, ...]:
    """The ruff rules that the diagnostics name."""
    if task.action != "fix":
        return ()
    named = {diagnostic.code or "" for diagnostic in task.diagnostics}
    return tuple(sorted(code for code in named if _RULE.fullmatch(code)))


async def _start(call: _RuffCall, state: _RuffState) -> tuple[_RuffCall, _RuffState]:
    """The first check; falls back to milder calls while ruff refuses the settings or a code."""
    attempt: _RuffCall | None = call
    while attempt is not None:
        output = await ruff_program.call(
            attempt.check(), state.text.encode("utf-8"), attempt.project.folder
        )
        if output.code in (0, 1):
            return attempt, await _read(state, output.stdout)
        attempt = attempt.milder()
    message = "ruff could not check the document, try `ruff check` on it"
    raise BadReply(message)


async def _check(call: _RuffCall, state: _RuffState) -> _RuffState:
    output = await ruff_program.call(call.check(), state.text.encode("utf-8"), call.project.folder)
    if output.code not in (0, 1):
        message = "ruff could not check what it had fixed"
        raise BadReply(message)
    return await _read(state, output.stdout)


async def _read(state: _RuffState, output: bytes) -> _RuffState:
    try:
        findings = await off_loop(len(state.text), lambda: read(output, LineIndex(state.text)))
    except ValueError as err:
        message = "ruff's findings could not be read, is its version older than 0.9?"
        raise BadReply(message) from err
    return _RuffState(state.text, state.window, findings)


async def _parses(text: str) -> bool:
    def parse() -> bool:
        try:
            python_ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
        return True

    return await off_loop(len(text), parse)


async def _on_demand(task: Task, call: _RuffCall) -> Callable[[RuffFinding], bool]:
    """Which findings the diagnostics of a ``fix`` ask for; all, without diagnostics."""
    if not task.diagnostics:
        return lambda _: True
    index = await off_loop(len(task.snapshot.text), lambda: LineIndex(task.snapshot.text))
    asked = [
        (
            diagnostic.code if diagnostic.code in call.codes else None,
            index.line_of(diagnostic.span.start),
            index.line_of(diagnostic.span.end),
        )
        for diagnostic in task.diagnostics
    ]

    def wanted(finding: RuffFinding) -> bool:
        return any(
            code in (None, finding.code) and finding.first <= last and first <= finding.last
            for code, first, last in asked
        )

    return wanted


async def _settle(
    call: _RuffCall, state: _RuffState, wanted: Callable[[RuffFinding], bool], passes: int
) -> _RuffState:
    """Apply fixes until none is left or ``passes`` rounds are over; never worse syntax."""
    errors = syntax_errors(state.findings)
    for _ in range(passes):
        for one_deletion in (False, True):
            edits = await off_loop(
                len(state.text),
                partial(
                    choose,
                    state.findings,
                    state.window,
                    state.text,
                    wanted,
                    one_deletion=one_deletion,
                ),
            )
            if not edits:
                return state
            attempt = await _check(call, state.edited(edits))
            if syntax_errors(attempt.findings) <= errors:
                break
        else:
            return state
        state = attempt
    return state


async def _formatted(call: _RuffCall, state: _RuffState) -> _RuffState:
    """The window's lines formatted; the state itself where ruff cannot or must not."""
    text, window = state.text, state.window
    if not text[window.start : window.end].strip():
        return state
    index = await off_loop(len(text), lambda: LineIndex(text))
    end = window.end
    while end > window.start and text[end - 1] in _ENDS:
        end -= 1
    last = index.position(end, "utf-32")
    lines = (index.line_of(window.start), last.line)
    output = await ruff_program.call(
        call.format(lines, last.character), text.encode("utf-8"), call.project.folder
    )
    if output.code != 0:
        return state
    return await off_loop(len(text), partial(_kept, state, output.stdout.decode("utf-8")))


def _kept(state: _RuffState, formatted: str) -> _RuffState:
    """The hunks of ``formatted`` that lie inside the window, if they make sense alone."""
    text, window = state.text, state.window
    tail = len(text) - window.end
    if formatted.startswith(text[: window.start]) and formatted.endswith(text[window.end :]):
        size = len(formatted) - tail
        if size >= window.start:
            return _RuffState(formatted, Span(window.start, size))
    edits = [
        edit
        for edit in diff(text, formatted)
        if window.start <= edit.span.start and edit.span.end <= window.end
    ]
    kept = state.edited(edits)
    return kept if _same_program(text, kept.text) else state


def _same_program(one: str, other: str) -> bool:
    try:
        return ast.dump(python_ast.parse(one)) == ast.dump(python_ast.parse(other))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def _reply(
    task: Task, before: _RuffState, after: _RuffState, *, wide: bool
) -> Reply | AgentDeclines:
    result = after.text[after.window.start : after.window.end]
    if wide:
        result = _chopped(result)
    elif not task.region.endswith(_ENDS):
        # A formatter ends a document with a newline; this buffer has none.
        result = result.rstrip("\r\n")
    if result != task.region:
        return Reply(result, exact=True, usage=Usage(), cost_usd=0.0)
    if task.action == "refactor":
        return AgentDeclines("nothing to change in the selection", unchanged=True)
    named = sorted({diagnostic.code for diagnostic in task.diagnostics if diagnostic.code})
    if not named:
        left = _unmended(before)
        if left:
            return AgentDeclines(f"ruff has no safe fix for {left}")
        return AgentDeclines("nothing to fix in the selection", unchanged=True)
    fixable = any(finding.code in named and finding.edits for finding in before.findings)
    where = "the selection is too small for the fix" if fixable else "ruff has no safe fix"
    return AgentDeclines(f"{where} for {', '.join(named)}")


def _unmended(state: _RuffState) -> str:
    """The mistakes of the window that no safe fix mends, with their lines from 1; `""` if none."""
    index = LineIndex(state.text)
    start, end = state.window.start, state.window.end
    first, last = index.line_of(start), index.line_of(max(start, end - 1))
    found = [
        f"{finding.code} (line {finding.first + 1})"
        for finding in state.findings
        if finding.code is not None
        and finding.code.startswith(MISTAKES)
        and not finding.edits
        and first <= finding.first <= last
    ]
    more = len(found) - SHOWN_FINDINGS
    return ", ".join(found[:SHOWN_FINDINGS]) + (f" and {more} more" if more > 0 else "")


def _chopped(text: str) -> str:
    if text.endswith("\r\n"):
        return text[:-2]
    return text[:-1] if text.endswith(_ENDS) else text
