"""Reading and answering the first message, over pipes."""

import json
import os
import threading

import pytest

from moa_lsp.handshake.first_message import take_first
from moa_lsp.limits import READ_BYTES

INITIALIZE = {"jsonrpc": "2.0", "id": 7, "method": "initialize", "params": {"capabilities": {}}}

GENEROUS_S = 20.0

AT_ONCE = 0.0


def framed(value):
    body = json.dumps(value).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


@pytest.fixture
def pipes():
    """What the client writes to and reads from, what the server reads from and writes to."""
    source, there = os.pipe()
    here, sink = os.pipe()
    os.set_blocking(here, False)
    ends = {"there": there, "here": here, "source": source, "sink": sink}
    yield ends
    for each in ends.values():
        try:
            os.close(each)
        except OSError:
            continue


def sent(pipes):
    """What the client got."""
    try:
        return os.read(pipes["here"], 1 << 16)
    except BlockingIOError:
        return b""


@pytest.mark.parametrize("after", [b"", b"Content-Le", framed({"method": "exit"})])
def test_an_initialize_is_answered_and_handed_on_with_what_came_behind_it(pipes, after):
    whole = framed(INITIALIZE) + after
    os.write(pipes["there"], whole)
    made = take_first(pipes["source"], pipes["sink"], GENEROUS_S)
    assert made.received == whole
    assert made.answer == sent(pipes)
    answer = json.loads(made.answer.partition(b"\r\n\r\n")[2])
    assert (answer["id"], answer["result"]["serverInfo"]["name"]) == (7, "moa-lsp")
    assert (made.source, made.sink) == (pipes["source"], pipes["sink"])


def test_a_message_that_comes_in_pieces_is_answered(pipes):
    whole = framed({**INITIALIZE, "more": "x" * 3 * READ_BYTES})

    def write():
        rest = whole
        while rest:
            rest = rest[os.write(pipes["there"], rest[:50_000]) :]

    writer = threading.Thread(target=write)
    writer.start()
    made = take_first(pipes["source"], pipes["sink"], GENEROUS_S)
    writer.join()
    assert (made.received, made.answer) == (whole, sent(pipes))


@pytest.mark.parametrize(
    "data",
    [
        framed({"jsonrpc": "2.0", "method": "exit"}),
        framed({**INITIALIZE, "method": "shutdown"}),
        framed("text"),
        b"Content-Length: 3\r\n\r\n{{{",
        b"Content-Length: x\r\n\r\n",
        b"no header\r\n\r\n",
    ],
)
def test_what_is_not_for_us_is_handed_on_unanswered(pipes, data):
    os.write(pipes["there"], data)
    made = take_first(pipes["source"], pipes["sink"], GENEROUS_S)
    assert (made.received, made.answer, sent(pipes)) == (data, None, b"")


@pytest.mark.parametrize("part", [0, 5, 30])
def test_a_message_that_is_late_is_left_to_the_server_with_what_is_there(pipes, part):
    data = framed(INITIALIZE)[:part]
    os.write(pipes["there"], data)
    made = take_first(pipes["source"], pipes["sink"], AT_ONCE)
    assert (made.received, made.answer, sent(pipes)) == (data, None, b"")


@pytest.mark.parametrize("part", [0, 30])
def test_the_end_of_input_is_handed_on(pipes, part):
    os.write(pipes["there"], framed(INITIALIZE)[:part])
    os.close(pipes["there"])
    made = take_first(pipes["source"], pipes["sink"], GENEROUS_S)
    assert (made.received, made.answer) == (framed(INITIALIZE)[:part], None)


def test_a_client_that_does_not_listen_is_left_to_the_server(pipes):
    os.close(pipes["here"])
    os.write(pipes["there"], framed(INITIALIZE))
    made = take_first(pipes["source"], pipes["sink"], GENEROUS_S)
    assert (made.received, made.answer) == (framed(INITIALIZE), None)


def test_what_cannot_be_waited_for_is_left_to_the_server():
    made = take_first(-1, -1, GENEROUS_S)
    assert (made.received, made.answer) == (b"", None)
