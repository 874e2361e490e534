"""Documents and workspaces: what is known when, and the process that indexes."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from moa_lsp.errors import BadReply, Unreachable
from moa_lsp.files import child_process
from moa_lsp.providers.base import AgentDeclines
from moa_lsp.providers.embedded.ngram.builder import build_workspace
from moa_lsp.providers.embedded.ngram.corpus import (
    MAX_NGRAM_CHARS,
    MAX_NGRAM_DOCUMENTS,
    MAX_NGRAM_KEPT_CHARS,
    Corpus,
)
from moa_lsp.providers.embedded.ngram.packed import (
    HEAD_BYTES,
    MAX_NGRAM_PACKED_BYTES,
    PackedIndexes,
    length_of,
    pack,
    unpack,
)
from moa_lsp.providers.embedded.ngram.worker import MAX_NGRAM_FILE_BYTES, index_files

LINE = "reply = await self.session.fetch(address, retries=3)\n"
START = "reply = await self.se"
REST = "ssion.fetch(address, retries=3)"


def files(folder, **texts):
    """Write files; gives them as a caller lists them."""
    found = []
    for name, text in texts.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        language = {"py": "python", "ts": "typescript", "js": "javascript"}
        found.append((str(path), language.get(path.suffix[1:], "plaintext")))
    return found


async def asked(corpus, uri="file:///new.py", text=START, language="python"):
    found = await corpus.suggest(uri, text, len(text), language)
    return found if isinstance(found, AgentDeclines) else found.text


async def test_a_document_teaches_itself_but_not_by_its_half_written_line():
    corpus = Corpus()
    assert await asked(corpus, text=LINE * 5 + START) == REST
    assert isinstance(await asked(Corpus(), text=START), AgentDeclines)


async def test_what_was_typed_since_it_was_read_counts():
    corpus = Corpus()
    await corpus.update("file:///new.py", "x = 1\n", "python")
    assert await asked(corpus, text="x = 1\n" + LINE * 5 + START) == REST


async def test_other_open_documents_count_until_they_are_closed():
    corpus = Corpus()
    await corpus.update("untitled:one", LINE * 5, "python")
    assert await asked(corpus) == REST
    assert isinstance(await asked(corpus, language="rust"), AgentDeclines)
    corpus.forget("untitled:one")
    assert isinstance(await asked(corpus), AgentDeclines)


async def test_a_workspace_counts_when_it_is_built(tmp_path):
    corpus = Corpus()
    listed = files(tmp_path, a_py=LINE * 5, b_ts="const a = b(c, d);\n" * 5)
    assert isinstance(await asked(corpus), AgentDeclines)
    built = await corpus.build(listed)
    assert await asked(corpus) == REST
    assert await asked(corpus, "file:///x.js", "const a = b", "javascript") == "(c, d);"
    assert built.left_out == 0
    assert built.memory > 0 or sys.platform == "win32"


async def test_the_saved_text_of_the_document_itself_does_not_count_twice(tmp_path):
    corpus = Corpus()
    [(path, _)] = files(tmp_path, a_py=LINE * 5)
    await corpus.build([(path, "python")])
    uri = (tmp_path / "a.py").as_uri()
    assert isinstance(await asked(corpus, uri), AgentDeclines), "all of it was deleted since"


async def test_a12_excluded_files_are_neither_read_nor_completed(tmp_path):
    corpus = Corpus(denied=lambda path: "secret" in path)
    listed = files(tmp_path, secret__a_py=LINE * 5)
    assert (await corpus.build(listed)).indexes == {}
    uri = (tmp_path / "secret" / "a.py").as_uri()
    await corpus.update(uri, LINE * 5, "python")
    assert isinstance(await asked(corpus), AgentDeclines)
    assert await asked(corpus, uri, LINE * 5 + START) == AgentDeclines("this file is excluded")


async def test_as_many_documents_as_are_held():
    corpus = Corpus()
    await corpus.update("untitled:first", LINE * 5, "python")
    for number in range(MAX_NGRAM_DOCUMENTS):
        assert (number == 0) <= (await asked(corpus) == REST)
        await corpus.update(f"untitled:{number}", "x = 1\n", "python")
    assert isinstance(await asked(corpus), AgentDeclines)


# --- the worker ---------------------------------------------------------------------------------


@pytest.mark.parametrize("asks", [False, True], ids=["learnt", "completed"])
async def test_a_document_that_is_closed_while_it_is_read_is_not_held(asks):
    corpus, uri = Corpus(), "file:///new.py"
    work = asked(corpus, uri, LINE * 5 + START) if asks else corpus.update(uri, LINE, "python")
    reading = asyncio.ensure_future(work)
    await asyncio.sleep(0)
    corpus.forget(uri)
    await reading
    assert not corpus._documents
    assert not corpus._reading


async def test_of_long_documents_only_the_last_are_held():
    corpus = Corpus()
    text = LINE * (MAX_NGRAM_KEPT_CHARS // len(LINE) // 3)
    for number in range(5):
        await corpus.update(f"file:///{number}.py", text, "python")
    assert list(corpus._documents) == ["file:///2.py", "file:///3.py", "file:///4.py"]


async def test_a_document_that_nobody_wrote_by_hand_is_not_read():
    corpus, uri = Corpus(), "file:///new.py"
    text = LINE * (MAX_NGRAM_CHARS // len(LINE))
    await corpus.update(uri, text, "python")
    assert list(corpus._documents) == [uri]
    await corpus.update(uri, text + LINE, "python")
    assert not corpus._documents
    assert await asked(corpus, uri, text + LINE + START) == AgentDeclines(
        "the document is too long"
    )
    assert not corpus._documents


def test_files_near_the_open_ones_come_first_and_the_rest_is_left_out(tmp_path):
    text = "x = 1\n" * 50
    listed = files(tmp_path, far__a_py=text, near__b_py=text, near__deep__c_py=text)
    os.utime(tmp_path / "far" / "a.py", (10**9, 10**9))
    found = index_files(listed, [str(tmp_path / "near")], most=250)
    assert list(found.indexes["python"].files) == [str(tmp_path / "near" / "b.py")]
    assert found.left_out == 2
    assert len(found.indexes["python"]) <= 250


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"x = 1\n\xff", id="not UTF-8"),
        pytest.param(b"x = 1\0\n", id="binary"),
        pytest.param(b"x = " + b"1," * 400 + b"\n", id="one long line"),
        pytest.param(b"x = 1\n" * (MAX_NGRAM_FILE_BYTES // 6 + 1), id="large"),
    ],
)
def test_what_is_no_code_of_a_person_is_left_out(tmp_path, content):
    found = index_files(files(tmp_path, a_py=content, b_py="y = 2\n"))
    assert found.left_out == 1
    assert set(found.indexes["python"].files) == {str(tmp_path / "b.py")}


def test_what_is_no_file_is_left_out(tmp_path):
    (tmp_path / "folder.py").mkdir()
    os.mkfifo(tmp_path / "pipe.py")
    listed = [(str(tmp_path / name), "python") for name in ("folder.py", "pipe.py", "none.py")]
    assert index_files([*listed, ("a\0b", "python")]).left_out == 4


def test_nothing_read_from_a_file_gets_out_of_a_secret(tmp_path):
    listed = files(tmp_path, a_py='key = "AKIAIOSFODNN7EXAMPLE"\n')
    assert b"AKIA" not in pack(index_files(listed))


# --- the process --------------------------------------------------------------------------------


def test_the_process_answers_and_ends(tmp_path):
    listed = files(tmp_path, a_py=LINE)
    ended = subprocess.run(
        (sys.executable, "-I", "-m", "moa_lsp.providers.embedded.ngram.worker"),
        input=json.dumps({"files": listed, "near": []}).encode(),
        capture_output=True,
        check=True,
        cwd=tmp_path,
    )
    built = unpack(ended.stdout[HEAD_BYTES:])
    assert length_of(ended.stdout[:HEAD_BYTES]) == len(ended.stdout) - HEAD_BYTES
    assert "reply" in built.indexes["python"].words


async def test_nothing_of_the_current_folder_is_imported(tmp_path, monkeypatch):
    (tmp_path / "json.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    (tmp_path / "moa_lsp.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    built = await build_workspace(files(tmp_path, sub__a_py=LINE))
    assert "reply" in built.indexes["python"].words
    assert not (tmp_path / "ran").exists()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are looked up in /proc")
async def test_a_cancelled_build_leaves_no_process_and_what_was_known(tmp_path):
    corpus = Corpus()
    await corpus.build(files(tmp_path, a_py=LINE * 5))
    long = files(tmp_path, **{f"b{n}_py": "x = 1\n" * 20_000 for n in range(9)})
    building = asyncio.create_task(corpus.build(long))
    async with asyncio.timeout(30):
        while not (started := children()) and not building.done():  # noqa: ASYNC110  # a process
            await asyncio.sleep(0.005)
    building.cancel()
    with pytest.raises(asyncio.CancelledError):
        await building
    assert started
    assert not children() & started
    assert await asked(corpus) == REST


def children():
    """The processes that this one has started and that still run."""
    found = set()
    for each in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = each.read_text().rpartition(")")[2].split()[:2]
            if int(parent) == os.getpid() and state != "Z":
                found.add(each.parent.name)
    return found


async def test_a_process_that_ends_early_is_told_of():
    process = await child_process.start_module("moa_lsp.providers.embedded.ngram.worker")
    try:
        process.stdin.write(b"no JSON")
        process.stdin.close()
        assert await process.stdout.read() == b""
    finally:
        await child_process.end(process)
    assert process.returncode == 1


async def test_a_program_that_cannot_start(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(Unreachable, match="could not be started"):
        await build_workspace([])


@pytest.mark.parametrize("cut", [0, 4, 12, -1])
def test_pieces_of_an_index_are_refused(tmp_path, cut):
    body = pack(index_files(files(tmp_path, a_py=LINE)))[HEAD_BYTES:]
    for wrong in (body[:cut], body + b"x", body[:8] + b"\0" * (len(body) - 8)):
        with pytest.raises(BadReply):
            unpack(wrong)


def test_an_index_that_is_too_large_is_not_waited_for():
    with pytest.raises(BadReply, match="larger"):
        length_of((MAX_NGRAM_PACKED_BYTES + 1).to_bytes(HEAD_BYTES, "little"))
    assert length_of(pack(PackedIndexes({}))[:HEAD_BYTES]) > 0
