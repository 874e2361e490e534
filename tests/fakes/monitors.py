"""What is watched in every end-to-end test: canaries, leaks, and a port that nobody may reach.

The values are unique to a server, so that one that turns up anywhere was leaked by that server.
Leaks are read from /proc; where there is none (not Linux) they are not looked for.
"""

import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

MAX_STDERR_BYTES = 1_000_000
"""Of one server: what one pending reply once logged would be nine times that (H5)."""

MAX_GROWTH_BYTES = 256 * 2**20
"""Of a server's memory from the handshake on: what it imports for runs and reads from a test's
10 MB document is some 150 MiB."""

MAX_POOL_THREADS = (os.cpu_count() or 1) + 8
"""Above those at the handshake: the loop's pool for files and parsing keeps its threads, four more
than there are cores, and pipes to child processes have one each."""

MAX_KEPT_SOCKETS = 16
"""Connections to model servers that may be kept for the next run."""

SETTLE_S = 10.0
"""For a server to close what it no longer needs."""


@dataclass(frozen=True)
class Canaries:
    """A key of a configured provider, a secret of an open document, and the document's path."""

    key: str = field(default_factory=lambda: f"canary-key-{secrets.token_hex(8)}")
    secret: str = field(default_factory=lambda: f"canary-secret-{secrets.token_hex(8)}")
    path: str = field(default_factory=lambda: f"canary-path-{secrets.token_hex(8)}")

    @property
    def uri(self) -> str:
        return f"file:///home/{self.path}/private.py"

    @property
    def text(self) -> str:
        return f'PASSWORD = "{self.secret}"\n'

    def environ(self) -> dict[str, str]:
        """The key, where a built-in provider and the one of the tests' configuration look."""
        return {"CANARY_API_KEY": self.key, "GROQ_API_KEY": self.key}

    def values(self) -> tuple[str, ...]:
        return (self.key, self.secret, self.path)


def check_words(canaries: Iterable[str], where: str, text: str) -> None:
    """None of these may stand in what was written there."""
    for canary in canaries:
        assert canary not in text, f"{canary!r} was leaked to {where}"


def check_messages(canaries: Canaries, transcript: Iterable[tuple[str, Any]]) -> None:
    """No message to the client names what nobody asked about."""
    for way, message in transcript:
        if way == "<-":
            what = message.get("method", "an answer")
            check_words(canaries.values(), f"the client, in {what}", json.dumps(message))


def check_files(canaries: Iterable[str], folder: Path) -> None:
    """No file that the server wrote holds one, in its name or in its bytes."""
    for path in folder.rglob("*"):
        check_words(canaries, "the name of a file", str(path.relative_to(folder)))
        if path.is_file():
            check_words(canaries, path.name, path.read_bytes().decode("latin-1"))


@dataclass(frozen=True)
class Held:
    """What a process has open at one moment (Linux).

    Attributes:
        files: by descriptor, what it leads to.
        index: the pipes to the processes of the index and of jedi, of each of which a server keeps
            one.
    """

    threads: int
    files: Mapping[str, str]
    children: tuple[str, ...]
    memory: int
    index: tuple[str, ...] = ()

    @classmethod
    def by(cls, pid: int) -> "Held | None":
        """Of a process that runs, else ``None``."""
        base = Path(f"/proc/{pid}")
        try:
            tasks = list((base / "task").iterdir())
            files = {}
            for each in (base / "fd").iterdir():
                with suppress(OSError):
                    files[each.name] = os.readlink(each)
            children = [pid for task in tasks for pid in (task / "children").read_text().split()]
            pages = int((base / "statm").read_text().split()[1])
        except OSError:
            return None
        memory = pages * os.sysconf("SC_PAGE_SIZE")
        indexes = [  # a second one of a kind is a leak
            pid for kind in _KEPT for pid in [pid for pid in children if _runs(pid, kind)][:1]
        ]
        children = [pid for pid in children if pid not in indexes]
        pipes = tuple(pipe for pid in indexes for pipe in _pipes(pid))
        return cls(len(tasks), files, tuple(children), memory, pipes)

    def leaks(self, then: "Held", own: Sequence[str] = ()) -> list[str]:
        """What is held now and was not then, but for what a server may keep.

        Args:
            then: at the handshake.
            own: folders whose files may stay open, such as that of the ledger.
        """
        fresh = [to for number, to in self.files.items() if then.files.get(number) != to]
        fresh = [to for to in fresh if not to.startswith(tuple(own)) and to not in self.index]
        sockets = [to for to in fresh if to.startswith("socket:")]
        found = [to for to in fresh if to not in sockets]
        if len(sockets) > MAX_KEPT_SOCKETS:
            found += sockets
        leaked = [f"file {to}" for to in found]
        leaked += [f"child process {pid}" for pid in set(self.children) - set(then.children)]
        if self.threads > then.threads + MAX_POOL_THREADS:
            leaked.append(f"{self.threads - then.threads} threads")
        if self.memory > then.memory + MAX_GROWTH_BYTES:
            leaked.append(f"{(self.memory - then.memory) / 2**20:.0f} MiB of memory")
        return leaked


_KEPT = (b"moa_lsp.workspace.index", b"moa_lsp.providers.embedded.jedi.worker")
"""Modules of child processes that are kept for the next request."""


def _runs(pid: str, module: bytes) -> bool:
    try:
        return module in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _pipes(pid: str) -> list[str]:
    """What a process reads from and writes to, and what its parent may hold to wait for it."""
    found = ["anon_inode:[pidfd]"]
    for number in (0, 1):
        with suppress(OSError):
            found.append(os.readlink(f"/proc/{pid}/fd/{number}"))
    return found


def settled(look: Callable[[], list[str]], patience: float = SETTLE_S) -> list[str]:
    """What is still leaked once a server had the time to close it."""
    deadline = time.monotonic() + patience
    while (leaked := look()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return leaked


class Forbidden:
    """A listener on loopback that nobody may connect to.

    Attributes:
        callers: what was sent by those who did, as far as it came at once.
    """

    def __init__(self) -> None:
        self.callers: list[str] = []
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._listen, name="forbidden", daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environ(self) -> dict[str, str]:
        """Every request that leaves this machine would come here."""
        names = ("http_proxy", "https_proxy", "all_proxy")
        both = [name for each in names for name in (each, each.upper())]
        return {**dict.fromkeys(both, self.url), "no_proxy": "", "NO_PROXY": ""}

    def check(self) -> None:
        """Nobody has come, ever."""
        assert self.callers == [], f"a forbidden connection: {self.callers}"

    def _listen(self) -> None:
        while True:
            caller, _ = self._socket.accept()
            with caller:
                caller.settimeout(1)
                said = b""
                with suppress(OSError):
                    said = caller.recv(200)
            self.callers.append(said.decode("latin-1"))


@cache
def forbidden() -> Forbidden:
    """The one of this test process."""
    return Forbidden()


LONGEST_TURN_S = 0.05
"""Of the event loop: a keystroke waits no longer for a callback."""

TURN_MARGIN = 4
"""On a busy machine the same work takes more of a processor: caches are shared, and cores are."""


def check_loop(record: Path) -> None:
    """No callback kept the event loop for too long, in seconds of its thread on a processor."""
    if not record.exists():
        return
    lines = [
        json.loads(line)
        for line in record.read_text().splitlines(keepends=True)
        if line.endswith("\n")
    ]
    long = {
        each["callback"]: each["seconds"]
        for each in lines
        if each.get("seconds", 0) > LONGEST_TURN_S * TURN_MARGIN
    }
    assert not long, f"the event loop was kept by {long} (seconds)"
