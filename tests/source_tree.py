"""The project's own files, for tests that read them all."""

import ast
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "moa_lsp"
PACKAGES = (PACKAGE, ROOT / "moa_bench")

SOURCES = sorted(
    path
    for package in PACKAGES
    for path in package.rglob("*.py")
    if "samples" not in path.relative_to(package).parts
)
"""The modules of the product; the samples are data."""

SKIPPED = {
    ".git",
    ".cache",
    ".venv",
    ".hypothesis",
    "__pycache__",
    "dist",
    "build",
    "node_modules",
}


READS_ALL = pytest.mark.xdist_group("reads all files")
"""For tests that parse every file: one worker runs them, so that each is parsed once."""


@cache
def tracked() -> list[Path]:
    """What belongs to the project: git's list with what is not yet added, else what lies there."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0 and listed.stdout:
        names = listed.stdout.decode().strip("\0").split("\0")
        return [ROOT / name for name in names if (ROOT / name).is_file()]
    return [
        path
        for path in ROOT.rglob("*")
        if path.is_file()
        and not any(
            part in SKIPPED or part.endswith("_cache") for part in path.relative_to(ROOT).parts
        )
    ]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    """Parsed once in a process: the tests that read all files are one group (``READS_ALL``)."""
    return ast.parse(path.read_text("utf-8"))
