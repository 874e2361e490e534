"""``moa/partial``: what is being written, for clients that want to see it."""

import asyncio
import itertools

import pytest

from moa_lsp.config.settings import ProviderEntry
from moa_lsp.lsp.documents import Documents
from moa_lsp.lsp.edits.partial import PartialUpdates
from moa_lsp.lsp.edits.tracked_snapshot import hold
from moa_lsp.mix.progress import AnswerPiece
from moa_lsp.runs.preparation import ActionRequest, prepare
from moa_lsp.runs.run import Execution
from moa_lsp.runs.runtime_config import load_runtime_config
from moa_lsp.task import Task
from moa_lsp.text.span import Span
from tests.fakes.clock import virtual_run
from tests.fakes.desk import CONFIG, able, fenced, write_config
from tests.fakes.inner_desk import InnerDesk
from tests.fakes.scripted import Line, Scripted

TEXT = "# \U0001d4b3 head\nx=1\ny = 2\n"
URI = "file:///w/part.py"


class Told:
    """A server as far as partial results need one, with a clock to tell the time by."""

    encoding = "utf-16"

    def __init__(self):
        self.documents = Documents()
        self.documents.did_open(
            {"textDocument": {"uri": URI, "languageId": "python", "version": 1, "text": TEXT}}
        )
        self.notes = []
        self.protocol = self

    def notify(self, method, params):
        assert method == "moa/partial"
        place = params["range"]
        self.notes.append(
            (asyncio.get_running_loop().time(), place.start.line, params["text"], params["done"])
        )

    def change(self, version, text, line, start, end):
        where = {
            "start": {"line": line, "character": start},
            "end": {"line": line, "character": end},
        }
        document = {"uri": URI, "version": version}
        changes = [{"range": where, "text": text}]
        self.documents.did_change({"textDocument": document, "contentChanges": changes})


def begun(output="replace"):
    server = Told()
    held = hold(server.documents, URI)
    start = TEXT.index("x=1")
    task = Task("refactor", output, held.snapshot, Span(start, start + 3), start)
    return server, PartialUpdates(server, "r", task, held)


def a(text, stage=(1, False), agent="a", model="m/a"):
    return AnswerPiece(stage, agent, model, text)


def texts(server):
    return [(text, done) for _, _, text, done in server.notes]


def test_at_most_four_a_second_and_the_end_exactly_once():
    async def go():
        server, partial = begun()
        partial.on_update(a("```python\n"))
        for number in range(200):
            partial.on_update(a(f"x = {number}\n"))
            await asyncio.sleep(0.01)
        partial.end(None)
        await asyncio.sleep(5)
        return server

    server = virtual_run(go())
    times = [at for at, _, _, done in server.notes if not done]
    assert all(later - at >= 0.25 - 1e-9 for at, later in itertools.pairwise(times))
    assert 6 <= len(times) <= 9
    assert [done for _, done in texts(server)].count(True) == 1
    assert texts(server)[-1] == ("\n".join(f"x = {number}" for number in range(200)), True)
    said = [text for text, _ in texts(server)]
    assert all(later.startswith(text) for text, later in itertools.pairwise(said))


def test_the_first_usable_proposal_waits_for_no_pause():
    async def go():
        server, partial = begun()
        partial.on_update(a("Here it is:\n\n"))  # nothing to show, and yet a pause begins
        await asyncio.sleep(0.01)
        partial.proposed({"a": "x = 2"})
        partial.proposed({"a": "x = 2", "b": "x = 3"})
        await asyncio.sleep(5)
        return server

    server = virtual_run(go())
    ((at, _, text, done),) = server.notes
    assert (round(at, 6), text, done) == (0.01, "x = 2", False)


