"""Inline completion of one server: what is known is given at once, the rest is asked for once.

* A request that was asked for, and one whose answer is known, never wait.
* A newer request for a document ends the wait of the older one, which gets nothing.
* What is being answered upstream serves those who type what is coming; as soon as it cannot, or
  nobody waits for it any more, it is cancelled, and its sockets are closed.
* Nothing is shown that was found for another text.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from moa_lsp import limits
from moa_lsp.inline.memory import Gap, Memory, Offer
from moa_lsp.inline.place import Place, Trigger, unwanted
from moa_lsp.inline.race import Race
from moa_lsp.inline.rhythm import Rhythm, Welcome

Begin = Callable[[Place, Trigger], Race]
"""Makes the race for a gap; asks nobody yet."""

Carry = Callable[[Race], Coroutine[Any, Any, None]]
"""Runs a race within the accounts; raises what keeps it from being run."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request.

    Attributes:
        begin: makes a race, should one be needed.
        carry: runs it.
        pause: seconds that an automatic request waits at most for the next one.
        mix: hash of the mix that is asked: what another one found does not count.
    """

    place: Place
    trigger: Trigger
    begin: Begin
    carry: Carry
    pause: float
    mix: str = ""


@dataclass(frozen=True, slots=True)
class Offered:
    """What is to be shown.

    Attributes:
        offers: best first.
        known: whether it was known before.
        reason: why there is nothing.
        failures: what went wrong, where nobody could answer.
    """

    offers: tuple[Offer, ...] = ()
    known: bool = False
    reason: str | None = None
    failures: tuple[str, ...] = ()


SUPERSEDED = Offered(reason="a newer request took its place")


@dataclass(slots=True)
class _Flight:
    """A race under way, and who waits for it."""

    race: Race
    gap: Gap
    mix: str
    task: "asyncio.Task[None]"
    waiting: int = 0
    linger: asyncio.TimerHandle | None = None

    def typed(self, place: Place) -> str | None:
        """What was typed since it began, ``None`` where it cannot serve a place."""
        said = self.gap.typed(place)
        return said if said is not None and self.race.may_serve(said) else None

    def land(self) -> None:
        if self.linger is not None:
            self.linger.cancel()
        self.task.cancel()


@dataclass(slots=True)
class _Desk:
    """One document's requests."""

    rhythm: Rhythm = field(default_factory=Rhythm)
    length: int = 0
    work: "asyncio.Task[Offered] | None" = None
    flight: _Flight | None = None
    shown: tuple[Gap, Offer] | None = None


