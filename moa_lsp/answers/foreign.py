"""Lines of other formats in code of a language that no grammar checks: tags, headings, commands.

They are no code of the languages that are asked; a row may leave out those of which they are.
"""

import re
from dataclasses import dataclass

from moa_lsp.answers.original import Original
from moa_lsp.answers.rejection import Rejection
from moa_lsp.answers.wrappers import tagged
from moa_lsp.syntax.languages import by_id


@dataclass(frozen=True, slots=True)
class Foreign:
    """Lines of one format.

    Attributes:
        name: what they are, as the end of a sentence.
        line: a pattern that starts such a line.
        native: languages in which such a line is code.
    """

    name: str
    line: re.Pattern[str]
    native: frozenset[str] = frozenset()


def _row(name: str, line: str, native: str = "") -> Foreign:
    return Foreign(name, re.compile(line), frozenset(native.split()))


_FENCES = "fences of Markdown"
"""Looked for in the whole text: three backticks would be read as a string and a half."""

LINES = (
    _row("tags", r"\s*</?[A-Za-z][\w:-]*(?:\s[^<>]*)?/?>|.*<br ?/?>", "scala actionscript"),
    _row(_FENCES, r"\s*(?:>\s*)?(?:`{3}|~{3})|[^`]*:[ ]*`{3}[\w+#-]*\s*$", "haskell ocaml"),
    _row("comments of HTML", r"\s*<!(?:--|\s*$)|\s*<\?xml "),
    _row("tags of a forum", r"\s*\[/?(?:code|quote|php|lua)(?:=\w+)?\]\s*$", "toml ini"),
    _row("commands of LaTeX", r"\s*\\(?:begin|end)\{"),
    _row("formulas", r"\s*\$\$\s*$"),
    _row("headings of Markdown", r"\s*#{1,6} [A-Z]", "nim"),
    _row("directives of reStructuredText", r"\s*\.\. code(?:-block)?::"),
    _row("directives of AsciiDoc", r"\s*\[source(?:,[\w%, -]+)?\]\s*$"),
    _row("encoded data", r"\s*data:[\w/+.-]+;base64,"),
    _row("references of Markdown", r"\s*\[[\w^][\w .-]*\]:\s+https?://"),
    _row("a speaker's name", r"(?:assistant|user|human|system|model) ?:(?!:)\s", "yaml"),
    _row("a command that writes a file", r"\s*(?:cat|tee) ?>{0,2} ?\S+ ?<<", "shellscript"),
)
"""Formats that models write code in."""


def foreign(text: str, original: Original) -> Rejection | None:
    """Why a text that no grammar checks holds lines of another format, or ``None``."""
    known = by_id(original.language)
    if known is None or known.has_grammar or original.may_hold_markup:
        return None
    if tagged(text, original) is not None:
        return None  # the next round has it
    bare = original.bare(text).split("\n")
    for row in LINES:
        commented = known.line_comment == "#" and row.name.startswith("headings")
        if original.language in row.native or commented:
            continue
        if any(row.line.match(line) for line in original.lines):
            continue
        lines = text.split("\n") if row.name == _FENCES else bare
        found = [match for line in lines if (match := row.line.match(line))]
        if any(match.group().strip() not in original.text for match in found):
            return Rejection("artifact", f"holds {row.name}, which are no code here")
    return None
