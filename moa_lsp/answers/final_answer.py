"""From all that a model wrote to its final answer: one cleaner for edits, explanations and gaps.

What stands up to the last end of reasoning is reasoning, whatever fences it holds. What stands
behind the first end of the turn is another turn. Neither is ever a part of the answer; where it
cannot be told which text is the answer, there is none and the reason says so.

A marker that is quoted, stands inside a line of fenced code, or stands so in the document is text.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from moa_lsp.answers.fences import scan, spans
from moa_lsp.answers.quoting import between_quotes, in_code_span, in_string, line_around
from moa_lsp.answers.reasoning_formats import (
    ANSWER_LINE,
    CLOSES,
    FRAMES,
    HEADINGS,
    OPENS,
    REASONING_FENCES,
    WRAPPED_ANSWER,
)
from moa_lsp.answers.rejection import RejectedAnswer, Rejection
from moa_lsp.answers.sections import behind_sections
from moa_lsp.answers.turns import (
    ECHOED_PROMPT,
    LIKELY_TURN,
    PLAIN_TURN,
    REPLY_TURN,
    TURN_TOKEN,
)
from moa_lsp.text.eol import to_lf

UNENDED = Rejection("truncated", "the reasoning does not end, so there is no answer")
RESUMED = Rejection(
    "doubtful", "reasoning begins again behind the answer, so it is in doubt which text is meant"
)
OTHER_TURN = Rejection(
    "doubtful", "reasoning ends in another turn, so it is in doubt which text is the answer"
)
TWO_TURNS = Rejection(
    "doubtful", "the model answers in two turns, so it is in doubt which one is the answer"
)
CROWDED = Rejection("doubtful", "it is in doubt where the reasoning ends, since it does so often")

_MAX_ENDS = 16
"""Ends of reasoning in one answer; models close it once or twice. The fences behind each are read
again, so this bounds the work."""

_BOM = "\ufeff"
_GENERIC = (
    r"<\|[a-zA-Z_\u2581]{2,40}\|>|<\uff5c[^\uff5c\n]{2,40}\uff5c>|</?s>|<bos>|<eos>|<pad>"
    rf"|{TURN_TOKEN.pattern}"
)
_LEADING = re.compile(
    rf"\A(?:\s*(?!{OPENS.pattern}|{CLOSES.pattern}|\[INST\]|<[^>\n]{{0,20}}user|\[\|user)"
    rf"(?:{_GENERIC})(?!\s*(?:user|human)\b)"
    r"(?:[ ]*(?:assistant|model|ai)[ \t]*(?=\n|<\||\Z))?)+"
    r"|\A\s*\#{2,3} (?:Response|Assistant):|\A\s*assistant[ \t]*\n",
    re.IGNORECASE | re.MULTILINE,
)
_TRAILING = re.compile(rf"\s*(?:{_GENERIC})\Z")
_TOKEN_REACH = 120
"""Characters at the end of an answer in which its last token lies; tokens are shorter."""

_COMMENT = re.compile(r"(?:^|\s)(?:#|//|--|/\*|\*|;|%|<!--)")
_FENCE = re.compile(r"\s*(?:`{3,}|~{3,})")
_SECOND_TURN = re.compile(
    rf"(?:{TURN_TOKEN.pattern})\s*(?:<\|im_start\|>|<\|start_header_id\|>|<start_of_turn>|<\|turn>)"
    r"(?:assistant|model)\b(?:<\|end_header_id\|>)?\s*\S"
)
"""An end of turn and the start of another one of the model, which the user did not ask for."""

_STRUCK = "</s>"
"""Ends a turn of Llama 2, and in HTML a text that is struck through, behind ``<s>``."""

_CLOSED_BEHIND = re.compile(rf"(?:\s|{_GENERIC})*\n[ \t]*(`{{3,}}|~{{3,}})[ \t]*(?:\n|\Z)")
"""Control tokens alone, and the fence that closes the code before them."""

_LOST_CHANNEL = re.compile(r"\s*thought[ \t]*\n")
"""Begins reasoning of Gemma 4 whose tokens a server dropped, so that nothing ends it."""

Kind = Literal["open", "close", "turn"]


@dataclass(frozen=True, slots=True)
class _Marker:
    kind: Kind
    start: int
    end: int


@dataclass(slots=True)
class _Answer:
    """A text whose markers are told from what only looks like them.

    Attributes:
        text: the whole answer, LF line endings.
        document: what the user had.
        base: where the text begins that is not known to be reasoning.
    """

    text: str
    document: str
    base: int = 0
    _known: set[str] | None = None
    _unfenced: bool = False
    _own: dict[str, bool] = field(default_factory=dict)
    _spans: dict[int, list[tuple[int, int]]] = field(default_factory=dict)

    def is_text(self, marker: _Marker) -> bool:
        """Whether a marker is a piece of text or code: quoted, inside a line, or the user's."""
        start, end = marker.start, marker.end
        head, tail = line_around(self.text, start, end)
        if _FENCE.fullmatch(head) or _FENCE.match(tail):
            return False  # right behind one fence or before the next
        if between_quotes(self.text, start, end) or in_code_span(head, tail):
            return True
        marked = self.text[start:end].strip()
        fenced = self._fenced(start, end)
        if (fenced or self._unfenced) and (
            in_string(head, tail) or f"{head}{marked}{tail}".strip() in self._lines()
        ):
            return True
        if marked == _STRUCK and self.text.find("<s>", self.base, start) >= 0:
            return True  # HTML's own
        return self._inside(marker.kind, marked, head, tail, fenced=fenced)

    def _inside(self, kind: Kind, marked: str, head: str, tail: str, *, fenced: bool) -> bool:
        """Whether a marker stands in the middle of a line that is code or the user's text."""
        inside = bool(head.strip() and tail.strip())
        own = self._owns(marked)
        if not fenced:
            return own and inside
        if own and (CLOSES.search(tail) if kind == "open" else OPENS.search(head)):
            return True  # an element of the user's markup, on one line
        if kind == "open":
            return bool(head.strip())
        # Fences of thoughts need not pair, so a line in a block is code only if it looks like it.
        return (inside and (own or _COMMENT.search(head) is not None)) or (own and kind == "turn")

    def _owns(self, marked: str) -> bool:
        """Whether the document holds a marker."""
        if marked not in self._own:
            self._own[marked] = bool(marked) and marked in self.document
        return self._own[marked]

    def _lines(self) -> set[str]:
        if self._known is None:
            self._known = {line.strip() for line in self.document.split("\n")}
        return self._known

    def _fenced(self, start: int, end: int) -> bool:
        """Whether a marker stands inside a closed block of code, read from ``base`` on."""
        if self.base not in self._spans:
            self._unfenced = self.text.find("```", self.base) < 0
            if len(self._spans) > _MAX_ENDS:
                raise RejectedAnswer(CROWDED.category, CROWDED.reason)
            self._spans[self.base] = spans(self.text, self.base)
        found = self._spans[self.base]
        at = bisect_right(found, (start, len(self.text))) - 1
        return at >= 0 and found[at][0] <= start and end <= found[at][1]


