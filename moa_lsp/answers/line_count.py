"""How many lines of an answer are written so far, prose and fences left out. Pure."""

import re
from dataclasses import dataclass

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)\Z", re.DOTALL)
"""A line that opens or closes a block (CommonMark 0.31, section 4.5)."""


@dataclass(slots=True)
class LineCounter:
    """Counts while an answer is heard.

    Attributes:
        prose: whether the answer is prose itself, so that all of its lines count.
        lines: complete ones so far.
    """

    prose: bool = False
    lines: int = 0
    _fence: str = ""
    _begun: str = ""

    def count(self, delta: str) -> int:
        """Take in the next piece; the lines so far."""
        *complete, self._begun = f"{self._begun}{delta}".split("\n")
        for line in complete:
            self._count(line.rstrip("\r"))
        return self.lines

    def _count(self, line: str) -> None:
        found = None if self.prose else _FENCE.match(line)
        if found is None:
            self.lines += self.prose or bool(self._fence)
        elif not self._fence:
            self._fence = found[1]
        elif found[1].startswith(self._fence) and not found[2].strip():
            self._fence = ""
        else:
            self.lines += 1
