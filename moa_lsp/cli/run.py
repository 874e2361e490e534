"""``moa-lsp run``: one action on one file, by the same pipeline as in an editor."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from moa_lsp.actions import plan as plans
from moa_lsp.actions.accounts import Accounts
from moa_lsp.actions.plan import Plan
from moa_lsp.actions.run import Execution, Prepared, Wish, prepare
from moa_lsp.actions.setup import Setup, load_setup
from moa_lsp.actions.workspace_edit import changed, created
from moa_lsp.cli import output, saving
from moa_lsp.cli.source import below, locate
from moa_lsp.config.catalog import user_config
from moa_lsp.errors import ConfigError, NoProposal, RunError
from moa_lsp.mix.progress import Progress
from moa_lsp.mix.record import RunRecord
from moa_lsp.text.lines import LineIndex
from moa_lsp.text.sanitize import escape


@dataclass(frozen=True, slots=True)
class Asked:
    """The command's arguments.

    Attributes:
        where: ``FILE[:START[-END]]``.
        mix: a mix by name, ``None`` for the configured one.
    """

    action: str
    where: str
    instruction: str = ""
    mix: str | None = None
    write: bool = False
    as_json: bool = False
    config: Path | None = None


def run(asked: Asked, setup: Setup | None = None) -> int:
    """Run the action and print what came of it; the exit code.

    Args:
        asked: the arguments.
        setup: what runs are made of; read from the user's files when left out.

    Raises:
        ConfigError: the configuration is broken.
        UsageError: file, range, action or mix make no sense.
        RunError: the run gave no result.
    """
    path, snapshot, selection = locate(asked.where)
    setup = setup or load_setup(config=asked.config, workspace=Path.cwd())
    _check_configuration(setup, asked)
    wish = Wish(
        asked.action,
        snapshot,
        selection,
        asked.instruction,
        asked.mix,
        path=below(path, Path.cwd()),
    )
    prepared = prepare(setup, wish)
    record, plan, refused = asyncio.run(_execute(prepared, setup, path if asked.write else None))
    if asked.as_json:
        record = replace(record, edit=_edit(prepared, plan))
        sys.stdout.write(json.dumps(record.as_json(), indent=2) + "\n")
    elif plan is not None and refused is None:
        _print(path, prepared, plan)
    if refused is not None:
        raise refused
    if record.state != "done":
        raise NoProposal(record.reason or f"the run ended as {record.state}")
    _tell(record, plan, prepared.new_file or path)
    return 0


def _check_configuration(setup: Setup, asked: Asked) -> None:
    """Stop at mistakes in what this run reads; tell the others and go on.

    Raises:
        ConfigError: ``config.yaml`` or the mix that was asked for is broken.
    """
    catalog = setup.catalog
    place = str(user_config(os.environ, asked.config))
    wanted = asked.mix or catalog.settings.mix
    if wanted in catalog.broken or any(each.path == place for each in catalog.problems):
        raise ConfigError(catalog.problems)
    for told in (*map(str, catalog.problems), *catalog.warnings):
        _note(told)


async def _execute(
    prepared: Prepared, setup: Setup, path: Path | None
) -> tuple[RunRecord, Plan | None, RunError | None]:
    """Run, and write the result where that is wanted, within the user's accounts.

    Args:
        prepared: what to run.
        setup: what runs are made of.
        path: the file to write, ``None`` to write nothing.

    Returns:
        The record, the plan, and why the result could not be written.
    """
    accounts = Accounts.of_user(_note)
    try:
        with _progress(f"{prepared.action.title} · {prepared.mix.name}") as watch:
            record, plan = await Execution(prepared, setup, watch, accounts).go()
        if plan is None or path is None or plan.show is not None:
            return record, plan, None
        try:
            _write(path, prepared, plan)
        except RunError as error:
            return record, plan, error
        if setup.accounted:
            accounts.taken(record.run)
        return replace(record, applied=True), plan, None
    finally:
        await setup.close()
        await accounts.close()


@contextmanager
def _progress(title: str) -> Iterator[Callable[[Progress], None]]:
    """A bar on a terminal; elsewhere a line whenever a run of more than a moment gets on."""
    stderr = output.console(stderr=True)
    if not stderr.is_terminal or stderr.is_dumb_terminal:
        yield _Lines(title)
        return
    columns = (TextColumn("{task.description}"), BarColumn(20), TimeElapsedColumn())
    with Bar(*columns, console=stderr, transient=True) as bar:
        shown = bar.add_task(title, total=1.0)

        def watch(progress: Progress) -> None:
            bar.update(shown, completed=progress.share, description=f"{title} · {progress.words}")

        yield watch


QUIET_S = 2.0
"""A run that is over by then needs no progress line in a log."""


class _Lines:
    """Progress as plain lines on stderr, each said once."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._began = asyncio.get_running_loop().time()
        self._said = ""

    def __call__(self, progress: Progress) -> None:
        words = progress.words.rpartition(" · ")[0] if progress.lines else progress.words
        waited = asyncio.get_running_loop().time() - self._began
        if waited >= QUIET_S and words != self._said:
            self._said = words
            _note(f"{self._title} · {words}")


def _print(path: Path, prepared: Prepared, plan: Plan) -> None:
    where = output.console()
    if plan.show is not None:
        output.show_markdown(where, plan.show)
    elif plan.new_file is not None and prepared.new_file is not None:
        name = below(prepared.new_file, Path.cwd())
        output.show_diff(where, output.diff("", plan.new_file, name))
    else:
        old = prepared.task.snapshot.text
        new = plans.after(prepared.task, plan)
        output.show_diff(where, output.diff(old, new, below(path, Path.cwd())))


def _tell(record: RunRecord, plan: Plan | None, target: Path) -> None:
    """On stderr: why there is no result, what to look at, what was written."""
    if plan is None:
        _note(record.reason or "nothing to change")
    for warning in record.warnings:
        _note(warning)
    if record.applied:
        _note(f"wrote {target}")


def _note(text: str) -> None:
    sys.stderr.write(f"moa-lsp: {escape(text)}\n")
    sys.stderr.flush()


def _write(path: Path, prepared: Prepared, plan: Plan) -> None:
    if plan.new_file is not None and prepared.new_file is not None:
        saving.create(prepared.new_file, plan.new_file)
    else:
        saving.replace(path, prepared.task.snapshot.text, plans.after(prepared.task, plan))


def _edit(prepared: Prepared, plan: Plan | None) -> dict[str, object] | None:
    if plan is None or plan.show is not None:
        return None
    if plan.new_file is not None and prepared.new_file is not None:
        return created(prepared.new_file.as_uri(), plan.new_file, confirm=None)
    snapshot = prepared.task.snapshot
    return changed(snapshot.uri, snapshot.version, LineIndex(snapshot.text), plan.edits)
