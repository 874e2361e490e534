"""``moa-lsp run``: one action on one file, by the same pipeline as in an editor."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from moa_lsp.cli import output, save_files
from moa_lsp.cli import show_context as shown
from moa_lsp.cli.config_errors import check_configuration
from moa_lsp.cli.save_files import FileRewrite
from moa_lsp.cli.source import below, beside, locate, parse_diagnostics, root_of
from moa_lsp.cli.workspace_index import indexed
from moa_lsp.config.resolve import is_embedded
from moa_lsp.errors import NoProposal, RunError, UsageError
from moa_lsp.mix.progress import MixProgress, Watch
from moa_lsp.mix.record import RunRecord
from moa_lsp.runs import unified_diff
from moa_lsp.runs.accounting import RunAccounting
from moa_lsp.runs.plan import EditPlan, FilePlan, FileTexts, NewFilePlan, Plan, ShowPlan
from moa_lsp.runs.run import ActionRequest, Execution, PreparedRun, prepare
from moa_lsp.runs.runtime_config import RuntimeConfig, load_runtime_config
from moa_lsp.runs.workspace_edit import changed, created, joined
from moa_lsp.runs.workspace_view import WorkspaceView
from moa_lsp.task import Snapshot
from moa_lsp.text.edits import Edit
from moa_lsp.text.lines import LineIndex
from moa_lsp.text.sanitize import escape
from moa_lsp.workspace.gather import WorkspaceContext
from moa_lsp.workspace.related_files import reaches


@dataclass(frozen=True, slots=True)
class ActionArguments:
    """The command's arguments.

    Attributes:
        where: ``FILE[:START[-END]]``.
        mix: a mix by name, ``None`` for the configured one.
        also: files that an action on a whole file may change too.
        create: whether a file may be made that is not there: by such an action below the working
            directory, or with ``write`` by one that only makes one, as `test` does.
        diagnostics: ``LINE:MESSAGE``, what tools say about the file.
        show_context: print what models would be shown, and ask nobody.
    """

    action: str
    where: str
    instruction: str = ""
    mix: str | None = None
    write: bool = False
    as_json: bool = False
    config: Path | None = None
    also: tuple[str, ...] = ()
    create: bool = False
    diagnostics: tuple[str, ...] = ()
    show_context: bool = False


def run(asked: ActionArguments, runtime: RuntimeConfig | None = None) -> int:
    """Run the action and print what came of it; the exit code.

    Args:
        asked: the arguments.
        runtime: what runs are made of; read from the user's files when left out.

    Raises:
        ConfigError: the configuration is broken.
        UsageError: file, range, action or mix make no sense.
        RunError: the run gave no result.
    """
    path, snapshot, selection = locate(asked.where)
    others = beside(asked.also, path)
    runtime = runtime or load_runtime_config(config=asked.config, workspace=Path.cwd())
    wanted = asked.mix or runtime.catalog.settings.mix
    check_configuration(runtime, wanted, asked.config, _note)
    action_request = ActionRequest(
        asked.action,
        snapshot,
        selection,
        asked.instruction,
        asked.mix,
        parse_diagnostics(asked.diagnostics, snapshot),
        WorkspaceView(
            below(path, Path.cwd()),
            tuple(file for _, file in others),
            Path.cwd() if asked.create else None,
            WorkspaceContext(root_of(path)),
        ),
    )
    if others and not reaches(runtime.actions.get(asked.action)):
        raise UsageError(f"{asked.action} works on one file; leave out --also")
    prepared = prepare(runtime, action_request, shows=asked.show_context)
    if asked.show_context:
        return shown.show(prepared, runtime, as_json=asked.as_json)
    if prepared.new_file is not None and asked.write and not asked.create:
        name = below(prepared.new_file, Path.cwd())
        raise UsageError(
            f"{asked.action} makes a new file, {name}; add --create to have it written"
        )
    places = {below(path, Path.cwd()): path, **{file.path: real for real, file in others}}
    to_write = places if asked.write else None
    record, plan, refused = asyncio.run(_execute(prepared, runtime, to_write))
    if asked.as_json:
        record = replace(record, edit=_edit(prepared, plan))
        sys.stdout.write(json.dumps(record.as_json(), indent=2) + "\n")
    elif plan is not None and refused is None:
        _print(prepared, plan)
    if refused is not None:
        raise refused
    if record.state != "done":
        raise NoProposal(record.reason or f"the run ended as {record.state}")
    _tell(record, plan, prepared)
    return 0


async def _execute(
    prepared: PreparedRun, runtime: RuntimeConfig, places: Mapping[str, Path] | None
) -> tuple[RunRecord, Plan | None, RunError | None]:
    """Run, and write the result where that is wanted, within the user's accounts.

    Args:
        prepared: what to run.
        runtime: what runs are made of.
        places: the files that may be written, by the names they have in the plan; ``None`` to
            write nothing.

    Returns:
        The record, the plan, and why the result could not be written.
    """
    accounts = RunAccounting.of_user(_note)
    try:
        with _progress(f"{prepared.action.title} · {prepared.mix.name}") as watch:
            record, plan = await _run(prepared, runtime, watch, accounts)
        if plan is None or places is None or isinstance(plan, ShowPlan):
            return record, plan, None
        try:
            _write(places, prepared, plan)
        except RunError as error:
            return record, plan, error
        if runtime.accounted:
            accounts.taken(record.run)
        return replace(record, applied=True), plan, None
    finally:
        await runtime.close()
        await accounts.close()


async def _run(
    prepared: PreparedRun, runtime: RuntimeConfig, watch: Watch, accounts: RunAccounting
) -> tuple[RunRecord, Plan | None]:
    if is_embedded(prepared.mix.mix, runtime.catalog.providers):  # nobody looks around
        return await Execution(prepared, runtime, watch, accounts).go()
    async with indexed(prepared, runtime) as ready:
        return await Execution(ready, runtime, watch, accounts).go()


@contextmanager
def _progress(title: str) -> Iterator[Callable[[MixProgress], None]]:
    """A bar on a terminal; elsewhere a line whenever a run of more than a moment gets on."""
    stderr = output.console(stderr=True)
    if not stderr.is_terminal or stderr.is_dumb_terminal:
        yield _RunLines(title)
        return
    columns = (TextColumn("{task.description}"), BarColumn(20), TimeElapsedColumn())
    with Bar(*columns, console=stderr, transient=True) as bar:
        shown = bar.add_task(title, total=1.0)

        def watch(progress: MixProgress) -> None:
            bar.update(shown, completed=progress.share, description=f"{title} · {progress.words}")

        yield watch


QUIET_S = 2.0
"""A run that is over by then needs no progress line in a log."""


class _RunLines:
    """Progress as plain lines on stderr, each said once."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._began = asyncio.get_running_loop().time()
        self._said = ""

    def __call__(self, progress: MixProgress) -> None:
        words = progress.words.rpartition(" · ")[0] if progress.lines else progress.words
        waited = asyncio.get_running_loop().time() - self._began
        if waited >= QUIET_S and words != self._said:
            self._said = words
            _note(f"{self._title} · {words}")


