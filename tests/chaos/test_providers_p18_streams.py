"""P18-P25, P35: streams that are slow, cut, split or never end."""

import asyncio
import json
from dataclasses import replace

import pytest

from moa_lsp.errors import BadReply, TooLarge, Unreachable
from moa_lsp.providers.base import Usage
from moa_lsp.providers.policy import Backoff
from tests.chaos.expectation import (
    APIS,
    QUICK,
    ask,
    baseline,
    check,
    provider,
    request,
    settled,
)
from tests.fakes.faulty_server import (
    DONE,
    EVENTS,
    EVENTS_TO_TEXT,
    KINDS,
    Close,
    FaultyServer,
    Forever,
    Hang,
    Reset,
    Wait,
    chunk,
    chunked,
    delta,
    head,
    healthy,
    openai_events,
    whole,
)

ONCE = Backoff(retries=0)


@pytest.mark.parametrize("script", [[Hang()], chunked(Hang()), chunked(b": wait\n\n", Hang())])
async def test_P18_a_slow_first_event_ends_at_its_bound_and_holds_up_nobody(script):
    bounds = replace(QUICK, first_event=0.3)
    async with baseline(), FaultyServer.of(script) as server:
        lab = provider(server.url, bounds=bounds, backoff=ONCE)
        slow, well = await asyncio.gather(ask(lab), ask(lab, request("well")))
        assert type(slow.error) is Unreachable
        assert "0.3 s" in str(slow.error)
        assert slow.seconds < 1
        assert well.text == "hello"
        assert well.seconds < 0.3
        await lab.close()
        assert await settled(lambda: server.open == 0)


async def test_P18_a_model_that_thinks_in_silence_has_until_its_first_word():
    role = delta(None, role="assistant")
    bounds = replace(QUICK, idle=0.1, first_event=1.5)
    script = chunked(role, Wait(0.4), *openai_events("hello"))
    await check(script, asked=1, bounds=bounds)


@pytest.mark.parametrize("api", APIS)
async def test_P19_a_drip_of_bytes_is_no_sign_of_life(api):
    begun = EVENTS[api]("hello")[: EVENTS_TO_TEXT[api]]
    drip = chunked(*begun, Forever(chunk(b" "), 0.02), kind=KINDS[api])
    outcome = await check(drip, drip, drip, error=Unreachable, says="silent", asked=3, api=api)
    assert outcome.seconds < 2


async def test_P19_a_drip_of_events_ends_at_the_deadline():
    drip = chunked(Forever(chunk(delta("a")), 0.05))
    bounds = replace(QUICK, total=0.6)
    outcome = await check(drip, error=Unreachable, says="0.6 s", asked=1, bounds=bounds)
    assert 0.6 <= outcome.seconds < 1
    assert len(outcome.on_delta) > 5
    for given in (request(deadline=0.3), request(timeout=0.3, inline=True)):
        await check(drip, error=Unreachable, says="0.3 s", asked=1, given=given)


async def test_P19_keep_alives_are_signs_of_life_for_who_says_how_long_silence_may_last():
    comments = [step for _ in range(8) for step in (chunk(b": keep-alive\n\n"), Wait(0.1))]
    slow = chunked(*comments, *EVENTS["openai"]("hello"))
    await check(slow, asked=1, given=request(timeout=0.4))
    silent = chunked(Hang())
    outcome = await check(
        silent, silent, silent, error=Unreachable, says="for 0.2 s", given=request(timeout=0.2)
    )
    assert outcome.seconds < 2


@pytest.mark.parametrize("api", APIS)
async def test_P20_a_stall_drops_the_part_and_asks_again(api):
    stall = chunked(*EVENTS[api]("hello")[: EVENTS_TO_TEXT[api]], Hang(), kind=KINDS[api])
    outcome = await check(stall, asked=2, api=api)
    assert outcome.on_delta[-2:] == ["he", "llo"]
    await check(stall, stall, stall, error=Unreachable, says="silent", asked=3, api=api)


async def test_P20_silence_after_the_last_word_does_not_cost_the_answer():
    script = chunked(delta("hello"), delta(None, "stop"), Hang())
    outcome = await check(script, asked=1)
    assert outcome.seconds < 1


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("at", ["before", "head", "middle"])
async def test_P21_a_reset_is_mended_by_another_attempt(api, at):
    start = chunked(EVENTS[api]("hello")[0], Wait(0.02), Reset(), kind=KINDS[api])
    script = {"before": [Reset()], "head": [b"HTTP/1.1 200 O", Wait(0.02), Reset()]}.get(at, start)
    await check(script, asked=2, api=api)
    await check(script, script, script, error=Unreachable, asked=3, api=api)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("way", ["end", "cut"])
