"""A real `moa-lsp gateway` on loopback, and raw requests to it."""

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fakes.client import ROOT
from tests.fakes.upstreams import KEY, Upstreams

PATIENCE_S = 20.0
"""For a response on a busy machine."""


@dataclass
class Answer:
    """A response.

    Attributes:
        text: its whole body.
    """

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def events(self) -> list[Any]:
        """The events of a stream, ``[DONE]`` as text."""
        datas = [line[6:] for line in self.text.split("\n") if line.startswith("data: ")]
        return [data if data == "[DONE]" else json.loads(data) for data in datas]

    @property
    def said(self) -> str:
        """The text of a streamed chat."""
        deltas = [event["choices"][0]["delta"] for event in self.events[:-1] if event["choices"]]
        return "".join(delta.get("content") or "" for delta in deltas)


@dataclass
class Gateway:
    """A running gateway.

    Attributes:
        out: what it printed when it started.
    """

    port: int
    token: str
    process: "subprocess.Popen[bytes]"
    out: list[str]
    log: Path
    token_file: Path
    config: Path
    opened: list[http.client.HTTPConnection] = field(default_factory=list)

    def ask(self, path: str, body: Any = None, **headers: str | None) -> Answer:
        """One request; a header that is ``None`` is left out."""
        connection = self.begin(path, body, **headers)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, text)

    def chat(self, model: str, *messages: Any, **more: Any) -> Answer:
        turns = [{"role": "user", "content": each} if isinstance(each, str) else each
                 for each in messages]  # fmt: skip
        return self.ask("/v1/chat/completions", {"model": model, "messages": turns, **more})

    def begin(
        self, path: str, body: Any = None, **headers: str | None
    ) -> http.client.HTTPConnection:
        """Send a request, and wait for nothing."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        self.opened.append(connection)
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        sent = {
            "host": f"127.0.0.1:{self.port}",
            "authorization": f"Bearer {self.token}",
            "content-type": "application/json",
            **headers,
        }
        kept = {name: value for name, value in sent.items() if value is not None}
        connection.request("GET" if data is None else "POST", path, data, kept)
        return connection

    def stop(self) -> int:
        """Its exit code after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)


@contextmanager
def gateway(folder: Path, config: Path, *options: str, **environ: str) -> Iterator[Gateway]:
    """Start one; it is gone at the end."""
    folder.mkdir(exist_ok=True)
    token_file = folder / "token"
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    log = folder / "log"
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "moa_lsp", "gateway", "--port", "0", "--config", str(config),
             "--token-file", str(token_file), *options],
            cwd=folder,
            env={**kept, "GROQ_API_KEY": "", "LAB_KEY": KEY, "PYTHONPATH": str(ROOT), **environ,
                 "XDG_STATE_HOME": str(folder / "state"), "XDG_CACHE_HOME": str(folder / "cache")},
            stdout=subprocess.PIPE,
            stderr=stderr,
        )  # fmt: skip
    assert process.stdout is not None
    out = [process.stdout.readline().decode() for _ in range(3)]
    try:
        assert out[0], log.read_text()
        port = int(out[0].rpartition(":")[2].partition("/")[0])
        made = Gateway(port, out[1].split()[1], process, out, log, token_file, config)
        yield made
        for connection in made.opened:
            connection.close()
    finally:
        process.kill()
        process.wait(PATIENCE_S)
        process.stdout.close()


def command_line(like: Gateway, folder: Path, *argv: str) -> None:
    """Run a command with the configuration of a gateway; it must succeed."""
    environ = {**os.environ, "LAB_KEY": KEY, "PYTHONPATH": str(ROOT)}
    homes = {f"XDG_{kind}_HOME": str(folder / kind) for kind in ("STATE", "CACHE")}
    subprocess.run(
        [sys.executable, "-m", "moa_lsp", *argv, "--config", str(like.config)],
        cwd=folder,
        env={**environ, **homes},
        check=True,
        timeout=3 * PATIENCE_S,
    )


MIXES = {
    "trio": (
        "proposers: [{model: a/m}, {model: b/m}]\n"
        "aggregator: {model: z/m}\n"
    ),
    "chosen": "proposers: [{model: a/m}, {model: b/m}]\naggregator: {select: prior}\n",
    "checked": "proposers: [{model: a/m}, {model: b/m}]\naggregator: [{verify: [parse]}]\n",
    "unready": "proposers: [{model: groq/m}]\n",
    "dear": (
        "proposers: [{model: a/m}]\naggregator: {model: z/m}\nbudget: {usd: 0.000001}\n"
    ),
}  # fmt: skip
"""For the providers ``a``, ``b`` and ``z``."""


def write(upstreams: Upstreams, folder: Path, more: str = "") -> Path:
    """A configuration of ``MIXES``."""
    return upstreams.write(folder, MIXES, more)
