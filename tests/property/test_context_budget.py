"""Whatever stands around a target: it is whole, the bound holds, and more room shows no less."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moa_lsp.context.budget import SHARES, allot, around, fitting
from moa_lsp.context.collect import collect
from moa_lsp.context.items import ContextItems, Definition, SourceFile
from moa_lsp.errors import UsageError
from moa_lsp.task import Snapshot, Task
from moa_lsp.text.span import Span
from moa_lsp.text.tokens import tokens

WORDS = st.sampled_from(["alpha", "beta(gamma)", "return delta", "if epsilon:", "x = 1", "", "é"])
LINES = st.lists(WORDS, max_size=60).map(lambda lines: "".join(f"{line}\n" for line in lines))
FUNCTION = "def alpha(beta):\n    return gamma"
ROOMS = st.integers(0, 1200)


@st.composite
def tasks(draw):
    before, after = draw(LINES), draw(LINES)
    text = f"{before}{FUNCTION}\n{after}"
    span = Span(len(before), len(before) + len(FUNCTION))
    return Task("refactor", "replace", Snapshot("file:///a.py", text, "python", 1), span, 0,
                draw(st.sampled_from(["", "do it"])))  # fmt: skip


@st.composite
def evidence(draw):
    defined = [
        Definition(
            f"n{n}", f"C.n{n}", "function", f"p{n % 3}.py", n + 1, f"def n{n}(a, b):", "Do."
        )
        for n in range(draw(st.integers(0, 30)))
    ]
    sources = [
        SourceFile(f"s{n}.py", "python", f"def alpha{n}():\n    return gamma + beta + {n}\n" * 3)
        for n in range(draw(st.integers(0, 6)))
    ]
    facts = tuple(f"fact {n}" for n in range(draw(st.integers(0, 5))))
    return ContextItems(tuple(sources), tuple(defined), (), facts, tuple(defined))


def collected(task, found, room):
    try:
        return collect(task, found, room=room)
    except UsageError:
        return None


@given(tasks(), evidence(), ROOMS)
def test_the_bound_holds_and_the_target_is_whole(task, found, room):
    bundle = collected(task, found, room)
    if bundle is None:
        assert tokens(FUNCTION) + tokens(task.instruction) > room
        return
    view = bundle.view
    assert view.region == FUNCTION
    assert sum(bundle.spent.values()) <= room
    shown = [view.region, view.before, view.after, task.instruction]
    assert sum(map(tokens, [*shown, *(one.text for one in view.sections)])) <= room
    assert task.before.endswith(view.before)
    assert task.after.startswith(view.after)
    assert task.before.count("\n") == view.above + view.before.count("\n")


@pytest.mark.heavy
@given(tasks(), evidence(), ROOMS)
def test_the_same_input_gives_the_same(task, found, room):
    assert collected(task, found, room) == collected(task, found, room)


@pytest.mark.heavy
@given(tasks(), evidence(), ROOMS, st.integers(0, 300))
def test_more_room_never_shows_less(task, found, room, more):
    less, all_of_it = collected(task, found, room), collected(task, found, room + more)
    if less is None:
        return
    assert len(all_of_it.view.before) >= len(less.view.before)
    assert len(all_of_it.view.after) >= len(less.view.after)
    shown = {one.part: set(one.text.split("\n")) for one in all_of_it.view.sections}
    for section in less.view.sections:
        if section.part != "file":  # what is not shown otherwise: less of it is better
            assert set(section.text.split("\n")) <= shown[section.part]


NEEDS = st.fixed_dictionaries(dict.fromkeys(SHARES, st.integers(0, 5000)))


@given(st.integers(0, 20_000), st.integers(0, 500), NEEDS)
def test_shares(left, more, needs):
    grants, rest = allot(left, needs)
    assert sum(grants.values()) + rest <= left
    assert all(grants[part] <= needs[part] for part in grants)
    wider, wider_rest = allot(left + more, needs)
    assert all(wider[part] >= grants[part] for part in grants)
    assert wider_rest >= rest


@given(LINES, LINES, st.integers(0, 30), st.integers(0, 30), st.integers(0, 400))
def test_around(before, after, above, below, room):
    ahead, behind = before.splitlines(keepends=True)[::-1], after.splitlines(keepends=True)
    inner = min(above, len(ahead)), min(below, len(behind))
    shown = around(ahead, behind, inner, room)
    spent = sum(map(tokens, (*ahead[: shown[0]], *behind[: shown[1]])))
    assert spent <= room
    near = sum(map(tokens, (*ahead[: inner[0]], *behind[: inner[1]])))
    if near <= room:
        assert shown[0] >= inner[0]
        assert shown[1] >= inner[1]


def test_fitting_stops_at_the_first_that_does_not():
    assert fitting([3, 3, 9, 1], 7) == 2
    assert fitting([], 7) == 0
