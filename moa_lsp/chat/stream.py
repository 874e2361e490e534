"""The answer of a chat as it is written, for a client that reads along. Pure.

Only the model that writes the answer is passed on. What has been passed on cannot be taken back:
if another model has to begin anew, the stream is broken and the client is told.
"""

from dataclasses import dataclass, field

from moa_lsp.chat.answer_bounds import NO_BOUNDS, AnswerBounds
from moa_lsp.context.redaction import Redaction
from moa_lsp.mix.progress import AnswerPiece

_MAY_BE_REASONING = ("<", "[", "\u25c1", "\u3010", "(")
"""First characters of marks around reasoning: an answer that begins so is given whole at its
end."""


@dataclass(slots=True)
class AnswerStream:
    """What of the answer can be passed on.

    Attributes:
        veil: whose placeholders are restored.
        bounds: whose stops end the answer.
        sent: all that ``take`` has given so far.
        broken: whether a model began anew after some text of another had been passed on.
    """

    veil: Redaction | None = None
    bounds: AnswerBounds = NO_BOUNDS
    sent: str = ""
    broken: bool = False
    _model: str | None = None
    _held: str = ""
    _lead: bool = True
    _whole_only: bool = False
    _stopped: bool = False
    _longest: int = field(init=False)

    def __post_init__(self) -> None:
        """Reckon how much may have to be held back."""
        names = self.veil.values if self.veil else ()
        self._longest = max(map(len, names), default=0)

    def take(self, piece: AnswerPiece) -> str:
        """The text that can be passed on now."""
        if not piece.stage[1]:
            return ""
        if piece.model != self._model:
            self.broken |= bool(self.sent)
            self._model, self._held, self._lead, self._whole_only = piece.model, "", True, False
        if self.broken or self._whole_only or self._stopped:
            return ""
        self._held += piece.text
        if self._lead:
            begin = self._held.lstrip()
            if not begin:
                return ""
            self._lead = False
            self._whole_only = begin.startswith(_MAY_BE_REASONING)
            if self._whole_only:
                return ""
        return self._release(self._held)

    def end(self, text: str, *, by_model: bool) -> str:
        """What is still to be passed on of the settled text.

        Args:
            text: the run's answer.
            by_model: whether the model settled it whose text was passed on.
        """
        if text.startswith(self.sent):
            rest = text[len(self.sent) :]
            self.sent = text
            return rest
        self.broken |= not by_model
        return ""

    def _release(self, text: str) -> str:
        """All but what may be the beginning of a placeholder or a stop."""
        keep = self.bounds.held_back(text)
        if self.veil is not None and self.veil.values:
            for name, value in self.veil.values.items():
                text = text.replace(name, value)
            begun = next(
                (size for size in range(min(self._longest, len(text)), 0, -1)
                 if any(name.startswith(text[-size:]) for name in self.veil.values)),
                0,
            )  # fmt: skip
            keep = max(begun, self.bounds.held_back(text))
        text, self._stopped = self.bounds.cut(text)
        keep = 0 if self._stopped else keep
        out, self._held = text[: len(text) - keep], text[len(text) - keep :]
        self.sent += out
        return out
