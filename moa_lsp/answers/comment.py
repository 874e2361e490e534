"""From a model's words to comment lines of a language, at an indentation, wrapped.

Whatever the words hold, the result is comments and nothing else: every line has its own sign, and
what could end a comment early, or carry it on to the next line, is taken apart. Line endings are
LF. Models answer in Markdown, in comment lines, or in comment lines within a fence; all three are
understood.
"""

import re
import textwrap
from collections.abc import Iterator, Sequence

from moa_lsp.answers.extract import EMPTY, Extraction, markdown
from moa_lsp.answers.fences import scan
from moa_lsp.syntax.languages import Language, by_id

COMMENT_COLUMNS = 88
"""A written comment is wrapped there: what the formatters of most languages leave alone."""

LEAST_COMMENT_COLUMNS = 24
"""For the words of a comment, however deep it stands: fewer cannot be read."""


_HEADING = re.compile(r"\s*#{1,6}\s+(?P<text>.*?)\s*#*\s*")
_ITEM = re.compile(r"\s*(?P<mark>[-*+]|\d{1,3}[.)])\s+(?P<text>\S.*)")
_FENCE = re.compile(r"\s*(?:`{3,}|~{3,})")
_RULE = re.compile(r"\s*(?:[-*_]\s*){3,}")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""Some languages end a line comment at one of them."""

_CARRIED_ON = re.compile(r"(?:\\|\?\?/|\s)+\Z")
"""A backslash (or its trigraph) at the end takes the next line of code into a comment of C."""

_APART = {
    "java": r"\\(?=u)",  # unicode escapes are read before comments are
    "groovy": r"\\(?=u)",
    "scala": r"\\(?=u)",
    "php": r"\?(?=>)",  # ends PHP itself
    "makefile": r"\$(?=[({])",  # expanded in the comments of a recipe
    "python": r"coding(?=[:=])",  # would say how the file is encoded
    "ruby": r"coding(?=[:=])",
}
"""What must not stand together in a comment of a language: a space goes behind it."""

_COMMANDS = re.compile(r"[%^&|<>!]")
"""What a batch file reads on a line of REM, which is a command like others."""

_APART_IN_BLOCK = {
    ("/*", "*/"): r"[/*](?=[*/])",
    ("(*", "*)"): r"[(*](?=[*)])",
    ("<!--", "-->"): r"-(?=-)",
}


def _ends(signs: tuple[str, str]) -> str:
    """A pattern of the places inside of what opens and closes a block comment."""
    return "|".join(
        rf"{re.escape(sign[at - 1])}(?={re.escape(sign[at:])})" for sign in signs for at in [1]
    )


def has_comments(language: str) -> bool:
    """Whether a comment can be written in this language."""
    known = by_id(language)
    return known is not None and (known.line_comment or known.block_comment) is not None


def comment(answer: str, finish: str, language: str, indent: str) -> Extraction:
    """Make the lines of a comment of a model's answer.

    Args:
        answer: what the model wrote.
        finish: why it ended; anything but ``stop`` is rejected.
        language: LSP language identifier.
        indent: white space that each line starts with.

    Returns:
        Lines joined by LF, without a final one.
    """
    known = by_id(language)
    if known is None or not has_comments(language):
        reason = f"no syntax for comments is known for {language}"
        return Extraction(None, reason, category="unsupported")
    found = markdown(answer, finish)
    if found.code is None:
        return found
    if finish != "stop":
        reason = "the provider did not say that the answer is complete"
        return Extraction(None, found.notes[0] if found.notes else reason, category="truncated")
    lines = list(_commented(_paragraphs(_words(found.code, known)), known, indent))
    if not any(line.strip() for line in lines):
        return Extraction(None, EMPTY.reason, category=EMPTY.category)
    return Extraction("\n".join(lines), None, found.notes)


def _words(text: str, language: Language) -> list[str]:
    """The lines of an answer without the comment signs that it may have."""
    lines = text.split("\n")
    own = _unsigned(lines, language)
    if own is not None:
        return own
    for block in scan(text):
        own = _unsigned(block.code.split("\n"), language, fenced=True)
        if own is not None:
            return own
    return lines


def _unsigned(
    lines: Sequence[str], language: Language, *, fenced: bool = False
) -> list[str] | None:
    """The comment that lines start with, bare; ``None`` if they start with none."""
    text = "\n".join(lines).strip()
    for opening, closing in (
        *((language.block_comment,) if language.block_comment else ()),
        *_QUOTES,
    ):
        if text.startswith(opening) and closing in text[len(opening) :]:
            inside = text[len(opening) :].partition(closing)[0]
            return [re.sub(r"^\s*\*+(?:\s|$)", "", line) for line in inside.split("\n")]
    if language.line_comment is None:
        return None
    sign = re.compile(rf"\s*(?:{re.escape(language.line_comment)})+[/!]?[ \t]?")
    filled = [line for line in lines if line.strip()]
    run = next((at for at, line in enumerate(filled) if not sign.match(line)), len(filled))
    if not run or (run < len(filled) and not fenced and not _surely(lines, run, language)):
        return None
    last = lines.index(filled[run - 1]) if run < len(filled) else len(lines) - 1
    return [sign.sub("", line, count=1) for line in lines[: last + 1]]


_QUOTES = (('"""', '"""'), ("'''", "'''"))


def _surely(lines: Sequence[str], run: int, language: Language) -> bool:
    """Whether a first run of signed lines is a comment above code, not a heading above prose."""
    if language.line_comment != "#":
        return True
    return run > 1 and len(lines) > run and all(line.strip() for line in lines[: run + 1])


def _paragraphs(lines: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """What is wrapped as one: its words, and what the first and each later line start with.

    A paragraph without words is an empty line.
    """
    words: list[str] = []
    first = rest = ""
    verbatim = False
    for line in [*lines, ""]:
        fence, item = _FENCE.match(line), _ITEM.fullmatch(line)
        heading = _HEADING.fullmatch(line)
        plain = not (verbatim or fence or item or heading or _RULE.fullmatch(line))
        if plain and line.strip():
            words.append(line.strip())
            continue
        if words:
            yield " ".join(words), first, rest
            words, first, rest = [], "", ""
        if fence:
            verbatim = not verbatim
        elif verbatim and line.strip():
            margin = " " * (4 + len(line) - len(line.lstrip()))
            yield line.strip(), margin, margin
        elif item and not verbatim:
            words, first = [item["text"]], f"{item['mark']} "
            rest = " " * len(first)
        elif heading:
            yield heading["text"], "", ""
        elif not line.strip():
            yield "", "", ""


def _commented(
    paragraphs: Iterator[tuple[str, str, str]], language: Language, indent: str
) -> Iterator[str]:
    sign, end = _signs(language)
    room = COMMENT_COLUMNS - len(indent.expandtabs(4)) - len(sign) - len(end) - 1
    room = max(room, LEAST_COMMENT_COLUMNS)
    gap = False
    begun = False
    for words, first, rest in paragraphs:
        harmless = _harmless(words, language)
        if not harmless:
            gap = begun
            continue
        if gap and not end:
            yield f"{indent}{sign}"
        gap = False
        wrapped = textwrap.wrap(
            harmless,
            room,
            initial_indent=first,
            subsequent_indent=rest,
            break_on_hyphens=False,
        )
        for line in filter(None, (_CARRIED_ON.sub("", each) for each in wrapped)):
            yield f"{indent}{sign} {line}{end}"
            begun = True


def _signs(language: Language) -> tuple[str, str]:
    """What each line starts and ends with."""
    if language.line_comment is not None:
        return language.line_comment, ""
    opening, closing = language.block_comment or ("", "")
    return opening, f" {closing}"


def _harmless(words: str, language: Language) -> str:
    """Words that no comment can be left with."""
    words = _UNSEEN.sub(" ", words)
    if language.id == "bat":
        words = _COMMANDS.sub(" ", words)
    apart = _APART.get(language.id)
    if language.line_comment is None and language.block_comment is not None:
        apart = _APART_IN_BLOCK.get(language.block_comment, _ends(language.block_comment))
        if language.id == "ocaml":
            words = words.replace('"', "'")  # it reads strings inside of comments
    if apart is not None:
        words = re.sub(apart, lambda found: f"{found.group()} ", words)
    return words.strip()
