"""The extension in the real editor, with the real server; only the models are scripted."""

import json
import os
import subprocess
import sys
import threading
import zipfile

import pytest

from moa_lsp.cli.editor_guide import installed_program
from tests.editors.conftest import TIDY, UNTIDY
from tests.editors.recording import AUTOMATIC, INVOKED, LLM_GENERATED, TAKEN_BACK, Recording
from tests.editors.workbench import Code, Window, browser, install
from tests.fakes.client import until
from tests.fakes.desk import fenced
from tests.fakes.faulty_server import Until, chunked, sse
from tests.fakes.upstreams import KEY, Upstreams, slowly

pytestmark = pytest.mark.editors

OLD = "def total(items):\n    t = 0\n    for i in items:\n        t = t + i\n    return t\n"
NEW = "def total(items):\n    return sum(items)\n"
MIXES = {
    "solo": "description: One model.\nproposers: [{model: lab/m}]\n",
    "other": "description: Another one.\nproposers: [{model: lab/m}]\n",
    "gap": "proposers: [{model: fim/qwen2.5-coder-7b}]\n",
}
MORE = "  fim/qwen2.5-coder-7b: {price: {input: 1, output: 10}, max_output: 1000}\n"
FADES_MS = 500
"""For a message to be drawn in full, before a picture of it is taken."""

PART = {"x": 328, "y": 36, "width": 560, "height": 200}
"""Of a window: the upper left of the editor, as in the extension's README."""
SETTINGS = "mix: solo\ninline: {mix: gap, debounce_ms: 50}\nreview: never\n"


@pytest.fixture(scope="module")
def up():
    with Upstreams("lab", "fim") as made:
        yield made


@pytest.fixture(scope="module")
def environ(up, tmp_path_factory):
    """Of the editor: a user with a configuration and a key."""
    folder = tmp_path_factory.mktemp("user")
    homes = {f"XDG_{kind}_HOME": str(folder / kind) for kind in ("STATE", "CACHE", "CONFIG")}
    config = up.write(folder / "config", MIXES, MORE + SETTINGS + "cache: {enabled: false}\n")
    return {**homes, "LAB_KEY": KEY, "MOA_LSP_CONFIG": str(config)}


@pytest.fixture(scope="module")
def code(environ, tmp_path_factory):
    with Code(install(), tmp_path_factory.mktemp("code"), environ) as made:
        yield made


@pytest.fixture(scope="module")
def chromium():
    with browser() as made:
        yield made


@pytest.fixture
def open_window(code, chromium, tmp_path, request):
    """``open_window(text, **settings)``: a window with a file; a picture is taken at the end."""
    windows = []

    def begin(text=OLD, *, files=None, **settings):
        code.settings(**settings)
        folder = tmp_path / "work"
        folder.mkdir()
        for name, said in (files or {}).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(said)
        path = folder / "sums.py"
        path.write_text(text)
        context = chromium.new_context(viewport={"width": 1100, "height": 640})
        windows.append(Window(context.new_page(), code, path))
        return windows[-1]

    yield begin
    for window in windows:
        window.shoot(f"end-{request.node.name}")
        window.page.context.close()


def test_a_refactoring_is_picked_saved_and_taken_back_by_one_undo(open_window, up):
    up.say(lab=fenced(NEW.rstrip()))
    window = open_window()
    window.ready("solo")
    window.everything()
    rows = window.menu()
    assert rows.all_inner_texts() == ["Moa: Refactor · solo", "Moa: Generate · solo"]
    assert rows.locator(".codicon-sparkle").count() == 2  # the editor's mark of what AI makes
    window.shoot("menu", PART)
    window.press("Escape")
    window.pick("Moa: Refactor")
    window.shows("return sum(items)")
    window.saved(NEW)
    window.focus()
    window.press("Control+z")
    window.saved(OLD)


def test_what_is_asked_for_is_marked_and_nothing_is_offered_unasked(open_window, code, tmp_path):
    told = Recording(tmp_path)
    code.machine(told.program)
    try:
        window = open_window()
        window.ready("solo")
        window.everything()
        assert not any(until(lambda: told.offers(AUTOMATIC), 60))
        assert window.bulb.count() == 0
        window.menu()
        # asked for twice or not: the server left nothing unanswered
        first = until(lambda: (told.answers(INVOKED) or [None])[0], 60)
        assert "result" in first or first["error"]["code"] == TAKEN_BACK, first
        (asked, *_) = until(lambda: told.offers(INVOKED), 60)
        assert [each["tags"] for each in asked] == [[LLM_GENERATED]] * 6
        assert not any(each.get("isPreferred") for each in asked)
        window.press("Escape")
        code.settings(moa_codeActions_onAutomatic=True)
        window.page.reload()  # the bulb of the menu just shown stays until the text changes
        window.ready("solo")
        window.everything()
        window.bulb.wait_for()
    finally:
        code.machine()


