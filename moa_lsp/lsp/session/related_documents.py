"""What a run on a file may change beside it: documents that are open below the opened folder.

Only where the client takes edits of several documents with their versions, so that none can land
in a text that has moved; each is held from the start of the run as its own document is.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from moa_lsp import limits
from moa_lsp.lsp.edits import preview
from moa_lsp.lsp.edits.apply import creates_files, documents_versioned
from moa_lsp.lsp.edits.tracked_snapshot import TrackedSnapshot, hold
from moa_lsp.text.lines import LineIndex

if TYPE_CHECKING:
    from moa_lsp.actions.definition import Action
    from moa_lsp.lsp.session.session import Session
    from moa_lsp.runs.runtime_config import RuntimeConfig
    from moa_lsp.runs.workspace_view import WorkspaceView
    from moa_lsp.task import Snapshot


MAX_BESIDE = 64
"""Open documents that are looked at, the one opened last first: eight are shown at most, and a
session may have thousands."""


def held_beside(
    session: "Session", runtime: "RuntimeConfig", action: "Action | None", own: TrackedSnapshot
) -> TrackedSnapshot:
    """The hold with those of all documents that the action may change too.

    Args:
        session: its client is asked for what it can do.
        runtime: the user's configuration says what is never shown.
        action: ``None`` for one that does not exist.
        own: of the document that the action was asked for; taken over.
    """
    from moa_lsp.workspace.related_files import OTHER_FILES_CHARS, allowed, reaches

    if not reaches(action):
        return own
    folder = session.folder_of(own.snapshot.uri)
    if folder is None or not documents_versioned(session.server):
        return own
    excluded = runtime.catalog.settings.context.exclude
    others = []
    for document in session.server.documents.last_opened()[:MAX_BESIDE]:
        if document.opened == own.snapshot.opened or len(document) > OTHER_FILES_CHARS:
            continue
        if session.folder_of(document.uri) != folder:
            continue
        if allowed(session.path_of(document.uri), excluded):
            others.append(hold(session.server.documents, document.uri))
    return replace(own, others=tuple(others))


def workspace_view(
    session: "Session", held: TrackedSnapshot, opened: "tuple[Snapshot, ...]"
) -> "WorkspaceView":
    """What a run on a held document may know of its workspace.

    Args:
        session: knows the folders and the index.
        held: the run's document, with those that it may change too.
        opened: the other open documents, the one changed last first.
    """
    from moa_lsp.runs.workspace_view import WorkspaceView
    from moa_lsp.task import File
    from moa_lsp.workspace.gather import WorkspaceContext

    uri = held.snapshot.uri
    return WorkspaceView(
        session.path_of(uri),
        tuple(File(session.path_of(o.snapshot.uri), o.snapshot) for o in held.others),
        _folder_for_new(session, held),
        WorkspaceContext(
            session.root_of(uri),
            opened,
            session.index_for(uri),
            session.server.documents.recent_edits(),
            partial(session.trusts_root_of, uri),
        ),
    )


def _folder_for_new(session: "Session", held: TrackedSnapshot) -> Path | None:
    """Below which new files may be made: only where the client can make them and ask first.

    A short file that stands alone is given again as a whole, so nothing new comes of it.
    """
    server = session.server
    asks = preview.way(server) is not None
    able = documents_versioned(server) and creates_files(server) and asks
    long = LineIndex(held.snapshot.text).line_count > limits.WHOLE_FILE_LINES
    return session.folder_of(held.snapshot.uri) if able and (long or held.others) else None
