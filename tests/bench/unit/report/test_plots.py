"""Plots: what is drawn as plain data, and the picture where the library is installed."""

import json

import pytest

from moa_bench.report import plots
from moa_bench.report.leaderboard import build
from tests.fakes.results import HOSTILE, outcomes, sweep


def rows(*results):
    (table,) = build([each for some in results for each in some]).tables
    return table.rows


MADE = rows(
    outcomes("dear", "PPPF", cost_usd=0.1, seconds=9.0),
    outcomes("cheap", "PFFF", cost_usd=0.001, role="alone"),
    outcomes("free", "FFFF", cost_usd=0.0, role="something else"),
)


def test_points_have_their_numbers_intervals_and_roles():
    values = plots.quality(MADE)["data"]["values"]
    assert [(each["number"], each["role"]) for each in values] == [
        ("1", "mix"), ("2", "alone"), ("3", "mix")]  # fmt: skip
    assert [each["score"] for each in values] == [0.75, 0.25, 0.0]
    assert all(each["low"] <= each["score"] <= each["high"] for each in values)
    assert [each["front"] for each in values] == [row.front for row in MADE]


def test_what_costs_nothing_stands_left_of_all_that_does():
    usd = [each["usd"] for each in plots.quality(MADE)["data"]["values"]]
    assert 0 < usd[2] < usd[1] < usd[0]


def test_everything_lies_inside_of_the_axes():
    spec = plots.quality(rows(sweep(tasks=15)[0]))
    x = spec["layer"][0]["encoding"]["x"]["scale"]["domain"]
    y = spec["layer"][0]["encoding"]["y"]["scale"]["domain"]
    for each in spec["data"]["values"]:
        assert x[0] <= each["usd"] <= x[1]
        assert y[0] <= each["low"] <= each["high"] <= y[1]
        assert x[0] <= each["at_usd"] <= x[1]
        assert y[0] <= each["at_score"] <= y[1]


def test_latency_in_the_order_of_the_rows():
    values = plots.latency(MADE)["data"]["values"]
    assert [each["name"] for each in values] == ["1 dear", "2 cheap", "3 free"]
    assert [(each["p50"], each["slowest"]) for each in values] == [(9.0, 1.5), (2, 1.5), (2, 1.5)]


@pytest.mark.parametrize("draw", [plots.quality, plots.latency])
def test_nothing_to_draw(draw):
    assert draw(rows(outcomes("m", "MM"))) is None


TICKS = [(0.03, 2.0, [0.05, 0.1, 0.2, 0.5, 1.0, 2.0]), (1.0, 1.0, [1.0]), (8.0, 11.0, [10.0])]


@pytest.mark.parametrize(("low", "high", "ticks"), TICKS)
def test_ticks(low, high, ticks):
    inside = [tick for tick in plots._ticks(low, high) if low <= tick <= high]
    assert inside == ticks


SPECS = {
    "quality": plots.quality(MADE),
    "latency": plots.latency(MADE),
    "one point": plots.quality(rows(outcomes("m", "PF"))),
    "free alone": plots.quality(rows(outcomes("m", "PP", cost_usd=0.0))),
    "no time": plots.latency(rows(outcomes("m", "PP", seconds=0.0, slowest=0.0))),
    "hostile": plots.latency(rows(outcomes(HOSTILE, "PF"))),
}


@pytest.mark.parametrize("case", SPECS)
def test_the_picture(case):
    pytest.importorskip("vl_convert", reason="vl-convert-python of moa-lsp[bench] is not here")
    spec = SPECS[case]
    picture = plots.render(spec, "what it shows")
    assert picture.tag == "svg"
    assert (picture.get("role"), picture.get("aria-label")) == ("img", "what it shows")
    assert float(picture.get("width")) > 300
    assert {node.tag for node in picture.iter()} <= {
        "svg", "g", "path", "line", "rect", "text", "title"}  # fmt: skip
    colours = {node.get("fill") for node in picture.iter()} - {None, "none", "transparent"}
    assert "var(--mix)" in colours
    assert all(colour.startswith("var(") for colour in colours)
    assert not any("NaN" in value for node in picture.iter() for value in node.attrib.values())


def test_what_is_drawn_is_json():
    for spec in SPECS.values():
        json.dumps(spec, allow_nan=False)
