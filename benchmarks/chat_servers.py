"""Servers that take chats, each in a process of its own with the same model server behind it.

Ours is started with the Python that has the extra ``gateway``; LiteLLM's proxy is the one of
``make test-gateways``, and optillm's is installed into ``.cache/optillm``. What cannot be had here
is left out with a line that says why. Linux only: processor time is read by process.
"""

import http.client
import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import ROOT

CACHE = ROOT / ".cache"

LITELLM = CACHE / "litellm" / "venv" / "bin" / "litellm"

OPTILLM = "optillm==0.4.0"

OPTILLM_IMPORTS = (
    "numpy", "networkx", "openai", "z3-solver<=4.15.4.0", "aiohttp", "flask", "tiktoken",
    "scikit-learn", "litellm", "requests", "beautifulsoup4", "azure-identity", "PyYAML",
    "mcp>=2,<3", "lxml", "cerebras_cloud_sdk", "sympy", "math-verify",
)  # fmt: skip
"""What its server imports at its start. The other things it names (PyTorch and others, gigabytes)
are for models that it runs itself."""

START_S = 120.0
"""For the slowest of them, on a busy machine."""

KEY = "sk-bench"


class Unavailable(Exception):
    """A server cannot be had here; says why."""


@dataclass(frozen=True)
class ChatServer:
    """One that runs.

    Attributes:
        key: its bearer token.
    """

    port: int
    key: str
    pid: int

    def cpu_s(self) -> float:
        """Processor time of its process so far, in seconds, that of threads that ended too."""
        return time.clock_gettime(~self.pid << 3 | 2)  # as clock_getcpuclockid(3) makes it


def gateway_python() -> str:
    """The Python that has what our gateway needs.

    Raises:
        Unavailable: there is none.
    """
    if importlib.util.find_spec("starlette") and importlib.util.find_spec("uvicorn"):
        return sys.executable
    kept = CACHE / "gateway" / "venv" / "bin" / "python"
    if not kept.exists():
        raise Unavailable("the extra `gateway` is missing: make test-gateway sets it up")
    return str(kept)


@contextmanager
def our_gateway(folder: Path, url: str, mixes: Mapping[str, str]) -> Iterator[ChatServer]:
    """Ours, with these mixes of the provider ``lab``, which is the model server."""
    (folder / "mixes").mkdir(parents=True)
    for name, text in mixes.items():
        (folder / "mixes" / f"{name}.yaml").write_text(f"name: {name}\n{text}")
    config = folder / "config.yaml"
    provider = f'lab: {{api: openai, base_url: "{url}/v1", api_key_env: LAB_KEY}}'
    config.write_text(f"mix_dirs: [mixes]\nproviders:\n  {provider}\n")
    homes = {f"XDG_{kind}_HOME": str(folder / kind) for kind in ("STATE", "CACHE", "CONFIG")}
    command = [gateway_python(), "-m", "moa_lsp", "gateway", "--port", "0"]
    command += ["--config", str(config), "--token-file", str(folder / "token")]
    environ = {**os.environ, **homes, "LAB_KEY": "k", "PYTHONPATH": str(ROOT)}
    with (folder / "log").open("wb") as log, subprocess.Popen(
        command, cwd=folder, env=environ, text=True, stdout=subprocess.PIPE, stderr=log
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            first, second, _ = (process.stdout.readline() for _ in range(3))
            port = int(first.rpartition(":")[2].partition("/")[0])
            yield ChatServer(port, second.split()[1], process.pid)
        finally:
            process.kill()


@contextmanager
def litellm_proxy(folder: Path, url: str, model: str) -> Iterator[ChatServer]:
    """LiteLLM's proxy with one model, named as it is behind it."""
    if not LITELLM.exists():
        raise Unavailable("LiteLLM is not installed: make test-gateways does it")
    params = {"model": f"openai/{model}", "api_base": f"{url}/v1", "api_key": "k"}
    config = {
        "model_list": [{"model_name": model, "litellm_params": params}],
        "litellm_settings": {"num_retries": 0, "telemetry": False},
        "general_settings": {"master_key": KEY},
    }
    path = folder / "litellm.yaml"
    path.write_text(json.dumps(config))  # JSON is YAML
    command = [str(LITELLM), "--config", str(path), "--host", "127.0.0.1", "--num_workers", "1"]
    environ = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
    with _started(folder / "litellm.log", command, environ, "/health/liveliness") as made:
        yield made


@contextmanager
def optillm(folder: Path, url: str, approach: str) -> Iterator[ChatServer]:
    """The proxy of optillm with one approach: ``none`` passes a request on."""
    program = _optillm_program()
    command = [str(program), "--base-url", f"{url}/v1", "--host", "127.0.0.1"]
    command += ["--approach", approach, "--optillm-api-key", KEY, "--log", "error"]
    log = folder / f"optillm-{approach}.log"
    with _started(log, command, {"OPENAI_API_KEY": "k"}, "/health") as made:
        yield made


def _optillm_program() -> Path:
    folder = CACHE / "optillm"
    program = folder / "bin" / "optillm"
    if (folder / ".ready").exists():
        return program
    pip = (folder / "bin" / "python", "-m", "pip", "install", "--quiet",
           "--disable-pip-version-check")  # fmt: skip
    try:
        for command in (
            (sys.executable, "-m", "venv", folder),
            (*pip, *OPTILLM_IMPORTS),
            (*pip, "--no-deps", OPTILLM),
        ):
            subprocess.run(
                list(map(str, command)), check=True, capture_output=True, text=True, timeout=900
            )
    except (OSError, subprocess.SubprocessError) as error:
        told = (getattr(error, "stderr", None) or str(error)).strip()
        raise Unavailable(f"optillm cannot be installed: {told.split(chr(10))[-1]}") from error
    (folder / ".ready").touch()
    return program


@contextmanager
def _started(
    log: Path, command: list[str], environ: Mapping[str, str], ready: str
) -> Iterator[ChatServer]:
    """A server of somebody else's on a free port, once it answers there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    home = {"HOME": str(log.parent)}
    with log.open("wb") as out, subprocess.Popen(
        [*command, "--port", str(port)], cwd=log.parent, env={**os.environ, **environ, **home},
        stdin=subprocess.DEVNULL, stdout=out, stderr=out,
    ) as process:  # fmt: skip
        try:
            end = time.monotonic() + START_S
            while not _answers(port, ready):
                if process.poll() is not None or time.monotonic() > end:
                    tail = log.read_text(errors="replace")[-2000:]
                    raise Unavailable(f"{Path(command[0]).name} did not start: {tail}")
                time.sleep(0.1)
            yield ChatServer(port, KEY, process.pid)
        finally:
            process.kill()


def _answers(port: int, path: str) -> bool:
    with suppress(OSError, http.client.HTTPException):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1.0)
        try:
            connection.request("GET", path, headers={"authorization": f"Bearer {KEY}"})
            return connection.getresponse().status == 200
        finally:
            connection.close()
    return False
