"""From what a user asked to a run that can begin: the mix, the target, and what lies around.

Two steps, since the second reads files of the workspace, which may be slow by accident or by
intent: whoever must answer at once begins with a draft and lets ``look_around`` follow.
"""

import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path

from moa_lsp import limits as shared_limits
from moa_lsp.actions.definition import Action
from moa_lsp.answers.comment import has_comments
from moa_lsp.config.resolve import ResolvedMix, choose, is_embedded
from moa_lsp.context.target import Target, resolve_target
from moa_lsp.errors import UsageError
from moa_lsp.runs import plan as plans
from moa_lsp.runs.diagnostics import touching
from moa_lsp.runs.plan import Plan
from moa_lsp.runs.prompting import PromptBuilder
from moa_lsp.runs.runtime_config import RuntimeConfig
from moa_lsp.runs.workspace_view import WorkspaceView
from moa_lsp.syntax import python_version
from moa_lsp.syntax.imports import ProjectImports
from moa_lsp.task import Diagnostic, Snapshot, Task
from moa_lsp.text.span import Span
from moa_lsp.workspace import related_files


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """What was asked for.

    Attributes:
        selection: offsets in the snapshot, empty at the cursor.
        mix: a mix by name, or ``None`` for the configured one.
        workspace: what lies around the document.
    """

    action: str
    snapshot: Snapshot
    selection: Span
    instruction: str = ""
    mix: str | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    workspace: WorkspaceView = field(default_factory=WorkspaceView)


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """A wish that can be run.

    Attributes:
        workspace: as in ``ActionRequest``.
        new_file: where a ``new_file`` action's answer goes.
        project: what modules and dependencies the document's project knows.
        diagnostics: all that tools said of the document.
        origin: the first run of those that refine one another, ``""`` of a first one; all mark
            data with the same words, so that their prompts begin alike.
    """

    run: str
    action: Action
    task: Task
    mix: ResolvedMix
    workspace: WorkspaceView = field(default_factory=WorkspaceView)
    new_file: Path | None = None
    project: ProjectImports = field(default_factory=ProjectImports)
    diagnostics: tuple[Diagnostic, ...] = ()
    origin: str = ""

    def plan(self, answer: str) -> Plan:
        """What an answer that the mix settled on would do."""
        return plans.make(self.task, answer, self.project, self.new_file)

    def shown(self, runtime: RuntimeConfig) -> PromptBuilder:
        """What its models are to be shown."""
        catalog, mix = runtime.catalog, self.mix.mix
        providers, around = dict(catalog.providers), self.workspace.around
        return PromptBuilder(
            self.action, self.task, mix, catalog.settings, providers, around, self.diagnostics
        )


def prepare(
    runtime: RuntimeConfig, action_request: ActionRequest, *, shows: bool = False
) -> PreparedRun:
    """Choose the mix and the target, and look around. Reads files, so not on the event loop.

    Args:
        runtime: what runs are made of.
        action_request: what was asked for.
        shows: whether the document is to be shown even where the mix asks no model.

    Raises:
        UsageError: as ``draft`` and ``look_around``.
    """
    return look_around(runtime, draft(runtime, action_request, shows=shows), shows=shows)


