"""The store of open documents: what is known, what is refused."""

import pytest

from moa_lsp import limits
from moa_lsp.lsp.documents import Documents

URI = "file:///a%20b.py"


def opened(text="one\ntwo\n", version=1, uri=URI, language="python"):
    item = {"uri": uri, "languageId": language, "version": version, "text": text}
    return {"textDocument": item}


def changed(*changes, version=2, uri=URI):
    return {"textDocument": {"uri": uri, "version": version}, "contentChanges": list(changes)}


def edit(start, end, text):
    places = [dict(zip(("line", "character"), each, strict=True)) for each in (start, end)]
    return {"range": dict(zip(("start", "end"), places, strict=True)), "text": text}


@pytest.fixture
def documents():
    store = Documents()
    store.did_open(opened())
    return store


def test_a_snapshot_is_frozen(documents):
    before = documents.snapshot(URI)
    documents.did_change(changed(edit((0, 0), (0, 3), "1"), edit((1, 0), (1, 3), "2")))
    assert before.text == "one\ntwo\n"
    after = documents.snapshot(URI)
    assert (after.text, after.version, after.language) == ("1\n2\n", 2, "python")
    assert (after.uri, after.opened) == (before.uri, before.opened)


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 4), ("utf-16", 2), ("utf-32", 1)])
def test_L18_columns_are_in_the_client_s_units(encoding, column):
    store = Documents()
    store.encoding = encoding
    store.did_open(opened("\U0001f600x"))
    store.did_change(changed(edit((0, column), (0, column + 1), "y")))
    assert store.snapshot(URI).text == "\U0001f600y"


def test_H8_only_open_documents(documents, tmp_path):
    """Never the disk, even if the file is there."""
    file = tmp_path / "on_disk.py"
    file.write_text("from disk")
    assert documents.snapshot(file.as_uri()) is None
    documents.did_change(changed({"text": "x"}, uri=file.as_uri()))
    assert documents.snapshot(file.as_uri()) is None


def test_spellings_of_one_uri(documents):
    documents.did_change(changed({"text": "x"}, uri="file:///a b.py"))
    assert documents.snapshot(URI).text == "x"
    assert documents.snapshot(URI).uri == URI
    documents.did_close(opened(uri="file:///a b.py"))
    assert len(documents) == 0


@pytest.mark.parametrize("version", [1, 0, -5, None, "2", True, 1.5])
def test_L10_version_that_does_not_follow(documents, caplog, version):
    """Logged; messages are in order, so the text is right."""
    documents.did_change(changed({"text": "new"}, version=version))
    assert documents.snapshot(URI).text == "new"
    assert "does not follow" in caplog.text
    known = version if type(version) is int else None
    assert documents.snapshot(URI).version == known


def test_L10_version_that_skips_and_whole_floats(documents, caplog):
    documents.did_change(changed(edit((0.0, 0), (0, 3.0), "x"), version=7.0))
    assert documents.snapshot(URI).text == "x\ntwo\n"
    assert documents.snapshot(URI).version == 7
    assert caplog.text == ""


def test_L09_L10_opened_twice_and_again(documents, caplog):
    first = documents.snapshot(URI)
    assert documents.live(first)
    documents.did_open(opened("two"))
    second = documents.snapshot(URI)
    assert "opened twice" in caplog.text
    assert (second.text, second.version) == ("two", first.version)
    assert second.opened > first.opened
    assert not documents.live(first)
    documents.did_close(opened())
    assert not documents.live(second)
    documents.did_open(opened("two"))
    assert not documents.live(second)


def test_L10_close_of_what_is_not_open(caplog):
    Documents().did_close(opened())
    assert "not open" in caplog.text


