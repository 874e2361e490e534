"""URIs of editors on three systems, and where their paths lie below a folder."""

import sqlite3
import unicodedata
from contextlib import closing
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from moa_lsp.files.uris import (
    below,
    document_key,
    folded,
    is_file,
    local_path,
    name_of,
    named_path,
    path_of,
    prompt_name,
    sqlite_uri,
)

WINDOWS = [
    # who sends it, the URI, the path
    ("VS Code", "file:///c%3A/Users/me/proj/a.py", r"c:\Users\me\proj\a.py"),
    ("VS Code, space", "file:///c%3A/Users/me/a%20b/c.py", r"c:\Users\me\a b\c.py"),
    ("VS Code, accents", "file:///c%3A/Users/J%C3%BCrgen/a.py", r"c:\Users\Jürgen\a.py"),
    ("VS Code, UNC", "file://server/share/proj/a.py", r"\\server\share\proj\a.py"),
    ("VS Code, WSL", "file://wsl.localhost/Ubuntu/home/a.py", r"\\wsl.localhost\Ubuntu\home\a.py"),
    ("Neovim", "file:///C:/Users/me/proj/a.py", r"C:\Users\me\proj\a.py"),
    ("Neovim, UNC", "file:////server/share/a.py", r"\\server\share\a.py"),
    ("Emacs", "file:///c:/Users/me/proj/a.py", r"c:\Users\me\proj\a.py"),
    ("Emacs, lower hex", "file:///c%3a/x/a.py", r"c:\x\a.py"),
    ("a slash too few", "file://c:/x/a.py", r"c:\x\a.py"),
    ("an encoded drive as host", "file://c%3A/x/a.py", r"c:\x\a.py"),
    ("localhost", "file://localhost/c:/x/a.py", r"c:\x\a.py"),
    ("a bar as of old", "file:///c|/x/a.py", r"c:\x\a.py"),
    ("backslashes", "file:///c:/x%5Cy%5Ca.py", r"c:\x\y\a.py"),
    ("the root of a drive", "file:///c%3A/", "c:\\"),
    ("a drive alone", "file:///c%3A", "c:\\"),
    ("no drive", "file:///Users/me/a.py", None),
    ("relative to a drive", "file:///c:a.py", None),
    ("a data stream", "file:///c:/x/.env%3A%3A$DATA", None),
    ("a data stream of a share", "file://server/share/.env%3A%3A$DATA", None),
    ("NUL", "file:///c:/a%00.py", None),
    ("no share", "file://server/", None),
    ("a device", "file:////./pipe/x", None),
    ("a long-path prefix", "file:////%3F/c:/x/a.py", None),
    ("another scheme", "vscode-remote://wsl/c:/a.py", None),
    ("not saved", "untitled:Untitled-1", None),
]


@pytest.mark.parametrize(
    ("uri", "path"), [row[1:] for row in WINDOWS], ids=[r[0] for r in WINDOWS]
)
def test_uris_of_editors_on_windows(uri, path):
    found = path_of(uri, "windows")
    assert found == (None if path is None else PureWindowsPath(path))
    assert found is None or found.is_absolute()


POSIX = [
    ("file:///a/b%20c.py", "/a/b c.py"),
    ("file:///a/b c.py", "/a/b c.py"),
    ("file://localhost/a.py", "/a.py"),
    ("file:///home/%C3%A9t%C3%A9/a.py", "/home/été/a.py"),
    ("file:///home/e%CC%81t%C3%A9/a.py", "/home/e\u0301té/a.py"),
    ("file:////a/b.py", "/a/b.py"),
    ("FILE:///a.py", "/a.py"),
    ("file:///c%3A/a.py", "/c:/a.py"),
    ("file:///a/../b.py", "/a/../b.py"),
    ("file:///100%25.py", "/100%.py"),
    ("file://elsewhere/a.py", None),
    ("file://[/a.py", None),
    ("file:a.py", None),
    ("file:///a%00.py", None),
    ("untitled:Untitled-1", None),
    ("vscode-notebook-cell:/a.py#1", None),
    ("git:/a.py?%7B%7D", None),
    ("https://host/a.py", None),
    ("", None),
]


@pytest.mark.parametrize("system", ["linux", "macos"])
@pytest.mark.parametrize(("uri", "path"), POSIX)
def test_uris_on_linux_and_macos(uri, path, system):
    assert path_of(uri, system) == (None if path is None else PurePosixPath(path))


COMPOSED, DECOMPOSED = "/Users/me/Été", unicodedata.normalize("NFD", "/Users/me/Été")