def final_answer(answer: str, document: str = "") -> str:
    """Take the final answer out of what a model wrote.

    Args:
        answer: all of it, in any line endings.
        document: what the user had: markers that stand there too may be the user's.

    Returns:
        The answer with LF line endings, without reasoning, other turns and control tokens. A text
        without any of them comes back as it is.

    Raises:
        Rejected: the reasoning has no end (``truncated``), or it is in doubt which text is the
            answer (``doubtful``).
    """
    text = to_lf(answer.removeprefix(_BOM))
    if echoed := ECHOED_PROMPT.match(text):
        text = text[echoed.end() :]
    leading = None if _strikes(text) else _LEADING.match(text)
    if leading:
        text = text[leading.end() :]
    found = _Answer(text, document)
    start, end = _bounds(found)
    if not start and _LOST_CHANNEL.match(text) and not document.startswith("thought\n"):
        raise RejectedAnswer(UNENDED.category, UNENDED.reason)
    taken = _with_closing_fence(text[start:end], text[end:])
    if start or _is_wrapped(taken, document):
        taken = _unwrapped(taken)
    taken = behind_sections(_without_reasoning_block(taken), document)
    if not _strikes(taken) and (again := _LEADING.match(taken)):
        taken = taken[again.end() :]
    taken = _without_last_tokens(taken, document)
    if start or leading:
        taken = re.sub(r"\A(?:[ \t]*\n)+", "", taken)
    return taken.removeprefix(_BOM)


def _with_closing_fence(text: str, behind: str) -> str:
    """The answer with its last fence closed where only the end of the turn stood before that."""
    closing = _CLOSED_BEHIND.match(behind)
    if closing is None:
        return text
    blocks = scan(text)
    return f"{text.rstrip()}\n{closing[1]}" if blocks and not blocks[-1].closed else text


def _without_last_tokens(text: str, document: str) -> str:
    """The answer without control tokens at its end that cannot be the user's own text."""
    while True:
        bare = text.rstrip()
        found = _TRAILING.search(bare, max(0, len(bare) - _TOKEN_REACH))
        if found is None:
            return text
        last = found.group().strip()
        if last in document or (last == _STRUCK and "<s>" in text):
            return text
        text = bare[: found.start()]


