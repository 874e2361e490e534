"""A provider that answers as its script says: where tests put words in a model's mouth."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from moa_lsp.providers.base import AgentDeclines, Finish, Listener, Reply, Request, Usage


@dataclass(frozen=True)
class Line:
    """One scripted answer.

    Attributes:
        text: what the model says, or the target's new text when ``exact``.
        seconds: how long it takes; its first half passes before the first text is heard.
        error: raised instead of an answer.
        declines: reason of a declined request; ``unchanged``: because nothing needs to be done.
        hangs: never answers.
    """

    text: str = ""
    seconds: float = 0.0
    error: Exception | None = None
    declines: str | None = None
    unchanged: bool = False
    hangs: bool = False
    finish: Finish = "stop"
    exact: bool = False
    usage: Usage | None = field(default_factory=lambda: Usage(100, 20))
    cost_usd: float | None = 0.001


@dataclass
class Scripted:
    """Answers each model's requests from its list of lines; the last line repeats.

    Attributes:
        requests: every request received, in order.
        open: requests being answered at this moment.
        cancelled: how many were cancelled before their answer.
        answered: how many answers were given, with usage.
    """

    script: Mapping[str, Line | Sequence[Line]]
    name: str = "scripted"
    requests: list[Request] = field(default_factory=list)
    open: int = 0
    cancelled: int = 0
    answered: int = 0
    closed: bool = False
    _told: dict[str, int] = field(default_factory=dict)

    async def answer(self, request: Request, on_delta: Listener) -> Reply | AgentDeclines:
        self.requests.append(request)
        self.open += 1
        try:
            return await self._say(self._line(request.model), on_delta)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.open -= 1

    async def close(self) -> None:
        self.closed = True

    def asked(self, model: str) -> list[Request]:
        """The requests that went to one model."""
        return [request for request in self.requests if request.model == model]

    def _line(self, model: str) -> Line:
        lines = self.script[model]
        if isinstance(lines, Line):
            return lines
        told = self._told.get(model, 0)
        self._told[model] = told + 1
        return lines[min(told, len(lines) - 1)]

    async def _say(self, line: Line, on_delta: Listener) -> Reply | AgentDeclines:
        if line.hangs:
            await asyncio.Event().wait()
        await asyncio.sleep(line.seconds / 2)
        if line.error is not None:
            raise line.error
        if line.declines is not None:
            return AgentDeclines(line.declines, line.unchanged)
        on_delta(line.text)
        await asyncio.sleep(line.seconds / 2)
        self.answered += line.usage is not None
        return Reply(line.text, line.exact, line.finish, line.usage, line.cost_usd)
