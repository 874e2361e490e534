"""Who may ask the gateway, how much and how long; and how it ends."""

import contextlib
import re
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from moa_lsp.gateway import limits
from tests.fakes.client import until
from tests.fakes.faulty_server import DONE, USAGE, Hang, Until, chunked, delta
from tests.fakes.ports import listening, needs_proc
from tests.gateway.running import PATIENCE_S, gateway, write

CHAT = "/v1/chat/completions"
BODY = {"model": "trio", "messages": [{"role": "user", "content": "a canary sings"}]}


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"authorization": None}, 401, "invalid_api_key"),
        ({"authorization": "Bearer wrong"}, 401, "invalid_api_key"),
        ({"authorization": "Basic {token}"}, 401, "invalid_api_key"),
        ({"host": "evil.example:{port}"}, 403, "foreign_host"),
        ({"host": "127.0.0.1"}, 403, "foreign_host"),
        ({"host": "127.0.0.1.evil.example:{port}"}, 403, "foreign_host"),
        ({"origin": "https://evil.example"}, 403, "foreign_origin"),
        ({"origin": "null"}, 403, "foreign_origin"),
        ({"origin": "http://127.0.0.1:1"}, 403, "foreign_origin"),
    ],
)
@pytest.mark.parametrize("path", [CHAT, "/v1/models", "/nowhere"])
def test_who_may_not_ask_is_told_and_nobody_is_asked(
    running, upstreams, headers, status, code, path
):
    filled = {name: value and value.format(token=running.token, port=running.port)
              for name, value in headers.items()}  # fmt: skip
    answer = running.ask(path, BODY if path == CHAT else None, **filled)
    assert (answer.status, answer.json["error"]["code"]) == (status, code)
    assert upstreams.asked("a") == []


@pytest.mark.parametrize(
    "headers", [{"host": "localhost:{port}"}, {"origin": "http://127.0.0.1:{port}"}]
)
def test_who_may_ask_is_answered(running, headers):
    filled = {name: value.format(port=running.port) for name, value in headers.items()}
    assert running.ask("/v1/models", **filled).status == 200


def test_every_ready_mix_is_a_model(running):
    names = {each["id"] for each in running.ask("/v1/models").json["data"]}
    assert {"trio", "chosen", "embedded"} <= names
    assert "unready" not in names
    assert running.ask("/v1/models/trio").json["id"] == "trio"
    assert running.ask("/v1/models/unready").status == 404


def test_the_health_path_needs_no_token_and_tells_no_secret(running):
    answer = running.ask("/health", authorization=None)
    assert set(answer.json) == {"status", "server", "version"}
    assert running.ask("/health", authorization=None, host="evil.example").status == 403


def test_the_token_is_printed_and_kept_for_its_user_alone(running):
    assert running.token_file.read_text().strip() == running.token
    assert running.token_file.stat().st_mode & 0o777 == 0o600
    assert running.out[0].startswith("moa-lsp gateway: http://127.0.0.1:")


@pytest.mark.parametrize("told", [True, False], ids=["with its length", "without"])
def test_a_body_that_is_too_large_is_refused_before_it_is_whole(running, told):
    with socket.create_connection(("127.0.0.1", running.port), PATIENCE_S) as sock:
        size = 100 * 2**20
        length = f"content-length: {size}" if told else "transfer-encoding: chunked"
        head = (
            f"POST {CHAT} HTTP/1.1\r\nhost: 127.0.0.1:{running.port}\r\n"
            f"authorization: Bearer {running.token}\r\n{length}\r\n\r\n"
        )
        sock.sendall(head.encode())
        sent = 0
        piece = b"%x\r\n%b\r\n" % (2**20, b" " * 2**20)
        try:
            while not told and sent < size:
                sock.sendall(piece)
                sent += 2**20
        except ConnectionError:
            pass
        assert sent < size
        assert b" 413 " in sock.recv(2**12).split(b"\r\n")[0]


def test_a_body_that_is_no_json_object_is_refused(running):
    for body in (b"{", b"[]", b"\xff\xfe", b"[" * 100_000):
        assert running.ask(CHAT, body).json["error"]["code"] == "invalid_json"


def test_other_paths_and_methods_are_errors_in_the_same_shape(running):
    assert running.ask("/v1/embeddings").json["error"]["code"] == "not_found"
    assert running.ask(CHAT).json["error"]["code"] == "method_not_allowed"


HEAD = "POST {chat} HTTP/1.1\r\nhost: {host}\r\ncontent-length: 1000\r\n"
SLOW = {
    "a head": ("POST /v1/chat", []),
    "a body": (HEAD + "authorization: Bearer {token}\r\n\r\n{{", ["408"]),
    "the body of a request that was refused": (HEAD + "\r\n{{", ["401"]),
    "the head of a second request": (
        "GET /health HTTP/1.1\r\nhost: {host}\r\n\r\nPOST /v1/chat", ["200"]
    ),
}  # fmt: skip
"""Requests that are never whole, and what they are answered."""


