"""The real VS Code in a real browser: its server with our extension, and windows of its workbench.

Keys and clicks go in as a
user's; what is looked at is what a user sees, the files on the disk, and what the models were
asked.
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

from tests.editors.installed import CACHE, OURS, UNAVAILABLE
from tests.fakes.client import ROOT, until

CODE = CACHE / "vscode" / "code-web"
CHROMIUM = CACHE / "chromium"
DRIVER = CACHE / "python"
SERVER = str(Path(sys.executable).with_name("moa-lsp"))
SHOTS = ROOT / "build" / "vscode"
"""Where pictures of the windows are kept."""

PATIENCE_MS = 60_000
"""For anything to appear: an extension host and a server start within it on a busy machine."""

MENU_MS = 3_000
"""For a menu to appear before it is asked for again."""

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
}
"""Of the user: nothing but what is tested happens by itself."""


def install() -> Path:
    """Install editor and browser if they are not there yet; the extension's package.

    Skips the test, with the reason, where something cannot be had.
    """
    packages = list((ROOT / "dist").glob("moa-lsp-*.vsix"))
    if not packages:
        pytest.skip("there is no package of the extension: make vscode builds it")
    script = Path(__file__).with_name("install-vscode.sh")
    done = subprocess.run(
        (script, CACHE, sys.executable),
        capture_output=True, text=True, check=False, env=OURS, timeout=INSTALL_S,
    )  # fmt: skip
    if done.returncode == UNAVAILABLE:
        pytest.skip(f"VS Code: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    return max(packages, key=lambda path: path.stat().st_mtime)


class Code:
    """VS Code's server with our extension in it.

    Args:
        package: of the extension.
        folder: everything that it keeps.
        environ: of it and of the language server that it starts.
    """

    def __init__(self, package: Path, folder: Path, environ: dict[str, str]) -> None:
        self._package = package
        self._data = folder / "data"
        self._environ = {**os.environ, "HOME": str(folder / "home"), **environ}
        (folder / "home").mkdir(parents=True)
        self._log: list[str] = []
        self._process: subprocess.Popen[str] | None = None
        self.port = 0

    def __enter__(self) -> Self:
        self.machine()
        self.settings()
        where = (str(CODE), "--server-data-dir", str(self._data))
        told = subprocess.run(
            (*where, "--install-extension", str(self._package)),
            env=self._environ, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert "successfully installed" in told.stdout, told.stdout + told.stderr
        self._process = subprocess.Popen(
            (*where, "--host", "127.0.0.1", "--port", "0", "--without-connection-token"),
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

    def machine(self, **said: Any) -> None:
        """Write the machine's settings over those that name our server."""
        self._write("Machine", {"moa.server.path": SERVER, **said})

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
        at = f"127.0.0.1:{code.port}"
        payload = json.dumps([["openFile", f"vscode-remote://{at}{path}"]])
        page.goto(
            f"http://{at}/?folder={path.parent}&payload={quote(payload)}",
            wait_until="domcontentloaded",
        )
        page.wait_for_selector(".editor-instance .view-line")

    def ready(self, mix: str) -> None:
        """Wait until the server has said which mix is in use."""
        self.status(mix).wait_for()

    def status(self, text: str) -> Any:
        """Our item of the status bar, when it says this."""
        return self.page.locator(".statusbar-item", has_text=text)

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
        """Pick a command of the palette."""
        self.press("F1")
        self.rows(f">{title}", title).first.click()

    def menu(self) -> Any:
        """Open the menu of actions; its rows.

        The editor drops a menu that comes while another part of it still hands the focus back:
        the keys are pressed again then.
        """
        rows = self.page.locator(".action-widget .monaco-list-row.action")

        def opened() -> bool:
            self.press("Control+.")
            with suppress(self._too_late):
                rows.first.wait_for(timeout=MENU_MS)
            return rows.count() > 0

        until(opened, PATIENCE_MS / 1000)
        return rows

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
        """Save, and wait until that stands in the file."""
        self.press("Control+s")
        until(lambda: self.path.read_text() == text, PATIENCE_MS / 1000)

    def notice(self, text: str) -> Any:
        """A message of the editor."""
        return self.page.locator(".notification-toast", has_text=text)

    def shoot(self, name: str, part: Any = None) -> None:
        """Keep a picture, of the whole window if no part is named."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png", clip=part)
