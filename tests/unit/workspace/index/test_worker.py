"""What the index's process says, without the process."""

import asyncio
from dataclasses import replace

import pytest

from moa_lsp.workspace.index.tables import SCHEMA
from moa_lsp.workspace.index.worker import IndexWorker
from tests.fakes.client import PATIENCE_S


@pytest.fixture
def root(tmp_path):
    made = tmp_path / "root"
    made.mkdir()
    return made.resolve()


@pytest.fixture
def opening(root, tmp_path):
    return {
        "root": str(root),
        "database": str(tmp_path / "own" / "index.db"),
        "spare": str(tmp_path / "spare" / "index.db"),
        "exclude": [],
        "allow": [],
        "skip": [],
    }


async def talk(opening, *messages, schema=SCHEMA):
    """What it says to these messages and the end."""
    said, inbox = [], asyncio.Queue()
    for number, message in enumerate(messages, 1):
        inbox.put_nowait({**message, "n": number})

    def on_update(message):
        said.append(message)
        if message.get("ready") and message["seen"] == len(messages):
            inbox.put_nowait(None)

    async with asyncio.timeout(PATIENCE_S):
        await IndexWorker(opening, inbox, on_update, schema).run()
    return said


async def test_it_says_where_what_and_how_far(opening, root):
    (root / "a.py").write_text("def one(): pass\n")
    said = await talk(opening)
    assert said == [
        {"at": opening["database"]},
        {"done": 0, "total": 1, "ready": False, "seen": 0},
        {"reading": ["a.py"]},
        {"done": 1, "total": 1, "ready": True, "seen": 0},
    ]


async def test_an_empty_folder_is_ready_at_once(opening):
    assert (await talk(opening))[-1] == {"done": 0, "total": 0, "ready": True, "seen": 0}


async def test_a_message_counts_when_its_effect_is_stored(opening, root):
    said = await talk(
        opening, {"scan": True}, {"changed": ["a.py"]}, {"typed": "b.py", "text": "x"}
    )
    assert said[-1]["seen"] == 3
    assert {"reading": ["a.py", "b.py"]} in said


async def test_S02_a_full_index_stays_as_it_is(opening, root):
    for number in range(50):
        (root / f"f{number}.py").write_text("".join(f"def f{n}(): pass\n" for n in range(200)))
    said = await talk(opening, schema=replace(SCHEMA, max_bytes=200 * 2**10))
    assert said[-1] == {"failed": "the index cannot grow any more"}
    assert any("cannot be written" in each.get("tell", "") for each in said)


async def test_S01_no_place_at_all(opening, tmp_path):
    (tmp_path / "own").write_text("")
    (tmp_path / "spare").write_text("")
    said = await talk(opening)
    assert said[-1] == {"failed": "no folder for the index can be written"}
