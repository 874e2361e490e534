"""The model at the end of a chain: what it is shown and what it must pass."""

import pytest

from moa_lsp.text.tokens import tokens
from tests.fakes.runs import BROKEN, agent, code, mix, ran, task, text
from tests.fakes.scripted import Line

MODEL = {"model": "scripted/agg"}
NAMES = [{"verify": ["parse", "names"]}, MODEL]

GUARDED = [
    # chain, synthesis, what comes of it, why not the synthesis
    (NAMES, code("nobody"), text(1), "scripted/agg: uses names that nothing defines: nobody"),
    (NAMES, Line(BROKEN), text(1), "scripted/agg: does not parse: '(' was never closed in line 4"),
    (NAMES, code(9), text(9), None),
    ([MODEL], code("nobody"), text("nobody"), None),
]


@pytest.mark.parametrize(("chain", "said", "found", "why"), GUARDED)
def test_a_synthesis_passes_what_its_proposals_passed(chain, said, found, why):
    ended = ran(mix("a", "b", aggregator=chain), {"a": code(1), "b": code(2), "agg": said})
    assert ended.outcome is not None
    assert ended.outcome.aggregation is not None
    assert (ended.text, ended.outcome.aggregation.fallback) == (found, why)


TWO = "def f():\n    return 1\n\n\ndef g():\n    return 2\n"
BOTH = "def f():\n    return {}\n\n\ndef g():\n    return 2"
ONE = "def f():\n    return {}"
LESS = [
    # proposals, synthesis, whether it is taken
    ([BOTH, BOTH], ONE, False),
    ([BOTH, ONE], ONE, True),
    ([BOTH, BOTH], BOTH, True),
]


@pytest.mark.parametrize(("proposals", "said", "taken"), LESS)
def test_P42_a_synthesis_loses_no_definition_that_every_proposal_keeps(proposals, said, taken):
    def line(form: str, value: int) -> Line:
        return Line(f"```python\n{form.format(value)}\n```")

    first, second = (line(form, number) for number, form in enumerate(proposals, 7))
    script = {"a": first, "b": second, "agg": line(said, 9)}
    ended = ran(mix("a", "b", aggregator=[MODEL]), script, about=task(TWO, start="def f"))
    assert ended.outcome is not None
    assert ended.outcome.aggregation is not None
    assert (ended.text == said.format(9)) == taken
    why = None if taken else "scripted/agg: removes g, which every proposal keeps"
    assert ended.outcome.aggregation.fallback == why


def test_what_no_proposal_passed_is_not_asked_of_the_synthesis_but_told_to_it():
    script = {"a": code("nobody"), "b": code("no_one"), "agg": code("nobody")}
    ended = ran(mix("a", "b", aggregator=NAMES), script)
    assert (ended.text, ended.by) == (text("nobody"), "model")
    (prompt,) = ended.prompts("agg")
    for letter in "AB":
        assert f"Checks say about {letter}: uses names that nothing defines\n" in prompt


def test_equal_proposals_are_shown_once_with_their_number():
    script = {"a": code(1), "b": code(1), "c": code(2), "agg": code(9)}
    ended = ran(mix("a", "b", "c", aggregator=[MODEL]), script)
    (prompt,) = ended.prompts("agg")
    assert prompt.count(text(1)) == prompt.count(text(2)) == 1
    assert "2 of 3 proposals said this" in prompt
    assert "<proposal-C-" not in prompt


def long(name: str, lines: int = 2000) -> Line:
    body = "".join(f"    {name} = {number}\n" for number in range(lines))
    return Line(f"```python\ndef size(path):\n{body}    return {name}\n```")


def test_P45_a_small_window_cuts_proposals_and_never_the_region():
    document = "def size(path):\n" + "    path += 1\n" * 500 + "    return path\n"
    about = task(document)
    plan = mix("a", "b", aggregator=[{**MODEL, "max_tokens": 1000}])
    script = {"a": long("first"), "b": long("second"), "agg": code(9)}
    sizes = []
    for window in (None, 8000, 2000):
        ended = ran(plan, script, about=about, window=lambda _model, size=window: size)
        (prompt,) = ended.prompts("agg")
        assert about.region in prompt
        assert "first = 10\n" in prompt
        assert "second = 10\n" in prompt
        assert prompt.count("lines are shown") == 2
        sizes.append(tokens(prompt))
    assert sizes[0] > sizes[1] > sizes[2]
    assert sizes[1] <= 8000 - 1000


def test_the_order_of_equal_weights_is_drawn_for_each_run_and_each_reader():
    layers = [{"agents": [agent(name) for name in "abc"]}, {"agents": [agent("d"), agent("e")]}]
    script = {name: code(f"'{name}'") for name in "abcde"}
    plan = mix(layers=layers)
    orders = set()
    for number in range(8):
        ended = ran(plan, script, seed=f"run-{number}")
        again = ran(plan, script, seed=f"run-{number}")
        for name in "de":
            (prompt,), (same,) = ended.prompts(name), again.prompts(name)
            order = sorted("abc", key=lambda each: prompt.index(f"return '{each}'"))
            assert order == sorted("abc", key=lambda each: same.index(f"return '{each}'"))
            orders.add("".join(order))
    assert len(orders) > 3
