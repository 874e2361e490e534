"""Inline completion in a real Neovim."""

import json
import subprocess
import sys

import pytest

from tests.editors.conftest import completion
from tests.fakes.client import until

pytestmark = pytest.mark.editors


GAP = "def total(items):\n    result = 0\n    "
INLINE = "vim.keymap.set('i', '<C-l>', '<Plug>(moa-accept)')\nvim.lsp.enable('moa')"
SHOWN = (
    "local found = vim.tbl_filter(function(mark) return mark[4].virt_text and "
    "mark[4].virt_text[1][2] == 'ComplHint' end, "
    "vim.api.nvim_buf_get_extmarks(0, -1, 0, -1, { details = true })); return found[1] ~= nil"
)


def typist(opened, up, keys, text, more=""):
    """Keys at the end of the file, and a suggestion that is shown."""
    up.play("a", completion(text))
    nvim = opened(GAP, init=INLINE + more)
    nvim.ex("Moa mix inline gap")
    nvim.until("return require('moa').stand().inlineMix == 'gap'")
    nvim.type("GA" + keys)
    nvim.until(SHOWN)
    return nvim


def taken(variables):
    """How many suggestions of the mix `gap` were taken, as the ledger has it."""
    done = subprocess.run(
        (sys.executable, "-m", "moa_lsp", "usage", "--json", "--by", "mix"),
        env=variables, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return {row["mix"]: row["taken"] for row in json.loads(done.stdout)["rows"]}.get("gap")


def test_a_suggestion_is_shown_and_taken(opened, up, variables):
    nvim = typist(opened, up, "ret", "urn sum(items)")
    nvim.type("<C-l>")
    nvim.until("return vim.fn.getline('.') == '    return sum(items)'")
    assert nvim("return vim.fn.mode()") == "i"
    until(lambda: taken(variables) == 1)


def test_a_suggestion_that_no_longer_fits_changes_nothing(opened, up):
    nvim = typist(opened, up, "ret", "urn sum(items)")
    # In one go: typing on, and taking what is still on the screen.
    nvim("vim.api.nvim_feedkeys('x' .. vim.keycode('<C-l>'), 't', false)")
    nvim.until("return vim.fn.getline('.'):find('x') ~= nil")
    assert nvim("return vim.fn.getline('.')") == "    retx"


def test_what_was_typed_on_counts_for_the_suggestion(opened, up):
    nvim = typist(opened, up, "ret", "urn sum(items)")
    nvim("vim.api.nvim_feedkeys('ur' .. vim.keycode('<C-l>'), 't', false)")
    nvim.until("return vim.fn.getline('.') == '    return sum(items)'")


def test_a_word_is_taken_and_the_rest_hidden(opened, up):
    more = (
        "\nvim.keymap.set('i', '<C-j>', '<Plug>(moa-accept-word)')"
        "\nvim.keymap.set('i', '<C-x>', '<Plug>(moa-dismiss)')"
    )
    nvim = typist(opened, up, "ret", "urn sum(items)", more)
    nvim.type("<C-j>")
    nvim.until("return vim.fn.getline('.') == '    return'")
    nvim.until(SHOWN)
    nvim.type("<C-x>")
    nvim.until(SHOWN.replace("~= nil", "== nil"))
    assert nvim("return vim.fn.getline('.')") == "    return"


def test_a_mapping_falls_back_where_nothing_is_shown(opened):
    fallback = (
        "vim.keymap.set('i', '<Tab>', function() "
        "if not require('moa').accept() then return '<Tab>' end end, { expr = true })\n"
        "vim.o.expandtab = true\nvim.lsp.enable('moa')"
    )
    nvim = opened("x = 1", init="vim.g.moa_inline = false\n" + fallback)
    nvim.type("Go<Tab>y")
    nvim.until("return vim.fn.getline('.'):match('^%s+y$') ~= nil")
    assert nvim("return vim.lsp.inline_completion.is_enabled({ bufnr = 0 })") is False
