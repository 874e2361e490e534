"""inflection (MIT), a small package with tests of its own, from its source archive."""

import hashlib
import io
import subprocess
import sys
import tarfile
from functools import cache
from pathlib import Path

import pytest

from tests.fakes.client import ROOT

FOLDER = ROOT / ".cache" / "inflection"
NAMED = "inflection==0.5.1"
SHA256 = "1a29730d366e996aaacffb2f1f1cb9593dc38e2ddd30c91250c6dde09ea9b417"

_DOWNLOAD_S = 120
"""For 15 kB, and what is needed to read its metadata."""


@cache
def archive() -> bytes:
    """The source archive; skips the test, and says why, where it cannot be had."""
    kept = FOLDER / "inflection-0.5.1.tar.gz"
    if not kept.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--no-binary", ":all:", NAMED, "--dest", str(FOLDER)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_DOWNLOAD_S, check=False)
        except subprocess.TimeoutExpired:
            pytest.skip(f"{NAMED} was not downloaded within {_DOWNLOAD_S} s")
        if done.returncode or not kept.exists():
            pytest.skip(f"{NAMED} cannot be downloaded")
    data = kept.read_bytes()
    assert hashlib.sha256(data).hexdigest() == SHA256, f"{NAMED} is another archive"
    return data


def unpack(folder: Path) -> Path:
    """Put the package and its tests into a folder; the folder of the project."""
    with tarfile.open(fileobj=io.BytesIO(archive())) as found:
        found.extractall(folder, filter="data")
    return folder / "inflection-0.5.1"