async def test_P22_an_end_without_a_last_word_is_a_cut(api, way):
    pieces = EVENTS[api]("hello")[: EVENTS_TO_TEXT[api] + 1]
    steps = [*pieces, Close()] if way == "cut" else pieces
    script = chunked(*steps, kind=KINDS[api], end=way == "end")
    outcome = await check(script, script, script, error=Unreachable, asked=3, api=api)
    assert outcome.reply is None


async def test_P22_a_marker_without_a_reason_is_not_a_whole_answer():
    outcome = await check(chunked(delta("hello"), DONE), asked=1)
    assert outcome.reply.finish == "unknown"


async def test_P22_a_last_word_without_a_marker_is_enough():
    outcome = await check(chunked(delta("hello"), delta(None, "stop")), asked=1)
    assert outcome.reply.finish == "stop"
    script = chunked(delta("hello"), delta(None, "stop"), Close(), end=False)
    assert (await check(script, asked=1)).reply.finish == "stop"


_TEXT = "hé☃\U0001f600"


@pytest.mark.heavy
@pytest.mark.parametrize("api", APIS)
async def test_P23_split_anywhere_the_answer_is_the_same(api):
    body = b"".join(EVENTS[api](_TEXT))
    scripts = [
        chunked(body[:at], Wait(0), body[at:], kind=KINDS[api]) for at in range(1, len(body))
    ]
    async with baseline(), FaultyServer.of(*scripts, text=_TEXT) as server:
        lab = provider(server.url, api)
        for at in range(1, len(body)):
            outcome = await ask(lab)
            assert (outcome.text, outcome.reply.finish) == (_TEXT, "stop"), at
        assert server.connections == 1
        await lab.close()
        assert await settled(lambda: server.open == 0)


