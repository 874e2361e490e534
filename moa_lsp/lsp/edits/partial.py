"""``moa/partial``: what is being written, for clients that announced that they show it.

Text to look at and nothing else: no edit comes of it. The answer that spoke first is followed
until one is usable; that one is shown whole while the rest of the mix is at work, and the result
takes its place, once. Where proposals are words, of which nothing can be shown as code, the
aggregator is followed as soon as it speaks. However the run ends, ``done: true`` comes exactly
once, and nothing after it.
"""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from moa_lsp import limits as shared_limits
from moa_lsp.lsp import convert, limits
from moa_lsp.lsp.edits.tracked_snapshot import TrackedSnapshot
from moa_lsp.task import Task
from moa_lsp.text.eol import to_lf
from moa_lsp.text.lines import LineIndex
from moa_lsp.text.rebase import carry
from moa_lsp.text.sanitize import escape
from moa_lsp.text.span import Span

if TYPE_CHECKING:
    from moa_lsp.lsp.rpc.server import Server
    from moa_lsp.mix.progress import AnswerPiece

METHOD = "moa/partial"


class PartialUpdates:
    """Shows one run's answer as it grows: at most four times a second, the first usable at once.

    Args:
        server: where to.
        run: its id.
        task: what the run works on.
        held: its document, to say where the target is by now.
        place: where the target is in the document, if not where the task says.

    Attributes:
        first_at: loop time of the first text that was shown, ``None`` before it.
    """

    def __init__(
        self,
        server: "Server",
        run: str,
        task: Task,
        held: TrackedSnapshot,
        place: Span | None = None,
    ) -> None:
        self._server = server
        self._run = run
        self._task = task
        self._held = held
        self._target = place or task.target
        self._place = convert.range_of(_index(held), self._target, server.encoding)
        self.first_at: float | None = None
        self._usable: str | None = None
        self._seen = 0
        self._touched = False
        self._stage: tuple[int, bool] = (0, False)
        self._writer = ("", "")
        self._pieces: list[str] = []
        self._length = 0
        self._news = False
        self._told = ""
        self._pause: asyncio.TimerHandle | None = None

    def on_update(self, piece: "AnswerPiece") -> None:
        """Take a piece; shown now or after the pause since the last one."""
        if self._usable is not None:
            return
        writer = (piece.agent, piece.model)
        later = piece.stage > self._stage
        # A fallback begins anew; another agent of the same layer is not listened to.
        if later or (piece.stage == self._stage and self._falls_back(piece)):
            self._stage, self._writer = piece.stage, writer
            self._pieces, self._length = [], 0
        if (piece.stage, writer) != (self._stage, self._writer) or not piece.text:
            return
        if self._length < shared_limits.MAX_ANSWER_CHARS:
            self._pieces.append(piece.text)
            self._length += len(piece.text)
            self._news = True
            if self._pause is None:
                self._report()

    def proposed(self, texts: Mapping[str, str]) -> None:
        """Take the usable proposals so far, by agent: the first is shown until the run ends."""
        if self._usable is None and texts:
            self._usable = next(iter(texts.values()))
            self._news = True
            if self._pause is not None:  # what was told before may have had no code yet
                self._pause.cancel()
            self._report()

    def end(self, text: str | None) -> None:
        """Tell the last word.

        Args:
            text: the run's result, ``None`` when it has none: then what was heard.
        """
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        self._moved()
        self._tell(self._readable() if text is None else self._final(text), done=True)

    def _falls_back(self, piece: "AnswerPiece") -> bool:
        agent, model = self._writer
        return piece.agent == agent and piece.model != model

    def _report(self) -> None:
        """Tell the news, if there is any, and pause."""
        self._pause = None
        if not self._news:
            return
        self._news = False
        text = self._readable()
        if text != self._told and not self._moved():
            self._told = text
            self._tell(text, done=False)
        loop = asyncio.get_running_loop()
        self._pause = loop.call_later(limits.PROGRESS_INTERVAL_S, self._report)

    def _tell(self, text: str, *, done: bool) -> None:
        if text and self.first_at is None:
            self.first_at = asyncio.get_running_loop().time()
        self._server.protocol.notify(
            METHOD,
            {
                "run": self._run,
                "uri": self._task.snapshot.uri,
                "range": self._place,
                "text": text,
                "done": done,
            },
        )

    def _readable(self) -> str:
        from moa_lsp.answers import partial_answer

        if self._usable is not None:
            return self._final(self._usable)
        answer = "".join(self._pieces)
        in_words = self._task.output in ("document", "comment")
        return partial_answer.words(answer) if in_words else partial_answer.code(answer)

    def _final(self, text: str) -> str:
        from moa_lsp.answers import markdown

        if self._task.output == "document":
            return markdown.safe(text, shared_limits.MAX_PARTIAL_CHARS)
        return escape(to_lf(text), shared_limits.MAX_PARTIAL_CHARS, keep_lines=True)

    def _moved(self) -> bool:
        """Find the target where it is now; true once that cannot be said any more."""
        edits = self._held.log.edits
        if not self._touched and len(edits) != self._seen and self._held.live:
            self._seen = len(edits)
            now = carry(self._target, edits)
            self._touched = now is None
            if now is not None:
                index = self._held.document().index
                self._place = convert.range_of(index, now, self._server.encoding)
        return self._touched


def _index(held: TrackedSnapshot) -> LineIndex:
    """The lines of the snapshot."""
    if held.live and not held.log.edits:
        return held.document().index
    return LineIndex(held.snapshot.text)
