"""One mix on one task set: every task is asked, every answer judged, every result handed on.

* What the infrastructure does wrong (a provider that is not reached, a sandbox that fails) makes a
  result ``missing``: it is not scored, and asked again the next time. It is never a wrong answer.
* Verdicts are kept by the program, its bounds and what it is executed in.
* Where the spending cap is met nothing more is asked, and no result is made of what was cut off.
"""

import asyncio
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Literal

from moa_bench import limits
from moa_bench.question import Question, QuestionResult
from moa_bench.replay.request_cache import QuestionSession, RequestCache
from moa_bench.replay.store import Store, key_of
from moa_bench.values import BenchTask, Result, TaskDetail, TaskSet
from moa_lsp import __version__
from moa_lsp.config.mixes import Mix
from moa_lsp.errors import BudgetExceeded, SandboxEndError, SandboxError
from moa_lsp.providers.base import Provider
from moa_lsp.runs.runtime_config import RuntimeConfig
from moa_lsp.sandbox.program import Program, Sandbox, Verdict
from moa_lsp.syntax.languages import by_path

Role = Literal["mix", "alone", "resampled"]

Own = Callable[[Mix, BenchTask, int], Mapping[str, Provider]]
"""Providers of one question alone: of a mix, a task and a sample."""


def nobodys(mix: Mix, task: BenchTask, sample: int) -> Mapping[str, Provider]:
    """Answer nothing by anybody of its own."""
    del mix, task, sample
    return {}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What is asked of whom.

    Attributes:
        mix: in the desk's catalogue.
        role: as in ``Result``.
        tasks: of the set, those that are asked.
        samples: questions of each task.
        oracle: whether every usable proposal is judged too.
    """

    mix: Mix
    role: Role
    set: TaskSet
    tasks: tuple[BenchTask, ...]
    samples: int = 1
    oracle: bool = False

    @property
    def questions(self) -> list[tuple[BenchTask, int]]:
        """Every task in order, and once more for every further sample."""
        return [(task, sample) for sample in range(self.samples) for task in self.tasks]

    @property
    def mix_hash(self) -> str:
        """Of the mix as its tasks' actions and languages resolve it."""
        asked = {(task.ask.action, by_path(task.ask.file)) for task in self.tasks}
        hashes = sorted({self.mix.resolved(*each).hash for each in asked})
        return hashes[0] if len(hashes) == 1 else key_of(hashes)


