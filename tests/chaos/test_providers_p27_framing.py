"""P27, P30: streams as gateways frame them, under whatever type, and errors in every shape."""

import json

import pytest

from moa_lsp.errors import (
    AnswerRefused,
    AuthRejected,
    BadReply,
    ProviderOverloaded,
    RateLimited,
    Unreachable,
)
from moa_lsp.providers.http import model_names
from tests.chaos.expectation import CANARY, ask, baseline, check, provider, settled
from tests.fakes.faulty_server import DONE, FaultyServer, chunked, delta, sse, whole


def _event(text, finish=None, **more):
    return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}], **more}


_EVENTS = [json.dumps(each) for each in (_event("hel"), _event("lo"), _event("", "stop"))]


def _lines(prefix="data: ", between="\n\n", last="\n\n", done=True):
    events = [*_EVENTS, *(["[DONE]"] if done else [])]
    return (between.join(prefix + event for event in events) + last).encode()


_FRAMES = {
    "blank lines": _lines(),
    "single newlines": _lines(between="\n", last="\n"),
    "single newlines and no marker": _lines(between="\n", last="\n", done=False),
    "no newline at the end": _lines(between="\n", last=""),
    "no blank line at the end": _lines(last="\n"),
    "no marker and no end of the last event": _lines(last="", done=False),
    "carriage returns": _lines(between="\r\r", last="\r\r"),
    "single carriage returns": _lines(between="\r", last="\r"),
    "windows line ends, single": _lines(between="\r\n", last="\r\n"),
    "three newlines": _lines(between="\n\n\n", last="\n\n\n"),
    "no blank behind the colon": _lines("data:"),
    "two blanks behind the colon": _lines("data:  "),
    "a blank before the colon": _lines("data : "),
    "capitals": _lines("Data: "),
    "named events without blank lines": _lines("event: chunk\ndata: ", between="\n"),
    "ids": _lines("id: 7\ndata: "),
    "a byte order mark": b"\xef\xbb\xbf" + _lines(),
    "empty events between": b"data: \n\n" + _lines().replace(b"\n\n", b"\n\ndata:\n\n"),
    "comments first": b": keep-alive\n\n: keep-alive\n\n" + _lines(),
    "blank lines first": b"\n\n\n" + _lines(),
    "bare lines of JSON": _lines("", between="\n", last="\n", done=False),
    "bare lines of JSON with a marker": _lines("", between="\n", last="\n"),
}

_TYPES = (
    "text/event-stream",
    "text/event-stream;charset=UTF-8",
    "application/json",
    "application/json; charset=utf-8",
    "text/plain",
    "text/html; charset=utf-8",
    "application/x-ndjson",
    "application/octet-stream",
    "application/stream+json",
    "",
)


@pytest.mark.parametrize("kind", _TYPES)
@pytest.mark.parametrize("frame", _FRAMES)
async def test_P27_a_stream_is_taken_however_it_is_framed_and_called(frame, kind):
    outcome = await check(whole(_FRAMES[frame], kind=kind), asked=1)
    assert outcome.reply.finish == "stop"


@pytest.mark.parametrize("frame", _FRAMES)
async def test_P27_cut_anywhere_it_is_the_answer_or_an_error(frame):
    body = _FRAMES[frame]
    for at in range(1, len(body), 7):
        async with baseline(), FaultyServer.of(chunked(body[:at], body[at:])) as server:
            lab = provider(server.url)
            assert (await ask(lab)).text == "hello", at
            await lab.close()
            assert await settled(lambda s=server: s.open == 0)


async def test_P27_a_list_of_events_and_a_printed_answer_are_read():
    answer = {"choices": [{"message": {"content": "hello"}, "finish_reason": "stop"}]}
    printed = json.dumps(answer, indent=2)
    for kind in ("application/json", "text/event-stream", "", "text/plain"):
        outcome = await check(whole(printed, kind=kind), asked=1)
        assert outcome.reply.finish == "stop"
    outcome = await check(whole(sse(answer), kind="text/event-stream"), asked=1)
    assert outcome.reply.finish == "stop"


_TEXT = "It multiplies `w` and `h`, and gives the area."
_GROWN = [_TEXT[:end] for end in range(5, len(_TEXT), 5)]
_MESSAGE = {"role": "assistant", "content": _TEXT}


