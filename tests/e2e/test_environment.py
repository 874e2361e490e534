"""S08, S09, S15: machines that sleep, that have little, and that speak another encoding."""

import os
import signal
import sys
import time
from contextlib import suppress

import pytest

from tests.fakes.client import SERVER, ServerError, until
from tests.fakes.desk import Desk, fenced, write_config
from tests.fakes.faulty_server import Hang, healthy
from tests.fakes.upstreams import KEY, Upstreams

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX"),
]

OLD = "x=1\n"
DEADLINE_S = 2


@pytest.fixture
def up():
    with Upstreams("a") as made:
        yield made


def test_S08_a_machine_that_slept_past_the_deadline(up, start, tmp_path):
    """The run has ended when the machine wakes, its socket is closed, the next one works."""
    mix = f"proposers: [{{model: a/m}}]\ndeadline: {DEADLINE_S}\n"
    config = up.write(tmp_path, {"solo": mix}, "mix: solo\n")
    client = start(SERVER, env={"MOA_LSP_CONFIG": str(config), "LAB_KEY": KEY}, canaries=[KEY])
    runner = Desk(client)
    runner.initialize()
    buffer = runner.open("file:///w/m.py", OLD)
    up.play("a", [Hang()])
    run = runner.run(buffer.range(0, 3))
    until(lambda: up.asked("a"))
    client.process.send_signal(signal.SIGSTOP)
    time.sleep(DEADLINE_S + 0.5)  # the deadline itself must pass, there is no event to wait for
    client.process.send_signal(signal.SIGCONT)
    woke = time.monotonic()
    record = runner.result(run)
    assert (record["state"], runner.edits) == ("failed", [])
    assert "deadline" in record["reason"] + str(record["proposals"][0]["reason"])
    assert record["seconds"] < DEADLINE_S + 0.5 + (time.monotonic() - woke) + 1
    up.closed()
    up.play("a", healthy("openai", fenced("x = 1")))
    record = runner.result(runner.run(buffer.range(0, 3), instruction="again"))
    assert (record["state"], record["applied"]) == ("done", True)
    client.rest()
    assert client.quit() == 0


LIMITED = (sys.executable, "-m", "tests.fakes.limited_server")
REQUESTS = 1_000
BUSY_RUNS = 20

LIMITS = {
    "memory": ("--memory", "512"),
    "files": ("--files", "64"),
    "threads": ("--threads", "3"),
}


@pytest.mark.parametrize("what", LIMITS)
def test_S09_with_little_of_it_requests_are_answered(start, tmp_path, what):
    """1,000 requests and 20 runs, good and bad; whatever fails says so, and the server lives."""
    config = write_config(tmp_path)
    client = start((*LIMITED, *LIMITS[what]), env={"MOA_LSP_CONFIG": str(config)})
    runner = Desk(client)
    runner.initialize()
    runner.script(
        a={"text": fenced("x = 1")}, b={"error": "busy"}, c={"bug": True}, z={"text": ""}
    )
    client.open("file:///large.py", "value = 1  # and words\n" * 100_000)
    for number in range(BUSY_RUNS):
        buffer = runner.open(f"file:///{number}.py", OLD)
        for _ in range(REQUESTS // BUSY_RUNS):
            assert runner.offers(buffer.range(0, 3))
        for mix in ("solo", "trio", "embedded"):
            with suppress(ServerError):  # refused with a sentence
                record = runner.result(runner.run(buffer.range(0, 3), mix=mix))
                assert record["state"] in ("done", "failed"), record
    assert client.unanswered() == []
    buffer = runner.open("file:///last.py", OLD)
    record = runner.result(runner.run(buffer.range(0, 3), mix="solo"))
    assert (record["state"], buffer.text) == ("done", "x = 1\n")
    assert client.quit() == 0


WORLDS = {
    "locale C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "cp1252 console": {"PYTHONIOENCODING": "cp1252"},
    "no asserts": {"PYTHONOPTIMIZE": "2"},
    "warnings are errors": {"PYTHONWARNINGS": "error"},
    "development mode": {"PYTHONDEVMODE": "1"},
}

ODD = b"odd \xff \xc3\xa9"
"""A name that is not UTF-8."""


@pytest.mark.parametrize("name", WORLDS)
def test_S15_the_main_job_in_another_world(up, start, tmp_path, name):
    """Characters beyond every locale arrive, in a project whose name no encoding has."""
    root = tmp_path / os.fsdecode(ODD)
    root.mkdir()
    up.say(a=fenced('name = "é🦀\u2028"'))
    config = up.write(root / "config", {"solo": "proposers: [{model: a/m}]\n"}, "mix: solo\n")
    env = {"MOA_LSP_CONFIG": os.fspath(config), "LAB_KEY": KEY, **WORLDS[name]}
    client = start(SERVER, env=env, canaries=[KEY])
    runner = Desk(client)
    runner.initialize(root=root)
    buffer = runner.open(f"{root.as_uri()}/%FF.py", 'name="é🦀\u2028"\n')
    assert [each["title"] for each in runner.offers(buffer.range(0, 5))]
    record = runner.result(runner.run(buffer.range(0, 5)))
    assert (record["state"], buffer.text) == ("done", 'name = "é🦀\u2028"\n'), record
    record = runner.result(runner.run(buffer.range(0, 5), "explain", mix="embedded"))
    assert record["state"] == "done", record
    with pytest.raises(ServerError, match="no action"):
        runner.run(buffer.range(0, 5), "ünknown")
    client.rest()
    assert client.quit() == 0
    assert "Traceback" not in client.stderr_text
    assert "Warning" not in client.stderr_text
