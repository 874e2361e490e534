"""Reference solutions through a sandbox: which tasks can be judged here, and which cannot.

A task whose own reference fails says nothing of an answer, so it is left out of every score, by
name. Of sets that change files, the files as they are given run too: they should not pass.

Verdicts are kept by everything that they follow from. A timeout is not kept: it may follow from
what else the machine did.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from moa_bench.sets.loaded_set import LoadedSet
from moa_bench.values import BenchTask
from moa_lsp import __version__
from moa_lsp.sandbox.program import Program, Sandbox, Verdict
from moa_lsp.store.locations import private_folder

Heard = Callable[[int, int], None]
"""Hears how many programs have ended, and of how many."""


@dataclass(frozen=True, slots=True)
class ExcludedTask:
    """A task that cannot be judged here, and why: the whole detail of its reference's verdict."""

    id: str
    why: str


@dataclass(frozen=True, slots=True)
class VerificationReport:
    """What is known of a set in a sandbox.

    Attributes:
        set: name; ``digest`` of its data.
        passed: how many references pass; ``total`` of how many.
        excluded: the tasks whose reference fails.
        given: how many files pass as they are given; ``None`` for sets that change none.
        sandbox: its kind.
    """

    set: str
    digest: str
    passed: int
    total: int
    excluded: tuple[ExcludedTask, ...]
    given: int | None
    sandbox: str

    def __str__(self) -> str:
        names = ", ".join(each.id for each in self.excluded) or "none"
        return f"{self.set} {self.passed}/{self.total}, excluded {names}"


@dataclass(slots=True)
class VerdictFile:
    """Verdicts of earlier times, in a file of the user's cache; a broken file holds none.

    Attributes:
        path: of the file; ``None`` keeps them for this process alone.
        world: what verdicts depend on beside the program, such as the sandbox's Python.
    """

    path: Path | None
    world: str
    _known: dict[str, Verdict] = field(default_factory=dict)

    def read(self) -> None:
        """Take what is in the file."""
        try:
            said = json.loads(self.path.read_text("utf-8")) if self.path else {}
            self._known = {str(key): Verdict(**value) for key, value in said.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            self._known = {}

    def write(self) -> None:
        """Put all of it into the file, whole or not at all."""
        if self.path is None or not self._known:
            return
        private_folder(self.path)
        fresh = self.path.with_name(f".{self.path.name}.new")
        fresh.write_text(json.dumps({k: asdict(v) for k, v in self._known.items()}), "utf-8")
        fresh.replace(self.path)

    def find(self, program: Program) -> Verdict | None:
        """The verdict of this program in this world."""
        return self._known.get(self._key(program))

    def keep(self, program: Program, verdict: Verdict) -> None:
        """Remember a verdict, unless another time could give another."""
        if verdict.status != "timeout":
            self._known[self._key(program)] = verdict

    def _key(self, program: Program) -> str:
        said = json.dumps([self.world, __version__, asdict(program)], sort_keys=True)
        return hashlib.sha256(said.encode(errors="surrogatepass")).hexdigest()


async def verify(
    tasks: LoadedSet,
    sandbox: Sandbox,
    kept: VerdictFile,
    *,
    at_once: int,
    on_delta: Heard | None = None,
) -> VerificationReport:
    """Run every reference of a set, and the given files of one that changes files.

    Args:
        tasks: the set.
        sandbox: where programs run.
        kept: verdicts of earlier times; written when this ends, however it ends.
        at_once: how many programs run at the same time.
        on_delta: hears how far it is.

    Raises:
        SandboxError: the sandbox itself failed.
    """
    await asyncio.to_thread(kept.read)
    asked = [(task, task.reference) for task in tasks.tasks]
    if tasks.edits:
        asked += [(task, task.ask.text) for task in tasks.tasks]
    round_ = _VerificationRound(
        tasks, sandbox, kept, asyncio.Semaphore(at_once), on_delta or _nobody, len(asked)
    )
    try:
        verdicts = await round_.all(asked)
    finally:
        await asyncio.to_thread(kept.write)
    total = len(tasks.tasks)
    excluded = tuple(
        ExcludedTask(task.id, _why(verdict))
        for task, verdict in zip(tasks.tasks, verdicts[:total], strict=True)
        if verdict.status != "passed"
    )
    given = sum(each.status == "passed" for each in verdicts[total:]) if tasks.edits else None
    return VerificationReport(
        tasks.name, tasks.digest, total - len(excluded), total, excluded, given, sandbox.kind
    )


def _nobody(_ended: int, _all: int) -> None:
    """Hear nothing."""


def _why(verdict: Verdict) -> str:
    return "timeout" if verdict.status == "timeout" else verdict.detail


@dataclass(slots=True)
class _VerificationRound:
    """Programs on their way through a sandbox."""

    tasks: LoadedSet
    sandbox: Sandbox
    kept: VerdictFile
    places: asyncio.Semaphore
    on_delta: Heard
    total: int
    ended: int = 0

    async def all(self, asked: Sequence[tuple[BenchTask, str]]) -> list[Verdict]:
        """The verdicts of answers, in their order; one that cannot be had ends all."""
        try:
            async with asyncio.TaskGroup() as group:
                made = [group.create_task(self._one(task, answer)) for task, answer in asked]
        except BaseExceptionGroup as failed:
            first: BaseException = failed
            while isinstance(first, BaseExceptionGroup):
                first = first.exceptions[0]
            raise first from None
        return [each.result() for each in made]

    async def _one(self, task: BenchTask, answer: str) -> Verdict:
        async with self.places:
            # takes a moment of its own for a large answer, so not on the loop
            judged = await asyncio.to_thread(self.tasks.assess, task, answer)
            if isinstance(judged, Program):
                verdict = self.kept.find(judged) or await self.sandbox.run(judged)
                self.kept.keep(judged, verdict)
            else:
                verdict = judged
        self.ended += 1
        self.on_delta(self.ended, self.total)
        return verdict
