"""Trims a model's answer to what fits at the cursor, or rejects it.

Pure. An answer is read in a few ways, each cut a little more; the first that makes the document
whole is taken, and where none does, as in a text that is broken elsewhere, the one that is cut
most. An answer that cannot be right is rejected with a reason. The rows of
``tests/unit/inline/test_trim.py`` are complaints of other tools' users.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from moa_lsp import limits as shared_limits
from moa_lsp.answers import artifacts
from moa_lsp.answers.final_answer import final_answer
from moa_lsp.answers.original import Original
from moa_lsp.answers.rejection import RejectedAnswer
from moa_lsp.inline import brackets, limits, overlap, strip_artifacts
from moa_lsp.inline.cursor import CursorContext, Trigger
from moa_lsp.inline.repeats import unrepeated
from moa_lsp.syntax.gates import stands_alone
from moa_lsp.text.eol import convert, dominant, to_lf
from moa_lsp.text.sanitize import inspect_edit

MAX_INLINE_LINES = 16
"""Shown at once: more than that nobody reads as grey text."""

INLINE_BRACKET_CHARS = 32 * 2**10
"""On either side of the cursor, for the brackets that are open there: 2 ms at most."""

INLINE_PARSED_CHARS = 32 * 2**10
"""Documents below this are parsed with each reading of an answer: 5 ms each, four at most."""


_UNFINISHED = {
    "refused": "refused by the model or a filter",
    "unknown": "the provider did not say that the answer is complete",
}


@dataclass(frozen=True, slots=True)
class TrimResult:
    """What is left of an answer.

    Attributes:
        text: for the cursor, with the document's line endings; ``None`` for nothing.
        reason: why there is nothing.
        whole: whether the document parses with it; false also where nobody can say.
    """

    text: str | None
    reason: str | None = None
    whole: bool = False


def trim(
    answer: str,
    place: CursorContext,
    *,
    finish: str = "stop",
    trigger: Trigger = "automatic",
    template: str | None = None,
    exact: bool = False,
) -> TrimResult:
    """Cut an answer to what can stand at the cursor.

    Args:
        answer: what the model wrote into the gap.
        place: the gap.
        finish: why the answer ended.
        trigger: an answer that was asked for may be shorter, and go beyond the line, where one
            that was not may not.
        template: whose tokens the prompt held (``providers.base.Reply``).
        exact: whether the answer is code and nothing else, as of an embedded agent.
    """
    if finish in _UNFINISHED:
        return TrimResult(None, _UNFINISHED[finish])
    text = to_lf(answer[: limits.MAX_INLINE_CHARS])
    try:
        text = unrepeated(text if exact else _cleaned(text, place, template))
    except RejectedAnswer as rejected:
        return TrimResult(None, rejected.rejection.reason)
    long = place.long(trigger)
    if finish == "length":
        text = _whole_lines(text, long=long)
    open_end = trigger == "invoked" and finish == "stop"
    readings = _readings(text, place, long=long, open_end=open_end)
    fitted, whole = _best(list(dict.fromkeys(readings)), place)
    if not fitted.strip():
        return TrimResult(None, "nothing is left for this place")
    reason = _worthless(fitted, place, trigger)
    if reason is not None:
        return TrimResult(None, reason)
    for finding in inspect_edit(fitted, "", place.language):
        if finding.verdict == "reject":
            return TrimResult(None, f"hidden or control characters: {finding.message}")
    return TrimResult(convert(fitted, dominant(place.text)), None, whole)


def _cleaned(answer: str, place: CursorContext, template: str | None) -> str:
    """The code of an answer, without reasoning, tokens, fences, talk and artifacts.

    Raises:
        Rejected: there is none, or it is in doubt which text it is.
    """
    text = final_answer(answer, place.text)
    text = strip_artifacts.cut_tokens(text, template, place.text)
    fim = template not in (None, "chat")
    found = strip_artifacts.unwrapped(text, place, fim=fim)
    if found is None:
        raise RejectedAnswer("no_code", "it is talk, not code")
    if not fim and strip_artifacts.holds_fences(found, place):
        raise RejectedAnswer("doubtful", "it is in doubt which of its fences holds the code")
    original = Original(to_lf(place.text), "", place.language, place.head)
    clean = artifacts.cleaned(found, original, tokens=False)
    if clean.rejection is not None:
        raise RejectedAnswer(clean.rejection.category, clean.rejection.reason)
    return clean.text


def _whole_lines(text: str, *, long: bool) -> str:
    """An answer that was cut at its length, without its last line: that may be half a line."""
    whole, newline, _ = text.rpartition("\n") if long else text.partition("\n")
    return whole if newline else ""


def _readings(text: str, place: CursorContext, *, long: bool, open_end: bool) -> Iterator[str]:
    """Possible readings of the answer, the likeliest first and the shortest last.

    Args:
        text: the code of the answer.
        place: the gap.
        long: whether it may have several lines.
        open_end: whether it may go on behind the block of the cursor: it was asked for, and it
            ended by itself.
    """
    above, following = _neighbours(place)
    text = overlap.without_head(text, place.head, place.typed)
    if not place.head.strip():
        text = overlap.without_blank_start(text)
    ways = [overlap.without_margin(text, place.head, above), text]
    if open_end:
        free = [_edged(way, place) for way in ways if way.count("\n") < MAX_INLINE_LINES]
        yield from (overlap.without_following(way, following) for way in free)
        yield from free
    ways = [_bounded(way, place, long=long) for way in ways]
    yield from (overlap.without_following(way, following) for way in ways)
    yield from (_cut(way, place, following) for way in reversed(ways))


def _bounded(text: str, place: CursorContext, *, long: bool) -> str:
    """The lines that may be shown: one, or those within the block of the cursor."""
    if not long:
        first, newline, _ = text.partition("\n")
        # A line of its own above one that is there: it brings its ending.
        alone = newline and place.tail.strip() and not place.head.strip()
        return f"{first}\n" if alone else _edged(first, place)
    lines = overlap.within_scope(text, place.head).split("\n")
    return _edged("\n".join(lines[:MAX_INLINE_LINES]), place)


def _cut(text: str, place: CursorContext, following: list[str]) -> str:
    """What is left when nothing of the text around the gap may come a second time."""
    text = overlap.without_tail(text, place.tail)
    text = overlap.without_following(text, following)
    if not place.commented:
        allowed = brackets.closable(_before(place), _after(place), place.language)
        text = brackets.balanced(text, allowed, place.language)
    return _closed(_edged(text, place), place)


def _edged(text: str, place: CursorContext) -> str:
    """Without space at the end, where nothing follows on the line."""
    return text if place.tail.strip() else text.rstrip()


def _closed(text: str, place: CursorContext) -> str:
    """The text with what it opened closed, where the rest of the line goes on behind it."""
    if not place.tail.strip() or "\n" in text or place.commented:
        return text
    if text.rstrip().endswith(("{", "(", "[")):
        return text
    return brackets.completed(text, _before(place), _after(place), place.language)


def _best(readings: list[str], place: CursorContext) -> tuple[str, bool]:
    """The first reading with which the document parses, else the one that is cut most."""
    if len(place.text) <= INLINE_PARSED_CHARS:
        before, after = to_lf(place.prefix), to_lf(place.suffix)
        for reading in readings:
            if reading.strip() and stands_alone(f"{before}{reading}{after}", place.language):
                return reading, True
    return readings[-1], False


def _worthless(text: str, place: CursorContext, trigger: Trigger) -> str | None:
    """Why a text that fits is still not shown, or ``None``."""
    if trigger == "invoked":
        return None
    if len(text.strip()) == 1 and not text.strip().isalnum():
        return "it is typed sooner than it is read"
    above, following = _neighbours(place)
    below = next((line for line in following if line.strip()), "")
    if text.endswith("\n") and place.tail.strip():
        return overlap.repeats_neighbour(text, above, place.tail)
    first = text.split("\n", 1)[0]
    return overlap.repeats_neighbour(f"{place.head}{first}{place.tail}", above, below)


def _neighbours(place: CursorContext) -> tuple[str, list[str]]:
    """The last line above the cursor's that holds something, and some lines below it."""
    window = to_lf(
        place.text[max(0, place.offset - shared_limits.INLINE_WINDOW_CHARS) : place.offset]
    )
    lines = window.split("\n")[:-1]
    above = next((line for line in reversed(lines) if line.strip()), "")
    rest = to_lf(place.text[place.offset : place.offset + shared_limits.INLINE_WINDOW_CHARS])
    return above, rest.split("\n")[1:]


def _before(place: CursorContext) -> str:
    return place.text[max(0, place.offset - INLINE_BRACKET_CHARS) : place.offset]


def _after(place: CursorContext) -> str:
    return place.text[place.offset : place.offset + INLINE_BRACKET_CHARS]
