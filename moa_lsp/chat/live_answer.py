"""The answer of a chat for a client that reads along: its texts as they are written."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from moa_lsp.chat.run import ChatAnswer, ChatRun
from moa_lsp.chat.stream import AnswerStream
from moa_lsp.errors import NoProposal
from moa_lsp.mix.progress import AnswerPiece


@dataclass(slots=True)
class LiveAnswer:
    """The texts of one answer; all of them together are the answer's."""

    run: ChatRun
    _pieces: list[str] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _stream: AnswerStream = field(init=False)

    def __post_init__(self) -> None:
        """Begin to read along."""
        self._stream = AnswerStream(self.run.bundle.veil, self.run.bounds)
        self.run.listen(self._hear)

    async def texts(
        self,
        work: "asyncio.Future[ChatAnswer]",
        first_s: float | None = None,
        pause_s: float | None = None,
    ) -> AsyncIterator[str]:
        """Texts as they come.

        Args:
            work: the run, which is somebody else's to cancel.
            first_s: seconds until an empty text tells that nothing has come yet.
            pause_s: the same from then on.

        Raises:
            MoaError: there is no answer, or what was given of one does not count any more.
        """
        work.add_done_callback(lambda _done: self._news.set())
        patience = first_s
        while not work.done():
            try:
                async with asyncio.timeout(patience):
                    await self._news.wait()
            except TimeoutError:
                yield ""
            patience = pause_s
            self._news.clear()
            self._check()
            if text := self._taken():
                yield text
        answer = work.result()
        settled = answer.record.aggregation
        by_model = settled is not None and settled.by == "model"
        rest = self._taken() + self._stream.end(answer.text, by_model=by_model)
        self._check()
        if rest:
            yield rest

    def _hear(self, piece: AnswerPiece) -> None:
        text = self._stream.take(piece)
        if text:
            self._pieces.append(text)
        if text or self._stream.broken:
            self._news.set()

    def _taken(self) -> str:
        text = "".join(self._pieces)
        self._pieces.clear()
        return text

    def _check(self) -> None:
        if self._stream.broken:
            raise NoProposal("the model that wrote the answer broke off, ask again")
