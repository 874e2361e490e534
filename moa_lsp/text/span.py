"""Where something lies in a text."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open range of code point offsets."""

    start: int
    end: int
