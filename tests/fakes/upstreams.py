"""Model servers on loopback in a thread of their own, for tests whose other side is a process."""

import asyncio
import threading
from pathlib import Path
from typing import Any, Self

from tests.fakes.client import until
from tests.fakes.faulty_server import FaultyServer, Script, Seen, chunked, delta, healthy

KEY = "canary-key-4f1d"
"""What the providers of ``write`` are to be asked with."""

PRICES = "{price: {input: 1, output: 10}, max_output: 1000}"


class Upstreams:
    """One faulty server a name, each a provider of that name with models of any name.

    Attributes:
        servers: by name; their scripts can be set while they run.
    """

    def __init__(self, *names: str) -> None:
        self.servers = {name: FaultyServer() for name in names}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        for server in self.servers.values():
            self._do(server.__aenter__())
        return self

    def __exit__(self, *error: Any) -> None:
        for server in self.servers.values():
            self._do(server.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def say(self, **texts: str) -> None:
        """What each of these servers answers from now on."""
        for name, text in texts.items():
            self.play(name, healthy("openai", text))

    def play(self, name: str, always: Script) -> None:
        """What one server does at every request from now on."""
        self.servers[name].always = always

    def stop(self, name: str) -> None:
        """Nobody listens there any more."""
        self._do(self.servers[name].__aexit__(None, None, None))

    def asked(self, name: str) -> list[Seen]:
        """The questions that came to one server."""
        return [each for each in self.servers[name].seen if each.method == "POST"]

    def prompt(self, name: str) -> str:
        """The one question to a server, as one text."""
        (seen,) = self.asked(name)
        return "\n".join(message["content"] for message in seen.json["messages"])

    def closed(self) -> None:
        """Wait until no question is open and every connection that was cut off is gone."""
        until(
            lambda: all(
                each.left_at is not None for name in self.servers for each in self.asked(name)
            )
        )

    def write(self, folder: Path, mixes: dict[str, str], more: str = "") -> Path:
        """A user's configuration that names these providers; the path of its file."""
        entries = "".join(
            f'  {name}: {{api: openai, base_url: "{server.url}/v1", api_key_env: LAB_KEY}}\n'
            for name, server in self.servers.items()
        )
        prices = "".join(f"  {name}/m: {PRICES}\n" for name in self.servers)
        (folder / "mixes").mkdir(parents=True, exist_ok=True)
        for name, text in mixes.items():
            (folder / "mixes" / f"{name}.yaml").write_text(f"name: {name}\n{text}")
        path = folder / "config.yaml"
        path.write_text(f"mix_dirs: [mixes]\nproviders:\n{entries}models:\n{prices}{more}")
        return path

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


def slowly(pause: Any, *pieces: str) -> Script:
    """A good answer with ``pause`` steps between its pieces."""
    steps: list[Any] = []
    for piece in pieces:
        steps += [delta(piece), pause]
    return chunked(*steps, delta(None, "stop"))
