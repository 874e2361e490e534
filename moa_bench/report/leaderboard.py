"""From results to a board: who is better, how sure that is, and what it costs.

Pure, and the order of the results does not matter. What was not measured alike is never in one
table: another digest of the data, another kind of sandbox. What was not asked alike is never in
one row: another mix, other prompts.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import NamedTuple

from moa_bench import statistics
from moa_bench.limits import LEAST_SCORED
from moa_bench.report import measures
from moa_bench.report.board import (
    Board,
    BoardRow,
    Delta,
    Power,
    Table,
)
from moa_bench.report.questions import ScoredQuestion, asked_once
from moa_bench.statistics import Score
from moa_bench.values import About, Result
from moa_lsp.errors import UsageError
from moa_lsp.providers.base import Usage
from moa_lsp.text.sanitize import escape

CONTROL = "alone"
"""Role of the rows of which the best is the baseline, if none was chosen."""

GAPS = (0.03, 0.05, 0.08, 0.10, 0.15)
"""Differences of which the power note speaks."""

GUESSED_DISCORDANT = 0.2
"""Share of discordant tasks where no comparison measured it: two models of like strength."""


Clusters = frozenset[str]


class ComparisonKey(NamedTuple):
    """What must be equal for two results to be compared."""

    set: str
    digest: str
    sandbox: str


@dataclass(frozen=True, slots=True)
class _RowDraft:
    """A row before it is compared, with what comparing needs."""

    row: BoardRow
    scores: Mapping[str, Score]
    passed: Mapping[str, Mapping[int, bool]]


def build(
    results: Iterable[Result], abouts: Sequence[About] = (), baseline: str | None = None
) -> Board:
    """Rank all mixes of some results.

    Args:
        results: in any order.
        abouts: what they are results of; where none fits, what the results themselves show.
        baseline: name or label of the mix to compare with; left out, the one that the sweeps
            wanted if they agree, else the best one of those that are one model by itself.

    Raises:
        UsageError: no table has such a baseline, or a question has two different answers.
    """
    grounds: dict[ComparisonKey, list[ScoredQuestion]] = defaultdict(list)
    for asked in asked_once(results):
        grounds[ComparisonKey(asked.set, asked.digest, asked.sandbox)].append(asked)
    tables = tuple(_table(ground, grounds[ground], abouts, baseline) for ground in sorted(grounds))
    if baseline is not None and all(table.baseline is None for table in tables):
        names = sorted({row.label for table in tables for row in table.rows})
        known = ", ".join(escape(name) for name in names) or "no mix at all"
        raise UsageError(f"no single mix is called {escape(baseline)}, there are: {known}")
    return Board(tables, tuple(_apart(tables)))


def _apart(tables: Sequence[Table]) -> Iterable[str]:
    """What to say where one task set has several tables."""
    for name, many in Counter(table.set for table in tables).items():
        if many > 1:
            yield (
                f"{name} has {many} tables: results of other data or another kind of sandbox "
                "are not compared with each other"
            )


def _table(
    ground: ComparisonKey,
    asked: list[ScoredQuestion],
    abouts: Sequence[About],
    baseline: str | None,
) -> Table:
    fitting = [about for about in abouts if (about.set, about.digest) == ground[:2]]
    tasks = {each.task for each in asked}
    many = max([len(tasks), *(about.asked for about in fitting)])
    by_row: dict[tuple[str, ...], list[ScoredQuestion]] = defaultdict(list)
    for each in asked:
        by_row[each.mix, each.mix_hash, each.role, each.prompts].append(each)
    labels = _labels(sorted(by_row))
    clusters = frozenset(each.cluster for each in asked)
    measured = [_measured(labels[key], by_row[key], many, clusters) for key in sorted(by_row)]
    measured = _ranked(measured, many, clusters)
    wanted = _wanted(fitting) if baseline is None else {baseline}
    base = _baseline(measured, *wanted) if len(wanted) == 1 else None
    if base is None and baseline is None:
        base = _baseline(measured, None)
    measured = _compared(measured, base, clusters)
    rows = _with_front([each.row for each in measured])
    made = Table(
        *ground,
        environment="; ".join(sorted({about.environment for about in fitting} - {""})),
        total=max([many, *(about.total for about in fitting)]),
        asked=many,
        excluded={key: why for about in fitting for key, why in sorted(about.excluded.items())},
        rows=tuple(rows),
        baseline=base.row.label if base else None,
        power=_power(measured, base),
    )
    return replace(made, notes=tuple(_notes(made, fitting, wanted)))


def _notes(table: Table, abouts: Sequence[About], wanted: set[str]) -> Iterable[str]:
    if table.unsandboxed:
        yield "NOT SANDBOXED: the programs ran with the rights of who started them"
    short = [row for row in table.rows if row.rank is None]
    if short:
        yield (
            f"{len(short)} of {len(table.rows)} mixes have no rank: less than "
            f"{LEAST_SCORED:.0%} of the {table.asked} tasks is scored"
        )
    if len({tuple(sorted(about.excluded)) for about in abouts}) > 1:
        yield "not all mixes were asked the same tasks: other ones were excluded for some"
    if len(wanted) > 1:
        yield (
            f"the sweep names several baselines ({', '.join(sorted(wanted))}), so none of them is "
            "taken: let it run to its end, or choose one with --baseline"
        )
    names = Counter(row.mix for row in table.rows)
    if several := sorted(name for name, many in names.items() if many > 1):
        yield (
            f"{', '.join(several)}: one name, but several mixes, prompts or roles; "
            "each has a row of its own"
        )
    if any(not row.cost.known for row in table.rows):
        yield "≥: the price of some requests is not known, so the cost is at least that"


def _labels(keys: Sequence[tuple[str, ...]]) -> dict[tuple[str, ...], str]:
    """A label for each row: as much as is needed to tell it from the others."""
    forms = (
        lambda mix, _hash, _role, _prompts: mix,
        lambda mix, hash_, _role, _prompts: f"{mix}@{hash_[:8]}",
        lambda mix, hash_, role, _prompts: f"{mix}@{hash_[:8]} {role}",
        lambda mix, hash_, role, prompts: f"{mix}@{hash_} {role} prompts {prompts}",
    )
    labels: dict[tuple[str, ...], str] = {}
    for form in forms:
        made = {key: form(*key) for key in keys if key not in labels}
        counted = Counter(made.values())
        labels |= {key: label for key, label in made.items() if counted[label] == 1}
    return labels


# --- one row ------------------------------------------------------------------------------------


def _measured(
    label: str, asked: Sequence[ScoredQuestion], many: int, clusters: Clusters
) -> _RowDraft:
    first = asked[0]
    scored = [each for each in asked if each.state != "missing"]
    by_task: dict[str, list[ScoredQuestion]] = defaultdict(list)
    for each in scored:
        by_task[each.task].append(each)
    scores = {
        task: Score(them[0].cluster, sum(each.passed for each in them) / len(them))
        for task, them in by_task.items()
    }
    counts = measures.counts(asked)
    row = BoardRow(
        label,
        first.mix,
        first.mix_hash,
        first.role,
        first.prompts,
        rank=None,
        score=statistics.mean(list(scores.values()), clusters=clusters) if scores else None,
        pass_at=measures.pass_at(list(by_task.values())),
        samples=max((len(them) for them in by_task.values()), default=0),
        missing_tasks=many - len(by_task),
        counts=counts,
        cost=measures.cost(asked, scored, counts),
        usage=sum((each.usage for each in scored), Usage()),
        latency=measures.latency(scored),
        rejected=measures.rejected(scored),
        oracle=measures.oracle(by_task),
    )
    passed = {task: {each.sample: each.passed for each in them} for task, them in by_task.items()}
    return _RowDraft(row, scores, passed)


# --- rows beside each other ---------------------------------------------------------------------


def _ranked(measured: Sequence[_RowDraft], many: int, clusters: Clusters) -> list[_RowDraft]:
    """Best first with ranks, then what has too few scored tasks to be ranked."""
    order = sorted(measured, key=_order)
    enough = [each for each in order if len(each.scores) >= LEAST_SCORED * many and each.scores]
    rest = [each for each in order if each not in enough]

    def differ(head: int, place: int) -> bool:
        pair = statistics.pair(enough[head].scores, enough[place].scores, clusters=clusters)
        return pair is not None and pair.decided and pair.difference > 0

    ranks = statistics.ranks(len(enough), differ)
    return [
        *(
            replace(each, row=replace(each.row, rank=rank))
            for each, rank in zip(enough, ranks, strict=True)
        ),
        *rest,
    ]


def _order(each: _RowDraft) -> tuple[float, float, str]:
    score = each.row.score
    return (-score.value if score else 1.0, each.row.cost.task, each.row.label)


def _wanted(abouts: Sequence[About]) -> set[str]:
    """The baselines that the sweeps' files name."""
    return {about.baseline for about in abouts if about.baseline is not None}


