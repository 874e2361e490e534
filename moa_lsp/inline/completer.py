"""Inline completion of one server: cached offers at once, otherwise one race per gap.

* An invoked request, and one that the cache can answer, never wait.
* A newer request for a document ends the older one, which gets an empty result.
* A race in flight keeps serving a user who types what it will answer. When it no longer can, or
  no request waits for it, it is cancelled and its sockets are closed.
* Nothing is shown that was found for another text.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from moa_lsp.inline.cursor import CursorContext, Trigger, unwanted
from moa_lsp.inline.debounce import SuggestionBackoff, TypingDebouncer
from moa_lsp.inline.memory import GapKey, Suggestion, SuggestionMemory
from moa_lsp.inline.race import Race

INLINE_LINGER_S = 0.15
"""For a request upstream whose asker left: most leave because they typed on, and come back in this
time for the same answer. Under the 200 ms within which a cancelled request must be silent."""

INLINE_OFFERS = 8
"""Alternatives given at once."""


Begin = Callable[[CursorContext, Trigger], Race]
"""Makes the race for a gap; sends no request yet."""

Carry = Callable[[Race], Coroutine[Any, Any, None]]
"""Runs a race within the accounts; raises what keeps it from being run."""


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """One request.

    Attributes:
        begin: makes a race, should one be needed.
        carry: runs it.
        pause: seconds that an automatic request waits at most for the next one.
        mix: hash of the mix; offers of other mixes are ignored.
    """

    place: CursorContext
    trigger: Trigger
    begin: Begin
    carry: Carry
    pause: float
    mix: str = ""


@dataclass(frozen=True, slots=True)
class CompletionResult:
    """Result of a request.

    Attributes:
        offers: best first.
        known: whether it was known before.
        reason: why there is nothing.
        failures: what went wrong, where nobody could answer.
    """

    offers: tuple[Suggestion, ...] = ()
    known: bool = False
    reason: str | None = None
    failures: tuple[str, ...] = ()


SUPERSEDED = CompletionResult(reason="a newer request took its place")


@dataclass(slots=True)
class _InFlight:
    """A race in flight, and the number of requests that wait for it."""

    race: Race
    gap: GapKey
    mix: str
    task: "asyncio.Task[None]"
    waiting: int = 0
    linger: asyncio.TimerHandle | None = None

    def typed(self, place: CursorContext) -> str | None:
        """What was typed since it began, ``None`` where it cannot serve a place."""
        said = self.gap.typed(place)
        return said if said is not None and self.race.may_serve(said) else None

    def cancel(self) -> None:
        if self.linger is not None:
            self.linger.cancel()
        self.task.cancel()


@dataclass(slots=True)
class _DocumentState:
    """One document's requests."""

    debouncer: TypingDebouncer = field(default_factory=TypingDebouncer)
    length: int = 0
    work: "asyncio.Task[CompletionResult] | None" = None
    flight: _InFlight | None = None
    shown: tuple[GapKey, Suggestion] | None = None


