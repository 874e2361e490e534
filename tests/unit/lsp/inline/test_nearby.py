"""What models that fill gaps are shown of other documents, and of what was typed."""

import asyncio
from types import SimpleNamespace

import pytest

from moa_lsp.config.settings import ContextSettings
from moa_lsp.inline.cursor import CursorContext
from moa_lsp.lsp.documents import Documents
from moa_lsp.lsp.inline.nearby import INLINE_EDITS_CHARS, NearbySnippets


class Rules:
    """Hides what its name says."""

    async def why_not(self, uri, _context):
        return "hidden" if "hidden" in uri else None


def changed(documents, uri, *texts):
    item = {"uri": uri, "languageId": "python", "version": 1, "text": texts[0]}
    documents.did_open({"textDocument": item})
    for version, text in enumerate(texts[1:], 2):
        documents.did_change(
            {"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"text": text}]}
        )


@pytest.fixture
def documents():
    return Documents()


async def edits(documents):
    nearby = NearbySnippets(SimpleNamespace(documents=documents), Rules())
    place = CursorContext("file:///w/a.py", documents.get("file:///w/a.py").text, 0, "python")
    assert nearby.pieces(place, ContextSettings()) == ()
    assert nearby.edits(place.uri) == (), "the first request waits for nothing"
    await nearby._looking
    found = nearby.edits(place.uri)
    await nearby.close()
    return found


def test_a12_what_was_typed_in_documents_that_may_be_shown(documents):
    changed(documents, "file:///w/hidden.py", "a = 1\n", "a = 2\n")
    changed(documents, "file:///w/b.py", "b = 1\n", "b = 2\n")
    changed(documents, "file:///w/c.py", "c = 1\n", f"c = 'ghp_{'aB3dE6gHi1' * 4}'\n")
    changed(documents, "file:///w/a.py", "x = 1\n", "x = 2\n")
    assert asyncio.run(edits(documents)) == (
        "b.py, line 1:\n-b = 1\n+b = 2\n",
        "a.py, line 1:\n-x = 1\n+x = 2\n",
    )


def test_the_newest_that_fit(documents):
    long = "# " + "x" * (INLINE_EDITS_CHARS // 2 - 20) + "\n"
    for name in ("b", "c", "a"):
        changed(documents, f"file:///w/{name}.py", "\n", long)
    found = asyncio.run(edits(documents))
    assert [each[:4] for each in found] == ["c.py", "a.py"]
