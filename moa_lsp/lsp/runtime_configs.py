"""The setup in use: how it comes from the files, and older ones for as long as runs hold them.

It is read in a thread, one reading at a time, and replaced as a whole. A run keeps the setup that
it started with; the providers of one that was replaced are closed when the last run on it has
ended. While there is none, requests wait for it, and are answered from defaults when that takes
too long.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moa_lsp.config.options import AUTO, Options, laid_over
from moa_lsp.errors import ConfigError, RunError
from moa_lsp.lsp import limits

if TYPE_CHECKING:
    from moa_lsp.config.resolve import Catalog
    from moa_lsp.runs.runtime_config import RuntimeConfig

log = logging.getLogger(__name__)

Load = Callable[[Path | None, bool], "RuntimeConfig"]
"""Reads the setup for a workspace root and whether it is trusted; runs in a thread."""


@dataclass(slots=True)
class _Lease:
    """One reading of the files; all setups made of it share its providers."""

    runtime: "RuntimeConfig"
    holders: int = 0
    replaced: bool = False


FIRST_CONFIG_WAIT_S = 2.0
"""For a configuration that is being read and none in use: editors drop the answer of an action
menu that takes longer (VS Code 1.95, microsoft/vscode#232679)."""

NAMED_MIX_WAIT_S = 15.0
"""Beyond that, for a command that names a mix: there is nothing else to run, a busy machine has
read its files by then, and editors wait as long for a command."""


def _defaults() -> "RuntimeConfig":
    from moa_lsp.runs.runtime_config import default_runtime_config

    return default_runtime_config()


class RuntimeConfigs:
    """The setups of one session.

    Args:
        load: reads the files.
        where: the workspace root and whether it is trusted, as they are now.
        took: called when another setup is in use.
        failed: called when the files could not be used at all; what was in use stays.
        patience_s: seconds that ``soon`` waits while there is no setup.
        named_patience_s: seconds that ``knowing`` waits beyond that.

    Attributes:
        now: the setup in use with the editor's settings laid over it; ``None`` while there is
            none.
    """

    def __init__(
        self,
        load: Load,
        where: Callable[[], tuple[Path | None, bool]],
        took: Callable[["Catalog"], None],
        failed: Callable[[ConfigError], None],
        *,
        patience_s: float = FIRST_CONFIG_WAIT_S,
        named_patience_s: float = NAMED_MIX_WAIT_S,
    ) -> None:
        self.now: RuntimeConfig | None = None
        self._load = load
        self._where = where
        self._took = took
        self._failed = failed
        self._patience_s = patience_s
        self._named_patience_s = named_patience_s
        self._defaults: _Lease | None = None
        self._options = Options()
        self._current: _Lease | None = None
        self._tenures: dict[int, _Lease] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._reading = asyncio.Lock()
        self._last: asyncio.Task[None] | None = None

    async def wait(self) -> "RuntimeConfig":
        """The setup in use, or the one that is being read: waited for if there is none.

        Raises:
            ConfigError: the files cannot be used at all.
        """
        if self._last is not None and not self._last.done():
            await asyncio.wait([self._last], timeout=limits.CONFIG_WAIT_S)
        while self.now is None:
            if self._last is None or self._last.done():  # it failed: files may be mended by now
                self.read_anew()
            assert self._last is not None  # noqa: S101  # read_anew() made it
            await asyncio.shield(self._last)
        return self.now

    @property
    def usable(self) -> "RuntimeConfig | None":
        """The setup in use, else the defaults if they had to stand in for it."""
        return self.now or (self._defaults.runtime if self._defaults is not None else None)

    async def soon(self) -> "RuntimeConfig":
        """As ``wait``, but where there is no setup yet the defaults after ``patience_s``.

        Raises:
            ConfigError: the files cannot be used at all.
        """
        if self.now is not None:
            return await self.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience_s):
                return await self.wait()
        defaults = await asyncio.to_thread(_defaults)
        if self.now is not None:
            return self.now
        if self._defaults is None:
            self._defaults = self._tenures[id(defaults.providers)] = _Lease(defaults)
        return self._defaults.runtime

    async def knowing(self, mix: str | None) -> "RuntimeConfig":
        """As ``soon``, but a mix that the defaults do not know is waited for longer.

        Raises:
            ConfigError: the files cannot be used at all.
            RunError: they are still being read.
        """
        runtime = await self.soon()
        if mix is None or not runtime.stands_in or mix in (AUTO, *runtime.catalog.mixes):
            return runtime
        with suppress(TimeoutError):
            async with asyncio.timeout(self._named_patience_s):
                return await self.wait()
        raise RunError("the configuration is still being read; try again in a moment")

    def begin(self) -> None:
        """Read, unless that began before."""
        if self._last is None:
            self.read_anew()

    def read_anew(self) -> None:
        """Read everything again, whatever the files look like."""
        self._begin()  # type: ignore[unused-awaitable]  # who wants the setup waits for it

    async def read_changed(self) -> None:
        """Read files that changed; returns when that is done, well or not."""
        await asyncio.wait([self._begin()])

    def lay(self, options: Options) -> None:
        """Lay these settings over the setup in use, and over those to come."""
        self._options = options
        if self._current is not None and self.now is not None:
            self.now = self._laid(self._current.runtime)

    def hide(self) -> None:
        """Use none until the next one was read; runs keep what they hold."""
        self.now = None

    @contextmanager
    def held(self, runtime: "RuntimeConfig") -> Iterator["RuntimeConfig"]:
        """Keep a setup's providers open."""
        tenure = self._tenures[id(runtime.providers)]
        tenure.holders += 1
        try:
            yield runtime
        finally:
            tenure.holders -= 1
            self._close_unless_held(tenure)

    async def close(self) -> None:
        """Close all of them, held or not, and read no more."""
        if self._last is not None:
            self._last.cancel()
        for tenure in list(self._tenures.values()):
            self._close(tenure)
        if self._closing:
            await asyncio.wait(set(self._closing))

    def _begin(self) -> "asyncio.Task[None]":
        self._last = asyncio.create_task(self._read())
        self._last.add_done_callback(_report)
        return self._last

    async def _read(self) -> None:
        """Read the files and use what they say.

        Raises:
            ConfigError: they cannot be used at all.
        """
        async with self._reading:
            while True:
                asked = self._where()
                try:
                    runtime = await asyncio.to_thread(self._load, *asked)
                except ConfigError as error:
                    self._failed(error)
                    raise
                if asked == self._where():
                    break
                self._spawn(runtime.close())  # of another folder, or of a trust that is gone
            self._use(runtime)

    def _use(self, runtime: "RuntimeConfig") -> None:
        before, self._current = self._current, _Lease(runtime)
        self._tenures[id(runtime.providers)] = self._current
        self.now = self._laid(runtime)
        stood_in, self._defaults = self._defaults, None
        for old in (before, stood_in):
            if old is not None:
                old.replaced = True
                self._close_unless_held(old)
        self._took(runtime.catalog)

    def _laid(self, runtime: "RuntimeConfig") -> "RuntimeConfig":
        settings = laid_over(runtime.catalog.settings, self._options)
        return replace(runtime, catalog=replace(runtime.catalog, settings=settings))

    def _close_unless_held(self, tenure: _Lease) -> None:
        if tenure.replaced and not tenure.holders:
            self._close(tenure)

    def _close(self, tenure: _Lease) -> None:
        if self._tenures.pop(id(tenure.runtime.providers), None) is not None:
            self._spawn(tenure.runtime.close())

    def _spawn(self, closing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(closing)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


def _report(reading: "asyncio.Task[None]") -> None:
    """Log what is a bug of ours; what is wrong with files was told."""
    error = None if reading.cancelled() else reading.exception()
    if error is not None and not isinstance(error, ConfigError):
        log.error("the configuration could not be read", exc_info=error)
