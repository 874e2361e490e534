"""A server that an editor starts in place of ours: ours, with all that is said kept beside it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from moa_lsp.cli.editor_guide import installed_program

INVOKED, AUTOMATIC, LLM_GENERATED, TAKEN_BACK = 1, 2, 1, -32800
"""As the protocol numbers them; the last is the error of a request that its client cancelled."""

SCRIPT = """#!/bin/sh
[ "$1" = --version ] && exec "{server}" --version
tee -a "{folder}/in" | "{server}" "$@" | tee -a "{folder}/out"
"""


class Recording:
    """What one server is told and says.

    Args:
        folder: where that is kept.

    Attributes:
        program: to be started as the server.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        script = folder / "recording-server"
        script.write_text(SCRIPT.format(server=installed_program(), folder=folder))
        script.chmod(0o755)
        self.program = str(script)

    def offers(self, trigger: int) -> list[list[dict[str, Any]]]:
        """The actions for selections, one list for each answered request of this trigger."""
        return [each["result"] for each in self.answers(trigger) if each and "result" in each]

    def answers(self, trigger: int) -> list[dict[str, Any] | None]:
        """What was answered to each request for actions on a selection, of this trigger."""
        answers = {each["id"]: each for each in self._messages("out") if "method" not in each}
        asked = [each for each in self._messages("in") if _about(each, trigger)]
        return [answers.get(each["id"]) for each in asked]

    def _messages(self, way: str) -> Iterator[dict[str, Any]]:
        """The whole messages so far."""
        path = self._folder / way
        data = path.read_bytes() if path.exists() else b""
        while True:
            head, _, data = data.partition(b"\r\n\r\n")
            found = re.search(rb"Content-Length: (\d+)", head)
            if not found or len(data) < (size := int(found[1])):
                return
            yield json.loads(data[:size])
            data = data[size:]


def _about(message: dict[str, Any], trigger: int) -> bool:
    """Whether it asks for actions on a selection, for this reason."""
    if message.get("method") != "textDocument/codeAction":
        return False
    where = message["params"]["range"]
    return (
        message["params"]["context"].get("triggerKind") == trigger
        and where["start"] != where["end"]
    )
