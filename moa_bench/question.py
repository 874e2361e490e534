"""One task asked of one mix once, by the product's own path, in a time of its own.

An action is prepared and carried out as by editor and command line (``runs/run.py``), a gap is
filled by the completer: what is measured is what users get. Nothing is accounted for, no file is
read, and what models see of other files is what the task says lies beside.
"""

import asyncio
from collections.abc import Mapping
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from moa_bench.replay.clock import held, virtually
from moa_bench.replay.request_cache import QuestionSession
from moa_bench.replay.store import key_of
from moa_bench.values import BenchTask, TaskRequest, TaskSet
from moa_lsp.config.resolve import COMPLETE, choose_inline
from moa_lsp.errors import MoaError
from moa_lsp.inline.completer import Completer, CompletionRequest
from moa_lsp.inline.cursor import CursorContext, Trigger
from moa_lsp.inline.race import Race
from moa_lsp.mix.progress import MixProgress
from moa_lsp.mix.record import AgentRecord, RunRecord, cost_of
from moa_lsp.providers.base import Usage
from moa_lsp.runs.inline import InlineRunner
from moa_lsp.runs.plan import Plan, ShowPlan
from moa_lsp.runs.preparation import ActionRequest, prepare
from moa_lsp.runs.run import Execution
from moa_lsp.runs.runtime_config import RuntimeConfig
from moa_lsp.runs.workspace_view import WorkspaceView
from moa_lsp.syntax.languages import by_path
from moa_lsp.task import Snapshot
from moa_lsp.workspace.gather import WorkspaceContext


@dataclass(frozen=True, slots=True)
class QuestionResult:
    """What came of a question.

    Attributes:
        answer: the file's new text, or what fills the gap; ``None`` with a ``reason``.
        seconds: as-if latency.
        agents: who proposed, with what came of it.
        proposals: answers that each usable proposal alone would have given, by agent.
        cost_usd: as-if cost.
        paid: USD that were really spent.
        faults: what the infrastructure failed with: with any, nothing else here counts.
        prompt: what was asked first.
    """

    answer: str | None
    reason: str = ""
    seconds: float = 0.0
    agents: tuple[AgentRecord, ...] = ()
    proposals: Mapping[str, str] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    cost_usd: float = 0.0
    cost_known: bool = True
    paid: float = 0.0
    faults: tuple[str, ...] = ()
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One task to be asked of one mix.

    Attributes:
        runtime: whose catalogue has the mix; its providers are not asked.
        mix: name.
        sample: counts the questions of one task.
    """

    runtime: RuntimeConfig
    mix: str
    set: TaskSet
    task: BenchTask
    sample: int = 0

    @property
    def seed(self) -> str:
        """Decides what a run draws: the same for every mix, so that equal prompts stay equal."""
        return key_of([self.set.digest, self.task.id, self.sample])[:12]

    async def put(self, pool: Executor, asking: QuestionSession) -> QuestionResult:
        """Ask, in a thread of the pool and a loop of its own."""

        async def work() -> QuestionResult:
            asking.ending = ExitStack()
            # Looking around reads and parses in threads of its own, which no loop sees.
            asking.ending.enter_context(held(asyncio.get_running_loop()).hold())
            runtime = replace(self.runtime, providers=asking.providers(), accounted=False)
            ask = _filled if self.task.ask.action == COMPLETE else _acted
            try:
                found = await ask(self, runtime)
            except MoaError as error:  # the product itself says no: too large, a guarded file
                found = QuestionResult(None, str(error))
            finally:
                asking.ending.close()
            return found

        found = await virtually(pool, work)
        return replace(found, paid=asking.paid, faults=tuple(asking.faults), prompt=asking.prompt)


async def _acted(question: Question, runtime: RuntimeConfig) -> QuestionResult:
    ask = question.task.ask
    around = WorkspaceContext(
        open_documents=tuple(
            Snapshot(_uri(path), text, by_path(path)) for path, text in ask.beside.items()
        )
    )
    snapshot = Snapshot(_uri(ask.file), ask.text, by_path(ask.file))
    action_request = ActionRequest(
        ask.action,
        snapshot,
        ask.target,
        ask.instruction,
        question.mix,
        workspace=WorkspaceView(ask.file, around=around),
    )
    prepared = await asyncio.to_thread(prepare, runtime, action_request)
    prepared = replace(prepared, run=question.seed)
    execution = Execution(prepared, runtime, _unwatched)
    record, plan = await execution.go()
    answer = None if plan is None else _text(plan, ask)
    proposals = {agent: _text(prepared.plan(text), ask) for agent, text in execution.edits.items()}
    return replace(_of_record(record), answer=answer, proposals=_whole(proposals))


async def _filled(question: Question, runtime: RuntimeConfig) -> QuestionResult:
    ask = question.task.ask
    place = CursorContext(_uri(ask.file), ask.text, ask.target.start, by_path(ask.file))
    chosen = choose_inline(runtime.catalog, language=place.language, requested=question.mix)
    inline_runner = InlineRunner(runtime, chosen.mix, extra=tuple(ask.beside.items()))
    races: list[Race] = []
    ended = asyncio.Event()

    def begin(place: CursorContext, trigger: Trigger) -> Race:
        race = inline_runner.begin(place, trigger)
        races.append(race)
        return race

    async def carry(race: Race) -> None:
        try:
            await inline_runner.carry(race)
        finally:
            ended.set()

    clock = asyncio.get_running_loop().time
    completer = Completer()
    try:
        offered = await completer.complete(
            CompletionRequest(place, "invoked", begin, carry, 0.0, chosen.hash)
        )
        seconds = clock()
        if races:  # what is shown ends nobody's answer: the others come too, and cost
            await ended.wait()
    finally:
        await completer.close()
    agents = tuple(record for race in races for record in race.records)
    cost = cost_of(agents)
    why = "; ".join(offered.failures) or offered.reason or "no agent has anything for it"
    return QuestionResult(
        offered.offers[0].text if offered.offers else None,
        "" if offered.offers else why,
        seconds,
        agents,
        {each.agent: each.text for race in races for each in race.offers()},
        cost.usage,
        cost.usd,
        cost.known,
    )


def _of_record(record: RunRecord) -> QuestionResult:
    return QuestionResult(
        None,
        record.reason or "",
        record.seconds,
        record.proposals,
        {},
        record.usage,
        record.cost_usd,
        record.cost_known,
    )


def _text(plan: Plan, ask: TaskRequest) -> str | None:
    """The file as a plan leaves it; ``None`` where it is to be shown and not edited."""
    if isinstance(plan, ShowPlan):
        return None
    texts = plan.texts(ask.file)
    return next((each.after for each in texts if each.path == ask.file), ask.text)


def _whole(proposals: Mapping[str, str | None]) -> dict[str, str]:
    return {agent: text for agent, text in proposals.items() if text is not None}


def _uri(path: str) -> str:
    """Of a file that is nowhere: nothing can be read beside it."""
    return f"bench:///{quote(path)}"


def _unwatched(_progress: MixProgress) -> None:
    """Nobody looks at the progress of one question."""
