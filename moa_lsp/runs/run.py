"""From what a user asked to a finished run: one pipeline for editor, command line and bench.

``prepare`` turns a wish into a task for a mix, or says what is wrong with it; ``Execution`` runs
it within the accounts and gives the record and the plan. Nothing here applies anything.
"""

import asyncio
import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path

from moa_lsp import limits as shared_limits
from moa_lsp.actions.definition import Action
from moa_lsp.answers.comment import has_comments
from moa_lsp.config.prices import Pricer
from moa_lsp.config.resolve import ResolvedMix, choose, is_embedded
from moa_lsp.context.collect import ContextBundle
from moa_lsp.context.target import Target, resolve_target
from moa_lsp.errors import RunError, UsageError
from moa_lsp.limits import MAX_SHOWN_CHARS
from moa_lsp.mix.engine import MixOutcome, Run
from moa_lsp.mix.layer import AgentAnswer
from moa_lsp.mix.progress import Follow, Watch
from moa_lsp.mix.proposed_form import proposed_form
from moa_lsp.mix.record import Aggregation, RunRecord, RunState, cost_of, rejections
from moa_lsp.mix.summary import failures
from moa_lsp.providers.base import Request, prompt_bytes
from moa_lsp.providers.lazy import ConnectionWarmup
from moa_lsp.runs import limits
from moa_lsp.runs import plan as plans
from moa_lsp.runs.accounting import RunAccounting, RunCallbacks, RunSpec
from moa_lsp.runs.authorship import author_of
from moa_lsp.runs.plan import EditPlan, Plan, ShowPlan
from moa_lsp.runs.prompting import PromptBuilder
from moa_lsp.runs.runtime_config import RuntimeConfig
from moa_lsp.runs.workspace_view import WorkspaceView
from moa_lsp.store.cache import CachedResult
from moa_lsp.syntax import python_version
from moa_lsp.syntax.imports import ProjectImports
from moa_lsp.task import Diagnostic, Snapshot, Task
from moa_lsp.text.lines import LineIndex
from moa_lsp.text.sanitize import escape
from moa_lsp.text.span import Span
from moa_lsp.workspace import related_files

SHOWN_DIAGNOSTICS = 3
"""Reports that a run which mended none of them names; a sentence holds no more."""

NO_MODEL_HINT = (
    "a free instruction needs a model; "
    "`moa-lsp mix list` shows which mixes are ready and what the others lack"
)


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """What was asked for.

    Attributes:
        selection: offsets in the snapshot, empty at the cursor.
        mix: a mix by name, or ``None`` for the configured one.
        workspace: what lies around the document.
    """

    action: str
    snapshot: Snapshot
    selection: Span
    instruction: str = ""
    mix: str | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    workspace: WorkspaceView = field(default_factory=WorkspaceView)


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """A wish that can be run.

    Attributes:
        workspace: as in ``ActionRequest``.
        new_file: where a ``new_file`` action's answer goes.
        project: what modules and dependencies the document's project knows.
        diagnostics: all that tools said of the document.
        origin: the first run of those that refine one another, ``""`` of a first one; all mark
            data with the same words, so that their prompts begin alike.
    """

    run: str
    action: Action
    task: Task
    mix: ResolvedMix
    workspace: WorkspaceView = field(default_factory=WorkspaceView)
    new_file: Path | None = None
    project: ProjectImports = field(default_factory=ProjectImports)
    diagnostics: tuple[Diagnostic, ...] = ()
    origin: str = ""

    def plan(self, answer: str) -> Plan:
        """What an answer that the mix settled on would do."""
        return plans.make(self.task, answer, self.project, self.new_file)

    def shown(self, runtime: RuntimeConfig) -> PromptBuilder:
        """What its models are to be shown."""
        catalog, mix = runtime.catalog, self.mix.mix
        providers, around = dict(catalog.providers), self.workspace.around
        return PromptBuilder(
            self.action, self.task, mix, catalog.settings, providers, around, self.diagnostics
        )


