"""Plots as SVG, without a browser and without a request.

The only place that knows vl-convert, which carries Vega-Lite's own compiler: one wheel without
dependencies. matplotlib has eleven wheels and a licence of its own, altair adds eleven packages
to the same wheel, bokeh and plotly need a browser for a still picture, pygal is LGPL, leather has
no logarithmic axis, lets-plot does not compile without warnings.
What is drawn is plain data (Vega-Lite), made by pure functions. Colours are variables of the
page's style, so that one picture serves a light and a dark page.
"""

import json
import re
from collections.abc import Sequence
from math import ceil, floor, log10
from typing import Any
from xml.etree import ElementTree as ET

from moa_bench.report.board import BoardRow
from moa_bench.report.label_placement import Frame, beside
from moa_bench.report.markup import shown
from moa_lsp.text.sanitize import escape

Spec = dict[str, Any]

VEGA_LITE = "5.20"
"""The version that the specifications are written for; vl-convert carries several."""

ROLES = ("mix", "alone", "resampled")
COLOURS = ("var(--mix)", "var(--alone)", "var(--resampled)")
SHAPES = ("circle", "square", "triangle-up")

LABEL_CHARS = 26
"""Of a mix's name beside an axis."""

CONFIG: Spec = {
    "background": "transparent",
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": {
        "domainColor": "var(--line)",
        "gridColor": "var(--grid)",
        "tickColor": "var(--line)",
        "labelColor": "var(--dim)",
        "titleColor": "var(--ink)",
        "labelFontSize": 12,
        "titleFontSize": 13,
        "titleFontWeight": "normal",
    },
    "legend": {
        "labelColor": "var(--ink)",
        "titleColor": "var(--ink)",
        "labelFontSize": 12,
        "orient": "top",
        "title": None,
    },
    "text": {"color": "var(--ink)", "fontSize": 12},
}


def quality(rows: Sequence[BoardRow]) -> Spec | None:
    """Cost per task against pass@1, intervals and the Pareto front.

    Args:
        rows: of one table, numbered from 1 as they stand there.

    Returns:
        ``None`` where no row has a score. What costs nothing stands left of all that does.
    """
    scored = [(number, row, row.score) for number, row in enumerate(rows, 1) if row.score]
    if not scored:
        return None
    paid = [row.cost.task for _, row, _ in scored if row.cost.task > 0]
    free = min(paid, default=1.0) / 3
    costs = [row.cost.task or free for _, row, _ in scored]
    frame = Frame(
        (min(costs) / 1.25, max(costs) * 1.25),
        (
            max(0.0, min(of.interval.low for *_, of in scored) - 0.02),
            min(1.0, max(of.interval.high for *_, of in scored) + 0.02),
        ),
    )
    points = [(cost, of.value) for cost, (*_, of) in zip(costs, scored, strict=True)]
    values: list[Spec] = [
        {
            "usd": cost,
            "score": of.value,
            "low": of.interval.low,
            "high": of.interval.high,
            "number": str(number),
            "at_usd": place[0],
            "at_score": place[1],
            "role": row.role if row.role in ROLES else "mix",
            "front": row.front,
        }
        for (number, row, of), cost, place in zip(
            scored, costs, beside(points, frame), strict=True
        )
    ]
    x: Spec = {
        "type": "quantitative",
        "scale": {"type": "log", "nice": False, "domain": list(frame.x)},
        "title": "USD per task, as if alone (logarithmic)",
        "axis": {"format": "~g", "values": _ticks(*frame.x)},
    }
    y: Spec = {
        "type": "quantitative",
        "scale": {"zero": False, "nice": False, "domain": list(frame.y)},
        "title": "pass@1",
        "axis": {"format": ".0%", "tickCount": 8},
    }
    role = {"field": "role", "type": "nominal", "scale": {"domain": _roles(values)}}
    layers: list[Spec] = [
        {
            "mark": {"type": "rule", "color": "var(--whisker)", "opacity": 0.6},
            "encoding": {
                "x": {"field": "usd", **x}, "y": {"field": "low", **y}, "y2": {"field": "high"}
            },
        },
        {
            "transform": [{"filter": "datum.front"}],
            "mark": {
                "type": "line",
                "interpolate": "step-after",
                "color": "var(--front)",
                "strokeDash": [5, 3],
                "strokeWidth": 1.5,
            },
            "encoding": {"x": {"field": "usd", **x}, "y": {"field": "score", **y}},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
            "encoding": {
                "x": {"field": "usd", **x},
                "y": {"field": "score", **y},
                "color": _scaled(role, COLOURS),
                "shape": _scaled(role, SHAPES),
            },
        },
        {
            "mark": {"type": "text"},
            "encoding": {
                "x": {"field": "at_usd", **x},
                "y": {"field": "at_score", **y},
                "text": {"field": "number"},
            },
        },
    ]  # fmt: skip
    return _chart(values, layers, width=int(frame.width), height=int(frame.height))


