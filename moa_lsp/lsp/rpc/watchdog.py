"""A thread that looks after what the event loop cannot: is the editor alive, does the loop run.

The parent is watched only if it is alive when it is named: a client in another pid namespace
names a process that does not exist in ours, and that is no reason to leave (H15 in
docs/faults.md). A process that we may not signal is alive. Not on Windows, where asking with a
signal would end the process asked about; there, the end of input has to do.
"""

import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable

PARENT_POLL_S = 2.0
"""Between two looks at whether the editor that started us is still alive."""


_log = logging.getLogger(__name__)


def is_alive(pid: int) -> bool:
    """Whether a process with this id exists."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True


class Watchdog:
    """Polls until told to stop.

    Args:
        knock: asks the event loop, from this thread, to call what it is given.
        gone: called once when the parent is gone, from this thread.
        poll_s: seconds between two looks.
    """

    def __init__(
        self,
        knock: Callable[[Callable[[], None]], object],
        gone: Callable[[str], None],
        poll_s: float = PARENT_POLL_S,
    ) -> None:
        self._knock = knock
        self._gone = gone
        self._poll_s = poll_s
        self._parent: int | None = None
        self._answered = threading.Event()
        self._stopped = threading.Event()
        self._watched = threading.get_ident()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin; the calling thread is the one whose stack is logged when the loop hangs."""
        self._answered.set()
        self._thread.start()

    def stop(self) -> None:
        """Watch no more."""
        self._stopped.set()

    def parent(self, pid: int | None) -> None:
        """Leave when process ``pid`` ends, if it can be watched."""
        if pid is not None and pid > 0 and os.name == "posix" and is_alive(pid):
            self._parent = pid

    def _watch(self) -> None:
        hanging = False
        while not self._stopped.wait(self._poll_s):
            if self._parent is not None and not is_alive(self._parent):
                self._gone(f"the editor (process {self._parent}) is gone")
                return
            if self._answered.is_set():
                hanging = False
                self._answered.clear()
                self._knock(self._answered.set)
            elif not hanging:
                hanging = True
                _log.error("the event loop hangs in\n%s", self._where())

    def _where(self) -> str:
        frame = sys._current_frames().get(self._watched)  # noqa: SLF001  # the documented way to it
        return "".join(traceback.format_stack(frame, 8)[-8:]) if frame is not None else "?"
