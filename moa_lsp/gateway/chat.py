"""``POST /v1/chat/completions``: a chat's answer, whole or as it is written."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from moa_lsp.chat.openai_request import ChatRequest, read_chat_request
from moa_lsp.chat.run import ChatAnswer, ChatRun, chat_mix
from moa_lsp.chat.stream import AnswerStream
from moa_lsp.errors import MoaError, NoProposal
from moa_lsp.gateway import limits, shapes
from moa_lsp.gateway.asgi import (
    Receive,
    Scope,
    Send,
    read_json,
    send_body,
    send_error,
    send_json,
    start,
    unless_left,
)
from moa_lsp.gateway.desk import GatewayDesk
from moa_lsp.gateway.errors import response_of
from moa_lsp.mix.progress import AnswerPiece, MixProgress


@dataclass(frozen=True, slots=True)
class ChatCompletions:
    """The endpoint."""

    desk: GatewayDesk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            body = await read_json(scope, receive)
            request = read_chat_request(body)
            self.desk.check_model(request.model)
            if request.stream:
                await unless_left(receive, self._stream(request, send))
                return
            answer = await unless_left(receive, self._answer(request))
        except MoaError as error:
            await send_error(send, response_of(error))
            return
        headers = shapes.headers(answer.record)
        await send_json(send, 200, shapes.chat_completion(answer, self.desk.started), headers)

    async def _answer(self, request: ChatRequest) -> ChatAnswer:
        return await self._go(self._run(request))

    async def _go(self, run: ChatRun) -> ChatAnswer:
        """Run a chat in a place of its own.

        Raises:
            MoaError: there is no answer.
        """
        async with self.desk.places.take():
            answer = await run.go()
        if answer.record.state != "done":
            raise NoProposal(answer.record.reason or "the mix gave no answer")
        return answer

    def _run(self, request: ChatRequest) -> ChatRun:
        mix = chat_mix(self.desk.runtime, request.model, request.conversation)
        return ChatRun(
            request.conversation, mix.mix, self.desk.runtime, _unwatched, self.desk.accounts
        )

    async def _stream(self, request: ChatRequest, send: Send) -> None:
        """Send an answer as it is written; a failure before its first byte has its own status."""
        streamed = _StreamedChat(self._run(request), self.desk.started, request.include_usage)
        begun = False
        work = asyncio.ensure_future(self._go(streamed.run))
        try:
            async for data in streamed.events(work):
                if not begun:
                    begun = True
                    await start(send, 200, streamed.headers)
                await send_body(send, data)
        except MoaError as error:
            if not begun:
                raise
            await send_body(send, shapes.event(response_of(error).as_json()), last=True)
            return
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
        await send_body(send, shapes.DONE, last=True)


@dataclass(slots=True)
class _StreamedChat:
    """The events of one streamed answer."""

    run: ChatRun
    created: int
    include_usage: bool
    _pieces: list[str] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _stream: AnswerStream = field(init=False)

    def __post_init__(self) -> None:
        """Begin to read along."""
        self._stream = AnswerStream(self.run.bundle.veil)
        self.run.listen(self._hear)

    @property
    def headers(self) -> dict[str, str]:
        """Of the response; what the run costs is known at its end only."""
        return {
            "content-type": "text/event-stream; charset=utf-8",
            "cache-control": "no-store",
            "x-moa-run": self.run.run,
        }

    def _hear(self, piece: AnswerPiece) -> None:
        text = self._stream.take(piece)
        if text:
            self._pieces.append(text)
        if text or self._stream.broken:
            self._news.set()

    async def events(self, work: "asyncio.Future[ChatAnswer]") -> AsyncIterator[bytes]:
        """Chunks as they come, and comments while there are none.

        Raises:
            MoaError: there is no answer, or what was sent of one does not count any more.
        """
        work.add_done_callback(lambda _done: self._news.set())
        patience = limits.FIRST_COMMENT_S
        role = True
        while not work.done():
            try:
                async with asyncio.timeout(patience):
                    await self._news.wait()
            except TimeoutError:
                yield shapes.COMMENT
            patience = limits.COMMENT_S
            self._news.clear()
            self._check()
            text = "".join(self._pieces)
            self._pieces.clear()
            if text:
                yield self._chunk(text, role=role)
                role = False
        answer = work.result()
        settled = answer.record.aggregation
        by_model = settled is not None and settled.by == "model"
        rest = "".join(self._pieces) + self._stream.end(answer.text, by_model=by_model)
        self._check()
        if rest or role:
            yield self._chunk(rest, role=role)
        async for event in self._ending(answer):
            yield event

    async def _ending(self, answer: ChatAnswer) -> AsyncIterator[bytes]:
        calls = [{"index": number, **shapes.tool_call(each)}
                 for number, each in enumerate(answer.tool_calls)]  # fmt: skip
        if calls:
            yield self._event({"tool_calls": calls})
        yield self._event({}, shapes.finish_reason(answer))
        if self.include_usage:
            yield shapes.event(shapes.usage_chunk(answer.record, self.created))

    def _check(self) -> None:
        if self._stream.broken:
            raise NoProposal("the model that wrote the answer broke off, ask again")

    def _chunk(self, text: str, *, role: bool) -> bytes:
        said: dict[str, object] = {"content": text}
        return self._event({"role": "assistant", **said} if role else said)

    def _event(self, delta: dict[str, object], finish: str | None = None) -> bytes:
        run, mix = self.run.run, self.run.mix.name
        return shapes.event(shapes.chat_chunk(run, mix, self.created, delta, finish))


def _unwatched(_progress: MixProgress) -> None:
    """Nobody is shown how far a run of the gateway is, but by comments."""
