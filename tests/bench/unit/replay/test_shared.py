"""Every distinct request is sent once, and told again as if it were asked anew."""

import asyncio
from contextlib import contextmanager
from dataclasses import replace

import pytest

from moa_bench import limits
from moa_bench.replay.clock import virtual_run
from moa_bench.replay.request_cache import RealProvider, RequestCache
from moa_bench.replay.store import Store
from moa_lsp.errors import (
    AnswerRefused,
    AuthRejected,
    BudgetExceeded,
    ProviderOverloaded,
    RateLimited,
    Unreachable,
    UsageError,
)
from moa_lsp.providers.base import AgentDeclines, Infill, Request, Usage
from moa_lsp.task import Message
from tests.fakes.runs import task
from tests.fakes.scripted import Line, Scripted

REQUEST = Request("a", (Message("user", "what?"),), task(), 0.7, 100, 45.0)


@contextmanager
def sharing(path, script, **options):
    provider = Scripted(script)
    store = Store(path / "answers.sqlite")
    source = RealProvider(provider, ["scripted"], **options.pop("source", {}))
    try:
        yield RequestCache(store, {"scripted": source}, **options), provider
    finally:
        store.close()


def unheard(_delta):
    """Nobody listens."""


async def ask(shared, request=REQUEST, draw=(0, 0)):
    return await shared.ask("scripted", request, draw)


def test_a_request_is_sent_once_also_by_the_next_process(tmp_path):
    async def twice(shared):
        first = await ask(shared)
        return first, await ask(shared)

    with sharing(tmp_path, {"a": Line("one", seconds=2)}) as (shared, provider):
        first, second = virtual_run(twice(shared))
        assert (shared.sent, shared.told) == (1, 1)
    assert first.answered == second.answered
    assert (first.answered.first, first.answered.seconds) == (1, 2)
    assert (first.paid, second.paid) == (0.001, 0.0)
    with sharing(tmp_path, {"a": Line("two")}) as (shared, later):
        assert virtual_run(ask(shared)).answered == first.answered
    assert (len(provider.requests), later.requests) == (1, [])


def test_equal_requests_at_the_same_time_are_one(tmp_path):
    async def at_once(shared):
        return await asyncio.gather(*(ask(shared) for _ in range(5)))

    with sharing(tmp_path, {"a": Line("one", seconds=2)}) as (shared, provider):
        told = virtual_run(at_once(shared))
    assert len(provider.requests) == 1
    assert {each.answered.reply.text for each in told} == {"one"}
    assert sorted(each.paid for each in told) == [0, 0, 0, 0, 0.001]


OTHERS = {
    "model": replace(REQUEST, model="b"),
    "words": replace(REQUEST, messages=(Message("user", "who?"),)),
    "role": replace(REQUEST, messages=(Message("system", "what?"),)),
    "temperature": replace(REQUEST, temperature=0.2),
    "max_tokens": replace(REQUEST, max_tokens=99),
    "gap": replace(REQUEST, infill=Infill("a", "b")),
}
SAME = {
    "patience": replace(REQUEST, timeout=1.0),
    "hurry": replace(REQUEST, inline=True),
    "task": replace(REQUEST, task=task(instruction="other words, which the messages have")),
}


@pytest.mark.parametrize("what", [*OTHERS, "sample", "number"])
def test_what_decides_an_answer_is_asked_apart(tmp_path, what):
    draw = {"sample": (1, 0), "number": (0, 1)}.get(what, (0, 0))

    async def both(shared):
        await ask(shared)
        await ask(shared, OTHERS.get(what, REQUEST), draw)

    with sharing(tmp_path, {"a": Line("one"), "b": Line("two")}) as (shared, provider):
        virtual_run(both(shared))
    assert len(provider.requests) == 2


@pytest.mark.parametrize("what", SAME)
def test_what_decides_nothing_is_not(tmp_path, what):
    async def both(shared):
        await ask(shared)
        await ask(shared, SAME[what])

    with sharing(tmp_path, {"a": Line("one")}) as (shared, provider):
        virtual_run(both(shared))
    assert len(provider.requests) == 1


