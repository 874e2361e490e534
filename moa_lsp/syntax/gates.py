"""Whether a text after an edit is no worse than before it.

Every gate compares; a file need not be free of errors. Python is judged by Python's own parser and
compiler (nothing is run), because tree-sitter misses four of five truncations there;
other languages by the faults of their tree; the rest by their brackets. Nothing raises, whatever
the text holds. Warnings that Python's parser has about foreign code are kept from our own output;
that is done through the process-wide filters, so call these gates from one thread at a time.
"""

import ast
import re
import textwrap
import warnings
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from moa_lsp.syntax import python_ast
from moa_lsp.syntax.languages import Language, by_id
from moa_lsp.syntax.newer_python import Version, older, too_new
from moa_lsp.syntax.tree import faults

if TYPE_CHECKING:
    from pyflakes.checker import Checker

MAX_COMPILED_CHARS = 200_000
"""Of a text that Python's own parser and compiler judge: they let no other thread of the process
run until they are done, 0.2 s here and 2 s of 1.5 MB. A longer one is judged by its region, and by
the faults of its tree, which is made in pieces."""

_UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)
"""What Python's parser and compiler raise: null bytes and surrogates are ValueErrors."""


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """Result of a gate.

    Attributes:
        ok: whether the text may pass.
        reason: why not: lower case, no full stop; ``None`` when `ok`.
    """

    ok: bool
    reason: str | None = None


_PASS = GateVerdict(ok=True)


def parses(
    before: str,
    after: str,
    language: str,
    region_before: str | None = None,
    region_after: str | None = None,
    lowest: Version | None = None,
) -> GateVerdict:
    """Whether `after` is syntactically no worse than `before`.

    Args:
        before: the whole text before the edit.
        after: the whole text after it.
        language: LSP language identifier.
        region_before: the text that is replaced; used where `before` is broken already.
        region_after: what replaces it.
        lowest: the lowest Python that the project supports, if known; what only a newer one reads
            may not come new.
    """
    if language == "python":
        judge = _long_python_parses if len(after) > MAX_COMPILED_CHARS else _python_parses
        verdict = judge(before, after, region_before, region_after)
        return _supported(before, after, lowest) if verdict.ok and lowest else verdict
    had, has = faults(before, language), faults(after, language)
    if had is not None and has is not None:
        if has <= had:
            return _PASS
        return GateVerdict(
            ok=False, reason=f"does not parse: syntax faults rose from {had} to {has}"
        )
    known = by_id(language)
    if known is None or known.prose:
        return _PASS
    had, has = _unbalanced(before, known), _unbalanced(after, known)
    if has <= had:
        return _PASS
    return GateVerdict(ok=False, reason=f"brackets without a match rose from {had} to {has}")


def stands_alone(code: str, language: str) -> bool:
    """Whether a piece of code, dedented, parses by itself; true where no grammar can say."""
    if language == "python":
        return _read_python(textwrap.dedent(code)).grade is not _Grade.BROKEN
    return not faults(code, language)


def new_names(before: str, after: str, language: str) -> list[str]:
    """Undefined names that `after` uses and `before` does not, in order of appearance.

    Empty for other languages than Python, and where `after` does not parse or is too long. Names
    listed in ``__all__`` without a definition do not count.
    """
    if language != "python":
        return []
    if len(after) > MAX_COMPILED_CHARS:  # whose names nobody looks up while others wait
        return []
    known = set(_undefined(before))
    return [name for name in _undefined(after) if name not in known]


class _Grade(IntEnum):
    """How much of Python accepts a text: compiler and parser, the parser alone, or neither."""

    COMPILES = 0
    PARSES = 1
    BROKEN = 2


@dataclass(frozen=True, slots=True)
class _ParseAttempt:
    grade: _Grade
    message: str = ""


@lru_cache(maxsize=4)  # proposals of one run are compared with the same text, one after another
def _read_python(text: str) -> _ParseAttempt:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = python_ast.parse(text)
        except _UNREADABLE as error:
            newer = older(text)  # than the Python that runs this
            if newer.needs is not None and newer.text != text:
                return _read_python(newer.text)
            return _ParseAttempt(_Grade.BROKEN, _told(error))
        try:
            # Finds `return` outside a function and the like; the code object is thrown away.
            compile(tree, "<text>", "exec", dont_inherit=True)
        except _UNREADABLE as error:
            return _ParseAttempt(_Grade.PARSES, _told(error))
    return _ParseAttempt(_Grade.COMPILES)


