"""Sections before the answer that a model named itself: plans, drafts, critiques.

Models that are asked to think in tags invent names for them, which no table has
(``reasoning_formats``). A section that is named after thoughts goes. Where code stands on both
sides of the end of another one, or of a token that nobody knows, it is in doubt which is meant.
"""

import re
from collections.abc import Iterator

from moa_lsp.answers.fences import spans
from moa_lsp.answers.quoting import between_quotes, in_code_span, in_string, line_around
from moa_lsp.answers.rejection import RejectedAnswer, Rejection

UNKNOWN_MARKER = Rejection(
    "doubtful", "code stands on both sides of a tag or token, so it is in doubt which is meant"
)

_THOUGHTS = re.compile(
    r"(?:\w+[_-])?(?:plan(?:ning)?|deliberation|brainstorm(?:ing)?|rationale|reason|rumination"
    r"|contemplat\w+|inner[_-]?(?:voice|dialogue)|critique|verification|self[_-]?check|review"
    r"|steps?|sketch|drafts?|exploration|consideration|meditation|notes|(?:think|thought)\w*)"
    r"(?:[_-]?\w+)?",
    re.IGNORECASE,
)
"""Names of sections that hold no answer."""

_ANSWERS = frozenset(
    {
        "answer", "code", "final", "finalanswer", "output", "response", "result", "solution",
        "artifact", "file", "replacement", "content", "completion", "details", "summary", "region",
    }
)  # fmt: skip
"""Words of the names that hold one, alone or joined, and what the page of a chat folds."""

_END = re.compile(r"</(?P<name>[A-Za-z][\w.:-]{1,30})[ \t]*>|<\|(?P<token>[^|<>\n]{1,40})\|>")
_BEGIN = re.compile(r"\s*<(?P<name>[A-Za-z][\w.:-]{1,30})(?:[ \t][^<>\n]*)?>")


def behind_sections(text: str, document: str) -> str:
    """The answer behind the last section that holds thoughts.

    Args:
        text: an answer without reasoning that is known as such, LF line endings.
        document: what the user had; its own tags are no sections.

    Raises:
        Rejected: it is in doubt which text is the answer.
    """
    if "</" not in text and "<|" not in text:
        return text
    start = _leading(text, document)
    blocks = spans(text)
    for found in _ends(text, document, blocks):
        before = any(end < found.start() for _, end in blocks)
        behind = any(begin > found.end() for begin, _ in blocks)
        if found.end() <= start or not (before and behind):
            continue
        name = found["name"]
        if name is None or not _THOUGHTS.fullmatch(name):
            raise RejectedAnswer(UNKNOWN_MARKER.category, UNKNOWN_MARKER.reason)
        start = found.end()
    return text[start:]


def _leading(text: str, document: str) -> int:
    """Where the sections of thoughts end with which an answer begins, 0 without one."""
    start = 0
    while found := _BEGIN.match(text, start):
        closing = f"</{found['name']}>"
        end = text.find(closing, found.end())
        named = _THOUGHTS.fullmatch(found["name"]) and f"<{found['name']}" not in document
        if end < 0 or not named or not text[end + len(closing) :].strip():
            break
        start = end + len(closing)
    return start


def _ends(text: str, document: str, blocks: list[tuple[int, int]]) -> Iterator[re.Match[str]]:
    """Ends of sections and unknown tokens that stand outside of code."""
    for found in _END.finditer(text):
        start, end = found.span()
        if any(begin <= start and end <= last for begin, last in blocks):
            continue
        words = re.split(r"[\W_]+", (found["name"] or "").lower())
        if found.group() in document or _ANSWERS.intersection(words):
            continue
        sides = line_around(text, start, end)
        if not (between_quotes(text, start, end) or in_code_span(*sides) or in_string(*sides)):
            yield found
