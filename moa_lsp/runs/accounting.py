"""A run's accounts: the budget before it, kept and shared results around it, the ledger after it.

* Nothing is asked before its worst case is set aside (``store/budget.py``).
* A kept or shared result is checked like a new answer, sanitiser included, against this run's
  own task; one that does not pass counts as not found.
* Mixes of embedded agents alone are free and quick: they are neither kept nor shared. Nor are
  runs in which secrets were hidden: their results have them; nor those whose answers are tested.
* A run is written down once, by whoever spends: one that shares another's result costs nothing.
* Writing never delays a result; ``close`` waits for it.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import asdict, dataclass, replace
from itertools import chain
from typing import Any

from moa_lsp import limits
from moa_lsp.actions import render
from moa_lsp.actions.definition import Action
from moa_lsp.actions.view import PromptView
from moa_lsp.config.estimate import Estimate, worst_case
from moa_lsp.config.mixes import Layer, Mix
from moa_lsp.config.resolve import Catalog, is_embedded
from moa_lsp.config.steps import asking
from moa_lsp.context.collect import ContextBundle
from moa_lsp.mix.aggregation import LEAST_CHECKS
from moa_lsp.mix.judge import Judge
from moa_lsp.mix.record import AgentRecord, Aggregation, RunRecord
from moa_lsp.providers.base import Reply
from moa_lsp.runs.plan import Plan
from moa_lsp.runs.verification import is_tested
from moa_lsp.store.budget import DayBudget, SpendingLimits
from moa_lsp.store.cache import CachedResult, ResultCache, key
from moa_lsp.store.database import Tell
from moa_lsp.store.days import Clock, days_around, wall_clock
from moa_lsp.store.ledger import RESULT, Ledger, Totals, entry
from moa_lsp.store.locations import StoreLocations, users_places
from moa_lsp.store.single_flight import SingleFlight
from moa_lsp.task import Task

KEPT_NOTE = "an earlier result for the same text; no model was asked"
"""Among a run's warnings when its result was kept."""

Finished = tuple[RunRecord, Plan | None]
"""What a run ends with."""


@dataclass(frozen=True, slots=True)
class RunSpec:
    """What the accounts must know of a run before it begins.

    Attributes:
        bundle: what models are shown; ``None`` of a gap, whose result is not kept here.
    """

    run: str
    action: Action
    task: Task
    mix: Mix
    catalog: Catalog
    bundle: ContextBundle | None = None

    @property
    def embedded(self) -> bool:
        """Whether no model is asked."""
        return is_embedded(self.mix, self.catalog.providers)

    @property
    def keeps(self) -> bool:
        """Whether its result may be kept: never one whose text holds a secret of the document."""
        settings = self.catalog.settings
        tested = is_tested(self.task, self.mix, settings)  # by more files than a key holds
        if self.bundle is None or self.embedded or tested:
            return False
        wanted = self.mix.cache and settings.cache.enabled
        return wanted and not self.bundle.veil.count


@dataclass(frozen=True, slots=True)
class RunCallbacks:
    """How a run is done.

    Attributes:
        execute: asks the mix and plans the edit.
        revive: the same from a kept result, which has been checked.
        now: what can be said of the run at this moment.
    """

    execute: Callable[[], Coroutine[Any, Any, Finished]]
    revive: Callable[[CachedResult], Awaitable[Finished]]
    now: Callable[[], RunRecord]


