"""The agent ``embedded/outline``: explains code by what can be read off it, in any known grammar.

Facts only: what it is, what it takes, calls and raises, how branched it is, who calls it, what
tools have said about it. Nothing is claimed to be understood, and the last line says so.
"""

from collections.abc import Sequence
from functools import partial

from moa_lsp.files.uris import name_of
from moa_lsp.limits import MAX_SHOWN_CHARS
from moa_lsp.providers.base import AgentDeclines, Reply, Usage
from moa_lsp.providers.embedded import code_summary, rules
from moa_lsp.providers.embedded.code_summary import CodeSummary
from moa_lsp.providers.embedded.markdown_code import block, listed, span
from moa_lsp.providers.embedded.off_loop import off_loop
from moa_lsp.syntax.gates import parses
from moa_lsp.syntax.languages import Language, by_id
from moa_lsp.syntax.tree import has_grammar
from moa_lsp.task import Diagnostic, Task
from moa_lsp.text.eol import dominant
from moa_lsp.text.lines import split_lines

MAX_LISTED = 20
"""Names of one kind in an explanation; nobody reads the fiftieth."""


COMMENT_WIDTH = 79
"""Columns of an explaining comment; PEP 8's line length, unusual in no language."""

_CLOSING = "*Read off the syntax by `embedded/outline`; no model was asked.*"

_SCALE = ((5, "simple"), (10, "moderately branched"), (20, "heavily branched"))
"""Cyclomatic complexity up to which a word holds; the steps are McCabe's 10 and its double and
half."""


async def answer(task: Task) -> Reply | AgentDeclines:
    """Explain the target of ``task`` as Markdown or as a comment, or decline."""
    language = by_id(task.snapshot.language)
    reason = _unfit(task, language)
    if reason is not None or language is None:
        return AgentDeclines(reason or "has no grammar for this language")
    found = await off_loop(len(task.snapshot.text), partial(code_summary.summarize, task))
    if task.action == "explain":
        told = await rules.explained(diagnostic.code for diagnostic in task.diagnostics)
        return _exactly(_markdown(task, found, told))
    text = _comment(task, found, language)
    if found.in_text or not await off_loop(len(task.snapshot.text), partial(_fits, task, text)):
        return AgentDeclines("a comment above the selection would stand inside of something else")
    return _exactly(text)


def _unfit(task: Task, language: Language | None) -> str | None:
    if task.action not in ("explain", "explain-comment"):
        return f"does not do {task.action}, only explain and explain-comment"
    if language is None or not has_grammar(language.id):
        return f"has no grammar for {task.snapshot.language}"
    if task.instruction.strip():
        return "a question needs a model"
    return None if task.region.strip() else "nothing is selected"


def _exactly(text: str) -> Reply:
    return Reply(text, exact=True, usage=Usage(), cost_usd=0.0)


def _fits(task: Task, comment: str) -> bool:
    after = f"{task.before}{task.placed(comment)}{task.after}"
    return parses(task.snapshot.text, after, task.snapshot.language).ok


def _markdown(task: Task, found: CodeSummary, told: dict[str, str]) -> str:
    sections = [
        _head(task, found),
        _parameters(found),
        _behaviour(found),
        _shape(found),
        _contents(found),
        _diagnostics(task.diagnostics, found, told),
        [_CLOSING],
    ]
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def _file_name(task: Task) -> str:
    return name_of(task.snapshot.uri) or "this document"


def _lines(found: CodeSummary) -> str:
    first, last = found.lines
    return f"line {first}" if first == last else f"lines {first} to {last}"


def _head(task: Task, found: CodeSummary) -> list[str]:
    where = f"{_lines(found).capitalize()} of {span(_file_name(task))}"
    title = "# Selection"
    if found.subject is not None:
        title = f"# {found.kind.capitalize()} {span(found.subject.qualified)}"
    elif found.whole:
        title, where = f"# {span(_file_name(task))}", _lines(found).capitalize()
    if found.within:
        where += f", inside {span(found.within)}"
    lines = [title, "", f"{where}."]
    if found.signature:
        lines += ["", *block(found.signature, task.snapshot.language)]
    if found.documentation:
        lines += ["", "Its documentation begins:", "", *block(found.documentation, "text")]
    return lines


def _parameters(found: CodeSummary) -> list[str]:
    if not found.parameters:
        return []
    lines = [f"## {'Fields' if found.kind == 'class' else 'Parameters'}", ""]
    for parameter in found.parameters[:MAX_LISTED]:
        line = f"- {span(parameter.starred)}"
        line += f": {span(parameter.annotation)}" if parameter.annotation is not None else ""
        line += f", {span(parameter.default)} by default" if parameter.default is not None else ""
        lines.append(line)
    return lines


