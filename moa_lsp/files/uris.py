"""From a document's URI to its path, and where a path lies below a folder. Pure.

The operating system is a parameter, so that the rules of all three are tested on one (RFC 8089;
its appendix E for drive letters and UNC). What an editor sends for one file differs: VS Code
``file:///c%3A/Users/me/a.py``, Neovim ``file:///C:/Users/me/a.py``, Emacs ``file:///c:/Users/…``.

A path decides which rules apply to a document. Whatever is ambiguous therefore has no path
(``None``), and callers that decide what is sent to a model treat such a document as excluded.
"""

import re
import sys
import unicodedata
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

from moa_lsp import limits

System = Literal["linux", "macos", "windows"]

HERE: System = (
    "windows" if sys.platform == "win32" else "macos" if sys.platform == "darwin" else "linux"
)

_DRIVE = re.compile(r"/?(?P<letter>[A-Za-z])[:|](?=[/\\]|\Z)")
_DRIVE_AS_HOST = re.compile(r"[A-Za-z](?::|%3[Aa])\Z")
_SERVER = re.compile(r"[\w.~-]+\Z")
_NOT_IN_WINDOWS_NAMES = re.compile(r'[\x00-\x1f<>:"|?*]')
"""Among them the colon of an alternate data stream: ``.env::$DATA`` opens ``.env``."""


def path_of(uri: str, system: System = HERE) -> PurePath | None:
    """The absolute path that a ``file:`` URI names.

    Args:
        uri: as a client sent it, percent-encoded or not.
        system: whose paths.

    Returns:
        A ``PurePosixPath`` or ``PureWindowsPath``; ``None`` for another scheme, another machine
        (of POSIX), a relative path, NUL, and what Windows reads as something other than a name.
    """
    parts = _split(uri)
    if parts is None or parts.scheme != "file":
        return None
    if system == "windows":
        return _windows_path(parts.netloc, unquote(parts.path))
    path = unquote(parts.path)
    if parts.netloc.lower() not in ("", "localhost") or "\0" in path or not path.startswith("/"):
        return None
    return PurePosixPath("/" + path.lstrip("/"))  # POSIX leaves the meaning of `//` open


def local_path(uri: str) -> Path | None:
    """The path on this machine, ``None`` as for ``path_of``."""
    path = path_of(uri)
    return None if path is None else Path(path)


def is_file(uri: str) -> bool:
    """Whether a URI claims to name a file, whether or not it names one that can be found."""
    return uri.lstrip()[:5].lower() == "file:"


def name_of(uri: str) -> str:
    """The last part of any URI's path, decoded; the folders above are not for a prompt."""
    parts = _split(uri)
    path = unquote(parts.path if parts is not None else uri)
    return re.split(r"[/\\]" if _DRIVE.match(path) else "/", path.rstrip("/"))[-1]


def prompt_name(uri: str) -> str:
    """``name_of`` as a prompt may hold it: printable, and no longer than a name should be."""
    printable = "".join(char for char in name_of(uri) if char.isprintable())
    return printable[: limits.MAX_NAME_CHARS]


def named_path(uri: str) -> str:
    """The path part of any URI, decoded, also of those that name no file here."""
    parts = _split(uri)
    return unquote(parts.path if parts is not None else uri)


def sqlite_uri(path: PurePath, query: str) -> str:
    """A database's URI as SQLite reads it (https://www.sqlite.org/uri.html).

    SQLite takes no authority but ``localhost``, so a server's name goes into the path.

    Args:
        path: absolute.
        query: parameters, as ``mode=rwc``.
    """
    uri = path.as_uri()
    if not uri.startswith("file:///"):
        uri = f"file://{uri.removeprefix('file:')}"
    return f"{uri}?{query}"


def document_key(uri: str, system: System = HERE) -> str:
    """One spelling of a URI: clients differ in what they percent-encode.

    On Windows also in the case of the drive's letter, which says nothing.
    """
    key = unquote(uri) if "%" in uri else uri
    if system == "windows" and key[:8].lower() == "file:///" and key[9:10] in (":", "|"):
        key = f"file:///{key[8].lower()}:{key[10:]}"
    return key


def below(path: PurePath, root: PurePath, system: System = HERE) -> str | None:
    """A path relative to a folder, with forward slashes, as the path itself spells it.

    Compared as the file system compares names: exactly on Linux, without case on Windows, and
    without case or Unicode normal form on macOS (APFS and HFS+ in their default formats).

    Returns:
        ``None`` where the path is the folder itself, is not below it, or contains ``..``.
    """
    parts, top = path.parts, root.parts
    if len(parts) <= len(top) or ".." in parts or ".." in top:
        return None
    if [_compared(each, system) for each in parts[: len(top)]] != [
        _compared(each, system) for each in top
    ]:
        return None
    return "/".join(parts[len(top) :])


def folded(path: str) -> str:
    """A path as names are compared where neither case nor Unicode's form counts."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _split(uri: str) -> SplitResult | None:
    try:
        return urlsplit(uri)
    except ValueError:  # an odd host, as in file://[
        return None


def _windows_path(host: str, path: str) -> PureWindowsPath | None:
    if _DRIVE_AS_HOST.match(host):  # file://c:/a.py, with a slash too few
        host, path = "", f"/{unquote(host)}{path}"
    if host.lower() == "localhost":
        host = ""
    if not host and path.startswith("//"):  # file:////server/share/a.py
        host, _, path = path.lstrip("/").partition("/")
        path = f"/{path}"
    if host:
        share = path.strip("/\\")
        if not _SERVER.match(host) or host in (".", "..") or not share:
            return None
        found, names = PureWindowsPath(f"//{host}/{share}"), path
    else:
        drive = _DRIVE.match(path)
        if drive is None:
            return None
        names = path[drive.end() :]
        found = PureWindowsPath(f"{drive['letter']}:{names or '/'}")
    return found if found.is_absolute() and not _NOT_IN_WINDOWS_NAMES.search(names) else None


def _compared(part: str, system: System) -> str:
    if system == "linux":
        return part
    return part.lower().replace("/", "\\") if system == "windows" else folded(part)
