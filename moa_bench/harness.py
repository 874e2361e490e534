"""Cells carried out by inspect: a mix is its model, a task set its task, a verdict its score.

The only module that imports inspect. It decides the order of questions and keeps a log of each
cell that ``inspect view`` shows; what it is told comes from the desk, in the bench's own loop, and
the bench's own results are what rankings read (docs/adr/0006). It runs in a thread, in a loop of
its own: an answer is awaited across both.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError as Cancelled
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inspect_ai import Epochs, Task, eval_set
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import (
    ChatMessageUser,
    GenerateConfig,
    Model,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    modelapi,
)
from inspect_ai.scorer import CORRECT, INCORRECT, NOANSWER, Score, accuracy, scorer, stderr
from inspect_ai.solver import solver

from moa_bench import limits
from moa_bench.evaluation import Evaluation, Runner, carry_out
from moa_bench.replay.store import key_of
from moa_bench.run import Done, Keep, file_name
from moa_bench.values import BenchTask, Result
from moa_lsp.errors import MoaError

_SCORES = {"passed": CORRECT, "failed": INCORRECT, "no_answer": NOANSWER}


@dataclass(frozen=True, slots=True)
class Harness:
    """Carries cells out and keeps their logs.

    Attributes:
        logs: one folder a cell below it.
    """

    logs: Path

    async def drive(self, runner: Runner, cell: Evaluation, done: Done, keep: Keep) -> None:
        """As ``cell.carry_out``, by inspect.

        Raises:
            BudgetExceeded: no more may be spent; what was kept stays.
            RunError: the store failed.
        """
        # inspect's own files are open to all, and quote prompts as results do
        self.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.logs.chmod(0o700)
        work = _EvaluationTask(runner, cell, asyncio.get_running_loop(), keep, set(done))
        if len(work.kept) < len(cell.questions):
            thread = asyncio.ensure_future(
                asyncio.to_thread(work.evaluated, self._folder(runner, cell))
            )
            try:
                await asyncio.shield(thread)
            except asyncio.CancelledError:
                work.stop()
                await asyncio.wait([thread])
                raise
        if work.failed is not None:
            raise work.failed
        # What its log has and our results lack, as after a folder of results was tidied up.
        await carry_out(runner, cell, work.kept, keep)

    def _folder(self, runner: Runner, cell: Evaluation) -> Path:
        """Another folder for another version of anything: a log is never continued wrongly."""
        content = [cell.mix_hash, cell.role, cell.set.digest, runner.prompts(cell), cell.samples]
        key = key_of([content, [task.id for task in cell.tasks]])
        return self.logs / file_name(cell.set.name) / f"{file_name(cell.mix.name)}-{key[:8]}"


class _HarnessAbort(Exception):
    """The bench ends; inspect notes it with the sample."""


@dataclass(slots=True)
class _EvaluationTask:
    """One cell at work.

    Attributes:
        real: the bench's loop.
        kept: task and sample of results that are there.
        failed: what ended it.
    """

    runner: Runner
    cell: Evaluation
    real: asyncio.AbstractEventLoop
    keep: Keep
    kept: set[tuple[str, int]]
    failed: MoaError | None = None
    _found: dict[tuple[str, int], Result] = field(default_factory=dict)
    _asking: set["asyncio.Task[Any]"] = field(default_factory=set)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        """Ask nothing more; in the bench's loop."""
        self._stopped.set()
        for task in self._asking:
            task.cancel()

    def evaluated(self, folder: Path) -> None:
        """Let inspect do it; in a thread of its own."""
        tasks = {task.id: task for task in self.cell.tasks}
        task = Task(
            dataset=MemoryDataset(
                [
                    Sample(
                        id=each.id,
                        input=_asked(each),
                        target=each.reference,
                        metadata={"cluster": each.cluster},
                    )
                    for each in tasks.values()
                ],
                name=self.cell.set.name,
            ),
            solver=_asks(),
            scorer=_verdict(self),
            name=file_name(self.cell.set.name),
            epochs=Epochs(self.cell.samples),
            metadata={"digest": self.cell.set.digest, "mix_hash": self.cell.mix_hash},
        )
        api = MixModel(self.cell.mix.name, work=self)
        eval_set(
            task,
            model=Model(api, GenerateConfig()),
            log_dir=str(folder),
            log_dir_allow_dirty=True,
            # What is missing is an error: the next run asks for it again, and for no other.
            fail_on_error=True,
            continue_on_fail=True,
            retry_attempts=0,
            retry_immediate=False,
            max_samples=limits.BENCH_QUESTIONS,
            display="none",
            log_level="error",
            acp_server=False,
            ctl_server=False,
        )

    async def told(self, task: str, sample: int) -> Result:
        """One question's result; in inspect's loop.

        Raises:
            _Stopped: the bench ends, or the result is missing.
        """
        if self._stopped.is_set():
            raise _HarnessAbort("the bench was ended")
        asked = asyncio.run_coroutine_threadsafe(self._asked(task, sample), self.real)
        try:
            result = await asyncio.wrap_future(asked)
        except (asyncio.CancelledError, Cancelled):
            if self._stopped.is_set():
                raise _HarnessAbort("the bench was ended") from None
            raise
        except MoaError as error:
            raise _HarnessAbort(str(error)) from None
        if result.state == "missing":
            raise _HarnessAbort(result.drill.detail)
        return result

    async def _asked(self, task: str, sample: int) -> Result:
        place = task, sample
        if place in self._found:
            return self._found[place]
        job = asyncio.current_task()
        assert job is not None  # noqa: S101  # a coroutine is run by a task
        self._asking.add(job)
        try:
            wanted = next(each for each in self.cell.tasks if each.id == task)
            result = await self.runner.result(self.cell, wanted, sample)
        except MoaError as error:
            self.failed = self.failed or error
            self.stop()
            raise
        finally:
            self._asking.discard(job)
        self._found[place] = result
        if place not in self.kept:
            self.kept.add(place)
            self.keep(result)
        return result

    def result(self, task: str, sample: int) -> Result | None:
        """What was found for a question, if anything."""
        return self._found.get((task, sample))