@pytest.mark.slow
@pytest.mark.parametrize(("begun", "statuses"), SLOW.values(), ids=SLOW)
def test_a_client_that_sends_a_byte_a_second_is_left(running, begun, statuses):
    facts = {"chat": CHAT, "host": f"127.0.0.1:{running.port}", "token": running.token}
    with socket.create_connection(("127.0.0.1", running.port), 1.0) as sock:
        sock.sendall(begun.format(**facts).encode())
        assert re.findall(r"HTTP/1.1 (\d+)", dripped(sock)) == statuses


def dripped(sock):
    """What comes until the other side has closed; a byte is sent at every second of silence."""
    heard = bytearray()
    for _ in range(int(max(limits.HEAD_S, limits.BODY_S) + PATIENCE_S)):
        try:
            piece = sock.recv(2**12)
            if not piece:
                return heard.decode()
            heard += piece
        except TimeoutError:
            with contextlib.suppress(ConnectionError):
                sock.sendall(b"x")
        except ConnectionError:
            return heard.decode()
    raise AssertionError(f"the connection is still open: {heard}")


def test_the_log_has_a_line_a_request_and_no_text(running, upstreams):
    answer = running.ask(CHAT, BODY)
    running.ask("/v1/a-canary-sings")
    until(lambda: "(another path) 404" in running.log.read_text())
    log = running.log.read_text()
    assert f"POST {CHAT} 200" in log
    assert f"run={answer.headers['x-moa-run']}" in log
    assert "canary" not in log
    assert running.token not in log


def test_a_full_queue_answers_429_with_retry_after(running, upstreams):
    rest = threading.Event()
    upstreams.play("a", chunked(Until(rest), delta("x"), delta(None, "stop"), USAGE, DONE))
    room = limits.MAX_RUNS + limits.MAX_WAITING

    def ask(number):
        turns = [{"role": "user", "content": f"Number {number}."}]
        return running.ask(CHAT, {"model": "trio", "messages": turns})

    with ThreadPoolExecutor(room + 5) as pool:
        work = [pool.submit(ask, number) for number in range(room + 5)]
        try:
            until(lambda: sum(each.done() for each in work) == 5)
            refused = [each.result() for each in work if each.done()]
        finally:
            rest.set()
        answers = [each.result() for each in work]
    assert {each.status for each in refused} == {429}
    assert {each.headers["retry-after"] for each in refused} == {str(limits.RETRY_AFTER_S)}
    assert sorted(each.status for each in answers) == [200] * room + [429] * 5


def test_a_gap_is_filled_by_an_inline_mix(running, upstreams):
    upstreams.say(a="return a + b")
    gap = {"prompt": "def add(a, b):\n    ", "suffix": "\n\nprint(add(1, 2))\n"}
    body = {"model": "chosen", "language": "python", **gap}
    answer = running.ask("/v1/completions", body)
    assert answer.status == 200, answer.text
    assert answer.json["choices"][0]["text"] == "return a + b"
    assert answer.json["usage"]["total_tokens"] > 0
    streamed = running.ask("/v1/completions", {**body, "stream": True}).events
    assert streamed[0]["choices"][0]["text"] == "return a + b"
    assert streamed[-1] == "[DONE]"


def test_a_gap_in_a_prompt_is_filled_as_zed_asks_for_it(running, upstreams):
    upstreams.say(a="return a + b")
    text = "def sub(a, b):\n    <|fim_suffix|>\n\nprint(sub(1, 2))\n"
    stops = ["<|endoftext|>", "<|file_separator|>", "<|fim_pad|>", "<fim_prefix>", "<PRE>"]
    body = {"model": "chosen", "prompt": f"<|fim_prefix|>{text}<|fim_middle|>", "max_tokens": 64,
            "temperature": 0.2, "stop": stops}  # fmt: skip
    answer = running.ask("/v1/completions", body)
    assert answer.json["choices"][0]["text"] == "return a + b"
    assert "fim_" not in upstreams.prompt("a")
    assert "print(sub(1, 2))" in upstreams.prompt("a")


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "at work"])
def test_sigterm_ends_it_with_0_and_frees_its_upstreams(tmp_path, upstreams, busy):
    with gateway(tmp_path, write(upstreams, tmp_path / "config")) as made:
        if busy:
            for name in ("a", "b"):
                upstreams.play(name, chunked(delta("begin"), Hang()))
            made.begin(CHAT, BODY)
            until(lambda: upstreams.asked("a") and upstreams.asked("b"))
        assert made.stop() == 0
        if busy:
            upstreams.closed()


@needs_proc
def test_it_listens_on_one_port_of_loopback_alone(running):
    assert listening(running.process.pid) == {("127.0.0.1", running.port)}
