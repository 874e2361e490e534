"""A real Neovim without a screen, spoken to over a socket by a few lines of Lua in it."""

import json
import os
import socket
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.editors.installed import ROOT, installed
from tests.fakes.client import until

PLUGIN = ROOT / "editors" / "neovim"
DRIVER = Path(__file__).with_name("driver.lua")
PATIENCE_S = 30.0


class Neovim:
    """One Neovim with the plugin on its path and nothing of the user's.

    Args:
        home: a folder for all that it writes.
        environ: variables besides.
        init: Lua that is run first, as a user's ``init.lua``.
        within: gives what its command line begins with, of its variables and of the folders that
            it writes to, to run it somewhere else.
    """

    def __init__(
        self,
        home: Path,
        environ: dict[str, str],
        init: str,
        within: Callable[[dict[str, str], Path], tuple[str, ...]] = lambda _environ, _folder: (),
    ) -> None:
        self.program = installed("neovim", "neovim", "nvim")
        self._folder = tempfile.TemporaryDirectory(prefix="moa-")  # paths of sockets are short
        place = Path(self._folder.name) / "s"
        home.mkdir(exist_ok=True)
        (home / "init.lua").write_text(
            f"dofile('{DRIVER}')\nvim.opt.runtimepath:prepend('{PLUGIN}')\n{init}\n"
        )
        homes = {f"XDG_{kind}_HOME": str(home / kind) for kind in ("STATE", "DATA", "CONFIG")}
        said = {**homes, **environ, "MOA_TEST_SOCKET": str(place)}
        argv = (self.program, "--headless", "-n", "-i", "NONE", "-u", str(home / "init.lua"))
        self._process = subprocess.Popen(
            (*within(said, place.parent), *map(str, argv)),
            cwd=home,
            env={**os.environ, **said},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(PATIENCE_S)
        try:
            until(lambda: self._connected(str(place)), PATIENCE_S)
        except BaseException:  # nobody would end it
            self._process.kill()
            raise
        self._lines = self._socket.makefile("r", encoding="utf-8")

    def __call__(self, code: str, argument: Any = None) -> Any:
        """Run Lua (``...`` is the argument) and give what it returns."""
        request = {"code": code, "argument": argument}
        self._socket.sendall((json.dumps(request) + "\n").encode())
        answer = json.loads(self._lines.readline())
        assert "error" not in answer, answer
        return answer["value"]

    def until(self, code: str, argument: Any = None) -> Any:
        """Wait until some Lua returns what is true."""
        try:
            return until(lambda: self(code, argument), PATIENCE_S)
        except AssertionError as error:
            state = self("return {told = _G.told, heard = _G.heard, mode = vim.fn.mode(1)}")
            raise AssertionError(f"never true: {code}\n{state}\n{self.text}") from error

    def edit(self, path: Path, *, attached: bool = True) -> None:
        """Open a file, and wait until the server serves it and is ready."""
        self("vim.cmd.edit(...)", str(path))
        if attached:
            self.until("local s = require('moa').stand(); return s ~= nil and s.mix ~= vim.NIL")

    def ex(self, command: str) -> None:
        """An Ex command, as if it were typed."""
        self("vim.cmd(...)", command)

    def type(self, keys: str) -> None:
        """Keys, in the notation of mappings, as if they were typed; goes on at once."""
        self("vim.api.nvim_input(...)", keys)

    @property
    def text(self) -> str:
        return self("return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, true), '\\n')")

    @property
    def told(self) -> list[str]:
        """Every notification so far."""
        return [each["text"] for each in self("return _G.told") or []]

    def ended(self, number: int = 1) -> dict[str, Any]:
        """The record of the run that was the n-th to end, waited for."""
        code = (
            "local ended = vim.tbl_filter(function(each) return each.event == 'MoaRunEnd' end, "
            "_G.heard); return ended[...]"
        )
        return self.until(code, number)["data"]["record"]

    def close(self) -> None:
        """Leave as a user would."""
        try:
            self._socket.sendall(b'{"code": "vim.cmd(\'qall!\')"}\n')
            assert self._process.wait(PATIENCE_S) == 0
        finally:
            self._process.kill()
            self._process.wait(10)
            self._lines.close()
            self._socket.close()
            if self._process.stdout:
                self._process.stdout.close()
            self._folder.cleanup()

    def _connected(self, place: str) -> bool:
        """Whether the editor has come as far as to take our connection."""
        assert self._process.poll() is None, self._output()
        with suppress(ConnectionRefusedError, FileNotFoundError):
            self._socket.connect(place)
            return True
        return False

    def _output(self) -> str:
        return (self._process.stdout.read() if self._process.stdout else b"").decode()
