"""The real VS Code in a real browser: its server with our extension, and windows of its workbench.

Keys and clicks go in as a user's; what is looked at is what a user sees, the files on the disk,
and what the models were asked.
"""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import pytest

from moa_lsp.cli.editor_guide import EDITORS, installed_program, snippet
from tests.editors.installed import CACHE, Unavailable, run_script
from tests.fakes.client import ROOT, until

CODE = CACHE / "vscode" / "code-web"
CHROMIUM = CACHE / "chromium"
DRIVER = CACHE / "python"
SHOTS = ROOT / "build" / "vscode"
"""Where pictures of the windows are kept."""

PATIENCE_MS = 60_000
"""For anything to appear: an extension host and a server start within it on a busy machine."""

EXTENSION = ROOT / "editors" / "vscode"

ASKS_MS = 300
"""From the last move of the cursor until the editor has asked for actions by itself, and some."""

SAVE_MS = 100
"""For a file to be written after the key was pressed; else it is pressed again."""

MENU_MS = 10_000
"""For a menu to appear, unless the editor forgot about it."""

START_S = 60.0

INSTALL_S = 600.0
"""Some 400 MB are fetched."""

QUIET = {
    "security.workspace.trust.enabled": False,
    "security.workspace.trust.startupPrompt": "never",
    "security.workspace.trust.banner": "never",
    "security.workspace.trust.untrustedFiles": "open",
    "workbench.startupEditor": "none",
    "workbench.colorTheme": "Default Dark Modern",
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.enableExperiments": False,
    "workbench.tips.enabled": False,
    "telemetry.telemetryLevel": "off",
    "chat.disableAIFeatures": True,
    "extensions.autoUpdate": "off",
    "extensions.autoCheckUpdates": False,
    "update.mode": "none",
    "git.enabled": False,
    "editor.minimap.enabled": False,
    "editor.accessibilitySupport": "off",
    "editor.suggestOnTriggerCharacters": False,
    "editor.quickSuggestions": {"other": "off", "comments": "off", "strings": "off"},
    "editor.wordBasedSuggestions": "off",
    "editor.autoIndent": "none",
    "files.autoSave": "off",
    "window.restoreWindows": "none",
    "terminal.integrated.gpuAcceleration": "off",
}
"""Of the user: nothing but what is tested happens by itself."""


def install() -> Path:
    """Install editor and browser if they are not there yet; the extension's package.

    Skips the test, with the reason, where something cannot be had.
    """
    packages = list((ROOT / "dist").glob("moa-lsp-*.vsix"))
    if not packages:
        pytest.skip("there is no package of the extension: make vscode builds it")
    install_programs()
    return max(packages, key=lambda path: path.stat().st_mtime)


def install_programs() -> None:
    """Install editor and browser; skips the test, with the reason, where they cannot be had."""
    try:
        run_script("VS Code", "install-vscode.sh", CACHE, sys.executable, seconds=INSTALL_S)
    except Unavailable as error:
        pytest.skip(str(error))


class Code:
    """VS Code's server with our extension in it.

    Args:
        package: of the extension; ``None`` where the user installs it.
        folder: everything that it keeps.
        environ: of it and of the language server that it starts.
        flags: of its program.
        within: what its command line begins with, to run it somewhere else.

    Attributes:
        port: where its windows are served.
        home: the user's folder.
    """

    def __init__(
        self,
        package: Path | None,
        folder: Path,
        environ: dict[str, str],
        *flags: str,
        within: tuple[str, ...] = (),
    ) -> None:
        self._package = package
        self._within = within
        self._flags = flags
        self._data = folder / "data"
        self.home = folder / "home"
        self._environ = {**os.environ, "HOME": str(self.home), **environ}
        self.home.mkdir(parents=True)
        self._log: list[str] = []
        self._process: subprocess.Popen[str] | None = None
        self.port = 0

    def __enter__(self) -> Self:
        self.machine()
        self.settings()
        where = (*self._within, str(CODE), "--server-data-dir", str(self._data))
        if self._package is not None:
            told = subprocess.run(
                (*where, "--install-extension", str(self._package)),
                env=self._environ, capture_output=True, text=True, timeout=120, check=False,
            )  # fmt: skip
            assert "successfully installed" in told.stdout, told.stdout + told.stderr
        self._process = subprocess.Popen(
            (*where, "--host", "127.0.0.1", "--port", "0", "--without-connection-token",
             *self._flags),
            env=self._environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )  # fmt: skip
        threading.Thread(target=self._read, daemon=True).start()
        until(lambda: self.port or self._process.poll() is not None, START_S)
        assert self.port, "".join(self._log)
        return self

    def __exit__(self, *error: Any) -> None:
        assert self._process is not None
        # It has helpers in its own group that do not end with it.
        for how in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, how)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def settings(self, **more: Any) -> None:
        """Write the user's settings: quiet ones, and these, whose ``_`` stand for dots."""
        said = {name.replace("_", "."): value for name, value in more.items()}
        self._write("User", {**QUIET, **said})

    @property
    def said(self) -> dict[str, Any] | None:
        """The user's settings as they are now; nothing while they are being written."""
        with suppress(json.JSONDecodeError):
            return json.loads((self._data / "data" / "User" / "settings.json").read_text())
        return None

    def machine(self, program: str | None = None) -> None:
        """Write the machine's settings: those that doctor prints, or another program."""
        said = json.loads(snippet(EDITORS["vscode"], installed_program()))
        self._write("Machine", said if program is None else {"moa.server.path": program})

    def _write(self, scope: str, settings: dict[str, Any]) -> None:
        path = self._data / "data" / scope / "settings.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings))

    def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        with suppress(ValueError):  # closed when all is over
            for line in self._process.stdout:
                self._log.append(line)
                found = re.search(r"bound to 127\.0\.0\.1:(\d+)", line)
                if found:
                    self.port = int(found[1])


