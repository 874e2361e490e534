import pytest

from research.published_cost import (
    COMMERCIAL,
    EQUAL,
    OPEN,
    OTHERWISE,
    Length,
    catalog,
    lengths_of,
    otherwise,
    rows,
    usd,
)
from tests.fakes.task_sets import folder

KNOWN = catalog()


def test_at_equal_lengths_the_open_mix_costs_44_percent():
    ratio = usd(KNOWN, OPEN, [EQUAL]) / usd(KNOWN, COMMERCIAL, [EQUAL])
    assert ratio == pytest.approx(0.4366, abs=0.001)


@pytest.mark.parametrize(
    ("length", "cheap", "dear"),
    [
        # by hand: 7.14 P + 31.28 A and 18 P + 70 A millionths
        pytest.param(Length(1000, 1000), 0.03842, 0.08800, id="equal"),
        pytest.param(Length(200, 600), 0.02020, 0.04560, id="as short as BigCodeBench-Hard's"),
        pytest.param(Length(0, 1000), 0.03128, 0.07000, id="no prompt"),
    ],
)
def test_both_mixes_cost_what_the_sum_says(length, cheap, dear):
    assert usd(KNOWN, OPEN, [length]) == pytest.approx(cheap, abs=5e-6)
    assert usd(KNOWN, COMMERCIAL, [length, length]) == pytest.approx(2 * dear, abs=1e-5)


SAVED = ["56.3 %", "49.1 %", "51.8 %", "54.1 %", "67.7 %", "76.8 %"]


def test_other_prices_of_then_save_otherwise():
    found = [
        next(rows(otherwise(KNOWN, prices), {"": [EQUAL]}))[-1] for prices in OTHERWISE.values()
    ]
    assert found == SAVED


def test_the_page_says_what_is_worked_out(pytestconfig):
    page = (pytestconfig.rootpath / "docs" / "published-cost.md").read_text("utf-8")
    for name, saved in zip(OTHERWISE, SAVED, strict=True):
        (row,) = [line for line in page.split("\n") if line.startswith(f"| {name} |")]
        assert row.endswith(f"| {saved} |")


def test_lengths_are_those_of_the_tasks(tmp_path):
    (length,) = lengths_of(folder(tmp_path))
    assert 5 < length.prompt < length.answer < 40
