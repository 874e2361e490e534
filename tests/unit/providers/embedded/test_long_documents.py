"""Long documents are read in a process, which says what the agent would say and leaves with us."""

import asyncio
import importlib
import json
from pathlib import Path

import pytest

from moa_lsp.errors import BadReply, Unreachable
from moa_lsp.providers.base import AgentDeclines, Reply
from moa_lsp.providers.embedded import long_documents
from moa_lsp.providers.embedded.long_documents import OWN_PROCESS_CHARS, decoded, encoded
from tests.unit.providers.embedded.asking import MODELS, ask, task

FUNCTION = "def f(a, b):\n    total = a + b\n    return total\n\n\n"
LONG = FUNCTION * (OWN_PROCESS_CHARS // len(FUNCTION) + 1)


@pytest.mark.parametrize(
    "one",
    [
        task("refactor", "§x = 1§\n"),
        task("explain", "§x = '\ud800'§\n", uri="file:///a%20b.py", codes=("F401", "E7")),
        task("generate", "§", language="go", instruction="do it"),
    ],
)
def test_a_question_arrives_as_it_was_asked(one):
    assert decoded(encoded("ruff", one)) == ("ruff", one)


@pytest.mark.parametrize(
    ("action", "region"),
    [
        ("refactor", "x=1"),
        ("refactor", "x = 1"),
        ("fix", "x = not a in b"),
        ("document", "def g(): ..."),
        ("generate", "x = 1"),
        ("explain", "def g(): return f(1, 2)"),
    ],
)
async def test_the_process_says_what_the_agent_says(action, region):
    one = task(action, f"§{region}§\n\n\n{LONG}")
    agent = importlib.import_module(f"moa_lsp.providers.embedded.{MODELS[action]}")
    assert await ask(one) == await agent.answer(one)


@pytest.mark.parametrize(
    ("more", "processes"), [(-1, 0), (0, 0), (1, 1)], ids=["shorter", "as long", "longer"]
)
async def test_only_long_documents_are_read_there(more, processes, monkeypatch):
    asked = []

    async def answer(model, one):
        asked.append(model)
        return AgentDeclines("not today")

    monkeypatch.setattr(long_documents, "answer", answer)
    start = "§x = not a in b§\n"
    one = task("refactor", start.ljust(OWN_PROCESS_CHARS + 2 + more, "#"))
    assert isinstance(await ask(one), Reply if processes == 0 else AgentDeclines)
    assert len(asked) == processes


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"", BadReply),
        (b'{"text": "x', BadReply),
        (json.dumps({"unreachable": "ruff is missing"}).encode(), Unreachable),
        (json.dumps({"bad_reply": "ruff said nothing"}).encode(), BadReply),
    ],
)
async def test_what_went_wrong_there_is_told(said, error, monkeypatch):
    async def answered(child, asked):
        return said

    monkeypatch.setattr(long_documents, "_said", answered)
    with pytest.raises(error):
        await long_documents.answer("outline", task("explain", "§x = 1§\n"))


async def test_a_process_that_ends_early_is_told_of(monkeypatch):
    monkeypatch.setattr(long_documents, "_WORKER", "moa_lsp.no_such_module")
    with pytest.raises(BadReply, match="ended early"):
        await long_documents.answer("outline", task("explain", f"§x = 1§\n{LONG}"))


async def test_a_program_that_cannot_start(monkeypatch):
    monkeypatch.setattr("sys.executable", "/no/such/python")
    with pytest.raises(Unreachable, match="could not be started"):
        await long_documents.answer("outline", task("explain", "§x = 1§\n"))


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="children are read from /proc")
async def test_whoever_waits_no_longer_leaves_no_process(monkeypatch):
    asked = asyncio.Event()

    async def waits(child, _asked):
        asked.set()
        await child.stdout.read()

    monkeypatch.setattr(long_documents, "_said", waits)
    one = task("explain", "§x = 1§\n")
    before = _children()
    waiting = asyncio.create_task(long_documents.answer("outline", one))
    await asked.wait()
    assert _children() - before
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert _children() == before


def _children():
    tasks = Path("/proc/self/task").iterdir()
    return {pid for each in tasks for pid in (each / "children").read_text().split()}
