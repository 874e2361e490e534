"""Proposals seen and taken, taken in part and refined, in a real Neovim with the real server."""

import pytest

from tests.editors import mixture
from tests.editors.mixture import ANSWERS, HEAD, OLD, TAIL
from tests.fakes.faulty_server import whole as whole_reply
from tests.fakes.upstreams import Upstreams

pytestmark = pytest.mark.editors

FLOATING = "return vim.api.nvim_win_get_config(0).relative ~= ''"
TARGET = "4,8"
"""Lines of the old text."""


@pytest.fixture
def up():
    with Upstreams(*mixture.SEATS) as made:
        mixture.say(made, **ANSWERS)
        yield made


@pytest.fixture
def environ(environ, up, tmp_path):
    """The user has the mixture."""
    up.write(tmp_path / "config", mixture.MIXES, mixture.SETTINGS)
    return environ


def whole(text, head=HEAD, tail=TAIL):
    """The buffer with a text in the target."""
    return f"{head}{text}{tail}".removesuffix("\n")


@pytest.fixture
def ended(opened):
    """A Neovim in which a refactoring of the three and their aggregator has ended."""

    def begin(**how):
        nvim = opened(whole(OLD), **how)
        nvim.ex(f"{TARGET}Moa! refactor")
        record = nvim.ended()
        assert (record["applied"], record["author"]) == (True, "GLM from 3 proposals")
        return nvim

    return begin


def proposals(nvim):
    """Show them; the first lines of all, by a round through the list."""
    nvim.ex("Moa proposals")
    nvim.until(FLOATING)
    shown = []
    for number in range(4):
        shown.append(nvim.text)
        nvim.type("]p")
        nvim.until(f"return vim.fn.getline(1) ~= {lua(shown[number].split(chr(10))[0])}")
    return shown


def lua(text):
    """A string of Lua."""
    return f"[==[{text}]==]"


def take(nvim, agent):
    """Go to a proposal and take it."""
    nvim.ex("Moa proposals")
    nvim.until(FLOATING)
    for _ in range(4):
        first = nvim("return vim.fn.getline(1)")
        if first.startswith(f"! {agent} "):
            break
        nvim.type("]p")
        nvim.until(f"return vim.fn.getline(1) ~= {lua(first)}")
    nvim.type("<CR>")
    nvim.until(f"return not (function() {FLOATING} end)()")


def comes(nvim, text):
    """Wait until the buffer is this, character by character."""
    nvim.until(f"return table.concat(vim.fn.getline(1, '$'), '\\n') == {lua(text)}")


def test_proposals_are_seen_one_is_taken_and_every_step_undone(ended):
    nvim = ended()
    assert nvim.text == whole(ANSWERS["z"])
    result, *others = proposals(nvim)
    assert result.startswith("! result · glm-4.6 · ")
    assert result.endswith(f"stands now\n{ANSWERS['z']}")
    for shown, name in zip(others, "abc", strict=True):
        assert shown.startswith(f"! {mixture.SEATS[name]} · ")
        added = [line[1:] for line in shown.split("\n") if line[0] == "+"]
        assert added == (["    return sum(i for i in items)"] if name == "b" else added)
        kept = [line[1:] for line in shown.split("\n")[1:] if line[0] in " +"]
        assert kept == ANSWERS[name].split("\n")
    nvim.type("q")
    nvim.until(f"return not (function() {FLOATING} end)()")
    take(nvim, "mistral-large")
    comes(nvim, whole(ANSWERS["b"]))
    take(nvim, "result")
    comes(nvim, whole(ANSWERS["z"]))
    for text in (ANSWERS["b"], ANSWERS["z"], OLD):
        nvim.ex("undo")
        assert nvim.text == whole(text)


def test_an_edit_elsewhere_moves_along_and_one_inside_is_refused_with_a_sentence(ended):
    nvim = ended()
    nvim.type("ggOimport 🦀<Esc>Golast = 1<Esc>")
    head, tail = f"import 🦀\n{HEAD}", f"{TAIL}last = 1\n"
    comes(nvim, whole(ANSWERS["z"], head, tail))
    take(nvim, "mistral-large")
    comes(nvim, whole(ANSWERS["b"], head, tail))
    nvim.type("6GA  # mine<Esc>")
    mine = whole(f"{ANSWERS['b']}  # mine", head, tail)
    comes(nvim, mine)
    nvim.ex("Moa proposals")
    nvim.until(FLOATING)
    nvim.type("]p<CR>")
    nvim.until("return #_G.told > 0")
    assert nvim.told == [
        "moa: what stands in the target was edited since; nothing was applied, undo that edit or "
        "run the action again"
    ]
    assert nvim.text == mine