def draft(
    runtime: RuntimeConfig, action_request: ActionRequest, *, shows: bool = False
) -> PreparedRun:
    """Choose the mix and the target. Reads no file; parses the document, so not on the loop.

    Args:
        runtime: what runs are made of.
        action_request: what was asked for.
        shows: as of ``prepare``.

    Raises:
        UsageError: the action or mix does not exist, the mix lacks a key, the document is too
            large or by its name never shown or worked on, or there is nothing to work on.
    """
    action = runtime.actions.get(action_request.action)
    if action is None:
        names = ", ".join(sorted(runtime.actions))
        raise UsageError(f"there is no action `{action_request.action}`; choose one of {names}")
    _check_sizes(action_request)
    mix = choose(
        runtime.catalog,
        action=action.id,
        language=action_request.snapshot.language,
        path=action_request.workspace.path,
        requested=action_request.mix,
    )
    if mix.missing:
        raise UsageError(f"the mix `{mix.mix.name}` is not ready: {'; '.join(mix.missing)}")
    uri, workspace = action_request.snapshot.uri, action_request.workspace
    shown = shows or not is_embedded(mix.mix, runtime.catalog.providers)
    context = runtime.catalog.settings.context
    workspace.check_allowed(uri, context, shown=shown, named=True)
    found = resolve_target(
        action,
        action_request.snapshot,
        action_request.selection,
        instructed=bool(action_request.instruction.strip()),
    )
    _check_target(action, action_request.snapshot, found)
    task = Task(
        action.id,
        found.output,
        action_request.snapshot,
        found.target,
        action_request.selection.start,
        action_request.instruction.strip(),
        touching(action_request.diagnostics, found.target),
        found.symbol,
    )
    return PreparedRun(
        secrets.token_hex(6),
        action,
        task,
        mix,
        action_request.workspace,
        diagnostics=action_request.diagnostics,
    )


def look_around(
    runtime: RuntimeConfig, drafted: PreparedRun, *, shows: bool = False
) -> PreparedRun:
    """The same run with what its workspace says of it: a hostile folder makes that slow.

    Raises:
        UsageError: the document may not be shown or worked on, or a new file has no place.
    """
    check(runtime, drafted, shows=shows)
    action, task, workspace = drafted.action, drafted.task, drafted.workspace
    snapshot, context = task.snapshot, runtime.catalog.settings.context
    place = workspace.test_file(snapshot) if action.output == "new_file" else None
    task = related_files.add_related_files(
        action,
        task,
        workspace.path,
        workspace.related_files(snapshot, context),
        may_create=workspace.folder is not None,
    )
    project = ProjectImports()
    if task.output not in ("document", "comment"):
        project = workspace.project(snapshot.uri)
    if snapshot.language == "python":
        task = replace(task, python=python_version.lowest(project.manifests))
    return replace(drafted, task=task, new_file=place, project=project)


def check(runtime: RuntimeConfig, drafted: PreparedRun, *, shows: bool = False) -> PreparedRun:
    """The same run, if no rule of its folder forbids it. Reads files.

    Raises:
        UsageError: the document may not be shown or worked on.
    """
    shown = shows or not is_embedded(drafted.mix.mix, runtime.catalog.providers)
    context = runtime.catalog.settings.context
    drafted.workspace.check_allowed(drafted.task.snapshot.uri, context, shown=shown)
    return drafted


def _check_target(action: Action, snapshot: Snapshot, found: Target) -> None:
    """Refuse what no answer can help, before it is paid for."""
    if action.output == "comment" and not has_comments(snapshot.language):
        raise UsageError(f"no syntax for comments is known for {snapshot.language}; use explain")
    region = snapshot.text[found.target.start : found.target.end]
    if action.output != "insert" and not region.strip():
        raise UsageError(f"there is no code here for {action.id}; select the code that you mean")


def _check_sizes(action_request: ActionRequest) -> None:
    if len(action_request.instruction) > shared_limits.MAX_INSTRUCTION_CHARS:
        raise UsageError(
            f"the instruction is longer than {shared_limits.MAX_INSTRUCTION_CHARS:,} characters; "
            "shorten it"
        )
    size = len(action_request.snapshot.text)
    if size > shared_limits.MAX_DOCUMENT_CHARS:
        raise UsageError(
            f"the document is larger than {shared_limits.MAX_DOCUMENT_CHARS:,} characters; "
            "split it, no action is run on it"
        )
    marked = action_request.selection.start != action_request.selection.end
    if size > shared_limits.SELECTION_ONLY_CHARS and not marked:
        raise UsageError(
            f"the document is larger than {shared_limits.SELECTION_ONLY_CHARS:,} characters; "
            "select the part that you mean"
        )
