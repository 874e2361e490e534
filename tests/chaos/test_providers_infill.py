"""Filling a gap: its stream may break, err or be cut as any other (P20-P23, P28, P30)."""

import json

import pytest

from moa_lsp.errors import BadReply, ProviderOverloaded, RateLimited, Unreachable
from moa_lsp.providers.base import Infill, Usage
from moa_lsp.providers.policy import Backoff
from tests.chaos.expectation import ask, baseline, check, provider, request, settled
from tests.fakes.faulty_server import Close, FaultyServer, Hang, Reset, Wait, chunked, sse, whole

GAP = Infill("def greet():\n    return ", "\n", (("names.py", "NAME = 'x'\n"),))


def events(text="hello"):
    """A good answer of 11 and 3 tokens, 9 of them kept."""
    half = len(text) // 2
    counts = {"tokens_evaluated": 11, "tokens_predicted": 3, "timings": {"cache_n": 9}}
    return [
        sse({"index": 0, "content": text[:half], "stop": False, "tokens_predicted": 1}),
        sse({"index": 0, "content": text[half:], "stop": False, "tokens_predicted": 2}),
        sse({"content": "", "stop": True, "stop_type": "eos", **counts}),
    ]


def gap(model="m", **more):
    return request(model, infill=GAP, **more)


async def fill(*scripts, **more):
    """As ``check``, for a gap; the healthy request after it is a chat of the same provider."""
    return await check(*scripts, api="llamacpp", given=gap(), **more)


async def test_it_is_filled_beside_chat():
    async with baseline(), FaultyServer.of(chunked(*events())) as server:
        lab = provider(server.url, "llamacpp")
        filled, chat = await ask(lab, gap()), await ask(lab)
        assert (filled.text, filled.reply.finish) == ("hello", "stop")
        assert filled.reply.usage == Usage(11, 3, 9)
        assert filled.on_delta == ["he", "llo"]
        assert chat.text == "hello"
        assert await lab.models() == ("m-1", "m-2")
        assert [each.path for each in server.seen] == [
            "/infill",
            "/v1/chat/completions",
            "/v1/models",
        ]
        assert server.connections == 1
        await lab.close()
        assert await settled(lambda: server.open == 0)


async def test_P30_an_error_inside_the_stream_counts_as_its_status():
    for status, kind, asked in (
        (500, ProviderOverloaded, 3),
        (429, RateLimited, 3),
        (400, BadReply, 1),
    ):
        error = {"error": {"code": status, "message": "no", "type": "unavailable_error"}}
        script = chunked(events()[0], sse(error))
        outcome = await fill(script, script, script, error=kind, asked=asked)
        assert outcome.on_delta == ["he"] * asked
    script = chunked(events()[0], sse({"error": {"code": 500, "message": "no"}}))
    assert (await fill(script, chunked(*events()), asked=2)).on_delta == ["he", "he", "llo"]


@pytest.mark.parametrize("way", ["end", "close", "reset", "stall"])
async def test_P22_a_stream_without_its_last_event_is_a_cut(way):
    steps = {"end": [], "close": [Close()], "reset": [Wait(0.02), Reset()], "stall": [Hang()]}
    script = chunked(*events()[:2], *steps[way], end=way == "end")
    outcome = await fill(script, script, script, error=Unreachable, asked=3)
    assert outcome.on_delta == ["he", "llo"] * 3 or way == "reset"
    await fill(script, chunked(*events()), asked=2)


@pytest.mark.heavy
async def test_P23_cut_anywhere_it_is_the_answer_or_an_error():
    text = "hé☃\U0001f600"
    raw = b"".join(chunked(b"".join(events(text))))
    scripts = ([raw[:at], Close()] for at in range(len(raw)))
    async with baseline(), FaultyServer.of(*scripts) as server:
        lab = provider(server.url, "llamacpp", backoff=Backoff(retries=0))
        answers = 0
        for at in range(len(raw)):
            outcome = await ask(lab, gap(f"m{at}"))
            if outcome.reply is not None:
                assert (outcome.text, outcome.reply.usage) == (text, Usage(11, 3, 9)), at
                answers += 1
        assert 0 < answers < 20, "only what is behind the last event may be missing"
        await lab.close()
        assert await settled(lambda: server.open == 0)


async def test_P28_the_stream_of_another_api_is_told():
    script = chunked(sse({"choices": [{"delta": {"content": "hello"}}]}))
    await fill(script, error=BadReply, says="fills no gap, check base_url", asked=1)


async def test_an_answer_in_one_piece():
    counts = {"tokens_evaluated": 11, "tokens_predicted": 3}
    body = {"content": "hello", "stop": True, "stop_type": "limit", **counts}
    outcome = await fill(whole(json.dumps(body)), asked=1)
    assert (outcome.reply.finish, outcome.reply.usage) == ("length", Usage(11, 3, 0))