HEAD = "import os\n\n\n"


@pytest.fixture
def at_work(open_window, up):
    """A window in which a run is at work on all but the head, and what lets it end."""
    opened = threading.Event()
    up.play("lab", slowly(Until(opened), fenced(NEW.rstrip())[:20], fenced(NEW.rstrip())[20:]))
    window = open_window(HEAD + OLD)
    window.ready("solo")
    window.focus()
    window.press("Control+Home", *["ArrowDown"] * 3, "Control+Shift+End")
    before = len(up.asked("lab"))
    window.pick("Moa: Refactor")
    until(lambda: len(up.asked("lab")) > before, 30)
    yield window, opened
    opened.set()


def test_what_is_typed_elsewhere_during_a_run_stays(at_work):
    window, opened = at_work
    window.press("Control+Home")
    window.type("# mine\n")
    opened.set()
    window.shows("return sum(items)")
    window.saved(f"# mine\n{HEAD}{NEW}")


def test_a_rename_in_the_target_during_a_run_is_not_lost(at_work):
    window, opened = at_work
    window.press("Control+Home", *["ArrowDown"] * 3, *["ArrowRight"] * 9)
    window.type("_of")
    renamed = HEAD + OLD.replace("total", "total_of")
    opened.set()
    window.notice("the text changed inside the target").wait_for()
    window.shoot("renamed")
    window.saved(renamed)
    window.focus()
    window.press("Control+z")
    window.saved(HEAD + OLD)
    window.command("Moa: Apply Last Result")
    window.shows("return sum(items)")
    window.saved(HEAD + NEW)


def test_the_cancel_button_stops_the_request_and_no_edit_follows(at_work, up):
    window, opened = at_work
    window.status("Moa: refactor").click()
    window.page.get_by_role("button", name="Cancel", exact=True).click()
    until(lambda: up.asked("lab")[-1].left_at is not None, 60)
    window.status("Moa: refactor").wait_for(state="detached")
    opened.set()
    window.focus()
    window.press("Control+Home")
    window.type("# mine\n")
    window.saved(f"# mine\n{HEAD}{OLD}")


def button(window, name):
    """An action of the title of the diff that is shown."""
    return window.page.locator(f".editor-actions [aria-label^='{name}']")


def test_an_edit_is_reviewed_in_a_diff_by_mouse_and_by_keys(open_window, up):
    up.say(lab=fenced(NEW.rstrip()))
    window = open_window(moa_review="always")
    window.ready("solo")
    window.everything()
    window.pick("Moa: Refactor")
    button(window, "Discard").wait_for()
    window.status("waiting for you").wait_for()
    window.shows("return sum(items)")
    window.shoot("preview")
    button(window, "Discard").click()
    window.status("waiting for you").wait_for(state="detached")
    window.notice("you declined the edit").wait_for()
    assert not button(window, "Discard").is_visible()  # it is not asked about again
    window.shows("for i in items")
    assert window.page.locator(".tab.dirty").count() == 0
    for key, shown in (("x", "for i in items"), ("k", "return sum(items)")):
        window.command("Notifications: Clear All Notifications")
        window.everything()
        window.pick("Moa: Refactor")
        button(window, "Keep").wait_for()
        window.press("Control+Alt+m", key)
        button(window, "Keep").wait_for(state="detached")
        window.shows(shown)
        if key == "x":
            window.notice("you declined the edit").get_by_role("button", name="Apply").wait_for()
        window.page.evaluate("after => new Promise(done => setTimeout(done, after))", FADES_MS)
        window.shoot(f"review-{key}")
    window.saved(NEW)


def test_an_explanation_opens_as_a_preview_and_the_instruction_is_asked_for(open_window, up):
    up.say(lab="It **adds** the items.")
    window = open_window()
    window.ready("solo")
    window.everything()
    window.command("Moa: Explain")
    window.page.locator(".quick-input-widget", has_text="Without an instruction").wait_for()
    window.type("why a loop?")
    window.press("Enter")
    window.page.locator(".tab", has_text="Preview explanation").wait_for()
    shown = window.page.frame_locator("iframe.webview").frame_locator("#active-frame")
    shown.locator("strong", has_text="adds").wait_for()
    window.shoot("explanation")
    assert "why a loop?" in up.asked("lab")[-1].body.decode()


def test_grey_text_is_taken_by_tab_and_the_ledger_knows(open_window, up, environ):
    up.play("fim", completion("sum(items)"))
    window = open_window("def total(items):\n    return\n")
    window.ready("solo")
    window.focus()
    window.press("Control+Home", "ArrowDown", "End")
    window.type(" ")
    window.page.locator("[class*=ghost-text]").first.wait_for()
    window.shoot("inline", PART)
    window.press("Tab")
    window.saved("def total(items):\n    return sum(items)\n")
    until(lambda: "gap" in taken(environ), 30)


