"""A ranking as values: tables of rows, each number with what it is a number of."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from moa_bench.statistics import Mean, Pair
from moa_lsp.providers.base import Usage

VERSION = 1
"""Of the board as JSON."""

UNSANDBOXED = "none"
"""The kind of sandbox that is none."""


@dataclass(frozen=True, slots=True)
class OutcomeCounts:
    """Questions by what became of them.

    Attributes:
        timed_out: those of ``failed`` whose program was over its time.
        missing: not scored, since the infrastructure failed.
        why: the commonest reasons of ``missing`` with how often each was given.
    """

    passed: int = 0
    failed: int = 0
    no_answer: int = 0
    timed_out: int = 0
    missing: int = 0
    why: tuple[tuple[str, int], ...] = ()

    @property
    def scored(self) -> int:
        """Questions that count."""
        return self.passed + self.failed + self.no_answer


@dataclass(frozen=True, slots=True)
class MixCost:
    """Money, of the scored questions.

    Attributes:
        total: as-if: what the mix had cost by itself. ``task`` the same for one question,
            ``solved`` for each passed one, ``None`` where none passed.
        known: false where the price of some request is not known: all is then at least this.
        spent: what was really paid, with answers shared between mixes, also for missing ones.
    """

    total: float
    task: float
    solved: float | None
    known: bool
    spent: float


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds of the scored questions, as if each mix ran alone: median and 95th percentile.

    Attributes:
        slowest_p50, slowest_p95: of the slowest proposer of each.
    """

    p50: float
    p95: float
    slowest_p50: float
    slowest_p95: float


@dataclass(frozen=True, slots=True)
class Delta:
    """Against the baseline, on the tasks that both have.

    Attributes:
        pair: difference of the means over all samples, with its clustered interval.
        better, worse: tasks that only this one, and only the baseline, solves; one sample of each.
        p: of McNemar's exact test on those; ``p_holm`` corrected for all rows of the table.
    """

    pair: Pair
    better: int
    worse: int
    p: float
    p_holm: float


@dataclass(frozen=True, slots=True)
class Oracle:
    """How often any proposer was right, and of how many tasks that is known."""

    share: float
    tasks: int


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One mix on one task set.

    Attributes:
        label: unique in its table: the name, with hashes where a name means several mixes.
        rank: shared by what cannot be told apart; ``None`` where too little was scored.
        score: pass@1; ``None`` where nothing was scored.
        pass_at: pass@k for several k, where every scored task has as many samples.
        samples: the most that a task has.
        missing_tasks: tasks without any scored sample.
        rejected: share of the proposals that were no code to be used, ``None`` if not counted.
        front: no other ranked mix with known cost scores as much for less.
    """

    label: str
    mix: str
    mix_hash: str
    role: str
    prompts: str
    rank: int | None
    score: Mean | None
    pass_at: Mapping[int, float]
    samples: int
    missing_tasks: int
    counts: OutcomeCounts
    cost: MixCost
    usage: Usage
    latency: Latency | None
    rejected: float | None
    oracle: Oracle | None
    delta: Delta | None = None
    front: bool = False


@dataclass(frozen=True, slots=True)
class Power:
    """What a comparison on so many tasks can find, by McNemar's exact test at 5 %.

    Attributes:
        tasks: that both mixes answer, once.
        discordant: share of tasks on which just one of two is right.
        measured: whether that is the median of the comparisons here; else it is a guess.
        found: by gap, how often it is found.
        least: the smallest gap that is found four times in five, ``None`` if none is.
    """

    tasks: int
    discordant: float
    measured: bool
    found: tuple[tuple[float, float], ...]
    least: float | None


@dataclass(frozen=True, slots=True)
class Table:
    """Mixes that were measured alike: same tasks, same data, same kind of sandbox.

    Attributes:
        asked: tasks that each mix was to be asked; ``total`` those of the set.
        excluded: why, by task that was left out.
        baseline: label of the row that others are compared with, ``None`` for none.
        notes: sentences on what a reader must know.
    """

    set: str
    digest: str
    sandbox: str
    environment: str
    total: int
    asked: int
    excluded: Mapping[str, str]
    rows: tuple[BoardRow, ...]
    baseline: str | None
    power: Power | None
    notes: tuple[str, ...] = ()

    @property
    def unsandboxed(self) -> bool:
        """Whether foreign programs ran without a sandbox: results are then marked."""
        return self.sandbox == UNSANDBOXED


@dataclass(frozen=True, slots=True)
class Board:
    """All tables of a report."""

    tables: tuple[Table, ...]
    notes: tuple[str, ...] = field(default=())


def as_json(board: Board) -> dict[str, Any]:
    """The board as JSON: names and shapes are those of the classes here."""
    return {"v": VERSION, **asdict(board)}
