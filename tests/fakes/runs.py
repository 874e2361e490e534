"""Runs of the mix engine in virtual time, with what they left behind."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from moa_lsp.actions.definition import builtin
from moa_lsp.config.mixes import Mix, MixFile, build
from moa_lsp.config.values import frozen
from moa_lsp.mix.engine import Run
from moa_lsp.mix.inner_run import MixOutcome
from moa_lsp.mix.progress import MixProgress
from moa_lsp.mix.record import AgentRecord
from moa_lsp.providers.base import Provider, Usage
from moa_lsp.task import Output, Snapshot, Task
from moa_lsp.text.span import Span
from tests.fakes.clock import virtual_run
from tests.fakes.scripted import Line, Scripted

BEFORE = "import os\n\n\ndef size(path):\n    total = os.stat(path)\n    return total.st_size\n"
"""The document of most runs; its target is the function."""

BROKEN = "```python\ndef size(path:\n    return 1\n```"
APOLOGY = "I am sorry, but I cannot help with that."


def code(value: object, **line: Any) -> Line:
    """A scripted model that rewrites the function so that it returns ``value``."""
    return Line(f"```python\n{text(value)}\n```\n", **line)


def text(value: object) -> str:
    return f"def size(path):\n    return {value}"


def task(
    document: str = BEFORE,
    *,
    start: str = "def size",
    end: str | None = None,
    output: Output = "replace",
    language: str = "python",
    action: str = "refactor",
    **more: Any,
) -> Task:
    """A task whose target goes from one word to the end of another, or of the document."""
    first = document.index(start)
    last = document.index(end) + len(end) if end else len(document.rstrip("\r\n"))
    snapshot = Snapshot("file:///w/size.py", document, language, 1)
    return Task(action, output, snapshot, Span(first, last), first, **more)


def mix(*proposers: str | Mapping[str, Any], **rest: Any) -> Mix:
    """A mix of scripted models, by bare name; ``aggregator``, ``quorum`` … as in a file."""
    raw = {"name": "m", **rest}
    if proposers:
        raw["proposers"] = [agent(each) for each in proposers]
    return build(MixFile.model_validate(frozen(raw)))


def agent(named: str | Mapping[str, Any]) -> dict[str, Any]:
    given = {"model": named} if isinstance(named, str) else dict(named)
    return {**given, "model": f"scripted/{given['model']}"}


@dataclass
class Ran:
    """A run that has ended.

    Attributes:
        error: what it raised.
        left: tasks that were still there a moment later.
    """

    run: Run
    provider: Scripted
    outcome: MixOutcome | None = None
    error: BaseException | None = None
    seconds: float = 0.0
    left: int = 0
    progress: list[MixProgress] = field(default_factory=list)

    @property
    def text(self) -> str | None:
        assert self.outcome is not None, self.error
        return self.outcome.text

    @property
    def by(self) -> str | None:
        assert self.outcome is not None, self.error
        return self.outcome.aggregation and self.outcome.aggregation.by

    @property
    def states(self) -> dict[str, str]:
        return {each.agent: each.state for each in self.run.proposals}

    @property
    def reasons(self) -> dict[str, str | None]:
        return {each.agent: each.reason for each in self.run.proposals}

    def record(self, name: str) -> AgentRecord:
        return next(each for each in self.run.proposals if each.agent == name)

    def prompts(self, model: str) -> list[str]:
        """What a model was sent, each request as one text."""
        asked = self.provider.asked(model)
        return ["\n".join(one.content for one in request.messages) for request in asked]

    def check_clean(self) -> None:
        """Nothing of the run is left behind."""
        assert self.left == 0
        assert self.provider.open == 0


def ran(
    plan: Mix,
    script: Mapping[str, Line | Sequence[Line]],
    *,
    about: Task | None = None,
    price: Callable[[str, Usage], float | None] = lambda _model, _usage: None,
    cancel_at: float | None = None,
    steps: int | None = None,
    more: Mapping[str, Provider] | None = None,
    **options: Any,
) -> Ran:
    """Run a mix to its end, or until it is cancelled (at a time, or after some loop steps).

    ``options`` are further fields of ``Run``.
    """
    about = about or task()
    provider = Scripted(script)
    seen: list[MixProgress] = []
    action = builtin()[about.action]
    providers = {"scripted": provider, **(more or {})}
    run = Run(plan, action, about, providers, seen.append, price, **options)
    done = Ran(run, provider, progress=seen)

    async def go() -> None:
        loop = asyncio.get_running_loop()
        work = asyncio.ensure_future(run.go())
        if cancel_at is not None:
            loop.call_later(cancel_at, work.cancel)
        for _ in range(steps or 0):
            await asyncio.sleep(0)
        if steps is not None:
            work.cancel()
        try:
            done.outcome = await work
        except BaseException as error:
            done.error = error
        done.seconds = loop.time()
        done.left = len(asyncio.all_tasks() - {asyncio.current_task()})

    virtual_run(go())
    return done
