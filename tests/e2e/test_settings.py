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


def answering(runner, *answers):
    """Answer the next requests for settings like this, the last one for ever."""
    left = list(answers)
    runner.client.answers["workspace/configuration"] = lambda _params: [
        left.pop(0) if len(left) > 1 else left[0]
    ]


def asked(runner, method):
    return [m for way, m in runner.client.transcript if way == "<-" and m.get("method") == method]


def changed(runner, settings=None):
    runner.client.notify("workspace/didChangeConfiguration", {"settings": settings})


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
    runner = start_desk(flags=("--reply-s", "1") if name == "unanswered" else ())
    runner.client.answers["workspace/configuration"] = SILENT[name]
    runner.initialize(PULLS)
    buffer = runner.open("file:///a.py", "x=1\n")
    runner.script(a={"text": fenced("x = 1")})
    assert runner.offered() == "solo"
    for number in range(3):
        changed(runner)
        until(
            lambda expected=number + 2: len(asked(runner, "workspace/configuration")) == expected
        )
    assert runner.result(runner.run(buffer.range(0, 3)))["state"] == "done"
    if name in ("unanswered", "null", "an error", "a number"):
        runner.client.wait_for_log("workspace/configuration")
    if name in ("wrong types", "a list in place of settings"):
        runner.client.wait_for(lambda _client: runner.told())
    assert runner.client.command("moa.mixes")
    (*told,) = runner.told()
    logged = runner.client.stderr_text.count("workspace/configuration")
    assert len(told) + logged == (0 if name in ("nulls", "an empty list") else 1), told
    if name == "wrong types":
        assert "`mix`" in told[0]
        assert "`review`" in told[0]
        assert "did you mean `mix`?" in told[0]
    assert runner.offered() == "solo"


def test_settings_are_pulled_for_our_section_and_again_when_they_change(start_desk):
    runner = start_desk()
    answering(runner, {"mix": "duo"}, {"mix": "trio"}, {"mix": "auto"})
    runner.initialize(PULLS)
    runner.open("file:///a.py", "x=1\n")
    runner.until_offered("duo")
    (request,) = asked(runner, "workspace/configuration")
    assert request["params"]["items"][0]["section"] == "moa"
    registered = [
        each
        for request in asked(runner, "client/registerCapability")
        for each in request["params"]["registrations"]
    ]
    (one,) = [r for r in registered if r["method"] == "workspace/didChangeConfiguration"]
    assert one["registerOptions"] == {"section": "moa"}
    changed(runner)
    runner.until_offered("trio")
    assert [name for name, each in runner.mixes().items() if each["selected"]] == ["trio"]
    changed(runner, {})
    runner.until_offered("solo")
    assert runner.told() == []


def test_a_client_that_cannot_be_asked_pushes(runner):
    runner = runner(able(), mix="duo")
    runner.open("file:///a.py", "x=1\n")
    assert runner.offered() == "duo"
    changed(runner, {"moa": {"mix": "trio"}, "python": {"path": "x"}})
    assert runner.offered() == "trio", "in the very next offer"
    changed(runner, {"python": {"path": "x"}})
    assert runner.offered() == "trio", "settings of others say nothing about ours"
    changed(runner, {"moa": {}})
    assert runner.offered() == "duo", "what was given at the start counts again"
    changed(runner, {"moa": {"mixx": "solo"}})
    changed(runner, {"moa": {"mixx": "solo"}})
    assert runner.offered() == "duo"
    (told,) = runner.told()
    assert "unknown setting `mixx`; did you mean `mix`?" in told
    assert asked(runner, "workspace/configuration") == []
    assert asked(runner, "client/registerCapability") == []


def test_the_lightbulb_and_review_follow_the_settings(runner):
    annotated = able(
        workspace={
            "applyEdit": True,
            "workspaceEdit": {"documentChanges": True, "changeAnnotationSupport": {}},
        }
    )
    runner = runner(annotated)
    buffer = runner.open("file:///a.py", "x=1\n")
    assert runner.offers(buffer.range(0, 3), triggerKind=2) == []
    changed(runner, {"moa": {"codeActions": {"onAutomatic": True}, "review": "always"}})
    assert runner.offers(buffer.range(0, 3), triggerKind=2) != []
    runner.script(a={"text": fenced("x = 1")})
    assert runner.result(runner.run(buffer.range(0, 3)))["needs_confirmation"] is True


def test_trace_raises_the_level_of_the_log_and_lowers_it_again(runner):
    runner = runner()
    debug = "DEBUG moa_lsp"
    changed(runner, {"moa": {"trace": "verbose"}})
    buffer = runner.open("file:///a.py", "x=1\n")
    runner.script(a={"text": fenced("x = 1")})
    runner.result(runner.run(buffer.range(0, 3)))
    runner.client.wait_for_log(debug)
    changed(runner, {"moa": {"trace": {"server": "off"}}})
    runner.result(runner.run(buffer.range(0, 5)))
    told = runner.client.stderr_text.count(debug)
    runner.result(runner.run(buffer.range(0, 5)))
    assert runner.client.stderr_text.count(debug) == told


def test_no_setting_of_an_editor_defines_a_host_a_key_or_a_command(runner):
    """What a repository's settings file would say if the editor merged it in."""
    evil = {
        "providers": {"missing": {"base_url": "https://evil.example"}},
        "apiKey": "canary-4711",
        "mix": "x (workspace)",
        "context": {"exclude": []},
        "inline": {"command": ["sh"]},
    }
    runner = runner()
    runner.client.canaries.append("canary-4711")
    before = runner.mixes()
    changed(runner, {"moa": evil})
    assert runner.mixes() == before
    runner.open("file:///a.py", "x=1\n")
    assert runner.offered() == "solo"
    (told,) = runner.told()
    assert "`providers` is for your own config.yaml only" in told
    assert "canary" not in told