def test_tools_are_asked_by_their_task(tmp_path):
    tools = {"by_task": True}
    script = {"a": Line(declines="not my work", seconds=1)}

    async def three(shared):
        told = await ask(shared)
        await ask(shared, replace(REQUEST, messages=()))
        await ask(shared, SAME["task"])
        return told

    with sharing(tmp_path, script, source=tools) as (shared, provider):
        told = virtual_run(three(shared))
    assert told.answered.reply == AgentDeclines("not my work")
    assert told.answered.seconds == 0.5
    assert len(provider.requests) == 2


def test_another_origin_is_another_model(tmp_path):
    with sharing(tmp_path, {"a": Line("one")}) as (shared, first):
        virtual_run(ask(shared))
    with sharing(tmp_path, {"a": Line("two")}) as (shared, second):
        shared.sources["scripted"].origin = ["scripted", "elsewhere"]
        assert virtual_run(ask(shared)).answered.reply.text == "two"
    assert len(first.requests) == len(second.requests) == 1


def test_a_rate_limit_is_waited_for_by_everybody_and_counts_for_nobody(tmp_path):
    limited = Line(error=RateLimited("too many", retry_after=30))
    script = {"a": [limited, Line("one", seconds=4)], "b": Line("two", seconds=1)}
    ended = {}

    async def both(shared):
        async def one(model):
            told = await ask(shared, replace(REQUEST, model=model))
            ended[model] = asyncio.get_running_loop().time()
            return told.answered.seconds

        first = asyncio.ensure_future(one("a"))
        await asyncio.sleep(5)
        return await first, await one("b")

    with sharing(tmp_path, script, chance=lambda: 0.0) as (shared, provider):
        assert virtual_run(both(shared)) == (4, 1)
    assert ended["a"] == 34
    assert ended["b"] == 35
    assert len(provider.requests) == 3

    async def late(shared):
        await asyncio.gather(ask(shared), ask(shared, replace(REQUEST, model="b")))
        return asyncio.get_running_loop().time()

    places = {"most": 1}
    again = tmp_path / "again"
    with sharing(again, script, chance=lambda: 0.0, source=places) as (shared, _):
        assert virtual_run(late(shared)) == 35


def test_no_more_at_once_than_the_provider_takes(tmp_path):
    most = 0

    async def many(shared, provider):
        nonlocal most

        async def watch():
            nonlocal most
            while True:
                most = max(most, provider.open)
                await asyncio.sleep(0.1)

        watcher = asyncio.ensure_future(watch())
        await asyncio.gather(*(ask(shared, draw=(0, number)) for number in range(9)))
        watcher.cancel()
        return asyncio.get_running_loop().time()

    script = {"a": Line("one", seconds=1)}
    with sharing(tmp_path, script, source={"most": 3}) as (shared, provider):
        assert virtual_run(many(shared, provider)) == pytest.approx(3)
    assert most == 3


@pytest.mark.parametrize(
    ("error", "times"),
    [
        (Unreachable("nobody there"), limits.BENCH_RETRIES + 1),
        (ProviderOverloaded("busy"), limits.BENCH_RETRIES + 1),
        (AuthRejected("the key is wrong"), 1),
        (AnswerRefused("it will not"), 1),
    ],
    ids=lambda each: type(each).__name__,
)
def test_failures_are_kept_nowhere(tmp_path, error, times):
    async def fails(shared):
        with pytest.raises(type(error)):
            await ask(shared)

    with sharing(tmp_path, {"a": Line(error=error)}, chance=lambda: 0.5) as (shared, provider):
        virtual_run(fails(shared))
        assert len(provider.requests) == times
    with sharing(tmp_path, {"a": Line("one")}) as (shared, _):
        assert virtual_run(ask(shared)).answered.reply.text == "one"


def test_a_refusal_is_the_models_own_and_is_not_asked_for_again(tmp_path):
    async def twice(shared):
        for _ in range(2):
            with pytest.raises(AnswerRefused):
                await ask(shared)

    with sharing(tmp_path, {"a": Line(error=AnswerRefused("it will not"))}) as (shared, provider):
        virtual_run(twice(shared))
    assert len(provider.requests) == 1


