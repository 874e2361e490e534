"""What the server says on stderr: one line a record, harmless to read, never in the way.

Foreign text cannot forge a line or drive a terminal; the protocol's own libraries may not log
bodies, which hold the user's source; a client that repeats a mistake, or that never reads our
stderr, cannot make logging flood or block (H5, L14 and S17 in docs/faults.md).
"""

import logging
import os
import select
import sys
import time
from collections.abc import Mapping

from moa_lsp.lsp.safe_text import shown

MAX_LOG_RECORD_CHARS = 16 * 2**10
"""One log record with its traceback; more is a flood."""

LOG_BURST = 50
"""Records of one kind within ``LOG_WINDOW_S``; a broken client repeats one mistake thousands of
times."""

LOG_WINDOW_S = 10.0
"""See ``LOG_BURST``."""


LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
"""Values of ``MOA_LSP_LOG`` and of ``log.level``."""

TRACES = {"off": logging.ERROR, "messages": logging.INFO, "verbose": logging.DEBUG}
"""What each value of the editor's ``trace`` asks for at least."""

_TALKATIVE = ("pygls", "httpx", "httpcore", "asyncio")
"""Loggers that write message bodies, headers or noise below WARNING (A13 in docs/faults.md)."""


class LineFormatter(logging.Formatter):
    """One record, one line; a traceback follows indented, so that no text can forge a record."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The record as text without control or bidirectional characters."""
        head = f"{self.formatTime(record)} {record.levelname} {record.name}: "
        parts = [head + shown(record.getMessage())]
        if record.exc_info and record.exc_info[0] is not None:
            trace = self.formatException(record.exc_info)
            parts.extend("    " + shown(line) for line in trace.split("\n"))
        text = "\n".join(parts)
        return text if len(text) <= MAX_LOG_RECORD_CHARS else text[:MAX_LOG_RECORD_CHARS] + "…"


class Throttle(logging.Filter):
    """Lets ``LOG_BURST`` records of one kind through in ``LOG_WINDOW_S`` and counts the rest.

    A kind is a logger and a message before its arguments are filled in.
    """

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write the record; says at the last one of a burst that more are left out."""
        kind = (record.name, str(record.msg))
        now = time.monotonic()
        since, count = self._seen.get(kind, (now, 0))
        if now - since > LOG_WINDOW_S:
            since, count = now, 0
        if len(self._seen) >= LOG_BURST and kind not in self._seen:
            self._seen.clear()
        self._seen[kind] = (since, count + 1)
        if count == LOG_BURST:
            record.msg = f"{record.msg} (more like this follow and are left out)"
        return count <= LOG_BURST


class StderrHandler(logging.Handler):
    """Writes to a file descriptor, or drops the record when nobody reads it."""

    def __init__(self, fd: int) -> None:
        super().__init__()
        self._fd = fd
        self._poll = None
        if hasattr(select, "poll"):
            self._poll = select.poll()
            self._poll.register(fd, select.POLLOUT)

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record in pieces that cannot block."""
        try:
            data = (self.format(record) + "\n").encode("utf-8", "backslashreplace")
        except (TypeError, ValueError, RecursionError):
            self.handleError(record)
            return
        piece = getattr(select, "PIPE_BUF", 512)
        try:
            for start in range(0, len(data), piece):
                if self._poll is not None and not self._ready():
                    return
                os.write(self._fd, data[start : start + piece])
        except OSError:
            return

    def _ready(self) -> bool:
        return any(what & select.POLLOUT for _, what in self._poll.poll(0)) if self._poll else True


def configure(environ: Mapping[str, str]) -> None:
    """Send all logging to stderr, at WARNING unless ``MOA_LSP_LOG`` says something else."""
    handler = StderrHandler(sys.__stderr__.fileno() if sys.__stderr__ is not None else 2)
    handler.setFormatter(LineFormatter())
    handler.addFilter(Throttle())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_asked(environ) or logging.WARNING)
    logging.raiseExceptions = False
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def follow(environ: Mapping[str, str], *, configured: str, trace: str) -> None:
    """Log as much as the settings ask for, unless ``MOA_LSP_LOG`` says how much.

    Does nothing where the log is not ours: in a server within another process.

    Args:
        environ: the environment.
        configured: ``log.level`` of the configuration.
        trace: the editor's setting; it asks for more, never for less.
    """
    root = logging.getLogger()
    if any(isinstance(each, StderrHandler) for each in root.handlers):
        root.setLevel(_asked(environ) or min(LEVELS[configured], TRACES[trace]))


def _asked(environ: Mapping[str, str]) -> int | None:
    return LEVELS.get(environ.get("MOA_LSP_LOG", "").strip().lower())