def _supported(before: str, after: str, lowest: Version) -> GateVerdict:
    """Whether a text that is read asks for no newer Python than the project's lowest."""
    if len(after) > MAX_COMPILED_CHARS:
        return _PASS
    wanted = too_new(before, after, lowest) if _read_python(after).grade < _Grade.BROKEN else None
    if wanted is None:
        return _PASS
    needs, has = (".".join(map(str, each)) for each in (wanted, lowest))
    return GateVerdict(ok=False, reason=f"needs Python {needs}, and the project supports {has}")


def _told(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        message = error.msg[:1].lower() + error.msg[1:].rstrip(".")
        return f"{message} in line {error.lineno}" if error.lineno else message
    if isinstance(error, (RecursionError, MemoryError)):
        return "nested too deeply"
    return "holds characters that no source may hold"


def _python_parses(
    before: str, after: str, region_before: str | None, region_after: str | None
) -> GateVerdict:
    new = _read_python(after)
    if new.grade is _Grade.COMPILES:
        return _PASS
    old = _read_python(before)
    failed = GateVerdict(ok=False, reason=f"does not parse: {new.message}")
    if old.grade is not _Grade.BROKEN:
        return _PASS if new.grade <= old.grade else failed
    if new.grade is not _Grade.BROKEN:
        return _PASS
    if region_after is not None and stands_alone(region_after, "python"):
        return _PASS
    if region_before is not None and stands_alone(region_before, "python"):
        return failed
    had, has = faults(before, "python"), faults(after, "python")
    return _PASS if had is not None and has is not None and has <= had else failed


def _long_python_parses(
    before: str, after: str, region_before: str | None, region_after: str | None
) -> GateVerdict:
    regions = [each for each in (region_before, region_after) if each is not None]
    if len(regions) == 2 and max(map(len, regions)) <= MAX_COMPILED_CHARS:
        old, new = (_read_python(textwrap.dedent(each)) for each in regions)
        if old.grade is not _Grade.BROKEN and new.grade is _Grade.BROKEN:
            return GateVerdict(ok=False, reason=f"does not parse: {new.message}")
    had, has = faults(before, "python") or 0, faults(after, "python") or 0
    if has <= had:
        return _PASS
    return GateVerdict(ok=False, reason=f"does not parse: syntax faults rose from {had} to {has}")


_ODD = (*_UNREADABLE, KeyError, IndexError, AttributeError, TypeError, AssertionError)
"""What pyflakes was seen to raise besides on trees that it did not expect."""


@lru_cache(maxsize=4)  # as `_read_python`
def _undefined(text: str) -> tuple[str, ...]:
    from pyflakes import checker, messages  # brings doctest and unittest along: only when asked

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = python_ast.parse(text)
            checked = checker.Checker(tree, filename="<text>")
    except _ODD:
        return ()
    found = checked.messages
    _let_go(checked, tree)
    found.sort(key=lambda message: (message.lineno, message.col))
    return tuple(
        dict.fromkeys(
            str(message.message_args[0])
            for message in found
            if isinstance(message, messages.UndefinedName)
        )
    )


def _let_go(checked: "Checker", tree: ast.Module) -> None:
    """Undo the cycles that pyflakes makes: by a checker's own methods, names' uses, and parents.

    They would wait for the garbage collector, minutes long, and of 100 kB it then takes a tenth of
    a second in which nothing else runs.
    """
    for scope in checked.deadScopes:
        scope.clear()
    vars(checked).clear()
    for node in ast.walk(tree):
        vars(node).pop("_pyflakes_parent", None)


_QUOTED = r'"(?:[^"\\\n]|\\.)*"|' + r"'(?:[^'\\\n]|\\.)*'|" + r"`(?:[^`\\]|\\.)*`"
_PAIRS = {")": "(", "]": "[", "}": "{"}


def _unbalanced(text: str, language: Language) -> int:
    """Brackets without a partner, outside of strings and comments."""
    ignored = [_QUOTED]
    if language.block_comment is not None:
        opening, closing = map(re.escape, language.block_comment)
        ignored.insert(0, rf"{opening}[\s\S]*?{closing}")
    if language.line_comment is not None:
        ignored.insert(0, rf"(?<![\w$]){re.escape(language.line_comment)}[^\r\n]*")
    token = re.compile("|".join(ignored) + r"|([()\[\]{}])")
    open_brackets: list[str] = []
    unmatched = 0
    for match in token.finditer(text):
        bracket = match.group(1)
        if bracket is None:
            continue
        if bracket not in _PAIRS:
            open_brackets.append(bracket)
        elif open_brackets and open_brackets[-1] == _PAIRS[bracket]:
            open_brackets.pop()
        else:
            unmatched += 1
    return unmatched + len(open_brackets)