def prepare(
    runtime: RuntimeConfig, action_request: ActionRequest, *, shows: bool = False
) -> PreparedRun:
    """Choose the mix and the target. Reads files, so not on the event loop.

    Args:
        runtime: what runs are made of.
        action_request: what was asked for.
        shows: whether the document is to be shown even where the mix asks no model.

    Raises:
        UsageError: the action or mix does not exist, the mix lacks a key, the document is too
            large or may not be shown or worked on, or there is nothing to work on.
    """
    action = runtime.actions.get(action_request.action)
    if action is None:
        names = ", ".join(sorted(runtime.actions))
        raise UsageError(f"there is no action `{action_request.action}`; choose one of {names}")
    _check_sizes(action_request)
    workspace, context = action_request.workspace, runtime.catalog.settings.context
    mix = choose(
        runtime.catalog,
        action=action.id,
        language=action_request.snapshot.language,
        path=workspace.path,
        requested=action_request.mix,
    )
    if mix.missing:
        raise UsageError(f"the mix `{mix.mix.name}` is not ready: {'; '.join(mix.missing)}")
    shown = shows or not is_embedded(mix.mix, runtime.catalog.providers)
    workspace.check_allowed(action_request.snapshot.uri, context, shown=shown)
    found = resolve_target(
        action,
        action_request.snapshot,
        action_request.selection,
        instructed=bool(action_request.instruction.strip()),
    )
    _check_target(action, action_request.snapshot, found)
    task = Task(
        action.id,
        found.output,
        action_request.snapshot,
        found.target,
        action_request.selection.start,
        action_request.instruction.strip(),
        _touching(action_request.diagnostics, found.target),
        found.symbol,
    )
    place = workspace.test_file(action_request.snapshot) if action.output == "new_file" else None
    others = workspace.related_files(action_request.snapshot, context)
    may_create = workspace.folder is not None
    task = related_files.add_related_files(
        action, task, workspace.path, others, may_create=may_create
    )
    project = ProjectImports()
    if found.output not in ("document", "comment"):
        project = workspace.project(action_request.snapshot.uri)
    if action_request.snapshot.language == "python":
        task = replace(task, python=python_version.lowest(project.manifests))
    said = action_request.diagnostics
    return PreparedRun(secrets.token_hex(6), action, task, mix, workspace, place, project, said)


def _check_target(action: Action, snapshot: Snapshot, found: Target) -> None:
    """Refuse what no answer can help, before it is paid for."""
    if action.output == "comment" and not has_comments(snapshot.language):
        raise UsageError(f"no syntax for comments is known for {snapshot.language}; use explain")
    region = snapshot.text[found.target.start : found.target.end]
    if action.output != "insert" and not region.strip():
        raise UsageError(f"there is no code here for {action.id}; select the code that you mean")


def _check_sizes(action_request: ActionRequest) -> None:
    if len(action_request.instruction) > shared_limits.MAX_INSTRUCTION_CHARS:
        raise UsageError(
            f"the instruction is longer than {shared_limits.MAX_INSTRUCTION_CHARS:,} characters; "
            "shorten it"
        )
    size = len(action_request.snapshot.text)
    if size > shared_limits.MAX_DOCUMENT_CHARS:
        raise UsageError(
            f"the document is larger than {shared_limits.MAX_DOCUMENT_CHARS:,} characters; "
            "no action is run on it"
        )
    marked = action_request.selection.start != action_request.selection.end
    if size > shared_limits.SELECTION_ONLY_CHARS and not marked:
        raise UsageError(
            f"the document is larger than {shared_limits.SELECTION_ONLY_CHARS:,} characters; "
            "select the part that you mean"
        )


@dataclass(slots=True)
class Execution:
    """One run of a prepared wish; its record can be read while it goes on.

    Attributes:
        accounts: what holds it to a budget, may know its result, and writes it down; used for a
            setup that is accounted for.
        follow: hears what is being written, and by whom.
    """

    prepared: PreparedRun
    runtime: RuntimeConfig
    watch: Watch
    accounts: RunAccounting | None = None
    follow: Follow | None = None
    _pricer: Pricer = field(init=False)
    _run: Run = field(init=False)
    _bundle: ContextBundle = field(init=False)
    _started: float | None = None

    def __post_init__(self) -> None:
        prepared = self.prepared
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
            UsageError: the target is too large to be shown; nobody was asked.
        """
        self._started = asyncio.get_running_loop().time()
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
        # Connections open while prices and prompts are looked up, and the aggregator's while the
        # proposers are at work.
        warming.begin(self.runtime.providers, mix)
        try:
            # The first price that is looked up reads the library's data: not on the loop.
            await asyncio.to_thread(self._pricer.learn, mix.models)
            outcome = await self._run.go()
        finally:
            await warming.end()
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
            return "the mix found nothing to change" + _not_mended(self.prepared.task)
        declined = all(each.state == "declined" for each in self._run.proposals)
        if declined and self.prepared.task.instruction:
            return NO_MODEL_HINT
        return outcome.reason or "the mix gave no result"


def _not_mended(task: Task) -> str:
    """What tools said of the target, which stays when nothing changes."""
    index = LineIndex(task.snapshot.text)
    said = []
    for each in task.diagnostics[:SHOWN_DIAGNOSTICS]:
        message = escape(each.message, MAX_SHOWN_CHARS)
        said.append(f"line {index.line_of(each.span.start) + 1}: {message}")
    more = len(task.diagnostics) - len(said)
    told = "; ".join([*said, f"{more} more"] if more else said)
    return f"; not mended: {told}" if told else ""


def _touching(diagnostics: tuple[Diagnostic, ...], target: Span) -> tuple[Diagnostic, ...]:
    return tuple(
        each
        for each in diagnostics
        if each.span.start <= target.end and target.start <= each.span.end
    )
