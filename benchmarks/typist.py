"""A typist of source code and two clients between them and a model, in virtual time.

The same keys at the same moments, whatever else the machine does: one client is what the server
does at each key, the other asks the model at every key and shows whatever comes. The model fills
gaps a quarter of a second after it was asked, as ``GapServer`` does.
"""

import asyncio
import random
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.gap_server import GapServer
from moa_lsp.config.mixes import Agent, MixFile, build
from moa_lsp.config.steps import Select
from moa_lsp.inline.completer import Completer, CompletionRequest
from moa_lsp.inline.cursor import CursorContext, Trigger
from moa_lsp.inline.race import Race
from moa_lsp.providers.base import Infill, Listener, Reply, Request, Usage
from moa_lsp.task import Snapshot, Task
from moa_lsp.text.span import Span

LATENCY_S = 0.25
PAUSE_S = 0.15
"""``inline.debounce_ms`` as it is by default."""

SOURCE = '''\
import json
from pathlib import Path


def load(path):
    """Read the entries of a file."""
    text = Path(path).read_text("utf-8")
    entries = json.loads(text)
    return [entry for entry in entries if entry.get("active")]


def total(entries, currency):
    """Add up what the entries cost."""
    amounts = [entry["amount"] for entry in entries]
    return sum(amounts), currency
'''

KNOWS = GapServer(SOURCE, LATENCY_S)
"""What the model says of each text, which is what may be shown there."""

URI = "file:///bench/typed.py"
MIX = build(
    MixFile(name="gap", proposers=(Agent(model="lab/m"),), aggregator=(Select(select="prior"),))
)


def pauses(keys: int, seed: int) -> list[float]:
    """Seconds before each key: bursts, and thought at the ends of words and lines."""
    chance = random.Random(seed)
    found = []
    for number in range(keys):
        pause = 0.11 * chance.lognormvariate(0, 0.35)
        if number and SOURCE[number - 1] in "\n(":
            pause += chance.uniform(0.2, 0.9)
        found.append(pause)
    return found


@dataclass(frozen=True)
class Shown:
    """A suggestion on the screen.

    Attributes:
        at: when it came.
        typed: characters of the source that were typed by then.
        whole: the text with it.
    """

    at: float
    typed: int
    whole: str

    @property
    def stale(self) -> bool:
        """Whether it belonged to another text: typing did not lead to it, or the model did not."""
        typed = SOURCE[: self.typed]
        line = typed.rfind("\n") + 1
        said = (SOURCE[:end] + KNOWS.rest(SOURCE[:end]) for end in range(line, self.typed + 1))
        return not (
            self.whole.startswith(typed) and any(each.startswith(self.whole) for each in said)
        )

    @property
    def right(self) -> bool:
        """Whether it is what comes to be typed."""
        return not self.stale and SOURCE.startswith(self.whole)


@dataclass
class Trace:
    """What happened to one client.

    Attributes:
        asked: requests that the model got, and ``left`` how many lost their asker.
        keys: when each character was typed.
        shown: what was on the screen, in its order.
    """

    asked: int = 0
    left: int = 0
    keys: list[float] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)

    @property
    def stale(self) -> int:
        """Suggestions that belonged to another text."""
        return sum(each.stale for each in self.shown)

    @property
    def first(self) -> float | None:
        """Seconds from the first key to the first suggestion."""
        return self.shown[0].at - self.keys[0] if self.shown else None

    def lines(self) -> list[float | None]:
        """Seconds from when each line was come to to its first right suggestion."""
        found: list[float | None] = []
        end = 0
        for line in SOURCE[: len(self.keys)].splitlines(keepends=True):
            start, end = end, end + len(line)
            came = self.keys[max(0, start - 1)]
            within = (each.at for each in self.shown if start <= each.typed < end and each.right)
            first = next(within, None)
            found.append(None if first is None else first - came)
        return found


@dataclass
class Model:
    """What knows how the source goes on, and is wrong about some of its lines."""

    name: str = "lab"
    trace: Trace = field(default_factory=Trace)

    async def answer(self, request: Request, on_delta: Listener) -> Reply:
        """Fill a gap."""
        gap = request.infill
        assert gap is not None, "a gap is asked for"
        self.trace.asked += 1
        try:
            await asyncio.sleep(LATENCY_S)
        except asyncio.CancelledError:
            self.trace.left += 1
            raise
        rest = KNOWS.rest(gap.prefix)
        on_delta(rest)
        return Reply(rest, usage=Usage(1, 1), cost_usd=0.0)

    async def close(self) -> None:
        """Hold nothing."""


def _begin(model: Model) -> Callable[[CursorContext, Trigger], Race]:
    def begin(place: CursorContext, trigger: Trigger) -> Race:
        at = Span(place.offset, place.offset)
        snapshot = Snapshot(place.uri, place.text, place.language)
        task = Task("complete", "replace", snapshot, at, place.offset)
        gap = Infill(place.prefix, place.suffix)

        def ask(_agent: Agent, name: str) -> Request:
            return Request(name, (), task, inline=True, infill=gap)

        return Race(
            "run", place, trigger, task, MIX, {"lab": model}, ask, lambda _model, _usage: None
        )

    return begin


async def ours(waits: Sequence[float]) -> Trace:
    """Type with the server's own engine; each key cancels the request before it."""
    completer, model = Completer(), Model()

    async def carry(race: Race) -> None:
        await race.go()

    async def one(text: str) -> str | None:
        place = CursorContext(URI, text, len(text), "python")
        asked = CompletionRequest(place, "automatic", _begin(model), carry, PAUSE_S, MIX.hash)
        offered = await completer.complete(asked)
        completer.showed(asked, offered)
        return text + offered.offers[0].text if offered.offers else None

    await _typed(waits, model.trace, one, cancels=True)
    await completer.close()
    return model.trace


async def naive(waits: Sequence[float]) -> Trace:
    """Ask at every key, and show what comes."""
    model = Model()

    async def one(text: str) -> str | None:
        place = CursorContext(URI, text, len(text), "python")
        race = _begin(model)(place, "automatic")
        reply = await model.answer(race.ask(MIX.layers[0].agents[0], "m"), lambda _text: None)
        return text + reply.text if reply.text.strip() else None

    await _typed(waits, model.trace, one, cancels=False)
    return model.trace


async def _typed(
    waits: Sequence[float],
    trace: Trace,
    one: Callable[[str], Coroutine[Any, Any, str | None]],
    *,
    cancels: bool,
) -> None:
    """Type, and note what is shown; ``one`` gives the text with a suggestion, if there is one."""
    clock = asyncio.get_running_loop().time
    tasks: list[asyncio.Task[None]] = []

    async def asked(text: str) -> None:
        whole = await one(text)
        if whole is not None:
            trace.shown.append(Shown(clock(), len(trace.keys), whole))

    for number, wait in enumerate(waits):
        await asyncio.sleep(wait)
        trace.keys.append(clock())
        if cancels and tasks:
            tasks[-1].cancel()
        tasks.append(asyncio.create_task(asked(SOURCE[: number + 1])))
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):  # being cancelled is none
            raise outcome
