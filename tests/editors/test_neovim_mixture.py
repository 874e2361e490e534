"""What Neovim makes of proposals, hunks, refinements and partial text as docs/editor-protocol.md
has them, with a server that says what a test scripts."""

import json
import sys

import pytest

from tests.editors.conftest import OLD
from tests.fakes.client import until
from tests.fakes.shapes import check_scene, record

pytestmark = pytest.mark.editors

RUN = "r1"
SHOWN = "return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, true), '\\n')"
FLOATING = "return vim.api.nvim_win_get_config(0).relative ~= ''"
MARKS = (
    "local found = {}; "
    "for _, each in ipairs(vim.api.nvim_buf_get_extmarks(0, "
    "vim.api.nvim_create_namespace('moa.partial'), 0, -1, {details = true})) do "
    "table.insert(found, {row = each[2], words = (each[4].virt_text or {{''}})[1][1], "
    "lines = vim.tbl_map(function(line) return line[1][1] end, each[4].virt_lines or {})}) end; "
    "return found"
)


def span(*places):
    """A range of the protocol: line and character of its start and of its end."""
    first, start, last, end = places
    return {
        "start": {"line": first, "character": start},
        "end": {"line": last, "character": end},
    }


@pytest.fixture
def play(neovim, folder, tmp_path):
    """``play(script)``: a Neovim whose server plays it, on a file; and what the client said."""

    def begin(script, init="vim.lsp.enable('moa')"):
        scene, log = tmp_path / "scene.json", tmp_path / "log"
        script = {"moa.result": {"answer": record()}, **script}
        check_scene(script)
        scene.write_text(json.dumps(script))
        command = (sys.executable, "-m", "tests.editors.scripted_server", str(scene), str(log))
        path = folder / "m.py"
        path.write_text(OLD + "\n")
        cmd = ", ".join(f"'{part}'" for part in command)
        nvim = neovim(init, cmd=f"{{ {cmd} }}")
        nvim.edit(path)
        return nvim, lambda: [json.loads(line) for line in log.read_text().splitlines()]

    return begin


def asked(said, command):
    """The arguments of each call of a command."""
    return [each["argument"] for each in said() if each.get("command") == command]


def test_it_announces_that_it_shows_previews_and_partial_text(play):
    _, said = play({})
    assert said()[0] == {
        "experimental": {"moa": dict.fromkeys(("preview", "partial", "waiting", "endings"), True)}
    }


def hunk(number, row, text, uri):
    return {"id": f"h{number}", "uri": uri, "range": span(row, 0, row + 1, 0), "newText": text}


def preview(folder):
    """A run that asks about three hunks: lines 1, 3 and 4 of the file."""
    uri = (folder / "m.py").as_uri()
    texts = ["t = 2\n", "    b = é\n    c = b\n", ""]
    hunks = [
        hunk(n, row, text, uri) for n, (row, text) in enumerate(zip((0, 2, 3), texts, strict=True))
    ]
    params = {"run": RUN, "uri": uri, "title": "Moa: Refactor", "diff": "-a\n+b"}
    params |= {"warnings": ["leaves 1 of 4 lines"], "hunks": hunks}
    ask = {"id": "ask", "method": "moa/preview", "params": params}
    return {"moa.run": {"answer": {"run": RUN}, "then": [ask]}}


def test_an_insertion_shows_what_it_adds_and_a_change_within_a_line_all_of_that(play, folder):
    scene = preview(folder)
    (ask,) = scene["moa.run"]["then"]
    uri = ask["params"]["uri"]
    ask["params"]["hunks"] = [
        {"id": "1", "uri": uri, "range": span(0, 15, 0, 16), "newText": "2"},  # UTF-16
        {"id": "2", "uri": uri, "range": span(2, 9, 2, 9), "newText": "\r\n    c = b"},
    ]
    nvim, _ = play(scene)
    nvim.ex("2,4Moa! refactor")
    nvim.until(FLOATING)
    assert nvim.text.split("\n")[1:] == [
        "@@ [x] m.py, line 1 @@",
        '-s = "𝒳é"; t = 1',
        '+s = "𝒳é"; t = 2',
        "@@ [x] m.py, line 3 @@",
        "+    c = b",
    ]


