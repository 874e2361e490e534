"""What VS Code makes of proposals, hunks and refinements as docs/editor-protocol.md has them, with
a server that says what a test scripts."""

import json
import sys

import pytest

from tests.editors.workbench import Code, Window, browser, install
from tests.fakes import shapes
from tests.fakes.client import ROOT, until

pytestmark = pytest.mark.editors

TEXT = "def total(items):\n    t = 0\n    for i in items:\n        t = t + i\n    return t\n"
PROGRAM = """#!/bin/sh
[ "$1" = --version ] && exec echo "moa-lsp, version 99.0"
cd "{root}" || exit
exec "{python}" -m tests.editors.scripted_server "{folder}/scene.json" "{folder}/log"
"""
RUN = "r1"
RECORD = shapes.record(
    edit={},
    text="",
    author="GLM from 2 proposals",
    aggregation={"by": "model", "model": "lab/glm"},
    proposals=[
        shapes.agent("deepseek"),
        shapes.agent("mistral"),
        shapes.agent("qwen", "failed", reason="answered 500"),
    ],
)


def proposal(agent, text, **change):
    told = {"agent": agent, "model": f"lab/{agent}", "state": "ok", "text": text, "applied": False}
    told |= {"checks": {"parse": "ok"}, "seconds": 2.0, "usage": None, "cost_usd": 0.001}
    return {**told, **change}


PROPOSALS = [
    proposal("result", "return sum(items)", model="lab/glm", applied=True),
    proposal("deepseek", "return sum(i for i in items)"),
    proposal("mistral", "return sum(items)", equal_to="result"),
]


@pytest.fixture(scope="module")
def chromium():
    with browser() as made:
        yield made


@pytest.fixture
def play(chromium, tmp_path):
    """``play(scene)``: a window on a file whose server plays the scene; and what it was told.

    A scene is made of the file's URI.
    """
    package = install()
    folder, work = tmp_path / "scene", tmp_path / "work"
    for each in (folder, work):
        each.mkdir()
    program, path = folder / "moa-lsp", work / "sums.py"
    program.write_text(PROGRAM.format(root=ROOT, python=sys.executable, folder=folder))
    program.chmod(0o755)
    path.write_text(TEXT)
    with Code(package, tmp_path / "code", {}) as code:

        def begin(scene):
            said = {"moa.run": {"answer": {"run": RUN}}, "moa.result": {"answer": RECORD}}
            said |= scene(path.as_uri())
            shapes.check_scene(said)
            (folder / "scene.json").write_text(json.dumps(said))
            code.machine(str(program))
            window = Window(chromium.new_page(viewport={"width": 1100, "height": 640}), code, path)
            window.ready("solo")
            return window, lambda: list(map(json.loads, (folder / "log").read_text().splitlines()))

        yield begin


def refactor(window):
    """Begin a run by the palette, without an instruction."""
    window.everything()
    window.command("Moa: Refactor")
    window.page.locator(".quick-input-widget", has_text="Without an instruction").wait_for()
    window.press("Enter")


def asked(said, command):
    """The arguments of each call of a command."""
    return [each["argument"] for each in said() if each.get("command") == command]


def question(uri):
    """A run that asks about two hunks."""
    hunks = []
    for row, text in ((1, "    total = 0\n"), (4, "    return total\n")):
        start, end = ({"line": line, "character": 0} for line in (row, row + 1))
        place = {"start": start, "end": end}
        hunks.append({"id": f"h{row}", "uri": uri, "range": place, "newText": text})
    params = {"run": RUN, "uri": uri, "title": "Moa: Refactor", "diff": "-a\n+b"}
    params |= {"warnings": ["changes 2 of 5 lines"], "hunks": hunks}
    ask = {"id": "ask", "method": "moa/preview", "params": params}
    return {"moa.run": {"answer": {"run": RUN}, "then": [ask]}}


def marked(window, number):
    """Wait until the diff that is shown marks so many lines as new."""
    window.page.wait_for_function(
        "number => document.querySelectorAll('.modified .line-insert').length === number",
        arg=number,
    )


def test_an_edit_is_taken_in_part_by_the_keyboard_alone(play):
    window, said = play(question)
    refactor(window)
    window.status("waiting for you: changes 2 of 5 lines").wait_for()
    window.shows("total = 0")
    marked(window, 2)
    window.shoot("parts")
    window.press("Control+Alt+m", "h")  # the cursor is at the first part
    marked(window, 1)
    window.shoot("review-h")
    window.press("Control+Alt+m", "k")
    until(lambda: any("reply" in each for each in said()), 30)
    (verdict,) = [each["result"] for each in said() if "reply" in each]
    assert verdict == {"accept": True, "hunks": ["h4"]}


def test_proposals_are_looked_at_and_one_is_taken_and_refined(play):
    window, said = play(
        lambda _: {
            "moa.proposals": {"answer": PROPOSALS},
            "moa.apply": {"answer": RECORD},
            "moa.refine": {"answer": {"run": "r2"}},
        }
    )
    refactor(window)
    window.status("GLM from 2 proposals · 1 failed · 6.2 s · $0.0020").wait_for()
    window.notice("qwen failed: answered 500").wait_for()
    window.press("Control+Alt+m", "p")
    rows = window.page.locator(".quick-input-list .monaco-list-row")
    rows.nth(2).wait_for()
    assert "same as the result" in rows.nth(2).inner_text()
    window.press("ArrowDown")
    window.shows("return sum(i for i in items)")
    window.point_away()
    window.shoot("proposals")
    window.press("Enter")
    until(lambda: asked(said, "moa.apply"), 30)
    assert asked(said, "moa.apply") == [{"run": RUN, "proposal": "deepseek"}]
    window.press("Control+Alt+m", "i")
    window.page.locator(".quick-input-widget", has_text="Moa: refine").wait_for()
    window.type("shorter")
    window.press("Enter")
    window.rows("", "The aggregator alone").click()
    until(lambda: asked(said, "moa.refine"), 30)
    assert asked(said, "moa.refine") == [
        {"run": RUN, "instruction": "shorter", "only": "aggregator"}
    ]
