"""Proposals in words and changes of several places, from panel to settled text."""

from dataclasses import replace

import pytest

from moa_lsp.answers.extract import NO_CHANGE
from moa_lsp.mix import multi_edit_answers
from moa_lsp.task import File, Snapshot
from tests.fakes.runs import mix, ran, task
from tests.fakes.scripted import Line

A = "def f():\n    return 1\n\n\ndef g():\n    return f()\n"
B = "from a import f\n\nprint(f())\n"
OTHER = File("b.py", Snapshot("file:///w/b.py", B, "python"))
SKETCH = "f gives two now.\n\na.py\n```python\ndef f():\n    return 2\n```\n"


def about(form="changes", **more):
    one = task(A, start="def f", action="refactor")
    return replace(one, form=form, files=(File("a.py", one.snapshot), OTHER), **more)


def block(search, replaced, path="a.py"):
    return f"{path}\n<<<<<<< SEARCH\n{search}\n=======\n{replaced}\n>>>>>>> REPLACE\n"


TWO = block("    return 1", "    return 2")

SKETCHES = [
    (SKETCH, None), (TWO + "```\nx\n```", None), ("no change", NO_CHANGE.reason),
    ("I am sorry, but I cannot help with that.", "no code in the proposal"),
    ("Here:\n```python\ndef f():\n", "the code fence is not closed"),
    ("", "the answer is empty"), ("<think>well", "the reasoning does not end"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "reason"), SKETCHES)
def test_words_with_code_are_a_proposal(answer, reason):
    found = multi_edit_answers.taken(about("sketch"), answer, "stop")
    assert (found.code is None) == (reason is not None)
    assert (found.reason or "").startswith(reason or "")
    assert (found.category is None) == (reason is None)


@pytest.mark.parametrize("form", ["sketch", "changes"])
@pytest.mark.parametrize("finish", ["length", "refused", "unknown"])
def test_what_may_be_cut_off_is_not_used(form, finish):
    answer = SKETCH if form == "sketch" else TWO
    assert multi_edit_answers.taken(about(form), answer, finish).code is None


def test_a_usable_text_says_the_same_when_it_is_read_again():
    one = multi_edit_answers.taken(about(), f"Sure!\n```\n{TWO}```\nDone.", "stop").code
    assert one is not None
    assert "Sure" not in one
    assert multi_edit_answers.outcome(about(), one) == multi_edit_answers.outcome(about(), TWO)
    assert multi_edit_answers.taken(about(), one, "stop").code == one


FAULTS = [
    (TWO, (), None),
    (block("    return 1", "    return (1"), ("parse",), "(a.py)"),
    (block("print(f())", "print(f()", "b.py"), ("parse",), "(b.py)"),
    (block("print(f())", "print(h())", "b.py"), ("parse",), None),
    (block("print(f())", "print(h())", "b.py"), ("parse", "names"), "nothing defines: h (b.py)"),
]


@pytest.mark.parametrize(("text", "checks", "reason"), FAULTS)
def test_every_file_passes_the_gates(text, checks, reason):
    found = multi_edit_answers.fault(
        about(), TWO.replace("2", "3") + text if text != TWO else text, checks
    )
    if text != TWO:
        found = multi_edit_answers.fault(about(), text, checks)
    assert (found is None) == (reason is None)
    assert reason is None or found.reason.endswith(reason)


def test_a_new_file_passes_the_gates_too():
    text = "c.py\n```python\ndef broken(:\n    pass\n```\n"
    assert multi_edit_answers.fault(about(may_create=True), text, ("parse",)).reason.endswith(
        "(c.py)"
    )


def test_changes_that_leave_the_same_files_are_one_answer():
    task_ = about()
    other = block("def f():\n    return 1", "def f():\n    return  2  # two")
    assert multi_edit_answers.key(task_, TWO) == multi_edit_answers.key(task_, other)
    assert multi_edit_answers.key(task_, TWO) != multi_edit_answers.key(
        task_, block("    return 1", "    return 3")
    )
    commented = block("    return 1", "    return 1  # one")
    assert multi_edit_answers.key(task_, commented) != multi_edit_answers.key(
        task_, commented.replace("one", "two")
    )


def prompts_of(done, model):
    (prompt,) = done.prompts(model)
    return prompt


def test_words_are_asked_for_where_a_model_is_sure_to_come():
    chain = [{"agree": 1.0}, {"verify": ["parse"]}, {"model": "scripted/z"}]
    lines = {"a": Line(SKETCH), "b": Line(SKETCH), "z": Line(TWO)}
    done = ran(mix("a", "b", aggregator=chain), lines, about=about())
    assert (done.text, done.by) == (TWO.strip(), "model"), done.outcome
    assert "Somebody else will make the edits" in prompts_of(done, "a")
    assert "<<<<<<< SEARCH" not in prompts_of(done, "a")
    assert "<<<<<<< SEARCH" in prompts_of(done, "z")
    assert SKETCH.strip() in prompts_of(done, "z")
    for model in "az":
        assert B in prompts_of(done, model)
        assert "`b.py`:" in prompts_of(done, model)


@pytest.mark.parametrize(
    "chain",
    [
        [{"select": "prior"}],
        [{"verify": ["parse"]}, {"select": "vote"}],
        [{"first": True}, {"model": "scripted/z"}],
        [{"verify": ["parse"]}, {"pick": "scripted/z"}],
    ],
)
def test_changes_are_asked_for_where_none_comes(chain):
    done = ran(mix("a", "b", aggregator=chain), {"a": Line(TWO), "b": Line(TWO)}, about=about())
    assert done.text == TWO.strip(), done.outcome
    assert "<<<<<<< SEARCH" in prompts_of(done, "a")
    done.check_clean()


def test_a_pick_settles_on_changes_as_they_were_proposed():
    other = block("    return 1", "    return 7")
    plan = mix({"model": "a", "weight": 2.0}, "b", aggregator=[{"pick": "scripted/z"}])
    done = ran(plan, {"a": Line(TWO), "b": Line(other), "z": Line("B")}, about=about())
    assert (done.text, done.by) == (other.strip(), "pick"), done.outcome


def test_words_never_stand_in_for_a_model_that_failed():
    plan = mix("a", "b", aggregator=[{"model": "scripted/z"}])
    lines = {"a": Line(SKETCH), "b": Line(SKETCH), "z": Line("I would rather not.")}
    done = ran(plan, lines, about=about())
    assert done.text is None
    assert "nobody made edits of what was proposed" in done.outcome.reason


def test_layers_hand_words_on():
    plan = mix(
        layers=[
            {"agents": [{"model": "scripted/a"}]},
            {"agents": [{"model": "scripted/b", "sees": "previous"}]},
        ],
        aggregator=[{"model": "scripted/z"}],
    )
    done = ran(plan, {"a": Line(SKETCH), "b": Line(SKETCH), "z": Line(TWO)}, about=about())
    assert done.text == TWO.strip(), done.outcome
    assert "Somebody else will make the edits" in prompts_of(done, "b")


def test_no_tag_occurs_in_any_file():
    task_ = about()
    assert {A, B, "a.py", "b.py"} <= set(task_.foreign)
