"""The subset of Markdown that is shown to a user: nothing in it fetches, runs or hides.

Fences, lists, emphasis, headings, quotes, tables and inline code stay. There is no image, no HTML,
no link and no definition of one: a link becomes its text and ``host/path`` in code style, HTML and
whatever another renderer might take for a link are escaped. Hidden and bidirectional characters
are written as escapes (A10 and A11 in docs/faults.md).

A text that is of the subset already stays as it is, character by character. Any other is written
anew from its syntax tree and read again; if even that does not hold, all of it becomes one code
block. ``safe(safe(text))`` is ``safe(text)``.
"""

import re
import string
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from moa_lsp.syntax.languages import by_fence
from moa_lsp.text.eol import to_lf
from moa_lsp.text.sanitize import escape

MAX_MARKDOWN_CHARS = 32 * 2**10
"""Of an explanation in a document: ten pages, and half a second of parsing at the worst."""

MAX_ADDRESS_CHARS = 120
"""Of an address that is shown in place of a link: the host and a path that can be read."""


_BLOCKS = frozenset(
    {"paragraph", "heading", "blockquote", "bullet_list", "ordered_list", "list_item"}
    | {"table", "thead", "tbody", "tr", "th", "td"}
)
_LEAVES = frozenset({"inline", "fence", "code_block", "hr"})
_INLINE = frozenset({"text", "text_special", "softbreak", "hardbreak", "code_inline"}) | {
    f"{name}_{side}" for name in ("strong", "em", "s") for side in ("open", "close")
}
_ALLOWED = _LEAVES | {f"{name}_{side}" for name in _BLOCKS for side in ("open", "close")}

_DEPTH = 20
"""Nesting that is read; a parser leaves out what lies deeper, other renderers need not."""

_URL = re.compile(r"(?:\b[A-Za-z][A-Za-z0-9+.-]*://|\bwww\.)[^\s<>\"'`|\\\[\]{}\0]*")
_ODD = re.compile(rf"!\[|\]\(|\]\[|\]:|\[\^|<[A-Za-z/!?]|{_URL.pattern}")
"""In text: what is none here, but a link, a note or a tag to a more generous renderer."""

_PLAIN = re.compile(
    r"(?P<always>[`\[\]|])"
    r"|(?P<slash>\\(?![A-Za-z0-9]))"
    r"|(?P<star>\*+)|(?P<line>_+)|(?P<tilde>~~+)"
    r"|(?P<tag><(?=[A-Za-z/!?]|$))"
    r"|(?P<entity>&(?=#|\w|$))"
)
_LINE_START = re.compile(r"^[ \t]*(?:(?P<mark>[#>+=-])|(?P<number>\d{1,9})(?P<dot>[.)]))")
_TICKS = re.compile(r"`+")


def safe(text: str, limit: int = MAX_MARKDOWN_CHARS) -> str:
    """``text`` in the subset.

    Args:
        text: Markdown by anybody.
        limit: code points of the result at most, a cut said at its end.
    """
    shown = escape(to_lf(text), keep_lines=True)
    if len(shown) <= limit:
        tokens, found = _read(shown)
        if _clean(tokens, found):
            return shown
        written = _anew(tokens, shown)
        if len(written) <= limit:
            return written
    return _cut(shown, limit)