STREAMS = {
    "prose before a fence is nothing yet": ([a("Here it is:\n\n``")], []),
    "the fence's start is no code": ([a("```py\nx = 1\n``")], [("x = 1", False)]),
    "reasoning is no answer": ([a("<think>```py\nno")], []),
    "hidden characters are seen": ([a("```py\nx\u202e\x1b\n")], [("x\\u202e\\x1b", False)]),
    "another agent is not mixed in": (
        [a("```py\nx = 1\n"), a("```py\nz\n", agent="b", model="m/b"), a("y\n")],
        [("x = 1", False), ("x = 1\ny", False)],
    ),
    "a fallback begins anew": (
        [a("```py\nx = 1\n"), a("```py\nx = 2\n", model="m/z")],
        [("x = 1", False), ("x = 2", False)],
    ),
    "the next layer, then the aggregator, take over": (
        [
            a("```py\nx = 1\n"),
            a("```py\nx = 2\n", (2, False), "b"),
            a("late\n"),
            a("```py\nx = 3\n", (2, True), "aggregator", "m/z"),
            a("late\n", (2, False), "b"),
        ],
        [("x = 1", False), ("x = 2", False), ("x = 3", False)],
    ),
}


@pytest.mark.parametrize("name", STREAMS)
def test_one_answer_is_followed(name):
    pieces, wanted = STREAMS[name]

    async def go():
        server, partial = begun()
        for piece in pieces:
            partial.on_update(piece)
            await asyncio.sleep(1)
        told = texts(server)
        partial.end(None)
        return server, told

    server, told = virtual_run(go())
    assert told == wanted
    assert texts(server) == [*wanted, (wanted[-1][0] if wanted else "", True)]


def test_the_range_moves_along_until_it_is_touched():
    async def go():
        server, partial = begun()
        partial.on_update(a("```py\nx = 1\n"))
        server.change(2, "\n\n", 0, 0, 0)
        await asyncio.sleep(1)
        partial.on_update(a("y\n"))
        await asyncio.sleep(1)
        server.change(3, "7", 3, 2, 3)
        partial.on_update(a("z\n"))
        await asyncio.sleep(1)
        partial.end("x = 1\r\n\u202e")
        return server

    server = virtual_run(go())
    assert [(line, text, done) for _, line, text, done in server.notes] == [
        (1, "x = 1", False),
        (3, "x = 1\ny", False),
        (3, "x = 1\n\\u202e", True),
    ], "of a target that was touched only the end is told"


def test_an_explanation_grows_in_the_safe_subset():
    async def go():
        server, partial = begun("document")
        partial.on_update(a("It *adds*. ![x](http://e.x/?q=SECRET"))
        await asyncio.sleep(1)
        partial.on_update(a(")\n"))
        await asyncio.sleep(1)
        partial.end("[a](http://e.x/?q=SECRET)")
        return server

    server = virtual_run(go())
    assert texts(server)[1:] == [("It *adds*. image: x (`e.x/`)", False), ("a (`e.x/`)", True)]
    assert "](" not in texts(server)[0][0].replace("\\](", "")
    assert not any("SECRET" in text for text, _ in texts(server)[1:])


# --- through the whole server -------------------------------------------------------------------

PARTIAL = able(experimental={"moa": {"partial": True}})


@pytest.fixture
async def runner(tmp_path):
    desks = []

    async def begin(capabilities=PARTIAL, **options):
        desks.append(InnerDesk(write_config(tmp_path / f"config{len(desks)}", CONFIG)))
        await desks[-1].initialize(capabilities, **options)
        return desks[-1]

    yield begin
    for each in desks:
        await each.call("shutdown", None)


def notes(runner):
    return [each["params"] for each in runner.wire.sent if each.get("method") == "moa/partial"]


ENDS = {
    "done": ({"a": {"text": fenced("x = 1")}}, "solo", "done", "x = 1"),
    "failed": ({"a": {"text": "I am sorry."}}, "solo", "failed", ""),
    "failed with code": ({"a": {"text": fenced("x = (")}}, "solo", "failed", "x = ("),
    "an error": ({"a": {"error": "on fire"}}, "solo", "failed", ""),
    "aggregated": (
        {
            "a": {"text": fenced("x = 1")},
            "b": {"text": fenced("x = 2")},
            "c": {"error": "no"},
            "z": {"text": fenced("x = 3")},
        },
        "trio",
        "done",
        "x = 3",
    ),
}


