"""What the features of one server share: the setup, the runs, and what the client asked for.

The setup is read in a thread once the client is initialized, so that neither the handshake nor
typing waits for YAML; requests that come before wait for it. It is read again when files, the
folder or the user's trust in it change, and replaced as a whole: a run keeps the one that it
started with.
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from lsprotocol import types

from moa_lsp.config.fingerprints import NONE, Stamps
from moa_lsp.config.options import AUTO
from moa_lsp.errors import ConfigError, UsageError
from moa_lsp.files.uris import below, local_path
from moa_lsp.lsp.inline.inline_completion import InlineCompletion
from moa_lsp.lsp.log import follow
from moa_lsp.lsp.runtime_configs import Load, RuntimeConfigs
from moa_lsp.lsp.session import trust
from moa_lsp.lsp.session.accounting import accounts_of
from moa_lsp.lsp.session.config_error_reporter import ConfigErrorReporter
from moa_lsp.lsp.session.imports import import_runs
from moa_lsp.lsp.session.jobs import Jobs
from moa_lsp.lsp.session.offers import LastOffer
from moa_lsp.lsp.session.preferences import Preferences
from moa_lsp.lsp.session.registrations import watch
from moa_lsp.lsp.session.reload import Reloader
from moa_lsp.lsp.session.status import SessionState, Status
from moa_lsp.lsp.session.user_messages import UserMessages
from moa_lsp.lsp.warmup import Warmup

if TYPE_CHECKING:
    from moa_lsp.config.options import Options
    from moa_lsp.config.resolve import Catalog
    from moa_lsp.lsp.edits.target_choices import RefinedTarget
    from moa_lsp.lsp.edits.tracked_snapshot import TrackedSnapshot
    from moa_lsp.lsp.rpc.server import Server
    from moa_lsp.runs.accounting import RunAccounting
    from moa_lsp.runs.preparation import PreparedRun
    from moa_lsp.runs.runtime_config import RuntimeConfig
    from moa_lsp.workspace.index.index import Index

log = logging.getLogger(__name__)

Purpose = Literal["actions", "inline"]

WATCHED = ("**/.moa/config.yaml", "**/.moa/mixes/*.{yaml,yml}")
"""Of the workspace; where a client watches them, changes are seen a moment earlier."""


class Session:
    """One client's session.

    Attributes:
        jobs: the runs.
        show: what is shown besides edits.
        offers: what was offered last.
        runtimes: the setup in use, and those that runs hold.
        broken: what is wrong in the user's files.
        status: what the editor's status line is told.
        inline: the inline completions.
        watched: called with the files that the client says have changed.
        popup: makes ordinary completion stand in for the inline kind; called when that is wished.
        index: of the opened folder, once there is one.
    """

    def __init__(self, server: "Server", load: Load) -> None:
        self.server = server
        self.show = UserMessages(server)
        self.jobs = Jobs(server, self.show)
        self.offers = LastOffer(server.documents)
        self.broken = ConfigErrorReporter(self._warn)
        self._missing: str | None = None
        self.status = Status(server, self._stand)
        self.index: Index | None = None
        self.watched: list[Callable[[Sequence[types.FileEvent]], None]] = [self._hasten]
        self._opened = trust.Folders()
        self._selected: dict[Purpose, str] = {}
        self.runtimes = RuntimeConfigs(
            load, lambda: (self._root, self.trusted), self._took, self._unread
        )
        self._preferences = Preferences(server, self._warn, self._lay)
        self.inline = InlineCompletion(
            server,
            self.runtimes,
            lambda: self.selected("inline"),
            self._accounts,
            self.status.filled,
            self.root_of,
            self.offers.reports,
        )
        self.popup: Callable[[], None] = lambda: None
        self._announced = trust.Announcements()
        self._ignored: set[str] = set()
        self.imports = Warmup(lambda: import_runs(self.setup_now, self.selected("actions")))
        self._reader = Reloader(self._seen, self.runtimes.read_changed)
        self._started = False

    def initialize(self, params: types.InitializeParams) -> None:
        """Take the workspace and the client's options; reads nothing."""
        uris = [each.uri for each in params.workspace_folders or ()]
        if not uris and params.root_uri:
            uris = [params.root_uri]
        if (options := params.initialization_options) is not None:
            self._preferences.give(options)
        trusts = isinstance(options, Mapping) and options.get("trusted") is True
        self._opened.open(uris, trusts=trusts)

    def start(self) -> None:
        """Begin to read the setup, and ask the client for its settings."""
        if self._started:
            return
        self._started = True
        self.runtimes.begin()
        watch(self.server, WATCHED)
        self._preferences.start(self._scope)
        self.server.keep(asyncio.create_task(self._reader.watch()))
        self.status.open()

    # --- the setup ---------------------------------------------------------------------------

    @property
    def trusted(self) -> bool:
        """Whether the user trusts the folder whose own configuration counts."""
        return self._opened.first_trusted

    @property
    def root(self) -> Path | None:
        """The opened folder, the first of several."""
        return self._root

    @property
    def setup_now(self) -> "RuntimeConfig | None":
        """The setup that requests are answered from, with the editor's settings laid over it."""
        return self.runtimes.usable

    async def runtime(self, mix: str | None = None) -> "RuntimeConfig":
        """The setup as the files are now, waited for if it is being read.

        Args:
            mix: that the setup is asked for, if any is named.

        Raises:
            ConfigError: the files cannot be used at all.
            RunError: they are still being read, and defaults do not know ``mix``.
        """
        if self.runtimes.now is not None and not await self._reader.fresh():
            log.debug("configuration files keep changing, or nobody watches them yet")
        return await self.runtimes.knowing(mix)

    @asynccontextmanager
    async def lease(self, mix: str | None = None) -> "AsyncIterator[RuntimeConfig]":
        """As ``runtime``; its providers stay open at least as long."""
        runtime = await self.runtime(mix)
        with self.runtimes.held(runtime):
            yield runtime

    def begin(
        self,
        runtime: "RuntimeConfig",
        prepared: "PreparedRun",
        held: "TrackedSnapshot",
        refined: "RefinedTarget | None" = None,
        looks: "Callable[[], PreparedRun] | None" = None,
    ) -> str:
        """Begin a run on a leased setup, which it keeps to its end; its id.

        Raises:
            UsageError: the folder that brought its mix is no longer trusted.
            RunError: too many are queued already; ``held`` stays the caller's.
        """
        trust.check(prepared.mix.name, trusts=self.trusted)
        asks = refined.runs_on if refined else runtime
        review = runtime.catalog.settings.review
        name = self.jobs.start(asks, prepared, held, review=review, refined=refined, looks=looks)
        kept = ExitStack()
        kept.enter_context(self.runtimes.held(runtime))
        job = self.jobs.get(name)

        def ended(_task: object) -> None:
            kept.close()
            self.status.ended(job.record, job.line)

        assert job.task is not None  # noqa: S101  # jobs.start() made it
        job.task.add_done_callback(ended)
        self.status.news()
        return name

    # --- what was chosen ---------------------------------------------------------------------

    @property
    def options(self) -> "Options":
        """The editor's own settings; most are laid over the setup's already."""
        return self._preferences.options

    def selected(self, purpose: Purpose) -> str | None:
        """The mix chosen for this server's life, if any."""
        return self._selected.get(purpose)

    def select(self, name: str, purpose: Purpose) -> None:
        """Choose a mix by name for this server's life."""
        self._selected[purpose] = name
        self._find_chosen()
        self.status.news()

    # --- what the client tells ---------------------------------------------------------------

    def change_settings(self, params: types.DidChangeConfigurationParams) -> None:
        """The editor's settings changed."""
        self._preferences.push(params.settings, self._scope)

    def change_files(self, params: types.DidChangeWatchedFilesParams) -> None:
        """Files that somebody registered for changed."""
        for on_update in self.watched:
            on_update(params.changes)

    def change_folders(self, params: types.DidChangeWorkspaceFoldersParams) -> None:
        """Folders were opened or closed; runs keep what they started with."""
        before, trusted, event = self._root, self.trusted, params.event
        gone = (each.uri for each in event.removed)
        self._opened.change((each.uri for each in event.added), gone)
        if trusted and not self.trusted:
            self.runtimes.hide()  # nothing of the folder that was closed counts for the next one
        if self._root != before or trusted != self.trusted:
            self.runtimes.read_anew()
            self._preferences.pull(self._scope)

    def change_trust(self, params: object) -> None:
        """The user trusts some of the folders now, or no longer; all where none is named.

        Raises:
            ValueError: the notification does not say which.
        """
        before = self.trusted
        trusts, uris = trust.trusted(params), trust.meant(params, self._opened.uris)
        self._opened.trust(uris, trusts=trusts)
        if self.trusted == before:
            return
        if not self.trusted:
            self.jobs.cancel_those(lambda record: trust.is_workspace_mix(record.mix))
            self.runtimes.hide()  # nothing of the folder counts while it is read again
        self.runtimes.read_anew()

    # --- the rest ----------------------------------------------------------------------------

    def folder_of(self, uri: str) -> Path | None:
        """The workspace folder that a document lies in, if any."""
        folder = self._opened.folder_of(uri)
        return None if folder is None else local_path(folder)

    def trusts_root_of(self, uri: str) -> bool:
        """Whether the user trusts ``root_of`` a document."""
        return self._opened.trusts(self._opened.folder_of(uri) or self._scope)

    def root_of(self, uri: str) -> Path | None:
        """The workspace folder that a document lies in, else the first."""
        return self.folder_of(uri) or self._root

    def index_for(self, uri: str) -> "Index | None":
        """The index that knows a document's folder: there is one of the first folder alone."""
        return self.index if self.root_of(uri) == self._root else None

    def path_of(self, uri: str) -> str:
        """A document's path below its workspace folder with forward slashes, else its name."""
        path, root = local_path(uri), self.root_of(uri)
        if path is None:
            return ""
        return (below(path, root) if root is not None else None) or path.name

    async def close(self) -> None:
        """Cancel the runs and give back what the providers hold."""
        try:
            await asyncio.gather(self.jobs.close(), self.inline.close())
        finally:
            self.status.close()
            self.offers.forget()
            self.show.close()
            self.imports.close()
            await self.runtimes.close()

    def _stand(self) -> SessionState:
        return SessionState(
            self.jobs.active,
            self.jobs.queued,
            self.runtimes.now,
            self.broken.sentence or self._missing,
            self.selected("actions"),
            self.selected("inline"),
        )

    @property
    def _scope(self) -> str | None:
        return next(iter(self._opened.uris), None)

    @property
    def _root(self) -> Path | None:
        return None if self._scope is None else local_path(self._scope)

    def _warn(self, sentence: str) -> None:
        self.show.sentence(sentence, failed=True)

    def _hasten(self, _changes: Sequence[types.FileEvent]) -> None:
        self._reader.hasten()

    def _seen(self) -> Stamps:
        now = self.runtimes.now
        return NONE if now is None else now.catalog.seen

    def _unread(self, error: ConfigError) -> None:
        """The files cannot be used at all; what was in use stays."""
        self.broken.fail(f"the configuration cannot be used: {error}")
        self.status.news()

    def _took(self, catalog: "Catalog") -> None:
        """The files were read."""
        self._lay()
        self.inline.reset()
        if self._completes() or self.options.completion_fallback:
            self.inline.imports.begin()
        self.imports.begin_when_idle()
        self.broken.take(catalog)
        self._announced.make(catalog)
        for warning in catalog.warnings:
            if warning not in self._ignored:
                log.warning("%s", warning)
        self._ignored = set(catalog.warnings)

    def _lay(self) -> None:
        """Let the editor's settings count."""
        self.runtimes.lay(self.options)
        if self.options.completion_fallback:
            self.popup()
        runtime = self.runtimes.now
        if runtime is not None:
            level = runtime.catalog.settings.log.level
            follow(os.environ, configured=level, trace=self.options.trace)
        self._find_chosen()
        self.status.news()

    def _find_chosen(self) -> None:
        """Say once when the mix that the user chose is not there: no other is run in its place."""
        runtime = self.runtimes.now
        name = self.selected("actions") or self.options.mix
        before, self._missing = self._missing, None
        if runtime is None or name is None or name == AUTO:
            return
        from moa_lsp.config.resolve import find

        try:
            find(runtime.catalog, name)
        except UsageError as error:
            self._missing = str(error)
            if before is None:
                self._warn(self._missing)

    def _completes(self) -> bool:
        """Whether the client asks for inline completions."""
        able = self.server.client_capabilities.text_document
        return able is not None and able.inline_completion is not None

    def _accounts(self) -> "RunAccounting":
        return accounts_of(self.server, self.show)


def purpose_of(value: object) -> Purpose:
    """What a mix is chosen for; actions when nothing is said.

    Raises:
        UsageError: it is neither.
    """
    if value is None or value == "actions":
        return "actions"
    if value == "inline":
        return "inline"
    raise UsageError('`for` must be "actions" or "inline"')
