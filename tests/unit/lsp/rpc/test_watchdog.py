"""Who is alive, and whether the loop runs."""

import logging
import os
import subprocess
import sys
import threading
import time

import pytest

from moa_lsp.lsp.rpc import watchdog
from moa_lsp.lsp.rpc.watchdog import Watchdog, is_alive


def raising(error):
    def kill(_pid, _signal):
        raise error

    return kill


@pytest.mark.parametrize(
    ("error", "alive"),
    [(PermissionError(), True), (ProcessLookupError(), False), (OverflowError(), False)],
)
def test_H15_what_the_system_says(monkeypatch, error, alive):
    """A process that we may not signal is alive."""
    monkeypatch.setattr(watchdog.os, "kill", raising(error))
    assert is_alive(4711) is alive


def test_H15_leaves_when_the_parent_is_gone():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    gone = threading.Event()
    reasons = []
    dog = Watchdog(lambda call: call(), lambda why: (reasons.append(why), gone.set()), 0.01)
    dog.parent(child.pid)
    dog.start()
    child.communicate()
    assert gone.wait(10)
    assert reasons == [f"the editor (process {child.pid}) is gone"]


@pytest.mark.parametrize("pid", [None, 0, -1, 2**22 + 4711, 10**30])
def test_H15_what_is_not_watched(pid):
    """Nobody named, process groups, and what is not in our namespace."""
    dog = Watchdog(lambda call: call(), lambda why: None, 0.01)
    dog.parent(pid)
    assert dog._parent is None


def test_L20_a_loop_that_hangs_is_logged_once(caplog):
    caplog.set_level(logging.ERROR)
    knocks = []
    dog = Watchdog(knocks.append, lambda why: None, 0.01)
    dog.start()
    deadline = time.monotonic() + 10
    while not caplog.records and time.monotonic() < deadline:
        time.sleep(0.01)
    dog.stop()
    dog._thread.join(10)
    assert len(caplog.records) == 1
    assert "test_L20_a_loop_that_hangs" in caplog.text
    assert len(knocks) == 1


def test_a_loop_that_runs_is_not_logged(caplog):
    looks = threading.Semaphore(0)
    dog = Watchdog(lambda call: (call(), looks.release()), lambda why: None, 0.001)
    dog.parent(os.getpid())
    dog.start()
    assert all(looks.acquire(timeout=10) for _ in range(20))
    dog.stop()
    dog._thread.join(10)
    assert caplog.records == []
