"""Interrupts of a bench: the first ends it in order, a second one at once."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Coroutine
from types import FrameType
from typing import Any, TypeVar

from moa_lsp.cli.main import INTERRUPTED

Found = TypeVar("Found")

_SAID = b"moa-lsp: interrupted twice, nothing more is tidied up\n"


def finished(work: Coroutine[Any, Any, Found]) -> Found:
    """Run a coroutine in a loop of its own, to its end.

    A first SIGINT cancels it: sandboxes end, and what is known is kept. Whatever that takes, a
    second one ends the process with 130. Results and answers are whole then too, since each is
    written at once; a sandbox ends with the process that started it.

    Raises:
        KeyboardInterrupt: it was interrupted.
    """

    async def heard() -> Found:
        ordered = signal.getsignal(signal.SIGINT)  # asyncio's own, which cancels this task
        interrupts = 0

        def hear(number: int, frame: FrameType | None) -> None:
            nonlocal interrupts
            interrupts += 1
            if interrupts > 1:
                with contextlib.suppress(OSError):  # nobody listens
                    os.write(2, _SAID)
                os._exit(INTERRUPTED)
            if callable(ordered):
                ordered(number, frame)

        if callable(ordered):  # else whoever started us wants it ignored
            signal.signal(signal.SIGINT, hear)
        try:
            return await work
        finally:
            if callable(ordered) and not interrupts:
                signal.signal(signal.SIGINT, ordered)

    return asyncio.run(heard())
