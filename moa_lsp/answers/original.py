"""What an answer is compared with: the document before it, and which parts of a text are code.

Nothing that a document has itself is an artifact of a model. What is quoted or commented is data:
a function that escapes HTML has entities in its strings, a tokenizer's tests have special tokens.
Texts are LF.
"""

import re
from dataclasses import dataclass
from functools import cache, cached_property

from moa_lsp.syntax.languages import by_id

MARKUP = frozenset({"html", "xml", "vue", "svelte", "astro", "handlebars", "twig", "erb", "razor"})
"""Languages whose own text holds tags and entities."""

_SCRIPT_MARKUP = frozenset({"javascriptreact", "typescriptreact", "php"})
"""Languages of code that may hold markup."""

_TRIPLE = r'"""[\s\S]*?(?:"""|\Z)' + r"|'''[\s\S]*?(?:'''|\Z)"
_STRING = r'"(?:[^"\\\n]|\\.)*"' + r"|'(?:[^'\\\n]|\\.)*'"
_TEMPLATE = r"`(?:[^`\\]|\\.)*`"
_LUA_LONG = r"\[(?P<eq>=*)\[[\s\S]*?\](?P=eq)\]"

_DATA_BLANK = re.compile(r"[^\n]")


@dataclass(frozen=True)
class Original:
    """A document before an answer.

    Attributes:
        text: the whole document.
        region: what the answer replaces, ``""`` for an insertion.
        language: LSP language identifier.
        head: the text of the cursor's line before it, for an answer that goes on there.
    """

    text: str
    region: str
    language: str
    head: str = ""

    @cached_property
    def lines(self) -> frozenset[str]:
        """The document's lines without the white space at their ends."""
        return frozenset(line.strip() for line in self.text.split("\n"))

    @cached_property
    def indented(self) -> frozenset[str]:
        """The document's lines with their indentation, blank ones left out."""
        return frozenset(line.rstrip() for line in self.text.split("\n") if line.strip())

    @cached_property
    def prose(self) -> bool:
        """Whether the document is for people to read, by its language."""
        known = by_id(self.language)
        return known is not None and known.prose

    @cached_property
    def checked(self) -> bool:
        """Whether a wrong mend would be seen: by a grammar, or by who reads the words."""
        known = by_id(self.language)
        return known is not None and (known.has_grammar or known.id == "markdown")

    @property
    def markup(self) -> bool:
        """Whether the language is made of tags."""
        return self.language in MARKUP

    @property
    def may_hold_markup(self) -> bool:
        """Whether a text of the language may hold tags."""
        return self.markup or self.language in _SCRIPT_MARKUP or self.prose

    def fresh(self, line: str) -> bool:
        """Whether a line that holds something does not stand in the document."""
        return bool(line.strip()) and line.strip() not in self.lines

    def bare(self, text: str, *, comments: bool = True) -> str:
        """`text` with blanks for what is quoted and, unless told, commented; equally long.

        Args:
            text: code that is to stand behind ``head``.
            comments: whether comments are blanked too.
        """
        whole = self.head + text
        blanked = _ignored(self.language, comments).sub(
            lambda found: _DATA_BLANK.sub(" ", found.group()), whole
        )
        return blanked[len(self.head) :]


@cache
def _ignored(language: str, comments: bool) -> re.Pattern[str]:  # noqa: FBT001  # a cache's key
    """What is no code of a language: strings, and comments if asked."""
    known = by_id(language)
    line = known.line_comment if known else None
    block = known.block_comment if known else None
    parts = []
    if block is not None and comments:
        parts.append(rf"{re.escape(block[0])}[\s\S]*?(?:{re.escape(block[1])}|\Z)")
    if line is not None and comments:
        # Not inside a numeric entity, which a `#` comments out as well.
        word = r"(?<!\S)" if line[0].isalpha() else r"(?<![&\w$])"
        parts.append(rf"{word}{re.escape(line)}[^\n]*")
    if language == "lua":
        parts.append(_LUA_LONG)
    if line == "'":
        strings = r'"(?:[^"\n])*"'
    elif language == "viml":
        strings = r"'(?:[^'\n])*'"
    else:
        strings = f"{_TRIPLE}|{_STRING}|{_TEMPLATE}"
    return re.compile("|".join([*parts, strings]))
