"""A server, with a record of what its event loop does: long callbacks, and its tasks.

Run as ``python -m tests.fakes.watched_server RECORD MODULE [argument …]``. Each line of the record
is a JSON object:
``{"callback": NAME, "seconds": CPU}`` of a callback that kept the loop for over ``LONG_S``, or
``{"tasks": NUMBER}`` a few times a second. Seconds are of the loop's own thread on a processor, so
that a busy machine makes nobody late.
"""

import asyncio
import json
import os
import runpy
import sys
import threading
import time
from asyncio import events

LONG_S = 0.05
"""Shorter callbacks are not told."""

TASKS_S = 0.25
"""Between two counts of tasks."""


def record(path: str) -> None:
    """Begin to write what happens."""
    to = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    run = events.Handle._run
    loops: list[asyncio.AbstractEventLoop] = []

    def told(**what: object) -> None:
        os.write(to, f"{json.dumps(what)}\n".encode())

    def timed(self: events.Handle) -> None:
        if self._loop not in loops:
            loops.append(self._loop)
        callback, began = self._callback, time.thread_time()
        run(self)
        seconds = time.thread_time() - began
        if seconds > LONG_S:
            told(callback=_name(callback), seconds=round(seconds, 4))

    def count() -> None:
        while True:
            time.sleep(TASKS_S)
            for loop in loops:
                told(tasks=len(asyncio.all_tasks(loop)))

    events.Handle._run = timed
    threading.Thread(target=count, daemon=True).start()


def _name(callback: object) -> str:
    """Of a function, or of the coroutine whose task went a step further."""
    owner = getattr(callback, "__self__", None)
    coroutine = owner.get_coro() if isinstance(owner, asyncio.Task) else callback
    return str(getattr(coroutine, "__qualname__", None) or type(callback).__name__)


if __name__ == "__main__":
    record(sys.argv.pop(1))
    runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
