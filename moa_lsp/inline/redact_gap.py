"""Masks secrets around a gap before models see them. Pure.

A hidden value becomes as many blocks as it has characters. It is never put back: an offer ends
where it would have to write one.
"""

from moa_lsp.context.secrets import find

MASK = "\u2588"
"""Stands for a character that a model may not see; no code has it."""


def masked(prefix: str, suffix: str) -> tuple[str, str]:
    """The text before and after a gap without its secrets, each as long as it was."""
    text = f"{prefix}{suffix}"
    pieces: list[str] = []
    done = 0
    for secret in find(text):
        start, end = secret.span.start, secret.span.end
        pieces += (text[done:start], MASK * (end - start))
        done = end
    pieces.append(text[done:])
    hidden = "".join(pieces)
    return hidden[: len(prefix)], hidden[len(prefix) :]


def speaks_of_none(text: str, around: str) -> bool:
    """Whether a text about a document repeats none of its secrets and holds none of its own.

    Args:
        text: what is to be shown.
        around: the document, as far as it is shown.
    """
    values = (around[each.span.start : each.span.end] for each in find(around))
    return not find(text) and not any(value in text for value in values)


def writes_mask(text: str, around: str) -> bool:
    """Whether an answer repeats what was hidden from it.

    Args:
        text: the answer.
        around: the document, which may have such characters of its own.
    """
    return MASK in text and MASK not in around
