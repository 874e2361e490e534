"""As ``runner.Desk``, on the scripted server within the test's own process and event loop."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.fakes.buffer import Buffer
from tests.fakes.desk import ABLE
from tests.fakes.scripted_server import Fake
from tests.fakes.wire import Wire


class AnsweringWire(Wire):
    """Answers the server's requests as an editor does, a turn of the loop later.

    Attributes:
        answers: by method; one that is missing, or says ``...``, answers nothing.
    """

    answers: dict[str, Callable[[Any], Any]]

    def write(self, data: bytes) -> None:
        before = len(self.sent)
        super().write(data)
        for message in self.sent[before:]:
            answer = self.answers.get(message.get("method", ""))
            if answer is not None and "id" in message:
                asyncio.get_running_loop().call_soon(self._answer, message, answer)

    def _answer(self, message: dict[str, Any], answer: Callable[[Any], Any]) -> None:
        result = answer(message["params"])
        if result is not ...:
            self.give({"id": message["id"], "result": result})


class InnerDesk:
    """A client and its buffer.

    Attributes:
        edits: parameters of every ``workspace/applyEdit`` that came.
    """

    def __init__(self, config: Path) -> None:
        self.fake = Fake(config)
        self.wire = AnsweringWire(self.fake.server)
        self.edits: list[dict[str, Any]] = []
        self.wire.answers = {
            "window/workDoneProgress/create": lambda _params: None,
            "window/showDocument": lambda _params: {"success": True},
            "workspace/applyEdit": self._apply,
        }

    async def initialize(self, capabilities: Any = None, **options: Any) -> None:
        asked = ABLE if capabilities is None else capabilities
        await self.wire.initialize(capabilities=asked, initializationOptions=options)
        await self.command("moa.mixes")

    def open(self, uri: str, text: str) -> Buffer:
        self.buffer = Buffer(uri, text)
        item = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        self.wire.tell("textDocument/didOpen", {"textDocument": item})
        return self.buffer

    def script(self, **lines: dict[str, Any]) -> None:
        self.fake.provider.tell(lines)

    async def call(self, method: str, params: Any) -> Any:
        response = await self.wire.ask(method, params)
        assert "error" not in response, response["error"]["message"]
        return response["result"]

    async def command(self, name: str, *arguments: Any) -> Any:
        params = {"command": name, "arguments": list(arguments)}
        return await self.call("workspace/executeCommand", params)

    async def offers(self, where: Any, **context: Any) -> list[dict[str, Any]]:
        params = {
            "textDocument": {"uri": self.buffer.uri},
            "range": where,
            "context": {"diagnostics": [], "triggerKind": 1, **context},
        }
        return await self.call("textDocument/codeAction", params)

    async def run(
        self, where: Any, action: str = "refactor", **action_request: Any
    ) -> dict[str, Any]:
        """Run an action to its end; the record."""
        argument = {"action": action, "uri": self.buffer.uri, "range": where, **action_request}
        run = (await self.command("moa.run", argument))["run"]
        return await self.command("moa.result", {"run": run, "wait": 10})

    def asked(self, method: str) -> list[dict[str, Any]]:
        """The server's requests of one method."""
        return [each for each in self.wire.sent if each.get("method") == method]

    def told(self) -> list[str]:
        """The messages shown to the user."""
        shown = [each for each in self.wire.sent if each.get("method") == "window/showMessage"]
        return [each["params"]["message"] for each in shown]

    def _apply(self, params: dict[str, Any]) -> dict[str, Any]:
        self.edits.append(params)
        answer, change = self.buffer.apply(params)
        if change is not None:
            self.wire.tell("textDocument/didChange", change)
        return answer