def completion(text):
    """An answer as ``/completions`` streams it."""
    return chunked(
        sse({"choices": [{"text": text, "finish_reason": "stop"}]}),
        sse({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 3}}),
        sse("[DONE]"),
    )


def taken(environ):
    """The mixes of which the ledger says that a result was taken."""
    told = subprocess.run(
        (sys.executable, "-m", "moa_lsp", "usage", "--by", "mix", "--json"),
        env={**os.environ, **environ}, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return {each["mix"] for each in json.loads(told.stdout)["rows"] if each["taken"]}


def test_a_mix_is_chosen_and_asked(open_window, up):
    up.say(lab=fenced(NEW.rstrip()))
    window = open_window()
    window.ready("solo")
    window.command("Moa: Choose Mix for Actions")
    row = window.rows("Another one.")
    assert "ready · at most $" in row.inner_text()
    window.shoot("mixes")
    row.click()
    window.ready("other")
    window.everything()
    window.pick("Moa: Refactor · other")
    window.shows("return sum(items)")
    window.saved(NEW)


def test_the_menu_of_the_status_bar_switches_a_language_off(open_window, code):
    window = open_window()
    window.ready("solo")
    for row, said in (("Off", {"python": False}), ("As the configuration says", None)):
        window.status("solo").click()
        window.rows("for this language").click()
        window.rows("", row).click()
        until(lambda said=said: switched(code, said), 60)


def switched(code, said):
    """Whether the user's settings say this of languages."""
    settings = code.said
    return settings is not None and settings.get("moa.inline.languages") == said


LOCAL = "name: local\ndescription: Of the folder.\nproposers: [{model: lab/m}]\n"


def test_a_folders_mix_is_there_once_it_is_trusted(open_window):
    files = {".moa/mixes/local.yaml": LOCAL, ".moa/config.yaml": "mix: other\n"}
    window = open_window(files=files, security_workspace_trust_enabled=True)
    window.ready("solo")
    assert not offered(window)
    window.command("Workspaces: Manage Workspace Trust")
    window.page.get_by_role("button", name="Trust", exact=True).first.click()
    window.page.get_by_text("You trust this folder").wait_for()
    window.page.locator(".monaco-modal-editor-block .codicon-close").last.click()
    window.ready("other")
    assert offered(window)


def offered(window):
    """Whether the picker of mixes has the folder's; it has the user's in any case."""
    window.command("Moa: Menu")
    window.rows("Mix for actions").click()
    others = window.rows("Another one.")
    others.wait_for()
    found = window.rows("Of the folder.")
    others.wait_for(state="detached")  # the list is narrowed down
    there = found.count() == 1
    window.press("Escape")
    return there


def test_a_wrong_path_is_one_message(open_window, code):
    code.machine("/nowhere/moa-lsp")
    try:
        window = open_window()
        window.notice("names no program: /nowhere/moa-lsp").wait_for()
        assert window.notice("").count() == 1
        window.shoot("path")
    finally:
        code.machine()
    window.ready("solo")


PYTHON = """#!/bin/sh
case "$*" in
--version) echo Python 3.11.2 ;;
"-m venv "*) for folder; do :; done; mkdir -p "$folder/bin" && cp "$0" "$folder/bin/python" ;;
*--no-index*) ;;
*) printf '%s\\n' "$@" > "$HOME/said"; ln -s "{server}" "$(dirname "$0")/moa-lsp" ;;
esac
"""
"""Stands in for Python, whose pip would fetch what the server needs."""


def test_from_nothing_to_the_first_edit_without_a_key(chromium, tmp_path):
    tools, work = tmp_path / "tools", tmp_path / "work"
    for folder in (tools, work):
        folder.mkdir()
    (tools / "python3").write_text(PYTHON.format(server=installed_program()))
    (tools / "python3").chmod(0o755)
    path = work / "sums.py"
    path.write_text(UNTIDY)
    bare = [each for each in os.get_exec_path() if not os.path.exists(f"{each}/moa-lsp")]
    homes = {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("STATE", "CACHE", "CONFIG")}
    environ = {**homes, "PATH": os.pathsep.join([str(tools), *bare])}
    with Code(install(), tmp_path / "code", environ) as code:
        # The editor takes the PATH of a login shell.
        (code.home / ".profile").write_text(f"PATH='{environ['PATH']}'\n")
        code.machine("")
        window = Window(chromium.new_page(viewport={"width": 1100, "height": 640}), code, path)
        window.notice("the server moa-lsp is not installed yet").wait_for()
        window.shoot("install")
        window.page.get_by_role("button", name="Install it").click()
        window.ready("embedded")  # nothing else is asked
        *words, package = (code.home / "said").read_text().split("\n")[:-1]
        assert words[:3] == ["-m", "pip", "install"]
        assert zipfile.is_zipfile(package)
        window.everything()
        window.pick("Moa: Refactor · embedded")
        window.shows("def f(a, b):")
        window.saved(TIDY)
        window.page.close()