def _cut(shown: str, limit: int) -> str:
    """The start of a text and a note; what is written anew can be longer than it was."""
    note = f"*Cut off here: the text is longer than {limit:,} characters.*"
    room = limit - len(note) - 2
    keep = room
    while keep > 0:
        start = shown[:keep]
        written = _anew(_read(start)[0], start)
        if len(written) <= room:
            return f"{written}\n\n{note}"
        keep -= max(len(written) - room, keep // 8)
    return note


def _anew(tokens: Sequence[Token], source: str) -> str:
    """A text written from its tokens; as one block of code where that cannot be done."""
    if all(token.level < _DEPTH - 1 for token in tokens):
        written = "\n".join(_blocks(SyntaxTreeNode(tokens).children, tight=False))
        if _clean(*_read(written)):
            return written
    return "\n".join(_fenced(source, ""))


@cache
def _parser() -> MarkdownIt:
    """CommonMark and tables, with nothing that is a link or HTML to anybody taken for text."""
    parser = MarkdownIt("commonmark", {"maxNesting": _DEPTH}).enable(["table", "strikethrough"])
    parser.disable("text_join")  # so that what was escaped can be told from what was not
    parser.validateLink = _any_address  # type: ignore[method-assign]  # the library's own way
    return parser


def _any_address(url: str) -> bool:
    return True


def _read(text: str) -> tuple[list[Token], bool]:
    """A text's tokens, and whether it defines references."""
    env: dict[str, object] = {}
    tokens = _parser().parse(text, env)
    return tokens, bool(env.get("references"))


def _clean(tokens: Sequence[Token], defines: bool) -> bool:  # noqa: FBT001  # from _read
    if defines or (tokens and tokens[0].type == "hr" and tokens[0].markup.startswith("-")):
        return False  # a line of dashes at the start begins a hidden part for some
    return all(
        token.type in _ALLOWED
        and token.level < _DEPTH - 1
        and (token.type != "fence" or token.info.strip() == _language(token.info))
        and _clean_inline(token.children or ())
        for token in tokens
    )


def _clean_inline(children: Sequence[Token]) -> bool:
    said = "".join(each.content if each.type == "text" else "\0" for each in children)
    return all(each.type in _INLINE for each in children) and not _ODD.search(said)


def _language(info: str) -> str:
    """What a fence may say: a programming language; other words make some renderers act."""
    word = info.strip()
    return word if by_fence(word) is not None else ""


def _blocks(nodes: Sequence[SyntaxTreeNode], *, tight: bool) -> list[str]:
    """Lines of some blocks, a blank one between two unless they are of a tight list's item."""
    lines: list[str] = []
    for node in nodes:
        made = _block(node)
        if made and lines and not tight:
            lines.append("")
        lines += made
    return lines


def _block(node: SyntaxTreeNode) -> list[str]:
    return _BLOCK_WRITERS.get(node.type, _paragraph)(node)


def _heading(node: SyntaxTreeNode) -> list[str]:
    words = " ".join(_paragraph(node)).strip()
    return [f"{'#' * int(node.tag[1:])} {words}".rstrip()]


def _code_block(node: SyntaxTreeNode) -> list[str]:
    return _fenced(node.content.removesuffix("\n"), _language(node.info))


def _html_block(node: SyntaxTreeNode) -> list[str]:
    lines = (line.strip() for line in node.content.rstrip("\n").split("\n"))
    return [_at_start(_words(line)) for line in lines]


def _quote(node: SyntaxTreeNode) -> list[str]:
    return [f"> {line}".rstrip() for line in _blocks(node.children, tight=False)]


def _paragraph(node: SyntaxTreeNode) -> list[str]:
    text = "".join(_inline(child) for child in node.children)
    return [_at_start(line.strip(" \t")) for line in text.split("\n")]


def _list(node: SyntaxTreeNode) -> list[str]:
    first = node.attrs.get("start", 1)
    number = first if isinstance(first, int) else 1
    paragraphs = [each for item in node.children for each in item.children]
    tight = any(each.type == "paragraph" and each.hidden for each in paragraphs)
    lines: list[str] = []
    for place, item in enumerate(node.children):
        mark = node.markup if node.type == "bullet_list" else f"{number + place}{node.markup}"
        body = _blocks(item.children, tight=tight) or [""]
        if lines and not tight:
            lines.append("")
        lines.append(f"{mark} {body[0]}".rstrip())
        lines += [f"{' ' * (len(mark) + 1)}{line}".rstrip() for line in body[1:]]
    return lines


def _table(node: SyntaxTreeNode) -> list[str]:
    rows = [row for part in node.children for row in part.children]
    lines = [
        f"| {' | '.join(' '.join(_paragraph(cell)).strip() for cell in row.children)} |"
        for row in rows
    ]
    rule = "".join(f" {_aligned(cell)} |" for cell in rows[0].children)
    return [lines[0], f"|{rule}", *lines[1:]]


def _aligned(cell: SyntaxTreeNode) -> str:
    style = str(cell.attrs.get("style", ""))
    left, right = style.endswith(("left", "center")), style.endswith(("right", "center"))
    return f"{':' if left else '-'}-{':' if right else '-'}"


_BLOCK_WRITERS: Mapping[str, Callable[[SyntaxTreeNode], list[str]]] = {
    "heading": _heading,
    "fence": _code_block,
    "code_block": _code_block,
    "html_block": _html_block,
    "hr": lambda _node: ["***"],
    "blockquote": _quote,
    "bullet_list": _list,
    "ordered_list": _list,
    "table": _table,
}


def _fenced(code: str, language: str) -> list[str]:
    longest = max((len(found[0]) for found in _TICKS.finditer(code)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *code.split("\n"), fence]


def _inline(node: SyntaxTreeNode) -> str:
    """One inline node, and what lies in it."""
    writer = _INLINE_WRITERS.get(node.type)
    return writer(node) if writer else "".join(map(_inline, node.children))


def _words(said: str) -> str:
    """Text without addresses; what only looks like syntax is escaped."""
    done, pieces = 0, list[str]()
    for found in _URL.finditer(said):
        pieces += (_plain(said[done : found.start()]), _code(_place(found[0])))
        done = found.end()
    return "".join((*pieces, _plain(said[done:])))


def _special(node: SyntaxTreeNode) -> str:
    """What the text escaped itself, or wrote as an entity."""
    said = node.content
    return f"\\{said}" if len(said) == 1 and said in string.punctuation else _plain(said)


def _link(node: SyntaxTreeNode) -> str:
    words = "".join(map(_inline, node.children)).strip()
    target = _place(str(node.attrs.get("href", "")))
    shown = _code(target)
    if not words or words == shown:
        return shown
    return f"{words} ({shown})" if target else words


def _image(node: SyntaxTreeNode) -> str:
    words = " ".join("".join(map(_inline, node.children)).split())
    target = _place(str(node.attrs.get("src", "")))
    return f"image: {words or 'without words'} ({_code(target)})" if target else f"image: {words}"


def _inside_code(node: SyntaxTreeNode) -> str:
    # Within a table a bar ends a cell even in code.
    in_table = any(parent.type in ("td", "th") for parent in _parents(node))
    return _code(node.content.replace("|", "\\|") if in_table else node.content)


def _parents(node: SyntaxTreeNode) -> list[SyntaxTreeNode]:
    found: list[SyntaxTreeNode] = []
    while (parent := node.parent) is not None:
        found.append(parent)
        node = parent
    return found


def _around(mark: str) -> Callable[[SyntaxTreeNode], str]:
    return lambda node: f"{mark}{''.join(map(_inline, node.children))}{mark}"


_INLINE_WRITERS: Mapping[str, Callable[[SyntaxTreeNode], str]] = {
    "text": lambda node: _words(node.content),
    "text_special": _special,
    "softbreak": lambda _node: "\n",
    "hardbreak": lambda _node: "\\\n",
    "code_inline": _inside_code,
    "html_inline": lambda node: _words(node.content),
    "link": _link,
    "image": _image,
    "strong": _around("**"),
    "em": _around("*"),
    "s": _around("~~"),
}


def _place(url: str) -> str:
    """Where an address leads, as words: host and path, no more; of other schemes only the name."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:  # no address at all
        return "an address that cannot be read"
    if parts.scheme and not parts.netloc:
        return f"{parts.scheme}:"
    host = parts.netloc.rpartition("@")[2]
    return escape(f"{host}{parts.path}".strip(), MAX_ADDRESS_CHARS)


def _code(text: str) -> str:
    """Inline code; text that is all spaces or empty has none."""
    text = " ".join(text.split("\n"))
    if not text.strip():
        return ""
    longest = max((len(found[0]) for found in _TICKS.finditer(text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") or _padded(text) else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _padded(text: str) -> bool:
    """Whether a reader would take a space off both ends."""
    return text.startswith(" ") and text.endswith(" ")


def _plain(text: str) -> str:
    """Text that stays text."""
    return _PLAIN.sub(lambda found: _escaped(found, text), text)


def _escaped(found: re.Match[str], text: str) -> str:
    marks = found[0]
    before = text[found.start() - 1 : found.start()]
    after = text[found.end() : found.end() + 1]
    if found.lastgroup == "star" and before == after == " ":
        return marks
    if found.lastgroup == "line" and before.isalnum() and after.isalnum():
        return marks
    return "".join(f"\\{mark}" for mark in marks)


def _at_start(line: str) -> str:
    """A line of text that begins no block."""
    found = _LINE_START.match(line)
    if found is None:
        return line
    if found["mark"]:
        return f"\\{line}"
    return f"{found['number']}\\{line[len(found['number']) :]}"
