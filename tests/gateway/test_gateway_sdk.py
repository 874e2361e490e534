"""The gateway asked by OpenAI's own SDK: sync, async, streamed, with tools, refused, cancelled."""

import asyncio

import openai
import pytest

from tests.fakes.client import until
from tests.fakes.faulty_server import DONE, USAGE, Hang, chunked, delta

TURNS = [{"role": "user", "content": "Hi."}]
TOOL = {"type": "function", "function": {"name": "read", "parameters": {"type": "object"}}}
CALL = {"id": "call_1", "type": "function", "index": 0,
        "function": {"name": "read", "arguments": "{}"}}  # fmt: skip


@pytest.fixture
def place(running):
    return {"base_url": f"http://127.0.0.1:{running.port}/v1", "api_key": running.token}


@pytest.fixture
def client(place):
    with openai.OpenAI(**place) as made:
        yield made


def test_mixes_are_models(client):
    assert "trio" in {model.id for model in client.models.list()}


def test_a_whole_answer_with_usage(client):
    answer = client.chat.completions.create(model="trio", messages=TURNS)
    assert answer.choices[0].message.content == "from z"
    assert answer.usage.total_tokens == 42


def test_a_streamed_answer(client):
    turns = [{"role": "user", "content": "Stream."}]  # of no other test: it would be in the cache
    asked = {"stream": True, "stream_options": {"include_usage": True}}
    chunks = list(client.chat.completions.create(model="trio", messages=turns, **asked))
    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert said == "from z"
    assert chunks[-1].usage.total_tokens == 42


@pytest.mark.parametrize("stream", [False, True])
def test_tools(client, upstreams, stream):
    upstreams.play("z", chunked(delta(None, tool_calls=[CALL]), delta(None, "tool_calls"), USAGE,
                                DONE))  # fmt: skip
    asked = {"model": "trio", "messages": TURNS, "tools": [TOOL]}
    if stream:
        with client.chat.completions.stream(**asked) as events:
            message = events.get_final_completion().choices[0].message
    else:
        message = client.chat.completions.create(**asked).choices[0].message
    (call,) = message.tool_calls
    assert (call.id, call.function.name, call.function.arguments) == ("call_1", "read", "{}")


def test_a_gap(client, upstreams):
    upstreams.say(a="return a")
    answer = client.completions.create(model="chosen", prompt="def f(a):\n    ", suffix="\n")
    assert answer.choices[0].text == "return a"


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"model": "no-such-mix"}, openai.NotFoundError),
        ({"n": 2}, openai.BadRequestError),
        ({"model": "dear"}, openai.APIStatusError),
    ],
)
def test_errors_are_the_sdks_own(client, asked, error):
    with pytest.raises(error) as raised:
        client.chat.completions.create(**{"model": "trio", "messages": TURNS, **asked})
    assert raised.value.code


def test_a_wrong_token_is_the_sdks_authentication_error(place):
    with (
        openai.OpenAI(**{**place, "api_key": "wrong"}) as stranger,
        pytest.raises(openai.AuthenticationError),
    ):
        stranger.models.list()


async def test_async_and_cancelled(place, upstreams):
    async with openai.AsyncOpenAI(**place) as client:
        answer = await client.chat.completions.create(model="trio", messages=TURNS)
        assert answer.choices[0].message.content == "from z"
        for name in ("a", "b"):
            upstreams.servers[name].seen.clear()
            upstreams.play(name, chunked(delta("begin"), Hang()))
        turns = [{"role": "user", "content": "Another."}]
        work = asyncio.create_task(client.chat.completions.create(model="trio", messages=turns))
        await asyncio.to_thread(until, lambda: upstreams.asked("a") and upstreams.asked("b"))
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await asyncio.to_thread(upstreams.closed)
