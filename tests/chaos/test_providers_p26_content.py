"""P26-P32: answers that are not what the wire promises."""

import json

import pytest

from moa_lsp.errors import (
    AnswerRefused,
    AuthRejected,
    BadReply,
    ProviderOverloaded,
    RateLimited,
    TooLarge,
)
from tests.chaos.expectation import (
    APIS,
    check,
)
from tests.fakes.faulty_server import (
    DONE,
    EVENTS,
    KINDS,
    NDJSON,
    WHOLE_ANSWERS,
    chunked,
    delta,
    openai_events,
    sse,
    whole,
)

_STOP = [delta(None, "stop"), DONE]


def _framed(api: str, text: str) -> bytes:
    return f"{text}\n".encode() if KINDS[api] == NDJSON else f"data: {text}\n\n".encode()


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(
    "text",
    [
        '{"choices": [{"delta": {"conte',
        "{",
        "[",
        '"a string"',
        "7",
        "null",
        "[]",
        "{}",
        "hello",
        '{"a": NaN}',
        '{"a": -Infinity}',
        '{"a": 1, "a": 2}',
        '{"a": ' + "9" * 10_000 + "}",
        "[" * 100_000,
        '{"a":' * 100_000,
        "[" * 100 + "]" * 100,
        '{"choices": [{"delta": {"content": "a\nb"}}]}',
    ],
    ids=lambda text: f"{text[:12]}…{text[-6:]} ({len(text)})",
)
async def test_P26_events_that_are_no_honest_json(api, text):
    script = chunked(_framed(api, text), *EVENTS[api]("hello"), kind=KINDS[api])
    await check(script, error=BadReply, asked=1, api=api)
    if text != "{}":  # an object with nothing in it is P28's
        await check(whole(text), error=BadReply, asked=1, api=api)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("kind", ["text/html", "text/html; charset=utf-8", "image/png", "a/\tb"])
async def test_P27_a_page_is_no_model_endpoint(api, kind):
    script = whole("<html>Sign in to the network</html>", kind=kind)
    await check(
        script, error=BadReply, says="check that base_url is a model API", asked=1, api=api
    )


@pytest.mark.parametrize("kind", ["", "text/plain"])
async def test_P27_a_page_without_its_type_is_no_model_endpoint(kind):
    script = whole("\n <!doctype html><html></html>", kind=kind)
    await check(script, error=BadReply, says="check that base_url is a model API", asked=1)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "", "text/plain"]
)
async def test_P27_an_answer_in_one_piece_is_taken(api, kind):
    body = "\n\n\n" + json.dumps(WHOLE_ANSWERS[api])
    outcome = await check(whole(body, kind=kind), asked=1, api=api)
    assert outcome.reply.finish == "stop"
    assert (outcome.reply.usage.input, outcome.reply.usage.output) == (11, 3)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("kind", ["", "text/plain", "application/octet-stream"])
async def test_P27_a_stream_without_its_type_is_taken(api, kind):
    await check(chunked(*EVENTS[api]("hello"), kind=kind), asked=1, api=api)


@pytest.mark.parametrize(
    "body",
    [
        {"id": "x"},
        {"choices": []},
        {"choices": None},
        {"choices": "x"},
        {"object": "list", "data": []},
    ],
)
async def test_P28_an_answer_without_a_choice(body):
    await check(whole(json.dumps(body)), error=BadReply, says="no answer", asked=1)


