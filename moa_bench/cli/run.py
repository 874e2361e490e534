"""``moa-lsp bench run`` and ``bench sweep``: mixes on task sets, measured as they serve a user.

Results are kept as they come; an interrupted bench goes on when it is run again. The exit code
is 0 only where no answer is missing.
"""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal

from moa_bench.cli.interrupts import finished
from moa_bench.cli.progress import progress
from moa_bench.cli.report import report
from moa_bench.cli.task_sets import no_reference, verified
from moa_bench.engine import Engine, local, ray
from moa_bench.evaluation import Own, nobodys
from moa_bench.matrix import Matrix, SweepFile, build, mixes_in, read
from moa_bench.replay.recorded import NAME, Recordings, select_mix, selected
from moa_bench.replay.sampling import RecordingSampler
from moa_bench.report import formatting
from moa_bench.run import BenchEnvironment, BenchOptions, EvalSet, check_ready, executes, run_one
from moa_bench.sets.loaded_set import LoadedSet
from moa_bench.sets.registry import actions, load
from moa_bench.sweep import expected, mixes_of, sweep
from moa_bench.values import Result
from moa_lsp import limits
from moa_lsp.cli import output
from moa_lsp.cli.config_errors import check_configuration
from moa_lsp.cli.main import FAILED
from moa_lsp.config import files
from moa_lsp.config.mixes import Mix
from moa_lsp.config.resolve import find
from moa_lsp.config.settings import ProviderEntry
from moa_lsp.context import limits as context_limits
from moa_lsp.errors import RunError, UsageError
from moa_lsp.runs.runtime_config import RuntimeConfig, load_runtime_config
from moa_lsp.text.sanitize import escape


@dataclass(frozen=True, slots=True)
class BenchArguments:
    """The arguments of ``bench run``.

    Attributes:
        mix: a name, or the path of a mix's file.
        tasks: a set's name, or the path of a file of own tasks.
        limit: the first so many tasks.
        samples: questions of each task.
        data: folder of the sets' data, ``None`` for the user's cache.
        recorded: recorded answers, for mixes that name ``recorded/<model>``.
        python: that programs are executed with, in bubblewrap.
        image: of containers, in place of bubblewrap.
        budget: USD that may be spent in the folder of results.
        log: whether inspect carries it out and keeps its log.
    """

    mix: str
    tasks: str
    out: Path
    limit: int | None = None
    samples: int = 1
    data: Path | None = None
    as_json: bool = False
    recorded: Path | None = None
    python: Path | None = None
    image: str | None = None
    budget: float | None = None
    config: Path | None = None
    log: bool = True


@dataclass(frozen=True, slots=True)
class SweepArguments:
    """The arguments of ``bench sweep``; others as in ``BenchArguments``.

    Attributes:
        file: what to compare.
        engine: where programs are executed.
        address: of a Ray cluster; ``None`` for one that is found, else one of this machine.
    """

    file: Path
    out: Path
    engine: Literal["local", "ray"] = "local"
    address: str | None = None
    data: Path | None = None
    as_json: bool = False
    recorded: Path | None = None
    python: Path | None = None
    image: str | None = None
    config: Path | None = None
    log: bool = True


def run(asked: BenchArguments, engine: Engine | None = None) -> int:
    """Ask one mix one task set and print how it did; the exit code.

    Args:
        asked: what.
        engine: in place of this machine's, for tests.

    Raises:
        MoaError: mix or tasks make no sense, there is no sandbox, or the budget is spent.
    """
    engine = engine or local(asked.python, log=asked.log, image=asked.image)
    results = finished(_run(asked, engine))
    if asked.as_json:
        return _printed(results)
    return _told(results, asked.out, None)


def sweep_file(swept: SweepArguments, engine: Engine | None = None) -> int:
    """Carry out the sweep of a file and print the ranking; the exit code.

    Args:
        swept: what.
        engine: in place of the one that is asked for, for tests.

    Raises:
        MoaError: the file is wrong, a model cannot be asked, or the budget is spent.
    """
    file = read(files.read(swept.file), str(swept.file))
    if engine is None:
        engine = local(swept.python, log=swept.log, image=swept.image)
        if swept.engine == "ray":
            if swept.image is not None:
                raise UsageError("nodes of a Ray cluster choose their image: leave --image out")
            engine = ray(engine, swept.python, swept.address)
    results = finished(_sweep(swept, file, engine))
    if swept.as_json:
        return _printed(results)
    return _told(results, swept.out, file.baseline)


async def _run(asked: BenchArguments, engine: Engine) -> list[Result]:
    recordings = Recordings.read(asked.recorded) if asked.recorded else None
    runtime = _setup(asked.config, recordings, asked.mix)
    mix = _mix(asked.mix, runtime, recordings)
    async with _ExecutionPlace(engine) as place:
        tasks = await _loaded(asked.tasks, asked.data)
        check_ready(runtime, [mix], tasks.tasks[: asked.limit])
        grounds = [await _ground(tasks, asked.limit, place)]
        wanted = BenchOptions(
            asked.out, asked.budget, asked.samples, drive=engine.drive(asked.out)
        )
        with progress() as told:
            wanted = replace(wanted, told=told, own=_own(recordings))
            return await run_one(mix, grounds, runtime, place.bench, wanted)


