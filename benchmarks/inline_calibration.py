"""Which estimate n-grams need to be shown: ``python -m benchmarks.inline_calibration``.

As ``inline_embedded``, on packages that are not measured there. For each least estimate: how many
of the cursors get a suggestion, and how many of those are exact, in each package. The bounds in
``limits`` are the least with which 70 of 100 are exact in every one.
"""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.inline_embedded import Found, draws, installed, rounds
from benchmarks.machine import facts, table
from moa_lsp.providers.base import AgentDeclines
from moa_lsp.providers.embedded.ngram.blend import IndexSource
from moa_lsp.providers.embedded.ngram.document import read
from moa_lsp.providers.embedded.ngram.index import build
from moa_lsp.providers.embedded.ngram.lexer import lex
from moa_lsp.providers.embedded.ngram.limits import NGRAM_BROKEN, NGRAM_SHOWN
from moa_lsp.providers.embedded.ngram.secret import looks_secret
from moa_lsp.providers.embedded.ngram.suggestion import cursor, hopeless, suggest

PACKAGES = {
    "attr": "attrs==24.3.0",
    "cattrs": "cattrs==24.1.2",
    "click": "click==8.1.8",
    "flask": "flask==3.1.0",
    "httpx": "httpx==0.28.1",
    "jinja2": "jinja2==3.1.5",
    "requests": "requests==2.32.3",
    "starlette": "starlette==0.45.3",
    "voluptuous": "voluptuous==0.15.2",
}

SHOWN = (0.4, 0.5, 0.55, NGRAM_SHOWN, 0.65, 0.7, 0.8)
STEP = NGRAM_BROKEN - NGRAM_SHOWN
"""How much more likely what breaks off within a line has to be."""


def counted(
    founds: Sequence[Found],
    files: Iterable[Path],
    others: Sequence[Path],
    count: int,
    *,
    editing: bool,
) -> None:
    """Add what each least estimate shows at the draws of held-out files."""
    texts = ((str(file), file.read_text("utf-8", "replace")) for file in others)
    index = build((name, lex(text, "python", looks_secret)) for name, text in texts)
    for path in files:
        for draw in draws(path, count, between=False):
            before = draw.text[: draw.text.rfind("\n", 0, draw.offset) + 1]
            document = read(draw.known if editing else before, "python", looks_secret)
            at = cursor(draw.text if editing else draw.text[: draw.offset], draw.offset)
            place = document.place(at.text, at.offset)
            for least, found in zip(SHOWN, founds, strict=True):
                found.asked += 1
                if place is None or hopeless(at, "python") is not None:
                    continue
                answer = suggest(
                    [IndexSource(index)], document, place, at, secret=looks_secret,
                    shown=least, broken=least + STEP,
                )  # fmt: skip
                if not isinstance(answer, AgentDeclines):
                    found.add(answer.text, draw.rest)


def cell(found: Found) -> str:
    """Shown and exact, of 100."""
    if not found.exact:
        return "0 / -"
    shown = 100 * len(found.exact) / found.asked
    return f"{shown:.0f} / {100 * sum(found.exact) / len(found.exact):.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.inline_calibration", description=__doc__
    )
    parser.add_argument("--quick", action="store_true", help="two packages, a few files")
    quick = parser.parse_args().quick
    print(f"`inline_calibration: {facts()}`\n", flush=True)
    names = list(PACKAGES)[: 2 if quick else None]
    for how, editing in (("editing", True), ("new file", False)):
        rows = []
        for name in names:
            folder = installed(name, PACKAGES[name])
            if folder is None:
                print(f"{name} is left out, it cannot be installed")
                continue
            founds = [Found() for _ in SHOWN]
            for out, others in rounds(folder, 3 if quick else 30):
                counted(founds, out, others, 5 if quick else 20, editing=editing)
            rows.append([name, founds[0].asked, *map(cell, founds)])
        print(f"{how}: shown / exact, by the least estimate\n")
        print(
            table(("package", "n", *(f"{each:g}" for each in SHOWN)), rows), end="\n\n", flush=True
        )


if __name__ == "__main__":
    main()
