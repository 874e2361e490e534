"""``POST /v1/chat/completions``: a chat's answer, whole or as it is written."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from moa_lsp.chat.live_answer import LiveAnswer
from moa_lsp.chat.openai_request import ChatRequest, read_chat_request
from moa_lsp.chat.run import ChatAnswer, ChatRun, chat_mix
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
from moa_lsp.gateway.shapes import Json
from moa_lsp.mix.progress import MixProgress


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
        await send_json(send, 200, shapes.chat_completion(answer, self.desk.now()), headers)

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
            request.conversation,
            mix.mix,
            self.desk.runtime,
            _unwatched,
            self.desk.accounts,
            bounds=request.bounds,
        )

    async def _stream(self, request: ChatRequest, send: Send) -> None:
        """Send an answer as it is written; a failure before its first byte has its own status."""
        live = LiveAnswer(self._run(request))
        events = _ChatEvents(live.run, self.desk.now(), request.include_usage)
        begun = False
        work = asyncio.ensure_future(self._go(live.run))
        try:
            async for data in events.of(live, work):
                if not begun:
                    begun = True
                    await start(send, 200, events.headers)
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


@dataclass(frozen=True, slots=True)
class _ChatEvents:
    """The events of one streamed answer."""

    run: ChatRun
    created: int
    include_usage: bool

    @property
    def headers(self) -> dict[str, str]:
        """Of the response; what the run costs is known at its end only."""
        return {
            "content-type": "text/event-stream; charset=utf-8",
            "cache-control": "no-store",
            "x-moa-run": self.run.run,
        }

    async def of(
        self, live: LiveAnswer, work: "asyncio.Future[ChatAnswer]"
    ) -> AsyncIterator[bytes]:
        """Chunks as they come, and comments while there are none.

        Raises:
            MoaError: as ``LiveAnswer.texts``.
        """
        role: Json = {"role": "assistant"}
        async for text in live.texts(work, limits.FIRST_COMMENT_S, limits.COMMENT_S):
            if text:
                yield self._event({**role, "content": text})
                role = {}
            else:
                yield shapes.COMMENT
        answer = work.result()
        if role:
            yield self._event({**role, "content": ""})
        calls = [{"index": number, **shapes.tool_call(each)}
                 for number, each in enumerate(answer.tool_calls)]  # fmt: skip
        if calls:
            yield self._event({"tool_calls": calls})
        yield self._event({}, shapes.finish_reason(answer))
        if self.include_usage:
            yield shapes.event(shapes.usage_chunk(answer.record, self.created))

    def _event(self, delta: Json, finish: str | None = None) -> bytes:
        mix = self.run.mix
        chunk = shapes.chat_chunk(self.run.run, mix.name, mix.hash, self.created, delta, finish)
        # With usage at its end every other chunk of a stream says that it has none.
        return shapes.event({**chunk, "usage": None} if self.include_usage else chunk)


def _unwatched(_progress: MixProgress) -> None:
    """Nobody is shown how far a run of the gateway is, but by comments."""