def _baseline(measured: Sequence[_RowDraft], chosen: str | None) -> _RowDraft | None:
    """The row to compare with: as chosen by label or by a name that only one has."""
    if chosen is None:
        return next((each for each in measured if each.row.role == CONTROL and each.scores), None)
    fitting = [each for each in measured if chosen == each.row.label]
    fitting = fitting or [each for each in measured if chosen == each.row.mix]
    return fitting[0] if len(fitting) == 1 and fitting[0].scores else None


def _compared(
    measured: Sequence[_RowDraft], base: _RowDraft | None, clusters: Clusters
) -> list[_RowDraft]:
    if base is None:
        return list(measured)
    deltas = {
        each.row.label: made
        for each in measured
        if each is not base and (made := _delta(each, base, clusters)) is not None
    }
    corrected = dict(
        zip(deltas, statistics.holm([delta.p for delta in deltas.values()]), strict=True)
    )
    return [
        replace(
            each,
            row=replace(
                each.row,
                delta=replace(deltas[each.row.label], p_holm=corrected[each.row.label]),
            ),
        )
        if each.row.label in deltas
        else each
        for each in measured
    ]


def _delta(each: _RowDraft, base: _RowDraft, clusters: Clusters) -> Delta | None:
    pair = statistics.pair(each.scores, base.scores, clusters=clusters)
    if pair is None:
        return None
    better, worse = _discordant(each, base)
    p = statistics.mcnemar(better, worse)
    return Delta(pair, better, worse, p, p)


