"""The lines that differ from git's last commit, for ``moa-lsp run --changed``.

git is asked once, within a bound of time and of output. No external diff program and no text
converter is run, and no file system monitor is started.
"""

import asyncio
import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from moa_lsp.errors import UsageError
from moa_lsp.files.child_process import WINDOWS_VARIABLES, kill, start

GIT_S = 20.0
"""For git to compare a work tree; one of 100,000 files takes two seconds with a cold cache."""

MAX_DIFF_BYTES = 16 * 2**20
"""Of git's answer; more than anybody changes by hand between two commits."""

_PIECE_BYTES = 2**16
"""Read at once."""

_OPTIONS = (
    "-c", "core.quotePath=false", "-c", "core.fsmonitor=false",
    "diff", "HEAD", "--unified=0", "--relative", "--no-color", "--no-ext-diff", "--no-textconv",
    "--no-renames", "--src-prefix=a/", "--dst-prefix=b/", "--",
)  # fmt: skip

_VARIABLES = (
    *WINDOWS_VARIABLES, "PATH", "HOME", "XDG_CONFIG_HOME", "LANG", "LC_ALL",
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_CEILING_DIRECTORIES",
)  # fmt: skip
"""What git needs to find the repository as it does in the user's shell."""

_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True, slots=True, order=True)
class ChangedLines:
    """Lines of a file as it is now; from 1, both ends included."""

    path: str
    first: int
    last: int

    @property
    def where(self) -> str:
        """As ``FILE:START-END``."""
        return f"{self.path}:{self.first}-{self.last}"


def changed_lines(files: Sequence[str], folder: Path) -> list[ChangedLines]:
    """What differs below a folder, by file; within a file from its end to its beginning.

    An edit of one of these places then leaves the lines of the next where they are.

    Args:
        files: only these; all without any.
        folder: where git works; paths are relative to it.

    Raises:
        UsageError: git is not there, or does not say what differs.
    """
    found = parse(asyncio.run(_diff(files, folder)))
    if not found:
        named = f" in {', '.join(files)}" if files else ""
        raise UsageError(f"nothing differs from git's last commit{named}; name a file and lines")
    return sorted(found, key=lambda each: (each.path, -each.first))


def parse(diff: str) -> list[ChangedLines]:
    """The places of a diff without context that have lines now.

    Read by the counts of its hunks: a line of a file may look like a head.
    """
    path = ""
    found: list[ChangedLines] = []
    skip = 0
    for line in diff.split("\n"):
        if skip and line[:1] in ("+", "-"):
            skip -= 1
        elif line.startswith("+++ "):
            path = _path(line[4:].rstrip("\r"))
        elif hunk := _HUNK.match(line):
            gone, first, come = int(hunk[1] or 1), int(hunk[2]), int(hunk[3] or 1)
            skip = gone + come
            if come and path:
                found.append(ChangedLines(path, first, first + come - 1))
    return found


def _path(written: str) -> str:
    """The path of a ``+++`` line, ``""`` for a file that is gone.

    Raises:
        UsageError: git had to quote it.
    """
    name = written.removesuffix("\t")  # git ends a name with spaces in it by a tab
    if name.startswith('"'):
        raise UsageError(f"{name} has a name that --changed cannot take; name the file itself")
    return name.removeprefix("b/") if name.startswith("b/") else ""


async def _diff(files: Iterable[str], folder: Path) -> str:
    git = shutil.which("git")
    if git is None:
        raise UsageError("--changed needs git, which is not on PATH; name a file and lines")
    child = await start(
        git, *_OPTIONS, *files, variables=_VARIABLES, folder=folder, stdin="nothing"
    )
    try:
        async with asyncio.timeout(GIT_S):
            output = await _read(child.stdout)
            code = await child.wait()
    except TimeoutError as err:
        raise UsageError(f"git did not answer within {GIT_S:g} s; name a file and lines") from err
    finally:
        await kill(child)
    if code != 0:
        raise UsageError(
            f"git does not say what changed in {folder}; is it in a repository that has a commit, "
            "and do the files exist?"
        )
    return output.decode("utf-8", "replace")


async def _read(stream: asyncio.StreamReader | None) -> bytes:
    pieces: list[bytes] = []
    room = MAX_DIFF_BYTES
    while stream is not None and (piece := await stream.read(_PIECE_BYTES)):
        pieces.append(piece)
        room -= len(piece)
        if room < 0:
            raise UsageError(
                f"the changes are larger than {MAX_DIFF_BYTES >> 20} MiB; name a file and lines"
            )
    return b"".join(pieces)
