"""What the server and the index's process say to each other: one JSON object a line.

To the process, first ``{"root", "database", "spare", "exclude", "allow", "skip"}``, then, numbered
by ``n``: ``{"changed": [path, …]}``, ``{"typed": path, "text": text or null}``, ``{"scan"}``.
From it: ``{"at": path}`` says which database it keeps, ``{"reading": [path, …]}`` what it reads
next, ``{"done", "total", "ready", "seen"}`` how far it is and which number is in the database,
``{"tell": sentence}`` what the log should know, ``{"failed": sentence}`` why it gives up.
"""

import json
from collections.abc import Mapping
from typing import Any

Message = Mapping[str, Any]


def encoded(message: Message) -> bytes:
    """A message as its line."""
    return json.dumps(message, separators=(",", ":")).encode("ascii") + b"\n"


def decoded(line: bytes) -> dict[str, Any]:
    """The message of a line.

    Raises:
        ValueError: it is none.
    """
    message = json.loads(line)
    if not isinstance(message, dict):
        raise ValueError("a message is an object")  # noqa: TRY004  # as json's own
    return message
