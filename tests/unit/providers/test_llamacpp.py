"""What is sent to fill a gap, and how the events of a real server are read."""

import json

import pytest

from moa_lsp.errors import AuthRejected, BadReply, ProviderOverloaded, UsageError
from moa_lsp.providers.base import Infill, Usage
from moa_lsp.providers.faults import PromptTooLong
from moa_lsp.providers.llamacpp import LlamaInfill
from moa_lsp.providers.sse import SseDecoder
from moa_lsp.providers.wire import StreamedAnswer
from tests.chaos.expectation import request

WIRE = LlamaInfill("lab")
GAP = Infill("def f(a):\n    ", "\n    return a\n", (("lib/x.py", "X = 1\n"), ("y.py", "")))


def check(*events):
    """Fold events, given as values or as text; the reply, the heard pieces and the draft."""
    streamed = StreamedAnswer()
    on_delta = [WIRE.take(e if isinstance(e, str) else json.dumps(e), streamed) for e in events]
    return streamed.reply(), on_delta, streamed


def piece(text, number=1):
    return {
        "index": 0,
        "content": text,
        "tokens": [84],
        "stop": False,
        "id_slot": -1,
        "tokens_predicted": number,
        "tokens_evaluated": 30,
    }


def last(kind="eos", text="", **more):
    timings = {"cache_n": 29, "prompt_n": 1, "prompt_ms": 0.804, "predicted_n": 6}
    counts = {"tokens_evaluated": 30, "tokens_predicted": 6, "timings": timings}
    return {"content": text, "stop": True, "stop_type": kind, **counts, **more}


def test_the_request():
    ask = WIRE.ask(request(infill=GAP, temperature=0.0, max_tokens=64))
    assert ask.path == "/infill"
    fields = ask.body["response_fields"]
    assert "prompt" not in fields
    assert ask.body == {
        "model": "m",
        "input_prefix": "def f(a):\n    ",
        "input_suffix": "\n    return a\n",
        "input_extra": [
            {"filename": "lib/x.py", "text": "X = 1\n"},
            {"filename": "y.py", "text": ""},
        ],
        "response_fields": fields,
        "stream": True,
        "temperature": 0.0,
        "n_predict": 64,
    }
    bare = WIRE.ask(request(infill=Infill("", ""))).body
    assert set(ask.body) - set(bare) == {"temperature", "n_predict"}
    assert bare["input_extra"] == []
    assert WIRE.key_header("k") == ("authorization", "Bearer k")


def test_a_request_without_a_gap_is_not_sent_there():
    with pytest.raises(UsageError, match="lab was asked to fill a gap"):
        WIRE.ask(request())


@pytest.mark.parametrize(
    ("kind", "finish"),
    [
        ("eos", "stop"),
        ("word", "stop"),
        ("limit", "length"),
        ("none", "unknown"),
        ("later", "unknown"),
        (None, "unknown"),
        (7, "unknown"),
    ],
)
def test_why_it_ended(kind, finish):
    reply, on_delta, streamed = check(piece("l"), piece("ine", 2), last(kind))
    assert (reply.text, reply.finish, on_delta) == ("line", finish, ["l", "ine", ""])
    assert reply.usage == Usage(30, 6, 29)
    assert streamed.ended


@pytest.mark.parametrize(
    ("more", "usage"),
    [
        # everything in the slot, the answer too, is no count of what was kept
        ({"tokens_cached": 35}, Usage(30, 6, 29)),
        ({"tokens_cached": 35, "timings": {}}, Usage(30, 6, 0)),
        ({"timings": None}, Usage(30, 6, 0)),
        ({"timings": {"cache_n": -1}, "tokens_evaluated": "30"}, None),
        ({"tokens_evaluated": 1e300, "tokens_predicted": True}, None),
    ],
)
def test_the_counts(more, usage):
    assert check(piece("a"), last(**more))[0].usage == usage


def test_the_count_so_far_is_no_usage():
    reply, _, streamed = check(piece("a"), piece("b", 2))
    assert (reply.usage, reply.finish, streamed.ended) == (None, "unknown", False)


def test_text_of_the_last_event_counts():
    assert check(piece("a"), last(text="b"))[0].text == "ab"


def test_an_answer_in_one_piece():
    streamed = StreamedAnswer()
    assert WIRE.take_whole(json.dumps(last("limit", "lines")), streamed) == "lines"
    reply = streamed.reply()
    assert (reply.text, reply.finish, reply.usage) == ("lines", "length", Usage(30, 6, 29))


@pytest.mark.parametrize(
    ("event", "error"),
    [
        ({"error": {"code": 500, "message": "x", "type": "server_error"}}, ProviderOverloaded),
        ({"error": {"code": 401, "message": "x", "type": "authentication_error"}}, AuthRejected),
        ({"error": {"code": 400, "type": "exceed_context_size_error"}}, PromptTooLong),
        ({"error": "gone"}, ProviderOverloaded),
        ({"choices": [{"delta": {"content": "a"}}]}, BadReply),
        ({"content": None}, BadReply),
        ({"content": ["a"], "stop": True}, BadReply),
        ({"stop": True, "stop_type": "eos"}, BadReply),
        ([], BadReply),
        ("[DONE]", BadReply),
        ('{"content": "a", "content": "b"}', BadReply),
    ],
)
def test_what_is_no_piece_of_an_answer(event, error):
    with pytest.raises(error):
        check(piece("a"), event)


def test_every_split_of_the_stream_gives_the_same():
    events = [piece("hé☃"), piece("\U0001f600\u2028x", 2), last()]
    text = "".join(f"data: {json.dumps(event, ensure_ascii=False)}\n\n" for event in events)
    data = text.encode()

    def folded(*parts):
        decoder, streamed = SseDecoder(), StreamedAnswer()
        for part in parts:
            for event in decoder.feed(part):
                WIRE.take(event.data, streamed)
        return streamed.reply(), streamed.ended

    whole = folded(data)
    assert whole[0].text == "hé☃\U0001f600\u2028x"
    assert whole[1]
    assert folded(*(data[at : at + 1] for at in range(len(data)))) == whole
    for at in range(1, len(data)):
        assert folded(data[:at], data[at:]) == whole, at
