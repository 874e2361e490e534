"""Which offer comes first, and when the rest cannot change that."""

import pytest

from moa_lsp.config.steps import Agree, First, Pick, Select, Verify
from moa_lsp.inline.choice import key, ranked, settled
from moa_lsp.inline.memory import Suggestion

PARSES = Verify(verify=("parse",))
PRIOR, VOTE, MEDOID = (Select(select=how) for how in ("prior", "vote", "medoid"))
MAJORITY = Agree(agree=0.6)


def offers(*told):
    """``"text weight"``, ``!`` before it where the document does not parse."""
    made = []
    for order, each in enumerate(told):
        text, weight = each.lstrip("!").rsplit(" ", 1)
        made.append(
            Suggestion(
                text, "r", weight=float(weight), order=order, whole=not each.startswith("!")
            )
        )
    return made


@pytest.mark.parametrize(
    ("told", "steps", "expected"),
    [
        (["a 1", "b 2", "c 3"], [PRIOR], ["c", "b", "a"]),
        (["a 1", "b 2"], [First(first=True)], ["a", "b"]),
        (["!a 3", "b 2"], [PARSES, PRIOR], ["b", "a"]),
        (["!a 3", "b 2"], [PRIOR], ["a", "b"]),
        (["!a 3", "!b 2"], [PARSES, PRIOR], ["a", "b"]),
        (["a 3", "b 2", "b 1"], [MAJORITY, PRIOR], ["b", "a"]),
        (["a 3", "b 2", "c 1"], [MAJORITY, PRIOR], ["a", "b", "c"]),
        (["a 3", "b 2", "b 1"], [VOTE], ["b", "a"]),
        (["f(x, y) 1", "f(x,y) 1", "g() 1.5"], [VOTE], ["f(x, y)", "g()"]),
        (["alpha(1) 1", "alpha(2) 1", "zzz 1"], [MEDOID], ["alpha(1)", "alpha(2)", "zzz"]),
        (["a 1", "a 2"], [PRIOR], ["a"]),
        ([], [PRIOR], []),
        (["a 1", "b 2"], [], ["b", "a"]),
        (["a 1", "b 2"], [Pick(pick="p/a")], ["b", "a"]),  # asks nobody
    ],
)
def test_the_order(told, steps, expected):
    assert [offer.text for offer in ranked(offers(*told), steps)] == expected


@pytest.mark.parametrize(
    ("told", "seats", "pending", "steps", "expected"),
    [
        (["a 1"], 2, [], [PRIOR], True),
        ([], 2, [1.0], [PRIOR], False),
        (["a 1"], 2, [0.5], [PRIOR], True),  # nobody heavier can come
        (["a 1"], 2, [1.0], [PRIOR], False),
        (["a 1"], 2, [2.0], [PRIOR], False),
        (["!a 1"], 2, [0.5], [PARSES, PRIOR], False),
        (["a 1"], 2, [0.5], [PARSES, PRIOR], True),
        (["a 1"], 2, [2.0], [First(first=True)], True),
        (["a 1", "a 1"], 3, [5.0], [MAJORITY, PRIOR], True),
        (["a 1", "b 1"], 3, [0.5], [MAJORITY, PRIOR], False),
        (["a 1", "a 1"], 4, [1.0, 1.0], [MAJORITY, PRIOR], False),
        (["a 3", "b 1"], 3, [0.5], [VOTE], False),
        (["a 3", "b 1"], 3, [0.5], [MEDOID], False),
    ],
)
def test_those_who_have_not_answered_cannot_change_it(told, seats, pending, steps, expected):
    assert settled(offers(*told), seats, pending, steps) is expected


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("f(a, b)", "f( a,b )", True),
        ("f(a, b)", "f(b, a)", False),
        ("'a b'", "'a  b'", False),
        ("x = 1\n    y = 2", "x = 1\ny = 2", True),
    ],
)
def test_keys(one, other, equal):
    assert (key(one) == key(other)) is equal