class Completer:
    """The inline completions of one server; belongs to one event loop."""

    def __init__(self) -> None:
        self._memories: dict[str, SuggestionMemory] = {}
        self._desks: dict[str, _DocumentState] = {}
        self._welcome = SuggestionBackoff()
        self._flights: set[asyncio.Task[None]] = set()

    async def complete(self, asked: CompletionRequest) -> CompletionResult:
        """Answer one request.

        Raises:
            MoaError: what keeps a race from being run, as a budget that is spent.
        """
        runner = self._desks.setdefault(asked.place.uri, _DocumentState())
        before, runner.length = runner.length, len(asked.place.text)
        deleted = runner.length < before
        older, runner.work = runner.work, None
        if older is not None:
            older.cancel()
        reason = unwanted(asked.place, asked.trigger, deleted=deleted)
        if reason is not None:
            self._release(runner, asked.place)
            return CompletionResult(reason=reason)
        known = self._known(asked)
        if known:
            return CompletionResult(tuple(known), known=True)
        now = asyncio.get_running_loop().time()
        self._judge_shown(runner, asked, now)
        if asked.trigger == "automatic" and self._welcome.rests(now):
            return CompletionResult(reason="offers rest, since none was taken")
        work = asyncio.ensure_future(self._found(runner, asked, now))
        runner.work = work
        try:
            return await work
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            return SUPERSEDED
        finally:
            if runner.work is work:
                runner.work = None

    def showed(self, asked: CompletionRequest, offered: CompletionResult) -> None:
        """Record that an offer was shown; it counts as ignored unless it is accepted."""
        if asked.trigger == "automatic" and offered.offers:
            runner = self._desks.setdefault(asked.place.uri, _DocumentState())
            runner.shown = GapKey.of(asked.place), offered.offers[0]

    def accepted(self, run: str) -> tuple[str, int, str] | None:
        """Note that an offer was taken.

        Returns:
            The document, the offset and the text, where it is known what was shown.
        """
        self._welcome.taken()
        for uri, runner in self._desks.items():
            if runner.shown is not None and runner.shown[1].run == run:
                gap, offer = runner.shown
                runner.shown = None
                return uri, gap.offset, offer.text
        return None

    def forget(self, uri: str) -> None:
        """Drop everything of a document that was closed."""
        runner = self._desks.pop(uri, None)
        for memory in self._memories.values():
            memory.forget(uri)
        if runner is not None:
            if runner.work is not None:
                runner.work.cancel()
            if runner.flight is not None:
                runner.flight.cancel()

    def reset(self) -> None:
        """Clear the cache, since the mix, its models or their context may have changed."""
        self._memories.clear()

    async def close(self) -> None:
        """Cancel everything, and wait until its sockets are closed."""
        for uri in list(self._desks):
            self.forget(uri)
        await asyncio.gather(*self._flights, return_exceptions=True)

    def _known(self, asked: CompletionRequest) -> list[Suggestion]:
        memory = self._memories.get(asked.mix)
        found = memory.find(asked.place) if memory else []
        return found[:INLINE_OFFERS]

    async def _found(
        self, runner: _DocumentState, asked: CompletionRequest, now: float
    ) -> CompletionResult:
        """Join the race in flight, or wait for a pause and start one."""
        due = now
        if asked.trigger == "automatic":
            due += runner.debouncer.pause(now, asked.pause, asked.place.line)
        flight = runner.flight
        if (
            flight is not None
            and flight.mix == asked.mix
            and flight.typed(asked.place) is not None
        ):
            offered = await self._waited(runner, flight, asked)
            if offered.offers:
                return offered
        left = due - asyncio.get_running_loop().time()
        if left > 0:
            await asyncio.sleep(left)
        self._release(runner, asked.place)
        return await self._waited(runner, self._launch(runner, asked), asked)

    def _launch(self, runner: _DocumentState, asked: CompletionRequest) -> _InFlight:
        race = asked.begin(asked.place, asked.trigger)
        task = asyncio.ensure_future(asked.carry(race))
        flight = _InFlight(race, GapKey.of(asked.place), asked.mix, task)
        runner.flight = flight
        self._flights.add(task)
        task.add_done_callback(lambda _task: self._landed(runner, flight))
        return flight

    async def _waited(
        self, runner: _DocumentState, flight: _InFlight, asked: CompletionRequest
    ) -> CompletionResult:
        """Wait until it is decided what a race gives to a place."""
        flight.waiting += 1
        if flight.linger is not None:
            flight.linger.cancel()
            flight.linger = None
        decision = asyncio.ensure_future(flight.race.decided(lambda: flight.typed(asked.place)))
        try:
            await asyncio.wait({decision, flight.task}, return_when=asyncio.FIRST_COMPLETED)
            if not flight.race.over and flight.task.done() and not flight.task.cancelled():
                flight.task.result()  # raises why it could not be run
            found = await decision if decision.done() or flight.race.over else []
        finally:
            decision.cancel()
            flight.waiting -= 1
            self._left(runner, flight)
        failures = () if found else tuple(flight.race.failures)
        return CompletionResult(tuple(found[:INLINE_OFFERS]), failures=failures)

    def _left(self, runner: _DocumentState, flight: _InFlight) -> None:
        """A waiter left: cancel the race shortly afterwards if it has no waiters and no offers."""
        if flight.waiting or flight.task.done() or flight.race.first_at is not None:
            return
        if runner.flight is not flight:
            flight.cancel()
            return
        loop = asyncio.get_running_loop()
        flight.linger = loop.call_later(INLINE_LINGER_S, flight.cancel)

    def _release(self, runner: _DocumentState, place: CursorContext) -> None:
        """End a race that cannot serve a place any more."""
        flight = runner.flight
        if flight is not None and flight.typed(place) is None:
            runner.flight = None
            flight.cancel()

    def _landed(self, runner: _DocumentState, flight: _InFlight) -> None:
        """Remember what a race found; its late answers are alternatives from now on."""
        self._flights.discard(flight.task)
        if not flight.task.cancelled():
            flight.task.exception()  # whoever waited has it
        if runner.flight is flight:
            runner.flight = None
        self._remember(flight)

    def _remember(self, flight: _InFlight) -> None:
        found = flight.race.ranked()
        if found:
            self._memories.setdefault(flight.mix, SuggestionMemory()).put(flight.gap, found)

    def _judge_shown(self, runner: _DocumentState, asked: CompletionRequest, now: float) -> None:
        """Record whether the offer shown last was accepted, typed out, or ignored."""
        shown, runner.shown = runner.shown, None
        if asked.trigger == "invoked":
            self._welcome.taken()
            return
        if shown is None:
            return
        gap, text = shown[0], shown[1].text
        typed = gap.typed(asked.place)
        if typed is not None and typed.startswith(text):
            self._welcome.taken()
        elif typed is None or not text.startswith(typed):
            self._welcome.passed_over(now)