class Completer:
    """The inline completions of one server; belongs to one event loop."""

    def __init__(self) -> None:
        self._memories: dict[str, Memory] = {}
        self._desks: dict[str, _Desk] = {}
        self._welcome = Welcome()
        self._flights: set[asyncio.Task[None]] = set()

    async def complete(self, asked: Asked) -> Offered:
        """Answer one request.

        Raises:
            MoaError: what keeps a race from being run, as a budget that is spent.
        """
        desk = self._desks.setdefault(asked.place.uri, _Desk())
        before, desk.length = desk.length, len(asked.place.text)
        deleted = desk.length < before
        older, desk.work = desk.work, None
        if older is not None:
            older.cancel()
        reason = unwanted(asked.place, asked.trigger, deleted=deleted)
        if reason is not None:
            self._release(desk, asked.place)
            return Offered(reason=reason)
        known = self._known(asked)
        if known:
            return Offered(tuple(known), known=True)
        now = asyncio.get_running_loop().time()
        self._judge_shown(desk, asked, now)
        if asked.trigger == "automatic" and self._welcome.rests(now):
            return Offered(reason="offers rest, since none was taken")
        work = asyncio.ensure_future(self._found(desk, asked, now))
        desk.work = work
        try:
            return await work
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            return SUPERSEDED
        finally:
            if desk.work is work:
                desk.work = None

    def showed(self, asked: Asked, offered: Offered) -> None:
        """Note that an answer went out, so that it counts as passed over if nobody takes it."""
        if asked.trigger == "automatic" and offered.offers:
            desk = self._desks.setdefault(asked.place.uri, _Desk())
            desk.shown = Gap.of(asked.place), offered.offers[0]

    def accepted(self, run: str) -> tuple[str, int, str] | None:
        """Note that an offer was taken.

        Returns:
            The document, the offset and the text, where it is known what was shown.
        """
        self._welcome.taken()
        for uri, desk in self._desks.items():
            if desk.shown is not None and desk.shown[1].run == run:
                gap, offer = desk.shown
                desk.shown = None
                return uri, gap.offset, offer.text
        return None

    def forget(self, uri: str) -> None:
        """Drop everything of a document that was closed."""
        desk = self._desks.pop(uri, None)
        for memory in self._memories.values():
            memory.forget(uri)
        if desk is not None:
            if desk.work is not None:
                desk.work.cancel()
            if desk.flight is not None:
                desk.flight.land()

    def reset(self) -> None:
        """Forget what was found: the mix, its models or what they see may be others now."""
        self._memories.clear()

    async def close(self) -> None:
        """Cancel everything, and wait until its sockets are closed."""
        for uri in list(self._desks):
            self.forget(uri)
        await asyncio.gather(*self._flights, return_exceptions=True)

    def _known(self, asked: Asked) -> list[Offer]:
        memory = self._memories.get(asked.mix)
        found = memory.find(asked.place) if memory else []
        return found[: limits.INLINE_OFFERS]

    async def _found(self, desk: _Desk, asked: Asked, now: float) -> Offered:
        """Join what is under way, or wait for a pause and ask."""
        due = now
        if asked.trigger == "automatic":
            due += desk.rhythm.pause(now, asked.pause, asked.place.line)
        flight = desk.flight
        if (
            flight is not None
            and flight.mix == asked.mix
            and flight.typed(asked.place) is not None
        ):
            offered = await self._waited(desk, flight, asked)
            if offered.offers:
                return offered
        left = due - asyncio.get_running_loop().time()
        if left > 0:
            await asyncio.sleep(left)
        self._release(desk, asked.place)
        return await self._waited(desk, self._launch(desk, asked), asked)

    def _launch(self, desk: _Desk, asked: Asked) -> _Flight:
        race = asked.begin(asked.place, asked.trigger)
        task = asyncio.ensure_future(asked.carry(race))
        flight = _Flight(race, Gap.of(asked.place), asked.mix, task)
        desk.flight = flight
        self._flights.add(task)
        task.add_done_callback(lambda _task: self._landed(desk, flight))
        return flight

    async def _waited(self, desk: _Desk, flight: _Flight, asked: Asked) -> Offered:
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
            self._left(desk, flight)
        failures = () if found else tuple(flight.race.failures)
        return Offered(tuple(found[: limits.INLINE_OFFERS]), failures=failures)

    def _left(self, desk: _Desk, flight: _Flight) -> None:
        """Somebody left: what nobody waits for and has found nothing goes, a moment later."""
        if flight.waiting or flight.task.done() or flight.race.first_at is not None:
            return
        if desk.flight is not flight:
            flight.land()
            return
        loop = asyncio.get_running_loop()
        flight.linger = loop.call_later(limits.INLINE_LINGER_S, flight.land)

    def _release(self, desk: _Desk, place: Place) -> None:
        """End a race that cannot serve a place any more."""
        flight = desk.flight
        if flight is not None and flight.typed(place) is None:
            desk.flight = None
            flight.land()

    def _landed(self, desk: _Desk, flight: _Flight) -> None:
        """Remember what a race found; its late answers are alternatives from now on."""
        self._flights.discard(flight.task)
        if not flight.task.cancelled():
            flight.task.exception()  # whoever waited has it
        if desk.flight is flight:
            desk.flight = None
        self._remember(flight)

    def _remember(self, flight: _Flight) -> None:
        found = flight.race.ranked()
        if found:
            self._memories.setdefault(flight.mix, Memory()).put(flight.gap, found)

    def _judge_shown(self, desk: _Desk, asked: Asked, now: float) -> None:
        """Was what was shown last taken, typed out, or passed over?"""
        shown, desk.shown = desk.shown, None
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
