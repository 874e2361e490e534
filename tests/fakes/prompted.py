"""What is kept of the rendered prompts: one text an action, in tests/golden/prompts.

``python -m tests.fakes.prompted`` (``make goldens``) writes them anew; what changes is to be read.
"""

from dataclasses import replace
from pathlib import Path
from typing import get_args

from moa_lsp.actions.definition import builtin
from moa_lsp.actions.render import aggregator_messages, messages
from moa_lsp.actions.view import Part, PromptView, Section
from moa_lsp.task import Diagnostic, Snapshot, Task
from moa_lsp.text.edits import Span

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "prompts"
SURROUNDED = FOLDER / "context.txt"
TAG = "k3v9"

TEXT = '''"""Sizes of files."""

import os


def size(path):
    """How many bytes a file has."""
    total = os.stat(path)
    return total.st_size


def main():
    print(size("a"))
'''


def task(action: str) -> Task:
    """One task, as an action of that name would be given it."""
    start = TEXT.index("def size")
    end = TEXT.index("\n\n\ndef main")
    at = TEXT.index("total")
    said = Diagnostic(Span(at, at + 5), "local variable `total` is a poor name", "N1", "lint")
    snapshot = Snapshot("file:///project/sizes.py", TEXT, "python", 1)
    return Task(
        action,
        builtin()[action].output,
        snapshot,
        Span(start, end),
        start,
        instruction="Keep it short.",
        diagnostics=(said,),
        symbol="size",
    )


def rendered(action: str) -> str:
    """What a proposer reads, then what an aggregator, and one who picks, reads below that."""
    about = PromptView.whole(task(action))
    system, user = messages(builtin()[action], about, tag=TAG)
    proposals, notes = ["first", "second\n"], [None, "does not parse"]
    _, asked = aggregator_messages(builtin()[action], about, proposals, tag=TAG, notes=notes)
    below = asked.content.removeprefix(user.content)
    picks, chosen = aggregator_messages(
        builtin()[action], about, proposals, tag=TAG, notes=notes, part="pick"
    )
    parts = {
        "system": system.content,
        "user": user.content,
        "user of an aggregator": f"…{below}",
        "system of one who picks": picks.content,
        "user of one who picks": f"…{chosen.content.removeprefix(user.content)}",
    }
    return "".join(f"=== {name}\n{text}\n" for name, text in parts.items())


def surrounded() -> str:
    """What a proposer reads of the project, with something of every part."""
    sections = tuple(Section(part, f"some {part}") for part in get_args(Part))
    about = replace(PromptView.whole(task("refactor")), sections=sections)
    _, user = messages(builtin()["refactor"], about, tag=TAG)
    return user.content


def main() -> None:
    """Write all of them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.txt"):
        old.unlink()
    for action in builtin():
        (FOLDER / f"{action}.txt").write_text(rendered(action), "utf-8")
    SURROUNDED.write_text(surrounded(), "utf-8")


if __name__ == "__main__":
    main()
