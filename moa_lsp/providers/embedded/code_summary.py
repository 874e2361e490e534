"""Everything that the outline agent says about a target, as one value.

The tree-sitter grammar gives what all languages share; of Python, whose own parser knows more,
parameters, results and the docstring come from ``ast``.
"""

import ast
import contextlib
from dataclasses import dataclass, field

from tree_sitter import Node

from moa_lsp.providers.embedded.code_metrics import CodeMetrics, analyze
from moa_lsp.providers.embedded.facts import facts
from moa_lsp.providers.embedded.python_source import Definition, PythonSource, read
from moa_lsp.providers.embedded.signature import Parameter
from moa_lsp.syntax.symbols import Symbol, symbols
from moa_lsp.syntax.tree import Tree, parse
from moa_lsp.task import Task
from moa_lsp.text.edits import Span
from moa_lsp.text.lines import LineIndex, split_lines


@dataclass(slots=True)
class CodeSummary:
    """What a target is.

    Attributes:
        subject: the symbol that the target is, ``None`` for a part of one or several.
        kind: the subject's kind in words.
        whole: whether the target is the whole document.
        within: qualified name of the symbol around the target, ``""`` without one.
        lines: first and last line, from 1.
        code_lines: lines that are not blank.
        contents: symbols inside, as depth, kind, name and line (from 1).
        per_function: complexity of each function inside, if there are several, highest first.
        used: symbols of the same document, outside the target, that it names in calls.
        callers: who calls the subject, with the line (from 1).
        in_text: whether the target starts inside a string or a comment.
    """

    index: LineIndex
    anatomy: CodeMetrics
    lines: tuple[int, int]
    code_lines: int
    subject: Symbol | None = None
    kind: str = "selection"
    whole: bool = False
    within: str = ""
    signature: str = ""
    documentation: str = ""
    parameters: list[Parameter] = field(default_factory=list)
    returns: str = ""
    yields: str = ""
    contents: list[tuple[int, str, str, int]] = field(default_factory=list)
    per_function: list[tuple[str, int]] = field(default_factory=list)
    used: list[str] = field(default_factory=list)
    callers: dict[str, int] = field(default_factory=dict)
    in_text: bool = False

    def line_of(self, offset: int) -> int:
        """The line of an offset, from 1."""
        return self.index.line_of(offset) + 1


def summarize(task: Task) -> CodeSummary:
    """Read the target of a task whose language has a grammar.

    Raises:
        ValueError: there is no grammar.
    """
    text, language = task.snapshot.text, task.snapshot.language
    tree = parse(text, language)
    if tree is None:
        message = f"no grammar for {language}"
        raise ValueError(message)
    known = symbols(text, language)
    target = _trimmed(text, task.target)
    inside = [symbol for symbol in known if _holds(target, symbol.span, text)]
    subject = inside[0] if inside and _same(text, inside[0].span, target) else None
    index = LineIndex(text)
    found = CodeSummary(
        index,
        analyze(tree, subject.span if subject is not None else target, subject, known),
        (index.line_of(target.start) + 1, index.line_of(max(target.start, target.end - 1)) + 1),
        sum(bool(line.strip()) for line in split_lines(task.region)),
        subject,
        _kind(subject),
        not task.before.strip() and not task.after.strip(),
    )
    held = set(inside)
    around = [
        symbol
        for symbol in known
        if symbol not in held
        and symbol.span.start <= target.start
        and target.end <= symbol.span.end
    ]
    found.within = around[-1].qualified if around else ""
    if subject is not None:
        found.signature = text[subject.header.start : subject.header.end]
        above = text[subject.span.start : subject.header.start].strip()
        found.documentation = above if task.snapshot.language != "python" else ""
    found.callers = {
        name: index.line_of(offset) + 1 for name, offset in found.anatomy.callers.items()
    }
    found.in_text = _starts_in_text(tree, target.start)
    _add_contents(found, inside)
    _add_used(found, inside, known)
    if subject is not None:
        # Too deep an expression costs these facts, not the others.
        with contextlib.suppress(RecursionError):
            _add_python(found, task, subject)
    return found


def _starts_in_text(tree: Tree, offset: int) -> bool:
    def around(node: Node) -> bool:
        place = tree.span(node)
        return place.start < offset < place.end

    return any(
        around(node) and any(word in node.type for word in ("string", "comment", "template"))
        for node in tree.nodes(around)
    )


def _trimmed(text: str, target: Span) -> Span:
    """The target without blank lines around it, from the start of its first line."""
    region = text[target.start : target.end]
    end = target.start + len(region.rstrip())
    blank = len(region) - len(region.lstrip())
    start = max(
        text.rfind("\n", 0, target.start + blank), text.rfind("\r", 0, target.start + blank)
    )
    return Span(max(start + 1, target.start), end)


def _holds(target: Span, inner: Span, text: str) -> bool:
    return (
        target.start <= inner.start
        and target.start + len(text[target.start : inner.end].rstrip()) <= target.end
    )


def _same(text: str, symbol: Span, target: Span) -> bool:
    return text[symbol.start : symbol.end].strip() == text[target.start : target.end].strip()


_KINDS = {"function": "function", "method": "method", "class": "class"}


def _kind(subject: Symbol | None) -> str:
    return _KINDS.get(subject.kind, subject.kind) if subject is not None else "selection"


def _add_contents(found: CodeSummary, inside: list[Symbol]) -> None:
    parts = [symbol for symbol in inside if symbol is not found.subject]
    base = min((symbol.qualified.count(".") for symbol in parts), default=0)
    found.contents = [
        (
            symbol.qualified.count(".") - base,
            symbol.kind,
            symbol.name,
            found.line_of(symbol.header.start),
        )
        for symbol in parts
    ]
    functions = [symbol for symbol in parts if symbol.kind in ("function", "method")]
    if len(functions) > 1:
        values = [
            (symbol.qualified, found.anatomy.complexity_of(symbol.span)) for symbol in functions
        ]
        found.per_function = sorted(values, key=lambda item: -item[1])


def _add_used(found: CodeSummary, inside: list[Symbol], known: list[Symbol]) -> None:
    called = {name.rpartition(".")[2] for name in found.anatomy.calls}
    held = set(inside)
    found.used = sorted(
        {
            symbol.qualified
            for symbol in known
            if symbol.name in called and symbol not in held and symbol is not found.subject
        }
    )


def _add_python(found: CodeSummary, task: Task, subject: Symbol) -> None:
    """Parameters, results and docstring, where Python's own parser can give them."""
    source = read(task.snapshot.text) if task.snapshot.language == "python" else None
    node = _definition(source, subject) if source is not None else None
    if source is None or node is None:
        return
    read_off = facts(source, node, method=subject.kind == "method")
    found.parameters = read_off.parameters or read_off.attributes
    found.returns, found.yields = read_off.returns or "", read_off.yields or ""
    found.anatomy.throws = read_off.raises or found.anatomy.throws
    docstring = ast.get_docstring(node) or ""
    found.documentation = docstring.strip().split("\n\n")[0]


def _definition(source: PythonSource, subject: Symbol) -> Definition | None:
    for node in source.definitions:
        if node.name == subject.name and source.span(node).end == subject.span.end:
            return node
    return None
