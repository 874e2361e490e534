"""What is found around a document for its prompt: open documents, neighbours, definitions, facts.

The shell part of ``context``: it reads, ``context`` decides. Within a time limit: a slow disk or
index costs pieces of a prompt, never a run. Files are read below the workspace's root only, after
links are resolved, and only regular ones; no path comes from a model (A06 in docs/faults.md).
What is never shown is not read.
"""

import asyncio
import re
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, TypeVar

from moa_lsp import limits as shared_limits
from moa_lsp.config.settings import ContextSettings
from moa_lsp.context.deny import DenyRules
from moa_lsp.context.facts import MANIFESTS
from moa_lsp.context.items import UNSAFE, ContextItems, Definition, OmittedItem, SourceFile
from moa_lsp.context.recent_edits import RecentEdit
from moa_lsp.errors import MoaError
from moa_lsp.files.guarded import secret_by_name, takes_orders
from moa_lsp.files.reading import text_below
from moa_lsp.files.uris import below, is_file, local_path, name_of, named_path
from moa_lsp.syntax.languages import by_path
from moa_lsp.task import Snapshot, Task
from moa_lsp.workspace import conventions, ignore_files, limits

T = TypeVar("T")

_OUTSIDE = "it lies outside the opened folder"

TOO_SLOW = "it was not found in time"

_NAME = re.compile(r"[^\W\d]\w{2,60}")


def _nobody() -> bool:
    """Where nobody says that a folder is trusted, it is not."""
    return False


class DefinitionIndex(Protocol):
    """What knows a workspace's definitions; paths are below its root, with forward slashes."""

    async def definitions(
        self, names: Sequence[str], language: str, near: str
    ) -> list[Definition]:
        """Definitions of these names for a file ``near``, the likeliest first."""
        ...

    async def neighbours(self, path: str) -> list[str]:
        """Files that a file imports, or that define what it uses, the nearest first."""
        ...

    async def outline(self, limit: int) -> list[Definition]:
        """What the workspace defines, what matters most first."""
        ...

    async def users(self, path: str, names: Sequence[str]) -> list[tuple[str, bool, bool]]:
        """Files that import a file or have one of these names: path, and which of both."""
        ...


@dataclass(frozen=True, slots=True)
class WorkspaceContext:
    """Where a run may look, as it was when it was asked for.

    Attributes:
        root: of the workspace, ``None`` without one: then the disk is not read.
        open_documents: the others, the one changed last first.
        index: ``None`` where there is none.
        edits: what was typed of late in all open documents, the newest last.
        trusted: says whether the user trusts the root, so that its conventions are shown; asked
            when they are read, since trust that is taken back counts at once.
    """

    root: Path | None = None
    open_documents: tuple[Snapshot, ...] = ()
    index: DefinitionIndex | None = None
    edits: tuple[RecentEdit, ...] = ()
    trusted: Callable[[], bool] = _nobody


@dataclass(frozen=True, slots=True)
class ExclusionRules:
    """What is never shown of a workspace, by its settings and ignore files."""

    root: Path | None
    hidden: DenyRules = field(default_factory=DenyRules)

    def why_hidden(self, uri: str) -> str | None:
        """The rule by which a document is never shown to a model, in words, or ``None``.

        A file that cannot be placed below the root is not shown: the rules there are not known.
        """
        placed, everywhere = _paths(uri, self.root)
        for path in (*placed, *_endings(uri, self.root)):
            why = self.hidden.why(path)
            if why is not None:
                return why
        if any(map(self.hidden.allows, placed)):
            return None
        named = next(filter(None, map(secret_by_name, everywhere)), None)
        if named:
            return f"`{named}`, which holds secrets by its name"
        return _unplaced(uri, self.root)

    def why_guarded(self, uri: str) -> str | None:
        """The pattern by which no action works on a document, or ``None``."""
        below, everywhere = _paths(uri, self.root)
        if any(map(self.hidden.allows, below)):
            return None
        tops = () if self.root is None else (self.root.as_posix(), _resolved(self.root).as_posix())
        for path in everywhere:
            top = next((each for each in tops if path.startswith(f"{each}/")), None)
            found = takes_orders(path, top)
            if found is not None:
                return found
        return None


def read_rules(root: Path | None, context: ContextSettings, uris: Iterable[str]) -> ExclusionRules:
    """The rules for some documents: reads the ignore files from the root down to them."""
    folders: dict[str, None] = {}
    for uri in uris:
        for path in _paths(uri, root)[0]:
            parts = path.split("/")[:-1][: limits.MAX_IGNORE_DEPTH]
            folders |= {"/".join(parts[:depth]): None for depth in range(len(parts) + 1)}
    return ExclusionRules(root, ignore_files.hidden(root, context, folders))


