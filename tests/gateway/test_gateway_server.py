"""The gateway's own connections, in this process."""

import asyncio
import socket

import uvicorn
from uvicorn.server import ServerState

from moa_lsp.gateway.server import BoundedConnection, listen


async def test_no_piece_of_a_stream_waits_for_the_one_before_to_be_acknowledged():
    config = uvicorn.Config(lambda: None, http=BoundedConnection, log_config=None)
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: BoundedConnection(config, server_state=state, app_state={}), sock=listen(0)
    )
    _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    while not state.connections:  # noqa: ASYNC110  # taken in a later step of this loop
        await asyncio.sleep(0)
    (connection,) = state.connections
    taken = connection.transport.get_extra_info("socket")
    assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    writer.close()
    connection.transport.abort()
    server.close()
