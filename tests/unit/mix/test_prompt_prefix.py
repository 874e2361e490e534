"""Prompts of a run, and of one that refines it, begin alike: a provider reads them once."""

from dataclasses import replace

import pytest

from moa_lsp.task import Refinement
from tests.fakes.runs import agent, code, mix, ran, task

LAYERS = [
    {"agents": [agent("a"), agent("b")]},
    {"agents": [agent("a"), {**agent("c"), "sees": "task"}]},
]
WRITES = [{"model": "scripted/a"}]
PICKS = [{"pick": "scripted/a"}]


def asked(found, model):
    return [request.messages for request in found.provider.asked(model)]


def test_later_layers_and_the_aggregator_begin_as_the_first_layer():
    found = ran(mix(layers=LAYERS, aggregator=WRITES), {name: code(name) for name in "abc"})
    first, second, last = asked(found, "a")
    start = first[1].content.encode()
    for later in (second, last, asked(found, "b")[0], asked(found, "c")[0]):
        assert later[0].content.encode() == first[0].content.encode()
        assert later[1].content.encode()[: len(start)] == start
    assert [len(each[1].content) > len(first[1].content) for each in (second, last)] == [True] * 2


@pytest.mark.parametrize(
    ("plan", "marked"),
    [
        (mix(layers=LAYERS, aggregator=WRITES), {"a": 3}),
        (mix("a", "b", aggregator=WRITES), {"a": 2}),
        (mix("a", "b", aggregator=PICKS), {}),
        (mix({"model": "a", "system": "Be brief."}, "b", aggregator=WRITES), {}),
        (mix({"model": "a", "samples": 2}, aggregator=[{"select": "prior"}]), {}),
    ],
)
def test_only_what_is_read_again_is_marked(plan, marked):
    found = ran(plan, {name: code(name) for name in "abc"})
    for name in "abc":
        users = [messages[1] for messages in asked(found, name)]
        kept = [user for user in users if user.shared]
        assert len(kept) == marked.get(name, 0)
        assert len({user.content[: user.shared] for user in kept}) <= 1


def test_a_refinement_begins_as_the_run_before():
    about = task(instruction="shorter")
    plan, script = mix("a"), {"a": code(1)}
    before = ran(plan, script, about=about, seed="0123")
    refined = replace(about, instruction="faster", refinement=Refinement("old", ("shorter",)))
    after = ran(plan, script, about=refined, seed="0123")
    [first], [second] = asked(before, "a"), asked(after, "a")
    assert first[0] == second[0]
    start = first[1].content.partition("shorter")[0].encode()
    assert b"</document-" in start
    assert second[1].content.encode().startswith(start)
    other = ran(plan, script, about=refined, seed="4567")
    assert not asked(other, "a")[0][1].content.encode().startswith(start)
