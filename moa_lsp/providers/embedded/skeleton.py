"""The agent ``embedded/skeleton``: stubs, docstrings and tests that only say what the code says.

Python only. What it writes parses, leaves every other character of the target alone, and marks
as TODO whatever a person has to think about.
"""

import ast
import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from moa_lsp.files.uris import local_path
from moa_lsp.providers.base import AgentDeclines, Reply, Usage
from moa_lsp.providers.embedded import docstrings, examples, stubs
from moa_lsp.providers.embedded.limits import MAX_PACKAGE_DEPTH
from moa_lsp.providers.embedded.off_loop import off_loop
from moa_lsp.providers.embedded.python_source import (
    Definition,
    Function,
    PythonSource,
    first_line,
    is_stub,
    parses,
    read,
)
from moa_lsp.task import Task
from moa_lsp.text.edits import Edit, Span, apply

Answer = str | AgentDeclines


async def answer(task: Task) -> Reply | AgentDeclines:
    """Write the skeleton that ``task`` asks for, or decline."""
    work = _ACTIONS.get(task.action)
    if work is None:
        return AgentDeclines(f"does not do {task.action}, only {', '.join(_ACTIONS)}")
    if task.snapshot.language != "python":
        return AgentDeclines("needs Python")
    if task.instruction.strip():
        return AgentDeclines("a free instruction needs a model")
    if task.action == "test":
        path = local_path(task.snapshot.uri)
        module = await asyncio.to_thread(_module_name, path) if path is not None else None
        work = partial(_tests, module=module)
    result = await off_loop(len(task.snapshot.text), partial(_answer, task, work))
    if isinstance(result, AgentDeclines):
        return result
    return Reply(result, exact=True, usage=Usage(), cost_usd=0.0)


def _answer(task: Task, work: Callable[[Task, PythonSource], Answer]) -> Answer:
    source = read(task.snapshot.text)
    if source is None:
        return AgentDeclines("the file does not parse")
    try:
        result = work(task, source)
    except RecursionError:
        return AgentDeclines("an expression of the file nests too deeply")
    if isinstance(result, AgentDeclines):
        return result
    if task.output == "new_file":
        whole = result
    else:
        whole = f"{task.before}{task.placed(result)}{task.after}"
    if not parses(whole):
        return AgentDeclines("what it would write does not parse")
    return result


def _targets(task: Task, source: PythonSource) -> list[Definition]:
    """The definitions that lie whole in the target, without those inside of others of them."""
    inside: list[Definition] = []
    for node in source.definitions:
        span = source.span(node)
        if span.start < task.target.start or span.end > task.target.end:
            continue
        if not inside or span.start >= source.span(inside[-1]).end:
            inside.append(node)
    return inside


def _region(task: Task, source: PythonSource, edits: list[Edit], nothing: str) -> Answer:
    """The region with the edits that lie in it; what else they are is a reason to decline."""
    target = task.target
    if not edits:
        return AgentDeclines(nothing, unchanged=True)
    if any(edit.span.start < target.start or edit.span.end > target.end for edit in edits):
        return AgentDeclines("the selection does not hold the whole definition")
    moved = [
        Edit(Span(edit.span.start - target.start, edit.span.end - target.start), edit.text)
        for edit in sorted(edits, key=lambda edit: edit.span)
    ]
    return apply(source.text[target.start : target.end], moved)


def _generate(task: Task, source: PythonSource) -> Answer:
    if task.target.start == task.target.end:
        return _inserted(task, source)
    nodes = _targets(task, source)
    functions = [node for node in nodes if not isinstance(node, ast.ClassDef)]
    if not nodes:
        return AgentDeclines("the selection holds no whole function or class")
    if len(functions) == len(nodes) and all(is_stub(function) for function in functions):
        return AgentDeclines("writing a body needs a model")
    if task.output != "replace":
        return AgentDeclines(f"cannot add to a selection whose answer is {task.output}")
    edits = [
        edit
        for node in nodes
        if isinstance(node, ast.ClassDef)
        for edit in stubs.complete_class(source, node)
    ]
    edits.extend(_beside(source, functions))
    return _region(task, source, edits, "nothing is missing that its text asks for")


def _beside(source: PythonSource, functions: list[Function]) -> list[Edit]:
    """Stubs behind each function for what it calls: functions, or methods of its class."""
    edits: list[Edit] = []
    written: set[str] = set()
    owners = {
        part: node
        for node in source.definitions
        if isinstance(node, ast.ClassDef)
        for part in node.body
    }
    calls = stubs.undefined_calls(source) if functions else {}
    for function in functions:
        span = source.span(function)
        owner = owners.get(function)
        margin = source.margin(function)
        found = [] if margin else stubs.missing_functions(source, calls, span)
        if owner is not None:
            found = [
                item
                for item in stubs.missing_methods(source, owner)
                if not item.origin and item.name in _called_on_self(function)
            ]
        step = source.step(owner if owner is not None else function)
        fresh = [item for item in found if item.name not in written]
        blocks = [stubs.stub(source, item, margin, step) for item in fresh]
        written.update(item.name for item in found)
        gap = [""] * (stubs.blank_lines(source, owner) if owner is not None else 2)
        lines = [line for block in blocks for line in (*gap, *block)]
        if lines:
            text = "".join(f"{source.eol}{line}" for line in lines)
            edits.append(Edit(Span(span.end, span.end), text))
    return edits