def price(_model, usage):
    return (usage.input + usage.output) / 1000


def test_nothing_is_asked_that_could_cost_more_than_may_be_spent(tmp_path):
    line = Line("one", seconds=1, usage=Usage(1, 99), cost_usd=None)

    async def three(shared):
        await ask(shared)
        await ask(shared, draw=(0, 1))
        with pytest.raises(BudgetExceeded, match="raise the budget"):
            await ask(shared, draw=(0, 2))
        await ask(shared)  # what is there costs nothing

    with sharing(tmp_path, {"a": line}, price=price, cap=0.25) as (shared, provider):
        virtual_run(three(shared))
        assert shared.spent == pytest.approx(0.2)
        assert shared.exhausted is not None
    assert len(provider.requests) == 2


def test_what_is_under_way_is_set_aside(tmp_path):
    line = Line("one", seconds=1, usage=Usage(1, 1), cost_usd=None)

    async def at_once(shared):
        asked = (ask(shared, draw=(0, number)) for number in range(3))
        return await asyncio.gather(*asked, return_exceptions=True)

    with sharing(tmp_path, {"a": line}, price=price, cap=0.25) as (shared, provider):
        told = virtual_run(at_once(shared))
    assert [isinstance(each, BudgetExceeded) for each in told] == [False, False, True]
    assert len(provider.requests) == 2


def test_what_was_sent_before_the_cap_was_met_is_waited_for(tmp_path):
    line = Line("one", seconds=9, usage=Usage(1, 1), cost_usd=None)

    async def met(shared):
        first = asyncio.ensure_future(ask(shared))
        await asyncio.sleep(1)
        with pytest.raises(BudgetExceeded):
            await ask(shared, draw=(0, 1))
        first.cancel()
        with pytest.raises(BudgetExceeded):
            await ask(shared, replace(REQUEST, max_tokens=1))  # a cheaper one is not sent either
        await shared.close()

    with sharing(tmp_path, {"a": line}, price=price, cap=0.15) as (shared, provider):
        virtual_run(met(shared))
        assert (provider.answered, provider.cancelled) == (1, 0)
    with sharing(tmp_path, {"a": Line("two")}) as (shared, later):
        assert virtual_run(ask(shared)).answered.reply.text == "one"
    assert later.requests == []


@pytest.mark.parametrize(("answering", "spent"), [(True, 0.103), (False, 0.0)])
def test_an_answer_that_was_not_taken_is_paid_for_at_most(tmp_path, answering, spent):
    error = UsageError("the gateway made chat of it")
    error.answering = answering

    async def refused(shared):
        with pytest.raises(UsageError):
            await ask(shared)

    with sharing(tmp_path, {"a": Line(error=error)}, price=price, cap=1.0) as (shared, _):
        virtual_run(refused(shared))
        assert shared.spent == pytest.approx(spent)


def test_a_budget_holds_nothing_whose_price_is_not_known(tmp_path):
    async def asked(shared):
        with pytest.raises(BudgetExceeded, match="no price is known of scripted/a"):
            await ask(shared)

    with sharing(tmp_path, {"a": Line("one")}, cap=1.0) as (shared, provider):
        virtual_run(asked(shared))
    assert provider.requests == []


def test_who_leaves_takes_nothing_with_it(tmp_path):
    async def leaves(shared):
        first = asyncio.ensure_future(ask(shared))
        await asyncio.sleep(1)
        second = asyncio.ensure_future(ask(shared))
        await asyncio.sleep(0)
        first.cancel()
        return await second

    with sharing(tmp_path, {"a": Line("one", seconds=3)}) as (shared, provider):
        assert virtual_run(leaves(shared)).answered.reply.text == "one"
    assert (len(provider.requests), provider.cancelled) == (1, 0)


def test_closing_cancels_what_is_under_way(tmp_path):
    async def closes(shared):
        waiting = asyncio.ensure_future(ask(shared))
        await asyncio.sleep(1)
        await shared.close()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    with sharing(tmp_path, {"a": Line(hangs=True)}) as (shared, provider):
        virtual_run(closes(shared))
    assert (provider.open, provider.closed) == (0, True)
