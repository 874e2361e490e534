"""Random documents, typing and answers, with what breaks line and position code."""

from random import Random

ENDINGS = ("\n", "\r\n", "\r")
INKS = (
    *("a", "b", "}", "x = 1", "foo(bar)", "    return x", "def f(a):", "# y", "\t", " "),
    *("é", "e\u0301", "漢字", "\U0001f600", "\U0001f469\u200d\U0001f4bb", "\U0001f1e9\U0001f1ea"),
    *("\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u0301", "\U0001f44d\U0001f3fd"),
)
"""Pieces of a line: what ``str.splitlines`` takes for an ending, astral and joined characters."""

MARK = "\u00a7{}\u00a7"
"""Stands once in a document, where a place must be known by its text alone."""


def line(rng: Random) -> str:
    return "".join(rng.choices(INKS, k=rng.choice((0, 1, 1, 2, 3))))


def document(rng: Random, number: int) -> str:
    """A text of up to 14 lines: one ending or all three, a BOM, with or without a last ending."""
    endings = ENDINGS if rng.random() < 0.3 else (rng.choice(ENDINGS),)
    lines = [line(rng) for _ in range(rng.randint(0, 14))]
    if lines and rng.random() < 0.6:
        at = rng.randrange(len(lines))
        lines[at] = f"{lines[at]}{MARK.format(number)}{line(rng)}"
    text = "".join(f"{each}{rng.choice(endings)}" for each in lines)
    if rng.random() < 0.4:
        text = text.removesuffix("\n").removesuffix("\r")
    return f"\ufeff{text}" if rng.random() < 0.1 else text


def typing(rng: Random) -> str:
    """What one keystroke, completion or paste puts in; often nothing."""
    if rng.random() < 0.3:
        return ""
    if rng.random() < 0.3:
        return rng.choice(ENDINGS)
    if rng.random() < 0.5:
        return rng.choice(INKS)
    return rng.choice(ENDINGS).join(line(rng) for _ in range(rng.randint(1, 4)))


def answer(rng: Random, region: str) -> str:
    """A model's text for a region, with LF: some of its lines, changed, or other ones."""
    lines = region.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if rng.random() < 0.3:
        lines = [line(rng) for _ in range(rng.randint(1, 5))]
    for _ in range(rng.randint(0, 3)):
        at = rng.randint(0, len(lines))
        match rng.randrange(3):
            case 0:
                lines.insert(at, line(rng))
            case 1 if lines:
                del lines[at - 1]
            case _ if lines:
                lines[at - 1] = f"{line(rng)}{lines[at - 1]}{line(rng)}"
    return "\n".join(lines)


def place(rng: Random, length: int) -> tuple[int, int]:
    """Two offsets in order, mostly near each other, often the same."""
    start = rng.randint(0, length)
    if rng.random() < 0.4:
        return start, start
    return start, min(length, start + rng.choice((1, 1, 2, 5, 20)))
