"""``moa-lsp bench run`` and ``bench sweep``: mixes on task sets, measured as they serve a user.

Results are kept as they come; an interrupted bench goes on when it is run again.
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

from moa_lsp import limits
from moa_lsp.actions.setup import Setup, load_setup
from moa_lsp.bench.cell import Own, nobodys
from moa_lsp.bench.engine import Engine, local, ray
from moa_lsp.bench.matrix import Matrix, SweepFile, build, mixes_in, read
from moa_lsp.bench.replay.drawn import OfRecording
from moa_lsp.bench.replay.recorded import NAME, Recordings, select_mix, selected
from moa_lsp.bench.report import shown
from moa_lsp.bench.run import Bench, Ground, Wanted, check_ready, executes, run_one
from moa_lsp.bench.sets.loaded import LoadedSet
from moa_lsp.bench.sets.registry import actions, load
from moa_lsp.bench.sweep import expected, mixes_of, sweep
from moa_lsp.bench.values import Result
from moa_lsp.cli import output
from moa_lsp.cli.bench_progress import progress
from moa_lsp.cli.bench_report import report
from moa_lsp.cli.bench_sets import no_reference, verified
from moa_lsp.cli.configured import check_configuration
from moa_lsp.config import files
from moa_lsp.config.mixes import Mix
from moa_lsp.config.resolve import find
from moa_lsp.config.settings import ProviderEntry
from moa_lsp.errors import RunError, UsageError
from moa_lsp.text.sanitize import escape


@dataclass(frozen=True, slots=True)
class Asked:
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
class Swept:
    """The arguments of ``bench sweep``; others as in ``Asked``.

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


def run(asked: Asked, engine: Engine | None = None) -> int:
    """Ask one mix one task set and print how it did; the exit code.

    Args:
        asked: what.
        engine: in place of this machine's, for tests.

    Raises:
        MoaError: mix or tasks make no sense, there is no sandbox, or the budget is spent.
    """
    engine = engine or local(asked.python, log=asked.log, image=asked.image)
    results = asyncio.run(_run(asked, engine))
    if asked.as_json:
        return _printed(results)
    return _told(results, asked.out, None)


def sweep_file(swept: Swept, engine: Engine | None = None) -> int:
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
    results = asyncio.run(_sweep(swept, file, engine))
    if swept.as_json:
        return _printed(results)
    return _told(results, swept.out, file.baseline)


async def _run(asked: Asked, engine: Engine) -> list[Result]:
    recordings = Recordings.read(asked.recorded) if asked.recorded else None
    setup = _setup(asked.config, recordings, asked.mix)
    mix = _mix(asked.mix, setup, recordings)
    async with _Place(engine) as place:
        tasks = await _loaded(asked.tasks, asked.data)
        check_ready(setup, [mix], tasks.tasks[: asked.limit])
        grounds = [await _ground(tasks, asked.limit, place)]
        wanted = Wanted(asked.out, asked.budget, asked.samples, drive=engine.drive(asked.out))
        with progress() as told:
            wanted = replace(wanted, told=told, own=_own(recordings))
            return await run_one(mix, grounds, setup, place.bench, wanted)


async def _sweep(swept: Swept, file: SweepFile, engine: Engine) -> list[Result]:
    recordings = Recordings.read(swept.recorded) if swept.recorded else None
    setup = _setup(swept.config, recordings)
    matrix = build(file, setup.catalog)
    if recordings is not None:
        for cast in matrix.casts:
            recordings.check(cast.mix)
    async with _Place(engine) as place:
        sets = [await _loaded(name, swept.data) for name in file.tasks]
        check_ready(
            setup, mixes_of(matrix), [task for each in sets for task in each.tasks[: file.limit]]
        )
        grounds = [
            (await _ground(each, file.limit, place)).against(file.baseline) for each in sets
        ]
        _announce(matrix, grounds, setup)
        budget = None if file.budget is None else file.budget.usd
        wanted = Wanted(swept.out, budget, file.samples, drive=engine.drive(swept.out))
        with progress() as told:
            wanted = replace(wanted, told=told, own=_own(recordings))
            return await sweep(matrix, grounds, setup, place.bench, wanted)


