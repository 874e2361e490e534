"""An edit that a client calls applied counts once its text shows it (L11)."""

import asyncio

import pytest

from moa_lsp.lsp.edits.arrival import nearer
from tests.fakes.desk import CONFIG, able, fenced, write_config
from tests.fakes.inner_desk import InnerDesk

OLD = "import os\n\nx=1\n"
NEW = "import os\n\nx = 1\n"
TRUE = {"applied": True}


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (NEW, True),
        (OLD, False),
        ("# typed\n" + NEW, True),
        ("# typed\n" + OLD, False),
        ("import os\n\nx=12\n", False),
        ("import os\n\nx = 12\n", True),
        ("import os\n\nx = 1\n\n# typed behind it", True),
        (NEW.replace("\n", "\r\n"), True),
    ],
)
def test_a_text_shows_an_edit_when_it_is_nearer_to_its_result(now, expected):
    assert nearer(now, OLD, NEW) is expected


@pytest.fixture
async def runner(tmp_path):
    """``await runner(capabilities)`` gives a client with an open document."""
    desks = []

    async def begin(capabilities=None):
        desks.append(InnerDesk(write_config(tmp_path / "config", CONFIG)))
        await desks[-1].initialize(capabilities)
        desks[-1].script(a={"text": fenced("x = 1")})
        desks[-1].open("file:///w/claimed.py", OLD)
        desks[-1].fake.server.change_s = 0
        return desks[-1]

    yield begin
    for each in desks:
        await each.call("shutdown", None)
        state = each.fake.state()
        assert (state["logs"], state["open"], state["waiting"]) == (0, 0, 0)


def type_at_the_top(runner):
    runner.wire.tell("textDocument/didChange", runner.buffer.type("import os", "# a\nimport os"))


def claims(runner, *, lies, types=True):
    """Have the client answer that it applied the edit, the first ``lies`` times in vain."""
    apply = runner.wire.answers["workspace/applyEdit"]
    asked = []

    def answer(params):
        asked.append(params)
        if len(asked) > lies:
            return apply(params)
        if types and len(asked) == 1:
            type_at_the_top(runner)
        return TRUE

    runner.wire.answers["workspace/applyEdit"] = answer
    return asked


async def run(runner):
    return await runner.run(runner.buffer.range_of("x=1"))


async def test_an_edit_that_a_key_kept_out_is_sent_again(runner):
    runner = await runner()
    asked = claims(runner, lies=1)
    record = await run(runner)
    assert (record["applied"], record["reason"], len(asked)) == (True, None, 2)
    assert runner.buffer.text == "# a\n" + NEW


@pytest.mark.parametrize(
    ("capabilities", "lies", "types", "requests"),
    [
        (None, 2, True, 2),
        (None, 1, False, 1),
        (able(workspace={"applyEdit": True, "workspaceEdit": {}}), 1, True, 1),
    ],
    ids=["twice", "silent", "without_versions"],
)
async def test_an_edit_that_never_arrived_is_kept(runner, capabilities, lies, types, requests):
    runner = await runner(capabilities)
    asked = claims(runner, lies=lies, types=types)
    record = await run(runner)
    assert (record["state"], record["applied"], len(asked)) == ("done", False, requests)
    assert "kept for moa.apply" in record["reason"]
    assert runner.told() == [f"Moa: {record['reason']}"]
    again = await runner.command("moa.apply", {})
    assert again["applied"] is True
    assert runner.buffer.text == ("# a\n" if types else "") + NEW


async def test_an_edit_whose_change_comes_behind_the_answer_is_applied(runner):
    runner = await runner()
    runner.fake.server.change_s = 20

    def answer(params):
        result, change = runner.buffer.apply(params)
        later = asyncio.get_running_loop().call_soon
        later(runner.wire.tell, "textDocument/didChange", change)
        return result

    runner.wire.answers["workspace/applyEdit"] = answer
    record = await run(runner)
    assert (record["applied"], runner.buffer.text) == (True, NEW)


async def test_what_is_typed_into_an_edit_that_went_in_does_not_make_it_absent(runner):
    runner = await runner()
    apply = runner.wire.answers["workspace/applyEdit"]

    def answer(params):
        result = apply(params)
        runner.wire.tell("textDocument/didChange", runner.buffer.type("x = 1", "x = 12"))
        return result

    runner.wire.answers["workspace/applyEdit"] = answer
    record = await run(runner)
    assert (record["applied"], runner.buffer.text) == (True, "import os\n\nx = 12\n")