class RunAccounting:
    """The accounts of one process; belongs to one event loop.

    Args:
        places: where they are kept, ``None`` for memory alone. Nothing is opened before it is
            used.
        tell: hears what the user should know, each sentence once.
        clock: the wall clock.
    """

    def __init__(
        self, places: StoreLocations | None, tell: Tell, clock: Clock = wall_clock
    ) -> None:
        self._ledger = Ledger(places.ledger if places else None, tell, clock)
        self._budget = DayBudget(self._ledger.database, clock)
        self._cache = ResultCache(places.cache if places else None, tell, clock)
        self._flight: SingleFlight[Finished | CachedResult] = SingleFlight()
        self._keeping: dict[str, CachedResult] = {}
        self._tell = tell
        self._clock = clock
        self._unpriced: set[str] = set()
        self._writing: set[asyncio.Task[Any]] = set()
        self._runs: set[asyncio.Future[None]] = set()

    @classmethod
    def of_user(cls, tell: Tell) -> "RunAccounting":
        """The user's own, shared with the user's other servers."""
        return cls(users_places(), tell)

    @property
    def session(self) -> Totals:
        """Sums over the runs of this process."""
        return self._ledger.session

    async def carry_out(self, case: RunSpec, work: RunCallbacks) -> Finished:
        """Do a run, or find its result, and write it down.

        Raises:
            BudgetExceeded: it could cost more than was agreed to; nothing was asked.
            MoaError: what ``execute`` raises.
        """
        ended = asyncio.get_running_loop().create_future()
        self._runs.add(ended)
        try:
            return await self._carried_out(case, work)
        finally:
            self._runs.discard(ended)
            ended.set_result(None)

    async def _carried_out(self, case: RunSpec, work: RunCallbacks) -> Finished:
        if not case.keeps:
            return await self._spend(case, work)
        name = await asyncio.to_thread(case_key, case)
        # Looking, asking and keeping are one flight: who comes later joins it or finds what it
        # kept, and nobody pays twice.
        found, mine = await self._flight.share(name, lambda: self._found(case, work, name))
        if isinstance(found, CachedResult):
            return self._free(case, await work.revive(found))
        if mine:
            return found
        kept = _worth_keeping(found)
        if kept is None:
            ended = found[0]
            return self._free(case, (replace(work.now(), state=ended.state, reason=ended.reason),
                                     None))  # fmt: skip
        return self._free(case, await work.revive(kept))

    async def _found(
        self, case: RunSpec, work: RunCallbacks, name: str
    ) -> Finished | CachedResult:
        """What is kept for a run, or what it finds, which is then kept."""
        days = case.catalog.settings.cache.days
        known = self._keeping.get(name) or await self._cache.get(name, days)
        if known is not None and await _passes(case.task, known):
            return replace(known, warnings=(*known.warnings, KEPT_NOTE))
        finished = await self._spend(case, work)
        kept = _worth_keeping(finished)
        if kept is not None and not _degraded(finished[0]):
            self._keeping[name] = kept  # nobody waits for the disk, and nobody asks meanwhile
            self._write(self._keep(name, kept, days))
        return finished

    async def _keep(self, name: str, kept: CachedResult, days: int) -> None:
        try:
            await self._cache.put(name, kept, days)
        finally:
            del self._keeping[name]

    def taken(self, run: str, agent: str = RESULT) -> None:
        """Note whose text was put into a run's target: the result's, an agent's, or the old."""
        self._write(self._ledger.take(run, agent))

    def note(self, case: RunSpec, record: RunRecord) -> None:
        """Write down a run that nobody had to pay for."""
        self._append(case, record)

    async def accepted(self, run: str) -> bool:
        """Note that a run's completion was accepted; false when nothing is known of the run."""
        await self._written()
        return await self._ledger.take(run)

    async def usage(self) -> dict[str, Any]:
        """Sums of this session and of today, as plain JSON values (``moa.usage``).

        ``today`` also says what is charged to the budget: ``charged_usd`` for runs that ended,
        ``reserved_usd`` for those at work or cut off.
        """
        await self._written()
        today, charged = await self._ledger.today(), await self._budget.today()
        return {
            "session": self.session.as_json(),
            "today": {
                "day": days_around(self._clock(), 0)[0],
                **today.as_json(),
                "charged_usd": round(charged.spent, 9),
                "reserved_usd": round(charged.held, 9),
            },
        }

    async def close(self) -> None:
        """Write what is to be written and close the files; safe to call twice.

        Runs that are being cancelled at the same time are still written down.
        """
        if self._runs:
            await asyncio.wait(set(self._runs), timeout=limits.CLOSE_GRACE_S / 2)
        await self._written()
        await self._cache.close()
        await self._ledger.close()

    async def _spend(self, case: RunSpec, work: RunCallbacks) -> Finished:
        """Do a run within the budget."""
        settings = case.catalog.settings
        worst = await asyncio.to_thread(_worst, case, case.mix)
        per_mix_run = case.mix.budget.usd if case.mix.budget else None
        budget = settings.budget
        agreed = SpendingLimits(
            budget.usd_per_run,
            budget.usd_per_day,
            case.mix.name,
            per_mix_run,
            budget.without_ledger,
        )
        async with self._budget.reserved(case.run, worst.usd, agreed) as reservation:
            self._warn_of(worst)
            record = None
            try:
                record, plan = await work.execute()
            except asyncio.CancelledError:
                record = replace(work.now(), state="cancelled")
                raise
            finally:
                if record is None:
                    record = replace(work.now(), state="failed")
                reservation.settle(charge(case, record, worst.usd))
                self._append(case, record)
        return record, plan

    def _warn_of(self, worst: Estimate) -> None:
        for model in worst.unknown:
            if model not in self._unpriced:
                self._unpriced.add(model)
                self._tell(
                    f"what {model} can cost is not known, so no budget can hold a run of it back; "
                    "state its price and max_output under `models:` in config.yaml"
                )

    def _free(self, case: RunSpec, finished: Finished) -> Finished:
        """Write down a run that asked nobody."""
        self._append(case, finished[0])
        return finished

    def _append(self, case: RunSpec, record: RunRecord) -> None:
        offered = record.text is not None and case.action.output != "document"
        language = case.task.snapshot.language
        self._write(self._ledger.append(entry(record.as_json(), language, offered=offered)))

    def _write(self, writing: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(writing)
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _written(self) -> None:
        while self._writing:
            await asyncio.wait(set(self._writing))


def settled(kept: CachedResult) -> Aggregation:
    """How a kept result was settled when it was new."""
    return Aggregation(kept.by, kept.model)


def charge(case: RunSpec, record: RunRecord, worst_usd: float | None) -> float:
    """What a run is charged: what it cost, and for what nobody told us the most it can be.

    A request that was cut off may be billed, and one that failed while its answer came or was
    made; one that failed before a model was at work is not, by any provider that we know.
    """
    if not worst_usd:
        return record.cost_usd
    unsure = [each for each in record.proposals if _may_be_billed(each)]
    bounds = [_bound(case, each.agent) for each in unsure]
    aggregates = bool(asking(case.mix.aggregator))
    proposed = any(each.state == "ok" for each in record.proposals)
    hidden = record.state == "cancelled" and aggregates and proposed
    hidden = hidden or not (unsure or record.cost_known or record.cost_estimated)
    known = [bound for bound in bounds if bound is not None]
    if hidden or len(known) < len(bounds):
        return max(worst_usd, record.cost_usd)
    return max(min(record.cost_usd + math.fsum(known), worst_usd), record.cost_usd)


def _may_be_billed(agent: AgentRecord) -> bool:
    if agent.cost_usd is not None or agent.uncounted:
        return agent.uncounted
    return agent.state in ("late", "cancelled") or agent.first_token_seconds is not None


def _bound(case: RunSpec, slot: str) -> float | None:
    """The most that one proposal of a seat costs, ``None`` when it is not of this mix's own."""
    name = slot.partition("#")[0]
    for agent in case.mix.agents:
        if agent.id == name and agent.sees == "task" and name:
            alone = agent.model_copy(update={"samples": 1, "fallbacks": ()})
            single = replace(case.mix, layers=(Layer(agents=(alone,)),), aggregator=())
            return _worst(case, single).usd
    return None


def _worst(case: RunSpec, mix: Mix) -> Estimate:
    return worst_case(mix, case.catalog.settings, case.catalog.providers)


def case_key(case: RunSpec) -> str:
    """The key of everything that decides a run's result (A23 in docs/faults.md).

    Raises:
        ValueError: it is not known what models are shown.
    """
    if case.bundle is None:
        raise ValueError("a gap has no key: its result is not kept")
    task, providers = case.task, case.catalog.providers
    names = sorted({model.partition("/")[0] for model in case.mix.models})
    view = case.bundle.view
    tag = _tag(view)
    asked = render.messages(case.action, view, tag=tag)
    # Agents that see the layer before read what an aggregator reads.
    parts = dict.fromkeys(["aggregate", *(step.prompt for step in asking(case.mix.aggregator))])
    about = [render.aggregator_messages(case.action, view, [""], tag=tag, part=p) for p in parts]
    shown_proposals = chain.from_iterable(about)
    # The same texts are the same task.
    snapshot = replace(task.snapshot, version=None, opened=0)
    files = tuple(
        replace(each, snapshot=replace(each.snapshot, version=None, opened=0))
        for each in task.files
    )
    return key({
        "mix": case.mix.hash,
        "origins": {
            name: [providers[name].api, providers[name].base_url]
            for name in names if name in providers
        },
        "models": {
            model: facts.model_dump(mode="json")
            for model in case.mix.models
            if (facts := case.catalog.settings.models.get(model)) is not None
        },
        "action": asdict(case.action),
        "messages": [asdict(each) for each in (*asked, *shown_proposals)],
        "task": asdict(replace(task, snapshot=snapshot, files=files)),
    })  # fmt: skip


def _tag(view: PromptView) -> str:
    """The same tag for the same texts, in none of which it occurs."""
    number = 0
    while render.is_in(f"{number:08x}", view):
        number += 1
    return f"{number:08x}"


async def _passes(task: Task, kept: CachedResult) -> bool:
    """Whether a kept text would be taken from an agent now."""
    if len(kept.text) > limits.MAX_ANSWER_CHARS:
        return False
    judge = Judge(task)
    found = await judge.usable(Reply(kept.text, exact=True))
    return found.text is not None and await judge.fault(found.text, LEAST_CHECKS) is None


def _worth_keeping(finished: Finished) -> CachedResult | None:
    """A run's result as it may be used for the same task again."""
    record, plan = finished
    settled = record.aggregation
    if plan is None or record.text is None or settled is None or record.state != "done":
        return None
    told = tuple(each for each in record.warnings if each not in plan.warnings)
    return CachedResult(record.text, settled.by, settled.model, told)


def _degraded(record: RunRecord) -> bool:
    """Whether the same mix might do better a minute later."""
    fell_back = record.aggregation is not None and record.aggregation.fallback is not None
    return fell_back or any(each.state in ("failed", "cancelled") for each in record.proposals)
