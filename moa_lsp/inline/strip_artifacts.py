"""Removes template markers, fences and prose from a model's answer.

Pure. A marker ends the answer: what a model writes behind one is another file, or its prompt.
"""

import re

from moa_lsp.providers.fim_templates import MARKERS

_FENCE = re.compile(r"\s*(`{3,}|~{3,})[^\n`]*\n")
_THOUGHT = re.compile(r"\s*<(think|thinking|reasoning)>[\s\S]*?(?:</\1>|\Z)\s*")
_PROMPTED = re.compile(
    r"\s*(?:(?:#|//|--|/\*)\s*(?:Path|File|Filename|Language|Compare this snippet from)\b[: ]"
    r"|(?:Here(?:'s| is)|Sure[,!]|Certainly[,!]|The (?:missing|completed?) code"
    r"|I (?:can|will|am))\b)"
)


def cut_markers(answer: str) -> str:
    """The answer up to the first marker of a template."""
    found = MARKERS.search(answer)
    return answer[: found.start()] if found else answer


def unwrapped(answer: str, *, prose: bool) -> str | None:
    """The code inside the fence of an answer, or the answer itself without a fence.

    Args:
        answer: what the model wrote.
        prose: whether the document is Markdown or the like, so that a fence may be meant.

    Returns:
        ``None`` if the answer is prose without code, or its reasoning is unterminated.
    """
    thought = _THOUGHT.match(answer)
    if thought:
        if not re.search(rf"</{thought.group(1)}>", thought.group()):
            return None
        answer = answer[thought.end() :]
    if prose:
        return answer
    opened = _FENCE.match(answer)
    if opened is None and _PROMPTED.match(answer):
        opened = _FENCE.search(answer)
        if opened is None:
            return None
    if opened is None:
        closing = re.search(r"\n(?:`{3,}|~{3,})[ \t]*(?:\n|\Z)", answer)
        return answer[: closing.start()] if closing else answer
    body = answer[opened.end() :]
    closing = re.search(rf"^[ \t]*{re.escape(opened.group(1))}[ \t]*$", body, re.MULTILINE)
    return body[: closing.start()].removesuffix("\n") if closing else body
