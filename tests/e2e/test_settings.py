"""The editor's settings: pulled, pushed, given at the start; none of it is waited for."""

import pytest

from tests.fakes.client import ServerError, until
from tests.fakes.desk import able, fenced

pytestmark = pytest.mark.e2e

PULLS = able(
    workspace={
        "applyEdit": True,
        "configuration": True,
        "didChangeConfiguration": {"dynamicRegistration": True},
        "workspaceEdit": {"documentChanges": True},
    }
)


def answering(desk, *answers):
    """Answer the next requests for settings like this, the last one for ever."""
    left = list(answers)
    desk.client.answers["workspace/configuration"] = lambda _params: [
        left.pop(0) if len(left) > 1 else left[0]
    ]


def asked(desk, method):
    return [m for way, m in desk.client.transcript if way == "<-" and m.get("method") == method]


def changed(desk, settings=None):
    desk.client.notify("workspace/didChangeConfiguration", {"settings": settings})


def refuses(_params):
    raise ServerError({"code": -32601, "message": "no"})


SILENT = {
    "unanswered": None,
    "null": lambda _params: None,
    "nulls": lambda _params: [None],
    "an empty list": lambda _params: [],
    "an error": refuses,
    "a number": lambda _params: 5,
    "wrong types": lambda _params: [
        {"mix": 5, "review": ["always"], "inline": {"enabled": "yes"}, "mixx": 1}
    ],
    "a list in place of settings": lambda _params: [["mix"]],
}


@pytest.mark.parametrize("name", SILENT)
def test_L21_a_client_that_answers_badly_leaves_the_defaults(start_desk, name):
    """One warning at most, however often it is asked; offers, runs and mixes wait for nothing."""
    desk = start_desk(flags=("--reply-s", "1") if name == "unanswered" else ())
    desk.client.answers["workspace/configuration"] = SILENT[name]
    desk.initialize(PULLS)
    buffer = desk.open("file:///a.py", "x=1\n")
    desk.script(a={"text": fenced("x = 1")})
    assert desk.offered() == "solo"
    for number in range(3):
        changed(desk)
        until(lambda expected=number + 2: len(asked(desk, "workspace/configuration")) == expected)
    assert desk.result(desk.run(buffer.range(0, 3)))["state"] == "done"
    if name in ("unanswered", "null", "an error", "a number"):
        desk.client.wait_for_log("workspace/configuration")
    if name in ("wrong types", "a list in place of settings"):
        desk.client.wait_for(lambda _client: desk.told())
    assert desk.client.command("moa.mixes")
    (*told,) = desk.told()
    logged = desk.client.stderr_text.count("workspace/configuration")
    assert len(told) + logged == (0 if name in ("nulls", "an empty list") else 1), told
    if name == "wrong types":
        assert "`mix`" in told[0]
        assert "`review`" in told[0]
        assert "did you mean `mix`?" in told[0]
    assert desk.offered() == "solo"


def test_settings_are_pulled_for_our_section_and_again_when_they_change(start_desk):
    desk = start_desk()
    answering(desk, {"mix": "duo"}, {"mix": "trio"}, {"mix": "auto"})
    desk.initialize(PULLS)
    desk.open("file:///a.py", "x=1\n")
    desk.until_offered("duo")
    (request,) = asked(desk, "workspace/configuration")
    assert request["params"]["items"][0]["section"] == "moa"
    registered = [
        each
        for request in asked(desk, "client/registerCapability")
        for each in request["params"]["registrations"]
    ]
    (one,) = [r for r in registered if r["method"] == "workspace/didChangeConfiguration"]
    assert one["registerOptions"] == {"section": "moa"}
    changed(desk)
    desk.until_offered("trio")
    assert [name for name, each in desk.mixes().items() if each["selected"]] == ["trio"]
    changed(desk, {})
    desk.until_offered("solo")
    assert desk.told() == []


def test_a_client_that_cannot_be_asked_pushes(desk):
    desk = desk(able(), mix="duo")
    desk.open("file:///a.py", "x=1\n")
    assert desk.offered() == "duo"
    changed(desk, {"moa": {"mix": "trio"}, "python": {"path": "x"}})
    assert desk.offered() == "trio", "in the very next offer"
    changed(desk, {"python": {"path": "x"}})
    assert desk.offered() == "trio", "settings of others say nothing about ours"
    changed(desk, {"moa": {}})
    assert desk.offered() == "duo", "what was given at the start counts again"
    changed(desk, {"moa": {"mixx": "solo"}})
    changed(desk, {"moa": {"mixx": "solo"}})
    assert desk.offered() == "duo"
    (told,) = desk.told()
    assert "unknown setting `mixx`; did you mean `mix`?" in told
    assert asked(desk, "workspace/configuration") == []
    assert asked(desk, "client/registerCapability") == []


def test_the_lightbulb_and_review_follow_the_settings(desk):
    annotated = able(
        workspace={
            "applyEdit": True,
            "workspaceEdit": {"documentChanges": True, "changeAnnotationSupport": {}},
        }
    )
    desk = desk(annotated)
    buffer = desk.open("file:///a.py", "x=1\n")
    assert desk.offers(buffer.range(0, 3), triggerKind=2) == []
    changed(desk, {"moa": {"codeActions": {"onAutomatic": True}, "review": "always"}})
    assert desk.offers(buffer.range(0, 3), triggerKind=2) != []
    desk.script(a={"text": fenced("x = 1")})
    assert desk.result(desk.run(buffer.range(0, 3)))["needs_confirmation"] is True


def test_trace_raises_the_level_of_the_log_and_lowers_it_again(desk):
    desk = desk()
    debug = "DEBUG moa_lsp"
    changed(desk, {"moa": {"trace": "verbose"}})
    buffer = desk.open("file:///a.py", "x=1\n")
    desk.script(a={"text": fenced("x = 1")})
    desk.result(desk.run(buffer.range(0, 3)))
    desk.client.wait_for_log(debug)
    changed(desk, {"moa": {"trace": {"server": "off"}}})
    desk.result(desk.run(buffer.range(0, 5)))
    told = desk.client.stderr_text.count(debug)
    desk.result(desk.run(buffer.range(0, 5)))
    assert desk.client.stderr_text.count(debug) == told


def test_no_setting_of_an_editor_defines_a_host_a_key_or_a_command(desk):
    """What a repository's settings file would say if the editor merged it in."""
    evil = {
        "providers": {"missing": {"base_url": "https://evil.example"}},
        "apiKey": "canary-4711",
        "mix": "x (workspace)",
        "context": {"exclude": []},
        "inline": {"command": ["sh"]},
    }
    desk = desk()
    desk.client.canaries.append("canary-4711")
    before = desk.mixes()
    changed(desk, {"moa": evil})
    assert desk.mixes() == before
    desk.open("file:///a.py", "x=1\n")
    assert desk.offered() == "solo"
    (told,) = desk.told()
    assert "`providers` is for your own config.yaml only" in told
    assert "canary" not in told
