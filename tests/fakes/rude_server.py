"""A server that breaks one rule when it is told to: whoever watches servers must notice each.

Run as ``python -m tests.fakes.rude_server``; ``test.break {rule}`` breaks one of ``RULES``.
"""

import asyncio
import logging
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from lsprotocol import types

from moa_lsp.lsp.app import create_server, serve
from moa_lsp.lsp.rpc.server import Server
from tests.fakes.client import framed
from tests.fakes.monitors import LONGEST_TURN_S, TURN_MARGIN

log = logging.getLogger(__name__)

KEPT: list[object] = []
"""What is never given back."""

LEAKED_THREADS = 12
LEAKED_MIB = 300


def answers_twice(server: Server) -> None:
    server.protocol.writer.write(framed({"jsonrpc": "2.0", "id": 1, "result": None}))


def answers_unasked(server: Server) -> None:
    server.protocol.writer.write(framed({"jsonrpc": "2.0", "id": 4711, "result": None}))


def prints(server: Server) -> None:
    write = server.protocol.writer.write
    asyncio.get_running_loop().call_soon(write, b"stray words\n")  # behind the answer


def floods_stderr(_server: Server) -> None:
    os.write(2, b"again and again\n" * 80_000)


def logs_the_key(_server: Server) -> None:
    os.write(2, f"asking with {os.environ['CANARY_API_KEY']}\n".encode())


def logs_the_text(server: Server) -> None:
    for document in server.documents._open.values():
        os.write(2, document.text.encode())


def logs_the_path(server: Server) -> None:
    for document in server.documents._open.values():
        os.write(2, document.uri.encode())


def tells_the_text(server: Server) -> None:
    for document in server.documents._open.values():
        told = types.LogMessageParams(types.MessageType.Info, document.text)
        server.window_log_message(told)


def writes_the_text(server: Server) -> None:
    folder = Path(os.environ["XDG_STATE_HOME"])
    folder.mkdir(parents=True)
    for document in server.documents._open.values():
        (folder / "notes").write_text(document.text)


def leaves_a_file(_server: Server) -> None:
    tempfile.mkstemp()


def leaks_files(_server: Server) -> None:
    KEPT.append(open(os.devnull))  # noqa: SIM115  # never closed on purpose


def leaks_sockets(_server: Server) -> None:
    KEPT.extend(socket.socket() for _ in range(20))


def leaks_threads(_server: Server) -> None:
    for _ in range(LEAKED_THREADS):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()


def leaks_a_child(_server: Server) -> None:
    KEPT.append(subprocess.Popen((sys.executable, "-c", "input()"), stdin=subprocess.PIPE))


def leaks_a_task(_server: Server) -> None:
    KEPT.append(asyncio.ensure_future(asyncio.Event().wait()))


def leaks_memory(_server: Server) -> None:
    # in a thread: so many pages would keep the loop, which is another rule
    work = threading.Thread(target=lambda: KEPT.append(os.urandom(LEAKED_MIB * 2**20)))
    work.start()
    work.join()


def keeps_the_loop(_server: Server) -> None:
    end = time.thread_time() + 2 * LONGEST_TURN_S * TURN_MARGIN
    while time.thread_time() < end:
        pass


def calls_home(_server: Server) -> None:
    proxy = urlsplit(os.environ["https_proxy"])
    with socket.create_connection((proxy.hostname, proxy.port)) as way:
        way.sendall(b"CONNECT example.org:443 HTTP/1.1\r\n\r\n")


RULES: dict[str, tuple[Callable[[Server], None], str]] = {
    "answers twice": (answers_twice, "answered more than once"),
    "answers unasked": (answers_unasked, "nobody asked for"),
    "prints": (prints, "stdout carried something else"),
    "floods stderr": (floods_stderr, "flooded"),
    "logs the key": (logs_the_key, "leaked to stderr"),
    "logs the text": (logs_the_text, "leaked to stderr"),
    "logs the path": (logs_the_path, "leaked to stderr"),
    "tells the text": (tells_the_text, "leaked to the client, in window/logMessage"),
    "writes the text": (writes_the_text, "leaked to notes"),
    "leaves a file": (leaves_a_file, "temporary files are left"),
    "leaks files": (leaks_files, "leaked: .*/dev/null"),
    "leaks sockets": (leaks_sockets, "leaked: .*socket:"),
    "leaks threads": (leaks_threads, "leaked: .*threads"),
    "leaks a child": (leaks_a_child, "leaked: .*child process"),
    "leaks a task": (leaks_a_task, "leaked: .*tasks"),
    "leaks memory": (leaks_memory, "leaked: .*MiB of memory"),
    "keeps the loop": (keeps_the_loop, "the event loop was kept by"),
    "calls home": (calls_home, "a forbidden connection"),
}
"""What breaks a rule, and what its watcher says of it."""


def register(server: Server) -> None:
    @server.command("test.break")
    def break_one(rule: str) -> str:
        RULES[rule][0](server)
        return rule

    @server.command("test.tasks")
    def tasks() -> int:
        return len(asyncio.all_tasks())


if __name__ == "__main__":
    sys.exit(serve(create=lambda: create_server((register,))))
