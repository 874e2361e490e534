"""A server of somebody else's as a child process: started, waited for, frozen, killed, ended."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache"
"""What was built or downloaded; git ignores it."""

_POLL_S = 0.02
_TAIL_CHARS = 3000


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A process that answers HTTP on ``url``.

    Attributes:
        ready: path that answers 200 once the server does its work.
        patience: seconds that a start may take.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        port: int,
        log: Path,
        *,
        ready: str,
        patience: float = 30.0,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._command = [str(part) for part in command]
        self._log = log
        self._ready = ready
        self._patience = patience
        self._environ = {**os.environ, **(environ or {})}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environ,
                start_new_session=True,  # what it starts itself ends with it
            )
        end = time.monotonic() + self._patience
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                self.kill()
                raise RuntimeError(f"{self._command[0]} did not start:\n{self._tail()}")
            time.sleep(_POLL_S)

    def freeze(self) -> None:
        """It stops in mid-motion: sockets stay open, nothing comes."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """It is gone at once, frozen or not; safe to call twice."""
        if self._process is not None and self._process.returncode is None:
            self._signal(signal.SIGKILL)
            self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.killpg(self._process.pid, number)

    def _answers(self) -> bool:
        try:
            with DIRECT.open(self.url + self._ready, timeout=1.0) as response:
                return bool(response.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    def _tail(self) -> str:
        return self._log.read_text(errors="replace")[-_TAIL_CHARS:]


DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Loopback is no business of a proxy in the environment."""
