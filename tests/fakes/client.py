"""An editor's side of the wire over a real process, which keeps watch over the server's manners.

At its end it asserts what must hold in every test: one response per request and none unasked,
nothing on stdout but messages, little on stderr, no canary (a key, a secret of the buffer, its
path) in what was logged, sent or written, nothing leaked, and nobody at the forbidden port.
"""

import json
import os
import queue
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from tests.fakes import monitors, shapes
from tests.fakes.monitors import MAX_STDERR_BYTES, Canaries, Forbidden, Held

ROOT = Path(__file__).resolve().parents[2]

SERVER = (sys.executable, "-m", "moa_lsp", "serve")

TEST_SERVER = (sys.executable, "-m", "tests.fakes.slow_server")

LOOP_WATCHED = ("moa_lsp", "tests.fakes.scripted_server", "tests.fakes.rude_server")
"""Servers whose event loop is watched: those with features, without other options of Python."""

PATIENCE_S = float(os.environ.get("MOA_TEST_PATIENCE_S", "90"))
"""For anything that must come at all; generous, because machines are busy."""

ABSENT: Any = object()


class ServerError(AssertionError):
    """The server answered a request with an error."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(f"{error.get('code')}: {error.get('message')}")
        self.code = error.get("code")
        self.message = error.get("message")
        self.error = error


def framed(message: object) -> bytes:
    body = json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


class Client:
    """One server process and the talk with it.

    Attributes:
        transcript: every message in order, as ``("->", sent)`` and ``("<-", received)``.
        notifications: those of the server, in order.
        answers: how requests of the server are answered, by method; ``None`` leaves one open.
        canaries: texts that must not occur on stderr.
        own: the canaries of every test, which must occur nowhere.
        home: the server's folders for state, cache and temporary files.
    """

    def __init__(
        self,
        command: Sequence[str] = SERVER,
        *,
        env: Mapping[str, str] | None = None,
        canaries: Sequence[str] = (),
        answer: bool = True,
        watched: bool = True,
        forbidden: Forbidden | None = None,
        cwd: Path = ROOT,
    ) -> None:
        """Start a server.

        Args:
            command: its command line.
            env: what its environment has besides ours.
            canaries: texts that must not occur on stderr.
            answer: whether its requests are answered.
            watched: whether a document with canaries is opened, and leaks are looked for.
            forbidden: where nobody may connect to (the one port of all tests).
            cwd: the folder that it is started in.
        """
        self._watched = watched
        self._forbidden = monitors.forbidden() if forbidden is None else forbidden
        self.own = Canaries()
        self._folder = tempfile.TemporaryDirectory(prefix="moa-client-")
        self.home = Path(self._folder.name)
        self._baseline: Held | None = None
        self._tasks: int | None = None
        self._leaving = False
        self.transcript: list[tuple[str, Any]] = []
        self.notifications: list[dict[str, Any]] = []
        self.answers: dict[str, Callable[[Any], Any] | None] = dict(_ANSWERS)
        self.canaries = list(canaries)
        self._misshapen: list[str] = []
        self.stderr = bytearray()
        self.noise = bytearray()
        self._answering = answer
        self._asked: dict[Any, int] = {}
        self._responses: dict[Any, list[dict[str, Any]]] = {}
        self._unasked: list[dict[str, Any]] = []
        self._expected_without_id = 0
        self._ids = count(1)
        self._news = threading.Condition()
        self._writing = threading.Lock()
        given = {**os.environ, **self._environ(), **(env or {})}
        self._homes = [given[name] for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME")]
        self._loop_record = self.home / "loop.jsonl"
        self.process = subprocess.Popen(
            self._with_monitor(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=given,
            bufsize=0,
        )
        self._requests: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=work, daemon=True)
            for work in (self._read_stdout, self._read_stderr, self._answer_requests)
        ]
        for thread in self._threads:
            thread.start()

    # --- talking -----------------------------------------------------------------------------

    def send(self, message: object) -> None:
        self.transcript.append(("->", message))
        if isinstance(message, dict) and message.get("method") in ("shutdown", "exit"):
            self._leaving = True
        if isinstance(message, dict) and "method" in message and "id" in message:
            key = _key(message["id"])
            self._asked[key] = self._asked.get(key, 0) + 1
        self.send_bytes(framed(message))

    def send_bytes(self, data: bytes) -> None:
        with self._writing:
            rest = memoryview(data)
            while rest:
                rest = rest[self.process.stdin.write(rest) :]

    def send_together(self, *messages: dict[str, Any]) -> None:
        """Messages in one write, so that the server reads them at once."""
        for message in messages:
            self.transcript.append(("->", message))
            if "id" in message:
                self._asked[_key(message["id"])] = 1
        self.send_bytes(b"".join(map(framed, messages)))

    def expect_null_id(self, number: int = 1) -> None:
        """Responses with ``"id": null`` that something unreadable will earn."""
        self._expected_without_id += number

    def request(self, method: str, params: Any = ABSENT) -> int:
        msg_id = next(self._ids)
        message = {"jsonrpc": "2.0", "id": msg_id, "method": method}
        self.send(message if params is ABSENT else {**message, "params": params})
        return msg_id

    def notify(self, method: str, params: Any = ABSENT) -> None:
        message = {"jsonrpc": "2.0", "method": method}
        self.send(message if params is ABSENT else {**message, "params": params})

    def cancel(self, msg_id: Any) -> None:
        self.notify("$/cancelRequest", {"id": msg_id})

    def response(self, msg_id: Any, timeout: float = PATIENCE_S) -> dict[str, Any]:
        """The response with this id, waited for."""
        key = _key(msg_id)
        with self._news:
            came = self._news.wait_for(lambda: self._responses.get(key) or self._ended, timeout)
            got = self._responses.get(key)
        if not came or not got:
            raise AssertionError(f"no response to {msg_id!r}; stderr: {self.stderr_text[-2000:]}")
        return got[-1]

    def result(self, msg_id: Any, timeout: float = PATIENCE_S) -> Any:
        response = self.response(msg_id, timeout)
        if "error" in response:
            raise ServerError(response["error"])
        return response["result"]

    def call(self, method: str, params: Any = ABSENT, timeout: float = PATIENCE_S) -> Any:
        return self.result(self.request(method, params), timeout)

    def command(self, name: str, *arguments: Any, timeout: float = PATIENCE_S) -> Any:
        params = {"command": name, "arguments": list(arguments)}
        answer = self.call("workspace/executeCommand", params, timeout)
        shapes.check_answer(name, answer)
        return answer

    def initialize(self, params: Mapping[str, Any] | None = None) -> Any:
        """Shake hands; the server's answer to ``initialize``."""
        default = {"processId": os.getpid(), "rootUri": None, "capabilities": {}}
        result = self.call("initialize", {**default, **(params or {})})
        self.notify("initialized", {})
        self._begin_to_watch()
        return result

    def open(self, uri: str, text: str, language: str = "python", version: int = 1) -> None:
        item = {"uri": uri, "languageId": language, "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def change(self, uri: str, version: int, *changes: Mapping[str, Any]) -> None:
        document = {"uri": uri, "version": version}
        params = {"textDocument": document, "contentChanges": list(changes)}
        self.notify("textDocument/didChange", params)

    def wait_for(self, what: Callable[["Client"], Any], timeout: float = PATIENCE_S) -> Any:
        """What ``what`` says once it says something true; looked at after each message."""
        with self._news:
            found = self._news.wait_for(lambda: what(self) or self._ended, timeout)
            found = what(self) or found
        if not found or (found is True and not what(self)):
            raise AssertionError(f"never came; stderr: {self.stderr_text[-2000:]}")
        return found

    def wait_for_log(self, text: str, timeout: float = PATIENCE_S) -> None:
        self.wait_for(lambda client: text in client.stderr_text, timeout)

    @property
    def stderr_text(self) -> str:
        return self.stderr.decode("utf-8", "replace")

    @property
    def _ended(self) -> bool:
        return not self._threads[0].is_alive()

    # --- the end -----------------------------------------------------------------------------

    def wait(self, timeout: float = PATIENCE_S) -> int:
        """The exit code, waited for; then everything the server said is read."""
        code = self.process.wait(timeout)
        for thread in self._threads[:2]:
            thread.join(5)
        return code

    def quit(self) -> int:
        """Shut down as an editor does; the exit code."""
        self.check_leaks()
        assert self.call("shutdown") is None
        self.notify("exit")
        return self.wait()

    def rest(self) -> None:
        """Stop every run of a server that still serves, and see that nothing of them is left."""
        if self._baseline is not None and not self._leaving and self.process.poll() is None:
            self.command("moa.cancel", {})
            self.check_leaks()

    def close(self) -> None:
        """End the process if it still runs, and check that it behaved."""
        self._requests.put(None)
        if self.process.poll() is None:
            with suppress(OSError):
                self.process.stdin.close()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
        for thread in self._threads:
            thread.join(5)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            with suppress(OSError):
                stream.close()
        try:
            self._check_manners()
        finally:
            self._folder.cleanup()

    def _check_manners(self) -> None:
        assert not self.noise, f"stdout carried something else: {bytes(self.noise[:200])!r}"
        without_id = [each for each in self._unasked if each.get("id") is None]
        others = [each for each in self._unasked if each.get("id") is not None]
        assert not others, f"answers that nobody asked for: {others}"
        assert len(without_id) <= self._expected_without_id, without_id
        twice = {
            key: got
            for key, got in self._responses.items()
            if key in self._asked and len(got) > self._asked[key]
        }
        assert not twice, f"answered more than once: {twice}"
        assert not self._misshapen, self._misshapen
        assert len(self.stderr) < MAX_STDERR_BYTES, "stderr was flooded"
        self._check_words()
        monitors.check_files((*self.canaries, *self.own.values()), self.home)
        if self.process.returncode in (0, 1):  # it left by itself
            left = [path.name for path in (self.home / "tmp").iterdir()]
            assert not left, f"temporary files are left: {left}"
        self._forbidden.check()
        monitors.check_loop(self._loop_record)

    def _with_monitor(self, command: Sequence[str]) -> Sequence[str]:
        """The same server, with a record of what keeps its event loop."""
        python, *options = command
        if options[:1] != ["-m"] or options[1] not in LOOP_WATCHED:
            return command
        return (python, "-m", "tests.fakes.watched_server", str(self._loop_record), *options[1:])

    def _check_words(self) -> None:
        monitors.check_words((*self.canaries, *self.own.values()), "stderr", self.stderr_text)
        monitors.check_messages(self.own, self.transcript)

    # --- watching ----------------------------------------------------------------------------

    def _environ(self) -> dict[str, str]:
        """Folders and keys of this server alone, and no way out of this machine."""
        (self.home / "tmp").mkdir()
        homes = {f"XDG_{kind}_HOME": str(self.home / kind.lower()) for kind in ("STATE", "CACHE")}
        places = {**homes, "TMPDIR": str(self.home / "tmp")}
        return {**places, **self.own.environ(), **self._forbidden.environ()}

    def _begin_to_watch(self) -> None:
        """Open a document that nobody will ask about, and see what the server holds."""
        if not self._watched:
            return
        self.open(self.own.uri, self.own.text)
        self._tasks = self._tasks_now()
        self._baseline = Held.by(self.process.pid)

    def _tasks_now(self) -> int | None:
        """Tasks of the server's event loop, where it is one that can be asked."""
        response = self.response(
            self.request("workspace/executeCommand", {"command": "test.tasks", "arguments": []})
        )
        return response.get("result")

    def check_leaks(self, patience: float = monitors.SETTLE_S) -> None:
        """Threads, files, child processes, tasks and memory are what they were."""
        then = self._baseline
        if then is not None:
            leaked = monitors.settled(lambda: self._leaked(then), patience)
            assert not leaked, f"leaked: {leaked}"

    def _leaked(self, then: Held) -> list[str]:
        now = Held.by(self.process.pid)
        if now is None or self.process.poll() is not None:
            return []
        leaked = now.leaks(then, (str(self.home), *self._homes))
        tasks = self._tasks_now() if self._tasks is not None else None
        if tasks is not None and now.index:
            tasks -= 1  # the one that talks with the index's process
        if tasks is not None and self._tasks is not None and tasks > self._tasks:
            leaked.append(f"{tasks - self._tasks} tasks")
        return leaked

    def forget(self) -> None:
        """What was said so far is checked and let go, for tests that last."""
        with self._news:
            self._check_words()
            self.transcript.clear()
            self.notifications.clear()
            for key in [key for key in self._asked if key in self._responses]:
                del self._asked[key], self._responses[key]

    def unanswered(self) -> list[Any]:
        """Ids of requests that got fewer responses than were asked for."""
        return [
            key
            for key, number in self._asked.items()
            if len(self._responses.get(key, ())) < number
        ]

    # --- threads -----------------------------------------------------------------------------

    def _read_stdout(self) -> None:
        stream = self.process.stdout
        buffer = bytearray()
        with suppress(OSError, ValueError):
            while data := stream.read(65536):
                buffer += data
                self._take(buffer)
        self.noise += buffer
        with self._news:
            self._news.notify_all()

    def _take(self, buffer: bytearray) -> None:
        while match := re.match(rb"Content-Length: (\d+)\r\n\r\n", buffer):
            end = match.end() + int(match[1])
            if len(buffer) < end:
                return
            message = json.loads(bytes(buffer[match.end() : end]))
            del buffer[:end]
            self._sort(message)

    def _sort(self, message: dict[str, Any]) -> None:
        with self._news:
            self.transcript.append(("<-", message))
            if "method" not in message:
                key = _key(message.get("id"))
                if key in self._asked:
                    self._responses.setdefault(key, []).append(message)
                else:
                    self._unasked.append(message)
            elif "id" in message:
                self._requests.put(message)
            else:
                self.notifications.append(message)
            self._misshapen += shapes.faults_of(message)
            self._news.notify_all()

    @property
    def refusals(self) -> list[dict[str, Any]]:
        """Responses whose id belongs to no request: those to unreadable messages."""
        return self._unasked

    def _answer_requests(self) -> None:
        while (message := self._requests.get()) is not None:
            answer = self.answers.get(message["method"]) if self._answering else None
            if answer is None:
                continue
            reply = {"jsonrpc": "2.0", "id": message["id"]}
            try:
                reply["result"] = answer(message.get("params"))
            except ServerError as err:
                reply["error"] = dict(err.error)
            with suppress(OSError, ValueError):
                self.transcript.append(("->", reply))
                self.send_bytes(framed(reply))

    def _read_stderr(self) -> None:
        stream = self.process.stderr
        with suppress(OSError, ValueError):
            while data := stream.read(65536):
                with self._news:
                    if len(self.stderr) <= MAX_STDERR_BYTES:
                        self.stderr += data
                    self._news.notify_all()


def _key(msg_id: Any) -> Any:
    return (type(msg_id).__name__, msg_id) if isinstance(msg_id, bool) else msg_id


def _nothing(_params: Any) -> None:
    return None


_ANSWERS: dict[str, Callable[[Any], Any] | None] = {
    "client/registerCapability": _nothing,
    "client/unregisterCapability": _nothing,
    "window/workDoneProgress/create": _nothing,
    "window/showMessageRequest": _nothing,
    "window/showDocument": lambda params: {"success": True},
    "workspace/applyEdit": lambda params: {"applied": True},
    "workspace/configuration": lambda params: [None for _ in params["items"]],
    "workspace/workspaceFolders": _nothing,
}


def process_memory(pid: int) -> int:
    """Resident bytes of a process (Linux)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def until(condition: Callable[[], Any], timeout: float = PATIENCE_S) -> Any:
    """Poll something outside the server, such as a process, until it is true."""
    deadline = time.monotonic() + timeout
    while not (found := condition()):
        assert time.monotonic() < deadline, "never became true"
        time.sleep(0.02)
    return found