@pytest.mark.parametrize(
    ("keys", "verdict"),
    [
        ("ga", {"accept": True}),
        ("]hxga", {"accept": True, "hunks": ["h1", "h2"]}),
        ("]h]hxaxga", {"accept": True, "hunks": ["h0", "h2"]}),
        ("]h]h]h]hx[hx[hxga", {"accept": False}),
        ("]hxgr", {"accept": False}),
    ],
)
def test_parts_of_an_edit_are_left_out_at_the_cursor(play, folder, keys, verdict):
    nvim, said = play(preview(folder))
    nvim.ex("2,4Moa! refactor")
    nvim.until(FLOATING)
    assert nvim.text.split("\n") == [
        "! leaves 1 of 4 lines",
        "@@ [x] m.py, line 1 @@",
        '-s = "𝒳é"; t = 1',
        "+t = 2",
        "@@ [x] m.py, line 3 @@",
        "-    b = a",
        "+    b = é",
        "+    c = b",
        "@@ [x] m.py, line 4 @@",
        "-    return b",
    ]
    nvim.type(keys)
    nvim.ended()
    assert [each["result"] for each in said() if "reply" in each] == [verdict]


def test_a_part_that_is_left_out_is_marked(play, folder):
    nvim, _ = play(preview(folder))
    nvim.ex("2,4Moa! refactor")
    nvim.until(FLOATING)
    nvim.type("]hx")
    nvim.until("return vim.fn.getline(2) == '@@ [ ] m.py, line 1 @@'")
    assert nvim("return vim.fn.getline(5)") == "@@ [x] m.py, line 3 @@"


PROPOSALS = [
    {
        "agent": "result", "state": "ok", "text": "def f(a):\n    return a",
        "applied": True, "checks": {"parse": "ok", "names": None}, "seconds": 6.0,
        "usage": None, "cost_usd": 0.002,
    },
    {
        "agent": "deepseek", "model": "lab/ds", "state": "ok", "text": "def f(a):\n    return +a",
        "applied": False, "seconds": 2.0,
        "checks": {"parse": "ok", "names": "loses `b`", "tests": "1 of 3 failed"},
        "usage": None, "cost_usd": None,
    },
    {
        "agent": "mistral", "model": "lab/ms", "state": "failed", "reason": "answered 500",
        "applied": False, "checks": {}, "seconds": 1.0, "usage": None, "cost_usd": None,
    },
]  # fmt: skip
RAN = {"moa.run": {"answer": {"run": RUN}}, "moa.proposals": {"answer": PROPOSALS}}


def compared(play, script):
    """A Neovim that shows the proposals of a run."""
    nvim, said = play({**RAN, **script})
    nvim.ex("2,4Moa! refactor")
    nvim.ended()
    nvim.ex("Moa proposals")
    nvim.until(FLOATING)
    return nvim, said


def test_proposals_are_shown_as_diffs_against_what_stands_and_one_is_taken(play):
    nvim, said = compared(play, {"moa.apply": {"answer": record()}})
    first = "! result · 6.0 s · 0.0020 USD · parse ok · stands now"
    assert nvim.text == f"{first}\ndef f(a):\n    return a"
    nvim.type("]p")
    nvim.until("return vim.fn.getline(1):find('deepseek') ~= nil")
    lines = nvim.text.split("\n")
    assert (
        lines[0] == "! deepseek · ds · 2.0 s · names: loses `b` · parse ok · tests: 1 of 3 failed"
    )
    assert lines[2:] == [" def f(a):", "-    return a", "+    return +a"]
    nvim.type("]p")
    nvim.until("return vim.fn.getline(1):find('mistral') ~= nil")
    assert "failed: answered 500" in nvim.text
    nvim.type("[p<CR>")
    until(lambda: asked(said, "moa.apply"))
    assert asked(said, "moa.proposals") == [{"run": RUN}]
    assert asked(said, "moa.apply") == [{"run": RUN, "proposal": "deepseek"}]
    assert not nvim(FLOATING)


