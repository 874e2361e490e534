"""Docstrings for ``document``: the facts of a signature in the document's own style.

Meaning is never invented: every description is a TODO.
"""

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Literal

from moa_lsp.providers.embedded.class_members import methods
from moa_lsp.providers.embedded.facts import DefinitionFacts, facts
from moa_lsp.providers.embedded.python_source import (
    Definition,
    Function,
    PythonSource,
    decorated,
    first_line,
)
from moa_lsp.providers.embedded.signature import Parameter
from moa_lsp.text.edits import Edit, Span
from moa_lsp.text.lines import Position

MAX_DOCSTRING_SOURCE_CHARS = 60
"""A type or default in a docstring; a longer one is shown as ``...``."""


Style = Literal["google", "numpy", "sphinx"]

_SIGNS: dict[Style, re.Pattern[str]] = {
    "google": re.compile(r"^[ \t]*(Args|Returns|Raises|Yields|Attributes):[ \t]*$", re.MULTILINE),
    "numpy": re.compile(
        r"^[ \t]*(Parameters|Returns|Raises|Yields|Attributes)[ \t]*\n[ \t]*---", re.MULTILINE
    ),
    "sphinx": re.compile(r"^[ \t]*:(param|type|returns?|rtype|raises)\b", re.MULTILINE),
}

_TODO = "TODO: describe."


def style_of(source: PythonSource) -> Style:
    """The style that most docstrings of the document follow; Google where none does."""
    written = [
        ast.get_docstring(node, clean=False) or "" for node in (source.tree, *source.definitions)
    ]
    counts: Counter[Style] = Counter()
    for style, sign in _SIGNS.items():
        counts[style] = sum(sign.search(docstring) is not None for docstring in written)
    style, count = counts.most_common(1)[0]
    return style if count else "google"


def of_module(source: PythonSource, style: Style) -> list[Edit]:
    """The edit that gives a module a docstring; none if it has one or is empty."""
    del style  # a module's docstring is one line in all of them
    if ast.get_docstring(source.tree) is not None or not source.tree.body:
        return []
    line = 0
    while source.lines[line].startswith("#"):
        line += 1
    start = source.index.line_span(line).start
    quotes = _quotes(source)
    text = f"{quotes}TODO: describe this module.{quotes}{source.eol}"
    following = "" if not source.lines[line].strip() else source.eol
    return [Edit(Span(start, start), text + following)]


def of_definition(source: PythonSource, node: Definition, style: Style) -> Iterator[Edit]:
    """The edits that document a definition and, of a class, its public methods."""
    if _wants_docstring(node):
        yield _edit(source, node, style, method=False)
    if isinstance(node, ast.ClassDef):
        for method in methods(node).values():
            if not method.name.startswith("_") and _wants_docstring(method):
                yield _edit(source, method, style, method=True)


def _wants_docstring(node: Definition) -> bool:
    if ast.get_docstring(node) is not None:
        return False
    return not decorated(node, "overload", "setter", "deleter", "override")


def _edit(source: PythonSource, node: Definition, style: Style, *, method: bool) -> Edit:
    colon = source.colon(node)
    margin = source.inner_margin(node)
    method = method or (
        isinstance(node, Function) and source.margin(node) != "" and _has_self(node)
    )
    lines = _docstring(facts(source, node, method=method), style, margin, source)
    written = "".join(f"{line}{source.eol}" for line in lines)
    if first_line(node.body[0]) == colon.line:
        start = source.index.offset(colon, "utf-32")
        return Edit(Span(start, source.start(node.body[0])), f"{source.eol}{written}{margin}")
    start = source.index.offset(Position(colon.line + 1, 0), "utf-32")
    if isinstance(node, ast.ClassDef) and source.lines[colon.line + 1].strip():
        written += source.eol
    return Edit(Span(start, start), written)


def _has_self(node: Function) -> bool:
    arguments = [*node.args.posonlyargs, *node.args.args]
    return bool(arguments) and arguments[0].arg in ("self", "cls")


def _quotes(source: PythonSource) -> str:
    return "'''" if source.text.count("'''") > source.text.count('"""') else '"""'


