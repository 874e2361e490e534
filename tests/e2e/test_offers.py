"""What is offered, to whom and when; nothing of it asks a model."""

import pytest

from tests.fakes.desk import fenced

pytestmark = pytest.mark.e2e

TEXT = "import os\n\n\ndef f(a):\n    return a+1\n"

EVERYWHERE = {
    "refactor.rewrite.moa.generate",
    "source.moa.explain",
    "source.moa.explain-comment",
    "source.moa.document",
    "source.moa.test",
}
REFACTOR, FIX = "refactor.rewrite.moa.refactor", "quickfix.moa.fix"

DIAGNOSTIC = {
    "range": {"start": {"line": 0, "character": 7}, "end": {"line": 0, "character": 9}},
    "message": "`os` imported but unused",
    "code": "F401",
    "source": "Ruff",
}
DIAGNOSED = {"diagnostics": [DIAGNOSTIC]}
AUTOMATIC = {"triggerKind": 2}


def kinds(offers):
    return {each["kind"] for each in offers}


CASES = {
    "a selection": (True, {}, EVERYWHERE | {REFACTOR}),
    "the cursor": (False, {}, EVERYWHERE),
    "diagnostics": (False, DIAGNOSED, EVERYWHERE | {FIX}),
    "no trigger": (True, {"triggerKind": None}, EVERYWHERE | {REFACTOR}),
    "the lightbulb": (True, AUTOMATIC, set()),
    "the lightbulb on diagnostics": (True, {**AUTOMATIC, **DIAGNOSED}, {FIX}),
    "all refactorings": (
        True,
        {"only": ["refactor"]},
        {REFACTOR, "refactor.rewrite.moa.generate"},
    ),
    "our refactorings": (
        True,
        {"only": ["refactor.rewrite.moa"]},
        {REFACTOR, *EVERYWHERE} - {kind for kind in EVERYWHERE if kind.startswith("source")},
    ),
    "one": (True, {"only": [REFACTOR]}, {REFACTOR}),
    "two": (True, {"only": ["quickfix", "source.moa.explain"]}, {"source.moa.explain"}),
    "the empty kind": (True, {"only": [""]}, EVERYWHERE | {REFACTOR}),
    "no kind": (True, {"only": []}, EVERYWHERE | {REFACTOR}),
    "others": (True, {"only": ["refactor.extract", "source.organizeImports", "x"]}, set()),
    "a kind that only begins alike": (True, {"only": ["refactor.rewrite.mo"]}, set()),
    "quick fixes without diagnostics": (True, {"only": ["quickfix"]}, set()),
    "quick fixes": (True, {"only": ["quickfix"], **DIAGNOSED}, {FIX}),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_offered(one, name):
    marked, context, expected = CASES[name]
    buffer = one.open("file:///offers.py", TEXT)
    context = {key: value for key, value in context.items() if value is not None}
    start = TEXT.index("def")
    offers = one.offers(buffer.range(start, len(TEXT) - 1 if marked else start), **context)
    assert kinds(offers) == expected
    assert len(offers) == len(expected)


def test_the_shape_of_an_offer(one):
    buffer = one.open("file:///shape.py", TEXT)
    where = buffer.range_of("import os")
    asked = len(one.state()["asked"])
    for offer in one.offers(where, **DIAGNOSED):
        assert offer["title"].startswith("Moa: ")
        assert offer["title"].endswith(" · solo")
        assert set(offer) <= {"title", "kind", "command", "tags", "diagnostics"}, "isPreferred, …"
        assert offer["tags"] == [1], "LLMGenerated"
        command = offer["command"]
        assert set(command) == {"title", "command", "arguments"}
        assert command["command"] == "moa.run"
        action = offer["kind"].rpartition(".")[2]
        assert command["arguments"] == [
            {"action": action, "uri": buffer.uri, "range": where, "version": 1}
        ]
        assert ("diagnostics" in offer) == (action == "fix")
    assert len(one.state()["asked"]) == asked, "offering is free"


def test_the_initialize_answer_names_kinds_and_commands(runner):
    runner = runner()
    response = next(m for d, m in runner.client.transcript if d == "<-" and "result" in m)
    capabilities = response["result"]["capabilities"]
    announced = capabilities["codeActionProvider"]["codeActionKinds"]
    for kind in EVERYWHERE | {REFACTOR, FIX}:
        assert any(kind.startswith(f"{parent}.") for parent in announced), kind
    assert set(capabilities["executeCommandProvider"]["commands"]) >= {
        *("moa.run", "moa.result", "moa.cancel", "moa.apply", "moa.mixes", "moa.selectMix")
    }


def test_L16_documents_that_are_too_large_or_not_open(one):
    nowhere = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 3}}
    buffer = one.open("file:///large.py", "x=1\n" * 3)
    buffer.uri = "file:///not/open.py"
    assert one.offers(nowhere) == []
    one.open("file:///large.py?2", "x=1\n" * (2**19 + 1))
    cursor = {"start": nowhere["start"], "end": nowhere["start"]}
    assert REFACTOR in kinds(one.offers(nowhere)), "2 MB: a selection may be worked on"
    assert one.offers(cursor) == [], "2 MB: parsing all of it takes too long"
    one.open("file:///large.py?10", "x" * (10 * 2**20 + 1))
    assert one.offers(nowhere) == []
    one.open("file:///large.py?3", "")
    assert kinds(one.offers(cursor)) == EVERYWHERE


