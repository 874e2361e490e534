"""One server's inline completions in virtual time: who waits, who is asked, what is shown."""

import asyncio
from dataclasses import dataclass, field

import pytest

from moa_lsp import limits
from moa_lsp.config.mixes import Agent, Mix, MixFile, Quorum, build
from moa_lsp.config.steps import Agree, First, Select, Verify
from moa_lsp.errors import BudgetExceeded, Unreachable
from moa_lsp.inline.completer import INLINE_LINGER_S, Completer, CompletionRequest
from moa_lsp.inline.cursor import CursorContext
from moa_lsp.inline.debounce import INLINE_STREAK
from moa_lsp.inline.race import Race
from moa_lsp.providers.base import Infill, Reply, Request
from moa_lsp.task import Snapshot, Task
from moa_lsp.text.span import Span
from tests.fakes.clock import virtual_run
from tests.fakes.scripted import Line, Scripted

TEXT = "def total(items):\n    return sum(item.price for item in items)\n"


@dataclass
class Typist:
    """An editor and its server, with one scripted provider."""

    script: dict
    steps: tuple = (Verify(verify=("parse",)), Select(select="prior"))
    grace: float = 0.2
    weights: dict = field(default_factory=dict)
    completer: Completer = field(default_factory=Completer)
    refuses: Exception | None = None

    def __post_init__(self):
        self.provider = Scripted(self.script)
        agents = tuple(
            Agent(model=f"scripted/{name}", weight=self.weights.get(name, 1.0))
            for name in self.script
        )
        file = MixFile(
            name="m", proposers=agents, aggregator=self.steps, quorum=Quorum(grace=self.grace)
        )
        self.mix: Mix = build(file)

    def place(self, before, after="\n", uri="file:///x"):
        return CursorContext(uri, before + after, len(before), "python")

    def begin(self, place, trigger):
        at = Span(place.offset, place.offset)
        task = Task("complete", "replace", Snapshot(place.uri, place.text, "python"), at, at.start)
        gap = Infill(place.prefix, place.suffix)

        def ask(agent, model):
            return Request(model, (), task, inline=True, infill=gap)

        providers = {"scripted": self.provider}
        return Race("run", place, trigger, task, self.mix, providers, ask, lambda _m, _u: None)

    async def carry(self, race):
        if self.refuses is not None:
            raise self.refuses
        await race.go()

    def asked(self, place, trigger="automatic", pause=0.15):
        return CompletionRequest(place, trigger, self.begin, self.carry, pause, self.mix.hash)

    async def type(self, before, trigger="automatic", after="\n"):
        """Ask at a place; the texts, and when they came."""
        asked = self.asked(self.place(before, after), trigger)
        offered = await self.completer.complete(asked)
        self.completer.showed(asked, offered)
        return [offer.text for offer in offered.offers], asyncio.get_running_loop().time()


def run(work):
    """Run a test's coroutine in virtual time; nothing may be left at work after it."""

    async def whole():
        typist = await work
        await typist.completer.close()
        assert typist.provider.open == 0
        return typist

    return virtual_run(whole())


def test_the_first_key_waits_for_nothing_but_the_model():
    async def work():
        typist = Typist({"a": Line("sum(items)", 0.3)})
        assert await typist.type("x = ") == (["sum(items)"], pytest.approx(0.3))
        return typist

    run(work())


def test_what_is_known_is_given_at_once_as_it_is_typed():
    async def work():
        typist = Typist({"a": Line("sum(items)", 0.3)})
        await typist.type("x = ")
        for typed in ("s", "su", "sum", "sum(i"):
            texts, at = await typist.type(f"x = {typed}")
            assert texts == ["sum(items)".removeprefix(typed)]
            assert at == pytest.approx(0.3)
        assert len(typist.provider.requests) == 1
        return typist

    run(work())


def test_who_types_what_is_coming_joins_the_request_that_is_under_way():
    async def work():
        typist = Typist({"a": Line("sum(items)", 0.5)})
        first = asyncio.create_task(typist.type("x = "))
        await asyncio.sleep(0.1)
        second = asyncio.create_task(typist.type("x = s"))
        assert (await first)[0] == []  # the newer request took its place
        assert await second == (["um(items)"], pytest.approx(0.5))
        assert len(typist.provider.requests) == 1
        return typist

    run(work())