def latency(rows: Sequence[BoardRow]) -> Spec | None:
    """Median to 95th percentile of each mix, and the median of its slowest proposer."""
    values: list[Spec] = [
        {
            "name": f"{number} {_short(row.label)}",
            "p50": max(row.latency.p50, 0.001),
            "p95": max(row.latency.p95, 0.001),
            "slowest": max(row.latency.slowest_p50, 0.001),
            "role": row.role if row.role in ROLES else "mix",
        }
        for number, row in enumerate(rows, 1)
        if row.latency
    ]
    if not values:
        return None
    ends = [value[name] for value in values for name in ("p50", "p95", "slowest")]
    scale = {"type": "log", "nice": False, "padding": 12}
    x: Spec = {"type": "quantitative", "scale": scale, "title": "seconds (logarithmic)"}
    x |= {"axis": {"format": "~g", "values": _ticks(min(ends), max(ends))}}
    y: Spec = {"field": "name", "type": "nominal", "sort": None, "title": None}
    y |= {"axis": {"labelLimit": 230, "ticks": False, "domain": False, "grid": True}}
    role = {"field": "role", "type": "nominal", "scale": {"domain": _roles(values)}}
    colour = _scaled(role, COLOURS)
    layers: list[Spec] = [
        {
            "mark": {"type": "rule", "strokeWidth": 3, "opacity": 0.55},
            "encoding": {
                "x": {"field": "p50", **x}, "x2": {"field": "p95"}, "y": y, "color": colour
            },
        },
        {
            "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
            "encoding": {
                "x": {"field": "p50", **x},
                "y": y,
                "color": colour,
                "shape": _scaled(role, SHAPES),
            },
        },
        {
            "mark": {"type": "tick", "thickness": 2, "size": 11, "color": "var(--ink)"},
            "encoding": {"x": {"field": "slowest", **x}, "y": y},
        },
    ]  # fmt: skip
    return _chart(values, layers, width=560, height={"step": 18})


def render(spec: Spec, title: str) -> ET.Element | None:
    """The picture as an element of a page; ``None`` where vl-convert is not installed.

    Args:
        spec: made by a function of this module.
        title: what the picture shows, for those who cannot see it.
    """
    try:
        import vl_convert
    except ImportError:
        return None
    drawn = vl_convert.vegalite_to_svg(
        json.dumps(spec), vl_version=VEGA_LITE, allowed_base_urls=[]
    )
    picture = ET.fromstring(drawn)  # noqa: S314  # written by the library just above
    for node in picture.iter():
        node.tag = node.tag.rpartition("}")[2]
        # Hundreds of marks would each be read out; the table has the same numbers.
        for name in [key for key in node.attrib if key.startswith(("aria-", "role"))]:
            del node.attrib[name]
    for name in ("width", "height"):
        picture.attrib[name] = re.sub(r"[^\d.]", "", picture.get(name, ""))
    picture.attrib |= {"role": "img", "aria-label": shown(title)}
    return picture


def _chart(values: list[Spec], layers: list[Spec], *, width: int, height: int | Spec) -> Spec:
    return {
        "data": {"values": values},
        "layer": layers,
        "width": width,
        "height": height,
        # Browsers have wider letters than the library reckons with.
        "padding": {"left": 24, "right": 16, "top": 5, "bottom": 5},
        "config": CONFIG,
    }


def _ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 in every power of ten of a logarithmic axis."""
    powers = range(floor(log10(low)) - 1, ceil(log10(high)) + 1)
    ticks = [float(f"{digit}e{power}") for power in powers for digit in (1, 2, 5)]
    return [tick for tick in ticks if low / 1.3 <= tick <= high * 1.3]


def _scaled(channel: Spec, values: Sequence[str]) -> Spec:
    """The channel with a value for each role."""
    domain = channel["scale"]["domain"]
    chosen = [values[ROLES.index(role)] for role in domain]
    return {**channel, "scale": {"domain": domain, "range": chosen}}


def _roles(values: Sequence[Spec]) -> list[str]:
    seen = {value["role"] for value in values}
    return [role for role in ROLES if role in seen]


def _short(label: str) -> str:
    return escape(label, LABEL_CHARS)
