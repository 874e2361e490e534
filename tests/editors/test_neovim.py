"""Runs in a real Neovim, with the real server and models on loopback."""

import threading

import pytest

from tests.editors.conftest import CHANGED, NEW, OLD
from tests.fakes.client import until
from tests.fakes.desk import fenced
from tests.fakes.faulty_server import DONE, Hang, Until, chunked, delta

pytestmark = pytest.mark.editors


def held(up, name, text):
    """Let a model answer its second half only when the event is set."""
    event = threading.Event()
    answer = fenced(text)
    up.play(
        name,
        chunked(delta(answer[:9]), Until(event), delta(answer[9:]), delta(None, "stop"), DONE),
    )
    return event


def test_offers_on_a_selection_and_one_is_applied_and_undone(opened, up):
    up.say(a=fenced(NEW))
    nvim = opened()
    nvim("vim.ui.select = function(items, _, choose) _G.offers = items; _G.choose = choose end")
    nvim.type("2GVjjgra")
    nvim.until("return _G.offers ~= nil")
    titles = nvim("return vim.tbl_map(function(each) return each.action.title end, _G.offers)")
    assert "Moa: Refactor · solo" in titles
    assert all(title.startswith("Moa: ") for title in titles)
    assert up.asked("a") == []
    nvim(
        "for _, each in ipairs(_G.offers) do "
        "if each.action.title:find('Refactor') then _G.choose(each) end end"
    )
    record = nvim.ended()
    assert (record["state"], record["applied"]) == ("done", True)
    assert nvim.text == CHANGED
    nvim.ex("undo")
    assert nvim.text == OLD
    events = nvim("return vim.tbl_map(function(each) return each.event end, _G.heard)")
    assert [each for each in events if each.startswith("MoaRun")] == ["MoaRunStart", "MoaRunEnd"]


RANGES = {
    "lines": ":2,4Moa refactor no names<CR>",
    "linewise": "2GVjj:Moa refactor no names<CR>",
    "characterwise": "2Gv2j$h:Moa refactor no names<CR>",
}


@pytest.mark.parametrize("keys", RANGES.values(), ids=RANGES)
def test_a_command_acts_on_its_range_with_its_instruction(opened, up, keys):
    up.say(a=fenced(NEW))
    nvim = opened()
    nvim.type(keys)
    assert nvim.ended()["applied"]
    assert nvim.text == CHANGED
    assert "no names" in up.prompt("a")


def test_characters_beyond_the_first_plane_stand_before_the_change(opened, up):
    up.say(a=fenced('s = "𝒳é"; t = 2'))
    nvim = opened()
    nvim.type("1G$v:Moa! refactor<CR>")
    nvim.ended()
    assert nvim.text == OLD.replace("t = 1", "t = 2", 1), nvim.told


def test_an_instruction_is_asked_for(opened, up):
    up.say(a=fenced(NEW))
    nvim = opened()
    nvim("vim.ui.input = function(how, done) _G.prompt = how.prompt; done('no names') end")
    nvim.ex("2,4Moa refactor")
    nvim.ended()
    assert nvim("return _G.prompt") == "Moa: what to refactor? "
    assert "no names" in up.prompt("a")
    nvim("vim.ui.input = function(_, done) done(nil) end")
    nvim.ex("2,4Moa refactor")
    assert len(up.asked("a")) == 1


def test_what_is_typed_elsewhere_meanwhile_stays(opened, up):
    go = held(up, "a", NEW)
    nvim = opened()
    nvim.ex("2,4Moa! refactor")
    until(lambda: up.asked("a"))
    nvim.type("gg0i🙂, <Esc>Goend = 2<Esc>")
    nvim.until("return vim.fn.getline('$') == 'end = 2'")
    go.set()
    assert nvim.ended()["applied"]
    assert nvim.text == "🙂, " + CHANGED + "\nend = 2"
    nvim.ex("undo")
    assert nvim.text == "🙂, " + OLD + "\nend = 2"


