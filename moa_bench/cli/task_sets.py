"""``moa-lsp bench fetch`` and ``bench verify``: data of task sets, and what of it can be judged.

``bench verify`` prints a line for each set, and why a task is left out on stderr.
"""

import asyncio
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from moa_bench.report import formatting as shown
from moa_bench.sets import fetch as downloads
from moa_bench.sets.loaded_set import LoadedSet
from moa_bench.sets.registry import cache_folder, load, source_of
from moa_bench.verify import Heard, VerdictFile, VerificationReport, verify
from moa_lsp.cli import output
from moa_lsp.errors import RunError
from moa_lsp.sandbox.choose import SandboxChoice, choose, option
from moa_lsp.text.sanitize import escape


def fetch(names: Sequence[str], folder: Path | None = None) -> int:
    """Download sets into the user's cache, or a folder; the exit code.

    Raises:
        MoaError: one cannot be had; those before it are in their place.
    """
    for name in names:
        source_of(name)  # a wrong name is told before the first download
    stdout = output.console()
    for name in names:
        had = asyncio.run(downloads.fetch(name, folder))
        how = "downloaded" if had.fresh else "already there"
        output.say(stdout, f"{name} {how}: {had.path} ({had.licence})")
    return 0


@dataclass(frozen=True, slots=True)
class VerifyArguments:
    """The arguments of ``bench verify``.

    Attributes:
        sets: names, or JSONL files.
        data: a folder with their data, ``None`` for the user's cache.
        python: to run programs with in bubblewrap, ``None`` for our own.
        image: of containers, in place of bubblewrap.
        at_once: programs at the same time, 0 for as many as there are processors.
    """

    sets: tuple[str, ...]
    data: Path | None = None
    python: Path | None = None
    image: str | None = None
    at_once: int = 0


def verify_sets(wanted: VerifyArguments) -> int:
    """Run the reference solutions of sets in the sandbox; the exit code.

    Raises:
        MoaError: a set cannot be loaded, there is no sandbox, or no reference passes.
    """
    loaded = [load(name, wanted.data) for name in wanted.sets]
    for each in loaded:
        for warning in each.warnings:
            _note(warning)
    asyncio.run(_verify(loaded, wanted))
    return 0


async def _verify(loaded: Sequence[LoadedSet], wanted: VerifyArguments) -> None:
    sandbox = await choose(wanted.python, image=wanted.image)
    for each in loaded:
        with _progress(each.name) as on_delta:
            found = await verified(each, sandbox, at_once=wanted.at_once, on_delta=on_delta)
        _print(found)
        if not found.passed:
            raise no_reference(each.name, sandbox.kind)


def no_reference(tasks: str, kind: str) -> RunError:
    """That a set of tasks cannot be judged in a kind of sandbox."""
    return RunError(
        f"no reference solution of {tasks} passes here: the sandbox's Python lacks what they "
        f"import (name another with {option(kind)}), or the data is not what it should be "
        "(docs/bench-tasks.md)"
    )


async def verified(
    tasks: LoadedSet, sandbox: SandboxChoice, *, at_once: int = 0, on_delta: Heard | None = None
) -> VerificationReport:
    """What is known of a set in a sandbox, with the verdicts that the user's cache has.

    Args:
        tasks: the set.
        sandbox: where programs run.
        at_once: programs at the same time, 0 for as many as there are processors.
        on_delta: hears how far it is.

    Raises:
        SandboxError: the sandbox itself failed.
    """
    world = f"{sandbox.kind} {sandbox.digest}"
    name = hashlib.sha256(f"{tasks.digest} {world}".encode()).hexdigest()[:32]
    kept = VerdictFile(cache_folder().parent / "verified" / f"{name}.json", world)
    return await verify(
        tasks, sandbox, kept, at_once=at_once or os.cpu_count() or 1, on_delta=on_delta
    )


def _print(found: VerificationReport) -> None:
    stdout = output.console()
    stdout.file.write(f"{escape(str(found))}\n")
    if found.given is not None:
        stdout.file.write(
            f"{escape(found.set)} {found.given}/{found.total} files pass as they are given\n"
        )
    stdout.file.flush()
    for each in found.excluded:
        _note(f"{each.id} is excluded: {shown.cause(each.why)}")


def _note(sentence: str) -> None:
    output.say(output.console(stderr=True), f"moa-lsp: {sentence}")


@contextmanager
def _progress(title: str) -> Iterator[Heard]:
    """A bar on a terminal; elsewhere a line now and then."""
    stderr = output.console(stderr=True)
    if not stderr.is_terminal or stderr.is_dumb_terminal:
        yield _VerifyLines(title)
        return
    columns = (
        TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn(), TimeElapsedColumn()
    )  # fmt: skip
    with Progress(*columns, console=stderr, transient=True) as bar:
        shown = bar.add_task(title)
        yield lambda ended, total: bar.update(shown, completed=ended, total=total)


@dataclass(slots=True)
class _VerifyLines:
    """Progress as plain lines on stderr, one for each tenth of the way."""

    title: str
    said: int = 0

    def __call__(self, ended: int, total: int) -> None:
        tenth = 10 * ended // total
        if tenth > self.said and ended < total:
            self.said = tenth
            _note(f"{self.title} · {ended} of {total}")