@pytest.mark.parametrize(
    ("message", "text", "finish"),
    [
        ({"content": None}, "", "stop"),
        ({}, "", "stop"),
        (None, "", "stop"),
        ("x", "", "stop"),
        ({"content": 7}, "", "stop"),
        (
            {"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
            "ab",
            "stop",
        ),
        (
            {"content": [{"type": "thinking", "thinking": [{"text": "t"}]}, {"text": "b"}]},
            "b",
            "stop",
        ),
        ({"content": [None, 3, {"type": "image_url"}]}, "", "stop"),
        ({"content": None, "tool_calls": [{"id": "1"}]}, "", "tool_calls"),
    ],
)
async def test_P28_odd_messages_are_read_without_a_slip(message, text, finish):
    said = {"index": 0, "delta": message, "finish_reason": None}
    ended = {"index": 0, "delta": {}, "finish_reason": finish}
    script = chunked(sse({"choices": [said]}), sse({"choices": [ended]}), DONE)
    outcome = await check(script, text=text, asked=1)
    assert outcome.reply.finish == ("stop" if finish == "stop" else "unknown")
    body = {"choices": [{"message": message, "finish_reason": finish}]}
    await check(whole(json.dumps(body)), text=text, asked=1)


@pytest.mark.parametrize("body", [{"type": "message"}, {"content": None}, {"content": "x"}])
async def test_P28_an_anthropic_message_without_blocks(body):
    await check(whole(json.dumps(body)), error=BadReply, asked=1, api="anthropic")


@pytest.mark.parametrize("text", ["", " ", "\n\n"])
async def test_P29_an_empty_answer_is_an_empty_answer(text):
    for api in APIS:
        await check(chunked(*EVENTS[api](text), kind=KINDS[api]), text=text, asked=1, api=api)


@pytest.mark.parametrize(
    ("error", "kind", "asked"),
    [
        ({"message": "slow down", "code": 429}, RateLimited, 3),
        ({"message": "slow down", "code": "429"}, RateLimited, 3),
        ({"message": "busy", "code": 503}, ProviderOverloaded, 3),
        ({"message": "busy", "type": "overloaded_error"}, ProviderOverloaded, 3),
        ({"message": "key", "code": 401}, AuthRejected, 1),
        ({"message": "key", "code": "invalid_api_key"}, AuthRejected, 1),
        ({"message": "pay", "code": 402}, AuthRejected, 1),
        ({"message": "bad", "code": 400}, BadReply, 1),
        ({"message": "long", "code": "context_length_exceeded"}, TooLarge, 1),
        ({"message": "no", "code": "content_filter"}, AnswerRefused, 1),
        ({"message": "gone", "code": 500}, ProviderOverloaded, 3),
        ("something broke", ProviderOverloaded, 3),
        ({}, None, 1),
        (None, None, 1),
    ],
)
@pytest.mark.parametrize("way", ["first", "middle", "whole"])
async def test_P30_an_error_inside_an_answer_counts_as_its_status(error, kind, asked, way):
    if kind is None and way == "whole":
        return
    event = sse({"error": error, "choices": []})
    script = {
        "first": chunked(event, DONE),
        "middle": chunked(delta("hel"), event, DONE),
        "whole": whole(json.dumps({"error": error})),
    }[way]
    if kind is None:
        await check(chunked(event, *openai_events("hello")), asked=1)
    else:
        await check(script, script, script, error=kind, asked=asked)


@pytest.mark.parametrize("api", ["anthropic", "ollama"])
async def test_P30_an_error_inside_the_other_streams(api):
    error = {
        "anthropic": sse({"type": "error", "error": {"type": "overloaded_error"}}, "error"),
        "ollama": b'{"error": "the model runner stopped"}\n',
    }[api]
    script = chunked(EVENTS[api]("hello")[0], error, kind=KINDS[api])
    await check(script, asked=2, api=api)
    await check(script, script, script, error=ProviderOverloaded, asked=3, api=api)


async def test_P30_an_error_in_a_list_is_found():
    body = [{"error": {"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED"}}]
    await check(whole(json.dumps(body), 429), asked=2)
    await check(whole(json.dumps(body)), asked=2)


@pytest.mark.parametrize("reason", ["length", "max_tokens", "model_length"])
async def test_P31_a_cut_by_the_bound_is_told(reason):
    outcome = await check(chunked(delta("hello", reason), DONE), asked=1)
    assert outcome.reply.finish == "length"


async def test_P31_the_other_wires_tell_it_too():
    events = EVENTS["anthropic"]("hello")
    events[4] = events[4].replace(b"end_turn", b"max_tokens")
    outcome = await check(chunked(*events), api="anthropic")
    assert outcome.reply.finish == "length"
    events = EVENTS["ollama"]("hello")
    events[2] = events[2].replace(b'"stop"', b'"length"')
    outcome = await check(chunked(*events, kind=KINDS["ollama"]), api="ollama")
    assert outcome.reply.finish == "length"


async def test_P32_a_refusal_is_told_and_costs_what_it_costs():
    usage = sse(
        {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 1, "cost": 0.02}}
    )
    outcome = await check(chunked(delta("hello", "content_filter"), usage, DONE), asked=1)
    assert outcome.reply.finish == "refused"
    assert (outcome.reply.usage.input, outcome.reply.cost_usd) == (5, 0.02)
    script = chunked(delta(None, refusal="I cannot"), *_STOP)
    assert (await check(script, text="", asked=1)).reply.finish == "refused"
    events = EVENTS["anthropic"]("hello")
    events[4] = events[4].replace(b"end_turn", b"refusal")
    outcome = await check(chunked(*events), api="anthropic", asked=1)
    assert outcome.reply.finish == "refused"
