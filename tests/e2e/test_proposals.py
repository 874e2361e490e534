"""Seeing the proposals of a run, taking one, refining, taking it in part: over a real process."""

import pytest

from tests.fakes.client import ServerError
from tests.fakes.desk import ABLE, CONFIG, able, fenced

pytestmark = pytest.mark.e2e

HEAD, TAIL = "# \U0001d4b3 head\r\n", "\r\n\r\nend = '🦀'\r\n"
OLD = "def f(a):\r\n    return a+1"
ONE, TWO, THREE, BEST, FINER = (
    f"def f(a):\n    return {how}"
    for how in ("1 + a", "a + 1", "sum((a, 1))", "a + 1  # 🦀", "+a")
)
AGENTS = {"a": ONE, "b": TWO, "c": THREE, "z": BEST}
ENCODINGS = ("utf-8", "utf-16", "utf-32")


def crlf(text):
    return text.replace("\n", "\r\n")


@pytest.fixture
def ended(runner):
    """``ended(encoding, capabilities)``: a client and its run of three and an aggregator."""

    def begin(encoding="utf-16", capabilities=None, **answers):
        made = runner(capabilities, encoding, config=CONFIG.replace("solo", "trio", 1))
        made.script(**{name: {"text": fenced(t)} for name, t in {**AGENTS, **answers}.items()})
        made.open("file:///w/p.py", f"{HEAD}{OLD}{TAIL}")
        run = made.run(made.buffer.range_of(OLD))
        return made, run, made.result(run)

    return begin


def take(runner, run, agent):
    return runner.client.command("moa.apply", {"run": run, "proposal": agent})


def proposals(runner, run):
    return {each["agent"]: each for each in runner.client.command("moa.proposals", {"run": run})}


def stands(runner, text, head=HEAD, tail=TAIL):
    assert runner.buffer.text == f"{head}{crlf(text)}{tail}"


def test_every_proposal_is_listed_as_it_would_stand(ended):
    runner, run, record = ended()
    assert (record["applied"], record["author"]) == (True, "z from 3 proposals")
    listed = runner.client.command("moa.proposals", {"run": run})
    assert [each["agent"] for each in listed] == ["result", "a", "b", "c"]
    assert [each["text"] for each in listed] == [crlf(t) for t in (BEST, ONE, TWO, THREE)]
    assert [each["applied"] for each in listed] == [True, False, False, False]
    assert [each["model"] for each in listed] == ["scripted/z", *(f"scripted/{n}" for n in "abc")]
    assert listed[1]["checks"] == {"parse": "ok", "names": "ok"}
    assert {"state", "seconds", "usage", "cost_usd"} <= listed[1].keys()
    assert runner.edits[0]["label"] == "Moa: Refactor · z from 3 proposals"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_result_proposals_and_the_old_text_are_exchanged_by_one_edit_each(ended, encoding):
    runner, run, _ = ended(encoding)
    stands(runner, BEST)
    steps = [("b", TWO), ("result", BEST), ("a", ONE), ("original", OLD), ("c", THREE)]
    for number, (agent, text) in enumerate(steps, 2):
        record = take(runner, run, agent)
        assert record["applied"] is (agent != "original")
        assert len(runner.edits) == number
        stands(runner, text.replace("\r\n", "\n"))
        standing = [name for name, each in proposals(runner, run).items() if each["applied"]]
        assert standing == ([agent] if agent != "original" else [])


def test_what_stands_already_needs_no_edit(ended):
    runner, run, _ = ended()
    take(runner, run, "result")
    assert len(runner.edits) == 1


def test_the_editors_undo_is_understood(ended):
    runner, run, _ = ended()
    take(runner, run, "a")
    runner.type(crlf(ONE), crlf(BEST))
    assert proposals(runner, run)["result"]["applied"] is True
    runner.type(crlf(BEST), OLD)
    take(runner, run, "c")
    stands(runner, THREE)


def test_an_edit_outside_moves_along_and_one_inside_is_refused_with_a_sentence(ended):
    runner, run, _ = ended()
    runner.type("head", "a longer 🦀 head\r\n#")
    runner.type("end =", "start = 1\r\nend =")
    take(runner, run, "b")
    head, tail = (
        HEAD.replace("head", "a longer 🦀 head\r\n#"),
        TAIL.replace("end", "start = 1\r\nend"),
    )
    stands(runner, TWO, head, tail)
    runner.type("return a + 1", "return a + 2")
    with pytest.raises(ServerError, match="was edited since; nothing was applied") as refused:
        take(runner, run, "result")
    assert refused.value.code == -32803
    stands(runner, TWO.replace("1", "2"), head, tail)
    assert not any(each["applied"] for each in proposals(runner, run).values())
    runner.type("return a + 2", "return a + 1")
    take(runner, run, "result")
    stands(runner, BEST, head, tail)


