"""Numbers of a board as people read them: points, money, seconds, chances."""

import re
from collections.abc import Mapping

from moa_bench.report.board import BoardRow, Delta, OutcomeCounts, Power, Table
from moa_bench.statistics import Interval, Mean
from moa_lsp.limits import MAX_SHOWN_CHARS
from moa_lsp.text.sanitize import escape

NONE = "-"
"""Shown where there is no such number."""

METHOD: Mapping[str, str] = {
    "pass@1": "mean over tasks of the share of samples that pass; the interval (95 %) is a "
    "bootstrap of 2,000 draws of clusters of tasks that are alike by their making",
    "rank": "mixes that cannot be told apart share one: the interval of the paired difference "
    "to the best of the rank includes 0, or they differ on fewer than six clusters",
    "Δ": "paired difference to the baseline on the tasks that both have, with its clustered "
    "bootstrap interval",
    "p": "McNemar's exact test on one sample of each task, against the baseline; corrected after "
    "Holm for all rows of the table. It takes tasks for independent, the intervals do not",
    "USD": "as-if: what the mix had cost by itself; answers shared between mixes are charged to "
    "each. Per solved task is the total over the passed questions",
    "seconds": "as-if: as long as the mix had taken by itself, with the times that its answers "
    "once took",
    "oracle": "how often any proposer was right by itself: the most that choosing could reach",
    "front": "no other ranked mix of known cost scores as much for less",
    "missing": "the infrastructure failed; such questions are never scored as wrong, and are "
    "asked again by the next run",
    "baseline": "if none is chosen it is the best single model here. Being the best of several "
    "is partly luck, so that gaps to it look a little too small",
}
"""What the numbers mean, told below each report."""


def percent(share: float) -> str:
    """A share as a percentage with one decimal."""
    return f"{100 * share:.1f}"


def interval(of: Interval) -> str:
    """An interval of shares as percentages."""
    return f"[{percent(of.low)}, {percent(of.high)}]"


def score(mean: Mean | None) -> str:
    """pass@1 as a percentage."""
    return NONE if mean is None else percent(mean.value)


def difference(delta: Delta | None) -> str:
    """Points against the baseline."""
    return NONE if delta is None else signed(delta.pair.difference)


def signed(share: float) -> str:
    """A difference of shares in points, with its sign."""
    text = f"{100 * share:+.1f}"
    return "0.0" if float(text) == 0 else text.replace("-", "\N{MINUS SIGN}")


def difference_interval(delta: Delta | None) -> str:
    """The interval of ``difference``."""
    if delta is None:
        return NONE
    return f"[{signed(delta.pair.interval.low)}, {signed(delta.pair.interval.high)}]"


def chance(p: float) -> str:
    """A p value: three decimals, or that it is below them."""
    return "<.001" if p < 0.001 else f"{p:.3f}".removeprefix("0")


def usd(amount: float | None, *, known: bool = True) -> str:
    """Money to two significant digits below a cent, to a cent above ten."""
    if amount is None:
        return NONE
    if amount == 0:
        text = "0"
    elif amount < 0.00001:
        text = "<0.00001"
    elif amount < 0.01:
        text = f"{float(f'{amount:.2g}'):.6f}".rstrip("0")
    else:
        text = f"{amount:.4f}" if amount < 10 else f"{amount:,.2f}"
    return text if known else f"\N{GREATER-THAN OR EQUAL TO}{text}"


def seconds(duration: float) -> str:
    """Seconds: milliseconds matter below one."""
    return f"{duration:.2f}" if duration < 10 else f"{duration:,.0f}"


def count(number: int) -> str:
    """A count; short from a million on."""
    return f"{number:,}" if number < 1_000_000 else f"{number / 1e6:,.2f} M"


def rank(row: BoardRow) -> str:
    """The rank, or that there is none."""
    return NONE if row.rank is None else str(row.rank)


def share(part: int, whole: int) -> str:
    """How many of how many, as a percentage; nothing of nothing is none."""
    return f"{100 * part / whole:.1f}" if whole else NONE


def head(table: Table) -> str:
    """One line on what a table is of."""
    parts = [
        table.set,
        f"{table.asked} of {table.total} tasks",
        f"{len(table.excluded)} excluded",
        "NOT SANDBOXED" if table.unsandboxed else f"sandbox {table.sandbox or 'not told'}",
    ]
    parts += [table.environment] if table.environment else []
    return " · ".join([*parts, f"data {table.digest[:12]}"])


def lead(table: Table) -> str:
    """What a hurried reader takes away: who is best, and the cheapest of those."""
    first = [row for row in table.rows if row.rank == 1 and row.score]
    if not first:
        return "no mix has enough scored tasks for a rank"
    best = first[0]
    said = f"{best.label} is best with {score(best.score)} %"
    if len(first) > 1:
        said = (
            f"{len(first)} of {len(table.rows)} mixes share the first rank, between "
            f"{score(first[-1].score)} and {score(best.score)} %: the tasks cannot tell them apart"
        )
    priced = [(row.cost.solved, row.label) for row in first if row.cost.solved and row.cost.known]
    if len(first) > 1 and priced:
        cost, label = min(priced)
        said += f"; the cheapest of them is {label} with {usd(cost)} USD for each solved task"
    return said


def missing(label: str, counts: OutcomeCounts) -> str:
    """What of a mix's questions is missing and why."""
    why = ", ".join(f"{reason or 'no reason given'} ({many})" for reason, many in counts.why)
    return f"{label}: {counts.missing} of {counts.missing + counts.scored} missing: {why}"


def power(power: Power) -> str:
    """What can be found with so many tasks."""
    of = "as the comparisons here have in the middle" if power.measured else "as a guess"
    gaps = ", ".join(f"{100 * gap:.0f} points {100 * found:.0f} %" for gap, found in power.found)
    least = (
        "no gap is found four times in five"
        if power.least is None
        else f"four times in five it takes {100 * power.least:.0f} points"
    )
    return (
        f"on {power.tasks} tasks answered once, of which {100 * power.discordant:.0f} % are "
        f"solved by just one of two mixes ({of}), a gap is found that often: "
        f"{gaps or 'never'}; {least}"
    )


def excluded(table: Table) -> str:
    """Which tasks are left out and why."""
    named = (f"{task} ({cause(why)})" for task, why in table.excluded.items())
    return f"{len(table.excluded)} of {table.total} tasks excluded: {', '.join(named)}"


_TRACE = re.compile(r'([ +|]*?)(?:(?:Exception Group )?Traceback \(most|  File ")')
"""Above the error in a traceback, of which perhaps only the end is left; a group has a margin."""


def cause(why: str) -> str:
    """One line of what was said of a program that failed: a traceback's error, else the first.

    What follows either is the program's own talk, or names of tests.
    """
    lines = why.strip("\r\n").split("\n")
    told = lines[0]
    for at, line in reversed(list(enumerate(lines))):
        if above := _TRACE.match(line):
            rest = (each[len(above[1]) :] for each in lines[at + 1 :])
            told = next((each for each in rest if each[:1].strip()), told)
            break
    return escape(told.strip(), MAX_SHOWN_CHARS) or "it failed without a word"