BROKEN = {
    "no list": {"textDocument": {"uri": URI, "version": 2}, "contentChanges": {}},
    "no changes": {"textDocument": {"uri": URI, "version": 2}},
    "change is text": changed("x"),
    "no text": changed({"range": None}),
    "text is a number": changed({"text": 5}),
    "range is a list": changed({"range": [0, 1], "text": ""}),
    "no end": changed({"range": {"start": {"line": 0, "character": 0}}, "text": ""}),
    "line is text": changed(edit(("0", 0), (0, 0), "")),
    "line is true": changed(edit((True, 0), (0, 0), "")),
    "line is infinite": changed(edit((float("inf"), 0), (0, 0), "")),
    "second is broken": changed({"text": "x"}, {"text": None}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_L10_change_that_cannot_be_understood(documents, name):
    """The text is unknown then, until the client sends all of it or opens it again."""
    before = documents.snapshot(URI)
    with pytest.raises(ValueError, match="must be"):
        documents.did_change(BROKEN[name])
    assert documents.snapshot(URI) is None
    assert documents.get(URI) is None
    assert not documents.live(before)
    documents.did_change(changed(edit((0, 0), (0, 0), "x"), version=3))
    assert documents.snapshot(URI) is None
    documents.did_change(changed({"text": "whole"}, version=4))
    assert documents.snapshot(URI).text == "whole"
    assert documents.live(before)


@pytest.mark.parametrize("repair", ["close", "open"])
def test_L10_repair(documents, repair):
    with pytest.raises(ValueError, match="must be"):
        documents.did_change(BROKEN["no list"])
    if repair == "close":
        documents.did_close(opened())
    documents.did_open(opened("again"))
    assert documents.snapshot(URI).text == "again"


@pytest.mark.parametrize("params", [None, [], "x", {}, {"textDocument": None}, opened(uri=5)])
def test_messages_that_name_no_document(documents, params):
    for method in (documents.did_open, documents.did_change, documents.did_close):
        with pytest.raises(ValueError, match="must be"):
            method(params)
    assert documents.snapshot(URI).text == "one\ntwo\n"


def test_the_open_ones_whose_text_is_known(documents):
    documents.did_open(opened("lost", uri="file:///lost.py"))
    assert {each.uri for each in documents} == {URI, "file:///lost.py"}
    broken = {"textDocument": {"uri": "file:///lost.py", "version": 2}, "contentChanges": None}
    with pytest.raises(ValueError, match="must be"):
        documents.did_change(broken)
    assert [each.uri for each in documents] == [URI]
    documents.did_close(opened())
    assert list(documents) == []


@pytest.mark.parametrize("language", [None, "", 5])
def test_language_missing_is_that_of_the_file_name(language):
    store = Documents()
    store.did_open(opened(language=language))
    assert store.snapshot(URI).language == "python"
    store.did_open(opened(language=language, uri="file:///a"))
    assert store.snapshot("file:///a").language == "plaintext"


@pytest.mark.parametrize(
    ("sent", "language"), [("sh", "shellscript"), ("python-ts", "python"), ("frob", "python")]
)
def test_language_is_known_by_whatever_editors_call_it(sent, language):
    store = Documents()
    store.did_open(opened(language=sent))
    assert store.snapshot(URI).language == language


def test_what_was_opened_last_comes_first(documents):
    documents.did_open(opened(uri="file:///b.py"))
    documents.did_open(opened(uri="file:///c.py"))
    documents.did_open(opened("again\n", uri=URI))
    assert [each.uri for each in documents.last_opened()] == [URI, "file:///c.py", "file:///b.py"]
    with pytest.raises(ValueError, match="must be"):
        documents.did_change(changed({"text": 1}, uri="file:///c.py"))
    assert [each.uri for each in documents.last_opened()] == [URI, "file:///b.py"]


def test_the_other_documents_come_with_the_one_changed_last_first(documents):
    for name in "bcd":
        documents.did_open(opened(name, uri=f"file:///{name}.py"))
    documents.did_change(changed({"text": "b2"}, uri="file:///b.py"))
    assert [each.text for each in documents.others(URI)] == ["b2", "d", "c"]
    assert [each.text for each in documents.others("file:///b.py")] == ["d", "c", "one\ntwo\n"]
    before = documents.others(URI)
    documents.did_change(changed({"text": "c2"}, uri="file:///c.py", version=3))
    assert before[0].text == "b2"  # frozen
    documents.did_close({"textDocument": {"uri": "file:///c.py"}})
    assert [each.text for each in documents.others(URI)] == ["b2", "d"]


def test_others_are_few_and_small(documents):
    documents.did_open(opened("#" * (limits.MAX_SOURCE_CHARS + 1), uri="file:///large.py"))
    assert documents.others(URI) == ()
    for number in range(limits.MAX_SOURCES + 5):
        documents.did_open(opened("x", uri=f"file:///{number}.py"))
    assert len(documents.others(URI)) == limits.MAX_SOURCES


def test_a_document_whose_text_is_not_known_is_no_other(documents):
    documents.did_open(opened("b", uri="file:///b.py"))
    with pytest.raises(ValueError, match="must be an object"):
        documents.did_change(changed({"range": 1, "text": ""}, uri="file:///b.py"))
    assert documents.others(URI) == ()
