"""``moa/chat``: a conversation answered by a mix, for editors that offer mixes as chat models.

The conversation has the shapes of Chat Completions, as the gateway takes them. With a
``partialResultToken`` all of the text comes through ``$/progress``, as LSP has partial results,
and that of the response is empty. Cancelling the request cancels the run.
"""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from moa_lsp.errors import NoProposal, RunError, UsageError
from moa_lsp.lsp.json_values import tidy
from moa_lsp.lsp.session import trust
from moa_lsp.lsp.session.accounting import accounts_of

if TYPE_CHECKING:
    from moa_lsp.chat.run import ChatAnswer, ChatRun
    from moa_lsp.lsp.rpc.server import Server
    from moa_lsp.lsp.session.session import Session
    from moa_lsp.mix.progress import MixProgress

METHOD = "moa/chat"

MAX_CHATS = 8
"""Chats at once: an editor has a chat, an inline chat and a few titles to find; each is a whole
run, and the providers' own bounds hold below it."""

Json = dict[str, Any]


class Chats:
    """The chats of one server that are at work."""

    def __init__(self, session: "Session") -> None:
        self._session = session
        self._working: dict[asyncio.Task[Any], str] = {}

    async def answer(self, params: object) -> Json:
        """Answer one request.

        Raises:
            UsageError: it makes no sense, or its mix cannot do what is asked.
            RunError: too many chats are at work, or nobody answered.
        """
        asked = _object(params)
        token = asked.get("partialResultToken")
        if token is not None and (isinstance(token, bool) or not isinstance(token, str | int)):
            raise UsageError("`partialResultToken` must be a string or a whole number")
        mix = asked.get("mix")
        if not isinstance(mix, str) or not mix:
            raise UsageError("`mix` must be the name of a mix; moa.mixes lists those")
        if len(self._working) >= MAX_CHATS:
            raise RunError("busy: other chats are at work; wait for one, and try again")
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # a request is a task
        self._working[task] = mix
        try:
            return await self._answer(mix, asked, token)
        finally:
            del self._working[task]

    def change_trust(self, params: object) -> None:
        """Cancel what asks a mix of a folder that is not trusted any more.

        Raises:
            ValueError: the notification does not say which.
        """
        self._session.change_trust(params)
        if self._session.trusted:
            return
        for task, mix in self._working.items():
            if trust.is_workspace_mix(mix):
                task.cancel()

    async def _answer(self, mix: str, asked: Json, token: str | int | None) -> Json:
        session = self._session
        async with session.lease(mix) as runtime:
            await session.imports.done()
            from moa_lsp.chat.openai_request import read_chat_request
            from moa_lsp.chat.run import ChatRun, chat_mix

            request = read_chat_request({**asked, "model": mix})
            chosen = chat_mix(runtime, mix, request.conversation)
            trust.check(chosen.name, trusts=session.trusted)
            run = ChatRun(
                request.conversation,
                chosen.mix,
                runtime,
                _unwatched,
                accounts_of(session.server, session.show),
                bounds=request.bounds,
            )
            if token is None:
                return _told(_done(await run.go()), whole=True)
            return _told(await self._streamed(run, token), whole=False)

    async def _streamed(self, run: "ChatRun", token: str | int) -> "ChatAnswer":
        from moa_lsp.chat.live_answer import LiveAnswer

        live = LiveAnswer(run)
        work = asyncio.ensure_future(_go(run))
        try:
            async for text in live.texts(work):
                value = {"text": text}
                self._session.server.protocol.notify(
                    types.PROGRESS, types.ProgressParams(token=token, value=value)
                )
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
        return work.result()


def plug(server: "Server", session: "Session") -> Chats:
    """Serve ``moa/chat``."""
    chats = Chats(session)

    async def answer(params: Any) -> Json:  # noqa: ANN401  # of `object` pygls makes the server
        return await chats.answer(params)

    server.feature(METHOD)(answer)
    return chats


async def _go(run: "ChatRun") -> "ChatAnswer":
    return _done(await run.go())


def _done(answer: "ChatAnswer") -> "ChatAnswer":
    if answer.record.state != "done":
        raise NoProposal(answer.record.reason or "the mix gave no answer")
    return answer


def _told(answer: "ChatAnswer", *, whole: bool) -> Json:
    record = answer.record
    finish = "tool_calls" if answer.tool_calls else "length" if answer.cut_off else "stop"
    return {
        "run": record.run,
        "text": answer.text if whole else "",
        "tool_calls": [
            {"id": each.id, "name": each.name, "arguments": each.arguments}
            for each in answer.tool_calls
        ],
        "finish": finish,
        "usage": {
            "input": record.usage.input,
            "output": record.usage.output,
            "cached": record.usage.cached,
        },
        "cost_usd": record.cost_usd,
        "cost_known": record.cost_known,
    }


def _object(params: object) -> Json:
    if not isinstance(params, Mapping):
        raise UsageError("the parameters of moa/chat must be an object")
    try:
        found = tidy(dict(params))
    except RecursionError as error:
        raise UsageError("the parameters of moa/chat are nested too deeply; send less") from error
    assert isinstance(found, dict)  # noqa: S101  # tidy keeps the shape
    return found


def _unwatched(_progress: "MixProgress") -> None:
    """The editor shows how far its own chats are."""
