"""Has the process ``worker`` index files, and takes its answer."""

import asyncio
import json
from collections.abc import Iterable, Sequence

from moa_lsp.errors import BadReply, Unreachable
from moa_lsp.files import child_process
from moa_lsp.providers.embedded.ngram.packed import HEAD_BYTES, PackedIndexes, length_of, unpack

NGRAM_BUILD_S = 60.0
"""For indexing a workspace; a slow disk needs ten."""


_WORKER = "moa_lsp.providers.embedded.ngram.worker"


async def build_workspace(
    files: Sequence[tuple[str, str]], near: Iterable[str] = ()
) -> PackedIndexes:
    """Index files in a process of their own.

    Args:
        files: path and language identifier of each.
        near: folders whose files come first.

    Raises:
        Unreachable: the process could not be started, or took longer than ``NGRAM_BUILD_S``.
        BadReply: it ended before its answer was whole.
    """
    asked = json.dumps({"files": list(files), "near": list(near)}).encode()
    try:
        process = await child_process.start_module(_WORKER)
    except OSError as err:
        raise Unreachable(f"{_WORKER} could not be started: {err.strerror or err}") from err
    try:
        async with asyncio.timeout(NGRAM_BUILD_S):
            body = await _answer(process, asked)
            return await asyncio.to_thread(unpack, body)
    except TimeoutError as err:
        message = f"the workspace was not indexed within {NGRAM_BUILD_S:.0f} s, open a smaller one"
        raise Unreachable(message) from err
    finally:
        await child_process.end(process)


async def _answer(process: asyncio.subprocess.Process, asked: bytes) -> bytes:
    if process.stdin is None or process.stdout is None:
        raise Unreachable("the process that indexes has no pipes, restart the server")
    try:
        process.stdin.write(asked)
        await process.stdin.drain()
        process.stdin.close()
        length = length_of(await process.stdout.readexactly(HEAD_BYTES))
        body = await process.stdout.readexactly(length)
        await process.stdout.read()  # until it closes
    except (ConnectionError, asyncio.IncompleteReadError) as err:
        raise BadReply(
            "the process that indexes the workspace ended early, look at the log"
        ) from err
    return body
