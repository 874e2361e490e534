"""P34, P36-P38 and P40: answers over their bounds, and HTTP that is not what it should be."""

import gzip
import json
import resource
import zlib
from dataclasses import replace

import pytest

from moa_lsp.errors import BadReply, ProviderOverloaded, TooLarge, Unreachable
from tests.chaos.expectation import (
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
    Close,
    FaultyServer,
    Forever,
    Hang,
    Wait,
    chunk,
    chunked,
    delta,
    head,
    healthy,
    openai_events,
    sse,
    whole,
)

_ANSWER = json.dumps({"choices": [{"message": {"content": "hello"}, "finish_reason": "stop"}]})


@pytest.mark.parametrize(
    "script",
    [
        chunked(Forever(chunk(b"data: " + b"x" * 60_000))),
        chunked(Forever(chunk(b"data: " + b"x" * 60_000 + b"\n"))),
        [head(200, "Content-Type: application/json"), Forever(b" " * 60_000)],
        [head(200, "Content-Type: application/json"), b'{"choices": "', Forever(b"x" * 60_000)],
        chunked(*[delta(f"x{n}" + "y" * 60_000) for n in range(20)]),
        chunked(Forever(chunk(b": comment " + b"x" * 60_000 + b"\n\n"))),
    ],
    ids=["line", "event", "blanks", "json", "content", "comments"],
)
async def test_P34_a_huge_answer_is_dropped_at_its_bound(script):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    await check(script, error=TooLarge, asked=1)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024


def _encoded(data: bytes, name: str) -> list:
    return whole(data, 200, f"Content-Encoding: {name}", kind="text/event-stream")


@pytest.mark.parametrize("name", ["gzip", "deflate", "identity", "GZIP"])
async def test_P36_compression_that_nobody_asked_for_is_undone(name):
    body = b"".join(openai_events("hello"))
    data = {"gzip": gzip.compress, "deflate": zlib.compress}.get(name.lower(), bytes)(body)
    await check(_encoded(data, name), asked=1)


@pytest.mark.heavy
async def test_P36_a_bomb_ends_at_the_bound():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(b": " + b"\0" * 2**20) for _ in range(200)) + packer.flush()
    await check(_encoded(bomb, "gzip"), error=TooLarge, asked=1)
    packer = zlib.compressobj(9, wbits=31)
    lines = b"".join(packer.compress(b": a\n" * 2**18) for _ in range(100)) + packer.flush()
    await check(_encoded(lines, "gzip"), error=TooLarge, says="8,388,608", asked=1)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (b"not gzip", "gzip", "damaged"),
        (gzip.compress(b"".join(openai_events("hello")))[:-60], "gzip", "cut off"),
        (b"x", "br", "compressed in a way"),
        (b"x", "gzip, gzip", "compressed in a way"),
    ],
)
async def test_P36_damaged_or_unknown_compression(data, name, says):
    await check(_encoded(data, name), error=BadReply, says=says, asked=1)


@pytest.mark.parametrize(
    "rest",
    [
        [DONE, DONE, DONE],
        [DONE, delta("more", "stop")],
        [DONE, delta("more", "length"), DONE],
        [DONE, b"\xff\xff not an event"],
        [DONE, Forever(chunk(b": still here\n\n"), 0.01)],
    ],
)
async def test_P37_what_follows_the_end_is_ignored(rest):
    outcome = await check(chunked(delta("hello"), delta(None, "stop"), *rest), asked=1)
    assert outcome.reply.finish == "stop"
    assert outcome.seconds < 1


@pytest.mark.parametrize(
    ("events", "text", "finish"),
    [
        # the first event, or each, says that the answer ended
        ([delta("", "stop"), delta("hello"), delta(None, "stop"), DONE], "hello", "stop"),
        ([delta("", "stop"), delta("hello"), DONE], "hello", "stop"),
        ([delta("hel", "stop"), delta("lo", "stop"), DONE], "hello", "stop"),
        ([delta("hel", "length"), delta("lo"), delta(None, "stop"), DONE], "hello", "stop"),
        # of two reasons for one end the worse is believed, of two ends the last
        ([delta("hello", "stop"), delta(None, "length"), DONE], "hello", "length"),
        ([delta("hello", "length"), delta(None, "stop"), DONE], "hello", "length"),
        ([delta("hel", "stop"), delta("lo", "length"), DONE], "hello", "length"),
        ([delta("hel", "stop"), delta("lo", "content_filter"), DONE], "hello", "refused"),
        *(
            ([delta("hel", name), delta("lo", name), delta(None, "stop"), DONE], "hello", "stop")
            for name in ("null", "None", "", " ", "undefined", "NULL", "not_finished")
        ),
        ([delta("hello", "null"), DONE], "hello", "unknown"),
    ],
)
async def test_P37_a_reason_before_the_text_ends_nothing(events, text, finish):
    outcome = await check(chunked(*events), text=text, asked=1)
    assert outcome.reply.finish == finish