@pytest.mark.parametrize("name", ENDS)
async def test_every_run_ends_with_one_done(runner, name):
    script, mix, state, text = ENDS[name]
    runner = await runner()
    runner.script(**script)
    buffer = runner.open(URI, TEXT)
    where = buffer.range_of("x=1")
    record = await runner.run(where, mix=mix)
    assert record["state"] == state
    *_, last = notes(runner)
    assert last == {"run": record["run"], "uri": URI, "range": where, "text": text, "done": True}
    assert [each["done"] for each in notes(runner)].count(True) == 1
    assert len(runner.edits) == (1 if state == "done" else 0), "nothing else is ever applied"


async def test_a_cancelled_run_ends_with_what_there_is(runner):
    runner = await runner()
    runner.script(a={"text": fenced("x = 2"), "seconds": 60})
    buffer = runner.open(URI, TEXT)
    action_request = {"action": "refactor", "uri": URI, "range": buffer.range_of("x=1")}
    run = (await runner.command("moa.run", action_request))["run"]
    await runner.command("moa.cancel", {"run": run})
    assert (await runner.command("moa.result", {"run": run, "wait": 10}))["state"] == "cancelled"
    assert [(each["text"], each["done"]) for each in notes(runner)] == [("", True)]


@pytest.mark.parametrize(
    ("capabilities", "options", "told"),
    [
        (able(), {}, False),
        (able(), {"experimental": {"moa": {"partial": True}}}, True),
        (able(experimental={"moa": {"partial": 1}}), {}, False),
        (able(experimental=True), {"experimental": []}, False),
    ],
)
async def test_only_who_wants_it_is_told(runner, capabilities, options, told):
    runner = await runner(capabilities, **options)
    runner.script(a={"text": fenced("x = 1")})
    buffer = runner.open(URI, TEXT)
    await runner.run(buffer.range_of("x=1"))
    assert bool(notes(runner)) is told


MIX = """\
name: mine
proposers: [{model: scripted/a}, {model: scripted/b}, {model: scripted/c}]
aggregator: {model: scripted/z}
"""


def test_something_is_seen_when_the_first_proposer_has_ended(tmp_path):
    (tmp_path / "mixes").mkdir()
    (tmp_path / "mixes" / "mine.yaml").write_text(MIX)
    (tmp_path / "config.yaml").write_text("mix: mine\n")
    lines = {
        name: Line(fenced(f"x = {number}"), seconds=seconds)
        for name, number, seconds in (("a", 2, 2), ("b", 3, 4), ("c", 4, 6), ("z", 5, 4))
    }
    setup = load_runtime_config(
        config=tmp_path / "config.yaml",
        environ={},
        providers={"scripted": Scripted(lines)},
        entries={"scripted": ProviderEntry("scripted", "scripted")},
    )

    async def go():
        server, partial = begun()
        start = TEXT.index("x=1")
        snapshot = server.documents.snapshot(URI)
        prepared = prepare(setup, ActionRequest("refactor", snapshot, Span(start, start + 3)))

        def watch(progress):
            if progress.usable:
                partial.proposed(execution.edits)

        execution = Execution(prepared, setup, watch, None, partial.on_update)
        began = asyncio.get_running_loop().time()
        record, _ = await execution.go()
        partial.end(record.text)
        return server, partial.first_at - began, record.seconds

    server, first, seconds = virtual_run(go())
    assert first <= 2.3 < 10 <= seconds
    assert [text for text, _ in texts(server)] == ["x = 2", "x = 5"]
    assert [done for _, done in texts(server)] == [False, True]
