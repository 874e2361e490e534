"""What the bench is tried with: made-up tasks, a sandbox that reads, and models over real HTTP."""

import asyncio
import hashlib
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from moa_bench.values import BenchTask, TaskRequest
from moa_lsp.errors import SandboxError
from moa_lsp.sandbox.program import Program, Verdict
from moa_lsp.text.span import Span

WRONG = 0


def source(number: int, value: object = "...") -> str:
    return f'def answer_{number}():\n    """The number {number}."""\n    return {value}\n'


def task(number: int, action: str = "refactor") -> BenchTask:
    """A function that is to give its own number."""
    text = source(number)
    return BenchTask(
        f"made/{number}",
        f"made/{number // 2}",
        TaskRequest(action, "made.py", text, Span(0, len(text)), f"return {number}"),
        source(number, number),
        {"number": str(number)},
    )


def gap(number: int) -> BenchTask:
    """A number that is to be filled in."""
    text = f"def answer_{number}():\n    return \n"
    at = text.index("return ") + len("return ")
    ask = TaskRequest("complete", "made.py", text, Span(at, at))
    return BenchTask(f"gap/{number}", f"gap/{number}", ask, str(number), {"number": str(number)})


@dataclass(frozen=True)
class MadeSet:
    """Tasks that nobody has published."""

    tasks: tuple[BenchTask, ...]
    name: str = "made"
    digest: str = "d" * 64

    @classmethod
    def of(cls, count: int) -> Self:
        return cls(tuple(task(number) for number in range(1, count + 1)))

    def assess(self, task: BenchTask, answer: str) -> Program | Verdict:
        if task.ask.action == "complete":
            return Verdict("passed" if answer == task.reference else "failed", "looked at")
        number = task.facts["number"]
        return Program("script", {"made.py": answer, "main.py": f"assert answer == {number}"})


@dataclass
class ReadingSandbox:
    """Executes nothing: a program passes if its file returns the number that its main wants."""

    kind: str = "reading"
    broken: bool = False
    raises: SandboxError | None = None
    ran: list[Program] = field(default_factory=list)

    @property
    def digest(self) -> str:
        return "made"

    def bounded(self, processes: int) -> Self:
        return self

    async def run(self, program: Program) -> Verdict:
        self.ran.append(program)
        if self.broken:
            raise SandboxError("the sandbox is not itself today")
        if self.raises is not None:
            raise self.raises
        await asyncio.sleep(0)
        wanted = program.files["main.py"].rpartition(" ")[2]
        good = f"return {wanted}\n" in program.files["made.py"] + "\n"
        return Verdict("passed") if good else Verdict("failed", "AssertionError\nfailed: test_it")


Says = Callable[[str, str], str]
"""A model's answer to a prompt, by the model's name."""


def fenced(text: str) -> str:
    return f"```python\n{text}```\n"


def numbered(prompt: str) -> int:
    """The number that a task asks for, found in its prompt."""
    return int(re.search(r"def answer_(\d+)", prompt)[1])


def _key(body: Mapping[str, Any]) -> str:
    decides = {key: body.get(key) for key in ("model", "messages", "temperature")}
    return hashlib.sha256(json.dumps(decides).encode()).hexdigest()