@dataclass(slots=True)
class Runner:
    """Where cells are carried out; belongs to one event loop.

    Attributes:
        runtime: its providers are not asked: those of ``shared`` are.
        sandbox: ``None`` where no answer needs one.
        fingerprint: of what the sandbox executes programs in.
        jobs: programs at once.
        own: providers that answer one task alone.
    """

    runtime: RuntimeConfig
    shared: RequestCache
    store: Store
    sandbox: Sandbox | None = None
    fingerprint: str = ""
    jobs: int = field(default_factory=lambda: os.cpu_count() or 1)
    own: Own = nobodys
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(limits.BENCH_QUESTIONS, "bench question")
    )
    _places: asyncio.Semaphore | None = None

    def prompts(self, cell: Evaluation) -> str:
        """Hash of what decides, beside the mix and the task, what models are shown."""
        settings, actions = self.runtime.catalog.settings, self.runtime.actions
        asked = sorted({task.ask.action for task in cell.tasks})
        facts = {
            name: facts.model_dump(mode="json")
            for name in cell.mix.models
            if (facts := settings.models.get(name)) is not None
        }
        shown = [asdict(actions[each]) for each in asked if each in actions]
        return key_of([__version__, settings.context.model_dump(mode="json"), facts, shown])

    async def result(self, cell: Evaluation, task: BenchTask, sample: int) -> Result:
        """Ask one question and judge what comes of it.

        Raises:
            BudgetExceeded: no more may be spent.
            RunError: the store failed.
        """
        asking = QuestionSession(
            self.shared, asyncio.get_running_loop(), sample, dict(self.own(cell.mix, task, sample))
        )
        question = Question(self.runtime, cell.mix.name, cell.set, task, sample)
        found = await question.put(self._pool, asking)
        if found.faults and self.shared.exhausted is not None:
            raise BudgetExceeded(self.shared.exhausted)
        if found.faults:
            return self._result(cell, task, sample, found, "; ".join(dict.fromkeys(found.faults)))
        verdict: Verdict | None = None
        right: dict[str, bool] = {}
        try:
            if found.answer is not None:
                verdict = await self.judged(cell.set, task, found.answer)
            if cell.oracle:
                for agent, text in found.proposals.items():
                    judged = await self.judged(cell.set, task, text)
                    right[agent] = judged.status == "passed"
        except SandboxError as error:
            return self._result(cell, task, sample, found, str(error))
        return self._result(cell, task, sample, found, None, verdict, right)

    async def judged(self, tasks: TaskSet, task: BenchTask, answer: str) -> Verdict:
        """The verdict on an answer, kept or new.

        Raises:
            SandboxError: the sandbox failed, or there is none.
            RunError: the store failed.
        """
        what = await asyncio.to_thread(tasks.assess, task, answer)
        if isinstance(what, Verdict):
            return what
        return await self.executed(what)

    async def executed(self, program: Program) -> Verdict:
        """As ``judged``, of a program."""
        if self.sandbox is None:
            raise SandboxError("there is no sandbox to execute this in, see docs/sandbox.md")
        key = key_of([self.fingerprint, self.sandbox.kind, asdict(program)])
        kept = self.store.verdict(key)
        if kept is not None:
            return kept
        if self._places is None:
            self._places = asyncio.Semaphore(self.jobs)
        async with self._places:
            try:
                verdict = await self.sandbox.run(program)
            except SandboxEndError as error:  # only a program makes its end so long
                verdict = Verdict("failed", str(error), program.seconds)
        self.store.keep_verdict(key, verdict)
        return verdict

    async def close(self) -> None:
        """Close providers, store and threads; safe to call twice."""
        await self.shared.close()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self.store.close()

    def _result(
        self,
        cell: Evaluation,
        task: BenchTask,
        sample: int,
        found: QuestionResult,
        missing: str | None,
        verdict: Verdict | None = None,
        right: Mapping[str, bool] | None = None,
    ) -> Result:
        if missing is not None:
            state, detail = "missing", missing
        elif verdict is None:
            state, detail = "no_answer", found.reason
        else:
            state = "passed" if verdict.status == "passed" else "failed"
            detail = verdict.detail
        told = [
            (each.agent, found.proposals.get(each.agent, each.reason or each.state))
            for each in found.agents
        ]
        return Result(
            cell.mix.name,
            cell.mix_hash,
            cell.role,
            cell.set.name,
            cell.set.digest,
            task.id,
            task.cluster,
            sample,
            state,  # type: ignore[arg-type]  # one of four literals, each above
            found.seconds,
            max((each.seconds for each in found.agents), default=0.0),
            found.usage,
            found.cost_usd,
            found.cost_known,
            found.paid,
            "" if self.sandbox is None else self.sandbox.kind,
            right or {},
            TaskDetail(found.prompt, tuple(told), found.answer, detail),
            self.prompts(cell),
            verdict is not None and verdict.status == "timeout",
            len(found.agents),
            sum(each.state == "rejected" for each in found.agents),
        )


async def carry_out(
    runner: Runner,
    cell: Evaluation,
    done: Collection[tuple[str, int]],
    keep: Callable[[Result], None],
) -> None:
    """Ask everything that is not done yet, many questions at once.

    Args:
        runner: where.
        cell: what.
        done: task and sample of results that are there.
        keep: takes each result as soon as it is there, in any order.

    Raises:
        BudgetExceeded: no more may be spent; what was kept stays.
        RunError: the store failed.
    """
    left = iter([
        (task, sample) for task, sample in cell.questions if (task.id, sample) not in done
    ])  # fmt: skip

    async def work(left: Iterator[tuple[BenchTask, int]]) -> None:
        for task, sample in left:
            keep(await runner.result(cell, task, sample))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(limits.BENCH_QUESTIONS, len(cell.questions))):
                group.create_task(work(left))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
