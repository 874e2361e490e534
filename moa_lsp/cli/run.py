"""``moa-lsp run``: an action on files, by the same pipeline as in an editor."""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from moa_lsp.cli import save_files
from moa_lsp.cli import show_context as shown
from moa_lsp.cli.changed_lines import changed_lines
from moa_lsp.cli.config_errors import check_configuration
from moa_lsp.cli.run_arguments import ActionArguments, mix_file, mix_of
from moa_lsp.cli.run_output import show_author, show_kept, show_result, texts_of
from moa_lsp.cli.run_progress import progress
from moa_lsp.cli.save_files import FileRewrite
from moa_lsp.cli.source import (
    FileSelection,
    below,
    beside,
    locate,
    parse_diagnostics,
    relocate,
    root_of,
)
from moa_lsp.cli.workspace_index import indexed
from moa_lsp.config.resolve import is_embedded
from moa_lsp.errors import MoaError, NoProposal, RunError, UsageError
from moa_lsp.mix.record import RunRecord
from moa_lsp.runs.accounting import RunAccounting
from moa_lsp.runs.plan import EditPlan, FilePlan, NewFilePlan, Plan, ShowPlan
from moa_lsp.runs.preparation import ActionRequest, PreparedRun, prepare
from moa_lsp.runs.proposals import Proposal, proposals, syntheses
from moa_lsp.runs.run import Execution
from moa_lsp.runs.runtime_config import RuntimeConfig, load_runtime_config
from moa_lsp.runs.workspace_edit import changed, created, joined
from moa_lsp.runs.workspace_view import WorkspaceView
from moa_lsp.task import File, Snapshot
from moa_lsp.text.edits import Edit
from moa_lsp.text.lines import LineIndex
from moa_lsp.text.sanitize import escape
from moa_lsp.workspace.gather import WorkspaceContext
from moa_lsp.workspace.related_files import reaches