def test_undo_takes_the_edit_back_and_not_what_is_being_typed(opened, up):
    go = held(up, "a", NEW)
    nvim = opened()
    nvim.ex("2,4Moa! refactor")
    until(lambda: up.asked("a"))
    nvim.type("Gotyped")
    nvim.until("return vim.fn.getline('$') == 'typed'")
    go.set()
    assert nvim.ended()["applied"]
    nvim.type("<Esc>u")
    nvim.until("return vim.fn.mode() == 'n' and vim.fn.getline(4) == '    return b'")
    assert nvim.text == OLD + "\ntyped"


def test_typing_into_the_target_applies_nothing_and_says_so_once(opened, up):
    go = held(up, "a", NEW)
    nvim = opened()
    nvim.ex("2,4Moa! refactor")
    until(lambda: up.asked("a"))
    nvim.type("3GA + 0<Esc>")
    mine = OLD.replace("b = a", "b = a + 0")
    nvim.until("return vim.fn.getline(3) == '    b = a + 0'")
    go.set()
    record = nvim.ended()
    assert (record["state"], record["applied"]) == ("done", False)
    assert nvim.text == mine
    nvim.until("return #_G.told > 0")
    assert len(nvim.told) == 1, nvim.told
    nvim.ex("Moa apply")
    nvim.until("return #_G.told > 1")
    assert nvim.text == mine


def test_an_explanation_opens_beside(opened, up):
    up.say(a="It gives back **what it got**.")
    nvim = opened()
    nvim.ex("2,4Moa explain")
    nvim.until("return #vim.api.nvim_list_wins() == 2")
    assert nvim.ended()["state"] == "done"
    shown = nvim(
        "for _, w in ipairs(vim.api.nvim_list_wins()) do "
        "local b = vim.api.nvim_win_get_buf(w); "
        "if vim.bo[b].filetype == 'markdown' then "
        "return table.concat(vim.api.nvim_buf_get_lines(b, 0, -1, true), '\\n') end end"
    )
    assert "what it got" in shown
    assert nvim.text == OLD


def test_cancelling_closes_the_question_and_nothing_follows(opened, up):
    up.play("a", chunked(delta("I think"), Hang()))
    nvim = opened()
    nvim.ex("2,4Moa! refactor")
    until(lambda: up.asked("a"))
    nvim.ex("Moa cancel")
    assert nvim.ended()["state"] == "cancelled"
    up.closed()
    assert nvim.text == OLD


ASKING = (
    "vim.lsp.config('moa', { settings = { moa = { review = 'always' } } })\nvim.lsp.enable('moa')"
)
PREVIEW = (
    "local w = vim.api.nvim_get_current_win(); "
    "return vim.api.nvim_win_get_config(w).relative ~= '' and vim.bo.filetype == 'diff'"
)


@pytest.mark.parametrize(("keys", "applied"), [("ga", True), ("gr", False), (":q<CR>", False)])
def test_an_edit_is_previewed(opened, up, keys, applied):
    up.say(a=fenced(NEW))
    nvim = opened(init=ASKING)
    nvim.ex("2,4Moa! refactor")
    nvim.until(PREVIEW)
    lines = nvim.text.split("\n")
    assert {"-    b = a", "-    return b", "+    return a"} <= set(lines)
    footer = nvim("return vim.api.nvim_win_get_config(0).footer[1][1]")
    assert footer == " ga accept · gr reject · q close "
    nvim.type(keys)
    assert nvim.ended()["applied"] is applied
    nvim.until(PREVIEW.replace("return ", "return not (") + ")")
    assert nvim.text == (CHANGED if applied else OLD)


def test_a_preview_waits_until_nobody_types_and_goes_when_its_run_is_cancelled(opened, up):
    go = held(up, "a", NEW)
    nvim = opened(init=ASKING)
    nvim.ex("2,4Moa! refactor")
    until(lambda: up.asked("a"))
    nvim.type("Go")
    nvim.until("return vim.fn.mode() == 'i'")
    go.set()
    nvim.until("return require('moa.preview').waiting() == 1")
    nvim.type("gaga")
    nvim.until("return vim.fn.getline('$') == 'gaga'")
    nvim.type("<Esc>")
    nvim.until(PREVIEW)
    nvim.ex("Moa cancel")
    assert nvim.ended()["state"] == "cancelled"
    nvim.until(PREVIEW.replace("return ", "return not (") + ")")
    assert nvim.text == OLD + "\ngaga"


