"""Each question once: what a report needs of a result, without the texts for its readers.

A question that was missing and then answered counts as answered: that is what resuming is for.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from moa_bench.values import Result, State
from moa_lsp.errors import UsageError
from moa_lsp.providers.base import Usage
from moa_lsp.text.lines import split_lines
from moa_lsp.text.sanitize import escape

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScoredQuestion:
    """A ``Result`` without its texts; ``why`` is the first line of what it says of itself."""

    mix: str
    mix_hash: str
    role: str
    prompts: str
    set: str
    digest: str
    sandbox: str
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
    timed_out: bool
    proposed: int
    rejected: int
    any_right: bool | None
    why: str

    @property
    def passed(self) -> bool:
        """Whether the answer is right."""
        return self.state == "passed"


def key_of(result: Result | ScoredQuestion) -> Key:
    """What makes two results answers to the same question."""
    return (
        result.set,
        result.digest,
        result.sandbox,
        result.mix,
        result.mix_hash,
        result.role,
        result.prompts,
        result.task,
        str(result.sample),
    )


def asked_once(results: Iterable[Result]) -> list[ScoredQuestion]:
    """Every question with its one answer, sorted.

    Raises:
        UsageError: a question has two different answers: two runs lie in one folder.
    """
    kept: dict[Key, ScoredQuestion] = {}
    for result in results:
        new = _asked(result)
        old = kept.setdefault(key_of(new), new)
        if old is new:
            continue
        if "missing" in (old.state, new.state):
            # Of two that are missing the same one stays, in whatever order they come.
            spent = old.spent_usd + new.spent_usd
            kept[key_of(new)] = replace(max(old, new, key=_precedence), spent_usd=spent)
        elif _answer(new) != _answer(old):
            raise UsageError(
                f"{escape(new.mix)} answers {escape(new.task)} of {escape(new.set)} twice, and "
                "differently: two runs lie in one folder, report on one of them"
            )
    return [kept[key] for key in sorted(kept)]


def _precedence(asked: ScoredQuestion) -> tuple[bool, str]:
    return (asked.state != "missing", asked.why)


def _answer(asked: ScoredQuestion) -> tuple[object, ...]:
    return (asked.state, asked.seconds, asked.cost_usd, asked.usage)


def _asked(result: Result) -> ScoredQuestion:
    lines = split_lines(result.drill.detail)
    return ScoredQuestion(
        result.mix,
        result.mix_hash,
        result.role,
        result.prompts,
        result.set,
        result.digest,
        result.sandbox,
        result.task,
        result.cluster,
        result.sample,
        result.state,
        result.seconds,
        result.slowest,
        result.usage,
        result.cost_usd,
        result.cost_known,
        result.spent_usd,
        result.timed_out,
        result.proposed,
        result.rejected,
        any(result.right.values()) if result.right else None,
        lines[0].strip() if lines else "",
    )
