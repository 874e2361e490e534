"""Removes template markers, fences and prose from a model's answer.

Pure. A token ends the answer: what a model writes behind one is another file, or its prompt.
Reasoning and other turns are taken off before (``answers/final_answer.py``).
"""

import re

from moa_lsp.answers.fences import outermost, scan
from moa_lsp.answers.nested_fences import has_fences
from moa_lsp.answers.quoting import between_quotes, in_string, line_around
from moa_lsp.inline.cursor import CursorContext
from moa_lsp.providers.fim_templates import tokens_of
from moa_lsp.syntax.gates import stands_alone
from moa_lsp.syntax.languages import akin, by_fence, by_id
from moa_lsp.text.eol import to_lf

_PROMPTED = re.compile(
    r"\s*(?:(?:#|//|--|/\*)\s*(?:Path|File|Filename|Language|Compare this snippet from)\b[: ]"
    r"|(?:Here(?:'s| is)|Sure[,!]|Certainly[,!]|The (?:missing|completed?) code"
    r"|I (?:can|will|am))\b)"
)
_FENCE_LINE = re.compile(r"^[ \t]*(?:`{3,}|~{3,})[^\n`]*$", re.MULTILINE)
_ANY_FENCE = re.compile(
    r"^[ \t]*(?:>[ \t]*)?(?:`{3}|~{3})|:[ ]*`{3}[\w+#-]*[ \t]*$|^<\|\w+\|>`{3}", re.MULTILINE
)
"""So too in a quotation, behind a name, or behind a token of a template."""

_STRAY_END = re.compile(r"\n[ \t]*(?:`{3,}|~{3,})[ \t]*(?:\n|\Z)")
_GLUED = re.compile(
    r"\s*(?P<fence>`{3,})(?:(?P<info>[\w+#-]+)[ \t]+(?![=.,:+*/%-]))?"
    r"(?P<code>[^\n]+?)(?P=fence)\s*"
)
_CODE_SPAN = re.compile(r"\s*`(?P<code>[^`\n]+)`\s*")

_BACKTICKS_ARE_CODE = frozenset(
    {
        "javascript", "javascriptreact", "typescript", "typescriptreact", "vue", "svelte", "astro",
        "go", "shellscript", "sql", "haskell", "scala", "kotlin", "swift", "ruby", "perl", "php",
        "lisp", "commonlisp", "scheme", "clojure", "r", "julia", "fsharp", "powershell", "elm",
        "nim", "dart", "tcl", "latex", "makefile", "fish",
    }
)  # fmt: skip
"""Languages whose own syntax has single backticks."""


def cut_tokens(answer: str, template: str | None, document: str) -> str:
    """The answer up to the first token of the template that its prompt was written in.

    Args:
        answer: without reasoning and other turns.
        template: see ``providers.base.Reply``.
        document: the user's text; a token that stands there too, or in quotes, may be code.
    """
    for found in tokens_of(template).finditer(answer):
        start, end = found.span()
        own = found.group().strip() in document
        if own and answer[end:].strip():
            continue
        if not between_quotes(answer, start, end) and not in_string(
            *line_around(answer, start, end)
        ):
            return answer[:start]
    return answer


def unwrapped(answer: str, place: CursorContext, *, fim: bool) -> str | None:
    """The code in an answer that is talk around a fence, the answer itself where it is not.

    Args:
        answer: without reasoning, other turns and tokens.
        place: the gap.
        fim: whether a prompt for gaps was answered: its answers are text of the file, while others
            were asked for in a fenced block.

    Returns:
        ``None`` where there is talk and no code, or where it is in doubt which text is the code.
    """
    span = _CODE_SPAN.fullmatch(answer)
    literal = place.language in _BACKTICKS_ARE_CODE or has_fences(place.language)
    if span and not (literal and place.head.strip()):
        return span["code"]
    glued = _GLUED.fullmatch(answer)
    if glued:
        named = glued["info"] is None or akin(by_fence(glued["info"]) or "", place.language)
        return glued["code"] if named else f"{glued['info']} {glued['code']}"
    if has_fences(place.language):
        return _of_text(answer, place)
    first = _FENCE_LINE.search(answer)
    if first is None:
        return None if _PROMPTED.match(answer) else answer
    wrapped = not answer[: first.start()].strip()
    if wrapped or (not fim and len(_FENCE_LINE.findall(answer)) > 1) or _PROMPTED.match(answer):
        return _only_block(answer, place)
    return _without_stray_end(answer)


def _without_stray_end(answer: str) -> str:
    """The answer without a fence at its end that nothing opens, and what stands behind it."""
    if len(_FENCE_LINE.findall(answer)) % 2 == 0:
        return answer
    ends = list(_STRAY_END.finditer(answer))
    return answer[: ends[-1].start()] if ends else answer


def _only_block(answer: str, place: CursorContext) -> str | None:
    """The code of the one block of an answer; of two readings that with which the text parses.

    ``None`` where several blocks say different things, so that it is in doubt which is meant.
    """
    blocks = [block for block in scan(answer) if block.code.strip()]
    whole = outermost(answer)
    if whole is not None and blocks and whole.code != blocks[0].code:
        before, after = to_lf(place.prefix), to_lf(place.suffix)
        readings = [blocks[0].code, whole.code] if len(blocks) == 1 else [whole.code]
        fitting = [
            code
            for code in readings
            if _has_grammar(place) and stands_alone(f"{before}{code}{after}", place.language)
        ]
        if len(fitting) == 1:
            return fitting[0]
        if len(blocks) == 1:
            return None
    code = [
        block for block in blocks if not block.language or akin(block.language, place.language)
    ]
    return blocks[0].code if blocks and len({block.code for block in code}) <= 1 else None


def holds_fences(code: str, place: CursorContext) -> bool:
    """Whether fences are left in code that is no text of the file: a docstring may hold some."""
    if has_fences(place.language) or not _ANY_FENCE.search(code):
        return False
    whole = f"{to_lf(place.prefix)}{code}{to_lf(place.suffix)}"
    return not (_has_grammar(place) and stands_alone(whole, place.language))


def _has_grammar(place: CursorContext) -> bool:
    language = by_id(place.language)
    return language is not None and language.has_grammar


def _of_text(answer: str, place: CursorContext) -> str | None:
    """The text of an answer for a document in which fences are text: that in a fence around all.

    A fence for another language is part of the text.
    """
    blocks = scan(answer)
    if not blocks:
        return None if _PROMPTED.match(answer) else answer
    block = outermost(answer) or blocks[0]
    known = by_fence(block.info)
    if block.info and not (known and akin(known, place.language)):
        return answer
    talk = block.lead.strip()
    behind = answer.rstrip().endswith(("```", "~~~"))
    if talk and not (block.info or _PROMPTED.match(answer)):
        return answer
    return block.code if behind or block.info else answer