def _markers(text: str) -> Iterator[_Marker]:
    """Everything that looks like a marker, in order."""
    found = [_Marker("open", *each.span()) for each in OPENS.finditer(text)]
    found += [_Marker("close", *each.span()) for each in CLOSES.finditer(text)]
    found += [_Marker("turn", *each.span()) for each in TURN_TOKEN.finditer(text)]
    found += [_Marker("turn", *each.span()) for each in PLAIN_TURN.finditer(text)]
    closings: dict[str, int] = {}
    last_reply = max((each.start() for each in REPLY_TURN.finditer(text)), default=-1)
    found += [
        _Marker("turn", *each.span())
        for each in LIKELY_TURN.finditer(text)
        if each.end() <= last_reply
    ]
    found += [
        _Marker("close", each.end(), each.end())
        for each in ANSWER_LINE.finditer(text)
        if _last_closing(text, each["name"], closings) > each.end()
    ]
    first_fence = re.search(r"`{3}|~{3}", text)
    before_code = first_fence.start() if first_fence else len(text)
    for opens, closes in FRAMES:
        opened = opens.search(text, 0, before_code)
        ends = list(closes.finditer(text, opened.end())) if opened else []
        if opens is HEADINGS and len(ends) > 1:
            raise RejectedAnswer(
                CROWDED.category, CROWDED.reason
            )  # words of the answer itself as well
        if opened and ends:
            found.append(_Marker("open", *opened.span()))
            found += [_Marker("close", *each.span()) for each in ends]
    return iter(sorted(found, key=lambda marker: (marker.start, -marker.end)))


def _last_closing(text: str, name: str, known: dict[str, int]) -> int:
    """Where a tag is closed for the last time, -1 where it is not."""
    if name not in known:
        known[name] = text.rfind(f"</{name}>")
    return known[name]


def _bounds(answer: _Answer) -> tuple[int, int]:
    """Where the final answer starts and ends."""
    opened = closed = False
    covered = 0
    markers = _markers(answer.text)
    for marker in markers:
        if marker.start < covered or (opened and marker.kind != "close"):
            continue
        if answer.is_text(marker):
            continue
        covered = marker.end
        if marker.kind == "open":
            opened = True
        elif marker.kind == "close":
            opened, closed, answer.base = False, True, marker.end
        else:
            if not closed:
                _check_other_turns(answer, marker, markers)
            return answer.base, marker.start
    if opened:
        why = RESUMED if closed else UNENDED
        raise RejectedAnswer(why.category, why.reason)
    return answer.base, len(answer.text)


def _check_other_turns(answer: _Answer, end: _Marker, behind: Iterator[_Marker]) -> None:
    """Reject an answer whose first turn may be all reasoning: the next ones tell.

    Args:
        answer: no reasoning ends in its first turn.
        end: the end of that turn.
        behind: the markers behind it.
    """
    if _SECOND_TURN.match(answer.text, end.start):
        raise RejectedAnswer(TWO_TURNS.category, TWO_TURNS.reason)
    for marker in behind:
        if marker.kind == "turn" or marker.start < end.end or answer.is_text(marker):
            continue
        if marker.kind == "close":
            raise RejectedAnswer(OTHER_TURN.category, OTHER_TURN.reason)
        return


def _strikes(text: str) -> bool:
    """Whether a text starts with HTML that is struck through, not with a start of sequence."""
    return text.lstrip().startswith("<s>") and re.search(r"</s>\s*[^<\s]", text) is not None


def _is_wrapped(text: str, document: str) -> bool:
    """Whether all of an answer without reasoning stands in tags that say so."""
    bare = text.strip().lower()
    return any(
        bare.startswith(f"<{name}>")
        and bare.endswith(f"</{name}>")
        and f"<{name}>" not in document
        for name in ("answer", "final_answer")
    )


def _unwrapped(text: str) -> str:
    """The answer without tags around it that some models write behind their reasoning."""
    opened = WRAPPED_ANSWER.match(text)
    if opened is None:
        return text
    inside = text[opened.end() :]
    closing = inside.rfind(f"</{opened['name']}>")
    return inside if closing < 0 else inside[:closing]


def _without_reasoning_block(text: str) -> str:
    """The answer without a first fence whose name says that it holds reasoning.

    Raises:
        Rejected: it does not end.
    """
    opened = re.match(r"\s*(?:`{3,}|~{3,})[ \t]*(?P<info>[a-z]+)[ \t]*\n", text, re.IGNORECASE)
    if opened is None or opened["info"].lower() not in REASONING_FENCES:
        return text
    found = spans(text, 0)
    if not found:
        raise RejectedAnswer(UNENDED.category, UNENDED.reason)
    return text[found[0][1] :].removeprefix("\n").partition("\n")[2]
