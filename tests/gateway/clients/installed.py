"""The clients under test, from the package registries, kept in ``.cache/gateway-clients``.

Versions are fixed: docs/gateway.md says with which one each was tried.
"""

import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CACHE = ROOT / ".cache" / "gateway-clients"
INSTALL_S = 900.0
"""For one client: the largest has some hundred wheels."""


@dataclass(frozen=True)
class Package:
    """A program of a registry.

    Attributes:
        name: in the registry.
        program: that it installs.
        pythons: commands of the Pythons that it runs on, of which the first is taken that works;
            none for a package of npm.
    """

    name: str
    version: str
    program: str
    pythons: tuple[str, ...] = ()


CLIENTS = {
    "Aider": Package("aider-chat", "0.86.2", "aider", ("python3.12", "python3.11", "python3.10")),
    "`llm`": Package("llm", "0.36", "llm", (sys.executable,)),
    "opencode": Package("opencode-ai", "1.18.33", "opencode"),
    "Continue": Package("@continuedev/cli", "1.5.47", "cn"),
}
"""By their name in docs/gateway.md."""


def installed(client: str) -> Path:
    """The program of a client; skips the test, with the reason, where it cannot be had."""
    found = _install(CLIENTS[client])
    if isinstance(found, str):
        pytest.skip(f"{client}: {found}")
    return found


@cache
def _install(package: Package) -> Path | str:
    """The program, or why it cannot be had; looked at once."""
    folder = CACHE / f"{package.program}-{package.version}"
    ready = folder / ".ready"
    bins = folder / "bin" if package.pythons else folder / "node_modules" / ".bin"
    if not ready.exists():
        try:
            if package.pythons:
                _from_pypi(package, folder)
            else:
                _from_npm(package, folder)
        except (OSError, subprocess.SubprocessError) as error:
            told = (getattr(error, "stderr", None) or str(error)).strip()
            return told.split("\n")[-1] or "it cannot be installed"
        ready.touch()
    return bins / package.program


def _from_pypi(package: Package, folder: Path) -> None:
    python = next(filter(_works, package.pythons), package.pythons[-1])
    _run(python, "-m", "venv", folder)
    pip = (folder / "bin" / "python", "-m", "pip", "install", "--quiet")
    _run(*pip, "--disable-pip-version-check", f"{package.name}=={package.version}")


def _from_npm(package: Package, folder: Path) -> None:
    npm = ("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder)
    _run(*npm, f"{package.name}@{package.version}")


def _works(python: str) -> bool:
    """Whether a command starts a Python; a version manager has some that start none."""
    try:
        _run(python, "-c", "")
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _run(*command: str | Path) -> None:
    words = list(map(str, command))
    subprocess.run(words, check=True, capture_output=True, text=True, timeout=INSTALL_S)
