"""What is measured, as values: tasks and what a user would ask, programs, verdicts, results.

Pure. A task set makes tasks and turns an answer into a program or a verdict; a sandbox runs
programs; a cell asks one mix for one task set and writes results; a report reads those.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from moa_lsp.providers.base import Usage
from moa_lsp.sandbox.program import Program, Verdict
from moa_lsp.text.span import Span

State = Literal["passed", "failed", "no_answer", "missing"]


@dataclass(frozen=True, slots=True)
class TaskRequest:
    """What a user would do: an action on a range of a file, or a completion at a place.

    Attributes:
        action: id of an action, or ``complete`` for an inline completion at ``target.start``.
        file: relative path of the file; its ending says the language.
        text: of the file; may be empty.
        target: what is selected, or where the cursor is (an empty span).
        instruction: in the user's words.
        beside: other files of the project by relative path, for context.
    """

    action: str
    file: str
    text: str
    target: Span
    instruction: str = ""
    beside: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BenchTask:
    """One task of a set.

    Attributes:
        id: unique in its set, as the set's authors name it.
        cluster: tasks that are alike by their making share it; they are drawn as one.
        ask: what is asked for.
        reference: an answer that is right: the file's new text, or what fills the gap.
        facts: what the set needs to judge an answer; read by nobody else.
    """

    id: str
    cluster: str
    ask: TaskRequest
    reference: str
    facts: Mapping[str, str] = field(default_factory=dict)


class TaskSet(Protocol):
    """Tasks of one kind, and how their answers are judged."""

    @property
    def name(self) -> str:
        """As on the command line, like ``humaneval``."""

    @property
    def digest(self) -> str:
        """SHA-256 of the data that the tasks were made from, hexadecimal."""

    @property
    def tasks(self) -> tuple[BenchTask, ...]:
        """All tasks in the order of their file."""

    def assess(self, task: BenchTask, answer: str) -> Program | Verdict:
        """What to execute to judge an answer, or the verdict where none is to be executed.

        Args:
            task: one of ``tasks``.
            answer: the file's new text, or what fills the gap, as ``BenchTask.reference``.
        """


@dataclass(frozen=True, slots=True)
class TaskDetail:
    """What a reader needs to see why one result is as it is.

    Attributes:
        prompt: what the proposers were shown.
        proposals: by agent: its text, or why there is none.
        answer: the file's new text, or what fills the gap; ``None`` for none.
        detail: of the verdict, or why there is no answer.
    """

    prompt: str = ""
    proposals: tuple[tuple[str, str], ...] = ()
    answer: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """One task asked of one mix once.

    Attributes:
        mix: name; ``mix_hash`` its hash.
        role: what the mix is in a sweep: ``mix``, or a control: ``alone`` (one model by itself),
            ``resampled`` (the best one asked as often).
        set: name of the task set; ``digest`` of its data.
        sample: counts the questions of one task from 0.
        state: ``missing`` where the infrastructure failed: it is not scored.
        seconds: as-if latency of the whole run; ``slowest`` that of its slowest proposer.
        cost_usd: as-if cost: what the run had cost by itself.
        spent_usd: what it really cost, with answers shared between mixes.
        right: by agent, whether its own proposal passes; where that was looked at.
        sandbox: kind of the sandbox, ``none`` where programs ran unsandboxed.
        prompts: hash of the prompts that were used; results of other prompts are another row.
        timed_out: whether the answer failed because its program was over its time.
        proposed: how many proposals were asked for; ``rejected`` how many of them were no code
            that could be used.
    """

    mix: str
    mix_hash: str
    role: str
    set: str
    digest: str
    task: str
    cluster: str
    sample: int
    state: State
    seconds: float
    slowest: float
    usage: Usage
    cost_usd: float
    cost_known: bool
    spent_usd: float
    sandbox: str
    right: Mapping[str, bool] = field(default_factory=dict)
    drill: TaskDetail = field(default_factory=TaskDetail)
    prompts: str = ""
    timed_out: bool = False
    proposed: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class About:
    """What the results of one file are results of.

    Attributes:
        set: name of the task set; ``digest`` of its data.
        total: tasks of the set.
        asked: tasks that each mix is asked, after those left out and a limit of the user's.
        excluded: why, by the id of each task that is left out because its own reference fails.
        environment: what programs were executed by, in words, like ``CPython 3.11.7``.
        baseline: the mix that a sweep wants the others compared with.
    """

    set: str
    digest: str
    total: int
    asked: int
    excluded: Mapping[str, str] = field(default_factory=dict)
    environment: str = ""
    baseline: str | None = None