async def gather(task: Task, around: WorkspaceContext, context: ContextSettings) -> ContextItems:
    """Look around a task's document, within ``limits.SURROUNDINGS_S`` seconds."""
    if around == WorkspaceContext():
        return ContextItems()
    stop_at = asyncio.get_running_loop().time() + limits.SURROUNDINGS_S
    slow: list[OmittedItem] = []
    near = _near(task.snapshot.uri, around.root)
    defined, outlined, neighbours = await _asked(task, near, around.index, stop_at, slow)
    looked = await _within(
        stop_at,
        lambda: _apart(lambda: _looked(task, around, context, neighbours, (*defined, *outlined))),
        None,
        OmittedItem("other files of the project", TOO_SLOW),
        slow,
    )
    if looked is None:
        return ContextItems(left_out=tuple(slow))
    return ContextItems(
        looked.open_documents,
        tuple(each for each in defined if each.path not in looked.denied and each.path != near),
        looked.neighbours,
        outline=tuple(each for each in outlined if each.path not in looked.denied),
        manifests=looked.manifests,
        conventions=looked.conventions,
        edits=looked.edits,
        left_out=(*slow, *looked.left_out),
    )


async def _asked(
    task: Task, near: str, index: DefinitionIndex | None, stop_at: float, slow: list[OmittedItem]
) -> tuple[list[Definition], list[Definition], list[str]]:
    """What the index knows: all three questions at once."""
    if index is None or not near:
        return [], [], []
    names = list(dict.fromkeys(_NAME.findall(task.region)))[: limits.MAX_ASKED_NAMES]
    no_definitions: list[Definition] = []
    no_paths: list[str] = []
    return await asyncio.gather(
        _within(
            stop_at,
            lambda: index.definitions(names, task.snapshot.language, near),
            no_definitions,
            OmittedItem("definitions of names", TOO_SLOW),
            slow,
        ),
        _within(
            stop_at,
            lambda: index.outline(limits.MAX_OUTLINE),
            no_definitions,
            OmittedItem("the project's outline", TOO_SLOW),
            slow,
        ),
        _within(
            stop_at,
            lambda: index.neighbours(near),
            no_paths,
            OmittedItem("neighbours", TOO_SLOW),
            slow,
        ),
    )


async def _within(
    stop_at: float,
    work: Callable[[], Awaitable[T]],
    otherwise: T,
    what: OmittedItem,
    slow: list[OmittedItem],
) -> T:
    """Wait for it until then; without it, note what is missing."""
    try:
        async with asyncio.timeout_at(stop_at):
            return await work()
    except (TimeoutError, MoaError, OSError):
        slow.append(what)
        return otherwise


@dataclass(frozen=True, slots=True)
class _DiskScan:
    """What a look at the disk gave.

    Attributes:
        denied: paths of definitions that are never shown.
    """

    open_documents: tuple[SourceFile, ...]
    neighbours: tuple[SourceFile, ...]
    manifests: dict[str, str]
    conventions: tuple[SourceFile, ...]
    edits: tuple[RecentEdit, ...]
    denied: frozenset[str]
    left_out: tuple[OmittedItem, ...]


def _looked(
    task: Task,
    around: WorkspaceContext,
    context: ContextSettings,
    neighbours: Sequence[str],
    defined: Sequence[Definition],
) -> _DiskScan:
    """Read what may be shown; in a thread, since a disk may be slow."""
    root = around.root
    opened = around.open_documents[: shared_limits.MAX_SOURCES]
    wanted = list(dict.fromkeys(neighbours))[: shared_limits.MAX_SOURCES]
    places = dict.fromkeys(each.path for each in defined)
    uris = [*(each.uri for each in opened), *(each.uri for each in around.edits)]
    named = {path: (root / path).as_uri() for path in (*wanted, *places)} if root else {}
    own = _near(task.snapshot.uri, root)
    stated = conventions.candidates(root, own, context.rules) if root else []
    named |= {path: (root / path).as_uri() for path in stated} if root else {}
    rules = read_rules(root, context, [task.snapshot.uri, *uris, *named.values()])
    kept, out = conventions.read(
        root, stated, lambda path: rules.why_hidden(named[path]), trusted=around.trusted()
    )
    shown: list[SourceFile] = []
    for each in opened:
        path = (_paths(each.uri, root)[0] or [name_of(each.uri)])[0]
        why = _outside(each.uri, root) or rules.why_hidden(each.uri)
        if why is not None:
            out.append(OmittedItem(path, why))
        else:
            shown.append(SourceFile(path, each.language, each.text, opened=True))
    known = {source.path for source in shown} | {*(_paths(task.snapshot.uri, root)[0])}
    near: list[SourceFile] = []
    for path in wanted:
        why = rules.why_hidden(named[path]) if path in named else None
        if why is not None:
            out.append(OmittedItem(path, why))
        elif path not in known and root is not None:
            text = text_below(root, path, shared_limits.MAX_SOURCE_CHARS)
            if text is not None:
                near.append(SourceFile(path, by_path(path), text))
    denied = frozenset(
        path for path in places if path not in named or rules.why_hidden(named[path])
    )
    return _DiskScan(
        tuple(shown),
        tuple(near),
        _manifests(task, root, rules),
        tuple(kept),
        tuple(_edits(around, rules, out)),
        denied,
        tuple(out),
    )