def test_an_edit_for_another_version_is_refused(opened):
    """Neovim's own handler leaves it out and says that it was applied."""
    nvim = opened()
    edit = (
        "local version = ...; local uri = vim.uri_from_bufnr(0); "
        "local range = { start = { line = 6, character = 0 }, "
        "['end'] = { line = 6, character = 4 } }; "
        "return require('moa.edit').handle(nil, { edit = { documentChanges = { { "
        "textDocument = { uri = uri, version = vim.lsp.util.buf_versions[vim.fn.bufnr()] "
        "+ version }"
        ", edits = { { range = range, newText = 'first' } } } } } }, "
        "{ client_id = vim.lsp.get_clients()[1].id, method = 'workspace/applyEdit' })"
    )
    answer = nvim(edit, -1)
    assert answer == {"applied": False, "failureReason": "m.py has changed meanwhile"}
    assert nvim.text == OLD
    assert nvim(edit, 0)["applied"] is True
    assert nvim.text == OLD.replace("last", "first")


def test_a_mix_is_chosen(opened, up):
    up.say(b=fenced(NEW))
    nvim = opened()
    nvim.ex("Moa mix other")
    nvim.until("return require('moa').stand().mix == 'other'")
    assert nvim("return require('moa').status()") == "moa: other"
    nvim.ex("2,4Moa! refactor")
    assert nvim.ended()["applied"]
    assert (len(up.asked("a")), len(up.asked("b"))) == (0, 1)
    nvim.ex("Moa mix ottter")
    nvim.until("return vim.iter(_G.told):any(function(e) return e.text:find('ottter') end)")
    nvim("vim.ui.select = function(i, how, d) _G.seen = how.format_item(i[1]); d(nil) end")
    nvim.ex("Moa mix")
    assert nvim.until("return _G.seen")


COMPLETIONS = [
    ("Moa ref", ["refactor", "refine"]),
    ("2,4Moa expl", ["explain", "explain-comment"]),
    ("Moa inline o", ["on", "off"]),
    ("Moa mix so", ["solo"]),
    ("Moa mix inline ga", ["gap"]),
    ("Moa refactor x", []),
]


def test_subcommands_are_completed(opened):
    nvim = opened()
    for line, wanted in COMPLETIONS:
        completed = "return vim.deep_equal(vim.fn.getcompletion(..., 'cmdline'), {})"
        nvim.until(completed.replace("{}", "{" + ", ".join(f"'{w}'" for w in wanted) + "}"), line)
    nvim.ex("Moa refuctor")
    assert nvim.told[-1].startswith("moa: `refuctor` is none of again, apply, ")


def test_a_diagnostic_is_fixed(opened, up):
    up.say(a=fenced(NEW))
    nvim = opened(OLD + "\nx = y")
    nvim.ex("2,4Moa fix")
    nvim.until("return #_G.told == 1")
    assert up.asked("a") == []
    nvim(
        "vim.diagnostic.set(vim.api.nvim_create_namespace('t'), 0, "
        "{{ lnum = 2, col = 4, message = 'zzz is wrong here', severity = 1 }})"
    )
    nvim.ex("2,4Moa fix")
    assert nvim.ended()["action"] == "fix"
    assert "zzz is wrong here" in up.prompt("a")


def test_the_embedded_mix_needs_no_model(opened, up):
    nvim = opened("def f( a,b ):\n    return   a+b")
    nvim.ex("Moa mix embedded")
    nvim.until("return require('moa').stand().mix == 'embedded'")
    nvim.ex("1,2Moa! refactor")
    assert nvim.ended()["applied"]
    assert nvim.text == "def f(a, b):\n    return a + b"
    assert up.asked("a") == []
