"""From nothing to the first edit on a machine that has Debian's Python and an editor."""

import pytest

from tests.editors.conftest import TIDY, UNTIDY
from tests.editors.debian import Debian
from tests.editors.installed import CACHE, ROOT, installed
from tests.editors.neovim import Neovim
from tests.editors.workbench import Code, Window, browser, install
from tests.fakes.client import until

pytestmark = pytest.mark.editors

INSTALL_S = 600.0
"""For an environment with all libraries of the server, some 40 MB, on a busy machine."""

PART = {"x": 328, "y": 36, "width": 772, "height": 604}
"""Of a window: the editor, its messages and the status bar."""

SIZE = {"width": 1100, "height": 640}


def test_vs_code_without_a_terminal(tmp_path):
    package, path = install(), tmp_path / "work" / "sums.py"
    path.parent.mkdir()
    path.write_text(UNTIDY)
    debian = Debian(tmp_path, read=(CACHE / "vscode", package.parent))
    within = debian.within(tmp_path / "code" / "home")
    with browser() as chromium, Code(None, tmp_path / "code", {}, within=within) as code:
        code.machine("")
        window = Window(chromium.new_page(viewport=SIZE), code, path)
        window.command("Extensions: Install from VSIX...")
        window.page.locator(".quick-input-widget input.input").fill(str(package))
        window.press("Enter")
        window.notice("the server moa-lsp is not installed yet").wait_for()
        window.shoot("install-1", PART)
        window.page.get_by_role("button", name="Install it").click()
        window.notice("installing the server").wait_for()
        window.shoot("install-2")
        window.status("embedded").wait_for(timeout=INSTALL_S * 1000)  # nothing else is asked
        window.shoot("install-3")
        window.everything()
        window.pick("Moa: Refactor · embedded")
        window.shows("def f(a, b):")
        window.shoot("install-4", PART)
        window.saved(TIDY)
        window.page.close()


@pytest.fixture
def neovim(tmp_path):
    """Starts Neovims in it: ``neovim(venv=True)``, with all that was written kept between them."""
    started = []
    tree = installed("neovim", "neovim", "nvim").parents[2]

    def begin(*, venv):
        def within(environ, folder):
            debian = Debian(tmp_path, folder, read=(tree, ROOT), venv=venv)
            place = {"VIMRUNTIME": f"{tree}/usr/share/nvim/runtime", "TERM": "xterm"}
            return debian.within(tmp_path / "home", **place, **environ)

        started.append(Neovim(tmp_path / "home", {}, "vim.lsp.enable('moa')", within))
        return started[-1]

    yield begin
    for each in started:
        each.close()


def test_neovim_with_the_help_of_checkhealth(neovim, tmp_path):
    path = tmp_path / "sums.py"
    path.write_text(UNTIDY)
    bare = neovim(venv=False)
    bare.ex("checkhealth moa")
    assert "install it: :MoaInstall, then open a file again" in bare.text
    bare.ex("MoaInstall")
    bare.until("return #_G.told > 1")
    assert "run `apt install python3.11-venv` as root, then :MoaInstall again" in bare.told[-1]
    nvim = neovim(venv=True)
    nvim.edit(path, attached=False)
    nvim.ex("MoaInstall")
    until(lambda: nvim.told[-1:] == ["moa: the server is installed and starts"], INSTALL_S)
    nvim.until("local s = require('moa').stand(); return s ~= nil and s.mix ~= vim.NIL")
    nvim.ex("%Moa! refactor")
    nvim.ended()
    assert nvim.text == TIDY.rstrip("\n")
    nvim.ex("checkhealth moa")
    assert "configuration and mixes are right" in nvim.text