@pytest.mark.heavy
@pytest.mark.parametrize("api", APIS)
async def test_P23_cut_anywhere_it_is_the_answer_or_an_error(api):
    body = b"".join(EVENTS[api](_TEXT))
    raw = b"".join(chunked(body, kind=KINDS[api]))
    async with (
        baseline(),
        FaultyServer.of(*([raw[:at], Close()] for at in range(len(raw)))) as server,
    ):
        lab = provider(server.url, api, backoff=ONCE)
        answers = 0
        for at in range(len(raw)):
            outcome = await ask(lab, request(f"m{at}"))
            if outcome.reply is not None:
                assert outcome.text == _TEXT, at
                answers += 1
            assert "\ufffd" not in "".join(outcome.on_delta)
        assert 0 < answers < 300
        await lab.close()
        assert await settled(lambda: server.open == 0)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("bad", [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\xaf"])
async def test_P24_bytes_that_are_no_utf8_are_refused(api, bad):
    body = b"".join(EVENTS[api]("hello")).replace(b"llo", b"l" + bad + b"o")
    outcome = await check(chunked(body, kind=KINDS[api]), error=BadReply, says="UTF-8", api=api)
    assert "\ufffd" not in "".join(outcome.on_delta)


async def test_P24_an_answer_in_one_piece_is_as_strict():
    script = whole(b'{"choices": [{"message": {"content": "\xff"}, "finish_reason": "stop"}]}')
    await check(script, error=BadReply, says="UTF-8", asked=1)


_ODD = "a\u2028b\u2029c\u0085d\\fe\\u000bf"
_CHOICE = '{"choices": [{"delta": {"content": "%s"}%s}]}'


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
async def test_P25_events_are_decoded_as_the_standard_says(end):
    lines = [
        "\ufeff: a comment",
        "retry: 10",
        "id: 1",
        "unknown: field",
        "no colon at all",
        f"data: {_CHOICE % (_ODD, '')}",
        "",
        ": OPENROUTER PROCESSING",
        "",
        "event: message",
        'data: {"choices": [{"delta":',
        'data:{"content": "!"}, "finish_reason":',
        'data:   "stop"}]}',
        "",
        "data: [DONE]",
        "",
        "",
    ]
    script = chunked(end.join(lines).encode())
    await check(script, text="a\u2028b\u2029c\u0085d\fe\x0bf!", asked=1)


async def test_P25_half_characters_of_two_events_are_joined():
    halves = [
        b'data: {"choices": [{"delta": {"content": "<\\ud83d"}}]}\n\n',
        b'data: {"choices": [{"delta": {"content": "\\ude00>"}}]}\n\n',
    ]
    end = [delta(None, "stop"), DONE]
    await check(chunked(*halves, *end), text="<\U0001f600>", asked=1)
    await check(chunked(halves[0], *end), error=BadReply, says="half a character", asked=1)


async def test_P35_a_stream_of_comments_is_silence():
    endless = chunked(delta("hel"), Forever(chunk(b": OPENROUTER PROCESSING\n\n"), 0.01))
    bounds = replace(QUICK, total=1.5)
    outcome = await check(endless, endless, endless, error=Unreachable, bounds=bounds)
    assert outcome.seconds < 1.8


async def test_P35_a_model_in_a_loop_is_stopped():
    await check(
        chunked(Forever(chunk(delta("the same again ")))), error=BadReply, says="repeats", asked=1
    )
    # indentation repeats in honest code
    rows = [delta("  ")] * 300
    await check(chunked(*rows, delta(None, "stop"), DONE), text="  " * 300, asked=1)


async def test_P35_an_answer_without_end_is_stopped_at_its_bound():
    bounds = replace(QUICK, answer_chars=10_000)
    pieces = [chunk(delta(f"line {n} of many ")) for n in range(40)]
    endless = chunked(Forever(b"".join(pieces)))
    await check(endless, error=TooLarge, says="10,000", asked=1, bounds=bounds)


async def test_P35_reasoning_without_end_is_stopped():
    endless = chunked(Forever(chunk(delta(None, reasoning_content="x" * 30_000))))
    outcome = await check(endless, error=TooLarge, asked=1)
    assert outcome.on_delta == []


async def test_cancelling_closes_the_socket_at_once():
    for script in ([Hang()], chunked(delta("a"), Hang()), [head(500), Hang()]):
        async with baseline(), FaultyServer.of(script) as server:
            lab = provider(server.url)
            task = asyncio.ensure_future(ask(lab))
            assert await settled(lambda s=server: len(s.seen) == 1)
            await asyncio.sleep(0.02)
            task.cancel()
            cancelled = asyncio.get_running_loop().time()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await settled(lambda s=server: s.seen[0].left_at is not None)
            assert server.seen[0].left_at - cancelled < 1
            assert (await ask(lab)).text == "hello"
            await lab.close()
            assert await settled(lambda s=server: s.open == 0)


async def test_requests_beyond_the_limit_wait_for_a_place():
    slow = chunked(Wait(0.05), *openai_events("hello"))
    async with baseline(), FaultyServer.of(*[slow] * 6) as server:
        lab = provider(server.url, places=2)
        outcomes = await asyncio.gather(*(ask(lab) for _ in range(6)))
        assert [outcome.text for outcome in outcomes] == ["hello"] * 6
        assert server.connections == 2
        await lab.close()
        assert await settled(lambda: server.open == 0)


async def test_an_inline_request_is_asked_once():
    async with baseline(), FaultyServer(always=whole("{}", 500)) as server:
        lab = provider(server.url)
        assert (await ask(lab, request(inline=True))).error is not None
        assert len(server.seen) == 1
        assert json.loads(server.seen[0].body)["stream"] is True
        await lab.close()
        assert await settled(lambda: server.open == 0)


async def test_a_good_answer_keeps_its_connection():
    for api in APIS:
        async with baseline(), FaultyServer(always=healthy(api)) as server:
            lab = provider(server.url, api)
            await lab.warm()
            for _ in range(5):
                assert (await ask(lab)).text == "hello"
            assert await lab.models() == ("m-1", "m-2")
            assert server.connections == 1
            assert "sk-canary" not in str(server.seen[0].headers)
            await lab.close()
            assert await settled(lambda s=server: s.open == 0)


@pytest.mark.parametrize("api", APIS)
async def test_an_answer_that_is_enough_closes_its_request(api):
    """Its server would go on; what it took is an estimate."""
    text = "Sure.\n```python\nx = 2\n```\nThis sets x."
    begun = EVENTS[api](text)[: EVENTS_TO_TEXT[api] + 1]
    async with (
        baseline(),
        FaultyServer.of(chunked(*begun, Hang(), kind=KINDS[api])) as server,
    ):
        lab = provider(server.url, api)
        given = request(enough=lambda answer: answer.endswith("```\n"))
        outcome = await ask(lab, given)
        assert outcome.text == "Sure.\n```python\nx = 2\n```\n"
        assert outcome.reply.finish == "stop"
        assert outcome.reply.usage.output > 1
        assert given.meter.stopped
        assert await settled(lambda: server.open == 0)
        await lab.close()


async def test_an_answer_that_is_never_enough_is_heard_to_its_end():
    looked = []
    given = request(enough=lambda answer: bool(looked.append(answer)))
    text = "Sure.\n```python\nx = 2\n```\nThis sets x."
    outcome = await check(healthy(text=text), text=text, given=given)
    assert looked == ["Sure.\n```python\nx = 2\n```\n"]
    assert not given.meter.stopped
    assert outcome.reply.usage == Usage(11, 3)
