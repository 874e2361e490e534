"""What an aggregator is shown: every answer once, in a fair order, within bounds."""

import pytest

from moa_lsp.mix import limits
from moa_lsp.mix.select import Candidate
from moa_lsp.mix.synthesis import shown
from moa_lsp.text.tokens import tokens


def each(*texts: str, weights: tuple[float, ...] = (), keys: str = "") -> list[Candidate]:
    """Candidates in the mix's order; by default all of weight 1 and all different."""
    return [
        Candidate(
            order,
            weights[order] if weights else 1.0,
            text,
            keys[order] if keys else str(order),
        )
        for order, text in enumerate(texts)
    ]


def texts(*args, **more) -> list[str]:
    return [one.text for one in shown(*args, **more)]


def test_higher_weights_first_and_equal_ones_in_an_order_of_the_run():
    found = each("a", "b", "c", "d", weights=(1.0, 1.0, 1.0, 2.0))
    orders = {tuple(texts(found, f"run-{number}")) for number in range(40)}
    assert {order[0] for order in orders} == {"d"}
    assert {order[1] for order in orders} == {"a", "b", "c"}
    assert len(orders) == 6
    assert texts(found, "run-1") == texts(found, "run-1")


def test_equal_answers_are_one_and_counted():
    found = shown(each("x = 1", "x=1", "y", keys="aab"), "s")
    assert sorted((one.text, one.note) for one in found) == [
        ("x = 1", "2 of 3 proposals said this"),
        ("y", None),
    ]


def test_what_checks_say_is_told():
    found = shown(each("x", "y"), "s", faults={1: "does not parse"})
    assert {one.text: one.note for one in found} == {"x": None, "y": "does not parse"}


LONG = "".join(f"x = {number}\n" for number in range(1000))


def test_room_is_shared_and_what_is_cut_is_said():
    """3 tokens a line and its ending: 100 lines fit where 400 tokens are."""
    found = {one.text[:1]: one for one in shown(each("y\n", LONG), "s", room=402)}
    assert found["y"].text == "y\n"
    assert found["y"].note is None
    kept = found["x"].text
    assert LONG.startswith(kept)
    assert kept.endswith("\n")
    assert 390 < tokens(kept) <= 400
    lines = kept.count("\n")
    assert found["x"].note == f"only the first {lines} of its 1,001 lines are shown"


@pytest.mark.parametrize("count", [1, 2, 7, 16])
def test_every_proposal_is_shown_however_many_there_are(count):
    proposals = [f"n{number} = 0\n{LONG}" for number in range(count)]
    found = shown(each(*proposals), "s")
    assert len(found) == count
    assert sum(tokens(one.text) for one in found) <= limits.MAX_SHOWN_TOKENS
    assert {one.text.partition(" ")[0] for one in found} == {f"n{each}" for each in range(count)}


def test_the_heaviest_are_cut_least():
    sized = shown(each("y\n", LONG, LONG, weights=(1, 1, 5), keys="abc"), "s", room=3000)
    by_weight = sorted((tokens(one.text) for one in sized), reverse=True)
    assert tokens(sized[0].text) == by_weight[0] > by_weight[1]


def test_one_long_line_is_cut_within():
    (found,) = shown(each("x, " * 5000), "s", room=1000)
    assert len(found.text) < 15_000
    assert found.note is not None
    assert found.note.startswith("it is cut off after ")
    assert found.note.endswith(" of 15,000 characters")