def test_who_types_something_else_gets_it_cancelled_and_asked_anew():
    async def work():
        typist = Typist({"a": [Line("sum(items)", 0.5), Line("max(items)", 0.5)]})
        first = asyncio.create_task(typist.type("x = "))
        await asyncio.sleep(0.3)  # the first half was heard
        second = asyncio.create_task(typist.type("x = m"))
        assert (await first)[0] == []
        texts, _ = await second
        assert (texts, typist.provider.cancelled) == (["max(items)"], 1)
        assert len(typist.provider.requests) == 2
        return typist

    run(work())


def test_a_burst_of_keys_at_other_places_asks_once_it_pauses():
    async def work():
        typist = Typist({"a": Line("1", 0.3)})
        tasks = []
        for number in range(10):
            tasks.append(asyncio.create_task(typist.type(f"y{number} = ")))
            await asyncio.sleep(0.05)
        texts = [(await task)[0] for task in tasks]
        assert texts == [[]] * 9 + [["1"]]
        assert len(typist.provider.requests) == 2  # the first key of the burst, and the last
        assert typist.provider.cancelled == 1
        return typist

    run(work())


def test_the_first_key_of_a_line_waits_for_nothing_but_the_model():
    async def work():
        typist = Typist({"a": Line("1", 0.3)})
        tasks = [asyncio.create_task(typist.type(f"y{'y' * number} = ")) for number in range(3)]
        await asyncio.sleep(0.05)
        line = await typist.type("yyy = \nz = ")
        assert line == (["1"], pytest.approx(0.35))
        await asyncio.gather(*tasks)
        return typist

    run(work())


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_what_is_asked_for_the_rest_of_a_line_is_not_waited_for_on_the_next(end):
    async def work():
        typist = Typist({"a": [Line("sum(items)", 0.6), Line("max(items)", 0.3)]})
        first = asyncio.create_task(typist.type("x = ", after=end))
        await asyncio.sleep(0.1)
        assert await typist.type(f"x = {end}y = ", after=end) == (
            ["max(items)"],
            pytest.approx(0.4),
        )
        assert (await first)[0] == []
        assert typist.provider.cancelled == 1
        return typist

    run(work())


def test_what_is_asked_for_a_block_serves_those_who_type_its_lines():
    async def work():
        typist = Typist({"a": Line("\n    return 1", 0.5)})
        first = asyncio.create_task(typist.type("def f():", after="\n"))
        await asyncio.sleep(0.1)
        second = await typist.type("def f():\n    ret", after="\n")
        assert second == (["urn 1"], pytest.approx(0.5))
        await first
        assert len(typist.provider.requests) == 1
        return typist

    run(work())


def test_one_that_was_asked_for_never_waits():
    async def work():
        typist = Typist({"a": Line("1", 0.3)})
        first = asyncio.create_task(typist.type("y = "))
        await asyncio.sleep(0.05)
        texts, at = await typist.type("z = ", "invoked")
        assert (texts, at) == (["1"], pytest.approx(0.35))
        await first
        return typist

    run(work())


def test_an_asker_who_leaves_for_good_takes_the_request_along():
    async def work():
        typist = Typist({"a": Line("1", 2.0)})
        asking = asyncio.create_task(typist.type("x = "))
        await asyncio.sleep(0.1)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await asyncio.sleep(INLINE_LINGER_S - 0.01)
        assert typist.provider.open == 1  # whoever types on may come back for it
        await asyncio.sleep(0.02)
        assert (typist.provider.open, typist.provider.cancelled) == (0, 1)
        return typist

    run(work())


def test_a_better_answer_within_the_grace_is_shown_instead():
    async def work():
        typist = Typist(
            {"small": Line("1", 0.1), "large": Line("22", 0.25)}, weights={"large": 2.0}
        )
        assert await typist.type("x = ") == (["22", "1"], pytest.approx(0.25))
        return typist

    run(work())


def test_a_late_answer_is_an_alternative_afterwards():
    async def work():
        typist = Typist(
            {"small": Line("1", 0.1), "large": Line("22", 0.6)}, weights={"large": 2.0}
        )
        assert await typist.type("x = ") == (["1"], pytest.approx(0.3))
        await asyncio.sleep(0.5)
        texts, _ = await typist.type("x = ", "invoked")
        assert texts == ["22", "1"]
        assert len(typist.provider.requests) == 2
        return typist

    run(work())


