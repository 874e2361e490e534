"""The settings of the editor: given at the start, pushed with a notification, or pulled.

Nothing waits for them: until an answer comes, and when none comes, what was said before counts,
at last the configuration alone (L21 in docs/faults.md).
"""

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from moa_lsp.config.options import SECTION, SILENCE, Options, OptionsResult, pushed, read
from moa_lsp.lsp.session.registrations import follow_settings

if TYPE_CHECKING:
    from moa_lsp.lsp.rpc.server import Server

log = logging.getLogger(__name__)


class Preferences:
    """What the editor's settings say now.

    Args:
        server: its client is asked.
        tell: shows the user one sentence about what is wrong.
        changed: called when they say something else than before.

    Attributes:
        options: the settings.
    """

    def __init__(
        self, server: "Server", tell: Callable[[str], None], changed: Callable[[], None]
    ) -> None:
        self.options = Options()
        self._server = server
        self._tell = tell
        self._changed = changed
        self._given = SILENCE
        self._pushed = SILENCE
        self._pulled = SILENCE
        self._told: set[str] = set()
        self._silent = False
        self._pulling: asyncio.Task[None] | None = None

    def give(self, value: object) -> None:
        """Take ``initializationOptions``; what is wrong with them is told by ``start``."""
        self._given = read(value)
        self.options = self._all.options

    def start(self, scope: str | None) -> None:
        """The client may be asked now: register for changes, and pull.

        Args:
            scope: URI of the folder whose settings count.
        """
        self._take()
        follow_settings(self._server, SECTION)
        self.pull(scope)

    def push(self, value: object, scope: str | None) -> None:
        """Take what came with ``workspace/didChangeConfiguration``, and pull again."""
        found = pushed(value)
        if found is not SILENCE:
            self._pushed, self._pulled = found, SILENCE
            self._take()
        self.pull(scope)

    def pull(self, scope: str | None) -> None:
        """Ask the client for its settings, if it can be asked; returns at once."""
        workspace = self._server.client_capabilities.workspace
        if workspace is None or not workspace.configuration:
            return
        if self._pulling is not None:
            self._pulling.cancel()  # what it would say is older than what is asked for now
        self._pulling = asyncio.create_task(self._pull(scope))
        self._server.keep(self._pulling)

    async def _pull(self, scope: str | None) -> None:
        item = types.ConfigurationItem(scope_uri=scope, section=SECTION)
        try:
            async with asyncio.timeout(self._server.reply_s):
                answer = await self._server.workspace_configuration_async(
                    types.ConfigurationParams([item])
                )
        except (TimeoutError, JsonRpcException) as error:
            self._warn_of(error)
            return
        self._pulled = read(answer[0] if isinstance(answer, list | tuple) and answer else None)
        self._take()

    def _warn_of(self, error: Exception) -> None:
        """Once: a client that does not answer will not answer the next time either."""
        if not self._silent:
            self._silent = True
            log.warning(
                "no answer to workspace/configuration (%s): what the client said before counts",
                type(error).__name__,
            )

    @property
    def _all(self) -> OptionsResult:
        return self._pulled.over(self._pushed).over(self._given)

    def _take(self) -> None:
        found = self._all
        new = [each for each in found.wrong if each not in self._told]
        self._told = set(found.wrong)
        if new:
            self._tell(f"in the editor's settings: {'; '.join(new)}")
        if found.options != self.options:
            self.options = found.options
            self._changed()
