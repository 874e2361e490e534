"""Gaps filled by a mix of a setup: what is asked of whom, and what it costs.

The shell below inline completion and ``moa-lsp complete``: makes races, and runs them within the
user's accounts. A mix of embedded agents alone is free and quick: only what it found is written
down, so that keystrokes cost no file anything.
"""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from moa_lsp import limits
from moa_lsp.actions import gap_prompt as prompt
from moa_lsp.actions.definition import Action
from moa_lsp.actions.gap_prompt import GapContext
from moa_lsp.config.mixes import Agent, Mix
from moa_lsp.config.prices import Pricer
from moa_lsp.config.resolve import is_embedded
from moa_lsp.files.uris import prompt_name
from moa_lsp.inline.cursor import CursorContext, Trigger
from moa_lsp.inline.race import Race, agents_of
from moa_lsp.inline.redact_gap import masked, speaks_of_none
from moa_lsp.mix.record import RunRecord, RunState, cost_of
from moa_lsp.providers.base import Infill, Request, prompt_bytes
from moa_lsp.runs.accounting import Finished, RunAccounting, RunCallbacks, RunSpec
from moa_lsp.runs.runtime_config import RuntimeConfig
from moa_lsp.task import Snapshot, Task
from moa_lsp.text.span import Span

INLINE_LINE_TOKENS = 64
"""Asked of a model for the rest of a line."""

INLINE_BLOCK_TOKENS = 256
"""As ``INLINE_LINE_TOKENS``, where several lines are wanted; Cody bounds its answers
by the same number."""

INLINE_PREFIX_CHARS = 6_000
"""Shown to a model of the text before the gap; the first byte matters more than the last page."""

INLINE_SUFFIX_CHARS = 2_000
"""As ``INLINE_PREFIX_CHARS``, after the gap."""


ACTION = Action(
    id="complete",
    title="Complete",
    kind="",
    when="cursor",
    scope="selection",
    output="replace",
    prompt="",
    builtin=True,
)
"""What the accounts call it; no user can ask for it by this name."""

TEMPERATURE = 0.2
"""Where a mix sets none: the rest of a line has one good end."""

Extra = Sequence[tuple[str, str]]
"""Name and text of other pieces of code, the most telling last."""


@dataclass(slots=True)
class InlineRunner:
    """One setup's way to fill gaps with one mix.

    Attributes:
        mix: resolved for the document's language.
        accounts: ``None`` where nothing is written down.
        extra: gives pieces of other files for a place; quick, since the first byte waits for it.
        beside: what models that are asked in words are shown besides.
    """

    runtime: RuntimeConfig
    mix: Mix
    accounts: RunAccounting | None = None
    extra: Extra = ()
    beside: GapContext = field(default_factory=GapContext)
    _pricer: Pricer = field(init=False)

    def __post_init__(self) -> None:
        """Take the prices from the setup."""
        catalog = self.runtime.catalog
        self._pricer = Pricer(catalog.settings, catalog.providers)

    def begin(self, place: CursorContext, trigger: Trigger) -> Race:
        """A race for a gap; asks nobody yet."""
        snapshot = Snapshot(place.uri, place.text, place.language)
        at = Span(place.offset, place.offset)
        task = Task(ACTION.id, "replace", snapshot, at, place.offset)
        long = place.long(trigger)
        name = prompt_name(place.uri)
        prefix, suffix = around(place)
        beside = GapContext()
        if not is_embedded(self.mix, self.runtime.catalog.providers):
            plain = f"{prefix}{suffix}"
            reports = tuple(each for each in self.beside.reports if speaks_of_none(each, plain))
            beside = replace(self.beside, reports=reports)
            prefix, suffix = masked(prefix, suffix)
        infill = Infill(
            prefix,
            suffix,
            tuple(self.extra),
            () if long else ("\n",),
            name,
            place.language,
        )
        words = prompt.messages(infill.prefix, infill.suffix, place.language, name, beside)
        room = INLINE_BLOCK_TOKENS if long else INLINE_LINE_TOKENS

        def ask(agent: Agent, model: str) -> Request:
            return Request(
                model,
                words,
                task,
                agent.temperature if "temperature" in agent.model_fields_set else TEMPERATURE,
                min(room, agent.max_tokens or room),
                min(agent.timeout, limits.INLINE_DEADLINE_S),
                inline=True,
                infill=infill,
                extra=agent.extra,
            )

        return Race(
            secrets.token_hex(6),
            place,
            trigger,
            task,
            self.mix,
            self.runtime.providers,
            ask,
            self._pricer,
            bound=self._bound,
        )

    def _bound(self, model: str, request: Request) -> float | None:
        """What a request to a model costs at most."""
        return self._pricer.bound(model, prompt_bytes(request), request.max_tokens)

    async def carry(self, race: Race) -> None:
        """Run a race to its end, within the accounts.

        Raises:
            BudgetExceeded: it could cost more than was agreed to; nobody was asked.
        """
        started = asyncio.get_running_loop().time()
        mix = replace(self.mix, cache=False)
        case = RunSpec(race.run, ACTION, race.task, mix, self.runtime.catalog)

        def now(state: RunState = "running") -> RunRecord:
            took = asyncio.get_running_loop().time() - started
            return _record(race, self.mix, state, took)

        if self.accounts is None or not self.runtime.accounted:
            await race.go()
            return
        if case.embedded:
            await race.go()
            if race.offers():
                self.accounts.note(case, now("done"))
            return
        models = [agent.model for agent in agents_of(self.mix)]
        await asyncio.to_thread(self._pricer.learn, models)

        async def execute() -> Finished:
            await race.go()
            return now("done" if race.offers() else "failed"), None

        async def revive(_kept: object) -> Finished:
            return now(), None

        await self.accounts.carry_out(case, RunCallbacks(execute, revive, now))


def around(place: CursorContext) -> tuple[str, str]:
    """The text before and after a gap, cut to whole lines within the bounds of a prompt."""
    prefix, suffix = place.prefix, place.suffix
    if len(prefix) > INLINE_PREFIX_CHARS:
        prefix = prefix[-INLINE_PREFIX_CHARS:]
        prefix = prefix[prefix.find("\n") + 1 :]
    if len(suffix) > INLINE_SUFFIX_CHARS:
        suffix = suffix[:INLINE_SUFFIX_CHARS]
        suffix = suffix[: suffix.rfind("\n") + 1] or suffix
    return prefix, suffix


def _record(race: Race, mix: Mix, state: RunState, seconds: float) -> RunRecord:
    cost = cost_of(race.records)
    found = race.ranked()
    return RunRecord(
        race.run,
        ACTION.id,
        mix.name,
        mix.hash,
        state,
        text=found[0].text if found else None,
        seconds=seconds,
        proposals=race.records,
        usage=cost.usage,
        cost_usd=cost.usd,
        cost_known=cost.known,
        cost_estimated=cost.estimated,
    )
