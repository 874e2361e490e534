"""The commands: their shapes, and what they say to those who call them wrongly."""

import pytest

from moa_lsp import limits
from moa_lsp.lsp import limits as lsp_limits
from moa_lsp.lsp.session.jobs import MAX_QUEUED_RUNS, MAX_RUNS
from tests.fakes.client import ServerError
from tests.fakes.desk import fenced

pytestmark = pytest.mark.e2e

URI = "file:///commands.py"
SPOT = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 3}}
RUN = {"action": "refactor", "uri": URI, "range": SPOT}

WRONG = {
    "no argument": ("moa.run", [], "`uri` must be a string"),
    "a list": ("moa.run", [[RUN]], "takes one object"),
    "two": ("moa.run", [RUN, RUN], "takes one object"),
    "null": ("moa.run", [None], "takes one object"),
    "no action": ("moa.run", [{"uri": URI, "range": SPOT}], "`action` must be a string"),
    "uri": ("moa.run", [{**RUN, "uri": 5}], "`uri` must be a string"),
    "not open": ("moa.run", [{**RUN, "uri": "file:///nowhere.py"}], "not open.*open it"),
    "no range": ("moa.run", [{"action": "refactor", "uri": URI}], "`range` must be a range"),
    "half a range": ("moa.run", [{**RUN, "range": {"start": SPOT["start"]}}], "`range` must"),
    "range of strings": (
        "moa.run",
        [{**RUN, "range": {"start": {"line": "0", "character": 0}, "end": SPOT["end"]}}],
        "`range` must be a range",
    ),
    "version": ("moa.run", [{**RUN, "version": "1"}], "`version` must be a whole number"),
    "version true": ("moa.run", [{**RUN, "version": True}], "`version` must be a whole number"),
    "version of the future": ("moa.run", [{**RUN, "version": 7}], "select again"),
    "mix": ("moa.run", [{**RUN, "mix": ["solo"]}], "`mix` must be a string"),
    "unknown mix": ("moa.run", [{**RUN, "mix": "sola"}], "did you mean `solo`.*duo.*trio"),
    "unready mix": ("moa.run", [{**RUN, "mix": "unready"}], "not ready: missing: "),
    "unknown action": ("moa.run", [{**RUN, "action": "dance"}], "no action `dance`.*refactor"),
    "instruction": ("moa.run", [{**RUN, "instruction": 1}], "`instruction` must be a string"),
    "long instruction": (
        "moa.run",
        [{**RUN, "instruction": "x" * (limits.MAX_INSTRUCTION_CHARS + 1)}],
        "instruction is longer.*shorten",
    ),
    "result of none": ("moa.result", [{}], "`run` must be a string"),
    "result of unknown": ("moa.result", [{"run": "nope"}], "no run `nope`"),
    "cancel unknown": ("moa.cancel", [{"run": "nope"}], "no run `nope`"),
    "cancel 5": ("moa.cancel", [{"run": 5}], "`run` must be a string"),
    "apply unknown": ("moa.apply", [{"run": "nope"}], "no run `nope`"),
    "apply 5": ("moa.apply", [{"run": 5}], "`run` must be a string"),
    "apply none": ("moa.apply", [], "no result is waiting"),
    "select unknown": ("moa.selectMix", [{"name": "sola"}], "no mix `sola`.*duo, embedded"),
    "select none": ("moa.selectMix", [{}], "`name` must be a string"),
    "select for all": ("moa.selectMix", [{"name": "duo", "for": "all"}], '"actions" or "inline"'),
    "select inline's auto": ("moa.selectMix", [{"name": "auto-inline"}], "no mix `auto-inline`"),
    "unknown command": ("moa.dance", [], "unknown command moa.dance"),
}


@pytest.fixture(scope="module")
def page(one):
    one.open(URI, "x=1\n")
    return one


@pytest.mark.parametrize("name", WRONG)
def test_wrong_words_are_refused_in_one_sentence(page, name):
    command, arguments, sentence = WRONG[name]
    page.forget()
    before = page.state()
    with pytest.raises(ServerError, match=f"(?s){sentence}") as refused:
        page.client.command(command, *arguments)
    assert refused.value.code == -32602
    assert "\n" not in refused.value.message
    assert len(refused.value.message) <= limits.MAX_SHOWN_CHARS
    assert page.told() == [], "an error of a command is shown by the client"
    assert page.state() == before, "something is left over"


def run_of(page, text="x=1\n"):
    buffer = page.open(URI, text)
    return page.run(buffer.range(0, 3))


@pytest.mark.parametrize("wait", ["1", True, -1, [1]])
def test_a_wrong_wait(page, wait):
    page.script(a={"text": fenced("x = 1")})
    run = run_of(page)
    with pytest.raises(ServerError, match="`wait` must be a number of seconds"):
        page.client.command("moa.result", {"run": run, "wait": wait})
    page.result(run)


def test_an_empty_instruction_and_mix_are_none(page):
    page.script(a={"text": fenced("x = 1")})
    buffer = page.open(URI, "x=1\n")
    record = page.result(page.run(buffer.range(0, 3), instruction="", mix=""))
    assert (record["state"], record["mix"]) == ("done", "solo")


def test_waiting_ends_with_the_time_or_the_run(page):
    page.script(a={"text": fenced("x = 1"), "gate": "wait"})
    run = run_of(page)
    assert page.result(run, wait=0.01)["state"] == "running"
    params = {"command": "moa.result", "arguments": [{"run": run, "wait": 1e308}]}
    waiting = page.client.request("workspace/executeCommand", params)
    assert page.result(run, wait=0)["state"] == "running"
    page.gate("wait")
    assert page.client.result(waiting)["state"] == "done"


def test_L15_busy_after_so_many_runs(page):
    page.script(a={"hangs": True})
    buffer = page.open(URI, "x=1\n")
    room = MAX_RUNS + MAX_QUEUED_RUNS
    runs = [page.run(buffer.range(0, 3)) for _ in range(room)]
    logs = page.state()["logs"]
    page.until(open=MAX_RUNS)
    with pytest.raises(ServerError, match=r"busy: .*cancel it") as refused:
        page.run(buffer.range(0, 3))
    assert refused.value.code == -32803
    assert page.state()["logs"] == logs
    page.script(a={"text": fenced("x = 1")})
    assert page.client.command("moa.cancel", {"run": runs[0]}) == {"cancelled": 1}
    page.result(runs[0])
    assert page.result(runs[2])["applied"] is True, "the next in the queue gets the place"
    assert page.client.command("moa.cancel", {})["cancelled"] >= 1
    for run in runs:
        assert page.result(run)["state"] in ("done", "cancelled")
    page.until(open=0)


def test_old_runs_are_forgotten_and_let_go(page):
    """The oldest has a kept result, whose log must go with it."""
    page.script(a={"text": fenced("x = 1")})
    normal = page.client.answers["workspace/applyEdit"]
    page.client.answers["workspace/applyEdit"] = lambda _params: {"applied": False}
    buffer = page.open(URI, "x=1\n")
    first = page.run(buffer.range(0, 3))
    assert page.result(first)["applied"] is False
    held = page.state()["logs"]
    page.client.answers["workspace/applyEdit"] = normal
    page.script(a={"text": fenced("x=1")})  # nothing to change
    for _ in range(lsp_limits.KEPT_RUNS + 1):
        page.result(page.run(buffer.range(0, 3)))
    with pytest.raises(ServerError, match=f"no run `{first}`"):
        page.client.command("moa.apply", {"run": first})
    assert page.state()["logs"] == held - 1