def _beside(event, message):
    event["choices"][0]["message"] = message
    return event


@pytest.mark.parametrize(
    "events",
    [
        # DashScope without `incremental_output`
        [*map(_event, _GROWN), _event(_TEXT, "stop")],
        [*map(_event, _GROWN), _event(_TEXT), _event("", "stop")],
        [*map(_event, _GROWN), _event(_TEXT), _event(_TEXT, "stop")],
        [_event(_TEXT[:20]), _event(_TEXT, "stop")],
        # the whole once more behind the pieces
        [_event(_TEXT[:9]), _event(_TEXT[9:]), _event(_TEXT, "stop")],
        [*map(_event, _TEXT), _event(_TEXT, "stop")],
        # Perplexity: the whole beside the piece, in the last event or in each
        [_event(_TEXT[:9]), _event(_TEXT[9:]), _beside(_event("", "stop"), _MESSAGE)],
        [
            *(
                _beside(_event(_TEXT[at : at + 5]), {"content": _TEXT[: at + 5]})
                for at in range(0, len(_TEXT), 5)
            ),
            _beside(_event("", "stop"), _MESSAGE),
        ],
        # messages alone
        [{"choices": [{"index": 0, "message": _MESSAGE, "finish_reason": "stop"}]}],
        [_beside(_event(""), {"content": ""}), _beside(_event("", "stop"), _MESSAGE)],
    ],
)
async def test_P27_what_is_said_again_counts_once(events):
    outcome = await check(chunked(*map(sse, events), DONE), text=_TEXT, asked=1)
    assert "".join(outcome.on_delta) == _TEXT


@pytest.mark.parametrize(
    "pieces",
    [
        ["ha", "ha", "ha"],
        ["    ", "    ", "    x"],
        ["a", "ab", "abc"],
        ["# ", "# ", "# x"],
        ["----", "--------", "----"],
        ["x = 1\n", "x = 1\n"],
        ["return ", "return x"],
        ["def f():\n", "    pass\n", "def f():\n", "    pass\n"],
    ],
)
async def test_P27_repetition_in_honest_code_stays(pieces):
    events = [*map(delta, pieces), delta(None, "stop"), DONE]
    outcome = await check(chunked(*events), text="".join(pieces), asked=1)
    assert "".join(outcome.on_delta) == "".join(pieces)


_SAID = "the moon is in the wrong place"
_SHAPES = {
    "an object": {"error": {"message": _SAID, "type": "server_error"}},
    "words": {"error": _SAID},
    "a flag and words beside it": {"error": True, "message": _SAID},
    "a list": [{"error": {"message": _SAID, "code": 500}}],
    "a list of errors": {"errors": [{"code": 500, "message": _SAID}], "success": False},
    "vLLM": {"object": "error", "message": _SAID, "type": "InternalServerError", "code": 500},
    "a type": {"type": "error", "error": {"type": "api_error", "message": _SAID}},
    "detail": {"detail": _SAID},
    "a list of details": {"detail": [{"loc": ["body", "x"], "msg": _SAID, "type": "odd"}]},
    "a message": {"message": _SAID, "request_id": "7"},
    "DashScope": {"code": "InternalError", "message": _SAID, "request_id": "7"},
    "MiniMax": {"base_resp": {"status_code": 1000, "status_msg": _SAID}, "choices": None},
    "Baidu": {"error_code": 336000, "error_msg": _SAID},
    "a problem": {"title": "Odd", "status": 500, "detail": _SAID},
    "JSON in a string": {"error": json.dumps({"error": {"message": _SAID}})},
    "JSON in a message": {"error": {"message": json.dumps({"message": _SAID}), "code": 500}},
    "the words of who is behind": {
        "error": {
            "message": "Provider returned error",
            "code": 502,
            "metadata": {"raw": json.dumps({"error": {"message": _SAID}}), "provider_name": "x"},
        }
    },
    "an unknown shape": {"error": {"why": _SAID}},
}