def _docstring(
    found: DefinitionFacts, style: Style, margin: str, source: PythonSource
) -> list[str]:
    body = [line for section in _WRITERS[style](found, source.indent) for line in section]
    quotes = _quotes(source)
    summary = f"TODO: describe `{found.name}`."
    text = [f"{quotes}{summary}{quotes}"]
    if body:
        text = [f"{quotes}{summary}", *body, quotes]
    if any("\\" in line for line in text):
        text[0] = f"r{text[0]}"
    return [f"{margin}{line}" if line else "" for line in text]


def _safe(written: str) -> str:
    """Source text that cannot end the docstring around it."""
    short = written if len(written) <= MAX_DOCSTRING_SOURCE_CHARS else "..."
    return "..." if '"""' in short or "'''" in short else short


def _default(parameter: Parameter) -> str:
    return f" Defaults to {_safe(parameter.default)}." if parameter.default is not None else ""


def _google(found: DefinitionFacts, indent: str) -> list[list[str]]:
    sections: list[list[str]] = []
    for title, parameters in (("Args", found.parameters), ("Attributes", found.attributes)):
        if parameters:
            entries = [f"{indent}{_google_entry(parameter)}" for parameter in parameters]
            sections.append(["", f"{title}:", *entries])
    for title, kind in (("Returns", found.returns), ("Yields", found.yields)):
        if kind is not None:
            lead = f"{_safe(kind)}: " if kind else ""
            sections.append(["", f"{title}:", f"{indent}{lead}{_TODO}"])
    if found.raises:
        entries = [f"{indent}{name}: TODO: say when." for name in found.raises]
        sections.append(["", "Raises:", *entries])
    return sections


def _google_entry(parameter: Parameter) -> str:
    kinds = [_safe(parameter.annotation)] if parameter.annotation is not None else []
    kinds += ["optional"] if parameter.default is not None else []
    kind = f" ({', '.join(kinds)})" if kinds else ""
    return f"{parameter.starred}{kind}: {_TODO}{_default(parameter)}"


def _numpy(found: DefinitionFacts, indent: str) -> list[list[str]]:
    sections: list[list[str]] = []

    def add(title: str, entries: list[str]) -> None:
        sections.append(["", title, "-" * len(title), *entries])

    for title, parameters in (("Parameters", found.parameters), ("Attributes", found.attributes)):
        entries: list[str] = []
        for parameter in parameters:
            kind = f" : {_safe(parameter.annotation)}" if parameter.annotation is not None else ""
            if parameter.default is not None:
                kind += f"{',' if kind else ' :'} default {_safe(parameter.default)}"
            entries += [f"{parameter.starred}{kind}", f"{indent}{_TODO}"]
        if entries:
            add(title, entries)
    for title, result in (("Returns", found.returns), ("Yields", found.yields)):
        if result is not None:
            add(title, [_safe(result) or "object", f"{indent}{_TODO}"])
    if found.raises:
        add(
            "Raises",
            [line for name in found.raises for line in (name, f"{indent}TODO: say when.")],
        )
    return sections


def _sphinx(found: DefinitionFacts, indent: str) -> list[list[str]]:
    del indent
    lines: list[str] = []
    for word, kind_word, parameters in (
        ("param", "type", found.parameters),
        ("ivar", "vartype", found.attributes),
    ):
        for parameter in parameters:
            name = parameter.starred.replace("*", "\\*")
            lines.append(f":{word} {name}: {_TODO}{_default(parameter)}")
            if parameter.annotation is not None:
                lines.append(f":{kind_word} {name}: {_safe(parameter.annotation)}")
    result = found.returns if found.returns is not None else found.yields
    if result is not None:
        lines.append(f":{'returns' if found.returns is not None else 'yields'}: {_TODO}")
        lines += [f":rtype: {_safe(result)}"] if result else []
    lines += [f":raises {name}: TODO: say when." for name in found.raises]
    return [["", *lines]] if lines else []


_WRITERS: dict[Style, Callable[[DefinitionFacts, str], list[list[str]]]] = {
    "google": _google,
    "numpy": _numpy,
    "sphinx": _sphinx,
}
