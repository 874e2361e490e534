"""A language server of few words, for what a client does with answers that it is given.

``python -m tests.editors.scripted_server SCENE LOG``: SCENE is JSON
``{command: {"answer": …, "then": [messages]}}``. To a command the answer is sent, then each
message in turn; of one with an ``id`` the client's reply is waited for. ``moa.result`` is answered
once all that was to be sent was sent.
LOG gets one line of JSON for each command and each reply of the client.
"""

import json
import sys
from pathlib import Path
from typing import Any, BinaryIO

Json = dict[str, Any]

CAPABILITIES: Json = {
    "positionEncoding": "utf-16",
    "textDocumentSync": 2,
    "executeCommandProvider": {"commands": ["moa.run", "moa.result", "moa.apply"]},
}
STATUS: Json = {
    "state": "idle",
    "message": "",
    "mix": "solo",
    "inlineMix": None,
    "runs": 0,
    "session": {"usd": 0, "input": 0, "output": 0},
}


UNASKED: Json = {"moa.mixes": {"answer": []}}
"""Answers to what a client asks without its user, where a scene has none: which mixes it may offer
as chat models."""


class Scene:
    """One conversation with a client.

    Args:
        script: what is answered to each command, and what is sent then.
        log: what the client said.
    """

    def __init__(self, script: Json, log: Path, source: BinaryIO, sink: BinaryIO) -> None:
        self._script = script
        self._log = log
        self._source, self._sink = source, sink
        self._kept: list[Json] = []

    def play(self) -> None:
        """Answer until the client leaves."""
        while (message := self._next()) is not None:
            method = message.get("method")
            if method == "initialize":
                capabilities = message["params"]["capabilities"].get("experimental")
                self._note({"experimental": capabilities})
                self._answer(message, {"capabilities": CAPABILITIES})
                self._send({"method": "moa/status", "params": STATUS})
            elif method == "workspace/executeCommand":
                self._command(message)
            elif method == "exit":
                return
            elif "id" in message and method:
                self._answer(message, None)

    def _command(self, message: Json) -> None:
        name, argument = message["params"]["command"], message["params"]["arguments"][0]
        self._note({"command": name, "argument": argument})
        said = (UNASKED | self._script)[name]
        self._answer(message, said["answer"])
        for each in said.get("then", []):
            self._send(each)
            if "id" in each:
                reply = self._reply(each["id"])
                self._note({"reply": each["id"], "result": reply.get("result")})

    def _reply(self, number: object) -> Json:
        """The client's reply; what comes before it waits."""
        while True:
            message = self._receive()
            assert message is not None
            if message.get("id") == number and "method" not in message:
                return message
            self._kept.append(message)

    def _next(self) -> Json | None:
        return self._kept.pop(0) if self._kept else self._receive()

    def _receive(self) -> Json | None:
        size = 0
        while (line := self._source.readline()).strip():
            name, _, value = line.decode().partition(":")
            size = int(value) if name.lower() == "content-length" else size
        return json.loads(self._source.read(size)) if size else None

    def _answer(self, message: Json, result: object) -> None:
        self._send({"id": message["id"], "result": result})

    def _send(self, message: Json) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._sink.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._sink.flush()

    def _note(self, what: Json) -> None:
        with self._log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(what) + "\n")


if __name__ == "__main__":
    scene, log = map(Path, sys.argv[1:])
    Scene(json.loads(scene.read_text("utf-8")), log, sys.stdin.buffer, sys.stdout.buffer).play()
