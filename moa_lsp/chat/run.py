"""One chat from its messages to the answer: within the budget, through the engine, in the ledger.

As ``runs.run`` for actions; there is no target and no plan, so that the answer is the result.
"""

import asyncio
import secrets
from dataclasses import dataclass, field, replace

from moa_lsp.actions.definition import Action
from moa_lsp.actions.view import PromptView
from moa_lsp.chat.answer_bounds import NO_BOUNDS, AnswerBounds, bounded
from moa_lsp.chat.judge import CUT_OFF, ChatJudge
from moa_lsp.config.apis import SPOKEN_APIS
from moa_lsp.config.mixes import Mix
from moa_lsp.config.prices import Pricer
from moa_lsp.config.resolve import ResolvedMix, choose
from moa_lsp.config.steps import asking
from moa_lsp.context.collect import ContextBundle
from moa_lsp.context.redaction import veil_conversation
from moa_lsp.errors import UsageError
from moa_lsp.mix.engine import Run
from moa_lsp.mix.progress import Follow, Watch
from moa_lsp.mix.record import RunRecord, cost_of, rejections
from moa_lsp.providers.base import Request, prompt_bytes
from moa_lsp.providers.lazy import ConnectionWarmup
from moa_lsp.runs.accounting import Finished, RunAccounting, RunCallbacks, RunSpec, settled
from moa_lsp.runs.plan import ShowPlan
from moa_lsp.runs.runtime_config import RuntimeConfig
from moa_lsp.store.cache import CachedResult
from moa_lsp.task import Conversation, Snapshot, Task, ToolCall
from moa_lsp.text.span import Span

ACTION = Action(
    id="chat",
    title="Chat",
    kind="",
    when="any",
    scope="file",
    output="document",
    prompt="",
    builtin=True,
)
"""What the accounts call it, and overrides of a mix; no user can ask for it by this name."""

TOOLLESS_APIS = SPOKEN_APIS - {"openai", "llamacpp", "mistral"}
"""Wires that pass no tools on: they have shapes of their own for them, or none."""

IMAGE_APIS = frozenset({"openai", "mistral"})
"""Wires that pass images on, in the shape in which they come."""


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """What a chat ended with.

    Attributes:
        cut_off: whether the answer reached its length limit.
    """

    record: RunRecord
    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    cut_off: bool = False


def chat_mix(runtime: RuntimeConfig, name: str, conversation: Conversation) -> ResolvedMix:
    """The mix that answers a chat.

    Raises:
        UsageError: there is no such mix, it is not ready, or it cannot do what is asked.
    """
    mix = choose(runtime.catalog, action=ACTION.id, language="markdown", path="", requested=name)
    if mix.missing:
        raise UsageError(f"the mix `{mix.name}` is not ready: {'; '.join(mix.missing)}")
    if conversation.tools is not None:
        _check_tools(runtime, mix.mix, conversation.tools.fields.get("tool_choice"))
    if any(each.images for each in conversation.messages):
        _check_images(runtime, mix.mix)
    return mix


def _check_images(runtime: RuntimeConfig, mix: Mix) -> None:
    """Refuse images that not every model of a mix takes: proposals would be about other things."""
    catalog = runtime.catalog
    for model in mix.models:
        facts = catalog.settings.models.get(model)
        entry = catalog.providers.get(model.partition("/")[0])
        if facts is None or not facts.images or (entry and entry.api not in IMAGE_APIS):
            raise UsageError(
                f"not every agent of the mix `{mix.name}` takes images: {model} is not known to; "
                "send text, or set `images: true` of the model under `models:` if its API is "
                "Chat Completions and it does"
            )


def _check_tools(runtime: RuntimeConfig, mix: Mix, choice: object) -> None:
    models = [model for step in asking(mix.aggregator) if step.writes for model in step.models]
    if not models and choice not in (None, "auto", "none"):
        raise UsageError(
            f"no model of the mix `{mix.name}` writes its answer, so that nobody can call a tool; "
            "take a mix whose aggregator is a model"
        )
    providers = runtime.catalog.providers
    for model in models:
        entry = providers.get(model.partition("/")[0])
        if entry is not None and entry.api in TOOLLESS_APIS:
            raise UsageError(
                f"tools are not passed on to {model}, whose API is {entry.api}; take a mix whose "
                "aggregator speaks Chat Completions"
            )