@dataclass
class Models:
    """Models over HTTP on loopback, in threads of their own.

    Attributes:
        says: gives the answers.
        asked: how often each distinct request came, by a hash of what decides it.
        bodies: every request.
        refuse: by model, how many of its next requests get this status.
        shut_at: from this request on, counted from 1, nobody is answered.
        held: requests that wait for that to end.
        answered: how often each distinct request was answered.
    """

    says: Says
    asked: Counter[str] = field(default_factory=Counter)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    refuse: dict[str, list[tuple[int, Mapping[str, str]]]] = field(default_factory=dict)
    shut_at: int | None = None
    held: int = 0
    answered: Counter[str] = field(default_factory=Counter)
    generation: int = 0
    news: threading.Condition = field(default_factory=threading.Condition)
    at_once: int = 0
    most_at_once: int = 0

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self.drop()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def config(self, *models: str, more: str = "") -> str:
        """A user's configuration with these models, each of which has a price."""
        prices = "".join(
            f"  lab/{model}: {{price: {{input: 1, output: 10}}, max_output: 1000}}\n"
            for model in models
        )
        provider = f'  lab: {{api: openai, base_url: "{self.url}", max_concurrency: 4}}\n'
        priced = f"models:\n{prices}" if models else ""
        return f"providers:\n{provider}{priced}{more}"

    def wait_for(self, count: int, seconds: float = 60) -> None:
        """Until so many requests have come."""
        with self.news:
            assert self.news.wait_for(lambda: len(self.bodies) >= count, seconds)

    def wait_held(self, count: int, seconds: float = 60) -> None:
        """Until so many requests wait in vain: all places of a provider, so none is on its way."""
        with self.news:
            assert self.news.wait_for(lambda: self.held == count, seconds)

    def drop(self) -> None:
        """Who waits is never answered; others are from now on."""
        with self.news:
            self.shut_at = None
            self.generation += 1
            self.news.notify_all()

    def _hold(self, number: int) -> None:
        with self.news:
            generation = self.generation
            if self.shut_at is None or number < self.shut_at:
                return
            self.held += 1
            self.news.notify_all()
            self.news.wait_for(lambda: generation != self.generation, 60)
            self.held -= 1
        raise OSError("who asked is gone")

    def _take(self, body: dict[str, Any]) -> int:
        with self.news:
            self.bodies.append(body)
            self.asked[_key(body)] += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            self.news.notify_all()
            return len(self.bodies)

    def _answer(self, body: dict[str, Any]) -> tuple[int, Mapping[str, str], dict[str, Any]]:
        number = self._take(body)
        try:
            self._hold(number)
            model = body["model"]
            with self.news:
                refusals = self.refuse.get(model, [])
                refused = refusals.pop(0) if refusals else None
            if refused is not None:
                return refused[0], refused[1], {"error": {"message": "not now"}}
            prompt = "\n".join(each["content"] for each in body["messages"])
            message = {"role": "assistant", "content": self.says(model, prompt)}
            usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            with self.news:
                self.answered[_key(body)] += 1
            return 200, {}, {"choices": [choice], "usage": usage}
        finally:
            with self.news:
                self.at_once -= 1

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        models = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                body = json.loads(self.rfile.read(length))
                try:
                    status, headers, said = models._answer(body)
                    content = json.dumps(said).encode()
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)
                except OSError:
                    self.close_connection = True  # who asked is gone

            def log_message(self, *_said: Any) -> None:
                """Nothing on stderr."""

        return Handler


def rows(count: int) -> str:
    """The same tasks as a user's own file."""
    made = []
    for number in range(1, count + 1):
        each = task(number)
        made.append({
            "id": each.id, "cluster": each.cluster, "action": each.ask.action, "file": "made.py",
            "text": each.ask.text, "instruction": each.ask.instruction,
            "reference": each.reference, "mode": "script", "entry": "main.py",
            "tests": {"main.py": f"from made import answer_{number} as answer\n"
                                 f"assert answer() == {number}"},
        })  # fmt: skip
    return "".join(f"{json.dumps(each)}\n" for each in made)


def skilled(model: str, prompt: str) -> str:
    """Three models of unequal skill; what they say depends on what they are shown."""
    number = numbered(prompt)
    shown = re.findall(r"return (\d+)", prompt)
    knows = {"a": number % 2 == 0, "b": number % 3 == 0, "c": number % 5 == 0}[model]
    if str(number) in shown[1:] and model != "c":
        knows = True
    return fenced(source(number, number if knows else 10_000 + ord(model)))
