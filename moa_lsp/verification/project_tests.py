"""The tests of a project, run against the answers to one task.

First the unchanged text, while the proposers are still at work; then each answer, each in a
sandbox of its own on a copy of the workspace. Whatever ends a run of tests (a verdict, a deadline,
cancellation), nothing of it is left when ``judge`` and ``close`` return. Where no sandbox holds,
or no test belongs to the change, there are no verdicts and one note.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from moa_lsp.config.test_command import FILES, TestCommand, words_of
from moa_lsp.config.time_of_tests import TESTS_AT_ONCE
from moa_lsp.errors import SandboxError
from moa_lsp.sandbox.bubblewrap import Bubblewrap
from moa_lsp.sandbox.execution import OutputTail
from moa_lsp.sandbox.file_tree import pack
from moa_lsp.sandbox.program import Program
from moa_lsp.sandbox.wire import WORK
from moa_lsp.verification import examples
from moa_lsp.verification.interpreters import find_python
from moa_lsp.verification.runners import runner_of, verdict
from moa_lsp.verification.selection import FileUse, choose_tests, mentions
from moa_lsp.verification.service import VerificationService
from moa_lsp.verification.verdict import TestVerdict, counted
from moa_lsp.verification.workspace_copy import copy_workspace

MAX_TEST_OUTPUT_CHARS = 256 * 2**10
"""Kept of what a runner prints: a line for each of two thousand tests, and the failures."""

MAX_TEST_MEMORY_BYTES = 2 * 2**30
"""For one run of tests."""

WITHIN_PACKAGES = ("pytest", "unittest")
"""Runners that take the file of a docstring's examples."""


class TestIndex(Protocol):
    """What knows which files use another; paths are below its root, with forward slashes."""

    async def users(self, path: str, names: Sequence[str]) -> list[tuple[str, bool, bool]]:
        """Files that import a file or have one of these names: path, and which of both."""
        ...


@dataclass(frozen=True, slots=True)
class TestTask:
    """What is to be tested.

    Attributes:
        root: of the workspace.
        path: of the document below it, with forward slashes.
        language: of the document.
        symbols: names of what is changed.
        target: the text that is changed, for its examples.
        new: whether the text is to do what it does not do yet (``verdict.counted``).
        command: how tests of the language are run.
        opened: texts of open documents, by path below the root, the document's own too.
        files_of: what a usable answer makes of which files, by path below the root.
        exclude, allow: as in ``context`` of the settings.
        index: ``None`` where there is none.
    """

    __test__ = False  # pytest collects classes of this name

    root: Path
    path: str
    language: str
    symbols: tuple[str, ...]
    target: str
    new: bool
    command: TestCommand
    opened: Mapping[str, str]
    files_of: Callable[[str], Mapping[str, str]]
    exclude: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    index: TestIndex | None = None


@dataclass(frozen=True, slots=True)
class _Ready:
    """All that a run of the tests needs; ``digest`` is of it."""

    sandbox: Bubblewrap
    tree: bytes
    words: tuple[str, ...]
    digest: str
    opened: Mapping[str, str]
    before: TestVerdict


class _NotRun(Exception):
    """Why tests are not run, as the end of a sentence."""


