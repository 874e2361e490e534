"""What the features of one server share: the setup, the runs, and what the client asked for.

The setup is read in a thread once the client is initialized, so that neither the handshake nor
typing waits for YAML; until then nothing is offered and runs wait for it.
"""

import asyncio
import importlib
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lsprotocol import types

from moa_lsp.errors import ConfigError, UsageError
from moa_lsp.lsp.jobs import Jobs
from moa_lsp.lsp.offers import Offers
from moa_lsp.lsp.show import Shower

if TYPE_CHECKING:
    from moa_lsp.actions.setup import Setup
    from moa_lsp.lsp.server import Server

log = logging.getLogger(__name__)

Purpose = Literal["actions", "inline"]

AUTO = "auto"
"""What an editor's setting says when the configuration shall decide."""

REVIEWS = ("auto", "always", "never")

Load = Callable[[Path | None, bool], "Setup"]
"""Reads the setup for a workspace root and whether it is trusted; runs in a thread."""


class Session:
    """One client's session.

    Attributes:
        jobs: the runs.
        show: what is shown besides edits.
        offers: what was offered last.
        trusted: whether the editor says that the user trusts the opened folder.
        on_automatic: whether actions are offered on the lightbulb's own request.
    """

    def __init__(self, server: "Server", load: Load) -> None:
        self.server = server
        self.show = Shower(server)
        self.jobs = Jobs(server, self.show)
        self.offers = Offers(server.documents)
        self.trusted = False
        self.on_automatic = False
        self._review: object = None
        self._load = load
        self._root: Path | None = None
        self._selected: dict[Purpose, str] = {}
        self._setup: Setup | None = None
        self._warming: asyncio.Task[None] | None = None
        self._loading: asyncio.Task[Setup] | None = None

    def initialize(self, params: types.InitializeParams) -> None:
        """Take the workspace and the client's options; reads nothing."""
        self._root = _root(params)
        options = params.initialization_options
        if isinstance(options, Mapping):
            self.trusted = options.get("trusted") is True
            mix = _option(options, "mix")
            if isinstance(mix, str) and mix not in ("", AUTO):  # editors send their default too
                self._selected["actions"] = mix
            self.on_automatic = _option(options, "codeActions.onAutomatic") is True
            review = _option(options, "review")
            self._review = review if review in REVIEWS else None

    def start(self) -> None:
        """Begin to read the setup."""
        self._loading = asyncio.create_task(self._read())

    @property
    def setup_now(self) -> "Setup | None":
        """The setup if it has been read."""
        return self._setup

    async def setup(self) -> "Setup":
        """The setup, waited for if it is being read."""
        if self._setup is None:
            if self._loading is None:
                self.start()
            assert self._loading is not None  # noqa: S101  # start() made it
            await asyncio.shield(self._loading)
        assert self._setup is not None  # noqa: S101  # reading sets it or raises
        return self._setup

    def selected(self, purpose: Purpose) -> str | None:
        """The mix chosen for this server's life, if any."""
        return self._selected.get(purpose)

    def select(self, name: str, purpose: Purpose) -> None:
        """Choose a mix by name for this server's life."""
        self._selected[purpose] = name

    def review(self, setup: "Setup") -> str:
        """When an edit needs the user's agreement.

        The editor's setting counts before the configuration's, but for ``always``: that may be
        what a workspace asks for, and it may only tighten.
        """
        configured = setup.catalog.settings.review
        if configured == "always" or self._review is None:
            return configured
        return str(self._review)

    def path_of(self, uri: str) -> str:
        """A document's path below the workspace with forward slashes, else its name."""
        path = _local(uri)
        if path is None:
            return ""
        if self._root is not None and path.is_relative_to(self._root):
            path = path.relative_to(self._root)
        else:
            path = Path(path.name)
        return path.as_posix()

    def warm(self) -> None:
        """Begin to import what runs need, in a thread: half a second that only runs pay.

        Called when actions were offered, so that it is done when one is picked.
        """
        if self._warming is None:
            work = asyncio.to_thread(_import_runs, self._setup, self.selected("actions"))
            self._warming = asyncio.create_task(work)

    async def warmed(self) -> None:
        """Wait until runs can be made without the loop's importing anything."""
        self.warm()
        assert self._warming is not None  # noqa: S101  # warm() made it
        await asyncio.shield(self._warming)

    async def close(self) -> None:
        """Cancel the runs and give back what the providers hold."""
        if self._loading is not None:
            self._loading.cancel()
        try:
            await self.jobs.close()
        finally:
            self.offers.forget()
            self.show.close()
            if self._setup is not None:
                await self._setup.close()

    async def _read(self) -> "Setup":
        try:
            setup = await asyncio.to_thread(self._load, self._root, self.trusted)
        except ConfigError as error:
            self.show.sentence(f"the configuration cannot be used: {error}", failed=True)
            raise
        self._setup = setup
        for problem in setup.catalog.problems[:1]:
            more = len(setup.catalog.problems) - 1
            tail = f" (and {more} more; see `moa-lsp mix check`)" if more else ""
            self.show.sentence(f"{problem}{tail}", failed=True)
        for warning in setup.catalog.warnings:
            log.warning("%s", warning)
        return setup


def _import_runs(setup: "Setup | None", selected: str | None) -> None:
    """Import the pipeline, and what talks to models if the mix in use has any."""
    importlib.import_module("moa_lsp.actions.run")
    from moa_lsp.config.resolve import choose

    if setup is None:
        return
    catalog = setup.catalog
    try:
        mix = choose(catalog, action="", language="", path="", requested=selected).mix
    except UsageError:  # the run will say so
        return
    entries = (catalog.providers.get(model.partition("/")[0]) for model in mix.models)
    if any(entry is not None and entry.base_url for entry in entries):
        importlib.import_module("moa_lsp.providers.build")


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


def _root(params: types.InitializeParams) -> Path | None:
    folders = params.workspace_folders or []
    uri = folders[0].uri if folders else params.root_uri
    return _local(uri) if uri else None


def _local(uri: str) -> Path | None:
    """The path of a file's URI, ``None`` of any other; imported when a client names one."""
    from moa_lsp.actions.new_file import path_of

    return path_of(uri)


def _option(options: Mapping[str, Any], name: str) -> object:
    """A setting by its dotted name, written flat or nested, with or without ``moa`` around it."""
    for start in (options, options.get("moa")):
        if not isinstance(start, Mapping):
            continue
        if name in start:
            return start[name]
        found: object = start
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        if found is not None:
            return found
    return None