@contextmanager
def browser() -> Iterator[Any]:
    """A headless Chromium; nothing of it stays."""
    if str(DRIVER) not in sys.path:
        sys.path.append(str(DRIVER))
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]  # fmt: skip
    with sync_playwright() as play:
        made = play.chromium.launch(
            executable_path=CHROMIUM / "chromium", headless=True, args=flags,
            env={**os.environ, "LD_LIBRARY_PATH": str(CHROMIUM / "lib")},
        )  # fmt: skip
        try:
            yield made
        finally:
            made.close()


def visit(page: Any, code: Code, folder: Path, **payload: Path) -> None:
    """Open a folder in a window, with what the editor is to open or run besides."""
    at = f"127.0.0.1:{code.port}"
    said = json.dumps([[name, f"vscode-remote://{at}{path}"] for name, path in payload.items()])
    page.goto(f"http://{at}/?folder={folder}&payload={quote(said)}", wait_until="domcontentloaded")


class Window:
    """One window of the workbench, with one file open.

    Attributes:
        page: the page of it.
        path: the open file.
    """

    def __init__(self, page: Any, code: Code, path: Path) -> None:
        self.page = page
        self.path = path
        from playwright.sync_api import TimeoutError as TooLate

        self._too_late = TooLate
        page.set_default_timeout(PATIENCE_MS)
        visit(page, code, path.parent, openFile=path)
        page.wait_for_selector(".editor-instance .view-line")

    def ready(self, mix: str) -> None:
        """Wait until the server has said which mix is in use."""
        self.status(mix).wait_for()

    def status(self, text: str) -> Any:
        """Our item of the status bar, when it says this."""
        return self.page.locator(".statusbar-item", has_text=text)

    @property
    def bulb(self) -> Any:
        """The mark of the editor beside a line for which it was offered something."""
        return self.page.locator(".lightBulbWidget").filter(visible=True)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text, delay=30)

    def focus(self) -> None:
        """The keys go to the editor."""
        self.page.locator(".editor-instance .view-lines").first.click()

    def everything(self) -> None:
        """Select the whole text."""
        self.focus()
        self.press("Control+a")

    def command(self, title: str) -> None:
        """Pick a command of the palette.

        What a palette has is settled when it opens: a command that a part of the editor enables
        once it is up is in the next one. Like a user we open it once more then.
        """
        self.press("F1")
        row = self.rows(f">{title}", title).first
        with suppress(self._too_late):
            row.wait_for(timeout=MENU_MS)
        if not row.is_visible():
            self.press("Escape", "F1")
            self.rows(f">{title}", title)
        row.click()

    def menu(self) -> Any:
        """Open the menu of actions; its rows.

        The editor forgets a menu that it was asked for when it asks for actions by itself before
        the answer is there: some time after the cursor moved, which is waited for (timers of one
        page go off in their order), and when a part of it that comes up late registers actions of
        its own, which nothing shows. Like a user we ask once more then, and no more: what is not
        there after the second time is missing for a reason of ours.
        """
        rows = self.page.locator(".action-widget .monaco-list-row.action")
        self._ask_for(rows)
        with suppress(self._too_late):
            rows.first.wait_for(timeout=MENU_MS)
        if not rows.first.is_visible():
            self._ask_for(rows)
            rows.first.wait_for()
        return rows

    def _ask_for(self, rows: Any) -> None:
        """Press the key of the menu, unless it is open."""
        self.page.wait_for_function(
            "document.activeElement?.matches('.native-edit-context, textarea.inputarea')"
            " || document.activeElement?.closest('.action-widget')"
        )
        if not rows.first.is_visible():
            self.page.evaluate("after => new Promise(done => setTimeout(done, after))", ASKS_MS)
            self.press("Control+.")

    def pick(self, title: str) -> None:
        """Run an action of the menu."""
        self.menu().filter(has_text=title).first.click()

    def rows(self, typed: str, text: str | None = None) -> Any:
        """What the open picker has with a text, once it is narrowed down by what is typed."""
        self.page.locator(".quick-input-widget input.input").fill(typed)
        rows = self.page.locator(".quick-input-list .monaco-list-row")
        return rows.filter(has_text=typed if text is None else text)

    def shows(self, text: str) -> None:
        """Wait until the editor shows a text."""
        self.page.wait_for_function(
            "text => [...document.querySelectorAll('.editor-instance .view-line')]"
            ".some(line => line.textContent.replace(/\\u00a0/g, ' ').includes(text))",
            arg=text,
        )

    def saved(self, text: str) -> None:
        """Save, again while an edit is still on its way, until that stands in the file."""

        def stands() -> bool:
            self.press("Control+s")
            self.page.evaluate("after => new Promise(done => setTimeout(done, after))", SAVE_MS)
            return self.path.read_text() == text

        until(stands, PATIENCE_MS / 1000)

    def notice(self, text: str) -> Any:
        """A message of the editor."""
        return self.page.locator(".notification-toast", has_text=text)

    def point_away(self) -> None:
        """Take the mouse off what is shown, and wait until no hint of the editor hides a part."""
        self.page.mouse.move(0, 0)
        self.page.locator(".workbench-hover").filter(visible=True).first.wait_for(state="hidden")

    def shoot(self, name: str, part: Any = None) -> None:
        """Keep a picture, of the whole window if no part is named."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png", clip=part)
