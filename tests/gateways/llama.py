"""llama.cpp's server on the tiny model, made and installed on first use into ``.cache/llama``."""

import hashlib
import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.expectation import CANARY
from tests.gateways import tiny_model
from tests.gateways.process import CACHE, Server, free_port

HERE = Path(__file__).parent
FOLDER = CACHE / "llama"
MODEL = "tiny"
SLOTS = 2
WINDOW = 8192
"""Tokens of one slot, prompt and answer together."""

_INSTALL_S = 300
_CANNOT = 3


@cache
def program() -> Path:
    """The server's program; skips the test, and says why, where it cannot be had."""
    target = FOLDER / "server"
    install = HERE / "install-llama-server.sh"
    try:
        done = subprocess.run(
            [install, target], capture_output=True, text=True, timeout=_INSTALL_S, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"no llama-server: it could not be downloaded within {_INSTALL_S} s")
    if done.returncode == _CANNOT:
        pytest.skip((done.stderr.strip() or "no llama-server").splitlines()[-1])
    assert done.returncode == 0, done.stderr
    return target / "llama-server"


@cache
def model() -> Path:
    """The model's file; made anew when the code that makes it has changed."""
    sources = b"".join((HERE / name).read_bytes() for name in ("tiny_model.py", "gguf.py"))
    path = FOLDER / f"tiny-{hashlib.sha256(sources).hexdigest()[:12]}.gguf"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        tiny_model.make(path)
    return path


def llama(
    log: Path,
    *more: str | Path,
    port: int | None = None,
    file: Path | None = None,
    name: str = MODEL,
) -> Server:
    """A server, not yet started, of the tiny model or of another file.

    ``more`` are further arguments.
    """
    port = port or free_port()
    command = (
        *(program(), "--model", file or model(), "--alias", name, "--api-key", CANARY),
        *("--host", "127.0.0.1", "--port", str(port), "--seed", "7"),
        *("--parallel", str(SLOTS), "--ctx-size", str(SLOTS * WINDOW)),
        # more threads would wait for each other in busy loops, on a machine with few cores
        *("--threads", "1", "--threads-batch", "1", "--slots", "--no-ui", *more),
    )
    return Server(command, port, log, ready="/health")


def busy(slots: str) -> int:
    """How many slots are at work, by the answer of ``/slots``."""
    listed: list[dict[str, Any]] = json.loads(slots)
    return sum(bool(slot["is_processing"]) for slot in listed)
