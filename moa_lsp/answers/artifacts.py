"""What models write that is no code of any language, one table for every path of an answer.

A row finds one kind of artifact by its shape. What the document has itself is none. A row gives
the text without it where that is sure, or why the answer cannot be used. A new kind is a new row.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from moa_lsp.answers import escapes, patches, talk, wrappers
from moa_lsp.answers.fences import scan
from moa_lsp.answers.foreign import foreign
from moa_lsp.answers.original import Original
from moa_lsp.answers.rejection import Rejection

Found = str | Rejection | None
"""The text without an artifact, why it cannot be used, or ``None`` where there is none."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """One kind of artifact.

    Attributes:
        name: what it is called.
        find: looks for it in a text; the second argument is what it is compared with.
        note: what was mended, as a sentence's end; ``None`` for a kind that is only rejected.
        checked: whether it is mended only where a grammar would show that it was wrong to.
    """

    name: str
    find: Callable[[str, Original], Found]
    note: str | None = None
    checked: bool = False

    def without(self, text: str, original: Original) -> Found:
        """The text without it; a mend that nobody could check is a rejection."""
        found = self.find(text, original)
        if self.checked and isinstance(found, str) and found != text and not original.checked:
            return Rejection("artifact", f"holds {self.name}, and no grammar tells what was meant")
        return found


@dataclass(frozen=True, slots=True)
class CleanText:
    """A text without artifacts.

    Attributes:
        text: the text, mended as far as was sure.
        rejection: why it cannot be used, or ``None``.
        notes: what was mended.
    """

    text: str
    rejection: Rejection | None = None
    notes: tuple[str, ...] = ()


def _patch(text: str, original: Original) -> Found:
    reason = patches.patch(text, original)
    return None if reason is None else Rejection("diff", reason)


def _fence(text: str, original: Original) -> Found:
    """A fence around all of a text, as it comes out of a wrapper."""
    if original.prose or not text.lstrip().startswith(("```", "~~~")):
        return None
    blocks = scan(text.strip("\n"))
    whole = len(blocks) == 1 and blocks[0].closed and text.rstrip().endswith(("```", "~~~"))
    return blocks[0].code if whole else None


_OPENED = "took the code out of its wrapper"

ARTIFACTS = (
    Artifact("special tokens", talk.without_tokens, "took special tokens off"),
    Artifact("calls of tools", wrappers.calls_tool),
    Artifact("code in JSON", wrappers.literal, _OPENED, checked=True),
    Artifact("code in a string", wrappers.held_in_string),
    Artifact("code in tags", wrappers.tagged, _OPENED),
    Artifact("halves of wrappers", wrappers.leftover, "took tags around the code off"),
    Artifact("fences", _fence, "took a code fence off"),
    Artifact("literal line ends", escapes.with_line_ends, r"made line ends of literal \n"),
    Artifact("patches", _patch),
    Artifact(
        "escapes of characters",
        escapes.without_unicode_escapes,
        r"made characters of \u escapes",
        checked=True,
    ),
    Artifact(
        "entities", escapes.without_entities, "made characters of HTML entities", checked=True
    ),
    Artifact("typeset spaces", escapes.with_plain_spaces, "made ordinary spaces of typeset ones"),
    Artifact("typeset quotes", escapes.with_plain_quotes, "made straight quotes of typeset ones"),
    Artifact("names", talk.without_name, "took off a line that names the language or the file"),
    Artifact("prose", talk.without_prose, "took sentences around the code off"),
    Artifact("quoting", talk.without_quoting, "took signs of quoting off"),
    Artifact("line numbers", talk.without_line_numbers, "took line numbers off"),
    Artifact("prose between", talk.holds_prose),
    Artifact("lines of other formats", foreign),
)
"""In the order in which they are looked for: what holds the others comes first."""

_WRAPPERS = tuple(each for each in ARTIFACTS if each.note == _OPENED)

_WITHOUT_TOKENS = tuple(each for each in ARTIFACTS if each.name != "special tokens")

_ROUNDS = 4
"""Wrappers within each other that are taken off; the deepest seen is a fence in JSON in a tag."""


def cleaned(text: str, original: Original, *, tokens: bool = True) -> CleanText:
    """`text` without artifacts, or why it cannot be used.

    Args:
        text: the code of an answer, LF line endings.
        original: the document before it.
        tokens: whether special tokens of any family count; not where the family that was asked is
            known and its own are off already.
    """
    return _cleaned(text, original, ARTIFACTS if tokens else _WITHOUT_TOKENS)


def opened(answer: str, original: Original) -> CleanText:
    """An answer without the wrapper around all of it, which may hide its code fence."""
    return _cleaned(answer, original, _WRAPPERS)


def _cleaned(text: str, original: Original, artifacts: Sequence[Artifact]) -> CleanText:
    notes: list[str] = []
    for _ in range(_ROUNDS):
        before = text
        for artifact in artifacts:
            found = artifact.without(text, original)
            if isinstance(found, Rejection):
                return CleanText(text, found, tuple(notes))
            if found is not None and found != text:
                text = found
                notes.append(artifact.note or artifact.name)
        if text == before:
            break
    return CleanText(text, None, tuple(dict.fromkeys(notes)))


def fault(code: str, original: Original) -> Rejection | None:
    """Why a text that nothing may be mended in cannot be used, or ``None``."""
    found = cleaned(code, original)
    if found.rejection is None and found.text != code:
        return Rejection("artifact", f"would have to be mended: {', '.join(found.notes)}")
    return found.rejection


def document(answer: str) -> CleanText:
    """Markdown for the user without the wrapper around all of it."""
    original = Original("", "", "markdown")
    found = opened(answer, original)
    called = wrappers.calls_tool(found.text.strip()[:_CALL_CHARS], original)
    if called is not None and found.rejection is None and _begins_with_call(found.text):
        return CleanText(found.text, called, found.notes)
    return found


_CALL_CHARS = 200
"""The name of a tool and the start of its arguments; the longest format has 90 before them."""


def _begins_with_call(text: str) -> bool:
    return any(each.mark.match(text.lstrip()) for each in wrappers.CALLS)
