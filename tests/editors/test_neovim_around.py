"""What is around the runs in a real Neovim: trust, health, status, setting up."""

import re

import pytest

from moa_lsp.cli.editor_guide import EDITORS, installed_program, snippet
from tests.editors.conftest import NEW, OLD
from tests.fakes.desk import fenced

pytestmark = pytest.mark.editors


WORKSPACE_MIX = "name: theirs\nproposers: [{model: b/m}]\n"
TRUSTED = "return require('moa').stand().mix == 'other'"


def test_the_folders_files_count_once_they_are_trusted(opened, folder):
    (folder / ".moa" / "mixes").mkdir(parents=True)
    config, mix = folder / ".moa" / "config.yaml", folder / ".moa" / "mixes" / "theirs.yaml"
    config.write_text("mix: other\n")
    mix.write_text(WORKSPACE_MIX)
    nvim = opened()
    assert nvim("return require('moa').stand().mix") == "solo"
    mixes = nvim("return vim.fn.getcompletion('Moa mix the', 'cmdline')")
    assert not mixes
    for path in (config, mix):
        nvim("vim.secure.trust({ action = 'allow', path = ... })", str(path))
    nvim.ex("Moa trust")
    nvim.until(TRUSTED)
    nvim.until("return vim.fn.getcompletion('Moa mix the', 'cmdline')[1] == 'theirs (workspace)'")
    mix.write_text(WORKSPACE_MIX.replace("b/m", "a/m"))
    nvim.until("return require('moa').stand().mix == 'solo'")
    assert any(".moa has changed" in each for each in nvim.told)


def test_a_trusted_folder_counts_from_the_start(opened, folder):
    (folder / ".moa").mkdir()
    (folder / ".moa" / "config.yaml").write_text("mix: other\n")
    trust = (
        f"vim.secure.trust({{ action = 'allow', path = '{folder}/.moa/config.yaml' }})\n"
        "vim.lsp.enable('moa')"
    )
    nvim = opened(init=trust)
    nvim.until(TRUSTED)


def test_health_is_clean(opened):
    nvim = opened()
    nvim.ex("checkhealth moa")
    report = nvim.text
    assert "ERROR" not in report
    assert "WARNING" not in report
    for line in ("Neovim 0.12", "moa-lsp", "configuration and mixes are right", "log: "):
        assert line in report, report


def test_health_names_what_is_wrong(neovim, folder):
    (folder / "m.py").write_text(OLD)
    nvim = neovim("vim.g.loaded_copilot = 1", cmd="{ '/nowhere/moa-lsp', 'serve' }")
    nvim.ex("checkhealth moa")
    for line in ("cannot run `/nowhere/moa-lsp`", "not enabled", "copilot.vim", "log: "):
        assert line in nvim.text, nvim.text


def test_a_wrong_path_is_one_clear_message(neovim, folder):
    for name in ("m.py", "n.py"):
        (folder / name).write_text(OLD)
    nvim = neovim(cmd="{ '/nowhere/moa-lsp', 'serve' }")
    for name in ("m.py", "n.py"):
        nvim.edit(folder / name, attached=False)
    nvim.until("return #_G.told > 0")
    (told,) = nvim.told
    assert told == (
        "moa: cannot run `/nowhere/moa-lsp`; :MoaInstall installs it, or name the program with "
        "vim.lsp.config('moa', { cmd = { '/path/to/moa-lsp', 'serve' } })"
    )
    nvim.ex("Moa refactor")
    assert "no server is at work" in nvim.told[-1]


def test_status_usage_and_log_are_shown(opened, up):
    up.say(a=fenced(NEW))
    nvim = opened()
    nvim.ex("2,4Moa! refactor")
    nvim.ended()
    nvim.until("return require('moa').stand().state == 'idle'")
    nvim.ex("Moa status")
    nvim.ex("Moa usage")
    nvim.until("return #_G.told >= 2")
    assert nvim.told[0].startswith("moa: idle")
    assert " · mix solo · inline " in nvim.told[0]
    assert re.match(
        r"moa: session: 1 runs, 11 tokens in, 3 out, 0\.0000 USD\ntoday: ", nvim.told[1]
    )
    nvim.ex("Moa log")
    assert nvim("return vim.fn.expand('%')").endswith("lsp.log")


def test_setup_forwards_what_it_is_given(neovim, folder):
    (folder / "m.py").write_text(OLD)
    nvim = neovim(
        "require('moa').setup({ inline = false, settings = { moa = { mix = 'other' } } })"
    )
    nvim.edit(folder / "m.py")
    nvim.until(TRUSTED)
    assert nvim("return vim.lsp.inline_completion.is_enabled({ bufnr = 0 })") is False


def test_what_doctor_prints_is_all_it_takes(neovim, folder):
    (folder / "m.py").write_text(OLD)
    nvim = neovim(snippet(EDITORS["neovim"], installed_program()))
    nvim.edit(folder / "m.py")
    assert nvim("return vim.lsp.get_clients()[1].config.cmd[1]") == installed_program()


def test_loading_does_nothing(neovim):
    nvim = neovim("")
    loaded = nvim(
        "return vim.tbl_filter(function(name) return name:match('^moa') end, "
        "vim.tbl_keys(package.loaded))"
    )
    assert not loaded