@pytest.mark.parametrize(
    ("steps", "script", "expected", "at"),
    [
        ((First(first=True),), {"a": Line("1", 0.1), "b": Line("2", 0.11)}, ["1"], 0.1),
        (
            (Agree(agree=0.6), Select(select="prior")),
            {"a": Line("3", 0.15), "b": Line("2", 0.1), "c": Line("2", 0.12)},
            ["2"],
            0.12,
        ),
        (
            (Verify(verify=("parse",)), Select(select="prior")),
            {"a": Line("1 +", 0.1), "b": Line("2", 0.2)},
            ["2", "1 +"],
            0.2,
        ),
        ((Select(select="prior"),), {"a": Line("", 0.1), "b": Line("2", 0.2)}, ["2"], 0.2),
        (
            (Select(select="prior"),),
            {"a": Line(error=Unreachable("gone")), "b": Line("2", 0.2)},
            ["2"],
            0.2,
        ),
        ((Select(select="prior"),), {"a": Line(hangs=True), "b": Line("2", 0.2)}, ["2"], 0.4),
        ((Select(select="prior"),), {"a": Line(hangs=True)}, [], limits.INLINE_DEADLINE_S),
    ],
)
def test_the_race(steps, script, expected, at):
    async def work():
        typist = Typist(script, steps)
        assert await typist.type("x = ") == (expected, pytest.approx(at, abs=0.01))
        return typist

    run(work())


def test_what_went_wrong_is_told_when_nobody_answered():
    async def work():
        typist = Typist({"a": Line(error=Unreachable("a is gone"))})
        offered = await typist.completer.complete(typist.asked(typist.place("x = ")))
        assert (offered.offers, offered.failures) == ((), ("a is gone",))
        return typist

    run(work())


def test_what_keeps_a_race_from_being_run_is_raised():
    async def work():
        typist = Typist({"a": Line("1")}, refuses=BudgetExceeded("the day's budget is spent"))
        with pytest.raises(BudgetExceeded):
            await typist.type("x = ")
        assert typist.provider.requests == []
        return typist

    run(work())


def test_offers_rest_when_none_is_taken_until_one_is_asked_for():
    async def work():
        typist = Typist({"a": Line("1", 0.01)})
        for number in range(INLINE_STREAK + 1):
            await typist.type(f"y{number} = ")
            await asyncio.sleep(1)
        asked = len(typist.provider.requests)
        assert (await typist.type("z = "))[0] == []
        assert len(typist.provider.requests) == asked
        assert (await typist.type("z = ", "invoked"))[0] == ["1"]
        assert (await typist.type("w = "))[0] == ["1"]
        return typist

    run(work())


def test_one_that_was_taken_is_known_by_its_run():
    async def work():
        typist = Typist({"a": Line("sum(items)")})
        await typist.type("x = ")
        assert typist.completer.accepted("run") == ("file:///x", 4, "sum(items)")
        assert typist.completer.accepted("run") is None
        return typist

    run(work())


def test_a_document_that_closes_takes_everything_along():
    async def work():
        typist = Typist({"a": Line("1", 2.0)})
        asking = asyncio.create_task(typist.type("x = "))
        await asyncio.sleep(0.1)
        typist.completer.forget("file:///x")
        assert (await asking)[0] == []
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert typist.provider.open == 0
        return typist

    run(work())


def test_another_mix_finds_nothing_of_the_first():
    async def work():
        typist = Typist({"a": Line("1")})
        await typist.type("x = ")
        other = Typist({"b": Line("2")}, completer=typist.completer)
        assert (await other.type("x = "))[0] == ["2"]
        typist.completer.reset()
        await typist.type("x = ")
        assert len(typist.provider.requests) == 2
        return typist

    run(work())


class Knowing:
    """A model that knows how the text goes on, a quarter of a second later."""

    name = "scripted"
    asked = open = 0

    async def answer(self, request, on_delta):
        self.asked += 1
        self.open += 1
        try:
            await asyncio.sleep(0.25)
        finally:
            self.open -= 1
        rest = TEXT[len(request.infill.prefix) :]
        on_delta(rest)
        return Reply(rest)


def test_no_key_of_a_typist_is_shown_what_belongs_to_another_text():
    async def work():
        typist = Typist({"a": Line()})
        typist.provider = model = Knowing()
        shown = []

        async def one(at):
            texts, _ = await typist.type(TEXT[:at], after="")
            assert all(TEXT[at:].startswith(text) for text in texts), (at, texts)
            shown.extend(texts)

        keys = []
        for at in range(4, len(TEXT)):
            keys.append(asyncio.create_task(one(at)))
            await asyncio.sleep(0.12)
        await asyncio.gather(*keys)
        assert shown
        assert model.asked * 3 < len(keys)
        return typist

    run(work())