def test_it_is_refined_twice_and_by_the_aggregator_alone_with_one_request(ended, up):
    nvim = ended()
    first, second, third = (
        f"def total(items):\n    return sum(items)  # {n}" for n in ("one", "two", "three")
    )
    mixture.say(up, z=first)
    nvim.ex("Moa refine say one")
    assert nvim.ended(2)["applied"]
    comes(nvim, whole(first))
    assert ANSWERS["z"] in mixture.asked(up, "z")
    mixture.say(up, z=second)
    nvim.ex("Moa refine say two")
    assert nvim.ended(3)["applied"]
    comes(nvim, whole(second))
    told = mixture.asked(up, "z")
    assert first in told
    assert "say one" in told
    assert "say two" in told
    mixture.say(up, z=third)
    before = mixture.counts(up)
    nvim.ex("Moa! refine say three")
    assert nvim.ended(4)["applied"]
    comes(nvim, whole(third))
    after = mixture.counts(up)
    assert after == {**before, "z": before["z"] + 1}
    told = mixture.asked(up, "z")
    for text in (*(ANSWERS[name] for name in "abc"), second, "say three"):
        assert text in told
    for text in (second, first, ANSWERS["z"], OLD):
        nvim.ex("undo")
        assert nvim.text == whole(text)


ASKING = (
    "vim.lsp.config('moa', { settings = { moa = { review = 'always' } } })\nvim.lsp.enable('moa')"
)


def test_one_of_two_parts_is_taken_and_what_was_left_out_is_not_asked_for_again(opened, up):
    mixture.say(up, z=mixture.TWO_PARTS)
    nvim = opened(whole(OLD), init=ASKING)
    nvim.ex(f"{TARGET}Moa! refactor")
    nvim.until(FLOATING)
    nvim.type("]h]hxga")
    assert nvim.ended()["applied"]
    assert nvim.text == whole(mixture.first_part())
    assert nvim("return require('moa.preview').waiting()") == 0
    nvim.ex("undo")
    assert nvim.text == whole(OLD)


def test_the_first_usable_proposal_is_shown_while_the_others_work(opened, up):
    others = [mixture.held(up, name, ANSWERS[name]) for name in "bcz"]
    nvim = opened(whole(OLD))
    nvim.ex(f"{TARGET}Moa! refactor")
    try:
        nvim.until(
            "local space = vim.api.nvim_create_namespace('moa.partial'); "
            "return vim.iter(vim.api.nvim_buf_get_extmarks(0, space, 0, -1, {details = true}))"
            ":any(function(mark) return vim.iter(mark[4].virt_lines or {}):any(function(line) "
            "return line[1][1] == '    return sum(items)' end) end)"
        )
        assert nvim.text == whole(OLD)
        assert mixture.counts(up)["z"] == 0
    finally:
        for event in others:
            event.set()
    record = nvim.ended()
    (first, *_) = record["proposals"]
    assert first["seconds"] <= record["first_visible_seconds"] < record["seconds"]
    comes(nvim, whole(ANSWERS["z"]))


WORDS = (
    "local space = vim.api.nvim_create_namespace('moa.partial'); "
    "for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, space, 0, -1, {details = true})) do "
    "local text = (mark[4].virt_text or {{''}})[1][1]; "
    "if text:find(..., 1, true) then return text end end"
)


def test_a_run_goes_on_without_who_hangs(opened, up):
    stuck = mixture.held(up, "c", ANSWERS["c"])
    try:
        nvim = opened(whole(OLD))
        nvim.ex(f"{TARGET}Moa! refactor")
        words = nvim.until(WORDS, ":Moa go")
        assert "2/3 proposals · qwen3-coder, " in words
        nvim.ex("Moa go")
        record = nvim.ended()
        assert record["author"] == "GLM from 2 proposals"
        assert record["proposals"][2]["state"] == "late"
        comes(nvim, whole(ANSWERS["z"]))
    finally:
        stuck.set()


def test_the_last_run_is_shown_taken_back_and_run_again(ended):
    nvim = ended()
    nvim.type("ggOimport re<Esc>")
    comes(nvim, whole(ANSWERS["z"], f"import re\n{HEAD}"))
    nvim.ex("Moa diff")
    nvim.until(FLOATING)
    assert {"-    return t", "+    return sum(items)"} <= set(nvim.text.split("\n"))
    nvim.type("q")
    nvim.until(f"return not (function() {FLOATING} end)()")
    nvim.ex("Moa undo")
    comes(nvim, whole(OLD, f"import re\n{HEAD}"))
    nvim.ex("Moa again")
    assert nvim.ended(2)["applied"]
    comes(nvim, whole(ANSWERS["z"], f"import re\n{HEAD}"))
    assert nvim.told == []
    said = nvim("return vim.fn.execute('messages')")
    assert "refactor · GLM from 3 proposals · " in said


def test_a_run_that_fails_names_the_cause_and_the_commands_that_mend_it(opened, up):
    for name in mixture.SEATS:
        up.play(name, whole_reply('{"error": {"message": "no such key"}}', 401))
    nvim = opened(whole(OLD))
    nvim.ex(f"{TARGET}Moa! refactor")
    assert nvim.ended()["state"] == "failed"
    nvim.until("return #_G.told > 0")
    (told,) = nvim.told
    assert "401" in told
    assert told.endswith("(:Moa again, :Moa key LAB_KEY, :Moa config)")
    assert nvim.text == whole(OLD)
