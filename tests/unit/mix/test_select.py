"""Choosing among proposals without a model."""

import pytest

from moa_lsp.mix import select
from moa_lsp.mix.select import Candidate


def many(*rows: tuple[float, str]) -> list[Candidate]:
    """One candidate a row, of its weight and key; the text is the key."""
    return [Candidate(order, weight, key, key) for order, (weight, key) in enumerate(rows)]


def test_by_preference_is_weight_then_the_order_of_the_mix():
    found = select.by_preference(many((1, "a"), (2, "b"), (1, "c"), (2, "d")))
    assert [each.text for each in found] == ["b", "d", "a", "c"]


def test_classes_hold_each_candidate_once_the_preferred_first():
    found = select.classes(many((1, "a"), (1, "b"), (3, "a"), (2, "b")))
    assert [[each.order for each in group] for group in found] == [[2, 0], [3, 1]]


AGREED = [
    (many((1, "a")), 0.1, None),
    (many((1, "a"), (1, "b")), 0.1, None),
    (many((1, "a"), (2, "a")), 1.0, 1),
    (many((1, "a"), (1, "b"), (1, "b")), 0.66, 1),
    (many((1, "a"), (1, "b"), (1, "b")), 0.67, None),
    (many((1, "a"), (1, "a"), (1, "b"), (1, "b")), 0.5, 0),
]


@pytest.mark.parametrize(("candidates", "share", "order"), AGREED)
def test_agreed(candidates, share, order):
    found = select.agreed(candidates, share)
    assert (found and found.order) == order


CHOSEN = [
    (select.prior, many((1, "a"), (2, "b"), (2, "c")), 1),
    (select.vote, many((9, "a"), (1, "b"), (1, "b")), 1),
    (select.vote, many((1, "a"), (1, "b"), (1, "a"), (1.5, "b")), 3),
    (select.vote, many((0, "a"), (0, "b")), 0),
    (lambda found: select.medoid(found, _alike), many((1, "aaaa")), 0),
    (lambda found: select.medoid(found, _alike), many((1, "zzzz"), (1, "aaaz"), (1, "aaab")), 1),
    (lambda found: select.medoid(found, _alike), many((5, "zzzz"), (1, "zzza"), (1, "aaab")), 0),
    (lambda found: select.medoid(found, _alike), many((1, "aaba"), (5, "zzzz"), (1, "aaab")), 1),
    (lambda found: select.medoid(found, _never), many((9, "z"), (1, "a"), (1, "a")), 0),
    (lambda found: select.medoid(found, _never), many((9, "z"), (1, "a"), (1, "a"), (1, "a")), 1),
    (lambda found: select.medoid(found, _never), many((3, "z"), (2, "a"), (1, "b"), (1, "a")), 0),
    # half alike three times is less than equal once
    (
        lambda found: select.medoid(found, _alike),
        many((1, "aabb"), (1, "aacc"), (1, "aadd"), (1, "aaee"), (1, "zzzz"), (1, "zzzz")),
        4,
    ),
    (lambda found: select.medoid(found, _alike), many((1, "a"), (1, "b")), 0),
    (lambda found: select.medoid(found, _never), many((1, "b"), (1, "a"), (1, "a")), 1),
]


def _alike(one: str, other: str) -> float:
    return sum(a == b for a, b in zip(one, other, strict=True)) / len(one)


def _never(_one: str, _other: str) -> float:
    return 0.0


@pytest.mark.parametrize(("how", "candidates", "order"), CHOSEN)
def test_chosen(how, candidates, order):
    assert how(candidates).order == order
