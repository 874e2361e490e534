"""From a prepared run to a finished one: one pipeline for editor, command line and bench.

``Execution`` runs it within the accounts and gives the record and the plan. Nothing here applies
anything.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from moa_lsp.config.prices import Pricer
from moa_lsp.context.collect import ContextBundle
from moa_lsp.errors import RunError
from moa_lsp.mix.engine import Run
from moa_lsp.mix.inner_run import MixOutcome
from moa_lsp.mix.layer import AgentAnswer
from moa_lsp.mix.progress import Follow, Watch
from moa_lsp.mix.proposed_form import proposed_form
from moa_lsp.mix.record import Aggregation, RunRecord, RunState, cost_of, rejections
from moa_lsp.mix.summary import failures
from moa_lsp.providers.base import Request, prompt_bytes
from moa_lsp.providers.lazy import ConnectionWarmup
from moa_lsp.runs import limits
from moa_lsp.runs.accounting import RunAccounting, RunCallbacks, RunSpec
from moa_lsp.runs.authorship import author_of
from moa_lsp.runs.diagnostics import not_mended
from moa_lsp.runs.plan import EditPlan, Plan, ShowPlan
from moa_lsp.runs.preparation import PreparedRun
from moa_lsp.runs.runtime_config import RuntimeConfig
from moa_lsp.runs.verification import NoTests, verification_of
from moa_lsp.store.cache import CachedResult
from moa_lsp.verification.verdict import TestVerdict

if TYPE_CHECKING:
    from moa_lsp.verification.project_tests import ProjectTests

NO_MODEL_HINT = (
    "a free instruction needs a model; "
    "`moa-lsp mix list` shows which mixes are ready and what the others lack"
)


@dataclass(slots=True)
class Execution:
    """One run of a prepared wish; its record can be read while it goes on.

    Attributes:
        accounts: what holds it to a budget, may know its result, and writes it down; used for a
            setup that is accounted for.
        follow: hears what is being written, and by whom.
        looks: reads files and gives what takes the place of ``prepared``, which is a draft then.
    """

    prepared: PreparedRun
    runtime: RuntimeConfig
    watch: Watch
    accounts: RunAccounting | None = None
    follow: Follow | None = None
    looks: Callable[[], PreparedRun] | None = None
    _pricer: Pricer = field(init=False)
    _run: Run = field(init=False)
    _bundle: ContextBundle = field(init=False)
    _started: float | None = None

    def __post_init__(self) -> None:
        self._take(self.prepared)

    def _take(self, prepared: PreparedRun) -> None:
        self.prepared = prepared
        catalog = self.runtime.catalog
        self._pricer = Pricer(catalog.settings, catalog.providers)
        self._run = Run(
            prepared.mix.mix,
            prepared.action,
            prepared.task,
            self.runtime.providers,
            self.watch,
            self._pricer,
            seed=prepared.origin or prepared.run,
            window=self._window,
            follow=self.follow,
            bound=self._bound,
        )

    async def go(self) -> tuple[RunRecord, Plan | None]:
        """Run the mix and plan its edit, or find both in the accounts.

        Returns:
            The record, and the plan unless there is nothing to do. A failed run is a record too.

        Raises:
            BudgetExceeded: it could cost more than was agreed to; nobody was asked.
            UsageError: the target is too large to be shown, or what lies around the document
                forbids the run; nobody was asked.
        """
        self._started = asyncio.get_running_loop().time()
        if self.looks is not None:
            self._take(await asyncio.to_thread(self.looks))
        prepared = self.prepared
        self._bundle = await prepared.shown(self.runtime).bundle()
        self._run.bundle = self._bundle
        if self.accounts is None or not self.runtime.accounted:
            return await self._ask()
        case = RunSpec(
            prepared.run,
            prepared.action,
            prepared.task,
            prepared.mix.mix,
            self.runtime.catalog,
            self._bundle,
        )
        return await self.accounts.carry_out(
            case, RunCallbacks(self._ask, self._revive, self.record)
        )

    async def _ask(self) -> tuple[RunRecord, Plan | None]:
        """Ask the mix."""
        mix, warming = self.prepared.mix.mix, ConnectionWarmup()
        tests = self._begin_tests()
        # Connections open while prices and prompts are looked up, and the aggregator's while the
        # proposers are at work.
        warming.begin(self.runtime.providers, mix)
        try:
            # The first price that is looked up reads the library's data: not on the loop.
            await asyncio.to_thread(self._pricer.learn, mix.models)
            outcome = await self._run.go()
        finally:
            await warming.end()
            if tests is not None:
                await tests.close()
        failed = tuple(failures(self._run.proposals)) if outcome.text is not None else ()
        warnings = self._bundle.warnings + outcome.warnings + failed
        record = replace(self.record(), aggregation=outcome.aggregation, warnings=warnings)
        if outcome.text is None:
            state: RunState = "done" if outcome.unchanged else "failed"
            return replace(record, state=state, reason=self._why(outcome)), None
        planned, plan = await self._plan(record, outcome.text)
        if isinstance(plan, EditPlan) and plan.created:
            try:
                await asyncio.to_thread(self.prepared.workspace.places_for, plan.created)
            except RunError as error:
                return replace(record, state="failed", reason=str(error)), None
        return planned, plan

    def _begin_tests(self) -> "ProjectTests | NoTests | None":
        """Let the unchanged text be tested while proposers are at work, where tests are wanted."""
        prepared, runtime = self.prepared, self.runtime
        tests = verification_of(
            prepared.task,
            prepared.mix.mix,
            runtime.catalog.settings,
            prepared.workspace,
            runtime.verification,
        )
        self._run.tests = tests
        if tests is not None:
            tests.begin()
        return tests

    def test_verdict(self, text: str) -> TestVerdict | None:
        """What tests said of an answer, ``None`` where they were not run or said nothing."""
        return self._run.tests.known(text) if self._run.tests is not None else None

    async def _revive(self, kept: CachedResult) -> tuple[RunRecord, Plan | None]:
        """Plan the edit of a result that was found before."""
        settled = Aggregation(kept.by, kept.model)
        record = replace(self.record(), aggregation=settled, warnings=kept.warnings)
        return await self._plan(record, kept.text)

    async def _plan(self, record: RunRecord, text: str) -> tuple[RunRecord, Plan]:
        """As ``_planned``, off the event loop where that takes long: it parses the document."""
        task = self.prepared.task
        reads_markdown = task.output == "document"
        if reads_markdown or len(task.snapshot.text) + len(text) >= limits.PLANNED_INLINE_CHARS:
            return await asyncio.to_thread(self._planned, record, text)
        return self._planned(record, text)

    def _planned(self, record: RunRecord, text: str) -> tuple[RunRecord, Plan]:
        plan = self.prepared.plan(text)
        warnings = record.warnings + plan.warnings
        # Whoever shows the record shows Markdown.
        said = plan.text if isinstance(plan, ShowPlan) else text
        author = author_of(
            self.prepared.task, text, record.aggregation, self.answers, self.syntheses
        )
        return replace(record, state="done", text=said, warnings=warnings, author=author), plan

    def _bound(self, model: str, request: Request) -> float | None:
        """What a request to a model costs at most."""
        return self._pricer.bound(model, prompt_bytes(request), request.max_tokens)

    def _window(self, model: str) -> int | None:
        """What the user's configuration says of a model's window."""
        facts = self.runtime.catalog.settings.models.get(model)
        return facts.context if facts else None

    @property
    def edits(self) -> dict[str, str]:
        """Every usable proposal that an edit can be made of, by agent."""
        worded = proposed_form(self.prepared.task, self.prepared.mix.mix) == "sketch"
        return {} if worded else self._run.texts

    @property
    def answers(self) -> tuple[AgentAnswer, ...]:
        """Every seat asked so far, with what was written; none where the result was kept."""
        return self._run.answers

    @property
    def syntheses(self) -> tuple[AgentAnswer, ...]:
        """Every model that was to write the result so far, with what it wrote."""
        return self._run.syntheses

    def stop_waiting(self) -> int:
        """As ``Run.stop_waiting``."""
        return self._run.stop_waiting()

    def record(self) -> RunRecord:
        """What can be said of the run now, before its end or after it was cancelled."""
        mix, run = self.prepared.mix.mix, self._run
        now = asyncio.get_running_loop().time()
        agents = run.proposals + run.aggregators
        cost = cost_of(agents)
        return RunRecord(
            self.prepared.run,
            self.prepared.action.id,
            mix.name,
            mix.hash,
            seconds=0.0 if self._started is None else now - self._started,
            proposals=run.proposals,
            usage=cost.usage,
            cost_usd=cost.usd,
            cost_known=cost.known,
            cost_estimated=cost.estimated,
            rejected=rejections(agents),
        )

    def _why(self, outcome: MixOutcome) -> str:
        if outcome.unchanged:
            return "the mix found nothing to change" + not_mended(self.prepared.task)
        declined = all(each.state == "declined" for each in self._run.proposals)
        if declined and self.prepared.task.instruction:
            return NO_MODEL_HINT
        return outcome.reason or "the mix gave no result"