REFUSED = [
    ("nobody", "no usable proposal of `nobody`"),
    ("c", "the proposal of c .*; choose another"),
]


@pytest.mark.parametrize(("agent", "sentence"), REFUSED)
def test_what_cannot_be_taken_is_refused(ended, agent, sentence):
    runner, run, _ = ended(c="def f(a):\n    return (((")
    if agent == "c" and proposals(runner, run)["c"].get("text") is None:
        sentence = "no usable proposal of `c`"
    with pytest.raises(ServerError, match=sentence):
        take(runner, run, agent)
    stands(runner, BEST)


def test_proposals_of_a_run_at_work_are_not_told(runner):
    made = runner(config=CONFIG)
    made.script(a={"text": fenced("x = 1"), "gate": "g"})
    made.open("file:///w/p.py", "x=1\n")
    run = made.run(made.buffer.range(0, 3))
    with pytest.raises(ServerError, match="still at work"):
        proposals(made, run)
    made.gate("g")
    made.result(run)


def refine(runner, run, instruction, **how):
    asked = {"run": run, "instruction": instruction, **how}
    run = runner.client.command("moa.refine", asked)["run"]
    return run, runner.result(run)


def prompts(runner):
    """What the models were asked, as ``{model, user}``, with line feeds alone."""
    found = runner.client.command("test.prompts")
    return [{**each, "user": each["user"].replace("\r\n", "\n")} for each in found]


def test_refining_twice_tells_each_round_what_was_asked_before(ended):
    runner, run, _ = ended()
    runner.script(z={"text": fenced(FINER)})
    second, record = refine(runner, run, "use unary plus")
    assert (record["applied"], record["reason"]) == (True, None)
    stands(runner, FINER)
    asked = prompts(runner)[-1]["user"]
    assert BEST in asked
    assert "use unary plus" in asked
    runner.script(z={"text": fenced(THREE)})
    third, record = refine(runner, second, "use sum")
    assert record["applied"] is True
    stands(runner, THREE)
    asked = prompts(runner)[-1]["user"]
    assert FINER in asked
    assert "- use unary plus\n" in asked
    take(runner, third, "original")
    stands(runner, OLD.replace("\r\n", "\n"))
    take(runner, run, "b")
    stands(runner, TWO)
    take(runner, second, "result")
    stands(runner, FINER)


def test_the_aggregator_alone_is_asked_once_with_all_that_is_kept(ended):
    runner, run, _ = ended()
    before = len(prompts(runner))
    runner.script(z={"text": fenced(FINER)})
    _, record = refine(runner, run, "use unary plus", only="aggregator")
    assert record["applied"] is True
    (asked,) = prompts(runner)[before:]
    assert asked["model"] == "z"
    for text in (ONE, TWO, THREE, BEST, "use unary plus"):
        assert text in asked["user"]
    stands(runner, FINER)


def test_a_refinement_starts_from_whom_the_user_names(ended):
    runner, run, _ = ended()
    runner.script(z={"text": fenced(FINER)})
    refine(runner, run, "shorter", **{"from": "a"})
    earlier = prompts(runner)[-1]["user"].partition("<earlier-")[2].partition("</earlier-")[0]
    assert ONE in earlier


def test_a_refinement_of_an_edited_target_is_refused(ended):
    runner, run, _ = ended()
    runner.type("return a", "return b")
    with pytest.raises(ServerError, match="was edited since"):
        refine(runner, run, "shorter")
    assert runner.state()["logs"] == 0


def test_typing_inside_while_refining_keeps_the_result(ended):
    runner, run, _ = ended()
    runner.script(z={"text": fenced(FINER), "gate": "late"})
    asked = {"run": run, "instruction": "shorter"}
    second = runner.client.command("moa.refine", asked)["run"]
    runner.until(open=1)
    runner.type("return a", "return b")
    text = runner.buffer.text
    runner.gate("late")
    record = runner.result(second)
    assert (record["applied"], runner.buffer.text) == (False, text)
    assert "was edited since" in record["reason"]
    runner.type("return b", "return a")
    assert runner.client.command("moa.apply", {"run": second})["applied"] is True
    stands(runner, FINER)


