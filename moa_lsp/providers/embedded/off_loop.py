"""Keeps the event loop free while a document is read.

A short document is read at once: going to a thread costs more than it saves. CPython's parser
holds the interpreter lock, so a thread shortens the stall of a long document to that of its
parse; it cannot take the parse itself away.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

EMBEDDED_INLINE_CHARS = 16 * 2**10
"""Up to this an embedded agent reads a document on the event loop (under 5 ms measured); a longer
one goes to a thread."""


_Result = TypeVar("_Result")


async def off_loop(size: int, work: Callable[[], _Result]) -> _Result:
    """Do pure ``work`` on a document of ``size`` code points, in a thread if that is many."""
    return await asyncio.to_thread(work) if size > EMBEDDED_INLINE_CHARS else work()
