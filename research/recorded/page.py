"""The page: one self-contained file of what was measured, losses included. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from moa_bench.statistics import Mean
from research.recorded.study import Panels, Row, Study, Table, summary

ALPHA = 0.05

SCALE = 30.0
"""Points to either side of the plotted intervals; what is longer is cut."""

WIDTH, HEIGHT = 240, 14

MINUS, DASH = "\N{MINUS SIGN}", "\N{EN DASH}"

STYLE = """
:root { color-scheme: light dark; --line: #8885; --good: #0a7d4f; --bad: #b3261e; --dim: #8888; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 64rem; }
body { padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; }
h3 { font-size: 1rem; margin-bottom: .3rem; }
table { border-collapse: collapse; font-size: 13px; width: 100%; }
table { font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--line); padding: .15rem .5rem; text-align: right; }
th:first-child, td:first-child { text-align: left; }
.up { color: var(--good); } .down { color: var(--bad); }
.new td:first-child { font-style: italic; }
svg { display: block; } .wide { overflow-x: auto; } details { margin: .6rem 0; }
summary { cursor: pointer; } .dim { color: color-mix(in srgb, currentColor 60%, transparent); }
"""


def page(found: Study) -> str:
    """All of it, as HTML."""
    first = [each for each in found.tables if not each.confirms]
    second = [each for each in found.tables if each.confirms]
    body = [
        "<h1>Choosing among answers without a model</h1>",
        *_introduction(found),
        "<h2>In short</h2>",
        _overview(first),
        *_sought(found),
        *_confirmed(second),
        "<h2>Panels drawn by chance</h2>",
        *_panels(found.panels),
        "<h2>Every group, every rule</h2>",
        _legend(),
        *(_details(each) for each in found.tables),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Selection on recorded answers</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _introduction(found: Study) -> Iterator[str]:
    yield (
        "<p>Recorded answers of real models, whose tests were run when they were recorded, go"
        " through moa-lsp's own extraction, gates and selectors. <b>Pass@1</b> is the share of"
        " tasks whose chosen answer passes, in per cent. Each rule is compared with the <b>best"
        " single model in hindsight</b>, which is also what <code>select: prior</code> gets when"
        " the weights of a mix tell the truth: a demanding rival. The <b>oracle</b> always finds a"
        " right answer where there is one.</p>"
    )
    yield (
        "<p>Made by <code>python -m research.recorded FOLDER --html research/selection.html"
        "</code>."
        " The recordings are not part of the repository.</p>"
    )
    if found.missing:
        yield f"<p>Not in the folder: {escape(', '.join(found.missing))}.</p>"


def _overview(tables: Sequence[Table]) -> str:
    names = (
        "verify: [parse], prior",
        "verify: [parse], majority",
        "verify: [parse], vote",
        "verify: [parse], medoid",
        "verify: [parse, names], prior",
        "verify: [parse, names], majority",
        "verify: [parse, examples], prior",
    )
    short = ("parse", "parse, majority", "parse, vote", "parse, medoid")
    short += ("names", "names, majority", "examples")
    head = ("tasks, models", "strength", "n", "best", "oracle", *short)
    rows = []
    for each in tables:
        found = {row.name: row for row in each.rows}
        cells = [
            escape(f"{each.set}, {each.group}"),
            "like" if each.like else "unlike",
            f"{each.oracle.tasks:,}",
            _points(each.models[0][1].value),
            _points(each.oracle.value),
            *(_gain(found[name]) if name in found else DASH for name in names),
        ]
        rows.append(cells)
    return _table(head, rows) + (
        "<p class=dim>Behind the oracle: points over the best model. <i>Names</i>:"
        " <code>verify: [parse, names]</code>; where no step is named, <code>select: prior</code>;"
        " <i>majority</i>: <code>agree</code> by more than half, then <code>prior</code>;"
        " <i>examples</i>: those of the prompt are run, in the bench alone. Bold: the 95 %"
        " interval excludes 0.</p>"
    )


def _sought(found: Study) -> Iterator[str]:
    first = [each for each in found.tables if not each.confirms]
    tried = {row.name for each in first for row in each.rows if row.tried}
    won = summary(found)
    twice = {name: sets for name, sets in won.items() if len(set(sets)) > 1}
    yield "<h2>Was a better selector found?</h2>"
    yield (
        f"<p>{len(tried)} rules that the engine does not have were tried, {found.tests} tests in"
        " all. What is learnt is learnt on one half of the clusters and used on the other, both"
        " ways; halves are drawn by SHA-256 of the cluster's name. p is McNemar's exact test over"
        " clusters (those in which the rule gains against those in which it loses, so that tasks"
        " which are alike by their making count once), corrected by Holm for all"
        f" {found.tests}.</p>"
    )
    if twice:
        told = "; ".join(f"<i>{escape(n)}</i> ({escape(', '.join(s))})" for n, s in twice.items())
        yield (
            "<p>Better than the best single model of a group of unlike strength, after the"
            f" correction, on two task sets: {told}.</p>"
        )
    else:
        yield (
            "<p><b>No.</b> No rule beats the best single model of groups of unlike strength on two"
            " task sets after the correction.</p>"
        )
    for name in sorted({each for sets in won.values() for each in sets}):
        here = [rule for rule, sets in won.items() if name in sets and rule not in twice]
        groups = [each.group for each in first if each.set == name and not each.like]
        if here:
            yield (
                f"<p>On one set alone, {escape(name)} ({escape(', '.join(groups))}):"
                f" {len(here)} of the rules.</p>"
            )
    yield _table(
        ("rule", "groups", "mean gain", "groups better", "groups worse", "best p", "corrected"),
        [_over_groups(name, first) for name in sorted(tried)],
    )
    yield (
        "<p class=dim>Better and worse: groups in which the rule is above or below the best model"
        " by any amount.</p>"
    )


def _over_groups(name: str, tables: Iterable[Table]) -> list[str]:
    rows = [row for each in tables for row in each.rows if row.name == name]
    gains = [row.pair.difference for row in rows]
    least = min(rows, key=lambda row: row.chance if row.pair.difference > 0 else 2.0)
    rose = least.pair.difference > 0
    return [
        escape(name),
        str(len(rows)),
        _signed(sum(gains) / len(gains)),
        str(sum(gain > 0 for gain in gains)),
        str(sum(gain < 0 for gain in gains)),
        _chance(least.chance) if rose else DASH,
        _chance(least.corrected or 1.0) if rose else DASH,
    ]


def _confirmed(tables: Sequence[Table]) -> Iterator[str]:
    if not tables:
        return
    yield "<h2>The gate on names, on answers not looked at before</h2>"
    yield (
        "<p>The fourth and fifth answer of each model to the same tasks of CanItEdit, for the one"
        " rule of the engine that the first answers spoke for. The second and third had been"
        " looked at in an earlier attempt.</p>"
    )
    names = ("verify: [parse], prior", "verify: [parse], majority")
    names += ("verify: [parse, names], prior", "verify: [parse, names], majority")
    yield _table(
        ("models", "rule", "Pass@1", "gain", "interval", "clusters", "p"),
        [
            [
                escape(each.group),
                escape(name),
                _points(each.row(name).score.value),
                _gain(each.row(name)),
                _interval(each.row(name)),
                f"{each.row(name).pair.better} : {each.row(name).pair.worse}",
                _chance(each.row(name).chance),
            ]
            for each in tables
            for name in names
        ],
    )


def _panels(panels: Sequence[Panels]) -> Iterator[str]:
    yield (
        "<p>Groups can be chosen to please. So panels were drawn by chance of all models that are"
        " in a group of the set; gains are over the best model of each panel.</p>"
    )
    yield _table(
        ("tasks, size of the panel", "rule", "mean gain", "panels won", "lost", "worst"),
        [
            [
                escape(f"{each.set}, {each.size}"),
                escape(each.name),
                f"{each.gain:+.2f}".replace("-", MINUS),
                f"{100 * each.won:.0f} %",
                f"{100 * each.lost:.0f} %",
                f"{each.worst:+.1f}".replace("-", MINUS),
            ]
            for each in panels
        ],
    )


def _legend() -> str:
    return (
        "<p>Upright: what a mix can say today. <i>In italics</i>: tried here. Clusters: in how"
        " many the rule gains, in how many it loses; questions: the same, where McNemar's test is"
        " of single answers. The bar is the 95 % interval of the gain, clusters drawn anew.</p>"
    )


def _details(each: Table) -> str:
    models = _table(
        ("model", "Pass@1", "interval"),
        [
            [escape(name), _points(mean.value), _between(mean)]
            for name, mean in (*each.models, ("oracle", each.oracle))
        ],
    )
    head = ("rule", "Pass@1", "gain", "interval", "", "clusters", "p", "corrected", "questions")
    rules = _table(head, [_rule(row) for row in each.rows], [row.tried for row in each.rows])
    kind = "like" if each.like else "unlike"
    told = (
        f"{each.oracle.tasks:,} questions, {each.oracle.clusters} clusters, models of {kind}"
        f" strength. Two models agree on {100 * each.agree:.0f} % of the questions and are then"
        f" right in {100 * each.agree_right:.0f} %."
    )
    ran = "" if each.ran else " No examples were run."
    return (
        f"<details><summary><b>{escape(each.set)}, {escape(each.group)}</b></summary>"
        f"<p>{told}{ran}</p>{models}<h3>Rules</h3>{rules}</details>"
    )


def _rule(row: Row) -> list[str]:
    return [
        escape(row.name),
        _points(row.score.value),
        _gain(row),
        _interval(row),
        _bar(row),
        f"{row.pair.better} : {row.pair.worse}",
        _chance(row.chance),
        _chance(row.corrected) if row.corrected is not None else "",
        f"{row.better} : {row.worse}",
    ]


def _bar(row: Row) -> str:
    def x(share: float) -> float:
        points = max(-SCALE, min(SCALE, 100 * share))
        return round(WIDTH / 2 + points * WIDTH / (2 * SCALE), 1)

    low, high = x(row.pair.interval.low), x(row.pair.interval.high)
    colour = "var(--dim)"
    if row.pair.interval.excludes(0.0):
        colour = "var(--good)" if row.pair.difference > 0 else "var(--bad)"
    middle = HEIGHT / 2
    return (
        f'<svg width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{_interval(row)}">'
        f'<line x1="{WIDTH / 2}" x2="{WIDTH / 2}" y1="0" y2="{HEIGHT}" stroke="var(--line)"/>'
        f'<line x1="{low}" x2="{high}" y1="{middle}" y2="{middle}" stroke="{colour}"'
        f' stroke-width="3"/><circle cx="{x(row.pair.difference)}" cy="{middle}" r="3.5"'
        f' fill="{colour}"/></svg>'
    )


def _table(
    head: Sequence[str], rows: Iterable[Sequence[str]], new: Sequence[bool] | None = None
) -> str:
    lines = ["<tr>" + "".join(f"<th>{cell}</th>" for cell in head) + "</tr>"]
    for place, row in enumerate(rows):
        kind = ' class="new"' if new and new[place] else ""
        lines.append(f"<tr{kind}>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>")
    return '<div class="wide"><table>\n' + "\n".join(lines) + "\n</table></div>"


def _points(share: float) -> str:
    return f"{100 * share:.1f}"


def _signed(share: float) -> str:
    points = round(100 * share, 1)
    return f"{points:+.1f}".replace("-", MINUS) if points else "0.0"


def _gain(row: Row) -> str:
    told = _signed(row.pair.difference)
    if not row.pair.interval.excludes(0.0):
        return told
    kind = "up" if row.pair.difference > 0 else "down"
    return f'<b class="{kind}">{told}</b>'


def _interval(row: Row) -> str:
    return f"[{_signed(row.pair.interval.low)}, {_signed(row.pair.interval.high)}]"


def _between(mean: Mean) -> str:
    return f"[{_points(mean.interval.low)}, {_points(mean.interval.high)}]"


def _chance(p: float) -> str:
    if p < 0.0001:
        return "&lt; 0.0001"
    return f"<b>{p:.4f}</b>" if p < ALPHA else f"{p:.2f}"
