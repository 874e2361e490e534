"""Indentation of an answer made that of the place it goes to.

For a region: tabs and spaces as the document has them; then, where the first line stands at
another depth than the region's first line did, all lines move by the difference, or the first
alone where the others already stand as they did. Lines inside strings of several lines keep the
indentation that they had in the region. For an insertion see `levels`. Where several readings are
possible the caller takes the first that parses in place.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from moa_lsp.syntax.symbols import symbols
from moa_lsp.syntax.tree import parse

_LEADING = re.compile(r"[ \t]*")
_OPENS = (":", "{", "(", "[", "=>", "->", "do", "then", "else", "begin")
_CLOSES = (")", "]", "}", "end", "else", "elif", "except", "finally", "</")
_MULTILINE = frozenset(
    {"string", "template_string", "raw_string_literal", "string_literal", "concatenated_string"}
)
_TAB = 4
"""Columns of a tab where a text gives no other hint."""


def leading(line: str) -> str:
    """The spaces and tabs that a line starts with."""
    match = _LEADING.match(line)
    return match.group() if match else ""


def unit_of(lines: Sequence[str], fallback: str = " " * _TAB) -> str:
    """One step of indentation: a tab, or as many spaces as most steps inwards have."""
    filled = [line for line in lines if line.strip()]
    indents = [leading(line) for line in filled]
    tabs = sum(indent.startswith("\t") for indent in indents)
    if tabs > sum(indent.startswith(" ") for indent in indents):
        return "\t"
    steps = [
        len(inner) - len(outer)
        for outer, inner in pairwise(indents)
        if outer == inner[: len(outer)] and len(inner) > len(outer) and "\t" not in inner
    ]
    steps = [step for step in steps if step in {2, 3, 4, 8}]
    return " " * max(set(steps), key=steps.count) if steps else fallback


def restyled(lines: Sequence[str], document: Sequence[str]) -> list[str]:
    """The lines with tabs for spaces or spaces for tabs, as the document indents."""
    indents = {leading(line) for line in document if line.strip() and leading(line)}
    own = {leading(line) for line in lines if line.strip() and leading(line)}
    if not indents or not own:
        return list(lines)
    has_tabs = any("\t" in indent for indent in indents)
    has_spaces = any(" " in indent for indent in indents)
    if has_tabs and not has_spaces and all("\t" not in indent for indent in own):
        step = len(unit_of(lines))
        return [_tabbed(line, step) for line in lines]
    if has_spaces and not has_tabs and any("\t" in indent for indent in own):
        return [_spaced(line, len(unit_of(document))) for line in lines]
    return list(lines)


def _tabbed(line: str, step: int) -> str:
    depth, rest = divmod(len(leading(line)), step)
    return "\t" * depth + " " * rest + line.lstrip(" ")


def _spaced(line: str, step: int) -> str:
    indent = leading(line)
    return indent.expandtabs(step) + line[len(indent) :]


def moved(lines: Sequence[str], old: str, new: str, fixed: frozenset[int]) -> list[str]:
    """The lines with `new` in place of their first indentation `old`; `fixed` ones stay."""
    return [
        line if index in fixed or not line.strip() else _move(line, old, new)
        for index, line in enumerate(lines)
    ]


def _move(line: str, old: str, new: str) -> str:
    indent = leading(line)
    if indent.startswith(old):
        return new + line[len(old) :]
    # Less indented than the first line: keep the distance as far as there is room.
    missing = len(old) - len(indent)
    return new[: max(0, len(new) - missing)] + line[len(indent) :]


def inside_strings(lines: Sequence[str], language: str) -> frozenset[int]:
    """The lines that begin inside a string literal, so that their spaces are content."""
    text = "\n".join(lines)
    tree = parse(text, language)
    if tree is None:
        return frozenset()
    starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
    inside: set[int] = set()
    for leaf in tree.leaves(_MULTILINE):
        if leaf.type in _MULTILINE and leaf.end_point.row > leaf.start_point.row:
            span = tree.span(leaf)
            inside.update(range(bisect_right(starts, span.start), bisect_left(starts, span.end)))
    return frozenset(inside)


def readings(lines: list[str], region: Sequence[str], language: str) -> Iterator[list[str]]:
    """Ways to indent an answer that replaces `region`, the most likely first."""
    first = next((line for line in lines if line.strip()), "")
    old_first = next((line for line in region if line.strip()), "")
    has, should = leading(first), leading(old_first)
    strings = inside_strings(lines, language)
    kept = _strings_of(region, language)

    def finished(shifted: list[str]) -> list[str]:
        return [
            kept.get(line.strip(), line) if index in strings else line
            for index, line in enumerate(shifted)
        ]

    if has == should:
        yield lines
        yield finished(lines)
        rest_only = [*_rest_moved(lines, should)]
        if rest_only != lines:
            yield finished(rest_only)
        return
    everything = finished(moved(lines, has, should, frozenset()))
    first_only = finished([should + line[len(has) :] if line is first else line for line in lines])
    if _stands(lines, region):
        yield first_only
        yield everything
    else:
        yield everything
        yield first_only
    yield lines


def _rest_moved(lines: Sequence[str], should: str) -> Iterator[str]:
    """The lines with all but the first moved in by the depth of the first."""
    seen = False
    for line in lines:
        yield should + line if seen and line.strip() else line
        seen = seen or bool(line.strip())


def _stands(lines: Sequence[str], region: Sequence[str]) -> bool:
    """Whether the lines after the first that the region has too mostly stand as deep as there."""
    known: dict[str, set[str]] = {}
    for line in region:
        if line.strip() and leading(line):  # what stands at the margin says nothing
            known.setdefault(line.strip(), set()).add(leading(line))
    rest = [line for line in lines if line.strip()][1:]
    margin = min((len(leading(line)) for line in region if line.strip()), default=0)
    if any(len(leading(line)) < margin for line in rest):
        return False
    shared = [line for line in rest if line.strip() in known]
    same = sum(leading(line) in known[line.strip()] for line in shared)
    return bool(shared) and same * 2 > len(shared)


def _strings_of(region: Sequence[str], language: str) -> dict[str, str]:
    """Lines of the region inside strings, by what they say; not those that stand at two depths."""
    found: dict[str, str] = {}
    twice: set[str] = set()
    for index in inside_strings(region, language):
        line = region[index]
        if line.strip() and found.setdefault(line.strip(), line) != line:
            twice.add(line.strip())
    return {said: line for said, line in found.items() if said not in twice}


def levels(before: Sequence[str], after: Sequence[str], unit: str) -> list[str]:
    """Depths at which an insertion may stand, the most likely first.

    Below a line that opens a block: one step deeper than it, or as deep as what already stands in
    that block. Else as deep as the line that follows, unless that closes a block: then as deep as
    the line above. At the end of the document: at the margin, then as deep as the line above.
    """
    above = next((line for line in reversed(before) if line.strip()), "")
    below = next((line for line in after if line.strip()), "")
    up, down = leading(above), leading(below)
    found: list[str] = []
    if above.rstrip().endswith(_OPENS) and not above.lstrip().startswith(("#", "//")):
        found.append(down if len(down) > len(up) else up + unit)
    elif below.lstrip().startswith(_CLOSES):
        found.append(up if len(up) > len(down) else down + unit)
    found += [down, up] if below else ["", up]
    return list(dict.fromkeys(found))


def level_of_symbol(document: str, before: str, language: str, symbol: str) -> str | None:
    """The depth of the last symbol of this name if it ends where `before` does, else ``None``."""
    end = len(before.rstrip())
    for found in reversed(symbols(document, language)):
        if found.name == symbol and end <= found.span.end <= len(before):
            return leading(document[found.span.start :])
    return None
