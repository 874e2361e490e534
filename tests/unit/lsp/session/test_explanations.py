"""Explanations as virtual documents, and found again by hovering."""

import asyncio

import pytest

from moa_lsp.lsp import limits
from moa_lsp.lsp.session.explanations import name_of
from moa_lsp.task import Snapshot, Task
from moa_lsp.text.span import Span
from tests.fakes.desk import ABLE, CONFIG, able, write_config
from tests.fakes.inner_desk import InnerDesk

TEXT = "# head \U0001d4b3\ndef f(a):\n    return a+1\n\n\nend = 1\n"
TARGET = "def f(a):\n    return a+1"
WORDS = "It adds **one**. ![x](https://e.x/?q=SECRET)"
SAFE = "It adds **one**. image: x (`e.x/`)"
VIRTUAL = able(
    workspace={**ABLE["workspace"], "textDocumentContent": {"dynamicRegistration": True}}
)


@pytest.fixture
async def runner(tmp_path):
    desks = []

    async def begin(capabilities=None, registers=None):
        desks.append(InnerDesk(write_config(tmp_path / f"config{len(desks)}", CONFIG)))
        desks[-1].wire.answers["client/registerCapability"] = registers or (lambda _params: None)
        desks[-1].shown = []
        desks[-1].wire.answers["window/showDocument"] = lambda params: (
            desks[-1].shown.append(params["uri"]) or {"success": True}
        )
        await desks[-1].initialize(capabilities)
        desks[-1].script(a={"text": WORDS})
        desks[-1].open("file:///w/explained.py", TEXT)
        return desks[-1]

    yield begin
    for each in desks:
        await each.call("shutdown", None)
        state = each.fake.state()
        assert (state["logs"], state["open"], state["waiting"]) == (0, 0, 0)


async def explain(runner, what=TARGET):
    record = await runner.run(runner.buffer.range_of(what), action="explain")
    assert (record["state"], record["text"]) == ("done", SAFE)
    return record


# --- virtual documents ---------------------------------------------------------------------------


NAMES = [
    ("file:///w/size.py", "f", 0, "explanation-size.py-f-012345.md"),
    ("file:///w/size.py", None, 5, "explanation-size.py-line-2-012345.md"),
    ("file:///w/a%20b.py", "A.f", 0, "explanation-a-20b.py-A.f-012345.md"),
    ("untitled:Untitled-1", "größe", 0, "explanation-untitled-Untitled-1-gr-e-012345.md"),
    ("file:///", "x" * 99, 0, f"explanation-{'x' * 40}-012345.md"),
]


@pytest.mark.parametrize(("uri", "symbol", "start", "name"), NAMES)
def test_an_explanation_is_named_after_what_it_explains(uri, symbol, start, name):
    snapshot = Snapshot(uri, "x=1\ny = 2\n", "python")
    task = Task("explain", "document", snapshot, Span(start, start), start, symbol=symbol)
    assert name_of(task, "0123456789ab") == name


async def test_an_explanation_is_a_virtual_document(runner):
    runner = await runner(VIRTUAL)
    (registered,) = runner.asked("client/registerCapability")
    (one,) = registered["params"]["registrations"]
    assert one["method"] == "workspace/textDocumentContent"
    assert one["registerOptions"]["schemes"] == ["moa"]
    record = await explain(runner)
    uri = f"moa:/explanation-explained.py-f-{record['run'][:6]}.md"
    assert runner.shown == [uri]
    for spelled in (uri, uri.replace("moa:/", "moa:///")):
        answer = await runner.call("workspace/textDocumentContent", {"uri": spelled})
        assert answer == {"text": SAFE}
    assert runner.told() == []
    for wrong in ("moa:/explanation-x.md", uri.replace("moa:", "file:")):
        with pytest.raises(AssertionError, match="run the action again"):
            await runner.call("workspace/textDocumentContent", {"uri": wrong})


async def test_of_virtual_documents_the_last_are_kept(runner):
    runner = await runner(VIRTUAL)
    for number in range(limits.KEPT_RESULTS + 1):
        runner.fake.session.show.virtual.add(f"{number}.md", "text")
    assert await runner.call("workspace/textDocumentContent", {"uri": "moa:/1.md"})
    with pytest.raises(AssertionError, match="kept no more"):
        await runner.call("workspace/textDocumentContent", {"uri": "moa:/0.md"})


FALLBACKS = {
    "no virtual documents": (ABLE, lambda _params: None, ["file"]),
    "none that can be registered": (
        able(workspace={**ABLE["workspace"], "textDocumentContent": {}}),
        lambda _params: None,
        ["file"],
    ),
    "a registration that is never answered": (VIRTUAL, lambda _params: ..., ["file"]),
}


@pytest.mark.parametrize("name", FALLBACKS)
async def test_L12_else_it_is_a_private_file(runner, name):
    capabilities, registers, schemes = FALLBACKS[name]
    runner = await runner(capabilities, registers)
    await explain(runner)
    assert [uri.partition(":")[0] for uri in runner.shown] == schemes
    for task in list(runner.fake.server._kept):
        task.cancel()
    await asyncio.sleep(0)