@dataclass(slots=True)
class ChatRun:
    """One chat; its record can be read while it goes on.

    Attributes:
        accounts: as in ``runs.run.Execution``.
        run: its id.
        bounds: of the answer.
    """

    conversation: Conversation
    mix: Mix
    runtime: RuntimeConfig
    watch: Watch
    accounts: RunAccounting | None = None
    run: str = field(default_factory=lambda: secrets.token_hex(6))
    bounds: AnswerBounds = NO_BOUNDS
    bundle: ContextBundle = field(init=False)
    _judge: ChatJudge = field(init=False)
    _pricer: Pricer = field(init=False)
    _engine: Run = field(init=False)
    _task: Task = field(init=False)
    _started: float | None = None

    def __post_init__(self) -> None:
        """Hide secrets and make the engine's run.

        Raises:
            UsageError: the conversation is full of secrets.
        """
        catalog = self.runtime.catalog
        self.mix = bounded(self.mix, self.bounds.max_tokens)
        snapshot = Snapshot("untitled:chat", "", "markdown")
        self._task = Task(
            ACTION.id, "document", snapshot, Span(0, 0), 0, conversation=self.conversation
        )
        veil = veil_conversation(self._task)
        self.bundle = ContextBundle(PromptView(veil.task, "", "", ""), veil)
        self._judge = ChatJudge(self._task, veil)
        self._pricer = Pricer(catalog.settings, catalog.providers)
        self._engine = Run(
            self.mix,
            ACTION,
            self._task,
            self.runtime.providers,
            self.watch,
            self._pricer,
            seed=self.run,
            window=self._window,
            bundle=self.bundle,
            judge=self._judge,
            bound=self._bound,
        )

    def listen(self, follow: Follow) -> None:
        """Have someone hear what is being written, and by whom."""
        self._engine.follow = follow

    async def go(self) -> ChatAnswer:
        """Ask the mix, or find its answer in the cache.

        Returns:
            The answer; ``record.state`` says whether there is one.

        Raises:
            BudgetExceeded: it could cost more than was agreed to; nobody was asked.
        """
        self._started = asyncio.get_running_loop().time()
        if self.accounts is None or not self.runtime.accounted:
            record, _ = await self._ask()
            return self._answer(record)
        # An answer that calls tools is part of a dialogue that goes on elsewhere.
        kept = self.mix.cache and self.conversation.tools is None
        mix = replace(self.mix, cache=kept)
        case = RunSpec(self.run, ACTION, self._task, mix, self.runtime.catalog, self.bundle)
        record, _ = await self.accounts.carry_out(
            case, RunCallbacks(self._ask, self._revive, self.record)
        )
        return self._answer(record)

    def record(self) -> RunRecord:
        """What can be said of the run now."""
        now = asyncio.get_running_loop().time()
        agents = self._engine.proposals + self._engine.aggregators
        cost = cost_of(agents)
        return RunRecord(
            self.run,
            ACTION.id,
            self.mix.name,
            self.mix.hash,
            seconds=0.0 if self._started is None else now - self._started,
            proposals=self._engine.proposals,
            usage=cost.usage,
            cost_usd=cost.usd,
            cost_known=cost.known,
            cost_estimated=cost.estimated,
            rejected=rejections(agents),
        )

    async def _ask(self) -> Finished:
        warming = ConnectionWarmup()
        warming.begin(self.runtime.providers, self.mix)
        try:
            # The first price that is looked up reads the library's data: not on the loop.
            await asyncio.to_thread(self._pricer.learn, self.mix.models)
            outcome = await self._engine.go()
        finally:
            await warming.end()
        record = replace(self.record(), aggregation=outcome.aggregation, warnings=outcome.warnings)
        if outcome.text is None:
            reason = outcome.reason or "the mix gave no answer"
            return replace(record, state="failed", reason=reason), None
        return self._found(record, outcome.text)

    async def _revive(self, kept: CachedResult) -> Finished:
        record = replace(self.record(), aggregation=settled(kept), warnings=kept.warnings)
        return self._found(record, kept.text)

    def _found(self, record: RunRecord, text: str) -> Finished:
        plan = ShowPlan(Span(0, 0), text)
        return replace(record, state="done", text=text), plan

    def _answer(self, record: RunRecord) -> ChatAnswer:
        text = record.text or ""
        by_model = record.aggregation is not None and record.aggregation.by == "model"
        calls = self._judge.calls.get(text, ()) if by_model else ()
        # Notes on proposals name their agent first.
        cut = any(note == CUT_OFF or (not by_model and note.endswith(f": {CUT_OFF}"))
                  for note in record.warnings)  # fmt: skip
        text, stopped = self.bounds.cut(text)
        return ChatAnswer(record, text, calls, cut and not stopped)

    def _window(self, model: str) -> int | None:
        facts = self.runtime.catalog.settings.models.get(model)
        return facts.context if facts else None

    def _bound(self, model: str, request: Request) -> float | None:
        return self._pricer.bound(model, prompt_bytes(request), request.max_tokens)
