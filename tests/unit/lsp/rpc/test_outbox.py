"""Writing to a client that reads, reads slowly, or reads no more."""

import os
import threading

import pytest

from moa_lsp.lsp.rpc.outbox import Outbox


class Pipe:
    def __init__(self):
        self.read_end, self.write_end = os.pipe()
        self.lost = []
        self.said = threading.Event()

    def gone(self, reason):
        self.lost.append(reason)
        self.said.set()

    def take(self, number):
        got = bytearray()
        while len(got) < number:
            got += os.read(self.read_end, number - len(got))
        return bytes(got)


@pytest.fixture
def pipe():
    made = Pipe()
    yield made
    for end in (made.read_end, made.write_end):
        try:
            os.close(end)
        except OSError:
            continue


def test_small_messages_are_written_at_once(pipe):
    outbox = Outbox(pipe.write_end, pipe.gone)
    outbox.write(b"one")
    outbox.write(b"two")
    assert os.read(pipe.read_end, 100) == b"onetwo"
    assert outbox._thread is None


def test_order_is_kept_between_small_and_large(pipe):
    outbox = Outbox(pipe.write_end, pipe.gone)
    messages = [
        bytes([65 + n % 26]) * size for n, size in enumerate([5, 200_000, 3, 70_000, 1] * 4)
    ]
    for message in messages:
        outbox.write(message)
    assert pipe.take(sum(map(len, messages))) == b"".join(messages)
    assert outbox.drain(10)
    assert pipe.lost == []


def test_L14_writing_never_blocks_and_the_bound_is_the_end(pipe):
    outbox = Outbox(pipe.write_end, pipe.gone, bound=300_000)
    for _ in range(10):
        outbox.write(b"x" * 100_000)
    assert len(pipe.lost) == 1
    assert "bytes unread" in pipe.lost[0]
    assert outbox.drain(0)
    outbox.write(b"more")
    assert len(pipe.lost) == 1


@pytest.mark.parametrize("size", [10, 200_000])
def test_H14_reader_gone(pipe, size):
    outbox = Outbox(pipe.write_end, pipe.gone)
    os.close(pipe.read_end)
    outbox.write(b"x" * size)
    assert pipe.said.wait(10)
    outbox.write(b"x" * size)
    assert pipe.lost == ["Broken pipe"]


def test_drain_gives_up_in_time(pipe):
    outbox = Outbox(pipe.write_end, pipe.gone)
    outbox.write(b"x" * 500_000)
    assert outbox.drain(0.01) is False
