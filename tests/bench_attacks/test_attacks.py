"""Hostile programs in the real sandbox, on the real machine."""

import os
import socket
from pathlib import Path

import pytest

from moa_lsp.bench.sandbox import wire
from moa_lsp.bench.values import Program
from tests.bench_attacks.attacks import ATTACKS, PRELUDE

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]

CANARY = "canary-of-the-environment"


@pytest.fixture
def facts(tmp_path, monkeypatch):
    """What the attacks aim at: real sockets, a real secret, a real variable."""
    monkeypatch.setenv("MOA_CANARY", CANARY)
    secret = tmp_path / "secret"
    secret.write_text("secret", "utf-8")
    tmp_path.chmod(0o755)
    named = str(tmp_path / "socket")
    abstract = f"moa-lsp-{os.getpid()}"
    with (
        socket.create_server(("127.0.0.1", 0)) as port,
        socket.socket(socket.AF_UNIX) as hidden,
        socket.socket(socket.AF_UNIX) as visible,
    ):
        hidden.bind("\0" + abstract)
        hidden.listen()
        visible.bind(named)
        visible.listen()
        yield {
            "PORT": port.getsockname()[1],
            "ABSTRACT": abstract,
            "SOCKET": named,
            "SECRET": str(secret),
            "CANARY": CANARY,
            "HOME": str(Path.home()),
            "PROJECT": str(ROOT),
            "OUTER_PID": os.getpid(),
            "KNOWN": {"PATH", "PWD", "LD_LIBRARY_PATH", "LC_CTYPE", *wire.ENVIRONMENT},
        }


@pytest.mark.parametrize("name", ATTACKS)
async def test_nothing_comes_of(name, sandbox, facts):
    attack = ATTACKS[name]
    stated = "".join(f"{key} = {value!r}\n" for key, value in facts.items())
    verdict = await sandbox.run(
        Program(
            "script",
            {"main.py": f"{PRELUDE}\n{stated}\n{attack.code}"},
            seconds=attack.seconds,
            memory=attack.memory,
        )
    )
    assert (verdict.status, attack.detail in verdict.detail) == (attack.status, True), verdict
    assert len(verdict.detail) < 5000
