"""A hundred clients at once: none gets an error but 429, and nothing is left of them.

``python -m benchmarks.gateway_load`` does the same for a minute and prints what it found.
"""

import asyncio

from benchmarks.chat_servers import ChatServer
from benchmarks.gateway_load import WAYS, Load, sockets
from moa_lsp.gateway import limits
from moa_lsp.providers.connection import MAX_IDLE_CONNECTIONS
from tests.fakes.client import process_memory, until
from tests.fakes.ports import needs_proc

CLIENTS = 100

MOST_GROWTH = 8 * 2**20
"""Bytes that memory may grow from the first burst to the third: 40 kB for each run between."""


@needs_proc
async def test_a_hundred_clients_are_answered_or_told_to_come_back_and_leave_nothing(
    running, upstreams
):
    pid = running.process.pid
    load = Load(ChatServer(running.port, running.token, pid), "trio")
    kept = sockets(pid) + len(upstreams.servers) * MAX_IDLE_CONNECTIONS
    sizes = []
    for burst in range(3):
        asking = (load.ask(f"Burst {burst}, client {number}.", WAYS[number % len(WAYS)])
                  for number in range(CLIENTS))  # fmt: skip
        answers = await asyncio.gather(*asking)
        statuses = [status for status, _ in answers]
        assert set(statuses) <= {200, 429}
        assert statuses.count(200) >= limits.MAX_RUNS + limits.MAX_WAITING
        assert {pause for status, pause in answers if status == 429} <= {limits.RETRY_AFTER_S}
        await asyncio.to_thread(until, lambda: sockets(pid) <= kept)
        sizes.append(process_memory(pid))
    assert sizes[-1] - sizes[0] < MOST_GROWTH