def _behaviour(found: CodeSummary) -> list[str]:
    anatomy = found.anatomy
    calls = [
        span(name) if count == 1 else f"{span(name)} {count} times"
        for name, count in anatomy.calls.most_common()
    ]
    callers = [
        f"{span(name) if name else 'the outermost level'} (line {line})"
        for name, line in found.callers.items()
    ]
    rows = [
        ("Returns", [span(found.returns)] if found.returns else []),
        ("Yields", [span(found.yields)] if found.yields else []),
        ("Raises", [span(name) for name in anatomy.throws]),
        ("Calls", calls),
        ("Is called, by name, in", callers),
        ("Defined in this file and used here", [span(name) for name in found.used]),
        ("Uses the imports", [span(name) for name in anatomy.imports]),
    ]
    lines = [f"- {what}: {listed(names, MAX_LISTED)}" for what, names in rows if names]
    if found.subject is not None and found.kind in ("function", "method") and not callers:
        lines.append("- Nothing in this file calls it by name.")
    return ["## What it uses", "", *lines] if lines else []


def _shape(found: CodeSummary) -> list[str]:
    number = found.anatomy.complexity
    counts = dict(found.anatomy.branches)
    counts["return"] = found.anatomy.exits
    parts = [_counted(count, name) for name, count in sorted(counts.items()) if count]
    made = f": {', '.join(parts)}" if parts else ""
    if found.per_function:
        most = listed([f"{span(name)} {value}" for name, value in found.per_function], 5)
        return [
            "## Shape",
            "",
            f"{_counted(found.code_lines, 'line')} of code{made}.",
            "",
            f"Cyclomatic complexity, highest first: {most}.",
        ]
    return [
        "## Shape",
        "",
        f"{_counted(found.code_lines, 'line')} of code{made}. "
        f"Cyclomatic complexity {number}, {_word(number)}.",
    ]


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count != 1 else ''}"


def _word(number: int) -> str:
    return next((word for bound, word in _SCALE if number <= bound), "very heavily branched")


def _contents(found: CodeSummary) -> list[str]:
    if not found.contents:
        return []
    lines = ["## Contents", ""]
    for depth, kind, name, line in found.contents[: 2 * MAX_LISTED]:
        lines.append(f"{'  ' * depth}- {kind} {span(name)}, line {line}")
    more = len(found.contents) - 2 * MAX_LISTED
    return [*lines, f"- and {more} more"] if more > 0 else lines


def _diagnostics(
    diagnostics: Sequence[Diagnostic], found: CodeSummary, told: dict[str, str]
) -> list[str]:
    if not diagnostics:
        return []
    lines = ["## Diagnostics", ""]
    for diagnostic in diagnostics[:MAX_LISTED]:
        code = f"{span(diagnostic.code)} " if diagnostic.code else ""
        line = found.line_of(diagnostic.span.start)
        lines.append(f"- Line {line}: {code}{span(diagnostic.message, MAX_SHOWN_CHARS)}")
        if diagnostic.code in told:
            lines.append(f"  - The rule: {told[diagnostic.code]}")
    return lines


def _comment(task: Task, found: CodeSummary, language: Language) -> str:
    first = next(line for line in split_lines(task.region) if line.strip())
    margin = first[: len(first) - len(first.lstrip(" \t"))]
    if language.line_comment is not None:
        lead, closing = f"{margin}{language.line_comment} ", ""
    else:
        opening, end = language.block_comment or ("", "")
        lead, closing = f"{margin}{opening} ", f" {end}"
    width = max(COMMENT_WIDTH - len(lead) - len(closing), 30)
    lines = _wrapped(" ".join(_sentences(found)), width)
    return dominant(task.snapshot.text).join(f"{lead}{line}{closing}" for line in lines)


def _sentences(found: CodeSummary) -> list[str]:
    anatomy = found.anatomy
    name = found.subject.qualified if found.subject is not None else "This selection"
    kind = f", a {found.kind}" if found.subject is not None else ""
    number = anatomy.complexity
    sentences = [
        f"{name}{kind} of {_counted(found.code_lines, 'line')}, "
        f"{_word(number)} (complexity {number})."
    ]
    rows = [
        ("Takes", [parameter.starred for parameter in found.parameters]),
        ("Returns", [found.returns] if found.returns else []),
        ("Raises", anatomy.throws),
        ("Calls", [name for name, _ in anatomy.calls.most_common()]),
        ("Called in this file by", [name or "its outermost level" for name in found.callers]),
    ]
    for what, names in rows:
        shown = [" ".join(name.split()) for name in names[:6] if "*/" not in name]
        if shown:
            more = f" and {len(names) - 6} more" if len(names) > 6 else ""
            sentences.append(f"{what} {', '.join(shown)}{more}.")
    return sentences


def _wrapped(sentence: str, width: int) -> list[str]:
    lines = [""]
    for word in sentence.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
