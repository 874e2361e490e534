"""Reads the configuration again when its files change, once their writers have come to rest.

Files are looked at every ``CONFIG_POLL_S``, in a thread, and at once before a run: the user's own
lie outside the workspace, where no client watches for a server, and few watch inside. Looking is
some thirty calls of ``stat`` (under a millisecond); a library that has the system tell would be
one more dependency, and be blind on network drives. What the client does tell only hastens the
next look.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from moa_lsp.config.fingerprints import NONE, Stamps, stamps
from moa_lsp.lsp import limits

CONFIG_POLL_S = 2.0
"""Between two looks at the files that configure us: who saved one looks at the editor by then."""

CONFIG_QUIET_S = 0.25
"""Files that changed are read when they have not changed for as long: tools write them in pieces,
or by removing and creating."""

CONFIG_UNREST_S = 2.0
"""As ``CONFIG_QUIET_S``, for files that never come to rest: then they are read all the same."""


class ChangeDebouncer:
    """Decides when files that change have come to rest. Pure: it is told the time."""

    def __init__(self) -> None:
        self._seen: Stamps | None = None
        self._first = self._last = 0.0

    def saw(self, known: Stamps, now: Stamps, time: float) -> float | None:
        """Take in one look.

        Args:
            known: what files were like when they were read.
            now: what they are like.
            time: seconds of any monotonic clock.

        Returns:
            Seconds to wait before the next look, 0 when they are to be read; ``None`` when they
            are as they were.
        """
        if now == known:
            self._seen = None
            return None
        if self._seen is None:
            self._first = time
        if now != self._seen:
            self._seen, self._last = now, time
        due = min(self._last + CONFIG_QUIET_S, self._first + CONFIG_UNREST_S)
        return max(0.0, due - time)


class Reloader:
    """Watches what was read, and has it read again.

    Args:
        seen: what was looked at, as it was when it was read last.
        read: reads everything again; what goes wrong is its own business.
        look: looks at files; runs in a thread.
        poll_s: seconds between two looks that nobody asked for.
    """

    def __init__(
        self,
        seen: Callable[[], Stamps],
        read: Callable[[], Awaitable[None]],
        look: Callable[[Stamps], Stamps] = stamps,
        poll_s: float = CONFIG_POLL_S,
    ) -> None:
        self._seen = seen
        self._read = read
        self._look = look
        self._poll_s = poll_s
        self._base: Stamps = NONE
        self._known: Stamps = NONE
        self._hurry = asyncio.Event()
        self._waiting: list[asyncio.Future[None]] = []
        self._watching = False

    async def watch(self) -> None:
        """Look again and again, until cancelled."""
        self._watching = True
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._poll_s):
                    await self._hurry.wait()
            self._hurry.clear()
            await self._settle()

    def hasten(self) -> None:
        """Look soon: somebody says that something changed."""
        self._hurry.set()

    async def fresh(self) -> bool:
        """Look now, and wait until changes were read, but not for ever if they go on.

        Returns:
            Whether what was read last is what the files are now.
        """
        if not self._watching:
            return False
        served: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(served)
        self._hurry.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(limits.CONFIG_WAIT_S):
                await served
                return True
        return False

    async def _settle(self) -> None:
        """Look until files are as they were read, and read them when they have come to rest."""
        settling = ChangeDebouncer()
        served: list[asyncio.Future[None]] = []
        while True:
            served += self._waiting  # who asks from now on is served by another look
            self._waiting = []
            base = self._seen()
            if base is not self._base:  # it was read since, by us or by others
                self._base = self._known = base
            now = await asyncio.to_thread(self._look, base)
            wait = settling.saw(self._known, now, asyncio.get_running_loop().time())
            if wait is None:
                for future in served:
                    if not future.done():
                        future.set_result(None)
                if not self._waiting:
                    return
                served.clear()
            elif wait:
                await asyncio.sleep(wait)
            else:
                settling = ChangeDebouncer()
                self._known = now  # also if reading fails: not again until they change
                await self._read()
