"""What a reader is shown of single tasks: who failed, and every text behind it once.

Pure. Mixes share proposals, so a text is kept once for a task however many mixes had it. The page
has a bound: tasks on which mixes differ come first, since they decide the ranking, and what no
longer fits is counted.
"""

import html
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from moa_bench.report.board import BoardRow, Table
from moa_bench.values import Result, State
from moa_lsp.limits import MAX_SHOWN_CHARS
from moa_lsp.text.sanitize import escape

MAX_PAGE_TEXT_CHARS = 6000
"""Of one prompt, proposal or answer on a report's page: its beginning and end, some 150 lines."""

MAX_PAGE_BYTES = 8 * 10**6
"""What single tasks take of a report's page: with the rest it stays under 10 MB, which a browser
opens in a second and most mail lets through."""


_NUMBERS = re.compile(r"([0-9]{1,18})")

VERDICT_BYTES = 400
"""Of a page for one line on one mix, with its markup."""


@dataclass(slots=True)
class TextPiece:
    """A text and the numbers of the rows that it belongs to.

    Attributes:
        who: the agent of a proposal, else empty.
        right: whether a proposal passes, where that was looked at.
    """

    who: str
    text: str
    right: bool | None = None
    rows: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TaskVerdict:
    """Why one mix did not pass; ``proposals`` and ``answer`` are places among the pieces."""

    row: int
    label: str
    state: State
    timed_out: bool
    detail: str
    seconds: float
    usd: float
    proposals: tuple[int, ...]
    answer: int | None


@dataclass(frozen=True, slots=True)
class TaskReport:
    """One task that not every mix passed.

    Attributes:
        passed: numbers of the rows that did, of ``asked`` rows with a result.
        shortened: the texts behind the verdicts did not fit into the page.
    """

    task: str
    cluster: str
    asked: int
    passed: tuple[int, ...]
    verdicts: tuple[TaskVerdict, ...]
    prompts: tuple[TextPiece, ...] = ()
    proposals: tuple[TextPiece, ...] = ()
    answers: tuple[TextPiece, ...] = ()
    shortened: bool = False


@dataclass(frozen=True, slots=True)
class TaskReports:
    """All that is shown of the tasks of one table.

    Attributes:
        solved: tasks that every mix passed; they are named and no more.
        left_out: tasks that did not fit at all.
    """

    tasks: tuple[TaskReport, ...]
    solved: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def shortened(self) -> int:
        """Tasks whose texts are left out."""
        return sum(task.shortened for task in self.tasks)


class PageBudget:
    """What is left of the page, shared by its tables."""

    def __init__(self, size: int = MAX_PAGE_BYTES) -> None:
        self.left = size

    def takes(self, size: int) -> bool:
        """Take so many bytes if they are there."""
        fits = size <= self.left
        self.left -= size if fits else 0
        return fits


def drill(table: Table, results: Iterable[Result], room: PageBudget) -> TaskReports:
    """The tasks of a table, those on which mixes differ first.

    Args:
        table: made of ``results`` and perhaps more.
        results: of which each mix's first sample of a task is shown.
        room: of the page.
    """
    numbered = {_key(row): (number, row) for number, row in enumerate(table.rows, 1)}
    by_task: dict[str, dict[int, Result]] = defaultdict(dict)
    for result in results:
        if (result.set, result.digest, result.sandbox) != (table.set, table.digest, table.sandbox):
            continue
        number, _ = numbered[_key(result)]
        kept = by_task[result.task].get(number)
        if kept is None or _precedence(result) < _precedence(kept):
            by_task[result.task][number] = result
    labels = {number: row.label for number, row in numbered.values()}
    made = [_task(name, by_task[name], labels) for name in sorted(by_task, key=_natural)]
    solved = tuple(each.task for each in made if not each.verdicts)
    open_ = sorted((each for each in made if each.verdicts), key=lambda each: not each.passed)
    shown, left_out = [], []
    for each in open_:
        if room.takes(_size(each)):
            shown.append(each)
        elif room.takes(_size(bare := _bare(each))):
            shown.append(bare)
        else:
            left_out.append(each.task)
    return TaskReports(tuple(shown), solved, tuple(left_out))


def _key(of: BoardRow | Result) -> tuple[str, str, str, str]:
    return (of.mix, of.mix_hash, of.role, of.prompts)


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts ``task/9`` before ``task/10``."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in _NUMBERS.split(name)]


def _precedence(result: Result) -> tuple[int, bool]:
    return (result.sample, result.state == "missing")


def _task(name: str, results: Mapping[int, Result], labels: Mapping[int, str]) -> TaskReport:
    prompts, proposals, answers = _TextPool(), _TextPool(), _TextPool()
    verdicts, passed = [], []
    for number in sorted(results):
        result = results[number]
        if result.state == "passed":
            passed.append(number)
            continue
        drill = result.drill
        if drill.prompt:
            prompts.add(number, drill.prompt)
        verdicts.append(
            TaskVerdict(
                number,
                labels[number],
                result.state,
                result.timed_out,
                escape(_last_line(drill.detail), MAX_SHOWN_CHARS),
                result.seconds,
                result.cost_usd,
                tuple(
                    proposals.add(number, text, who, result.right.get(who))
                    for who, text in drill.proposals
                ),
                None if drill.answer is None else answers.add(number, drill.answer),
            )
        )
    cluster = next(iter(results.values())).cluster
    return TaskReport(
        name,
        cluster,
        len(results),
        tuple(passed),
        tuple(verdicts),
        prompts.found,
        proposals.found,
        answers.found,
    )


class _TextPool:
    """Texts, each once, cut to what a page shows of one."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, str], int] = {}
        self._found: list[TextPiece] = []

    @property
    def found(self) -> tuple[TextPiece, ...]:
        return tuple(self._found)

    def add(self, row: int, text: str, who: str = "", right: bool | None = None) -> int:  # noqa: FBT001  # what is known of it, not how to act
        place = self._places.setdefault((who, text), len(self._found))
        if place == len(self._found):
            self._found.append(TextPiece(who, _cut(text), right))
        self._found[place].rows.append(row)
        return place


def _cut(text: str) -> str:
    if len(text) <= MAX_PAGE_TEXT_CHARS:
        return text
    half = MAX_PAGE_TEXT_CHARS // 2
    lost = len(text) - 2 * half
    return f"{text[:half]}\n… {lost:,} characters left out …\n{text[-half:]}"


def _last_line(detail: str) -> str:
    """Of a traceback the line that says what happened."""
    lines = [line.strip() for line in detail.split("\n")]
    return next((line for line in reversed(lines) if line), "")


def _size(task: TaskReport) -> int:
    pieces = _all(task)
    texts = sum(_bytes(piece.text) + _bytes(piece.who) + VERDICT_BYTES for piece in pieces)
    lines = sum(VERDICT_BYTES + _bytes(each.detail) + _bytes(each.label) for each in task.verdicts)
    return texts + lines + VERDICT_BYTES + _bytes(task.task)


def _bytes(text: str) -> int:
    return len(html.escape(escape(text, keep_lines=True)).encode("utf-8"))


def _all(task: TaskReport) -> Sequence[TextPiece]:
    return (*task.prompts, *task.proposals, *task.answers)


def _bare(task: TaskReport) -> TaskReport:
    """The same without its texts."""
    verdicts = tuple(replace(each, proposals=(), answer=None) for each in task.verdicts)
    return replace(task, verdicts=verdicts, prompts=(), proposals=(), answers=(), shortened=True)