def test_what_stands_is_not_taken_again_and_q_keeps_it(play):
    nvim, said = compared(play, {"moa.apply": {"answer": record()}})
    nvim.type("<CR>")
    nvim.until(f"return not (function() {FLOATING} end)()")
    nvim.ex("Moa proposals")
    nvim.until(FLOATING)
    nvim.type("]pq")
    nvim.until(f"return not (function() {FLOATING} end)()")
    assert asked(said, "moa.apply") == []


def test_a_proposal_that_cannot_be_taken_says_why(play):
    refused = record(applied=False, reason="the target was edited meanwhile")
    nvim, _ = compared(play, {"moa.apply": {"answer": refused}})
    nvim.type("]p<CR>")
    nvim.until("return #_G.told > 0")
    assert nvim.told == ["moa: the target was edited meanwhile"]


def test_a_result_is_refined_by_all_or_by_the_aggregator_alone(play):
    nvim, said = play({**RAN, "moa.refine": {"answer": {"run": "r2"}}})
    nvim.ex("Moa refine shorter")
    assert nvim.told == ["moa: there was no run yet"]
    nvim.ex("2,4Moa! refactor")
    nvim.ended()
    nvim.ex("Moa refine shorter")
    nvim.ended(2)
    nvim("vim.ui.input = function(how, done) _G.how = how; done('no names') end")
    nvim.ex("Moa! refine")
    nvim.ended(3)
    assert asked(said, "moa.refine") == [
        {"run": RUN, "instruction": "shorter"},
        {"run": "r2", "instruction": "no names", "only": "aggregator"},
    ]
    earlier = nvim("return vim.fn.getcompletion('sho', _G.how.completion)")
    assert earlier == ["shorter"]


def test_why_nothing_is_offered_is_told(play):
    nvim, said = play({"moa.why": {"answer": {"reason": "inline completion is off for markdown"}}})
    nvim.type("1G$")
    nvim.ex("Moa why")
    nvim.until("return #_G.told > 0")
    assert nvim.told == ["moa: inline completion is off for markdown"]
    (wish,) = asked(said, "moa.why")
    assert wish["uri"].endswith("/m.py")
    assert wish["position"]["line"] == 0


def test_what_is_being_written_stands_below_the_target_and_goes_with_the_run(play, folder):
    uri = (folder / "m.py").as_uri()
    part = {"run": RUN, "uri": uri, "range": span(1, 0, 4, 0), "done": False}
    news = [{**part, "text": text} for text in ("def f(a):", "def f(a):\n    return a")]
    question = {"run": RUN, "uri": uri, "title": "", "diff": "-a", "warnings": [], "hunks": []}
    hold = {"id": "hold", "method": "moa/preview", "params": question}
    messages = [*({"method": "moa/partial", "params": each} for each in news), hold]
    nvim, _ = play({"moa.run": {"answer": {"run": RUN}, "then": messages}})
    nvim("_G.buf = vim.api.nvim_get_current_buf()")
    marks = MARKS.replace("extmarks(0", "extmarks(_G.buf")
    nvim.ex("2,4Moa! refactor")
    nvim.until(FLOATING)  # all that was said before it is shown
    assert nvim(marks) == [
        {"row": 1, "words": "  moa: refactor …", "lines": []},
        {"row": 3, "words": "", "lines": ["def f(a):", "    return a"]},
    ]
    nvim.type("gr")
    nvim.ended()
    assert not nvim(marks)
    assert nvim.text == OLD


MIXES = [
    {"name": name, "description": "", "ready": ready, "missing": missing, "selected": chosen,
     "estimate_usd": 0}
    for name, ready, missing, chosen in (
        ("gone", False, ["K is not set"], False), ("x-inline", True, [], False),
        ("a", True, [], False), ("used", True, [], True),
    )
]  # fmt: skip


def test_mixes_are_offered_with_the_current_one_first_and_what_cannot_run_last(play):
    nvim, _ = play({"moa.mixes": {"answer": MIXES}})
    nvim("vim.ui.select = function(items, how) _G.rows = vim.tbl_map(how.format_item, items) end")
    nvim.ex("Moa mix")
    nvim.until("return _G.rows ~= nil")
    rows = nvim("return _G.rows")
    assert [each.split()[0] for each in rows] == ["*", "a", "gone"]
    assert rows[2].strip() == "gone (K is not set)"
