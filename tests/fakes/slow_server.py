"""The server with commands that do what no feature does: sleep, block, fail, answer nonsense.

Run as ``python -m tests.fakes.slow_server``; takes ``--no-parent-watch``.
"""

import asyncio
import sys
import time

from lsprotocol import types

from moa_lsp import errors
from moa_lsp.lsp.app import create_server, serve
from moa_lsp.lsp.rpc.server import Server

FAILURES = {
    "usage": lambda: errors.UsageError("no mix \x1b[31m called x"),
    "stale": lambda: errors.StaleDocument("the text changed"),
    "run": lambda: errors.NoProposal("no agent answered"),
    "provider": lambda: errors.Unreachable("no route to the model"),
    "long": lambda: errors.RunError("x" * 10_000),
    "bug": lambda: ZeroDivisionError("at /home/someone/secret.py"),
    "exit": lambda: SystemExit(3),
    "interrupt": lambda: KeyboardInterrupt(),
    "cancelled": lambda: asyncio.CancelledError(),
    "base": lambda: BaseException("from below"),
    "timeout": lambda: TimeoutError(),
}

RESULTS = {
    "set": lambda: {1, 2},
    "object": object,
    "nan": lambda: float("nan"),
    "bytes": lambda: b"x",
    "wrong": lambda: types.Location(uri=object(), range=5),
    "deep": lambda: _deep(),
    "surrogate": lambda: "\ud83d",
    "type": lambda: types.MessageType.Error,
    "position": lambda: types.Position(1, 2),
}


def _deep():
    value = []
    for _ in range(100_000):
        value = [value]
    return value


def register(server: Server) -> None:
    seen: list[str] = []

    @server.command("test.echo")
    def echo(*arguments):
        return list(arguments)

    @server.command("test.one")
    def one(argument):
        return argument

    @server.command("test.with_server")
    async def with_server(ls: Server, argument):
        return [ls.name, argument]

    @server.command("test.sleep")
    async def sleep(seconds):
        seen.append("started")
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise
        seen.append("finished")
        return "slept"

    @server.command("test.stubborn")
    async def stubborn(seconds):
        seen.append("started")
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                await asyncio.sleep(until - time.monotonic())
            except asyncio.CancelledError:
                seen.append("ignored")
        return "slept"

    @server.command("test.thread")
    async def thread(seconds):
        seen.append("started")
        await asyncio.to_thread(time.sleep, seconds)

    @server.command("test.block")
    def block(seconds):
        time.sleep(seconds)

    @server.command("test.seen")
    def report():
        return list(seen)

    @server.command("test.fail")
    def fail(kind):
        raise FAILURES[kind]()

    @server.command("test.fail_later")
    async def fail_later(kind):
        await asyncio.sleep(0)
        raise FAILURES[kind]()

    @server.command("test.result")
    def result(kind):
        return RESULTS[kind]()

    @server.command("test.blob")
    def blob(size):
        return "x" * size

    @server.command("test.print")
    def say(text):
        print(text, flush=True)

    @server.command("test.ask")
    async def ask(method, params):
        return await server.protocol.send_request_async(method, params)

    @server.command("test.text")
    def text(uri):
        snapshot = server.documents.snapshot(uri)
        if snapshot is None:
            return None
        return [snapshot.text, snapshot.version, snapshot.opened, snapshot.language]

    @server.command("test.tasks")
    def tasks():
        return len(asyncio.all_tasks())

    @server.command("test.state")
    def state():
        return {
            "tasks": len(server.protocol.in_flight),
            "futures": len(server.protocol._request_futures) + len(server.protocol._result_types),
            "kept": len(server._kept),
            "documents": len(server.documents),
            "encoding": server.encoding,
        }

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams):
        await asyncio.sleep(0)
        return types.Hover(contents=str(params.position.line))

    @server.feature(types.CODE_ACTION_RESOLVE)
    async def resolve(action: types.CodeAction):
        await sleep(30)
        return action

    @server.feature("test/custom")
    def custom(params):
        return params

    @server.feature("test/slowNote")
    async def slow_note(_params):
        await sleep(30)

    @server.feature("test/badNote")
    def bad_note(_params):
        raise ZeroDivisionError("a note of the client")

    async def closing():
        seen.append("closed")

    server.on_close.append(closing)


def create() -> Server:
    return create_server((register,))


if __name__ == "__main__":
    sys.exit(serve(create=create, watch_parent="--no-parent-watch" not in sys.argv))