def _print(prepared: PreparedRun, plan: Plan) -> None:
    where = output.console()
    if isinstance(plan, ShowPlan):
        output.show_markdown(where, plan.text)
    for text in _texts(prepared, plan):
        output.show_diff(where, unified_diff.diff(text.before or "", text.after, text.path))


def _texts(prepared: PreparedRun, plan: Plan) -> list[FileTexts]:
    """The files of a plan, named as the user names them."""
    match plan:
        case ShowPlan():
            return []
        case NewFilePlan():
            return plan.texts(below(plan.path, Path.cwd()))
        case EditPlan():
            return plan.texts(prepared.workspace.path)


def _tell(record: RunRecord, plan: Plan | None, prepared: PreparedRun) -> None:
    """On stderr: why there is no result, what to look at, what was written."""
    if plan is None:
        _note(record.reason or "nothing to change")
    for warning in record.warnings:
        _note(warning)
    if record.applied and plan is not None:
        for text in _texts(prepared, plan):
            _note(f"wrote {text.path}")


def _note(text: str) -> None:
    sys.stderr.write(f"moa-lsp: {escape(text)}\n")
    sys.stderr.flush()


def _write(places: Mapping[str, Path], prepared: PreparedRun, plan: FilePlan) -> None:
    if isinstance(plan, NewFilePlan):
        place, top = prepared.workspace.check_new_file(plan.path, prepared.task.snapshot)
        save_files.save([FileRewrite(place, None, plan.text, top)])
        return
    made = iter(prepared.workspace.places_for(plan.created))
    save_files.save([
        FileRewrite(next(made), None, text.after, prepared.workspace.folder)
        if text.before is None
        else FileRewrite(places[text.path], text.before, text.after)
        for text in _texts(prepared, plan)
    ])  # fmt: skip


def _edit(prepared: PreparedRun, plan: Plan | None) -> dict[str, object] | None:
    match plan:
        case None | ShowPlan():
            return None
        case NewFilePlan():
            return created(plan.path.as_uri(), plan.text, confirm=None)
        case EditPlan():
            folder = prepared.workspace.folder or Path.cwd()  # new files may be there by now
            made = [
                created((folder / new.path).as_uri(), new.text, confirm=None)
                for new in plan.created
            ]
            return joined([
                *made,
                *(_changed(part.file.snapshot, part.edits) for part in plan.parts),
            ])  # fmt: skip


def _changed(snapshot: Snapshot, edits: Sequence[Edit]) -> dict[str, object]:
    return changed(snapshot.uri, snapshot.version, LineIndex(snapshot.text), edits)
