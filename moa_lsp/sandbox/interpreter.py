"""A Python that programs are executed with: where its files are, what is installed in it."""

import asyncio
import contextlib
import hashlib
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moa_lsp.errors import SandboxError

INTERPRETER_S = 60.0
"""For a Python to list what is installed in it: 0.3 s for 250 packages, once from a cold disk."""

MAX_INTERPRETER_REPLY_BYTES = 2**20
"""What a Python says of itself; 250 packages are 6 KiB."""

MAX_LINKS = 64
"""Symbolic links followed on the way to a Python; the kernel gives up at 40."""


_QUESTION = """
import importlib.metadata as metadata, json, sys, sysconfig
shared = sysconfig.get_config_var("Py_ENABLE_SHARED")
print(json.dumps({
    "prefixes": [sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix],
    "libraries": sysconfig.get_config_var("LIBDIR") if shared else None,
    "version": list(sys.version_info[:2]),
    "full": sys.version,
    "installed": sorted(f"{d.metadata['Name']}=={d.version}" for d in metadata.distributions()),
}))
"""

_OLDEST = (3, 9)
"""What the driver in the sandbox is written for."""

_SYSTEM = Path("/usr")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python as it must be laid out in a sandbox.

    Attributes:
        executable: the path that it is started by.
        roots: folders beside /usr that it needs, none inside of another.
        links: symbolic links on the way to it that lie outside of those, and what they hold.
        libraries: folder of its shared library, if it has one outside of the system's.
        flags: that keep the user's own folders out of its path.
        digest: of its version and everything that is installed in it.
    """

    executable: Path
    roots: tuple[Path, ...]
    links: tuple[tuple[Path, str], ...]
    libraries: Path | None
    flags: tuple[str, ...]
    digest: str


async def look_at(python: Path | None = None) -> Interpreter:
    """Ask a Python about itself.

    Args:
        python: path of its executable, or ``None`` for the one that runs this.

    Raises:
        SandboxError: it cannot be used; the message says what to do.
    """
    executable = _absolute(python or Path(sys.executable))
    told = await _ask(executable)
    try:
        version = tuple(told["version"])
        digest = json.dumps([told["full"], told["installed"]]).encode()
        prefixes = {Path(each) for each in told["prefixes"]}
        libraries = Path(told["libraries"]) if told["libraries"] else None
    except (KeyError, TypeError) as err:
        raise SandboxError(_unusable(executable)) from err
    if version < _OLDEST:
        raise SandboxError(
            f"{executable} is older than Python 3.9, name another one with --python"
        )
    real = {each.resolve() for each in prefixes}
    if libraries is not None:
        libraries = libraries.resolve()
        real.add(libraries)
    roots = _roots(real, executable)
    outside = libraries is not None and not libraries.is_relative_to(_SYSTEM)
    return Interpreter(
        executable=executable,
        roots=roots,
        links=_links([executable, *sorted(prefixes)], roots),
        libraries=libraries if outside else None,
        flags=("-s", "-P") if version >= (3, 11) else ("-s",),
        digest=hashlib.sha256(digest).hexdigest(),
    )


def _absolute(path: Path) -> Path:
    """Without following links: a virtual environment's Python is one."""
    return Path(os.path.abspath(path))  # noqa: PTH100  # `Path.absolute` keeps dots


async def _ask(executable: Path) -> dict[str, Any]:
    try:
        child = await asyncio.create_subprocess_exec(
            executable,
            "-I",
            "-c",
            _QUESTION,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=MAX_INTERPRETER_REPLY_BYTES,
            env={},
        )
    except OSError as err:
        raise SandboxError(_unusable(executable)) from err
    try:
        async with asyncio.timeout(INTERPRETER_S):
            stdout, _ = await child.communicate()
        reply = json.loads(stdout)
    except (TimeoutError, ValueError) as err:
        raise SandboxError(_unusable(executable)) from err
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):  # it ended meanwhile
                child.kill()
            await child.wait()
    if not isinstance(reply, dict):
        raise SandboxError(_unusable(executable))
    return reply


def _unusable(executable: Path) -> str:
    return f"{executable} does not work as a Python, name another one with --python"


def _roots(folders: set[Path], executable: Path) -> tuple[Path, ...]:
    """The outermost of the folders, without what the system's own ones hold."""
    home = Path(os.path.expanduser("~"))  # noqa: PTH111  # no error where there is none
    chosen: list[Path] = []
    for folder in sorted(folders):  # an outer folder sorts before those in it
        if any(folder.is_relative_to(each) for each in (_SYSTEM, *chosen)):
            continue
        if home.is_relative_to(folder) or len(folder.parts) <= 2:  # / and /x
            raise SandboxError(
                f"{executable} keeps its files in {folder}, which must not be shown to programs; "
                "name another Python with --python"
            )
        chosen.append(folder)
    return tuple(chosen)


def _links(paths: list[Path], roots: tuple[Path, ...]) -> tuple[tuple[Path, str], ...]:
    """Every symbolic link that is followed from ``paths`` and lies outside of the roots."""
    found: dict[Path, str] = {}
    waiting = list(paths)
    for _ in range(MAX_LINKS):
        if not waiting:
            break
        path = waiting.pop()
        for place in (*reversed(path.parents), path):
            if not place.is_symlink():
                continue
            target = os.readlink(place)  # noqa: PTH115  # as it is written
            if not any(place.is_relative_to(each) for each in (_SYSTEM, *roots)):
                found.setdefault(place, target)
            waiting.append(_joined(place, target, path))
            break
    return tuple(sorted(found.items()))


def _joined(place: Path, target: str, path: Path) -> Path:
    """``path`` with the link at ``place`` followed once."""
    return Path(os.path.normpath(place.parent / target)) / path.relative_to(place)
