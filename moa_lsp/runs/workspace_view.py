"""What a run may know of its document's workspace: the one value that answers for it.

The server and the command line each make it in one place; a run is prepared with it and hands it
on. Its methods read files, so they are not for the event loop.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from moa_lsp import limits
from moa_lsp.answers.file_changes import CreatedFile
from moa_lsp.config.settings import ContextSettings
from moa_lsp.errors import RunError, UsageError
from moa_lsp.files.uris import local_path
from moa_lsp.runs.prompting import beside
from moa_lsp.syntax.imports import ProjectImports
from moa_lsp.task import File, Snapshot
from moa_lsp.text.sanitize import escape
from moa_lsp.workspace import manifests, new_files
from moa_lsp.workspace.gather import WorkspaceContext, read_rules


@dataclass(frozen=True, slots=True)
class WorkspaceView:
    """A document's workspace, as it was when an action was asked for.

    Attributes:
        path: the document's path relative to its workspace, for routes.
        others: open documents that an action on a file may change too, the likeliest first.
        folder: below which new files may be made, ``None`` where nobody could agree to one.
        around: where to look for what else models are shown.
    """

    path: str = ""
    others: tuple[File, ...] = ()
    folder: Path | None = None
    around: WorkspaceContext = field(default_factory=WorkspaceContext)

    def check_allowed(
        self, uri: str, context: ContextSettings, *, shown: bool, named: bool = False
    ) -> None:
        """Refuse files that are never shown to models, and those that tell an editor what to run.

        Args:
            uri: of the document.
            context: the user's settings, with what the workspace tightens.
            shown: whether a model is to see the document.
            named: whether to judge by names and settings alone, and read no ignore file.

        Raises:
            UsageError: no action may work on it, or no model may see it.
        """
        rules = read_rules(self.around.root, context, [] if named else [uri])
        called = escape(self.path or uri.rpartition("/")[2], limits.MAX_SHOWN_KEY_CHARS)
        orders = rules.why_guarded(uri)
        if orders is not None:
            raise UsageError(
                f"no action works in {called}: editors, agents or CI take orders from `{orders}`; "
                "list the file under context.allow in your own config.yaml if you mean it"
            )
        why = rules.why_hidden(uri) if shown else None
        if why is not None:
            raise UsageError(
                f"{called} is never shown to a model, because of {why}; use the embedded mix, or "
                "change that rule (docs/context.md)"
            )

    def project(self, uri: str) -> ProjectImports:
        """What modules and dependencies the document's project knows."""
        path = local_path(uri)
        return ProjectImports() if path is None else manifests.read(path, self.around.root)

    def related_files(self, own: Snapshot, context: ContextSettings) -> Iterator[File]:
        """Those of ``others`` that may be shown, and fit beside the document."""
        return beside(self.others, own, self.around, context)

    def test_file(self, own: Snapshot) -> Path:
        """Where the tests of the document go: below its workspace, through no link.

        Raises:
            UsageError: the document is not a file yet, lies outside the workspace or behind a
                link, or its test file exists.
        """
        return new_files.test_file(own.uri, own.language, self.around.root)

    def check_new_file(self, place: Path, own: Snapshot) -> tuple[Path, Path]:
        """Look up again, on the disk as it is now, where the answer of a ``new_file`` action goes.

        Returns:
            The place, and the folder below which it is made.

        Raises:
            RunError: something is there by now, or the way to it leads through a link.
        """
        source = local_path(own.uri)
        if source is None:
            raise RunError("there is no place for a new file; save the document and try again")
        top = new_files.workspace_of(source, self.around.root)
        return new_files.check(place, top), top

    def places_for(self, created: Iterable[CreatedFile]) -> list[Path]:
        """Where new files of an answer go, looked up on the disk.

        Raises:
            RunError: one is there already, or would lie outside the workspace.
        """
        files = list(created)
        if self.folder is None and files:
            raise RunError("no folder is open for new files; open one and run the action again")
        return [new_files.place(self.folder, each.path) for each in files if self.folder]
