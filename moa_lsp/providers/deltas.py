"""Joins the pieces of a streamed answer, and tells pieces that repeat all that was said so far.

Pure. A chat stream is to give in each event what is new. Some give the whole answer so far every
time (DashScope without ``incremental_output``, as in QwenLM/qwen-code issue 209), and some close
with one event that repeats the whole. Joined, both would stand in the file several times. What a
piece is can only be told from those before it: pieces that could be either are held back until
the next ones show it.
"""

from dataclasses import dataclass, field

CUMULATIVE_CHARS = 16
"""Repeated before a stream counts as one that says everything again each time: an answer begins
with a fence or a word, and none begins with its first 16 characters over and over."""

_DISTINCT_CHARS = 4
"""In a text whose repetition counts: rulers and blank lines do repeat."""


@dataclass(slots=True)
class Deltas:
    """The text of one answer as its pieces come.

    Attributes:
        chars: of all pieces, repeated ones counted once as soon as they are known as such.
    """

    chars: int = 0
    _pieces: list[str] = field(default_factory=list)
    _last: str = ""
    _heard: int = 0
    _repeated: int = 0
    _may_repeat: bool = True

    def add(self, piece: str) -> str:
        """Take a piece; gives back what listeners may hear of the text, perhaps nothing yet."""
        if not self._pieces:
            self._pieces.append(piece)
            self._last, self.chars, self._heard = piece, len(piece), len(piece)
            return piece
        rulers = piece == self._last and len(set(piece.strip())) < _DISTINCT_CHARS
        if self._may_repeat and piece.startswith(self._last) and not rulers:
            return self._again(piece)
        return self._onward(piece)

    def end(self) -> str:
        """What was held back and is part of the answer, when no more pieces come."""
        text = self.text
        held, self._heard = text[self._heard :], len(text)
        return held

    @property
    def text(self) -> str:
        """The answer so far."""
        return self._last if self._cumulative else "".join(self._pieces)

    @property
    def _cumulative(self) -> bool:
        return self._may_repeat and self._repeated >= CUMULATIVE_CHARS

    def _again(self, piece: str) -> str:
        """A piece that begins with the one before, when all before it did so too."""
        told = self._last.strip()
        if len(piece) > len(self._last) and len(set(told)) >= _DISTINCT_CHARS:
            self._repeated += len(told)
        self._last = piece
        if self._cumulative:
            self._pieces, self.chars = [piece], len(piece)
            return self.end()
        self._pieces.append(piece)
        self.chars += len(piece)
        return ""

    def _onward(self, piece: str) -> str:
        """An ordinary piece, or the whole answer once more at its end."""
        self._may_repeat = False
        whole = len(self._pieces) > 1 and len(piece) == self.chars >= CUMULATIVE_CHARS
        if whole and piece == "".join(self._pieces):
            return self._held("")
        self._pieces.append(piece)
        self.chars += len(piece)
        return self._held(piece)

    def _held(self, piece: str) -> str:
        """What was held back, and a piece behind it."""
        if self._heard + len(piece) == self.chars:
            self._heard = self.chars
            return piece
        return self.end()