def _edits(
    around: WorkspaceContext, rules: ExclusionRules, out: list[OmittedItem]
) -> Iterator[RecentEdit]:
    """What was typed in documents that may be shown, without what holds a secret."""
    for each in around.edits:
        path = (_paths(each.uri, around.root)[0] or [name_of(each.uri)])[0]
        why = _outside(each.uri, around.root) or rules.why_hidden(each.uri)
        why = why or (UNSAFE if each.holds_secret else None)
        if why is None:
            yield replace(each, path=path)
        else:
            out.append(OmittedItem(f"what was typed in {path}", why))


def _manifests(task: Task, root: Path | None, rules: ExclusionRules) -> dict[str, str]:
    """The manifests nearest to the document, from its folder up to the root."""
    below = _paths(task.snapshot.uri, root)[0]
    if root is None or not below:
        return {}
    parts = below[0].split("/")[:-1][: limits.MAX_IGNORE_DEPTH]
    found: dict[str, str] = {}
    for depth in range(len(parts), -1, -1):
        for name in MANIFESTS:
            path = "/".join((*parts[:depth], name))
            if name in found or rules.hidden.hidden(path, folder=False):
                continue
            text = text_below(root, path, shared_limits.MAX_MANIFEST_CHARS)
            if text is not None:
                found[name] = text
    return found


def _paths(uri: str, root: Path | None) -> tuple[list[str], list[str]]:
    """A document's paths below the root, and anywhere: as it is named, and where links lead.

    One that is not below a root counts with its name alone.
    """
    path = local_path(uri)
    if path is None:
        return [name_of(uri)], [named_path(uri)]
    placed = _below(path, root)
    return placed or [path.name], [path.as_posix(), _resolved(path).as_posix()]


def _below(path: Path, root: Path | None) -> list[str]:
    """Where a path lies below the root, as it is named and where links lead."""
    tops = [] if root is None else [root, _resolved(root)]
    found = [below(each, top) for each in (path, _resolved(path)) for top in tops]
    return [each for each in dict.fromkeys(found) if each is not None]


def _endings(uri: str, root: Path | None) -> list[str]:
    """All that a path may be below a root that is not known, so that no exclusion is missed.

    Of a notebook's cell, a file in an archive, or any file where no folder is open.
    """
    path = local_path(uri)
    if path is not None and _below(path, root):
        return []
    parts = (named_path(uri) if path is None else _resolved(path).as_posix()).split("/")
    names = [each for each in parts if each][-limits.MAX_IGNORE_DEPTH :]
    return ["/".join(names[start:]) for start in range(len(names) - 1)]


def _unplaced(uri: str, root: Path | None) -> str | None:
    """Why no rule of the workspace can be applied to a file, ``None`` of one that is below it."""
    if root is None or not is_file(uri):
        return None
    path = local_path(uri)
    if path is None:
        return "its URI, which names no place on this machine"
    return None if _below(path, root) else "its place outside the opened folder"


def _outside(uri: str, root: Path | None) -> str | None:
    """Why another open document is not shown: by a link it may be named below the root."""
    path = local_path(uri)
    if path is None or root is None:
        return None
    inside = any(below(_resolved(path), top) is not None for top in (root, _resolved(root)))
    return None if inside else _OUTSIDE


def _near(uri: str, root: Path | None) -> str:
    """A document's path below the root as it is named, ``""`` without one; asks no disk."""
    path = local_path(uri)
    return "" if path is None or root is None else below(path, root) or ""


def _resolved(path: Path) -> Path:
    """Where links lead; of a circle of them or an impossible name, the path itself."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return path


def _apart(work: Callable[[], T]) -> "asyncio.Future[T]":
    """Do it in a thread that nobody waits for at the end: a dead disk must not hold a process.

    Work that fails gives nothing; whoever waits for it waits for a time only.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def give(result: T) -> None:
        if not future.done():
            future.set_result(result)

    def run() -> None:
        result = work()
        with suppress(RuntimeError):  # the loop has ended: nobody wants it any more
            loop.call_soon_threadsafe(give, result)

    threading.Thread(target=run, name="surroundings", daemon=True).start()
    return future