def titles(runner, **context):
    return [each["title"] for each in runner.offers(runner.buffer.range_of("return"), **context)]


def test_every_editor_chooses_and_refines_by_code_actions(ended):
    runner, run, _ = ended(b=BEST)
    assert proposals(runner, run)["b"]["equal_to"] == "result"
    runner.script(z={"text": fenced(FINER)})
    finer, _ = refine(runner, run, "use unary plus")
    offered = {
        each["title"]: each["command"] for each in runner.offers(runner.buffer.range_of("+a"))
    }
    assert "Moa: Take a's proposal" in offered
    assert "Moa: Refine with “use unary plus”" in offered
    command = offered["Moa: Take a's proposal"]
    runner.client.command(command["command"], *command["arguments"])
    runner.client.wait_for(lambda _: proposals(runner, finer)["a"]["applied"])
    stands(runner, ONE)
    assert "Moa: Take the result" in titles(runner)
    assert "Moa: Take a's proposal" not in titles(runner)
    assert not [each for each in titles(runner, triggerKind=2) if "Take" in each]
    assert not [each for each in titles(runner, only=["quickfix"]) if "Take" in each]
    runner.type("1 + a", "2 + a")
    assert not [each for each in titles(runner) if "Take" in each or "Refine" in each]
    runner.client.command(command["command"], *command["arguments"])
    runner.client.wait_for(lambda _: any("was edited since" in each for each in runner.told()))


GENERAL = ("make it simpler", "stay closer to the old code", "handle the edge cases")
BOXES = [
    (None, (), GENERAL),
    (None, ("use unary plus",), ("use unary plus", *GENERAL[:2])),
    (able(experimental={"moa": {"preview": True}}), (), ()),
]


@pytest.mark.parametrize(("capabilities", "said", "offered"), BOXES)
def test_general_refinements_are_offered_where_there_is_no_box(ended, capabilities, said, offered):
    runner, run, _ = ended("utf-16", capabilities)
    for instruction in said:
        refine(runner, run, instruction)
    refinements = [each for each in titles(runner) if "Refine" in each]
    assert refinements == [f"Moa: Refine with “{each}”" for each in offered]


PREVIEW = able(experimental={"moa": {"preview": True}})
TEXT = (
    "def f():\n    a=1\n    return a\n\n\ndef g():\n    b = 2\n    c = 3\n    d=4\n    return b\n"
)
NEAT = TEXT.replace("a=1", "a = 1").replace("d=4", "d = 4").rstrip("\n")

ANSWERS = [
    ({"accept": True}, TEXT.replace("a=1", "a = 1").replace("d=4", "d = 4"), True),
    ({"accept": True, "hunks": ["1"]}, TEXT.replace("a=1", "a = 1"), True),
    ({"accept": True, "hunks": ["2", "x"]}, TEXT.replace("d=4", "d = 4"), True),
    ({"accept": True, "hunks": []}, TEXT, False),
    ({"accept": True, "hunks": "1"}, TEXT, False),
    ({"accept": False, "hunks": ["1"]}, TEXT, False),
]


@pytest.mark.parametrize(("answer", "expected", "applied"), ANSWERS)
def test_an_edit_is_taken_in_part(runner, answer, expected, applied):
    made = runner(PREVIEW, review="always")
    asked = []
    made.client.answers["moa/preview"] = lambda params: asked.append(params) or answer
    made.script(a={"text": fenced(NEAT)})
    buffer = made.open("file:///w/h.py", TEXT)
    run = made.run(buffer.range(0, len(TEXT) - 1))
    record = made.result(run)
    assert [each["id"] for each in asked[0]["hunks"]] == ["1", "2"]
    assert {each["uri"] for each in asked[0]["hunks"]} == {buffer.uri}
    assert (record["applied"], buffer.text) == (applied, expected)
    if applied:
        made.client.answers["moa/preview"] = lambda _params: {"accept": True}
        take(made, run, "original")
        assert buffer.text == TEXT
        take(made, run, "result")
        assert buffer.text == f"{NEAT}\n"


ANNOTATED = able(
    workspace={
        "applyEdit": True,
        "workspaceEdit": {**ABLE["workspace"]["workspaceEdit"], "changeAnnotationSupport": {}},
    }
)