def _discordant(each: _RowDraft, base: _RowDraft) -> tuple[int, int]:
    """Tasks that only the first, and only the second solves, in the first sample of both."""
    better = worse = 0
    for task in each.passed.keys() & base.passed.keys():
        ours, theirs = each.passed[task], base.passed[task]
        common = ours.keys() & theirs.keys()
        if common:
            sample = min(common)
            better += ours[sample] > theirs[sample]
            worse += ours[sample] < theirs[sample]
    return better, worse


def _with_front(rows: Sequence[BoardRow]) -> list[BoardRow]:
    """Mark the rows of which no other one scores as much for less."""
    known = [row for row in rows if row.rank is not None and row.score and row.cost.known]
    best, front = -1.0, set()
    for row in sorted(known, key=lambda row: (row.cost.task, -_value(row), row.label)):
        if _value(row) > best:
            best = _value(row)
            front.add(row.label)
    return [replace(row, front=row.label in front) for row in rows]


def _value(row: BoardRow) -> float:
    return row.score.value if row.score else 0.0


def _power(measured: Sequence[_RowDraft], base: _RowDraft | None) -> Power | None:
    """Of the comparisons with the baseline, else of the best with the others."""
    if not measured or not measured[0].scores:
        return None
    of = base or measured[0]
    tasks = len(of.scores)
    seen = [
        sum(_discordant(each, of)) / common
        for each in measured
        if each is not of and (common := len(each.scores.keys() & of.scores.keys()))
    ]
    share = median(seen) if seen else 0.0
    measured_it = share > 0
    share = share if measured_it else GUESSED_DISCORDANT
    found = tuple((gap, statistics.power(tasks, share, gap)) for gap in GAPS if gap <= share)
    return Power(tasks, share, measured_it, found, statistics.least_gap(tasks, share))
