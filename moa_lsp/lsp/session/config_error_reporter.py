"""What is wrong in the user's files: told when it is new, remembered until it is mended."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from moa_lsp.config.resolve import Catalog

HELD = "; its last good version stays in use"


class ConfigErrorReporter:
    """The mistakes of one session's files.

    Args:
        tell: shows the user one sentence.

    Attributes:
        sentence: the first mistake that is still there, ``None`` when all is well.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.sentence: str | None = None
        self._tell = tell
        self._told: set[tuple[str, str]] = set()

    def take(self, catalog: "Catalog") -> None:
        """Take in what a reading found; a mistake that only moved to another line is not new."""
        sentences = {
            (each.path, each.message): f"{each}{HELD if each.path in catalog.kept else ''}"
            for each in catalog.problems
        }
        new = [sentences[each] for each in sentences if each not in self._told]
        self._told = set(sentences)
        self.sentence = next(iter(sentences.values()), None)
        if new:
            more = len(new) - 1
            self._tell(new[0] + (f" (and {more} more; see `moa-lsp mix check`)" if more else ""))

    def fail(self, sentence: str) -> None:
        """Nothing could be read at all."""
        if sentence != self.sentence:
            self.sentence = sentence
            self._tell(sentence)
