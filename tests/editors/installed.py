"""The editors under test, from the package registries, kept in ``.cache/editors``."""

import os
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "editors"
UNAVAILABLE = 75
"""Exit code of the installing script where an editor cannot be had here."""
OURS = dict(os.environ)
"""Before a test forbids its children every connection: installing needs the registries."""


class Unavailable(Exception):
    """An editor or a tool cannot be had on this machine; says why."""


def run_script(title: str, script: str, *arguments: object, seconds: float) -> None:
    """Run an installing script of this folder, which does nothing where all is there.

    Raises:
        Unavailable: it cannot be had here, with the last line that the script said.
    """
    done = subprocess.run(
        (Path(__file__).with_name(script), *map(str, arguments)),
        capture_output=True,
        text=True,
        check=False,
        env=OURS,
        timeout=seconds,
    )
    if done.returncode == UNAVAILABLE:
        raise Unavailable(f"{title}: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr


def install(name: str, package: str, binary: str) -> Path:
    """Install a program of Debian's if it is not there yet; its path.

    Raises:
        Unavailable: it cannot be had here.
    """
    found = _installed(name, package, binary)
    if isinstance(found, str):
        raise Unavailable(found)
    return found


@cache
def _installed(name: str, package: str, binary: str) -> Path | str:
    """The program, or why it cannot be had; looked at once."""
    try:
        run_script(name, "install-debian.sh", CACHE / name, package, binary, seconds=300)
    except Unavailable as error:
        return str(error)
    return CACHE / name / "tree" / "usr" / "bin" / binary


def installed(name: str, package: str, binary: str) -> Path:
    """The program of an editor; skips the test, with the reason, where it cannot be had."""
    try:
        return install(name, package, binary)
    except Unavailable as error:
        pytest.skip(str(error))