async def test_L12_a_virtual_document_that_does_not_open_is_a_file_then_a_message(runner):
    runner = await runner(VIRTUAL)
    tried = []
    runner.wire.answers["window/showDocument"] = lambda params: (
        tried.append(params["uri"].partition(":")[0]) or {"success": False}
    )
    await explain(runner)
    assert tried == ["moa", "file"]
    assert runner.told() == [SAFE]


# --- hovering ------------------------------------------------------------------------------------


async def hover(runner, word):
    position = runner.buffer.range_of(word)["start"]
    params = {"textDocument": {"uri": runner.buffer.uri}, "position": position}
    return await runner.call("textDocument/hover", params)


async def test_hovering_answers_for_what_was_explained_and_for_nothing_else(runner):
    runner = await runner()
    assert await hover(runner, "return") is None
    await explain(runner)
    assert await hover(runner, "return") == {
        "contents": {"kind": "plaintext", "value": SAFE},
        "range": runner.buffer.range_of(TARGET),
    }
    for word in ("# head", "end = 1"):
        assert await hover(runner, word) is None
    asked = len(runner.fake.provider.requests)
    assert asked == 1, "hovering asks no model"
    params = {"textDocument": {"uri": "file:///other.py"}, "position": {"line": 1, "character": 0}}
    assert await runner.call("textDocument/hover", params) is None


@pytest.mark.parametrize(
    ("formats", "kind"),
    [
        (["markdown", "plaintext"], "markdown"),
        (["plaintext", "markdown"], "plaintext"),
        ([], "plaintext"),
        (None, "plaintext"),
    ],
)
async def test_A10_it_is_plain_text_unless_the_client_prefers_markdown(runner, formats, kind):
    asked = {} if formats is None else {"contentFormat": formats}
    runner = await runner(able(textDocument={"hover": asked}))
    await explain(runner)
    assert (await hover(runner, "return"))["contents"] == {"kind": kind, "value": SAFE}


def change(runner, old, new):
    runner.wire.tell("textDocument/didChange", runner.buffer.type(old, new))


async def test_it_moves_with_the_text_until_it_is_touched(runner):
    runner = await runner()
    await explain(runner)
    change(runner, "# head", "# a longer\n# head")
    change(runner, "end = 1", "end = 2")
    assert (await hover(runner, "return"))["range"] == runner.buffer.range_of(TARGET)
    change(runner, "a+1", "a + 1")
    assert await hover(runner, "return") is None
    change(runner, "a + 1", "a+1")
    assert await hover(runner, "return") is None, "what was touched is forgotten"
    document = runner.fake.server.documents.get(runner.buffer.uri)
    assert document._marks == []


async def test_of_several_the_smallest_place_answers_and_a_newer_one_replaces(runner):
    runner = await runner()
    await explain(runner)
    await explain(runner, "    return a+1")
    assert (await hover(runner, "return"))["range"] == runner.buffer.range_of("    return a+1")
    runner.script(a={"text": "Again."})
    await runner.run(runner.buffer.range_of(TARGET), action="explain")
    assert (await hover(runner, "def f"))["contents"]["value"] == "Again."
    document = runner.fake.server.documents.get(runner.buffer.uri)
    assert len(document._marks) == 2


async def test_what_was_typed_during_the_run_counts(runner):
    runner = await runner()
    for typed, found in (("# a longer\n# head", True), ("a+2", False)):
        runner.script(a={"text": WORDS, "gate": typed})
        action_request = {
            "action": "explain",
            "uri": runner.buffer.uri,
            "range": runner.buffer.range_of(TARGET),
        }
        run = (await runner.command("moa.run", action_request))["run"]
        change(runner, "# head" if found else "a+1", typed)
        await runner.command("test.open", {"gate": typed})
        await runner.command("moa.result", {"run": run, "wait": 10})
        assert (await hover(runner, "return") is not None) is found


async def test_a_closed_document_takes_its_explanations_along(runner):
    runner = await runner()
    await explain(runner)
    runner.wire.tell("textDocument/didClose", {"textDocument": {"uri": runner.buffer.uri}})
    assert await hover(runner, "return") is None
    runner.open(runner.buffer.uri, TEXT)
    assert await hover(runner, "return") is None


async def test_the_number_of_explanations_is_bounded_and_each_is_cut(runner):
    runner = await runner()
    lines = "".join(f"x{number} = 1\n" for number in range(limits.KEPT_RESULTS + 4))
    runner.open("file:///w/many.py", lines)
    for number in range(limits.KEPT_RESULTS + 4):
        last_one = number == limits.KEPT_RESULTS + 3
        runner.script(a={"text": "long words\n\n" * (1000 if last_one else 1)})
        await runner.run(runner.buffer.range_of(f"x{number} = 1"), action="explain")
    assert await hover(runner, "x0 =") is None
    last = await hover(runner, f"x{limits.KEPT_RESULTS + 3} =")
    assert len(last["contents"]["value"]) <= limits.MAX_EXPLANATION_CHARS
    assert "Cut off here" in last["contents"]["value"]
    document = runner.fake.server.documents.get(runner.buffer.uri)
    assert len(document._marks) == limits.KEPT_RESULTS