def _announce(matrix: Matrix, grounds: Sequence[Ground], setup: Setup) -> None:
    """Say what is to be expected, and refuse what no budget can hold."""
    questions = sum(len(ground.tasks) for ground in grounds) * matrix.file.samples
    forecast = expected(matrix, grounds, setup)
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


def _setup(config: Path | None, recordings: Recordings | None, mix: str | None = None) -> Setup:
    entries = {} if recordings is None else {NAME: ProviderEntry(NAME, NAME)}
    # A copy: inspect reads a `.env` of the current folder into the process's own environment.
    setup = load_setup(config=config, environ=dict(os.environ), providers={}, entries=entries)
    check_configuration(setup, mix, config, _note)
    return replace(setup, actions={**setup.actions, **actions()})


def _own(recordings: Recordings | None) -> Own:
    return nobodys if recordings is None else OfRecording(recordings)


def _mix(named: str, setup: Setup, recordings: Recordings | None) -> Mix:
    """A mix by name or file, or of recorded models."""
    count = selected(named)
    if recordings is not None and count is not None:
        return select_mix(count, recordings)
    path = Path(named)
    if path.suffix in (".yaml", ".yml"):
        (mix,) = mixes_in([(str(path), files.read(path))], setup.catalog)
    else:
        mix = find(setup.catalog, named).mix
    if recordings is not None:
        recordings.check(mix)
    return mix


@dataclass(slots=True)
class _Place:
    """Where programs are executed, looked for when the first is to be.

    Attributes:
        bench: ``None`` as long as nothing is to be executed.
    """

    engine: Engine
    bench: Bench | None = None
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def __aenter__(self) -> "_Place":
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._open.aclose()

    async def needed(self) -> Bench:
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


async def _ground(tasks: LoadedSet, limit: int | None, place: _Place) -> Ground:
    """A task set, its references first: what cannot be judged here is left out by name."""
    asked = tasks.tasks[:limit]
    if not await asyncio.to_thread(executes, tasks, asked):
        return Ground.of(tasks, asked, {}, "")
    bench = await place.needed()
    with progress(f"references of {tasks.name}") as heard:
        found = await verified(
            replace(tasks, tasks=asked, edits=False), bench.sandbox, heard=heard.count
        )
    for each in found.excluded:
        _note(f"{each.id} is excluded: {shown.cause(each.why)}")
    if not found.passed:
        raise no_reference(tasks.name, bench.sandbox.kind)
    return Ground.of(tasks, asked, {each.id: each.why for each in found.excluded}, bench.words)


def _printed(results: Sequence[Result]) -> int:
    rows = [asdict(each) for each in sorted(results, key=_order)]
    sys.stdout.write(json.dumps(rows, indent=2) + "\n")
    return 0


def _order(each: Result) -> tuple[str, str, str, int]:
    return each.set, each.mix, each.task, each.sample


def _told(results: Sequence[Result], out: Path, baseline: str | None) -> int:
    """The ranking of the folder, and what is missing."""
    missing = [each for each in results if each.state == "missing"]
    report(out, baseline=baseline)
    if missing and len(missing) == len(results):
        raise RunError(f"nobody could answer: {missing[0].drill.detail}")
    if missing:
        why = dict.fromkeys(each.drill.detail for each in missing)
        for each in list(why)[: limits.MAX_TOLD_PIECES]:
            _note(escape(each, limits.MAX_SHOWN_CHARS))
        _note(f"{len(missing)} answers are missing and not scored; run it again to ask for them")
    return 0


def _note(sentence: str) -> None:
    output.say(output.console(stderr=True), f"moa-lsp: {sentence}")
