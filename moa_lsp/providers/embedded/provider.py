"""The provider ``embedded``: hands a request to the tool that its model name means.

It needs no key and no network, and costs nothing. What a tool does not do it declines: some answer
actions, the others complete lines.
"""

import importlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from moa_lsp.errors import UsageError
from moa_lsp.providers.base import AgentDeclines, Listener, Reply, Request
from moa_lsp.task import Task
from moa_lsp.text.edits import Span

if TYPE_CHECKING:
    from moa_lsp.providers.embedded.inline_agents import InlineAgents
    from moa_lsp.providers.embedded.ngram.corpus import Corpus

_Agent = Callable[[Task], Awaitable[Reply | AgentDeclines]]

_AGENTS = ("ruff", "skeleton", "outline")
"""Each a module here with an ``answer``, imported when it is first asked: parsers are large."""

_INLINE = ("ngram", "jedi")
"""Those that complete lines, imported then, too."""


class EmbeddedProvider:
    """The tools inside the server, as a provider."""

    def __init__(self) -> None:
        """Start and import nothing yet."""
        self._made: InlineAgents | None = None

    @property
    def name(self) -> str:
        """What stands before the slash: ``embedded``."""
        return "embedded"

    @property
    def models(self) -> tuple[str, ...]:
        """The models' names, in the order in which they are offered."""
        return (*_AGENTS, *_INLINE)

    @property
    def corpus(self) -> "Corpus":
        """What ``ngram`` knows; who sees documents and files tells it of them."""
        return self._inline.corpus

    async def warm(self) -> None:
        """Start what takes seconds to start; inline completion is about to be wanted."""
        await self._inline.warm()

    async def answer(self, request: Request, on_delta: Listener) -> Reply | AgentDeclines:
        """Answer one request, or decline it.

        Raises:
            UsageError: there is no such model here.
            ProviderError: the tool failed.
        """
        if request.model not in self.models:
            message = (
                f"embedded/{request.model} does not exist, use one of: {', '.join(self.models)}"
            )
            raise UsageError(message)
        reply = await self._reply(request)
        if isinstance(reply, Reply):
            on_delta(reply.text)
        return reply

    async def close(self) -> None:
        """End what was started; safe to call twice."""
        if self._made is not None:
            await self._made.close()

    @property
    def _inline(self) -> "InlineAgents":
        if self._made is None:
            from moa_lsp.providers.embedded.inline_agents import InlineAgents

            self._made = InlineAgents()
        return self._made

    async def _reply(self, request: Request) -> Reply | AgentDeclines:
        if request.model in _INLINE:
            if request.infill is None:
                return AgentDeclines("it completes lines only")
            return await self._inline.answer(request.model, request.task, request.infill)
        if request.infill is not None:
            return AgentDeclines("it does not complete lines")
        return await _answer(_agent(request.model, request.task), request.task)


def _agent(model: str, task: Task) -> _Agent:
    """Who answers: the agent's module, or a process of its own for a long document."""
    long = importlib.import_module("moa_lsp.providers.embedded.long_documents")
    if len(task.snapshot.text) > long.OWN_PROCESS_CHARS:
        return partial(long.answer, model)
    agent: _Agent = importlib.import_module(f"moa_lsp.providers.embedded.{model}").answer
    return agent


async def _answer(agent: _Agent, task: Task) -> Reply | AgentDeclines:
    """Ask an agent about a document without its byte order mark.

    ruff does not count the mark as a column, Python's parser refuses it: no tool may see it.
    """
    if not task.snapshot.text.startswith(_MARK):
        return await agent(task)
    reply = await agent(_unmarked(task))
    if isinstance(reply, AgentDeclines) or task.target.start > 0 or task.output in _APART:
        return reply
    if task.output != "replace":
        return AgentDeclines("nothing can stand before the document's byte order mark")
    return replace(reply, text=f"{_MARK}{reply.text}" if task.target.end > 0 else reply.text)


def _unmarked(task: Task) -> Task:
    def moved(span: Span) -> Span:
        return Span(max(0, span.start - 1), max(0, span.end - 1))

    return replace(
        task,
        snapshot=replace(task.snapshot, text=task.snapshot.text[len(_MARK) :]),
        target=moved(task.target),
        cursor=max(0, task.cursor - 1),
        diagnostics=tuple(replace(item, span=moved(item.span)) for item in task.diagnostics),
    )


_MARK = "\ufeff"
_APART = ("document", "new_file")
