"""A raw client of the scripted server with one open buffer, for tests of the features."""

import os
from pathlib import Path
from typing import Any

from tests.fakes.buffer import Buffer
from tests.fakes.client import Client, until

ABLE: dict[str, Any] = {
    "workspace": {
        "applyEdit": True,
        "workspaceEdit": {"documentChanges": True, "resourceOperations": ["create"]},
    },
    "window": {"workDoneProgress": True, "showDocument": {"support": True}},
    "textDocument": {
        "codeAction": {
            "tagSupport": {"valueSet": [1]},
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": [""]}},
        }
    },
}


MIXES = {
    "solo": "proposers: [{model: scripted/a}]\naggregator: {select: prior}\n",
    "trio": (
        "proposers: [{model: scripted/a}, {model: scripted/b}, {model: scripted/c}]\n"
        "aggregator: {model: scripted/z}\n"
    ),
    "unready": "proposers: [{model: missing/m}]\n",
    "duo": "proposers: [{model: scripted/a}, {model: scripted/b}]\naggregator: {select: prior}\n",
}

CONFIG = """\
mix: solo
auto_order: [duo, embedded]
mix_dirs: [mixes]
providers:
  missing: {api: openai, base_url: "https://llm.example.org/v1", api_key_env: NO_SUCH_KEY}
  canary: {api: openai, base_url: "https://llm.example.org/v1", api_key_env: CANARY_API_KEY}
"""


def write_config(folder: Path, config: str = CONFIG, mixes: dict[str, str] | None = None) -> Path:
    """A configuration folder; the path for ``MOA_LSP_CONFIG``."""
    (folder / "mixes").mkdir(parents=True, exist_ok=True)
    for name, text in (MIXES if mixes is None else mixes).items():
        (folder / "mixes" / f"{name}.yaml").write_text(f"name: {name}\n{text}")
    path = folder / "config.yaml"
    path.write_text(config)
    return path


def fenced(code: str) -> str:
    """An answer as models are asked for it."""
    return f"Here it is.\n\n```python\n{code}\n```\n"


def able(**sections: Any) -> dict[str, Any]:
    """The capabilities of an able client with some sections replaced."""
    return {**ABLE, **sections}


def folder(path: Path) -> dict[str, str]:
    """A workspace folder as clients name it."""
    return {"uri": path.as_uri(), "name": path.name}


class Desk:
    """A client, its buffer, and short words for what tests do.

    Attributes:
        edits: parameters of every ``workspace/applyEdit`` that came.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self.edits: list[dict[str, Any]] = []
        self.buffer = Buffer("untitled:nothing", "")
        client.answers["workspace/applyEdit"] = self._apply

    def initialize(
        self,
        capabilities: Any = None,
        encoding: str = "utf-16",
        *,
        root: Path | None = None,
        **options: Any,
    ) -> Any:
        """Shake hands and wait for the setup; ``options`` are those of initialization."""
        asked = ABLE if capabilities is None else capabilities
        general = {"positionEncodings": [encoding]}
        params = {
            "processId": os.getpid(),
            "capabilities": {**asked, "general": general},
            "initializationOptions": options,
            "workspaceFolders": [folder(root)] if root else None,
        }
        answer = self.client.initialize(params)
        self.encoding = encoding
        self.client.command("moa.mixes")
        return answer

    def open(self, uri: str, text: str, language: str = "python") -> Buffer:
        self.buffer = Buffer(uri, text, self.encoding)
        self.client.open(uri, text, language)
        return self.buffer

    def type(self, old: str, new: str) -> None:
        self.client.notify("textDocument/didChange", self.buffer.type(old, new))

    def offers(self, where: Any, **context: Any) -> list[dict[str, Any]]:
        params = {
            "textDocument": {"uri": self.buffer.uri},
            "range": where,
            "context": {"diagnostics": [], "triggerKind": 1, **context},
        }
        return self.client.call("textDocument/codeAction", params)

    def script(self, **lines: dict[str, Any]) -> None:
        self.client.command("test.script", lines)

    def gate(self, name: str) -> None:
        self.client.command("test.open", {"gate": name})

    def state(self) -> dict[str, Any]:
        return self.client.command("test.state")

    def run(self, where: Any, action: str = "refactor", **action_request: Any) -> str:
        argument = {"action": action, "uri": self.buffer.uri, "range": where, **action_request}
        return self.client.command("moa.run", argument)["run"]

    def result(self, run: str, wait: float = 20) -> dict[str, Any]:
        return self.client.command("moa.result", {"run": run, "wait": wait})

    def until(self, **wanted: Any) -> None:
        """Wait until the server's state has these values."""
        until(lambda: wanted.items() <= self.state().items())

    def told(self) -> list[str]:
        """The messages shown to the user."""
        return [
            each["params"]["message"]
            for each in self.client.notifications
            if each["method"] == "window/showMessage"
        ]

    def statuses(self) -> list[dict[str, Any]]:
        """What the status line was told."""
        return [
            each["params"] for each in self.client.notifications if each["method"] == "moa/status"
        ]

    def mixes(self) -> dict[str, dict[str, Any]]:
        return {each["name"]: each for each in self.client.command("moa.mixes")}

    def offered(self) -> str:
        """The name of the mix in the title of an offer."""
        (title,) = {
            each["title"]
            for each in self.offers(self.buffer.range(0, 1), only=["source.moa.explain"])
        }
        return title.rpartition(" · ")[2]

    def until_offered(self, name: str) -> None:
        until(lambda: self.offered() == name)

    def forget(self) -> None:
        """Begin a new page: what was shown before does not count."""
        self.client.notifications.clear()
        self.edits.clear()

    def progress(self) -> list[dict[str, Any]]:
        return [
            each["params"]["value"]
            for each in self.client.notifications
            if each["method"] == "$/progress"
        ]

    def _apply(self, params: dict[str, Any]) -> dict[str, Any]:
        self.edits.append(params)
        answer, change = self.buffer.apply(params)
        if change is not None:
            self.client.notify("textDocument/didChange", change)
        return answer
