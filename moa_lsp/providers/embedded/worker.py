"""The process in which an embedded agent answers about a long document.

It reads a question of ``long_documents.encoded`` from stdin and writes one JSON object:
``{"text": …}``, ``{"declines": …, "unchanged": …}``, ``{"unreachable": …}`` or
``{"bad_reply": …}``. Then it ends.
"""

import asyncio
import importlib
import json
import sys
from typing import Any

from moa_lsp.errors import BadReply, Unreachable
from moa_lsp.files import process_limits
from moa_lsp.providers.base import AgentDeclines
from moa_lsp.providers.embedded.long_documents import decoded
from moa_lsp.task import Task

LONG_DOCUMENT_MEMORY_BYTES = 3 * 2**30
"""Address space: the tree of a document of ``MAX_DOCUMENT_CHARS`` takes 2 GiB."""


def main() -> None:
    """Answer the one question on stdin."""
    process_limits.forbid_core_dumps()
    process_limits.bound_memory(LONG_DOCUMENT_MEMORY_BYTES)
    model, task = decoded(sys.stdin.buffer.read())
    sys.stdout.buffer.write(json.dumps(asyncio.run(_told(model, task))).encode())
    sys.stdout.buffer.flush()


async def _told(model: str, task: Task) -> dict[str, Any]:
    agent = importlib.import_module(f"moa_lsp.providers.embedded.{model}")
    try:
        reply = await agent.answer(task)
    except Unreachable as error:
        return {"unreachable": str(error)}
    except BadReply as error:
        return {"bad_reply": str(error)}
    if isinstance(reply, AgentDeclines):
        return {"declines": reply.reason, "unchanged": reply.unchanged}
    return {"text": reply.text}


if __name__ == "__main__":
    main()