async def _sweep(swept: SweepArguments, file: SweepFile, engine: Engine) -> list[Result]:
    recordings = Recordings.read(swept.recorded) if swept.recorded else None
    runtime = _setup(swept.config, recordings)
    matrix = build(file, runtime.catalog)
    if recordings is not None:
        for cast in matrix.casts:
            recordings.check(cast.mix)
    async with _ExecutionPlace(engine) as place:
        sets = [await _loaded(name, swept.data) for name in file.tasks]
        check_ready(
            runtime, mixes_of(matrix), [task for each in sets for task in each.tasks[: file.limit]]
        )
        grounds = [
            (await _ground(each, file.limit, place)).against(file.baseline) for each in sets
        ]
        _announce(matrix, grounds, runtime)
        budget = None if file.budget is None else file.budget.usd
        wanted = BenchOptions(swept.out, budget, file.samples, drive=engine.drive(swept.out))
        with progress() as told:
            wanted = replace(wanted, told=told, own=_own(recordings))
            return await sweep(matrix, grounds, runtime, place.bench, wanted)


def _announce(matrix: Matrix, grounds: Sequence[EvalSet], runtime: RuntimeConfig) -> None:
    """Say what is to be expected, and refuse what no budget can hold."""
    questions = sum(len(ground.tasks) for ground in grounds) * matrix.file.samples
    forecast = expected(matrix, grounds, runtime)
    again = max((len(each) for each in matrix.resampled.values()), default=0)
    _note(f"{len(matrix.casts) + again} mixes on {questions} questions each: {forecast}")
    budget = matrix.file.budget
    if budget is None:
        return
    if forecast.unknown:
        raise UsageError(
            f"no price is known of {', '.join(forecast.unknown)}, so no budget can hold them: "
            "add it under `models:` in config.yaml, or leave the budget out"
        )
    if forecast.usd is not None and forecast.usd > budget.usd:
        _note(f"the budget of ${budget.usd:.2f} will end it before everything is asked")


def _setup(
    config: Path | None, recordings: Recordings | None, mix: str | None = None
) -> RuntimeConfig:
    entries = {} if recordings is None else {NAME: ProviderEntry(NAME, NAME)}
    # A copy: inspect reads a `.env` of the current folder into the process's own environment.
    runtime = load_runtime_config(
        config=config, environ=dict(os.environ), providers={}, entries=entries
    )
    check_configuration(runtime, mix, config, _note)
    return replace(runtime, actions={**runtime.actions, **actions()})


def _own(recordings: Recordings | None) -> Own:
    return nobodys if recordings is None else RecordingSampler(recordings)


def _mix(named: str, runtime: RuntimeConfig, recordings: Recordings | None) -> Mix:
    """A mix by name or file, or of recorded models."""
    count = selected(named)
    if recordings is not None and count is not None:
        return select_mix(count, recordings)
    path = Path(named)
    if path.suffix in (".yaml", ".yml"):
        (mix,) = mixes_in([(str(path), files.read(path))], runtime.catalog)
    else:
        mix = find(runtime.catalog, named).mix
    if recordings is not None:
        recordings.check(mix)
    return mix


@dataclass(slots=True)
class _ExecutionPlace:
    """Where programs are executed, looked for when the first is to be.

    Attributes:
        bench: ``None`` as long as nothing is to be executed.
    """

    engine: Engine
    bench: BenchEnvironment | None = None
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def __aenter__(self) -> "_ExecutionPlace":
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._open.aclose()

    async def needed(self) -> BenchEnvironment:
        """Find it.

        Raises:
            SandboxError: there is none; the message says how to mend that.
        """
        if self.bench is None:
            self.bench = await self._open.enter_async_context(self.engine.sandbox())
        return self.bench


async def _loaded(name: str, data: Path | None) -> LoadedSet:
    tasks = await asyncio.to_thread(load, name, data)
    for warning in tasks.warnings:
        _note(warning)
    return tasks


async def _ground(tasks: LoadedSet, limit: int | None, place: _ExecutionPlace) -> EvalSet:
    """A task set, its references first: what cannot be judged here is left out by name."""
    asked = tasks.tasks[:limit]
    if not await asyncio.to_thread(executes, tasks, asked):
        return EvalSet.of(tasks, asked, {}, "")
    bench = await place.needed()
    with progress(f"references of {tasks.name}") as on_delta:
        found = await verified(
            replace(tasks, tasks=asked, edits=False), bench.sandbox, on_delta=on_delta.count
        )
    for each in found.excluded:
        _note(f"{each.id} is excluded: {formatting.cause(each.why)}")
    if not found.passed:
        raise no_reference(tasks.name, bench.sandbox.kind)
    return EvalSet.of(tasks, asked, {each.id: each.why for each in found.excluded}, bench.words)


def _printed(results: Sequence[Result]) -> int:
    rows = [asdict(each) for each in sorted(results, key=_order)]
    sys.stdout.write(json.dumps(rows, indent=2) + "\n")
    sys.stdout.flush()
    return _missed(results)


def _order(each: Result) -> tuple[str, str, str, int]:
    return each.set, each.mix, each.task, each.sample


def _told(results: Sequence[Result], out: Path, baseline: str | None) -> int:
    """The ranking of the folder, and what is missing."""
    report(out, baseline=baseline)
    return _missed(results)


def _missed(results: Sequence[Result]) -> int:
    """Say in the last line what is missing; the exit code, 1 where anything is.

    Raises:
        RunError: everything is.
    """
    missing = [each for each in results if each.state == "missing"]
    if not missing:
        return 0
    if len(missing) == len(results):
        raise RunError(f"nobody could answer: {missing[0].drill.detail}")
    why = dict.fromkeys(each.drill.detail for each in missing)
    for each in list(why)[: context_limits.MAX_TOLD_PIECES]:
        _note(escape(each, limits.MAX_SHOWN_CHARS))
    _note(
        f"{len(missing):,} of {len(results):,} answers are missing and not scored; "
        "run it again to ask for them"
    )
    return FAILED


def _note(sentence: str) -> None:
    output.say(output.console(stderr=True), f"moa-lsp: {sentence}")