@dataclass(slots=True)
class ProjectTests:
    """The tests of one task.

    Args:
        task: what is to be tested.
        service: what is kept beyond this run.
        environ: where a Python is looked for.
    """

    task: TestTask
    service: VerificationService
    environ: Mapping[str, str]
    _notes: dict[str, None] = field(default_factory=dict)
    _found: dict[str, TestVerdict] = field(default_factory=dict)
    _files: tuple[str, ...] = ()
    _begun: "asyncio.Task[_Ready | None] | None" = None
    _free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(TESTS_AT_ONCE))

    @property
    def notes(self) -> tuple[str, ...]:
        """As ``TestRuns`` says."""
        return tuple(self._notes)

    @property
    def plan(self) -> str:
        """As ``TestRuns`` says."""
        count = len(self._files)
        files = f"{count} test file{'' if count == 1 else 's'}, " if count else ""
        return f"{files}at most {self.task.command.timeout:g} s"

    def begin(self) -> None:
        """Copy the workspace and test the unchanged text, in the background."""
        if self._begun is None:
            self._begun = asyncio.create_task(self._prepared())

    async def close(self) -> None:
        """End what is still running; safe to call twice."""
        if self._begun is not None:
            self._begun.cancel()
            await asyncio.gather(self._begun, return_exceptions=True)

    def known(self, text: str) -> TestVerdict | None:
        """As ``TestRuns`` says."""
        ready = self._ready
        found = self._found.get(text)
        if ready is None or found is None:
            return None
        return counted(found, ready.before, self._found.values(), new=self.task.new)

    async def judge(self, texts: Sequence[str], stop_at: float) -> Mapping[str, TestVerdict]:
        """As ``TestRuns`` says."""
        self.begin()
        assert self._begun is not None  # noqa: S101  # begin() made it
        try:
            async with asyncio.timeout_at(stop_at):
                ready = await asyncio.shield(self._begun)
        except TimeoutError:
            self._note("the unchanged text was not tested in time")
            return {}
        if ready is None:
            return {}
        wanted = [text for text in dict.fromkeys(texts) if text not in self._found]
        try:
            async with asyncio.TaskGroup() as group:
                for text in wanted:
                    group.create_task(self._judged(ready, text, stop_at))
        except* SandboxError as errors:
            self._note(f"the sandbox failed: {errors.exceptions[0]}")
        known = {text: self.known(text) for text in texts}
        return {text: found for text, found in known.items() if found is not None}

    @property
    def _ready(self) -> _Ready | None:
        begun = self._begun
        if begun is None or not begun.done() or begun.cancelled():
            return None
        return begun.result()

    async def _judged(self, ready: _Ready, text: str, stop_at: float) -> None:
        files = {**ready.opened, **self.task.files_of(text)}
        found = await self._run(
            ready.sandbox, ready.tree, ready.words, ready.digest, files, stop_at
        )
        if found is None:
            self._note("there was no time left for it")
        else:
            self._found[text] = found

    async def _prepared(self) -> _Ready | None:
        try:
            return await self._ready_for_answers()
        except _NotRun as error:
            self._note(str(error))
        except SandboxError as error:
            self._note(f"there is no sandbox for them: {error}")
        return None

    async def _ready_for_answers(self) -> _Ready:
        task, command = self.task, self.task.command
        copy = await asyncio.to_thread(copy_workspace, task.root, task.exclude, task.allow)
        if copy.why:
            raise _NotRun(copy.why)
        # Of other open documents those that may be read at all.
        opened = {
            path: text
            for path, text in task.opened.items()
            if path in copy.files or path == task.path
        }
        files = {**copy.files, **{path: _bytes(text) for path, text in opened.items()}}
        runner = runner_of(command.command)
        chosen = await self._chosen(files)
        if runner.name in WITHIN_PACKAGES and task.language == "python":
            made = examples.examples_file(task.target, task.path)
            if made is not None:
                files[made[0]] = made[1].encode()
                chosen.insert(0, made[0])
        if FILES in command.command and not chosen:
            raise _NotRun(f"no test file imports {task.path} or names what is changed")
        self._files = tuple(chosen)
        python = find_python(command.command[0], task.root, self.environ)
        sandbox = await self.service.sandbox(python)
        words = runner.prepare(words_of(command.command, chosen))
        if python is not None:
            words = (str(sandbox.python.executable), *words[1:])
        if task.language == "python":
            # Packages of the copy, in both usual layouts, before those that are installed.
            words = ("/usr/bin/env", f"PYTHONPATH={WORK}/src:{WORK}", *words)
        tree = await asyncio.to_thread(pack, files)
        digest = hashlib.sha256(tree)
        digest.update("\0".join((sandbox.digest, *words)).encode("utf-8", "surrogatepass"))
        digest_text = digest.hexdigest()
        before = await self._run(sandbox, tree, words, digest_text, opened, None)
        if before is None and task.new:
            before = TestVerdict()  # what is to be written may not end before it is
        if before is None:
            raise _NotRun(f"on the unchanged text they take longer than {command.timeout:g} s")
        if not before.passed and not task.new:
            said = before.first_failure.strip().rpartition("\n")[2]
            raise _NotRun(f"none passes on the unchanged text{f' ({said})' if said else ''}")
        return _Ready(sandbox, tree, words, digest_text, opened, before)

    async def _chosen(self, files: Mapping[str, bytes]) -> list[str]:
        """The test files that belong to the change, by the index or by their words."""
        task = self.task
        uses: list[FileUse] = []
        if task.index is not None:
            uses = [FileUse(*each) for each in await task.index.users(task.path, task.symbols)]
        chosen = choose_tests(uses, task.path, task.language)
        if not chosen:  # the index may not be ready
            uses = await asyncio.to_thread(mentions, files, task.path, task.symbols)
            chosen = choose_tests(uses, task.path, task.language)
        return [path for path in chosen if path in files]

    async def _run(
        self,
        sandbox: Bubblewrap,
        tree: bytes,
        words: tuple[str, ...],
        digest: str,
        files: Mapping[str, str],
        stop_at: float | None,
    ) -> TestVerdict | None:
        """One run of the tests; ``None`` where there was no time for it.

        Raises:
            SandboxError: the sandbox failed by itself.
        """
        key = _key(digest, files)
        kept = self.service.kept(key)
        if kept is not None:
            return kept
        seconds = self.task.command.timeout
        async with self._free:
            if stop_at is not None:
                left = stop_at - asyncio.get_running_loop().time()
                if left <= 0:
                    return None
                seconds = min(seconds, left)
            printed = OutputTail(MAX_TEST_OUTPUT_CHARS)
            program = Program(
                "command", files, command=words, seconds=seconds, memory=MAX_TEST_MEMORY_BYTES
            )
            ran = await sandbox.run_in(tree, program, printed)
        if ran.status == "timeout":
            whole = stop_at is not None and seconds == self.task.command.timeout
            return _endless(seconds) if whole else None  # else the time was the run's, not its own
        found = verdict(
            runner_of(self.task.command.command),
            printed.text(),
            succeeded=ran.status == "passed",
        )
        self.service.keep(key, found)
        return found

    def _note(self, why: str) -> None:
        self._notes[f"tests did not judge every answer: {why}"] = None


def _endless(seconds: float) -> TestVerdict:
    name = f"the tests take longer than {seconds:g} s"
    return TestVerdict((), (name,), {name: name})


def _key(digest: str, files: Mapping[str, str]) -> str:
    made = hashlib.sha256(digest.encode())
    for path in sorted(files):
        for each in (path, files[path]):
            data = _bytes(each)
            made.update(len(data).to_bytes(8, "big"))
            made.update(data)
    return made.hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
