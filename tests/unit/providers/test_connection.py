"""A response's chunks as a connection gives them, without a socket."""

import asyncio

import pytest

from moa_lsp.errors import BadReply
from moa_lsp.providers.connection import (
    LEAST_CHUNK_BYTES,
    MAX_CHUNKS_AT_ONCE,
    MAX_TINY_CHUNKS,
    Connection,
)

HEAD = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


class Line:
    """A socket on which these bytes have come."""

    transport = None
    lost = False
    silent = True

    def __init__(self, *pieces):
        self.pieces = list(pieces)

    async def read(self):
        return self.pieces.pop(0)


def chunked(*sizes):
    return b"".join(b"%x\r\n%s\r\n" % (size, b"x" * size) for size in sizes)


async def opened(*pieces):
    connection = Connection(Line(HEAD, *pieces), "models.example")
    await connection.exchange(b"POST", b"/", [(b"host", b"models.example")], b"")
    return connection


async def test_small_chunks_come_in_one_piece_and_others_have_their_turn():
    connection = await opened(chunked(*[9] * 3 * MAX_CHUNKS_AT_ONCE), b"0\r\n\r\n")
    turns = 0

    async def other():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(other())
    sizes = []
    while data := await connection.read():
        sizes.append(len(data))
    beside.cancel()
    assert sum(sizes) == 9 * 3 * MAX_CHUNKS_AT_ONCE
    assert max(sizes) <= 9 * (MAX_CHUNKS_AT_ONCE + 1)
    assert turns >= len(sizes) >= 3


@pytest.mark.parametrize(
    ("size", "count", "refused"),
    [
        (1, MAX_TINY_CHUNKS + 1, True),
        (LEAST_CHUNK_BYTES - 1, MAX_TINY_CHUNKS + 1, True),
        (LEAST_CHUNK_BYTES, MAX_TINY_CHUNKS + 1, False),
        (1, 1_000, False),
    ],
)
async def test_an_answer_that_comes_byte_by_byte_is_refused(size, count, refused):
    connection = await opened(chunked(*[size] * count), b"0\r\n\r\n")

    async def read():
        got = 0
        while data := await connection.read():
            got += len(data)
        return got

    if refused:
        with pytest.raises(BadReply, match="byte by byte"):
            await read()
    else:
        assert await read() == size * count
