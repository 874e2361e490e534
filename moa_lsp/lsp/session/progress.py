"""Work-done progress of one run, created by the server so that every client can cancel it.

The run never waits for it: a client that does not acknowledge the token just sees none (L06 in
docs/faults.md).
"""

import asyncio
import logging
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from moa_lsp.lsp import limits

if TYPE_CHECKING:
    from moa_lsp.lsp.rpc.server import Server
    from moa_lsp.mix.progress import MixProgress

log = logging.getLogger(__name__)

WHOLE = 100

WAITING = "moa/waiting"
"""Tells a client that asked for it who is waited for, beside the words of the progress."""

TICK_S = 1.0
"""Between two reports of a run of which there is no news but the time."""


class RunProgress:
    """Shows one run: begins when the client agreed, reports four times a second, ends once.

    While somebody is waited for, their names and the seconds so far are told, once a second.

    Args:
        server: where to.
        title: as in ``Moa: refactor``.
        run: its id.
    """

    def __init__(self, server: "Server", title: str, run: str) -> None:
        self._server = server
        self._title = title
        self._run = run
        self._token = str(uuid.uuid4())
        self._begun = False
        self._percentage = 0
        self._first: str | None = None
        self._news: MixProgress | None = None
        self._last: MixProgress | None = None
        self._started = 0.0
        self._pause: asyncio.TimerHandle | None = None
        self._tick: asyncio.TimerHandle | None = None
        self._creating: asyncio.Task[None] | None = None

    def start(self, cancel: Callable[[], object], *, queued: bool = False) -> None:
        """Ask the client for a token, if it can show progress at all.

        Args:
            cancel: called when the user presses the client's cancel button.
            queued: whether the run has to wait for others.
        """
        self._first = "queued" if queued else None
        self._started = asyncio.get_running_loop().time()
        window = self._server.client_capabilities.window
        if window is not None and window.work_done_progress:
            self._creating = asyncio.create_task(self._create(cancel))

    def on_update(self, progress: "MixProgress") -> None:
        """Take where the run stands; shown now or after the pause since the last report."""
        self._news, self._first = progress, None
        if self._begun and self._pause is None:
            self._report()

    def end(self, message: str) -> None:
        """Close the progress with its last word."""
        for waiting in (self._creating, self._pause, self._tick):
            if waiting is not None:
                waiting.cancel()
        helper = self._server.work_done_progress
        if self._begun:
            self._begun = False
            helper.end(self._token, types.WorkDoneProgressEnd(message=message))
        helper.tokens.pop(self._token, None)  # pygls keeps tokens for ever (#607)

    async def _create(self, cancel: Callable[[], object]) -> None:
        helper = self._server.work_done_progress
        try:
            async with asyncio.timeout(self._server.reply_s):
                _ = await helper.create_async(self._token)
        except TimeoutError:
            log.info("the client did not acknowledge a progress token")
            return
        except JsonRpcException as error:
            log.info("the client refused a progress token: %s", type(error).__name__)
            return
        helper.tokens[self._token].add_done_callback(
            lambda token: cancel() if token.cancelled() else None
        )
        begin = types.WorkDoneProgressBegin(
            title=self._title, cancellable=True, message=self._first, percentage=0
        )
        helper.begin(self._token, begin)
        self._begun = True
        self._report()

    def _report(self) -> None:
        """Tell the news, if there is any, and pause."""
        self._pause = None
        news, self._news = self._news, None
        if news is None or not self._begun:
            return
        if self._tick is not None:
            self._tick.cancel()
        self._last = news
        self._percentage = max(self._percentage, int(news.share * WHOLE))
        message = self._message(news)
        report = types.WorkDoneProgressReport(message=message, percentage=self._percentage)
        self._server.work_done_progress.report(self._token, report)
        if "waiting" in self._server.extensions:
            self._server.protocol.notify(WAITING, self._state(news))
        loop = asyncio.get_running_loop()
        self._pause = loop.call_later(limits.PROGRESS_INTERVAL_S, self._report)
        if news.waiting:
            self._tick = loop.call_later(TICK_S, self._ticked)

    def _ticked(self) -> None:
        """Tell that somebody is still waited for."""
        self._tick = None
        if self._news is None:
            self._news = self._last
        if self._pause is None:
            self._report()

    def _state(self, news: "MixProgress") -> dict[str, object]:
        """``moa/waiting``; ``settles``: whether the run may go on without those it waits for."""
        return {
            "run": self._run,
            "phase": news.phase,
            "usable": news.usable,
            "asked": news.asked,
            "waiting": list(news.waiting),
            "seconds": self._seconds,
            "settles": news.phase == "proposing" and news.usable > 0 and bool(news.waiting),
        }

    @property
    def _seconds(self) -> int:
        """Since the start, in whole seconds."""
        return int(asyncio.get_running_loop().time() - self._started)

    def _message(self, news: "MixProgress") -> str:
        seconds = self._seconds
        told = (news.words, news.names, f"{seconds} s" if news.waiting and seconds else "")
        return " · ".join(filter(None, told))
