"""A board as one page that needs nothing else: no request, no script to be read.

Answers of models are on it, so it is built as a tree (``markup.py``), and its policy forbids
everything but this style and this script by their hashes.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from importlib import resources
from xml.etree import ElementTree as ET

from moa_bench.report import formatting, plots
from moa_bench.report.board import Board, BoardRow, Table
from moa_bench.report.markup import Child, add, node, raw, written
from moa_bench.report.task_details import PageBudget, TaskReports, drill
from moa_bench.report.tasks import tasks
from moa_bench.values import Result

BAR = 170
"""Width of the picture of an interval, in pixels."""

NO_PLOTS = "the plots are left out: they need vl-convert-python, which moa-lsp[bench] installs"


Draw = Callable[[plots.Spec, str], ET.Element | None]
"""Makes a picture of a plot's data and its title; ``None`` where that cannot be."""


def page(board: Board, results: Sequence[Result], draw: Draw = plots.render) -> str:
    """The whole document.

    Args:
        board: made of ``results``.
        results: with the texts that single tasks are shown by.
        draw: the plots.
    """
    room = PageBudget()
    style, script = _asset("page.css"), _asset("page.js")
    sections = [
        _section(at, table, drill(table, results, room), draw)
        for at, table in enumerate(board.tables)
    ]
    title = "moa-lsp bench: " + ", ".join(dict.fromkeys(table.set for table in board.tables))
    head = node(
        "head",
        node("meta", charset="utf-8"),
        node("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
        node("meta", name="viewport", content="width=device-width, initial-scale=1"),
        node("meta", name="referrer", content="no-referrer"),
        node("title", title),
        raw("style", style),
    )
    body = node(
        "body",
        node("h1", title),
        *(node("p", note, class_="warning") for note in board.notes),
        _contents(board) if len(board.tables) > 1 else None,
        *sections,
        node("h2", "How to read this"),
        node("dl", *_method()),
        raw("script", script),
    )
    return written(node("html", head, body, lang="en"))


def _policy(style: str, script: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src {_hash(style)}",
            f"script-src {_hash(script)}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


@cache
def _asset(name: str) -> str:
    return resources.files("moa_bench.report").joinpath(name).read_text("utf-8")


def _contents(board: Board) -> ET.Element:
    items = (
        node("li", node("a", formatting.head(table), href=f"#set-{at}"))
        for at, table in enumerate(board.tables)
    )
    return node("nav", node("ul", *items), aria_label="Task sets")


def _method() -> Iterator[ET.Element]:
    for name, said in formatting.METHOD.items():
        yield node("dt", name)
        yield node("dd", said)


def _section(at: int, table: Table, drilled: TaskReports, draw: Draw) -> ET.Element:
    return node(
        "section",
        node("h2", table.set, id=f"set-{at}"),
        node("p", formatting.head(table), class_="dim"),
        *(node("p", note, class_="warning") for note in table.notes if table.unsandboxed),
        node("p", formatting.lead(table)),
        _leaderboard(table),
        _notes(table),
        _figures(table, draw),
        tasks(at, table, drilled),
    )


def _notes(table: Table) -> ET.Element:
    below: list[str] = [] if table.unsandboxed else list(table.notes)
    if table.power:
        below.insert(0, f"Power: {formatting.power(table.power)}.")
    if table.excluded:
        below.append(formatting.excluded(table))
    below += [
        formatting.missing(row.label, row.counts) for row in table.rows if row.counts.missing
    ]
    return node("ul", *(node("li", each) for each in below))


# --- the leaderboard ----------------------------------------------------------------------------

HEADS = (
    ("rank", "shared by what cannot be told apart"),
    ("nr", "as in the plots"),
    ("mix", "and its role"),
    ("pass@1", "percent"),
    ("95 %", "the same scale for all rows"),
    ("tasks", "scored; below them missing"),
    ("Δ", "points against the baseline, with its interval"),
    ("p", "McNemar, after Holm"),
    ("USD/solved", "as if alone, for a solved task; below it for any task"),
    ("USD", "as if alone, of all tasks; below it what was paid"),
    ("p50\u00a0s", "as if alone; below it the slowest proposer"),
    ("p95\u00a0s", "as if alone; below it the slowest proposer"),
    ("tokens", "in; below them out"),
    ("no answer", "percent of the questions"),
    ("timeout", "percent of the questions"),
    ("rejected", "percent of the proposals"),
    ("oracle", "percent, any proposer right"),
)


def _leaderboard(table: Table) -> ET.Element:
    scale = _scale(table.rows)
    against = f"Δ and p against {table.baseline}. " if table.baseline else "No baseline. "
    caption = against + "Numbers in brackets are 95 % intervals. ★: on the Pareto front."
    made = node(
        "table",
        node("caption", caption),
        node(
            "thead",
            node(
                "tr",
                *(
                    node(
                        "th",
                        name,
                        scope="col",
                        title=said,
                        class_="left" if name == "mix" else None,
                    )
                    for name, said in HEADS
                ),
            ),
        ),
        node("tbody", *_rows(table, scale)),
        class_="sortable",
    )
    return node("div", made, class_="scroll", tabindex="0", role="region", aria_label="Ranking")


def _rows(table: Table, scale: tuple[float, float]) -> Iterator[ET.Element]:
    above: int | None = 1
    for number, row in enumerate(table.rows, 1):
        new = "newrank" if row.rank != above else ""
        above = row.rank
        classes = " ".join(filter(None, (new, row.role if row.role in plots.ROLES else "")))
        yield add(node("tr", class_=classes or None), _cells(table, number, row, scale))


def _cells(
    table: Table, number: int, row: BoardRow, scale: tuple[float, float]
) -> Iterator[ET.Element]:
    cost, counts, delta = row.cost, row.counts, row.delta
    yield _cell(formatting.rank(row), row.rank)
    yield _cell(str(number), number)
    base = row.label == table.baseline
    yield node(
        "th",
        *_breakable(row.label),
        node("span", " ★", class_="front", title="on the Pareto front") if row.front else None,
        " ",
        node(
            "span",
            row.role + (", baseline" if base else ""),
            class_=f"role {row.role}" if row.role in plots.ROLES else "role",
        ),
        scope="row",
        class_="name base" if base else "name",
    )
    yield _cell(
        formatting.score(row.score),
        row.score.value if row.score else None,
        below=_more_samples(row),
    )
    yield _bar(row, scale)
    yield _cell(
        str(row.score.tasks if row.score else 0),
        row.score.tasks if row.score else 0,
        below=f"{row.missing_tasks} missing" if row.missing_tasks else "",
    )
    yield _cell(
        formatting.difference(delta),
        delta.pair.difference if delta else None,
        below=formatting.difference_interval(delta) if delta else "",
        class_=_sign(row),
    )
    yield _cell(
        formatting.chance(delta.p_holm) if delta else formatting.NONE,
        delta.p_holm if delta else None,
        below=f"{delta.better} : {delta.worse}" if delta else "",
        title="tasks that only this one solves : only the baseline",
    )
    yield _cell(
        formatting.usd(cost.solved, known=cost.known),
        cost.solved,
        below=f"{formatting.usd(cost.task, known=cost.known)} a task",
    )
    yield _cell(
        formatting.usd(cost.total, known=cost.known),
        cost.total,
        below=f"paid {formatting.usd(cost.spent)}",
    )
    yield from _latency_cells(row)
    usage = row.usage
    yield _cell(formatting.count(usage.input), usage.input, below=formatting.count(usage.output))
    yield _share(counts.no_answer, counts.scored)
    yield _share(counts.timed_out, counts.scored)
    yield _cell(
        formatting.NONE if row.rejected is None else formatting.percent(row.rejected), row.rejected
    )
    yield _cell(
        formatting.percent(row.oracle.share) if row.oracle else formatting.NONE,
        row.oracle.share if row.oracle else None,
    )


def _breakable(label: str) -> Iterator[Child]:
    """A mix's name, which may be folded between the names that it is made of."""
    for part in re.split(r"(?<=[+→/,])", label):
        yield part
        yield node("wbr")


def _latency_cells(row: BoardRow) -> Iterator[ET.Element]:
    of = row.latency
    if of is None:
        yield _cell(formatting.NONE, None)
        yield _cell(formatting.NONE, None)
        return
    yield _cell(formatting.seconds(of.p50), of.p50, below=formatting.seconds(of.slowest_p50))
    yield _cell(formatting.seconds(of.p95), of.p95, below=formatting.seconds(of.slowest_p95))


def _more_samples(row: BoardRow) -> str:
    return " ".join(
        f"@{k} {formatting.percent(value)}" for k, value in row.pass_at.items() if k > 1
    )


def _sign(row: BoardRow) -> str | None:
    if row.delta is None or not row.delta.pair.decided:
        return None
    return "good" if row.delta.pair.difference > 0 else "bad"


def _share(part: int, whole: int) -> ET.Element:
    return _cell(formatting.share(part, whole), part / whole if whole else None)


def _cell(
    text: str,
    value: float | None,
    *,
    below: str = "",
    class_: str | None = None,
    title: str | None = None,
) -> ET.Element:
    """A number: ``value`` is what it is sorted by."""
    more: list[Child] = [node("br"), node("span", below, class_="small")] if below else []
    by = formatting.NONE if value is None else repr(value)
    return node("td", text, *more, data_value=by, class_=class_, title=title)


def _scale(rows: Sequence[BoardRow]) -> tuple[float, float]:
    """From where to where the intervals of all rows reach, in tenths."""
    ends = [end for row in rows if row.score for end in _ends(row)]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    return int(low * 10) / 10, -int(-high * 10 - 0.999_999) / 10


def _ends(row: BoardRow) -> Iterable[float]:
    return (row.score.interval.low, row.score.interval.high) if row.score else ()


def _bar(row: BoardRow, scale: tuple[float, float]) -> ET.Element:
    """The interval drawn, and in words for who cannot see it."""
    if row.score is None:
        return _cell(formatting.NONE, None)
    low, high = scale

    def place(share: float) -> str:
        return f"{4 + (BAR - 8) * (share - low) / max(high - low, 1e-9):.1f}"

    of = row.score.interval
    text = formatting.interval(of)
    picture = node(
        "svg",
        node("line", class_="track", x1="0", x2=str(BAR), y1="8", y2="8"),
        node("line", class_="range", x1=place(of.low), x2=place(of.high), y1="8", y2="8"),
        node("circle", class_="value", cx=place(row.score.value), cy="8", r="4"),
        class_="bar",
        role="img",
        aria_label=f"95 % interval {text}",
    )
    picture.set("viewBox", f"0 0 {BAR} 16")
    return node("td", picture, node("span", text, class_="small"), data_value=repr(of.low))


# --- plots --------------------------------------------------------------------------------------


def _figures(table: Table, draw: Draw) -> ET.Element:
    free = any(row.score and not row.cost.task for row in table.rows)
    unknown = any(row.score and not row.cost.known for row in table.rows)
    front = ", ".join(
        f"{number} {row.label}" for number, row in enumerate(table.rows, 1) if row.front
    )
    said = (
        "Cost and quality. Points are mixes by their number, bars 95 % intervals; the dashed line "
        f"is the Pareto front: {front or 'nobody is on it'}."
        + (" What costs nothing stands at the left edge." if free else "")
        + (" Of some mixes not every price is known: they cost at least that." if unknown else "")
    )
    latency = (
        "Latency as if alone: the mark is the median, the line ends at the 95th percentile, the "
        "upright stroke is the median of the slowest proposer."
    )
    drawn = [
        (plots.quality(table.rows), said),
        (plots.latency(table.rows), latency),
    ]
    figures: list[Child] = []
    for spec, caption in drawn:
        if spec is None:
            continue
        picture = draw(spec, caption)
        if picture is None:
            return node("p", NO_PLOTS, class_="dim")
        figures.append(node("figure", picture, node("figcaption", caption)))
    return node("div", *figures, class_="plots")