def _called_on_self(function: Function) -> set[str]:
    return {
        node.func.attr
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }


def _inserted(task: Task, source: PythonSource) -> Answer:
    """Stubs at the cursor: methods in or right behind a class, else functions."""
    line = source.index.line_of(task.target.start)
    if source.lines[line].strip():
        return AgentDeclines("writing at a statement needs a model")
    inside = [
        node
        for node in source.definitions
        if first_line(node) < line < (node.end_lineno or node.lineno)
    ]
    before = _statement_before(source, line)
    owner = inside[-1] if inside else before
    if isinstance(owner, ast.ClassDef):
        margin = source.inner_margin(owner)
        missing = stubs.missing_methods(source, owner)
        if missing:
            step = source.step(owner)
            blocks = [stubs.stub(source, item, margin, step) for item in missing]
            return _text_at(task, source, blocks, margin)
    if inside:
        return AgentDeclines("writing a body needs a model")
    span = source.span(before) if before is not None else None
    calls = stubs.undefined_calls(source)
    near, anywhere = (stubs.missing_functions(source, calls, place) for place in (span, None))
    found = near or anywhere
    blocks = [stubs.stub(source, item, "", source.indent) for item in found]
    return _text_at(task, source, blocks, "")


def _statement_before(source: PythonSource, line: int) -> ast.stmt | None:
    before = [node for node in source.tree.body if (node.end_lineno or node.lineno) <= line]
    return before[-1] if before else None


def _text_at(task: Task, source: PythonSource, blocks: list[list[str]], margin: str) -> Answer:
    """Blocks as text for the blank line of the cursor, with the blank lines that belong around."""
    if not blocks:
        return AgentDeclines("nothing is called here that is not defined", unchanged=True)
    line = source.index.line_of(task.target.start)
    gap = 1 if margin else 2
    above = _blank(source.lines[:line][::-1])
    below = source.lines[line + 1 :]
    rest = below[_blank(below) :]
    indented = bool(rest) and rest[0][:1] in (" ", "\t")
    wanted_below = 0 if not rest else 1 if indented else 2
    lines = [""] * max(0, gap - above) if above < line else []
    for order, block in enumerate(blocks):
        lines.extend([""] * gap if order else [])
        lines.extend(block)
    lines.extend([""] * max(0, wanted_below - _blank(below)))
    typed = source.text[source.index.line_span(line).start : task.target.start]
    if typed and not lines[0].startswith(typed):
        return AgentDeclines("the cursor is indented otherwise than what belongs here")
    closing = source.eol if not task.after and task.before.endswith(("\n", "\r")) else ""
    return source.eol.join(lines)[len(typed) :] + closing


def _blank(lines: Sequence[str]) -> int:
    """How many lines from the first on are blank."""
    return next((order for order, line in enumerate(lines) if line.strip()), len(lines))


def _document(task: Task, source: PythonSource) -> Answer:
    edits: list[Edit] = []
    nodes = _targets(task, source)
    # A document of one definition alone: that is meant, not the module.
    alone = len(source.tree.body) == 1 and len(nodes) == 1
    whole = not (alone or task.before.strip() or task.after.strip())
    style = docstrings.style_of(source)
    if whole:
        edits.extend(docstrings.of_module(source, style))
        nodes = [node for node in nodes if not node.name.startswith("_")]
    for node in nodes:
        edits.extend(docstrings.of_definition(source, node, style))
    if not nodes and not whole:
        return AgentDeclines("the selection holds no whole function or class")
    if task.output != "replace":
        return AgentDeclines(f"cannot add to a selection whose answer is {task.output}")
    return _region(task, source, edits, "nothing is undocumented in the selection")


def _tests(task: Task, source: PythonSource, module: str | None) -> Answer:
    if task.output != "new_file":
        return AgentDeclines("writes tests to a new file only")
    if module is None:
        return AgentDeclines("the document's name is no module's name")
    nodes = _targets(task, source)
    if not nodes:
        nodes = [
            node
            for node in source.tree.body
            if isinstance(node, Definition)
            and source.span(node).start <= task.target.start
            and task.target.end <= source.span(node).end
        ]
    text = examples.test_file(source, nodes, module)
    return text or AgentDeclines("the selection holds no public function or class")


def _module_name(path: Path) -> str | None:
    """The dotted name by which a file is imported, as its folders say. Looks at the disk."""
    parts = [] if path.stem == "__init__" else [path.stem]
    folder = path.parent
    while len(parts) < MAX_PACKAGE_DEPTH and (folder / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    usable = parts and all(part.isidentifier() for part in parts)
    return ".".join(parts) if usable else None


_ACTIONS: dict[str, Callable[..., Answer]] = {
    "generate": _generate,
    "document": _document,
    "test": _tests,
}
