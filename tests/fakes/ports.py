"""Which ports a process and its children listen on, as Linux tells it in /proc."""

import os
import socket
import sys
from contextlib import suppress
from pathlib import Path

import pytest

needs_proc = pytest.mark.skipif(
    sys.platform != "linux", reason="ports of a process are read from /proc, which Linux has"
)

_LISTENING = {"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}
"""By table: the state of a socket that takes what comes, as proc(5) numbers states."""


def listening(pid: int) -> set[tuple[str, int]]:
    """Addresses and ports; those of the children too."""
    found: set[tuple[str, int]] = set()
    for each in _family(pid):
        owned = _sockets(each)
        for table, state in _LISTENING.items():
            for line in Path(f"/proc/{each}/net/{table}").read_text().split("\n")[1:]:
                fields = line.split()
                if fields and fields[3] == state and fields[9] in owned:
                    found.add(_place(fields[1]))
    return found


def _family(pid: int) -> list[int]:
    told = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return [
        pid,
        *(each for text in told for child in text.split() for each in _family(int(child))),
    ]


def _sockets(pid: int) -> set[str]:
    """Inodes of a process's sockets."""
    found = set()
    for path in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            kind, _, inode = os.readlink(path).partition(":")
            if kind == "socket":
                found.add(inode.strip("[]"))
    return found


def _place(written: str) -> tuple[str, int]:
    address, _, port = written.partition(":")
    words = [
        bytes.fromhex(address[start : start + 8])[::-1] for start in range(0, len(address), 8)
    ]
    family = socket.AF_INET if len(words) == 1 else socket.AF_INET6
    return socket.inet_ntop(family, b"".join(words)), int(port, 16)