PLACED = [
    # system, path, root, below
    ("linux", "/w/src/a.py", "/w", "src/a.py"),
    ("linux", "/W/src/a.py", "/w", None),
    ("linux", "/wide/a.py", "/w", None),
    ("linux", "/w", "/w", None),
    ("linux", "/w/../secrets/a.py", "/w", None),
    ("linux", f"{DECOMPOSED}/a.py", COMPOSED, None),
    ("macos", f"{DECOMPOSED}/a.py", COMPOSED, "a.py"),
    ("macos", "/users/ME/été/Secrets/A.py", DECOMPOSED, "Secrets/A.py"),
    ("macos", "/Users/me/Eté/a.py", COMPOSED, None),
    ("windows", "C:/Users/me/proj/a.py", "c:/users/ME/proj", "a.py"),
    ("windows", "D:/Users/me/proj/a.py", "c:/Users/me/proj", None),
    ("windows", "//SERVER/Share/proj/sub/a.py", "//server/share/proj", "sub/a.py"),
    ("windows", "//server/share/a.py", "//server/share", "a.py"),
    ("windows", "//server/other/a.py", "//server/share", None),
    ("windows", "c:/w/x/../../secrets/a.py", "c:/w", None),
]


@pytest.mark.parametrize(("system", "path", "root", "expect"), PLACED)
def test_where_a_path_lies_below_a_folder(system, path, root, expect):
    kind = PureWindowsPath if system == "windows" else PurePosixPath
    assert below(kind(path), kind(root), system) == expect


@pytest.mark.parametrize("editor", ["file:///C:/Users/me/proj", "file:///c%3A/Users/Me/Proj"])
def test_an_excluded_file_is_below_its_root_whatever_editor_names_it(editor):
    root = path_of(editor, "windows")
    for uri in (
        "file:///c%3A/Users/me/proj/secrets/a.py",
        "file:///C:/users/me/proj/secrets/a.py",
    ):
        assert below(path_of(uri, "windows"), root, "windows") == "secrets/a.py"


NAMES = [
    ("file:///a/b%20c.py", "b c.py", "/a/b c.py"),
    ("file:///c%3A/Users/a.py", "a.py", "/c:/Users/a.py"),
    ("file:///c:%5Cx%5Ca.py", "a.py", "/c:\\x\\a.py"),
    ("file:///a%5Cb.py", "a\\b.py", "/a\\b.py"),
    ("untitled:Untitled-1", "Untitled-1", "Untitled-1"),
    ("git:/w/a.py?x", "a.py", "/w/a.py"),
    ("file://[/secrets/a.py", "a.py", "file://[/secrets/a.py"),
    ("file:///", "", "/"),
]


@pytest.mark.parametrize(("uri", "name", "path"), NAMES)
def test_names_of_any_uri(uri, name, path):
    assert (name_of(uri), named_path(uri)) == (name, path)


KEYS = [
    ("linux", "file:///a%2Fb.py", "file:///a/b.py"),
    ("linux", "file:///C%3A/a.py", "file:///C:/a.py"),
    ("windows", "file:///C%3A/a.py", "file:///c:/a.py"),
    ("windows", "file:///c:/a.py", "file:///c:/a.py"),
    ("windows", "untitled:C", "untitled:C"),
]


@pytest.mark.parametrize(("system", "uri", "key"), KEYS)
def test_one_key_for_all_spellings_of_a_document(system, uri, key):
    assert document_key(uri, system) == key


def test_a_uri_that_claims_to_be_a_file_is_told_from_others():
    claims = ["file:///a.py", "FILE://server/a", "file:a", " file:///x"]
    assert all(map(is_file, claims))
    assert not any(map(is_file, ["untitled:file:", "git:/a", "", "profile:///a"]))


def test_a_path_of_this_machine_goes_there_and_back(tmp_path):
    path = tmp_path / "sp ace%ü" / "a#b.py"
    assert local_path(path.as_uri()) == path
    assert local_path("untitled:x") is None
    assert isinstance(local_path(path.as_uri()), Path)


def test_names_are_folded_as_a_file_system_without_case_does():
    assert folded("É/STRASSE") == folded(unicodedata.normalize("NFD", "é/straße"))


DATABASES = [
    (PurePosixPath("/a b/u.db"), "file:///a%20b/u.db?mode=rwc"),
    (PureWindowsPath("c:/x/u.db"), "file:///c:/x/u.db?mode=rwc"),
    (PureWindowsPath("//server/home/u.db"), "file:////server/home/u.db?mode=rwc"),
]


@pytest.mark.parametrize(("path", "uri"), DATABASES)
def test_uris_of_databases(path, uri):
    assert sqlite_uri(path, "mode=rwc") == uri


def test_sqlite_takes_four_slashes_and_no_server(tmp_path):
    with closing(sqlite3.connect(f"file:///{tmp_path}/u.db?mode=rwc", uri=True)) as connection:
        connection.execute("CREATE TABLE t (x)")
    assert (tmp_path / "u.db").exists()
    with pytest.raises(sqlite3.OperationalError, match="authority"):
        sqlite3.connect(f"{PureWindowsPath('//server/home/u.db').as_uri()}?mode=rwc", uri=True)


def test_a_name_in_a_prompt_is_printable_and_bounded():
    assert prompt_name("file:///a/%1B%5B31mx%E2%80%AE.py") == "[31mx.py"
    assert len(prompt_name(f"file:///{'x' * 10_000}")) < 1_000
