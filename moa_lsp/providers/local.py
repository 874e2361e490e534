"""Whether a model server is running on this machine: what ``auto`` asks before it chooses one.

A connection is opened and closed, and nothing is sent. Only addresses of this machine are asked;
where nobody listens the system says so at once.
"""

import socket
from contextlib import suppress

from moa_lsp.errors import UsageError
from moa_lsp.providers.origin import base_of

LOCAL_PROBE_S = 0.2
"""To a server on this machine, only to see whether there is one: a connection takes under 1 ms."""


def listens(url: str) -> bool:
    """Say whether something accepts connections at a base URL of this machine."""
    try:
        origin = base_of(url).origin
    except UsageError:
        return False
    if not origin.loopback:
        return False
    with suppress(OSError):
        socket.create_connection((origin.host, origin.port), LOCAL_PROBE_S).close()
        return True
    return False
