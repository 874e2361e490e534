"""Mixes on task sets, from what was asked for to results on disk: what `run` and `sweep` share.

Nothing here prints. Results go to ``FOLDER/SET/MIX.results.jsonl`` as they come, answers and
verdicts to ``FOLDER/answers.sqlite``; whatever ends the process, the next one goes on from there.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from moa_bench.evaluation import Evaluation, Own, Role, Runner, carry_out, nobodys
from moa_bench.replay.request_cache import RequestCache
from moa_bench.replay.sources import sources_of
from moa_bench.replay.store import Store
from moa_bench.report.results import ENDING, ResultsFile, read_files
from moa_bench.values import About, BenchTask, Result, TaskSet
from moa_lsp.config.mixes import Mix
from moa_lsp.config.prices import Pricer
from moa_lsp.config.resolve import COMPLETE, MixEntry, choose, choose_inline
from moa_lsp.errors import UsageError
from moa_lsp.runs.runtime_config import RuntimeConfig
from moa_lsp.sandbox.choose import SandboxChoice
from moa_lsp.sandbox.program import Program
from moa_lsp.syntax.languages import by_path

STORE = "answers.sqlite"

Done = Collection[tuple[str, int]]
Keep = Callable[[Result], None]
Drive = Callable[[Runner, Evaluation, Done, Keep], Awaitable[None]]
"""Carries a cell out; ``cell.carry_out`` is one."""


@dataclass(frozen=True, slots=True)
class BenchEnvironment:
    """Where programs are executed: a sandbox that has proved itself.

    Attributes:
        fingerprint: of what verdicts depend on beside the program.
        words: what programs are executed by, like ``CPython 3.11.7``.
        jobs: programs at once; ``None`` for one a processor.
    """

    sandbox: SandboxChoice
    fingerprint: str
    words: str = ""
    jobs: int | None = None


@dataclass(frozen=True, slots=True)
class EvalSet:
    """One task set as it is asked here.

    Attributes:
        tasks: those that are asked: within the limit, and none that cannot be judged here.
    """

    set: TaskSet
    tasks: tuple[BenchTask, ...]
    about: About

    @classmethod
    def of(
        cls, tasks: TaskSet, asked: Sequence[BenchTask], excluded: Mapping[str, str], words: str
    ) -> "EvalSet":
        """Leave out what cannot be judged."""
        kept = tuple(task for task in asked if task.id not in excluded)
        total = len(tasks.tasks)
        about = About(tasks.name, tasks.digest, total, len(kept), excluded, words)
        return cls(tasks, kept, about)

    def against(self, baseline: str | None) -> "EvalSet":
        """The same, for results that are to be compared with those of a mix."""
        return replace(self, about=replace(self.about, baseline=baseline))

    @property
    def executes(self) -> bool:
        """Whether answers are executed, and not only looked at."""
        return any(
            isinstance(self.set.assess(task, task.reference), Program) for task in self.tasks
        )


@dataclass(frozen=True, slots=True)
class BenchProgress:
    """How far it is.

    Attributes:
        mix, set: at work.
        done: questions that have their result, of ``asked``; those of earlier runs too.
        new: of them, asked by this process, in so many ``seconds``.
        spent: USD, in this folder; of at most ``budget``.
        missing: results that the infrastructure kept from being made.
    """

    mix: str
    set: str
    done: int
    asked: int
    new: int
    seconds: float
    spent: float
    budget: float | None
    missing: int

    @property
    def seconds_left(self) -> float | None:
        """What the rest takes at the speed so far; ``None`` before anything is known."""
        return self.seconds / self.new * (self.asked - self.done) if self.new else None


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """What is to be found out.

    Attributes:
        out: folder of the results.
        budget: USD that may be spent in it.
        samples: questions of each task.
        own: providers that answer one task alone.
        drive: carries each cell out.
        told: hears how far it is.
    """

    out: Path
    budget: float | None = None
    samples: int = 1
    own: Own = nobodys
    drive: Drive = carry_out
    told: Callable[[BenchProgress], None] = lambda _standing: None


@dataclass(slots=True)
class BenchWork:
    """Cells being carried out one after the other.

    Attributes:
        grounds: what each mix is asked.
        results: all that are scored, and those that are missing.
    """

    runner: Runner
    grounds: Sequence[EvalSet]
    wanted: BenchOptions
    asked: int = 0
    results: list[Result] = field(default_factory=list)
    _new: int = 0
    _began: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    async def cast(self, mix: Mix, role: Role, *, oracle: bool) -> list[Result]:
        """Ask one mix everything that it has not been asked yet; all results of it.

        Raises:
            BudgetExceeded: no more may be spent.
            MoaError: results or answers cannot be kept or read.
        """
        found: list[Result] = []
        for ground in self.grounds:
            if ground.tasks:
                cell = Evaluation(mix, role, ground.set, ground.tasks, self.wanted.samples, oracle)
                found += await self._carried(cell, ground)
        return found

    async def _carried(self, cell: Evaluation, ground: EvalSet) -> list[Result]:
        path = self.wanted.out / file_name(cell.set.name) / f"{file_name(cell.mix.name)}{ENDING}"
        there = scored(path, cell, self.runner.prompts(cell))
        self.results += there.values()
        found = list(there.values())
        with ResultsFile(path, ground.about) as file:

            def keep(result: Result) -> None:
                file.append(result)
                found.append(result)
                self.results.append(result)
                self._new += 1
                self._tell(cell)

            self._tell(cell)
            await self.wanted.drive(self.runner, cell, there.keys(), keep)
        return found

    def _tell(self, cell: Evaluation) -> None:
        shared = self.runner.shared
        self.wanted.told(
            BenchProgress(
                cell.mix.name,
                cell.set.name,
                len(self.results),
                self.asked,
                self._new,
                asyncio.get_running_loop().time() - self._began,
                shared.spent,
                shared.cap,
                sum(each.state == "missing" for each in self.results),
            )
        )


async def run_one(
    mix: Mix,
    grounds: Sequence[EvalSet],
    runtime: RuntimeConfig,
    bench: BenchEnvironment | None,
    wanted: BenchOptions,
) -> list[Result]:
    """Ask one mix everything; all its results, those of earlier times too.

    Raises:
        UsageError: another process is at work in the folder.
        BudgetExceeded: no more may be spent; what was found is kept.
        MoaError: results or answers cannot be kept or read.
    """
    runner = desk_of(runtime, [mix], bench, wanted)
    try:
        questions = sum(len(ground.tasks) for ground in grounds) * wanted.samples
        work = BenchWork(runner, grounds, wanted, questions)
        return await work.cast(mix, "mix", oracle=len(mix.agents) > 1)
    finally:
        await runner.close()


def executes(tasks: TaskSet, asked: Sequence[BenchTask]) -> bool:
    """Whether answers are executed, and not only looked at."""
    return any(isinstance(tasks.assess(task, task.reference), Program) for task in asked)


def desk_of(
    runtime: RuntimeConfig,
    mixes: Iterable[Mix],
    bench: BenchEnvironment | None,
    wanted: BenchOptions,
) -> Runner:
    """Everything that cells need; opens the store.

    Raises:
        UsageError: another process is at work in the folder, or it cannot be used.
    """
    catalog = runtime.catalog
    added = {mix.name: MixEntry(mix, "bench", "user") for mix in mixes}
    runtime = replace(runtime, catalog=replace(catalog, mixes={**catalog.mixes, **added}))
    models = {model for mix in added.values() for model in mix.mix.models}
    pricer = Pricer(catalog.settings, catalog.providers)
    pricer.learn(models)
    sources = sources_of(runtime, (model.partition("/")[0] for model in sorted(models)))
    store = Store(wanted.out / STORE)
    shared = RequestCache(store, sources, pricer, wanted.budget, spent=store.spent())
    runner = Runner(runtime, shared, store, own=wanted.own)
    if bench is not None:
        runner.sandbox, runner.fingerprint = bench.sandbox, bench.fingerprint
        runner.jobs = bench.jobs or runner.jobs
    return runner


def check_ready(runtime: RuntimeConfig, mixes: Iterable[Mix], tasks: Iterable[BenchTask]) -> None:
    """Refuse mixes that lack a key, before anything is executed or asked.

    Raises:
        UsageError: says of each what is missing.
    """
    asked = {(task.ask.action, by_path(task.ask.file)) for task in tasks}
    added = {mix.name: MixEntry(mix, "bench", "user") for mix in mixes}
    catalog = replace(runtime.catalog, mixes={**runtime.catalog.mixes, **added})
    lacking: dict[str, None] = {}
    for name in added:
        for action, language in sorted(asked):
            if action == COMPLETE:
                found = choose_inline(catalog, language=language, requested=name)
            else:
                found = choose(catalog, action=action, language=language, path="", requested=name)
            lacking |= dict.fromkeys(found.missing)
    if lacking:
        raise UsageError(f"not every model can be asked: {'; '.join(lacking)}")


def scored(path: Path, cell: Evaluation, prompts: str) -> dict[tuple[str, int], Result]:
    """What is known of a cell, by task and sample: not what is missing or of another version.

    Raises:
        ConfigError: the file is no file of results.
    """
    if not path.exists():
        return {}
    wanted = {(task.id, sample) for task, sample in cell.questions}
    key = cell.mix_hash, cell.set.digest, cell.role, prompts
    found: dict[tuple[str, int], Result] = {}
    for each in read_files([path]).results:
        place = each.task, each.sample
        same = (each.mix_hash, each.digest, each.role, each.prompts) == key
        if same and place in wanted and each.state != "missing":
            found[place] = each
    return found


def best(results: Mapping[str, Sequence[Result]]) -> str | None:
    """The model that alone passes most; of equals the first. ``None`` where nothing is known."""
    rates = {
        name: sum(each.state == "passed" for each in found) / len(scored)
        for name, found in results.items()
        if (scored := [each for each in found if each.state != "missing"])
    }
    return max(rates, key=lambda name: rates[name], default=None)


def file_name(name: str) -> str:
    """A name as a part of a path."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".") or "unnamed"