@pytest.mark.parametrize("shape", _SHAPES)
@pytest.mark.parametrize("way", ["whole", "first", "middle", "status", "named"])
async def test_P30_the_provider_s_own_words_reach_the_user(shape, way):
    body = json.dumps(_SHAPES[shape])
    script = {
        "whole": whole(body),
        "first": chunked(sse(body), DONE),
        "middle": chunked(delta("hel"), sse(body), DONE),
        "status": whole(body, 500),
        "named": chunked(delta("hel"), sse(body, "error")),
    }[way]
    async with baseline(), FaultyServer.of(script, script, script) as server:
        lab = provider(server.url)
        outcome = await ask(lab)
        assert _SAID in str(outcome.error)
        await lab.close()


@pytest.mark.parametrize(
    ("script", "error"),
    [
        # llama.cpp's server before it sent errors as data
        (chunked(delta("x"), b'error: {"code":500,"message":"' + _SAID.encode() + b'"}\n\n'),
         ProviderOverloaded),
        (chunked(sse({"choices": [{"delta": {}, "finish_reason": "error",
                                   "error": {"code": 429, "message": _SAID}}]})), RateLimited),
        (chunked(sse({"object": "error", "message": _SAID, "code": 401})), AuthRejected),
        (chunked(sse({"error": {"message": _SAID, "code": "content_filter"}})), AnswerRefused),
        (whole(_SAID, kind="text/plain"), BadReply),
        (whole(_SAID, kind="text/event-stream"), BadReply),
        (whole(f"<html><title>{_SAID}</title></html>", kind="text/html"), BadReply),
        (whole(f"<html><h1>{_SAID}</h1></html>", kind="application/json"), BadReply),
        (whole(f"<html><head><title>{_SAID}</title>", 502, kind="text/html"), ProviderOverloaded),
        (whole(_SAID, 503, kind="text/plain"), ProviderOverloaded),
        (chunked(b"data: " + _SAID.encode() + b"\n\n"), BadReply),
    ],
)  # fmt: skip
async def test_P30_words_come_in_every_way(script, error):
    await check(*[script] * 3, error=error, says=_SAID)


async def test_P30_words_are_redacted_and_bounded():
    for body in ({"detail": f"{CANARY} {'x' * 9000}"}, {"error": {"why": f"{CANARY} \u202e"}}):
        outcome = await check(*[whole(json.dumps(body))] * 3, error=ProviderOverloaded)
        assert len(str(outcome.error)) < 500


_NOWHERE = [
    {"error": "Unexpected endpoint or method. (POST /chat/completions)"},
    {"error": {"message": "Unknown request URL: POST /chat/completions. Please check the URL"}},
    {"error": {"message": "Invalid URL (POST /v1/v1/chat/completions)", "type": "x"}},
    {"detail": "Not Found"},
    {"message": "Cannot POST /chat/completions", "statusCode": 404},
    {"message": "no Route matched with those values"},
    {"error": "The requested path was not found"},
    {"status": 404, "error": "Not Found", "path": "/chat/completions"},
]


@pytest.mark.parametrize("body", _NOWHERE)
@pytest.mark.parametrize("status", [200, 404])
async def test_P30_a_wrong_path_blames_the_address_once(body, status):
    script = whole(json.dumps(body), status)
    await check(*[script] * 3, error=BadReply, says="base_url", asked=1)


@pytest.mark.parametrize(
    "body",
    [
        {"error": "Unexpected endpoint or method. (GET /models)"},
        {"detail": "Not Found"},
        {"message": "ok"},
        {"status": "up"},
        "<html>welcome</html>",
        {"error": {"message": "no such key", "code": 401}},
    ],
)
def test_P27_a_list_of_models_that_is_none_is_an_error(body):
    text = body if isinstance(body, str) else json.dumps(body)
    with pytest.raises((BadReply, AuthRejected, ProviderOverloaded)):
        model_names(text, "lab")


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"data": []}, ()),
        ({"models": []}, ()),
        ([], ()),
        ({"object": "list", "data": [{"id": "a"}, {"id": 7}, "b"]}, ("a",)),
        ({"models": [{"name": "a"}]}, ("a",)),
        ([{"id": "a"}], ("a",)),
    ],
)
def test_P27_lists_of_models_in_every_shape(body, names):
    assert model_names(json.dumps(body), "lab") == names


async def test_P27_an_empty_stream_is_a_cut():
    script = whole("", kind="text/event-stream")
    await check(*[script] * 3, error=Unreachable, asked=3)