@pytest.mark.parametrize(
    "uri", ["untitled:Untitled-1", "git:/a.py?ref=1", "file:///C%3A/a%20b.py", "a.py"]
)
def test_L19_any_uri_gets_offers_and_runs(one, uri):
    one.script(a={"text": fenced("x = 1")})
    buffer = one.open(uri, "x=1\n")
    assert REFACTOR in kinds(one.offers(buffer.range(0, 3)))
    assert one.result(one.run(buffer.range(0, 3)))["applied"] is True
    assert buffer.text == "x = 1\n"


def test_L19_what_is_no_uri_gets_offers_all_the_same(one):
    buffer = one.open("file://[", "x=1\n")
    assert REFACTOR in kinds(one.offers(buffer.range(0, 3)))


def test_the_lightbulb_does_not_make_the_menu_stale(one):
    """Editors ask by themselves between the menu's opening and the user's choice."""
    one.forget()
    one.script(a={"text": fenced("import sys")})
    buffer = one.open("file:///menu.py", TEXT)
    offers = one.offers(buffer.range_of("import os"))
    (action_request,) = next(each for each in offers if each["kind"] == REFACTOR)["command"][
        "arguments"
    ]
    one.type("return a+1", "return a+2")
    assert one.offers(buffer.range_of("def f(a):"), **AUTOMATIC) == []
    assert one.result(one.client.command("moa.run", action_request)["run"])["applied"] is True
    assert buffer.text == TEXT.replace("os", "sys").replace("a+1", "a+2")


def test_diagnostics_of_the_offer_reach_the_agents_also_after_typing(one):
    """The embedded ruff agent mends what the offer's diagnostics name."""
    one.forget()
    buffer = one.open("file:///diagnosed.py", TEXT + "\n\nprint(sys)\n")
    one.type("import os", "import os\nimport sys")
    offers = one.offers(buffer.range_of("import os\nimport sys"), **DIAGNOSED)
    (action_request,) = next(each for each in offers if each["kind"] == FIX)["command"][
        "arguments"
    ]
    one.type("return a+1", "return a+2")
    record = one.result(
        one.client.command("moa.run", {**action_request, "mix": "embedded"})["run"]
    )
    assert record["applied"] is True, record
    assert "import os" not in buffer.text
    assert "a+2" in buffer.text


def test_offers_come_while_runs_go_on(one):
    one.script(a={"hangs": True})
    buffer = one.open("file:///busy.py", TEXT)
    run = one.run(buffer.range_of("import os"))
    one.until(open=1)
    assert REFACTOR in kinds(one.offers(buffer.range_of("import os")))
    one.client.command("moa.cancel", {"run": run})
    assert one.result(run)["state"] == "cancelled"