FAILED = 1


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A run with what came of it.

    Attributes:
        plan: ``None`` when nothing is to be changed.
        proposals: the result first.
        written: by the models that were to write the result.
        refused: why the result could not be written.
    """

    prepared: PreparedRun
    record: RunRecord
    plan: Plan | None
    proposals: tuple[Proposal, ...]
    written: tuple[Proposal, ...] = ()
    refused: RunError | None = None

    @property
    def all(self) -> tuple[Proposal, ...]:
        """The result, the proposals, and what was written of them."""
        return self.proposals + self.written

    @property
    def error(self) -> RunError | None:
        """Why the command fails, if it does."""
        if self.refused is not None or self.record.state == "done":
            return self.refused
        return NoProposal(self.record.reason or f"the run ended as {self.record.state}")


@dataclass(slots=True)
class _Session:
    """The runs of one command.

    Attributes:
        now: texts as the runs before left them, by path; files are only written on request.
        done: targets that were worked on: two changed places may lie in one function.
    """

    asked: ActionArguments
    runtime: RuntimeConfig
    now: dict[Path, str] = field(default_factory=dict)
    done: set[tuple[Path, int]] = field(default_factory=set)
    printed: list[dict[str, object]] = field(default_factory=list)

    def try_run(self, source: FileSelection, where: str) -> MoaError | None:
        """Run the action on a source, with what runs before made of its text.

        Args:
            source: as it was read.
            where: as the user named it.

        Returns:
            Why it failed, if it did.

        Raises:
            MoaError: it could not begin, and is the only one.
        """
        text = self.now.get(source.path)
        try:
            return self.run(source if text is None else relocate(source, where, text))
        except MoaError as error:
            if not self.asked.several:
                raise
            return error

    def run(self, source: FileSelection) -> RunError | None:
        """Run the action on one source and print what came of it; why it failed, if it did.

        Raises:
            UsageError: it makes no sense there.
            RunError: it could not begin.
        """
        asked = self.asked
        others = beside(asked.also, source.path)
        prepared = prepare(self.runtime, self._request(source, others), shows=asked.show_context)
        if asked.show_context:
            shown.show(prepared, self.runtime, as_json=asked.as_json)
            return None
        place = (source.path, prepared.task.target.start)
        if asked.changed and place in self.done:
            return None
        self.done.add(place)
        self._check_new_file(prepared)
        names = {below(source.path, Path.cwd()): source.path}
        names |= {file.path: real for real, file in others}
        finished = asyncio.run(_execute(prepared, self.runtime, names if asked.write else None))
        if isinstance(finished.plan, EditPlan) and finished.refused is None:
            for text in texts_of(prepared, finished.plan):
                if names.get(text.path) == source.path:
                    self.now[source.path] = text.after
        self._print(finished, stdin=source.stdin)
        return finished.error

    def _request(
        self, source: FileSelection, others: Sequence[tuple[Path, File]]
    ) -> ActionRequest:
        asked, path = self.asked, source.path
        if others and not reaches(self.runtime.actions.get(asked.action)):
            raise UsageError(f"{asked.action} works on one file; leave out --also")
        return ActionRequest(
            asked.action,
            source.snapshot,
            source.selection,
            asked.instruction,
            asked.mix,
            parse_diagnostics(asked.diagnostics, source.snapshot),
            WorkspaceView(
                below(path, Path.cwd()),
                tuple(file for _, file in others),
                Path.cwd() if asked.create else None,
                WorkspaceContext(root_of(path), trusted=lambda: asked.trusted),
            ),
        )

    def _check_new_file(self, prepared: PreparedRun) -> None:
        if prepared.new_file is not None and self.asked.write and not self.asked.create:
            name = below(prepared.new_file, Path.cwd())
            raise UsageError(
                f"{self.asked.action} makes a new file, {name}; add --create to have it written"
            )

    def _print(self, finished: FinishedRun, *, stdin: bool) -> None:
        asked, record = self.asked, finished.record
        if asked.as_json:
            self.printed.append(_as_json(asked, finished))
        else:
            if finished.error is None and (finished.plan is not None or record.state == "done"):
                as_text = asked.output == "text" or (stdin and asked.output is None)
                show_result(finished.prepared, finished.plan, as_text=as_text)
            if asked.proposals or asked.raw:
                show_kept(finished.all, texts=asked.proposals, raw=asked.raw)
            sys.stdout.flush()
        if finished.error is None:
            if not asked.as_json:
                show_author(record)
            _tell(finished)


def run(asked: ActionArguments, runtime: RuntimeConfig | None = None) -> int:
    """Run the action wherever it was asked for and print what came of it; the exit code.

    Of several runs each sees what those before it made of its file; one that fails is told, and
    the others go on.

    Args:
        asked: the arguments.
        runtime: what runs are made of; read from the user's files when left out.

    Raises:
        ConfigError: the configuration is broken.
        UsageError: file, range, action or mix make no sense.
        RunError: the run gave no result.
    """
    asked.check()
    places = asked.where
    if asked.changed:
        places = tuple(each.where for each in changed_lines(asked.where, Path.cwd()))
    sources = [locate(where, asked.name) for where in places]
    session = _session(asked, runtime)
    failed: list[MoaError] = []
    for where, source in zip(places, sources, strict=True):
        error = session.try_run(source, where)
        if error is not None:
            failed.append(error)
            if asked.several:
                _note(f"{where}: {error}")
    if asked.as_json and not asked.show_context:
        made = session.printed if asked.several else session.printed[0]
        sys.stdout.write(json.dumps(made, indent=2) + "\n")
    if failed and not asked.several:
        raise failed[0]
    return FAILED if failed else 0


def _session(asked: ActionArguments, runtime: RuntimeConfig | None) -> _Session:
    file = mix_file(asked.mix)
    if runtime is None:
        runtime = load_runtime_config(
            config=asked.config, workspace=Path.cwd(), trusted=asked.trusted, mix_file=file
        )
    if file is not None:
        asked = replace(asked, mix=mix_of(file, runtime.catalog))
    wanted = asked.mix or runtime.catalog.settings.mix
    check_configuration(runtime, wanted, asked.config, _note)
    return _Session(asked, runtime)


def _as_json(asked: ActionArguments, finished: FinishedRun) -> dict[str, object]:
    record = replace(finished.record, edit=_edit(finished.prepared, finished.plan))
    made = record.as_json()
    if asked.proposals or asked.raw:
        made["proposal_texts"] = [each.as_json(raw=asked.raw) for each in finished.all]
    return made


async def _execute(
    prepared: PreparedRun, runtime: RuntimeConfig, places: Mapping[str, Path] | None
) -> FinishedRun:
    """Run, and write the result where that is wanted, within the user's accounts.

    Args:
        prepared: what to run.
        runtime: what runs are made of.
        places: the files that may be written, by the names they have in the plan; ``None`` to
            write nothing.
    """
    accounts = RunAccounting.of_user(_note)
    try:
        async with progress(f"{prepared.action.title} · {prepared.mix.name}", _note) as watch:
            execution = Execution(prepared, runtime, watch, accounts)
            record, plan = await _run(execution)
        kept, written = proposals(execution, record), syntheses(execution)
        finished = FinishedRun(prepared, record, plan, kept, written)
        if plan is None or places is None or isinstance(plan, ShowPlan):
            return finished
        try:
            _write(places, prepared, plan)
        except RunError as error:
            return replace(finished, refused=error)
        if runtime.accounted:
            accounts.taken(record.run)
        return replace(finished, record=replace(record, applied=True))
    finally:
        await runtime.close()
        await accounts.close()


async def _run(execution: Execution) -> tuple[RunRecord, Plan | None]:
    prepared, runtime = execution.prepared, execution.runtime
    if is_embedded(prepared.mix.mix, runtime.catalog.providers):  # nobody looks around
        return await execution.go()
    async with indexed(prepared, runtime) as ready:
        execution.prepared = ready
        return await execution.go()


def _tell(finished: FinishedRun) -> None:
    """On stderr: why there is no result, what to look at, what was written."""
    record, plan = finished.record, finished.plan
    if plan is None:
        _note(record.reason or "nothing to change")
    for warning in record.warnings:
        _note(warning)
    if record.applied and plan is not None:
        for text in texts_of(finished.prepared, plan):
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
        for text in texts_of(prepared, plan)
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
