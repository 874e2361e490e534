"""Whether the answers of a run are tested, and by what: from a prepared run to its tests.

Nothing of a sandbox is imported before a mix asks for tests and the user has said how they run.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from moa_lsp.config.mixes import Mix
from moa_lsp.config.settings import Settings
from moa_lsp.config.test_command import command_for
from moa_lsp.files.uris import below, local_path
from moa_lsp.mix import multi_edit_answers
from moa_lsp.mix.judge import merged
from moa_lsp.mix.tests_gate import TESTS
from moa_lsp.runs.workspace_view import WorkspaceView
from moa_lsp.syntax.symbols import symbols
from moa_lsp.task import Task
from moa_lsp.verification.service import VerificationService
from moa_lsp.verification.verdict import TestVerdict

if TYPE_CHECKING:
    from moa_lsp.verification.project_tests import ProjectTests

NEW_BEHAVIOUR = ("generate", "fix")
"""Actions that make a text do what it does not do yet: what fails before is what they are for."""

MAX_SYMBOLS = 20
"""Names of what is changed that tests are looked for by."""


def wants_tests(mix: Mix) -> bool:
    """Whether a mix has its proposals tested."""
    return any(TESTS in step.gates for step in mix.aggregator)


def is_tested(task: Task, mix: Mix, settings: Settings) -> bool:
    """Whether a run may have its answers tested."""
    return wants_tests(mix) and command_for(settings.tests, task.snapshot.language) is not None


@dataclass(frozen=True, slots=True)
class NoTests:
    """Tests that are not run, and why."""

    why: str
    plan: str = ""

    @property
    def notes(self) -> tuple[str, ...]:
        """As ``TestRuns`` says."""
        return (f"tests were not run: {self.why}",)

    def begin(self) -> None:
        """Nothing."""

    async def close(self) -> None:
        """Nothing."""

    def known(self, text: str) -> TestVerdict | None:  # as TestRuns has it
        """Nothing."""
        return None

    async def judge(
        self,
        texts: Sequence[str],  # as TestRuns has it
        stop_at: float,
    ) -> Mapping[str, TestVerdict]:
        """Nothing."""
        return {}


def verification_of(
    task: Task,
    mix: Mix,
    settings: Settings,
    workspace: WorkspaceView,
    service: VerificationService,
) -> "ProjectTests | NoTests | None":
    """The tests of a run, not yet begun; ``None`` where its mix wants none, or it edits no code.

    Args:
        task: what was asked for.
        mix: asked for it.
        settings: the user's, with what the workspace tightens.
        workspace: the document's.
        service: what is kept from run to run.
    """
    if not wants_tests(mix) or task.conversation is not None:
        return None
    if task.output in ("document", "comment", "new_file"):
        return None
    language, root = task.snapshot.language, workspace.around.root
    command = command_for(settings.tests, language)
    if command is None:
        return NoTests(
            f"no command for {language} stands under `tests:` in your config.yaml "
            "(docs/verification.md)"
        )
    path = _below(task.snapshot.uri, root)
    if root is None or path is None:
        return NoTests("the document lies in no opened folder")
    from moa_lsp.verification.project_tests import ProjectTests, TestTask

    others = {_below(each.uri, root): each.text for each in workspace.around.open_documents}
    opened = {where: text for where, text in others.items() if where is not None}
    names = [each.qualified.rpartition(".")[2] for each in symbols(task.region, language)]
    named = [*([task.symbol.rpartition(".")[2]] if task.symbol else []), *names]
    return ProjectTests(
        TestTask(
            root,
            path,
            language,
            tuple(dict.fromkeys(named))[:MAX_SYMBOLS],
            task.region if task.output == "replace" else task.snapshot.text,
            task.action in NEW_BEHAVIOUR or task.output.startswith("insert"),
            command,
            {**opened, path: task.snapshot.text},
            partial(files_of, task, root, path, workspace.folder or root),
            settings.context.exclude,
            settings.context.allow,
            workspace.around.index,
        ),
        service,
        os.environ,
    )


def files_of(task: Task, root: Path, path: str, folder: Path, text: str) -> dict[str, str]:
    """What a usable answer makes of which files.

    Args:
        task: what was asked for.
        root: of the workspace.
        path: of the document below it.
        folder: below which new files are made.
        text: the answer.

    Returns:
        New texts by path below the root; a file that lies elsewhere is left out.
    """
    if task.form == "region":
        return {path: merged(task, text)}
    found = multi_edit_answers.outcome(task, text)
    made = {_below(each.file.snapshot.uri, root): each.after for each in found.files}
    made |= {below(folder / each.path, root): each.text for each in found.created}
    return {where: after for where, after in made.items() if where is not None}


def _below(uri: str, root: Path | None) -> str | None:
    path = local_path(uri)
    if path is None or root is None:
        return None
    return below(path, root) or below(path.resolve(), root.resolve())
