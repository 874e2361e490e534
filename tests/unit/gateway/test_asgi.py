"""Requests and responses as ASGI has them: clients that read no more, and bodies in pieces."""

import asyncio

import pytest

from moa_lsp.gateway import limits
from moa_lsp.gateway.asgi import ClientLeft, read_json, send_body
from moa_lsp.gateway.errors import RequestRefused
from tests.fakes.clock import virtual_run


def test_a_client_that_reads_no_more_is_left_after_the_bound():
    async def never(_message):
        await asyncio.Event().wait()

    async def send():
        with pytest.raises(ClientLeft):
            await send_body(never, b"x")
        return asyncio.get_running_loop().time()

    assert virtual_run(send()) == pytest.approx(limits.SEND_S)


def pieces(*messages):
    """A ``receive`` that gives these, and then waits."""
    left = list(messages)

    async def receive():
        if not left:
            await asyncio.Event().wait()
        return left.pop(0)

    return receive


def part(body, *, more=True):
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_body_in_pieces_is_one():
    receive = pieces(part(b'{"a":'), part(b" 1}", more=False))
    assert virtual_run(read_json({"headers": []}, receive)) == {"a": 1}


@pytest.mark.parametrize(
    ("messages", "headers", "status"),
    [
        ([part(b"{")], [], 408),
        ([part(b" " * (limits.MAX_BODY_BYTES + 1))], [], 413),
        ([], [(b"content-length", b"%d" % (limits.MAX_BODY_BYTES + 1))], 413),
        ([part(b"[]", more=False)], [], 400),
        ([part(b"{", more=False)], [], 400),
    ],
    ids=["slow", "large", "told to be large", "no object", "no JSON"],
)
def test_a_body_that_cannot_be_taken_is_refused(messages, headers, status):
    with pytest.raises(RequestRefused) as refused:
        virtual_run(read_json({"headers": headers}, pieces(*messages)))
    assert refused.value.status == status


def test_a_client_that_leaves_within_its_body_is_not_answered():
    with pytest.raises(ClientLeft):
        virtual_run(read_json({"headers": []}, pieces(part(b"{"), {"type": "http.disconnect"})))