@modelapi("moa")
class MixModel(ModelAPI):
    """A mix as a model: ``moa/<mix>``."""

    def __init__(self, model_name: str, *, work: _EvaluationTask) -> None:
        super().__init__(model_name)
        self._work = work

    async def generate(
        self,
        input: list[Any],  # noqa: A002  # inspect's name
        tools: list[Any],
        tool_choice: Any,  # noqa: ANN401  # inspect's union
        config: GenerateConfig,
    ) -> ModelOutput:
        """Put the task that the message names to the mix, as a user would ask for it."""
        del tools, tool_choice, config
        place = input[-1].metadata
        result = await self._work.told(place["task"], place["sample"])
        output = ModelOutput.from_content(self.model_name, result.drill.answer or "")
        usage = result.usage
        output.usage = ModelUsage(
            input_tokens=usage.input,
            output_tokens=usage.output,
            total_tokens=usage.input + usage.output,
            input_tokens_cache_read=usage.cached,
            total_cost=result.cost_usd if result.cost_known else None,
        )
        output.time = result.seconds
        output.metadata = {"proposals": dict(result.drill.proposals)}
        return output

    def max_connections(self) -> int:
        """How many samples are at work at once."""
        return limits.BENCH_QUESTIONS


@solver
def _asks() -> Callable[..., Awaitable[Any]]:
    """Say with the message which question it is."""

    async def solve(state: Any, generate: Any) -> Any:  # noqa: ANN401  # inspect's protocols
        state.messages[-1].metadata = {"task": state.sample_id, "sample": state.epoch - 1}
        return await generate(state)

    return solve


@scorer(metrics=[accuracy(), stderr()])
def _verdict(work: _EvaluationTask) -> Callable[..., Awaitable[Score]]:
    """Give the verdict that came with the answer."""

    async def score(state: Any, _target: Any) -> Score:  # noqa: ANN401  # inspect's types
        result = await work.told(state.sample_id, state.epoch - 1)
        return Score(
            value=_SCORES[result.state],
            answer=result.drill.answer,
            explanation=result.drill.detail,
            metadata={"seconds": result.seconds, "cost_usd": result.cost_usd},
        )

    return score


def _asked(task: BenchTask) -> list[ChatMessageUser]:
    ask = task.ask
    head = f"{ask.action} {ask.file}:{ask.target.start}-{ask.target.end}"
    return [ChatMessageUser(content="\n\n".join(filter(None, (head, ask.instruction, ask.text))))]