async def test_P37_where_each_event_says_stop_only_the_marker_is_the_end():
    cut = chunked(delta("hel", "stop"), delta("l", "stop"))
    await check(cut, asked=2)
    slow = chunked(delta("", "stop"), Wait(0.25), *[delta("hello"), delta(None, "stop"), DONE])
    await check(slow, asked=1)  # longer than the grace after an end


async def test_P37_only_the_first_choice_counts():
    def two(first, second, reason=None):
        choices = [
            {"index": 1, "delta": {"content": second}, "finish_reason": "stop"},
            {"index": 0, "delta": {"content": first}, "finish_reason": reason},
        ]
        return sse({"choices": choices})

    await check(chunked(two("hel", "x"), two("lo", "y"), two("", "z", "stop"), DONE), asked=1)


_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"


@pytest.mark.parametrize(
    "script",
    [
        [_HEAD, Forever(b"X-Flood: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 100)],
        [_HEAD + b"X-Long: " + b"a" * 2**20 + b"\r\n\r\n", Hang()],
        [_HEAD + b"X-Long: " + b"a" * 70_000 + b"\r\n\r\n", Hang()],
        [_HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n", Hang()],
        [_HEAD + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n", Hang()],
        [_HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\nhello\r\n", Hang()],
        [_HEAD + b"Content-Length: 5\r\nContent-Length: 7\r\n\r\nhello", Hang()],
        [_HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Hang()],
        [_HEAD + b"Content-Length: -5\r\n\r\nhello", Hang()],
        [_HEAD + b"Transfer-Encoding: gzip\r\n\r\nhello", Hang()],
        [_HEAD + b"No colon here\r\n\r\n", Hang()],
        [b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n", Hang()],
        [b"\x00\xff" * 100 + b"\r\n\r\n", Hang()],
    ],
)
async def test_P38_broken_http_ends_the_connection(script):
    async with baseline(), FaultyServer.of(script) as server:
        lab = provider(server.url)
        outcome = await ask(lab)
        assert type(outcome.error) is BadReply, outcome
        assert outcome.seconds < 0.9
        assert (await ask(lab)).text == "hello"
        assert server.connections == 2
        await lab.close()
        assert await settled(lambda: server.open == 0)


async def test_P38_bytes_behind_an_answer_do_not_become_the_next_answer():
    smuggled = b"".join(whole('{"choices": [{"message": {"content": "smuggled"}}]}'))
    body = _ANSWER
    async with baseline(), FaultyServer.of([*whole(body), smuggled]) as server:
        lab = provider(server.url)
        for _ in range(3):
            assert (await ask(lab)).text == "hello"
        assert server.connections == 2
        await lab.close()
        assert await settled(lambda: server.open == 0)


_EVENTS = b"".join(openai_events("hello"))
_KIND = "Content-Type: text/event-stream"


@pytest.mark.parametrize(
    "script",
    [
        [head(200, _KIND, version="1.0"), _EVENTS, Close()],
        [head(200, _KIND, "Connection: close"), _EVENTS, Close()],
        [head(100), *healthy()],
        [head(103, "Link: </style.css>; rel=preload"), head(100), *healthy()],
        [head(200, _KIND, f"Content-Length: {len(_EVENTS)}", version="1.0"), _EVENTS, Close()],
        [head(200, _KIND, f"Content-Length: {len(_EVENTS)}", "Set-Cookie: a=b"), _EVENTS],
    ],
)
async def test_P40_old_and_interim_http_is_handled(script):
    await check(script, asked=1)


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ([head(204)], BadReply),
        ([head(205, "Content-Length: 0")], BadReply),
        ([head(304)], BadReply),
        ([head(101, "Upgrade: x", "Connection: Upgrade"), Hang()], BadReply),
        ([Forever(head(100))], BadReply),
        ([head(200, _KIND, "Content-Length: 0")], Unreachable),
        (whole(""), BadReply),
        ([head(200, _KIND, version="2.0"), Hang()], BadReply),
        ([head(999), Hang()], ProviderOverloaded),
    ],
)
async def test_P40_answers_without_an_answer(script, kind):
    outcome = await check(*[script] * 3, error=kind, bounds=replace(QUICK, first_event=0.8))
    assert outcome.seconds < 3


async def test_P40_a_cookie_is_not_kept():
    script = [*whole(_ANSWER, 200, "Set-Cookie: run=1; Path=/")]
    async with baseline(), FaultyServer.of(script) as server:
        lab = provider(server.url)
        await ask(lab)
        await ask(lab, request("n"))
        assert all("cookie" not in seen.headers for seen in server.seen)
        assert len(server.seen) == 2
        await lab.close()
        assert await settled(lambda: server.open == 0)