def test_each_hunk_has_a_change_annotation_of_its_own(runner):
    made = runner(ANNOTATED, review="always")
    made.script(a={"text": fenced(NEAT)})
    buffer = made.open("file:///w/h.py", TEXT)
    made.result(made.run(buffer.range(0, len(TEXT) - 1)))
    edit = made.edits[0]["edit"]
    named = [each["annotationId"] for each in edit["documentChanges"][0]["edits"]]
    assert named == ["moa-1", "moa-2"]
    assert set(named) == set(edit["changeAnnotations"])


PARTIAL = able(experimental={"moa": {"partial": True}})


def test_the_first_usable_proposal_is_shown_and_replaced_once_by_the_result(runner):
    made = runner(PARTIAL, config=CONFIG.replace("solo", "trio", 1))
    made.script(
        a={"text": fenced(ONE)},
        b={"text": fenced(TWO), "gate": "b"},
        c={"text": fenced(THREE), "gate": "b"},
        z={"text": fenced(BEST), "gate": "z"},
    )
    made.open("file:///w/p.py", f"{HEAD}{OLD}{TAIL}")
    run = made.run(made.buffer.range_of(OLD))
    told = lambda: [  # noqa: E731
        each["params"] for each in made.client.notifications if each["method"] == "moa/partial"
    ]
    from tests.fakes.client import until

    until(lambda: told() and told()[-1]["text"] == ONE)
    assert made.edits == []
    made.gate("b")
    made.gate("z")
    record = made.result(run)
    texts = [each["text"] for each in told()]
    assert texts[texts.index(ONE) :] == [ONE, BEST]
    assert [each["done"] for each in told()].count(True) == 1
    assert told()[-1]["done"] is True
    assert 0 < record["first_visible_seconds"] < record["seconds"] + 1


def test_a_run_goes_on_with_the_proposals_that_are_in(runner):
    made = runner(
        able(experimental={"moa": {"waiting": True}}), config=CONFIG.replace("solo", "trio", 1)
    )
    made.script(
        a={"text": fenced(ONE), "gate": "a"},
        b={"text": fenced(TWO), "gate": "never"},
        c={"text": fenced(THREE), "gate": "never"},
        z={"text": fenced(BEST)},
    )
    made.open("file:///w/p.py", f"{HEAD}{OLD}{TAIL}")
    run = made.run(made.buffer.range_of(OLD))
    with pytest.raises(ServerError, match="no proposal is usable yet"):
        made.client.command("moa.settle", {"run": run})
    made.gate("a")
    from tests.fakes.client import until

    until(
        lambda: [
            each
            for each in made.client.notifications
            if each["method"] == "moa/waiting" and each["params"]["settles"]
        ]
    )
    assert made.client.command("moa.settle", {"run": run}) == {"settled": 1}
    record = made.result(run)
    assert record["author"] == "z from 1 proposal"
    assert [each["state"] for each in record["proposals"]] == ["ok", "late", "late"]
    assert record["proposals"][1]["reason"].startswith("cut off: enough others had answered, ")
    stands(made, BEST)
    with pytest.raises(ServerError, match="no proposal is usable yet"):
        made.client.command("moa.settle", {})


def test_an_action_is_run_again_where_its_target_is_now(ended):
    runner, run, _ = ended()
    runner.type("head", "a longer head")
    where = runner.buffer.range_of("longer")
    runner.script(z={"text": fenced(FINER)})
    record = runner.result(runner.run(where, version=1, again=run))
    assert record["applied"] is True
    stands(runner, FINER, HEAD.replace("head", "a longer head"))


def why(runner, line, character=0):
    at = {"line": line, "character": character}
    return runner.client.command("moa.why", {"uri": runner.buffer.uri, "position": at})["reason"]


def test_why_nothing_is_offered(runner):
    made = runner(config=f"{CONFIG}inline: {{languages: {{markdown: false}}}}\n")
    made.open("file:///w/i.py", "x = 1\n")
    assert why(made, 0, 1) == "nothing was asked for here yet"
    assert why(made, 0, 0) == "the cursor is inside a word or before one"
    made.open("file:///w/i.md", "x\n", "markdown")
    assert "switched off for markdown" in why(made, 0)
    with pytest.raises(ServerError, match="`position`"):
        made.client.command("moa.why", {"uri": made.buffer.uri})
    made.buffer.uri = "file:///w/none.py"
    assert why(made, 0) == "the document is not open"
